"""Statements that the driver runs: they find and change what SQLAlchemy's execution does."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from router.ids import OperatorId, new_id
from router.staff import Load
from router.storage.built import Built, Kept
from router.storage.choosing import kept_members
from router.storage.rows import fields, load_of
from router.storage.statements import OF_IDS
from router.storage.tables.routing import operator_load
from router.storage.tables.talk import conversations
from tests.clock import NOON
from tests.desk import Desk

held = operator_load.c
c = conversations.c
LOADS = Built(
    sa.select(operator_load).where(held.operator_id.in_(OF_IDS)).order_by(held.operator_id),
    lists=("of_ids",),
)
GIVEN = Built(
    sa.update(operator_load)
    .where(held.operator_id == sa.bindparam("whose"))
    .values(open_count=held.open_count + 1, given_at=sa.bindparam("at", type_=held.given_at.type))
)
OF_STATES = Built(
    sa.select(c.id, c.title, c.state, c.skills, c.silent, c.opened_at, sa.func.count().over())
    .where(c.state.in_(["waiting", "open"]), c.line_id == sa.bindparam("of_line"))
    .order_by(c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


async def loads_of(desk: Desk, count: int) -> list[OperatorId]:
    return sorted([(await desk.operator(f"Anna-{number}")).id for number in range(count)])


async def same(desk: Desk, built: Built, given: Mapping[str, Any]) -> list[Any]:
    """Its rows, in a transaction and in a reading, which are those of the plain statement."""
    async with desk.storage.transaction() as tx:
        plain = await tx.connection.rows(built.statement, given)
        found = await tx.connection.rows(built, given)
    async with desk.storage.reading() as tx:
        read = await tx.connection.rows(built, given)
    assert [tuple(one) for one in found] == [tuple(one) for one in plain]
    assert [tuple(one) for one in read] == [tuple(one) for one in plain]
    return list(found)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 9])
async def test_a_list_has_any_length(either_desk: Desk, count: int) -> None:
    ids = await loads_of(either_desk, 9)
    found = await same(either_desk, LOADS, {"of_ids": ids[:count]})
    assert [one.operator_id for one in found] == ids[:count]


async def test_a_row_has_names_and_every_type_of_value(either_desk: Desk) -> None:
    desk = either_desk
    line = await desk.line()
    inbox = await desk.inbox(line)
    for number in range(3):
        await desk.writes(inbox=inbox, who=f"visitor-{number}", name="Anna")
    found = await same(desk, OF_STATES, {"of_line": line.id, "most": 2})
    assert [(one.title, one.state, one.skills, one.silent) for one in found] == [
        ("Anna", "waiting", [], False)
    ] * 2
    assert fields(found[0])["opened_at"] == desk.clock.now()
    assert found[0][-1] == 3


async def test_a_change_says_how_many_it_changed(either_desk: Desk) -> None:
    ids = await loads_of(either_desk, 1)
    async with either_desk.storage.transaction() as tx:
        assert await tx.connection.run(GIVEN, {"whose": ids[0], "at": None}) == 1
        assert await tx.connection.run(GIVEN, {"whose": ids[0], "at": NOON}) == 1
        assert await tx.connection.run(GIVEN, {"whose": new_id(), "at": NOON}) == 0
    async with either_desk.storage.reading() as tx:
        load = (await tx.loads.all())[ids[0]]
    assert (load.open_count, load.given_at) == (2, NOON)


async def test_a_parameter_that_is_missing_is_a_mistake(desk: Desk) -> None:
    async with desk.storage.transaction() as tx:
        with pytest.raises(KeyError):
            await tx.connection.rows(OF_STATES, {"most": 1})


async def test_a_row_that_is_found_again_is_the_same_value(either_desk: Desk) -> None:
    ids = await loads_of(either_desk, 3)
    kept = Kept(load_of)

    async def found(*some: OperatorId) -> dict[OperatorId, Load]:
        async with either_desk.storage.transaction() as tx:
            values = await tx.connection.kept(LOADS, {"of_ids": list(some)}, kept)
        async with either_desk.storage.reading() as tx:
            read = await tx.connection.kept(LOADS, {"of_ids": list(some)}, Kept(load_of))
        assert values == read
        return {one.operator_id: one for one in values}

    first = await found(*ids)
    async with either_desk.storage.transaction() as tx:
        await tx.connection.run(GIVEN, {"whose": ids[1], "at": NOON})
    second = await found(*ids)
    assert [second[one] is first[one] for one in ids] == [True, False, True]
    assert second[ids[1]].given_at == NOON
    await found(ids[0])
    third = await found(*ids)
    assert [third[one] is second[one] for one in ids] == [True, False, False]


async def test_lists_in_a_row_tell_it_from_another(either_desk: Desk) -> None:
    line = await either_desk.line()
    anna = await either_desk.operator("Anna", line)
    kept, now = kept_members(), either_desk.clock.now()

    async def skills() -> list[tuple[str, ...]]:
        async with either_desk.storage.transaction() as tx:
            crew = await tx.choosing.crew(line.id, now=now, kept=kept)
        return [one.operator.skills for one in crew]

    assert await skills() == [()]
    async with either_desk.storage.transaction() as tx:
        await tx.operators.save(replace(anna, skills=("boats",)))
    assert await skills() == [("boats",)]
