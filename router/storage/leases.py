"""Leases of what only one process may do at a time: asking a provider for one inbox."""

from datetime import UTC, datetime

import sqlalchemy as sa

from router.storage.engine import Connection
from router.storage.statements import insert
from router.storage.tables.plumbing import leases

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Leases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take(self, name: str, holder: str, *, now: datetime, until: datetime) -> int | None:
        """Take or prolong a lease; gives its fence, which grows with each new holder.

        None while somebody else holds it.
        """
        c = leases.c
        upsert = insert(self._connection.dialect, leases)
        new = upsert.excluded
        statement = upsert.on_conflict_do_update(
            index_elements=[c.name],
            set_={
                "holder": new.holder,
                "until": new.until,
                "fence": sa.case((c.holder == new.holder, c.fence), else_=c.fence + 1),
            },
            where=sa.or_(c.holder == new.holder, c.until < now),
        ).returning(c.fence)
        row = {"name": name, "holder": holder, "until": until, "fence": 1}
        rows = await self._connection.rows(statement, row)
        return rows[0].fence if rows else None

    async def give_back(self, *, holder: str | None = None) -> int:
        """Let others have at once what `holder` has, or whoever has anything; gives how many."""
        statement = sa.update(leases).values(until=LONG_AGO)
        if holder is not None:
            statement = statement.where(leases.c.holder == holder)
        return await self._connection.run(statement)

    async def holds(self, name: str, holder: str, fence: int) -> bool:
        """Whether it is still theirs; locked until the transaction ends."""
        query = (
            sa.select(leases.c.fence)
            .where(leases.c.name == name, leases.c.holder == holder, leases.c.fence == fence)
            .with_for_update()
        )
        return bool(await self._connection.rows(query))
