"""Chats, messages and times as Telegram names them, and as keys of ours. Pure.

`message_id` is unique only within its chat: ours is "<chat>:<message>". A forum's topic is a thread
of its own: "<chat>:<topic>"; so are the messages of each who writes to a channel: "<chat>:to:<topic>".
A person's chat with an account that the bot answers for is another than their chat with the bot, and
its messages have other numbers: "business:<connection>:" stands before.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from channels.telegram.shapes import Message
from router.errors import Rejected

DIRECT = "to:"
GROUPS = frozenset({"group", "supergroup"})
TALKED_IN = GROUPS | {"private"}
BUSINESS = "business:"


class Place(NamedTuple):
    """A message, in the bot's own chat or in that of an account."""

    chat_id: int
    message_id: int
    connection: str | None


class ChatPlace(NamedTuple):
    """A chat, or a topic of it."""

    chat_id: int
    topic: int | None
    connection: str | None
    is_direct: bool = False


def external_id(chat_id: int, message_id: int, connection: str | None = None) -> str:
    return f"{_before(connection)}{chat_id}:{message_id}"


def thread_key(message: Message) -> str:
    """A topic is a thread; the thread of answers to one message of a group is none."""
    if message.direct_messages_topic is not None:
        return f"{message.chat.id}:{DIRECT}{message.direct_messages_topic.topic_id}"
    if message.business_connection_id is not None:
        return business_key(message.business_connection_id, message.chat.id)
    if message.is_topic_message and message.message_thread_id is not None:
        return f"{message.chat.id}:{message.message_thread_id}"
    return str(message.chat.id)


def business_key(connection: str, chat_id: int) -> str:
    return f"{business_keys(connection)}{chat_id}"


def business_keys(connection: str) -> str:
    """How the keys of all of a connection's threads begin."""
    return f"{BUSINESS}{connection}:"


def is_business(key: str) -> bool:
    """Whether a thread's key, or a message's id, is of an account that the bot answers for."""
    return key.startswith(BUSINESS)


def place_of(external_id: str) -> Place:
    """The chat and the message. Raises `Rejected` for what is no message of Telegram's."""
    place = _read(external_id)
    if place is None or place.topic is None or place.is_direct:
        raise Rejected("this is no message of Telegram's", code="bad_id")
    return Place(place.chat_id, place.topic, place.connection)


def chat_of(thread_key: str) -> ChatPlace:
    """The chat, and the topic if it is one. Raises `Rejected` for what is no chat of Telegram's."""
    place = _read(thread_key)
    if place is None:
        raise Rejected("this is no chat of Telegram's", code="bad_thread")
    return place


def time_of(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(seconds, 2**37), UTC)


def _before(connection: str | None) -> str:
    return business_keys(connection) if connection is not None else ""


def _read(key: str) -> ChatPlace | None:
    connection = None
    if is_business(key):
        connection, _, key = key.removeprefix(BUSINESS).partition(":")
    chat, _, number = key.partition(":")
    is_direct, number = number.startswith(DIRECT), number.removeprefix(DIRECT)
    try:
        return ChatPlace(int(chat), int(number) if number else None, connection, is_direct)
    except ValueError:
        return None
