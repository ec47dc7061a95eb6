"""Asking a customer for a code: `console.api.codes`."""

from dataclasses import dataclass
from uuid import uuid4

import pytest

from router.model import Contact, ContactKind, Inbox
from router.staff import Role
from tests.console.office import Office, Seat

EMAIL = Contact(ContactKind.EMAIL, "olga@example.com")


@dataclass
class Shop:
    """Olga has written by e-mail; somebody else says that they are her."""

    office: Office
    chat: Inbox
    mail: Inbox
    anna: Seat
    boris: Seat

    async def path(self) -> str:
        return f"/conversations/{(await self.office.desk.conversation(self.chat)).id}/codes"

    async def olga(self) -> str:
        return str((await self.office.desk.customer(self.mail, EMAIL.value)).id)


@pytest.fixture
async def shop(office: Office) -> Shop:
    desk = office.desk
    line, other = await desk.line(), await desk.line("other")
    chat, mail = await desk.inbox(line), await desk.inbox(other, "email")
    await desk.writes("Hi", inbox=mail, who=EMAIL.value, name="Olga", contacts=(EMAIL,))
    await desk.writes("It is me", inbox=chat, contacts=(EMAIL,))
    anna = await office.works("Anna", line, other)
    boris = await office.works("Boris", line)
    await anna.does("POST", f"/conversations/{(await desk.conversation(chat)).id}/take")
    return Shop(office, chat, mail, anna, boris)


async def test_who_can_be_sent_a_code_is_told_to_who_may_ask_for_one(shop: Shop) -> None:
    path, olga = await shop.path(), await shop.olga()
    assert await shop.anna.gets(path) == [{"customer_id": olga, "channel": "email"}]
    assert await shop.boris.gets(path) == []
    boss = await shop.office.works("Boss", role=Role.ADMINISTRATOR)
    assert len(await boss.gets(path)) == 1


async def test_code_is_asked_for_in_one_thread_and_sent_into_the_other(shop: Shop) -> None:
    path, olga = await shop.path(), await shop.olga()
    sent = await shop.anna.does("POST", path, {"other_id": olga})
    assert sent == {"customer_id": olga, "channel": "email"}
    there = await shop.office.desk.conversation(shop.mail, EMAIL.value)
    here = await shop.office.desk.conversation(shop.chat)
    async with shop.office.desk.storage.reading() as tx:
        sent_there = (await tx.messages.of_thread(there.thread_id, after_seq=0, limit=9))[-1].text
        said_here = (await tx.messages.of_thread(here.thread_id, after_seq=0, limit=9))[-1].text
    assert "••••••" in sent_there
    assert "e-mail" in said_here
    assert EMAIL.value not in said_here
    boss = await shop.office.works("Boss", role=Role.ADMINISTRATOR)
    async with shop.office.desk.storage.reading() as tx:
        assert "code_asked" in {one.act for one in await tx.access.audited()}
    for _ in range(2):
        await boss.does("POST", path, {"other_id": olga})
    assert await boss.refused("POST", path, {"other_id": olga}, status=409) == "full"


async def test_code_is_asked_for_by_who_has_the_conversation_and_sees_both(shop: Shop) -> None:
    path, olga = await shop.path(), await shop.olga()
    assert await shop.boris.refused("POST", path, {"other_id": olga}, status=403) == "forbidden"
    nobody = {"other_id": str(uuid4())}
    assert await shop.anna.refused("POST", path, nobody, status=404) == "not_found"
    own = {"other_id": str((await shop.office.desk.customer(shop.chat)).id)}
    assert await shop.anna.refused("POST", path, own, status=400) == "invalid"
