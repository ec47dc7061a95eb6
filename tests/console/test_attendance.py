"""Coming and going by the clock, breaks, shifts of a calendar, leaves: by who may say so."""

from dataclasses import replace
from datetime import datetime, timedelta

from router.calendars import Calendar, Interval
from router.ids import CalendarId, new_id
from router.queueing import Shift
from router.staff import Operator, Role
from tests.console.office import Office, Seat


async def works_by(
    office: Office, seat: Seat, shift: Shift, calendar: Calendar | None = None
) -> None:
    assert seat.operator is not None
    async with office.desk.storage.transaction() as tx:
        if calendar is not None:
            await tx.calendars.insert(calendar)
        held = calendar.id if calendar else None
        await tx.operators.save(replace(seat.operator, shift=shift, calendar_id=held))


def minute_of(at: str) -> int:
    time = datetime.fromisoformat(at)
    return time.hour * 60 + time.minute


def operator_of(seat: Seat) -> Operator:
    assert seat.operator is not None
    return seat.operator


async def test_who_works_by_the_clock_comes_rests_and_goes(office: Office) -> None:
    anna = await office.works("Anna")
    await works_by(office, anna, Shift.CLOCK)
    assert (await anna.gets("/session/duty"))["on_shift"] is False
    refused = await anna.refused("PUT", "/session/break", {"on_break": True}, status=400)
    assert refused == "invalid"
    came = await anna.does("PUT", "/session/clock", {"working": True})
    assert came["on_shift"] is True
    office.desk.clock.move(60)
    assert (await anna.does("PUT", "/session/clock", {"working": True})) == came
    rests = await anna.does("PUT", "/session/break", {"on_break": True})
    assert rests["break_since"] is not None
    gone = await anna.does("PUT", "/session/clock", {"working": False})
    assert (gone["on_shift"], gone["clocked_in_at"], gone["break_since"]) == (False, None, None)


async def test_who_has_no_clock_does_not_clock_in(office: Office) -> None:
    anna = await office.works("Anna")
    assert (await anna.gets("/session/duty"))["on_shift"] is True
    path, body = "/session/clock", {"working": True}
    assert await anna.refused("PUT", path, body, status=400) == "invalid"


async def test_a_calendar_says_until_when_and_from_when(office: Office) -> None:
    anna = await office.works("Anna")
    now = office.desk.clock.now()
    minute = now.hour * 60 + now.minute + 60
    day = (Interval(minute, minute + 60),)
    week = (day, day, day, day, day, day, day)
    hers = Calendar(CalendarId(new_id()), "Hers", timezone="UTC", week=week)
    await works_by(office, anna, Shift.CALENDAR, hers)
    duty = await anna.gets("/session/duty")
    assert (duty["on_shift"], duty["until"]) == (False, None)
    assert minute_of(duty["begins_at"]) == minute
    office.desk.clock.move(3_700)
    duty = await anna.gets("/session/duty")
    assert (duty["on_shift"], duty["begins_at"]) == (True, None)
    assert minute_of(duty["until"]) == minute + 60


async def test_a_supervisor_sends_somebody_on_leave_and_ends_it(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    await office.desk.writes("Where is my order?", inbox=inbox)
    id_ = (await office.desk.conversation(inbox)).id
    await anna.does("POST", f"/conversations/{id_}/take")
    path = f"/operators/{operator_of(anna).id}/leaves"
    assert await anna.refused("POST", path, {}, status=403) == "forbidden"
    leave = await chief.does("POST", path, {"reason": "ill"}, status=201)
    assert (await anna.gets("/session/duty"))["leave"]["reason"] == "ill"
    assert [one["id"] for one in await anna.gets(path)] == [leave["id"]]
    await chief.does("POST", f"/leaves/{leave['id']}/end", status=204)
    assert await chief.gets(path) == []
    assert (await anna.gets("/session/duty"))["leave"] is None


async def test_a_leave_is_planned_ahead_and_called_off(office: Office) -> None:
    anna = await office.works("Anna")
    chief = await office.works("Chief", role=Role.SUPERVISOR)
    path = f"/operators/{operator_of(anna).id}/leaves"
    begins = office.desk.clock.now() + timedelta(days=3)
    planned = {"from_at": begins.isoformat(), "until_at": (begins + timedelta(days=7)).isoformat()}
    leave = await chief.does("POST", path, planned, status=201)
    assert (await anna.gets("/session/duty"))["leave"] is None
    before = {"from_at": begins.isoformat(), "until_at": begins.isoformat()}
    assert await chief.refused("POST", path, before, status=400) == "invalid"
    past = {"from_at": (office.desk.clock.now() - timedelta(hours=1)).isoformat()}
    assert await chief.refused("POST", path, past, status=400) == "invalid"
    await chief.does("POST", f"/leaves/{leave['id']}/end", status=204)
    assert await chief.gets(path) == []
