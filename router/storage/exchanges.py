"""What we and providers said to each other, and the requests that nobody could read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from router.ids import InboxId
from router.storage.engine import Connection
from router.storage.statements import Cursor, Page, after, cursor_of, page
from router.storage.tables.plumbing import unread, wirelog

w = wirelog.c
u = unread.c


@dataclass(frozen=True, slots=True)
class Logged:
    """One exchange, redacted. `direction`: `out` if we asked, `in` if we were called."""

    id: UUID
    inbox_id: InboxId
    at: datetime
    direction: str
    method: str
    url: str
    status: int | None
    sent: str
    received: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An authentic request that could not be read. `request` is sealed."""

    id: UUID
    inbox_id: InboxId
    at: datetime
    reason: str
    tries: int
    request: bytes


class Exchanges:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def insert(self, exchanges: Sequence[Logged]) -> None:
        rows = [{name: getattr(one, name) for name in Logged.__slots__} for one in exchanges]
        if rows:
            await self._connection.run(sa.insert(wirelog), rows)

    async def of_inbox(
        self, inbox_id: InboxId, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Logged]:
        """The newest first. Raises `Invalid` for a cursor that no page gave out."""
        query = sa.select(wirelog).where(w.inbox_id == inbox_id)
        if cursor is not None:
            query = query.where(after(w.at, w.id, cursor_of(cursor), down=True))
        query = query.order_by(w.at.desc(), w.id.desc()).limit(limit + 1)
        rows = await self._connection.rows(query)
        found = [Logged(*(getattr(row, name) for name in Logged.__slots__)) for row in rows]
        return page(found, limit, lambda last: Cursor(last.at, last.id))

    async def delete_before(self, at: datetime, *, limit: int) -> int:
        """Delete at most `limit` of the oldest; gives how many."""
        # Ids grow with time: the oldest are found without looking at the rest.
        oldest = sa.select(w.id, w.at).order_by(w.id).limit(limit).subquery()
        old = sa.select(oldest.c.id).where(oldest.c.at < at)
        return await self._connection.run(sa.delete(wirelog).where(w.id.in_(old)))


class UnreadRequests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def insert(self, kept: Kept) -> None:
        row = {name: getattr(kept, name) for name in Kept.__slots__}
        await self._connection.run(sa.insert(unread), [row])

    async def get(self, id_: UUID) -> Kept | None:
        rows = await self._connection.rows(sa.select(unread).where(u.id == id_))
        return _kept(rows[0]) if rows else None

    async def of_inbox(self, inbox_id: InboxId, *, limit: int) -> list[Kept]:
        """The oldest first."""
        query = sa.select(unread).where(u.inbox_id == inbox_id).order_by(u.at, u.id).limit(limit)
        return [_kept(row) for row in await self._connection.rows(query)]

    async def ids(self) -> list[UUID]:
        return [row.id for row in await self._connection.rows(sa.select(u.id))]

    async def reseal(self, id_: UUID, request: bytes) -> None:
        """The same request, sealed anew."""
        await self._connection.run(sa.update(unread).where(u.id == id_).values(request=request))

    async def counts(self) -> dict[InboxId, int]:
        """How many each inbox has."""
        query = sa.select(u.inbox_id, sa.func.count()).group_by(u.inbox_id)
        return {InboxId(row[0]): row[1] for row in await self._connection.rows(query)}

    async def failed_again(self, id_: UUID, *, reason: str) -> None:
        await self._connection.run(
            sa.update(unread).where(u.id == id_).values(tries=u.tries + 1, reason=reason)
        )

    async def delete(self, id_: UUID) -> bool:
        return await self._connection.run(sa.delete(unread).where(u.id == id_)) == 1


def _kept(row: sa.Row[tuple[object, ...]]) -> Kept:
    return Kept(*(getattr(row, name) for name in Kept.__slots__))
