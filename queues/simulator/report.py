"""What came of each policy, as a table for people and as JSON for programs. Pure."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import orjson
from rich.table import Table

from queues.simulator.outcome import Outcome, Waits

NOTHING = "–"


def table(outcomes: Sequence[Outcome]) -> Table:
    made = Table()
    made.add_column("", no_wrap=True)
    for one in outcomes:
        made.add_column(one.name, justify="right")
    for name, told in ROWS.items():
        made.add_row(name, *(told(one) for one in outcomes))
    return made


def as_json(outcomes: Sequence[Outcome]) -> str:
    rows = [dataclasses.asdict(one) for one in outcomes]
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()


def duration(seconds: float) -> str:
    """Short: "8.2 s", "4:07", "2:15:30"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _wait(of: Callable[[Waits], float]) -> Callable[[Outcome], str]:
    return lambda one: NOTHING if one.waits is None else duration(of(one.waits))


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1%}"


def _load(one: Outcome) -> str:
    loads = one.loads
    if loads is None:
        return NOTHING
    return f"{loads.least:.0%} {loads.mean:.0%} {loads.most:.0%}"


ROWS: Mapping[str, Callable[[Outcome], str]] = {
    "conversations": lambda one: f"{one.came:,}",
    "waited, half at most": _wait(lambda waits: waits.p50_s),
    "waited, 90 % at most": _wait(lambda waits: waits.p90_s),
    "waited, 99 % at most": _wait(lambda waits: waits.p99_s),
    "waited, all at most": _wait(lambda waits: waits.most_s),
    "first reply in time": lambda one: _share(one.in_time),
    "still waiting at the end": lambda one: f"{one.waiting:,}",
    "gave up waiting": lambda one: f"{one.lost:,}",
    "overflowed": lambda one: f"{one.overflowed:,}",
    "offers missed": lambda one: f"{one.missed:,}",
    "offers declined": lambda one: f"{one.declined:,}",
    "load: least, mean, most": _load,
    "load: Gini": lambda one: NOTHING if one.loads is None else f"{one.loads.gini:.3f}",
}
