"""Calendars' feeds: where they are, and how the last look went."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from router.feeds import Feed
from router.ids import CalendarId
from router.storage.engine import Connection
from router.storage.rows import fields
from router.storage.statements import insert
from router.storage.tables.desk import calendar_feeds

c = calendar_feeds.c


class Feeds:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, calendar_id: CalendarId, *, lock: bool = False) -> Feed | None:
        query = sa.select(calendar_feeds).where(c.calendar_id == calendar_id)
        rows = await self._connection.rows(query.with_for_update() if lock else query)
        return Feed(**fields(rows[0])) if rows else None

    async def all(self) -> dict[CalendarId, Feed]:
        rows = await self._connection.rows(sa.select(calendar_feeds))
        return {row.calendar_id: Feed(**fields(row)) for row in rows}

    async def put(self, feed: Feed) -> None:
        row = {name: getattr(feed, name) for name in Feed.__slots__}
        statement = insert(self._connection.dialect, calendar_feeds)
        given = {name: statement.excluded[name] for name in row if name != "calendar_id"}
        statement = statement.on_conflict_do_update(index_elements=[c.calendar_id], set_=given)
        await self._connection.run(statement, [row])

    async def delete(self, calendar_id: CalendarId) -> bool:
        """False if there was none."""
        statement = sa.delete(calendar_feeds).where(c.calendar_id == calendar_id)
        return await self._connection.run(statement) == 1

    # --- sealing anew ---------------------------------------------------------------

    async def ids(self) -> Sequence[UUID]:
        return [row.calendar_id for row in await self._connection.rows(sa.select(c.calendar_id))]

    async def reseal(self, calendar_id: CalendarId, sealed: bytes) -> None:
        await self._connection.run(
            sa.update(calendar_feeds).where(c.calendar_id == calendar_id).values(sealed=sealed)
        )
