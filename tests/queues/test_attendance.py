"""Clocks, breaks and leaves, through the line's step."""

from dataclasses import replace
from datetime import timedelta

import pytest

from queues import attendance
from router.errors import Invalid
from router.model import State
from router.queueing import Queueing, Shift
from router.reactions import ATTEND
from tests.queues.floor import OFFERS, Floor

PUSH = Queueing(auto_accept=True)


async def attend(floor: Floor) -> int:
    """What is due of leaves."""
    lanes = await floor.take(ATTEND)
    for lane in lanes:
        await attendance.Attendance(floor.storage, floor.clock).attend(lane)
    return len(lanes)


async def test_work_comes_between_clocking_in_and_out(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line, shift=Shift.CLOCK)
    first, second = await each_floor.writes(line, count=2)
    await each_floor.distribute()
    assert (await each_floor.see(first)).state is State.WAITING
    assert await each_floor.act(attendance.clock_in, anna.id)
    assert not await each_floor.act(attendance.clock_in, anna.id)
    await each_floor.distribute()
    assert {one.owner_id for one in await each_floor.see_all([first, second])} == {anna.id}
    await each_floor.act(attendance.clock_out, anna.id)
    [third] = await each_floor.writes(line)
    await each_floor.distribute()
    assert (await each_floor.see(third)).state is State.WAITING
    assert (await each_floor.see(first)).owner_id == anna.id


async def test_nothing_comes_during_a_break(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line, shift=Shift.CLOCK)
    with pytest.raises(Invalid):
        await each_floor.act(attendance.begin_break, anna.id)
    await each_floor.act(attendance.clock_in, anna.id)
    await each_floor.act(attendance.begin_break, anna.id)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    assert (await each_floor.see(id_)).state is State.WAITING
    await each_floor.act(attendance.end_break, anna.id)
    await each_floor.distribute()
    assert (await each_floor.see(id_)).owner_id == anna.id


async def test_leave_that_begins_hands_over_what_they_had(each_floor: Floor) -> None:
    line = await each_floor.line(replace(OFFERS, auto_accept=True))
    anna = await each_floor.operator(line)
    ids = await each_floor.writes(line, count=2)
    await each_floor.distribute()
    boris = await each_floor.operator(line)
    now = each_floor.clock.now()
    begins, ends = now + timedelta(hours=1), now + timedelta(hours=3)
    await each_floor.act(
        attendance.take_leave, anna.id, from_at=begins, until_at=ends, reason="holiday"
    )
    assert await attend(each_floor) == 0
    assert {one.owner_id for one in await each_floor.see_all(ids)} == {anna.id}
    await each_floor.clock.advance(3600)
    await each_floor.stay(anna, boris)
    assert await attend(each_floor) == 1
    await each_floor.distribute()
    assert {one.owner_id for one in await each_floor.see_all(ids)} == {boris.id}
    assert await each_floor.audit() == []
    assert await attend(each_floor) == 0
    await each_floor.clock.advance(7200)
    assert await attend(each_floor) == 1


async def test_who_is_back_from_leave_gets_what_waits(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    now = each_floor.clock.now()
    leave = await each_floor.act(
        attendance.take_leave, anna.id, from_at=now, until_at=None, reason=""
    )
    await attend(each_floor)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    assert (await each_floor.see(id_)).state is State.WAITING
    assert await each_floor.act(attendance.end_leave, leave.id)
    assert not await each_floor.act(attendance.end_leave, leave.id)
    await each_floor.distribute()
    assert (await each_floor.see(id_)).owner_id == anna.id
