"""Messages, notes, files, deliveries, and the providers' names for them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.ids import FileId, MessageId, ThreadId
from router.model import Conversation, File, FileState, Message, Note, Visit
from router.storage.deliveries import Deliveries
from router.storage.engine import Connection
from router.storage.rows import (
    change_row,
    file_of,
    message_of,
    message_row,
    note_of,
    reactions_row,
    visit_of,
)
from router.storage.statements import insert
from router.storage.tables.talk import (
    deliveries,
    files,
    messages,
    notes,
    visits,
)

m = messages.c


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said in a part of a thread, as a conversation's row tells of it."""

    began_at: datetime | None = None
    last: Message | None = None
    first_reply_at: datetime | None = None
    unanswered_since: datetime | None = None


class Messages:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, message_id: MessageId) -> Message | None:
        found = await self._whole(sa.select(messages).where(m.id == message_id))
        return found[0] if found else None

    async def many(self, ids: Sequence[MessageId]) -> list[Message]:
        return await self._whole(sa.select(messages).where(m.id.in_(ids)).order_by(m.id))

    async def external_id(self, message_id: MessageId) -> str | None:
        """What the provider calls a message: a customer's, or the first piece of ours."""
        d = deliveries.c
        ours = sa.select(d.external_id).where(d.message_id == m.id).order_by(d.piece).limit(1)
        name = sa.func.coalesce(m.external_id, ours.scalar_subquery())
        rows = await self._connection.rows(sa.select(name.label("name")).where(m.id == message_id))
        return rows[0].name if rows else None

    async def insert(self, message: Message) -> None:
        await self._connection.run(sa.insert(messages), [message_row(message)])

    async def save(self, message: Message) -> None:
        """Write a text that was edited or withdrawn, or is to be; and the reactions to it."""
        await self._connection.run(
            sa.update(messages)
            .where(m.id == message.id)
            .values(
                text=message.text,
                edited_at=message.edited_at,
                deleted_at=message.deleted_at,
                file_count=len(message.files),
                **change_row(message.change),
                reactions=reactions_row(message.reactions),
            )
        )

    async def changing(self, thread_id: ThreadId) -> Message | None:
        """The thread's message that is to be changed first."""
        query = sa.select(messages).where(m.thread_id == thread_id, m.change_due_at.is_not(None))
        found = await self._whole(query.order_by(m.change_due_at, m.seq).limit(1))
        return found[0] if found else None

    async def of_thread(
        self,
        thread_id: ThreadId,
        *,
        after_seq: int = 0,
        before_seq: int | None = None,
        limit: int = 50,
    ) -> list[Message]:
        """Those with `after_seq < seq < before_seq`: the newest `limit`, oldest first."""
        query = sa.select(messages).where(m.thread_id == thread_id, m.seq > after_seq)
        if before_seq is not None:
            query = query.where(m.seq < before_seq)
        found = await self._whole(query.order_by(m.seq.desc()).limit(limit))
        return found[::-1]

    async def customer_wrote_after(self, thread_id: ThreadId, seq: int) -> bool:
        newer = sa.select(m.id).where(m.thread_id == thread_id, m.seq > seq)
        return bool(await self._connection.rows(newer.where(m.author == "customer").limit(1)))

    async def answered_by(self, message: Message) -> MessageId | None:
        """The customer's last message before ours, in our thread."""
        earlier = sa.select(m.id).where(m.thread_id == message.thread_id, m.seq < message.seq)
        said = earlier.where(m.author == "customer").order_by(m.seq.desc()).limit(1)
        rows = await self._connection.rows(said)
        return MessageId(rows[0].id) if rows else None

    async def customer_wrote_in(self, talk: Conversation, after_seq: int) -> bool:
        """Whether the customer wrote in that one conversation of their thread, after that `seq`."""
        newer = sa.select(m.id).where(
            m.thread_id == talk.thread_id, m.seq > after_seq, m.seq <= talk.last_seq
        )
        return bool(await self._connection.rows(newer.where(m.author == "customer").limit(1)))

    async def unanswered_since(self, talks: Sequence[Conversation]) -> datetime | None:
        """The customer's first message in these that no operator's, in any of them, came after."""
        # Along the threads: no index leads from a conversation to its messages.
        theirs = sa.or_(
            *(
                sa.and_(m.thread_id == one.thread_id, m.seq.between(one.first_seq, one.last_seq))
                for one in talks
            )
        )
        said = sa.select(sa.func.max(m.stored_at)).where(theirs)
        [(answered_at,)] = await self._connection.rows(said.where(m.author == "operator"))
        asked = sa.select(sa.func.min(m.stored_at)).where(theirs, m.author == "customer")
        if answered_at is not None:
            asked = asked.where(m.stored_at > answered_at)
        [(asked_at,)] = await self._connection.rows(asked)
        since: datetime | None = asked_at
        return since

    async def spoken(self, thread_id: ThreadId, first_seq: int, last_seq: int) -> Spoken:
        """What was said from the message `first_seq` to `last_seq`."""
        there = sa.and_(m.thread_id == thread_id, m.seq.between(first_seq, last_seq))
        ours = sa.case((m.author == "operator", m.seq))
        replied_at = sa.case((m.author == "operator", m.stored_at))
        query = sa.select(
            sa.func.min(m.stored_at).label("began_at"),
            sa.func.min(replied_at).label("first_reply_at"),
            sa.func.max(ours).label("answered_seq"),
        ).where(there)
        [told] = await self._connection.rows(query)
        asked = (there, m.author == "customer", m.seq > (told.answered_seq or 0))
        rows = await self._connection.rows(
            sa.select(m.stored_at).where(*asked).order_by(m.seq).limit(1)
        )
        since = rows[0].stored_at if rows else None
        # A robot's words do not hide a question.
        shown = sa.select(messages).where(*(asked if since is not None else (there,)))
        last = await self._whole(shown.order_by(m.seq.desc()).limit(1))
        return Spoken(told.began_at, last[0] if last else None, told.first_reply_at, since)

    async def hand_over(self, talk: Conversation, to: Conversation, from_seq: int) -> None:
        """A conversation's messages and notes from there on are another's. Their thread is locked."""
        theirs = sa.and_(m.thread_id == talk.thread_id, m.conversation_id == talk.id)
        moved = sa.and_(theirs, m.seq >= from_seq)
        await self._connection.run(sa.update(messages).where(moved).values(conversation_id=to.id))
        n = notes.c
        noted = sa.and_(n.thread_id == talk.thread_id, n.conversation_id == talk.id)
        await self._connection.run(
            sa.update(notes).where(noted, n.after_seq >= from_seq).values(conversation_id=to.id)
        )

    async def next_of_thread(
        self, thread_id: ThreadId, *, after_seq: int, limit: int
    ) -> list[Message]:
        """The oldest `limit` with `seq > after_seq`, in order."""
        query = sa.select(messages).where(m.thread_id == thread_id, m.seq > after_seq)
        return await self._whole(query.order_by(m.seq).limit(limit))

    async def _whole(self, query: sa.Select[Any]) -> list[Message]:
        rows = await self._connection.rows(query)
        ids = [row.id for row in rows]
        with_files = [row.id for row in rows if row.file_count]
        answered = [row.id for row in rows if row.author != "customer"]
        attached = await Files(self._connection).of_messages(with_files)
        delivered = await Deliveries(self._connection).of_messages(answered)
        return [
            message_of(row, attached.get(id_, ()), delivered.get(id_, ()))
            for id_, row in zip(ids, rows, strict=True)
        ]


class Notes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, note_id: UUID) -> Note | None:
        rows = await self._connection.rows(sa.select(notes).where(notes.c.id == note_id))
        return note_of(rows[0]) if rows else None

    async def insert(self, note: Note) -> None:
        row = {name: getattr(note, name) for name in Note.__slots__}
        await self._connection.run(sa.insert(notes), [row])

    async def of_thread(self, thread_id: ThreadId, *, after_seq: int, up_to_seq: int) -> list[Note]:
        """Those that stand after messages `after_seq` to `up_to_seq`, oldest first."""
        query = (
            sa.select(notes)
            .where(notes.c.thread_id == thread_id, notes.c.after_seq.between(after_seq, up_to_seq))
            .order_by(notes.c.after_seq, notes.c.id)
        )
        return [note_of(row) for row in await self._connection.rows(query)]


class Files:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, file_id: FileId) -> File | None:
        rows = await self._connection.rows(sa.select(files).where(files.c.id == file_id))
        return file_of(rows[0]) if rows else None

    async def insert(
        self,
        file: File,
        *,
        uploader: str,
        at: datetime,
        message_id: MessageId | None = None,
        position: int = 0,
    ) -> None:
        row = file_row(file, uploader=uploader, at=at, message_id=message_id, position=position)
        await self._connection.run(sa.insert(files), [row])

    async def save(self, file: File) -> None:
        """Write what became of a file that was pending."""
        await self._connection.run(
            sa.update(files)
            .where(files.c.id == file.id)
            .values(
                name=file.name,
                mime=file.mime,
                size_bytes=file.size_bytes,
                state=file.state.value,
                blob_key=file.blob_key,
                width=file.width,
                height=file.height,
            )
        )

    async def claim(
        self, ids: Sequence[FileId], *, uploader: str, message_id: MessageId
    ) -> list[File]:
        """Attach uploads that are this uploader's and in no message yet; gives those in order.

        Fewer than asked for: the others are not theirs, or were used before.
        """
        found = await self._free(ids, uploader=uploader) if ids else []
        for position, file in enumerate(found):
            await self._connection.run(
                sa.update(files)
                .where(files.c.id == file.id)
                .values(message_id=message_id, position=position)
            )
        return found

    async def _free(self, ids: Sequence[FileId], *, uploader: str) -> list[File]:
        """Those of `ids` which this uploader may still attach, in that order, locked."""
        query = sa.select(files).where(
            files.c.id.in_(ids), files.c.message_id.is_(None), files.c.uploader == uploader
        )
        rows = await self._connection.rows(query.with_for_update())
        found = {row.id: file_of(row) for row in rows}
        return [found[one] for one in ids if one in found]

    async def of_messages(self, ids: Sequence[MessageId]) -> dict[MessageId, list[File]]:
        if not ids:
            return {}
        query = (
            sa.select(files)
            .where(files.c.message_id.in_(ids))
            .order_by(files.c.message_id, files.c.position)
        )
        grouped: dict[MessageId, list[File]] = defaultdict(list)
        for row in await self._connection.rows(query):
            grouped[row.message_id].append(file_of(row))
        return grouped

    async def pending(self, message_id: MessageId) -> list[File]:
        query = sa.select(files).where(
            files.c.message_id == message_id, files.c.state == FileState.PENDING.value
        )
        return [file_of(row) for row in await self._connection.rows(query)]

    async def named(self, blob_keys: Sequence[str]) -> set[str]:
        """Which of these bytes some file is made of."""
        query = sa.select(files.c.blob_key).where(files.c.blob_key.in_(blob_keys))
        return {row.blob_key for row in await self._connection.rows(query)}

    async def unused_before(self, moment: datetime, *, limit: int = 100) -> list[File]:
        """Uploads that no message took."""
        query = (
            sa.select(files)
            .where(
                files.c.message_id.is_(None),
                files.c.created_at < moment,
                # A person's picture stands in no message.
                files.c.uploader != "profile",
            )
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [file_of(row) for row in await self._connection.rows(query)]

    async def delete(self, file_id: FileId) -> None:
        await self._connection.run(sa.delete(files).where(files.c.id == file_id))


def file_row(
    file: File,
    *,
    uploader: str,
    at: datetime,
    message_id: MessageId | None = None,
    position: int = 0,
) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(file, name) for name in File.__slots__}
    row["state"] = file.state.value
    return row | {
        "message_id": message_id,
        "position": position,
        "uploader": uploader,
        "created_at": at,
    }


class Visits:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, thread_id: ThreadId) -> Visit | None:
        rows = await self._connection.rows(sa.select(visits).where(visits.c.thread_id == thread_id))
        return visit_of(rows[0]) if rows else None

    async def landing(self, thread_id: ThreadId) -> str:
        """The address of the first page; empty if there was none."""
        query = sa.select(visits.c.landing_url).where(visits.c.thread_id == thread_id)
        rows = await self._connection.rows(query)
        return rows[0].landing_url if rows else ""

    async def put(self, thread_id: ThreadId, visit: Visit) -> None:
        """The page now; the first one is remembered besides."""
        statement = insert(self._connection.dialect, visits)
        row = {name: getattr(visit, name) for name in Visit.__slots__}
        statement = statement.on_conflict_do_update(
            index_elements=[visits.c.thread_id],
            set_={name: statement.excluded[name] for name in row},
        )
        first = {"thread_id": thread_id, "landing_url": visit.url}
        await self._connection.run(statement, {**first, **row})
