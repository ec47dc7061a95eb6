"""The same as the front door, for channels that have to ask: e-mail boxes, long polling.

One process at a time asks for an inbox, under a lease. A cursor is stored after what it brought,
and only by who holds the lease's fence: whoever lost it in a pause of the machine leaves the cursor
alone, and what was brought twice is found stored.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from random import random
from typing import Protocol

import structlog

from router.abilities import Polled, Polling
from router.clock import Clock
from router.errors import Busy, ProviderError
from router.model import Health, Inbox
from router.polling import Lease, LeaseLost
from router.retry import LONGEST_WAIT_S, backoff_s, next_attempt
from router.storage import Conflict

# A poll takes up to a minute, and its lease is renewed meanwhile: whoever is killed in it is soon
# followed by another.
LEASE_S = 20.0
RENEW_EVERY_S = 5.0
HELD_ELSEWHERE_S = 5.0
NOTHING_NEW_S = 1.0
BUSY_S = 2.0

log = structlog.get_logger(__name__)


class Rounds(Protocol):
    """What the poller needs of the hub."""

    async def take(self, inbox: Inbox, *, lease_s: float) -> Lease | None:
        """Take or renew the lease; None while another process holds it. Raises `Busy`."""

    async def store(self, inbox: Inbox, lease: Lease, polled: Polled) -> None:
        """Store what was brought, then the cursor. Raises `LeaseLost`, `Busy`."""

    async def worked(self, inbox: Inbox) -> None:
        """The provider answered again after `failed`."""

    async def failed(self, inbox: Inbox, error: ProviderError) -> None:
        """The provider did not answer as it should; told once for each attempt."""


async def keep_polling(
    inbox: Inbox,
    channel: Polling,
    rounds: Rounds,
    *,
    clock: Clock,
    jitter: Callable[[], float] = random,
) -> None:
    """Ask for ever, until cancelled. Failures wait as `router.retry` says."""
    failures = 0
    while True:
        try:
            pause_s = await _ask(inbox, channel, rounds, clock)
            # What a process before this one found failing works by now.
            if failures or inbox.health is not Health.WORKING:
                await rounds.worked(inbox)
            failures = 0
        except LeaseLost:
            log.info("poll_lease_lost", inbox_id=str(inbox.id))
            pause_s = HELD_ELSEWHERE_S
        except (Busy, Conflict):
            pause_s = BUSY_S
        except Exception as error:  # noqa: BLE001 - who stops asking, hears of nothing any more
            failures += 1
            pause_s = await _after_trouble(inbox, rounds, error, failures, clock.now(), jitter())
        await clock.sleep(pause_s)


async def _ask(inbox: Inbox, channel: Polling, rounds: Rounds, clock: Clock) -> float:
    """Ask once; gives how long to pause then, in seconds."""
    lease = await rounds.take(inbox, lease_s=LEASE_S)
    if lease is None:
        return HELD_ELSEWHERE_S
    async with _renewed(inbox, rounds, clock):
        polled = await channel.poll(lease.cursor)
        if not polled.arrivals and not polled.unread and polled.cursor == lease.cursor:
            return NOTHING_NEW_S
        await rounds.store(inbox, lease, polled)
    return 0.0


@asynccontextmanager
async def _renewed(inbox: Inbox, rounds: Rounds, clock: Clock) -> AsyncIterator[None]:
    """Inside, the lease does not run out. Who has lost it all the same, is told when storing."""

    async def renew() -> None:
        while True:
            await clock.sleep(RENEW_EVERY_S)
            with suppress(Busy, Conflict):
                await rounds.take(inbox, lease_s=LEASE_S)

    renewing = asyncio.create_task(renew(), name=f"renew/{inbox.id}")
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def _after_trouble(
    inbox: Inbox, rounds: Rounds, error: Exception, failures: int, now: datetime, jitter: float
) -> float:
    """Tell of a failure; gives how long to pause then, in seconds."""
    if not isinstance(error, ProviderError):
        log.error("poll_failed", inbox_id=str(inbox.id), error=type(error).__name__, exc_info=error)
        return backoff_s(attempt=failures, jitter=jitter)
    with suppress(Busy, Conflict):
        await rounds.failed(inbox, error)
    return _pause_s(error, failures, now, jitter)


def _pause_s(error: ProviderError, attempt: int, now: datetime, jitter: float) -> float:
    at = next_attempt(error, attempt=attempt, now=now, idempotent=True, jitter=jitter)
    return ((at or now + timedelta(seconds=LONGEST_WAIT_S)) - now).total_seconds()
