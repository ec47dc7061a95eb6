"""Departments, and the queues that hold them. `queue_members` is the flat queue that comes of it."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from router.ids import DepartmentId, LineId, OperatorId
from router.staff import Department, QueueEntry
from router.storage.engine import Connection
from router.storage.tables.desk import (
    department_members,
    departments,
    queue_entries,
    queue_members,
)

members = department_members.c


class Departments:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, department_id: DepartmentId) -> Department | None:
        found = await self._where(departments.c.id == department_id)
        return found[0] if found else None

    async def all(self) -> list[Department]:
        return await self._where(sa.true())

    async def insert(self, department: Department) -> None:
        row = {"id": department.id, "name": department.name}
        await self._connection.run(sa.insert(departments), [row])
        await self._write_members(department)

    async def save(self, department: Department) -> list[LineId]:
        """Gives the lines whose queues are others now."""
        await self._connection.run(
            sa.update(departments)
            .where(departments.c.id == department.id)
            .values(name=department.name)
        )
        await self._connection.run(
            sa.delete(department_members).where(members.department_id == department.id)
        )
        await self._write_members(department)
        return await self._rewrite(department.id)

    async def delete(self, department_id: DepartmentId) -> list[LineId]:
        """It goes from the queues, too; gives the lines whose queues are others now."""
        lines = await self._lines_with(department_id)
        for table in (queue_entries, department_members):
            await self._connection.run(
                sa.delete(table).where(table.c.department_id == department_id)
            )
        await self._connection.run(sa.delete(departments).where(departments.c.id == department_id))
        for line_id in lines:
            await self.flatten(line_id)
        return lines

    # --- queues -------------------------------------------------------------

    async def flatten(self, line_id: LineId) -> None:
        """Write the flat queue of a line that has entries. Who is named twice stands where first."""
        entries = await entries_of(self._connection, line_id)
        named = [one.department_id for one in entries if one.department_id is not None]
        within = await self._members(named)
        flat: list[OperatorId] = []
        for entry in entries:
            if entry.operator_id is not None:
                flat.append(entry.operator_id)
            elif entry.department_id is not None:
                flat += within.get(entry.department_id, [])
        await write_queue(self._connection, line_id, flat)

    async def _rewrite(self, department_id: DepartmentId) -> list[LineId]:
        lines = await self._lines_with(department_id)
        for line_id in lines:
            await self.flatten(line_id)
        return lines

    async def _lines_with(self, department_id: DepartmentId) -> list[LineId]:
        query = (
            sa.select(queue_entries.c.line_id)
            .where(queue_entries.c.department_id == department_id)
            .distinct()
            .order_by(queue_entries.c.line_id)
        )
        return [row.line_id for row in await self._connection.rows(query)]

    async def _write_members(self, department: Department) -> None:
        rows = [
            {"department_id": department.id, "operator_id": one, "position": position}
            for position, one in enumerate(dict.fromkeys(department.members))
        ]
        if rows:
            await self._connection.run(sa.insert(department_members), rows)

    async def _members(
        self, ids: Iterable[DepartmentId]
    ) -> Mapping[DepartmentId, list[OperatorId]]:
        query = (
            sa.select(department_members)
            .where(members.department_id.in_(list(ids)))
            .order_by(members.department_id, members.position)
        )
        found: dict[DepartmentId, list[OperatorId]] = {}
        for row in await self._connection.rows(query):
            found.setdefault(row.department_id, []).append(row.operator_id)
        return found

    async def _where(self, condition: sa.ColumnElement[bool]) -> list[Department]:
        query = (
            sa.select(departments).where(condition).order_by(departments.c.name, departments.c.id)
        )
        rows = await self._connection.rows(query)
        within = await self._members(row.id for row in rows)
        return [Department(row.id, row.name, tuple(within.get(row.id, ()))) for row in rows]


async def entries_of(connection: Connection, line_id: LineId) -> list[QueueEntry]:
    query = (
        sa.select(queue_entries)
        .where(queue_entries.c.line_id == line_id)
        .order_by(queue_entries.c.position)
    )
    return [QueueEntry(row.operator_id, row.department_id) for row in await connection.rows(query)]


async def write_entries(
    connection: Connection, line_id: LineId, entries: Sequence[QueueEntry]
) -> None:
    await connection.run(sa.delete(queue_entries).where(queue_entries.c.line_id == line_id))
    rows = [
        {
            "line_id": line_id,
            "position": position,
            "operator_id": entry.operator_id,
            "department_id": entry.department_id,
        }
        for position, entry in enumerate(dict.fromkeys(entries))
    ]
    if rows:
        await connection.run(sa.insert(queue_entries), rows)


async def write_queue(
    connection: Connection, line_id: LineId, operator_ids: Sequence[OperatorId]
) -> None:
    await connection.run(sa.delete(queue_members).where(queue_members.c.line_id == line_id))
    rows = [
        {"line_id": line_id, "operator_id": one, "position": position}
        for position, one in enumerate(dict.fromkeys(operator_ids))
    ]
    if rows:
        await connection.run(sa.insert(queue_members), rows)
