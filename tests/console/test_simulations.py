"""Simulations that supervisors ask for: `console.api.simulations`."""

from typing import Any

from queues.simulator.work import Simulations
from router.model import Line
from router.queueing import Queueing
from router.reactions import SIMULATE
from router.staff import Role
from tests.console.office import Office, Seat

DRAWN = {"first": "2026-08-03", "days": 1, "an_hour": 12, "handling_s": 240}
FREE = {"waiting", "running"}


def works(office: Office) -> None:
    desk = office.desk
    simulations = Simulations(desk.storage, desk.clock, database=desk.url)
    desk.steps[SIMULATE] = simulations.step


async def chief_of(office: Office, *lines: Line) -> Seat:
    return await office.works("Chief", *lines, role=Role.SUPERVISOR)


async def changed(seat: Seat, line: Line, **queueing: Any) -> dict[str, Any]:
    """A line's change, as a form sends it."""
    detail = await seat.gets(f"/lines/{line.id}")
    return {"queueing": detail["queueing"] | queueing}


async def test_supervisor_sees_what_other_settings_would_have_come_to(office: Office) -> None:
    line = await office.desk.line()
    chief = await chief_of(office, line)
    works(office)
    change = await changed(chief, line, strategy="least_busy")
    body = {"line_id": str(line.id), "change": change, "more_operators": 2, "drawn": DRAWN}
    asked = await chief.does("POST", "/simulations", body, status=201)
    assert (asked["state"], asked["percent"], asked["result"]) == ("waiting", 0, None)
    assert asked["change"]["queueing"]["strategy"] == "least_busy"
    office.desk.clock.move(1)
    await office.desk.works()
    found = await chief.gets(f"/simulations/{asked['id']}")
    assert found["state"] == "done"
    before, after = found["result"]["before"], found["result"]["after"]
    assert [one["name"] for one in after["people"]] == ["Chief", "+1", "+2"]
    assert after["waits"]["p90_s"] < before["waits"]["p90_s"]
    assert len(before["by_hour"]) == 24
    assert [one["id"] for one in await chief.gets("/simulations")] == [asked["id"]]
    # Nothing of the line has changed by it.
    assert (await chief.gets(f"/lines/{line.id}"))["strategy"] == "round_robin"


async def test_recorded_days_are_those_on_which_something_was(office: Office) -> None:
    desk = office.desk
    line = await desk.line(queueing=Queueing())
    chief = await chief_of(office, line)
    works(office)
    assert await chief.gets(f"/lines/{line.id}/recorded") == {"first": None, "last": None}
    inbox = await desk.inbox(line)
    await desk.writes(inbox=inbox)
    span = await chief.gets(f"/lines/{line.id}/recorded")
    assert span["first"] == span["last"] == desk.clock.now().date().isoformat()
    body = {"line_id": str(line.id), "recorded": span}
    asked = await chief.does("POST", "/simulations", body, status=201)
    desk.clock.move(1)
    await desk.works()
    found = await chief.gets(f"/simulations/{asked['id']}")
    assert found["result"]["before"]["came"] == 1
    assert found["result"]["before"] == found["result"]["after"]


async def test_what_is_cancelled_is_not_lived_through(office: Office) -> None:
    line = await office.desk.line()
    chief = await chief_of(office, line)
    works(office)
    body = {"line_id": str(line.id), "drawn": DRAWN}
    asked = await chief.does("POST", "/simulations", body, status=201)
    path = f"/simulations/{asked['id']}"
    assert (await chief.does("POST", f"{path}/cancel"))["state"] == "cancelled"
    office.desk.clock.move(1)
    await office.desk.works()
    assert (await chief.gets(path))["result"] is None
    # Once more is once.
    assert (await chief.does("POST", f"{path}/cancel"))["state"] == "cancelled"


async def test_only_who_supervises_the_line_may_ask_and_see(office: Office) -> None:
    line, other = await office.desk.line(), await office.desk.line("other")
    anna, chief = await office.works("Anna", line), await chief_of(office, line)
    stranger = await office.works("Stranger", other, role=Role.SUPERVISOR)
    body = {"line_id": str(line.id), "drawn": DRAWN}
    asked = await chief.does("POST", "/simulations", body, status=201)
    path = f"/simulations/{asked['id']}"
    assert await anna.refused("POST", "/simulations", body, status=403) == "forbidden"
    assert await anna.refused("GET", "/simulations", status=403) == "forbidden"
    for method, where in (("GET", path), ("POST", f"{path}/cancel")):
        assert await stranger.refused(method, where, status=404) == "not_found"
    assert await stranger.refused("POST", "/simulations", body, status=404) == "not_found"
    assert await stranger.gets("/simulations") == []
    beside = {"first": "2026-08-01", "last": "2026-08-02", "beside": [str(other.id)]}
    sly = {"line_id": str(line.id), "recorded": beside}
    assert await chief.refused("POST", "/simulations", sly, status=404) == "not_found"


async def test_what_cannot_be_is_named_at_its_field(office: Office) -> None:
    line = await office.desk.line()
    chief = await chief_of(office, line)
    given = {"line_id": str(line.id)}

    async def wrong(**more: Any) -> dict[str, str]:
        answer = await chief.ask("POST", "/simulations", given | more)
        assert answer.status == 400
        fields: dict[str, str] = (await answer.json())["fields"]
        return fields

    assert await wrong() == {"recorded": "is missing"}
    days = {"first": "2026-08-03", "last": "2026-08-02"}
    assert await wrong(recorded=days) == {"recorded.last": "is before the first"}
    long = {"first": "2026-01-01", "last": "2026-08-02"}
    assert "recorded.last" in await wrong(recorded=long)
    assert "drawn.an_hour" in await wrong(drawn=DRAWN | {"an_hour": 0})
    much = await changed(chief, line, min_gap_s=10**9)
    assert "change.queueing.min_gap_s" in await wrong(drawn=DRAWN, change=much)


async def test_no_more_wait_than_a_day_can_live_through(office: Office) -> None:
    line = await office.desk.line()
    chief = await chief_of(office, line)
    body = {"line_id": str(line.id), "drawn": DRAWN}
    for _ in range(10):
        await chief.does("POST", "/simulations", body, status=201)
    assert await chief.refused("POST", "/simulations", body, status=409) == "full"
