"""Accounts of Telegram Business that the bot answers for, and the chats that their owners have.

https://core.telegram.org/bots/api#businessconnection, read 2026-11-29
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import time
from typing import Any

from tests.fakes.telegram.queue import UpdateQueue
from tests.fakes.telegram.world import Chat, Person, Refused, World, bad


@dataclass
class Business:
    """An account with the bot connected. Its chats are others than those with the bot."""

    connection: str
    owner: Person
    world: World
    queue: UpdateQueue
    enabled: bool = True
    can_reply: bool = True
    can_delete: bool = True
    # Whom nobody wrote with within 24 hours.
    silent: set[int] = field(default_factory=set)

    @property
    def _named(self) -> dict[str, Any]:
        return {"business_connection_id": self.connection}

    def tells(self, *, enabled: bool = True, can_reply: bool = True) -> None:
        """The owner connects the bot, changes what it may, or removes it: the bot hears of it."""
        self.enabled, self.can_reply = enabled, can_reply
        told: dict[str, Any] = {
            "id": self.connection,
            "user": self.owner.shown(),
            "user_chat_id": self.owner.id,
            "date": int(time()),
            "is_enabled": enabled,
        }
        if enabled:
            told["rights"] = {"can_reply": True} if can_reply else {}
        self.queue.put("business_connection", told, lane=self.connection)

    def chat(self, id_: int, name: str) -> Chat:
        """Somebody's chat with the account."""
        return self.world.person(id_, name)

    def hears(self, chat: Chat, text: str) -> dict[str, Any]:
        """The customer writes to the account."""
        assert chat.person is not None
        return self._said(chat, chat.person.shown(), text)

    def answers(self, chat: Chat, text: str) -> dict[str, Any]:
        """The owner answers on their phone."""
        return self._said(chat, self.owner.shown(), text)

    def echoes(self, chat: Chat, message: Mapping[str, Any]) -> None:
        """Telegram tells the bot what it said itself."""
        self.queue.put("business_message", message, lane=self._lane(chat))

    def edits(self, chat: Chat, message: dict[str, Any], text: str) -> None:
        message |= {"text": text, "edit_date": int(time())}
        self.queue.put("edited_business_message", dict(message), lane=self._lane(chat))

    def deletes(self, chat: Chat, *messages: Mapping[str, Any]) -> None:
        ids = [one["message_id"] for one in messages]
        for one in ids:
            del chat.messages[one]
        told = {**self._named, "chat": chat.shown(), "message_ids": ids}
        self.queue.put("deleted_business_messages", told, lane=self._lane(chat))

    def _said(self, chat: Chat, who: Mapping[str, Any], text: str) -> dict[str, Any]:
        message = self.world.add(chat, who, text=text, **self._named)
        self.queue.put("business_message", message, lane=self._lane(chat))
        return message

    def _lane(self, chat: Chat) -> str:
        return f"{self.connection}/{chat.id}"

    # --- what the bot may do ------------------------------------------------

    def open_chat(self, chat_id: int) -> Chat:
        if not self.enabled:
            raise bad("BUSINESS_CONNECTION_INVALID")
        if not self.can_reply:
            raise Refused(403, "Forbidden: BOT_ACCESS_FORBIDDEN")
        if chat_id in self.silent:
            raise bad("BUSINESS_PEER_USAGE_MISSING")
        return self.world.open_chat(chat_id)

    def said(self, chat: Chat, bot: Mapping[str, Any], **content: Any) -> dict[str, Any]:
        """What the bot says in the owner's name."""
        own = {**self._named, "sender_business_bot": dict(bot)}
        return self.world.add(chat, self.owner.shown(), **own, **content)

    def own(self, chat_id: int, message_id: int) -> tuple[Chat, dict[str, Any]]:
        """A message of ours that is to be changed."""
        chat = self.open_chat(chat_id)
        message = chat.messages.get(message_id)
        if message is None:
            raise bad("message to edit not found")
        if "sender_business_bot" not in message:
            raise bad("message can't be edited")
        return chat, message

    def withdraw(self, ids: list[int]) -> None:
        if not self.enabled:
            raise bad("BUSINESS_CONNECTION_INVALID")
        if not self.can_delete:
            raise Refused(403, "Forbidden: BOT_ACCESS_FORBIDDEN")
        for chat in self.world.chats.values():
            for one in ids:
                chat.messages.pop(one, None)


def in_accounts(accounts: Mapping[str, Business], connection: str) -> Business:
    if connection not in accounts:
        raise bad("business connection not found")
    return accounts[connection]
