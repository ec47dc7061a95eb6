"""Who people are, as their provider says: asked once of each who writes, a little later.

It fills what nobody knows, and replaces nothing. One process at a time asks, under a lease; who was
being asked about when it died is asked about again.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog

from router.abilities import Fetching, Profile, Profiled
from router.attempting import Door
from router.blobs import PICTURES, Blobs
from router.channel import Attachment
from router.clock import Clock
from router.directory import Directory
from router.doors import Doors
from router.errors import Busy, Invalid, ProviderError, Rejected
from router.filing import keep, once
from router.identity import describe
from router.ids import FileId, InboxId, new_id
from router.model import File, Identity, Inbox
from router.retry import backoff_s
from router.storage import Conflict, Storage, Transaction

LOOK_EVERY_S = 3.0
LEASE = timedelta(seconds=30)
LEASE_NAME = "profiles"
# Each may cost a request of its own, and a picture besides.
AT_ONCE = 20
# Who has been here for longer was not asked about for a reason: nobody could say.
NEWER_THAN = timedelta(days=7)
MAX_PICTURE_BYTES = 5_000_000
PICTURE_TIMEOUT_S = 20.0
UPLOADER = "profile"

log = structlog.get_logger(__name__)


class Profiling:
    """Asks the providers that tell of people."""

    def __init__(
        self, storage: Storage, clock: Clock, directory: Directory, doors: Doors, blobs: Blobs
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._directory = directory
        self._doors = doors
        self._blobs = blobs
        self._holder = uuid4().hex
        self._failures: dict[InboxId, int] = {}
        self._rests: dict[InboxId, float] = {}

    async def run(self) -> None:
        """Ask for ever, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            with suppress(Busy, Conflict):
                await self.ask()

    async def ask(self) -> int:
        """Ask about those who are new; gives how many that were."""
        asked = 0
        for inbox in await self._directory.inboxes():
            door = await self._doors.door(inbox.id)
            if door is None or not isinstance(door.channel, Profiled):
                continue
            if self._clock.monotonic() < self._rests.get(inbox.id, 0.0):
                continue
            if await self._is_ours():
                asked += await self._ask(inbox, door, door.channel)
        return asked

    async def _is_ours(self) -> bool:
        now = self._clock.now()
        async with self._storage.transaction() as tx:
            fence = await tx.leases.take(LEASE_NAME, self._holder, now=now, until=now + LEASE)
        return fence is not None

    async def _ask(self, inbox: Inbox, door: Door, channel: Profiled) -> int:
        after = _first_id(self._clock.now() - NEWER_THAN)
        async with self._storage.reading() as tx:
            new = await tx.profiles.unasked(inbox, after=after, limit=AT_ONCE)
        if not new:
            return 0
        try:
            told = await channel.profiles([one.address for one in new])
        except ProviderError as error:
            failures = self._failures.get(inbox.id, 0) + 1
            self._failures[inbox.id] = failures
            rest_s = backoff_s(attempt=failures, jitter=0)
            self._rests[inbox.id] = self._clock.monotonic() + rest_s
            log.info("profiles_failed", inbox_id=str(inbox.id), error=type(error).__name__)
            return 0
        self._failures.pop(inbox.id, None)
        for one in new:
            await self._keep(one, told.get(one.address) or Profile(), door)
        return len(new)

    async def _keep(self, one: Identity, profile: Profile, door: Door) -> None:
        picture = await self._picture(profile.picture, door) if profile.picture else None
        now = self._clock.now()
        if not await self._storage.run(lambda tx: write(tx, one, profile, picture, now=now)):
            await self._forget(picture)

    async def _picture(self, picture: Attachment, door: Door) -> File | None:
        """The picture, kept; without one they are known all the same."""
        try:
            file = await keep(
                self._blobs,
                FileId(new_id()),
                name=picture.name or "picture",
                claimed=picture.mime,
                body=once(await _bytes(picture, door)),
                max_bytes=MAX_PICTURE_BYTES,
            )
        except (ProviderError, Invalid):
            return None
        if file.mime in PICTURES:
            return file
        await self._forget(file)
        return None

    async def _forget(self, file: File | None) -> None:
        if file is not None and file.blob_key:
            await self._blobs.delete(file.blob_key)


async def write(
    tx: Transaction, identity: Identity, profile: Profile, picture: File | None, *, now: datetime
) -> bool:
    """Keep what a provider said of somebody; False if it was kept before."""
    picture_id = picture.id if picture else None
    if not await tx.profiles.save(identity.id, profile, picture_id=picture_id, at=now):
        return False
    if picture is not None:
        await tx.files.insert(picture, uploader=UPLOADER, at=now)
    current = await tx.identities.get(identity.id)
    if current is None:
        return True
    if profile.username and not current.name:
        await tx.identities.rename(identity.id, profile.username)
    if profile != Profile():
        # They may have been linked to another customer since they wrote.
        await describe(tx, current.customer_id, name=profile.name, contacts=(), now=now)
    return True


async def _bytes(picture: Attachment, door: Door) -> bytes:
    if picture.data is not None:
        return picture.data
    if picture.url is not None:
        reply = await door.http.call(
            "GET", picture.url, timeout_s=PICTURE_TIMEOUT_S, max_bytes=MAX_PICTURE_BYTES
        )
        if reply.status != 200:
            raise Rejected("the file is not there", code=str(reply.status))
        return reply.body
    if picture.ref is not None and isinstance(door.channel, Fetching):
        return await door.channel.fetch(picture.ref)
    raise Rejected("nobody can fetch it")


def _first_id(at: datetime) -> UUID:
    """Not larger than any id of ours that is made from then on (RFC 9562: it begins with the time)."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
