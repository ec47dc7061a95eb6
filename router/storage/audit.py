"""Whether the rows agree with each other: nothing here should ever find anything."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.ids import ConversationId, OperatorId
from router.storage.engine import Connection
from router.storage.tables.routing import assignments, offers
from router.storage.tables.talk import conversations

c = conversations.c
IS_HELD = c.state.in_([sa.literal_column("'open'"), sa.literal_column("'snoozed'")])
IS_OFFERED = c.state == sa.literal_column("'offered'")
IS_WAITING = c.state == sa.literal_column("'waiting'")
IS_LIVE = offers.c.state == sa.literal_column("'live'")
IS_RUNNING = assignments.c.to_at.is_(None)


class Audit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def held(self) -> dict[OperatorId, int]:
        """How many conversations each operator holds, counted from running assignments."""
        return await self._numbers(assignments.c.operator_id, IS_RUNNING)

    async def held_out(self) -> dict[OperatorId, int]:
        """How many conversations each operator is offered, counted from live offers."""
        return await self._numbers(offers.c.operator_id, IS_LIVE)

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
        """Where a conversation and the live offers do not name the same operator."""
        live = sa.and_(offers.c.conversation_id == c.id, IS_LIVE)
        return await self._ids(
            sa.select(c.id)
            .select_from(conversations.outerjoin(offers, live))
            .where(IS_OFFERED, offers.c.operator_id.is_distinct_from(c.offered_to)),
            sa.select(c.id)
            .select_from(conversations.join(offers, live))
            .where(sa.not_(IS_OFFERED)),
        )

    async def forgotten(self, before: datetime) -> list[ConversationId]:
        """Those that should have been looked at before then, and were not."""
        return await self._ids(
            sa.select(c.id).where(IS_WAITING, c.look_again_at < before),
            sa.select(c.id).where(IS_OFFERED, c.offer_deadline < before),
        )

    async def _numbers(
        self, operator_id: sa.Column[Any], where: sa.ColumnElement[bool]
    ) -> dict[OperatorId, int]:
        query = sa.select(operator_id, sa.func.count().label("number"))
        rows = await self._connection.rows(query.where(where).group_by(operator_id))
        return {row.operator_id: row.number for row in rows}

    async def _ids(self, *queries: sa.Select[tuple[ConversationId]]) -> list[ConversationId]:
        rows = await self._connection.rows(sa.union(*queries))
        return sorted(row.id for row in rows)
