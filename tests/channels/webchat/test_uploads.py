"""Uploads: whose they are, how large, and what becomes of them."""

from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientResponse, FormData

from channels.webchat import Webchat
from router.model import FileState
from router.visitor import Front
from tests.channels.webchat.chat import ORIGIN, Browser, Client, MemoryDesk, front_of

MAX_BYTES = Webchat.capabilities.max_file_bytes


async def upload(
    client: Client,
    token: str | None,
    content: bytes = b"\x89PNG",
    *,
    name: str = "lamp.png",
    **headers: str,
) -> ClientResponse:
    form = FormData()
    form.add_field("file", BytesIO(content), filename=name)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return await client.post("/chat/shop/files", data=form, headers={"Origin": ORIGIN, **headers})


@pytest.fixture
async def token(browser: Browser) -> str:
    welcome: dict[str, Any] = await browser.hello()
    return str(welcome["token"])


async def test_file_is_stored_and_sent(
    client: Client, browser: Browser, token: str, memory: MemoryDesk
) -> None:
    reply = await upload(client, token)
    stored = await reply.json()
    assert (reply.status, stored["name"], stored["size_bytes"]) == (200, "lamp.png", 4)
    assert (stored["mime"], stored["width"], stored["height"]) == ("image/png", None, None)
    answer = await browser.says("", client_id="one", files=[stored["id"]])
    assert answer["type"] == "ack"
    (attachment,) = memory.said[0].attachments
    assert attachment.stored_id == stored["id"]
    await browser.close()
    browser.seq = 0
    (shown,) = (await browser.hello())["messages"]
    assert shown["files"] == [stored]


async def test_nobody_sends_another_visitors_file(client: Client, token: str) -> None:
    stored = await (await upload(client, token)).json()
    stranger = Browser(client)
    await stranger.hello()
    answer = await stranger.says("Mine!", files=[stored["id"]])
    assert (answer["type"], answer["code"]) == ("refused", "bad_file")


@pytest.mark.parametrize("token", [None, "", "made up"])
async def test_stranger_uploads_nothing(
    client: Client, token: str | None, memory: MemoryDesk
) -> None:
    assert (await upload(client, token)).status == 401
    assert memory.files == {}


async def test_token_of_another_desk_is_a_strangers(client: Client, front: Front) -> None:
    other = front_of(MemoryDesk())
    assert other.inbox.id != front.inbox.id
    assert (await upload(client, "WyJhIl0.c2lnbmF0dXJl")).status == 401


async def test_page_of_another_site_uploads_nothing(client: Client, token: str) -> None:
    assert (await upload(client, token, Origin="https://evil.example")).status == 403


async def test_largest_file_is_taken_and_a_larger_one_is_not(
    client: Client, token: str, memory: MemoryDesk
) -> None:
    assert (await upload(client, token, b"x" * MAX_BYTES)).status == 200
    assert (await upload(client, token, b"x" * (MAX_BYTES + 1))).status == 413
    assert [file.size_bytes for _, file, _ in memory.files.values()] == [MAX_BYTES]


async def test_empty_file_is_told_415(client: Client, token: str) -> None:
    assert (await upload(client, token, b"")).status == 415


async def test_form_without_a_file_is_told_400(client: Client, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Origin": ORIGIN}
    for data in (b"just bytes", FormData({"text": "no file"}), FormData([("text", BytesIO(b""))])):
        assert (await client.post("/chat/shop/files", data=data, headers=headers)).status == 400


@pytest.mark.parametrize("kind", ["form-data", "form-data; boundary=a", "mixed; boundary=a"])
@pytest.mark.parametrize(
    "body",
    [b"", b"--a\r\n", b"--a\r\nContent-Disposition: form-data\r\n", b"\xff" * 9, b"--a--\r\n"],
)
async def test_broken_form_is_told_400(client: Client, token: str, kind: str, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/{kind}"}
    assert (await client.post("/chat/shop/files", data=body, headers=headers)).status == 400


async def test_haste_is_slowed_down(client: Client, token: str, memory: MemoryDesk) -> None:
    statuses = [(await upload(client, token)).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert all(file.state is FileState.STORED for _, file, _ in memory.files.values())
