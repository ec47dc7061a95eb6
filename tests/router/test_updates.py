"""What comes besides new messages, as the simulated channel brings it: `router.updates`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from channels.simulator import Account, Simulator
from router.channel import (
    Action,
    Arrival,
    Attachment,
    CustomerAction,
    Edited,
    Hook,
    IncomingMessage,
    OutsideReply,
    Sender,
    Stored,
)
from router.errors import Busy
from router.ids import made_at, new_id
from router.model import Author, Conversation, FileState, Inbox, Message, State, Visit
from tests.channels.contract import TestSecrets
from tests.desk import Desk


@pytest.fixture
async def inbox(desk: Desk) -> Inbox:
    return await desk.inbox(await desk.line(), "simulator")


async def throw(desk: Desk, inbox: Inbox, **body: Any) -> list[Stored]:
    """What is thrown at the simulator's hook arrives."""
    http: Any = None
    hook = Hook("POST", "/", "", {}, {}, msgspec.json.encode(body))
    parsed = Simulator(Account(), http, TestSecrets({})).parse(hook)
    return await desk.inbound.receive(inbox, parsed.arrivals)


async def messages(desk: Desk, inbox: Inbox, who: str = "anna") -> list[Message]:
    thread = await desk.thread(inbox, who)
    async with desk.storage.reading() as tx:
        return await tx.messages.of_thread(thread.id)


HELLO = {"id": "1", "customer": "anna", "text": "Hello"}
PHOTO = {"name": "cat.jpg", "url": "https://shop.example/cat.jpg"}


# --- edits and withdrawals --------------------------------------------------------------


async def test_what_is_edited_and_withdrawn_where_it_was_said_changes(
    desk: Desk, inbox: Inbox
) -> None:
    await throw(desk, inbox, messages=[HELLO], edits=[HELLO | {"text": "Hi"}])
    await throw(desk, inbox, withdrawals=[{"id": "1", "customer": "anna"}])
    (message,) = await messages(desk, inbox)
    assert (message.text, message.edited_at, message.deleted_at) == (
        "Hi",
        desk.clock.now(),
        desk.clock.now(),
    )


async def test_an_edit_that_overtakes_what_it_edits_is_asked_to_come_again(
    desk: Desk, inbox: Inbox
) -> None:
    said_at, now = made_at(inbox.id) + timedelta(seconds=1), desk.clock.now()
    edit = Edited("thrown:1", "anna", "Hi", at=now, sent_at=said_at)
    with pytest.raises(Busy):
        await desk.inbound.receive(inbox, [edit])
    await throw(desk, inbox, messages=[HELLO])
    await desk.inbound.receive(inbox, [edit])
    assert [one.text for one in await messages(desk, inbox)] == ["Hi"]


async def test_an_edit_of_what_never_comes_is_not_asked_for_for_ever(
    desk: Desk, inbox: Inbox
) -> None:
    said_at, now = made_at(inbox.id) + timedelta(seconds=1), desk.clock.now()
    before = replace(Edited("thrown:1", "anna", "Hi", at=now), sent_at=said_at - timedelta(days=1))
    late = replace(before, sent_at=said_at, at=now - timedelta(minutes=6))
    for edit in (before, late):
        assert await desk.inbound.receive(inbox, [edit]) == [Stored(new=False)]


async def test_an_older_edit_that_comes_late_changes_nothing(desk: Desk, inbox: Inbox) -> None:
    await throw(desk, inbox, messages=[HELLO])
    now = desk.clock.now()
    newer, older = (
        Edited("thrown:1", "anna", text, at=now - timedelta(seconds=ago))
        for text, ago in (("newer", 0), ("older", 5))
    )
    await desk.inbound.receive(inbox, [newer])
    await desk.inbound.receive(inbox, [older])
    assert [one.text for one in await messages(desk, inbox)] == ["newer"]


async def test_nobody_edits_or_withdraws_what_was_said_in_another_thread(
    desk: Desk, inbox: Inbox
) -> None:
    await throw(desk, inbox, messages=[HELLO, HELLO | {"id": "2", "customer": "mallory"}])
    forged = {"id": "1", "customer": "mallory"}
    outcomes = await throw(desk, inbox, edits=[forged | {"text": "!"}], withdrawals=[forged])
    assert [one.new for one in outcomes] == [False, False]
    (message,) = await messages(desk, inbox)
    assert (message.text, message.edited_at, message.deleted_at) == ("Hello", None, None)


# --- answers from outside ---------------------------------------------------------------


async def talk(desk: Desk, inbox: Inbox) -> Conversation:
    return await desk.conversation(inbox, "anna")


async def test_an_answer_from_outside_stands_in_the_thread_with_its_files(
    desk: Desk, inbox: Inbox
) -> None:
    await throw(desk, inbox, messages=[HELLO])
    answer = {"id": "a", "customer": "anna", "text": "Here", "files": [PHOTO]}
    await throw(desk, inbox, answers=[answer])
    _, said = await messages(desk, inbox)
    assert (said.author, said.text, said.seq) == (Author.OPERATOR, "Here", 2)
    (file,) = said.files
    assert (file.name, file.state, file.source) == ("cat.jpg", FileState.PENDING, PHOTO["url"])
    now = desk.clock.now()
    async with desk.storage.transaction() as tx:
        lanes = await tx.lanes.take("fetch", now=now, lease_until=now, limit=10)
    assert [lane.key for lane in lanes] == [str(said.id)]
    assert (await talk(desk, inbox)).unanswered_since is None


async def test_an_answer_from_outside_that_comes_again_is_one(desk: Desk, inbox: Inbox) -> None:
    answer = {"id": "a", "customer": "anna", "text": "Here", "files": [PHOTO]}
    await throw(desk, inbox, messages=[HELLO], answers=[answer])
    await throw(desk, inbox, answers=[answer])
    assert [one.text for one in await messages(desk, inbox)] == ["Hello", "Here"]


async def test_whom_we_write_first_gets_a_thread_and_nobody_waits_in_it(
    desk: Desk, inbox: Inbox
) -> None:
    await throw(desk, inbox, answers=[{"id": "a", "customer": "anna", "text": "Your order came"}])
    begun = await talk(desk, inbox)
    assert (begun.state, begun.first_seq, begun.last_seq, begun.version) == (State.CLOSED, 1, 1, 1)
    await throw(desk, inbox, messages=[HELLO])
    again = await talk(desk, inbox)
    assert (again.id, again.state, again.last_seq) == (begun.id, State.WAITING, 2)
    async with desk.storage.reading() as tx:
        counts = await tx.record.counts([f"closed:{inbox.line_id}", f"waiting:{inbox.line_id}"])
    assert list(counts.values()) == [0, 1]


async def test_an_answer_to_nobody_we_know_is_left_out(desk: Desk, inbox: Inbox) -> None:
    (outcome,) = await desk.inbound.receive(inbox, [OutsideReply("a", str(new_id()), "Hello?")])
    assert not outcome.new
    assert desk.inbound.duplicates == 1


# --- albums and presses -------------------------------------------------------------------


async def test_what_customers_press_and_send_together_arrives(desk: Desk, inbox: Inbox) -> None:
    photo: dict[str, Any] = HELLO | {"album": "a"}
    photos = [photo | {"id": id_, "files": [PHOTO]} for id_ in ("1", "2")]
    press = {"id": "p", "customer": "anna", "value": "choose:1", "text": "Delivery"}
    await throw(desk, inbox, messages=photos, presses=[press])
    album, pressed = await messages(desk, inbox)
    assert (album.text, len(album.files), pressed.text) == ("Hello\nHello", 2, "Delivery")


# --- beginnings -------------------------------------------------------------------------


async def test_where_they_came_from_is_known_before_they_write(desk: Desk, inbox: Inbox) -> None:
    visit = Visit("https://t.me/?start=spring", "spring", "", desk.clock.now())
    began = CustomerAction(Sender("anna"), "anna", Action.STARTED, visit=visit)
    await desk.inbound.receive(inbox, [began, began])
    thread = await desk.thread(inbox, "anna")
    assert thread.last_seq == 0
    await throw(desk, inbox, messages=[HELLO])
    async with desk.storage.reading() as tx:
        assert await tx.visits.landing(thread.id) == visit.url
    assert (await desk.conversation(inbox, "anna")).thread_id == thread.id


async def test_who_begins_without_a_source_waits_for_nothing(desk: Desk, inbox: Inbox) -> None:
    began = CustomerAction(Sender("anna"), "anna", Action.STARTED)
    (stored,) = await desk.inbound.receive(inbox, [began])
    assert not stored.new


@pytest.mark.parametrize("together", [True, False])
async def test_a_file_that_an_edit_brings_stands_in_the_message(
    desk: Desk, inbox: Inbox, *, together: bool
) -> None:
    said = IncomingMessage("thrown:1", "anna", Sender("anna"), text="Hello")
    edit = Edited(
        "thrown:1", "anna", "Look", attachments=(Attachment("cat.jpg", url="https://a.example/"),)
    )
    requests: list[list[Arrival]] = [[said, edit]] if together else [[said], [edit], [edit]]
    for arrivals in requests:
        await desk.inbound.receive(inbox, arrivals)
    (message,) = await messages(desk, inbox)
    assert (message.text, [one.name for one in message.files]) == ("Look", ["cat.jpg"])
