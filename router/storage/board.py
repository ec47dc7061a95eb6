"""What of each line waits, is being answered, and becomes late: for who watches the load. Only reads."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from router.ids import LineId
from router.storage.engine import Connection
from router.storage.tables.talk import OPEN, conversations

c = conversations.c
WAITS = c.state.in_(("waiting", "offered"))


@dataclass(frozen=True, slots=True)
class LineLoad:
    """`waiting_since` is of who waits longest. `at_risk` were warned of, `late` are over their time."""

    line_id: LineId
    waiting: int
    waiting_since: datetime | None
    open: int
    at_risk: int
    late: int


class Board:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lines(self, line_ids: Collection[LineId]) -> Sequence[LineLoad]:
        """Of those in which anything is open."""
        since = sa.case((WAITS, sa.func.coalesce(c.waiting_since, c.opened_at)))
        query = (
            sa.select(
                c.line_id,
                sa.func.count(sa.case((WAITS, 1))),
                sa.func.min(since, type_=c.waiting_since.type),
                sa.func.count(sa.case((sa.not_(WAITS), 1))),
                sa.func.count(
                    sa.case((sa.and_(c.warned_at.is_not(None), c.breached_at.is_(None)), 1))
                ),
                sa.func.count(c.breached_at),
            )
            .where(c.line_id.in_(line_ids), OPEN)
            .group_by(c.line_id)
        )
        return [LineLoad(*row) for row in await self._connection.rows(query)]
