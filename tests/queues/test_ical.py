"""Days off out of a calendar that somebody publishes: `queues.ical`."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.ical import MAX_EVENTS, MAX_FEED_BYTES, MAX_SERIES, exceptions_of
from router.calendars import DateException
from router.errors import Invalid

GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:Days off
X-WR-TIMEZONE:Europe/Berlin
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
DTSTAMP:20261101T100000Z
UID:christmas@google.com
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:Christmas\\, closed
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261211
DTEND;VALUE=DATE:20261212
DTSTAMP:20261101T100000Z
UID:birthday@google.com
STATUS:CONFIRMED
SUMMARY:Birthday
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Berlin:20261210T090000
DTEND;TZID=Europe/Berlin:20261210T100000
DTSTAMP:20261101T100000Z
UID:meeting@google.com
STATUS:CONFIRMED
SUMMARY:Meeting
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261207
DTEND;VALUE=DATE:20261208
RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270104
EXDATE;VALUE=DATE:20261214
DTSTAMP:20261101T100000Z
UID:mondays@google.com
STATUS:CONFIRMED
SUMMARY:Inventory
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261222
DTEND;VALUE=DATE:20261223
RECURRENCE-ID;VALUE=DATE:20261221
DTSTAMP:20261101T100000Z
UID:mondays@google.com
STATUS:CONFIRMED
SUMMARY:Inventory\\, moved
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261228
DTEND;VALUE=DATE:20261229
RECURRENCE-ID;VALUE=DATE:20261228
DTSTAMP:20261101T100000Z
UID:mondays@google.com
STATUS:CANCELLED
SUMMARY:Inventory
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
OUTLOOK = """BEGIN:VCALENDAR
METHOD:PUBLISH
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
X-WR-CALNAME:Kalender
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E0081
SUMMARY:Betriebsausflug
DTSTART;VALUE=DATE:20261203
DTEND;VALUE=DATE:20261204
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20261121T090000Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:0
X-MICROSOFT-CDO-APPT-SEQUENCE:0
X-MICROSOFT-CDO-BUSYSTATUS:OOF
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:TRUE
END:VEVENT
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E0082
SUMMARY:Homeoffice
DTSTART;VALUE=DATE:20261204
DTEND;VALUE=DATE:20261205
DTSTAMP:20261121T090000Z
TRANSP:OPAQUE
STATUS:CONFIRMED
X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE
X-MICROSOFT-CDO-ALLDAYEVENT:TRUE
END:VEVENT
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E0083
SUMMARY:Letzter Freitag
RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=FR;BYSETPOS=-1;COUNT=3;WKST=MO
DTSTART;VALUE=DATE:20261127
DTEND;VALUE=DATE:20261128
DTSTAMP:20261121T090000Z
TRANSP:OPAQUE
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:TRUE
END:VEVENT
END:VCALENDAR
"""


def published(text: str) -> bytes:
    """As it comes over the wire."""
    return text.replace("\n", "\r\n").encode()


def event(*lines: str, starts: str = "20261224", uid: int = 1) -> str:
    more = "".join(f"{line}\n" for line in lines)
    return f"BEGIN:VEVENT\nUID:{uid}\nDTSTART;VALUE=DATE:{starts}\n{more}END:VEVENT\n"


def feed(*events: str) -> bytes:
    return published(f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(events)}END:VCALENDAR\n")


def closed(
    found: bytes, *, since: str = "2026-11-21", until: str = "2027-12-26", free_too: bool = False
) -> dict[str, str]:
    """The days off by their names."""
    first, end = date.fromisoformat(since), date.fromisoformat(until)
    days = exceptions_of(found, since=first, until=end, free_too=free_too)
    assert all(one.intervals == () for one in days)
    return {one.on.isoformat(): one.name for one in days}


def problem(found: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        closed(found)
    return caught.value.fields["feed"]


def test_googles_busy_days_are_closed() -> None:
    """Of the Mondays from the 7th on one is left out, one moved and one cancelled."""
    assert closed(published(GOOGLE)) == {
        "2026-12-07": "Inventory",
        "2026-12-22": "Inventory, moved",
        "2026-12-24": "Christmas, closed",
        "2026-12-25": "Christmas, closed",
        "2026-12-26": "Christmas, closed",
        "2027-01-04": "Inventory",
    }


def test_free_days_count_if_they_shall() -> None:
    assert closed(published(GOOGLE), free_too=True)["2026-12-11"] == "Birthday"


def test_outlooks_busy_days_are_closed() -> None:
    assert closed(published(OUTLOOK)) == {
        "2026-11-27": "Letzter Freitag",
        "2026-12-03": "Betriebsausflug",
        "2026-12-25": "Letzter Freitag",
        "2027-01-29": "Letzter Freitag",
    }


def test_only_the_days_asked_for_are_given() -> None:
    long = feed(event("DTEND;VALUE=DATE:20270301", "SUMMARY:Gone", starts="20261101"))
    assert closed(long, since="2026-12-24", until="2026-12-26") == {
        "2026-12-24": "Gone",
        "2026-12-25": "Gone",
    }


@pytest.mark.parametrize(
    "odd",
    [
        event("DTEND;VALUE=DATE:99991231", starts="00010101"),
        event("DTEND;VALUE=DATE:99991231"),
        event("DTEND:20261225T120000Z"),
        event("DTEND;VALUE=DATE:20261220"),
        event("DTEND;VALUE=DATE:tomorrow"),
        event("DURATION:P99999999999D"),
        event("RRULE:FREQ=WEEKLY", "EXDATE:never", "RDATE:perhaps"),
        event("RECURRENCE-ID;VALUE=DATE:20261224", "DTEND;VALUE=DATE:99991231", uid=2),
        event(starts="20269999"),
        "BEGIN:VEVENT\nEND:VEVENT\n",
        "BEGIN:VEVENT\nDTSTART:20261224T090000\nDTEND:20261224T100000Z\nEND:VEVENT\n",
    ],
)
def test_one_odd_event_does_not_spoil_the_others(odd: str) -> None:
    found = feed(odd, event("SUMMARY:May", starts="20270501", uid=2))
    assert closed(found)["2027-05-01"] == "May"


def test_an_event_without_an_end_is_a_day_long() -> None:
    assert closed(feed(event())) == {"2026-12-24": ""}
    assert closed(feed(event("DURATION:P2D"))) == {"2026-12-24": "", "2026-12-25": ""}


def test_a_yearly_day_returns() -> None:
    assert closed(feed(event("RRULE:FREQ=YEARLY", "SUMMARY:Eve", starts="19991224"))) == {
        "2026-12-24": "Eve",
        "2027-12-24": "Eve",
    }


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", ["2026-12-31"]),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", ["2027-05-31"]),
        ("FREQ=YEARLY;BYMONTH=9;BYDAY=MO;BYSETPOS=1", ["2027-09-06"]),
        ("FREQ=MONTHLY;INTERVAL=6;BYDAY=2TU", ["2027-06-08", "2027-12-14"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", ["2026-12-31", "2027-01-31"]),
        ("FREQ=DAILY;INTERVAL=200", ["2027-07-12"]),
        ("FREQ=WEEKLY;BYDAY=SA,SU;COUNT=3", ["2026-12-26", "2026-12-27", "2027-01-02"]),
    ],
)
def test_days_return_as_companies_say_them(rule: str, days: list[str]) -> None:
    """After Thursday 2026-12-24, which is the first whether it fits the rule or not."""
    assert list(closed(feed(event(f"RRULE:{rule}")))) == ["2026-12-24", *days]


def test_a_day_is_there_once() -> None:
    found = feed(event("SUMMARY:Eve", uid=1), event("SUMMARY:Party", uid=2))
    assert list(closed(found)) == ["2026-12-24"]


def test_a_name_is_cut_to_what_a_calendar_holds() -> None:
    days = exceptions_of(
        feed(event(f"SUMMARY:{'n' * 500}")), since=date(2026, 12, 1), until=date(2027, 1, 1)
    )
    assert days == (DateException(date(2026, 12, 24), (), "n" * 200),)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=YEARLY;BYEASTER=0",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=7",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=2",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=31",
        "FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO",
        "FREQ=SOMETIMES",
    ],
)
def test_a_rule_that_might_never_end_is_not_followed(rule: str) -> None:
    assert closed(feed(event(f"RRULE:{rule}"), event(starts="20270501", uid=2))) == {
        "2027-05-01": ""
    }


@pytest.mark.parametrize(
    "text",
    [b"", b"<html></html>", b"BEGIN:VCALENDAR", b"\xff\xfe\x00", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"],
)
def test_what_is_no_calendar_is_said_to_be_none(text: bytes) -> None:
    assert problem(text) == "is no calendar feed"


def test_a_feed_has_limits() -> None:
    assert problem(b" " * (MAX_FEED_BYTES + 1)) == "too large"
    assert problem(feed(*(event(uid=n) for n in range(MAX_EVENTS + 1)))) == "holds too many events"
    series = (event("RRULE:FREQ=YEARLY", uid=n) for n in range(MAX_SERIES + 1))
    assert problem(feed(*series)) == "repeats too many events"


@given(
    st.lists(
        st.tuples(st.dates(date(2026, 11, 1), date(2027, 12, 1)), st.integers(1, 40)), max_size=8
    )
)
def test_every_day_of_every_event_is_closed_and_no_other(stays: list[tuple[date, int]]) -> None:
    since, until = date(2026, 12, 1), date(2027, 11, 1)
    text = feed(
        *(
            event(f"DTEND;VALUE=DATE:{start + timedelta(days):%Y%m%d}", starts=f"{start:%Y%m%d}", uid=n)
            for n, (start, days) in enumerate(stays)
        )
    )  # fmt: skip
    expected = {start + timedelta(day) for start, days in stays for day in range(days)}
    found = [one.on for one in exceptions_of(text, since=since, until=until)]
    assert found == sorted(day for day in expected if since <= day < until)
