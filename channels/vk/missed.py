"""What was said while the long poll remembered nothing, read from the conversations themselves.

Manual: https://dev.vk.com/method/messages.getConversations and
https://dev.vk.com/method/messages.getHistory, both open to a community's token, read 2026-11-28.

- Conversations come with what was said last first, and so does a history; 200 at once. What is
  pinned may stand above.
- The history of a chat of several people is refused with 917 to a community that may not read it;
  when it may, VK does not say.
- Presses, readings and changes of older messages stand in no history.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from channels.vk.api import Api, Values
from channels.vk.events import GROUP_PEER_FROM
from channels.vk.refusals import DENIED
from router.errors import BadCredentials, RecipientGone, Rejected, Unconfirmed

AT_ONCE = 200
# One question each, at VK's pace: together they must end within a poll's minute.
MAX_CONVERSATIONS = 200
MAX_MESSAGES = 5_000
MAX_PAGES = 10
NO_LANGUAGE = {"lang_id": -1}

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Missed:
    """Messages as the long poll would have told them, oldest first. `whole`: these are all."""

    updates: tuple[bytes, ...]
    whole: bool


async def missed(api: Api, *, group_id: int, since: int, most: int = MAX_CONVERSATIONS) -> Missed:
    """All that was said from then on in at most so many conversations, also what had come. `since`
    is a time of VK's.
    """
    found: list[Message] = []
    whole, asked = True, 0
    async for peer in _spoken_in(api, group_id, since):
        if asked == most or len(found) > MAX_MESSAGES:
            whole = False
            continue
        asked += 1
        said, is_all = await _read(api, group_id, peer, since)
        found += said
        whole = whole and is_all
    found.sort(key=lambda one: (one["date"], one["id"], one["conversation_message_id"]))
    return Missed(tuple(_update(one, group_id) for one in found), whole)


async def _spoken_in(api: Api, group_id: int, since: int) -> AsyncIterator[int]:
    """The peers in which something was said."""
    for page in range(MAX_PAGES):
        values: Values = {
            "filter": "all", "offset": page * AT_ONCE, "count": AT_ONCE, "group_id": group_id,
        }  # fmt: skip
        items = _items(await api.call("messages.getConversations", values))
        late = [one for one in items if _number(one.get("last_message"), "date") >= since]
        for one in late:
            talk = one.get("conversation")
            yield _number(talk.get("peer") if isinstance(talk, dict) else None, "id")
        if len(items) < AT_ONCE or not late:
            return


async def _read(api: Api, group_id: int, peer: int, since: int) -> tuple[list[Message], bool]:
    """What was said there; of a chat that is closed to us nothing."""
    try:
        return await _said_in(api, group_id, peer, since)
    except (RecipientGone, Rejected, BadCredentials) as error:
        is_denied = not isinstance(error, BadCredentials) or error.code in DENIED
        if peer < GROUP_PEER_FROM or not is_denied:
            raise
        return [], False


async def _said_in(api: Api, group_id: int, peer: int, since: int) -> tuple[list[Message], bool]:
    """What was said in one conversation by both sides, and whether that is all of it."""
    found: dict[int, Message] = {}
    for page in range(MAX_PAGES):
        values = {
            "peer_id": peer, "offset": page * AT_ONCE, "count": AT_ONCE, "group_id": group_id,
        }  # fmt: skip
        items = _items(await api.call("messages.getHistory", values))
        late = [one for one in items if _number(one, "date") >= since]
        for one in late:
            _number(one, "id")
            found[_number(one, "conversation_message_id")] = one
        if len(late) < AT_ONCE:
            return list(found.values()), True
    return list(found.values()), False


def _update(message: Message, group_id: int) -> bytes:
    """The message as the long poll tells it: what a customer said, or our side."""
    if message.get("out"):
        told: dict[str, Any] = {"type": "message_reply", "object": message}
    else:
        new = {"message": message, "client_info": NO_LANGUAGE}
        told = {"type": "message_new", "object": new}
    return json.dumps({**told, "group_id": group_id}, ensure_ascii=False).encode()


def _items(given: Any) -> list[dict[str, Any]]:
    items = given.get("items") if isinstance(given, dict) else None
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise Unconfirmed("VK's conversations cannot be read")
    return items


def _number(given: Any, name: str) -> int:
    number = given.get(name) if isinstance(given, dict) else None
    if not isinstance(number, int):
        raise Unconfirmed("VK's conversations cannot be read")
    return number
