"""What we and a provider said to each other: `router.wirelog`, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from router.errors import Busy
from router.http import Exchange, Wire
from router.ids import InboxId, new_id
from router.storage import Storage
from router.storage.exchanges import Logged
from router.wirelog import BATCH, GATHER_S, KEPT_FOR, WAITING_LIMIT, WireLog
from tests.clock import FakeClock, eventually, settle

INBOX = InboxId(new_id())
SENT = Exchange("POST", "https://api.test/send", 200, '{"text":"Hi"}', '{"id":5}', took_ms=12)


@pytest.fixture
def storage(either_storage: Storage) -> Storage:
    return either_storage


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def wirelog(storage: Storage, clock: FakeClock) -> WireLog:
    return WireLog(storage, clock)


class SlowStorage:
    """A database that takes nothing now."""

    def transaction(self) -> "SlowStorage":
        return self

    async def __aenter__(self) -> None:
        raise Busy("locked")

    async def __aexit__(self, *_: object) -> None:
        pass


async def logged(storage: Storage, inbox_id: InboxId = INBOX) -> list[Logged]:
    async with storage.reading() as tx:
        return list((await tx.exchanges.of_inbox(inbox_id)).items)


async def test_exchange_is_kept_for_its_inbox(
    storage: Storage, wirelog: WireLog, clock: FakeClock
) -> None:
    wire: Wire = wirelog.of(INBOX)
    wire.keep(SENT)
    wirelog.of(InboxId(new_id())).heard(replace(SENT, url="https://desk.test/hooks/1"))
    await wirelog.flush()
    (one,) = await logged(storage)
    assert (one.direction, one.at, one.method, one.url) == (
        "out",
        clock.now(),
        "POST",
        "https://api.test/send",
    )
    assert (one.status, one.sent, one.received, one.took_ms) == (200, SENT.sent, SENT.received, 12)


async def test_newest_is_read_first_and_page_by_page(
    storage: Storage, wirelog: WireLog, clock: FakeClock
) -> None:
    for number in range(BATCH + 5):
        wirelog.of(INBOX).keep(replace(SENT, took_ms=number))
        await clock.advance(1)
    await wirelog.flush()
    seen, cursor = [], None
    while True:
        async with storage.reading() as tx:
            page = await tx.exchanges.of_inbox(INBOX, cursor=cursor, limit=50)
        seen += [one.took_ms for one in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == list(reversed(range(BATCH + 5)))


async def test_text_that_no_database_holds_is_kept_as_far_as_it_can(
    storage: Storage, wirelog: WireLog
) -> None:
    wirelog.of(INBOX).keep(replace(SENT, sent="a\0b", received="c\ud83dd"))
    await wirelog.flush()
    (one,) = await logged(storage)
    assert (one.sent, one.received) == ("a\\0b", "c?d")


async def test_writer_gathers_what_comes_and_writes_the_rest_when_it_ends(
    storage: Storage, wirelog: WireLog, clock: FakeClock
) -> None:
    running = asyncio.create_task(wirelog.run())
    wirelog.of(INBOX).keep(SENT)
    wirelog.of(INBOX).keep(SENT)
    await settle()
    assert await logged(storage) == []
    await clock.advance(GATHER_S)

    async def written() -> bool:
        return len(await logged(storage)) == 2

    await eventually(written)
    wirelog.of(INBOX).keep(SENT)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(await logged(storage)) == 3
    assert wirelog.dropped == 0


async def test_slow_database_costs_the_log_and_nobody_else(clock: FakeClock) -> None:
    wirelog = WireLog(SlowStorage(), clock)  # type: ignore[arg-type]
    for _ in range(WAITING_LIMIT + 3):
        wirelog.of(INBOX).keep(SENT)
    assert wirelog.dropped == 3
    await wirelog.flush()
    assert wirelog.dropped == WAITING_LIMIT + 3


async def test_entries_are_forgotten_after_a_fortnight(storage: Storage, clock: FakeClock) -> None:
    # Ids hold the real time, and entries come in its order.
    wirelog = WireLog(storage, clock)
    for _ in range(1203):
        wirelog.of(INBOX).keep(SENT)
    await wirelog.flush()
    clock.move(timedelta(days=1).total_seconds())
    wirelog.of(INBOX).keep(replace(SENT, took_ms=77))
    await wirelog.flush()
    clock.move((KEPT_FOR - timedelta(days=1)).total_seconds())
    assert await wirelog.forget_old() == 0
    clock.move(1)
    forgetting = asyncio.create_task(wirelog.forget_old())

    async def done() -> bool:
        await clock.advance(0.2)
        return forgetting.done()

    await eventually(done)
    assert forgetting.result() == 1203
    assert [one.took_ms for one in await logged(storage)] == [77]
