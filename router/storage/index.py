"""Keeping the index of words: what waits to be indexed, and how that is done.

Documents are written behind what they are about, by one process at a time: SQLite's FTS5 would
make each commit of a message a segment of its own, and PostgreSQL's GIN would hold its writers up.
An event puts its subject into the queue, in its own transaction; what is indexed is read from the
domain's rows, so that indexing twice is harmless.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router import events
from router.events import Event
from router.model import ContactKind
from router.storage.built import Built
from router.storage.engine import Connection
from router.storage.raw import Put, Shape
from router.storage.statements import MOST, OF_IDS
from router.storage.tables.crm import crm_addresses, crm_leads, crm_persons
from router.storage.tables.search import search_docs, search_queue, search_tokens
from router.storage.tables.talk import contacts, conversations, customers, messages
from router.words import tokens_of, words_of

MESSAGE, CONVERSATION, CUSTOMER = "message", "conversation", "customer"
# What was indexed as another's is this conversation's.
SPLIT = "split"
LEAD, PERSON, EVERYTHING = "lead", "person", "everything"
# The field of each event that names what has other words now.
SUBJECTS: Mapping[type[Event], tuple[str, str]] = {
    events.MessageReceived: (MESSAGE, "message_id"),
    events.ReplyQueued: (MESSAGE, "message_id"),
    events.MessageEdited: (MESSAGE, "message_id"),
    events.MessageDeleted: (MESSAGE, "message_id"),
    events.ConversationOpened: (CONVERSATION, "conversation_id"),
    events.CustomerChanged: (CUSTOMER, "customer_id"),
    events.ConversationSplit: (SPLIT, "conversation_id"),
    events.ConversationUnsplit: (SPLIT, "conversation_id"),
}
QUEUED = Shape(search_queue, ("kind", "subject"))
# One process indexes at a time; any constant serves.
INDEXING_LOCK = 7_302_612
# Keeps leads out of what is found among conversations.
LEADS_MARK = "\u01c3"
CONTACTS = tuple(kind.value for kind in ContactKind)

d = search_docs.c
q = search_queue.c
m = messages.c
NEW_DOC = Shape(search_docs, ("id", "whose", "subject", "words", "tokens"))
CHANGED_DOC = Shape(search_docs, ("id", "words", "tokens"), keys=("id",))
# What each step asks is built once.
LONGEST_WAITING = Built(sa.select(search_queue).order_by(q.id).limit(MOST))
TAKEN = Built(sa.delete(search_queue).where(q.id.in_(OF_IDS)), lists=("of_ids",))
TEXTS = Built(
    sa.select(m.id, m.conversation_id, m.subject, m.text, m.deleted_at).where(m.id.in_(OF_IDS)),
    lists=("of_ids",),
)
STANDING = Built(
    sa.select(d.id, d.whose, d.subject, d.words).where(d.subject.in_(OF_IDS)), lists=("of_ids",)
)
NEWEST_DOC = Built(sa.select(sa.func.max(d.id).label("id")))
TOKENS = Shape(search_tokens, ("rowid", "tokens"))
# It holds no texts, and is told what stood there: https://sqlite.org/fts5.html, read 2026-11-21.
GONE_TOKENS = Shape(search_tokens, ("search_tokens", "rowid", "tokens"))


@dataclass(frozen=True, slots=True)
class Doc:
    """The words of a message or of a card; of none, if there is nothing to be found any more."""

    whose: UUID
    subject: UUID
    words: tuple[str, ...]
    mark: str = ""


def to_index(happened: Sequence[Event]) -> Put:
    """What these events make to be indexed."""
    rows: dict[tuple[str, UUID], None] = {}
    for event in happened:
        if (found := SUBJECTS.get(type(event))) is not None:
            rows[found[0], getattr(event, found[1])] = None
    return (QUEUED, list(rows))


class Index:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def queue(self, kind: str, subject: UUID) -> None:
        """Have something indexed that no event tells of."""
        await self._connection.run(sa.insert(search_queue), [{"kind": kind, "subject": subject}])

    async def again(self) -> None:
        """Have everything there is indexed."""
        await self.queue(EVERYTHING, UUID(int=0))

    async def waits(self) -> bool:
        """Whether there is something to index."""
        return bool(await self._connection.rows(sa.select(q.id).limit(1)))

    async def step(self, *, limit: int) -> int:
        """Index what waits longest; gives how much that was.

        0 if nothing waits, or another process is at it.
        """
        if self._connection.dialect == "postgresql":
            lock = sa.select(sa.func.pg_try_advisory_xact_lock(INDEXING_LOCK))
            if not (await self._connection.rows(lock))[0][0]:
                return 0
        rows = await self._connection.rows(LONGEST_WAITING, {"most": limit})
        if not rows:
            return 0
        if rows[0].kind == EVERYTHING:
            await self._write(await self._read(await self._everything(rows[0], limit)))
            return 1
        taken = list(takewhile(lambda row: row.kind != EVERYTHING, rows))
        await self._connection.run(TAKEN, {"of_ids": [row.id for row in taken]})
        await self._write(await self._read([(row.kind, row.subject) for row in taken]))
        return len(taken)

    async def _everything(self, row: sa.Row[Any], limit: int) -> list[tuple[str, UUID]]:
        """The next of all there is, the oldest first: what came before it was indexed as it came."""
        kinds = ((MESSAGE, messages), (CONVERSATION, conversations), (LEAD, crm_leads))
        parts = [
            sa.select(sa.literal_column(f"'{kind}'").label("kind"), table.c.id)
            .where(table.c.id > row.subject)
            .order_by(table.c.id)
            .limit(limit)
            .subquery()
            for kind, table in kinds
        ]
        both = sa.union_all(*(sa.select(part.c.kind, part.c.id) for part in parts)).subquery()
        query = sa.select(both.c.kind, both.c.id).order_by(both.c.id).limit(limit)
        found = [(kind, id_) for kind, id_ in await self._connection.rows(query)]
        statement: sa.Executable = sa.delete(search_queue).where(q.id == row.id)
        if found:
            statement = sa.update(search_queue).where(q.id == row.id).values(subject=found[-1][1])
        await self._connection.run(statement)
        return found

    async def _read(self, subjects: Sequence[tuple[str, UUID]]) -> list[Doc]:
        """The documents as they are now, in the order in which they were asked for."""
        asked: dict[str, list[UUID]] = defaultdict(list)
        for kind, subject in subjects:
            asked[kind].append(subject)
        found = await self._messages([*asked[MESSAGE], *await self._moved(asked[SPLIT])])
        for column, kind in (
            (conversations.c.id, CONVERSATION),
            (conversations.c.customer_id, CUSTOMER),
        ):
            found += await self._conversations(column, asked[kind])
        for column, kind in ((crm_leads.c.id, LEAD), (crm_leads.c.person_id, PERSON)):
            found += await self._leads(column, asked[kind])
        turn = {subject: number for number, (_, subject) in enumerate(subjects)}
        last = len(turn)
        unique = {one.subject: one for one in found}
        return sorted(unique.values(), key=lambda one: (turn.get(one.subject, last), one.subject))

    async def _messages(self, ids: Sequence[UUID]) -> list[Doc]:
        if not ids:
            return []
        return [
            Doc(
                row.conversation_id,
                row.id,
                () if row.deleted_at else words_of(row.subject or "", row.text),
            )
            for row in await self._connection.rows(TEXTS, {"of_ids": ids})
        ]

    async def _moved(self, ids: Sequence[UUID]) -> list[UUID]:
        """The messages of conversations which had them of another."""
        if not ids:
            return []
        c = conversations.c
        within = sa.and_(m.thread_id == c.thread_id, m.seq.between(c.first_seq, c.last_seq))
        query = sa.select(m.id).select_from(conversations.join(messages, within))
        return [row.id for row in await self._connection.rows(query.where(c.id.in_(ids)))]

    async def _conversations(self, by: sa.Column[Any], ids: Sequence[UUID]) -> list[Doc]:
        if not ids:
            return []
        c = conversations.c
        query = sa.select(c.id, c.title, c.subject, c.customer_id, customers.c.name)
        query = query.join(customers, customers.c.id == c.customer_id).where(by.in_(ids))
        rows = await self._connection.rows(query)
        given = await self._values(
            contacts.c.customer_id, contacts.c.value, {row.customer_id for row in rows}
        )
        return [
            Doc(row.id, row.id, words_of(row.title, row.subject, row.name, *given[row.customer_id]))
            for row in rows
        ]

    async def _leads(self, by: sa.Column[Any], ids: Sequence[UUID]) -> list[Doc]:
        if not ids:
            return []
        c, a = crm_leads.c, crm_addresses.c
        query = sa.select(c.id, c.title, c.person_id, crm_persons.c.name)
        query = query.join(crm_persons, crm_persons.c.id == c.person_id).where(by.in_(ids))
        rows = await self._connection.rows(query)
        given = await self._values(
            a.person_id, a.value, {row.person_id for row in rows}, a.kind.in_(CONTACTS)
        )
        return [
            Doc(row.id, row.id, words_of(row.title, row.name, *given[row.person_id]), LEADS_MARK)
            for row in rows
        ]

    async def _values(
        self, whose: sa.Column[Any], value: sa.Column[Any], ids: Collection[UUID], *where: Any
    ) -> dict[UUID, list[str]]:
        found: dict[UUID, list[str]] = defaultdict(list)
        for id_, text in await self._connection.rows(
            sa.select(whose, value).where(whose.in_(ids), *where)
        ):
            found[id_].append(text)
        return found

    # --- writing ----------------------------------------------------------------

    async def _write(self, docs: Sequence[Doc]) -> None:
        """Put documents in the place of what stands there; an old one keeps its place."""
        given = {"of_ids": [one.subject for one in docs]}
        old = {row.subject: row for row in await self._connection.rows(STANDING, given)}
        stale = [
            (old[one.subject], one)
            for one in docs
            if one.subject in old and old[one.subject].words != " ".join(one.words)
        ]
        fresh = [one for one in docs if one.subject not in old and one.words]
        for one in docs:
            if one.subject in old and old[one.subject].whose != one.whose:
                moved = sa.update(search_docs).where(d.id == old[one.subject].id)
                await self._connection.run(moved.values(whose=one.whose))
        await self._replace(stale)
        if not fresh:
            return
        last = (await self._connection.rows(NEWEST_DOC))[0].id or 0
        placed = list(enumerate(fresh, start=last + 1))
        rows = [(place, one.whose, one.subject, *self._held(one)) for place, one in placed]
        await self._connection.put([(NEW_DOC, rows)])
        await self._put_tokens(placed)

    async def _replace(self, stale: Sequence[tuple[sa.Row[Any], Doc]]) -> None:
        if not stale:
            return
        await self._drop_tokens([(row.id, row.words.split(), one.mark) for row, one in stale])
        gone = [row.id for row, one in stale if not one.words]
        await self._connection.run(sa.delete(search_docs).where(d.id.in_(gone)))
        kept = [(row.id, one) for row, one in stale if one.words]
        rows = [(place, *self._held(one)) for place, one in kept]
        await self._connection.put([(CHANGED_DOC, rows)])
        await self._put_tokens(kept)

    def _held(self, doc: Doc) -> tuple[str, str]:
        tokens = ""
        if self._connection.dialect == "postgresql":
            tokens = " ".join(f"'{one}'" for one in tokens_of(doc.words, mark=doc.mark))
        return " ".join(doc.words), tokens

    async def _put_tokens(self, placed: Sequence[tuple[int, Doc]]) -> None:
        if self._connection.dialect == "sqlite":
            rows = [(place, " ".join(tokens_of(one.words, mark=one.mark))) for place, one in placed]
            await self._connection.put([(TOKENS, rows)])

    async def _drop_tokens(self, placed: Sequence[tuple[int, Sequence[str], str]]) -> None:
        if self._connection.dialect == "sqlite":
            rows = [
                ("delete", place, " ".join(tokens_of(words, mark=mark)))
                for place, words, mark in placed
            ]
            await self._connection.put([(GONE_TOKENS, rows)])
