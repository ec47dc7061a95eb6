"""What the timers must know of many conversations at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from router.ids import ConversationId, CustomerId, LineId, ThreadId
from router.model import Message
from router.storage.engine import Connection
from router.storage.rows import message_of
from router.storage.tables.plumbing import NOT_A_MESSAGE, events
from router.storage.tables.talk import customers, messages, threads

# After these a conversation is somebody's anew: they have all the time that they would have.
STIRRING = (
    "ConversationAssigned",
    "ConversationReopened",
    "ConversationTransferred",
    "ConversationWoken",
)
OVERFLOWED, WARNED, BREACHED = "ConversationOverflowed", "SlaWarned", "SlaBreached"


@dataclass(slots=True)
class Past:
    """When a conversation was last stirred, warned of and breached, and which lines gave it on."""

    stirred_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    gave_on: set[LineId] = field(default_factory=set)


class Lapses:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def last_words(
        self, ids: Sequence[ThreadId], *, limit: int
    ) -> dict[ThreadId, list[Message]]:
        """The last messages of each thread, oldest first, without files and deliveries."""
        m = messages.c
        query = (
            sa.select(messages)
            .join(threads, threads.c.id == m.thread_id)
            .where(threads.c.id.in_(ids), m.seq > threads.c.last_seq - limit)
            .order_by(m.thread_id, m.seq)
        )
        found: dict[ThreadId, list[Message]] = {one: [] for one in ids}
        for row in await self._connection.rows(query):
            found[row.thread_id].append(message_of(row))
        return found

    async def last_seqs(self, ids: Sequence[ThreadId]) -> dict[ThreadId, int]:
        query = sa.select(threads.c.id, threads.c.last_seq).where(threads.c.id.in_(ids))
        return {row.id: row.last_seq for row in await self._connection.rows(query)}

    async def past(self, ids: Sequence[ConversationId]) -> Mapping[ConversationId, Past]:
        """What happened in these that times are counted from, or that is done only once."""
        e = events.c
        query = (
            sa.select(e.conversation_id, e.name, e.line_id, sa.func.max(e.at, type_=e.at.type))
            .where(
                e.conversation_id.in_(ids),
                e.name.in_((*STIRRING, OVERFLOWED, WARNED, BREACHED)),
                NOT_A_MESSAGE,
            )
            .group_by(e.conversation_id, e.name, e.line_id)
        )
        found: dict[ConversationId, Past] = defaultdict(Past)
        for id_, name, line_id, at in await self._connection.rows(query):
            past = found[id_]
            if name == OVERFLOWED:
                past.gave_on.add(line_id)
            elif name == WARNED:
                past.warned_at = max(at, past.warned_at or at)
            elif name == BREACHED:
                past.breached_at = max(at, past.breached_at or at)
            else:
                past.stirred_at = max(at, past.stirred_at or at)
        return found

    async def tiers(self, ids: Sequence[CustomerId]) -> dict[CustomerId, str | None]:
        query = sa.select(customers.c.id, customers.c.tier).where(customers.c.id.in_(ids))
        return {row.id: row.tier for row in await self._connection.rows(query)}
