"""In which order the tests run: `tests.order`."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.order import dealt


@dataclass(frozen=True)
class A:
    path: Path
    number: int


def of(name: str, count: int) -> list[A]:
    return [A(Path(name), number) for number in range(count)]


LONG = [
    of(f"tests/journeys/test_{name}.py", count) for name, count in (("a", 1), ("b", 4), ("c", 2))
]
JOURNEYS = [test for file in LONG for test in file]
TESTS = [*of("tests/channels/test_x.py", 40), *JOURNEYS, *of("tests/router/test_y.py", 53)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_each_worker_begins_with_its_share_of_the_journeys(workers: int) -> None:
    order = list(dealt(TESTS, workers=workers))
    assert sorted(order, key=str) == sorted(TESTS, key=str)
    for worker in range(workers):
        # As `worksteal` cuts.
        part = order[: len(order) // (workers - worker)]
        order = order[len(part) :]
        long = [test for file in LONG[worker::workers] for test in file]
        assert part[: len(long)] == long
        assert not {test.path for test in part[len(long) :]} & {file[0].path for file in LONG}


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_journeys_alone_all_run(workers: int) -> None:
    assert sorted(dealt(JOURNEYS, workers=workers), key=str) == sorted(JOURNEYS, key=str)
