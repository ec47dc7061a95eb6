"""Who people are, as their provider says: asked of each who writes, a little later, and again once
they write after a week.

It fills what nobody knows, and replaces only what the provider itself said before: what an operator
has corrected stays. One process at a time asks, under a lease; who was being asked about when it
died is asked about again, and of two that ask all the same the first is kept.
"""

from collections.abc import Mapping, Sequence
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
from router.errors import Busy, Invalid, NotFound, ProviderError, Rejected
from router.filing import keep, once
from router.identity import describe, rename
from router.ids import FileId, InboxId, new_id
from router.model import File, Identity, Inbox
from router.retry import backoff_s
from router.storage import Conflict, Storage, Transaction
from router.storage.profiles import Asked

LOOK_EVERY_S = 3.0
LEASE = timedelta(seconds=30)
LEASE_NAME = "profiles"
# Each may cost a request of its own, and a picture besides.
AT_ONCE = 20
# What a provider said holds for so long. Whoever is silent is not asked about.
GOOD_FOR = timedelta(days=7)
LOOK_FOR_OLD_EVERY_S = 60.0
# How far back one looks for those who write: after a start, or trouble. Whoever wrote before that
# is asked about when they write next.
LOOKS_BACK = timedelta(hours=1)
# What is being stored while we look has an earlier time.
OVERLAP = timedelta(minutes=2)
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
        # Up to when those who write have been looked through, and when that was, in each inbox.
        self._looked: dict[InboxId, tuple[datetime, float]] = {}

    async def run(self) -> None:
        """Ask for ever, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            with suppress(Busy, Conflict):
                await self.ask()

    async def ask(self) -> int:
        """Ask about those who are new, and who write again; gives how many that were."""
        asked = 0
        for inbox in await self._directory.inboxes():
            door = await self._doors.door(inbox.id)
            if door is None or not isinstance(door.channel, Profiled):
                continue
            if self._clock.monotonic() < self._rests.get(inbox.id, 0.0):
                continue
            if await self._is_ours():
                asked += await self._ask_first(inbox, door, door.channel)
            if self._is_time(inbox) and await self._is_ours():
                asked += await self._ask_again(inbox, door, door.channel)
        return asked

    async def _is_ours(self) -> bool:
        now = self._clock.now()
        async with self._storage.transaction() as tx:
            fence = await tx.leases.take(LEASE_NAME, self._holder, now=now, until=now + LEASE)
        return fence is not None

    async def _ask_first(self, inbox: Inbox, door: Door, channel: Profiled) -> int:
        after = _first_id(self._clock.now() - NEWER_THAN)
        async with self._storage.reading() as tx:
            new = await tx.profiles.unasked(inbox, after=after, limit=AT_ONCE)
        told = await self._told(inbox, channel, new)
        if told is None:
            return 0
        for one in new:
            await self._keep(one, told.get(one.address) or Profile(), door)
        return len(new)

    async def _ask_again(self, inbox: Inbox, door: Door, channel: Profiled) -> int:
        now = self._clock.now()
        looked, _ = self._looked.get(inbox.id, (now - LOOKS_BACK, 0.0))
        since = max(looked, now - LOOKS_BACK)
        async with self._storage.reading() as tx:
            old = await tx.profiles.outdated(
                inbox, asked_before=now - GOOD_FOR, active_since=since, limit=AT_ONCE
            )
        told = await self._told(inbox, channel, [one.identity for one in old])
        if told is None:
            return 0
        for one in old:
            await self._renew(one, told.get(one.identity.address), door)
        if len(old) < AT_ONCE:
            again_s = self._clock.monotonic() + LOOK_FOR_OLD_EVERY_S
            self._looked[inbox.id] = (now - OVERLAP, again_s)
        return len(old)

    def _is_time(self, inbox: Inbox) -> bool:
        """To look for those who write again; never while the provider has to be left alone."""
        now_s = self._clock.monotonic()
        _, again_s = self._looked.get(inbox.id, (None, 0.0))
        return now_s >= max(again_s, self._rests.get(inbox.id, 0.0))

    async def _told(
        self, inbox: Inbox, channel: Profiled, people: Sequence[Identity]
    ) -> Mapping[str, Profile] | None:
        """What the provider says of them, all in one question; None if it has to be left alone."""
        if not people:
            return {}
        try:
            told = await channel.profiles([one.address for one in people])
        except ProviderError as error:
            failures = self._failures.get(inbox.id, 0) + 1
            self._failures[inbox.id] = failures
            rest_s = backoff_s(attempt=failures, jitter=0)
            self._rests[inbox.id] = self._clock.monotonic() + rest_s
            log.info("profiles_failed", inbox_id=str(inbox.id), error=type(error).__name__)
            return None
        self._failures.pop(inbox.id, None)
        return told

    async def _renew(self, asked: Asked, profile: Profile | None, door: Door) -> None:
        """Whom the provider knows no longer stays as they were."""
        profile = profile or Profile(asked.name, asked.username)
        picture = await self._picture(profile.picture, door) if profile.picture else None
        async with self._storage.reading() as tx:
            before = await tx.files.get(asked.picture_id) if asked.picture_id else None
        if picture is not None and before is not None and await self._is_same(picture, before):
            await self._forget(picture)
            picture = None
        now = self._clock.now()
        kept = await self._storage.run(lambda tx: rewrite(tx, asked, profile, picture, now=now))
        await self._forget((before if kept else picture) if picture else None)

    async def _is_same(self, one: File, other: File) -> bool:
        if one.size_bytes != other.size_bytes or not (one.blob_key and other.blob_key):
            return False
        try:
            return await self._blobs.read(one.blob_key) == await self._blobs.read(other.blob_key)
        except NotFound:
            return False

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


async def rewrite(
    tx: Transaction, asked: Asked, profile: Profile, picture: File | None, *, now: datetime
) -> bool:
    """Keep what a provider says of somebody now; without a picture the one that is kept stays.

    False, and nothing is kept, if somebody was faster.
    """
    picture_id = picture.id if picture else asked.picture_id
    if not await tx.profiles.renew(asked, profile, picture_id=picture_id, at=now):
        return False
    if picture is not None:
        await tx.files.insert(picture, uploader=UPLOADER, at=now)
        if asked.picture_id is not None:
            await tx.files.delete(asked.picture_id)
    current = await tx.identities.get(asked.identity.id)
    if current is None:
        return True
    if profile.username and current.name in ("", asked.username):
        await tx.identities.rename(current.id, profile.username)
    customer = await tx.customers.get(current.customer_id, lock=True)
    if customer is not None and profile.name and customer.name in ("", asked.name):
        await rename(tx, customer, profile.name, now=now)
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
