"""The way in: arrivals become messages in conversations.

Shared commits: a writer takes everything that is queued, stores it in one transaction, commits,
answers each caller, and repeats; it never waits to fill a batch (measured: 2 ms of waiting cost a
third of the rate). On PostgreSQL two writers share the threads by hash; on SQLite there is one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from router.batches import Ahead, Incoming
from router.blobs import Blobs, file_name
from router.channel import (
    Arrival,
    Attachment,
    CustomerAction,
    Edited,
    IncomingMessage,
    OutsideReply,
    Rekeying,
    Stored,
)
from router.cleaning import cleaned
from router.clock import Clock
from router.contacts import contacts_in, region_of
from router.directory import Directory
from router.errors import ActError, Busy, Invalid, Malformed
from router.filing import keep, once
from router.filling import fill
from router.ids import FileId, InboxId, new_id
from router.joining import labelled, pressed_in, reply_tokens, said_by_pressing
from router.merging import follow
from router.model import Contact, File, FileState, Inbox, Line
from router.planning import plan
from router.proving import tried
from router.receipts import TooEarly
from router.storage import Conflict, Refused, Storage, Transaction
from router.storage.arrivals import arrived, write
from router.storage.looking import look, must_have_held
from router.updates import Outside, Reworded, apply

BATCH_LIMIT = 500
QUEUE_LIMIT = 10_000
NOTE_ARRIVALS_EVERY_S = 5.0

Prepared = Incoming | Outside | Reworded | Arrival
Outcome = Stored | Invalid

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Request:
    """One caller's arrivals, stored together or not at all."""

    inbox: Inbox
    arrivals: list[Prepared]
    answer: asyncio.Future[list[Outcome]]


class Inbound:
    """Stores what channels read. `writers` is how many transactions may store at once; `acknowledge`
    tells who waits for our word on a press.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        directory: Directory,
        blobs: Blobs,
        *,
        writers: int,
        acknowledge: Callable[[InboxId, str], None] = lambda *_: None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._directory = directory
        self._blobs = blobs
        self._acknowledge = acknowledge
        self._queues: list[deque[_Request]] = [deque() for _ in range(writers)]
        self._stirred = [asyncio.Event() for _ in range(writers)]
        self._arrived: dict[InboxId, datetime] = {}
        self._stopped = False
        self.accepted = 0
        self.duplicates = 0
        self.refused = 0
        self.batches = 0

    async def receive(self, inbox: Inbox, arrivals: Sequence[Arrival]) -> list[Stored]:
        """Store arrivals; returns after the commit with what became of each, in their order.

        Raises:
            Busy: nothing was stored; the caller repeats, or tells the provider to.
            Invalid: one of them can never be stored; the others are.
            Malformed: it has no id, thread or sender, or the database refuses it; keep the
                request in `unread`.
        """
        if not arrivals:
            return []
        line = await self._directory.line(inbox.line_id)
        if line is None:
            raise Malformed("the inbox has no line")
        arrivals = [cleaned(arrival) for arrival in arrivals]
        prepared = [await self._prepare(inbox, line, arrival) for arrival in arrivals]
        if self._stopped:
            raise Busy("the process stops")
        shard = hash((inbox.id, _thread_key(arrivals[0]))) % len(self._queues)
        if len(self._queues[shard]) >= QUEUE_LIMIT:
            raise Busy("too much is waiting to be stored")
        answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._queues[shard].append(_Request(inbox, prepared, answer))
        self._stirred[shard].set()
        outcomes = await answer
        self._arrived[inbox.id] = self._clock.now()
        await self._drop_doubles(prepared, outcomes)
        for token in reply_tokens(arrivals):
            self._acknowledge(inbox.id, token)
        for outcome in outcomes:
            if isinstance(outcome, Invalid):
                raise outcome
        return [one for one in outcomes if isinstance(one, Stored)]

    async def run(self) -> None:
        """Write until cancelled."""
        writers = [self._write(shard) for shard in range(len(self._queues))]
        try:
            await asyncio.gather(*writers, self._note_arrivals())
        finally:
            self._stopped = True

    # --- at the border ------------------------------------------------------

    async def _prepare(self, inbox: Inbox, line: Line, arrival: Arrival) -> Prepared:
        if isinstance(arrival, OutsideReply):
            if not (arrival.external_id and arrival.thread_key):
                raise Malformed("an answer without an id or a thread")
            sent = [await self._file(one) for one in arrival.attachments]
            return Outside(replace(arrival, attachments=()), tuple(sent))
        if isinstance(arrival, Edited) and arrival.attachments:
            return Reworded(arrival, tuple([await self._file(one) for one in arrival.attachments]))
        pressed = pressed_in(arrival)
        if isinstance(arrival, CustomerAction) and pressed is not None:
            arrival = said_by_pressing(arrival)
        if not isinstance(arrival, IncomingMessage):
            return arrival
        if not (arrival.external_id and arrival.thread_key and arrival.sender.address):
            raise Malformed("a message without an id, a thread or a sender")
        named = dict.fromkeys(one.stored_id for one in arrival.attachments if one.stored_id)
        claimed = [_claim(one) for one in named]
        files = [await self._file(one) for one in arrival.attachments if not one.stored_id]
        return Incoming(
            inbox=inbox,
            line=line,
            message=replace(arrival, attachments=()) if arrival.attachments else arrival,
            files=tuple(files),
            claimed=tuple(claimed),
            contacts=_contacts(arrival, line),
            pressed=pressed,
        )

    async def _file(self, attachment: Attachment) -> File:
        """Bytes are stored at once; what has to be fetched is fetched by work."""
        file = File(
            id=FileId(new_id()),
            name=file_name(attachment.name),
            mime=attachment.mime,
            size_bytes=attachment.size_bytes or 0,
            state=FileState.PENDING,
            source=attachment.url or attachment.ref,
        )
        if attachment.data is None:
            return file if file.source else replace(file, state=FileState.REFUSED)
        try:
            return await keep(
                self._blobs,
                file.id,
                name=file.name,
                claimed=file.mime,
                body=once(attachment.data),
                max_bytes=len(attachment.data),
            )
        except Invalid:
            # An empty attachment is no reason to lose what came with it.
            return replace(file, state=FileState.REFUSED)

    async def _drop_doubles(
        self, prepared: Sequence[Prepared], outcomes: Sequence[Outcome]
    ) -> None:
        """Forget the bytes that came again with messages which were here before."""
        for one, outcome in zip(prepared, outcomes, strict=True):
            if isinstance(one, Incoming | Outside) and not (
                isinstance(outcome, Stored) and outcome.new
            ):
                for key in filter(None, (file.blob_key for file in one.files)):
                    await self._blobs.delete(key)

    # --- writers ------------------------------------------------------------

    async def _write(self, shard: int) -> None:
        queue, stirred = self._queues[shard], self._stirred[shard]
        batch: list[_Request] = []
        try:
            while True:
                await stirred.wait()
                stirred.clear()
                while queue:
                    batch = _next_batch(queue)
                    await self._settle(batch)
        finally:
            # Nobody waits for a writer that has stopped.
            _fail([*batch, *queue], Busy("the process stops"))
            queue.clear()

    async def _settle(self, batch: Sequence[_Request]) -> None:
        """Store a batch and answer its callers; a culprit is found by halving."""
        waiting = [one for one in batch if not one.answer.cancelled()]
        if not waiting:
            return
        try:
            outcomes = await self._store(waiting)
        except Busy as error:
            _fail(waiting, error)
        except Exception as error:  # noqa: BLE001 - whose fault it is, is found by halving
            if len(waiting) == 1:
                _fail(waiting, _told(error))
                return
            half = len(waiting) // 2
            await self._settle(waiting[:half])
            await self._settle(waiting[half:])
        else:
            for request, stored in zip(waiting, outcomes, strict=True):
                if not request.answer.done():
                    request.answer.set_result(stored)

    async def _store(self, batch: Sequence[_Request]) -> list[list[Outcome]]:
        # If somebody else makes the same customer, thread or message, it is repeated and finds it.
        outcomes = await self._storage.run(partial(self._store_in, batch, Ahead()))
        self._count(outcomes)
        return outcomes

    async def _store_in(
        self, batch: Sequence[_Request], ahead: Ahead, tx: Transaction
    ) -> list[list[Outcome]]:
        if ahead.operators:
            await tx.loads.lock(sorted(ahead.operators))
        now = self._clock.now()
        everything = [(request.inbox, one) for request in batch for one in request.arrivals]
        settled: list[Outcome] = []
        for part in _parts(everything):
            settled += await _store_part(tx, part, ahead, now=now)
        results = iter(settled)
        return [[next(results) for _ in request.arrivals] for request in batch]

    def _count(self, outcomes: Sequence[Sequence[Outcome]]) -> None:
        self.batches += 1
        for mine in outcomes:
            stored = [one for one in mine if isinstance(one, Stored)]
            new = sum(one.new for one in stored)
            self.accepted += new
            self.duplicates += len(stored) - new
            self.refused += len(mine) - len(stored)

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


def _next_batch(queue: deque[_Request]) -> list[_Request]:
    batch, size = list[_Request](), 0
    while queue and size < BATCH_LIMIT:
        batch.append(queue.popleft())
        size += len(batch[-1].arrivals)
    return batch


def _parts(arrivals: Sequence[tuple[Inbox, Prepared]]) -> Iterator[list[tuple[Inbox, Prepared]]]:
    """What gives threads another key parts what came before from what comes after."""
    part: list[tuple[Inbox, Prepared]] = []
    for inbox, one in arrivals:
        if isinstance(one, Rekeying):
            yield part
            yield [(inbox, one)]
            part = []
        else:
            part.append((inbox, one))
    yield part


async def _store_part(
    tx: Transaction, part: Sequence[tuple[Inbox, Prepared]], ahead: Ahead, *, now: datetime
) -> list[Outcome]:
    """Messages first and at once: what comes with them is about them, or about earlier ones."""
    messages = [one for _, one in part if isinstance(one, Incoming)]
    results: Iterator[Outcome] = iter(())
    if messages:
        messages = await labelled(tx, messages)
        found = await look(tx, messages, ahead)
        messages = await tried(tx, messages, found, now=now)
        decided = plan(messages, found, now=now)
        must_have_held(tx, set(decided.woken_weights), ahead)
        await write(tx, decided, now=now)
        await fill(tx, decided.fields, now=now)
        results = iter(decided.results)
        await follow(tx, decided, now=now)
    if len(messages) < len(part):
        await tx.put_now()
    return [
        next(results) if isinstance(one, Incoming) else await apply(tx, inbox, one, now=now)
        for inbox, one in part
    ]


def _told(error: Exception) -> Exception:
    """Why one request alone could not be stored, as its caller has to take it."""
    match error:
        case Conflict():
            return Busy("others were faster each time")
        case TooEarly():
            return Busy("an answer is being sent")
        case ActError():
            return error
        case Refused() | ValueError() | TypeError():
            log.error("arrival_refused", error=type(error).__name__)
            return Malformed("the database refuses it")
        case _:
            # A bug of ours must not lose what the provider can send again.
            log.error("storing_failed", error=type(error).__name__, exc_info=error)
            return Busy("our bug")


def _contacts(message: IncomingMessage, line: Line) -> tuple[Contact, ...]:
    """What the sender is said to have, and what stands in the text."""
    given, text = message.sender.contacts, message.text
    if message.foreign or ("@" not in text and sum(map(str.isdigit, text)) < 7):
        return given
    found = contacts_in(text, region=region_of(line.language))
    known = {(one.kind, one.value) for one in given}
    return (*given, *(one for one in found if (one.kind, one.value) not in known))


def _claim(stored_id: str) -> FileId:
    try:
        return FileId(UUID(stored_id))
    except ValueError:
        # No file has this id: it is refused with the others that are not the sender's.
        return FileId(UUID(int=0))


def _thread_key(arrival: Arrival) -> str:
    return str(getattr(arrival, "thread_key", "") or getattr(arrival, "old", ""))


def _fail(batch: Sequence[_Request], error: Exception) -> None:
    for request in batch:
        if not request.answer.done():
            request.answer.set_exception(error)
