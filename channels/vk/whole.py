"""Messages that VK cut for bots, fetched whole."""

import json
from typing import Any

import msgspec

from channels.vk.api import Api
from channels.vk.events import Said, Update, update_in
from channels.vk.reading import said_in


async def completed(api: Api, body: bytes, *, group_id: int) -> Update:
    """The update in `body`, with the whole message where VK cut it.

    Raises:
        Malformed: it is none of VK's.
        ProviderError: the whole message cannot be had now.
    """
    update = update_in(body)
    if b'"is_cropped"' not in body:
        return update
    said = said_in(update)
    if said is None or not said.is_cropped:
        return update
    message = await _fetched(api, said, group_id)
    if message is None:
        return update
    whole = {"message": message} if update.type == "message_new" else message
    return msgspec.structs.replace(update, object=msgspec.Raw(json.dumps(whole).encode()))


async def _fetched(api: Api, said: Said, group_id: int) -> dict[str, Any] | None:
    """The message as VK has it; None if it has it no longer."""
    given = await api.call(
        "messages.getByConversationMessageId",
        {
            "peer_id": said.peer_id,
            "conversation_message_ids": said.conversation_message_id,
            "group_id": group_id,
        },
    )
    items = given.get("items") if isinstance(given, dict) else None
    found = items[0] if isinstance(items, list) and items else None
    return {**found, "is_cropped": False} if isinstance(found, dict) else None
