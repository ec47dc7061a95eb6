"""Which address leads where."""

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from channels.webchat.frames import MAX_FRAME_BYTES
from channels.webchat.limits import Budgets
from channels.webchat.pages import Pages, settings_of
from channels.webchat.rooms import Rooms
from channels.webchat.socket import Patience, Talk
from channels.webchat.uploads import take_file
from channels.webchat.visitors import Tokens, is_allowed
from router.channel import Capabilities
from router.clock import Clock
from router.visitor import Front, Fronts

DIST = Path(__file__).resolve().parents[2] / "widget" / "dist"
LINE = "{line:[a-z0-9-]+}"
PING_EVERY_S = 20.0
WRITER_LIMIT_BYTES = 64 * 1024
PATIENCE = Patience()

SITE_NOT_ALLOWED = 4403


class Doors:
    """The web chat's public addresses, for all lines."""

    def __init__(
        self,
        fronts: Fronts,
        capabilities: Capabilities,
        *,
        signing_keys: Sequence[bytes],
        clock: Clock,
        dist: Path = DIST,
        patience: Patience = PATIENCE,
    ) -> None:
        self._fronts = fronts
        self._capabilities = capabilities
        self._tokens = Tokens(signing_keys)
        self._pages = Pages(dist)
        self._rooms = Rooms()
        self._budgets = Budgets(clock)
        self._clock = clock
        self._patience = patience

    def routes(self) -> Sequence[web.RouteDef]:
        return (
            web.get(f"/widget/{LINE}.js", self._loader),
            web.get("/widget/assets/{name}", self._part),
            web.get(f"/chat/{LINE}", self._chat),
            web.get(f"/chat/{LINE}/socket", self._socket),
            web.post(f"/chat/{LINE}/files", self._file),
            web.get("/demo", self._demo),
            web.get("/demo/{name}", self._demo_part),
        )

    async def close(self) -> None:
        await self._rooms.close()

    async def _front(self, request: web.Request) -> Front:
        front = await self._fronts.of_line(request.match_info["line"])
        if front is None:
            raise web.HTTPNotFound(text="there is no such line")
        return front

    async def _loader(self, request: web.Request) -> web.Response:
        settings = settings_of(
            await self._front(request), self._capabilities, build=self._pages.build
        )
        return self._pages.loader(settings, request)

    async def _chat(self, request: web.Request) -> web.Response:
        front = await self._front(request)
        settings = settings_of(front, self._capabilities, build=self._pages.build)
        return self._pages.chat(settings, front)

    async def _part(self, request: web.Request) -> web.FileResponse:
        return self._pages.part(request.match_info["name"])

    async def _demo(self, request: web.Request) -> web.Response:
        line_key = await self._fronts.first_line()
        if line_key is None:
            raise web.HTTPNotFound(text="no line has a chat on the website")
        return self._pages.demo(line_key)

    async def _demo_part(self, request: web.Request) -> web.FileResponse:
        return self._pages.demo_part(request.match_info["name"])

    async def _file(self, request: web.Request) -> web.Response:
        front = await self._front(request)
        if not self._may_talk(request, front):
            raise web.HTTPForbidden(text="this site is not allowed")
        return await take_file(
            request,
            front,
            tokens=self._tokens,
            budgets=self._budgets,
            max_bytes=self._capabilities.max_file_bytes,
        )

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        front = await self._front(request)
        # Compression would keep a dictionary of a quarter megabyte for every visitor.
        socket = web.WebSocketResponse(
            heartbeat=PING_EVERY_S,
            timeout=self._patience.close_s,
            max_msg_size=MAX_FRAME_BYTES,
            compress=False,
            writer_limit=WRITER_LIMIT_BYTES,
        )
        await socket.prepare(request)
        if not self._may_talk(request, front):
            await socket.close(code=SITE_NOT_ALLOWED)
            return socket
        talk = Talk(
            front,
            capabilities=self._capabilities,
            tokens=self._tokens,
            rooms=self._rooms,
            budgets=self._budgets,
            clock=self._clock,
            patience=self._patience,
            address=request.remote or "",
        )
        await talk.run(socket, request.transport)
        return socket

    def _may_talk(self, request: web.Request, front: Front) -> bool:
        return is_allowed(request.headers.get("Origin"), host=request.host, front=front)
