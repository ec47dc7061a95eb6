"""Chats, messages and times as Telegram names them, and as keys of ours. Pure.

`message_id` is unique only within its chat: ours is "<chat>:<message>". A forum's topic is a thread
of its own: "<chat>:<topic>"; so are the messages of each who writes to a channel: "<chat>:to:<topic>".
"""

from datetime import UTC, datetime

from channels.telegram.shapes import Message
from router.errors import Rejected

DIRECT = "to:"
GROUPS = frozenset({"group", "supergroup"})
TALKED_IN = GROUPS | {"private"}


def external_id(chat_id: int, message_id: int) -> str:
    return f"{chat_id}:{message_id}"


def thread_key(message: Message) -> str:
    """A topic is a thread; the thread of answers to one message of a group is none."""
    if message.direct_messages_topic is not None:
        return f"{message.chat.id}:{DIRECT}{message.direct_messages_topic.topic_id}"
    if message.is_topic_message and message.message_thread_id is not None:
        return f"{message.chat.id}:{message.message_thread_id}"
    return str(message.chat.id)


def place_of(external_id: str) -> tuple[int, int]:
    """The chat and the message. Raises `Rejected` for what is no message of Telegram's."""
    chat, _, message = external_id.partition(":")
    try:
        return int(chat), int(message)
    except ValueError:
        pass
    raise Rejected("this is no message of Telegram's", code="bad_id")


def time_of(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(seconds, 2**37), UTC)
