"""The sums of the ledger, per inbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.ids import InboxId, ThreadId
from router.storage.engine import Connection
from router.storage.tables.crm import crm_logs
from router.storage.tables.plumbing import unread
from router.storage.tables.talk import conversations, deliveries, messages, provider_refs, threads

t, m, d = threads.c, messages.c, deliveries.c


class LedgerRows:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def stored(self) -> Mapping[InboxId, int]:
        """How many messages stand in each inbox's threads, by their numbering."""
        return await self._sums(sa.func.sum(t.last_seq))

    async def unseen(self) -> Mapping[InboxId, int]:
        """How many of them no operator's client has acknowledged."""
        return await self._sums(sa.func.sum(t.last_seq - t.operator_got_seq))

    async def _sums(self, total: Any) -> Mapping[InboxId, int]:
        query = sa.select(t.inbox_id, total).group_by(t.inbox_id)
        return {row[0]: int(row[1]) for row in await self._connection.rows(query)}

    async def unlogged(self, account: str) -> Mapping[InboxId, int]:
        """How many messages of conversations that have a lead the CRM's log lacks."""
        c = conversations.c
        behind = sa.case((c.last_seq > crm_logs.c.seq, c.last_seq - crm_logs.c.seq), else_=0)
        query = (
            sa.select(c.inbox_id, sa.func.sum(behind))
            .join(crm_logs, crm_logs.c.conversation_id == c.id)
            .where(crm_logs.c.account == account, crm_logs.c.lead_id.is_not(None))
            .group_by(c.inbox_id)
        )
        return {row[0]: int(row[1]) for row in await self._connection.rows(query)}

    async def deliveries(self) -> Mapping[InboxId, Mapping[str, int]]:
        """How many deliveries of each inbox have not arrived, by their state."""
        query = (
            sa.select(t.inbox_id, d.state, sa.func.count())
            .join(threads, t.id == d.thread_id)
            .join(messages, m.id == d.message_id)
            .where(
                d.state.in_(["queued", "sending", "unconfirmed", "failed"]),
                # What was withdrawn need not arrive.
                m.deleted_at.is_(None),
            )
            .group_by(t.inbox_id, d.state)
        )
        found: dict[InboxId, dict[str, int]] = {}
        for row in await self._connection.rows(query):
            found.setdefault(row[0], {})[row[1]] = int(row[2])
        return found

    async def unread(self) -> Mapping[InboxId, int]:
        query = sa.select(unread.c.inbox_id, sa.func.count()).group_by(unread.c.inbox_id)
        return {row[0]: int(row[1]) for row in await self._connection.rows(query)}

    async def misnumbered(self, *, limit: int = 100) -> Sequence[ThreadId]:
        """Threads whose numbering has a gap, a double or an end that is not theirs. Reads all."""
        counted = (
            sa.select(
                m.thread_id,
                sa.func.count().label("count"),
                sa.func.max(m.seq).label("last"),
            )
            .group_by(m.thread_id)
            .subquery()
        )
        query = (
            sa.select(t.id)
            .outerjoin(counted, counted.c.thread_id == t.id)
            .where(
                sa.or_(
                    t.last_seq != sa.func.coalesce(counted.c.count, 0),
                    t.last_seq != sa.func.coalesce(counted.c.last, 0),
                )
            )
            .limit(limit)
        )
        return [row[0] for row in await self._connection.rows(query)]

    async def unnamed(self, *, limit: int = 100) -> Sequence[ThreadId]:
        """Threads with a customer's message that no provider's id stands for. Reads all."""
        its_own = sa.and_(
            provider_refs.c.inbox_id == t.inbox_id,
            provider_refs.c.external_id == m.external_id,
            provider_refs.c.message_id == m.id,
        )
        query = (
            sa.select(m.thread_id)
            .join(threads, t.id == m.thread_id)
            .outerjoin(provider_refs, its_own)
            .where(m.author == "customer", provider_refs.c.message_id.is_(None))
            .distinct()
            .limit(limit)
        )
        return [row[0] for row in await self._connection.rows(query)]

    async def late(self, before: datetime) -> Mapping[InboxId, int]:
        """How many deliveries have been under way since before that time."""
        query = (
            sa.select(t.inbox_id, sa.func.count())
            .join(threads, t.id == d.thread_id)
            .where(d.state.in_(["queued", "sending"]), d.changed_at < before)
            .group_by(t.inbox_id)
        )
        return {row[0]: int(row[1]) for row in await self._connection.rows(query)}
