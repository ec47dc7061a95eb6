"""The public faces of the inboxes of one kind, by line: for channels that serve customers."""

from dataclasses import dataclass

from router.bus import Bus
from router.clock import Clock
from router.directory import Directory
from router.doors import Doors
from router.filing import Filing
from router.ids import InboxId
from router.inbound import Inbound
from router.model import Inbox, Line
from router.news import DeskNews, News
from router.storage import Storage
from router.visitor import Front
from router.visitors import Followers, HoursAt, InboxDesk


@dataclass(frozen=True, slots=True)
class VisitorParts:
    """What every visitor's desk works with."""

    storage: Storage
    clock: Clock
    inbound: Inbound
    directory: Directory
    filing: Filing
    followers: Followers
    bus: Bus
    hours_at: HoursAt


class KindFronts:
    """`Fronts` of one kind of channel. A front lives until somebody changes the desk."""

    def __init__(self, kind: str, parts: VisitorParts, doors: Doors, *, origin: str) -> None:
        self._kind = kind
        self._parts = parts
        self._doors = doors
        self._origin = origin
        self._fronts: dict[str, Front] = {}
        self._desks: dict[InboxId, InboxDesk] = {}

    def hear(self, news: News) -> None:
        """A listener of the bus, after the directory and the doors."""
        if isinstance(news, DeskNews):
            self._fronts.clear()

    async def of_line(self, key: str) -> Front | None:
        known = self._fronts.get(key)
        if known is not None:
            return known
        line = await self._parts.directory.line_by_key(key)
        inbox = await self._inbox(line) if line is not None and line.active else None
        door = await self._doors.any_door(inbox.id) if inbox else None
        if line is None or inbox is None or door is None:
            return None
        desk = self._desk(inbox, door.channel.capabilities.max_file_bytes)
        front = Front(line, inbox, door.secrets, desk, self._origin)
        self._fronts[key] = front
        return front

    async def first_line(self) -> str | None:
        for line in await self._parts.directory.lines():
            if line.active and await self._inbox(line) is not None:
                return line.key
        return None

    async def _inbox(self, line: Line) -> Inbox | None:
        for inbox in await self._parts.directory.inboxes():
            if inbox.line_id == line.id and inbox.kind == self._kind and inbox.active:
                return inbox
        return None

    def _desk(self, inbox: Inbox, max_file_bytes: int) -> InboxDesk:
        """Its sockets outlive a change of the desk, so the desk of an inbox is made once."""
        known = self._desks.get(inbox.id)
        if known is None:
            parts = self._parts
            known = InboxDesk(
                inbox,
                storage=parts.storage,
                clock=parts.clock,
                inbound=parts.inbound,
                directory=parts.directory,
                filing=parts.filing,
                followers=parts.followers,
                bus=parts.bus,
                max_file_bytes=max_file_bytes,
                hours_at=parts.hours_at,
            )
            self._desks[inbox.id] = known
        return known
