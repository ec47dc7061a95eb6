"""Working hours: in which intervals of which days a line or an operator works. No I/O.

`queues/hours.py` answers from these values; `from_json` is the only way in for what people wrote.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
from pydantic import Field, TypeAdapter, ValidationError

from router.errors import Invalid
from router.ids import CalendarId
from router.wrong import wrong

DAY_MINUTES: Final = 24 * 60
MAX_NAME_CHARS = 200
MAX_INTERVALS = 24
MAX_EXCEPTIONS = 2000

MISTAKES: Mapping[str, str] = {
    "zone": "is no time zone",
    "order": "is not after the opening",
    "length": "is more than a day after the opening",
    "overlap": "overlaps another interval",
    "twice": "is a day that stands here twice",
    "country": "is no country whose holidays are known",
    "subdivision": "is no part of this country whose holidays are known",
    "category": "is none of the choices",
}


@dataclass(frozen=True, slots=True)
class Interval:
    """From `opens` to before `closes`, in minutes of the wall clock after the day's midnight.

    Past midnight `closes` goes on counting: 22:00 to 06:00 is 1320 to 1800, and belongs to the day
    it opens on. So `closes` is always the greater one: with the time of day instead, 09:00 to
    09:00 could be a whole day or nothing. At most a day long; 0 to 1440 is a whole one.
    """

    opens: Annotated[int, Field(ge=0, le=DAY_MINUTES - 1)]
    closes: Annotated[int, Field(ge=1, le=2 * DAY_MINUTES)]


Intervals = Annotated[tuple[Interval, ...], Field(max_length=MAX_INTERVALS)]
Week = tuple[Intervals, Intervals, Intervals, Intervals, Intervals, Intervals, Intervals]
Name = Annotated[str, Field(max_length=MAX_NAME_CHARS)]
WHOLE_DAY = (Interval(0, DAY_MINUTES),)


@dataclass(frozen=True, slots=True)
class DateException:
    """A day that is not like its weekday: closed without intervals, else short, long or moved."""

    on: date
    intervals: Intervals = ()
    name: Name = ""


@dataclass(frozen=True, slots=True)
class HolidaySet:
    """The days off of a country or a part of it, as the library `holidays` knows them."""

    country: str
    subdivision: str | None = None
    categories: tuple[str, ...] = ("public",)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody works, on the wall clock of `timezone` (IANA).

    `week` begins with Monday. An exception beats a holiday, which is closed and beats the week. So
    is a day that is `off` by a feed.
    """

    id: CalendarId
    name: Name
    timezone: str
    week: Week
    exceptions: Annotated[tuple[DateException, ...], Field(max_length=MAX_EXCEPTIONS)] = ()
    holidays: HolidaySet | None = None
    off: Annotated[tuple[DateException, ...], Field(max_length=MAX_EXCEPTIONS)] = ()

    def __hash__(self) -> int:
        """Of the id alone: caches ask for it at each look, and a year of exceptions is long."""
        return hash(self.id)


# Of whoever has no calendar.
ALWAYS: Final = Calendar(
    id=CalendarId(UUID(int=0)),
    name="",
    timezone="UTC",
    week=(WHOLE_DAY, WHOLE_DAY, WHOLE_DAY, WHOLE_DAY, WHOLE_DAY, WHOLE_DAY, WHOLE_DAY),
)


def to_json(calendar: Calendar) -> dict[str, Any]:
    """What JSON can hold, and `from_json` gives back."""
    shaped: dict[str, Any] = _shape().dump_python(calendar, mode="json")
    return shaped


def from_json(given: Any) -> Calendar:
    """The calendar that `given` describes; the intervals of a day may stand in any order.

    Raises:
        Invalid: `fields` says what is wrong where: {"week.0.1": "overlaps another interval"}.
    """
    try:
        calendar = _shape().validate_python(given)
    except ValidationError as error:
        raise Invalid("this is no calendar", fields=wrong(error)) from error
    problems = dict(_problems(calendar))
    if problems:
        raise Invalid("this is no calendar", fields=problems)
    return calendar


def is_zone(name: str) -> bool:
    """Whether the time zone is known here."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@cache
def _shape() -> TypeAdapter[Calendar]:
    return TypeAdapter(Calendar)


def _problems(calendar: Calendar) -> Iterator[tuple[str, str]]:
    if not is_zone(calendar.timezone):
        yield "timezone", MISTAKES["zone"]
    for weekday, intervals in enumerate(calendar.week):
        yield from _of_day(f"week.{weekday}", intervals)
    yield from _of_nights(calendar.week)
    seen = set()
    for place, exception in enumerate(calendar.exceptions):
        yield from _of_day(f"exceptions.{place}.intervals", exception.intervals)
        if exception.on in seen:
            yield f"exceptions.{place}.on", MISTAKES["twice"]
        seen.add(exception.on)
    if calendar.holidays is not None:
        yield from _of_holidays(calendar.holidays)


def _of_day(where: str, intervals: Sequence[Interval]) -> Iterator[tuple[str, str]]:
    for place, one in enumerate(intervals):
        if one.closes <= one.opens:
            yield f"{where}.{place}.closes", MISTAKES["order"]
        elif one.closes > one.opens + DAY_MINUTES:
            yield f"{where}.{place}.closes", MISTAKES["length"]
    ordered = sorted(enumerate(intervals), key=lambda placed: placed[1].opens)
    for (_, before), (place, after) in pairwise(ordered):
        if after.opens < before.closes:
            yield f"{where}.{place}", MISTAKES["overlap"]


def _of_nights(week: Week) -> Iterator[tuple[str, str]]:
    """Whether what goes on past midnight meets the next day; Monday follows Sunday."""
    for weekday, intervals in enumerate(week):
        over = max((one.closes for one in week[weekday - 1]), default=0) - DAY_MINUTES
        for place, one in enumerate(intervals):
            if one.opens < over:
                yield f"week.{weekday}.{place}", MISTAKES["overlap"]


def _of_holidays(chosen: HolidaySet) -> Iterator[tuple[str, str]]:
    countries = holidays.list_supported_countries(include_aliases=False)
    if chosen.country not in countries:
        yield "holidays.country", MISTAKES["country"]
        return
    if chosen.subdivision is not None and chosen.subdivision not in countries[chosen.country]:
        yield "holidays.subdivision", MISTAKES["subdivision"]
    known = holidays.country_holidays(chosen.country).supported_categories
    for place, category in enumerate(chosen.categories):
        if category not in known:
            yield f"holidays.categories.{place}", MISTAKES["category"]
