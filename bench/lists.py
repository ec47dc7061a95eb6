"""The console's lists over HTTP, in a small desk and in a large one.

Each filter is asked for by a signed-in operator on one kept connection, in turn on both desks:
what grows with the desk shows as a ratio.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from bench.desks import Caller, Desk, a_desk, databases
from bench.history import APART, Place, Staff, write
from bench.machine import watched
from bench.pairs import Comparison, Run, interleaved, percentile, shown
from bench.sizes import Asked
from bench.table import Row
from router.ids import InboxId, LineId, OperatorId
from router.storage.statements import Cursor
from router.urgency import LATE_AFTER
from tests.servers import Postgresql

MOST_MS, MOST_RATIO = 2.0, 1.2
LONGEST_S = 2.0
GONE_HOME = 20


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody of a desk, and the lists that they ask for, by what is asked."""

    desk: Desk
    caller: Caller
    paths: Mapping[str, str]


def measure(asked: Asked) -> Iterator[Row]:
    for which in asked.databases:
        with databases(which) as postgresql, ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liniya-bench-")))
            askers = {
                name: stack.enter_context(_grown(folder / name, postgresql, name, count))
                for name, count in zip(("small", "ours"), asked.size.lists, strict=True)
            }
            for what in askers["ours"].paths:
                runs: dict[str, Callable[[], Run]] = {
                    name: partial(asked_for, one.caller, one.paths[what], asked.size.asked)
                    for name, one in askers.items()
                }
                rounds = interleaved(runs, pairs=asked.size.pairs, patience_s=0)
                yield _row(what, askers["ours"].desk.where, asked.size.lists, Comparison(rounds))


def asked_for(caller: Caller, path: str, times: int) -> Run:
    """That path, so often one after the other, for two seconds at most."""
    took_ms: list[float] = []
    with watched() as usage:
        began = time.perf_counter()
        while len(took_ms) < times and time.perf_counter() - began < LONGEST_S:
            sent = time.perf_counter()
            caller.get(path)
            took_ms.append((time.perf_counter() - sent) * 1e3)
    return Run(
        rate=1e3 / percentile(took_ms, 50),
        p50_ms=percentile(took_ms, 50),
        p99_ms=percentile(took_ms, 99),
        foreign_cores=usage.foreign_cores,
    )


def _row(what: str, where: str, sizes: tuple[int, int], found: Comparison) -> Row:
    p50, ratio = found.ours("p50_ms"), found.ratio("small", "p50_ms")
    return Row(
        what=f"list of {what}, {sizes[1]:,} conversations, p50 ms",
        where=where,
        ours=shown(p50),
        floor=f"{shown(found.of('small', 'p50_ms'))} at {sizes[0]:,}",
        ratio=shown(ratio),
        goal=f"≤ {MOST_MS:.0f} ms, ≤ {MOST_RATIO} ×",
        reached=p50.median <= MOST_MS and ratio.median <= MOST_RATIO if p50 and ratio else None,
        foreign_cores=found.foreign_cores,
        more=f"p99 {shown(found.ours('p99_ms'))} ms; {found}",
        raw={"rounds": found.rounds},
    )


# --- setting up ----------------------------------------------------------------


@contextmanager
def _grown(folder: Path, postgresql: Postgresql | None, name: str, count: int) -> Iterator[Asker]:
    with a_desk(folder, postgresql, name) as desk:
        places = []
        for key in ("shop", "trade"):
            line_id = desk.line(key)
            inbox_id = desk.hook(line_id).rpartition("/")[2]
            places.append(Place(LineId(UUID(line_id)), InboxId(UUID(inbox_id))))
        asker = desk.staff(1, str(places[0].line_id), str(places[1].line_id))[0]
        me = asker.ask("GET", "/session")["me"]["id"]
        staff = Staff([_operator(me)], [_operator(one) for one in desk.gone_home(GONE_HOME)])
        write(desk, places, staff, count)
        yield Asker(desk, asker, _paths(str(places[0].line_id), count))


def _operator(text: str) -> OperatorId:
    return OperatorId(UUID(text))


def _paths(line_id: str, count: int) -> Mapping[str, str]:
    middle = Cursor(datetime.now(UTC) - APART * (count // 2), UUID(int=0))
    urgent = Cursor(middle.at + LATE_AFTER, middle.id, (middle.at,))
    late = quote(urgent.text())
    lists = {
        "mine": "list=mine",
        "waiting": "list=waiting",
        "all": "list=all",
        "closed": "list=closed",
        "waiting, one line": f"list=waiting&line_id={line_id}",
        "all, one line": f"list=all&line_id={line_id}",
        "closed, one line": f"list=closed&line_id={line_id}",
        "waiting, the most urgent first": "list=waiting&order=urgent",
        "all, the most urgent first": "list=all&order=urgent",
        "waiting, from the middle": f"list=waiting&cursor={quote(middle.text())}",
        "all, from the middle": f"list=all&cursor={quote(middle.text())}",
        "closed, from the middle": f"list=closed&cursor={quote(middle.text())}",
        "all, the most urgent first, from the middle": f"list=all&order=urgent&cursor={late}",
        "found by a name that many have": "list=closed&q=Anna",
        "found by a name that one has": f"list=closed&q={quote(f'Anna {count // 16 * 8}')}",
        "found by a name that nobody has": "list=all&q=Nebuchadnezzar",
    }
    leads = {
        "leads": "",
        "leads of a stage": "stage=won",
        "leads from the middle": f"cursor={quote(middle.text())}",
        "leads found by a name that nobody has": "q=Nebuchadnezzar",
    }
    return {name: f"/api/v1/conversations?{asked}" for name, asked in lists.items()} | {
        name: f"/api/v1/leads?{asked}" for name, asked in leads.items()
    }
