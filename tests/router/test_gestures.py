"""What customers do without a word: `router.gestures`, and what operators see of it."""

import pytest

from router import handling
from router.channel import Action, CustomerAction, Sender
from router.model import Contact, ContactKind, Inbox
from tests.desk import Desk

PHONE = Contact(ContactKind.PHONE, "+79161234567")
MAIL = Contact(ContactKind.EMAIL, "vera@example.com")


@pytest.fixture
async def inbox(desk: Desk) -> Inbox:
    inbox = await desk.inbox(await desk.line())
    await desk.writes("hello", inbox=inbox)
    return inbox


async def does(desk: Desk, inbox: Inbox, action: Action, *contacts: Contact) -> None:
    """The visitor does it."""
    sender = Sender("visitor-1", scope=str(inbox.id), contacts=contacts)
    await desk.inbound.receive(inbox, [CustomerAction(sender, "visitor-1", action)])


async def seen(desk: Desk, inbox: Inbox) -> list[str | None]:
    """What stands of it in the conversation."""
    one = await desk.conversation(inbox)
    async with desk.storage.reading() as tx:
        marks = await tx.record.marks([one.id], after_seq=0, up_to_seq=1000)
    return [mark.reason for mark in marks if mark.event == "CustomerActed"]


async def test_a_contact_that_was_given_stands_in_the_conversation(
    desk: Desk, inbox: Inbox
) -> None:
    version = (await desk.conversation(inbox)).version
    await does(desk, inbox, Action.GAVE_CONTACT)
    await does(desk, inbox, Action.GAVE_CONTACT, PHONE, MAIL)
    assert await seen(desk, inbox) == ["phone", "email"]
    assert (await desk.conversation(inbox)).version > version


async def test_who_shuts_us_out_and_lets_us_in_again_is_seen_to(desk: Desk, inbox: Inbox) -> None:
    for action in (Action.BLOCKED, Action.BLOCKED, Action.UNBLOCKED, Action.STARTED):
        await does(desk, inbox, action)
    assert await seen(desk, inbox) == ["blocked", "unblocked"]


async def test_what_is_done_after_the_end_says_nothing_more_in_it(desk: Desk, inbox: Inbox) -> None:
    one = await desk.conversation(inbox)
    now = desk.clock.now()
    await desk.storage.run(lambda tx: handling.close(tx, one.id, None, reason="", now=now))
    await does(desk, inbox, Action.GAVE_CONTACT, PHONE)
    await does(desk, inbox, Action.BLOCKED)
    assert await seen(desk, inbox) == []
