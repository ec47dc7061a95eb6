"""Broadcast: all who can are asked at once, and the first to accept has it."""

import asyncio
from dataclasses import replace

import pytest

from console.access import List, Viewer, belongs
from router import handling
from router.errors import ActError, Full, TooLate
from router.model import State
from router.queueing import Queueing, Strategy
from router.staff import Role, Status
from tests.queues.floor import Floor

ALL = Queueing(
    strategy=Strategy.BROADCAST, offer_timeout_s=60, missed_offers_until_away=2, refusal_rest_s=30
)


async def test_all_who_can_are_asked_and_nobodys_room_is_taken(each_floor: Floor) -> None:
    line = await each_floor.line(ALL)
    anna, boris = await each_floor.operator(line), await each_floor.operator(line, cap=1)
    await each_floor.operator(line, status=Status.BUSY)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    conversation = await each_floor.see(id_)
    assert (conversation.state, conversation.offered_to) == (State.OFFERED, None)
    assert set(conversation.asked) == {anna.id, boris.id}
    load = await each_floor.load(boris)
    assert (load.offered_count, load.weight) == (1, 0)
    assert await each_floor.audit() == []


async def test_first_to_accept_has_it_and_the_others_are_told(each_floor: Floor) -> None:
    line = await each_floor.line(ALL)
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    await each_floor.act(handling.accept, id_, boris.id)
    with pytest.raises(TooLate):
        await each_floor.act(handling.accept, id_, anna.id)
    after = await each_floor.see(id_)
    assert (after.state, after.owner_id, after.asked) == (State.OPEN, boris.id, ())
    assert [(await each_floor.load(one)).offered_count for one in (anna, boris)] == [0, 0]
    assert await each_floor.audit() == []


async def test_all_accept_at_once_and_one_has_it(each_floor: Floor) -> None:
    line = await each_floor.line(ALL)
    crew = [await each_floor.operator(line, cap=2) for _ in range(6)]
    ids = await each_floor.writes(line, count=4)
    await each_floor.distribute()
    ends = await asyncio.gather(
        *(each_floor.act(handling.accept, id_, one.id) for id_ in ids for one in crew),
        return_exceptions=True,
    )
    assert all(not isinstance(end, BaseException) or isinstance(end, ActError) for end in ends)
    after = await each_floor.see_all(ids)
    assert {one.state for one in after} == {State.OPEN}
    loads = [await each_floor.load(one) for one in crew]
    assert sum(load.open_count for load in loads) == 4
    assert max(load.open_count for load in loads) <= 2
    assert await each_floor.audit() == []


async def test_who_has_no_room_any_more_cannot_accept(each_floor: Floor) -> None:
    line = await each_floor.line(ALL)
    anna, boris = await each_floor.operator(line, cap=1), await each_floor.operator(line, cap=1)
    ids = await each_floor.writes(line, count=2)
    await each_floor.distribute()
    await each_floor.act(handling.accept, ids[0], anna.id)
    with pytest.raises(Full):
        await each_floor.act(handling.accept, ids[1], anna.id)
    await each_floor.act(handling.accept, ids[1], boris.id)
    assert await each_floor.audit() == []


async def test_no_more_are_held_out_than_all_can_take(each_floor: Floor) -> None:
    line = await each_floor.line(ALL)
    anna, _ = await each_floor.operator(line, cap=1), await each_floor.operator(line, cap=1)
    ids = await each_floor.writes(line, count=5)
    await each_floor.distribute()
    states = [one.state for one in await each_floor.see_all(ids)]
    assert (states.count(State.OFFERED), states.count(State.WAITING)) == (2, 3)
    await each_floor.act(handling.accept, ids[0], anna.id)
    await each_floor.act(handling.close, ids[0], anna.id, reason="done")
    await each_floor.distribute()
    states = [one.state for one in await each_floor.see_all(ids)]
    assert (states.count(State.OFFERED), states.count(State.WAITING)) == (2, 2)
    assert await each_floor.audit() == []


async def test_it_waits_again_when_the_last_has_declined(each_floor: Floor) -> None:
    line = await each_floor.line(ALL)
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    await each_floor.act(handling.decline, id_, anna.id, reason="busy")
    between = await each_floor.see(id_)
    assert (between.state, between.asked) == (State.OFFERED, (boris.id,))
    assert await each_floor.audit() == []
    await each_floor.act(handling.decline, id_, boris.id, reason="busy")
    await each_floor.distribute()
    assert (await each_floor.see(id_)).state is State.WAITING
    assert await each_floor.audit() == []


async def test_who_all_miss_it_are_asked_again_and_then_away(each_floor: Floor) -> None:
    line = await each_floor.line(ALL)
    crew = [await each_floor.operator(line) for _ in range(3)]
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    for _ in range(4):
        await each_floor.clock.advance(await each_floor.due_in_s() or 0)
        await each_floor.stay(*crew)
        await each_floor.distribute()
        assert await each_floor.audit() == []
    assert (await each_floor.see(id_)).state is State.WAITING
    for one in crew:
        presence = await each_floor.presence(one)
        assert presence is not None
        assert presence.status is Status.AWAY


async def test_one_who_leaves_is_asked_no_longer(each_floor: Floor) -> None:
    line = await each_floor.line(ALL)
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    assert await each_floor.act(handling.release, anna.id) == 1
    assert (await each_floor.see(id_)).asked == (boris.id,)
    assert await each_floor.audit() == []


async def test_what_one_is_asked_stands_among_theirs(floor: Floor) -> None:
    line = await floor.line(ALL)
    anna, boris = await floor.operator(line), await floor.operator(line)
    [id_] = await floor.writes(line)
    await floor.distribute()
    eyes = [Viewer(Role.OPERATOR, one, frozenset({line.id})) for one in (anna, boris)]
    for who in eyes:
        assert belongs(await floor.see(id_), List.MINE, who)
    async with floor.storage.reading() as tx:
        assert [one.id for one in await tx.conversations.mine(anna.id)] == [id_]
        assert await tx.record.counts([f"mine:{anna.id}"]) == {f"mine:{anna.id}": 1}
    await floor.act(handling.accept, id_, boris.id)
    assert [belongs(await floor.see(id_), List.MINE, who) for who in eyes] == [False, True]
    async with floor.storage.reading() as tx:
        assert await tx.conversations.mine(anna.id) == []
        assert await tx.record.counts([f"mine:{anna.id}"]) == {f"mine:{anna.id}": 0}


async def test_gap_lies_between_two_that_one_accepted(floor: Floor) -> None:
    line = await floor.line(replace(ALL, min_gap_s=30))
    anna = await floor.operator(line)
    first, second = await floor.writes(line, count=2)
    await floor.distribute()
    await floor.act(handling.accept, first, anna.id)
    await floor.act(handling.decline, second, anna.id, reason="later")
    [third] = await floor.writes(line)
    await floor.distribute()
    assert (await floor.see(third)).state is State.WAITING
    await floor.clock.advance(30)
    await floor.distribute()
    assert (await floor.see(third)).asked == (anna.id,)
