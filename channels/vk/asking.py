"""Bots Long Poll: the same updates, asked for.

Manual: https://dev.vk.com/api/bots-long-poll/getting-started, read 2026-08-01.

- `failed: 1`: the history is shorter than our `ts`, and what lay between is not told any more; `2`:
  the key is too old; `3`: key and `ts` are.
- `ts` comes as a number or as a string. A new key goes on from it.

Our cursor is `ts`, then `@` and VK's time of the latest message that came: from there on the
conversations are read where the long poll has forgotten. Comments of that time stay forgotten: no
method that a community may call tells them.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from channels.vk.api import VERSION, Api
from channels.vk.events import update_in
from channels.vk.missed import missed
from channels.vk.reading import arrivals, said_in
from channels.vk.subscribing import events
from channels.vk.whole import Whole
from router.abilities import Polled
from router.channel import Arrival, Hook
from router.errors import BadCredentials, Malformed, ProviderError, Rejected, Unconfirmed

WAIT_S = 25
TIMEOUT_S = 45.0
LOST = "VK forgot what came before we asked for it"
PARTLY = f"{LOST}; {{n}} messages were read again, and there may be more"
READ_AGAIN = f"{LOST}; {{n}} messages were read again from the conversations"
HISTORY_LOST, KEY_OLD, ALL_OLD = 1, 2, 3


class Asking:
    """The long poll of one community."""

    def __init__(self, api: Api, whole: Whole, *, group_id: int, comments: bool) -> None:
        self._api = api
        self._whole = whole
        self._comments = comments
        self._group_id = group_id
        self._server: tuple[str, str] | None = None

    async def poll(self, cursor: str | None) -> Polled:
        """Ask once, for half a minute at most; what was forgotten is looked for in a minute."""
        ts, since = _place(cursor)
        if self._server is None:
            begins = await self._connect(switch_on=cursor is None)
            if cursor is None:
                # Stored before we wait: whoever is killed waiting goes on from here.
                return Polled((), begins)
        assert self._server is not None
        address, key = self._server
        query = urlencode({"act": "a_check", "key": key, "ts": ts, "wait": WAIT_S})
        try:
            told = await self._api.get(f"{address}?{query}", timeout_s=TIMEOUT_S)
        except ProviderError:
            # Perhaps it is the address that went away.
            self._server = None
            raise
        if not isinstance(told, dict):
            raise Unconfirmed("the long poll's answer cannot be read")
        if "failed" in told:
            return await self._failed(told, cursor, since)
        now, updates = _ts(told.get("ts")), told.get("updates")
        if now is None or not isinstance(updates, list):
            raise Unconfirmed("the long poll's answer cannot be read")
        bodies = [json.dumps(one, ensure_ascii=False).encode() for one in updates]
        return await self._brought(bodies, now, since)

    async def _connect(self, *, switch_on: bool) -> str:
        """Learn where to ask; gives the `ts` as it is now."""
        if switch_on:
            await self._switch_on()
        else:
            # What we read may have become more since then; messages must not hang on it.
            with suppress(Rejected, BadCredentials):
                await self._switch_on()
        given = await self._api.call("groups.getLongPollServer", {"group_id": self._group_id})
        told = given if isinstance(given, dict) else {}
        address, key, ts = told.get("server"), told.get("key"), _ts(told.get("ts"))
        if not isinstance(address, str) or not isinstance(key, str) or ts is None:
            raise Unconfirmed("VK does not say where to ask")
        # Some communities are given the address without its scheme.
        self._server = (address if "://" in address else f"https://{address}", key)
        return ts

    async def _switch_on(self) -> None:
        wanted = events(comments=self._comments)
        settings: dict[str, str | int] = {"enabled": 1, "api_version": VERSION, **wanted}
        await self._api.call("groups.setLongPollSettings", {"group_id": self._group_id, **settings})

    async def _failed(self, told: dict[str, Any], cursor: str | None, since: int) -> Polled:
        """Where to go on from, and what was forgotten meanwhile."""
        failed, ts = told["failed"], _ts(told.get("ts"))
        if failed == HISTORY_LOST and ts is not None:
            return await self._looked_up(ts, cursor, since)
        self._server = None
        if failed == KEY_OLD:
            await self._connect(switch_on=False)
            return Polled((), cursor or "0")
        if failed == ALL_OLD:
            return await self._looked_up(await self._connect(switch_on=False), cursor, since)
        raise Rejected("VK refuses the long poll", code=f"failed {failed}")

    async def _looked_up(self, ts: str, cursor: str | None, since: int) -> Polled:
        """What the long poll has forgotten; people are told that it was so, and what was found.

        What had come is found stored, and what comes meanwhile is told after `ts` as well.
        """
        if since == 0:
            # Nothing has come yet by which to tell what is new.
            return Polled((), ts, unread=(_lost(cursor, LOST),))
        found = await missed(self._api, group_id=self._group_id, since=since)
        brought = await self._brought(found.updates, ts, since)
        reason = (READ_AGAIN if found.whole else PARTLY).format(n=len(found.updates))
        return replace(brought, unread=(*brought.unread, _lost(cursor, reason)))

    async def _brought(self, bodies: Sequence[bytes], ts: str, since: int) -> Polled:
        found: list[Arrival] = []
        unread: list[tuple[Hook, str]] = []
        for body in bodies:
            hook = _hook("POLL", body)
            try:
                update = await self._whole.of(update_in(body))
                found += arrivals(update, comments=self._comments)
                said = said_in(update)
                since = max(since, said.date if said is not None else 0)
            except Malformed as error:
                unread.append((hook, error.reason))
        return Polled(tuple(found), f"{ts}@{since}" if since else ts, tuple(unread))


def _lost(cursor: str | None, reason: str) -> tuple[Hook, str]:
    return _hook("LOST", json.dumps({"ts": _place(cursor)[0]}).encode()), reason


def _place(cursor: str | None) -> tuple[str, int]:
    """`ts`, and VK's time of the latest message that came; 0 if none has."""
    ts, _, since = (cursor or "0").partition("@")
    return ts, int(since or 0)


def _hook(method: str, body: bytes) -> Hook:
    """Something that came by the long poll, as if it had come as a request."""
    return Hook(method, url="", remote="", headers={}, query={}, body=body)


def _ts(given: Any) -> str | None:
    if isinstance(given, bool) or not isinstance(given, int | str):
        return None
    return str(given) if str(given).isdecimal() else None
