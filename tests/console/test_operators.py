"""What operators speak, can, when they work and who stands in for them is kept through the API."""

from typing import Any
from uuid import uuid4

import pytest

from router.staff import Role
from tests.console.office import Office
from tests.console.test_calendars import OFFICE
from tests.console.test_settings import boss


async def test_an_operators_work_is_changed_and_shown(office: Office) -> None:
    administrator = await boss(office)
    anna, boris = await office.works("Anna"), await office.works("Boris")
    assert anna.operator is not None
    assert boris.operator is not None
    hers = f"/operators/{anna.operator.id}"
    calendar = await administrator.does("POST", "/calendars", OFFICE, status=201)
    change = {
        "languages": ["ru", "en"],
        "skills": ["returns"],
        "shift": "calendar",
        "calendar_id": calendar["id"],
        "deputy_id": str(boris.operator.id),
    }
    changed = await administrator.does("PATCH", hers, change)
    assert {name: changed[name] for name in change} == change
    again = await administrator.does("PATCH", hers, {"name": "Anna B.", "skills": None})
    assert {name: again[name] for name in change} == change
    freed = {"shift": "clock", "calendar_id": None, "deputy_id": None}
    cleared = await administrator.does("PATCH", hers, freed)
    assert {name: cleared[name] for name in freed} == freed


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"shift": "calendar"}, "calendar_id"),
        ({"calendar_id": str(uuid4())}, "calendar_id"),
        ({"deputy_id": str(uuid4())}, "deputy_id"),
        ({"deputy_id": "self"}, "deputy_id"),
        ({"shift": "never"}, "shift"),
        ({"skills": [""]}, "skills.0"),
    ],
)
async def test_work_that_cannot_be_is_refused(
    office: Office, wrong: dict[str, Any], field: str
) -> None:
    administrator, anna = await boss(office), await office.works("Anna")
    assert anna.operator is not None
    mine = {name: str(anna.operator.id) if it == "self" else it for name, it in wrong.items()}
    answer = await administrator.ask("PATCH", f"/operators/{anna.operator.id}", mine)
    assert answer.status == 400
    assert list((await answer.json())["fields"]) == [field]


async def test_only_administrators_say_when_somebody_works(office: Office) -> None:
    line = await office.desk.line()
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    anna = await office.works("Anna", line)
    assert anna.operator is not None
    for seat in (chief, anna):
        for change in ({"shift": "clock"}, {"skills": ["german"]}):
            assert await seat.refused("PATCH", f"/operators/{anna.operator.id}", change, status=403)


async def test_lines_of_an_operator_leave_the_departments_of_their_queues(office: Office) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    anna, boris = await office.works("Anna"), await office.works("Boris")
    assert anna.operator is not None
    assert boris.operator is not None
    sales = {"name": "Sales", "operator_ids": [str(anna.operator.id)]}
    made = await administrator.does("POST", "/departments", sales, status=201)
    department = {"operator_id": None, "department_id": made["id"]}
    await administrator.does("PATCH", f"/lines/{line.id}", {"queue": [department]})
    his = f"/operators/{boris.operator.id}"
    await administrator.does("PATCH", his, {"line_ids": [str(line.id)]})
    own = {"operator_id": str(boris.operator.id), "department_id": None}
    assert (await administrator.gets(f"/lines/{line.id}"))["queue"] == [department, own]
    await administrator.does("PATCH", his, {"line_ids": []})
    assert (await administrator.gets(f"/lines/{line.id}"))["queue"] == [department]
    hers = f"/operators/{anna.operator.id}"
    assert await administrator.refused("PATCH", hers, {"line_ids": []}, status=400) == "invalid"
