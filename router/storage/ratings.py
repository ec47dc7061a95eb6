"""What was said by itself, and how customers and supervisors found a conversation."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.ids import ConversationId, OperatorId, ThreadId
from router.queueing import Scale
from router.ratings import Answer, Rating
from router.storage.engine import Connection
from router.storage.rows import rating_of
from router.storage.statements import insert
from router.storage.tables.routing import automatic_replies, ratings
from router.storage.tables.talk import conversations

said = automatic_replies.c
UNWRITTEN = {"comment": "", "supervisor_comment": ""}


class Ratings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(
        self, conversation_id: ConversationId, *, scale: Scale, token_hash: bytes, at: datetime
    ) -> bool:
        """The customer is asked. False if they were before."""
        row = {
            "conversation_id": conversation_id,
            "scale": scale.value,
            "token_hash": token_hash,
            "asked_at": at,
        }
        statement = insert(self._connection.dialect, ratings)
        statement = statement.on_conflict_do_update(
            index_elements=[ratings.c.conversation_id],
            set_={name: statement.excluded[name] for name in row if name != "conversation_id"},
            # A supervisor may have been first.
            where=ratings.c.asked_at.is_(None),
        )
        return await self._connection.run(statement, row | UNWRITTEN) == 1

    async def get(self, conversation_id: ConversationId) -> Rating | None:
        return await self._one(
            sa.select(ratings).where(ratings.c.conversation_id == conversation_id)
        )

    async def by_token(self, token_hash: bytes) -> Rating | None:
        return await self._one(sa.select(ratings).where(ratings.c.token_hash == token_hash))

    async def awaited(self, thread_id: ThreadId, *, asked_since: datetime) -> Rating | None:
        """The last question of a thread that is not answered."""
        query = (
            sa.select(ratings)
            .join(conversations, conversations.c.id == ratings.c.conversation_id)
            .where(
                conversations.c.thread_id == thread_id,
                ratings.c.asked_at >= asked_since,
                ratings.c.rated_at.is_(None),
            )
            .order_by(ratings.c.asked_at.desc())
            .limit(1)
        )
        return await self._one(query)

    async def asked(self, ids: Sequence[ConversationId]) -> dict[ConversationId, Rating]:
        """The ratings of those of these whose customers were asked."""
        query = sa.select(ratings).where(
            ratings.c.conversation_id.in_(ids), ratings.c.asked_at.is_not(None)
        )
        found = [rating_of(row) for row in await self._connection.rows(query)]
        return {one.conversation_id: one for one in found}

    async def rate(
        self, conversation_id: ConversationId, *, score: int, comment: str, at: datetime
    ) -> None:
        """The customer's word; a later one replaces it."""
        await self._connection.run(
            sa.update(ratings)
            .where(ratings.c.conversation_id == conversation_id)
            .values(score=score, comment=comment, rated_at=at)
        )

    async def answer(self, conversation_id: ConversationId, answers: Sequence[Answer]) -> None:
        """What the customer said in the survey; a later word replaces all of it."""
        await self._connection.run(
            sa.update(ratings)
            .where(ratings.c.conversation_id == conversation_id)
            .values(answers=[asdict(one) for one in answers])
        )

    async def judge(
        self, conversation_id: ConversationId, *, by: OperatorId, score: int, comment: str
    ) -> None:
        """The supervisor's word; a later one replaces it."""
        own = {"supervisor_id": by, "supervisor_score": score, "supervisor_comment": comment}
        statement = insert(self._connection.dialect, ratings)
        statement = statement.on_conflict_do_update(
            index_elements=[ratings.c.conversation_id],
            set_={name: statement.excluded[name] for name in own},
        )
        await self._connection.run(
            statement, {"conversation_id": conversation_id, **UNWRITTEN, **own}
        )

    async def _one(self, query: sa.Select[Any]) -> Rating | None:
        rows = await self._connection.rows(query)
        return rating_of(rows[0]) if rows else None


class AutomaticReplies:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def say(
        self, thread_id: ThreadId, conversation_id: ConversationId, key: str, *, at: datetime
    ) -> bool:
        """False if this stage was said in the conversation before."""
        statement = insert(self._connection.dialect, automatic_replies).on_conflict_do_nothing()
        row = {"thread_id": thread_id, "conversation_id": conversation_id, "key": key, "at": at}
        return await self._connection.run(statement, row) == 1

    async def said(self, ids: Sequence[ConversationId]) -> dict[ConversationId, frozenset[str]]:
        """The stages said in each of these."""
        return await self._keys(said.conversation_id, ids)

    async def ever(self, thread_ids: Sequence[ThreadId]) -> dict[ThreadId, frozenset[str]]:
        """The stages said in each of these threads, in any conversation."""
        return await self._keys(said.thread_id, thread_ids)

    async def count_since(
        self, thread_ids: Sequence[ThreadId], since: datetime
    ) -> dict[ThreadId, int]:
        query = (
            sa.select(said.thread_id, sa.func.count().label("number"))
            .where(said.thread_id.in_(thread_ids), said.at >= since)
            .group_by(said.thread_id)
        )
        counts = {row.thread_id: row.number for row in await self._connection.rows(query)}
        return {one: counts.get(one, 0) for one in thread_ids}

    async def _keys(self, place: sa.Column[Any], ids: Sequence[Any]) -> dict[Any, frozenset[str]]:
        query = sa.select(place.label("place"), said.key).where(place.in_(ids))
        found: dict[Any, set[str]] = {one: set() for one in ids}
        for row in await self._connection.rows(query):
            found[row.place].add(row.key)
        return {one: frozenset(keys) for one, keys in found.items()}
