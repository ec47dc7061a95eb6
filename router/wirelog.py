"""What we and a provider said to each other, redacted, kept 14 days.

It is there to find out what went wrong, and must never be what goes wrong: nobody waits for it,
and when the database is slow, entries are dropped and counted.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from router.clock import Clock
from router.errors import Busy
from router.http import Exchange
from router.ids import InboxId, new_id
from router.storage import Conflict, Storage
from router.storage.exchanges import Logged

KEPT_FOR = timedelta(days=14)
WAITING_LIMIT = 2_000
BATCH = 200
GATHER_S = 0.5
DELETED_AT_ONCE = 500
DELETE_PAUSE_S = 0.1
DELETE_EVERY_S = 3600.0

log = structlog.get_logger(__name__)


class InboxWire:
    """The wire log of one inbox: the `Wire` of its `Http`."""

    def __init__(self, wirelog: "WireLog", inbox_id: InboxId) -> None:
        self._wirelog = wirelog
        self._inbox_id = inbox_id

    def keep(self, exchange: Exchange) -> None:
        """We asked, the provider answered."""
        self._wirelog.keep(self._inbox_id, exchange, direction="out")

    def heard(self, exchange: Exchange) -> None:
        """The provider called, we answered: `received` is what it said."""
        self._wirelog.keep(self._inbox_id, exchange, direction="in")


class WireLog:
    """`run` and `forget_old` do the work; `dropped` counts what was not written."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._waiting: list[Logged] = []
        self._stirred = asyncio.Event()
        self.dropped = 0

    def of(self, inbox_id: InboxId) -> InboxWire:
        """What the client of that inbox tells its exchanges to."""
        return InboxWire(self, inbox_id)

    def keep(self, inbox_id: InboxId, exchange: Exchange, *, direction: str) -> None:
        """Take it, or drop it; never waits, never raises."""
        if len(self._waiting) >= WAITING_LIMIT:
            self.dropped += 1
            return
        self._waiting.append(
            Logged(
                id=new_id(),
                inbox_id=inbox_id,
                at=self._clock.now(),
                direction=direction,
                method=exchange.method,
                url=_storable(exchange.url),
                status=exchange.status,
                sent=_storable(exchange.sent),
                received=_storable(exchange.received),
                took_ms=exchange.took_ms,
            )
        )
        self._stirred.set()

    async def run(self) -> None:
        """Write what comes, until cancelled; then write what is left."""
        try:
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                await self._clock.sleep(GATHER_S)
                await self.flush()
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Write all that waits now, in batches with transactions of their own."""
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), BATCH):
            await self._write(waiting[start : start + BATCH])

    async def forget(self) -> None:
        """Delete what is too old, each hour, until cancelled."""
        while True:
            try:
                await self.forget_old()
            except (Busy, Conflict) as error:
                log.warning("wirelog_not_shortened", reason=type(error).__name__)
            await self._clock.sleep(DELETE_EVERY_S)

    async def forget_old(self) -> int:
        """Delete what is older than 14 days, a little at a time; gives how many."""
        before, deleted = self._clock.now() - KEPT_FOR, 0
        while True:
            async with self._storage.transaction() as tx:
                count = await tx.exchanges.delete_before(before, limit=DELETED_AT_ONCE)
            deleted += count
            if count < DELETED_AT_ONCE:
                return deleted
            await self._clock.sleep(DELETE_PAUSE_S)

    async def _write(self, batch: Sequence[Logged]) -> None:
        try:
            async with self._storage.transaction() as tx:
                await tx.exchanges.insert(batch)
        except Exception as error:  # noqa: BLE001 - the log must not take the desk with it
            self.dropped += len(batch)
            log.warning("wirelog_dropped", count=len(batch), reason=type(error).__name__)


def _storable(text: str) -> str:
    return text.replace("\0", "\\0").encode(errors="replace").decode()
