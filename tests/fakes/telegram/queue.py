"""How the fake Telegram hands updates on: by long polling, or by calling a webhook.

As its server does (read 2026-11-28 in github.com/tdlib/telegram-bot-api): an update stays until a
later offset or a 2xx confirms it; one chat's updates come strictly one after the other, presses of
buttons in a queue of each user; a failure is repeated at once, then after 2, 4, 8 … seconds.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count
from time import time
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.fakes.telegram.world import Refused, bad

# https://core.telegram.org/bots/api#setwebhook, read 2026-11-29; the words are those of the server.
WEBHOOK_PORTS = frozenset({443, 80, 88, 8443})
WHEN_NOT_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
LONGEST_WAIT_S = 60.0


@dataclass
class Update:
    id: int
    kind: str
    what: Mapping[str, Any]
    lane: str

    def shown(self) -> dict[str, Any]:
        return {"update_id": self.id, self.kind: self.what}


@dataclass
class Webhook:
    url: str
    secret: str
    last_error: str | None = None
    last_error_at: int | None = None


@dataclass
class UpdateQueue:
    """What a bot has not heard yet. `hurry` shortens the waits between repeats. `proxied`: before
    an http address stands a proxy with a certificate, which Telegram calls in its place.
    """

    hurry: float = 1.0
    proxied: bool = False
    waiting: list[Update] = field(default_factory=list)
    allowed: Sequence[str] | None = None
    webhook: Webhook | None = None
    pushed: int = 0
    pushing: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ids: Any = field(default_factory=lambda: count(700_000_001))
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: asyncio.Event | None = None
    _pushing: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def put(self, kind: str, what: Mapping[str, Any], *, lane: str) -> None:
        wanted = kind not in WHEN_NOT_ASKED if not self.allowed else kind in self.allowed
        if not wanted:
            return
        self.waiting.append(Update(next(self._ids), kind, deepcopy(what), lane))
        self._came.set()
        self._push_on(lane)

    def put_raw(self, what: Mapping[str, Any], *, lane: str = "raw") -> None:
        """An update of a kind that nobody knows."""
        ((kind, inside),) = what.items()
        self.waiting.append(Update(next(self._ids), kind, inside, lane))
        self._came.set()
        self._push_on(lane)

    # --- polling ------------------------------------------------------------

    async def poll(self, offset: int, limit: int, timeout_s: float) -> list[dict[str, Any]]:
        if self.webhook is not None:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if self._poller is not None:
            self._poller.set()
        mine = self._poller = asyncio.Event()
        self.waiting = [one for one in self.waiting if one.id >= offset]
        try:
            await self._wait(mine, timeout_s)
        finally:
            if self._poller is mine:
                self._poller = None
        return [one.shown() for one in self.waiting[:limit]]

    async def _wait(self, mine: asyncio.Event, timeout_s: float) -> None:
        deadline = time() + min(timeout_s, 50)
        while not self.waiting and time() < deadline:
            self._came.clear()
            ended = [asyncio.ensure_future(one.wait()) for one in (self._came, mine)]
            try:
                await asyncio.wait(
                    ended, timeout=deadline - time(), return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                for one in ended:
                    one.cancel()
            if mine.is_set():
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )

    # --- webhook ------------------------------------------------------------

    def take(self, url: str, secret: str) -> None:
        """Call that address from now on. Raises `Refused`."""
        if url and not self.proxied:
            _check_address(url)
        self.call(url, secret)

    def call(self, url: str, secret: str) -> None:
        self.webhook = Webhook(url, secret) if url else None
        for lane in {one.lane for one in self.waiting}:
            self._push_on(lane)

    def _push_on(self, lane: str) -> None:
        running = self._pushing.get(lane)
        if self.webhook is not None and (running is None or running.done()):
            self._pushing[lane] = asyncio.create_task(self._push(lane))

    async def _push(self, lane: str) -> None:
        async with ClientSession(timeout=ClientTimeout(total=30)) as session:
            failures: dict[int, int] = defaultdict(int)
            while self.webhook is not None:
                update = next((one for one in self.waiting if one.lane == lane), None)
                if update is None:
                    return
                if await self._called(session, self.webhook, update):
                    self.waiting.remove(update)
                    continue
                # The first repeat comes at once.
                wait_s = min(2.0 ** failures[update.id], LONGEST_WAIT_S)
                wait_s = wait_s if failures[update.id] else 0.0
                failures[update.id] += 1
                await asyncio.sleep(wait_s * self.hurry)

    async def _called(self, session: ClientSession, hook: Webhook, update: Update) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        error = "Connection refused"
        self.pushed += 1
        async with self.pushing:
            self.pushing.notify_all()
        with suppress(ClientError, OSError, TimeoutError):
            async with session.post(hook.url, json=update.shown(), headers=headers) as answer:
                if 200 <= answer.status < 300:
                    return True
                error = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        hook.last_error, hook.last_error_at = error, int(time())
        return False

    async def until_pushed(self, times: int) -> None:
        """Return once the webhook was called that often."""
        async with asyncio.timeout(10), self.pushing:
            await self.pushing.wait_for(lambda: self.pushed >= times)

    async def close(self) -> None:
        for task in self._pushing.values():
            task.cancel()
        await asyncio.gather(*self._pushing.values(), return_exceptions=True)


def _check_address(url: str) -> None:
    address = urlsplit(url)
    if address.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if (address.port or 443) not in WEBHOOK_PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    with suppress(ValueError):
        if not ip_address(address.hostname or "").is_global:
            raise bad(f"bad webhook: IP address {address.hostname} is reserved")
