"""What a line has lived through, for those who want to live it again in another way. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from router.events import StatusChanged
from router.ids import ConversationId, CustomerId, LineId, OperatorId
from router.staff import Status
from router.storage.engine import Connection
from router.storage.tables.plumbing import NOT_A_MESSAGE, events
from router.storage.tables.routing import assignments
from router.storage.tables.talk import conversations, customers

c = conversations.c
TALK = (c.id, c.opened_at, c.channel, c.customer_id, c.language, c.skills, c.first_reply_at)
Held = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class PastTalk:
    """A conversation that was. `held` are the times at which somebody had it, in order; None: still."""

    id: ConversationId
    opened_at: datetime
    channel: str
    customer_id: CustomerId
    language: str | None
    skills: tuple[str, ...]
    responsible_id: OperatorId | None
    first_reply_at: datetime | None
    held: tuple[Held, ...]


class Past:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def talks(
        self, line_id: LineId, *, since: datetime, until: datetime
    ) -> Sequence[PastTalk]:
        """The line's conversations that were opened from `since` to before `until`, in order."""
        wanted = (
            # What was opened then was active then or later: that is indexed.
            c.line_id == line_id,
            c.last_activity_at >= since,
            c.opened_at >= since,
            c.opened_at < until,
        )
        held = await self._held(wanted)
        query = (
            sa.select(*TALK, customers.c.responsible_id)
            .join(customers, customers.c.id == c.customer_id)
            .where(*wanted)
            .order_by(c.opened_at, c.id)
        )
        return [
            PastTalk(
                row.id,
                row.opened_at,
                row.channel,
                row.customer_id,
                row.language,
                tuple(row.skills),
                row.responsible_id,
                row.first_reply_at,
                tuple(held.get(row.id, ())),
            )
            for row in await self._connection.rows(query)
        ]

    async def _held(
        self, wanted: Sequence[sa.ColumnElement[bool]]
    ) -> Mapping[ConversationId, Sequence[Held]]:
        a = assignments.c
        query = (
            sa.select(a.conversation_id, a.from_at, a.to_at)
            .join(conversations, c.id == a.conversation_id)
            .where(*wanted)
            .order_by(a.from_at)
        )
        found: dict[ConversationId, list[Held]] = {}
        for row in await self._connection.rows(query):
            found.setdefault(row.conversation_id, []).append((row.from_at, row.to_at))
        return found

    async def statuses(
        self, operator_ids: Sequence[OperatorId], *, until: datetime
    ) -> dict[OperatorId, list[tuple[datetime, Status]]]:
        """What each of them said of themselves before `until`, oldest first."""
        e = events.c
        query = (
            sa.select(e.operator_id, e.at, e.data)
            .where(
                e.conversation_id.is_(None),
                NOT_A_MESSAGE,
                e.name == StatusChanged.__name__,
                e.operator_id.in_(operator_ids),
                e.at < until,
            )
            .order_by(e.id)
        )
        found: dict[OperatorId, list[tuple[datetime, Status]]] = {}
        for row in await self._connection.rows(query):
            found.setdefault(row.operator_id, []).append((row.at, Status(row.data["status"])))
        return found
