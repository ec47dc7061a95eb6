"""What a line would do now: who can take one more, and where a message would go."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from queues import attendance
from router.queueing import Queueing, Shift
from router.staff import Role, Status
from tests.console.office import Office

RULE: dict[str, Any] = {
    "name": "large", "channels": [], "tiers": [], "languages": [], "words": [], "sources": [],
    "crm": [{"field": "turnover", "op": ">=", "value": 1000}], "hours": "any", "to_line": None,
    "head_start_s": 60, "language": None, "skills": ["wholesale"], "active": True,
}  # fmt: skip


async def test_who_has_room_now_goes_by_leaves_breaks_and_the_clock(office: Office) -> None:
    line = await office.desk.line(queueing=Queueing(auto_accept=True))
    chief = await office.works("Chief", line, role=Role.SUPERVISOR, max_conversations=2)
    seats = {
        name: await office.works(name, line, status=status)
        for name, status in (
            ("Anna", Status.AVAILABLE), ("Boris", Status.AVAILABLE), ("Vera", Status.AWAY),
        )
    }  # fmt: skip
    ids = {name: seat.operator.id for name, seat in seats.items() if seat.operator}
    now, desk = office.desk.clock.now(), office.desk
    async with desk.storage.transaction() as tx:
        back = now + timedelta(hours=2)
        await attendance.take_leave(tx, ids["Anna"], from_at=now, until_at=back, reason="", now=now)
        boris = await tx.operators.get(ids["Boris"])
        assert boris is not None
        await tx.operators.save(replace(boris, shift=Shift.CLOCK))
    crew = {one["operator_id"]: one for one in await chief.gets(f"/lines/{line.id}/crew")}
    assert chief.operator is not None
    assert crew[str(chief.operator.id)]["why_not"] is None
    assert crew[str(chief.operator.id)]["room"] == 2
    whys = {name: crew[str(id_)]["why_not"] for name, id_ in ids.items()}
    assert whys == {"Anna": "on_leave", "Boris": "off_shift", "Vera": "not_available"}
    assert crew[str(ids["Anna"])]["until"] == back.isoformat().replace("+00:00", "Z")


async def test_rules_are_tried_before_they_are_saved(office: Office) -> None:
    line, other = await office.desk.line(), await office.desk.line("other")
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    path = f"/lines/{line.id}/rules/try"
    rule = RULE | {"to_line": str(other.id)}
    message = {"text": "Hello", "fields": {"turnover": 5000}}
    found = await chief.does("POST", path, message | {"rules": [rule]})
    assert found == {
        "rule": "large", "to_line": str(other.id), "head_start_s": 60, "language": None,
        "skills": ["wholesale"], "open": True,
    }  # fmt: skip
    found = await chief.does("POST", path, {"rules": [rule]})
    assert (found["rule"], found["to_line"]) == (None, None)
    # Nothing was saved: the line has no rules.
    assert (await chief.does("POST", path, message))["rule"] is None


async def test_a_line_is_tried_by_who_supervises_it(office: Office) -> None:
    line, other = await office.desk.line(), await office.desk.line("other")
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    anna = await office.works("Anna", line)
    assert await anna.refused("GET", f"/lines/{line.id}/crew", status=403)
    assert await chief.refused("GET", f"/lines/{other.id}/crew", status=404)
    assert await chief.refused("POST", f"/lines/{uuid4()}/rules/try", {}, status=404)


async def test_somebody_new_comes_with_skills_languages_and_a_shift(office: Office) -> None:
    administrator = await office.works("Boss", role=Role.ADMINISTRATOR)
    somebody = {"email": "new@example.com", "name": "New", "skills": [" law ", "law"]}
    body = somebody | {"languages": ["de"], "shift": "clock"}
    made = (await administrator.does("POST", "/operators", body, status=201))["operator"]
    assert (made["skills"], made["languages"], made["shift"]) == (["law"], ["de"], "clock")
    wrong = somebody | {"email": "other@example.com", "shift": "calendar"}
    answer = await administrator.ask("POST", "/operators", wrong)
    assert (await answer.json())["fields"] == {"calendar_id": "is missing"}
