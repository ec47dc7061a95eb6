"""Threads held until a transaction ends: several of them in one order, whoever asks."""

from collections.abc import Collection

import sqlalchemy as sa

from router.ids import ConversationId
from router.model import Conversation, Thread
from router.storage.built import Built
from router.storage.engine import Conflict, Connection
from router.storage.rows import conversation_of, thread_of
from router.storage.statements import OF_IDS
from router.storage.tables.talk import conversations, threads

c = conversations.c

_ON = (
    sa.select(c.id, c.thread_id, c.merged_into)
    .where(c.id.in_(OF_IDS))
    .cte("goes_on", recursive=True)
)
_GOES_ON = _ON.union(
    sa.select(c.id, c.thread_id, c.merged_into).join(_ON, c.id == _ON.c.merged_into)
)
THEIR_THREADS = Built(
    sa.select(threads)
    .where(threads.c.id.in_(sa.select(_GOES_ON.c.thread_id)))
    .order_by(threads.c.id)
    .with_for_update(of=threads, key_share=True),
    lists=("of_ids",),
)
THEMSELVES = Built(
    sa.select(conversations)
    .where(c.id.in_(OF_IDS))
    .order_by(c.thread_id, c.id)
    .with_for_update(key_share=True),
    lists=("of_ids",),
)


async def hold(
    connection: Connection, ids: Collection[ConversationId]
) -> dict[ConversationId, tuple[Thread, Conversation]]:
    """These conversations and their threads, and the threads of those in which merged ones go on.

    The threads' rows come first, in the order of their ids, as everywhere: whoever holds one may
    number its messages and change its conversations. Raises `Conflict` if one of them was merged
    meanwhile.
    """
    if not ids:
        return {}
    of_ids = {"of_ids": list(ids)}
    held = {row.id: thread_of(row) for row in await connection.rows(THEIR_THREADS, of_ids)}
    found = [conversation_of(row) for row in await connection.rows(THEMSELVES, of_ids)]
    if len(held) == 1 and any(one.merged_into is not None for one in found):
        raise Conflict("it was merged while we waited for its lock")
    return {one.id: (held[one.thread_id], one) for one in found}
