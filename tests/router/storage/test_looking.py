"""What is found of a batch: `router.storage.looking`."""

import pytest

from router.batches import Ahead, Found, Incoming
from router.channel import IncomingMessage, Sender
from router.ids import OperatorId, new_id
from router.model import Contact, ContactKind, Inbox, Line
from router.states import assigned, touched
from router.storage.looking import look
from tests.desk import Desk

PHONE = Contact(ContactKind.PHONE, "+79161234567")
EMAIL = Contact(ContactKind.EMAIL, "anna@example.com")


# Around the strides in which SQLite is asked.
@pytest.mark.parametrize("count", [1, 3, 4, 5, 15, 16, 17, 21, 38])
async def test_however_many_come_at_once_each_is_found(desk: Desk, count: int) -> None:
    line = await desk.line()
    inbox = await desk.inbox(line)
    for number in range(count):
        await desk.writes(inbox=inbox, who=f"visitor-{number}", external_id=f"m{number}")
    found = await found_of(desk, [of(inbox, line, number) for number in range(count + 1)])
    known = {(inbox.id, f"visitor-{number}") for number in range(count)}
    assert set(found.threads) == known
    assert {one.address for one in found.identities.values()} == {key for _, key in known}
    assert set(found.refs) == {(inbox.id, f"m{number}") for number in range(count)}
    assert len(found.customers) == len(found.conversations) == count


async def test_what_is_found_is_what_stands_in_each_table(either_desk: Desk) -> None:
    desk = either_desk
    line = await desk.line()
    inbox = await desk.inbox(line)
    await desk.writes(inbox=inbox, who="visitor-0", contacts=(PHONE, EMAIL), name="Anna")
    before = await desk.conversation(inbox, "visitor-0")
    after = touched(
        assigned(before, OperatorId(new_id())),
        participants=(OperatorId(new_id()), OperatorId(new_id())),
        skills=("german", "returns"),
        snoozed_until=desk.clock.now(),
    )
    async with desk.storage.transaction() as tx:
        await tx.change(before, after)
    found = await found_of(desk, [of(inbox, line, 0)])
    thread, customer = (
        await desk.thread(inbox, "visitor-0"),
        await desk.customer(inbox, "visitor-0"),
    )
    async with desk.storage.reading() as tx:
        (identity,) = await tx.identities.of_customer(customer.id)
        (conversation,) = [await tx.conversations.get(before.id)]
    assert list(found.threads.values()) == [thread]
    assert list(found.identities.values()) == [identity]
    assert list(found.customers.values()) == [customer]
    assert set(customer.contacts) == {PHONE, EMAIL}
    assert found.conversations == {thread.id: conversation}
    assert conversation is not None
    assert conversation.skills == after.skills
    assert conversation.participants == after.participants


def of(inbox: Inbox, line: Line, number: int) -> Incoming:
    who = f"visitor-{number}"
    said = IncomingMessage(f"m{number}", who, Sender(who, scope=str(inbox.id)), text="Hello")
    return Incoming(inbox, line, said)


async def found_of(desk: Desk, batch: list[Incoming]) -> Found:
    async with desk.storage.transaction() as tx:
        return await look(tx, batch, Ahead())
