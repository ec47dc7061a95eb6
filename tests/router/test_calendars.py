"""Calendars as people write them and as they are kept: `router.calendars`."""

from copy import deepcopy
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest

from router.calendars import (
    ALWAYS,
    Calendar,
    DateException,
    HolidaySet,
    Interval,
    from_json,
    to_json,
)
from router.errors import Invalid
from router.ids import CalendarId

SHOP = Calendar(
    CalendarId(UUID(int=1)),
    "Sales",
    "Europe/Berlin",
    week=((Interval(540, 780), Interval(840, 1080)), (), (), (), (Interval(1320, 1800),), (), ()),
    exceptions=(DateException(date(2026, 12, 24), (Interval(540, 720),), "Christmas Eve"),),
    holidays=HolidaySet("DE", "BY", ("public", "catholic")),
    off=(DateException(date(2026, 12, 28), name="Stocktaking"),),
)
WRITTEN: dict[str, Any] = {
    "id": "00000000-0000-0000-0000-000000000001",
    "name": "Sales",
    "timezone": "Europe/Berlin",
    "week": [
        [{"opens": 540, "closes": 780}, {"opens": 840, "closes": 1080}],
        [],
        [],
        [],
        [{"opens": 1320, "closes": 1800}],
        [],
        [],
    ],
    "exceptions": [
        {
            "on": "2026-12-24",
            "intervals": [{"opens": 540, "closes": 720}],
            "name": "Christmas Eve",
        }
    ],
    "holidays": {"country": "DE", "subdivision": "BY", "categories": ["public", "catholic"]},
    "off": [{"on": "2026-12-28", "intervals": [], "name": "Stocktaking"}],
}


def problems(written: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        from_json(written)
    return caught.value.fields


def with_week(*days: list[tuple[int, int]]) -> dict[str, Any]:
    """What is written of a calendar with these days, and free ones after them."""
    week = [[{"opens": opens, "closes": closes} for opens, closes in day] for day in days]
    return WRITTEN | {"week": week + [[] for _ in range(7 - len(week))]}


def test_a_calendar_is_kept_as_it_is_written() -> None:
    assert to_json(SHOP) == WRITTEN
    assert from_json(orjson.loads(orjson.dumps(to_json(SHOP)))) == SHOP
    assert from_json(to_json(ALWAYS)) == ALWAYS


def test_exceptions_and_holidays_may_be_left_out() -> None:
    written = {key: WRITTEN[key] for key in ("id", "name", "timezone", "week")}
    assert from_json(written).exceptions == ()
    assert from_json(written).holidays is None


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["id"], "shop", {"id": "is no id"}),
        (["name"], "n" * 201, {"name": "is longer than 200 characters"}),
        (["timezone"], "Europe/Atlantis", {"timezone": "is no time zone"}),
        (["timezone"], "../../etc/passwd", {"timezone": "is no time zone"}),
        (["timezone"], "/etc/localtime", {"timezone": "is no time zone"}),
        (["timezone"], "Europe", {"timezone": "is no time zone"}),
        (["timezone"], "", {"timezone": "is no time zone"}),
        (["week", 1], None, {"week.1": "is not right"}),
        (["week", 0, 0, "opens"], -1, {"week.0.0.opens": "is less than 0"}),
        (["week", 0, 0, "opens"], 1440, {"week.0.0.opens": "is more than 1439"}),
        (["week", 0, 0, "opens"], "nine", {"week.0.0.opens": "is no number"}),
        (["week", 0, 0, "closes"], 540, {"week.0.0.closes": "is not after the opening"}),
        (["week", 0, 1, "closes"], 2281, {"week.0.1.closes": "is more than a day after the opening"}),
        (["week", 0, 1, "closes"], 2881, {"week.0.1.closes": "is more than 2880"}),
        (["exceptions", 0, "on"], "24 December", {"exceptions.0.on": "is no date"}),
        (
            ["exceptions", 0, "intervals", 0, "closes"],
            500,
            {"exceptions.0.intervals.0.closes": "is not after the opening"},
        ),
        (
            ["holidays", "country"],
            "SU",
            {"holidays.country": "is no country whose holidays are known"},
        ),
        (
            ["holidays", "subdivision"],
            "MOW",
            {"holidays.subdivision": "is no part of this country whose holidays are known"},
        ),
        (["holidays", "categories", 1], "bank", {"holidays.categories.1": "is none of the choices"}),
    ],
)  # fmt: skip
def test_each_mistake_is_named_by_its_place(
    path: list[Any], value: Any, said: dict[str, str]
) -> None:
    written = deepcopy(WRITTEN)
    *parents, last = path
    place: Any = written
    for part in parents:
        place = place[part]
    place[last] = value
    assert problems(written) == said


def test_a_week_has_seven_days() -> None:
    assert problems(WRITTEN | {"week": [[]] * 6}) == {"week.6": "is missing"}
    assert problems(WRITTEN | {"week": [[]] * 8}) == {"week": "has more than 7 entries"}


def test_intervals_of_a_day_do_not_overlap_in_whatever_order_they_stand() -> None:
    overlapping = with_week([(840, 1080), (540, 841)])
    assert problems(overlapping) == {"week.0.0": "overlaps another interval"}
    assert from_json(with_week([(840, 1080), (540, 840)])).week[0][0] == Interval(840, 1080)


def test_a_night_does_not_overlap_the_next_morning() -> None:
    assert problems(with_week([(1320, 1801)], [(360, 600)])) == {
        "week.1.0": "overlaps another interval"
    }
    assert from_json(with_week([(1320, 1800)], [(360, 600)])).week[1] == (Interval(360, 600),)


def test_sunday_night_does_not_overlap_monday() -> None:
    week: list[list[tuple[int, int]]] = [[(300, 600)], [], [], [], [], [], [(1320, 1800)]]
    assert problems(with_week(*week)) == {"week.0.0": "overlaps another interval"}


def test_a_day_has_one_exception() -> None:
    days = [{"on": "2026-12-31"}, {"on": "2027-01-01"}, {"on": "2026-12-31"}]
    assert problems(WRITTEN | {"exceptions": days}) == {
        "exceptions.2.on": "is a day that stands here twice"
    }


def test_all_mistakes_are_told_at_once() -> None:
    written = with_week([(600, 500)]) | {"timezone": "Nowhere", "holidays": {"country": "??"}}
    assert set(problems(written)) == {"week.0.0.closes", "timezone", "holidays.country"}
