"""A desk in memory and a browser: what the tests of the web chat talk with.

The desk is strict: it takes only what the hub would, numbers messages without gaps, and tells
followers at once, in order.
"""

import asyncio
import hmac
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestClient

from channels.webchat import Webchat
from channels.webchat.doors import Doors
from channels.webchat.socket import Patience
from router.channel import Arrival, CustomerAction, IncomingMessage, Receipt, Sender, Stored
from router.clock import Clock
from router.errors import Busy, Invalid
from router.ids import ConversationId, FileId, InboxId, LineId, MessageId, ThreadId, new_id
from router.model import Author, File, FileState, Inbox, Line, Message, State, Visit
from router.queueing import Look
from router.visitor import Face, Front, Heard, Outlook, Said, Standing
from tests.channels.contract import TestSecrets
from tests.clock import NOON

ORIGIN = "https://chat.example"
SECRET = "made-up-identity-secret"
KEY = b"a key of the tests"
BORIS = Face("Boris", "/avatars/boris.png")

Hear = Callable[[Heard], None]
Client = TestClient[web.Request, web.Application]


@dataclass
class MemoryDesk:
    """A `VisitorDesk`."""

    busy: bool = False
    breaks: bool = False
    refuses: str | None = None
    face: Face | None = None
    state: State = State.WAITING
    online: bool = True
    threads: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    followers: dict[str, list[Hear]] = field(default_factory=lambda: defaultdict(list))
    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    said: list[IncomingMessage] = field(default_factory=list)
    actions: list[CustomerAction] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    goes_on: bool = False
    proofs: list[tuple[str, str, bool]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    files: dict[FileId, tuple[str, File, bytes]] = field(default_factory=dict)
    ids: dict[str, Message] = field(default_factory=dict)
    deserted: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, *arrivals: Arrival) -> Sequence[Stored]:
        if self.busy:
            raise Busy
        if self.refuses:
            raise Invalid(self.refuses)
        return [self._take(one) for one in arrivals]

    async def standing(self, thread_key: str) -> Standing:
        messages = self.threads.get(thread_key)
        if not messages:
            return Standing()
        return Standing(
            thread_id=messages[0].thread_id,
            state=self.state,
            last_seq=len(messages),
            seen_seq=self.seen[thread_key],
            face=self.face,
        )

    async def history(
        self,
        thread_key: str,
        *,
        after_seq: int = 0,
        before_seq: int | None = None,
        limit: int = 100,
    ) -> Sequence[Said]:
        if self.breaks:
            raise OSError("the database is gone")
        end = before_seq if before_seq is not None else 2**31
        found = [one for one in self.threads.get(thread_key, ()) if after_seq < one.seq < end]
        return [self._said(one) for one in found[-limit:]]

    def follow(self, thread_key: str, hear: Hear) -> Callable[[], None]:
        self.followers[thread_key].append(hear)

        def stop() -> None:
            self.followers[thread_key].remove(hear)
            if not self.followers[thread_key]:
                del self.followers[thread_key]
                self.deserted.set()

        return stop

    async def outlook(self) -> Outlook:
        return Outlook(open=True, opens_at=None, online=self.online)

    async def signed_in(self, thread_key: str, user: Sender, *, joins: bool) -> bool:
        assert user.proven
        self.proofs.append((thread_key, user.address, joins))
        return self.goes_on

    async def typing(self, thread_key: str) -> None:
        self.typed.append(thread_key)

    async def visited(self, thread_key: str, visit: Visit) -> None:
        assert self.threads.get(thread_key), "a visit of no thread"
        self.visits.append(visit)

    async def keep_file(self, thread_key: str, name: str, body: AsyncIterator[bytes]) -> File:
        content = b"".join([chunk async for chunk in body])
        if not content:
            raise Invalid("the file is empty")
        file = File(FileId(new_id()), name, "image/png", len(content), FileState.STORED)
        self.files[file.id] = (thread_key, file, content)
        return file

    def file_url(self, file: File) -> str:
        return f"/files/{file.id}"

    # --- what operators and others do ------------------------------------------

    def says(self, key: str, text: str, *, quietly: bool = False) -> Message:
        """An operator writes; `quietly`: the news of it is lost."""
        message = self._add(key, Author.OPERATOR, text)
        if not quietly:
            self.tell(key, Heard(said=self._said(message)))
        return message

    def tell(self, key: str, heard: Heard) -> None:
        for hear in tuple(self.followers.get(key, ())):
            hear(heard)

    @property
    def visitor(self) -> str:
        """The only visitor who is here."""
        (key,) = self.followers
        return key

    def _take(self, arrival: Arrival) -> Stored:
        match arrival:
            case IncomingMessage(external_id=external_id, thread_key=key):
                assert external_id.startswith(f"{key}:")
                assert arrival.sender.address == key
                if external_id in self.ids:
                    return self._stored(self.ids[external_id], new=False)
                attached = tuple(self._claimed(key, one.stored_id) for one in arrival.attachments)
                self.said.append(arrival)
                message = self._add(
                    key, Author.CUSTOMER, arrival.text, client_id=arrival.client_id, files=attached
                )
                self.ids[external_id] = message
                self.tell(key, Heard(said=self._said(message)))
                return self._stored(message, new=True)
            case CustomerAction():
                self.actions.append(arrival)
                return Stored(new=True, at=NOON)
            case Receipt(up_to_seq=int(seq), thread_key=key):
                assert seq <= len(self.threads[key])
                self.receipts.append(arrival)
                return Stored(new=True)
            case _:
                raise AssertionError(f"the web chat brings no {type(arrival).__name__}")

    def _claimed(self, key: str, file_id: str | None) -> File:
        for owner, file, _ in self.files.values():
            if (owner, str(file.id)) == (key, file_id):
                return file
        raise Invalid("there is no such file")

    def _add(self, key: str, author: Author, text: str, **more: Any) -> Message:
        messages = self.threads[key]
        thread_id = messages[0].thread_id if messages else ThreadId(new_id())
        message = Message(
            MessageId(new_id()), thread_id, ConversationId(new_id()), len(messages) + 1,
            author, text, NOON, NOON, **more,
        )  # fmt: skip
        messages.append(message)
        return message

    def _said(self, message: Message) -> Said:
        urls = {str(file.id): self.file_url(file) for file in message.files}
        return Said(message, BORIS if message.author is Author.OPERATOR else None, urls)

    def _stored(self, message: Message, *, new: bool) -> Stored:
        return Stored(
            new,
            message.thread_id,
            message_id=str(message.id),
            seq=message.seq,
            at=message.stored_at,
        )


@dataclass
class OneLine:
    """`Fronts` with one line, called shop."""

    front: Front

    async def of_line(self, key: str) -> Front | None:
        return self.front if key == self.front.line.key else None

    async def first_line(self) -> str | None:
        return self.front.line.key


def front_of(desk: MemoryDesk, **look: Any) -> Front:
    """The shop's front, with that look."""
    line = Line(LineId(new_id()), "shop", "Shop", look=Look(**look))
    inbox = Inbox(InboxId(new_id()), line.id, "webchat", "Chat", account={"corner": "left"})
    return Front(line, inbox, TestSecrets({"identity_secret": SECRET}), desk, ORIGIN)


def doors_of(
    front: Front,
    clock: Clock,
    *,
    dist: Path = Path("nowhere"),
    signing_keys: Sequence[bytes] = (KEY,),
) -> Doors:
    return Doors(
        OneLine(front),
        Webchat.capabilities,
        signing_keys=signing_keys,
        clock=clock,
        dist=dist,
        patience=Patience(hello_s=0.1, tell_s=0.1, close_s=0.1),
    )


class Browser:
    """A visitor's browser: one socket at a time, its token, and how far it holds the thread.

    `address`: where a proxy that we believe says it is; without one, on this machine.
    """

    def __init__(self, client: Client, *, address: str | None = None) -> None:
        self.client = client
        self.address = address
        self.token: str | None = None
        self.seq = 0
        self.socket: ClientWebSocketResponse | None = None

    async def connect(self, *, origin: str | None = ORIGIN) -> None:
        headers = {} if origin is None else {"Origin": origin}
        if self.address is not None:
            headers["X-Forwarded-For"] = self.address
        self.socket = await self.client.ws_connect("/chat/shop/socket", headers=headers)

    async def hello(self, **more: Any) -> dict[str, Any]:
        """Connect and say hello; gives the welcome."""
        await self.connect()
        await self.tell("hello", **{"token": self.token, "after_seq": self.seq, **more})
        welcome = await self.hears("welcome")
        self.token, self.seq = welcome["token"], welcome["seq"]
        return welcome

    async def tell(self, type_: str, **fields: Any) -> None:
        assert self.socket is not None
        await self.socket.send_json({"type": type_, **fields})

    async def says(self, text: str, *, client_id: str | None = None, **more: Any) -> dict[str, Any]:
        """Send a message; gives the answer to it, an `ack` or a `refused`."""
        await self.tell("send", client_id=client_id or str(uuid4()), text=text, **more)
        while (frame := await self.next())["type"] not in {"ack", "refused"}:
            pass
        return frame

    async def next(self) -> dict[str, Any]:
        assert self.socket is not None
        frame: dict[str, Any] = await self.socket.receive_json(timeout=10)
        return frame

    async def hears(self, type_: str) -> dict[str, Any]:
        """The next frame, which is of that type."""
        frame = await self.next()
        assert frame["type"] == type_, frame
        return frame

    async def messages(self, count: int) -> list[dict[str, Any]]:
        """The next so many messages."""
        return [(await self.hears("message"))["message"] for _ in range(count)]

    async def close_code(self) -> int | None:
        """How the server closes, after whatever it still says."""
        assert self.socket is not None
        while (await self.socket.receive(timeout=10)).type is WSMsgType.TEXT:
            pass
        return self.socket.close_code

    def stops_reading(self) -> asyncio.Transport:
        """Take nothing from the network any more, as a frozen tab."""
        assert self.socket is not None
        connection = self.socket._response.connection
        assert connection is not None
        assert isinstance(connection.transport, asyncio.Transport)
        connection.transport.pause_reading()
        return connection.transport

    async def close(self) -> None:
        assert self.socket is not None
        await self.socket.close()


async def until(browser: Browser, type_: str, **fields: Any) -> dict[str, Any]:
    """The next frame of that type with these fields; others may come before."""
    while (frame := await browser.next())["type"] != type_ or not fields.items() <= frame.items():
        pass
    return frame


def signed(user_id: str, *, expires_at: int | None = None, **claims: str) -> dict[str, Any]:
    """An identity as the host site's server vouches for it."""
    secret = SECRET if expires_at is None else f"{SECRET}:{expires_at}"
    signature = hmac.new(secret.encode(), user_id.encode(), sha256).hexdigest()
    until = {} if expires_at is None else {"expires_at": expires_at}
    return {"user_id": user_id, "signature": signature, **until, **claims}
