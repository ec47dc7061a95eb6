"""What time it is, and waiting for it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

LONGEST_NAP_S = 30.0


class Clock(Protocol):
    """The one source of time; in tests it stands still until told."""

    def now(self) -> datetime:
        """The wall clock, aware, UTC; it may be set back."""

    def monotonic(self) -> float:
        """Seconds from an unknown moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once, but not before others had their turn, if not positive."""

    async def sleep_until(self, at: datetime) -> None:
        """Return when `now()` is `at` or later."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    async def sleep_until(self, at: datetime) -> None:
        while True:
            left_s = (at - self.now()).total_seconds()
            if left_s <= 0:
                return
            # The wall clock is set, and laptops sleep: look again now and then.
            await asyncio.sleep(min(left_s, LONGEST_NAP_S))
