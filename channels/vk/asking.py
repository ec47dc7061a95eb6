"""Bots Long Poll: the same updates, asked for.

Manual: https://dev.vk.com/api/bots-long-poll/getting-started, read 2026-08-01.

- `failed: 1`: the history is shorter than our `ts`, and what lay between is lost; `2`: the key is
  too old; `3`: key and `ts` are.
- `ts` comes as a number or as a string. It is our cursor: a new key goes on from it.
"""

import json
from typing import Any
from urllib.parse import urlencode

from channels.vk.api import VERSION, Api
from channels.vk.events import Update
from channels.vk.reading import arrivals
from channels.vk.subscribing import EVENTS
from channels.vk.whole import completed
from router.abilities import Polled
from router.channel import Arrival, Hook
from router.errors import Malformed, ProviderError, Rejected, Unconfirmed

WAIT_S = 25
TIMEOUT_S = 45.0
LOST = "VK forgot what came before we asked for it"
HISTORY_LOST, KEY_OLD, ALL_OLD = 1, 2, 3


class Asking:
    """The long poll of one community."""

    def __init__(self, api: Api, *, group_id: int) -> None:
        self._api = api
        self._group_id = group_id
        self._server: tuple[str, str] | None = None

    async def poll(self, cursor: str | None) -> Polled:
        """Ask once, for half a minute at most."""
        if self._server is None:
            now = await self._connect(switch_on=cursor is None)
            if cursor is None:
                # Stored before we wait: whoever is killed waiting goes on from here.
                return Polled((), now)
        assert self._server is not None
        address, key = self._server
        query = urlencode({"act": "a_check", "key": key, "ts": cursor or "0", "wait": WAIT_S})
        try:
            told = await self._api.get(f"{address}?{query}", timeout_s=TIMEOUT_S)
        except ProviderError:
            # Perhaps it is the address that went away.
            self._server = None
            raise
        if not isinstance(told, dict):
            raise Unconfirmed("the long poll's answer cannot be read")
        if "failed" in told:
            return await self._failed(told, cursor)
        return await self._brought(told)

    async def _connect(self, *, switch_on: bool) -> str:
        """Learn where to ask; gives the `ts` as it is now."""
        if switch_on:
            settings: dict[str, str | int] = {"enabled": 1, "api_version": VERSION, **EVENTS}
            await self._api.call(
                "groups.setLongPollSettings", {"group_id": self._group_id, **settings}
            )
        given = await self._api.call("groups.getLongPollServer", {"group_id": self._group_id})
        told = given if isinstance(given, dict) else {}
        address, key, ts = told.get("server"), told.get("key"), _ts(told.get("ts"))
        if not isinstance(address, str) or not isinstance(key, str) or ts is None:
            raise Unconfirmed("VK does not say where to ask")
        # Some communities are given the address without its scheme.
        self._server = (address if "://" in address else f"https://{address}", key)
        return ts

    async def _failed(self, told: dict[str, Any], cursor: str | None) -> Polled:
        """Where to go on from; what is lost is told to people."""
        failed, ts = told["failed"], _ts(told.get("ts"))
        if failed == HISTORY_LOST and ts is not None:
            return Polled((), ts, unread=(_lost(cursor),))
        self._server = None
        if failed == KEY_OLD:
            await self._connect(switch_on=False)
            return Polled((), cursor or "0")
        if failed == ALL_OLD:
            return Polled((), await self._connect(switch_on=False), unread=(_lost(cursor),))
        raise Rejected("VK refuses the long poll", code=f"failed {failed}")

    async def _brought(self, told: dict[str, Any]) -> Polled:
        ts, updates = _ts(told.get("ts")), told.get("updates")
        if ts is None or not isinstance(updates, list):
            raise Unconfirmed("the long poll's answer cannot be read")
        found: list[Arrival] = []
        unread: list[tuple[Hook, str]] = []
        for one in updates:
            hook = _hook("POLL", json.dumps(one, ensure_ascii=False).encode())
            try:
                found += arrivals(await self._whole(hook))
            except Malformed as error:
                unread.append((hook, error.reason))
        return Polled(tuple(found), ts, tuple(unread))

    async def _whole(self, hook: Hook) -> Update:
        return await completed(self._api, hook.body, group_id=self._group_id)


def _lost(cursor: str | None) -> tuple[Hook, str]:
    return _hook("LOST", json.dumps({"ts": cursor}).encode()), LOST


def _hook(method: str, body: bytes) -> Hook:
    """Something that came by the long poll, as if it had come as a request."""
    return Hook(method, url="", remote="", headers={}, query={}, body=body)


def _ts(given: Any) -> str | None:
    if isinstance(given, bool) or not isinstance(given, int | str):
        return None
    return str(given) if str(given).isdecimal() else None
