"""Callback API: VK is told where to call, and asked whether it does.

Manual: https://dev.vk.com/api/callback/getting-started, read 2026-08-01.

- A community has up to 10 servers, each with its own events; a title has at most 14 characters.
- VK makes sure of an address by a `confirmation`, whose answer is a string of the community's. It
  changes when servers change, so it is asked for when it is needed.
- Our server is the one whose address has our hook's path.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from channels.vk.api import VERSION, Api
from router.abilities import Subscription
from router.channel import Secrets
from router.errors import Rejected, Unconfirmed

TITLE = "Liniya"
EVENTS: Mapping[str, int] = dict.fromkeys(
    (
        "message_new", "message_reply", "message_edit", "message_allow", "message_deny",
        "message_event", "message_typing_state", "message_read", "message_reaction_event",
    ),
    1,
)  # fmt: skip
COMMENTS = ("wall_reply_new", "wall_reply_edit", "wall_reply_delete", "wall_reply_restore")
# That of a pressed button may be switched on, and is not told.
NEEDED = ("message_new", "message_reply", "message_edit", "message_reaction_event")
STATES: Mapping[str, str] = {
    "unconfigured": "VK has not asked us yet whether the address is ours",
    "wait": "VK is asking us whether the address is ours",
    "failed": "VK called us and did not get the right answer",
}
ASKING = frozenset({"unconfigured", "wait"})
LOOKS = 5
LOOK_AGAIN_S = 1.0


def events(*, comments: bool) -> Mapping[str, int]:
    """What VK is to tell us of."""
    return {**EVENTS, **(dict.fromkeys(COMMENTS, 1) if comments else {})}


class Subscribing:
    """The callback servers of one community."""

    def __init__(self, api: Api, secrets: Secrets, *, group_id: int, comments: bool) -> None:
        self._api = api
        self._secrets = secrets
        self._group_id = group_id
        self._events = events(comments=comments)
        self._needed = (*NEEDED, *COMMENTS) if comments else NEEDED

    async def confirmation(self) -> str:
        """What VK wants to hear when it makes sure of our address, as it is now."""
        given = await self._call("groups.getCallbackConfirmationCode")
        code = given.get("code") if isinstance(given, dict) else None
        if not isinstance(code, str):
            raise Unconfirmed("VK does not say what it wants to hear")
        return code

    async def subscribe(self, url: str) -> None:
        """Have VK call `url`, with all that we read. Again is harmless."""
        secret = self._secrets.get("secret")
        ours = await self._ours(url)
        given = {"url": url, "title": TITLE, "secret_key": secret}
        if ours is None:
            added = await self._call("groups.addCallbackServer", given)
            server_id = added.get("server_id") if isinstance(added, dict) else None
        else:
            server_id = ours.get("id")
            as_it_is = (ours.get("url"), ours.get("secret_key", secret), ours.get("status"))
            if as_it_is != (url, secret, "ok"):
                await self._call("groups.editCallbackServer", {"server_id": server_id, **given})
        if not isinstance(server_id, int):
            raise Unconfirmed("VK does not say which server it made")
        settings = {"server_id": server_id, "api_version": VERSION, **self._events}
        await self._call("groups.setCallbackSettings", settings)
        await self._until_asked(url)

    async def _until_asked(self, url: str) -> None:
        """Wait a little for VK to make sure of the address, which it does by itself."""
        for _ in range(LOOKS):
            ours = await self._ours(url)
            if ours is None or ours.get("status") not in ASKING:
                return
            await asyncio.sleep(LOOK_AGAIN_S)

    async def subscription(self, url: str) -> Subscription:
        """Whether VK calls `url` now, with what we cannot do without."""
        ours = await self._ours(url)
        if ours is None:
            return Subscription(ok=False)
        where, status = str(ours.get("url", "")), str(ours.get("status", ""))
        settings = await self._call("groups.getCallbackSettings", {"server_id": ours.get("id")})
        given = settings.get("events") if isinstance(settings, dict) else None
        told = given if isinstance(given, dict) else {}
        missing = [name for name in self._needed if not told.get(name)]
        trouble = STATES.get(status)
        if trouble is None and missing:
            trouble = f"VK does not tell us of {', '.join(missing)}"
        ok = where == url and status == "ok" and not missing
        return Subscription(ok=ok, url=where, last_error=trouble)

    async def _ours(self, url: str) -> dict[str, Any] | None:
        given = await self._call("groups.getCallbackServers")
        servers = given.get("items") if isinstance(given, dict) else None
        if not isinstance(servers, list):
            raise Unconfirmed("VK does not say which servers it calls")
        path = urlsplit(url).path
        for one in servers:
            if isinstance(one, dict) and urlsplit(str(one.get("url", ""))).path == path:
                return one
        return None

    async def _call(self, method: str, values: Mapping[str, Any] | None = None) -> Any:
        given = {"group_id": self._group_id, **(values or {})}
        if not all(isinstance(one, str | int) for one in given.values()):
            raise Rejected("VK's server has no id", code="server")
        return await self._api.call(method, given)
