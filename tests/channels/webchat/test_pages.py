"""Pages are kept and confined by the browser as they ought to be."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from channels.webchat.pages import chat_policy
from router.queueing import Look
from router.visitor import Front
from tests.channels.webchat.chat import ORIGIN, Client, MemoryDesk, doors_of, front_of
from tests.clock import FakeClock

NAUGHTY = "</script><script>alert(1)</script>\u2028&"


@pytest.fixture
def front(memory: MemoryDesk) -> Front:
    return front_of(memory, title=NAUGHTY, allowed_sites=("https://shop.example", "*.shop.example"))


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """What the widget's build leaves."""
    for folder in ("assets", "demo"):
        (tmp_path / folder).mkdir()
    (tmp_path / "loader.js").write_text("start(__SETTINGS__)")
    (tmp_path / "chat.html").write_text('<html lang="__LANG__"><script>__SETTINGS__</script>')
    (tmp_path / "assets/chat-1a2b.js").write_text("chat()" * 100)
    (tmp_path / "assets/chat-1a2b.js.gz").write_bytes(gzip.compress(b"chat()" * 100))
    (tmp_path / "demo/index.html").write_text('<script src="/widget/__LINE__.js">')
    (tmp_path / "demo/shop.css").write_text("body {}")
    (tmp_path / "secret.txt").write_text("not for everybody")
    return tmp_path


@pytest.fixture
async def client(front: Front, dist: Path, aiohttp_client: AiohttpClient) -> Client:
    application = web.Application()
    application.add_routes(doors_of(front, FakeClock(), dist=dist).routes())
    return await aiohttp_client(application)


def settings_in(text: str) -> dict[str, Any]:
    found = re.search(r"\{.*\}", text, re.DOTALL)
    assert found
    settings: dict[str, Any] = json.loads(found[0])
    return settings


async def test_loader_brings_the_lines_settings(client: Client) -> None:
    reply = await client.get("/widget/shop.js")
    text = await reply.text()
    assert reply.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert reply.headers["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in reply.headers
    settings = settings_in(text)
    assert settings["frame"] == f"{ORIGIN}/chat/shop"
    assert (settings["corner"], settings["offset_px"], settings["language"]) == ("left", 20, "ru")
    assert (settings["max_text_chars"], settings["max_files"]) == (4000, 10)


async def test_settings_match_the_protocol_page(client: Client) -> None:
    page = Path("docs/widget-protocol.md").read_text(encoding="utf-8")
    promised = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert promised
    names = re.findall(r'"(\w+)":', re.sub(r'"greeting": \{[^}]*\}', '"greeting": 0', promised[1]))
    assert list(settings_in(await (await client.get("/widget/shop.js")).text())) == names


async def test_unchanged_loader_is_not_sent_again(client: Client) -> None:
    first = await client.get("/widget/shop.js")
    again = await client.get("/widget/shop.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    plain = await client.get("/widget/shop.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert await plain.text() == await first.text()


@pytest.mark.parametrize("path", ["/widget/shop.js", "/chat/shop"])
async def test_settings_end_no_script(client: Client, path: str) -> None:
    text = await (await client.get(path)).text()
    assert "<script>alert" not in text
    assert "\u2028" not in text
    assert settings_in(text)["title"] == NAUGHTY


async def test_chat_runs_only_its_own_scripts_on_the_lines_sites(client: Client) -> None:
    reply = await client.get("/chat/shop")
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert policy.endswith("frame-ancestors 'self' https://shop.example *.shop.example")
    assert "connect-src 'self' wss://chat.example" in policy
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Frame-Options" not in reply.headers
    assert (await reply.text()).startswith('<html lang="ru">')


@pytest.mark.parametrize(
    ("sites", "framed_by"),
    [
        ((), "frame-ancestors *"),
        (("shop.example", "x; script-src *"), "frame-ancestors 'self' shop.example"),
        (("*; script-src *",), "frame-ancestors 'self'"),
    ],
)
def test_a_site_cannot_widen_the_policy(sites: tuple[str, ...], framed_by: str) -> None:
    policy = chat_policy(front_of(MemoryDesk(), **vars_of(Look(allowed_sites=sites))))
    assert policy.endswith(framed_by)
    assert policy.count("script-src") == 1


def vars_of(look: Look) -> dict[str, Any]:
    return {"allowed_sites": look.allowed_sites}


async def test_parts_are_kept_for_ever_and_come_packed(client: Client) -> None:
    reply = await client.get("/widget/assets/chat-1a2b.js")
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reply.headers["Content-Encoding"] == "gzip"
    assert await reply.text() == "chat()" * 100


@pytest.mark.parametrize(
    "path",
    [
        "/widget/assets/chat-0000.js",
        "/widget/assets/chat-1a2b.js.gz",
        "/widget/assets/..%2Fsecret.txt",
        "/widget/assets/%2e%2e%2fsecret.txt",
        "/demo/..%2Fsecret.txt",
        "/widget/nobody.js",
        "/chat/nobody",
        "/chat/SHOP",
    ],
)
async def test_there_is_nothing_else(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 404


async def test_demo_carries_the_first_lines_widget(client: Client) -> None:
    assert '/widget/shop.js"' in await (await client.get("/demo")).text()
    assert (await client.get("/demo/shop.css")).status == 200


async def test_without_a_build_pages_are_missing_and_say_so(
    memory: MemoryDesk, aiohttp_client: AiohttpClient
) -> None:
    application = web.Application()
    application.add_routes(doors_of(front_of(memory), FakeClock()).routes())
    client: Client = await aiohttp_client(application)
    for path in ("/widget/shop.js", "/chat/shop", "/demo"):
        reply = await client.get(path)
        assert (reply.status, await reply.text()) == (404, "the widget is not built")
