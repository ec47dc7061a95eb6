"""Who is here: `queues.presence`."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from queues.presence import candidate_of, excuse_absence, here_at_the_end, pushed
from queues.presence import is_reachable as reachable
from router.ids import OperatorId
from router.model import State
from router.news import ConversationNews, OperatorNews
from router.queueing import Queueing
from router.staff import Load, Operator, Presence, Status
from router.storage.choosing import Member
from router.storage.tables.plumbing import events
from tests.clock import NOON, settle
from tests.desk import Desk
from tests.queues.floor import Floor

PUSH = Queueing(auto_accept=True)
ANNA, BORIS, VERA = (OperatorId(UUID(int=n)) for n in (1, 2, 3))


def presence(operator: OperatorId, *, until_s: float | None) -> Presence:
    """Available, and reachable until so many seconds after noon."""
    until = None if until_s is None else NOON + timedelta(seconds=until_s)
    return Presence(operator, Status.AVAILABLE, NOON, until)


# --- what it means -----------------------------------------------------------


@pytest.mark.parametrize(("until_s", "is_so"), [(90, True), (1, True), (0, False), (None, False)])
def test_operator_is_reachable_until_their_time_is_over(
    until_s: float | None, *, is_so: bool
) -> None:
    assert reachable(presence(ANNA, until_s=until_s), now=NOON) is is_so


def test_operator_who_never_came_is_off_and_holds_nothing() -> None:
    anna = Operator(ANNA, "anna@desk.test", "Anna", max_conversations=4)
    candidate = candidate_of(Member(anna, 2, None, None), now=NOON)
    assert (candidate.status, candidate.reachable) == (Status.OFF, False)
    assert (candidate.position, candidate.cap_weight, candidate.taken) == (2, 400, 0)


def test_candidate_has_what_their_load_leaves() -> None:
    anna = Operator(ANNA, "anna@desk.test", "Anna", max_conversations=4, active=False)
    load = Load(ANNA, open_count=2, offered_count=1, open_weight=200, offered_weight=100)
    candidate = candidate_of(Member(anna, 0, presence(ANNA, until_s=9), load), now=NOON)
    assert (candidate.open_weight, candidate.offered_weight) == (200, 100)
    assert (candidate.reachable, candidate.active) == (True, False)


@pytest.mark.parametrize(
    ("until_s", "here"),
    [
        ({ANNA: -600, BORIS: -605, VERA: -640}, [ANNA, BORIS]),
        ({ANNA: 70, BORIS: None}, [ANNA]),
        ({ANNA: -3600}, []),
        ({ANNA: None}, []),
        ({}, []),
    ],
    ids=["who left before the end", "who never came", "a long stop", "nobody", "no operators"],
)
def test_who_was_here_when_the_desk_went_down(
    until_s: dict[OperatorId, float | None], here: list[OperatorId]
) -> None:
    everybody = [presence(one, until_s=at) for one, at in until_s.items()]
    assert here_at_the_end(everybody, now=NOON) == here


# --- sockets -----------------------------------------------------------------


async def test_first_socket_makes_an_operator_reachable_and_wakes_their_lines(
    each_floor: Floor,
) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line, connected=False)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    assert (await each_floor.see(id_)).state is State.WAITING
    async with each_floor.reachability.connected(anna.id):
        assert OperatorNews(anna.id) in each_floor.news
        await each_floor.distribute()
    assert (await each_floor.see(id_)).owner_id == anna.id


@pytest.mark.parametrize("status", [None, Status.OFF])
async def test_who_comes_for_the_first_time_is_available(
    floor: Floor, status: Status | None
) -> None:
    anna = await floor.operator(await floor.line(), status=status, connected=False)
    async with floor.reachability.connected(anna.id):
        found = await floor.presence(anna)
    assert found is not None
    assert (found.status, found.status_since) == (Status.AVAILABLE, NOON)


@pytest.mark.parametrize("status", [Status.BUSY, Status.AWAY, Status.OFF])
async def test_who_comes_back_keeps_their_status(floor: Floor, status: Status) -> None:
    anna = await floor.operator(await floor.line(), status=status)
    await floor.clock.advance(3600)
    async with floor.reachability.connected(anna.id):
        found = await floor.presence(anna)
    assert found is not None
    assert found.status is status


async def test_short_loss_of_connection_wakes_nobody(floor: Floor) -> None:
    line = await floor.line()
    anna = await floor.operator(line, connected=False)
    async with floor.reachability.connected(anna.id):
        await floor.distribute()
    await floor.clock.advance(30)
    async with floor.reachability.connected(anna.id):
        assert await floor.take() == []


async def test_operator_is_reachable_for_90_s_after_the_last_of_their_sockets(
    floor: Floor,
) -> None:
    line = await floor.line(PUSH)
    anna = await floor.operator(line, connected=False)
    beating = asyncio.create_task(floor.reachability.run())
    async with AsyncExitStack() as second:
        async with floor.reachability.connected(anna.id):
            await second.enter_async_context(floor.reachability.connected(anna.id))
        await _pass(floor, 200)
        assert reachable(await floor.presence(anna), now=floor.clock.now())
    await _pass(floor, 69)
    assert reachable(await floor.presence(anna), now=floor.clock.now())
    await _pass(floor, 21)
    assert not reachable(await floor.presence(anna), now=floor.clock.now())
    [id_] = await floor.writes(line)
    await floor.distribute()
    assert (await floor.see(id_)).state is State.WAITING
    beating.cancel()


async def test_who_was_thought_absent_while_connected_is_given_work_again(floor: Floor) -> None:
    line = await floor.line(PUSH)
    anna = await floor.operator(line, connected=False)
    async with floor.reachability.connected(anna.id):
        await floor.clock.advance(120)
        [id_] = await floor.writes(line)
        await floor.distribute()
        assert (await floor.see(id_)).state is State.WAITING
        await floor.reachability.beat()
        await floor.distribute()
    assert (await floor.see(id_)).owner_id == anna.id


# --- status ------------------------------------------------------------------


async def test_status_is_recorded_and_told_once(floor: Floor) -> None:
    anna = await floor.operator(await floor.line())
    await floor.clock.advance(5)
    await floor.says(anna, Status.BUSY)
    floor.news.clear()
    await floor.says(anna, Status.BUSY)
    async with floor.storage.reading() as tx:
        rows = await tx.connection.rows(sa.select(events).where(events.c.name == "StatusChanged"))
    assert [(row.operator_id, row.data["status"]) for row in rows] == [(anna.id, "busy")]
    assert floor.news == []
    found = await floor.presence(anna)
    assert found is not None
    assert (found.status, found.status_since) == (Status.BUSY, floor.clock.now())
    assert found.reachable_until == NOON + timedelta(seconds=90)


async def test_saying_a_status_forgives_what_was_missed(floor: Floor) -> None:
    anna = await floor.operator(await floor.line())
    async with floor.storage.transaction() as tx:
        await tx.presence.missed(anna.id, limit=3, at=NOON)
    await floor.says(anna, Status.BUSY)
    found = await floor.presence(anna)
    assert found is not None
    assert found.missed_offers == 0


# --- a start is not an absence -----------------------------------------------


async def test_after_a_restart_nobody_is_absent_and_no_offer_is_missed(each_floor: Floor) -> None:
    line = await each_floor.line()
    anna = await each_floor.operator(line)
    boris = await each_floor.operator(line)
    offered, *_ = await each_floor.writes(line)
    await each_floor.distribute()
    await each_floor.clock.advance(600)
    until = await excuse_absence(each_floor.storage, now=each_floor.clock.now())
    assert until == each_floor.clock.now() + timedelta(seconds=90)
    restarted = each_floor.start_distributor(patience_s=90)
    [fresh] = await each_floor.writes(line)
    await each_floor.distribute(restarted)
    assert (await each_floor.see(offered)).offered_to == anna.id
    assert (await each_floor.see(fresh)).offered_to == boris.id
    assert {one.offer_deadline for one in await each_floor.see_all([offered, fresh])} == {until}
    assert await each_floor.due_in_s() == 90
    assert await each_floor.audit() == []


async def test_a_postponed_offer_is_told_with_the_version_that_it_made(floor: Floor) -> None:
    line = await floor.line()
    await floor.operator(line)
    [offered] = await floor.writes(line)
    await floor.distribute()
    before = await floor.see(offered)
    floor.news.clear()
    until = await excuse_absence(floor.storage, now=floor.clock.now())
    told = [news.conversation for news in floor.news if isinstance(news, ConversationNews)]
    assert [(one.version, one.offer_deadline) for one in told] == [(before.version + 1, until)]
    assert await floor.see(offered) == told[0]


async def test_a_first_start_waits_for_nobody(desk: Desk) -> None:
    await desk.operator("Anna", here=False)
    assert await excuse_absence(desk.storage, now=desk.clock.now()) == desk.clock.now()


async def test_after_their_patience_absence_counts_again(floor: Floor) -> None:
    line = await floor.line()
    anna = await floor.operator(line)
    [id_] = await floor.writes(line)
    await floor.distribute()
    await floor.clock.advance(600)
    await excuse_absence(floor.storage, now=floor.clock.now())
    await floor.clock.advance(90)
    await floor.distribute()
    assert (await floor.see(id_)).state is State.WAITING
    assert (await floor.load(anna)).offered_count == 0
    assert not reachable(await floor.presence(anna), now=floor.clock.now())


async def _pass(floor: Floor, seconds: int) -> None:
    """Let time go by; real threads work for the database, and need real time between beats."""
    for _ in range(seconds):
        await floor.clock.advance(1)
        async with floor.storage.transaction():
            await settle()


# --- by a push notice ---------------------------------------------------------------------


async def test_push_notice_reaches_a_telephone_that_sleeps_for_15_minutes(
    each_floor: Floor,
) -> None:
    line = await each_floor.line(Queueing(auto_accept=True))
    anna = await each_floor.operator(line, connected=False)
    [first] = await each_floor.writes(line)
    await each_floor.distribute()
    assert (await each_floor.see(first)).owner_id is None
    await each_floor.act(pushed, anna.id)
    await each_floor.distribute()
    assert (await each_floor.see(first)).owner_id == anna.id
    each_floor.clock.move(899)
    [second] = await each_floor.writes(line)
    await each_floor.distribute()
    assert (await each_floor.see(second)).owner_id == anna.id
    each_floor.clock.move(2)
    [third] = await each_floor.writes(line)
    await each_floor.distribute()
    assert (await each_floor.see(third)).owner_id is None


async def test_push_notice_does_not_make_others_absent_after_a_restart(floor: Floor) -> None:
    line = await floor.line()
    anna, boris = await floor.operator(line), await floor.operator(line, connected=False)
    await floor.act(pushed, boris.id)
    floor.clock.move(95)
    await excuse_absence(floor.storage, now=floor.clock.now())
    for one in (anna, boris):
        assert reachable(await floor.presence(one), now=floor.clock.now())


async def test_push_to_who_never_came_is_nothing(floor: Floor) -> None:
    anna = await floor.operator(await floor.line(), status=None, connected=False)
    await floor.act(pushed, anna.id)
    assert await floor.presence(anna) is None
