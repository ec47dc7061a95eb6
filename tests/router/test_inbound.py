"""The way in: `router.inbound.receive` and what it plans."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from router import handling
from router.channel import (
    Action,
    Attachment,
    CustomerAction,
    Deleted,
    Edited,
    IncomingMessage,
    Receipt,
    Sender,
)
from router.errors import Invalid
from router.model import Author, Contact, ContactKind, DeliveryState, FileState, State
from router.news import ConversationNews
from tests.desk import Desk

PHONE = Contact(ContactKind.PHONE, "+79161234567")


async def test_first_message_opens_a_waiting_conversation(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    stored = await desk.writes("Where is my order?", inbox=inbox, name="Vera")
    conversation = await desk.conversation(inbox)
    assert (stored.new, stored.seq) == (True, 1)
    assert (conversation.state, conversation.title, conversation.version) == (
        State.WAITING,
        "Vera",
        1,
    )
    assert conversation.unanswered_since == desk.clock.now()
    assert conversation.last is not None
    assert conversation.last.preview == "Where is my order?"


async def test_next_messages_join_the_open_conversation(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    for text in ("one", "two", "three"):
        await desk.writes(text, inbox=inbox)
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        messages = await tx.messages.of_thread(thread.id)
        conversations = await tx.conversations.of_thread(thread.id)
    assert [(one.seq, one.text, one.author) for one in messages] == [
        (1, "one", Author.CUSTOMER),
        (2, "two", Author.CUSTOMER),
        (3, "three", Author.CUSTOMER),
    ]
    assert [one.last_seq for one in conversations] == [3]


async def test_a_repeated_message_is_stored_once(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    first = await desk.writes("hello", inbox=inbox, external_id="a")
    again = await desk.writes("hello", inbox=inbox, external_id="a")
    assert (again.new, again.seq, again.message_id) == (False, first.seq, first.message_id)
    assert (await desk.thread(inbox)).last_seq == 1


async def test_many_at_once_are_stored_once_each_and_without_gaps(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    sends = [
        desk.writes(f"{number}", inbox=inbox, who=f"v{number % 7}", external_id=f"m{number % 70}")
        for number in range(200)
    ]
    stored = await asyncio.gather(*sends)
    assert sum(one.new for one in stored) == 70
    async with desk.storage.reading() as tx:
        for number in range(7):
            thread = await desk.thread(inbox, f"v{number}")
            messages = await tx.messages.of_thread(thread.id, limit=200)
            assert [one.seq for one in messages] == list(range(1, thread.last_seq + 1))


async def test_what_a_visitor_types_is_a_claim(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    await desk.writes("call me: +7 916 123-45-67", inbox=inbox)
    await desk.writes("I am the same person", inbox=inbox, who="other", contacts=(PHONE,))
    mine, other = await desk.customer(inbox), await desk.customer(inbox, "other")
    assert mine.contacts == other.contacts == (PHONE,)
    assert mine.id != other.id


async def test_a_name_that_comes_later_reaches_the_lists(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    await desk.writes("hello", inbox=inbox)
    await desk.writes("again", inbox=inbox, name="Vera")
    assert (await desk.conversation(inbox)).title == "Vera"


async def test_a_form_counts_before_the_first_message(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    sender = Sender("visitor-1", scope=str(inbox.id), name="Vera", contacts=(PHONE,))
    action = CustomerAction(sender, "visitor-1", Action.GAVE_CONTACT)
    await desk.inbound.receive(inbox, [action])
    await desk.writes("hello", inbox=inbox)
    assert (await desk.customer(inbox)).contacts == (PHONE,)
    assert (await desk.conversation(inbox)).title == "Vera"


async def test_a_message_soon_after_closing_reopens(desk: Desk) -> None:
    line = await desk.line(reopen_window_s=3600)
    inbox = await desk.inbox(line)
    await desk.writes("one", inbox=inbox)
    first = await desk.conversation(inbox)
    await desk.storage.run(
        lambda tx: handling.close(tx, first.id, None, reason="", now=desk.clock.now())
    )
    desk.clock.move(3600)
    await desk.writes("two", inbox=inbox)
    again = await desk.conversation(inbox)
    assert (again.id, again.state) == (first.id, State.WAITING)


async def test_a_message_long_after_closing_starts_the_next_conversation(desk: Desk) -> None:
    line = await desk.line(reopen_window_s=3600)
    inbox = await desk.inbox(line)
    await desk.writes("one", inbox=inbox)
    first = await desk.conversation(inbox)
    await desk.storage.run(
        lambda tx: handling.close(tx, first.id, None, reason="", now=desk.clock.now())
    )
    desk.clock.move(3601)
    await desk.writes("two", inbox=inbox)
    second = await desk.conversation(inbox)
    assert second.id != first.id
    assert (second.first_seq, second.last_seq) == (2, 2)
    assert (await desk.again(first.id)).state is State.CLOSED


async def test_an_edit_and_a_withdrawal_show(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    await desk.writes("teh order", inbox=inbox, external_id="a")
    await desk.inbound.receive(inbox, [Edited("a", "visitor-1", "the order")])
    await desk.inbound.receive(inbox, [Deleted("a", "visitor-1")])
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        (message,) = await tx.messages.of_thread(thread.id)
    assert message.text == "the order"
    assert message.edited_at
    assert message.deleted_at


async def test_bytes_that_no_database_holds_are_cleaned(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    await desk.writes("a\x00b\ud800c", inbox=inbox, name="V\x00", who="v\x001")
    thread = await desk.thread(inbox, "v1")
    async with desk.storage.reading() as tx:
        (message,) = await tx.messages.of_thread(thread.id)
    assert message.text == "abc"


async def test_bytes_are_kept_before_the_message_is_stored(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    picture = Attachment("hello.txt", "text/plain", data=b"hello")
    await desk.writes("", inbox=inbox, attachments=(picture,))
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        (message,) = await tx.messages.of_thread(thread.id)
    (file,) = message.files
    assert (file.name, file.size_bytes, file.state) == ("hello.txt", 5, FileState.STORED)
    assert await desk.blobs.read(file.blob_key or "") == b"hello"


async def test_another_visitors_upload_cannot_be_claimed(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())

    async def body() -> AsyncIterator[bytes]:
        yield b"secret"

    file = await desk.filing.take_in(
        "a.txt", body(), uploader=f"{inbox.id}/visitor-2", max_bytes=100
    )
    stolen = Attachment("a.txt", stored_id=str(file.id))
    with pytest.raises(Invalid):
        await desk.writes("mine!", inbox=inbox, attachments=(stolen,))
    stored = await desk.writes("mine", inbox=inbox, who="visitor-2", attachments=(stolen,))
    assert stored.new


async def test_bytes_that_come_again_are_not_kept_again(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    letter = (Attachment("a.txt", data=b"hello"),)
    for _ in range(3):
        await desk.writes("read this", inbox=inbox, external_id="m1", attachments=letter)
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        (message,) = await tx.messages.of_thread(thread.id)
    (file,) = message.files
    assert await desk.blobs.read(file.blob_key or "") == b"hello"
    kept = [path for path in (desk.folder / "blobs").rglob("*") if path.is_file()]
    assert len(kept) == 1


async def test_a_file_that_is_named_twice_is_attached_once(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())

    async def body() -> AsyncIterator[bytes]:
        yield b"hello"

    file = await desk.filing.take_in(
        "a.txt", body(), uploader=f"{inbox.id}/visitor-1", max_bytes=100
    )
    named = Attachment("", stored_id=str(file.id))
    await desk.writes("", inbox=inbox, attachments=(named, named))
    conversation = await desk.conversation(inbox)
    assert conversation.last is not None
    assert conversation.last.file_count == 1


async def test_a_batch_raises_the_version_once(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    await desk.writes("hello", inbox=inbox)
    desk.news.clear()
    sender = Sender("visitor-1", scope=str(inbox.id))
    two = [IncomingMessage(f"x{n}", "visitor-1", sender, text=str(n)) for n in range(2)]
    await desk.inbound.receive(inbox, two)
    (news,) = (one for one in desk.news if isinstance(one, ConversationNews))
    assert news.conversation.version == 2
    assert [one.text for one in news.messages] == ["0", "1"]


async def test_a_receipt_for_nothing_changes_nothing(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    unknown = Receipt(DeliveryState.READ, thread_key="nobody", up_to_seq=9)
    (stored,) = await desk.inbound.receive(inbox, [unknown])
    assert not stored.new


async def test_a_claimed_sent_time_in_the_future_is_not_believed(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    later = desk.clock.now() + timedelta(days=400)
    sender = Sender("visitor-1", scope=str(inbox.id))
    await desk.inbound.receive(
        inbox, [IncomingMessage("a", "visitor-1", sender, text="hi", sent_at=later)]
    )
    conversation = await desk.conversation(inbox)
    assert conversation.last is not None
    assert conversation.last.at == desk.clock.now()
