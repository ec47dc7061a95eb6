"""VK's methods, as strict as VK: each knows its parameters, and refuses what it does not take."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.vk.callbacks import Callbacks
from tests.fakes.vk.parameters import EVENTS, PARAMETERS, UNTOLD
from tests.fakes.vk.world import CHAT_FROM, VERSION, Json, VkError, World

MAX_TEXT_CHARS = 9000
LAST_REACTION = 16
# What the published schema opens to service keys and people, and not to communities.
NOT_FOR_GROUPS = frozenset({"wall.getById"})


class Methods:
    """All that a community's token may call."""

    def __init__(self, world: World, callbacks: Callbacks) -> None:
        self.world = world
        self.callbacks = callbacks
        self.long_poll_on = False
        self.long_poll_events: set[str] = set()
        self.long_poll_key = "key-1"
        self.saved: dict[str, Json] = {}

    def call(self, method: str, given: Mapping[str, str]) -> Any:
        """The response. Raises `VkError`."""
        values = dict(given)
        token = values.pop("access_token", None)
        if token not in (self.world.token, self.world.service_key):
            raise VkError(5, "User authorization failed: invalid access_token (4).")
        if (token == self.world.token) is (method in NOT_FOR_GROUPS):
            raise VkError(27, "Group authorization failed: method is unavailable with group auth.")
        if values.pop("v", None) != VERSION:
            raise VkError(8, "Invalid request: version is missing")
        if method not in PARAMETERS:
            raise VkError(3, "Unknown method passed")
        needed, known = (set(names.split()) for names in PARAMETERS[method])
        if not needed <= values.keys() or not values.keys() <= needed | known:
            raise VkError(100, f"One of the parameters is missing or unknown: {sorted(values)}")
        if values.get("group_id", str(self.world.group_id)) != str(self.world.group_id):
            raise VkError(15, "Access denied: this is another community")
        name = re.sub(r"[.A-Z]", lambda one: f"_{one[0].lower().lstrip('.')}", method)
        part = self.world.wall if method.startswith("wall.") else self
        act: Callable[[dict[str, str]], Any] = getattr(part, name)
        return act(values)

    # --- messages -----------------------------------------------------------

    def messages_send(self, values: dict[str, str]) -> Any:
        peers = [int(one) for one in values.get("peer_ids", values.get("peer_id", "")).split(",")]
        random_id = int(values["random_id"])
        if not -(2**31) <= random_id < 2**31:
            raise VkError(100, "random_id is out of range")
        content = self._content(values)
        if not content["text"].strip() and not content.get("attachments"):
            raise VkError(100, "One of the parameters is missing: message is empty or invalid")
        content["random_id"] = random_id
        if "payload" in values:
            json.loads(values["payload"])
            content["payload"] = values["payload"]
        if "forward" in values:
            content["reply_message"] = self._quoted(values["forward"], peers)
        if "peer_ids" in values:
            return [self._sent(peer, content) for peer in peers]
        self._permitted(peers[0])
        return self.world.sends(peers[0], content)["id"]

    def _sent(self, peer: int, content: Json) -> Json:
        try:
            self._permitted(peer)
        except VkError as error:
            told = {"code": error.code, "description": error.message}
            return {"peer_id": peer, "message_id": 0, "error": told}
        message = self.world.sends(peer, dict(content))
        return {
            "peer_id": peer,
            "message_id": message["id"],
            "conversation_message_id": message["conversation_message_id"],
        }

    def _permitted(self, peer: int) -> None:
        if peer in self.world.denied:
            raise VkError(901, "Can't send messages for users without permission")
        if peer not in self.world.peers and peer < CHAT_FROM:
            raise VkError(901, "Can't send messages for users without permission")

    def _quoted(self, forward: str, peers: list[int]) -> Json:
        told = json.loads(forward)
        if set(told) != {"peer_id", "conversation_message_ids", "is_reply"}:
            raise VkError(100, "forward is incorrect")
        (number,) = told["conversation_message_ids"]
        found = self.world.find(told["peer_id"], number)
        if told["peer_id"] not in peers or found is None or found.get("deleted"):
            raise VkError(921, "Can't forward these messages")
        names = ("date", "from_id", "text", "attachments", "conversation_message_id", "id")
        return {name: found[name] for name in names} | {"peer_id": told["peer_id"]}

    def _content(self, values: dict[str, str]) -> Json:
        text = values.get("message", "")
        if len(text) > MAX_TEXT_CHARS:
            raise VkError(914, "Message is too long")
        content: Json = {"text": text}
        if values.get("attachment"):
            names = values["attachment"].split(",")
            if len(names) > 10 or any(name not in self.world.attachments for name in names):
                raise VkError(100, "attachment is incorrect")
            content["attachments"] = [self.world.attachments[name] for name in names]
        if values.get("keyboard"):
            content["keyboard"] = keyboard_of(values["keyboard"])
        return content

    def messages_edit(self, values: dict[str, str]) -> Any:
        message = self._ours(values["peer_id"], values["cmid"], 909)
        content = self._content(values)
        message["attachments"] = content.get("attachments", [])
        if "keyboard" in content:
            message["keyboard"] = content["keyboard"]
        self.world.edits(message, content["text"])
        return 1

    def messages_delete(self, values: dict[str, str]) -> Any:
        message = self._ours(values["peer_id"], values["cmids"], 924)
        if values.get("delete_for_all") == "1":
            message["deleted"] = 1
        return [{"message_id": message["id"], "response": 1}]

    def _ours(self, peer: str, number: str, code: int) -> Json:
        message = self.world.find(int(peer), int(number))
        if message is None or message["out"] != 1:
            raise VkError(code, "this message cannot be changed")
        return message

    def messages_set_activity(self, values: dict[str, str]) -> Any:
        self.world.typing.append(int(values["peer_id"]))
        return 1

    def messages_mark_as_read(self, values: dict[str, str]) -> Any:
        self.world.read.append(int(values["peer_id"]))
        return 1

    def messages_send_reaction(self, values: dict[str, str]) -> Any:
        number = int(values["reaction_id"])
        if not 1 <= number <= LAST_REACTION:
            raise VkError(1009, "Unknown reaction passed")
        return self._has_reaction(values, number)

    def messages_delete_reaction(self, values: dict[str, str]) -> Any:
        return self._has_reaction(values, None)

    def _has_reaction(self, values: dict[str, str], number: int | None) -> Any:
        peer, cmid = int(values["peer_id"]), int(values["cmid"])
        if self.world.find(peer, cmid) is None:
            raise VkError(100, "One of the parameters specified was missing or invalid: cmid")
        self.world.reacts(-self.world.group_id, peer, cmid, number)
        return {"result": 1}

    def messages_send_message_event_answer(self, values: dict[str, str]) -> Any:
        if values["event_id"] not in self.world.waiting_presses:
            raise VkError(100, "One of the parameters is invalid: event_id")
        self.world.waiting_presses.discard(values["event_id"])
        return 1

    def messages_get_by_conversation_message_id(self, values: dict[str, str]) -> Any:
        peer = int(values["peer_id"])
        numbers = map(int, values["conversation_message_ids"].split(","))
        found = [one for number in numbers if (one := self.world.find(peer, number))]
        return {"count": len(found), "items": [{**one, "is_cropped": False} for one in found]}

    def messages_get_conversations(self, values: dict[str, str]) -> Any:
        """With what was said last first."""
        self._may_read()
        talks = [said for said in self.world.peers.values() if said]
        talks.sort(key=lambda said: (said[-1]["date"], said[-1]["id"]), reverse=True)
        page = self._page(talks, values)
        items = [
            {"conversation": {"peer": {"id": said[-1]["peer_id"]}}, "last_message": said[-1]}
            for said in page
        ]
        return {"count": len(talks), "items": items}

    def messages_get_history(self, values: dict[str, str]) -> Any:
        """The latest first. That of a chat only to a community that may read it."""
        self._may_read()
        peer = int(values["peer_id"])
        if peer >= CHAT_FROM and peer not in self.world.chats:
            raise VkError(917, "You don't have access to this chat")
        said = [one for one in self.world.peers.get(peer, []) if not one.get("deleted")]
        items = self._page(said[::-1], values)
        return {"count": len(said), "items": json.loads(json.dumps(items))}

    def _may_read(self) -> None:
        if "messages" not in self.world.permissions:
            raise VkError(15, "Access denied: no messages")

    def _page(self, found: list[Any], values: dict[str, str]) -> list[Any]:
        offset, count = int(values.get("offset", "0")), int(values.get("count", "20"))
        if not 0 < count <= 200 or offset < 0:
            raise VkError(100, "One of the parameters is invalid: count")
        return found[offset : offset + count]

    # --- people -------------------------------------------------------------

    def groups_get_members(self, values: dict[str, str]) -> Any:
        """The managers; of the members nobody asks."""
        assert values["filter"] == "managers"
        if "manage" not in self.world.permissions:
            raise VkError(15, "Access denied: you should be group moderator")
        items = [{"id": one, "role": "editor"} for one in sorted(self.world.managers)]
        return {"count": len(items), "items": items}

    def messages_get_conversations_by_id(self, values: dict[str, str]) -> Any:
        """What chats are called, to a community that may read them."""
        peers = [int(one) for one in values["peer_ids"].split(",")]
        if any(one not in self.world.chats for one in peers if one >= CHAT_FROM):
            raise VkError(917, "You don't have access to this chat")
        items = [
            {"peer": {"id": one, "type": "chat"}, "chat_settings": {"title": self.world.chats[one]}}
            for one in peers
        ]
        return {"count": len(items), "items": items}

    def users_get(self, values: dict[str, str]) -> Any:
        ids = values["user_ids"].split(",")
        if len(ids) > 1000:
            raise VkError(100, "too many user_ids")
        return [self.world.people[int(one)] for one in ids if int(one) in self.world.people]

    def groups_get_by_id(self, values: dict[str, str]) -> Any:
        ours = {"id": self.world.group_id, "photo_200": f"{self.world.url}/files/group.jpg"}
        return {"groups": [self.world.group | ours], "profiles": []}

    def groups_get_token_permissions(self, values: dict[str, str]) -> Any:
        named = [{"name": name, "setting": 1} for name in self.world.permissions]
        return {"mask": len(named), "permissions": named}

    # --- ways in ------------------------------------------------------------

    def groups_get_long_poll_server(self, values: dict[str, str]) -> Any:
        if not self.long_poll_on:
            raise VkError(100, "longpoll for this group is not enabled")
        ts = str(len(self.world.events))
        return {"key": self.long_poll_key, "server": f"{self.world.url}/lp", "ts": ts}

    def groups_get_long_poll_settings(self, values: dict[str, str]) -> Any:
        told = {name: int(name in self.long_poll_events) for name in sorted(EVENTS - UNTOLD)}
        return {"is_enabled": self.long_poll_on, "api_version": VERSION, "events": told}

    def groups_set_long_poll_settings(self, values: dict[str, str]) -> Any:
        self.long_poll_on = values.get("enabled") == "1"
        self.long_poll_events |= {name for name in EVENTS if values.get(name) == "1"}
        return 1

    def groups_get_callback_confirmation_code(self, values: dict[str, str]) -> Any:
        return {"code": self.world.confirmation}

    def groups_get_callback_servers(self, values: dict[str, str]) -> Any:
        servers = [one.shown() for one in self.callbacks.servers.values()]
        return {"count": len(servers), "items": servers}

    def groups_add_callback_server(self, values: dict[str, str]) -> Any:
        if len(values["title"]) > 14 or len(values.get("secret_key", "")) > 50:
            raise VkError(100, "title or secret_key is too long")
        if len(self.callbacks.servers) >= 10:
            raise VkError(2000, "Servers number limit is reached")
        server = self.callbacks.add(values["url"], values["title"], values.get("secret_key", ""))
        return {"server_id": server.id}

    def groups_edit_callback_server(self, values: dict[str, str]) -> Any:
        self.callbacks.edit(
            int(values["server_id"]), values["url"], values["title"], values.get("secret_key", "")
        )
        return 1

    def groups_get_callback_settings(self, values: dict[str, str]) -> Any:
        server = self.callbacks.servers[int(values["server_id"])]
        events = {name: int(name in server.events) for name in sorted(EVENTS - UNTOLD)}
        return {"api_version": VERSION, "events": events}

    def groups_set_callback_settings(self, values: dict[str, str]) -> Any:
        server = self.callbacks.servers[int(values["server_id"])]
        server.events = {name for name in EVENTS if values.get(name) == "1"}
        return 1

    # --- files --------------------------------------------------------------

    def photos_get_messages_upload_server(self, values: dict[str, str]) -> Any:
        url = f"{self.world.url}/upload/photo?peer={values['peer_id']}"
        return {"album_id": -64, "upload_url": url, "user_id": 0, "group_id": self.world.group_id}

    def photos_save_messages_photo(self, values: dict[str, str]) -> Any:
        photo = self.saved.pop(values["photo"], None)
        if photo is None or values["hash"] != "made-up-hash":
            raise VkError(129, "Invalid photo")
        return [self._attached(photo)["photo"]]

    def docs_get_messages_upload_server(self, values: dict[str, str]) -> Any:
        return {"upload_url": f"{self.world.url}/upload/doc?peer={values['peer_id']}"}

    def docs_get_wall_upload_server(self, values: dict[str, str]) -> Any:
        return {"upload_url": f"{self.world.url}/upload/doc?wall={values.get('group_id')}"}

    def messages_is_messages_from_group_allowed(self, values: dict[str, str]) -> Any:
        peer = int(values["user_id"])
        return {"is_allowed": int(peer in self.world.peers and peer not in self.world.denied)}

    def docs_save(self, values: dict[str, str]) -> Any:
        document = self.saved.pop(values["file"], None)
        if document is None:
            raise VkError(100, "file is incorrect")
        document["doc"]["title"] = values.get("title", document["doc"]["title"])
        return self._attached(document)

    def _attached(self, thing: Json) -> Json:
        inner = thing[thing["type"]]
        name = f"{thing['type']}{inner['owner_id']}_{inner['id']}_{inner['access_key']}"
        self.world.attachments[name] = thing
        return thing


def keyboard_of(text: str) -> Json:
    """A keyboard, if VK would show it. Raises `VkError`."""
    told: Json = json.loads(text)
    rows = told["buttons"]
    buttons = [one for row in rows for one in row]
    shapes = {
        "text": {"type", "label", "payload"},
        "callback": {"type", "label", "payload"},
        "open_link": {"type", "label", "link"},
    }
    is_shown = (
        set(told) <= {"inline", "one_time", "buttons"}
        and told.get("inline") is True
        and 1 <= len(buttons) <= 10
        and len(rows) <= 6
        and all(1 <= len(row) <= 5 for row in rows)
    )
    for button in buttons:
        action = button["action"]
        is_shown = (
            is_shown
            and set(action) == shapes.get(action["type"])
            and 1 <= len(action["label"]) <= 40
            and len(action.get("payload", "")) <= 255
            and ("color" not in button or action["type"] != "open_link")
        )
    if not is_shown:
        raise VkError(911, "Keyboard format is invalid")
    return told
