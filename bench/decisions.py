"""What it costs to choose: the policy alone, and a line's whole step in a crowd.

The step is that of the worker, on rows: everybody is full and many wait, one conversation ends, and
the step gives its operator the next. It may grow with the operators whom it looks at, and not with
those who wait.
"""

import asyncio
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bench.machine import watched
from bench.pairs import Comparison, Run, interleaved, percentile, shown
from bench.sizes import Asked
from bench.table import Row, chart
from queues.facts import Candidate, Desk, Facts, Policy, desk_of
from queues.policy import choose
from queues.simulator.world import operator_id
from router import handling
from router.ids import ConversationId, OperatorId, new_id
from router.model import Line
from router.queueing import WHOLE, Queueing, Strategy
from router.staff import Operator, Presence, Status
from tests.desk import a_desk, migrated
from tests.queues.floor import Floor

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CAP = 5
TENFOLD = 10
# Ten times as many who wait may cost so much more: an index of theirs is a little deeper.
MOST_RATIO = 1.2


@dataclass(frozen=True, slots=True)
class Crowd:
    operators: int
    waiting: int


def measure(asked: Asked) -> Iterator[Row]:
    operators, waiting = asked.size.crowd
    for strategy in (Strategy.ROUND_ROBIN, Strategy.LEAST_BUSY):
        single = partial(_choices, operators, strategy, asked.size.choices)
        rounds = interleaved({"ours": single}, pairs=asked.size.pairs, patience_s=asked.patience_s)
        yield _single_row(operators, strategy, Comparison(rounds))
    crowds = {
        "ours": Crowd(operators, waiting),
        "fewer wait": Crowd(operators, waiting // TENFOLD),
        "a hundredth wait": Crowd(operators, waiting // TENFOLD**2),
        "a tenth of both": Crowd(operators // TENFOLD, waiting // TENFOLD),
        "a hundredth of both": Crowd(max(1, operators // TENFOLD**2), waiting // TENFOLD**2),
    }
    with tempfile.TemporaryDirectory(prefix="liniya-bench-") as folder, asyncio.Runner() as runner:
        places = {
            name: runner.run(_crowded(Path(folder) / name.replace(" ", "-"), crowd))
            for name, crowd in crowds.items()
        }
        try:
            runs = {
                name: partial(lambda place: runner.run(place.steps(asked.size.steps)), place)
                for name, place in places.items()
            }
            rounds = interleaved(runs, pairs=asked.size.pairs, patience_s=asked.patience_s)
        finally:
            for place in places.values():
                runner.run(place.opened.aclose())
    yield _crowd_row(crowds, Comparison(rounds))


def _run(took_ms: list[float], foreign_cores: float) -> Run:
    mean_ms = sum(took_ms) / len(took_ms)
    return Run(1e3 / mean_ms, percentile(took_ms, 50), percentile(took_ms, 99), foreign_cores)


# --- one choice -----------------------------------------------------------------


def _desk(operators: int, strategy: Strategy) -> Desk:
    """A third of them are full."""
    queue = [
        Candidate(
            operator_id(number),
            position=number,
            cap_weight=CAP * WHOLE,
            open_weight=(number * 7 % (CAP + 1)) * WHOLE,
            turn=number * 31 % operators,
            idle_since=NOON - timedelta(seconds=number * 13 % 600),
        )
        for number in range(operators)
    ]
    return desk_of(Policy(strategy=strategy), queue, now=NOON)


def _choices(operators: int, strategy: Strategy, choices: int) -> Run:
    desk, facts = _desk(operators, strategy), Facts(since=NOON - timedelta(seconds=10))
    took_ms = []
    with watched() as usage:
        for _ in range(choices):
            began = time.perf_counter()
            choice = choose(facts, desk)
            took_ms.append((time.perf_counter() - began) * 1e3)
            assert choice.operator is not None, "somebody has room"
    return _run(took_ms, usage.foreign_cores)


def _single_row(operators: int, strategy: Strategy, found: Comparison) -> Row:
    return Row(
        what=f"one choice among {operators:,} operators, {strategy.value}, ms",
        where="the policy alone",
        ours=shown(found.ours("p50_ms")),
        foreign_cores=found.foreign_cores,
        more=f"p99 {shown(found.ours('p99_ms'))} ms; {found}",
        raw={"rounds": found.rounds},
    )


# --- a crowd --------------------------------------------------------------------


@dataclass
class _Place:
    """A line on which everybody is full; its conversations in the order of service."""

    floor: Floor
    line: Line
    opened: AsyncExitStack
    held: deque[ConversationId]

    async def steps(self, count: int) -> Run:
        """So many conversations end, and as many begin; each time the line's step is taken."""
        took_ms = []
        with watched() as usage:
            for _ in range(count):
                self.floor.clock.move(1)
                ended = self.held.popleft()
                async with self.floor.storage.transaction() as tx:
                    now = self.floor.clock.now()
                    await handling.close(tx, ended, None, reason="resolved", now=now)
                self.held += await self.floor.writes(self.line, count=1)
                began = time.perf_counter()
                await self.floor.distribute()
                took_ms.append((time.perf_counter() - began) * 1e3)
        return _run(took_ms, usage.foreign_cores)


async def _crowded(folder: Path, crowd: Crowd) -> _Place:
    folder.mkdir()
    opened = AsyncExitStack()
    url = await migrated(folder / "template.sqlite3", folder / "desk.sqlite3")
    floor = Floor(await opened.enter_async_context(a_desk(folder, url)))
    line = await floor.line(Queueing())
    now = floor.clock.now()
    async with floor.storage.transaction() as tx:
        ids = [OperatorId(new_id()) for _ in range(crowd.operators)]
        for id_ in ids:
            one = Operator(id_, f"{id_}@desk.test", "Anna", max_conversations=1)
            await tx.operators.insert(one, password_hash=None, must_change_password=False)
            await tx.loads.start(id_, at=now)
            await tx.presence.put(Presence(id_, Status.AVAILABLE, now, now + timedelta(days=1)))
        await tx.lines.set_queue(line.id, ids)
    held = await floor.writes(line, count=crowd.operators)
    await floor.distribute()
    held += await floor.writes(line, count=crowd.waiting)
    await floor.distribute()
    return _Place(floor, line, opened, deque(held))


def _crowd_row(crowds: Mapping[str, Crowd], found: Comparison) -> Row:
    crowd, ratio = crowds["ours"], found.ratio("fewer wait", "p50_ms")
    return Row(
        what=f"a line's step, {crowd.operators:,} operators, {crowd.waiting:,} waiting, ms",
        where="SQLite",
        ours=shown(found.ours("p50_ms")),
        floor=f"{shown(found.of('fewer wait', 'p50_ms'))} with a tenth waiting",
        ratio=shown(ratio),
        goal=f"≤ {MOST_RATIO} ×",
        reached=ratio.median <= MOST_RATIO if ratio else None,
        foreign_cores=found.foreign_cores,
        more=(
            f"p99 {shown(found.ours('p99_ms'))} ms, {shown(found.ours('rate'))} a second;"
            f" {shown(found.of('a tenth of both', 'p50_ms'))} ms with a tenth of both; {found}"
        ),
        raw={"rounds": found.rounds},
        chart=_chart(crowds, found),
    )


def _chart(crowds: Mapping[str, Crowd], found: Comparison) -> str:
    """Steps a second as those who wait grow tenfold twice: beside as many operators, and with them."""
    grown = {
        "as many operators": ("a hundredth wait", "fewer wait", "ours"),
        "operators as well": ("a hundredth of both", "a tenth of both", "ours"),
    }
    return chart(
        f"A line's steps a second: {crowds['ours'].operators:,} operators; and a tenth, a hundredth",
        "waiting",
        [f"{crowds[name].waiting:,}" for name in grown["as many operators"]],
        {
            words: [rate.median if (rate := found.of(name, "rate")) else 0 for name in names]
            for words, names in grown.items()
        },
    )
