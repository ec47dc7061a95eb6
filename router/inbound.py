"""The way in: arrivals become messages in conversations.

Shared commits: a writer takes everything that is queued, stores it in one transaction, commits,
answers each caller, and repeats; it never waits to fill a batch (measured: 2 ms of waiting cost a
third of the rate). On PostgreSQL two writers share the threads by hash; on SQLite there is one.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from router.blobs import Blobs
from router.channel import Arrival, Attachment, IncomingMessage, Stored
from router.clock import Clock
from router.contacts import contacts_in, region_of
from router.directory import Directory
from router.errors import Busy, Invalid, Malformed
from router.filing import keep
from router.ids import FileId, InboxId, new_id
from router.model import Contact, File, FileState, Inbox, Line
from router.planning import Incoming, plan
from router.shaping import clean
from router.storage import Conflict, Storage, Transaction
from router.storage.arrivals import arrived, look, write
from router.updates import apply

BATCH_LIMIT = 500
QUEUE_LIMIT = 10_000
REPEATS = 5
NOTE_ARRIVALS_EVERY_S = 5.0

Prepared = Incoming | Arrival
Outcome = Stored | Invalid

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Request:
    """One caller's arrivals, stored together or not at all."""

    inbox: Inbox
    arrivals: list[Prepared]
    answer: asyncio.Future[list[Outcome]]


class Inbound:
    """Stores what channels read. `writers` is how many transactions may store at once."""

    def __init__(
        self, storage: Storage, clock: Clock, directory: Directory, blobs: Blobs, *, writers: int
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._directory = directory
        self._blobs = blobs
        self._queues: list[deque[_Request]] = [deque() for _ in range(writers)]
        self._stirred = [asyncio.Event() for _ in range(writers)]
        self._arrived: dict[InboxId, datetime] = {}
        self.accepted = 0
        self.duplicates = 0
        self.batches = 0

    async def receive(self, inbox: Inbox, arrivals: Sequence[Arrival]) -> list[Stored]:
        """Store arrivals; returns after the commit with what became of each, in their order.

        Raises:
            Busy: nothing was stored; the caller repeats, or tells the provider to.
            Invalid: one of them can never be stored; the others are.
            Malformed: the database refuses it; keep the request in `unread`.
        """
        if not arrivals:
            return []
        line = await self._directory.line(inbox.line_id)
        if line is None:
            raise Malformed("the inbox has no line")
        prepared = [await self._prepare(inbox, line, arrival) for arrival in arrivals]
        shard = hash((inbox.id, _thread_key(arrivals[0]))) % len(self._queues)
        if len(self._queues[shard]) >= QUEUE_LIMIT:
            raise Busy("too much is waiting to be stored")
        answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._queues[shard].append(_Request(inbox, prepared, answer))
        self._stirred[shard].set()
        outcomes = await answer
        self._arrived[inbox.id] = self._clock.now()
        for outcome in outcomes:
            if isinstance(outcome, Invalid):
                raise outcome
        return [one for one in outcomes if isinstance(one, Stored)]

    async def run(self) -> None:
        """Write until cancelled."""
        writers = [self._write(shard) for shard in range(len(self._queues))]
        await asyncio.gather(*writers, self._note_arrivals())

    # --- at the border ------------------------------------------------------

    async def _prepare(self, inbox: Inbox, line: Line, arrival: Arrival) -> Prepared:
        if not isinstance(arrival, IncomingMessage):
            return arrival
        message = cleaned(arrival)
        claimed = [FileId(one) for one in map(_claim, message.attachments) if one is not None]
        files = [await self._file(one) for one in message.attachments if one.stored_id is None]
        return Incoming(
            inbox=inbox,
            line=line,
            message=replace(message, attachments=()),
            files=tuple(files),
            claimed=tuple(claimed),
            contacts=_contacts(message, line),
        )

    async def _file(self, attachment: Attachment) -> File:
        """Bytes are stored at once; what has to be fetched is fetched by work."""
        file_id = FileId(new_id())
        if attachment.data is not None:
            return await keep(
                self._blobs,
                file_id,
                name=clean(attachment.name),
                claimed=attachment.mime,
                body=_once(attachment.data),
                max_bytes=len(attachment.data),
            )
        return File(
            id=file_id,
            name=clean(attachment.name),
            mime=attachment.mime,
            size_bytes=attachment.size_bytes or 0,
            state=FileState.PENDING,
            source=attachment.url or attachment.ref,
        )

    # --- writers ------------------------------------------------------------

    async def _write(self, shard: int) -> None:
        queue, stirred = self._queues[shard], self._stirred[shard]
        while True:
            await stirred.wait()
            stirred.clear()
            while queue:
                batch: list[_Request] = []
                size = 0
                while queue and size < BATCH_LIMIT:
                    batch.append(queue.popleft())
                    size += len(batch[-1].arrivals)
                try:
                    await self._settle(batch)
                except asyncio.CancelledError:
                    _fail(batch, Busy("the process stops"))
                    raise

    async def _settle(self, batch: Sequence[_Request]) -> None:
        """Store a batch and answer its callers; a culprit is found by halving."""
        waiting = [one for one in batch if not one.answer.cancelled()]
        if not waiting:
            return
        try:
            outcomes = await self._store(waiting)
        except (Busy, Conflict) as error:
            _fail(waiting, Busy(str(error)))
        except (DBAPIError, ValueError, TypeError) as error:
            if len(waiting) == 1:
                log.error("arrival_refused", error=type(error).__name__)
                _fail(waiting, Malformed("the database refuses it"))
                return
            half = len(waiting) // 2
            await self._settle(waiting[:half])
            await self._settle(waiting[half:])
        except Exception as error:
            # A bug of ours must neither end the writer nor lose what the provider can send again.
            log.exception("storing_failed", error=type(error).__name__)
            _fail(waiting, Busy("our bug"))
        else:
            for request, stored in zip(waiting, outcomes, strict=True):
                if not request.answer.done():
                    request.answer.set_result(stored)

    async def _store(self, batch: Sequence[_Request]) -> list[list[Outcome]]:
        for attempt in range(REPEATS):
            try:
                async with self._storage.transaction() as tx:
                    outcomes = await self._store_in(tx, batch)
            except Conflict:
                # Somebody else made the same customer, thread or message: now it will be found.
                if attempt == REPEATS - 1:
                    raise
            else:
                self._count(outcomes)
                return outcomes
        raise AssertionError("unreachable")

    async def _store_in(self, tx: Transaction, batch: Sequence[_Request]) -> list[list[Outcome]]:
        now = self._clock.now()
        messages = [
            one for request in batch for one in request.arrivals if isinstance(one, Incoming)
        ]
        results: Iterator[Outcome] = iter(())
        if messages:
            decided = plan(messages, await look(tx, messages), now=now)
            await write(tx, decided, now=now)
            results = iter(decided.results)
        outcomes: list[list[Outcome]] = []
        for request in batch:
            mine: list[Outcome] = []
            for one in request.arrivals:
                if isinstance(one, Incoming):
                    mine.append(next(results))
                else:
                    mine.append(await apply(tx, request.inbox, one, now=now))
            outcomes.append(mine)
        return outcomes

    def _count(self, outcomes: Sequence[Sequence[Outcome]]) -> None:
        self.batches += 1
        for mine in outcomes:
            new = sum(isinstance(one, Stored) and one.new for one in mine)
            self.accepted += new
            self.duplicates += len(mine) - new

    async def _note_arrivals(self) -> None:
        """Write now and then when each inbox last brought something: on the way in, every message
        would change the same row.
        """
        while True:
            await self._clock.sleep(NOTE_ARRIVALS_EVERY_S)
            noted, self._arrived = self._arrived, {}
            if noted:
                with suppress(Busy, Conflict):
                    async with self._storage.transaction() as tx:
                        await arrived(tx, noted)


def cleaned(message: IncomingMessage) -> IncomingMessage:
    """Without what no database can hold."""
    sender = message.sender
    return replace(
        message,
        external_id=clean(message.external_id),
        thread_key=clean(message.thread_key),
        text=clean(message.text),
        html=None if message.html is None else clean(message.html),
        subject=None if message.subject is None else clean(message.subject),
        sender=replace(
            sender,
            address=clean(sender.address),
            name=clean(sender.name),
            username=clean(sender.username),
        ),
    )


def _contacts(message: IncomingMessage, line: Line) -> tuple[Contact, ...]:
    """What the sender is said to have, and what stands in the text."""
    given = message.sender.contacts
    if "@" not in message.text and sum(char.isdigit() for char in message.text) < 7:
        return given
    found = contacts_in(message.text, region=region_of(line.language))
    known = {(one.kind, one.value) for one in given}
    return (*given, *(one for one in found if (one.kind, one.value) not in known))


def _claim(attachment: Attachment) -> FileId | None:
    if attachment.stored_id is None:
        return None
    try:
        return FileId(UUID(attachment.stored_id))
    except ValueError:
        raise Invalid("no such file", fields={"files": "not a file's id"}) from None


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _thread_key(arrival: Arrival) -> str:
    return str(getattr(arrival, "thread_key", "") or getattr(arrival, "old", ""))


def _fail(batch: Sequence[_Request], error: Exception) -> None:
    for request in batch:
        if not request.answer.done():
            request.answer.set_exception(error)
