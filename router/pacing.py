"""How fast we may call: the pace of an account, and the gap between messages of one thread."""

from router.channel import Pace
from router.clock import Clock

THREADS_REMEMBERED = 10_000


class Pacer:
    """Turns of one account, first come first served, evenly spaced: never a burst."""

    def __init__(self, pace: Pace, *, clock: Clock) -> None:
        self._pace = pace
        self._clock = clock
        self._next_call_s = 0.0
        self._next_in_thread_s: dict[str, float] = {}

    async def call_turn(self) -> None:
        """Return when the account may make its next call."""
        now_s = self._clock.monotonic()
        turn_s = max(now_s, self._next_call_s)
        self._next_call_s = turn_s + 1 / self._pace.per_second
        await self._wait_until(turn_s, now_s)

    def thread_wait_s(self, thread_key: str) -> float:
        """How long until the next message may go into the thread; 0: now."""
        if self._pace.thread_gap_s <= 0:
            return 0.0
        wait_s = self._next_in_thread_s.get(thread_key, 0.0) - self._clock.monotonic()
        return max(0.0, wait_s)

    def went_into(self, thread_key: str) -> None:
        """A message has just gone into the thread. Said afterwards: its call waited for its turn."""
        if self._pace.thread_gap_s <= 0:
            return
        now_s = self._clock.monotonic()
        self._next_in_thread_s[thread_key] = now_s + self._pace.thread_gap_s
        if len(self._next_in_thread_s) > THREADS_REMEMBERED:
            self._forget_before(now_s)

    async def _wait_until(self, turn_s: float, now_s: float) -> None:
        if turn_s > now_s:
            await self._clock.sleep(turn_s - now_s)

    def _forget_before(self, now_s: float) -> None:
        waiting = {key: at_s for key, at_s in self._next_in_thread_s.items() if at_s > now_s}
        self._next_in_thread_s = waiting
