"""What of each line waits, is being answered, and becomes late: for who watches the load. Only reads.

The numbers are kept, and who waits longest stands first in an index: none of it takes longer with
more that is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.ids import LineId
from router.storage.built import Built
from router.storage.engine import Connection
from router.storage.record import Record
from router.storage.statements import OF_IDS
from router.storage.tables.desk import lines
from router.storage.tables.plumbing import counter_deltas, counters
from router.storage.tables.talk import OPEN, WAITING, conversations

c = conversations.c
KINDS = ("waiting", "all", "at_risk", "late")


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
    def __init__(self, connection: Connection, record: Record) -> None:
        self._connection = connection
        self._record = record

    async def lines(self, line_ids: Sequence[LineId]) -> Sequence[LineLoad]:
        """Of each of these."""
        if not line_ids:
            return []
        rows = await self._connection.rows(_longest(), {"of_ids": line_ids})
        since = {row.id: row.since for row in rows}
        kept = await self._record.counts(_keys(line_ids))
        found = []
        for one in line_ids:
            waiting, everything, at_risk, late = (kept[f"{kind}:{one}"] for kind in KINDS)
            load = LineLoad(one, waiting, since.get(one), everything - waiting, at_risk, late)
            found.append(load)
        return found

    async def miscounted(self, line_ids: Sequence[LineId]) -> dict[str, int]:
        """By how much the kept numbers of these lines are short; nothing, if all is well.

        One statement: it sees one state, whatever is written beside it.
        """
        short = dict.fromkeys(_keys(line_ids), 0)
        for key, line_id, count, *numbers in await self._connection.rows(_both(list(short))):
            if line_id is None:
                short[key] -= int(count)
                continue
            for kind, number in zip(KINDS, numbers, strict=True):
                if (own := f"{kind}:{line_id}") in short:
                    short[own] += int(number)
        return {key: count for key, count in short.items() if count}


def line_of(key: str) -> LineId:
    """Whose number that is."""
    return LineId(UUID(key.partition(":")[2]))


def _keys(line_ids: Sequence[LineId]) -> list[str]:
    return [f"{kind}:{one}" for one in line_ids for kind in KINDS]


@cache
def _longest() -> Built:
    since = sa.func.coalesce(c.waiting_since, c.opened_at, type_=c.waiting_since.type)
    first = (
        sa.select(since)
        .where(c.line_id == lines.c.id, WAITING)
        .order_by(since)
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(lines.c.id, first.label("since")).where(lines.c.id.in_(OF_IDS))
    return Built(query, lists=("of_ids",))


def _both(keys: Sequence[str]) -> sa.CompoundSelect[Any]:
    """What is kept, and what is counted of each line beside it."""
    nothing: tuple[Any, ...] = tuple(sa.cast(sa.null(), sa.BigInteger) for _ in KINDS)
    nobody = sa.cast(sa.null(), c.line_id.type)
    kept = [
        sa.select(table.c.key, nobody, number, *nothing).where(table.c.key.in_(keys))
        for table, number in (
            (counters, counters.c.count),
            (counter_deltas, counter_deltas.c.delta),
        )
    ]
    waits, late = sa.case((WAITING, 1)), c.breached_at
    at_risk = sa.case((sa.and_(c.warned_at.is_not(None), c.breached_at.is_(None)), 1))
    numbers = [sa.func.count(one) for one in (waits, c.id, at_risk, late)]
    counted = (
        sa.select(sa.cast(sa.null(), sa.Text), c.line_id, sa.cast(sa.null(), sa.BigInteger))
        .add_columns(*numbers)
        .where(OPEN)
        .group_by(c.line_id)
    )
    return sa.union_all(*kept, counted)
