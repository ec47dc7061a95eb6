"""One socket, from its hello to its close.

Its frames are taken one after the other, so that a visitor's messages keep their order and a
frame is answered before the next is read.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import WSMessage, WSMsgType, web

from channels.webchat import frames
from channels.webchat.frames import (
    Frame,
    GiveContact,
    Hello,
    History,
    Malformed,
    PageChanged,
    Read,
    Received,
    Send,
    Typing,
)
from channels.webchat.limits import Budgets
from channels.webchat.rooms import LATER, Guest, Room, Rooms
from channels.webchat.visitors import (
    ForeignToken,
    Tokens,
    Visitor,
    contacts,
    placed,
    press,
    recognised,
    sender,
)
from router.channel import (
    Action,
    Attachment,
    Capabilities,
    CustomerAction,
    IncomingMessage,
    Receipt,
)
from router.clock import Clock
from router.contacts import region_of
from router.errors import Busy, Invalid
from router.model import DeliveryState, Visit
from router.visitor import Front

WELCOMED_MESSAGES = 100
HISTORY_MESSAGES = 50
TYPING_EVERY_S = 2.5
MAX_URL_CHARS = 2000
MAX_TITLE_CHARS = 300

TOKEN_REFUSED = 4401
NO_HELLO = 4408
SLOW_DOWN = 4429

COSTS: dict[type, float] = {Send: 3, GiveContact: 3, History: 3, Malformed: 3}
# Who does not wait is not told a fourth time.
MOST_PUT_OFF = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a browser has: to say hello, to take a frame, to answer a close."""

    hello_s: float = 10.0
    tell_s: float = 10.0
    close_s: float = 3.0


class Talk:
    """What one socket may say, and what comes of it."""

    __slots__ = (
        "_address",
        "_budgets",
        "_capabilities",
        "_clock",
        "_front",
        "_patience",
        "_region",
        "_rooms",
        "_tokens",
    )

    def __init__(
        self,
        front: Front,
        *,
        capabilities: Capabilities,
        tokens: Tokens,
        rooms: Rooms,
        budgets: Budgets,
        clock: Clock,
        patience: Patience,
        address: str,
    ) -> None:
        self._front = front
        self._patience = patience
        self._capabilities = capabilities
        self._tokens = tokens
        self._rooms = rooms
        self._budgets = budgets
        self._clock = clock
        self._address = address
        self._region = region_of(front.line.language)

    async def run(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        """Serve an open socket until either side closes it."""
        hello = await _hello(socket, self._patience.hello_s)
        if hello is None:
            await socket.close(code=NO_HELLO)
            return
        try:
            visitor = recognised(self._front, self._tokens, hello, now=self._now())
        except ForeignToken:
            await socket.close(code=TOKEN_REFUSED)
            return
        if visitor.new and (wait_s := self._budgets.arrive(self._address)):
            await socket.send_frame(frames.later(None, wait_s), WSMsgType.TEXT)
            await socket.close(code=SLOW_DOWN)
            return
        try:
            await self._let_in(socket, transport, hello, visitor)
        except Busy:
            await socket.close(code=LATER)

    async def _let_in(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        hello: Hello,
        visitor: Visitor,
    ) -> None:
        inbox_id = self._front.inbox.id
        if visitor.proven:
            visitor = await placed(self._front, self._tokens, hello, visitor)
        guest = Guest(
            socket,
            transport,
            sender(self._front, visitor, hello),
            self._visit(hello.page),
            tell_timeout_s=self._patience.tell_s,
        )
        room = self._rooms.open(inbox_id, visitor.id, self._front.desk)
        try:
            await self._welcome(room, guest, hello, visitor)
            await self._listen(room, guest)
        finally:
            self._rooms.leave(inbox_id, room, guest)

    async def _welcome(self, room: Room, guest: Guest, hello: Hello, visitor: Visitor) -> None:
        inbox_id = self._front.inbox.id
        async with room.lock:
            desk, holds = self._front.desk, hello.after_seq
            standing = await desk.standing(room.key)
            is_theirs = self._tokens.is_of(inbox_id, hello.token, visitor)
            if holds > standing.last_seq or not is_theirs:
                # It holds another thread's messages: another visitor's, or those of before a restore.
                holds = 0
            messages = await desk.history(room.key, after_seq=holds, limit=WELCOMED_MESSAGES)
            behind = bool(holds and messages and messages[0].message.seq != holds + 1)
            guest.sent_seq = messages[-1].message.seq if messages else standing.last_seq
            guest.got_seq = holds
            frame = frames.welcome(
                token=self._tokens.issue(inbox_id, visitor),
                standing=standing,
                outlook=await desk.outlook(),
                seq=guest.sent_seq,
                messages=messages,
                reset=behind or holds != hello.after_seq,
            )
            self._rooms.enter(room, guest)
            await guest.tell(frame)
        if guest.sent_seq and guest.page.url:
            await desk.visited(room.key, guest.page)

    async def _listen(self, room: Room, guest: Guest) -> None:
        while (frame := _frame_in(await guest.socket.receive())) is not None:
            if wait_s := self._spend(room, frame):
                if not await _put_off(guest, frame, wait_s):
                    return
            else:
                guest.put_off = 0
                await self._take(room, guest, frame)

    def _spend(self, room: Room, frame: Frame | Malformed) -> int:
        cost = COSTS.get(type(frame))
        if cost is None:
            return self._budgets.hint(room.key, 1)
        return self._budgets.ask(room.key, self._address, cost)

    async def _take(self, room: Room, guest: Guest, frame: Frame | Malformed) -> None:
        match frame:
            case Send():
                await guest.tell(await self._sent(room, guest, frame))
            case GiveContact():
                await guest.tell(await self._contact(room, guest, frame))
            case History(before_seq=before_seq):
                older = await room.desk.history(
                    room.key, before_seq=before_seq, limit=HISTORY_MESSAGES
                )
                await guest.tell(frames.history(older))
            case Malformed(client_id=str(client_id)):
                reason = "this frame is not as the protocol says"
                await guest.tell(frames.refused(client_id, "malformed", reason))
            case _:
                await self._note(room, guest, frame)

    async def _note(self, room: Room, guest: Guest, frame: Frame | Malformed) -> None:
        """Take what needs no answer."""
        match frame:
            case Received(seq=seq):
                guest.got_seq = await self._receipt(
                    room, DeliveryState.DELIVERED, min(seq, guest.sent_seq), guest.got_seq
                )
            case Read(seq=seq):
                guest.seen_seq = await self._receipt(
                    room, DeliveryState.READ, min(seq, guest.sent_seq), guest.seen_seq
                )
            case Typing():
                await self._types(room, guest)
            case PageChanged():
                guest.page = self._visit(frame)
                if guest.sent_seq:
                    await room.desk.visited(room.key, guest.page)
            case _:
                pass

    async def _sent(self, room: Room, guest: Guest, frame: Send) -> bytes:
        """Store what the visitor says; gives the answer to it."""
        if problem := frames.problem(frame, self._capabilities):
            return frames.refused(frame.client_id, *problem)
        if frame.press:
            return await self._pressed(room, guest, frame)
        message = IncomingMessage(
            external_id=f"{room.key}:{frame.client_id}",
            thread_key=room.key,
            sender=guest.sender,
            text=frame.text,
            attachments=tuple(Attachment(name="", stored_id=id_) for id_ in frame.files),
            source=guest.page if guest.page.url else None,
            client_id=frame.client_id,
        )
        try:
            stored = (await room.desk.receive(message))[0]
        except Invalid as error:
            code = "bad_file" if frame.files else "malformed"
            return frames.refused(frame.client_id, code, str(error))
        return frames.ack(
            frame.client_id,
            seq=stored.seq,
            id=stored.message_id or frame.client_id,
            at=stored.at or self._now(),
        )

    async def _pressed(self, room: Room, guest: Guest, frame: Send) -> bytes:
        """Take a score that the visitor pressed; gives the answer to it."""
        stored = (await room.desk.receive(press(guest.sender, room.key, frame, at=self._now())))[0]
        if stored.message_id is None:
            return frames.refused(frame.client_id, "over", "nobody asks this any more")
        at = stored.at or self._now()
        return frames.ack(frame.client_id, seq=stored.seq, id=stored.message_id, at=at)

    async def _contact(self, room: Room, guest: Guest, frame: GiveContact) -> bytes:
        given = contacts(frame.phone, frame.email, region=self._region)
        wanted = sum(bool(one.strip()) for one in (frame.phone, frame.email))
        if not given or len(given) < wanted:
            reason = "a phone or an e-mail that can be reached"
            return frames.refused(frame.client_id, "bad_contact", reason)
        name = frame.name.strip()[:100] or guest.sender.name
        guest.sender = replace(guest.sender, name=name)
        action = CustomerAction(
            sender=replace(guest.sender, contacts=(*guest.sender.contacts, *given)),
            thread_key=room.key,
            action=Action.GAVE_CONTACT,
            external_id=f"{room.key}:{frame.client_id}",
            visit=guest.page if guest.page.url else None,
            at=self._now(),
        )
        try:
            stored = (await room.desk.receive(action))[0]
        except Invalid as error:
            return frames.refused(frame.client_id, "bad_contact", str(error))
        at = stored.at or self._now()
        return frames.ack(frame.client_id, seq=None, id=frame.client_id, at=at)

    async def _receipt(self, room: Room, state: DeliveryState, seq: int, told_seq: int) -> int:
        """Tell the desk if it is news; gives up to where the desk knows now."""
        if seq > told_seq:
            await room.desk.receive(Receipt(state, thread_key=room.key, up_to_seq=seq))
        return max(seq, told_seq)

    async def _types(self, room: Room, guest: Guest) -> None:
        now_s = self._clock.monotonic()
        if guest.sent_seq and now_s - guest.typed_at_s >= TYPING_EVERY_S:
            guest.typed_at_s = now_s
            await room.desk.typing(room.key)

    def _visit(self, page: frames.Page | PageChanged) -> Visit:
        referrer = page.referrer if isinstance(page, frames.Page) else ""
        return Visit(
            url=page.url[:MAX_URL_CHARS],
            title=page.title[:MAX_TITLE_CHARS],
            referrer=referrer[:MAX_URL_CHARS],
            at=self._now(),
        )

    def _now(self) -> datetime:
        return self._clock.now()


async def _put_off(guest: Guest, frame: Frame | Malformed, wait_s: int) -> bool:
    """Say when it may be said again; False, and the socket closed, to whom has heard it before or
    has not said anything that could be kept for then.
    """
    guest.put_off += 1
    waits = isinstance(frame, (Send, GiveContact)) and guest.put_off <= MOST_PUT_OFF
    client_id = frame.client_id if waits and isinstance(frame, (Send, GiveContact)) else None
    await guest.tell(frames.later(client_id, wait_s))
    if not waits:
        await guest.socket.close(code=SLOW_DOWN)
    return waits


async def _hello(socket: web.WebSocketResponse, timeout_s: float) -> Hello | None:
    try:
        async with asyncio.timeout(timeout_s):
            frame = _frame_in(await socket.receive())
    except TimeoutError:
        return None
    return frame if isinstance(frame, Hello) else None


def _frame_in(message: WSMessage) -> Frame | Malformed | None:
    """What came over the socket; None: its end."""
    match message.type:
        case WSMsgType.TEXT:
            return frames.read(message.data)
        case WSMsgType.BINARY:
            return Malformed()
        case _:
            return None
