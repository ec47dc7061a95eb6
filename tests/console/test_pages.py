"""The front end as browsers get it: `console.pages`."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from console.pages import Pages, build_id

Client = TestClient[web.Request, web.Application]
INDEX = '<html lang="__LANG__"><script nonce="__NONCE__"></script><meta content="__NONCE__"></html>'


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(Pages(tmp_path).routes())
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(INDEX)
    script = tmp_path / "assets" / "main-1a2b3c.js"
    script.write_bytes(b"console.log(1)")
    script.with_name("main-1a2b3c.js.gz").write_bytes(gzip.compress(b"console.log(1)"))
    return tmp_path


async def test_before_it_is_built_a_page_says_how(client: Client) -> None:
    answer = await client.get("/console/")
    assert answer.status == 503
    assert "make run" in await answer.text()


@pytest.mark.usefixtures("built")
async def test_every_address_below_opens_the_app_with_a_nonce_of_its_own(client: Client) -> None:
    nonces = set()
    for path in ("/console/", "/console/conversations/5", "/console/settings/lines"):
        answer = await client.get(path)
        text = await answer.text()
        [nonce] = set(re.findall(r'(?:nonce|content)="([^"]+)"', text))
        assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        nonces.add(nonce)
    assert len(nonces) == 3


@pytest.mark.usefixtures("built")
async def test_it_speaks_the_browsers_language_unless_another_was_chosen(client: Client) -> None:
    for headers, language in (
        ({"Accept-Language": "de, en;q=0.5"}, "en"),
        ({"Accept-Language": "ru-RU"}, "ru"),
        ({"Accept-Language": "en", "Cookie": "liniya_language=ru"}, "ru"),
        ({"Cookie": "liniya_language=../x"}, "ru"),
    ):
        assert f'lang="{language}"' in await (await client.get("/console/", headers=headers)).text()


@pytest.mark.usefixtures("built")
async def test_assets_are_kept_for_ever_and_come_compressed(client: Client) -> None:
    answer = await client.get("/console/assets/main-1a2b3c.js", headers={"Accept-Encoding": "gzip"})
    assert await answer.text() == "console.log(1)"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "javascript" in answer.headers["Content-Type"]


@pytest.mark.parametrize("name", ["main-old.js", ".x", "..%2Findex.html", "%2e%2e%2fsecret.txt"])
async def test_what_is_no_asset_of_this_build_is_not_there(
    client: Client, built: Path, name: str
) -> None:
    (built / "secret.txt").write_text("a secret")
    (built / "assets" / ".x").write_text("a secret")
    answer = await client.get(URL(f"/console/assets/{name}", encoded=True))
    assert answer.status == 404


async def test_the_bare_address_leads_in(client: Client) -> None:
    answer = await client.get("/console", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/console/")


def test_a_build_has_an_id_of_its_own(built: Path, tmp_path: Path) -> None:
    before = build_id(built)
    (built / "index.html").write_text(INDEX + "<!-- newer -->")
    assert before != build_id(built)
    assert build_id(tmp_path / "nowhere") == "none"
