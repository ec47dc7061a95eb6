"""The bus: news after the commit, to whoever listens, here and in the other processes.

News may be lost; nothing durable hangs on it. Listeners here are called at once, in the order
of the commits; others hear through Redis, in one pipelined publish a turn of the loop.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import uuid4

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from router.clock import Clock
from router.news import AnyNews, News

Listener = Callable[[News], None]

CHANNEL = "liniya:news"
GAP = msgspec.msgpack.encode([])
QUEUE_LIMIT = 10_000
RECONNECT_S = 1.0

log = structlog.get_logger(__name__)


class Bus(Protocol):
    def publish(self, news: Sequence[News]) -> None:
        """Tell everybody; returns at once. Never raises."""

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with all news from now on; gives the way to stop."""

    def on_gap(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever news may have been missed: start again from a snapshot."""


class LocalBus:
    """Everybody is in this process."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._gap_listeners: list[Callable[[], None]] = []

    def publish(self, news: Sequence[News]) -> None:
        for one in news:
            for listener in tuple(self._listeners):
                try:
                    listener(one)
                except Exception as error:
                    # One listener's bug must not keep the others from the news.
                    log.exception("listener_failed", error=type(error).__name__)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_gap(self, listener: Callable[[], None]) -> Callable[[], None]:
        self._gap_listeners.append(listener)
        return lambda: self._gap_listeners.remove(listener)

    def missed(self) -> None:
        for listener in tuple(self._gap_listeners):
            try:
                listener()
            except Exception as error:
                # Nor may it keep them from the news that there is none.
                log.exception("listener_failed", error=type(error).__name__)


class RedisBus:
    """Listeners here hear at once; the other processes through one Redis channel."""

    def __init__(self, redis: "Redis", clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._here = LocalBus()
        self._name = uuid4().hex.encode()
        self._waiting: list[bytes] = []
        self._stirred = asyncio.Event()
        self._unreadable = asyncio.Event()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(list[AnyNews]).decode
        self._owes_gap = False
        self.dropped = 0
        self.connected = False

    def publish(self, news: Sequence[News]) -> None:
        self._here.publish(news)
        if len(self._waiting) >= QUEUE_LIMIT:
            self.dropped += len(news)
            self._owes_gap = True
            return
        self._waiting.append(self._name + self._encode(list(news)))
        self._stirred.set()

    def listen(self, listener: Listener) -> Callable[[], None]:
        return self._here.listen(listener)

    def on_gap(self, listener: Callable[[], None]) -> Callable[[], None]:
        return self._here.on_gap(listener)

    async def run(self) -> None:
        """Send and hear until cancelled; a lost Redis is waited for."""
        await asyncio.gather(self._send(), self._hear(), self._tell_gaps())

    async def _send(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            batch, self._waiting = self._waiting, []
            owed, self._owes_gap = self._owes_gap, False
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for one in (self._name + GAP, *batch) if owed else batch:
                        # In a pipeline it only queues; the awaitable is the pipeline itself.
                        _ = pipe.publish(CHANNEL, one)
                    await pipe.execute()
            except (RedisError, OSError) as error:
                # The others may have heard Redis all the time: they are told that they missed it.
                self.dropped += len(batch)
                log.warning("news_dropped", reason=type(error).__name__, count=len(batch))
                await self._clock.sleep(RECONNECT_S)
                self._owes_gap = True
                self._stirred.set()

    async def _hear(self) -> None:
        while True:
            try:
                await self._hear_until_lost()
            except (RedisError, OSError) as error:
                log.warning("bus_lost", reason=type(error).__name__)
            self.connected = False
            await self._clock.sleep(RECONNECT_S)

    async def _hear_until_lost(self) -> None:
        async with self._redis.pubsub() as heard:
            await heard.subscribe(CHANNEL)
            async for message in heard.listen():
                if message["type"] == "subscribe":
                    # Also after the client has mended its connection by itself: whatever was
                    # said while nobody here was subscribed is lost.
                    self.connected = True
                    self._here.missed()
                elif message["type"] == "message":
                    data: bytes = message["data"]
                    if not data.startswith(self._name):
                        self._pass_on(data[len(self._name) :])

    def _pass_on(self, data: bytes) -> None:
        if data == GAP:
            self._here.missed()
            return
        try:
            news = self._decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # A neighbour of another version may say what we do not know yet: it is missed.
            self._unreadable.set()
            return
        self._here.publish(news)

    async def _tell_gaps(self) -> None:
        """While versions are mixed most news may be unreadable: at most one gap a second."""
        while True:
            await self._unreadable.wait()
            self._unreadable.clear()
            log.warning("news_unreadable")
            self._here.missed()
            await self._clock.sleep(RECONNECT_S)
