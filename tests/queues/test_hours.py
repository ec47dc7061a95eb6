"""Whether it is open, until when, and when next: `queues.hours`.

Times are UTC, worked out by hand from the zone's offset, which is named beside them.
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from queues.hours import (
    HORIZON,
    add_working_time,
    is_open,
    next_opening,
    open_until,
    opening,
    say_opening,
    working_time,
)
from router.calendars import (
    ALWAYS,
    WHOLE_DAY,
    Calendar,
    DateException,
    HolidaySet,
    Interval,
)
from router.ids import CalendarId

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SHIFT = (Interval(9 * 60, 18 * 60),)
LUNCH_BREAK = (Interval(9 * 60, 13 * 60), Interval(14 * 60, 18 * 60))
NIGHT = (Interval(22 * 60, 30 * 60),)
CLOSED: tuple[Interval, ...] = ()
WORKING_DAYS = (SHIFT, SHIFT, SHIFT, SHIFT, SHIFT, CLOSED, CLOSED)


def calendar(
    timezone: str,
    *,
    daily: tuple[Interval, ...] | None = None,
    exceptions: tuple[DateException, ...] = (),
    holidays: HolidaySet | None = None,
) -> Calendar:
    """The same hours each day, or 9 to 18 from Monday to Friday."""
    week = WORKING_DAYS if daily is None else (daily, daily, daily, daily, daily, daily, daily)
    return Calendar(CalendarId(UUID(int=1)), "Sales", timezone, week, exceptions, holidays)


def utc(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


MOSCOW = calendar("Europe/Moscow")


@pytest.mark.parametrize(
    ("timezone", "opens", "closes"),
    [
        ("Europe/Moscow", "06:00", "15:00"),  # +3
        ("Europe/Kaliningrad", "07:00", "16:00"),  # +2
        ("Asia/Tashkent", "04:00", "13:00"),  # +5
        ("Europe/Berlin", "08:00", "17:00"),  # +1 in winter
        ("America/New_York", "14:00", "23:00"),  # -5 in winter
        ("Asia/Kathmandu", "03:15", "12:15"),  # +5:45
    ],
)
def test_hours_are_those_of_the_wall_clock(timezone: str, opens: str, closes: str) -> None:
    shop, monday = calendar(timezone), "2026-03-02"
    assert not is_open(shop, utc(monday, opens) - MINUTE)
    assert is_open(shop, utc(monday, opens))
    assert is_open(shop, utc(monday, closes) - MINUTE)
    assert not is_open(shop, utc(monday, closes))
    assert next_opening(shop, utc("2026-02-28", "12:00")) == utc(monday, opens)
    assert open_until(shop, utc(monday, opens)) == utc(monday, closes)


def test_a_time_in_any_zone_is_the_same_moment() -> None:
    from_tashkent = datetime.fromisoformat("2026-03-02T11:00:00+05:00")
    assert is_open(MOSCOW, from_tashkent)
    assert open_until(MOSCOW, from_tashkent) == utc("2026-03-02", "15:00")


def test_a_break_is_closed() -> None:
    shop = calendar("Europe/Moscow", daily=LUNCH_BREAK)
    assert open_until(shop, utc("2026-03-02", "07:00")) == utc("2026-03-02", "10:00")
    assert open_until(shop, utc("2026-03-02", "10:30")) is None
    assert next_opening(shop, utc("2026-03-02", "10:30")) == utc("2026-03-02", "11:00")


def test_intervals_that_touch_are_one() -> None:
    shop = calendar("Europe/Moscow", daily=(Interval(540, 780), Interval(780, 1080)))
    assert open_until(shop, utc("2026-03-02", "06:00")) == utc("2026-03-02", "15:00")


def test_next_opening_is_now_while_it_is_open() -> None:
    noon = utc("2026-03-02", "12:00")
    assert next_opening(MOSCOW, noon) == noon


def test_night_belongs_to_the_day_it_begins_on() -> None:
    fridays = (CLOSED, CLOSED, CLOSED, CLOSED, NIGHT, CLOSED, CLOSED)
    bar = Calendar(CalendarId(UUID(int=2)), "Bar", "Europe/Moscow", fridays)
    saturday_morning = utc("2026-03-07", "02:00")  # 05:00 in Moscow
    assert open_until(bar, saturday_morning) == utc("2026-03-07", "03:00")
    assert next_opening(bar, utc("2026-03-07", "03:00")) == utc("2026-03-13", "19:00")


def test_night_goes_on_into_a_closed_day() -> None:
    """The day off is the 7th; the tail until 06:00 is the 6th's, and the 7th's own is not there."""
    day_off = DateException(date(2026, 3, 7), name="Inventory")
    bar = calendar("Europe/Moscow", daily=NIGHT, exceptions=(day_off,))
    assert open_until(bar, utc("2026-03-06", "23:00")) == utc("2026-03-07", "03:00")
    assert not is_open(bar, utc("2026-03-07", "19:00"))
    assert not is_open(bar, utc("2026-03-07", "23:00"))
    assert next_opening(bar, utc("2026-03-07", "03:00")) == utc("2026-03-08", "19:00")


def test_night_of_an_exception_goes_on_into_the_next_day() -> None:
    party = DateException(date(2026, 12, 31), (Interval(9 * 60, 26 * 60),))
    shop = calendar("Europe/Moscow", daily=SHIFT, exceptions=(party,))
    assert open_until(shop, utc("2026-12-31", "12:00")) == utc("2026-12-31", "23:00")
    assert next_opening(shop, utc("2026-12-31", "23:00")) == utc("2027-01-01", "06:00")


def test_an_interval_within_the_tail_of_a_night_ends_nothing() -> None:
    visit = DateException(date(2026, 3, 7), (Interval(60, 120),))  # 01:00 to 02:00
    bar = calendar("Europe/Moscow", daily=NIGHT, exceptions=(visit,))
    friday = utc("2026-03-06", "19:00")  # 22:00 in Moscow
    assert open_until(bar, friday) == utc("2026-03-07", "03:00")
    assert working_time(bar, friday, utc("2026-03-07", "12:00")) == 8 * HOUR


def test_whole_days_are_joined() -> None:
    weekend = (CLOSED, CLOSED, CLOSED, CLOSED, SHIFT, WHOLE_DAY, WHOLE_DAY)
    shop = Calendar(CalendarId(UUID(int=3)), "Weekend", "Europe/Moscow", weekend)
    saturday = utc("2026-03-07", "05:00")
    assert open_until(shop, saturday) == utc("2026-03-08", "21:00")
    assert working_time(shop, saturday, utc("2026-03-09", "12:00")) == 40 * HOUR


def test_berlin_puts_the_clock_forward() -> None:
    """On 2026-03-29 at 01:00 UTC 02:00 becomes 03:00: +1 before, +2 after."""
    shop = calendar("Europe/Berlin", daily=SHIFT)
    assert next_opening(shop, utc("2026-03-28", "20:00")) == utc("2026-03-29", "07:00")
    bar = calendar("Europe/Berlin", daily=NIGHT)
    assert working_time(bar, utc("2026-03-28", "20:00"), utc("2026-03-29", "12:00")) == 7 * HOUR
    early = calendar("Europe/Berlin", daily=(Interval(150, 240),))  # 02:30, left out, to 04:00
    assert next_opening(early, utc("2026-03-28", "12:00")) == utc("2026-03-29", "01:00")
    assert open_until(early, utc("2026-03-29", "01:00")) == utc("2026-03-29", "02:00")
    late = calendar("Europe/Berlin", daily=(Interval(60, 150),))  # 01:00 to 02:30, left out
    assert open_until(late, utc("2026-03-29", "00:30")) == utc("2026-03-29", "01:00")
    inside = calendar("Europe/Berlin", daily=(Interval(130, 170),))  # all of it left out
    assert next_opening(inside, utc("2026-03-28", "12:00")) == utc("2026-03-30", "00:10")


def test_berlin_puts_the_clock_back() -> None:
    """On 2026-10-25 at 01:00 UTC 03:00 becomes 02:00: +2 before, +1 after."""
    bar = calendar("Europe/Berlin", daily=NIGHT)
    assert open_until(bar, utc("2026-10-24", "20:00")) == utc("2026-10-25", "05:00")
    assert working_time(bar, utc("2026-10-24", "18:00"), utc("2026-10-25", "12:00")) == 9 * HOUR
    twice = calendar("Europe/Berlin", daily=(Interval(135, 165),))  # 02:15 to 02:45, shown twice
    assert next_opening(twice, utc("2026-10-24", "12:00")) == utc("2026-10-25", "00:15")
    assert open_until(twice, utc("2026-10-25", "00:15")) == utc("2026-10-25", "01:45")
    before = calendar("Europe/Berlin", daily=(Interval(0, 120),))  # until 02:00, first shown
    assert open_until(before, utc("2026-10-24", "23:00")) == utc("2026-10-25", "00:00")


def test_new_york_puts_the_clock_forward() -> None:
    """On 2026-03-08 at 07:00 UTC 02:00 becomes 03:00: -5 before, -4 after."""
    shop = calendar("America/New_York", daily=SHIFT)
    assert open_until(shop, utc("2026-03-07", "20:00")) == utc("2026-03-07", "23:00")
    assert next_opening(shop, utc("2026-03-07", "23:00")) == utc("2026-03-08", "13:00")
    bar = calendar("America/New_York", daily=NIGHT)
    assert open_until(bar, utc("2026-03-08", "03:00")) == utc("2026-03-08", "10:00")


def test_new_york_puts_the_clock_back() -> None:
    """On 2026-11-01 at 06:00 UTC 02:00 becomes 01:00: -4 before, -5 after."""
    shop = calendar("America/New_York", daily=SHIFT)
    assert next_opening(shop, utc("2026-10-31", "22:00")) == utc("2026-11-01", "14:00")
    bar = calendar("America/New_York", daily=NIGHT)
    assert open_until(bar, utc("2026-11-01", "02:00")) == utc("2026-11-01", "11:00")


def test_midnight_is_shown_twice_in_havana() -> None:
    """On 2026-11-01 at 05:00 UTC 01:00 becomes 00:00: -4 before, -5 after."""
    shop = calendar("America/Havana", daily=(Interval(9 * 60, 24 * 60),))
    assert open_until(shop, utc("2026-11-01", "02:00")) == utc("2026-11-01", "04:00")


def test_a_day_that_samoa_left_out_is_no_day() -> None:
    """After 2011-12-29 (-10) came 2011-12-31 (+14), at 10:00 UTC on the 30th."""
    shop = calendar("Pacific/Apia", daily=SHIFT)
    assert next_opening(shop, utc("2011-12-30", "05:00")) == utc("2011-12-30", "19:00")
    whole = calendar("Pacific/Apia", daily=(Interval(0, 1440),), exceptions=(
        DateException(date(2012, 1, 1)),
    ))  # fmt: skip
    assert open_until(whole, utc("2011-12-29", "12:00")) == utc("2011-12-31", "10:00")


def test_new_year_in_russia_is_long() -> None:
    """1 to 9 January 2026 are days off, 10 and 11 a weekend."""
    shop = calendar("Europe/Moscow", holidays=HolidaySet("RU"))
    assert next_opening(shop, utc("2025-12-31", "16:00")) == utc("2026-01-12", "06:00")
    assert not is_open(shop, utc("2026-03-09", "12:00"))
    assert is_open(shop, utc("2026-03-10", "12:00"))


def test_bavaria_has_days_off_that_hamburg_has_not() -> None:
    """Corpus Christi, Thursday 2026-06-04."""
    munich = calendar("Europe/Berlin", holidays=HolidaySet("DE", "BY"))
    hamburg = calendar("Europe/Berlin", holidays=HolidaySet("DE", "HH"))
    assert not is_open(munich, utc("2026-06-04", "10:00"))
    assert is_open(hamburg, utc("2026-06-04", "10:00"))


def test_more_kinds_of_holidays_may_be_days_off() -> None:
    """Assumption Day, Saturday 2026-08-15, in the Catholic parts of Bavaria."""
    catholic = HolidaySet("DE", "BY", categories=("public", "catholic"))
    shop = calendar("Europe/Berlin", daily=SHIFT, holidays=catholic)
    assert not is_open(shop, utc("2026-08-15", "10:00"))


def test_an_exception_beats_a_holiday() -> None:
    """Unity Day, Wednesday 2026-11-04, worked from 10 to 16."""
    short = DateException(date(2026, 11, 4), (Interval(600, 960),), name="Short day")
    shop = calendar("Europe/Moscow", exceptions=(short,), holidays=HolidaySet("RU"))
    assert next_opening(shop, utc("2026-11-03", "15:00")) == utc("2026-11-04", "07:00")
    assert open_until(shop, utc("2026-11-04", "07:00")) == utc("2026-11-04", "13:00")


def test_a_short_day_before_a_holiday_is_an_exception() -> None:
    eve = DateException(date(2025, 12, 30), (Interval(9 * 60, 16 * 60),))
    shop = calendar("Europe/Moscow", exceptions=(eve,), holidays=HolidaySet("RU"))
    assert open_until(shop, utc("2025-12-30", "06:00")) == utc("2025-12-30", "13:00")


def test_whoever_has_no_calendar_never_closes() -> None:
    at = utc("2026-01-01", "03:00")
    assert is_open(ALWAYS, at)
    assert next_opening(ALWAYS, at) == at
    assert open_until(ALWAYS, at) == at + HORIZON
    assert working_time(ALWAYS, at, at + 100 * HOUR) == 100 * HOUR
    assert add_working_time(ALWAYS, at, 100 * HOUR) == at + 100 * HOUR


def test_who_never_opens_has_no_next_opening() -> None:
    shut, at = calendar("Europe/Moscow", daily=CLOSED), utc("2026-01-01", "03:00")
    assert (is_open(shut, at), open_until(shut, at), next_opening(shut, at)) == (False, None, None)
    assert add_working_time(shut, at, MINUTE) is None


def test_nobody_looks_further_than_the_horizon() -> None:
    reopening = DateException(date(2027, 6, 1), SHIFT)
    shut = calendar("UTC", daily=CLOSED, exceptions=(reopening,))
    opens = utc("2027-06-01", "09:00")
    assert next_opening(shut, opens - HORIZON) is None
    assert next_opening(shut, opens - HORIZON + MINUTE) == opens


def test_only_open_time_counts() -> None:
    """Friday 17:00 to Monday 10:00 in Moscow: an hour and an hour."""
    friday, monday = utc("2026-03-06", "14:00"), utc("2026-03-16", "07:00")
    assert working_time(MOSCOW, friday, friday + 3 * HOUR) == HOUR
    assert working_time(MOSCOW, friday, monday) == (1 + 5 * 9 + 1) * HOUR
    assert working_time(MOSCOW, monday, friday) == timedelta()


def test_a_deadline_stands_still_while_it_is_closed() -> None:
    friday = utc("2026-03-06", "14:00")  # 17:00 in Moscow
    assert add_working_time(MOSCOW, friday, 2 * HOUR) == utc("2026-03-09", "07:00")
    assert add_working_time(MOSCOW, friday, HOUR) == utc("2026-03-06", "15:00")
    assert add_working_time(MOSCOW, utc("2026-03-07", "12:00"), MINUTE) == utc(
        "2026-03-09", "06:01"
    )
    assert add_working_time(MOSCOW, friday, timedelta()) == friday


def test_a_deadline_counts_the_hour_that_berlin_repeats() -> None:
    """Saturday 23:00 and 8 hours: 22 to 06 has 9 that night."""
    bar = calendar("Europe/Berlin", daily=NIGHT)
    assert add_working_time(bar, utc("2026-10-24", "21:00"), 8 * HOUR) == utc("2026-10-25", "05:00")


@pytest.mark.parametrize(
    ("at", "in_english", "in_russian"),
    [
        ("2026-03-02T05:30", "today at 9:00", "сегодня в 9:00"),
        ("2026-03-02T20:59", "tomorrow at 9:00", "завтра в 9:00"),  # 23:59 in Moscow
        ("2026-03-02T21:00", "today at 9:00", "сегодня в 9:00"),  # midnight there
        ("2026-03-06T16:00", "on Monday 9 March at 9:00", "в понедельник 9 марта в 9:00"),
        ("2026-03-07T12:00", "on Monday 9 March at 9:00", "в понедельник 9 марта в 9:00"),
        ("2026-03-08T12:00", "tomorrow at 9:00", "завтра в 9:00"),
    ],
)
def test_an_opening_is_said_as_people_say_it(at: str, in_english: str, in_russian: str) -> None:
    found = opening(MOSCOW, utc(*at.split("T")))
    assert found is not None
    assert say_opening(found, "en") == in_english
    assert say_opening(found, "ru") == in_russian
    assert say_opening(found, "de") == in_english


@pytest.mark.parametrize(
    ("day", "in_english", "in_russian"),
    [
        ("2026-09-01", "on Tuesday 1 September at 14:05", "во вторник 1 сентября в 14:05"),
        ("2026-07-01", "on Wednesday 1 July at 14:05", "в среду 1 июля в 14:05"),
        ("2026-05-21", "on Thursday 21 May at 14:05", "в четверг 21 мая в 14:05"),
        ("2026-12-25", "on Friday 25 December at 14:05", "в пятницу 25 декабря в 14:05"),
        ("2026-08-01", "on Saturday 1 August at 14:05", "в субботу 1 августа в 14:05"),
        ("2026-02-15", "on Sunday 15 February at 14:05", "в воскресенье 15 февраля в 14:05"),
    ],
)
def test_every_weekday_has_its_case(day: str, in_english: str, in_russian: str) -> None:
    once = DateException(date.fromisoformat(day), (Interval(845, 900),))
    found = opening(
        calendar("Europe/Moscow", daily=CLOSED, exceptions=(once,)), utc("2026-02-01", "09:00")
    )
    assert found is not None
    assert say_opening(found, "en") == in_english
    assert say_opening(found, "ru") == in_russian


def test_an_opening_is_told_by_the_clock_of_whoever_hears_it() -> None:
    """Moscow opens at 9:00, when it is 16:00 in Vladivostok, and 22:00 of the day before in LA."""
    at = utc("2026-03-02", "04:00")
    here, east, west = (
        opening(MOSCOW, at, timezone=zone)
        for zone in (None, "Asia/Vladivostok", "America/Los_Angeles")
    )
    assert here is not None
    assert east is not None
    assert west is not None
    assert here.at == east.at == west.at == utc("2026-03-02", "06:00")
    assert (here.same_day, here.weekday, here.time.hour) == (True, 0, 9)
    assert say_opening(east, "en") == "today at 16:00"
    assert (west.same_day, west.weekday, west.days_ahead) == (True, 6, 0)
    assert say_opening(west, "en") == "today at 22:00"


def test_a_zone_that_nobody_knows_is_not_told_by() -> None:
    at = utc("2026-03-02", "04:00")
    assert opening(MOSCOW, at, timezone="Mars/Olympus") == opening(MOSCOW, at)


def test_what_never_opens_is_not_told() -> None:
    assert opening(calendar("UTC", daily=CLOSED), utc("2026-03-02", "04:00")) is None
