"""The load of the lines over HTTP, as every supervisor's page asks for it each five seconds.

Asked in turn of a desk with a crowd that is open and of one with a hundredth of it: what grows with
the crowd shows as a ratio.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

from bench.desks import Desk, a_desk, databases
from bench.history import Place, write_open
from bench.lists import asked_for
from bench.pairs import Comparison, Run, interleaved, shown
from bench.sizes import Asked
from bench.table import Row
from router.ids import InboxId, LineId
from tests.servers import Postgresql

FEWER = 100
MOST_RATIO = 1.2
LINES = ("shop", "trade", "help", "spares")


def measure(asked: Asked) -> Iterator[Row]:
    operators, count = asked.size.watched
    for which in asked.databases:
        with databases(which) as postgresql, ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liniya-bench-")))
            desks = {
                name: stack.enter_context(_crowded(folder, postgresql, name, operators, crowd))
                for name, crowd in (("fewer", count // FEWER), ("ours", count))
            }
            runs: dict[str, Callable[[], Run]] = {
                name: partial(asked_for, desk.script, "/api/v1/load", asked.size.asked)
                for name, desk in desks.items()
            }
            rounds = interleaved(runs, pairs=asked.size.pairs, patience_s=asked.patience_s)
            yield _row(desks["ours"].where, asked.size.watched, Comparison(rounds))


@contextmanager
def _crowded(
    folder: Path, postgresql: Postgresql | None, name: str, operators: int, count: int
) -> Iterator[Desk]:
    with a_desk(folder / name, postgresql, name) as desk:
        places = []
        for key in LINES:
            line_id = desk.line(key)
            inbox_id = desk.hook(line_id).rpartition("/")[2]
            places.append(Place(LineId(UUID(line_id)), InboxId(UUID(inbox_id))))
        write_open(desk, places, operators, count)
        yield desk


def _row(where: str, size: tuple[int, int], found: Comparison) -> Row:
    operators, count = size
    ratio = found.ratio("fewer", "p50_ms")
    return Row(
        what=f"load of the lines, {operators:,} operators, {count:,} open, p50 ms",
        where=where,
        ours=shown(found.ours("p50_ms")),
        floor=f"{shown(found.of('fewer', 'p50_ms'))} with a hundredth open",
        ratio=shown(ratio),
        goal=f"≤ {MOST_RATIO} ×",
        reached=ratio.median <= MOST_RATIO if ratio else None,
        foreign_cores=found.foreign_cores,
        more=f"p99 {shown(found.ours('p99_ms'))} ms; {found}",
        raw={"rounds": found.rounds},
    )
