"""How what we say gets to customers, and what providers call it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.ids import DeliveryId, InboxId, MessageId, ThreadId
from router.model import Delivery, DeliveryState
from router.storage.engine import Connection
from router.storage.rows import delivery_of
from router.storage.statements import insert
from router.storage.tables.talk import deliveries, messages, provider_refs, threads

m = messages.c


class Deliveries:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def insert(self, new: Sequence[Delivery], *, seq: int, at: datetime) -> None:
        rows = []
        for delivery in new:
            row: dict[str, Any] = {name: getattr(delivery, name) for name in Delivery.__slots__}
            more = {"state": delivery.state.value, "also": None, "seq": seq, "changed_at": at}
            rows.append(row | more)
        if rows:
            await self._connection.run(sa.insert(deliveries), rows)

    async def get(self, delivery_id: DeliveryId) -> Delivery | None:
        rows = await self._connection.rows(
            sa.select(deliveries).where(deliveries.c.id == delivery_id)
        )
        return delivery_of(rows[0]) if rows else None

    async def save(self, delivery: Delivery, *, at: datetime) -> None:
        await self._connection.run(
            sa.update(deliveries)
            .where(deliveries.c.id == delivery.id)
            .values(
                state=delivery.state.value,
                attempts=delivery.attempts,
                next_attempt_at=delivery.next_attempt_at,
                external_id=delivery.external_id,
                also=list(delivery.also) or None,
                reason=delivery.reason,
                changed_at=at,
            )
        )

    async def under_way(self, thread_id: ThreadId, *, limit: int = 20) -> list[Delivery]:
        """Queued and sending ones of a thread, in the order in which they were said."""
        query = (
            sa.select(deliveries)
            .where(
                deliveries.c.thread_id == thread_id,
                deliveries.c.state.in_(
                    [sa.literal_column("'queued'"), sa.literal_column("'sending'")]
                ),
            )
            .order_by(deliveries.c.seq, deliveries.c.piece)
            .limit(limit)
        )
        return [delivery_of(row) for row in await self._connection.rows(query)]

    async def any_sending(
        self,
        inbox_id: InboxId,
        thread_id: ThreadId | None = None,
        *,
        said_by: datetime | None = None,
    ) -> bool:
        """Whether an answer is on its way to the provider, in an inbox or in one thread of it;
        `said_by`: one that was said by then.
        """
        query = (
            sa.select(deliveries.c.id)
            .join(threads, threads.c.id == deliveries.c.thread_id)
            .where(
                threads.c.inbox_id == inbox_id, deliveries.c.state == sa.literal_column("'sending'")
            )
            .limit(1)
        )
        if thread_id is not None:
            query = query.where(threads.c.id == thread_id)
        if said_by is not None:
            query = query.join(messages, m.id == deliveries.c.message_id)
            query = query.where(m.stored_at <= said_by)
        return bool(await self._connection.rows(query))

    async def of_messages(self, ids: Sequence[MessageId]) -> dict[MessageId, list[Delivery]]:
        if not ids:
            return {}
        query = (
            sa.select(deliveries)
            .where(deliveries.c.message_id.in_(ids))
            .order_by(deliveries.c.message_id, deliveries.c.piece)
        )
        grouped: dict[MessageId, list[Delivery]] = defaultdict(list)
        for row in await self._connection.rows(query):
            grouped[row.message_id].append(delivery_of(row))
        return grouped

    async def up_to(
        self, thread_id: ThreadId, seq: int, states: Sequence[DeliveryState]
    ) -> list[Delivery]:
        """The thread's deliveries of messages up to `seq` that are in one of `states`."""
        query = (
            sa.select(deliveries)
            .where(
                deliveries.c.thread_id == thread_id,
                deliveries.c.seq <= seq,
                deliveries.c.state.in_([one.value for one in states]),
            )
            .order_by(deliveries.c.seq, deliveries.c.piece)
        )
        return [delivery_of(row) for row in await self._connection.rows(query)]


class Refs:
    """What providers call our messages."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(
        self, inbox_id: InboxId, external_id: str
    ) -> tuple[MessageId, DeliveryId | None] | None:
        """The message that a provider means, and its delivery if it is ours; never for ''."""
        if not external_id:
            return None
        rows = await self._connection.rows(
            sa.select(provider_refs.c.message_id, provider_refs.c.delivery_id).where(
                provider_refs.c.inbox_id == inbox_id, provider_refs.c.external_id == external_id
            )
        )
        return (rows[0].message_id, rows[0].delivery_id) if rows else None

    async def add(
        self, inbox_id: InboxId, external_id: str, message_id: MessageId, *, delivery_id: Any = None
    ) -> bool:
        """False if the provider's id was there before."""
        statement = insert(self._connection.dialect, provider_refs).on_conflict_do_nothing()
        row = {
            "inbox_id": inbox_id,
            "external_id": external_id,
            "message_id": message_id,
            "delivery_id": delivery_id,
        }
        return await self._connection.run(statement, row) == 1
