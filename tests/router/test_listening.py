"""What a connection may cost before anybody has read it: `router.listening`."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from router.listening import Connection, Runner

LYING = b"POST /slow HTTP/1.1\r\nHost: desk\r\nContent-Length: 10\r\n\r\n" + bytes(10)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def slow(request: web.Request) -> web.Response:
        body = await request.read()
        await asyncio.sleep(0.3)
        return web.Response(body=body)

    application = web.Application()
    application.add_routes([web.post("/slow", slow)])
    runner = Runner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_requests_that_follow_each_other_are_answered(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(LYING * 2)
    for _ in range(2):
        assert (await reader.readline()).split()[1] == b"200"
        await reader.readuntil(b"\r\n\r\n" + bytes(10))
    writer.close()
    await writer.wait_closed()


async def test_of_what_is_no_http_one_piece_is_heard(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(LYING)
    await asyncio.sleep(0.1)
    for _ in range(200):
        writer.write(bytes(64 * 1024))
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    (held,) = [one for one in gc.get_objects() if isinstance(one, Connection) and one._messages]
    assert len(held._messages) == 1
    assert (await reader.readline()).split()[1] == b"200"
    writer.close()
