"""Departments are kept through the API, and the queues in which they stand follow."""

from typing import Any
from uuid import uuid4

import pytest

from router.staff import Role
from tests.console.office import Office
from tests.console.test_settings import boss


async def test_a_department_stands_in_a_queue_and_the_queue_follows_it(office: Office) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    anna, boris = await office.works("Anna"), await office.works("Boris")
    assert anna.operator is not None
    assert boris.operator is not None
    ids = [str(anna.operator.id), str(boris.operator.id)]
    sales = {"name": " Sales ", "operator_ids": ids}
    made = await administrator.does("POST", "/departments", sales, status=201)
    assert (made["name"], made["operator_ids"], made["line_ids"]) == ("Sales", ids, [])
    queue = {"queue": [{"operator_id": None, "department_id": made["id"]}]}
    await administrator.does("PATCH", f"/lines/{line.id}", queue)
    path = f"/departments/{made['id']}"
    turned = {"name": "Sales", "operator_ids": ids[::-1]}
    changed = await administrator.does("PUT", path, turned)
    assert (changed["operator_ids"], changed["line_ids"]) == (ids[::-1], [str(line.id)])
    assert (await anna.gets("/lines"))[0]["operator_ids"] == ids[::-1]
    assert await administrator.gets("/departments") == [changed]
    await administrator.does("DELETE", path, status=204)
    assert (await anna.gets("/lines"))[0]["operator_ids"] == []
    assert await administrator.refused("DELETE", path, status=404)
    assert await administrator.refused("PUT", path, turned, status=404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " ", "operator_ids": []},
        {"name": "Sales", "operator_ids": []},
        {"name": "Other", "operator_ids": [str(uuid4())]},
    ],
)
async def test_a_department_that_cannot_be_is_not_made(
    office: Office, wrong: dict[str, Any]
) -> None:
    administrator = await boss(office)
    sales = {"name": "Sales", "operator_ids": []}
    await administrator.does("POST", "/departments", sales, status=201)
    assert await administrator.refused("POST", "/departments", wrong, status=400) == "invalid"


async def test_only_administrators_keep_departments(office: Office) -> None:
    line = await office.desk.line()
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    anna = await office.works("Anna", line)
    sales = {"name": "Sales", "operator_ids": []}
    assert await chief.refused("POST", "/departments", sales, status=403)
    assert await chief.gets("/departments") == []
    assert await anna.refused("GET", "/departments", status=403)
