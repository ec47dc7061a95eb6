"""A feed of days off: iCalendar, as Google, Outlook and others publish it. Pure.

Format: RFC 5545. Facts about others, read 2026-11-21:

- Google's console makes all-day events *free* unless told otherwise, its API *busy*
  (github.com/derekantrican/GAS-ICS-Sync/issues/226). Hence `free_too`.
- Outlook says busy, free, out of office … in X-MICROSOFT-CDO-BUSYSTATUS, which tells more than
  TRANSP.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import recurring_ical_events
from icalendar import Calendar, Event, vDDDTypes, vRecur

from router.calendars import MAX_NAME_CHARS, DateException
from router.errors import Invalid

MAX_FEED_BYTES = 1_000_000
MAX_EVENTS = 2_000
MAX_SERIES = 50
LIKELY_YEARS = range(1600, 2200)
LONGEST = timedelta(days=400)
AWAY = {"BUSY", "OOF"}
DAY = timedelta(days=1)
# A rule that no day ever fits is followed to the year 9999, for seconds each. With these, within
# the limits of `_is_sure`, a company can say its days off, and none of them runs dry.
PARTS: Mapping[str, Sequence[set[str]]] = {
    "DAILY": [set()],
    "WEEKLY": [{"BYDAY"}],
    "MONTHLY": [{"BYDAY", "BYSETPOS"}, {"BYMONTHDAY"}],
    "YEARLY": [{"BYMONTH", "BYDAY", "BYSETPOS"}, {"BYMONTH", "BYMONTHDAY"}],
}
OFTEN = {"DAILY", "WEEKLY"}
OFTEN_SINCE_YEAR = 2000
ALWAYS_ALLOWED = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}
SURE_WEEKS, SHORTEST_MONTH, A_SHORT_YEAR = 4, 28, 2025


def exceptions_of(
    feed: bytes, *, since: date, until: date, free_too: bool = False
) -> tuple[DateException, ...]:
    """The closed days from `since` to before `until`, in order: those with an all-day event.

    Events with times, cancelled ones and those that leave one free do not count; nor do series
    by a rule out of `PARTS`, or what lasts longer than `LONGEST`. A day is called after the first of its events. A feed at its limits
    takes seconds, so that it is not for the event loop.

    Args:
        feed: As it was fetched.
        since: The first day of interest.
        until: The day after the last.
        free_too: Whether events that leave one free count too.

    Raises:
        Invalid: it is no calendar, or more than one of days off would be.
    """
    calendar = _read(feed)
    calendar.subcomponents = list(_of_whole_days(calendar.events))
    if sum("RRULE" in one for one in calendar.subcomponents) > MAX_SERIES:
        raise Invalid("too much", fields={"feed": "repeats too many events"})
    closed: dict[date, str] = {}
    for event in _between(calendar, since, until):
        if _counts(event, free_too=free_too):
            for day in _days(event, since=since, until=until):
                closed.setdefault(day, str(event.get("SUMMARY", "")).strip())
    return tuple(DateException(day, (), closed[day][:MAX_NAME_CHARS]) for day in sorted(closed))


def _read(feed: bytes) -> Calendar:
    if len(feed) > MAX_FEED_BYTES:
        raise Invalid("too much", fields={"feed": "too large"})
    try:
        calendar = Calendar.from_ical(feed)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise Invalid("unreadable", fields={"feed": "is no calendar feed"}) from error
    if not isinstance(calendar, Calendar):
        raise Invalid("unreadable", fields={"feed": "is no calendar feed"})
    if len(calendar.subcomponents) > MAX_EVENTS:
        raise Invalid("too much", fields={"feed": "holds too many events"})
    return calendar


def _of_whole_days(events: Sequence[Event]) -> Iterator[Event]:
    """Events of whole days, with the changes to single days of their series."""
    likely = [one for one in events if _is_likely(one)]
    kept = {
        str(one.get("UID", id(one)))
        for one in likely
        if "RECURRENCE-ID" not in one and _is_whole_day(one) and _is_followed(one)
    }
    return (one for one in likely if str(one.get("UID", id(one))) in kept)


def _is_whole_day(event: Event) -> bool:
    start = event.get("DTSTART")
    if not isinstance(start, vDDDTypes):
        return False
    return isinstance(start.dt, date) and not isinstance(start.dt, datetime)


def _is_likely(event: Event) -> bool:
    """Whether its dates are such as people mean; the arithmetic of others fails on the rest."""
    try:
        start, end = event.start, event.end
        return start.year in LIKELY_YEARS and end - start <= LONGEST
    except (ValueError, TypeError, OverflowError):
        return False


def _is_followed(event: Event) -> bool:
    """Whether it happens once, or by a rule that is soon walked through."""
    rule = event.get("RRULE")
    if rule is None:
        return True
    if not isinstance(rule, vRecur):
        return False
    parts = {str(name).upper() for name in rule} - ALWAYS_ALLOWED
    frequency = str(rule.get("FREQ", [""])[0]).upper()
    if frequency in OFTEN and event.start.year < OFTEN_SINCE_YEAR:
        return False
    return any(parts <= allowed for allowed in PARTS.get(frequency, ())) and _is_sure(rule)


def _is_sure(rule: vRecur) -> bool:
    """Whether some day fits in each year: there are four of each weekday in every month."""
    days = [abs(int(day)) for day in rule.get("BYMONTHDAY", [])]
    months = [int(month) for month in rule.get("BYMONTH", [1])]
    every = int(rule.get("INTERVAL", [1])[0])
    if any(month not in range(1, 13) for month in months):
        return False
    longest = max(monthrange(A_SHORT_YEAR, month)[1] for month in months)
    if "BYMONTH" not in rule and every > 1:
        longest = SHORTEST_MONTH
    weekdays = [int(day.relative or 0) for day in rule.get("BYDAY", [])]
    places = [int(place) for place in rule.get("BYSETPOS", [])]
    return (
        all(1 <= day <= longest for day in days)
        and all(abs(week) <= SURE_WEEKS for week in [*weekdays, *places])
        and not (any(weekdays) and places)
    )


def _between(calendar: Calendar, since: date, until: date) -> list[Event]:
    try:
        found = recurring_ical_events.of(calendar, skip_bad_series=True).between(since, until)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Invalid("unreadable", fields={"feed": "is no calendar feed"}) from error
    return list(found)


def _counts(event: Event, *, free_too: bool) -> bool:
    if not _is_whole_day(event) or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return False
    busy = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    is_busy = busy in AWAY if busy else str(event.get("TRANSP", "")).upper() != "TRANSPARENT"
    return free_too or is_busy


def _days(event: Event, *, since: date, until: date) -> Iterator[date]:
    """The end of an event is the day after its last; one without is a day long."""
    start, end = event.start, event.end
    day, last = max(start, since), min(max(end - DAY, start), until - DAY)
    while day <= last:
        yield day
        day += DAY
