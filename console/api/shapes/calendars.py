"""Calendars, and what one comes to. Minutes are of the wall clock, as `router/calendars.py` says."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from console.api.shapes.lines import OpeningView
from console.api.shapes.shape import Shape


class IntervalView(Shape):
    opens: int = Field(description="Minutes after midnight.")
    closes: int = Field(description="Past midnight it goes on counting: 06:00 is 1800.")


class DateExceptionView(Shape):
    """A day that is not like its weekday; closed without intervals."""

    on: date
    intervals: list[IntervalView]
    name: str


class HolidaySetView(Shape):
    country: str
    subdivision: str | None
    categories: list[str]


class CalendarDraft(Shape):
    name: str
    timezone: str
    week: list[list[IntervalView]] = Field(description="From Monday.")
    exceptions: list[DateExceptionView]
    holidays: HolidaySetView | None


class FeedView(Shape):
    """Where days off are read from, and how that went. Of the address only the host is shown."""

    host: str
    free_too: bool = Field(description="Events that leave one free are days off, too.")
    tried_at: datetime | None
    fetched_at: datetime | None = Field(description="When it was last read well.")
    error: str | None = Field(description="What went wrong the last time, in words.")
    days: int = Field(description="How many days off it holds from today on.")


class NewFeed(Shape):
    url: str | None = Field(
        default=None,
        max_length=2_000,
        description="https:// or webcal://, in the iCalendar format. Null: as it was.",
    )
    free_too: bool = False


class CalendarView(CalendarDraft):
    id: UUID
    opening: OpeningView
    feed: FeedView | None
    line_ids: list[UUID] = Field(description="Whose calendar it is.")
    operator_ids: list[UUID]


class CalendarLook(CalendarDraft):
    """A draft to look at; with the days off of the feed of `calendar_id`."""

    calendar_id: UUID | None = None


class SpanView(Shape):
    opens_at: datetime
    closes_at: datetime


class DayView(Shape):
    on: date
    spans: list[SpanView]
    by: Literal["week", "exception", "holiday", "feed"]
    name: str


class CalendarPreview(Shape):
    """The next 7 days, and the days of the next 12 months that are not like their weekdays."""

    opening: OpeningView
    days: list[DayView]
    unlike: list[DayView]


class HolidayCountry(Shape):
    country: str = Field(description="ISO 3166.")
    subdivisions: list[str]
