"""What VK tells bots by halves, made whole: messages that it cut, who writes or presses in a chat, what is
commented and by whom.
"""

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
        said = said_in(update) if CUT in given or IN_CHAT in given else None
        return await self._message(update, said) if said is not None else update

    async def _commented(self, update: Update) -> Update:
        return await self._team.told(await self._posts.shown(update))

    async def _message(self, update: Update, said: Said) -> Update:
        """A message that was cut, whole; with the name of who writes, where several do."""
        message = await self._fetched(said) if said.is_cropped else None
        if said.peer_id >= GROUP_PEER_FROM and not said.out and said.action is None:
            message = {**(message or _told(update)), "writer": await self._name(said.from_id)}
        if message is None:
            return update
        return told_anew(update, {"message": message} if update.type == "message_new" else message)

    async def _pressed(self, update: Update) -> Update:
        press = given_in(update)
        if not isinstance(press, Press) or press.peer_id < GROUP_PEER_FROM:
            return update
        return told_anew(update, {**_told(update), "writer": await self._name(press.user_id)})

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

    async def _name(self, person: int) -> str:
        """What somebody is called; by their number where VK does not say."""
        if person not in self._names:
            try:
                found = await profiles(self._api, [str(person)])
            except ProviderError:
                found = {}
            if str(person) not in found:
                return f"id{person}" if person > 0 else f"club{-person}"
            if len(self._names) >= MOST_NAMES:
                self._names.clear()
            self._names[person] = found[str(person)].name
        return self._names[person]


def _told(update: Update) -> dict[str, Any]:
    told = msgspec.json.decode(update.object)
    return dict(told["message"] if update.type == "message_new" else told)
