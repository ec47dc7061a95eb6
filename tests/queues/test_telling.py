"""How much longer one may have to wait: `queues.telling.forecast_s`."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from queues.telling import forecast_s
from router.calendars import ALWAYS, Calendar, Interval
from router.ids import CalendarId

# A Wednesday.
NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
OFFICE = Calendar(
    CalendarId(UUID(int=1)), "Office", "UTC", week=((Interval(9 * 60, 18 * 60),),) * 7
)
Wait = tuple[datetime, datetime]


def waits(*minutes: float) -> list[Wait]:
    """So long the last ones had waited, before eleven."""
    served = NOON - timedelta(hours=1)
    return [(served - timedelta(minutes=one), served) for one in minutes]


def forecast_minutes(
    before: list[Wait], *, waited: float = 0, place: int = 1, calendar: Calendar = ALWAYS
) -> float | None:
    """What is told to who has waited for so many minutes at noon."""
    since = NOON - timedelta(minutes=waited)
    seconds = forecast_s(before, calendar, since=since, place=place, now=NOON)
    return seconds if seconds is None else seconds / 60


def test_one_waits_as_the_last_ones_did() -> None:
    assert forecast_minutes(waits(2, 4, 12)) == 4


def test_what_was_waited_already_is_not_waited_again() -> None:
    assert forecast_minutes(waits(2, 4, 12), waited=1) == 3


def test_each_who_stands_before_adds_half() -> None:
    assert forecast_minutes(waits(2, 4, 12), place=3) == 8


def test_those_who_were_served_at_once_tell_nothing_of_who_waits() -> None:
    assert forecast_minutes(waits(0, 0, 0, 0, 0, 6, 6, 7), waited=1) == 5


def test_who_waits_longer_than_nearly_all_is_promised_nothing() -> None:
    assert forecast_minutes(waits(2, 4, 12), waited=5) is None
    assert forecast_minutes(waits(2, 4)) is None


def test_a_night_is_not_counted() -> None:
    opens = NOON.replace(hour=9)
    night = [(opens - timedelta(hours=10), opens + timedelta(minutes=one)) for one in (3, 5, 9)]
    assert forecast_minutes(night, waited=1, calendar=OFFICE) == 4
