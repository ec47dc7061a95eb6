"""The methods of the Bot API that the fake Telegram knows, each as strict as the real one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.fakes.telegram.business import Business, in_accounts
from tests.fakes.telegram.queue import UpdateQueue
from tests.fakes.telegram.reactions import set_reaction
from tests.fakes.telegram.world import (
    MAX_CAPTION,
    MAX_DOWNLOAD_BYTES,
    MAX_TEXT,
    Chat,
    Refused,
    World,
    bad,
    checked_file,
    checked_keyboard,
    checked_text,
)

KINDS = {
    "sendphoto": "photo", "sendvideo": "video", "sendanimation": "animation",
    "sendvoice": "voice", "sendaudio": "audio", "senddocument": "document",
}  # fmt: skip


@dataclass
class Given:
    """What a call was given, whichever way it was encoded: JSON, a form, or a form with files."""

    values: Mapping[str, Any]
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str) -> int | None:
        value = self.values.get(name)
        return None if value in (None, "") else int(value)

    def required(self, name: str) -> int:
        number = self.number(name)
        if number is None:
            raise bad(f"{name} is empty")
        return number

    def value(self, name: str) -> Any:
        given = self.values.get(name)
        return json.loads(given) if isinstance(given, str) else given

    def file(self, name: str) -> tuple[str, bytes]:
        return self.attached(self.text(name))

    def attached(self, reference: str) -> tuple[str, bytes]:
        if not reference.startswith("attach://") or reference[9:] not in self.files:
            raise bad("wrong file identifier/HTTP URL specified")
        return self.files[reference[9:]]


class Methods:
    """One bot's methods. `presses` are the callback queries that were answered."""

    def __init__(self, world: World, queue: UpdateQueue) -> None:
        self.world = world
        self.queue = queue
        self.answered: list[str] = []
        self.accounts: dict[str, Business] = {}

    async def call(self, name: str, given: Given) -> Any:
        if name in KINDS:
            return self._send_file(KINDS[name], given)
        method = getattr(self, f"_{name}", None)
        if method is None:
            raise Refused(404, "Not Found: method not found")
        result = method(given)
        return await result if name == "getupdates" else result

    # --- messages -----------------------------------------------------------

    def _account(self, given: Given) -> Business | None:
        connection = given.text("business_connection_id")
        return in_accounts(self.accounts, connection) if connection else None

    def _own(self, given: Given) -> tuple[Chat, dict[str, Any]]:
        """A message of ours to edit."""
        chat_id, number = given.required("chat_id"), given.required("message_id")
        account = self._account(given)
        if account is not None:
            return account.own(chat_id, number)
        return self.world.own(chat_id, number, doing="edit")

    def _where(self, given: Given) -> Chat:
        account = self._account(given)
        if account is not None:
            return account.open_chat(given.required("chat_id"))
        topic, direct = given.number("message_thread_id"), given.number("direct_messages_topic_id")
        chat = self.world.open_chat(given.required("chat_id"), topic, direct=direct)
        if chat.direct and direct is None:
            # Of whom it is for nothing is said.
            raise bad("direct messages topic must be specified")
        return chat

    def _sendmessage(self, given: Given) -> Any:
        chat = self._where(given)
        entities = given.value("entities") or []
        text = checked_text(given.text("text"), entities, most=MAX_TEXT)
        return self._added(chat, given, text=text, **({"entities": entities} if entities else {}))

    def _send_file(self, kind: str, given: Given) -> Any:
        chat = self._where(given)
        return self._added(
            chat, given, **self._content(kind, given.file(kind), given.values, given)
        )

    def _content(
        self, kind: str, file: tuple[str, bytes], told: Mapping[str, Any], given: Given
    ) -> dict[str, Any]:
        name, data = file
        checked_file(kind, data)
        kept = self.world.kept(data, name.rpartition(".")[2])
        content: dict[str, Any] = {kind: {**kept, "file_name": name}}
        if kind == "photo":
            content = {"photo": [{**kept, "width": 320, "height": 200}]}
        if told.get("caption"):
            entities = Given(told).value("caption_entities") or []
            content["caption"] = checked_text(told["caption"], entities, most=MAX_CAPTION)
            content |= {"caption_entities": entities} if entities else {}
        return content

    def _sendmediagroup(self, given: Given) -> Any:
        chat, media = self._where(given), given.value("media")
        if not 2 <= len(media) <= 10:
            raise bad("wrong number of media in the album")
        kinds = {one["type"] for one in media}
        if not (kinds <= {"photo", "video"} or len(kinds) == 1) or "voice" in kinds:
            raise bad("media of these types can't be mixed")
        if given.values.get("reply_markup"):
            raise bad("an album has no keyboard")
        contents = [
            self._content(one["type"], given.attached(one["media"]), one, given) for one in media
        ]
        album = uuid4().hex[:16]
        return [self._added(chat, given, media_group_id=album, **one) for one in contents]

    def _added(self, chat: Chat, given: Given, **content: Any) -> dict[str, Any]:
        markup = given.value("reply_markup")
        checked_keyboard(markup, chat)
        replied = given.value("reply_parameters")
        if replied is not None:
            quoted = chat.messages.get(replied["message_id"])
            if quoted is None and not replied.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
            if quoted is not None:
                content["reply_to_message"] = {
                    name: value for name, value in quoted.items() if name != "reply_to_message"
                }
        if markup and "inline_keyboard" in markup:
            content["reply_markup"] = markup
        topic = given.number("message_thread_id")
        if topic is not None:
            content |= {"message_thread_id": topic, "is_topic_message": True}
        direct = given.number("direct_messages_topic_id")
        if direct is not None:
            content["direct_messages_topic"] = {"topic_id": direct}
        account = self._account(given)
        if account is not None:
            if "keyboard" in (markup or {}):
                raise bad("an account has no keyboard")
            return account.said(chat, self.world.bot, **content)
        message = self.world.add(chat, self.world.bot, **content)
        return message if "keyboard" not in (markup or {}) else {**message, "asked": markup}

    def _editmessagetext(self, given: Given) -> Any:
        chat, message = self._own(given)
        entities = given.value("entities") or []
        text = checked_text(given.text("text"), entities, most=MAX_TEXT)
        if "text" not in message:
            raise bad("there is no text in the message to edit")
        if message["text"] == text and message.get("entities", []) == entities:
            raise bad("message is not modified: specified new message content is exactly the same")
        return self._reworded(chat, message, text=text, entities=entities)

    def _editmessagecaption(self, given: Given) -> Any:
        chat, message = self._own(given)
        entities = given.value("caption_entities") or []
        text = checked_text(given.text("caption"), entities, most=MAX_CAPTION)
        if "text" in message:
            raise bad("there is no caption in the message to edit")
        if message.get("caption", "") == text:
            raise bad("message is not modified: specified new message content is exactly the same")
        return self._reworded(chat, message, caption=text, caption_entities=entities)

    def _reworded(self, chat: Chat, message: dict[str, Any], **content: Any) -> dict[str, Any]:
        message |= content | {"edit_date": message["date"] + 1}
        return message

    def _deletemessage(self, given: Given) -> Any:
        chat, message = self.world.own(
            given.required("chat_id"), given.required("message_id"), doing="delete"
        )
        del chat.messages[message["message_id"]]
        return True

    def _deletebusinessmessages(self, given: Given) -> Any:
        account = self._account(given)
        if account is None:
            raise bad("business connection not found")
        account.withdraw(given.value("message_ids"))
        return True

    def _setmessagereaction(self, given: Given) -> Any:
        chat = self.world.open_chat(given.required("chat_id"))
        message = chat.messages.get(given.required("message_id"))
        wanted = given.value("reaction") or []
        return set_reaction(chat, message, wanted, self.world.bot["id"])

    def _sendchataction(self, given: Given) -> Any:
        self._where(given).actions.append(given.text("action"))
        return True

    def _answercallbackquery(self, given: Given) -> Any:
        self.answered.append(given.text("callback_query_id"))
        return True

    # --- updates ------------------------------------------------------------

    async def _getupdates(self, given: Given) -> Any:
        self._allow(given)
        return await self.queue.poll(
            given.number("offset") or 0, given.number("limit") or 100, given.number("timeout") or 0
        )

    def _allow(self, given: Given) -> None:
        if given.values.get("allowed_updates") is not None:
            self.queue.allowed = given.value("allowed_updates")

    def _setwebhook(self, given: Given) -> Any:
        self.queue.take(given.text("url"), given.text("secret_token"))
        self._allow(given)
        return True

    def _deletewebhook(self, given: Given) -> Any:
        self.queue.call("", "")
        return True

    def _getwebhookinfo(self, given: Given) -> Any:
        hook = self.queue.webhook
        told: dict[str, Any] = {
            "url": hook.url if hook else "", "has_custom_certificate": False,
            "pending_update_count": len(self.queue.waiting),
        }  # fmt: skip
        if hook is not None and self.queue.allowed:
            told["allowed_updates"] = self.queue.allowed
        if hook is not None and hook.last_error:
            told |= {"last_error_message": hook.last_error, "last_error_date": hook.last_error_at}
        return told

    # --- who is who ---------------------------------------------------------

    def _getme(self, given: Given) -> Any:
        return {**self.world.bot, "can_join_groups": True, "can_read_all_group_messages": False}

    def _getchat(self, given: Given) -> Any:
        chat = self.world.open_chat(given.required("chat_id"))
        picture = chat.person.picture if chat.person else None
        photo = {"big_file_id": picture, "small_file_id": picture} if picture else None
        return {**chat.shown(), **({"photo": photo} if photo else {})}

    def _getuserprofilephotos(self, given: Given) -> Any:
        picture = self.world.bot.get("picture")
        sizes = [[{"file_id": picture, "width": 640, "height": 640}]] if picture else []
        return {"total_count": len(sizes), "photos": sizes}

    def _getfile(self, given: Given) -> Any:
        stored = self.world.files.get(given.text("file_id"))
        if stored is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(stored.data) > MAX_DOWNLOAD_BYTES:
            raise bad("file is too big")
        return {"file_id": given.text("file_id"), "file_path": stored.path}
