"""What the console shows of nouns: plain values say what the shapes say."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from pydantic import TypeAdapter

from console.api.shapes import ThreadItem
from console.views import items_fields, thread_items
from router.ids import (
    ConversationId,
    DeliveryId,
    FileId,
    LineId,
    MessageId,
    NoteId,
    OperatorId,
    ThreadId,
    new_id,
)
from router.model import Author, Delivery, DeliveryState, File, FileState, Message, Note
from router.news import Mark
from tests.clock import NOON

THREAD, TALK, ANNA = ThreadId(new_id()), ConversationId(new_id()), OperatorId(new_id())
ITEMS = TypeAdapter(list[ThreadItem])
SAID = Message(
    MessageId(new_id()), THREAD, TALK, 1, Author.CUSTOMER, "Where is «it»?", NOON, NOON,
)  # fmt: skip
ANSWERED = replace(
    SAID,
    id=MessageId(new_id()),
    seq=2,
    author=Author.OPERATOR,
    operator_id=ANNA,
    sent_at=NOON + timedelta(microseconds=70),
    edited_at=NOON + timedelta(seconds=1),
    in_reply_to=SAID.id,
    files=(
        File(FileId(new_id()), "a.png", "image/png", 10, FileState.STORED, "key", 1, 2),
        File(FileId(new_id()), "b.pdf", "application/pdf", 0, FileState.PENDING, source="x"),
    ),
    deliveries=(
        Delivery(DeliveryId(new_id()), SAID.id, THREAD, 1, DeliveryState.FAILED, reason="no"),
    ),
)
GONE = replace(ANSWERED, id=MessageId(new_id()), seq=3, deleted_at=NOON)
NOTE = Note(NoteId(new_id()), THREAD, TALK, 2, ANNA, "ask her", NOON)
MARK = Mark(7, TALK, 2, "ConversationTransferred", NOON, ANNA, None, LineId(new_id()), "busy")


@pytest.mark.parametrize("messages", [[SAID], [SAID, ANSWERED, GONE]])
@pytest.mark.parametrize("others", [([], []), ([NOTE], [MARK])])
def test_a_frame_says_of_items_what_a_page_says(
    messages: list[Message], others: tuple[list[Note], list[Mark]]
) -> None:
    frame = msgspec.json.encode(items_fields(messages, *others, str_of))
    page = ITEMS.dump_json(thread_items(messages, *others, str_of))
    assert msgspec.json.decode(frame) == msgspec.json.decode(page)


def test_what_stands_after_a_message_follows_it() -> None:
    found = items_fields([ANSWERED, SAID, GONE], [NOTE], [MARK], str_of)
    kinds = [one["type"] for one in found]
    assert kinds == ["message", "message", "note", "mark", "message"]


def str_of(file: File) -> str:
    return f"/files/{file.id}"
