"""Customers under load: visitors at their sockets, and those whom a company's program brings."""

import asyncio
import hmac
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import ClientSession, ClientWebSocketResponse, FormData, WSMsgType, web

from tests.journeys.load import ANSWER_TIMEOUT, LOST, Clients, Said, read

SECRET = "a secret of the journeys"
FILE_SHARE = 0.08
REPEATED_SHARE = 0.1
CUT_SHARE = 0.02
THINKS_S = 0.3
BACK_AFTER_S = (0.05, 0.8)
# Nobody writes a fourth message while three are not on their way.
TYPED_AHEAD = 3
SLOW_DOWN = 4429
SLOWED_DOWN_S = 10.0


class Broken(ConnectionError):
    """The socket is of no more use: say hello again."""


class Visitor:
    """A visitor of the website, as the widget's frame behaves: one message under way, sent again
    after every hello until it is acknowledged; a gap in the numbering means another hello.
    """

    def __init__(self, name: str, clients: Clients, session: ClientSession) -> None:
        self.name = name
        self.said: list[Said] = []
        self.held: dict[int, Mapping[str, Any]] = {}
        self.hellos = 0
        self.closed_with: list[int | None] = []
        self._clients = clients
        self._session = session
        self._url = f"{clients.address}/chat/shop"
        self._token: str | None = None
        self._outbox: deque[Said] = deque()
        self._contact: Said | None = None
        self._stirred = asyncio.Event()
        self._answered = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        return not self._outbox and self._contact is None

    def holds(self) -> int:
        """Up to where it holds its thread without a gap."""
        return max(self.held, default=0)

    async def chat(self, *, every_s: float, contact: bool) -> None:
        """Say something now and then until everything stops."""
        while not self._clients.stopped.is_set():
            if len(self._outbox) < TYPED_AHEAD:
                self._say()
            if contact and len(self.said) == 2:
                self._contact = Said(f"+7 912 {self._clients.random.randrange(10**7):07}")
            self._stirred.set()
            await self._clients.pause(every_s)

    def _say(self) -> None:
        said = Said(f"{self.name} says {len(self.said) + 1}")
        if self._clients.random.random() < FILE_SHARE:
            said.file = f"the file of {said.text}".encode()
        self.said.append(said)
        self._outbox.append(said)

    async def live(self) -> None:
        """Stay connected until cancelled."""
        while True:
            try:
                async with self._session.ws_connect(f"{self._url}/socket", heartbeat=20) as ws:
                    await self._connected(ws)
            except LOST:
                pass
            if self.closed_with[-1:] == [SLOW_DOWN]:
                await asyncio.sleep(SLOWED_DOWN_S)
            await asyncio.sleep(self._clients.random.uniform(*BACK_AFTER_S))

    async def _connected(self, ws: ClientWebSocketResponse) -> None:
        self.hellos += 1
        await ws.send_json({"type": "hello", "token": self._token, "after_seq": self.holds()})
        welcome = await ws.receive(timeout=ANSWER_TIMEOUT.total)
        if welcome.type is not WSMsgType.TEXT:
            self.closed_with.append(ws.close_code)
            return
        self._welcomed(orjson.loads(welcome.data))
        sending = asyncio.create_task(self._send(ws))
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await self._heard(orjson.loads(message.data), ws)
        except Broken:
            await ws.close()
        finally:
            sending.cancel()
            self.closed_with.append(ws.close_code)
            if ws.close_code in (4401, 4403, 4408, 4409):
                self._clients.surprise(f"{self.name} was sent away with {ws.close_code}")

    def _welcomed(self, frame: Mapping[str, Any]) -> None:
        if self._token is not None and frame["token"] != self._token:
            self._clients.surprise(f"{self.name} became somebody else")
        self._token = frame["token"]
        if frame["reset"]:
            if self.held and not frame["more"]:
                self._clients.surprise(f"{self.name} was made to forget its thread")
            self.held.clear()
        for one in frame["messages"]:
            self._hold(one)

    async def _heard(self, frame: Mapping[str, Any], ws: ClientWebSocketResponse) -> None:
        match frame["type"]:
            case "message":
                if frame["message"]["seq"] > self.holds() + 1:
                    raise Broken
                self._hold(frame["message"])
                await ws.send_json({"type": "received", "seq": self.holds()})
            case "ack":
                self._acknowledged(frame)
            case "refused":
                self._clients.surprise(f"{self.name} was refused: {frame['code']}")
            case _:
                pass

    def _hold(self, message: Mapping[str, Any]) -> None:
        known = self.held.setdefault(message["seq"], message)
        if known["id"] != message["id"]:
            self._clients.surprise(f"{self.name} was shown two messages in one place")

    def _acknowledged(self, frame: Mapping[str, Any]) -> None:
        if self._contact is not None and frame["client_id"] == self._contact.id:
            self._contact = None
        elif self._outbox and frame["client_id"] == self._outbox[0].id:
            said = self._outbox.popleft()
            said.seq, said.acknowledged = frame["seq"], True
        self._answered.set()

    async def _send(self, ws: ClientWebSocketResponse) -> None:
        """One thing at a time; without an answer the socket is given up."""
        while True:
            while self.is_idle:
                self._stirred.clear()
                await self._stirred.wait()
            self._answered.clear()
            try:
                await ws.send_json(await self._next())
                async with asyncio.timeout(ANSWER_TIMEOUT.total):
                    await self._answered.wait()
            except LOST:
                self._clients.lost_answers += 1
                await ws.close()
                return

    async def _next(self) -> dict[str, Any]:
        if self._contact is not None:
            return {"type": "contact", "client_id": self._contact.id, "phone": self._contact.text}
        said = self._outbox[0]
        said.attempts += 1
        frame: dict[str, Any] = {"type": "send", "client_id": said.id, "text": said.text}
        if said.file is not None:
            frame["files"] = [await self._upload(said.file)]
        return frame

    async def _upload(self, content: bytes) -> str:
        form = FormData()
        form.add_field("file", content, filename="note.txt", content_type="text/plain")
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.post(f"{self._url}/files", data=form, headers=headers) as response:
            status, stored = await read(response)
        if status != 200:
            raise Broken
        return str(stored["id"])


class Partner:
    """One customer whom the company's own program brings: POST until 200, in order.

    `address`: whose this is, if the same customer has several such threads.
    """

    def __init__(
        self,
        name: str,
        inbox_id: str,
        pictures: str,
        clients: Clients,
        session: ClientSession,
        *,
        address: str = "",
    ) -> None:
        self.name = name
        self.key = name
        self._address = address or name
        self.said: list[Said] = []
        self._pictures = pictures
        self._clients = clients
        self._session = session
        self._url = f"{clients.address}/hooks/{inbox_id}"
        self._busy = False

    @property
    def is_idle(self) -> bool:
        return not self._busy

    async def chat(self, *, every_s: float) -> None:
        """Bring a few messages now and then until everything stops."""
        random = self._clients.random
        while not self._clients.stopped.is_set():
            first = len(self.said) + 1
            batch = [
                Said(f"{self.name} says {first + n}") for n in range(random.choice((1, 1, 2, 3)))
            ]
            if random.random() < FILE_SHARE:
                batch[0].file = f"the file of {batch[0].text}".encode()
            self.said += batch
            self._busy = True
            await self._bring(batch)
            if random.random() < REPEATED_SHARE:
                await self._bring(batch)
            self._busy = False
            await self._clients.pause(every_s)

    async def _bring(self, batch: list[Said]) -> None:
        body = {"messages": [self._given(said) for said in batch]}
        headers = {"Authorization": f"Bearer {SECRET}"}
        known = batch[0].acknowledged

        async def post() -> tuple[int, Any]:
            async with self._session.post(self._url, json=body, headers=headers) as response:
                return await read(response)

        attempts = batch[0].attempts
        status, answer = await self._clients.told(post, batch[0])
        if status != 200:
            self._clients.surprise(f"{self.name} was answered {status}")
            return
        new = 0 if known else len(batch)
        surely = known or batch[0].attempts == attempts + 1
        if surely and answer != {"accepted": new, "duplicates": len(batch) - new}:
            self._clients.surprise(f"{self.name} was told {answer} of {new} new in {len(batch)}")
        for said in batch:
            said.acknowledged = True

    def _given(self, said: Said) -> dict[str, Any]:
        given: dict[str, Any] = {
            "external_id": said.id,
            "from": {"address": self._address, "name": self._address},
            "thread_key": self.key,
            "text": said.text,
            "sent_at": datetime.now(UTC).isoformat(),
        }
        if said.file is not None and self._clients.random.random() < 0.5:
            given["files"] = [{"name": "note.txt", "base64": b64encode(said.file).decode()}]
        elif said.file is not None:
            given["files"] = [{"url": f"{self._pictures}/{quote(said.text)}", "name": "note.txt"}]
        return given


Customer = Visitor | Partner


@dataclass(eq=False)
class Callback:
    """The company's program at the other end: takes answers, each id once, as a real one does."""

    clients: Clients
    url: str = ""
    pictures: str = ""
    deliveries: dict[str, tuple[str, str]] = field(default_factory=dict)
    repeats: int = 0
    cuts: int = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = "sha256=" + hmac.new(SECRET.encode(), body, sha256).hexdigest()
        if request.headers.get("X-Router-Signature") != signed:
            self.clients.surprise("an answer came with a wrong signature")
            return web.Response(status=403)
        given = orjson.loads(body)
        what = (given["thread_key"], given["text"])
        await self._think()
        if request.transport is None or request.transport.is_closing():
            # Whoever sent it is gone before it was taken.
            return web.Response(status=500)
        if given["id"] in self.deliveries:
            self.repeats += 1
        if self.deliveries.setdefault(given["id"], what) != what:
            self.clients.surprise("an answer came again as something else")
        if self.clients.random.random() < CUT_SHARE and request.transport is not None:
            # It has the message, and its answer is lost.
            self.cuts += 1
            request.transport.abort()
        await self._think()
        return web.json_response({})

    async def _think(self) -> None:
        """Long enough that a kill finds answers on their way."""
        await asyncio.sleep(self.clients.random.uniform(0, THINKS_S))

    async def picture(self, request: web.Request) -> web.Response:
        return web.Response(body=f"the file of {request.match_info['text']}".encode())


@asynccontextmanager
async def callback(clients: Clients) -> AsyncIterator[Callback]:
    """A running one."""
    told = Callback(clients)
    app = web.Application()
    app.add_routes([web.post("/take", told.take), web.get("/pictures/{text}", told.picture)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    told.url, told.pictures = f"http://{host}:{port}/take", f"http://{host}:{port}/pictures"
    try:
        yield told
    finally:
        await runner.cleanup()
