"""The desk as a customer's own client may use it: for channels that serve their customers.

A provider's channel is called, asked and told; the web chat's customers hold sockets to us. What
those sockets may know and do is `VisitorDesk`, for one inbox and one line.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from aiohttp import web

from router.channel import Arrival, Secrets, Sender, Stored
from router.clock import Clock
from router.ids import ThreadId
from router.model import File, Inbox, Line, Message, State, Visit


@dataclass(frozen=True, slots=True)
class Face:
    """Who a customer talks to."""

    name: str
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a visitor may expect of a line now. `online`: somebody is there to answer."""

    open: bool
    opens_at: datetime | None
    online: bool
    place: int | None = None
    forecast_s: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a customer may see it: no notes, no names of files they may not fetch."""

    message: Message
    face: Face | None
    file_urls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """Live news of one thread for its customer: a message, that an operator types or has seen
    everything up to `seen_seq`, or that the conversation's state or the operator's face changed.
    `lost`: news may have been missed; begin again from `history`.
    """

    said: Said | None = None
    typing: str | None = None
    seen_seq: int | None = None
    status_changed: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A thread as its customer stands in it. Before its first message there is none: no
    `thread_id`, no `state`. `seen_seq` is what an operator has seen.
    """

    thread_id: ThreadId | None = None
    state: State | None = None
    last_seq: int = 0
    seen_seq: int = 0
    face: Face | None = None
    contact_given: bool = False


class VisitorDesk(Protocol):
    """The desk for the customers of one inbox. Bound in `router/fronts.py`."""

    async def receive(self, *arrivals: Arrival) -> Sequence[Stored]:
        """Store arrivals; returns after the commit, in their order.

        Raises:
            Busy: nothing was stored; the client repeats.
            Invalid: one of them can never be stored.
        """

    async def standing(self, thread_key: str) -> Standing: ...

    async def history(
        self,
        thread_key: str,
        *,
        after_seq: int = 0,
        before_seq: int | None = None,
        limit: int = 100,
    ) -> Sequence[Said]:
        """Messages with `after_seq < seq < before_seq`, oldest first; the newest `limit` of them."""

    def follow(self, thread_key: str, hear: Callable[[Heard], None]) -> Callable[[], None]:
        """Call `hear` with all news of the thread from now on; gives the way to stop.

        Begins before there is such a thread. Nothing is missed, or `lost` is heard in its place.
        `hear` returns at once: it only puts aside what it heard.
        """

    async def outlook(self) -> Outlook: ...

    async def signed_in(self, thread_key: str, user: Sender, *, joins: bool) -> bool:
        """Whoever wrote in that thread has proven to be `user`; whether a conversation of theirs
        goes on there, so that it is to be continued there and not in the user's own thread.

        With `joins` both become one customer, if the thread's is known by nothing else. What was
        joined, and parted again by an operator, stays apart without it.
        """

    async def typing(self, thread_key: str) -> None: ...

    async def visited(self, thread_key: str, visit: Visit) -> None: ...

    async def keep_file(self, thread_key: str, name: str, body: AsyncIterator[bytes]) -> File:
        """Store an upload for this sender. Raises `Invalid` if it is empty or forbidden."""

    def file_url(self, file: File) -> str: ...


@dataclass(frozen=True, slots=True)
class Front:
    """The public face of an inbox: what a serving channel needs to know to greet a visitor.

    `origin` is where the world reaches us: "https://chat.example", without a slash at the end.
    """

    line: Line
    inbox: Inbox
    secrets: Secrets
    desk: VisitorDesk
    origin: str


class Fronts(Protocol):
    """The inboxes of one kind, by line."""

    async def of_line(self, key: str) -> Front | None:
        """The active inbox of the line of that key; None if either is missing or switched off."""

    async def first_line(self) -> str | None:
        """The key of the first line that has one."""


class Served(Protocol):
    """The public doors of one kind of channel, for all its inboxes."""

    def routes(self) -> Sequence[web.RouteDef]: ...

    async def close(self) -> None:
        """Ask every client to come back later: this process stops."""


@runtime_checkable
class Serving(Protocol):
    """A channel that talks to its customers' own clients."""

    @classmethod
    def serve(cls, fronts: Fronts, *, signing_keys: Sequence[bytes], clock: Clock) -> Served:
        """Its doors, for the whole process. `signing_keys` are for the tokens of its clients: the
        first signs, all of them are good.
        """
