"""A message of ours as one call of Telegram's.

- Text has at most 4096 characters, a caption 1024, both counted without what only formats.
- Photos and videos go together, else everything goes together as documents: 2 to 10.
- A photo has at most 10 MB; voice is OGG. What Telegram does not take as what it is, it takes as a
  document.
- https://core.telegram.org/bots/api#sending-files, read 2026-11-28
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiogram.methods import (
    EditMessageCaption,
    EditMessageText,
    SendAnimation,
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendVideo,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    KeyboardButton,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyParameters,
)

from channels.telegram.formatting import Span, formatted
from channels.telegram.places import chat_of, place_of
from router.buttons import Button, in_rows
from router.channel import OutgoingFile, OutgoingMessage
from router.errors import Rejected

MAX_PHOTO_BYTES = 10_000_000
PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
VOICES = frozenset({"audio/ogg", "audio/opus", "application/ogg"})
SONGS = frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a", "audio/m4a"})
SINGLE: Mapping[str, type[TelegramMethod[Any]]] = {
    "photo": SendPhoto,
    "video": SendVideo,
    "animation": SendAnimation,
    "voice": SendVoice,
    "audio": SendAudio,
    "document": SendDocument,
}
# By the longest label: how many keys a telephone shows side by side.
SIDE_BY_SIDE = ((3, 6), (6, 4), (14, 2))
GROUPED = {"photo": InputMediaPhoto, "video": InputMediaVideo, "document": InputMediaDocument}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a message is put, from the best down to what Telegram always takes."""

    formats: bool = True
    replies: bool = True
    as_documents: bool = False
    as_caption: bool = False


def plainer(manner: Manner, refusal: str) -> Manner | None:
    """How to put it after that refusal, by which nothing was done; None if that is no help."""
    said = refusal.lower()
    if "parse entit" in said or "entity_" in said:
        after = replace(manner, formats=False)
    elif "replied" in said or "reply" in said:
        after = replace(manner, replies=False)
    elif "no text in the message" in said:
        after = replace(manner, as_caption=True)
    elif any(word in said for word in ("photo_", "image_process", "voice_", "video_", "media_")):
        after = replace(manner, as_documents=True)
    else:
        return None
    return after if after != manner else None


async def call_of(message: OutgoingMessage, manner: Manner) -> TelegramMethod[Any]:
    """The call that sends it."""
    where: dict[str, Any] = _where(message.thread_key)
    where["reply_parameters"] = _reply(message) if manner.replies else None
    text, entities = _text(message.text, manner)
    own = where["business_connection_id"] is None
    markup = _keyboard(message.buttons, private=own and where["chat_id"] > 0)
    if not message.files:
        return SendMessage(text=text, entities=entities, reply_markup=markup, **where)
    kinds = [_kind(file, manner) for file in message.files]
    files = [
        BufferedInputFile(await file.read(), filename=file.name or "file") for file in message.files
    ]
    if len(files) == 1:
        content = {
            kinds[0]: files[0], "caption": text or None, "caption_entities": entities,
            "reply_markup": markup,
        }  # fmt: skip
        return SINGLE[kinds[0]](**content, **where)
    if not set(kinds) <= {"photo", "video"}:
        kinds = ["document"] * len(files)
    # The caption under all of them is that of the first photo, and of the last document.
    captioned = len(files) - 1 if kinds[0] == "document" else 0
    captions: list[dict[str, Any]] = [{} for _ in files]
    captions[captioned] = {"caption": text or None, "caption_entities": entities}
    media = [
        GROUPED[kind](media=file, **caption)
        for kind, file, caption in zip(kinds, files, captions, strict=True)
    ]
    return SendMediaGroup(media=media, **where)


def edit_of(external_id: str, message: OutgoingMessage, manner: Manner) -> TelegramMethod[Any]:
    """The call that puts it in the place of what was sent."""
    chat_id, message_id, connection = place_of(external_id)
    text, entities = _text(message.text, manner)
    at: dict[str, Any] = {
        "chat_id": chat_id, "message_id": message_id, "business_connection_id": connection,
    }  # fmt: skip
    inline = _keyboard(tuple(one for one in message.buttons if not one.asks_phone), private=True)
    at["reply_markup"] = inline
    if message.files or manner.as_caption:
        return EditMessageCaption(caption=text, caption_entities=entities, **at)
    return EditMessageText(text=text, entities=entities, **at)


def _where(thread_key: str) -> dict[str, Any]:
    chat_id, topic, connection, is_direct = chat_of(thread_key)
    named = "direct_messages_topic_id" if is_direct else "message_thread_id"
    return {"chat_id": chat_id, named: topic, "business_connection_id": connection}


def _reply(message: OutgoingMessage) -> ReplyParameters | None:
    """A press is a message to us, and none to Telegram: it cannot be replied to."""
    try:
        chat_id, number, connection = place_of(message.in_reply_to or "")
    except Rejected:
        return None
    where = chat_of(message.thread_key)
    if (chat_id, connection) != (where.chat_id, where.connection):
        return None
    return ReplyParameters(message_id=number, allow_sending_without_reply=True)


def _text(text: str, manner: Manner) -> tuple[str, list[MessageEntity] | None]:
    if not manner.formats:
        return text, None
    shown, spans = formatted(text)
    return shown, [_entity(span) for span in spans] or None


def _entity(span: Span) -> MessageEntity:
    return MessageEntity(type=span.kind, offset=span.offset, length=span.length, url=span.url)


def _kind(file: OutgoingFile, manner: Manner) -> str:
    if manner.as_documents:
        return "document"
    if file.mime in PHOTOS and file.size_bytes <= MAX_PHOTO_BYTES:
        return "photo"
    if file.mime in VOICES:
        return "voice"
    if file.mime in SONGS:
        return "audio"
    return {"image/gif": "animation", "video/mp4": "video"}.get(file.mime, "document")


def _keyboard(
    buttons: tuple[Button, ...], *, private: bool
) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    """Only a keyboard in the place of the customer's own can ask for their number, and only in the
    bot's own chat with them alone: an account has none.
    """
    asking = [one for one in buttons if one.asks_phone]
    if asking and private:
        keys = [
            [KeyboardButton(text=one.label, request_contact=one.asks_phone or None)]
            for one in buttons
            if one.url is None
        ]
        return ReplyKeyboardMarkup(keyboard=keys, one_time_keyboard=True, resize_keyboard=True)
    choices = [one for one in buttons if not one.asks_phone]
    rows = [list(map(_key, row)) for row in in_rows(choices, side_by_side=SIDE_BY_SIDE)]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _key(button: Button) -> InlineKeyboardButton:
    if button.url is not None:
        return InlineKeyboardButton(text=button.label, url=button.url)
    return InlineKeyboardButton(text=button.label, callback_data=button.value or button.label[:16])
