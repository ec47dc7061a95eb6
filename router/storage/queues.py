"""A line's queue: who is in it, who waits in it, and what falls due there."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from router.ids import ConversationId, LineId, OperatorId
from router.model import Conversation
from router.storage.audit import Held
from router.storage.built import Built
from router.storage.engine import Connection
from router.storage.holding import THEMSELVES
from router.storage.rows import conversation_of
from router.storage.statements import MOST, NOW, OF_IDS, OF_LINE
from router.storage.tables.desk import queue_members
from router.storage.tables.routing import assignments, offers
from router.storage.tables.talk import conversations, threads

c = conversations.c
# Bind parameters would hide the partial indexes from PostgreSQL's generic plans.
IS_WAITING = c.state == sa.literal_column("'waiting'")
IS_SNOOZED = c.state == sa.literal_column("'snoozed'")
IS_OFFERED = c.state == sa.literal_column("'offered'")
IS_TAKEN = c.state.in_(
    [sa.literal_column("'open'"), sa.literal_column("'snoozed'"), sa.literal_column("'offered'")]
)
IS_LIVE = offers.c.state == sa.literal_column("'live'")


def _first(time: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(sa.func.min(time, type_=time.type).label("at"))


# What each step of the distributor asks is built once.
_WAITING = (
    sa.select(conversations)
    .where(c.line_id == OF_LINE, IS_WAITING)
    .order_by(c.rank_at, c.id)
    .limit(MOST)
)
BEHIND = sa.tuple_(
    sa.bindparam("behind_at", type_=c.rank_at.type), sa.bindparam("behind_id", type_=c.id.type)
)
WAITING = Built(_WAITING)
WAITING_BEHIND = Built(_WAITING.where(sa.tuple_(c.rank_at, c.id) > BEHIND))
OVERLOOKED = Built(
    sa.select(conversations)
    .where(c.line_id == OF_LINE, IS_WAITING, c.look_again_at <= NOW)
    .order_by(c.look_again_at)
    .limit(MOST),
)
THEIR_THREADS = Built(
    sa.select(threads.c.id)
    .join(conversations, c.thread_id == threads.c.id)
    .where(c.id.in_(OF_IDS))
    .order_by(threads.c.id)
    .with_for_update(of=threads, key_share=True),
    lists=("of_ids",),
)
ENDED_SNOOZES = Built(
    sa.select(c.id)
    .where(c.line_id == OF_LINE, IS_SNOOZED, c.snoozed_until <= NOW)
    .order_by(c.snoozed_until)
    .limit(MOST),
)
NEXT_DUE = Built(
    sa.union_all(
        _first(offers.c.deadline).where(offers.c.line_id == OF_LINE, IS_LIVE),
        _first(c.snoozed_until).where(c.line_id == OF_LINE, IS_SNOOZED),
        _first(c.look_again_at).where(c.line_id == OF_LINE, IS_WAITING),
    )
)


class Queues:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def shared_with(self, operator_ids: Sequence[OperatorId]) -> list[LineId]:
        """The lines in whose queues any of these are."""
        query = (
            sa.select(queue_members.c.line_id)
            .where(queue_members.c.operator_id.in_(operator_ids))
            .distinct()
        )
        return [row.line_id for row in await self._connection.rows(query)]

    # --- who waits ----------------------------------------------------------

    async def waiting(
        self, line_id: LineId, *, behind: Conversation | None, limit: int
    ) -> list[Conversation]:
        """Those who wait, in the order of service, from the first or from `behind` one of them."""
        given: dict[str, Any] = {"of_line": line_id, "most": limit}
        if behind is not None:
            given |= {"behind_at": behind.rank_at, "behind_id": behind.id}
        query = WAITING if behind is None else WAITING_BEHIND
        return [conversation_of(row) for row in await self._connection.rows(query, given)]

    async def overlooked(self, line_id: LineId, now: datetime, *, limit: int) -> list[Conversation]:
        """Those who wait and whose time to be looked at again has come, the longest due first."""
        given = {"of_line": line_id, "now": now, "most": limit}
        return [conversation_of(row) for row in await self._connection.rows(OVERLOOKED, given)]

    async def hold(self, ids: Sequence[ConversationId]) -> dict[ConversationId, Conversation]:
        """These conversations as they are now, held until the transaction ends.

        Their threads come first, in the order of ids, as they do where messages arrive.
        """
        await self._connection.rows(THEIR_THREADS, {"of_ids": ids})
        rows = await self._connection.rows(THEMSELVES, {"of_ids": ids})
        return {row.id: conversation_of(row) for row in rows}

    # --- what falls due -----------------------------------------------------

    async def ended_snoozes(
        self, line_id: LineId, now: datetime, *, limit: int
    ) -> list[ConversationId]:
        given = {"of_line": line_id, "now": now, "most": limit}
        return [row.id for row in await self._connection.rows(ENDED_SNOOZES, given)]

    async def next_due(self, line_id: LineId) -> datetime | None:
        """When the next offer, snooze or wait of the line ends; None if nothing will."""
        rows = await self._connection.rows(NEXT_DUE, {"of_line": line_id})
        return min((row.at for row in rows if row.at is not None), default=None)

    # --- timers -------------------------------------------------------------

    async def timers_due(self, line_id: LineId, now: datetime, *, limit: int) -> list[Conversation]:
        """Where something may have fallen due by itself, the earliest first. They are not held."""
        query = (
            sa.select(conversations)
            .where(c.line_id == line_id, c.timer_at.is_not(None), c.timer_at <= now)
            .order_by(c.timer_at)
            .limit(limit)
        )
        return [conversation_of(row) for row in await self._connection.rows(query)]

    async def next_timer(self, line_id: LineId) -> datetime | None:
        query = _first(c.timer_at).where(c.line_id == line_id, c.timer_at.is_not(None))
        rows = await self._connection.rows(query)
        at: datetime | None = rows[0].at
        return at

    async def set_timers(self, times: Mapping[ConversationId, datetime | None]) -> None:
        """When timers look at each of these next; None: not before something happens in it."""
        if not times:
            return
        statement = (
            sa.update(conversations)
            .where(c.id == sa.bindparam("conversation", type_=c.id.type))
            .values(timer_at=sa.bindparam("at", type_=c.timer_at.type))
        )
        rows = [{"conversation": one, "at": times[one]} for one in sorted(times)]
        await self._connection.run(statement, rows)

    async def time_again(self, line_id: LineId, *, at: datetime) -> None:
        """The line's settings or hours changed: timers look at all that is not closed."""
        await self._connection.run(
            sa.update(conversations)
            .where(c.line_id == line_id, c.state != sa.literal_column("'closed'"))
            .values(timer_at=at)
        )

    # --- what it holds, and how long one waits --------------------------------

    async def line_loads(self, line_id: LineId) -> dict[OperatorId, Held]:
        """What each operator holds or is offered of this line."""
        counted = sa.case((c.silent, 0), else_=c.weight)
        holder = sa.case((IS_OFFERED, c.offered_to), else_=c.owner_id)
        query = (
            sa.select(holder.label("operator_id"), sa.func.count(), sa.func.sum(counted))
            .where(c.line_id == line_id, IS_TAKEN, holder.is_not(None))
            .group_by(holder)
        )
        rows = await self._connection.rows(query)
        return {operator: Held(number, int(weight)) for operator, number, weight in rows}

    async def place_in_queue(self, conversation: Conversation, *, limit: int = 100) -> int:
        """1 for the next; `limit` for that and everything behind it."""
        place = sa.tuple_(
            sa.literal(conversation.rank_at, c.rank_at.type),
            sa.literal(conversation.id, c.id.type),
        )
        before = (
            sa.select(c.id)
            .where(
                c.line_id == conversation.line_id, IS_WAITING, sa.tuple_(c.rank_at, c.id) < place
            )
            .limit(limit - 1)
            .subquery()
        )
        rows = await self._connection.rows(
            sa.select(sa.func.count().label("n")).select_from(before)
        )
        return int(rows[0].n) + 1

    async def recent_waits(
        self, line_id: LineId, *, limit: int = 100
    ) -> list[tuple[datetime, datetime]]:
        """From when until when the last ones had waited on this line, the latest first."""
        a = assignments.c
        query = (
            sa.select(a.from_at, a.waited_s)
            .where(a.line_id == line_id, a.waited_s.is_not(None))
            .order_by(a.from_at.desc())
            .limit(limit)
        )
        rows = await self._connection.rows(query)
        return [(row.from_at - timedelta(seconds=row.waited_s), row.from_at) for row in rows]
