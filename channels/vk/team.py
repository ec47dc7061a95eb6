"""Who of those that comment is of our side: managers of the community who write as themselves.

`groups.getMembers` with `filter=managers` tells them, also to a community's token: groups/methods.json
of https://github.com/VKCOM/vk-api-schema, version 5.199, read 2026-11-29.
"""

from contextlib import suppress
from time import monotonic

import msgspec

from channels.vk.api import Api
from channels.vk.events import Comment, Update, told_anew
from channels.vk.reading import given_in
from router.errors import ProviderError

KNOWN_FOR_S = 600.0
MOST = 1000


class Team:
    """The managers of one community, asked for when somebody answers a comment."""

    def __init__(self, api: Api, *, group_id: int) -> None:
        self._api = api
        self._group_id = group_id
        self._managers: frozenset[int] = frozenset()
        self._asked_at: float | None = None

    async def told(self, update: Update) -> Update:
        """The update; with a sign if a manager answers a customer's comment. A manager who answers
        nobody, or another manager, is a customer as any: so they try it out. Raises `Malformed`.
        """
        comment = given_in(update)
        if not isinstance(comment, Comment) or comment.from_id <= 0 or comment.reply_to_user <= 0:
            return update
        managers = await self._known()
        if comment.from_id not in managers or comment.reply_to_user in managers:
            return update
        told = {**msgspec.json.decode(update.object), "of_team": True}
        return told_anew(update, told)

    async def _known(self) -> frozenset[int]:
        """Those known last, where VK does not say."""
        now = monotonic()
        if self._asked_at is None or now - self._asked_at > KNOWN_FOR_S:
            self._asked_at = now
            # A token without the right to manage is told nothing: then nobody is known.
            with suppress(ProviderError):
                self._managers = await self._asked()
        return self._managers

    async def _asked(self) -> frozenset[int]:
        given = await self._api.call(
            "groups.getMembers",
            {"group_id": self._group_id, "filter": "managers", "count": MOST},
        )
        items = given.get("items") if isinstance(given, dict) else None
        found = items if isinstance(items, list) else []
        ids = (one.get("id") for one in found if isinstance(one, dict))
        return frozenset(one for one in ids if isinstance(one, int))
