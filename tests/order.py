"""In which order the tests run: each worker begins with its share of what takes long.

pytest-xdist's `worksteal` gives each worker an equal part of the list, in order; who is done takes
half of what another has left, from the end. A journey that stands last is waited for by the others.
"""

from collections.abc import Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Protocol, TypeVar

LONG = "journeys"


class Test(Protocol):
    """What the order is made from."""

    @property
    def path(self) -> Path: ...


T = TypeVar("T", bound=Test)


def dealt(tests: Sequence[T], *, workers: int) -> Sequence[T]:
    """All tests, so that each worker's part begins with its share of the files of journeys."""
    files = [
        list(file)
        for path, file in groupby(tests, key=lambda test: test.path)
        if LONG in path.parts
    ]
    short = (test for test in tests if LONG not in test.path.parts)
    order: list[T] = []
    for worker in range(workers):
        size = (len(tests) - len(order)) // (workers - worker)
        long = [test for file in files[worker::workers] for test in file]
        order += [*long, *islice(short, max(0, size - len(long)))]
    return order
