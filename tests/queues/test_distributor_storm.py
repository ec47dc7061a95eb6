"""Many distributors and operators at once on real connections; and a death between any two steps."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

import pytest

from queues import attendance
from queues.distributor import Distributor
from router import handling, steering
from router.errors import ActError
from router.ids import ConversationId
from router.model import Line, State
from router.queueing import Capacity, Queueing, Strategy
from router.reactions import reactions
from router.staff import Operator
from router.storage import Conflict, LostLease, Storage, Transaction
from tests.desk import Desk
from tests.queues.floor import Floor

T = TypeVar("T")
WITHIN = Capacity(transfer_may_exceed=False)
ASK_ALL = Queueing(strategy=Strategy.BROADCAST, capacity=WITHIN, offer_timeout_s=600)
ASK_ONE = Queueing(auto_accept=False, capacity=WITHIN, offer_timeout_s=600)
SEND_BACK = replace(ASK_ONE, transfer_needs_accept=True, capacity=Capacity())
DISTRIBUTORS, OPERATORS, ARRIVALS = 8, 12, 500


class Storm:
    """Operators who do at random what they may, while others do the same."""

    def __init__(self, floor: Floor, lines: Sequence[Line], crew: Sequence[Operator]) -> None:
        self.floor = floor
        self.lines = lines
        self.crew = crew
        self.ids: list[ConversationId] = []

    async def act(self, random: Random) -> None:
        id_, now = random.choice(self.ids), self.floor.clock.now()
        one, other = random.sample(list(self.crew), 2)
        seen = await self.floor.see(id_)
        asked = seen.asked or ((seen.offered_to,) if seen.offered_to else ())
        who = random.choice(asked) if asked else one.id
        owner = seen.owner_id or one.id
        acts: list[Callable[[Transaction], Awaitable[object]]] = [
            lambda tx: handling.accept(tx, id_, who, now=now),
            lambda tx: handling.accept(tx, id_, who, now=now),
            lambda tx: handling.decline(tx, id_, who, reason="", now=now),
            lambda tx: handling.take(tx, id_, one, now=now),
            lambda tx: handling.transfer(
                tx, id_, owner, to_operator=other, to_line=None, comment="", now=now
            ),
            lambda tx: handling.transfer(
                tx,
                id_,
                owner,
                to_operator=None,
                to_line=random.choice(self.lines).id,
                comment="",
                now=now,
            ),
            lambda tx: handling.close(tx, id_, owner, reason="", now=now),
            lambda tx: handling.release(tx, one.id, now=now),
        ]
        with contextlib.suppress(ActError, Conflict):
            await self.floor.storage.run(random.choice(acts))

    async def operate(self, seed: int, *, times: int) -> None:
        random = Random(seed)
        for _ in range(times):
            await self.act(random)

    async def arrive(self, line: Line, *, count: int) -> None:
        for _ in range(count // 25):
            self.ids += await self.floor.writes(line, count=25)


async def distribute(floor: Floor, *, until: Callable[[], bool]) -> None:
    distributor = floor.start_distributor()
    while not until():
        for lane in await floor.take():
            with contextlib.suppress(LostLease, Conflict):
                await distributor.distribute(lane)
        await asyncio.sleep(0.005)


async def rage(storm: Storm, *, arrivals: int, operators: int, times: int) -> None:
    """Arrivals, distributors and operators at once, until the operators are done."""
    over = False
    for line in storm.lines:
        await storm.arrive(line, count=25)
    workers = [
        asyncio.create_task(distribute(storm.floor, until=lambda: over))
        for _ in range(DISTRIBUTORS)
    ]
    await asyncio.gather(
        *(storm.arrive(line, count=arrivals // len(storm.lines)) for line in storm.lines),
        *(storm.operate(seed, times=times) for seed in range(operators)),
    )
    over = True
    await asyncio.gather(*workers)


@pytest.mark.timeout(180)
async def test_no_cap_is_passed_and_nobody_has_two_owners(postgresql_desk: Desk) -> None:
    floor = Floor(postgresql_desk)
    lines = [await floor.line(ASK_ALL), await floor.line(ASK_ONE)]
    crew = [await floor.operator(*lines, cap=6) for _ in range(OPERATORS)]
    storm = Storm(floor, lines, crew)
    await rage(storm, arrivals=ARRIVALS, operators=8, times=25)
    assert await floor.audit() == []
    for one in crew:
        assert (await floor.load(one)).weight <= one.cap_weight
    states = {one.state for one in await floor.see_all(storm.ids)}
    assert states <= {State.WAITING, State.OFFERED, State.OPEN, State.CLOSED}


@pytest.mark.timeout(120)
async def test_what_is_sent_back_in_a_storm_is_somebodys(each_floor: Floor) -> None:
    lines = [await each_floor.line(SEND_BACK), await each_floor.line(SEND_BACK)]
    crew = [await each_floor.operator(*lines, cap=4) for _ in range(5)]
    storm = Storm(each_floor, lines, crew)
    await rage(storm, arrivals=50, operators=4, times=25)
    assert await each_floor.audit() == []
    each_floor.clock.move(601)
    await each_floor.stay(*crew)
    await each_floor.distribute()
    assert await each_floor.audit() == []


# --- deaths ----------------------------------------------------------------------


class Died(Exception):
    """The process ends here."""


class Mortal:
    """An engine whose connections die after so many statements."""

    def __init__(self, engine: Any, after: int) -> None:
        self._engine = engine
        self._left = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def run(self, work: Callable[[Any], Any]) -> Any:
        return await self._engine.run(lambda connection: work(_Dying(connection, self)))

    def live(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Died


class _Dying:
    def __init__(self, connection: Any, engine: Mortal) -> None:
        self._connection = connection
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name not in ("rows", "run", "put", "find", "walk"):
            return found

        async def counted(*arguments: Any, **named: Any) -> Any:
            self._engine.live()
            return await found(*arguments, **named)

        return counted


def mortal(floor: Floor, after: int) -> Storage:
    engine: Any = Mortal(floor.storage.engine, after)
    return Storage(engine, on_commit=floor.news.extend, reactions=reactions)


Scene = tuple[ConversationId, Operator, Operator]
Deed = Callable[[Transaction, Scene, Any], Awaitable[object]]

DEEDS: dict[str, Deed] = {
    "accept": lambda tx, s, now: handling.accept(tx, s[0], s[1].id, now=now),
    "decline": lambda tx, s, now: handling.decline(tx, s[0], s[1].id, reason="", now=now),
    "transfer": lambda tx, s, now: handling.transfer(
        tx, s[0], s[1].id, to_operator=s[2], to_line=None, comment="look", now=now
    ),
    "release": lambda tx, s, now: handling.release(tx, s[1].id, now=now),
    "spam": lambda tx, s, now: steering.spam(tx, s[0], s[1].id, block=True, now=now),
    "leave": lambda tx, s, now: attendance.take_leave(
        tx, s[1].id, from_at=now, until_at=None, reason="", now=now
    ),
}


@pytest.mark.parametrize("queueing", [ASK_ALL, SEND_BACK], ids=["ask all", "send back"])
@pytest.mark.parametrize("deed", sorted(DEEDS))
async def test_who_dies_in_an_act_leaves_nothing_half_done(
    floor: Floor, deed: str, queueing: Queueing
) -> None:
    line = await floor.line(queueing)
    anna, boris = await floor.operator(line), await floor.operator(line)
    [id_] = await floor.writes(line)
    await floor.distribute()
    for after in range(200):
        storage = mortal(floor, after)
        try:
            await storage.run(lambda tx: DEEDS[deed](tx, (id_, anna, boris), floor.clock.now()))
        except Died:
            assert await floor.audit() == []
        else:
            break
    assert after > 2
    assert await floor.audit() == []


@pytest.mark.parametrize("queueing", [ASK_ALL, ASK_ONE], ids=["ask all", "ask one"])
async def test_distributor_that_dies_anywhere_is_followed_by_another(
    floor: Floor, queueing: Queueing
) -> None:
    line = await floor.line(queueing)
    crew = [await floor.operator(line, cap=20) for _ in range(2)]
    ids = await floor.writes(line, count=12)
    for after in range(400):
        floor.clock.move(31)
        await floor.stay(*crew)
        lanes = await floor.take()
        if not lanes:
            break
        storage = mortal(floor, after)
        dying = Distributor(storage, floor.clock, patient_until=floor.clock.now())
        with contextlib.suppress(Died):
            await dying.distribute(lanes[0])
        assert await floor.audit(working_since=floor.clock.now()) == []
    assert after > 5
    assert {one.state for one in await floor.see_all(ids)} == {State.OFFERED}
