"""Calendars as they are shown: what one comes to in the next days and the next year. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import holidays

from console.api.shapes.calendars import (
    CalendarDraft,
    CalendarPreview,
    CalendarView,
    DayView,
    HolidayCountry,
    SpanView,
)
from console.lines import opening
from queues.hours import named_days_off, spans, today
from router.calendars import Calendar, DateException, from_json, to_json
from router.ids import CalendarId

WEEK, YEAR = timedelta(days=7), timedelta(days=365)
DAY = timedelta(days=1)


def calendar_of(draft: CalendarDraft, calendar_id: CalendarId) -> Calendar:
    """Raises `Invalid` with the place of what is wrong."""
    return from_json(draft.model_dump(mode="json") | {"id": str(calendar_id)})


def calendar_view(
    calendar: Calendar, *, line_ids: Sequence[UUID], operator_ids: Sequence[UUID], now: datetime
) -> CalendarView:
    return CalendarView.model_validate(
        to_json(calendar)
        | {
            "opening": opening(calendar, now).model_dump(),
            "line_ids": list(line_ids),
            "operator_ids": list(operator_ids),
        }
    )


def preview(calendar: Calendar, *, language: str, now: datetime) -> CalendarPreview:
    first = today(calendar, now)
    off = _days_off(calendar, first, language)
    exceptions = {one.on: one for one in calendar.exceptions}
    unlike = sorted({*off, *(on for on in exceptions if first <= on <= first + YEAR)})

    def day(on: date) -> DayView:
        return _day(calendar, on, exceptions.get(on), off.get(on))

    return CalendarPreview(
        opening=opening(calendar, now),
        days=[day(first + number * DAY) for number in range(WEEK.days)],
        unlike=[day(on) for on in unlike],
    )


def _days_off(calendar: Calendar, first: date, language: str) -> Mapping[date, str]:
    if calendar.holidays is None:
        return {}
    return dict(named_days_off(calendar.holidays, first, first + YEAR, language=language))


def _day(
    calendar: Calendar, on: date, exception: DateException | None, day_off: str | None
) -> DayView:
    by: Literal["week", "exception", "holiday"] = "week"
    if exception is not None:
        by = "exception"
    elif day_off is not None:
        by = "holiday"
    name = (exception.name if exception else "") or day_off or ""
    return DayView(on=on, by=by, name=name, spans=list(_spans(calendar, on)))


def _spans(calendar: Calendar, on: date) -> Iterator[SpanView]:
    for opens, closes in spans(calendar, on):
        yield SpanView(opens_at=opens, closes_at=closes)


def holiday_countries() -> list[HolidayCountry]:
    """Whose public holidays are known."""
    known = holidays.list_supported_countries(include_aliases=False)
    return [HolidayCountry(country=one, subdivisions=known[one]) for one in sorted(known)]
