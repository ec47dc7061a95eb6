"""Sessions, tokens of scripts, failed sign-ins, and the audit log, which is only added to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.ids import CustomerId, LineId, OperatorId
from router.staff import Role
from router.storage.engine import Connection
from router.storage.rows import fields
from router.storage.tables.access import api_tokens, audit, failed_sign_ins, sessions
from router.storage.tables.talk import conversations


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which an operator signed in. `hash` is of what its cookie holds."""

    hash: bytes
    operator_id: OperatorId
    begun_at: datetime
    used_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A script's right to come in, by the hash of what it shows."""

    id: UUID
    name: str
    role: Role
    made_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """Something that was done, by an operator, by a script, or at the command line."""

    at: datetime
    act: str
    operator_id: OperatorId | None
    token_id: UUID | None
    subject_id: UUID | None
    data: Mapping[str, Any]


class Access:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- sessions -------------------------------------------------------------

    async def begin(self, session: Session) -> None:
        row = {name: getattr(session, name) for name in Session.__slots__}
        await self._connection.run(sa.insert(sessions), [row])

    async def session(self, hash_: bytes, *, now: datetime) -> Session | None:
        """None if there is none, or its time is over."""
        return (await self.sessions([hash_], now=now)).get(hash_)

    async def sessions(self, hashes: Sequence[bytes], *, now: datetime) -> dict[bytes, Session]:
        """Those of them that are still good."""
        query = sa.select(sessions).where(sessions.c.hash.in_(hashes), sessions.c.until > now)
        rows = await self._connection.rows(query)
        return {row.hash: Session(**fields(row)) for row in rows}

    async def prolong(self, hash_: bytes, *, used_at: datetime, until: datetime) -> None:
        await self._connection.run(
            sa.update(sessions).where(sessions.c.hash == hash_).values(used_at=used_at, until=until)
        )

    async def end(self, hash_: bytes) -> None:
        await self._connection.run(sa.delete(sessions).where(sessions.c.hash == hash_))

    async def end_all(self, operator_id: OperatorId, *, but: bytes | None = None) -> None:
        """End an operator's sessions, except one."""
        statement = sa.delete(sessions).where(sessions.c.operator_id == operator_id)
        if but is not None:
            statement = statement.where(sessions.c.hash != but)
        await self._connection.run(statement)

    async def forget_ended(self, now: datetime) -> int:
        return await self._connection.run(sa.delete(sessions).where(sessions.c.until <= now))

    # --- tokens -----------------------------------------------------------------

    async def add_token(self, token: Token, *, hash_: bytes) -> None:
        row = {name: getattr(token, name) for name in Token.__slots__}
        await self._connection.run(
            sa.insert(api_tokens), [row | {"role": token.role.value, "hash": hash_}]
        )

    async def token(self, hash_: bytes) -> Token | None:
        rows = await self._connection.rows(sa.select(api_tokens).where(api_tokens.c.hash == hash_))
        if not rows:
            return None
        row = rows[0]
        return Token(row.id, row.name, Role(row.role), row.made_at, row.used_at)

    async def used_token(self, token_id: UUID, *, at: datetime) -> None:
        await self._connection.run(
            sa.update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=at)
        )

    # --- failed sign-ins ----------------------------------------------------------

    async def failed(
        self, who: Sequence[bytes], *, at: datetime, forget_before: datetime
    ) -> list[int]:
        """Note a failed sign-in; gives what takes that back. What is older than `forget_before` is
        of no interest any more.
        """
        f = failed_sign_ins.c
        await self._connection.run(sa.delete(failed_sign_ins).where(f.at < forget_before))
        noted = sa.insert(failed_sign_ins).returning(f.id)
        rows = await self._connection.rows(noted, [{"who": one, "at": at} for one in who])
        return [row.id for row in rows]

    async def take_back(self, ids: Sequence[int]) -> None:
        """It did not fail after all."""
        await self._connection.run(sa.delete(failed_sign_ins).where(failed_sign_ins.c.id.in_(ids)))

    async def failures(self, who: Sequence[bytes], *, since: datetime) -> dict[bytes, int]:
        query = (
            sa.select(failed_sign_ins.c.who, sa.func.count())
            .where(failed_sign_ins.c.who.in_(who), failed_sign_ins.c.at >= since)
            .group_by(failed_sign_ins.c.who)
        )
        return {row[0]: row[1] for row in await self._connection.rows(query)}

    async def forgive(self, who: bytes) -> None:
        """The right password was given: the failures before it do not count."""
        await self._connection.run(sa.delete(failed_sign_ins).where(failed_sign_ins.c.who == who))

    # --- who sees whom ------------------------------------------------------------

    async def customers_seen(
        self,
        customer_ids: Sequence[CustomerId],
        *,
        line_ids: Sequence[LineId],
        operator_id: OperatorId | None,
    ) -> set[CustomerId]:
        """Those who wrote on one of these lines, or whom this operator has or is offered."""
        if not customer_ids:
            return set()
        c = conversations.c
        query = (
            sa.select(c.customer_id)
            .where(
                c.customer_id.in_(customer_ids),
                sa.or_(
                    c.line_id.in_(line_ids),
                    c.owner_id == operator_id,
                    c.offered_to == operator_id,
                ),
            )
            .distinct()
        )
        return {row.customer_id for row in await self._connection.rows(query)}

    # --- the audit log --------------------------------------------------------------

    async def audit(
        self,
        act: str,
        *,
        at: datetime,
        operator_id: OperatorId | None = None,
        token_id: UUID | None = None,
        subject_id: UUID | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """`data` holds ids, numbers and names of fields: never a text, a name or an address."""
        row = {
            "at": at,
            "act": act,
            "operator_id": operator_id,
            "token_id": token_id,
            "subject_id": subject_id,
            "data": dict(data or {}),
        }
        await self._connection.run(sa.insert(audit), [row])

    async def audited(self, *, limit: int = 100) -> list[Audited]:
        """The latest first."""
        query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        names = Audited.__slots__
        return [
            Audited(**{name: getattr(row, name) for name in names})
            for row in await self._connection.rows(query)
        ]
