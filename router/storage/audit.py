"""Whether the rows agree with each other: nothing here should ever find anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from router.ids import ConversationId, OperatorId
from router.model import State
from router.storage.engine import Connection
from router.storage.statements import insert
from router.storage.tables.plumbing import inspections
from router.storage.tables.routing import assignments, offers
from router.storage.tables.talk import conversations, messages

AUDIT = "audit"

c = conversations.c
IS_HELD = c.state.in_([sa.literal_column("'open'"), sa.literal_column("'snoozed'")])
IS_OFFERED = c.state == sa.literal_column("'offered'")
IS_OPEN = c.state != sa.literal_column("'closed'")
IS_WAITING = c.state == sa.literal_column("'waiting'")
IS_LIVE = offers.c.state == sa.literal_column("'live'")
IS_RUNNING = assignments.c.to_at.is_(None)


@dataclass(frozen=True, slots=True)
class Held:
    """How many conversations, and how much of somebody's capacity they take."""

    count: int
    weight: int


class Audit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, findings: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
        """Write down what the last audit found."""
        statement = insert(self._connection.dialect, inspections)
        statement = statement.on_conflict_do_update(
            index_elements=[inspections.c.name],
            set_={name: statement.excluded[name] for name in ("at", "findings")},
        )
        row = {"name": AUDIT, "at": at, "findings": list(findings)}
        await self._connection.run(statement, row)

    async def last(self) -> tuple[datetime, Sequence[Mapping[str, Any]]] | None:
        """When the last audit was, and what it found."""
        query = sa.select(inspections).where(inspections.c.name == AUDIT)
        rows = await self._connection.rows(query)
        return (rows[0].at, rows[0].findings) if rows else None

    async def held(self) -> dict[OperatorId, Held]:
        """What each operator holds, counted from running assignments."""
        counted = sa.case((c.silent, 0), else_=c.weight)
        query = (
            _held(assignments.c.operator_id, counted)
            .join(conversations, c.id == assignments.c.conversation_id)
            .where(IS_RUNNING)
        )
        return await self._held(query)

    async def held_out(self) -> dict[OperatorId, Held]:
        """What each operator is offered, counted from live offers."""
        return await self._held(_held(offers.c.operator_id, offers.c.weight).where(IS_LIVE))

    async def disowned(self) -> list[ConversationId]:
        """Where a conversation and the running assignments do not name the same owner."""
        running = sa.and_(assignments.c.conversation_id == c.id, IS_RUNNING)
        return await self._ids(
            sa.select(c.id)
            .select_from(conversations.outerjoin(assignments, running))
            .where(IS_HELD, assignments.c.operator_id.is_distinct_from(c.owner_id)),
            sa.select(c.id)
            .select_from(conversations.join(assignments, running))
            .where(sa.not_(IS_HELD)),
        )

    async def misoffered(self) -> list[ConversationId]:
        """Where a conversation and the live offers do not name the same operators, or do not take
        the same of their capacity.
        """
        live = sa.and_(offers.c.conversation_id == c.id, IS_LIVE)
        stray = (
            sa.select(c.id).select_from(conversations.join(offers, live)).where(sa.not_(IS_OFFERED))
        )
        held_out = (
            sa.select(c.id, c.offered_to, c.asked, c.weight, offers.c.operator_id)
            .add_columns(offers.c.weight.label("taken"), offers.c.return_to)
            .select_from(conversations.outerjoin(offers, live))
            .where(IS_OFFERED)
            .order_by(c.id)
        )
        wrong = set(await self._ids(stray))
        rows = await self._connection.rows(held_out)
        for id_, those in groupby(rows, key=lambda row: row.id):
            if not _agree(list(those)):
                wrong.add(id_)
        return sorted(wrong)

    async def unkept(self) -> list[ConversationId]:
        """Pinned and waiting, and to nobody."""
        return await self._ids(
            sa.select(c.id).where(IS_WAITING, c.pinned, c.previous_owner_id.is_(None))
        )

    async def merged_and_open(self) -> list[ConversationId]:
        """Merged into another, and not closed."""
        return await self._ids(
            sa.select(c.id).where(c.merged_into.is_not(None), c.state != State.CLOSED.value)
        )

    async def misparted(self) -> list[ConversationId]:
        """Open ones that were split from another, and do not part the thread with it."""
        first = conversations.alias("first")
        m, f = messages.c, first.c
        split = conversations.join(first, f.id == c.split_from)
        within = sa.and_(m.thread_id == c.thread_id, m.seq.between(f.first_seq, c.last_seq))
        whose = sa.case((m.seq >= c.first_seq, c.id), else_=f.id)
        return await self._ids(
            sa.select(c.id)
            .select_from(split)
            .where(
                IS_OPEN,
                sa.or_(
                    f.state != sa.literal_column("'closed'"),
                    f.thread_id != c.thread_id,
                    f.last_seq != c.first_seq - 1,
                ),
            ),
            sa.select(c.id)
            .select_from(split.join(messages, within))
            .where(IS_OPEN, m.conversation_id != whose),
        )

    async def forgotten(self, before: datetime) -> list[ConversationId]:
        """Those that should have been looked at before then, and were not."""
        return await self._ids(
            sa.select(c.id).where(IS_WAITING, c.look_again_at < before),
            sa.select(c.id).where(IS_OFFERED, c.offer_deadline < before),
        )

    async def _held(self, query: sa.Select[Any]) -> dict[OperatorId, Held]:
        rows = await self._connection.rows(query)
        return {row.operator_id: Held(row.number, int(row.weight)) for row in rows}

    async def _ids(self, *queries: sa.Select[tuple[ConversationId]]) -> list[ConversationId]:
        rows = await self._connection.rows(sa.union(*queries))
        return sorted(row.id for row in rows)


def _agree(rows: Sequence[Any]) -> bool:
    """Whether the live offers of a conversation are what it says."""
    to, asked, weight = rows[0].offered_to, rows[0].asked, rows[0].weight
    named = {row.operator_id for row in rows}
    if to is not None:
        return not asked and named == {to} and all(row.taken == weight for row in rows)
    nothing_taken = all(row.taken == 0 and row.return_to is None for row in rows)
    return {str(one) for one in named} == set(asked) and nothing_taken


def _held(operator_id: sa.Column[Any], weight: sa.ColumnElement[int]) -> sa.Select[Any]:
    number, total = sa.func.count().label("number"), sa.func.sum(weight).label("weight")
    return sa.select(operator_id, number, total).group_by(operator_id)
