"""Taking over, pinning, turning away, and writing first, by who may do it."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from router.model import Inbox
from router.queueing import Queueing
from router.staff import Role
from tests.console.office import Office, Seat


@dataclass
class Shop:
    """Anna has a conversation with a customer; Boris and the chief look on."""

    office: Office
    inbox: Inbox
    anna: Seat
    boris: Seat
    chief: Seat
    id_: str

    @property
    def path(self) -> str:
        return f"/conversations/{self.id_}"

    async def row(self) -> Any:
        return (await self.chief.gets(self.path))["conversation"]

    async def customer(self) -> str:
        return str((await self.row())["customer_id"])


def id_of(seat: Seat) -> str:
    assert seat.operator is not None
    return str(seat.operator.id)


@pytest.fixture
async def shop(office: Office) -> Shop:
    line = await office.desk.line(queueing=Queueing(transfer_needs_accept=True))
    inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    boris = await office.works("Boris", line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    await office.desk.writes("Where is my order?", inbox=inbox)
    id_ = str((await office.desk.conversation(inbox)).id)
    await anna.does("POST", f"/conversations/{id_}/take")
    return Shop(office, inbox, anna, boris, chief, id_)


async def test_a_supervisor_takes_over_and_who_had_it_takes_part(shop: Shop) -> None:
    path = f"{shop.path}/intercept"
    assert await shop.boris.refused("POST", path, status=403) == "forbidden"
    taken = await shop.chief.does("POST", path)
    assert taken["owner_id"] == id_of(shop.chief)
    assert taken["participant_ids"] == [id_of(shop.anna)]


async def test_its_owner_pins_it_a_colleague_does_not(shop: Shop) -> None:
    path = f"{shop.path}/pin"
    assert await shop.boris.refused("PUT", path, {"pinned": True}, status=403) == "forbidden"
    assert (await shop.anna.does("PUT", path, {"pinned": True}))["pinned"] is True
    assert (await shop.anna.does("PUT", path, {"pinned": False}))["pinned"] is False


async def test_spam_closes_and_blocks_and_can_be_taken_back(shop: Shop) -> None:
    path = f"{shop.path}/spam"
    assert await shop.boris.refused("POST", path, {}, status=403) == "forbidden"
    closed = await shop.anna.does("POST", path, {"block": True})
    assert (closed["state"], closed["close_reason"]) == ("closed", "spam")
    customer = f"/customers/{await shop.customer()}"
    assert (await shop.anna.gets(customer))["blocked"] is True
    await shop.office.desk.writes("Buy cheap pills", inbox=shop.inbox)
    assert (await shop.row())["state"] == "closed"
    assert (await shop.anna.does("POST", f"{customer}/unblock"))["blocked"] is False
    assert (await shop.anna.does("POST", f"{shop.path}/reopen"))["state"] == "open"


async def test_only_supervisors_block_a_customer_outright(shop: Shop) -> None:
    path = f"/customers/{await shop.customer()}/block"
    assert await shop.anna.refused("POST", path, status=403) == "forbidden"
    assert (await shop.chief.does("POST", path))["blocked"] is True
    assert (await shop.row())["close_reason"] == "blocked"


async def test_what_a_colleague_does_not_accept_comes_back(shop: Shop) -> None:
    to = {"operator_id": id_of(shop.boris), "comment": "Yours?"}
    offered = await shop.anna.does("POST", f"{shop.path}/transfer", to)
    assert (offered["state"], offered["offered_to"]) == ("offered", id_of(shop.boris))
    back = await shop.boris.does("POST", f"{shop.path}/decline", {"reason": "lunch"})
    assert (back["state"], back["owner_id"]) == ("open", id_of(shop.anna))
    items = (await shop.anna.gets(f"{shop.path}/thread"))["items"]
    mark = next(one for one in items if one.get("event") == "ConversationReturned")
    assert (mark["operator_id"], mark["to_operator_id"]) == (id_of(shop.boris), id_of(shop.anna))


async def test_we_write_first_where_the_channel_can(shop: Shop) -> None:
    await shop.anna.does("POST", f"{shop.path}/close", {})
    [thread] = await shop.boris.gets(f"/customers/{await shop.customer()}/threads")
    assert (thread["open"], thread["can_start"]) == (False, True)
    begun = await shop.boris.does("POST", f"/threads/{thread['id']}/start")
    assert begun["id"] != shop.id_
    assert (begun["state"], begun["owner_id"]) == ("open", id_of(shop.boris))


async def test_we_do_not_where_only_the_customer_can_begin(shop: Shop) -> None:
    await shop.anna.does("POST", f"{shop.path}/close", {})
    shop.office.accounts.can_start = False
    [thread] = await shop.boris.gets(f"/customers/{await shop.customer()}/threads")
    assert thread["can_start"] is False
    path = f"/threads/{thread['id']}/start"
    assert await shop.boris.refused("POST", path, status=400) == "invalid"


async def test_nobody_writes_first_to_whom_they_may_not_see(shop: Shop) -> None:
    await shop.anna.does("POST", f"{shop.path}/close", {})
    other = await shop.office.works("Other", await shop.office.desk.line("other"))
    customer = await shop.customer()
    [thread] = await shop.anna.gets(f"/customers/{customer}/threads")
    assert await other.refused("GET", f"/customers/{customer}/threads", status=404)
    assert await other.refused("POST", f"/threads/{thread['id']}/start", status=404)


async def in_public(shop: Shop) -> str:
    """Vera comments where everybody reads it, and Anna has it; gives its id."""
    await shop.office.desk.writes(
        "In green?", inbox=shop.inbox, who="vera", thread_key="wall", public=True
    )
    id_ = str((await shop.office.desk.conversation(shop.inbox, "wall")).id)
    await shop.anna.does("POST", f"/conversations/{id_}/take")
    return id_


async def test_who_wrote_in_public_is_answered_alone_once(shop: Shop) -> None:
    id_ = await in_public(shop)
    path = f"/conversations/{id_}/aside"
    assert await shop.boris.refused("POST", path, status=403) == "forbidden"
    alone = await shop.anna.does("POST", path)
    assert (alone["public"], alone["state"]) == (False, "open")
    assert alone["owner_id"] == id_of(shop.anna)
    assert (await shop.anna.does("POST", path))["id"] == alone["id"]
    public = (await shop.anna.gets(f"/conversations/{id_}"))["conversation"]
    assert (public["public"], public["customer_id"]) == (True, alone["customer_id"])


async def test_nobody_is_written_to_alone_who_does_not_let_us(shop: Shop) -> None:
    id_ = await in_public(shop)
    assert await shop.anna.refused("POST", f"{shop.path}/aside", status=400) == "invalid"
    shop.office.accounts.broken.add(shop.inbox.id)
    assert await shop.anna.refused("POST", f"/conversations/{id_}/aside", status=400) == "invalid"


async def test_in_public_nothing_is_changed_and_less_fits(shop: Shop) -> None:
    line = await shop.office.desk.directory.line(shop.inbox.line_id)
    assert line is not None
    shop.inbox = await shop.office.desk.inbox(line, "simulator")
    path = f"/conversations/{await in_public(shop)}/messages"
    body = {"id": str(uuid4()), "text": "x" * 3001}
    said = await shop.anna.does("POST", path, body, status=202)
    assert len(said["deliveries"]) == 2
    assert await shop.anna.refused("DELETE", f"/messages/{said['id']}", status=400) == "invalid"
    inbox = next(one for one in await shop.anna.gets("/inboxes") if one["kind"] == "simulator")
    assert (inbox["can"]["in_public"]["max_text_chars"], inbox["can"]["aside"]) == (3000, False)
