"""The web chat over the real hub: what a visitor says stands in the desk, and the other way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

import pytest
from aiohttp import FormData, web
from pytest_aiohttp.plugin import AiohttpClient

from channels.webchat import Webchat
from channels.webchat.visitors import Tokens
from crm_sync.local import LocalCrm
from crm_sync.sync import Sync
from queues.hours import hours_at
from queues.telling import scores
from router.buttons import Button
from router.handling import close, see, take
from router.identity import unlink
from router.ids import MessageId, new_id
from router.lapsing import ask_rating
from router.model import Contact, ContactKind, Conversation, Inbox, State
from router.news import TypingNews
from router.outbound import reply
from router.queueing import RatingRequest, Scale
from router.staff import Operator
from router.storage import Transaction
from router.visitor import Front
from router.visitors import Followers, InboxDesk
from tests.channels.contract import TestSecrets
from tests.channels.webchat.chat import (
    KEY,
    ORIGIN,
    SECRET,
    Browser,
    Client,
    doors_of,
    signed,
    until,
)
from tests.clock import NOON
from tests.desk import Desk


@dataclass
class Shop:
    """A line with a website chat, Anna behind it, and a visitor whom the site vouches for."""

    desk: Desk
    inbox: Inbox
    anna: Operator
    client: Client

    @property
    def who(self) -> str:
        """The visitor's id."""
        return str(uuid5(self.inbox.id, "user-7"))

    async def arrives(self) -> tuple[Browser, dict[str, Any]]:
        browser = Browser(self.client)
        return browser, await browser.hello(identity=signed("user-7", name="Vera"))

    async def acts(self, act: Callable[[Transaction, Conversation], Awaitable[object]]) -> None:
        """Do something to the visitor's conversation."""
        conversation = await self.desk.conversation(self.inbox, self.who)
        async with self.desk.storage.transaction() as tx:
            await act(tx, conversation)

    async def takes(self) -> None:
        await self.acts(lambda tx, one: take(tx, one.id, self.anna, now=NOON))

    async def closes(self) -> None:
        await self.acts(lambda tx, one: close(tx, one.id, self.anna.id, reason="done", now=NOON))

    async def sees(self, seq: int) -> None:
        await self.acts(lambda tx, one: see(tx, one.id, self.anna.id, seq=seq, now=NOON))

    async def answers(self, text: str) -> None:
        await self.acts(
            lambda tx, one: reply(
                tx, one.id, message_id=MessageId(new_id()), text=text, author=self.anna,
                capabilities=Webchat.capabilities, now=NOON,
            )
        )  # fmt: skip


@pytest.fixture
async def shop(either_desk: Desk, aiohttp_client: AiohttpClient) -> Shop:
    desk = either_desk
    line = await desk.line(rating=RatingRequest(ask=True, scale=Scale.FIVE))
    inbox = await desk.inbox(line, "webchat")
    followers = Followers(desk.storage, desk.directory, desk.filing, desk.bus)
    visitors = InboxDesk(
        inbox, storage=desk.storage, clock=desk.clock, inbound=desk.inbound,
        directory=desk.directory, filing=desk.filing, followers=followers, bus=desk.bus,
        max_file_bytes=1_000_000,
        hours_at=hours_at,
    )  # fmt: skip
    front = Front(line, inbox, TestSecrets({"identity_secret": SECRET}), visitors, ORIGIN)
    application = web.Application()
    application.on_shutdown.append(lambda _: followers.close())
    application.add_routes((*doors_of(front, desk.clock).routes(), *desk.filing.routes()))
    client: Client = await aiohttp_client(application)
    return Shop(desk, inbox, await desk.operator("Anna", line), client)


async def test_visitor_and_operator_talk(shop: Shop) -> None:
    browser, welcome = await shop.arrives()
    assert (welcome["state"], welcome["outlook"]["online"]) == ("none", True)
    assert (await browser.says("Where is my order?"))["seq"] == 1
    await shop.takes()
    status = await until(browser, "status", state="open")
    assert status["operator"]["name"] == "Anna"
    await shop.answers("On its way")
    shown = (await until(browser, "message"))["message"]
    assert (shown["seq"], shown["text"], shown["name"]) == (2, "On its way", "Anna")
    await until(browser, "read", seq=2)
    await browser.says("Thanks")
    await shop.sees(3)
    await until(browser, "read", seq=3)
    await shop.closes()
    await until(browser, "status", state="closed")


async def test_score_that_a_visitor_presses_is_their_rating(shop: Shop) -> None:
    browser, _ = await shop.arrives()
    await browser.says("Hello")
    await shop.takes()
    await shop.answers("Good day")
    await shop.closes()
    one = await shop.desk.conversation(shop.inbox, shop.who)
    survey = Button("More", url="https://chat.example/rate/t")
    await shop.acts(
        lambda tx, one: ask_rating(
            tx, one, "How was it?", scale=Scale.FIVE, token="t",
            buttons=(*scores(one.id, Scale.FIVE), survey),
            capabilities=Webchat.capabilities, now=NOON,
        )
    )  # fmt: skip
    while (question := (await until(browser, "message"))["message"])["text"] != "How was it?":
        pass
    *stars, more = question["buttons"]
    assert [star["label"] for star in stars] == ["1", "2", "3", "4", "5"]
    assert (more["label"], more["url"]) == ("More", "https://chat.example/rate/t")
    first = await browser.says("4", client_id="one", press=stars[3]["value"])
    again = await browser.says("4", client_id="one", press=stars[3]["value"])
    assert (first["type"], first["seq"], again) == ("ack", 4, first)
    late = await browser.says("1", press=stars[0]["value"])
    assert (late["type"], late["code"]) == ("refused", "over")
    async with shop.desk.storage.reading() as tx:
        rating = await tx.ratings.get(one.id)
    assert rating is not None
    assert rating.score == 4
    assert (await shop.desk.conversation(shop.inbox, shop.who)).state is State.CLOSED
    malformed = await browser.says("1", press="x" * 65)
    assert malformed["code"] == "malformed"


async def test_visitor_comes_back_to_what_was_said_meanwhile(shop: Shop) -> None:
    browser, _ = await shop.arrives()
    await browser.says("Hello", client_id="one")
    await browser.close()
    await shop.takes()
    await shop.answers("Good day")
    browser.seq = 1
    welcome = await browser.hello(identity=signed("user-7"))
    assert [one["text"] for one in welcome["messages"]] == ["Good day"]
    assert (welcome["state"], welcome["reset"]) == ("open", False)
    assert (await browser.says("Hello", client_id="one"))["seq"] == 1
    assert (await shop.desk.thread(shop.inbox, shop.who)).last_seq == 2


async def test_what_reached_and_was_seen_is_known(shop: Shop) -> None:
    browser, _ = await shop.arrives()
    await browser.says("Hello")
    await shop.takes()
    await shop.answers("Good day")
    await until(browser, "message")
    await browser.tell("received", seq=2)
    await browser.tell("read", seq=2)
    await browser.says("Thanks")
    thread = await shop.desk.thread(shop.inbox, shop.who)
    assert (thread.customer_got_seq, thread.customer_seen_seq) == (2, 2)


async def test_form_names_the_customer(shop: Shop) -> None:
    browser, _ = await shop.arrives()
    await browser.tell("contact", client_id="form", name="Vera", phone="8 912 345-67-89")
    await until(browser, "ack", client_id="form", seq=None)
    await browser.says("Call me")
    customer = await shop.desk.customer(shop.inbox, shop.who)
    assert (customer.name, [one.value for one in customer.contacts]) == ("Vera", ["+79123456789"])


async def test_file_travels_to_the_desk_and_back(shop: Shop) -> None:
    browser, _ = await shop.arrives()
    form = FormData()
    form.add_field("file", b"an order, for all to see", filename="order.txt")
    headers = {"Authorization": f"Bearer {browser.token}", "Origin": ORIGIN}
    sent = await shop.client.post("/chat/shop/files", data=form, headers=headers)
    stored = await sent.json()
    assert (await browser.says("", files=[stored["id"]]))["seq"] == 1
    again, welcome = await shop.arrives()
    (file,) = welcome["messages"][0]["files"]
    assert (file["name"], file["size_bytes"]) == ("order.txt", 24)
    assert await (await shop.client.get(file["url"])).read() == b"an order, for all to see"
    assert (await again.says("mine again", files=[stored["id"]]))["code"] == "bad_file"


async def says_before_signing_in(shop: Shop, text: str = "Where is my order?") -> Browser:
    browser = Browser(shop.client)
    await browser.hello()
    await browser.says(text)
    return browser


async def key_of(shop: Shop, browser: Browser) -> str:
    """The thread in which the browser is."""
    assert browser.token is not None
    return Tokens([KEY]).read(shop.inbox.id, browser.token).id


async def test_what_was_said_before_signing_in_is_the_users(shop: Shop) -> None:
    browser = await says_before_signing_in(shop)
    began = await key_of(shop, browser)
    browser.seq = 1
    welcome = await browser.hello(identity=signed("user-7", name="Vera", email="vera@example.com"))
    assert (welcome["seq"], welcome["reset"], welcome["state"]) == (1, False, "waiting")
    customer = await shop.desk.customer(shop.inbox, began)
    assert (customer.name, customer.contacts) == (
        "Vera", (Contact(ContactKind.EMAIL, "vera@example.com", proven=True),),
    )  # fmt: skip
    await browser.says("It is number 7")
    assert (await shop.desk.thread(shop.inbox, began)).last_seq == 2
    # The conversation ends; the next one stands in the user's own thread, of the same customer.
    conversation = await shop.desk.conversation(shop.inbox, began)
    async with shop.desk.storage.transaction() as tx:
        await take(tx, conversation.id, shop.anna, now=NOON)
        await close(tx, conversation.id, shop.anna.id, reason="done", now=NOON)
    assert (await browser.hello(identity=signed("user-7")))["seq"] == 0
    await browser.says("Another thing")
    assert (await shop.desk.customer(shop.inbox, shop.who)).id == customer.id


async def test_a_conversation_follows_who_signs_in(shop: Shop) -> None:
    elsewhere, _ = await shop.arrives()
    await elsewhere.says("From the office")
    user = await shop.desk.customer(shop.inbox, shop.who)
    browser = await says_before_signing_in(shop)
    began = await key_of(shop, browser)
    before = await shop.desk.conversation(shop.inbox, began)
    await browser.hello(identity=signed("user-7"))
    after = await shop.desk.conversation(shop.inbox, began)
    assert (before.customer_id == user.id, after.customer_id) == (False, user.id)
    # The other browser goes on in the user's own thread.
    assert (await elsewhere.hello(identity=signed("user-7")))["seq"] == 1


async def test_lead_follows_who_signs_in(shop: Shop) -> None:
    desk = shop.desk
    crm = LocalCrm(desk.storage, desk.clock, console_url="http://desk.example/console")
    desk.steps["crm"] = Sync(desk.storage, desk.clock, crm, account="local").step
    browser = await says_before_signing_in(shop)
    await browser.tell("contact", client_id="form", phone="+79123456789")
    await until(browser, "ack", client_id="form")
    await desk.works()
    began = await key_of(shop, browser)
    async with desk.storage.reading() as tx:
        (lead,) = await tx.leads.of_customer((await desk.customer(shop.inbox, began)).id)
    elsewhere, _ = await shop.arrives()
    await elsewhere.says("From the office")
    await browser.hello(identity=signed("user-7"))
    user = await desk.customer(shop.inbox, shop.who)
    async with desk.storage.reading() as tx:
        assert [one.id for one in await tx.leads.of_customer(user.id)] == [lead.id]


async def test_a_forged_proof_joins_nothing(shop: Shop) -> None:
    browser = await says_before_signing_in(shop)
    began = await key_of(shop, browser)
    before = await shop.desk.customer(shop.inbox, began)
    await browser.hello(identity=signed("user-7") | {"user_id": "user-8"})
    assert (await shop.desk.customer(shop.inbox, began)) == before
    assert await key_of(shop, browser) == began


async def test_the_next_user_of_a_browser_sees_nothing_of_the_last(shop: Shop) -> None:
    browser = await says_before_signing_in(shop)
    began = await key_of(shop, browser)
    await browser.hello(identity=signed("user-7"))
    assert (await browser.hello(identity=signed("user-8")))["seq"] == 0
    await browser.says("Somebody else")
    mine = await shop.desk.customer(shop.inbox, began)
    theirs = await shop.desk.customer(shop.inbox, str(uuid5(shop.inbox.id, "user-8")))
    assert mine.id != theirs.id


async def test_what_an_operator_parts_stays_apart(shop: Shop) -> None:
    elsewhere, _ = await shop.arrives()
    await elsewhere.says("From the office")
    browser = await says_before_signing_in(shop)
    began = await key_of(shop, browser)
    await browser.hello(identity=signed("user-7"))
    thread = await shop.desk.thread(shop.inbox, began)
    async with shop.desk.storage.transaction() as tx:
        await unlink(tx, thread.customer_id, thread.identity_id, now=NOON)
    apart = await shop.desk.customer(shop.inbox, began)
    # They are back in their own thread, and no reload joins the two again.
    (said,) = (await browser.hello(identity=signed("user-7"), after_seq=0))["messages"]
    assert said["text"] == "From the office"
    assert (await shop.desk.customer(shop.inbox, began)).id == apart.id != thread.customer_id


async def test_second_tab_hears_of_the_first_message_too(shop: Shop) -> None:
    first, _ = await shop.arrives()
    second, _ = await shop.arrives()
    await first.says("Hello")
    assert (await until(second, "message"))["message"]["text"] == "Hello"


async def test_both_sides_see_the_other_type(shop: Shop) -> None:
    browser, _ = await shop.arrives()
    await browser.says("Hello")
    await shop.takes()
    thread = await shop.desk.thread(shop.inbox, shop.who)
    await browser.tell("typing")
    await browser.says("Hello?")
    assert TypingNews(thread.id, thread.line_id, None) in shop.desk.news
    shop.desk.bus.publish([TypingNews(thread.id, thread.line_id, shop.anna.id, "Anna")])
    assert await until(browser, "typing") == {"type": "typing", "name": "Anna"}
