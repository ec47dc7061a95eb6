"""VK over real HTTP: methods, upload addresses, files, the long poll."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, web

from tests.fakes.vk.callbacks import Callbacks
from tests.fakes.vk.methods import Methods
from tests.fakes.vk.world import Json, VkError, World

CALLS_PER_S = 20
FORM = "application/x-www-form-urlencoded"
REFUSED_ENDINGS = (".exe", ".mp3")


@dataclass
class FakeVk:
    """A VK on this machine. `calls` are the methods that were called, with what they were given;
    `burst` is the most calls that one second saw; up to `asked_from` a long poll has stored all.
    """

    world: World
    methods: Methods
    callbacks: Callbacks
    url: str
    limited: bool = True
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    forget_before: int = 0
    asked_from: int = -1
    number_ts: bool = False
    broken_updates: list[Any] = field(default_factory=list)
    slow_s: float = 0.0
    burst: int = 0
    _recent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _happened: asyncio.Event = field(default_factory=asyncio.Event)

    def named(self, method: str) -> list[dict[str, str]]:
        """What that method was given, call by call."""
        return [values for name, values in self.calls if name == method]

    def tell(self, event: Json) -> None:
        self._happened.set()
        self.callbacks.tell(event)

    # --- methods ------------------------------------------------------------

    async def method(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if request.content_type != FORM:
            return _error(100, "only forms are taken", {})
        values = {key: str(value) for key, value in (await request.post()).items()}
        self.calls.append((name, values))
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        trouble = self.world.trouble(name)
        if trouble is not None and trouble.status:
            return web.Response(status=trouble.status, text="<html>Bad gateway</html>")
        if trouble is not None and trouble.code:
            return _error(trouble.code, "as ordered", values)
        if self.limited and self._is_too_fast(values.get("access_token", "")):
            return _error(6, "Too many requests per second", values)
        try:
            response = self.methods.call(name, values)
        except VkError as error:
            return _error(error.code, error.message, values)
        if trouble is not None and trouble.lost:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return web.json_response({"response": response})

    def _is_too_fast(self, token: str) -> bool:
        now, recent = time.monotonic(), self._recent[token]
        while recent and recent[0] <= now - 1:
            recent.popleft()
        recent.append(now)
        self.burst = max(self.burst, len(recent))
        return len(recent) > CALLS_PER_S + 1

    # --- files --------------------------------------------------------------

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Takes the first file, whatever its field is called."""
        form = await request.post()
        file = next((one for one in form.values() if isinstance(one, web.FileField)), None)
        if file is None:
            return web.json_response({"error": "no_file", "error_descr": "no file"})
        data, ticket = file.file.read(), uuid4().hex
        if request.match_info["kind"] == "photo":
            if not data.startswith((b"\xff\xd8", b"\x89PNG")):
                return web.json_response({"server": 1, "photo": "[]", "hash": "made-up-hash"})
            self.methods.saved[ticket] = self.world.photo(data, file.content_type)
            return web.json_response({"server": 1, "photo": ticket, "hash": "made-up-hash"})
        if file.filename.endswith(REFUSED_ENDINGS):
            return web.json_response({"error": "unknown error", "error_descr": "bad extension"})
        self.methods.saved[ticket] = self.world.document(file.filename, data, file.content_type)
        return web.json_response({"file": ticket})

    async def file(self, request: web.Request) -> web.StreamResponse:
        found = self.world.files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found[0], content_type=found[1])

    # --- long poll ----------------------------------------------------------

    async def long_poll(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if query["act"] != "a_check" or int(query["wait"]) > 90:
            return web.json_response({"failed": 4})
        if query["key"] != self.methods.long_poll_key:
            return web.json_response({"failed": 2})
        now, ts = len(self.world.events), int(query["ts"])
        self.asked_from = ts
        if ts > now:
            return web.json_response({"failed": 3})
        if ts < self.forget_before:
            return web.json_response({"failed": 1, "ts": self._ts(now)})
        await self._until_after(ts, float(query["wait"]))
        updates = [*self.broken_updates, *self.world.events[ts:]]
        self.broken_updates = []
        return web.json_response({"ts": self._ts(len(self.world.events)), "updates": updates})

    async def _until_after(self, ts: int, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                while len(self.world.events) <= ts and not self.broken_updates:
                    self._happened.clear()
                    await self._happened.wait()
        except TimeoutError:
            return

    def _ts(self, ts: int) -> int | str:
        return ts if self.number_ts else str(ts)


def _error(code: int, message: str, values: Json) -> web.Response:
    asked = [{"key": name, "value": value} for name, value in values.items()]
    error = {"error_code": code, "error_msg": message, "request_params": asked}
    return web.json_response({"error": error}, dumps=lambda one: json.dumps(one))


@asynccontextmanager
async def playing_vk(world: World | None = None, *, port: int = 0) -> AsyncIterator[FakeVk]:
    """Play VK until left."""
    world = world or World()
    async with ClientSession() as session:
        callbacks = Callbacks(world, session)
        fake = FakeVk(world, Methods(world, callbacks), callbacks, url="")
        application = web.Application(client_max_size=100_000_000)
        application.router.add_post("/method/{name}", fake.method)
        application.router.add_post("/upload/{kind}", fake.upload)
        application.router.add_get("/files/{name}", fake.file)
        application.router.add_get("/lp", fake.long_poll)
        runner = web.AppRunner(application, shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        assert runner.addresses
        fake.url = world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        world.tell = fake.tell
        world.kept("group.jpg", b"\xff\xd8\xff made-up", "image/jpeg")
        try:
            yield fake
        finally:
            await callbacks.close()
            await runner.cleanup()
