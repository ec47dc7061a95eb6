"""What VK tells bots by halves, made whole: messages that it cut, and who writes in a chat."""

import json
from typing import Any

import msgspec

from channels.vk.api import Api
from channels.vk.events import GROUP_PEER_FROM, Said, Update, update_in
from channels.vk.people import profiles
from channels.vk.reading import said_in
from router.errors import ProviderError

# What stands in an update that is not whole: it was cut, or a chat of several people.
CUT, IN_CHAT = b'"is_cropped"', b'"peer_id"'
MOST_NAMES = 1000


class Whole:
    """Asks for what is missing. Names are asked for once, and none is waited for in vain."""

    def __init__(self, api: Api, *, group_id: int) -> None:
        self._api = api
        self._group_id = group_id
        self._names: dict[int, str] = {}

    async def of(self, body: bytes) -> Update:
        """The update in `body`, with the whole message where VK cut it, and in a chat of several
        people with the name of who writes.

        Raises:
            Malformed: it is none of VK's.
            ProviderError: the whole message cannot be had now.
        """
        update = update_in(body)
        said = said_in(update) if CUT in body or IN_CHAT in body else None
        if said is None:
            return update
        message = await self._fetched(said) if said.is_cropped else None
        if said.peer_id >= GROUP_PEER_FROM and not said.out:
            message = {**(message or _message(update)), "writer": await self._name(said.from_id)}
        if message is None:
            return update
        whole = {"message": message} if update.type == "message_new" else message
        return msgspec.structs.replace(update, object=msgspec.Raw(json.dumps(whole).encode()))

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


def _message(update: Update) -> dict[str, Any]:
    told = msgspec.json.decode(update.object)
    return dict(told["message"] if update.type == "message_new" else told)
