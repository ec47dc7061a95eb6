"""What is kept of operators from step to step: `queues.memory`."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from queues.crew import read_floor
from queues.memory import Memory
from router.calendars import Calendar, Interval
from router.ids import CalendarId, LeaveId, new_id
from router.queueing import WHOLE, Capacity, Queueing, Shift
from router.staff import Leave, Operator, Status
from tests.queues.floor import Floor

DAY = tuple(Interval(hour * 60, hour * 60 + 2) for hour in range(0, 24, 4))
WEEK = (DAY, DAY, DAY, DAY, DAY, DAY, DAY)
PUSH = Queueing(auto_accept=True, capacity=Capacity(max_per_operator=3))


async def change_somebody(floor: Floor, crew: list[Operator], chance: random.Random) -> None:
    """Anything that makes somebody another candidate; or time."""
    one, now = chance.choice(crew), floor.clock.now()
    match chance.randrange(6):
        case 1:
            await floor.says(one, chance.choice(list(Status)))
        case 2:
            await floor.stay(one)
        case 3:
            async with floor.storage.transaction() as tx:
                await tx.loads.change(
                    one.id, at=now, opened=1, open_weight=chance.choice([50, WHOLE])
                )
        case 4:
            cap, skills = chance.randrange(9), chance.choice([(), ("cars",)])
            async with floor.storage.transaction() as tx:
                await tx.operators.save(replace(one, max_conversations=cap, skills=skills))
        case 5:
            until = chance.choice([None, now + timedelta(seconds=90)])
            async with floor.storage.transaction() as tx:
                await tx.leaves.insert(Leave(LeaveId(new_id()), one.id, now, until))
        case _:
            await floor.clock.advance(chance.choice([1, 60, 120, 3600]))


@pytest.mark.parametrize("seed", range(2))
async def test_what_is_kept_never_differs_from_the_rows(each_floor: Floor, seed: int) -> None:
    chance = random.Random(seed)
    line = await each_floor.line(PUSH)
    calendar = Calendar(CalendarId(new_id()), "office", "Europe/Moscow", WEEK)
    async with each_floor.storage.transaction() as tx:
        await tx.calendars.insert(calendar)
    crew = [await each_floor.operator(line) for _ in range(4)]
    crew.append(await each_floor.operator(line, shift=Shift.CALENDAR, calendar_id=calendar.id))
    await each_floor.writes(line, count=3)
    memory = Memory()
    for _ in range(40):
        await change_somebody(each_floor, crew, chance)
        await each_floor.distribute()
        now = each_floor.clock.now()
        async with each_floor.storage.transaction() as tx:
            kept = await read_floor(tx, line, now=now, kept=memory.members)
            fresh = await read_floor(tx, line, now=now)
        assert memory.candidates(kept) == {
            one.operator.id: fresh.candidate(one) for one in fresh.members
        }
