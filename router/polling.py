"""Inboxes that have to ask their provider: whose turn it is, how far was asked, what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import structlog

from router.abilities import Polled, Polling
from router.channel import Arrival
from router.clock import Clock
from router.doors import Doors
from router.errors import BadCredentials, Invalid, Malformed, ProviderError
from router.inbound import Inbound
from router.model import Health, Inbox
from router.storage import Storage
from router.unread import Unread, kept

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to ask for an inbox now, and how far was asked. `fence` grows with each holder."""

    fence: int
    cursor: str | None


class LeaseLost(Exception):
    """Another process asks for this inbox by now."""


class PollRounds:
    """Leases and cursors of inboxes that have to ask. `holder` names this process."""

    def __init__(
        self, storage: Storage, clock: Clock, doors: Doors, inbound: Inbound, unread: Unread
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._doors = doors
        self._inbound = inbound
        self._unread = unread
        self._holder = uuid4().hex

    async def polling(self, inboxes: Sequence[Inbox]) -> list[tuple[Inbox, Polling]]:
        """Those that have to ask, with their channels."""
        found: list[tuple[Inbox, Polling]] = []
        for inbox in inboxes:
            door = await self._doors.any_door(inbox.id) if inbox.active else None
            if door is not None and isinstance(door.channel, Polling) and door.channel.polls:
                found.append((inbox, door.channel))
        return found

    async def begin(self) -> None:
        """After a start. Where only one process writes, whoever had a lease is dead."""
        if self._storage.engine.dialect == "sqlite":
            async with self._storage.transaction() as tx:
                await tx.leases.give_back()

    async def leave(self) -> None:
        """Before an end: let another process ask at once."""
        async with self._storage.transaction() as tx:
            await tx.leases.give_back(holder=self._holder)

    async def take(self, inbox: Inbox, *, lease_s: float) -> Lease | None:
        """Take or prolong the lease; None while another process asks."""
        now = self._clock.now()
        async with self._storage.transaction() as tx:
            until = now + timedelta(seconds=lease_s)
            fence = await tx.leases.take(_name(inbox), self._holder, now=now, until=until)
            cursor = await tx.inboxes.cursor(inbox.id)
        return None if fence is None else Lease(fence, cursor)

    async def store(self, inbox: Inbox, lease: Lease, polled: Polled) -> None:
        """Store what was brought, then how far was asked. Raises `LeaseLost`.

        A crash between the two asks for the same again, and finds it stored. What can never be
        stored is kept in `unread`: it must not stop what comes after it.
        """
        try:
            await self._inbound.receive(inbox, polled.arrivals)
        except (Malformed, Invalid):
            for arrival in polled.arrivals:
                await self._store_alone(inbox, arrival)
        for hook, reason in polled.unread:
            await self._unread.keep(inbox.id, hook, reason)
            log.warning("poll_unread", inbox_id=str(inbox.id), channel=inbox.kind)
        async with self._storage.transaction() as tx:
            if not await tx.leases.holds(_name(inbox), self._holder, lease.fence):
                raise LeaseLost
            await tx.inboxes.set_cursor(inbox.id, polled.cursor)

    async def _store_alone(self, inbox: Inbox, arrival: Arrival) -> None:
        try:
            await self._inbound.receive(inbox, [arrival])
        except (Malformed, Invalid) as error:
            await self._unread.keep(inbox.id, kept(arrival), str(error))
            log.warning("arrival_unread", inbox_id=str(inbox.id), error=type(error).__name__)

    async def worked(self, inbox: Inbox) -> None:
        await self._doors.set_health(inbox.id, Health.WORKING, None)

    async def failed(self, inbox: Inbox, error: ProviderError) -> None:
        paused = isinstance(error, BadCredentials)
        health = Health.PAUSED if paused else Health.FAILING
        await self._doors.set_health(inbox.id, health, error.reason)


def _name(inbox: Inbox) -> str:
    return f"poll/{inbox.id}"
