"""Channels that have to ask: one at a time, nothing twice, patient with a provider in trouble."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from channels._poller import keep_polling
from router.abilities import Polled
from router.channel import IncomingMessage, Sender
from router.errors import BadCredentials, Busy, Malformed, ProviderError, Throttled, Unreachable
from router.ids import InboxId, LineId, new_id
from router.model import Health, Inbox
from router.polling import Lease, LeaseLost
from router.storage import Conflict
from tests.clock import FakeClock

INBOX = Inbox(InboxId(new_id()), LineId(new_id()), "simulator", "a box")


def said(number: int) -> IncomingMessage:
    return IncomingMessage(str(number), thread_key="anna", sender=Sender(address="anna"))


@dataclass
class Box:
    """A mailbox with so many letters; each poll brings the next two, or a trouble."""

    letters: int = 0
    troubles: list[ProviderError] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    polls: bool = True

    async def poll(self, cursor: str | None) -> Polled:
        self.asked.append(cursor)
        if self.troubles:
            raise self.troubles.pop(0)
        begin = int(cursor or 0)
        end = min(self.letters, begin + 2)
        return Polled(tuple(said(number) for number in range(begin, end)), str(end))


@dataclass
class Desk:
    """The hub's side: a lease, a cursor, and what was stored with it."""

    cursor: str | None = "0"
    fence: int = 1
    held_elsewhere: bool = False
    refuses: list[Exception] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    now_s: Callable[[], float] = lambda: 0.0
    until_s: float = 0.0

    async def take(self, inbox: Inbox, *, lease_s: float) -> Lease | None:
        self.until_s = self.now_s() + lease_s
        return None if self.held_elsewhere else Lease(self.fence, self.cursor)

    async def store(self, inbox: Inbox, lease: Lease, polled: Polled) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        brought = polled.arrivals
        self.stored += [one.external_id for one in brought if isinstance(one, IncomingMessage)]
        self.cursor = polled.cursor

    async def worked(self, inbox: Inbox) -> None:
        self.told.append("worked")

    async def failed(self, inbox: Inbox, error: ProviderError) -> None:
        self.told.append(type(error).__name__)


@asynccontextmanager
async def polling(
    box: Box, desk: Desk, inbox: Inbox = INBOX
) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
    clock = FakeClock()
    desk.now_s = clock.monotonic
    task = asyncio.create_task(keep_polling(inbox, box, desk, clock=clock, jitter=lambda: 0.0))
    yield clock.advance
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_everything_is_stored_once_and_in_order() -> None:
    box, desk = Box(letters=5), Desk()
    async with polling(box, desk) as advance:
        await advance(3)
    assert desk.stored == ["0", "1", "2", "3", "4"]
    assert box.asked[:4] == ["0", "2", "4", "5"]


async def test_who_has_no_lease_does_not_ask() -> None:
    box, desk = Box(letters=1), Desk(held_elsewhere=True)
    async with polling(box, desk) as advance:
        await advance(20)
        assert box.asked == []
        desk.held_elsewhere = False
        await advance(20)
    assert desk.stored == ["0"]


async def test_lease_of_who_waits_for_news_does_not_run_out_and_is_short_once_they_are_dead() -> (
    None
):
    box, desk = Box(letters=0), Desk()

    async def wait_for_ever(cursor: str | None) -> Polled:
        await asyncio.Event().wait()
        raise AssertionError

    box.poll = wait_for_ever  # type: ignore[method-assign]
    async with polling(box, desk) as advance:
        for _ in range(60):
            await advance(1)
            assert 0 < desk.until_s - desk.now_s() <= 20
    left = desk.until_s
    await asyncio.sleep(0)
    assert desk.until_s == left


async def test_lost_lease_stores_nothing_and_asks_again_from_the_stored_cursor() -> None:
    box, desk = Box(letters=2), Desk(refuses=[LeaseLost(), Busy()])
    async with polling(box, desk) as advance:
        await advance(60)
    assert desk.stored == ["0", "1"]
    assert box.asked[:3] == ["0", "0", "0"]


async def test_trouble_is_told_and_waits_longer_each_time() -> None:
    box, desk = Box(letters=1, troubles=[Unreachable(), Unreachable()]), Desk()
    async with polling(box, desk) as advance:
        await advance(4)
        assert (len(box.asked), desk.told) == (1, ["Unreachable"])
        await advance(2)
        assert len(box.asked) == 2
        await advance(9)
    assert desk.stored == ["0"]
    assert desk.told == ["Unreachable", "Unreachable", "worked"]


async def test_a_race_or_a_mistake_of_ours_does_not_end_the_asking() -> None:
    box, desk = Box(letters=2), Desk(refuses=[Conflict(), Malformed("no thread"), ValueError()])
    async with polling(box, desk) as advance:
        await advance(60)
    assert desk.stored == ["0", "1"]
    assert desk.told == ["worked"]


async def test_an_inbox_that_failed_before_the_start_works_again() -> None:
    box, desk = Box(letters=1), Desk()
    async with polling(box, desk, replace(INBOX, health=Health.FAILING)) as advance:
        await advance(1)
    assert desk.told[0] == "worked"


async def test_provider_that_asks_for_time_gets_it() -> None:
    box, desk = Box(letters=1, troubles=[Throttled(retry_after_s=100)]), Desk()
    async with polling(box, desk) as advance:
        await advance(99)
        assert desk.stored == []
        await advance(2)
    assert desk.stored == ["0"]


async def test_refused_password_is_not_tried_all_day() -> None:
    box, desk = Box(troubles=[BadCredentials()] * 10), Desk()
    async with polling(box, desk) as advance:
        await advance(1800)
    assert len(box.asked) <= 3
