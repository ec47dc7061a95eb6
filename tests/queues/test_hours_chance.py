"""Any calendar around a change of the clock, against a scan of the wall clock minute by minute.

An interval is what lies between the first minute that shows its opening or later and the last one
that shows less than its closing: `queues.hours` promises no more and no less.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from queues.hours import add_working_time, is_open, next_opening, open_until, working_time
from router.calendars import Calendar, DateException, Interval
from router.ids import CalendarId

# The scan goes over the four days before each, itself and the four after; moments are of the
# inner five.
CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Europe/Moscow": (date(2014, 10, 26), date(2026, 3, 29)),
    "Europe/Kaliningrad": (date(2011, 3, 27), date(2014, 10, 26)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "America/Havana": (date(2026, 3, 8), date(2026, 11, 1)),
    "Asia/Tashkent": (date(2026, 1, 1),),
}
MINUTE = timedelta(minutes=1)
SCANNED, INNER = 9 * 1440, range(2 * 1440, 7 * 1440)


@st.composite
def days(draw: st.DrawFn) -> tuple[Interval, ...]:
    """Up to three intervals, of which the last may go on past midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 1439), max_size=6)))
    pairs = [Interval(*edges[place : place + 2]) for place in range(0, len(edges) - 1, 2)]
    goes_on: bool = draw(st.booleans())
    if pairs and goes_on:
        last = pairs.pop()
        pairs.append(Interval(last.opens, draw(st.integers(last.opens + 1, last.opens + 1440))))
    return tuple(pairs)


whole_days = st.just((Interval(0, 1440),))
a_day = st.one_of(st.just(()), days(), days(), whole_days)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, date]:
    """A calendar and a day near which its zone changed the clock."""
    timezone = draw(st.sampled_from(sorted(CHANGES)))
    change = draw(st.sampled_from(CHANGES[timezone]))
    week = draw(st.tuples(a_day, a_day, a_day, a_day, a_day, a_day, a_day))
    off = draw(st.dictionaries(st.integers(-3, 3), a_day, max_size=3))
    exceptions = tuple(
        DateException(change + timedelta(days=ahead), intervals) for ahead, intervals in off.items()
    )
    id_ = CalendarId(UUID(int=draw(st.integers(0, 2**32))))
    return Calendar(id_, "", timezone, week, exceptions), change


@cache
def walls(timezone: str, change: date) -> Sequence[datetime]:
    """What the clock on the wall shows in each minute from four days before on."""
    zone, start = ZoneInfo(timezone), first_minute(change)
    shown = [(start + minute * MINUTE).astimezone(zone) for minute in range(SCANNED)]
    return [one.replace(tzinfo=None) for one in shown]


def first_minute(change: date) -> datetime:
    return datetime.combine(change, time(), UTC) - timedelta(days=4)


def scan(calendar: Calendar, change: date) -> list[bool]:
    """Whether it is open, minute by minute."""
    shown = walls(calendar.timezone, change)
    opened = [False] * SCANNED
    exceptions = {one.on: one.intervals for one in calendar.exceptions}
    for ahead in range(-5, 6):
        day = change + timedelta(days=ahead)
        for one in exceptions.get(day, calendar.week[day.weekday()]):
            midnight = datetime.combine(day, time())
            opens, closes = midnight + one.opens * MINUTE, midnight + one.closes * MINUTE
            first = next((at for at, wall in enumerate(shown) if wall >= opens), SCANNED)
            last = max((at for at, wall in enumerate(shown) if wall < closes), default=-1)
            opened[first : last + 1] = [True] * max(0, last + 1 - first)
    return opened


moments = st.sampled_from(INNER)


@settings(max_examples=60, deadline=None)
@given(calendars(), st.lists(moments, min_size=2, max_size=20))
def test_it_is_what_a_look_at_the_clock_says(
    near: tuple[Calendar, date], minutes: list[int]
) -> None:
    calendar, change = near
    opened, start = scan(calendar, change), first_minute(change)
    edges = [at for at in INNER if opened[at] != opened[at - 1]]
    for minute in {*minutes, *edges, *(edge - 1 for edge in edges)}:
        at = start + minute * MINUTE
        assert is_open(calendar, at) == opened[minute]
        found = next_opening(calendar, at)
        if True in opened[minute : INNER.stop]:
            assert found == start + opened.index(True, minute) * MINUTE
        else:
            assert found is None or found >= start + INNER.stop * MINUTE
        until = open_until(calendar, at)
        if not opened[minute]:
            assert until is None
        elif False in opened[minute : INNER.stop]:
            assert until == start + opened.index(False, minute) * MINUTE
        else:
            assert until is not None
            assert until >= start + INNER.stop * MINUTE
    a, b = sorted(minutes[:2])
    spent = working_time(calendar, start + a * MINUTE, start + b * MINUTE)
    assert spent == sum(opened[a:b]) * MINUTE


@settings(max_examples=100, deadline=None)
@given(calendars(), st.tuples(moments, moments), st.integers(1, 40 * 24 * 60))
def test_a_deadline_is_the_earliest_moment_at_which_the_time_was_spent(
    near: tuple[Calendar, date], minutes: tuple[int, int], amount_minutes: int
) -> None:
    calendar, change = near
    start, later = (first_minute(change) + one * MINUTE for one in sorted(minutes))
    amount = amount_minutes * MINUTE
    due, due_later = (add_working_time(calendar, at, amount) for at in (start, later))
    if due is None:
        assert working_time(calendar, start, start + timedelta(days=400)) < amount
        return
    assert working_time(calendar, start, due) == amount
    assert working_time(calendar, start, due - MINUTE) < amount
    assert due_later is None or due <= due_later
    spent = working_time(calendar, start, later)
    again = add_working_time(calendar, start, spent)
    assert again is not None
    assert again <= later
    assert working_time(calendar, start, again) == spent


@settings(max_examples=100, deadline=None)
@given(calendars(), st.tuples(moments, moments))
def test_later_is_never_earlier(near: tuple[Calendar, date], minutes: tuple[int, int]) -> None:
    calendar, change = near
    a, b = (first_minute(change) + one * MINUTE for one in sorted(minutes))
    opens, opens_later = next_opening(calendar, a), next_opening(calendar, b)
    if opens is not None and opens_later is not None:
        assert a <= opens <= opens_later
        assert b <= opens_later
    until = open_until(calendar, a)
    if until is not None:
        assert until > a
        assert b < until or working_time(calendar, a, b) >= until - a
