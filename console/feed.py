"""The feed: one WebSocket per tab, told of every change that its operator may see.

A socket first hears the bus, then gets a snapshot read in one transaction, then the frames of what
happened since it listened: nothing falls between. Each piece of news is encoded once, whoever
hears it; what comes while a socket is written to goes to it together. What follows from a change (loads, counts, cards) is read anew a moment later, together
for all sockets (`console/aftermath.py`). The contract is `docs/feed.md`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import msgspec
import structlog
from aiohttp import WSMsgType, web
from pydantic import TypeAdapter, ValidationError

from console.access import person, saw, seen, sees
from console.aftermath import Aftermath
from console.api.route import who
from console.api.shapes import (
    AgainWord,
    ConversationHidden,
    FeedWord,
    PageVisited,
    ReceivedWord,
    Shape,
    StartAgain,
    Typing,
    TypingWord,
)
from console.desk import Desk
from console.sessions import SignedIn
from console.snapshot import snapshot
from console.socket import Socket
from console.views import conversation_fields, items_fields, page_visit
from router.errors import Busy, Forbidden, NotFound
from router.ids import ConversationId, ThreadId
from router.news import ConversationNews, News, TypingNews, VisitNews
from router.storage.engine import Conflict

HEARTBEAT_S = 25.0
MOST_WORD_BYTES = 4_096
MOST_SOCKETS_EACH = 30
TYPING_EVERY_S = 1.0
# How long frames gather after a write. Measured with twenty tabs and 400 messages a second: writing
# each frame by itself is a quarter of a message's processor time.
GATHERED_S = 0.01
RESTART = 1012
TRY_LATER = 1013

word_of = TypeAdapter[FeedWord](FeedWord).validate_json
log = structlog.get_logger(__name__)


def encoded(frame: Shape) -> bytes:
    return frame.model_dump_json().encode()


class Feed:
    """All the sockets of this process. `run` until cancelled; `close` before the server stops."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sockets: set[Socket] = set()
        self._aftermath = Aftermath(desk, self._sockets)
        self._deaf: list[Callable[[], None]] = []

    def listen(self) -> None:
        """Hear the bus from now on."""
        self._deaf = [self._desk.bus.listen(self.hear), self._desk.bus.on_gap(self.missed)]

    def close(self) -> None:
        for stop in self._deaf:
            stop()
        self._deaf.clear()
        for socket in self._sockets:
            socket.close(RESTART)

    async def run(self) -> None:
        try:
            await self._aftermath.run()
        finally:
            await self._aftermath.end()

    # --- news -------------------------------------------------------------------

    def hear(self, news: News) -> None:
        if not self._sockets:
            return
        match news:
            case ConversationNews():
                self._tell_conversation(news)
            case TypingNews(thread_id=thread_id, line_id=line_id, operator_id=operator_id):
                frame = encoded(Typing(thread_id=thread_id, operator_id=operator_id))
                for socket in self._sockets:
                    their_own = operator_id is not None and socket.viewer.operator_id == operator_id
                    if not their_own and socket.follows(thread_id, line_id):
                        socket.put(frame)
            case VisitNews(thread_id=thread_id, line_id=line_id, visit=visit):
                frame = encoded(PageVisited(thread_id=thread_id, page=page_visit(visit)))
                for socket in self._sockets:
                    if socket.follows(thread_id, line_id):
                        socket.put(frame)
            case _:
                self._aftermath.hear(news)

    def missed(self) -> None:
        """News may have been lost on its way here."""
        for socket in self._sockets:
            socket.lose()

    def _tell_conversation(self, news: ConversationNews) -> None:
        changed: bytes | None = None
        hidden: bytes | None = None
        for socket in self._sockets:
            if sees(socket.viewer, news.conversation):
                changed = changed or self._changed(news)
                socket.put(changed)
                socket.shown(news.conversation)
            elif saw(socket.viewer, news):
                hidden = hidden or encoded(ConversationHidden(conversation_id=news.conversation.id))
                socket.put(hidden)
                socket.hidden(news.conversation.id)
            else:
                continue
            socket.counts_due = True
        if changed or hidden:
            self._aftermath.stir()

    def _changed(self, news: ConversationNews) -> bytes:
        """`ConversationChanged`, of which most frames are: our own values need no second check."""
        frame = {
            "type": "conversation",
            "event": news.event or "CustomerChanged",
            "conversation": conversation_fields(news.conversation),
            "items": items_fields(news.messages, news.notes, news.marks, self._desk.file_url),
        }
        return msgspec.json.encode(frame)

    # --- one socket -------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """`GET /feed`. Raises `NotSignedIn` and `Forbidden` before the socket is open."""
        signed_in = await who(self._desk, request)
        me = person(signed_in.viewer)
        _must_be_ours(request, self._desk.address)
        if signed_in.must_change_password or signed_in.session is None:
            raise Forbidden("choose a password of your own first")
        if self._open(signed_in) >= MOST_SOCKETS_EACH:
            raise Forbidden("you have too many tabs open")
        ws = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, compress=False, max_msg_size=MOST_WORD_BYTES
        )
        await ws.prepare(request)
        socket = Socket(signed_in.viewer, signed_in.session)
        self._sockets.add(socket)
        try:
            async with self._desk.reachability.connected(me.id):
                await self._talk(ws, socket)
        except (Busy, Conflict, TimeoutError) as error:
            log.warning("feed_waits", reason=type(error).__name__)
            await ws.close(code=TRY_LATER)
        finally:
            self._sockets.discard(socket)
            self._aftermath.left(socket)
        return ws

    def _open(self, signed_in: SignedIn) -> int:
        mine = signed_in.viewer.operator_id
        return sum(socket.viewer.operator_id == mine for socket in self._sockets)

    async def _talk(self, ws: web.WebSocketResponse, socket: Socket) -> None:
        """Until the client goes, or is no longer to be spoken to."""
        listening = asyncio.create_task(self._listen(ws, socket))
        speaking = asyncio.create_task(self._speak(ws, socket))
        try:
            await asyncio.wait((listening, speaking), return_when=asyncio.FIRST_COMPLETED)
            if not listening.done():
                await ws.close(code=socket.close_code or TRY_LATER)
        finally:
            speaking.cancel()
            listening.cancel()
            results = await asyncio.gather(speaking, listening, return_exceptions=True)
        for error in results:
            if isinstance(error, Exception) and not isinstance(error, ConnectionError):
                raise error

    async def _speak(self, ws: web.WebSocketResponse, socket: Socket) -> None:
        while not socket.is_closed:
            if socket.lost:
                socket.lost = False
                await ws.send_frame(encoded(StartAgain()), WSMsgType.TEXT)
            if socket.begin():
                await ws.send_frame(await self._snapshot(socket), WSMsgType.TEXT)
            frame = await socket.next()
            if frame is not None:
                await ws.send_frame(frame, WSMsgType.TEXT)
                await asyncio.sleep(GATHERED_S)

    async def _snapshot(self, socket: Socket) -> bytes:
        async with self._desk.storage.reading() as tx:
            frame, mine = await snapshot(tx, self._desk, socket.viewer)
        for conversation in mine:
            socket.shown(conversation)
        return encoded(frame)

    # --- what the client says -----------------------------------------------------

    async def _listen(self, ws: web.WebSocketResponse, socket: Socket) -> None:
        typed_at = -TYPING_EVERY_S
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                return
            try:
                word = word_of(message.data)
            except ValidationError:
                # A newer client may say what we do not know.
                continue
            match word:
                case AgainWord():
                    socket.start_again()
                case ReceivedWord(thread_id=thread_id, seq=seq):
                    socket.received(ThreadId(thread_id), seq)
                case TypingWord(conversation_id=conversation_id):
                    now_s = self._desk.clock.monotonic()
                    if now_s - typed_at >= TYPING_EVERY_S:
                        typed_at = now_s
                        await self._say_typing(socket, ConversationId(conversation_id))

    async def _say_typing(self, socket: Socket, conversation_id: ConversationId) -> None:
        me = person(socket.viewer)
        with suppress(NotFound):
            async with self._desk.storage.reading() as tx:
                head = seen(socket.viewer, await tx.conversations.get(conversation_id))
            self._desk.show_typing(head, me)


def _must_be_ours(request: web.Request, address: str) -> None:
    """Another site's page cannot read here with our cookie."""
    origin = request.headers.get("Origin")
    if origin is None or origin == address:
        return
    if urlsplit(origin).netloc != request.host:
        raise Forbidden("this page is not ours")
