"""Whether a calendar is open, until when, and when next. Pure: the clock is an argument.

Intervals are times of the wall clock. Where the clock is put forward, a time that it leaves out is
the moment of the jump; where it is put back, an interval begins when its opening is shown first
and ends when its closing is shown last. So an interval over a change is shorter or longer, and
never in two pieces.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from router.calendars import ALWAYS, Calendar, HolidaySet, Interval, is_zone

# How far ahead anybody looks: over a whole year with its holidays.
HORIZON = timedelta(days=400)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
KEPT_DAYS = 20_000

Span = tuple[datetime, datetime]

# Russian says a weekday in the accusative, which tables of calendar words do not have.
WEEKDAYS: Mapping[str, Sequence[str]] = {
    "en": (
        "on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday",
        "on Sunday",
    ),
    "ru": (
        "в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу",
        "в воскресенье",
    ),
}  # fmt: skip
MONTHS: Mapping[str, Sequence[str]] = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "ru": (
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
        "октября", "ноября", "декабря",
    ),
}  # fmt: skip
SOON: Mapping[str, Sequence[str]] = {"en": ("today", "tomorrow"), "ru": ("сегодня", "завтра")}
AT_TIME: Mapping[str, str] = {"en": "at", "ru": "в"}


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether it is open; at the moment of opening yes, at that of closing no."""
    today = at.astimezone(_zone(calendar.timezone)).date()
    for day in (today, today - DAY):
        for opens, closes in _spans(calendar, day):
            if opens <= at < closes:
                return True
    return False


def open_until(calendar: Calendar, at: datetime) -> datetime | None:
    """When it closes next, over midnights it does not close at; None if it is not open.

    For one that does not close within `HORIZON`: the end of that.
    """
    if not is_open(calendar, at):
        return None
    _, closes = next(_stretches(calendar, at, until=at + HORIZON))
    return closes


def next_opening(calendar: Calendar, at: datetime) -> datetime | None:
    """The first moment from `at` on at which it is open: `at` itself if it is.

    None if there is none within `HORIZON`.
    """
    opens, _ = next(_stretches(calendar, at, until=at + HORIZON), (None, None))
    return opens


def hours_at(calendar: Calendar, at: datetime) -> tuple[bool, datetime | None]:
    """Whether it is open; if not, when it opens next."""
    return (True, None) if is_open(calendar, at) else (False, next_opening(calendar, at))


def working_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How long it is open between the two; nothing if `end` is not later."""
    stretches = _stretches(calendar, start, until=end)
    return sum((closes - opens for opens, closes in stretches), timedelta())


def add_working_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime | None:
    """The earliest moment from `start` on by which it was open for `amount`.

    That is a moment of closing, not the next opening, if the two come to the same; `start` if
    there is nothing to wait for. None if it is not open for so long within `HORIZON`.
    """
    left = amount
    if left <= timedelta():
        return start
    for opens, closes in _stretches(calendar, start, until=start + HORIZON):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    return None


@dataclass(frozen=True, slots=True)
class Opening:
    """When it opens next, seen from a moment `days_ahead` midnights earlier.

    `local` is the time on the wall clock it is told by; `at` the same in UTC.
    """

    at: datetime
    local: datetime
    days_ahead: int

    @property
    def same_day(self) -> bool:
        return self.days_ahead == 0

    @property
    def weekday(self) -> int:
        """From 0, Monday."""
        return self.local.weekday()

    @property
    def time(self) -> time:
        return self.local.time()


def opening(calendar: Calendar, at: datetime, *, timezone: str | None = None) -> Opening | None:
    """The next opening as one tells it at `at`; None if there is none within `HORIZON`.

    Args:
        calendar: Whose.
        at: When it is told.
        timezone: Of whom it is told to; the calendar's own if unknown.
    """
    opens = next_opening(calendar, at)
    if opens is None:
        return None
    told_in = timezone if timezone is not None and is_zone(timezone) else calendar.timezone
    local = opens.astimezone(_zone(told_in))
    today = at.astimezone(_zone(told_in)).date()
    return Opening(at=opens.astimezone(UTC), local=local, days_ahead=(local.date() - today).days)


def say_opening(opening: Opening, language: str) -> str:
    """The part of a sentence: "tomorrow at 9:00", "в среду 4 марта в 9:00".

    In Russian or English; English for any other language.
    """
    words = language if language in WEEKDAYS else "en"
    local = opening.local
    if opening.days_ahead < len(SOON[words]):
        day = SOON[words][opening.days_ahead]
    else:
        month = MONTHS[words][local.month - 1]
        day = f"{WEEKDAYS[words][opening.weekday]} {local.day} {month}"
    return f"{day} {AT_TIME[words]} {local.hour}:{local.minute:02}"


# --- for whoever keeps a calendar ----------------------------------------------


def spans(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """From when to when it is open on that day of its own wall clock, in UTC and in order.

    What goes on past midnight belongs to the day on which it opens.
    """
    return _spans(calendar, day)


def today(calendar: Calendar, at: datetime) -> date:
    """The day on its own wall clock."""
    return at.astimezone(_zone(calendar.timezone)).date()


def named_days_off(
    chosen: HolidaySet, first: date, last: date, *, language: str
) -> list[tuple[date, str]]:
    """The days off from `first` to `last`, called as in that language where it is known."""
    known = country_holidays(chosen.country).supported_languages
    found = country_holidays(
        chosen.country,
        subdiv=chosen.subdivision,
        years=range(first.year, last.year + 1),
        categories=chosen.categories,
        language=next((one for one in known if one.partition("_")[0] == language), None),
    )
    return sorted((day, name) for day, name in found.items() if first <= day <= last)


# --- how it is reckoned ---------------------------------------------------------


def _stretches(calendar: Calendar, since: datetime, *, until: datetime) -> Iterator[Span]:
    """When it is open between the two, in order; what touches is one stretch."""
    joined: Span | None = None
    for opens, closes in _spans_between(calendar, since, until=until):
        if joined is None:
            joined = opens, closes
        elif opens <= joined[1]:
            joined = joined[0], max(joined[1], closes)
        else:
            yield joined
            joined = opens, closes
    if joined is not None:
        yield joined


def _spans_between(calendar: Calendar, since: datetime, *, until: datetime) -> Iterator[Span]:
    if _never_closes(calendar):
        if since < until:
            yield since, until
        return
    zone = _zone(calendar.timezone)
    first, last = since.astimezone(zone).date() - DAY, until.astimezone(zone).date()
    for number in range((last - first).days + 1):
        for opens, closes in _spans(calendar, first + number * DAY):
            if opens < until and since < closes:
                yield max(opens, since), min(closes, until)


def _never_closes(calendar: Calendar) -> bool:
    days = calendar.exceptions or calendar.off
    return calendar.week == ALWAYS.week and not days and calendar.holidays is None


@lru_cache(maxsize=KEPT_DAYS)
def _spans(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """What opens on that day, in UTC and in order."""
    zone = _zone(calendar.timezone)
    midnight = datetime.combine(day, time())
    spans = [
        (
            _opening(zone, midnight + timedelta(minutes=one.opens)),
            _closing(zone, midnight + timedelta(minutes=one.closes)),
        )
        for one in _intervals(calendar, day)
    ]
    return tuple(sorted((opens, closes) for opens, closes in spans if opens < closes))


def _intervals(calendar: Calendar, day: date) -> tuple[Interval, ...]:
    exceptions = _exceptions(calendar)
    if day in exceptions:
        return exceptions[day]
    if calendar.holidays is not None and day in _days_off(calendar.holidays, day.year):
        return ()
    return calendar.week[day.weekday()]


@lru_cache(maxsize=1024)
def _exceptions(calendar: Calendar) -> Mapping[date, tuple[Interval, ...]]:
    return {one.on: one.intervals for one in (*calendar.off, *calendar.exceptions)}


@lru_cache(maxsize=1024)
def _days_off(chosen: HolidaySet, year: int) -> frozenset[date]:
    return frozenset(
        country_holidays(
            chosen.country,
            subdiv=chosen.subdivision,
            years=year,
            categories=chosen.categories,
        )
    )


def _opening(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first moment at which the clock shows `wall` or later."""
    first, second = _readings(zone, wall)
    return first if first <= second else _jump(zone, wall, after=second, by=first)


def _closing(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first moment from which on the clock shows `wall` or later for good."""
    first, second = _readings(zone, wall - TICK)
    return second + TICK if first <= second else _jump(zone, wall - TICK, after=second, by=first)


def _readings(zone: ZoneInfo, wall: datetime) -> Span:
    """When the clock shows `wall` first and last; the wrong way round if it never does."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _jump(zone: ZoneInfo, wall: datetime, *, after: datetime, by: datetime) -> datetime:
    """When the clock was put forward over `wall`; at a whole second, as all changes are."""
    start = after.replace(microsecond=0)

    def shown(seconds: int) -> datetime:
        return (start + timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None)

    seconds = range(int((by - start).total_seconds()) + 1)
    return start + timedelta(seconds=bisect_right(seconds, wall, key=shown))


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """Kept, because `zoneinfo` itself keeps only eight and reads the others from their files."""
    return ZoneInfo(name)
