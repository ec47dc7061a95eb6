"""The web server's application as a whole: `router.site`."""

import asyncio
import logging
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Middleware
from pydantic import SecretStr

from config.settings import Settings
from console.api.problems import problems
from queues.auditor import Breach, Finding, write_down
from router.app import Part, opened
from router.errors import Busy
from router.ids import InboxId, LineId, new_id
from router.model import Health, Inbox, Line
from router.news import DeskNews
from router.site import excuse, site_of
from router.storage import Conflict
from router.storage.migrate import migrate
from tests.desk import SECRET_KEY


@pytest.mark.parametrize("trouble", [Busy("the database went away"), Conflict("40P01")])
async def test_every_door_says_when_to_come_back_while_the_database_is_away(
    trouble: Exception,
) -> None:
    async def door(_: web.Request) -> web.Response:
        raise trouble

    site = web.Application(middlewares=[excuse])
    site.add_routes([web.get("/chat/shop", door)])
    async with TestClient(TestServer(site)) as client:
        answer = await client.get("/chat/shop")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


async def broken_off(site: web.Application, path: str) -> None:
    """Begin a request, and go away in the middle of its body."""
    runner = web.AppRunner(site)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, writer = await asyncio.open_connection(*runner.addresses[0])
        head = f"POST {path} HTTP/1.1\r\nHost: desk.test\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.transport.abort()
        await asyncio.sleep(0.2)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("inner", [[], [problems]], ids=["hook", "console"])
async def test_client_who_breaks_off_is_no_trouble_of_ours(
    inner: list[Middleware], caplog: pytest.LogCaptureFixture
) -> None:
    met: list[str] = []

    async def door(request: web.Request) -> web.Response:
        try:
            await request.read()
        except ConnectionResetError:
            met.append("left")
            raise
        return web.Response()

    site = web.Application(middlewares=[excuse, *inner])
    site.add_routes([web.post("/door", door)])
    with caplog.at_level(logging.DEBUG):
        await broken_off(site, "/door")
    assert met == ["left"]
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_connection_of_ours_that_breaks_is_trouble() -> None:
    async def door(_: web.Request) -> web.Response:
        raise ConnectionResetError("Redis went away")

    site = web.Application(middlewares=[excuse])
    site.add_routes([web.get("/door", door)])
    async with TestClient(TestServer(site)) as client:
        assert (await client.get("/door")).status == 500


async def test_a_process_that_does_not_audit_tells_what_another_found(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key=SecretStr(SECRET_KEY))
    await migrate(settings.database)
    findings = [Finding(Breach.ORPHANED, 2, ())]
    async with opened(settings, frozenset((Part.WEB,))) as app:
        async with app.storage.transaction() as tx:
            await write_down(tx, findings, now=app.clock.now())
        async with TestClient(TestServer(site_of(app))) as client:
            ready = await (await client.get("/ready")).json()
            metrics = await (await client.get("/metrics")).text()
    assert ready["checks"]["invariants"]["state"] == "failing"
    assert 'liniya_breaches{breach="orphaned"} 2.0' in metrics


async def test_an_inbox_whose_token_is_refused_is_seen_by_who_watches(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key=SecretStr(SECRET_KEY))
    await migrate(settings.database)
    line = Line(LineId(new_id()), "shop", "Shop")
    inboxes = [Inbox(InboxId(new_id()), line.id, "rest", name, {}) for name in ("One", "Two")]
    async with opened(settings, frozenset((Part.WEB,))) as app:
        async with app.storage.transaction() as tx:
            await tx.lines.insert(line)
            for one in inboxes:
                await tx.inboxes.insert(one, secrets=None)
            await tx.inboxes.set_health(inboxes[1].id, Health.PAUSED, "refused")
            tx.record.tell(DeskNews())
        async with TestClient(TestServer(site_of(app))) as client:
            metrics = await (await client.get("/metrics")).text()
            checks = (await (await client.get("/ready")).json())["checks"]
    for one, value in zip(inboxes, ("1.0", "0.0"), strict=True):
        assert f'liniya_inbox_working{{inbox="{one.id}",kind="rest"}} {value}' in metrics
    assert "error" not in checks[f"inbox {inboxes[0].id}"]
    assert checks[f"inbox {inboxes[1].id}"]["error"] == "InboxPaused"
