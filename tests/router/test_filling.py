"""Fields of a customer's card that come with a program's message: `router.filling`."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from channels._account import open_channel
from channels._webhook import hook_routes
from router.cards import CardField, FieldKind
from router.doors import Doors, Reception
from router.guard import open_session
from router.ids import InboxId, new_id
from router.model import Customer, Inbox, Line
from router.news import DeskNews
from router.queueing import CrmCondition, Rule
from router.unread import Unread
from router.vault import Vault
from router.wirelog import WireLog
from tests.desk import Desk
from tests.queues.floor import Floor

SECRET = "made-up-secret-0001"
FIELDS = (
    CardField("turnover", FieldKind.NUMBER),
    CardField("segment", FieldKind.CHOICE, choices=("retail", "wholesale")),
    CardField("debtor", FieldKind.FLAG),
    CardField("note"),
)
Client = TestClient[web.Request, web.Application]


@dataclass
class Shop:
    """A program that writes to the desk for its buyers."""

    desk: Desk
    client: Client
    line: Line
    inbox: Inbox

    async def brings(
        self, *given: Mapping[str, Any], who: str = "buyer", ids: str = ""
    ) -> tuple[int, Any]:
        """One message for each of these fields; what is answered."""
        messages = [
            {
                "external_id": f"{ids or who}-{number}",
                "from": {"address": who, "fields": dict(fields)},
                "text": "An invoice, please",
            }
            for number, fields in enumerate(given)
        ]
        headers = {"Authorization": f"Bearer {SECRET}"}
        path = f"/hooks/{self.inbox.id}"
        response = await self.client.post(path, json={"messages": messages}, headers=headers)
        return response.status, await response.json()

    async def customer(self, who: str = "buyer") -> Customer:
        thread = await self.desk.thread(self.inbox, who)
        async with self.desk.storage.reading() as tx:
            found = await tx.customers.get(thread.customer_id)
        assert found is not None
        return found

    async def card(self, who: str = "buyer") -> Mapping[str, Any]:
        return (await self.customer(who)).crm_fields or {}


@pytest.fixture
async def shop(either_desk: Desk, aiohttp_client: AiohttpClient) -> AsyncIterator[Shop]:
    desk = either_desk
    line = await desk.line()
    inbox = Inbox(InboxId(new_id()), line.id, "rest", "Shop")
    vault = Vault(desk.storage, desk.sealing)
    async with desk.storage.transaction() as tx:
        await tx.inboxes.insert(inbox, secrets=vault.sealed(inbox.id, {"secret": SECRET}))
        await tx.cards.set_fields(FIELDS)
        tx.record.tell(DeskNews())
    session, unread = open_session(), Unread(desk.storage, desk.sealing, desk.clock)
    wirelog = WireLog(desk.storage, desk.clock)
    doors = Doors(
        desk.storage, desk.clock, desk.directory, vault, wirelog, session, open_channel=open_channel
    )
    application = web.Application()
    reception = Reception(doors, desk.inbound, unread, desk.directory)
    application.add_routes(hook_routes(reception, origin="http://desk.example"))
    yield Shop(desk, await aiohttp_client(application), line, inbox)
    await session.close()


async def test_message_fills_in_the_card_and_leaves_what_it_does_not_name(shop: Shop) -> None:
    assert await shop.brings({"turnover": 12.5, "segment": "retail", "note": " Pays late "}) == (
        200,
        {"accepted": 1, "duplicates": 0},
    )
    assert await shop.card() == {"turnover": 12.5, "segment": "retail", "note": "Pays late"}
    await shop.brings({"segment": "wholesale", "debtor": False}, {"note": None}, ids="later")
    assert await shop.card() == {"turnover": 12.5, "segment": "wholesale", "debtor": False}
    # The same message again is no news of the customer.
    await shop.brings({"turnover": 12.5, "segment": "retail", "note": "Pays late"})
    assert (await shop.card())["segment"] == "wholesale"


async def test_wrong_field_is_named_and_nothing_is_stored(shop: Shop) -> None:
    status, answer = await shop.brings(
        {"turnover": 1},
        {"turnover": "a lot", "segment": "gifts", "debtor": 1, "note": "x" * 501, "shoe": "42"},
    )
    assert status == 400
    assert answer["fields"] == {
        "messages[1].from.fields.turnover": "is no number",
        "messages[1].from.fields.segment": "is none of the choices",
        "messages[1].from.fields.debtor": "is neither yes nor no",
        "messages[1].from.fields.note": "is longer than 500 characters",
        "messages[1].from.fields.shoe": "is not known",
    }
    async with shop.desk.storage.reading() as tx:
        assert await tx.threads.by_key(shop.inbox.id, "buyer") is None
        assert not await tx.unread.counts()


async def test_new_field_of_the_card_is_known_at_once(shop: Shop) -> None:
    assert (await shop.brings({"shoe": "42"}))[0] == 400
    async with shop.desk.storage.transaction() as tx:
        await tx.cards.set_fields([*FIELDS, CardField("shoe")])
        tx.record.tell(DeskNews())
    assert (await shop.brings({"shoe": "42"}))[0] == 200
    assert await shop.card() == {"shoe": "42"}


async def test_first_message_is_routed_by_the_fields_that_it_brings(shop: Shop) -> None:
    floor = Floor(shop.desk)
    wholesale = await floor.line()
    large = Rule("large", crm=(CrmCondition("turnover", ">=", 1000),), to_line=wholesale.id)
    async with shop.desk.storage.transaction() as tx:
        await tx.lines.save(replace(shop.line, rules=(large,)))
        tx.record.tell(DeskNews())
    await shop.brings({"turnover": 5000}, who="large")
    await shop.brings({"turnover": 5}, who="small")
    await floor.distribute()
    lines = [(await shop.desk.conversation(shop.inbox, who)).line_id for who in ("large", "small")]
    assert lines == [wholesale.id, shop.line.id]
