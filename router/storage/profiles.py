"""What providers say of people, as they last did."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.abilities import Profile
from router.ids import FileId, IdentityId
from router.model import Identity, Inbox
from router.storage.engine import Connection
from router.storage.rows import Row, identity_of
from router.storage.statements import insert
from router.storage.tables.desk import lines
from router.storage.tables.talk import OPEN, conversations, identities, profiles, threads

TOLD = ("name", "username", "picture_id", "asked_at")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a provider said of somebody when it was last asked, `at`."""

    identity: Identity
    name: str
    username: str
    picture_id: FileId | None
    at: datetime


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

    async def outdated(
        self, inbox: Inbox, *, asked_before: datetime, active_since: datetime, limit: int
    ) -> list[Asked]:
        """Who said something in an inbox since then, or was told something, and was last asked about
        before; who waits the longest first.
        """
        query = _outdated(inbox, asked_before, active_since).limit(limit)
        return [_asked(row) for row in await self._connection.rows(query)]

    async def renew(
        self, asked: Asked, profile: Profile, *, picture_id: FileId | None, at: datetime
    ) -> bool:
        """Put what it says now in the place of what it said; False if somebody was faster."""
        p = profiles.c
        return (
            await self._connection.run(
                sa.update(profiles)
                .where(p.identity_id == asked.identity.id, p.asked_at == asked.at)
                .values(
                    name=profile.name,
                    username=profile.username,
                    language=sa.func.coalesce(sa.literal(profile.language), p.language),
                    picture_id=picture_id,
                    asked_at=at,
                )
            )
            == 1
        )

    async def pictures(self, ids: Collection[IdentityId]) -> dict[IdentityId, FileId]:
        """The files that show them."""
        p = profiles.c
        query = sa.select(p.identity_id, p.picture_id).where(
            p.identity_id.in_(ids), p.picture_id.is_not(None)
        )
        rows: Sequence[sa.Row[tuple[IdentityId, FileId]]] = await self._connection.rows(query)
        return {row.identity_id: row.picture_id for row in rows}


def _asked(row: Row) -> Asked:
    told = (getattr(row, f"told_{name}") for name in TOLD)
    return Asked(identity_of(row), *told)


def _outdated(inbox: Inbox, asked_before: datetime, active_since: datetime) -> sa.Select[Any]:
    """By the index of the lists, which are of lines: it holds who is active, the latest first."""
    c, t, p = conversations.c, threads.c, profiles.c
    talks = (
        sa.select(t.identity_id)
        .join_from(conversations, threads, c.thread_id == t.id)
        .where(c.line_id.in_(sa.select(lines.c.id)), OPEN)
        # Their inbox's own index holds all who are open: it is not to be walked.
        .where(
            c.last_activity_at >= active_since, sa.func.coalesce(c.inbox_id, c.inbox_id) == inbox.id
        )
    )
    return (
        sa.select(identities, *(p[name].label(f"told_{name}") for name in TOLD))
        .join_from(identities, profiles, p.identity_id == identities.c.id)
        .where(p.identity_id.in_(talks), p.asked_at < asked_before)
        .order_by(p.asked_at, p.identity_id)
    )
