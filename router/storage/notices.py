"""Devices that notices are pushed to, what is worth one, and what was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.ids import ConversationId, LineId, OperatorId
from router.model import Author, State
from router.staff import Role
from router.storage.engine import Connection
from router.storage.rows import fields
from router.storage.statements import insert
from router.storage.tables.desk import operators, queue_members
from router.storage.tables.notices import notices, push_devices
from router.storage.tables.routing import offers
from router.storage.tables.talk import LATE, conversations

d = push_devices.c
n = notices.c
c = conversations.c
# What goes on in a conversation, also over another merge.
merged, twice = conversations.alias("merged"), conversations.alias("twice")
GOES_ON = sa.or_(
    merged.c.merged_into == c.id,
    merged.c.merged_into.in_(sa.select(twice.c.id).where(twice.c.merged_into == c.id)),
)
SEEN_BESIDE = sa.select(sa.func.sum(merged.c.seen_seq)).where(GOES_ON).scalar_subquery()
UNSEEN_BESIDE = sa.exists().where(GOES_ON, merged.c.last_seq > merged.c.seen_seq)


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that shows an operator's notices, as the Push API describes it.

    `session_hash` is of the session that allowed it: it ends with that.
    `endpoint` is the address at its push service; `p256dh` and `auth`, base64url, seal what is sent
    there. `server_key` is our public key that it knows, `shown_at` when it last showed a notice.
    """

    id: UUID
    operator_id: OperatorId
    session_hash: bytes
    endpoint: str
    p256dh: str
    auth: str
    server_key: str
    made_at: datetime
    shown_at: datetime | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """A conversation of theirs in which the customer waits, and has said what nobody has seen."""

    operator_id: OperatorId
    conversation_id: ConversationId
    seen_seq: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that is held out to an operator, until `deadline`."""

    operator_id: OperatorId
    conversation_id: ConversationId
    offer_id: UUID
    since: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Late:
    """A line that an operator supervises, and when a promised time was last over in it."""

    operator_id: OperatorId
    line_id: LineId
    since: datetime


@dataclass(frozen=True, slots=True)
class LastWaiting:
    conversation_id: ConversationId
    since: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """By which mark, and when, an operator was told of something."""

    mark: str
    at: datetime


class Notices:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- devices --------------------------------------------------------------

    async def add(self, device: Device) -> None:
        """Whoever signs in on a known browser has it from then on."""
        row = {name: getattr(device, name) for name in Device.__slots__}
        statement = insert(self._connection.dialect, push_devices)
        given = {name: statement.excluded[name] for name in row if name not in ("id", "endpoint")}
        statement = statement.on_conflict_do_update(index_elements=[d.endpoint], set_=given)
        await self._connection.run(statement, [row])

    async def devices(self, operator_id: OperatorId, *, now: datetime) -> list[Device]:
        """Those that are not paused."""
        awake = sa.or_(d.paused_until.is_(None), d.paused_until <= now)
        query = sa.select(push_devices).where(d.operator_id == operator_id, awake).order_by(d.id)
        return [Device(**fields(row)) for row in await self._connection.rows(query)]

    async def count(self, operator_id: OperatorId) -> int:
        query = sa.select(sa.func.count()).where(d.operator_id == operator_id)
        return int((await self._connection.rows(query))[0][0])

    async def device(self, device_id: UUID) -> Device | None:
        rows = await self._connection.rows(sa.select(push_devices).where(d.id == device_id))
        return Device(**fields(rows[0])) if rows else None

    async def with_devices(self, *, now: datetime) -> list[OperatorId]:
        """Who has a device that is not paused."""
        awake = sa.or_(d.paused_until.is_(None), d.paused_until <= now)
        query = sa.select(d.operator_id).where(awake).distinct()
        return sorted(row.operator_id for row in await self._connection.rows(query))

    async def shown(self, device_id: UUID, *, at: datetime) -> None:
        await self._connection.run(
            sa.update(push_devices).where(d.id == device_id).values(shown_at=at)
        )

    async def pause(self, device_id: UUID, *, until: datetime) -> None:
        await self._connection.run(
            sa.update(push_devices).where(d.id == device_id).values(paused_until=until)
        )

    async def remove(self, device_id: UUID) -> None:
        await self._connection.run(sa.delete(push_devices).where(d.id == device_id))

    async def remove_endpoint(self, operator_id: OperatorId, endpoint: str) -> bool:
        """False if it is not theirs, or there is none."""
        statement = sa.delete(push_devices).where(
            d.operator_id == operator_id, d.endpoint == endpoint
        )
        return await self._connection.run(statement) == 1

    async def keep_newest(self, operator_id: OperatorId, most: int) -> None:
        """Forget the oldest devices above so many."""
        ranked = sa.select(d.id).where(d.operator_id == operator_id)
        older = ranked.order_by(d.made_at.desc(), d.id.desc()).offset(most)
        gone = [row.id for row in await self._connection.rows(older)]
        if gone:
            await self._connection.run(sa.delete(push_devices).where(d.id.in_(gone)))

    # --- what is worth one ------------------------------------------------------

    async def unseen(self, operator_ids: Sequence[OperatorId]) -> list[Unseen]:
        seen = c.seen_seq + sa.func.coalesce(SEEN_BESIDE, 0)
        query = sa.select(c.owner_id, c.id, seen, c.last_at).where(
            c.owner_id.in_(operator_ids),
            # As a bind parameter it would hide the partial index from PostgreSQL's generic plan.
            c.state != sa.literal_column("'closed'"),
            c.unanswered_since.is_not(None),
            c.state != sa.literal_column("'snoozed'"),
            c.last_author == Author.CUSTOMER.value,
            sa.or_(c.last_seq > c.seen_seq, UNSEEN_BESIDE),
        )
        return [Unseen(*row) for row in await self._connection.rows(query)]

    async def held_out(self, operator_ids: Sequence[OperatorId]) -> list[Held]:
        o = offers.c
        query = sa.select(o.operator_id, o.conversation_id, o.id, o.made_at, o.deadline).where(
            o.operator_id.in_(operator_ids), o.state == sa.literal_column("'live'")
        )
        return [Held(*row) for row in await self._connection.rows(query)]

    async def late(self, operator_ids: Sequence[OperatorId]) -> list[Late]:
        """For those of them who supervise: the lines of their queues, or all for administrators."""
        last = sa.func.max(c.breached_at, type_=c.breached_at.type).label("last")
        lines = sa.select(c.line_id, last).where(LATE).group_by(c.line_id).subquery()
        stands_in = (
            sa.select(queue_members.c.line_id)
            .where(queue_members.c.operator_id == operators.c.id)
            .where(queue_members.c.line_id == lines.c.line_id)
            .exists()
        )
        both = operators.join(lines, sa.true())
        query = sa.select(operators.c.id, lines.c.line_id, lines.c.last).select_from(both)
        query = query.where(
            operators.c.id.in_(operator_ids),
            sa.or_(
                operators.c.role == Role.ADMINISTRATOR.value,
                sa.and_(operators.c.role == Role.SUPERVISOR.value, stands_in),
            ),
        )
        return [Late(*row) for row in await self._connection.rows(query)]

    async def last_waiting(self, line_id: LineId) -> LastWaiting | None:
        """Who came last into a line's queue, as far as its order says so."""
        query = (
            sa.select(c.id, c.waiting_since)
            .where(
                c.line_id == line_id,
                # Written as the partial index has it.
                c.state.in_((sa.literal_column("'waiting'"), sa.literal_column("'offered'"))),
                c.state == State.WAITING.value,
            )
            .order_by(c.rank_at.desc(), c.id.desc())
            .limit(1)
        )
        rows = await self._connection.rows(query)
        return LastWaiting(*rows[0]) if rows else None

    # --- what was told ------------------------------------------------------------

    async def told(
        self, operator_ids: Sequence[OperatorId]
    ) -> Mapping[tuple[OperatorId, UUID], Told]:
        query = sa.select(notices).where(n.operator_id.in_(operator_ids))
        return {
            (row.operator_id, row.subject_id): Told(row.mark, row.at)
            for row in await self._connection.rows(query)
        }

    async def tell(
        self, operator_id: OperatorId, marks: Mapping[UUID, str], *, at: datetime
    ) -> None:
        if not marks:
            return
        statement = insert(self._connection.dialect, notices)
        statement = statement.on_conflict_do_update(
            index_elements=[n.operator_id, n.subject_id],
            set_={"mark": statement.excluded.mark, "at": statement.excluded.at},
        )
        rows: list[dict[str, Any]] = [
            {"operator_id": operator_id, "subject_id": subject, "mark": mark, "at": at}
            for subject, mark in sorted(marks.items())
        ]
        await self._connection.run(statement, rows)

    async def forget(self, *, before: datetime) -> int:
        return await self._connection.run(sa.delete(notices).where(n.at < before))
