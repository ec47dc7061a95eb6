"""Lines, inboxes, operators and queues."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from router.abilities import Standing
from router.ids import InboxId, LineId, OperatorId
from router.model import Health, Inbox, Line
from router.staff import Operator, QueueEntry
from router.storage.built import Built
from router.storage.departments import Departments, entries_of, write_entries, write_queue
from router.storage.engine import Connection
from router.storage.rows import inbox_of, line_of, line_row, operator_of, operator_row
from router.storage.tables.desk import inboxes, lines, operators, queue_members

STANDING = TypeAdapter(Standing)
LOCK_LINE = Built(
    sa.select(lines).where(lines.c.id == sa.bindparam("of_line")).with_for_update(key_share=True)
)


class Lines:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, line_id: LineId) -> Line | None:
        rows = await self._connection.rows(sa.select(lines).where(lines.c.id == line_id))
        return line_of(rows[0]) if rows else None

    async def lock(self, line_id: LineId) -> Line | None:
        """The line, held until the transaction ends: one distributor at a time."""
        rows = await self._connection.rows(LOCK_LINE, {"of_line": line_id})
        return line_of(rows[0]) if rows else None

    async def by_key(self, key: str) -> Line | None:
        rows = await self._connection.rows(sa.select(lines).where(lines.c.key == key))
        return line_of(rows[0]) if rows else None

    async def all(self) -> list[Line]:
        query = sa.select(lines).order_by(lines.c.name, lines.c.id)
        return [line_of(row) for row in await self._connection.rows(query)]

    async def insert(self, line: Line) -> None:
        await self._connection.run(sa.insert(lines), [line_row(line)])

    async def save(self, line: Line) -> None:
        row = line_row(line)
        await self._connection.run(sa.update(lines).where(lines.c.id == row.pop("id")).values(row))

    # --- queues -------------------------------------------------------------

    async def queue(self, line_id: LineId) -> list[OperatorId]:
        """The line's operators in the order of its queue."""
        query = (
            sa.select(queue_members.c.operator_id)
            .where(queue_members.c.line_id == line_id)
            .order_by(queue_members.c.position, queue_members.c.operator_id)
        )
        return [row.operator_id for row in await self._connection.rows(query)]

    async def queues(self) -> dict[LineId, list[OperatorId]]:
        query = sa.select(queue_members).order_by(
            queue_members.c.position, queue_members.c.operator_id
        )
        found: dict[LineId, list[OperatorId]] = {}
        for row in await self._connection.rows(query):
            found.setdefault(row.line_id, []).append(row.operator_id)
        return found

    async def of_operator(self, operator_id: OperatorId) -> list[LineId]:
        query = sa.select(queue_members.c.line_id).where(queue_members.c.operator_id == operator_id)
        return [row.line_id for row in await self._connection.rows(query)]

    async def set_queue(self, line_id: LineId, operator_ids: Sequence[OperatorId]) -> None:
        """A queue of operators, without departments."""
        await write_entries(self._connection, line_id, ())
        await write_queue(self._connection, line_id, operator_ids)

    async def queue_entries(self, line_id: LineId) -> list[QueueEntry]:
        """The places of the line's queue, in order: of operators and of departments."""
        entries = await entries_of(self._connection, line_id)
        return entries or [QueueEntry(operator_id=one) for one in await self.queue(line_id)]

    async def set_queue_entries(self, line_id: LineId, entries: Sequence[QueueEntry]) -> None:
        if all(entry.department_id is None for entry in entries):
            people = [entry.operator_id for entry in entries if entry.operator_id is not None]
            await self.set_queue(line_id, people)
            return
        await write_entries(self._connection, line_id, entries)
        await Departments(self._connection).flatten(line_id)


class Inboxes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, inbox_id: InboxId) -> Inbox | None:
        rows = await self._connection.rows(sa.select(inboxes).where(inboxes.c.id == inbox_id))
        return inbox_of(rows[0]) if rows else None

    async def all(self) -> list[Inbox]:
        query = sa.select(inboxes).order_by(inboxes.c.name, inboxes.c.id)
        return [inbox_of(row) for row in await self._connection.rows(query)]

    async def insert(self, inbox: Inbox, *, secrets: bytes | None) -> None:
        row: dict[str, Any] = {name: getattr(inbox, name) for name in Inbox.__slots__}
        row |= {"health": inbox.health.value, "account": dict(inbox.account), "secrets": secrets}
        await self._connection.run(sa.insert(inboxes), [row])

    async def save(self, inbox: Inbox) -> None:
        """Write its name, account and whether it is active."""
        await self._connection.run(
            sa.update(inboxes)
            .where(inboxes.c.id == inbox.id)
            .values(name=inbox.name, account=dict(inbox.account), active=inbox.active)
        )

    async def set_health(self, inbox_id: InboxId, health: Health, reason: str | None) -> bool:
        """False if it was so before."""
        statement = (
            sa.update(inboxes)
            .where(
                inboxes.c.id == inbox_id,
                sa.or_(
                    inboxes.c.health != health.value,
                    sa.func.coalesce(inboxes.c.last_error, "") != (reason or ""),
                ),
            )
            .values(health=health.value, last_error=reason)
        )
        return await self._connection.run(statement) == 1

    async def last_arrivals(self) -> Mapping[InboxId, datetime]:
        query = sa.select(inboxes.c.id, inboxes.c.last_arrival_at)
        rows = await self._connection.rows(query)
        return {row.id: row.last_arrival_at for row in rows if row.last_arrival_at}

    async def standings(self) -> Mapping[InboxId, Standing]:
        """How those stand with their providers that were looked at."""
        query = sa.select(inboxes.c.id, inboxes.c.standing).where(inboxes.c.standing.is_not(None))
        rows = await self._connection.rows(query)
        return {row.id: STANDING.validate_python(row.standing) for row in rows}

    async def set_standing(self, inbox_id: InboxId, standing: Standing) -> None:
        await self._connection.run(
            sa.update(inboxes)
            .where(inboxes.c.id == inbox_id)
            .values(standing=STANDING.dump_python(standing, mode="json"))
        )

    # --- secrets and cursors --------------------------------------------------

    async def secrets(self, inbox_id: InboxId, *, lock: bool = False) -> bytes | None:
        """The sealed secrets; with `lock`, held until the transaction ends."""
        query = sa.select(inboxes.c.secrets).where(inboxes.c.id == inbox_id)
        rows = await self._connection.rows(query.with_for_update() if lock else query)
        return rows[0].secrets if rows else None

    async def set_secrets(self, inbox_id: InboxId, secrets: bytes) -> None:
        await self._connection.run(
            sa.update(inboxes).where(inboxes.c.id == inbox_id).values(secrets=secrets)
        )

    async def cursor(self, inbox_id: InboxId) -> str | None:
        rows = await self._connection.rows(
            sa.select(inboxes.c.cursor).where(inboxes.c.id == inbox_id)
        )
        return rows[0].cursor if rows else None

    async def set_cursor(self, inbox_id: InboxId, cursor: str) -> None:
        await self._connection.run(
            sa.update(inboxes).where(inboxes.c.id == inbox_id).values(cursor=cursor)
        )


class Operators:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, operator_id: OperatorId) -> Operator | None:
        rows = await self._connection.rows(
            sa.select(operators).where(operators.c.id == operator_id)
        )
        return operator_of(rows[0]) if rows else None

    async def by_email(self, email: str) -> Operator | None:
        rows = await self._connection.rows(
            sa.select(operators).where(operators.c.email == email.strip().lower())
        )
        return operator_of(rows[0]) if rows else None

    async def all(self) -> list[Operator]:
        query = sa.select(operators).order_by(operators.c.name, operators.c.id)
        return [operator_of(row) for row in await self._connection.rows(query)]

    async def any(self) -> bool:
        return bool(await self._connection.rows(sa.select(operators.c.id).limit(1)))

    async def insert(
        self, operator: Operator, *, password_hash: str | None, must_change_password: bool
    ) -> None:
        row = operator_row(operator) | {
            "password_hash": password_hash,
            "must_change_password": must_change_password,
        }
        await self._connection.run(sa.insert(operators), [row])

    async def save(self, operator: Operator) -> None:
        row = operator_row(operator)
        await self._connection.run(
            sa.update(operators).where(operators.c.id == row.pop("id")).values(row)
        )

    async def password(self, operator_id: OperatorId) -> tuple[str | None, bool]:
        """The password's hash, and whether it must be changed."""
        rows = await self._connection.rows(
            sa.select(operators.c.password_hash, operators.c.must_change_password).where(
                operators.c.id == operator_id
            )
        )
        return (rows[0].password_hash, rows[0].must_change_password) if rows else (None, False)

    async def set_password(
        self, operator_id: OperatorId, password_hash: str, *, must_change: bool
    ) -> None:
        await self._connection.run(
            sa.update(operators)
            .where(operators.c.id == operator_id)
            .values(password_hash=password_hash, must_change_password=must_change)
        )
