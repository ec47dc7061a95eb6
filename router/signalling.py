"""Small signs to customers, at once and at most once: we type, we have heard your press.

Nothing hangs on them: they are not stored, not repeated, and trouble with them is nobody's.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

import structlog

from router.abilities import Acknowledging, Signalling
from router.attempting import OpenDoor
from router.channel import Action
from router.clock import Clock
from router.errors import Busy, ProviderError
from router.ids import InboxId, ThreadId
from router.storage import Conflict, Storage

TYPING_EVERY_S = 4.0
TIMEOUT_S = 10.0
# A provider that hangs must not make us hold ever more.
MOST_AT_ONCE = 200
MOST_THREADS = 10_000

log = structlog.get_logger(__name__)


class Signals:
    """What this process shows customers beside messages."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        open_door: OpenDoor,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._timeout_s = timeout_s
        self._storage = storage
        self._clock = clock
        self._open_door = open_door
        self._typed_at_s: dict[ThreadId, float] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def typing(self, inbox_id: InboxId, thread_id: ThreadId) -> None:
        """Show in a thread that we type: at most once in `TYPING_EVERY_S`."""
        now_s = self._clock.monotonic()
        if now_s - self._typed_at_s.get(thread_id, -TYPING_EVERY_S) < TYPING_EVERY_S:
            return
        if len(self._typed_at_s) >= MOST_THREADS:
            self._typed_at_s.clear()
        self._typed_at_s[thread_id] = now_s
        self._begin(self._type(inbox_id, thread_id))

    def acknowledge(self, inbox_id: InboxId, token: str) -> None:
        """Tell a provider that a press is stored."""
        self._begin(self._acknowledge(inbox_id, token))

    async def close(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _begin(self, sign: Coroutine[Any, Any, None]) -> None:
        if len(self._under_way) >= MOST_AT_ONCE:
            sign.close()
            return
        task = asyncio.create_task(_quietly(sign))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _type(self, inbox_id: InboxId, thread_id: ThreadId) -> None:
        door = await self._open_door(inbox_id)
        if door is None or not isinstance(door.channel, Signalling):
            return
        async with self._storage.reading() as tx:
            thread = await tx.threads.get(thread_id)
        if thread is not None:
            await self._in_time(door.channel.signal(thread.key, Action.TYPING))

    async def _acknowledge(self, inbox_id: InboxId, token: str) -> None:
        door = await self._open_door(inbox_id)
        if door is not None and isinstance(door.channel, Acknowledging):
            await self._in_time(door.channel.acknowledge(token))

    async def _in_time(self, sign: Awaitable[None]) -> None:
        """The provider has so long. A door that opens for the first time may take longer: its
        channel loads a library.
        """
        async with asyncio.timeout(self._timeout_s):
            await sign


async def _quietly(sign: Awaitable[None]) -> None:
    try:
        await sign
    except (ProviderError, Busy, Conflict, TimeoutError) as error:
        log.info("sign_failed", error=type(error).__name__)
    except Exception as error:
        log.error("sign_failed", error=type(error).__name__, exc_info=error)
