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


class CalendarView(CalendarDraft):
    id: UUID
    opening: OpeningView
    line_ids: list[UUID] = Field(description="Whose calendar it is.")
    operator_ids: list[UUID]


class SpanView(Shape):
    opens_at: datetime
    closes_at: datetime


class DayView(Shape):
    on: date
    spans: list[SpanView]
    by: Literal["week", "exception", "holiday"]
    name: str


class CalendarPreview(Shape):
    """The next 7 days, and the days of the next 12 months that are not like their weekdays."""

    opening: OpeningView
    days: list[DayView]
    unlike: list[DayView]


class HolidayCountry(Shape):
    country: str = Field(description="ISO 3166.")
    subdivisions: list[str]
