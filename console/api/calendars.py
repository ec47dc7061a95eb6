"""Calendars: the hours that lines and operators keep."""

from console.access import must_administer, must_supervise
from console.api.route import Ask, Route
from console.api.shapes.calendars import (
    CalendarDraft,
    CalendarPreview,
    CalendarView,
    HolidayCountry,
)
from console.calendars import calendar_of, calendar_view, holiday_countries, preview
from router.calendars import Calendar
from router.errors import Invalid, NotFound
from router.events import LineChanged
from router.ids import CalendarId, new_id
from router.news import DeskNews
from router.reactions import DISTRIBUTE, TIMERS
from router.storage import Transaction


async def calendars(ask: Ask) -> list[CalendarView]:
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        return [await _view(tx, ask, one) for one in await tx.calendars.all()]


async def make(ask: Ask, body: CalendarDraft) -> CalendarView:
    must_administer(ask.viewer)
    calendar = calendar_of(body, CalendarId(new_id()))

    async def step(tx: Transaction) -> CalendarView:
        await _must_be_named(tx, calendar)
        await tx.calendars.insert(calendar)
        await ask.audit(tx, "calendar_added", calendar.id)
        return await _view(tx, ask, calendar)

    return await ask.storage.run(step)


async def change(ask: Ask, calendar_id: CalendarId, body: CalendarDraft) -> CalendarView:
    """It is as given from now on, for every line and operator who has it."""
    must_administer(ask.viewer)
    calendar = calendar_of(body, calendar_id)

    async def step(tx: Transaction) -> CalendarView:
        if await tx.calendars.get(calendar_id) is None:
            raise NotFound("no such calendar")
        await _must_be_named(tx, calendar)
        await tx.calendars.save(calendar)
        await _look_again(tx, ask, calendar_id)
        await ask.audit(tx, "calendar_changed", calendar_id)
        return await _view(tx, ask, calendar)

    return await ask.storage.run(step)


async def delete(ask: Ask, calendar_id: CalendarId) -> None:
    """Refused while a line or an operator has it: `fields` names them by their ids."""
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> None:
        if await tx.calendars.get(calendar_id) is None:
            raise NotFound("no such calendar")
        if not await tx.calendars.delete(calendar_id):
            keepers = [f"lines.{one}" for one in await tx.calendars.lines(calendar_id)]
            keepers += [f"operators.{one}" for one in await tx.calendars.operators(calendar_id)]
            raise Invalid("the calendar is in use", fields=dict.fromkeys(keepers, "is in use"))
        await ask.audit(tx, "calendar_deleted", calendar_id)

    await ask.storage.run(step)


async def look(ask: Ask, body: CalendarDraft) -> CalendarPreview:
    """What a calendar comes to, before it is saved."""
    must_supervise(ask.viewer)
    language = ask.viewer.operator.language if ask.viewer.operator else "en"
    return preview(calendar_of(body, CalendarId(new_id())), language=language, now=ask.now())


async def countries(ask: Ask) -> list[HolidayCountry]:
    """Whose public holidays a calendar can keep."""
    must_supervise(ask.viewer)
    return holiday_countries()


async def _view(tx: Transaction, ask: Ask, calendar: Calendar) -> CalendarView:
    return calendar_view(
        calendar,
        line_ids=await tx.calendars.lines(calendar.id),
        operator_ids=await tx.calendars.operators(calendar.id),
        now=ask.now(),
    )


async def _must_be_named(tx: Transaction, calendar: Calendar) -> None:
    """By a name of its own: files name calendars so."""
    if not calendar.name.strip():
        raise Invalid("a calendar has a name", fields={"name": "is empty"})
    if any(one.name == calendar.name and one.id != calendar.id for one in await tx.calendars.all()):
        raise Invalid("there is such a calendar", fields={"name": "is taken"})


async def _look_again(tx: Transaction, ask: Ask, calendar_id: CalendarId) -> None:
    """Whoever keeps these hours may be open now, or at work."""
    its_lines = await tx.calendars.lines(calendar_id)
    for line_id in its_lines:
        await tx.queues.time_again(line_id, at=ask.now())
        tx.lanes.wake(TIMERS, line_id, ask.now())
        tx.record.emit(LineChanged(at=ask.now(), line_id=line_id))
    for operator_id in await tx.calendars.operators(calendar_id):
        its_lines += await tx.lines.of_operator(operator_id)
    for line_id in sorted(set(its_lines)):
        tx.lanes.wake(DISTRIBUTE, line_id, ask.now())
    tx.record.tell(DeskNews())


ROUTES = (
    Route("GET", "/calendars", calendars),
    Route("POST", "/calendars", make, status=201),
    Route("POST", "/calendars/preview", look),
    Route("GET", "/calendars/holidays", countries),
    Route("PUT", "/calendars/{calendar_id}", change),
    Route("DELETE", "/calendars/{calendar_id}", delete),
)
