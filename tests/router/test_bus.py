"""Live news: `router.bus`, alone and through a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from uuid import UUID

import msgspec
import pytest
from redis.asyncio import Redis

from router.bus import CHANNEL, LocalBus, RedisBus
from router.clock import SystemClock
from router.ids import LineId, OperatorId, ThreadId
from router.model import Visit
from router.news import (
    ConversationNews,
    CustomerNews,
    DeskNews,
    LeadNews,
    News,
    OperatorNews,
    StandingNews,
    TypingNews,
    VisitNews,
    WorkNews,
)
from tests.clock import NOON
from tests.desk import Desk
from tests.servers import private_redis

ONE = UUID(int=1)
SOME: list[News] = [OperatorNews(OperatorId(UUID(int=number))) for number in range(5)]


# --- in one process ----------------------------------------------------------


def test_listeners_hear_in_the_order_of_the_commits() -> None:
    bus, heard = LocalBus(), list[News]()
    bus.listen(heard.append)
    bus.publish(SOME[:2])
    bus.publish(SOME[2:])
    assert heard == SOME


def test_a_listener_that_fails_keeps_nobody_from_the_news() -> None:
    bus, heard = LocalBus(), list[News]()

    def broken(_: News) -> None:
        raise ZeroDivisionError

    bus.listen(broken)
    bus.listen(heard.append)
    bus.publish(SOME)
    assert heard == SOME


def test_who_stopped_listening_hears_no_more() -> None:
    bus, heard = LocalBus(), list[News]()
    stop = bus.listen(heard.append)
    bus.publish(SOME[:1])
    stop()
    bus.publish(SOME[1:])
    assert heard == SOME[:1]


def test_a_listener_may_stop_while_it_hears() -> None:
    bus, heard = LocalBus(), list[News]()

    def once(news: News) -> None:
        heard.append(news)
        stop()

    stop = bus.listen(once)
    bus.listen(heard.append)
    bus.publish(SOME[:2])
    assert heard == [SOME[0], SOME[0], SOME[1]]


def test_a_gap_is_told_to_all_and_a_broken_listener_hides_it_from_nobody() -> None:
    bus, gaps = LocalBus(), list[int]()

    def broken() -> None:
        raise ZeroDivisionError

    bus.on_gap(broken)
    stop = bus.on_gap(lambda: gaps.append(1))
    bus.missed()
    stop()
    bus.missed()
    assert gaps == [1]


# --- through Redis -----------------------------------------------------------


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[RedisBus]:
    redis: Redis = Redis.from_url(url, socket_connect_timeout=5)
    bus = RedisBus(redis, SystemClock())
    running = asyncio.create_task(bus.run())
    try:
        await until(lambda: bus.connected)
        yield bus
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await redis.aclose()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(0.005)


@contextmanager
def hearing(bus: RedisBus) -> Iterator[list[News]]:
    heard: list[News] = []
    stop = bus.listen(heard.append)
    yield heard
    stop()


async def test_news_crosses_processes_in_order_and_is_heard_once(redis_url: str) -> None:
    async with connected(redis_url) as here, connected(redis_url) as there:
        with hearing(here) as heard_here, hearing(there) as heard_there:
            for news in SOME:
                here.publish([news])
            assert heard_here == SOME
            await until(lambda: len(heard_there) == len(SOME))
            await asyncio.sleep(0.05)
    assert (heard_here, heard_there) == (SOME, SOME)


async def test_every_kind_of_news_arrives_as_it_was_said(redis_url: str, desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    await desk.writes("hello", inbox=inbox, name="Vera")
    customer = replace(await desk.customer(inbox), name="Вера")
    said: list[News] = [
        *(one for one in desk.news if isinstance(one, ConversationNews)),
        CustomerNews(customer),
        OperatorNews(OperatorId(ONE)),
        DeskNews(),
        StandingNews(),
        LeadNews(customer.id, LineId(ONE)),
        TypingNews(ThreadId(ONE), LineId(ONE), None, "Anna"),
        VisitNews(ThreadId(ONE), LineId(ONE), Visit("https://a.example", "A", "", NOON)),
        WorkNews(frozenset(("deliver", "crm"))),
    ]
    async with connected(redis_url) as here, connected(redis_url) as there:
        with hearing(there) as heard:
            here.publish(said)
            await until(lambda: len(heard) == len(said))
    assert heard == said


async def test_what_a_neighbour_says_and_we_do_not_know_is_ignored(redis_url: str) -> None:
    async with connected(redis_url) as here, connected(redis_url) as there:
        with hearing(there) as heard:
            redis: Redis = Redis.from_url(redis_url)
            for nonsense in (b"", b"x" * 40, b"0" * 32 + b"\x91\x81\xa4type\xa3new"):
                await redis.publish(CHANNEL, nonsense)
            await redis.aclose()
            here.publish(SOME)
            await until(lambda: len(heard) == len(SOME))
    assert heard == SOME


async def test_a_subscription_begins_with_a_gap(redis_url: str) -> None:
    redis: Redis = Redis.from_url(redis_url)
    bus, gaps = RedisBus(redis, SystemClock()), list[int]()
    bus.on_gap(lambda: gaps.append(1))
    running = asyncio.create_task(bus.run())
    await until(lambda: bus.connected)
    assert gaps == [1]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await redis.aclose()


@pytest.mark.parametrize("retries", [True, False])
async def test_after_a_restart_of_redis_everybody_begins_again(retries: bool) -> None:
    """However eagerly the client library mends its connection by itself."""
    with private_redis() as server:
        redis: Redis = Redis.from_url(server.url)
        if not retries:
            redis = Redis.from_url(server.url, retry=None)
        bus, gaps = RedisBus(redis, SystemClock()), list[int]()
        bus.on_gap(lambda: gaps.append(1))
        running = asyncio.create_task(bus.run())
        await until(lambda: len(gaps) == 1)
        await asyncio.to_thread(server.restart)
        await until(lambda: len(gaps) == 2)
        async with connected(server.url) as there:
            with hearing(there) as heard:
                bus.publish(SOME)
                await until(lambda: heard == SOME)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await redis.aclose()


async def test_who_could_not_be_told_of_news_begins_again() -> None:
    """Though they heard Redis all the time."""
    gaps = list[int]()
    with private_redis() as server:
        async with connected(server.url) as here, connected(server.url) as there:
            there.on_gap(lambda: gaps.append(1))
            administrator: Redis = Redis.from_url(server.url)
            await administrator.acl_setuser("default", enabled=True, commands=["-publish"])
            here.publish(SOME)
            await until(lambda: here.dropped > 0)
            await administrator.acl_setuser("default", enabled=True, commands=["+publish"])
            await until(lambda: gaps == [1])
            await administrator.aclose()


async def test_who_cannot_read_the_news_begins_again(redis_url: str) -> None:
    """However much of it a neighbour of another version says at once."""
    gaps = list[int]()
    redis: Redis = Redis.from_url(redis_url)
    async with connected(redis_url) as bus:
        with hearing(bus) as heard:
            bus.on_gap(lambda: gaps.append(1))
            for unknown in (b"\xc1", msgspec.msgpack.encode([{"type": "MoonNews"}])):
                for _ in range(50):
                    await redis.publish(CHANNEL, b"f" * 32 + unknown)
            await until(lambda: bool(gaps))
            async with connected(redis_url) as there:
                there.publish(SOME)
                await until(lambda: heard == SOME)
    assert len(gaps) <= 3
    await redis.aclose()


async def test_while_redis_is_away_news_is_heard_here() -> None:
    with private_redis() as server:
        async with connected(server.url) as bus:
            with hearing(bus) as heard:
                await asyncio.to_thread(server.stop)
                bus.publish(SOME)
                assert heard == SOME
                await until(lambda: not bus.connected)
