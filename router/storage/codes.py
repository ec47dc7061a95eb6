"""Codes that prove who somebody is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.codes import Code, CodeState
from router.ids import CodeId, CustomerId, MessageId, ThreadId
from router.storage.engine import Connection
from router.storage.rows import Row, fields
from router.storage.tables.codes import codes
from router.storage.tables.talk import messages

c = codes.c


class Codes:
    """Whoever changes a code holds the thread in which it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, code_id: CodeId) -> Code | None:
        return await self._one(sa.select(codes).where(c.id == code_id))

    async def of_message(self, message_id: MessageId) -> Code | None:
        """The code that a message of ours told."""
        return await self._one(sa.select(codes).where(c.message_id == message_id))

    async def asked(self, thread_ids: Sequence[ThreadId]) -> dict[ThreadId, Code]:
        """Those that are waited for in these threads, also if they are no longer good."""
        query = sa.select(codes).where(
            c.thread_id.in_(thread_ids), c.state == CodeState.ASKED.value
        )
        return {row.thread_id: code_of(row) for row in await self._connection.rows(query)}

    async def count_since(
        self, since: datetime, *, customer_id: CustomerId, thread_id: ThreadId, to: CustomerId
    ) -> int:
        """How many were asked of this customer or thread, or sent to that other one."""
        concerned = sa.or_(
            c.customer_id.in_((customer_id, to)),
            c.thread_id == thread_id,
            c.to_customer_id.in_((customer_id, to)),
        )
        query = sa.select(sa.func.count()).select_from(codes)
        rows = await self._connection.rows(query.where(concerned, c.made_at > since))
        return int(rows[0][0])

    async def insert(self, code: Code) -> None:
        await self._connection.run(sa.insert(codes), [_row(code)])

    async def save(self, code: Code) -> None:
        row = _row(code)
        await self._connection.run(sa.update(codes).where(c.id == row.pop("id")).values(row))

    async def forget(self, *, made_before: datetime) -> None:
        await self._connection.run(sa.delete(codes).where(c.made_at < made_before))

    async def heard_at(self, thread_id: ThreadId) -> datetime | None:
        """When the customer last wrote there."""
        m = messages.c
        query = sa.select(m.stored_at).where(m.thread_id == thread_id, m.author == "customer")
        rows = await self._connection.rows(query.order_by(m.seq.desc()).limit(1))
        return rows[0].stored_at if rows else None

    async def _one(self, query: sa.Select[Any]) -> Code | None:
        rows = await self._connection.rows(query)
        return code_of(rows[0]) if rows else None


def code_of(row: Row) -> Code:
    f = fields(row)
    return Code(**{name: f[name] for name in Code.__slots__} | {"state": CodeState(f["state"])})


def _row(code: Code) -> dict[str, Any]:
    return {name: getattr(code, name) for name in Code.__slots__} | {"state": code.state.value}
