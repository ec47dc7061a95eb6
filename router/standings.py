"""How providers reach us: webhooks are registered, looked at now and then, and mended when lost.

One process at a time does it, under a lease. A registration is looked at first and made again only
where it is not as it should be: whoever looks twice changes nothing.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import structlog

from router.abilities import Backlogged, Polling, Standing, Subscribed, Subscription
from router.channel import Channel
from router.clock import Clock
from router.directory import Directory
from router.doors import Doors
from router.errors import BadCredentials, Busy, ProviderError
from router.ids import InboxId
from router.model import Health, Inbox
from router.news import StandingNews
from router.storage import Conflict, Storage

LOOK_EVERY_S = 300.0
# After trouble, and while somebody may be mending it.
LOOK_AGAIN_S = 60.0
TIMEOUT_S = 60.0
TICK_S = 1.0
LEASE = timedelta(seconds=30)
LEASE_NAME = "standings"
WEBHOOK, POLLING = "webhook", "polling"
NOT_TAKEN = "the provider does not keep our address"

log = structlog.get_logger(__name__)


class Standings:
    """Looks how each inbox stands with its provider. `address` is where the world reaches us."""

    def __init__(
        self, storage: Storage, clock: Clock, directory: Directory, doors: Doors, *, address: str
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._directory = directory
        self._doors = doors
        self._address = address
        self._holder = uuid4().hex
        # Until when an inbox need not be looked at, with the channel that was.
        self._rests: dict[InboxId, tuple[Channel, float]] = {}
        self._looking: dict[InboxId, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look for ever, until cancelled; an inbox that was changed at once."""
        try:
            while True:
                with suppress(Busy, Conflict):
                    if await self._is_ours():
                        await self._tick()
                await self._clock.sleep(TICK_S)
        finally:
            for task in self._looking.values():
                task.cancel()
            await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def look(self, inbox: Inbox, *, anew: bool = False) -> Standing | None:
        """Look, mend what is not right, and keep what was found; None if there is nothing to keep.

        `anew`: register whatever stands there. Its health follows what was found.
        """
        door = await self._doors.any_door(inbox.id)
        if door is None:
            return None
        url = f"{self._address}/hooks/{inbox.id}"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found = await self._found(door.channel, url, anew=anew)
        except TimeoutError:
            found = await self._failed(inbox, door.channel, ProviderError("no answer in time"))
        except ProviderError as error:
            found = await self._failed(inbox, door.channel, error)
        else:
            if found is not None and _is_mended(inbox, found):
                await self._doors.set_health(inbox.id, Health.WORKING, None)
            elif found is not None and not found.ok:
                await self._doors.set_health(inbox.id, Health.FAILING, found.last_error)
        if found is not None:
            await self._keep(inbox.id, found)
        return found

    async def _keep(self, inbox_id: InboxId, found: Standing) -> None:
        """Who has its settings open need not look again."""
        async with self._storage.transaction() as tx:
            before = (await tx.inboxes.standings()).get(inbox_id)
            await tx.inboxes.set_standing(inbox_id, found)
            if before is None or _substance(before) != _substance(found):
                tx.record.tell(StandingNews())

    # --- one inbox -----------------------------------------------------------

    async def _found(self, channel: Channel, url: str, *, anew: bool) -> Standing | None:
        now = self._clock.now()
        if _asks(channel):
            return Standing(by=POLLING, at=now, ok=True, pending=await _held(channel))
        if not isinstance(channel, Subscribed):
            return None
        told = Subscription(ok=False) if anew else await channel.subscription(url)
        if not told.ok:
            await channel.subscribe(url)
            told = await channel.subscription(url)
        pending = await _held(channel) if told.pending is None else told.pending
        return Standing(
            by=WEBHOOK,
            at=now,
            ok=told.ok,
            url=told.url,
            pending=pending,
            last_error=told.last_error or (None if told.ok else NOT_TAKEN),
            last_error_at=told.last_error_at,
        )

    async def _failed(
        self, inbox: Inbox, channel: Channel, error: ProviderError
    ) -> Standing | None:
        if not (_asks(channel) or isinstance(channel, Subscribed)):
            return None
        paused = isinstance(error, BadCredentials)
        health = Health.PAUSED if paused else Health.FAILING
        await self._doors.set_health(inbox.id, health, error.reason)
        now = self._clock.now()
        by = POLLING if _asks(channel) else WEBHOOK
        return Standing(by=by, at=now, ok=False, last_error=error.reason, last_error_at=now)

    # --- all of them ---------------------------------------------------------

    async def _is_ours(self) -> bool:
        now = self._clock.now()
        async with self._storage.transaction() as tx:
            fence = await tx.leases.take(LEASE_NAME, self._holder, now=now, until=now + LEASE)
        return fence is not None

    async def _tick(self) -> None:
        self._reap()
        for inbox in await self._directory.inboxes():
            door = await self._doors.any_door(inbox.id) if inbox.active else None
            if door is None or inbox.id in self._looking:
                continue
            channel, until_s = self._rests.get(inbox.id, (None, 0.0))
            if channel is door.channel and self._clock.monotonic() < until_s:
                continue
            self._rest(inbox, door.channel, LOOK_EVERY_S)
            task = asyncio.create_task(self._look(inbox, door.channel), name=f"stand/{inbox.id}")
            self._looking[inbox.id] = task

    async def _look(self, inbox: Inbox, channel: Channel) -> None:
        with suppress(Busy, Conflict):
            found = await self.look(inbox)
            if found is None or found.ok:
                return
        self._rest(inbox, channel, LOOK_AGAIN_S)

    def _rest(self, inbox: Inbox, channel: Channel, for_s: float) -> None:
        self._rests[inbox.id] = (channel, self._clock.monotonic() + for_s)

    def _reap(self) -> None:
        for inbox_id, task in tuple(self._looking.items()):
            if task.done():
                del self._looking[inbox_id]
                if (error := task.exception()) is not None:
                    log.error("standing_failed", error=type(error).__name__, exc_info=error)


def _asks(channel: Channel) -> bool:
    return isinstance(channel, Polling) and channel.polls


async def _held(channel: object) -> int | None:
    return await channel.backlog() if isinstance(channel, Backlogged) else None


def _substance(standing: Standing) -> tuple[str, bool, str, str | None]:
    return standing.by, standing.ok, standing.url, standing.last_error


def _is_mended(inbox: Inbox, found: Standing) -> bool:
    # Whether asking works, who asks knows better.
    return found.ok and found.by == WEBHOOK and inbox.health is not Health.WORKING


def held_by_providers(standings: Mapping[InboxId, Standing]) -> dict[InboxId, int]:
    """How many updates wait at each inbox's provider, as far as they say."""
    return {id_: one.pending for id_, one in standings.items() if one.pending is not None}
