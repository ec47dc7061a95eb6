"""Calendars are kept through the API, and say what they come to before they are saved."""

from dataclasses import replace
from typing import Any

import pytest

from router.calendars import DateException
from router.queueing import Shift
from router.staff import Role
from tests.clock import NOON
from tests.console.office import Office
from tests.console.test_settings import boss

DAY = [{"opens": 540, "closes": 1080}]
OFFICE = {
    "name": "Office",
    "timezone": "Europe/Moscow",
    "week": [DAY, DAY, DAY, DAY, DAY, [], []],
    "exceptions": [{"on": "2026-08-04", "intervals": [], "name": "Stocktaking"}],
    "holidays": {"country": "RU", "subdivision": None, "categories": ["public"]},
}
NIGHT = {**OFFICE, "week": [[{"opens": 1320, "closes": 1800}]] * 7, "holidays": None}


async def test_a_calendar_is_made_changed_and_deleted(office: Office) -> None:
    administrator = await boss(office)
    made = await administrator.does("POST", "/calendars", OFFICE, status=201)
    assert {name: made[name] for name in OFFICE} == OFFICE
    # Noon of a Saturday; Monday at nine in Moscow is six by UTC.
    assert made["opening"] == {"open": False, "until": "2026-08-03T06:00:00Z"}
    path = f"/calendars/{made['id']}"
    changed = await administrator.does("PUT", path, {**NIGHT, "name": "Night"})
    assert changed["opening"] == {"open": False, "until": "2026-08-01T19:00:00Z"}
    assert await administrator.gets("/calendars") == [changed]
    assert await administrator.refused("POST", "/calendars", NIGHT | {"name": "Night"}, status=400)
    await administrator.does("DELETE", path, status=204)
    assert await administrator.gets("/calendars") == []
    assert await administrator.refused("DELETE", path, status=404)
    assert await administrator.refused("PUT", path, OFFICE, status=404)


async def test_a_calendar_in_use_stays_and_says_who_has_it(office: Office) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    anna = await office.works("Anna", line)
    made = await administrator.does("POST", "/calendars", OFFICE, status=201)
    await administrator.does("PATCH", f"/lines/{line.id}", {"calendar_id": made["id"]})
    assert anna.operator is not None
    async with office.desk.storage.transaction() as tx:
        (calendar,) = await tx.calendars.all()
        hers = replace(anna.operator, shift=Shift.CALENDAR, calendar_id=calendar.id)
        await tx.operators.save(hers)
    answer = await administrator.ask("DELETE", f"/calendars/{made['id']}")
    problem = await answer.json()
    assert (answer.status, problem["code"]) == (400, "invalid")
    keepers = {f"lines.{line.id}", f"operators.{anna.operator.id}"}
    assert problem["fields"] == dict.fromkeys(keepers, "is in use")
    (shown,) = await administrator.gets("/calendars")
    assert shown["line_ids"] == [str(line.id)]
    assert shown["operator_ids"] == [str(anna.operator.id)]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"name": " "}, "name"),
        ({"timezone": "Moscow"}, "timezone"),
        ({"week": [DAY]}, "week"),
        ({"week": [[{"opens": 600, "closes": 540}], *[[]] * 6]}, "week.0.0.closes"),
        ({"week": [[*DAY, {"opens": 600, "closes": 660}], *[[]] * 6]}, "week.0.1"),
        (
            {"holidays": {"country": "XX", "subdivision": None, "categories": []}},
            "holidays.country",
        ),
        ({"exceptions": OFFICE["exceptions"] * 2}, "exceptions.1.on"),  # type: ignore[operator]
    ],
)
async def test_a_calendar_that_cannot_be_is_refused_at_its_place(
    office: Office, wrong: dict[str, Any], where: str
) -> None:
    administrator = await boss(office)
    for path in ("/calendars", "/calendars/preview"):
        answer = await administrator.ask("POST", path, OFFICE | wrong)
        if where == "name" and path.endswith("preview"):
            continue
        assert answer.status == 400
        assert where in next(iter((await answer.json())["fields"]))


async def test_a_preview_has_the_next_days_and_all_days_off_of_a_year(office: Office) -> None:
    administrator = await boss(office)
    seen = await administrator.does("POST", "/calendars/preview", OFFICE)
    assert seen["opening"] == {"open": False, "until": "2026-08-03T06:00:00Z"}
    assert [day["on"] for day in seen["days"]] == [f"2026-08-0{n}" for n in range(1, 8)]
    saturday, _, monday, tuesday = seen["days"][:4]
    assert (saturday["spans"], saturday["by"]) == ([], "week")
    span = {"opens_at": "2026-08-03T06:00:00Z", "closes_at": "2026-08-03T15:00:00Z"}
    assert monday["spans"] == [span]
    assert (tuesday["spans"], tuesday["by"], tuesday["name"]) == ([], "exception", "Stocktaking")
    unlike = {day["on"]: day["name"] for day in seen["unlike"]}
    assert min(unlike) == "2026-08-04"
    assert unlike["2026-11-04"] == "День народного единства"
    assert max(unlike) < f"{NOON.year + 1}-08-02"


async def test_a_night_shift_belongs_to_the_day_on_which_it_opens(office: Office) -> None:
    seen = await (await boss(office)).does("POST", "/calendars/preview", NIGHT)
    span = {"opens_at": "2026-08-01T19:00:00Z", "closes_at": "2026-08-02T03:00:00Z"}
    assert seen["days"][0]["spans"] == [span]


async def test_new_hours_let_time_look_at_the_lines_that_keep_them(office: Office) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    inbox = await office.desk.inbox(line)
    made = await administrator.does("POST", "/calendars", OFFICE, status=201)
    await administrator.does("PATCH", f"/lines/{line.id}", {"calendar_id": made["id"]})
    await office.desk.writes("Hi", inbox=inbox)
    await office.desk.clock.advance(60)
    await administrator.does("PUT", f"/calendars/{made['id']}", NIGHT)
    assert (await office.desk.conversation(inbox)).timer_at == office.desk.clock.now()


async def test_only_administrators_keep_calendars(office: Office) -> None:
    line = await office.desk.line()
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    anna = await office.works("Anna", line)
    assert await chief.refused("POST", "/calendars", OFFICE, status=403)
    assert await chief.gets("/calendars") == []
    assert await anna.refused("GET", "/calendars", status=403)


async def test_countries_with_known_holidays_are_told_with_their_parts(office: Office) -> None:
    found = await (await boss(office)).gets("/calendars/holidays")
    parts = {one["country"]: one["subdivisions"] for one in found}
    assert "BY" in parts["DE"]
    assert len(parts) > 100


# --- feeds ------------------------------------------------------------------------

SECRET = "webcal://calendar.example/private-0123/basic.ics"


async def test_a_calendar_gets_a_feed_whose_address_is_shown_to_nobody(office: Office) -> None:
    administrator = await boss(office)
    made = await administrator.does("POST", "/calendars", OFFICE, status=201)
    path = f"/calendars/{made['id']}/feed"
    wrong = {"url": "http://calendar.example/basic.ics"}
    assert await administrator.refused("PUT", path, wrong, status=400) == "invalid"
    assert await administrator.refused("PUT", path, {"free_too": True}, status=404)
    kept = await administrator.does("PUT", path, {"url": SECRET, "free_too": False})
    assert (kept["feed"]["host"], kept["feed"]["fetched_at"]) == ("calendar.example", None)
    assert "private-0123" not in str(await administrator.gets("/calendars"))
    changed = await administrator.does("PUT", path, {"free_too": True})
    assert changed["feed"]["free_too"] is True
    await administrator.does("POST", f"{path}/read")
    async with office.desk.storage.transaction() as tx:
        (calendar,) = await tx.calendars.all()
        off = (DateException(NOON.date(), name="Stocktaking"),)
        await tx.calendars.save(replace(calendar, off=off))
    # Whoever saves the hours does not lose what the feed says.
    await administrator.does("PUT", f"/calendars/{made['id']}", OFFICE)
    (shown,) = await administrator.gets("/calendars")
    assert shown["feed"]["days"] == 1
    look = await administrator.does(
        "POST", "/calendars/preview", {**OFFICE, "calendar_id": made["id"]}
    )
    assert (look["days"][0]["by"], look["days"][0]["name"]) == ("feed", "Stocktaking")
    dropped = await administrator.does("DELETE", path)
    assert dropped["feed"] is None
    async with office.desk.storage.reading() as tx:
        assert (await tx.calendars.all())[0].off == ()
    assert await administrator.refused("DELETE", path, status=404)


async def test_a_calendar_goes_with_its_feed(office: Office) -> None:
    administrator = await boss(office)
    made = await administrator.does("POST", "/calendars", OFFICE, status=201)
    await administrator.does("PUT", f"/calendars/{made['id']}/feed", {"url": SECRET})
    await administrator.does("DELETE", f"/calendars/{made['id']}", status=204)
    async with office.desk.storage.reading() as tx:
        assert await tx.feeds.all() == {}
