"""What the distributor goes by: its crew, what is known of who waits, turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.ids import ConversationId, CustomerId, LineId, OperatorId
from router.staff import Load, Operator, Presence
from router.storage.audit import Held
from router.storage.built import Built, Kept
from router.storage.engine import Connection
from router.storage.rows import fields, load_of, operator_of, presence_of
from router.storage.statements import Insert, insert
from router.storage.tables.desk import leaves, operators, queue_members
from router.storage.tables.plumbing import lanes
from router.storage.tables.routing import operator_load, presence, turns
from router.storage.tables.talk import contacts, conversations, customers, messages, visits

c = conversations.c
# Bind parameters would hide the partial indexes from PostgreSQL's generic plans.
IS_WAITING = c.state == sa.literal_column("'waiting'")
IS_OFFERED = c.state == sa.literal_column("'offered'")
# The end of a leave that nobody has ended.
FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)
FIRST_TEXTS = 5


@dataclass(frozen=True, slots=True)
class Member:
    """An operator of a queue, at `position` in it; None for what was never written of them.

    `turn` is the number of the rotation's last choice of them. `leave_until` is the end of the
    leave that they are on, `FOR_GOOD` if it has none.
    """

    operator: Operator
    position: int
    presence: Presence | None
    load: Load | None
    turn: int = 0
    leave_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a waiting conversation's customer, and who had them last."""

    responsible_id: OperatorId | None
    last_owner_id: OperatorId | None
    language: str | None
    tier: str | None
    has_contact: bool = False
    crm_fields: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """The first texts of a conversation, and the pages that brought its customer."""

    text: str
    sources: tuple[str, ...]


class Choosing:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- who may get one ----------------------------------------------------

    async def crew(
        self, line_id: LineId, *, now: datetime, kept: Kept[Member] | None = None
    ) -> list[Member]:
        """The line's operators in the order of its queue. Who is as the last time is the same
        member, if `kept` is.
        """
        found = await self._connection.kept(_crew(), {"of_line": line_id}, kept or kept_members())
        found.sort(key=_place)
        if not (
            leave := {one: at for at, one in await self._connection.rows(_leave(), {"by": now})}
        ):
            return found
        ends = [(one, leave.get(one.operator.id)) for one in found]
        return [replace(one, leave_until=at) if at is not None else one for one, at in ends]

    async def people(self, ids: Sequence[OperatorId], *, now: datetime) -> list[Member]:
        """These operators, whether or not they are in any queue."""
        given = {"of_ids": list(ids), "by": now}
        return [_member(row) for row in await self._connection.rows(_people(), given)]

    async def turn(self, line_id: LineId, numbers: Mapping[OperatorId, int]) -> None:
        """The numbers of the rotation's last choices of these operators."""
        if not numbers:
            return
        rows = [
            {"line_id": line_id, "operator_id": one, "number": numbers[one]}
            for one in sorted(numbers)
        ]
        await self._connection.run(_turning(self._connection.dialect), rows)

    # --- who waits ----------------------------------------------------------

    async def unrouted(
        self, line_id: LineId, *, limit: int, offset: int = 0
    ) -> list[ConversationId]:
        """New ones to which the line's rules were not applied yet, the first first.

        Whom the CRM is asked about is looked at again in time.
        """
        query = (
            sa.select(c.id)
            .where(
                c.line_id == line_id,
                IS_WAITING,
                sa.not_(c.routed),
                c.previous_owner_id.is_(None),
                c.first_reply_at.is_(None),
            )
            .order_by(c.rank_at, c.id)
            .limit(limit)
            .offset(offset)
        )
        return [row.id for row in await self._connection.rows(query)]

    async def known(self, ids: Sequence[ConversationId]) -> dict[ConversationId, Known]:
        rows = await self._connection.rows(_known(), {"of_ids": list(ids)})
        return {row.id: Known(*row[1:]) for row in rows}

    async def words(self, ids: Sequence[ConversationId]) -> dict[ConversationId, Words]:
        page = (
            sa.select(c.id, visits.c.landing_url, visits.c.referrer, visits.c.url)
            .join(visits, visits.c.thread_id == c.thread_id)
            .where(c.id.in_(ids))
        )
        came = {row.id: tuple(filter(None, row[1:])) for row in await self._connection.rows(page)}
        said = (
            sa.select(messages.c.conversation_id, messages.c.text)
            .join(conversations, c.id == messages.c.conversation_id)
            .where(c.id.in_(ids), messages.c.seq < c.first_seq + FIRST_TEXTS)
            .where(messages.c.author == sa.literal_column("'customer'"))
            .order_by(messages.c.conversation_id, messages.c.seq)
        )
        texts: dict[ConversationId, list[str]] = {}
        for row in await self._connection.rows(said):
            texts.setdefault(row.conversation_id, []).append(row.text)
        return {one: Words("\n".join(texts.get(one, ())), came.get(one, ())) for one in ids}

    async def looked_up(self, ids: Sequence[CustomerId], *, kind: str) -> set[CustomerId]:
        """About whom work of this kind is not done: nobody gave it up, and it may be soon."""
        query = sa.select(lanes.c.key).where(
            lanes.c.kind == kind,
            lanes.c.key.in_([str(one) for one in ids]),
            sa.not_(lanes.c.set_aside),
            lanes.c.due_at.is_not(None) | lanes.c.lease_until.is_not(None),
        )
        return {CustomerId(UUID(row.key)) for row in await self._connection.rows(query)}

    async def asked_now(self, line_id: LineId) -> Held:
        """What of the line is held out to several at once: nobody's load has it."""
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(c.weight), 0)).where(
            c.line_id == line_id, IS_OFFERED, c.offered_to.is_(None)
        )
        [(number, weight)] = await self._connection.rows(query)
        return Held(number, int(weight))


def kept_members() -> Kept[Member]:
    return Kept(_member)


def _member(row: Any) -> Member:
    f = {**fields(row), "operator_id": row.id}
    return Member(
        operator_of(f),
        row.position,
        presence_of(f) if row.status is not None else None,
        load_of(f) if row.open_count is not None else None,
        row.turn or 0,
        f.get("leave_until"),
    )


def _place(one: Member) -> tuple[int, OperatorId]:
    return one.position, one.operator.id


# --- what every step asks, built once -------------------------------------------


def _of_operators(*more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Operators with their presence and load."""
    return sa.select(
        *(operators.c[name] for name in Operator.__slots__),
        *(one for table in (presence, operator_load) for one in table.c if not one.primary_key),
        *more,
    )


def _leave_ends() -> sa.Select[Any]:
    now = sa.bindparam("by", type_=leaves.c.from_at.type)
    ends = sa.func.coalesce(leaves.c.until_at, sa.literal(FOR_GOOD, leaves.c.until_at.type))
    return (
        sa.select(sa.func.max(ends, type_=leaves.c.until_at.type))
        .where(leaves.c.from_at <= now)
        .where(leaves.c.until_at.is_(None) | (leaves.c.until_at > now))
    )


@cache
def _leave() -> Built:
    """When the leave of each who is on one ends: these are few, of however many operators."""
    whose = leaves.c.operator_id
    return Built(_leave_ends().add_columns(whose).group_by(whose))


@cache
def _turning(dialect: str) -> Insert:
    statement = insert(dialect, turns)
    return statement.on_conflict_do_update(
        index_elements=[turns.c.line_id, turns.c.operator_id],
        set_={"number": statement.excluded.number},
    )


@cache
def _crew() -> Built:
    m = queue_members.c
    turn = sa.and_(turns.c.line_id == m.line_id, turns.c.operator_id == m.operator_id)
    return Built(
        _of_operators(m.position, turns.c.number.label("turn"))
        .select_from(
            queue_members.join(operators, operators.c.id == m.operator_id)
            .outerjoin(presence, presence.c.operator_id == operators.c.id)
            .outerjoin(operator_load, operator_load.c.operator_id == operators.c.id)
            .outerjoin(turns, turn)
        )
        .where(m.line_id == sa.bindparam("of_line"))
    )


@cache
def _people() -> Built:
    none: sa.ColumnElement[Any] = sa.literal_column("0")
    leave = _leave_ends().where(leaves.c.operator_id == operators.c.id).scalar_subquery()
    return Built(
        _of_operators(none.label("position"), none.label("turn"), leave.label("leave_until"))
        .select_from(
            operators.outerjoin(presence, presence.c.operator_id == operators.c.id).outerjoin(
                operator_load, operator_load.c.operator_id == operators.c.id
            )
        )
        .where(operators.c.id.in_(sa.bindparam("of_ids", expanding=True))),
        lists=("of_ids",),
    )


@cache
def _known() -> Built:
    """The last owner is of any conversation of the customer's, also of this one."""
    other = conversations.alias("other")
    owner = sa.func.coalesce(other.c.owner_id, other.c.previous_owner_id, type_=c.owner_id.type)
    last_owner = (
        sa.select(owner)
        .where(other.c.customer_id == c.customer_id, owner.is_not(None))
        .order_by(other.c.last_activity_at.desc(), other.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return Built(
        sa.select(
            c.id,
            customers.c.responsible_id,
            last_owner.label("last_owner_id"),
            customers.c.language,
            customers.c.tier,
            sa.exists().where(contacts.c.customer_id == c.customer_id).label("has_contact"),
            customers.c.crm_fields,
        )
        .join(customers, customers.c.id == c.customer_id)
        .where(c.id.in_(sa.bindparam("of_ids", expanding=True))),
        lists=("of_ids",),
    )
