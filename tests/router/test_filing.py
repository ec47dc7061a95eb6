"""Attached files: `router.filing`, served over HTTP and fetched from a real server."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from router.attempting import Door
from router.channel import Attachment, Pace
from router.errors import Invalid, ProviderError, Unreachable
from router.filing import ATTEMPTS, MAX_FETCHED_BYTES, PURPOSE, UNUSED_AFTER
from router.guard import open_session
from router.ids import FileId, InboxId, new_id
from router.model import File, FileState, Inbox
from router.news import ConversationNews
from router.pacing import Pacer
from router.reactions import FETCH
from router.storage import Lane
from tests.desk import Desk
from tests.router.post import NoSecrets, Provider, Scripted, http_of

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03\x08\x06\0\0\0" + b"\0" * 40
Client = TestClient[web.Request, web.Application]


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def upload(desk: Desk, name: str = "a.txt", data: bytes = b"hello") -> File:
    return await desk.filing.take_in(name, once(data), uploader="anna", max_bytes=1000)


# --- served ------------------------------------------------------------------


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[Client]:
    application = web.Application()
    application.add_routes(desk.filing.routes())
    async with TestClient(TestServer(application)) as client:
        yield client


async def test_whoever_was_shown_a_file_may_fetch_it(desk: Desk, client: Client) -> None:
    file = await upload(desk, "отчёт\r\n.txt")
    path = desk.filing.path(file)
    assert path == desk.filing.path(file)
    assert (await desk.filing.outgoing(file).read(), desk.filing.outgoing(file).url) == (
        b"hello",
        f"http://desk.example{path}",
    )
    answer = await client.get(path)
    assert (answer.status, await answer.read()) == (200, b"hello")
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Set-Cookie" not in headers


async def test_a_picture_is_shown_in_its_place_and_a_page_never_is(
    desk: Desk, client: Client
) -> None:
    picture, page = await upload(desk, "a.png", PNG), await upload(desk, "a.png", b"<html>hi")
    assert (picture.mime, picture.width, picture.height) == ("image/png", 2, 3)
    shown = await client.get(desk.filing.path(picture))
    assert shown.headers["Content-Disposition"].startswith("inline;")
    saved = await client.get(desk.filing.path(page))
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert saved.headers["Content-Disposition"].startswith("attachment;")


async def test_an_address_that_we_did_not_give_leads_nowhere(desk: Desk, client: Client) -> None:
    file = await upload(desk)
    good = desk.filing.path(file)
    until = desk.clock.now() + timedelta(days=1)
    other_purpose = desk.sealing.sign(file.id.hex, purpose="other", until=until)
    unknown = desk.sealing.sign(FileId(new_id()).hex, purpose=PURPOSE, until=until)
    for path in (
        "/files/nonsense",
        good[:-1],
        good + "x",
        f"/files/{other_purpose}",
        f"/files/{unknown}",
        f"/files/{file.id}",
    ):
        assert (await client.get(path)).status == 404
    desk.clock.move(8 * 86_400)
    assert (await client.get(good)).status == 404
    assert (await client.get(desk.filing.path(file))).status == 200


async def test_an_upload_that_is_empty_or_too_large_is_refused(desk: Desk) -> None:
    for data in (b"", b"x" * 1001):
        with pytest.raises(Invalid):
            await upload(desk, data=data)
    assert [one for one in (desk.folder / "blobs").rglob("*") if one.is_file()] == []


async def test_what_nobody_sent_within_a_day_is_deleted(desk: Desk) -> None:
    unused, used = await upload(desk, "unused.txt"), await upload(desk, "used.txt")
    desk.clock.move(UNUSED_AFTER.total_seconds() + 1)
    fresh = await upload(desk, "fresh.txt")
    async with desk.storage.transaction() as tx:
        await tx.files.claim([used.id], uploader="anna", message_id=new_id())  # type: ignore[arg-type]
    assert await desk.filing.forget_unused() == 1
    async with desk.storage.reading() as tx:
        assert [await tx.files.get(one.id) is None for one in (unused, used, fresh)] == [
            True,
            False,
            False,
        ]
    assert desk.blobs.path(unused.blob_key or "") is None


def grow_old(desk: Desk, key: str | None) -> None:
    path = desk.blobs.path(key or "")
    assert path is not None
    long_ago = time.time() - UNUSED_AFTER.total_seconds() - 60
    os.utime(path, (long_ago, long_ago))


async def test_bytes_whose_writer_died_before_the_commit_are_forgotten_after_a_day(
    desk: Desk,
) -> None:
    file = await upload(desk)
    orphan = await desk.blobs.keep(once(b"never committed"), max_bytes=1000)
    young = await desk.blobs.keep(once(b"on its way"), max_bytes=1000)
    for key in (file.blob_key, orphan.key):
        grow_old(desk, key)
    assert await desk.filing.forget_orphans() == 1
    kept = [desk.blobs.path(key or "") for key in (file.blob_key, orphan.key, young.key)]
    assert [path is not None for path in kept] == [True, False, True]


async def test_an_upload_that_is_sent_at_the_moment_of_sweeping_is_kept(either_desk: Desk) -> None:
    desk = either_desk
    file = await upload(desk)
    grow_old(desk, file.blob_key)
    desk.clock.move(UNUSED_AFTER.total_seconds() + 1)
    async with desk.storage.transaction() as tx:
        sweeping = asyncio.create_task(desk.filing.forget_unused())
        claimed = await tx.files.claim(
            [file.id],
            uploader="anna",
            message_id=new_id(),  # type: ignore[arg-type]
        )
        await asyncio.sleep(0.05)
    assert (len(claimed), await sweeping, await desk.filing.forget_orphans()) == (1, 0, 0)
    assert desk.blobs.path(file.blob_key or "") is not None


# --- fetched -----------------------------------------------------------------


class Fetches(Scripted):
    """A channel whose provider hands out files by reference."""

    async def fetch(self, ref: str) -> bytes:
        if ref == "down":
            raise Unreachable("down")
        return f"file {ref}".encode()


class Site:
    """A customer's site on this machine, and the work that fetches from it."""

    def __init__(self, desk: Desk, inbox: Inbox, session: ClientSession, url: str) -> None:
        self.desk = desk
        self.inbox = inbox
        self.url = url
        self.shut = False
        pacer = Pacer(Pace(), clock=desk.clock)
        self._door = Door(inbox, Fetches(Provider()), http_of(desk, session), NoSecrets(), pacer)
        self._step = desk.filing.fetcher(self._open)

    async def _open(self, inbox_id: InboxId) -> Door | None:
        return None if self.shut else self._door

    async def brings(self, *, url: str | None = None, ref: str | None = None) -> None:
        file = Attachment("a.txt", url=url, ref=ref)
        await self.desk.writes("look", inbox=self.inbox, attachments=(file,))

    async def take(self) -> Lane:
        now = self.desk.clock.now()
        async with self.desk.storage.transaction() as tx:
            (lane,) = await tx.lanes.take(
                FETCH, now=now, lease_until=now + timedelta(seconds=10), limit=1
            )
        return lane

    async def fetch(self, lane: Lane | None = None) -> None:
        await self._step(lane or await self.take())

    async def file(self) -> File:
        thread = await self.desk.thread(self.inbox)
        async with self.desk.storage.reading() as tx:
            message = (await tx.messages.of_thread(thread.id))[-1]
        return message.files[0]


@pytest.fixture
async def site(desk: Desk) -> AsyncIterator[Site]:
    async def small(_: web.Request) -> web.Response:
        return web.Response(body=b"seen")

    async def huge(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (MAX_FETCHED_BYTES + 1))

    async def broken(_: web.Request) -> web.Response:
        return web.Response(status=503)

    application = web.Application()
    application.add_routes(
        [web.get("/small", small), web.get("/huge", huge), web.get("/broken", broken)]
    )
    inbox = await desk.inbox(await desk.line())
    async with TestServer(application) as server, open_session(["127.0.0.1"]) as session:
        yield Site(desk, inbox, session, str(server.make_url("")).rstrip("/"))


async def test_a_file_that_came_as_an_address_is_fetched_and_shown(site: Site) -> None:
    await site.brings(url=f"{site.url}/small")
    assert (await site.file()).state is FileState.PENDING
    site.desk.news.clear()
    await site.fetch()
    file = await site.file()
    assert (file.state, file.size_bytes, file.name) == (FileState.STORED, 4, "a.txt")
    assert await site.desk.blobs.read(file.blob_key or "") == b"seen"
    (news,) = (one for one in site.desk.news if isinstance(one, ConversationNews))
    assert news.messages[0].files == (file,)


async def test_a_file_that_came_as_a_reference_is_asked_of_its_channel(site: Site) -> None:
    await site.brings(ref="photo-1")
    await site.fetch()
    file = await site.file()
    assert await site.desk.blobs.read(file.blob_key or "") == b"file photo-1"


@pytest.mark.parametrize("path", ["/missing", "/huge"])
async def test_a_file_that_is_not_to_be_had_is_refused(site: Site, path: str) -> None:
    await site.brings(url=site.url + path)
    await site.fetch()
    assert (await site.file()).state is FileState.REFUSED


async def test_a_private_address_is_never_asked(site: Site, desk: Desk) -> None:
    async with open_session() as session:
        guarded = Site(desk, site.inbox, session, site.url)
        await guarded.brings(url=f"{site.url}/small")
        await guarded.fetch()
    assert (await site.file()).state is FileState.REFUSED


@pytest.mark.parametrize("source", ["/broken", "down"])
async def test_a_file_behind_trouble_is_tried_again_and_then_gone(site: Site, source: str) -> None:
    if source == "down":
        await site.brings(ref=source)
    else:
        await site.brings(url=site.url + source)
    for _ in range(ATTEMPTS - 1):
        lane = await site.take()
        with pytest.raises(ProviderError):
            await site.fetch(lane)
        async with site.desk.storage.transaction() as tx:
            await tx.lanes.put_back(lane, due_at=site.desk.clock.now(), reason="down")
    assert (await site.file()).state is FileState.PENDING
    await site.fetch()
    assert (await site.file()).state is FileState.GONE


async def test_a_file_of_an_inbox_that_is_shut_waits(site: Site) -> None:
    await site.brings(ref="photo-1")
    site.shut = True
    lane = await site.take()
    with pytest.raises(Unreachable):
        await site.fetch(lane)
    site.shut = False
    await site.fetch(lane)
    assert (await site.file()).state is FileState.STORED
