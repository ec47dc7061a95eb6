"""How fast we may call: the pace of an account, and the gap between messages of one thread."""

from asyncio import Lock
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from router.channel import Pace
from router.clock import Clock

THREADS_REMEMBERED = 10_000
# Takes a turn of this length among all processes; gives how long it is away.
SharedWait = Callable[[float], Awaitable[float]]
# How late a call may be in its turn without putting off those behind it.
SLACK_S = 0.1


@dataclass(slots=True)
class Turn:
    """One call that may be made now; it is prepared first."""

    used: bool = False


# What the task, and what it awaits, has in hand.
_in_hand: ContextVar[Turn | None] = ContextVar("turn_in_hand", default=None)


@contextmanager
def in_hand(turn: Turn | None) -> Iterator[None]:
    """Inside, the first call is made in a turn that was taken before."""
    token = _in_hand.set(turn)
    try:
        yield
    finally:
        _in_hand.reset(token)


class Pacer:
    """Turns of one account, first come first served, evenly spaced: never a burst.

    `shared_wait_s`: asked as well, where other processes call for the same account.
    """

    def __init__(
        self, pace: Pace, *, clock: Clock, shared_wait_s: SharedWait | None = None
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._shared_wait_s = shared_wait_s
        self._gap_s = 1 / pace.per_second
        self._first = Lock()
        self._next_turn_s = 0.0
        self._next_call_s = 0.0
        self._next_in_thread_s: dict[str, float] = {}

    async def call_turn(self) -> None:
        """Return when the account may make its next call; as a rule at once with a turn in hand."""
        turn, now_s = _in_hand.get(), self._clock.monotonic()
        is_prepared = turn is not None and not turn.used
        if turn is not None:
            turn.used = True
        # Many that a slow database held up in their turns are spread once more.
        call_s = max(now_s - SLACK_S if is_prepared else now_s, self._next_call_s)
        self._next_call_s = call_s + self._gap_s
        await self._wait_until(call_s, now_s)
        if not is_prepared:
            await self._wait_for_others()

    async def take_turn(self) -> Turn:
        """Wait for the account's next turn, for a call that is yet to be prepared."""
        async with self._first:
            while (due_s := max(self._next_turn_s, self._next_call_s)) > self._clock.monotonic():
                await self._wait_until(due_s, self._clock.monotonic())
            self._next_turn_s = max(due_s, self._clock.monotonic() - SLACK_S) + self._gap_s
            await self._wait_for_others()
        return Turn()

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

    async def _wait_for_others(self) -> None:
        if self._shared_wait_s is not None:
            await self._clock.sleep(await self._shared_wait_s(self._gap_s))

    async def _wait_until(self, turn_s: float, now_s: float) -> None:
        if turn_s > now_s:
            await self._clock.sleep(turn_s - now_s)

    def _forget_before(self, now_s: float) -> None:
        waiting = {key: at_s for key, at_s in self._next_in_thread_s.items() if at_s > now_s}
        self._next_in_thread_s = waiting
