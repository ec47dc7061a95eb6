"""Calendars, leaves, and the clock that operators come and go by."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.calendars import Calendar, from_json, to_json
from router.ids import CalendarId, LeaveId, LineId, OperatorId, new_id
from router.staff import ClockEntry, ClockKind, Leave, Status
from router.storage.engine import Connection
from router.storage.rows import fields
from router.storage.statements import insert
from router.storage.tables.desk import calendar_feeds, calendars, leaves, lines, operators
from router.storage.tables.routing import presence, shifts

OPEN_END = leaves.c.until_at.is_(None)
MIRRORS = {ClockKind.WORK: presence.c.clocked_in_at, ClockKind.BREAK: presence.c.break_since}


class Calendars:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, calendar_id: CalendarId) -> Calendar | None:
        return (await self.of([calendar_id])).get(calendar_id)

    async def of(self, ids: Iterable[CalendarId]) -> dict[CalendarId, Calendar]:
        query = sa.select(calendars).where(calendars.c.id.in_(list(ids)))
        return {row.id: from_json(row.settings) for row in await self._connection.rows(query)}

    async def all(self) -> list[Calendar]:
        query = sa.select(calendars).order_by(calendars.c.name, calendars.c.id)
        return [from_json(row.settings) for row in await self._connection.rows(query)]

    async def insert(self, calendar: Calendar) -> None:
        await self._connection.run(sa.insert(calendars), [_calendar_row(calendar)])

    async def save(self, calendar: Calendar) -> None:
        row = _calendar_row(calendar)
        await self._connection.run(
            sa.update(calendars).where(calendars.c.id == row.pop("id")).values(row)
        )

    async def delete(self, calendar_id: CalendarId) -> bool:
        """False, and it stays, if a line or an operator has it, or there is none."""
        used = [
            sa.select(table.c.id).where(table.c.calendar_id == calendar_id).exists()
            for table in (lines, operators)
        ]
        unused = sa.select(calendars.c.id).where(calendars.c.id == calendar_id, ~sa.or_(*used))
        await self._connection.run(
            sa.delete(calendar_feeds).where(calendar_feeds.c.calendar_id.in_(unused))
        )
        statement = sa.delete(calendars).where(calendars.c.id == calendar_id, ~sa.or_(*used))
        return await self._connection.run(statement) == 1

    async def lines(self, calendar_id: CalendarId) -> list[LineId]:
        query = sa.select(lines.c.id).where(lines.c.calendar_id == calendar_id)
        return sorted(row.id for row in await self._connection.rows(query))

    async def operators(self, calendar_id: CalendarId) -> list[OperatorId]:
        query = sa.select(operators.c.id).where(operators.c.calendar_id == calendar_id)
        return sorted(row.id for row in await self._connection.rows(query))


class Leaves:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def insert(self, leave: Leave) -> None:
        row = {name: getattr(leave, name) for name in Leave.__slots__}
        await self._connection.run(sa.insert(leaves), [row])

    async def get(self, leave_id: LeaveId) -> Leave | None:
        rows = await self._connection.rows(sa.select(leaves).where(leaves.c.id == leave_id))
        return _leave_of(rows[0]) if rows else None

    async def end(self, leave_id: LeaveId, *, at: datetime) -> bool:
        """False if it has ended before then."""
        statement = (
            sa.update(leaves)
            .where(leaves.c.id == leave_id, sa.or_(OPEN_END, leaves.c.until_at > at))
            .values(until_at=at)
        )
        return await self._connection.run(statement) == 1

    async def of_operator(self, operator_id: OperatorId) -> list[Leave]:
        """The latest first."""
        query = (
            sa.select(leaves)
            .where(leaves.c.operator_id == operator_id)
            .order_by(leaves.c.from_at.desc(), leaves.c.id.desc())
        )
        return [_leave_of(row) for row in await self._connection.rows(query)]

    async def current(self, now: datetime) -> dict[OperatorId, Leave]:
        """Who is on leave now."""
        query = (
            sa.select(leaves)
            .where(leaves.c.from_at <= now, sa.or_(OPEN_END, leaves.c.until_at > now))
            .order_by(leaves.c.from_at)
        )
        return {row.operator_id: _leave_of(row) for row in await self._connection.rows(query)}

    async def next_change(self, now: datetime) -> datetime | None:
        """When the next leave begins or ends; None if none will."""
        times = [
            sa.select(sa.func.min(time, type_=time.type).label("at")).where(time > now)
            for time in (leaves.c.from_at, leaves.c.until_at)
        ]
        rows = await self._connection.rows(sa.union_all(*times))
        return min((row.at for row in rows if row.at is not None), default=None)


class ClockLog:
    """Who clocked in and out, and had breaks; what runs stands in their presence, too."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def start(self, operator_id: OperatorId, kind: ClockKind, *, at: datetime) -> bool:
        """False if it runs already."""
        statement = insert(self._connection.dialect, shifts).on_conflict_do_nothing()
        row = {
            "id": new_id(),
            "operator_id": operator_id,
            "kind": kind.value,
            "from_at": at,
            "to_at": None,
        }
        if await self._connection.run(statement, row) != 1:
            return False
        await self._mirror(operator_id, kind, at, now=at)
        return True

    async def stop(self, operator_id: OperatorId, kind: ClockKind, *, at: datetime) -> bool:
        """False if it does not run. Whoever goes home has ended their break."""
        if kind is ClockKind.WORK:
            await self.stop(operator_id, ClockKind.BREAK, at=at)
        statement = (
            sa.update(shifts)
            .where(
                shifts.c.operator_id == operator_id,
                shifts.c.kind == kind.value,
                shifts.c.to_at.is_(None),
            )
            .values(to_at=at)
        )
        if await self._connection.run(statement) != 1:
            return False
        await self._mirror(operator_id, kind, None, now=at)
        return True

    async def log(
        self, operator_id: OperatorId, *, since: datetime, until: datetime
    ) -> Sequence[ClockEntry]:
        """What ran at any time from `since` to before `until`, oldest first."""
        query = (
            sa.select(shifts)
            .where(
                shifts.c.operator_id == operator_id,
                shifts.c.from_at < until,
                sa.or_(shifts.c.to_at.is_(None), shifts.c.to_at > since),
            )
            .order_by(shifts.c.from_at, shifts.c.id)
        )
        return [
            ClockEntry(row.operator_id, ClockKind(row.kind), row.from_at, row.to_at)
            for row in await self._connection.rows(query)
        ]

    async def _mirror(
        self, operator_id: OperatorId, kind: ClockKind, since: datetime | None, *, now: datetime
    ) -> None:
        name = MIRRORS[kind].name
        statement = insert(self._connection.dialect, presence).on_conflict_do_update(
            index_elements=[presence.c.operator_id], set_={name: since}
        )
        # Who never said anything of themselves is off.
        row = {"operator_id": operator_id, "status": Status.OFF.value, "status_since": now}
        await self._connection.run(statement, row | {name: since})


def _calendar_row(calendar: Calendar) -> dict[str, Any]:
    return {"id": calendar.id, "name": calendar.name, "settings": to_json(calendar)}


def _leave_of(row: Any) -> Leave:
    f = fields(row)
    return Leave(**{name: f[name] for name in Leave.__slots__})
