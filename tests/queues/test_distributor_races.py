"""Several distributors, operators and restarts at once: one owner, no cap passed, nobody lost."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import pytest
import sqlalchemy as sa

from queues.distributor import BATCH
from router import handling
from router.errors import ActError, Busy
from router.ids import ConversationId
from router.model import State
from router.queueing import Queueing
from router.staff import Operator, Status
from router.storage import LostLease, Transaction
from router.storage.tables.routing import assignments
from tests.queues.floor import LEASE, OFFERS, Floor

PUSH = Queueing(auto_accept=True)


async def work(floor: Floor, *, until: Callable[[], bool]) -> None:
    """A worker of its own: takes what is due; a lane that it lost is the other's."""
    distributor = floor.start_distributor()
    while not until():
        for lane in await floor.take():
            with contextlib.suppress(LostLease):
                await distributor.distribute(lane)
        await asyncio.sleep(0.005)


async def drain(floor: Floor, *, workers: int) -> None:
    """So many workers at once, until nothing is due."""

    async def worker() -> None:
        distributor = floor.start_distributor()
        while lanes := await floor.take():
            for lane in lanes:
                await distributor.distribute(lane)

    await asyncio.gather(*(worker() for _ in range(workers)))


async def assert_in_order(floor: Floor, crew: Sequence[Operator]) -> None:
    assert await floor.audit() == []
    for one in crew:
        load = await floor.load(one)
        assert load.open_count + load.offered_count <= one.max_conversations


async def begun(floor: Floor) -> int:
    async with floor.storage.reading() as tx:
        [row] = await tx.connection.rows(
            sa.select(sa.func.count().label("number")).select_from(assignments)
        )
    number: int = row.number
    return number


async def test_lines_that_share_operators_never_overfill_them(each_floor: Floor) -> None:
    lines = [await each_floor.line(PUSH) for _ in range(4)]
    crew = [await each_floor.operator(*lines, cap=7) for _ in range(5)]
    ids: list[ConversationId] = []
    for line in lines:
        ids += await each_floor.writes(line, count=12)
    await drain(each_floor, workers=4)
    states = [one.state for one in await each_floor.see_all(ids)]
    assert (states.count(State.OPEN), states.count(State.WAITING)) == (35, 13)
    assert await begun(each_floor) == 35
    await assert_in_order(each_floor, crew)


async def test_two_distributors_of_one_line_place_each_conversation_once(
    each_floor: Floor,
) -> None:
    line = await each_floor.line(PUSH)
    crew = [await each_floor.operator(line, cap=20) for _ in range(3)]
    ids = await each_floor.writes(line, count=40)
    [stale] = await each_floor.take()
    each_floor.clock.move(LEASE.total_seconds() + 1)
    await each_floor.stay(*crew)
    [lane] = await each_floor.take()
    ends = await asyncio.gather(
        each_floor.distributor.distribute(stale),
        each_floor.start_distributor().distribute(lane),
        return_exceptions=True,
    )
    assert [type(end) for end in ends] == [LostLease, type(None)]
    assert {one.state for one in await each_floor.see_all(ids)} == {State.OPEN}
    assert await begun(each_floor) == 40
    loads = [(await each_floor.load(one)).open_count for one in crew]
    assert max(loads) - min(loads) <= 1
    await assert_in_order(each_floor, crew)


@pytest.mark.parametrize("turns", [3, 20, 60, 150, 400])
async def test_distributor_that_dies_in_the_middle_leaves_nothing_half_done(
    each_floor: Floor, turns: int
) -> None:
    line = await each_floor.line()
    crew = [await each_floor.operator(line, cap=BATCH) for _ in range(2)]
    ids = await each_floor.writes(line, count=BATCH + 5)
    [lane] = await each_floor.take()
    dying = asyncio.create_task(each_floor.distributor.distribute(lane))
    for _ in range(turns):
        await asyncio.sleep(0.0005)
    dying.cancel()
    with contextlib.suppress(asyncio.CancelledError, Busy):
        await dying
    await assert_in_order(each_floor, crew)
    each_floor.clock.move(LEASE.total_seconds() + 1)
    await each_floor.stay(*crew)
    await each_floor.distribute(each_floor.start_distributor())
    assert {one.state for one in await each_floor.see_all(ids)} == {State.OFFERED}
    loads = [(await each_floor.load(one)).offered_count for one in crew]
    assert max(loads) - min(loads) <= 1
    await assert_in_order(each_floor, crew)


class Operating:
    """Operators who do at random what operators may do."""

    def __init__(self, floor: Floor, crew: Sequence[Operator], random: Random) -> None:
        self.floor = floor
        self.crew = crew
        self.random = random

    async def act(self, ids: Sequence[ConversationId]) -> None:
        one, id_ = self.random.choice(self.crew), self.random.choice(ids)
        acts: list[Callable[[Transaction], Awaitable[object]]] = [
            lambda tx: handling.accept(tx, id_, one.id, now=now),
            lambda tx: handling.decline(tx, id_, one.id, reason="", now=now),
            lambda tx: handling.take(tx, id_, one, now=now),
            lambda tx: handling.close(tx, id_, one.id, reason="", now=now),
        ]
        now = self.floor.clock.now()
        with contextlib.suppress(ActError):
            await self.floor.storage.run(self.random.choice(acts))

    async def accept_all(self, ids: Sequence[ConversationId]) -> None:
        for conversation in await self.floor.see_all(ids):
            owner = conversation.offered_to
            if owner is None:
                continue
            async with self.floor.storage.transaction() as tx:
                await handling.accept(tx, conversation.id, owner, now=self.floor.clock.now())


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_operators_do_meanwhile_the_desk_stays_in_order(
    each_floor: Floor, seed: int
) -> None:
    floor = each_floor
    lines = [await floor.line(OFFERS), await floor.line(PUSH)]
    crew = [await floor.operator(*lines, cap=4) for _ in range(4)]
    operating = Operating(floor, crew, Random(seed))
    ids = [one for line in lines for one in await floor.writes(line, count=15)]

    async def operate() -> None:
        for _ in range(40):
            await operating.act(ids)

    over = False
    workers = [asyncio.create_task(work(floor, until=lambda: over)) for _ in range(2)]
    await asyncio.gather(*(operate() for _ in range(3)))
    floor.clock.move(61)
    await floor.stay(*crew)
    await asyncio.gather(*(operate() for _ in range(3)))
    over = True
    await asyncio.gather(*workers)
    await floor.distribute()
    await assert_in_order(floor, crew)
    await serve_the_rest(floor, operating, ids)


async def serve_the_rest(floor: Floor, operating: Operating, ids: Sequence[ConversationId]) -> None:
    """Everybody who still waits is served in the end."""
    for _ in range(len(ids)):
        open_ones = [one for one in await floor.see_all(ids) if one.state is not State.CLOSED]
        if not open_ones:
            break
        await operating.accept_all(ids)
        for one in await floor.see_all(ids):
            if one.state is State.OPEN:
                async with floor.storage.transaction() as tx:
                    await handling.close(tx, one.id, None, reason="", now=floor.clock.now())
        floor.clock.move(200)
        for operator in operating.crew:
            await floor.says(operator, Status.AVAILABLE)
        await floor.stay(*operating.crew)
        await floor.distribute()
        await assert_in_order(floor, operating.crew)
    assert {one.state for one in await floor.see_all(ids)} == {State.CLOSED}
    assert {(await floor.load(one)).open_count for one in operating.crew} == {0}
