"""The clock of the tests: it stands still until it is told to move."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import chain, count, repeat

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
TURNS = 20


class FakeClock:
    """A `Clock` that moves only by `advance`, waking sleepers in the order of their times."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._elapsed_s = 0.0
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        await self.sleep_until(self._now + timedelta(seconds=max(0.0, seconds)))

    async def sleep_until(self, at: datetime) -> None:
        if at <= self._now:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (at, next(self._numbers), woken))
        await woken

    @property
    def sleeping(self) -> int:
        """How many wait for a time."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    def move(self, seconds: float) -> None:
        """Go forward at once: whoever sleeps wakes when the loop next turns, and finds it later."""
        self._go_to(self._now + timedelta(seconds=seconds))
        while self._sleepers and self._sleepers[0][0] <= self._now:
            self._wake_first()

    async def advance(self, seconds: float) -> None:
        """Go forward step by step: each sleeper wakes at its own time, runs, and may sleep again."""
        end = self._now + timedelta(seconds=seconds)
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._go_to(max(self._now, self._sleepers[0][0]))
            self._wake_first()
            await settle()
        self._go_to(max(self._now, end))

    def _go_to(self, at: datetime) -> None:
        self._elapsed_s += (at - self._now).total_seconds()
        self._now = at

    def _wake_first(self) -> None:
        _, _, woken = heappop(self._sleepers)
        if not woken.done():
            woken.set_result(None)


async def settle() -> None:
    """Let every task that can run do so, up to `TURNS` turns of the loop."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def eventually(question: Callable[[], Awaitable[bool]], *, within_s: float = 10.0) -> None:
    """Return when the answer is yes, in the machine's time: for what threads and servers do."""
    async with asyncio.timeout(within_s):
        for nap_s in chain((0.0, 0.001), repeat(0.01)):
            if await question():
                return
            await asyncio.sleep(nap_s)
