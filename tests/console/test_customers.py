"""Who is whom, says an operator: contacts confirmed, customers linked, and that taken back."""

from dataclasses import dataclass
from uuid import uuid4

import pytest

from router.model import Contact, ContactKind, Inbox
from router.staff import Role
from tests.console.office import Office, Seat

PHONE = Contact(ContactKind.PHONE, "+79261234567")


@dataclass
class Shop:
    """Olga has written twice, from two addresses; the second time to another line."""

    office: Office
    first: Inbox
    second: Inbox
    anna: Seat
    boris: Seat

    async def id(self, inbox: Inbox) -> str:
        return str((await self.office.desk.customer(inbox)).id)


@pytest.fixture
async def shop(office: Office) -> Shop:
    desk = office.desk
    line, other = await desk.line(), await desk.line("other")
    first, second = await desk.inbox(line), await desk.inbox(other)
    await desk.writes("Hi", inbox=first, name="Olga", contacts=(PHONE,))
    await desk.writes("Me again", inbox=second, contacts=(PHONE,))
    anna, boris = await office.works("Anna", line, other), await office.works("Boris", line)
    return Shop(office, first, second, anna, boris)


async def test_a_claim_becomes_proven_by_an_operators_word(shop: Shop) -> None:
    path = f"/customers/{await shop.id(shop.first)}"
    body = {"kind": "phone", "value": PHONE.value}
    confirmed = await shop.boris.does("POST", f"{path}/confirm", body)
    assert confirmed["contacts"] == [{**body, "proven": True}]
    assert await shop.boris.gets(path) == confirmed
    other = {"kind": "phone", "value": "+79260000000"}
    assert await shop.boris.refused("POST", f"{path}/confirm", other, status=404) == "not_found"
    theirs = f"/customers/{await shop.id(shop.second)}/confirm"
    assert await shop.boris.refused("POST", theirs, body, status=404) == "not_found"


async def test_whoever_sees_both_makes_two_customers_one(shop: Shop) -> None:
    kept, merged = await shop.id(shop.first), await shop.id(shop.second)
    path, body = f"/customers/{kept}/link", {"other_id": merged}
    assert await shop.boris.refused("POST", path, body, status=404) == "not_found"
    assert await shop.anna.refused("POST", path, {"other_id": str(uuid4())}, status=404)
    assert await shop.anna.refused("POST", path, {"other_id": kept}, status=400) == "invalid"
    tab = await shop.anna.opens()
    await tab.until("snapshot")
    linked = await shop.anna.does("POST", path, body)
    assert (len(linked["identities"]), linked["may_be"]) == (2, [])
    frame = await tab.until("conversation")
    assert (frame["conversation"]["customer_id"], frame["conversation"]["title"]) == (kept, "Olga")
    assert await shop.anna.refused("POST", path, body, status=404) == "not_found"


async def test_a_link_is_taken_back_by_giving_an_identity_its_own_customer(shop: Shop) -> None:
    kept, merged = await shop.id(shop.first), await shop.id(shop.second)
    linked = await shop.anna.does("POST", f"/customers/{kept}/link", {"other_id": merged})
    thread = await shop.office.desk.thread(shop.second)
    body = {"identity_id": str(thread.identity_id)}
    assert body["identity_id"] in [one["id"] for one in linked["identities"]]
    apart = await shop.anna.does("POST", f"/customers/{kept}/unlink", body)
    assert [one["id"] for one in apart["identities"]] == [body["identity_id"]]
    assert await shop.id(shop.second) == apart["id"]
    assert len((await shop.anna.gets(f"/customers/{kept}"))["identities"]) == 1
    assert await shop.anna.refused("POST", f"/customers/{kept}/unlink", body, status=404)


async def test_what_operators_say_of_customers_is_audited(shop: Shop) -> None:
    boss = await shop.office.works("Boss", role=Role.ADMINISTRATOR)
    path = f"/customers/{await shop.id(shop.first)}"
    await boss.does("POST", f"{path}/confirm", {"kind": "phone", "value": PHONE.value})
    await boss.does("POST", f"{path}/link", {"other_id": await shop.id(shop.second)})
    async with shop.office.desk.storage.reading() as tx:
        acts = {one.act for one in await tx.access.audited()}
    assert {"contact_confirmed", "customers_linked"} <= acts
