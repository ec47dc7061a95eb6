"""Attached files: taken in, fetched from providers, served by signed addresses, handed out.

A file's address is signed and names nothing but the file: whoever was shown it may fetch it, and
nobody can guess another. It carries no cookie and is never shown as a page of ours.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from aiohttp import web

from router import events
from router.abilities import Fetching
from router.attempting import OpenDoor
from router.blobs import Blobs, file_name, serving_headers
from router.channel import OutgoingFile
from router.clock import Clock
from router.errors import Invalid, ProviderError, Rejected, Unreachable
from router.http import Http
from router.ids import FileId, MessageId, new_id
from router.model import File, FileState
from router.sealing import Sealing
from router.states import of, touched
from router.storage import Lane, Storage

PURPOSE = "file"
GOOD_FOR = timedelta(days=7)
MAX_FETCHED_BYTES = 50_000_000
FETCH_TIMEOUT_S = 60.0
ATTEMPTS = 8
UNUSED_AFTER = timedelta(days=1)

log = structlog.get_logger(__name__)


async def keep(
    blobs: Blobs,
    file_id: FileId,
    *,
    name: str,
    claimed: str,
    body: AsyncIterator[bytes],
    max_bytes: int,
) -> File:
    """Keep a file's bytes; what it is, is read from them. Raises `Invalid` if it is empty or too
    large.
    """
    blob = await blobs.keep(body, max_bytes=max_bytes, claimed_mime=claimed)
    if blob.size_bytes == 0:
        await blobs.delete(blob.key)
        raise Invalid("the file is empty", fields={"file": "is empty"})
    return File(
        id=file_id,
        name=file_name(name),
        mime=blob.mime,
        size_bytes=blob.size_bytes,
        state=FileState.STORED,
        blob_key=blob.key,
        width=blob.width,
        height=blob.height,
    )


class Filing:
    """`origin` is where the world reaches us, without a slash at the end."""

    def __init__(
        self, storage: Storage, clock: Clock, blobs: Blobs, sealing: Sealing, *, origin: str
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._blobs = blobs
        self._sealing = sealing
        self._origin = origin

    def path(self, file: File) -> str:
        """The file's address below our origin. It stays the same for a day, so that it is cached."""
        today = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        token = self._sealing.sign(file.id.hex, purpose=PURPOSE, until=today + GOOD_FOR)
        return f"/files/{token}"

    def outgoing(self, file: File) -> OutgoingFile:
        async def read() -> bytes:
            return await self._blobs.read(file.blob_key or "")

        return OutgoingFile(
            name=file.name,
            mime=file.mime,
            size_bytes=file.size_bytes,
            url=self._origin + self.path(file),
            read=read,
        )

    async def take_in(
        self, name: str, body: AsyncIterator[bytes], *, uploader: str, max_bytes: int
    ) -> File:
        """Keep an upload until a message takes it. Raises `Invalid`."""
        file_id = FileId(new_id())
        file = await keep(
            self._blobs, file_id, name=name, claimed="", body=body, max_bytes=max_bytes
        )
        async with self._storage.transaction() as tx:
            await tx.files.insert(file, uploader=uploader, at=self._clock.now())
        return file

    # --- serving ------------------------------------------------------------

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.get("/files/{token}", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        named = self._sealing.verified(
            request.match_info["token"], purpose=PURPOSE, now=self._clock.now()
        )
        if not isinstance(named, str):
            raise web.HTTPNotFound(text="no such file, or its address is too old")
        async with self._storage.reading() as tx:
            file = await tx.files.get(FileId(UUID(named)))
        path = self._blobs.path(file.blob_key) if file and file.blob_key else None
        if file is None or path is None:
            raise web.HTTPNotFound(text="no such file")
        return web.FileResponse(path, headers=serving_headers(file.name, file.mime))

    # --- work ---------------------------------------------------------------

    def fetcher(self, open_door: OpenDoor) -> Callable[[Lane], Awaitable[None]]:
        """The step of a `fetch` lane: get what came as an address or a provider's reference."""

        async def step(lane: Lane) -> None:
            message_id = MessageId(UUID(lane.key))
            async with self._storage.reading() as tx:
                pending = await tx.files.pending(message_id)
                message = await tx.messages.get(message_id)
                thread = await tx.threads.get(message.thread_id) if message else None
            door = await open_door(thread.inbox_id) if thread else None
            if pending and door is None:
                raise Unreachable("the inbox cannot be opened")
            fetched = []
            for file in pending if door else ():
                assert door is not None
                fetching = door.channel if isinstance(door.channel, Fetching) else None
                fetched.append(
                    await self._fetched(
                        file, fetching, door.http, last=lane.failures + 1 >= ATTEMPTS
                    )
                )
            await self._show(lane, message_id, fetched)

        return step

    async def _fetched(
        self, file: File, channel: Fetching | None, http: Http, *, last: bool
    ) -> File:
        """The file, stored or refused. Raises a `ProviderError` if it is worth another attempt."""
        source = file.source or ""
        try:
            if source.startswith(("http://", "https://")):
                reply = await http.call(
                    "GET", source, timeout_s=FETCH_TIMEOUT_S, max_bytes=MAX_FETCHED_BYTES
                )
                if reply.status != 200:
                    raise Rejected("the file is not there", code=str(reply.status))
                body = reply.body
            elif channel is not None:
                body = await channel.fetch(source)
            else:
                raise Rejected("nobody can fetch it")
            kept = await keep(
                self._blobs,
                file.id,
                name=file.name,
                claimed=file.mime,
                body=once(body),
                max_bytes=MAX_FETCHED_BYTES,
            )
        except (Rejected, Invalid):
            return replace(file, state=FileState.REFUSED)
        except ProviderError as error:
            if error.code == "200":
                # It is there, and larger than we take.
                return replace(file, state=FileState.REFUSED)
            if last:
                return replace(file, state=FileState.GONE)
            raise
        return replace(kept, source=file.source)

    async def _show(self, lane: Lane, message_id: MessageId, fetched: Sequence[File]) -> None:
        now = self._clock.now()
        async with self._storage.transaction() as tx:
            for file in fetched:
                await tx.files.save(file)
            message = await tx.messages.get(message_id)
            if message is not None and await tx.threads.get(message.thread_id, lock=True):
                message = await tx.messages.get(message_id)
            held = await tx.conversations.lock(message.conversation_id) if message else None
            if held is not None and message is not None and fetched:
                _, conversation = held
                after = touched(conversation)
                event = events.FilesFetched(**of(after, now), message_id=message_id)
                await tx.change(conversation, after, event, messages=(message,))
            tx.lanes.give_back(lane)

    async def forget_unused(self) -> int:
        """Delete uploads that no message took within a day; gives how many."""
        before: datetime = self._clock.now() - UNUSED_AFTER
        count = 0
        while True:
            async with self._storage.transaction() as tx:
                unused = await tx.files.unused_before(before)
                for file in unused:
                    await tx.files.delete(file.id)
            for file in unused:
                if file.blob_key:
                    await self._blobs.delete(file.blob_key)
            count += len(unused)
            if not unused:
                return count

    async def forget_orphans(self) -> int:
        """Delete bytes that no file is made of: whoever kept them died before the commit. Gives how
        many. Younger than a day they may be on their way into a commit.
        """
        count = 0
        async for keys in self._blobs.kept_before(older_than_s=UNUSED_AFTER.total_seconds()):
            async with self._storage.reading() as tx:
                named = await tx.files.named(keys)
            for key in keys:
                if key not in named:
                    count += await self._blobs.delete(key)
        return count


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Bytes as a body that is read."""
    yield data
