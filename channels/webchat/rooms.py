"""One visitor's open sockets, and what they are told.

A room costs an idle visitor no task: news wakes one, which encodes each frame once, tells
every socket, and ends. A socket that does not take its frames in time is cut; it comes back and
resumes by `seq`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from aiohttp import ClientConnectionResetError, WSMsgType, web

from channels.webchat import frames
from router.channel import Sender
from router.errors import RouterError
from router.ids import InboxId
from router.model import Visit
from router.visitor import Heard, Said, Standing, VisitorDesk

MAX_SOCKETS = 10
MAX_HEARD = 500
CAUGHT_UP_AT_ONCE = 100

RESTART = 1012
LATER = 1013
REPLACED = 4409

Spawn = Callable[[Coroutine[Any, Any, Any]], None]

log = structlog.get_logger(__name__)


class Guest:
    """One open socket. It holds the thread up to `sent_seq`, has and has shown it up to
    `got_seq` and `seen_seq`.
    """

    __slots__ = (
        "got_seq",
        "page",
        "put_off",
        "seen_seq",
        "sender",
        "sent_seq",
        "socket",
        "tell_timeout_s",
        "transport",
        "typed_at_s",
    )

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        sender: Sender,
        page: Visit,
        *,
        tell_timeout_s: float,
    ) -> None:
        self.socket = socket
        self.tell_timeout_s = tell_timeout_s
        self.transport = transport
        self.sender = sender
        self.page = page
        self.sent_seq = 0
        self.got_seq = 0
        self.seen_seq = 0
        self.typed_at_s = float("-inf")
        # How often in a row it was told to say it again later.
        self.put_off = 0

    async def tell(self, frame: bytes) -> None:
        """Send one frame. A socket that is gone is its handler's; one that does not listen is cut."""
        try:
            async with asyncio.timeout(self.tell_timeout_s):
                await self.socket.send_frame(frame, WSMsgType.TEXT)
        except (ConnectionResetError, ClientConnectionResetError):
            pass
        except TimeoutError:
            if self.transport is not None:
                self.transport.abort()


class Room:
    """All sockets of one visitor of one inbox in this process."""

    __slots__ = (
        "_heard",
        "_spawn",
        "_telling",
        "desk",
        "guests",
        "key",
        "leave_desk",
        "lock",
        "users",
    )

    def __init__(self, key: str, desk: VisitorDesk, spawn: Spawn) -> None:
        self.key = key
        self.desk = desk
        self.guests: list[Guest] = []
        self.users = 0
        # News waits for whoever is being welcomed, so that nobody hears it before the welcome.
        self.lock = asyncio.Lock()
        self._spawn = spawn
        self._heard: list[Heard] = []
        self._telling = False
        self.leave_desk = desk.follow(key, self.hear)

    def hear(self, heard: Heard) -> None:
        """Put aside what happened, and see to it that the sockets are told."""
        self._heard.append(heard)
        if not self._telling:
            self._telling = True
            self._spawn(self._tell_all())

    def send_away(self, code: int) -> None:
        """Close every socket; they come back as the code says."""
        for guest in self.guests:
            self._spawn(guest.socket.close(code=code))

    async def catch_up(self, guest: Guest) -> None:
        """Tell one socket what it has missed; too much of it, and the socket begins again."""
        missed = await self.desk.history(
            self.key, after_seq=guest.sent_seq, limit=CAUGHT_UP_AT_ONCE
        )
        if missed and missed[0].message.seq != guest.sent_seq + 1:
            self._spawn(guest.socket.close(code=RESTART))
            return
        for said in missed:
            await self._tell_said(guest, said, frames.message(said))

    async def _tell_all(self) -> None:
        told = False
        try:
            async with self.lock:
                while self._heard:
                    heard, self._heard = self._heard, []
                    await self._tell(heard)
            told = True
        finally:
            self._telling = False
            if not told:
                # Whatever the desk's trouble is: they come back, and resume.
                self.send_away(LATER)

    async def _tell(self, heard: list[Heard]) -> None:
        if len(heard) > MAX_HEARD:
            self.send_away(RESTART)
            return
        for one in heard:
            if one.said is not None:
                await self._say(one.said)
            if one.typing is not None:
                await self._tell_guests(frames.typing(one.typing))
            if one.seen_seq is not None:
                await self._tell_guests(frames.read_up_to(one.seen_seq))
        if any(one.lost for one in heard):
            await self._tell_what_was_lost()
        elif any(one.status_changed for one in heard):
            await self._tell_status(await self.desk.standing(self.key))

    async def _tell_what_was_lost(self) -> None:
        for guest in tuple(self.guests):
            await self.catch_up(guest)
        standing = await self.desk.standing(self.key)
        await self._tell_guests(frames.read_up_to(standing.seen_seq))
        await self._tell_status(standing)

    async def _tell_status(self, standing: Standing) -> None:
        await self._tell_guests(frames.status(standing, await self.desk.outlook()))

    async def _say(self, said: Said) -> None:
        frame = frames.message(said)
        for guest in tuple(self.guests):
            if said.message.seq > guest.sent_seq + 1:
                await self.catch_up(guest)
            await self._tell_said(guest, said, frame)

    async def _tell_said(self, guest: Guest, said: Said, frame: bytes) -> None:
        if said.message.seq == guest.sent_seq + 1:
            guest.sent_seq += 1
            await guest.tell(frame)

    async def _tell_guests(self, frame: bytes) -> None:
        for guest in tuple(self.guests):
            await guest.tell(frame)


class Rooms:
    """The rooms of this process; one is there as long as somebody is in it."""

    def __init__(self) -> None:
        self._rooms: dict[tuple[InboxId, str], Room] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def open(self, inbox_id: InboxId, key: str, desk: VisitorDesk) -> Room:
        """The visitor's room, and news of the thread from now on. Give it back by `leave`."""
        room = self._rooms.get((inbox_id, key))
        if room is None:
            room = self._rooms[inbox_id, key] = Room(key, desk, self.spawn)
        room.users += 1
        return room

    def enter(self, room: Room, guest: Guest) -> None:
        """Let a socket in; the oldest of too many goes."""
        room.guests.append(guest)
        if len(room.guests) > MAX_SOCKETS:
            oldest = room.guests.pop(0)
            self.spawn(oldest.socket.close(code=REPLACED))

    def leave(self, inbox_id: InboxId, room: Room, guest: Guest) -> None:
        """Forget a socket, and the room with its last one."""
        if guest in room.guests:
            room.guests.remove(guest)
        room.users -= 1
        if not room.users:
            del self._rooms[inbox_id, room.key]
            room.leave_desk()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work` beside everything else; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Send everybody away: this process stops."""
        for room in tuple(self._rooms.values()):
            room.send_away(RESTART)
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A database that is away is its own trouble, and told of by itself.
            tell = log.warning if isinstance(error, RouterError) else log.error
            tell("visitor_news_failed", error=type(error).__name__)
