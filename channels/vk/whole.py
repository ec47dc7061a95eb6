"""What VK tells bots by halves, made whole: messages that it cut, who writes or presses in a chat or is
forwarded, what is commented and by whom.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from channels.vk.api import Api
from channels.vk.events import GROUP_PEER_FROM, Press, Said, Update, told_anew
from channels.vk.people import profiles
from channels.vk.posts import Posts
from channels.vk.reading import given_in, said_in
from channels.vk.team import Team
from router.errors import ProviderError

# What stands in a message that is not whole: it was cut, or it is of a chat of several people, whose
# numbers begin so.
CUT, IN_CHAT = b'"is_cropped"', str(GROUP_PEER_FROM)[:4].encode()
# One that carries others on names those who wrote them.
WRITER = b'"from_id"'
MOST_NAMES = 1000


class Whole:
    """Asks for what is missing. Names are asked for once, and none is waited for in vain.

    `comments`: whether they are read.
    """

    def __init__(self, api: Api, posts: Posts, *, group_id: int, comments: bool) -> None:
        self._api = api
        self._posts = posts
        self._team = Team(api, group_id=group_id)
        self._group_id = group_id
        self._comments = comments
        self._names: dict[int, str] = {}

    async def of(self, update: Update) -> Update:
        """The update with what VK left out; the same one if that is nothing.

        Raises:
            Malformed: it is none of VK's.
            ProviderError: the whole message cannot be had now.
        """
        if update.type.startswith("wall_"):
            return await self._commented(update) if self._comments else update
        given = bytes(update.object)
        if update.type == "message_event" and IN_CHAT in given:
            return await self._pressed(update)
        is_half = CUT in given or IN_CHAT in given or given.count(WRITER) > 1
        said = said_in(update) if is_half else None
        return await self._message(update, said) if said is not None else update

    async def _commented(self, update: Update) -> Update:
        return await self._team.told(await self._posts.shown(update))

    async def _message(self, update: Update, said: Said) -> Update:
        """A message that was cut, whole; with the name of who writes, where several do, and of those
        whose words it carries on.
        """
        fetched = await self._fetched(said) if said.is_cropped else None
        message = fetched or _told(update)
        carried = list(_carried(message))
        in_chat = said.peer_id >= GROUP_PEER_FROM and not said.out and said.action is None
        if fetched is None and not carried and not in_chat:
            return update
        named = [message, *carried] if in_chat else carried
        names = await self._names_of({one["from_id"] for one in named})
        for one in named:
            one["writer"] = names[one["from_id"]]
        return told_anew(update, {"message": message} if update.type == "message_new" else message)

    async def _pressed(self, update: Update) -> Update:
        press = given_in(update)
        if not isinstance(press, Press) or press.peer_id < GROUP_PEER_FROM:
            return update
        names = await self._names_of({press.user_id})
        return told_anew(update, {**_told(update), "writer": names[press.user_id]})

    async def _fetched(self, said: Said) -> dict[str, Any] | None:
        """The message as VK has it; None if it has it no longer."""
        given = await self._api.call(
            "messages.getByConversationMessageId",
            {
                "peer_id": said.peer_id,
                "conversation_message_ids": said.conversation_message_id,
                "group_id": self._group_id,
            },
        )
        items = given.get("items") if isinstance(given, dict) else None
        found = items[0] if isinstance(items, list) and items else None
        return {**found, "is_cropped": False} if isinstance(found, dict) else None

    async def _names_of(self, people: Collection[int]) -> Mapping[int, str]:
        """What they are called; by their number where VK does not say."""
        known = {one: self._names[one] for one in people if one in self._names}
        asked = [str(one) for one in people if one not in known]
        try:
            found = await profiles(self._api, asked) if asked else {}
        except ProviderError:
            found = {}
        told = {int(one): profile.name for one, profile in found.items()}
        if len(self._names) + len(told) > MOST_NAMES:
            self._names.clear()
        self._names |= told
        return {one: known.get(one) or told.get(one) or _numbered(one) for one in people}


def _numbered(person: int) -> str:
    return f"id{person}" if person > 0 else f"club{-person}"


def _carried(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The messages that it carries on, and those that they do."""
    for one in message.get("fwd_messages") or ():
        yield one
        if one.get("reply_message"):
            yield one["reply_message"]
        yield from _carried(one)


def _told(update: Update) -> dict[str, Any]:
    told = msgspec.json.decode(update.object)
    return dict(told["message"] if update.type == "message_new" else told)
