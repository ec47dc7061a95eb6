"""VK's Callback API: makes sure of an address, then pushes what happens, and comes again.

An answer that is not 200 and exactly `ok` is a failure; the event comes again with X-Retry-Counter.
`doubles` brings every event twice, `shuffles` brings what waits in any order.
"""

import asyncio
import json
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.fakes.vk.world import VERSION, Json, World

TRIES = 200
SPREAD_S = 0.05


@dataclass
class Server:
    """One of the addresses that a community has its events pushed to."""

    id: int
    url: str
    title: str
    secret_key: str
    status: str = "unconfigured"
    events: set[str] = field(default_factory=set)

    def shown(self) -> Json:
        return {
            "id": self.id,
            "title": self.title,
            "creator_id": 1,
            "url": self.url,
            "secret_key": self.secret_key,
            "status": self.status,
        }


class Callbacks:
    """All servers of one community."""

    def __init__(self, world: World, session: ClientSession) -> None:
        self.world = world
        self.servers: dict[int, Server] = {}
        self.answers: list[tuple[str, int, str]] = []
        self.doubles = False
        self.shuffles = False
        self.again_s = 0.05
        self._session = session
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, url: str, title: str, secret_key: str) -> Server:
        server = Server(len(self.servers) + 1, url, title, secret_key)
        self.servers[server.id] = server
        self._begin(self._confirm(server))
        return server

    def edit(self, id_: int, url: str, title: str, secret_key: str) -> None:
        server = self.servers[id_]
        server.url, server.title, server.secret_key = url, title, secret_key
        server.status = "unconfigured"
        self._begin(self._confirm(server))

    def tell(self, event: Json) -> None:
        """Something happened: push it to whoever wants it."""
        for server in self.servers.values():
            if server.status == "ok" and event["type"] in server.events:
                for _ in range(2 if self.doubles else 1):
                    self._begin(self._push(server, event))

    async def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _confirm(self, server: Server) -> None:
        server.status = "wait"
        event = {
            "type": "confirmation",
            "group_id": self.world.group_id,
            "event_id": uuid4().hex,
            "v": VERSION,
        }
        status, text = await self._posted(server, event, tries=0)
        is_ours = (status, text) == (200, self.world.confirmation)
        server.status = "ok" if is_ours else "failed"

    async def _push(self, server: Server, event: Json) -> None:
        if self.shuffles:
            await asyncio.sleep(random.random() * SPREAD_S)
        for tries in range(TRIES):
            if await self._posted(server, event, tries=tries) == (200, "ok"):
                return
            await asyncio.sleep(self.again_s)

    async def _posted(self, server: Server, event: Json, *, tries: int) -> tuple[int, str]:
        body = {**event, "secret": server.secret_key} if server.secret_key else event
        headers = {"Content-Type": "application/json"}
        if tries:
            headers["X-Retry-Counter"] = str(tries)
        data = json.dumps(body, ensure_ascii=False).encode()
        try:
            async with self._session.post(
                server.url, data=data, headers=headers, timeout=ClientTimeout(total=10)
            ) as response:
                answer = response.status, await response.text()
        except (ClientError, TimeoutError):
            answer = 0, ""
        self.answers.append((event["type"], *answer))
        return answer

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
