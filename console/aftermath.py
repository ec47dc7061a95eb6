"""What follows from changes, read anew a moment later, together, for all sockets.

Loads, cards, counts and the like change often and are only worth their newest state: what is due
is noted, and a quarter of a second later read in one transaction and told.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from console.access import Viewer, person, sees, viewer
from console.api.shapes import (
    CountsChanged,
    CustomerChanged,
    DeskChanged,
    LeadChanged,
    OperatorChanged,
    Shape,
)
from console.customers import conversations_of, customer_whole, sees_customer
from console.desk import Desk
from console.leads import standing_of
from console.received import Received
from console.snapshot import counts, version_sums
from console.socket import SIGNED_OUT, Socket
from console.staff import inboxes_now, lines_now, operators_now
from console.views import lines_of_operators
from router.errors import Busy, NotFound
from router.ids import CustomerId, OperatorId
from router.news import CustomerNews, DeskNews, LeadNews, News, OperatorNews, StandingNews
from router.staff import Role
from router.storage import Transaction
from router.storage.engine import Conflict

MOMENT_S = 0.25
BEAT_S = 30.0
RECEIVED_S = 1.0
LAST_WORDS_S = 2.0
NEWEST = 5

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Due:
    """What has changed since it was last told."""

    desk: bool = False
    operators: set[OperatorId] = field(default_factory=set)
    customers: set[CustomerId] = field(default_factory=set)
    leads: set[CustomerId] = field(default_factory=set)

    def add(self, other: "Due") -> None:
        self.desk = self.desk or other.desk
        self.operators |= other.operators
        self.customers |= other.customers
        self.leads |= other.leads


class Aftermath:
    """`sockets` is the feed's own set."""

    def __init__(self, desk: Desk, sockets: set[Socket]) -> None:
        self._desk = desk
        self._sockets = sockets
        self._due = Due()
        self._received = Received(desk.storage)
        self._stirred = asyncio.Event()

    # --- noting -----------------------------------------------------------------

    def hear(self, news: News) -> None:
        match news:
            case DeskNews() | StandingNews():
                self._due.desk = True
            case OperatorNews(operator_id=operator_id):
                self._due.operators.add(operator_id)
            case CustomerNews(customer=customer):
                self._due.customers.add(customer.id)
            case LeadNews(customer_id=customer_id):
                self._due.leads.add(customer_id)
            case _:
                return
        self.stir()

    def stir(self) -> None:
        self._stirred.set()

    # --- in time ----------------------------------------------------------------

    async def run(self) -> None:
        await asyncio.gather(
            self._every(MOMENT_S, self._tell_due, when=self._stirred),
            self._every(RECEIVED_S, self.keep_received),
            self._every(BEAT_S, self.check),
        )

    async def _every(
        self,
        seconds: float,
        act: Callable[[], Awaitable[None]],
        *,
        when: asyncio.Event | None = None,
    ) -> None:
        while True:
            if when is not None:
                await when.wait()
            await self._desk.clock.sleep(seconds)
            try:
                await act()
            except (Busy, Conflict, TimeoutError) as error:
                log.warning("feed_waits", reason=type(error).__name__)

    async def _tell_due(self) -> None:
        self._stirred.clear()
        due, self._due = self._due, Due()
        try:
            await self.tell(due)
        except (Busy, Conflict, TimeoutError):
            self._due.add(due)
            self.stir()
            raise

    # --- telling ----------------------------------------------------------------

    async def tell(self, due: Due) -> None:
        """Read what is due and tell those who may see it."""
        if not self._sockets:
            return
        async with self._desk.storage.reading() as tx:
            if due.desk or due.operators:
                await self._tell_staff(tx, due)
            for customer_id in sorted(due.customers):
                await self._tell_customer(tx, customer_id)
            for customer_id in sorted(due.leads):
                await self._tell_leads(tx, customer_id)
            hungry = [socket for socket in self._sockets if socket.counts_due]
            await self._tell_counts(tx, hungry, sums=False)

    async def check(self) -> None:
        """A client that lost the last change finds that out by its numbers; and nobody stays who
        is not signed in.
        """
        if not self._sockets:
            return
        async with self._desk.storage.reading() as tx:
            await self._recognise(tx, self._sockets)
            await self._tell_counts(tx, list(self._sockets), sums=True)

    async def _tell_staff(self, tx: Transaction, due: Due) -> None:
        """Before anything else: who may see what, may have changed."""
        concerned = [
            socket
            for socket in self._sockets
            if due.desk or socket.viewer.operator_id in due.operators
        ]
        await self._recognise(tx, concerned)
        queues = lines_of_operators(await tx.lines.queues())
        for socket in concerned:
            me = person(socket.viewer)
            fresh = await tx.operators.get(me.id)
            if fresh is not None:
                _see_as(socket, viewer(fresh, queues.get(me.id, ())))
        for view in await operators_now(tx, self._desk, None if due.desk else due.operators):
            self._put(OperatorChanged(operator=view), self._sockets)
        if due.desk:
            await self._tell_desk(tx)

    async def _tell_desk(self, tx: Transaction) -> None:
        lines = await lines_now(tx)
        for whole in (True, False):
            among = [one for one in self._sockets if _administers(one) is whole]
            if among:
                inboxes = await inboxes_now(tx, self._desk, whole=whole)
                self._put(DeskChanged(lines=lines, inboxes=inboxes), among)

    async def _tell_customer(self, tx: Transaction, customer_id: CustomerId) -> None:
        theirs = await conversations_of(tx, customer_id)
        among = [one for one in self._sockets if sees_customer(one.viewer, theirs)]
        if not among:
            return
        with suppress(NotFound):
            self._put(
                CustomerChanged(
                    customer=await customer_whole(tx, customer_id, self._desk.file_url)
                ),
                among,
            )

    async def _tell_leads(self, tx: Transaction, customer_id: CustomerId) -> None:
        """Of their newest conversations: how far each is logged, and to which lead."""
        for conversation in (await conversations_of(tx, customer_id))[:NEWEST]:
            among = [one for one in self._sockets if sees(one.viewer, conversation)]
            if not among:
                continue
            lead, sync = await standing_of(tx, self._desk, conversation)
            if lead is not None:
                frame = LeadChanged(conversation_ids=[conversation.id], lead=lead, sync=sync)
                self._put(frame, among)

    async def _tell_counts(self, tx: Transaction, among: Sequence[Socket], *, sums: bool) -> None:
        if not among:
            return
        line_ids = [line.id for line in await tx.lines.all()]
        viewers = [socket.viewer for socket in among]
        for socket in among:
            socket.counts_due = False
        numbers = await counts(tx, viewers, line_ids)
        checks: Sequence[dict[str, int]] = [{}] * len(viewers)
        if sums:
            checks = await version_sums(tx, viewers, line_ids)
        for socket, number, check in zip(among, numbers, checks, strict=True):
            self._put(CountsChanged(counts=number, highest_version=check), [socket])

    def _put(self, frame: Shape, among: Iterable[Socket]) -> None:
        encoded = frame.model_dump_json().encode()
        for socket in among:
            socket.put(encoded)

    # --- what clients hold --------------------------------------------------------

    async def keep_received(self) -> None:
        """Up to where any operator's client holds each thread: the ledger's last column."""
        for socket in self._sockets:
            self._received.take(socket)
        await self._received.keep()

    async def end(self) -> None:
        """Nobody is connected any more: keep what they said last."""
        with suppress(Busy, Conflict, TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self.keep_received()

    def left(self, socket: Socket) -> None:
        """What its client said last is kept with the rest."""
        self._received.take(socket)

    # --- who is there ---------------------------------------------------------------

    async def _recognise(self, tx: Transaction, among: Iterable[Socket]) -> None:
        """Close the sockets of sessions that have ended, or whose operator was dismissed."""
        held = list(among)
        good = await self._desk.sessions.alive(tx, [socket.session for socket in held])
        for socket in held:
            if socket.session.hash not in good:
                socket.close(SIGNED_OUT)


def _administers(socket: Socket) -> bool:
    return socket.viewer.role is Role.ADMINISTRATOR


def _see_as(socket: Socket, fresh: Viewer) -> None:
    """Whoever sees other lines than before begins again."""
    before, socket.viewer = socket.viewer, fresh
    if (before.role, before.line_ids) != (fresh.role, fresh.line_ids):
        socket.lose()
