"""What is logged to a CRM account, and how far: links, logs, and what stands in the way."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.ids import (
    ConversationId,
    CustomerId,
    LeadId,
    LineId,
    MessageId,
    OperatorId,
    ThreadId,
)
from router.model import Conversation
from router.news import Mark
from router.storage.engine import Connection
from router.storage.record import MARKED, mark_of
from router.storage.rows import conversation_of, fields
from router.storage.statements import insert
from router.storage.tables.crm import crm_lanes, crm_links, crm_logs
from router.storage.tables.plumbing import NOT_A_MESSAGE, events
from router.storage.tables.talk import conversations

REWORDED = frozenset(("MessageEdited", "MessageDeleted"))

BESIDE_ITS_LOG = sa.select(
    conversations,
    crm_logs.c.lead_id.label("logged_lead_id"),
    crm_logs.c.owner_id.label("logged_owner_id"),
    crm_logs.c.version.label("logged_version"),
    crm_logs.c.seq,
    crm_logs.c.parts,
    crm_logs.c.event_id,
).outerjoin(
    crm_logs,
    sa.and_(
        crm_logs.c.account == sa.bindparam("account", type_=sa.Text),
        crm_logs.c.conversation_id == conversations.c.id,
    ),
)


class LinkKind(StrEnum):
    PERSON = "person"
    LEAD = "lead"


class Problem(StrEnum):
    """Why a conversation is not logged, in the words that the console shows."""

    FIX_THE_SETTINGS = "fix the settings"
    REFUSED = "refused"
    TRIED_TOO_OFTEN = "tried too often"
    OUR_BUG = "our bug"


@dataclass(frozen=True, slots=True)
class Link:
    """Our id beside the CRM's reference. Without `ref` it was decided on, and may not be there.

    `digest` tells whether what was last written is what would be written now.
    """

    kind: LinkKind
    our_id: UUID
    customer_id: CustomerId
    made_at: datetime
    ref: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """How far a conversation is logged: messages up to `seq`, and `parts` of the next; marks up
    to the event `event_id`.
    """

    seq: int = 0
    parts: int = 0
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class Log:
    """The log of one conversation. `version` is the newest that it holds all of.

    `owner_id` is the owner whom the CRM was last told.
    """

    conversation_id: ConversationId
    lead_id: LeadId | None = None
    position: Position = Position()
    version: int = 0
    owner_id: OperatorId | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A conversation that was split, from another or into others, and its log if it has one."""

    conversation_id: ConversationId
    split_from: ConversationId | None
    begins: int
    log: Log | None

    @property
    def end(self) -> int:
        """Up to which message of the thread, from where it begins, everything is logged."""
        return self.log.position.seq if self.log is not None else 0


@dataclass(frozen=True, slots=True)
class Rewording:
    """A message was edited or withdrawn after the thread's message `after_seq`; `id` is the event's."""

    id: int
    message_id: MessageId
    after_seq: int
    at: datetime
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class CrmLane:
    """A customer's lane. `asked_key`: a call that was begun, and whose answer is not known; of a post,
    `asked_post` is whose it was, and where that one's log stands once it is there.

    `detail` without a `problem`: it failed, and is tried again.
    """

    asked_key: str | None = None
    asked_at: datetime | None = None
    problem: Problem | None = None
    detail: str | None = None
    asked_post: tuple[ConversationId, Position] | None = None


class CrmLogs:
    """Every method is about one CRM account."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- links ----------------------------------------------------------------

    async def person_link(self, account: str, customer_id: CustomerId) -> Link | None:
        where = (crm_links.c.kind == LinkKind.PERSON.value, crm_links.c.our_id == customer_id)
        return next(iter(await self._links(account, *where)), None)

    async def lead_link(self, account: str, lead_id: LeadId) -> Link | None:
        where = (crm_links.c.kind == LinkKind.LEAD.value, crm_links.c.our_id == lead_id)
        return next(iter(await self._links(account, *where)), None)

    async def lead_links(
        self, account: str, customer_id: CustomerId, *, limit: int = 5
    ) -> list[Link]:
        """The customer's leads, the newest first."""
        where = (
            crm_links.c.kind == LinkKind.LEAD.value,
            crm_links.c.customer_id == customer_id,
            crm_links.c.ref.is_not(None),
        )
        return await self._links(account, *where, limit=limit)

    async def link_to(self, account: str, kind: LinkKind, ref: str) -> Link | None:
        """Which of ours is this record."""
        where = (crm_links.c.kind == kind.value, crm_links.c.ref == ref)
        return next(iter(await self._links(account, *where, limit=1)), None)

    async def _links(self, account: str, *where: Any, limit: int = 1) -> list[Link]:
        query = (
            sa.select(crm_links)
            .where(crm_links.c.account == account, *where)
            .order_by(crm_links.c.made_at.desc(), crm_links.c.our_id.desc())
            .limit(limit)
        )
        return [
            Link(
                kind=LinkKind(row.kind),
                our_id=row.our_id,
                customer_id=row.customer_id,
                made_at=row.made_at,
                ref=row.ref,
                digest=row.digest,
            )
            for row in await self._connection.rows(query)
        ]

    async def save_link(self, account: str, link: Link) -> None:
        row = asdict(link) | {"account": account, "kind": link.kind.value}
        await self._put(crm_links, row, keys=("account", "kind", "our_id"))

    # --- logs -----------------------------------------------------------------

    async def behind(
        self,
        account: str,
        customer_id: CustomerId,
        *,
        line_ids: Collection[LineId],
        limit: int,
    ) -> list[tuple[Conversation, Log]]:
        """The customer's conversations of which the log does not hold everything, oldest first.

        Only those on these lines, or with a lead already.
        """
        c = conversations.c
        query = (
            BESIDE_ITS_LOG.where(
                c.customer_id == customer_id,
                sa.or_(crm_logs.c.version.is_(None), crm_logs.c.version < c.version),
                sa.or_(c.line_id.in_(line_ids), crm_logs.c.lead_id.is_not(None)),
            )
            .order_by(c.opened_at, c.id)
            .limit(limit)
        )
        rows = await self._connection.rows(query, {"account": account})
        return [(conversation_of(row), _log_beside(row)) for row in rows]

    async def parts(self, account: str, thread_id: ThreadId) -> list[Part]:
        """The thread's conversations that were split, from another or into others."""
        c = conversations.c
        split = sa.select(c.split_from).where(c.thread_id == thread_id, c.split_from.is_not(None))
        query = BESIDE_ITS_LOG.where(
            c.thread_id == thread_id, sa.or_(c.split_from.is_not(None), c.id.in_(split))
        )
        rows = await self._connection.rows(query.order_by(c.id), {"account": account})
        return [
            Part(
                row.id,
                row.split_from,
                row.first_seq,
                _log_beside(row) if row.logged_version is not None else None,
            )
            for row in rows
        ]

    async def log(self, account: str, conversation_id: ConversationId) -> Log | None:
        query = sa.select(crm_logs).where(
            crm_logs.c.account == account, crm_logs.c.conversation_id == conversation_id
        )
        for row in await self._connection.rows(query):
            position = Position(row.seq, row.parts, row.event_id)
            return Log(row.conversation_id, row.lead_id, position, row.version, row.owner_id)
        return None

    async def save_log(self, account: str, log: Log) -> None:
        row = {
            "account": account,
            "conversation_id": log.conversation_id,
            "lead_id": log.lead_id,
            "version": log.version,
            "owner_id": log.owner_id,
            **asdict(log.position),
        }
        await self._put(crm_logs, row, keys=("account", "conversation_id"))

    async def turns(
        self, conversation_id: ConversationId, *, after_id: int
    ) -> tuple[list[Mark], list[Rewording]]:
        """What happened to a conversation and to what was said, after that event; oldest first."""
        query = (
            sa.select(events)
            .where(
                events.c.conversation_id == conversation_id,
                events.c.id > after_id,
                events.c.name.in_(MARKED | REWORDED),
                NOT_A_MESSAGE,
            )
            .order_by(events.c.id)
        )
        rows = await self._connection.rows(query)
        marks = [mark_of(row.id, fields(row)) for row in rows if row.name in MARKED]
        return marks, [_rewording_of(row) for row in rows if row.name in REWORDED]

    async def places(self, lead_id: LeadId) -> list[tuple[ConversationId, LineId]]:
        """The conversations of a lead, and their lines."""
        query = (
            sa.select(conversations.c.id, conversations.c.line_id)
            .join(crm_logs, crm_logs.c.conversation_id == conversations.c.id)
            .where(crm_logs.c.lead_id == lead_id)
            .distinct()
            .limit(100)
        )
        return [(row.id, row.line_id) for row in await self._connection.rows(query)]

    # --- what stands in the way -------------------------------------------------

    async def lane(self, account: str, customer_id: CustomerId) -> CrmLane:
        query = sa.select(crm_lanes).where(
            crm_lanes.c.account == account, crm_lanes.c.customer_id == customer_id
        )
        for row in await self._connection.rows(query):
            problem = Problem(row.problem) if row.problem else None
            asked = _post_of(row.asked_post) if row.asked_post is not None else None
            return CrmLane(row.asked_key, row.asked_at, problem, row.detail, asked)
        return CrmLane()

    async def save_lane(self, account: str, customer_id: CustomerId, lane: CrmLane) -> None:
        row = asdict(lane) | {"account": account, "customer_id": customer_id}
        row["problem"] = lane.problem.value if lane.problem else None
        if lane.asked_post is not None:
            whose, then = lane.asked_post
            row["asked_post"] = {"conversation_id": str(whose), **asdict(then)}
        await self._put(crm_lanes, row, keys=("account", "customer_id"))

    async def troubled(self, account: str, problem: Problem) -> list[CustomerId]:
        """Whose lanes stand still for this reason."""
        query = sa.select(crm_lanes.c.customer_id).where(
            crm_lanes.c.account == account, crm_lanes.c.problem == problem.value
        )
        return [row.customer_id for row in await self._connection.rows(query)]

    async def move(self, customer_id: CustomerId, *, to: CustomerId) -> None:
        """Two customers became one: their leads are found as one's."""
        await self._connection.run(
            sa.update(crm_links)
            .where(crm_links.c.customer_id == customer_id, crm_links.c.kind == LinkKind.LEAD.value)
            .values(customer_id=to)
        )

    async def part(self, customer_id: CustomerId) -> None:
        """These conversations were another customer's: what is said now goes to their own lead."""
        theirs = sa.select(conversations.c.id).where(conversations.c.customer_id == customer_id)
        await self._connection.run(
            sa.update(crm_logs)
            .where(crm_logs.c.conversation_id.in_(theirs))
            .values(lead_id=None, owner_id=None)
        )
        await self._connection.run(
            sa.update(conversations)
            .where(conversations.c.customer_id == customer_id)
            .values(lead_id=None)
        )

    async def _put(self, table: sa.Table, row: dict[str, Any], *, keys: tuple[str, ...]) -> None:
        statement = insert(self._connection.dialect, table)
        statement = statement.on_conflict_do_update(
            index_elements=[table.c[name] for name in keys],
            set_={name: statement.excluded[name] for name in row if name not in keys},
        )
        await self._connection.run(statement, row)


def _post_of(row: Mapping[str, Any]) -> tuple[ConversationId, Position]:
    then = Position(row["seq"], row["parts"], row["event_id"])
    return ConversationId(UUID(row["conversation_id"])), then


def _log_beside(row: sa.Row[Any]) -> Log:
    """Of a row of `BESIDE_ITS_LOG`."""
    return Log(
        conversation_id=row.id,
        lead_id=row.logged_lead_id,
        position=Position(row.seq or 0, row.parts or 0, row.event_id or 0),
        version=row.logged_version or 0,
        owner_id=row.logged_owner_id,
    )


def _rewording_of(row: sa.Row[Any]) -> Rewording:
    return Rewording(
        id=row.id,
        message_id=MessageId(UUID(row.data["message_id"])),
        after_seq=row.after_seq,
        at=row.at,
        withdrawn=row.name == "MessageDeleted",
    )
