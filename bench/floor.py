"""The floors: the least that an answer after the commit costs on this stack.

    python -m bench.floor --port 8090 --database sqlite:///floor.sqlite3 --commit group

A bare aiohttp handler on uvloop and orjson. `each` makes one transaction of every request;
`group` takes all that is queued, commits, and repeats. On SQLite (WAL, synchronous=FULL, one
writer thread) a request is one INSERT; on PostgreSQL an INSERT and an UPDATE of its conversation.
Every stored body is told to the sockets of `/feed`; those of `/idle` are only held.
"""

import argparse
import asyncio
import queue
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from zlib import crc32

import asyncpg
import orjson
import uvloop
from aiohttp import WSMsgType, web

CONVERSATIONS = 10_000
POOL = 16
SWITCH_INTERVAL_S = 0.0005
HEARTBEAT_S = 20.0

# conversation, time, body
Row = tuple[int, float, bytes]
Store = Callable[[Row], Awaitable[None]]


def row_of(body: bytes) -> Row:
    address = orjson.loads(body)["messages"][0]["from"]["address"]
    return crc32(address.encode()) % CONVERSATIONS, time.time(), body


# --- SQLite ------------------------------------------------------------------

INSERT = "INSERT INTO message (conversation, at, body) VALUES (?, ?, ?)"


class Sqlite:
    """One writer thread; `most` rows in a transaction."""

    def __init__(self, path: str, *, most: int) -> None:
        self._path = path
        self._most = most
        self._queue: queue.SimpleQueue[tuple[Row, asyncio.Future[None]]] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._write, daemon=True).start()

    async def store(self, row: Row) -> None:
        done = self._loop.create_future()
        self._queue.put((row, done))
        await done

    def _write(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, conversation INTEGER"
            " NOT NULL, at REAL NOT NULL, body BLOB NOT NULL)"
        )
        while True:
            batch = [self._queue.get()]
            with suppress(queue.Empty):
                while len(batch) < self._most:
                    batch.append(self._queue.get_nowait())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, [row for row, _ in batch])
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, [done for _, done in batch])


def _settle(waiting: list[asyncio.Future[None]]) -> None:
    for done in waiting:
        if not done.done():
            done.set_result(None)


# --- PostgreSQL --------------------------------------------------------------

TABLES = """
CREATE TABLE IF NOT EXISTS conversation (id int PRIMARY KEY, at float8, count int NOT NULL);
CREATE TABLE IF NOT EXISTS message
    (id bigserial PRIMARY KEY, conversation int NOT NULL, at float8 NOT NULL, body bytea NOT NULL);
"""
FILL = "INSERT INTO conversation SELECT n, 0, 0 FROM generate_series(0, $1 - 1) n ON CONFLICT DO NOTHING"
INSERT_ONE = "INSERT INTO message (conversation, at, body) VALUES ($1, $2, $3)"
UPDATE_ONE = "UPDATE conversation SET at = $2, count = count + 1 WHERE id = $1"
INSERT_MANY = (
    "INSERT INTO message (conversation, at, body)"
    " SELECT * FROM unnest($1::int[], $2::float8[], $3::bytea[])"
)
UPDATE_MANY = (
    "UPDATE conversation c SET at = g.at, count = c.count + g.n FROM (SELECT id, max(at) AS at,"
    " count(*) AS n FROM unnest($1::int[], $2::float8[]) u(id, at) GROUP BY id) g WHERE c.id = g.id"
)


async def postgresql_each(url: str) -> Store:
    pool = await asyncpg.create_pool(url, min_size=POOL, max_size=POOL)

    async def store(row: Row) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(INSERT_ONE, *row)
            await connection.execute(UPDATE_ONE, *row[:2])

    return store


async def postgresql_group(url: str, tasks: set[asyncio.Task[None]]) -> Store:
    connection = await asyncpg.connect(url)
    waiting: list[tuple[Row, asyncio.Future[None]]] = []
    stirred = asyncio.Event()

    async def store(row: Row) -> None:
        done = asyncio.get_running_loop().create_future()
        waiting.append((row, done))
        stirred.set()
        await done

    async def write() -> None:
        while True:
            await stirred.wait()
            stirred.clear()
            batch, waiting[:] = list(waiting), []
            conversations, times, bodies = zip(*(row for row, _ in batch), strict=True)
            async with connection.transaction():
                await connection.execute(INSERT_MANY, conversations, times, bodies)
                await connection.execute(UPDATE_MANY, conversations, times)
            _settle([done for _, done in batch])

    tasks.add(asyncio.create_task(write()))
    return store


async def store_of(url: str, commit: str, tasks: set[asyncio.Task[None]]) -> Store:
    if url.startswith("sqlite:///"):
        most = sys.maxsize if commit == "group" else 1
        return Sqlite(url.removeprefix("sqlite:///"), most=most).store
    connection = await asyncpg.connect(url)
    await connection.execute(TABLES)
    await connection.execute(FILL, CONVERSATIONS)
    await connection.close()
    return await (postgresql_group(url, tasks) if commit == "group" else postgresql_each(url))


# --- the server --------------------------------------------------------------


async def held(request: web.Request, among: set[web.WebSocketResponse]) -> web.WebSocketResponse:
    """A socket, kept among the others until its client goes."""
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False)
    await socket.prepare(request)
    among.add(socket)
    try:
        await socket.send_frame(b"{}", WSMsgType.TEXT)
        async for _ in socket:
            pass
    finally:
        among.discard(socket)
    return socket


def site(store: Store) -> web.Application:
    sockets: set[web.WebSocketResponse] = set()

    async def post(request: web.Request) -> web.Response:
        body = await request.read()
        await store(row_of(body))
        for socket in sockets:
            await socket.send_frame(body, WSMsgType.TEXT)
        return web.Response(body=b'{"accepted":1,"duplicates":0}', content_type="application/json")

    async def feed(request: web.Request) -> web.WebSocketResponse:
        return await held(request, sockets)

    async def idle(request: web.Request) -> web.WebSocketResponse:
        return await held(request, set())

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.add_routes(
        [
            web.post("/hooks", post),
            web.get("/feed", feed),
            web.get("/idle", idle),
            web.get("/ready", ready),
        ]
    )
    return app


async def serve(port: int, url: str, commit: str) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopping.set)
    tasks: set[asyncio.Task[None]] = set()
    runner = web.AppRunner(site(await store_of(url, commit, tasks)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    stopped = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def main() -> None:
    asked = argparse.ArgumentParser(description="A floor to measure beside.")
    asked.add_argument("--port", type=int, required=True)
    asked.add_argument("--database", required=True)
    asked.add_argument("--commit", choices=("group", "each"), default="group")
    given = asked.parse_args()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    uvloop.run(serve(given.port, given.database, given.commit))


if __name__ == "__main__":
    main()
