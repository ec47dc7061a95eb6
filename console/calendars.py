"""Calendars as they are shown: what one comes to in the next days and the next year. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import holidays

from console.api.shapes.calendars import (
    CalendarDraft,
    CalendarPreview,
    CalendarView,
    DayView,
    FeedView,
    HolidayCountry,
    SpanView,
)
from console.lines import opening
from queues.hours import named_days_off, spans, today
from router.calendars import Calendar, DateException, from_json, to_json
from router.feeds import Feed
from router.ids import CalendarId

WEEK, YEAR = timedelta(days=7), timedelta(days=365)
DAY = timedelta(days=1)


def calendar_of(draft: CalendarDraft, calendar_id: CalendarId) -> Calendar:
    """Raises `Invalid` with the place of what is wrong."""
    return from_json(draft.model_dump(mode="json") | {"id": str(calendar_id)})


def calendar_view(
    calendar: Calendar,
    *,
    line_ids: Sequence[UUID],
    operator_ids: Sequence[UUID],
    feed: Feed | None,
    now: datetime,
) -> CalendarView:
    shaped = to_json(calendar)
    del shaped["off"]
    return CalendarView.model_validate(
        shaped
        | {
            "feed": feed and _feed_view(feed, calendar, now=now),
            "opening": opening(calendar, now).model_dump(),
            "line_ids": list(line_ids),
            "operator_ids": list(operator_ids),
        }
    )


def _feed_view(feed: Feed, calendar: Calendar, *, now: datetime) -> FeedView:
    first = today(calendar, now)
    return FeedView(
        host=feed.host,
        free_too=feed.free_too,
        tried_at=feed.tried_at,
        fetched_at=feed.fetched_at,
        error=feed.error,
        days=sum(one.on >= first for one in calendar.off),
    )


def preview(calendar: Calendar, *, language: str, now: datetime) -> CalendarPreview:
    first = today(calendar, now)
    off = _days_off(calendar, first, language)
    exceptions = {one.on: one for one in calendar.exceptions}
    fed = {one.on: one.name for one in calendar.off}
    unlike = sorted({*off, *(on for on in (*exceptions, *fed) if first <= on <= first + YEAR)})

    def day(on: date) -> DayView:
        named = _Named(exceptions.get(on), fed.get(on), off.get(on))
        return _day(calendar, on, named)

    return CalendarPreview(
        opening=opening(calendar, now),
        days=[day(first + number * DAY) for number in range(WEEK.days)],
        unlike=[day(on) for on in unlike],
    )


def _days_off(calendar: Calendar, first: date, language: str) -> Mapping[date, str]:
    if calendar.holidays is None:
        return {}
    return dict(named_days_off(calendar.holidays, first, first + YEAR, language=language))


@dataclass(frozen=True, slots=True)
class _Named:
    """What a day is called: as an exception, by the feed, as a holiday; the first counts."""

    exception: DateException | None
    fed: str | None
    holiday: str | None

    @property
    def by(self) -> Literal["week", "exception", "holiday", "feed"]:
        if self.exception is not None:
            return "exception"
        if self.fed is not None:
            return "feed"
        return "holiday" if self.holiday is not None else "week"


def _day(calendar: Calendar, on: date, named: _Named) -> DayView:
    by, exception = named.by, named.exception
    name = (exception.name if exception else "") or named.fed or named.holiday or ""
    return DayView(on=on, by=by, name=name, spans=list(_spans(calendar, on)))


def _spans(calendar: Calendar, on: date) -> Iterator[SpanView]:
    for opens, closes in spans(calendar, on):
        yield SpanView(opens_at=opens, closes_at=closes)


def holiday_countries() -> list[HolidayCountry]:
    """Whose public holidays are known."""
    known = holidays.list_supported_countries(include_aliases=False)
    return [HolidayCountry(country=one, subdivisions=known[one]) for one in sorted(known)]
