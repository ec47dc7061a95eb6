"""What there is in the fake Telegram: people, chats, messages, files; and who may do what there.

Its laws are those of the Bot API, https://core.telegram.org/bots/api, read 2026-11-28. A refusal
carries the words of the real one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from time import time
from typing import Any

MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_PHOTO_BYTES, MAX_UPLOAD_BYTES, MAX_DOWNLOAD_BYTES = 10_000_000, 50_000_000, 20 * 1024 * 1024


class Refused(Exception):
    """The Bot API says no."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str, **parameters: int) -> Refused:
    return Refused(400, f"Bad Request: {description}", **parameters)


@dataclass
class Person:
    id: int
    first_name: str
    username: str = ""
    language_code: str = "ru"
    picture: str | None = None

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id, "is_bot": False, "first_name": self.first_name,
            "username": self.username or f"user{self.id}", "language_code": self.language_code,
        }  # fmt: skip


@dataclass
class Chat:
    """A chat with one bot, or a group that it is in."""

    id: int
    type: str = "private"
    title: str = ""
    person: Person | None = None
    topics: set[int] = field(default_factory=set)
    # A channel's: each who writes to it has a topic, of their own number.
    direct: bool = False
    blocked: bool = False
    # Which ones its administrators allow; None: all.
    reactions: frozenset[str] | None = None
    # Who has what under which message.
    reacted: dict[tuple[int, int], list[dict[str, Any]]] = field(default_factory=dict)
    moved_to: int | None = None
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    def shown(self) -> dict[str, Any]:
        if self.person is None:
            told = {"id": self.id, "type": self.type, "title": self.title}
            return {**told, "is_direct_messages": True} if self.direct else told
        return {
            "id": self.id, "type": "private", "first_name": self.person.first_name,
            "username": self.person.username or f"user{self.id}",
        }  # fmt: skip

    def said_by_bot(self) -> list[dict[str, Any]]:
        """What the customer sees of us, in order."""
        return [one for one in self.messages.values() if one["from"]["is_bot"]]

    def texts(self) -> list[str]:
        return [one.get("text", one.get("caption", "")) for one in self.said_by_bot()]


@dataclass
class Stored:
    path: str
    data: bytes


class World:
    """Chats and files of one bot. Message numbers are unique only within a chat."""

    def __init__(self, bot: Mapping[str, Any]) -> None:
        self.bot = bot
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, Stored] = {}

    # --- people -------------------------------------------------------------

    def person(self, id_: int, name: str, **told: Any) -> Chat:
        """Somebody's chat with the bot."""
        person = Person(id_, name, **told)
        return self.chats.setdefault(id_, Chat(id_, person=person))

    def group(self, id_: int, title: str, *, topics: Sequence[int] = ()) -> Chat:
        chat = Chat(id_, "supergroup" if topics else "group", title, topics=set(topics))
        return self.chats.setdefault(id_, chat)

    def direct(self, id_: int, title: str) -> Chat:
        """What people write to a channel, which the bot answers for."""
        return self.chats.setdefault(id_, Chat(id_, "supergroup", title, direct=True))

    def moves(self, chat: Chat, to: int) -> Chat:
        """A group becomes a supergroup: its old number answers nobody any more."""
        chat.moved_to = to
        return self.chats.setdefault(to, Chat(to, "supergroup", chat.title))

    def kept(self, data: bytes, ending: str = "bin") -> dict[str, Any]:
        """A file as messages name it."""
        id_ = f"BQACAgIAAx{len(self.files):08d}"
        self.files[id_] = Stored(f"documents/file_{len(self.files)}.{ending}", data)
        return {"file_id": id_, "file_unique_id": f"u{id_[-8:]}", "file_size": len(data)}

    def add(self, chat: Chat, sender: Mapping[str, Any], **content: Any) -> dict[str, Any]:
        """A message that now stands in the chat."""
        number = next(chat.numbers)
        message = {
            "message_id": number, "from": dict(sender), "chat": chat.shown(),
            "date": int(time()), **content,
        }  # fmt: skip
        chat.messages[number] = message
        return message

    # --- what a bot may do --------------------------------------------------

    def open_chat(
        self, chat_id: int, topic: int | None = None, *, direct: int | None = None
    ) -> Chat:
        """The chat that a bot may write to."""
        chat = self.chats.get(chat_id)
        if chat is None:
            raise bad("chat not found")
        if chat.moved_to is not None:
            raise bad(
                "group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to
            )
        if chat.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if topic is not None and topic not in chat.topics:
            raise bad("message thread not found")
        if direct is not None and (not chat.direct or direct not in chat.topics):
            raise bad("direct messages topic not found")
        return chat

    def own(self, chat_id: int, message_id: int, *, doing: str) -> tuple[Chat, dict[str, Any]]:
        """A message of ours that is to be changed."""
        chat = self.open_chat(chat_id)
        message = chat.messages.get(message_id)
        if message is None:
            raise bad(f"message to {doing} not found")
        if not message["from"]["is_bot"] and doing == "edit":
            raise bad("message can't be edited")
        return chat, message


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def checked_text(text: str, entities: Sequence[Mapping[str, Any]], *, most: int) -> str:
    """A text that the Bot API takes."""
    if most == MAX_TEXT and not text.strip():
        raise bad("message text is empty")
    if units(text) > most:
        raise bad("message is too long" if most == MAX_TEXT else "message caption is too long")
    for entity in entities:
        if entity["offset"] + entity["length"] > units(text) or entity["length"] < 1:
            raise bad("can't parse entities: the entity ends after the text")
    return text


def checked_keyboard(markup: Mapping[str, Any] | None, chat: Chat) -> None:
    for row in (markup or {}).get("inline_keyboard", ()):
        for button in row:
            data = button.get("callback_data")
            if not button["text"] or (data is None) == (button.get("url") is None):
                raise bad("BUTTON_TYPE_INVALID")
            if data is not None and not 1 <= len(data.encode()) <= 64:
                raise bad("BUTTON_DATA_INVALID")
    for row in (markup or {}).get("keyboard", ()):
        if chat.type != "private" and any(one.get("request_contact") for one in row):
            raise bad("phone number can be requested in private chats only")


def checked_file(kind: str, data: bytes) -> None:
    if len(data) > MAX_UPLOAD_BYTES:
        raise Refused(413, "Request Entity Too Large")
    if kind == "photo" and len(data) > MAX_PHOTO_BYTES:
        raise bad("file of size is too big for a photo; the maximum size is 10485760 bytes")
    if kind == "photo" and not data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"RIFF")):
        raise bad("IMAGE_PROCESS_FAILED")
    if not data:
        raise bad("file must be non-empty")
