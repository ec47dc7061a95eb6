"""What lines have lived through, for those who want to live it again in another way. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from router import events as happened
from router.ids import ConversationId, CustomerId, LineId, OperatorId
from router.staff import Status
from router.storage.engine import Connection
from router.storage.tables.desk import inboxes
from router.storage.tables.plumbing import NOT_A_MESSAGE, events
from router.storage.tables.routing import assignments
from router.storage.tables.talk import CLOSED, OPEN, conversations, customers

c = conversations.c
TALK = (
    c.id,
    c.opened_at,
    c.channel,
    c.customer_id,
    c.language,
    c.skills,
    c.first_reply_at,
    c.closed_at,
    c.close_reason,
)
# What moved a conversation, or told how it was held.
MOVES = tuple(
    one.__name__
    for one in (
        happened.ConversationOpened,
        happened.ConversationRouted,
        happened.ConversationOverflowed,
        happened.ConversationTransferred,
        happened.ConversationReopened,
        happened.ConversationSnoozed,
        happened.ConversationWoken,
    )
)


@dataclass(frozen=True, slots=True)
class Held:
    """That an operator had it; `to_at` None: still."""

    operator_id: OperatorId
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True, slots=True)
class Move:
    """An event of `MOVES`, by its name, on a line."""

    name: str
    at: datetime
    line_id: LineId | None
    operator_id: OperatorId | None
    to_operator_id: OperatorId | None
    to_line_id: LineId | None


@dataclass(frozen=True, slots=True)
class PastTalk:
    """A conversation that was; `held` and `moves` are in order."""

    id: ConversationId
    opened_at: datetime
    channel: str
    customer_id: CustomerId
    language: str | None
    skills: tuple[str, ...]
    first_reply_at: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    responsible_id: OperatorId | None
    held: tuple[Held, ...]
    moves: tuple[Move, ...]


class Past:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def span(self, line_id: LineId) -> tuple[datetime, datetime] | None:
        """From when to when a line's conversations were active; None if it has none."""
        found = []
        for at, these in ((c.closed_at, CLOSED), (c.last_activity_at, OPEN)):
            for order in (at, at.desc()):
                query = sa.select(at).where(c.line_id == line_id, these).order_by(order).limit(1)
                found += [row[0] for row in await self._connection.rows(query)]
        return (min(found), max(found)) if found else None

    async def talks(
        self, line_ids: Sequence[LineId], *, since: datetime, until: datetime, most: int
    ) -> Sequence[PastTalk]:
        """The conversations that were opened from `since` to before `until`, in order, and are on
        one of these lines or came in by one of its inboxes; `most` of them.
        """
        theirs = sa.select(inboxes.c.id).where(inboxes.c.line_id.in_(line_ids))
        wanted = (
            sa.or_(c.line_id.in_(line_ids), c.inbox_id.in_(theirs)),
            c.opened_at >= since,
            c.opened_at < until,
        )
        query = (
            sa.select(*TALK, customers.c.responsible_id)
            .join(customers, customers.c.id == c.customer_id)
            .where(*wanted)
            .order_by(c.opened_at, c.id)
            .limit(most)
        )
        rows = await self._connection.rows(query)
        held, moves = await self._held(wanted), await self._moves(wanted)
        return [
            PastTalk(
                **{name.name: getattr(row, name.name) for name in TALK} | _plain(row.skills),
                responsible_id=row.responsible_id,
                held=tuple(held.get(row.id, ())),
                moves=tuple(moves.get(row.id, ())),
            )
            for row in rows
        ]

    async def _held(
        self, wanted: Sequence[sa.ColumnElement[bool]]
    ) -> Mapping[ConversationId, Sequence[Held]]:
        a = assignments.c
        query = (
            sa.select(a.conversation_id, a.operator_id, a.from_at, a.to_at)
            .join(conversations, c.id == a.conversation_id)
            .where(*wanted)
            .order_by(a.from_at)
        )
        found: dict[ConversationId, list[Held]] = {}
        for row in await self._connection.rows(query):
            one = Held(row.operator_id, row.from_at, row.to_at)
            found.setdefault(row.conversation_id, []).append(one)
        return found

    async def _moves(
        self, wanted: Sequence[sa.ColumnElement[bool]]
    ) -> Mapping[ConversationId, Sequence[Move]]:
        e = events.c
        query = (
            sa.select(e.conversation_id, e.name, e.at, e.line_id, e.operator_id, e.data)
            .join(conversations, c.id == e.conversation_id)
            .where(*wanted, NOT_A_MESSAGE, e.name.in_(MOVES))
            .order_by(e.id)
        )
        found: dict[ConversationId, list[Move]] = {}
        for row in await self._connection.rows(query):
            to_operator, to_line = _id(row.data, "to_operator_id"), _id(row.data, "to_line_id")
            one = Move(
                row.name,
                row.at,
                row.line_id,
                row.operator_id,
                OperatorId(to_operator) if to_operator else None,
                LineId(to_line) if to_line else None,
            )
            found.setdefault(row.conversation_id, []).append(one)
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
                e.name == happened.StatusChanged.__name__,
                e.operator_id.in_(operator_ids),
                e.at < until,
            )
            .order_by(e.id)
        )
        found: dict[OperatorId, list[tuple[datetime, Status]]] = {}
        for row in await self._connection.rows(query):
            found.setdefault(row.operator_id, []).append((row.at, Status(row.data["status"])))
        return found


def _plain(skills: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {"skills": tuple(skills)}


def _id(data: Mapping[str, object], name: str) -> UUID | None:
    found = data.get(name)
    return UUID(str(found)) if found else None
