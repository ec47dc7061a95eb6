"""What there is at the VK that the tests play: one community, its customers and what they said.

Everything that happens becomes an event, as VK words it; `tests.fakes.vk.server` tells it to
whoever listens.
"""

import html
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.fakes.vk.wall import Json, VkError, Wall

__all__ = ("CHAT_FROM", "VERSION", "Json", "Trouble", "VkError", "World")

VERSION = "5.199"
CHAT_FROM = 2_000_000_000


@dataclass
class Trouble:
    """One thing that goes wrong at the next calls of a method (or of any): an error code of VK's,
    an HTTP status, or the answer cut off after the method was carried out (`lost`).
    """

    method: str = ""
    code: int = 0
    status: int = 0
    lost: bool = False
    times: int = 1


@dataclass
class World:
    """A community with its customers."""

    group_id: int = 77
    token: str = "made-up-token-of-the-community"
    service_key: str = "made-up-service-key-of-an-application"
    confirmation: str = "c0nf1rm"
    permissions: list[str] = field(default_factory=lambda: ["messages", "manage", "photos", "docs"])
    group: Json = field(
        default_factory=lambda: {
            "name": "Made-up shop",
            "screen_name": "made_up_shop",
            "is_closed": 0,
            "type": "group",
            "can_message": 1,
        }
    )
    managers: set[int] = field(default_factory=set)
    denied: set[int] = field(default_factory=set)
    people: dict[int, Json] = field(default_factory=dict)
    peers: dict[int, list[Json]] = field(default_factory=dict)
    sent: dict[tuple[int, int], Json] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    chats: dict[int, str] = field(default_factory=dict)
    attachments: dict[str, Json] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    waiting_presses: set[str] = field(default_factory=set)
    # By peer, message and person.
    reacted: dict[tuple[int, int, int], int] = field(default_factory=dict)
    typing: list[int] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    tell: Callable[[Json], None] | None = None
    url: str = ""
    numbers: Any = field(default_factory=lambda: itertools.count(1001))

    def __post_init__(self) -> None:
        self.wall = Wall(self)

    def emit(self, kind: str, object_: Json) -> Json:
        """Something happened."""
        event = {
            "type": kind,
            "event_id": uuid4().hex,
            "v": VERSION,
            "object": _escaped(json.loads(json.dumps(object_))),
            "group_id": self.group_id,
        }
        self.events.append(event)
        if self.tell is not None:
            self.tell(event)
        return event

    def trouble(self, method: str) -> Trouble | None:
        """What goes wrong now, if anything does."""
        for one in self.troubles:
            if one.times > 0 and one.method in ("", method):
                one.times -= 1
                return one
        return None

    # --- what customers do --------------------------------------------------

    def joins(self, user: int, first_name: str, last_name: str = "", **more: Any) -> int:
        """A person of VK's."""
        person = {
            "id": user,
            "first_name": first_name,
            "last_name": last_name,
            "can_access_closed": True,
            "is_closed": False,
            "has_photo": 0,
            "screen_name": f"id{user}",
        }
        self.people[user] = {**person, **more}
        return user

    def says(self, user: int, text: str = "", *, peer: int | None = None, **more: Any) -> Json:
        """A customer writes: to the community, or in the chat `peer`."""
        message = self._message(peer or user, user, text, out=0, **more)
        told = {**message}
        if message.get("is_cropped"):
            told["text"] = text[:100]
        info = {
            "button_actions": ["text", "callback", "open_link"],
            "keyboard": True,
            "inline_keyboard": True,
            "carousel": True,
            "lang_id": 0,
        }
        self.emit("message_new", {"message": told, "client_info": info})
        return message

    def edits(self, message: Json, text: str) -> None:
        """Whoever wrote a message changes it."""
        message["text"] = text
        message["update_time"] = int(time.time())
        message["version"] = message.get("version", 0) + 1
        self.emit("message_edit", message)

    def writes_outside(self, user: int, text: str, *, admin: int = 42, **more: Any) -> Json:
        """A person of the community answers in VK's own inbox."""
        message = self._message(
            user, -self.group_id, text, out=1, admin_author_id=admin, random_id=12345, **more
        )
        self.emit("message_reply", message)
        return message

    def presses(self, user: int, message: Json, number: int = 0) -> str:
        """A customer presses a button under a message; gives the event's id."""
        buttons = [one for row in message["keyboard"]["buttons"] for one in row]
        action = buttons[number]["action"]
        if action["type"] == "text":
            self.says(user, action["label"], peer=message["peer_id"], payload=action["payload"])
            return ""
        event_id = uuid4().hex[:12]
        self.waiting_presses.add(event_id)
        pressed = {
            "user_id": user,
            "peer_id": message["peer_id"],
            "event_id": event_id,
            "payload": json.loads(action["payload"]),
            "conversation_message_id": message["conversation_message_id"],
        }
        self.emit("message_event", pressed)
        return event_id

    def reads(self, user: int, message: Json) -> None:
        """A customer has read everything up to a message."""
        self.emit(
            "message_read",
            {
                "from_id": user,
                "peer_id": message["peer_id"],
                "read_message_id": message["id"],
                "conversation_message_id": message["conversation_message_id"],
            },
        )

    def reacts(self, who: int, peer: int, cmid: int, number: int | None) -> None:
        """What somebody has under a message now."""
        if number is None:
            self.reacted.pop((peer, cmid, who), None)
        else:
            self.reacted[peer, cmid, who] = number
        told = {"reacted_id": who, "peer_id": peer, "cmid": cmid}
        if number is not None:
            told["reaction_id"] = number
        self.emit("message_reaction_event", told)

    def types(self, user: int) -> None:
        self.emit(
            "message_typing_state", {"state": "typing", "from_id": user, "to_id": -self.group_id}
        )

    def denies(self, user: int) -> None:
        self.denied.add(user)
        self.emit("message_deny", {"user_id": user})

    def allows(self, user: int) -> None:
        self.denied.discard(user)
        self.emit("message_allow", {"user_id": user, "key": ""})

    # --- what things are ----------------------------------------------------

    def photo(self, data: bytes, mime: str = "image/jpeg") -> Json:
        """A picture that a customer attaches."""
        number = next(self.numbers)
        url = self.kept(f"photo{number}.jpg", data, mime)
        sizes = [
            {"type": "s", "url": f"{url}?size=75x50", "width": 75, "height": 50},
            {"type": "z", "url": url, "width": 1080, "height": 720},
        ]
        photo = {
            "album_id": -15, "date": int(time.time()), "id": number, "owner_id": 1,
            "access_key": uuid4().hex[:18], "sizes": sizes, "text": "", "has_tags": False,
        }  # fmt: skip
        return {"type": "photo", "photo": photo}

    def document(self, name: str, data: bytes, mime: str = "application/pdf") -> Json:
        """A document that a customer attaches."""
        number = next(self.numbers)
        document = {
            "id": number, "owner_id": 1, "title": name, "size": len(data),
            "ext": name.rpartition(".")[2], "date": int(time.time()), "type": 1,
            "url": self.kept(f"doc{number}", data, mime), "access_key": uuid4().hex[:18],
        }  # fmt: skip
        return {"type": "doc", "doc": document}

    def kept(self, name: str, data: bytes, mime: str) -> str:
        """Bytes at an address of ours."""
        self.files[name] = (data, mime)
        return f"{self.url}/files/{name}"

    def answers(self, user: int) -> list[Json]:
        """What the community has written to somebody, as it stands now."""
        said = self.peers.get(user, [])
        return [one for one in said if one["out"] == 1 and not one.get("deleted")]

    def find(self, peer: int, number: int) -> Json | None:
        said = self.peers.get(peer, [])
        return next((one for one in said if one["conversation_message_id"] == number), None)

    def _message(self, peer: int, sender: int, text: str, *, out: int, **more: Any) -> Json:
        said = self.peers.setdefault(peer, [])
        message = {
            "date": int(time.time()),
            "from_id": sender,
            "id": 0 if peer >= CHAT_FROM else next(self.numbers),
            "version": 10000 + len(said),
            "out": out,
            "fwd_messages": [],
            "important": False,
            "is_hidden": False,
            "attachments": [],
            "conversation_message_id": len(said) + 1,
            "text": text,
            "peer_id": peer,
            "random_id": 0,
            **more,
        }
        said.append(message)
        return message

    def sends(self, peer: int, values: Json) -> Json:
        """The community writes by the API; the same `random_id` again is the same message."""
        known = self.sent.get((peer, values["random_id"]))
        if known is not None and values["random_id"] != 0:
            return known
        message = self._message(peer, -self.group_id, values.pop("text"), out=1, **values)
        self.sent[peer, message["random_id"]] = message
        self.emit("message_reply", message)
        return message


def _escaped(told: Json) -> Json:
    """What VK tells of a message: its text with some signs as HTML writes them."""
    said = told.get("message", told)
    if isinstance(said, dict) and isinstance(said.get("text"), str):
        said["text"] = html.escape(said["text"]).replace("&#x27;", "'")
    return told
