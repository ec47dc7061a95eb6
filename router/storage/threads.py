"""Threads: where they are at their provider, whose they are, and up to where they are read."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from router.ids import InboxId, ThreadId
from router.model import Thread
from router.storage.engine import Connection
from router.storage.rows import thread_of
from router.storage.tables.talk import threads


class Threads:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, thread_id: ThreadId, *, lock: bool = False) -> Thread | None:
        query = sa.select(threads).where(threads.c.id == thread_id)
        rows = await self._connection.rows(query.with_for_update(key_share=True) if lock else query)
        return thread_of(rows[0]) if rows else None

    async def many(self, ids: Sequence[ThreadId]) -> dict[ThreadId, Thread]:
        rows = await self._connection.rows(sa.select(threads).where(threads.c.id.in_(ids)))
        return {row.id: thread_of(row) for row in rows}

    async def by_key(self, inbox_id: InboxId, key: str, *, lock: bool = False) -> Thread | None:
        query = sa.select(threads).where(threads.c.inbox_id == inbox_id, threads.c.key == key)
        rows = await self._connection.rows(query.with_for_update(key_share=True) if lock else query)
        return thread_of(rows[0]) if rows else None

    async def insert(self, thread: Thread) -> None:
        row = {name: getattr(thread, name) for name in Thread.__slots__}
        await self._connection.run(sa.insert(threads), [row])

    async def mark(self, thread_id: ThreadId, **seqs: int) -> None:
        """Raise numbers (`last_seq`, `operator_seen_seq` …); none ever goes back."""
        for name, seq in seqs.items():
            column = threads.c[name]
            await self._connection.run(
                sa.update(threads)
                .where(threads.c.id == thread_id, column < seq)
                .values({name: seq})
            )

    async def got(self, held: Mapping[ThreadId, int]) -> None:
        """Up to where any operator's client holds each thread; a mark never goes back."""
        statement = (
            sa.update(threads)
            .where(
                threads.c.id == sa.bindparam("thread", type_=threads.c.id.type),
                threads.c.operator_got_seq < sa.bindparam("seq", type_=sa.Integer),
            )
            .values(operator_got_seq=sa.bindparam("seq", type_=sa.Integer))
        )
        rows = [{"thread": thread, "seq": held[thread]} for thread in sorted(held)]
        await self._connection.run(statement, rows)

    async def save(self, thread: Thread) -> None:
        """Write its key and its people. Numbers are raised by `mark`: others raise them too."""
        names = ("key", "customer_id", "identity_id")
        await self._connection.run(
            sa.update(threads)
            .where(threads.c.id == thread.id)
            .values({name: getattr(thread, name) for name in names})
        )

    async def rekey(self, inbox_id: InboxId, old: str, new: str) -> None:
        """The keys that begin with `old` begin with `new` by now, unless other threads have those."""
        t, other = threads.c, threads.alias()
        moved = sa.literal(new) + sa.func.substr(t.key, len(old) + 1)
        taken = sa.exists().where(other.c.inbox_id == inbox_id, other.c.key == moved)
        await self._connection.run(
            sa.update(threads)
            .where(t.inbox_id == inbox_id, t.key.startswith(old, autoescape=True), ~taken)
            .values(key=moved)
        )
