"""Every row at a tiny size: it runs to its end and its numbers are possible."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import (
    bundles,
    decisions,
    idle,
    inbound,
    latency,
    lists,
    load,
    messengers,
    openings,
    visitors,
)
from bench.pairs import Run
from bench.sizes import SIZES, Asked
from bench.table import Row, markdown, written

TINY = Asked(SIZES["tiny"], ("sqlite",), 0)
NUMBER = re.compile(r"\d")
# Half a minute each, of a desk of its own.
LONG = pytest.mark.soak


def runs_of(row: Row) -> list[Run]:
    return [run for one in row.raw.get("rounds", ()) for run in one.values()]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("measure", "rows"),
    [
        pytest.param(inbound.measure, 2, marks=LONG),
        pytest.param(latency.measure, 1, marks=LONG),
        pytest.param(openings.measure, 1, marks=LONG),
        (decisions.measure, 3),
        pytest.param(visitors.measure, 1, marks=LONG),
        pytest.param(messengers.measure, 2, marks=LONG),
        pytest.param(lists.measure, 20, marks=LONG),
        pytest.param(load.measure, 1, marks=LONG),
        pytest.param(idle.measure_start, 1, marks=LONG),
    ],
)
def test_row_gives_possible_numbers(measure: Callable[[Asked], Iterator[Row]], rows: int) -> None:
    measured = list(measure(TINY))
    if not all(run.drained for row in measured for run in runs_of(row)):
        # A round in which the machine stalled does not count, here as there.
        measured = list(measure(TINY))
    assert len(measured) == rows
    for run in (run for row in measured for run in runs_of(row)):
        assert run.drained
        assert run.refused == 0
        assert run.rate > 0
        assert 0 < run.p50_ms <= run.p99_ms < math.inf


@LONG
@pytest.mark.timeout(240)
def test_memory_is_that_of_a_program_and_a_database() -> None:
    one, many = idle.measure_memory(TINY)
    assert 20 < one.raw["mib"]["all"] < 2_000
    assert set(many.raw["mib"]) == {"web", "worker", "poller", "PostgreSQL", "Redis"}


def test_bundles_are_counted_from_the_builds() -> None:
    assert all(NUMBER.search(row.ours) for row in bundles.measure(TINY))


def test_results_are_written_for_people_and_for_programs(tmp_path: Path) -> None:
    row = Row(
        "inbound | all", "SQLite", "5", reached=False, raw={"rounds": [{"ours": Run(1, 2, 3, 4)}]}
    )
    page = written([row], at=datetime(2026, 8, 1, 12, tzinfo=UTC), shape="tiny", folder=tmp_path)
    assert markdown([row]) in page.read_text()
    assert "inbound \\| all" in page.read_text()
    assert '"p50_ms": 2' in page.with_suffix(".json").read_text()
