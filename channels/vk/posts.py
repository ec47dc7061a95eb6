"""The posts under which people comment, for those who answer.

`wall.getById` is closed to a community's token: a service key of any application of VK's, or a
person's token, reads it (https://github.com/VKCOM/vk-api-schema, wall/methods.json, version 5.199,
read 2026-11-28). Without one the post has its address alone.
"""

from collections import OrderedDict

import msgspec

from channels.vk.api import Api
from channels.vk.events import Comment, Update, told_anew
from channels.vk.reading import given_in
from router.channel import Secrets
from router.errors import BadCredentials, ProviderError

KEY = "posts_key"
MOST_KEPT = 500


class Posts:
    """The texts of one community's posts, asked for once."""

    def __init__(self, api: Api, secrets: Secrets) -> None:
        self._api = api
        self._secrets = secrets
        self._known: OrderedDict[tuple[int, int], str] = OrderedDict()

    async def shown(self, update: Update) -> Update:
        """The update, with the post's text beside a comment of ours to answer. Raises `Malformed`.

        A text that cannot be had holds nothing up.
        """
        comment = given_in(update) if self._secrets.get(KEY) else None
        if not isinstance(comment, Comment) or update.type != "wall_reply_new":
            return update
        text = await self._text_of(comment.owner_id, comment.post_id)
        told = {**msgspec.json.decode(update.object), "post_text": text}
        return told_anew(update, told)

    async def may_be_read(self, group_id: int) -> bool:
        """Whether the key is good, if there is one."""
        if not self._secrets.get(KEY):
            return True
        try:
            await self._api.call("wall.getById", {"posts": f"-{group_id}_1"}, by=KEY)
        except BadCredentials:
            return False
        return True

    async def _text_of(self, owner_id: int, post_id: int) -> str:
        post = owner_id, post_id
        if post not in self._known:
            text = await self._asked(f"{owner_id}_{post_id}")
            if text is None:
                return ""
            self._known[post] = text
            if len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)
        return self._known[post]

    async def _asked(self, post: str) -> str | None:
        try:
            given = await self._api.call("wall.getById", {"posts": post}, by=KEY)
        except ProviderError:
            return None
        items = given.get("items") if isinstance(given, dict) else None
        found = items[0] if isinstance(items, list) and items else None
        text = found.get("text") if isinstance(found, dict) else None
        return text if isinstance(text, str) else None
