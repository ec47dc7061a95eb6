"""The front door: who gets in, what is kept, what a provider is told."""

import asyncio
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from channels import load
from channels._webhook import MAX_BODY_BYTES, hook_routes
from router.channel import (
    Answer,
    Arrival,
    Channel,
    Hook,
    IncomingMessage,
    Parsed,
    Sender,
    Stored,
)
from router.errors import ActError, Busy, Invalid, Malformed, Unreachable
from router.ids import InboxId, LineId, new_id
from router.model import Inbox
from tests.channels.accounts import SECRET
from tests.channels.contract import HERE, open_test_channel

Client = TestClient[web.Request, web.Application]
MESSAGE = {"external_id": "m-1", "from": {"address": "client-7"}, "text": "Hello"}


def inbox(kind: str) -> Inbox:
    return Inbox(InboxId(new_id()), LineId(new_id()), kind, f"my {kind}")


class Confused:
    """A channel with a mistake of ours in it."""

    capabilities = load("rest").capabilities

    def authenticate(self, hook: Hook) -> None:
        return None

    def parse(self, hook: Hook) -> Parsed:
        raise KeyError("a mistake")


class Cautious(Confused):
    """A channel whose provider makes sure of us, cuts what is long, and wants to hear "ok"."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down

    async def complete(self, hook: Hook) -> Hook | Answer:
        if self.down:
            raise Unreachable("the provider is unavailable")
        if hook.body == b"who are you?":
            return Answer(body=b"it is us")
        return replace(hook, body=hook.body + b" and whole")

    def parse(self, hook: Hook) -> Parsed:
        if hook.body.startswith(b"cut"):
            said = IncomingMessage("m-1", "anna", Sender("anna"), text=hook.body.decode())
            return Parsed((said,), answer=Answer(body=b"ok"))
        raise Malformed("no such kind")

    def taken(self) -> Answer:
        return Answer(body=b"ok")


@dataclass
class Desk:
    """A strict reception: what was stored, found again and kept unread."""

    inboxes: dict[InboxId, tuple[Inbox, Channel]] = field(default_factory=dict)
    stored: list[IncomingMessage] = field(default_factory=list)
    unread: list[tuple[bytes, str]] = field(default_factory=list)
    busy: bool = False
    refuses: ActError | None = None
    noted: list[int] = field(default_factory=list)

    def add(self, kind: str, channel: Any) -> str:
        added = inbox(kind)
        self.inboxes[added.id] = (added, channel)
        return f"/hooks/{added.id}"

    async def open(self, inbox_id: InboxId) -> tuple[Inbox, Channel] | None:
        return self.inboxes.get(inbox_id)

    async def check_fields(self, arrivals: Sequence[Arrival], places: Sequence[str]) -> None:
        raise AssertionError("nobody fills in a card here")

    async def receive(self, inbox: Inbox, arrivals: Sequence[Arrival]) -> Sequence[Stored]:
        if self.busy:
            raise Busy
        if self.refuses is not None:
            raise self.refuses
        return [self._store(one) for one in arrivals]

    async def keep_unread(self, inbox: Inbox, hook: Hook, reason: str) -> None:
        self.unread.append((hook.body, reason))

    def refused(self, inbox: Inbox, hook: Hook, *, status: int, reason: str) -> None:
        self.noted.append(status)

    def _store(self, arrival: Arrival) -> Stored:
        if not isinstance(arrival, IncomingMessage):
            return Stored(new=True)
        new = arrival.external_id not in {one.external_id for one in self.stored}
        if new:
            self.stored.append(arrival)
        return Stored(new=new)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def client(desk: Desk, aiohttp_client: AiohttpClient) -> Client:
    application = web.Application()
    application.add_routes(hook_routes(desk, origin=HERE, read_timeout_s=0.2))
    return await aiohttp_client(application)


@pytest.fixture
def address(desk: Desk) -> str:
    return desk.add("rest", open_test_channel("rest"))


async def bring(
    client: Client, address: str, *messages: Any, secret: str = SECRET
) -> ClientResponse:
    headers = {"Authorization": f"Bearer {secret}"}
    return await client.post(address, json={"messages": messages}, headers=headers)


async def test_channel_may_ask_before_it_reads(client: Client, desk: Desk) -> None:
    address = desk.add("rest", Cautious())
    response = await client.post(address, data=b"cut")
    assert (response.status, await response.text()) == (200, "ok")
    assert [one.text for one in desk.stored] == ["cut and whole"]
    response = await client.post(address, data=b"who are you?")
    assert (response.status, await response.text()) == (200, "it is us")


async def test_provider_comes_again_when_it_does_not_answer_us(client: Client, desk: Desk) -> None:
    response = await client.post(desk.add("rest", Cautious(down=True)), data=b"cut")
    assert response.status == 503
    assert desk.stored == []


async def test_what_is_kept_unread_is_answered_as_its_provider_wants(
    client: Client, desk: Desk
) -> None:
    response = await client.post(desk.add("rest", Cautious()), data=b"strange")
    assert (response.status, await response.text()) == (200, "ok")
    assert desk.unread == [(b"strange", "no such kind")]


async def test_what_can_never_be_stored_is_kept_for_people(
    client: Client, address: str, desk: Desk
) -> None:
    desk.refuses = Invalid("a sender has an address")
    assert (await bring(client, address, MESSAGE)).status == 200
    assert [reason for _, reason in desk.unread] == ["cannot be stored: invalid"]


async def test_what_is_not_taken_in_is_noted_for_who_mends_the_inbox(
    client: Client, address: str, desk: Desk
) -> None:
    await bring(client, address, MESSAGE)
    await bring(client, address, MESSAGE, secret="another secret")
    await bring(client, address, {})
    await bring(client, desk.add("rest", Confused()), MESSAGE)
    assert desk.noted == [401, 400, 200]


async def test_an_inbox_has_one_address(client: Client, address: str, desk: Desk) -> None:
    folder, _, id_ = address.rpartition("/")
    for other in (id_.upper(), id_.replace("-", ""), f"{{{id_}}}"):
        assert (await bring(client, f"{folder}/{other}", MESSAGE)).status == 404
    assert desk.stored == []


async def test_provider_hears_how_many_were_new(client: Client, address: str, desk: Desk) -> None:
    again = {**MESSAGE, "external_id": "m-2"}
    reply = await bring(client, address, MESSAGE)
    assert (reply.status, await reply.json()) == (200, {"accepted": 1, "duplicates": 0})
    reply = await bring(client, address, MESSAGE, again)
    assert (reply.status, await reply.json()) == (200, {"accepted": 1, "duplicates": 1})
    assert [one.external_id for one in desk.stored] == ["m-1", "m-2"]


async def test_one_bad_message_of_a_thousand_stores_none(
    client: Client, address: str, desk: Desk
) -> None:
    messages = [{**MESSAGE, "external_id": f"m-{n}"} for n in range(1000)]
    messages[617] = {**MESSAGE, "external_id": ""}
    reply = await bring(client, address, *messages)
    told = await reply.json()
    assert (reply.status, list(told["fields"])) == (400, ["messages[617].external_id"])
    assert desk.stored == []


async def test_thousand_are_taken_and_one_more_is_not(
    client: Client, address: str, desk: Desk
) -> None:
    messages = [{**MESSAGE, "external_id": f"m-{n}"} for n in range(1001)]
    assert (await bring(client, address, *messages)).status == 400
    assert desk.stored == []
    reply = await bring(client, address, *messages[:1000])
    assert await reply.json() == {"accepted": 1000, "duplicates": 0}


async def test_stranger_is_told_401(client: Client, address: str, desk: Desk) -> None:
    for secret in ("", "wrong", SECRET + "x", SECRET.upper()):
        assert (await bring(client, address, MESSAGE, secret=secret)).status == 401
    assert (await client.post(address, json={"messages": [MESSAGE]})).status == 401
    assert (await client.post(address)).status == 401
    assert (desk.stored, desk.unread) == ([], [])


async def test_unknown_inbox_is_told_404(client: Client, address: str) -> None:
    for wrong in (f"/hooks/{new_id()}", "/hooks/1", "/hooks/%00"):
        assert (await bring(client, wrong, MESSAGE)).status == 404


async def test_channel_without_webhooks_has_no_door(client: Client, desk: Desk) -> None:
    address = desk.add("webchat", open_test_channel("webchat"))
    assert (await bring(client, address, MESSAGE)).status == 404


async def test_unreadable_request_is_kept_and_told_200(client: Client, desk: Desk) -> None:
    address = desk.add("simulator", open_test_channel("simulator"))
    reply = await client.post(address, data=b"{half", headers={"X-Simulator-Secret": SECRET})
    assert (reply.status, await reply.text()) == (200, "")
    assert desk.unread == [(b"{half", "not what the simulator says")]


async def test_our_own_mistake_loses_nothing(client: Client, desk: Desk) -> None:
    address = desk.add("rest", Confused())
    assert (await bring(client, address, MESSAGE)).status == 200
    assert [reason for _, reason in desk.unread] == ["our mistake: KeyError"]


async def test_busy_desk_asks_to_come_back(client: Client, address: str, desk: Desk) -> None:
    desk.busy = True
    reply = await bring(client, address, MESSAGE)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "2")
    desk.busy = False
    assert (await bring(client, address, MESSAGE)).status == 200


async def test_too_large_a_body_is_told_413(client: Client, address: str) -> None:
    headers = {"Authorization": f"Bearer {SECRET}"}
    reply = await client.post(address, data=BytesIO(b"x" * (MAX_BODY_BYTES + 1)), headers=headers)
    assert reply.status == 413


async def test_small_body_that_grows_is_told_413(client: Client, address: str) -> None:
    packed = gzip.compress(b" " * (MAX_BODY_BYTES * 2))
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Encoding": "gzip"}
    reply = await client.post(
        address, data=packed, headers=headers, skip_auto_headers=["User-Agent"]
    )
    assert reply.status == 413


async def test_slow_body_is_told_408(client: Client, address: str) -> None:
    assert client.server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
    head = f"POST {address} HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\n\r\n{{"
    writer.write(head.encode())
    status = await asyncio.wait_for(reader.readline(), timeout=5)
    assert status.startswith(b"HTTP/1.1 408")
    writer.close()
    await writer.wait_closed()


async def test_nothing_of_a_message_is_logged(
    client: Client, address: str, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    await bring(client, address, MESSAGE | {"text": "my secret text"})
    await bring(client, desk.add("rest", Confused()), MESSAGE | {"text": "my secret text"})
    told = capsys.readouterr()
    assert "hook_not_understood" in told.out
    assert "secret text" not in told.out + told.err
    assert json.dumps("client-7") not in told.out + told.err
