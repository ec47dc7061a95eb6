"""Who a visitor is, and which pages may ask."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from channels.webchat.frames import Identity
from channels.webchat.visitors import is_allowed, is_proven
from router.visitor import Front
from tests.channels.contract import TestSecrets
from tests.channels.webchat.chat import (
    ORIGIN,
    SECRET,
    Browser,
    Client,
    MemoryDesk,
    doors_of,
    front_of,
    signed,
)
from tests.checkout import ROOT
from tests.clock import FakeClock


@pytest.mark.parametrize("token", ["made up", "WyIxIl0.c2ln", "x" * 60_000])
async def test_foreign_token_is_to_be_forgotten(browser: Browser, token: str) -> None:
    await browser.connect()
    await browser.tell("hello", token=token)
    assert await browser.close_code() == 4401


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (ORIGIN, True),
        ("https://shop.example", True),
        (None, True),
        ("http://shop.example", False),
        ("https://evil.example", False),
        ("https://shop.example.evil.example", False),
        ("null", False),
    ],
)
async def test_only_allowed_sites_may_talk(
    browser: Browser, origin: str | None, welcome: bool
) -> None:
    await browser.connect(origin=origin)
    if welcome:
        await browser.tell("hello")
        await browser.hears("welcome")
    else:
        assert await browser.close_code() == 4403


async def test_proven_user_has_one_thread_in_every_browser(
    client: Client, memory: MemoryDesk
) -> None:
    office, home = Browser(client), Browser(client)
    await office.hello(identity=signed("user-7", name="Anna", email="anna@example.com"))
    await office.says("From the office")
    (said,) = memory.said
    assert (said.sender.proven, said.sender.name, said.sender.username) == (True, "Anna", "user-7")
    assert [one.proven for one in said.sender.contacts] == [True]
    await home.hello(identity=signed("user-7"))
    assert home.token == office.token
    assert home.seq == 1


def test_the_example_for_known_users_proves_them() -> None:
    page = (ROOT / "docs/widget.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    said = msgspec.convert(names["identity"]("42", SECRET), Identity)
    secrets, now = TestSecrets({"identity_secret": SECRET}), datetime.now(UTC)
    assert is_proven(secrets, said, now=now)
    assert not is_proven(secrets, said, now=now + timedelta(days=1))
    assert not is_proven(TestSecrets({"identity_secret": "another secret"}), said, now=now)


async def test_a_proof_ends_when_it_says(
    client: Client, memory: MemoryDesk, clock: FakeClock
) -> None:
    ends = int(clock.now().timestamp()) + 3600
    browser = Browser(client)
    await browser.hello(identity=signed("user-7", expires_at=ends))
    await browser.says("Hello")
    await browser.hello(identity=signed("user-7", expires_at=ends))
    assert browser.seq == 1
    clock.move(3600)
    browser.seq = 0
    assert (await browser.hello(identity=signed("user-7", expires_at=ends)))["seq"] == 0
    assert [one.sender.proven for one in memory.said] == [True]


async def test_nobody_prolongs_a_proof_or_takes_its_end_away(
    client: Client, memory: MemoryDesk, clock: FakeClock
) -> None:
    ends = int(clock.now().timestamp()) + 3600
    proof = signed("user-7", expires_at=ends)
    for forged in ({**proof, "expires_at": ends + 1}, {**proof, "expires_at": None}):
        browser = Browser(client)
        await browser.hello(identity=forged)
        await browser.says("It is me")
    lasting = Browser(client)
    await lasting.hello(identity=signed("user-7") | {"expires_at": ends})
    await lasting.says("It is me")
    assert [one.sender.proven for one in memory.said] == [False] * 3


async def test_who_signs_in_while_they_talk_goes_on_there_with_the_proof(
    client: Client, memory: MemoryDesk
) -> None:
    browser = Browser(client)
    await browser.hello()
    await browser.says("Where is my order?")
    began = memory.visitor
    await browser.close()
    memory.goes_on = True
    assert (await browser.hello(identity=signed("user-7", name="Anna")))["seq"] == 1
    await browser.says("It is number 7")
    assert [(one.thread_key, one.sender.proven) for one in memory.said] == [
        (began, False), (began, True),
    ]  # fmt: skip
    # A reload proves again, and joins nothing a second time.
    await browser.hello(identity=signed("user-7"))
    assert [(key, joins) for key, _, joins in memory.proofs] == [(began, True), (began, False)]
    # And whoever comes without the proof begins anew.
    browser.seq = 0
    assert (await browser.hello())["seq"] == 0
    assert browser.token is not None


async def test_one_users_thread_is_never_joined_with_anothers(
    client: Client, memory: MemoryDesk
) -> None:
    memory.goes_on = True
    browser = Browser(client)
    await browser.hello(identity=signed("user-7"))
    await browser.says("Hello")
    browser.seq = 0
    assert (await browser.hello(identity=signed("user-8")))["seq"] == 0
    assert memory.proofs == []


async def test_a_token_under_a_former_key_is_good_and_renewed(
    front: Front, memory: MemoryDesk, clock: FakeClock
) -> None:
    old, new = b"the key of last year", b"the key of this year"
    browser = Browser(await serving(front, clock, old))
    await browser.hello()
    await browser.says("Hello")
    known = browser.token
    await browser.client.close()
    browser.client, browser.seq = await serving(front, clock, new, old), 1
    welcome = await browser.hello()
    assert (welcome["seq"], welcome["reset"], welcome["messages"]) == (1, False, [])
    assert browser.token not in (None, known)
    await browser.client.close()
    browser.client = await serving(front, clock, new)
    assert (await browser.hello())["seq"] == 1
    browser.token = known
    await browser.connect()
    await browser.tell("hello", token=known)
    assert await browser.close_code() == 4401
    await browser.client.close()


async def serving(front: Front, clock: FakeClock, *signing_keys: bytes) -> Client:
    application = web.Application()
    application.add_routes(doors_of(front, clock, signing_keys=signing_keys).routes())
    client = TestClient(TestServer(application))
    await client.start_server()
    return client


async def test_nobody_enters_a_users_thread_without_the_proof(
    client: Client, memory: MemoryDesk
) -> None:
    browser = Browser(client)
    await browser.hello(identity=signed("user-7"))
    browser.seq = (await browser.says("Secret"))["seq"]
    await browser.close()
    welcome = await browser.hello()
    assert (welcome["messages"], welcome["reset"], welcome["state"]) == ([], True, "none")
    await browser.close()
    welcome = await browser.hello(identity=signed("user-8"))
    assert welcome["messages"] == []
    await browser.close()
    browser.seq = 0
    welcome = await browser.hello(identity=signed("user-7"))
    assert [one["text"] for one in welcome["messages"]] == ["Secret"]


@pytest.mark.parametrize(
    "identity",
    [
        {"user_id": "user-7"},
        {"user_id": "user-7", "signature": ""},
        {"user_id": "user-7", "signature": "0" * 64},
        {"user_id": "user-8", "signature": signed("user-7")["signature"]},
        {"signature": signed("")["signature"], "user_id": ""},
    ],
)
async def test_unproven_identity_is_only_a_claim(
    client: Client, memory: MemoryDesk, identity: dict[str, str]
) -> None:
    browser = Browser(client)
    await browser.hello(identity={**identity, "name": "Anna", "email": "anna@example.com"})
    await browser.says("Hello")
    sender = memory.said[0].sender
    assert (sender.proven, sender.username, sender.name) == (False, "", "Anna")
    assert [one.proven for one in sender.contacts] == [False]


@pytest.mark.parametrize(
    ("site", "origin", "allowed"),
    [
        ("shop.example", "https://shop.example", True),
        ("shop.example", "http://shop.example", True),
        ("https://shop.example/", "https://shop.example", True),
        ("https://Shop.Example", "https://shop.example", True),
        ("https://shop.example", "http://shop.example", False),
        ("shop.example", "https://www.shop.example", False),
        ("*.shop.example", "https://www.shop.example", True),
        ("*.shop.example", "https://shop.example", False),
        ("*.shop.example", "https://evilshop.example", False),
        ("shop.example:8443", "https://shop.example:8443", True),
        ("shop.example", "https://shop.example:8443", False),
        ("", "null", False),
        ("", "file://", False),
        ("elsewhere.example", "https://chat.example", True),
        ("elsewhere.example", "http://desk.internal:8080", True),
        ("elsewhere.example", "not an origin", False),
        ("elsewhere.example", "https://[", False),
    ],
)
def test_site_is_matched_as_a_whole(site: str, origin: str, allowed: bool) -> None:
    front = replace(front_of(MemoryDesk(), allowed_sites=(site,)), origin=f"{ORIGIN}/desk")
    assert is_allowed(origin, host="desk.internal:8080", front=front) is allowed
