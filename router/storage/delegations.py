"""Accounts that let inboxes answer for them, as their provider last told it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime

import sqlalchemy as sa

from router.delegations import Delegation
from router.ids import InboxId
from router.storage.engine import Connection
from router.storage.rows import Row
from router.storage.statements import insert
from router.storage.tables.desk import delegations

KEY = ("inbox_id", "owner")
TOLD = tuple(one.name for one in fields(Delegation))


class Delegations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self, inbox_id: InboxId, owner: str) -> tuple[Delegation, datetime] | None:
        """What was told last of an owner's account, and when; held until the transaction ends."""
        d = delegations.c
        query = sa.select(delegations).where(d.inbox_id == inbox_id, d.owner == owner)
        rows = await self._connection.rows(query.with_for_update())
        return (_delegation(rows[0]), rows[0].heard_at) if rows else None

    async def all(self) -> Mapping[InboxId, list[Delegation]]:
        """Of each inbox, those that work first."""
        d = delegations.c
        query = sa.select(delegations).order_by(d.enabled.desc(), d.name, d.owner)
        grouped: dict[InboxId, list[Delegation]] = defaultdict(list)
        for row in await self._connection.rows(query):
            grouped[row.inbox_id].append(_delegation(row))
        return grouped

    async def save(self, inbox_id: InboxId, told: Delegation, *, heard_at: datetime) -> None:
        row = {"inbox_id": inbox_id, **asdict(told), "heard_at": heard_at}
        statement = insert(self._connection.dialect, delegations)
        new = {name: statement.excluded[name] for name in row if name not in KEY}
        statement = statement.on_conflict_do_update(index_elements=list(KEY), set_=new)
        await self._connection.run(statement, [row])


def _delegation(row: Row) -> Delegation:
    return Delegation(**{name: getattr(row, name) for name in TOLD})
