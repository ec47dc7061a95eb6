"""Calendars: the hours that lines and operators keep."""

from dataclasses import replace

from console.access import must_administer, must_supervise
from console.api.route import Ask, Route
from console.api.shapes.calendars import (
    CalendarDraft,
    CalendarLook,
    CalendarPreview,
    CalendarView,
    HolidayCountry,
    NewFeed,
)
from console.calendars import calendar_of, calendar_view, holiday_countries, preview
from queues.feeds import look_again, set_days_off
from router.calendars import Calendar
from router.errors import Invalid, NotFound
from router.feeds import PURPOSE, Feed, address_of, host_of
from router.ids import CalendarId, new_id
from router.news import DeskNews
from router.reactions import FEED
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
        before = await tx.calendars.get(calendar_id)
        if before is None:
            raise NotFound("no such calendar")
        await _must_be_named(tx, calendar)
        after = replace(calendar, off=before.off)
        await tx.calendars.save(after)
        await look_again(tx, calendar_id, now=ask.now())
        await ask.audit(tx, "calendar_changed", calendar_id)
        return await _view(tx, ask, after)

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


async def look(ask: Ask, body: CalendarLook) -> CalendarPreview:
    """What a calendar comes to, before it is saved."""
    must_supervise(ask.viewer)
    language = ask.viewer.operator.language if ask.viewer.operator else "en"
    calendar = calendar_of(body, CalendarId(new_id()))
    if body.calendar_id is not None:
        async with ask.storage.reading() as tx:
            stored = await tx.calendars.get(CalendarId(body.calendar_id))
        calendar = replace(calendar, off=stored.off if stored else ())
    return preview(calendar, language=language, now=ask.now())


# --- its feed ---------------------------------------------------------------------


async def set_feed(ask: Ask, calendar_id: CalendarId, body: NewFeed) -> CalendarView:
    """Days off are read from there from now on, a moment later for the first time."""
    must_administer(ask.viewer)
    address = address_of(body.url) if body.url is not None else None

    async def step(tx: Transaction) -> CalendarView:
        calendar = await tx.calendars.get(calendar_id)
        before = await tx.feeds.get(calendar_id, lock=True)
        if calendar is None or (before is None and address is None):
            raise NotFound("no such calendar")
        if address is not None:
            place = str(calendar_id)
            sealed = ask.desk.sealing.seal(address.encode(), purpose=PURPOSE, place=place)
            before = Feed(calendar_id, sealed, host_of(address))
        assert before is not None
        await tx.feeds.put(replace(before, free_too=body.free_too, etag=None))
        tx.lanes.wake(FEED, calendar_id, ask.now())
        tx.record.tell(DeskNews())
        await ask.audit(tx, "feed_set", calendar_id)
        return await _view(tx, ask, calendar)

    return await ask.storage.run(step)


async def drop_feed(ask: Ask, calendar_id: CalendarId) -> CalendarView:
    """Its days off go with it."""
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> CalendarView:
        calendar = await tx.calendars.get(calendar_id)
        if calendar is None or not await tx.feeds.delete(calendar_id):
            raise NotFound("no such feed")
        await set_days_off(tx, calendar, (), now=ask.now())
        tx.record.tell(DeskNews())
        await ask.audit(tx, "feed_dropped", calendar_id)
        return await _view(tx, ask, replace(calendar, off=()))

    return await ask.storage.run(step)


async def read_feed(ask: Ask, calendar_id: CalendarId) -> CalendarView:
    """It is read at once; what comes of it is in the calendar a moment later."""
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> CalendarView:
        calendar = await tx.calendars.get(calendar_id)
        if calendar is None or await tx.feeds.get(calendar_id) is None:
            raise NotFound("no such feed")
        tx.lanes.wake(FEED, calendar_id, ask.now())
        return await _view(tx, ask, calendar)

    return await ask.storage.run(step)


async def countries(ask: Ask) -> list[HolidayCountry]:
    """Whose public holidays a calendar can keep."""
    must_supervise(ask.viewer)
    return holiday_countries()


async def _view(tx: Transaction, ask: Ask, calendar: Calendar) -> CalendarView:
    return calendar_view(
        calendar,
        line_ids=await tx.calendars.lines(calendar.id),
        operator_ids=await tx.calendars.operators(calendar.id),
        feed=await tx.feeds.get(calendar.id),
        now=ask.now(),
    )


async def _must_be_named(tx: Transaction, calendar: Calendar) -> None:
    """By a name of its own: files name calendars so."""
    if not calendar.name.strip():
        raise Invalid("a calendar has a name", fields={"name": "is empty"})
    if any(one.name == calendar.name and one.id != calendar.id for one in await tx.calendars.all()):
        raise Invalid("there is such a calendar", fields={"name": "is taken"})


ROUTES = (
    Route("GET", "/calendars", calendars),
    Route("POST", "/calendars", make, status=201),
    Route("POST", "/calendars/preview", look),
    Route("GET", "/calendars/holidays", countries),
    Route("PUT", "/calendars/{calendar_id}", change),
    Route("DELETE", "/calendars/{calendar_id}", delete),
    Route("PUT", "/calendars/{calendar_id}/feed", set_feed),
    Route("DELETE", "/calendars/{calendar_id}/feed", drop_feed),
    Route("POST", "/calendars/{calendar_id}/feed/read", read_feed),
)
