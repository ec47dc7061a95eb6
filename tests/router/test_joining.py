"""What comes as several and is one message; what is said by pressing: `router.joining`."""

from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa

from router.buttons import Button, choices
from router.channel import (
    Action,
    Attachment,
    CustomerAction,
    IncomingMessage,
    Sender,
    Stored,
)
from router.errors import Malformed
from router.ledger import prove
from router.model import Author, FileState, Inbox, Message, State
from router.news import ConversationNews
from router.storage.tables.plumbing import events
from tests.desk import Desk
from tests.router.post import Post, Provider, a_post

PARTS = ("first", "second", "third")


@pytest.fixture
async def inbox(either_desk: Desk) -> Inbox:
    return await either_desk.inbox(await either_desk.line())


def part(name: str, *, caption: str = "", thread: str = "anna", **more: Any) -> IncomingMessage:
    picture = Attachment(f"{name}.jpg", mime="image/jpeg", url=f"https://shop.example/{name}.jpg")
    return IncomingMessage(
        name, thread, Sender(thread), caption, attachments=(picture,), album="holiday", **more
    )


def press(
    value: str, label: str = "", *, id_: str = "press-1", thread: str = "visitor-1", scope: str = ""
) -> CustomerAction:
    sender = Sender(thread, scope=scope)
    return CustomerAction(sender, thread, Action.PRESSED, id_, value=value, text=label)


async def messages(desk: Desk, inbox: Inbox, who: str = "anna") -> list[Message]:
    thread = await desk.thread(inbox, who)
    async with desk.storage.reading() as tx:
        return await tx.messages.of_thread(thread.id)


async def balances(desk: Desk) -> bool:
    async with desk.storage.reading() as tx:
        return (await prove(tx)).balances


# --- albums ------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations(PARTS)), ids=",".join)
@pytest.mark.parametrize("together", [True, False])
async def test_an_album_is_one_message_whatever_order_it_comes_in(
    either_desk: Desk, inbox: Inbox, order: tuple[str, ...], *, together: bool
) -> None:
    parts = [part(one, caption="By the sea" if one == "second" else "") for one in order]
    if together:
        await either_desk.inbound.receive(inbox, parts)
    else:
        for one in parts:
            await either_desk.inbound.receive(inbox, [one])
    (message,) = await messages(either_desk, inbox)
    assert (message.text, message.seq, message.edited_at) == ("By the sea", 1, None)
    assert [file.name for file in message.files] == [f"{one}.jpg" for one in order]
    assert {file.state for file in message.files} == {FileState.PENDING}
    conversation = await either_desk.conversation(inbox, "anna")
    assert conversation.last is not None
    assert (conversation.last.preview, conversation.last.file_count) == ("By the sea", 3)
    assert await balances(either_desk)


async def test_parts_that_come_again_change_nothing(either_desk: Desk, inbox: Inbox) -> None:
    parts = [part(one) for one in PARTS]
    first = await either_desk.inbound.receive(inbox, [*parts, parts[1]])
    again = await either_desk.inbound.receive(inbox, parts)
    assert [one.new for one in first] == [True, True, True, False]
    assert [one.new for one in again] == [False, False, False]
    assert len({one.message_id for one in (*first, *again)}) == 1
    (message,) = await messages(either_desk, inbox)
    assert len(message.files) == 3


async def test_every_caption_of_an_album_is_kept(either_desk: Desk, inbox: Inbox) -> None:
    for name in PARTS[:2]:
        await either_desk.inbound.receive(inbox, [part(name, caption=name)])
    (message,) = await messages(either_desk, inbox)
    assert message.text == "first\nsecond"


async def test_an_album_ends_with_its_thread(either_desk: Desk, inbox: Inbox) -> None:
    await either_desk.inbound.receive(inbox, [part("first"), part("other", thread="boris")])
    assert len(await messages(either_desk, inbox)) == 1
    assert len(await messages(either_desk, inbox, "boris")) == 1


async def test_a_part_is_found_by_its_own_name(either_desk: Desk, inbox: Inbox) -> None:
    """Who answers the third picture answers the message."""
    await either_desk.inbound.receive(inbox, [part(one) for one in PARTS])
    answer = IncomingMessage("a", "anna", Sender("anna"), "This one", in_reply_to="third")
    await either_desk.inbound.receive(inbox, [answer])
    album, said = await messages(either_desk, inbox)
    assert said.in_reply_to == album.id


async def test_screens_follow_an_album(either_desk: Desk, inbox: Inbox) -> None:
    await either_desk.inbound.receive(inbox, [part("first")])
    version = (await either_desk.conversation(inbox, "anna")).version
    await either_desk.inbound.receive(inbox, [part("second")])
    conversation = await either_desk.conversation(inbox, "anna")
    assert conversation.version == version + 1
    told = [one for one in either_desk.news if isinstance(one, ConversationNews)]
    assert [len(one.files) for one in told[-1].messages] == [2]


async def test_an_album_that_grows_is_no_edit(either_desk: Desk, inbox: Inbox) -> None:
    await either_desk.inbound.receive(inbox, [part("first")])
    await either_desk.inbound.receive(inbox, [part("second")])
    async with either_desk.storage.reading() as tx:
        rows = await tx.connection.rows(sa.select(events.c.name).order_by(events.c.id))
    names = [row.name for row in rows]
    assert "MessageGrew" in names
    assert "MessageEdited" not in names


# --- presses -----------------------------------------------------------------


async def test_a_press_is_the_customers_message(either_desk: Desk, inbox: Inbox) -> None:
    stored = await either_desk.inbound.receive(inbox, [press("choose:1", "Delivery")])
    assert [one.new for one in stored] == [True]
    (message,) = await messages(either_desk, inbox, "visitor-1")
    assert (message.text, message.author) == ("Delivery", Author.CUSTOMER)
    assert (await either_desk.conversation(inbox)).state is State.WAITING
    assert await balances(either_desk)


async def test_a_press_that_comes_again_is_one(either_desk: Desk, inbox: Inbox) -> None:
    stored: list[Stored] = []
    for _ in range(2):
        stored += await either_desk.inbound.receive(inbox, [press("choose:1", "Delivery")])
    assert [one.new for one in stored] == [True, False]
    assert len(await messages(either_desk, inbox, "visitor-1")) == 1


async def test_a_press_without_an_id_is_unreadable(either_desk: Desk, inbox: Inbox) -> None:
    with pytest.raises(Malformed):
        await either_desk.inbound.receive(inbox, [press("choose:1", "Delivery", id_="")])


async def test_what_stands_on_the_button_is_found_where_only_its_value_is_told(desk: Desk) -> None:
    async with a_post(desk, Provider()) as post:
        await offered(post, "What is it about?", choices(("Delivery", "Returns")))
        unknown = press("choose:9", id_="press-2", scope=str(post.inbox.id))
        known = press("choose:2", scope=str(post.inbox.id))
        await desk.inbound.receive(post.inbox, [known, unknown])
        said = await messages(desk, post.inbox, "visitor-1")
        assert [one.text for one in said[-2:]] == ["Returns", "choose:9"]


async def offered(post: Post, text: str, buttons: tuple[Button, ...]) -> Message:
    said = await post.reply(text, buttons=buttons)
    await post.desk.works()
    return said
