"""What updates mean: `channels.telegram.reading`, by a corpus that aiogram understands whole."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aiogram.types import Update
from pydantic import BaseModel

from channels.telegram.contents import AROUND, KINDS, NOTED
from channels.telegram.reading import arrivals_of
from channels.telegram.shapes import ALLOWED
from router.channel import IncomingMessage
from tests.channels.contract import WIRE, shown

CORPUS = [
    json.loads(line)
    for line in (WIRE / "telegram/updates.jsonl").read_text(encoding="utf-8").splitlines()
]
corpus = pytest.mark.parametrize("seen", CORPUS, ids=[one["name"] for one in CORPUS])


def unknown_to_aiogram(value: Any, at: str = "") -> Iterator[str]:
    """Where an update has a field that the Bot API does not."""
    if isinstance(value, BaseModel):
        yield from (f"{at}.{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from unknown_to_aiogram(getattr(value, name), f"{at}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from unknown_to_aiogram(one, at)


def test_corpus_is_large_and_has_every_kind_that_we_ask_for() -> None:
    assert len(CORPUS) >= 60
    assert {kind for one in CORPUS for kind in one["update"]} > set(ALLOWED)


@corpus
def test_corpus_is_what_telegram_sends(seen: Any) -> None:
    assert list(unknown_to_aiogram(Update.model_validate(seen["update"]))) == []


@corpus
def test_update_means_what_the_corpus_says(seen: Any) -> None:
    assert shown(arrivals_of(json.dumps(seen["update"]).encode())) == seen["arrivals"]


def test_every_field_of_a_message_is_read_or_known_to_say_nothing() -> None:
    """A field that Telegram adds is content until somebody has looked at it."""
    from aiogram.types import Message

    read = {
        "text", "caption", "photo", "sticker", "contact", "location", "venue", "poll", "dice",
        "story", "checklist", "game", "invoice", "gift", "rich_message",
    }  # fmt: skip
    known = AROUND | NOTED | read | KINDS.keys() | {"migrate_to_chat_id", "migrate_from_chat_id"}
    # A live photo comes as a photo too.
    shown_as_unsupported = {
        "giveaway", "giveaway_winners", "live_photo", "paid_media", "unique_gift",
    }  # fmt: skip
    named = {field.alias or name for name, field in Message.model_fields.items()}
    assert named - known == shown_as_unsupported


def test_content_that_nobody_knows_is_shown_by_its_name() -> None:
    message = {**CORPUS[0]["update"]["message"], "text": None, "hologram": {"x": 1}}
    update = {"update_id": 1, "message": message}
    (arrival,) = arrivals_of(json.dumps(update).encode())
    assert isinstance(arrival, IncomingMessage)
    assert arrival.text == "⚠ hologram: not supported · не поддерживается"


def test_photo_whose_sizes_are_not_told_is_read() -> None:
    sizes = [{"file_id": "a", "width": 9, "height": 9}, {"file_id": "b", "width": 9, "height": 9}]
    sizes[1]["file_size"] = 5
    message = {**CORPUS[0]["update"]["message"], "text": None, "photo": sizes}
    (arrival,) = arrivals_of(json.dumps({"update_id": 1, "message": message}).encode())
    assert isinstance(arrival, IncomingMessage)
    assert [one.ref for one in arrival.attachments] == ["b"]
