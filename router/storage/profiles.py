"""What providers say of people, as they last did."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from router.abilities import Profile
from router.ids import FileId, IdentityId
from router.model import Identity, Inbox
from router.storage.engine import Connection
from router.storage.rows import identity_of
from router.storage.statements import insert
from router.storage.tables.talk import identities, profiles, threads


class Profiles:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def unasked(self, inbox: Inbox, *, after: UUID, limit: int) -> list[Identity]:
        """Who wrote to an inbox, of whom its provider was not asked; those made `after` that id."""
        i, t = identities.c, threads.c
        writes_here = sa.select(t.id).where(
            t.customer_id == i.customer_id, t.identity_id == i.id, t.inbox_id == inbox.id
        )
        known = sa.select(profiles.c.identity_id).where(profiles.c.identity_id == i.id)
        query = (
            sa.select(identities)
            .where(i.id > after, i.kind == inbox.kind, writes_here.exists(), ~known.exists())
            .order_by(i.id)
            .limit(limit)
        )
        return [identity_of(row) for row in await self._connection.rows(query)]

    async def save(
        self,
        identity_id: IdentityId,
        profile: Profile,
        *,
        picture_id: FileId | None,
        at: datetime,
    ) -> bool:
        """False if somebody was faster."""
        row = {
            "identity_id": identity_id,
            "name": profile.name,
            "username": profile.username,
            "language": profile.language,
            "picture_id": picture_id,
            "asked_at": at,
        }
        statement = insert(self._connection.dialect, profiles).on_conflict_do_nothing()
        return await self._connection.run(statement, row) == 1

    async def pictures(self, ids: Collection[IdentityId]) -> dict[IdentityId, FileId]:
        """The files that show them."""
        p = profiles.c
        query = sa.select(p.identity_id, p.picture_id).where(
            p.identity_id.in_(ids), p.picture_id.is_not(None)
        )
        rows: Sequence[sa.Row[tuple[IdentityId, FileId]]] = await self._connection.rows(query)
        return {row.identity_id: row.picture_id for row in rows}
