"""A transaction: the repositories over one connection, and what follows the commit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TypeVar

from router.events import Event, OfConversation
from router.model import Conversation, Message, Note
from router.news import News, WorkNews
from router.storage.access import Access
from router.storage.audit import Audit
from router.storage.board import Board
from router.storage.calendars import Calendars, ClockLog, Leaves
from router.storage.cards import Cards
from router.storage.choosing import Choosing
from router.storage.codes import Codes
from router.storage.conversations import Conversations
from router.storage.crm import CrmLogs
from router.storage.delegations import Delegations
from router.storage.deliveries import Deliveries, Refs
from router.storage.departments import Departments
from router.storage.desk import Inboxes, Lines, Operators
from router.storage.engine import Conflict, Connection, Engine
from router.storage.engines import named, open_engine
from router.storage.exchanges import Exchanges, UnreadRequests
from router.storage.feeds import Feeds
from router.storage.index import Index, to_index
from router.storage.lanes import Lanes, LostLease
from router.storage.lapses import Lapses
from router.storage.leads import Leads
from router.storage.leases import Leases
from router.storage.ledger import LedgerRows
from router.storage.messages import Files, Messages, Notes, Visits
from router.storage.notices import Notices
from router.storage.past import Past
from router.storage.people import Customers, Identities
from router.storage.profiles import Profiles
from router.storage.queues import Queues
from router.storage.ratings import AutomaticReplies, Ratings
from router.storage.raw import Put
from router.storage.record import Record
from router.storage.routing import Assignments, Decisions, Loads, Offers, PresenceRows
from router.storage.search import Search
from router.storage.simulations import Simulations
from router.storage.threads import Threads

T = TypeVar("T")
REPEATS = 5

OnCommit = Callable[[Sequence[News]], None]
Reactions = Callable[[Event], Iterable[tuple[str, object]]]


class Transaction:
    """Repositories are made when first asked for."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.record = Record(connection)
        self.lanes = Lanes(connection)
        # Rows that nothing in the transaction reads before its end: written with what it records.
        self.puts: list[Put] = []

    @cached_property
    def access(self) -> Access:
        return Access(self.connection)

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.connection)

    @cached_property
    def departments(self) -> Departments:
        return Departments(self.connection)

    @cached_property
    def calendars(self) -> Calendars:
        return Calendars(self.connection)

    @cached_property
    def cards(self) -> Cards:
        return Cards(self.connection)

    @cached_property
    def feeds(self) -> Feeds:
        return Feeds(self.connection)

    @cached_property
    def leaves(self) -> Leaves:
        return Leaves(self.connection)

    @cached_property
    def clock(self) -> ClockLog:
        return ClockLog(self.connection)

    @cached_property
    def choosing(self) -> Choosing:
        return Choosing(self.connection)

    @cached_property
    def ratings(self) -> Ratings:
        return Ratings(self.connection)

    @cached_property
    def lapses(self) -> Lapses:
        return Lapses(self.connection)

    @cached_property
    def automatic(self) -> AutomaticReplies:
        return AutomaticReplies(self.connection)

    @cached_property
    def inboxes(self) -> Inboxes:
        return Inboxes(self.connection)

    @cached_property
    def delegations(self) -> Delegations:
        return Delegations(self.connection)

    @cached_property
    def operators(self) -> Operators:
        return Operators(self.connection)

    @cached_property
    def customers(self) -> Customers:
        return Customers(self.connection)

    @cached_property
    def identities(self) -> Identities:
        return Identities(self.connection)

    @cached_property
    def threads(self) -> Threads:
        return Threads(self.connection)

    @cached_property
    def conversations(self) -> Conversations:
        return Conversations(self.connection)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.connection)

    @cached_property
    def notes(self) -> Notes:
        return Notes(self.connection)

    @cached_property
    def notices(self) -> Notices:
        return Notices(self.connection)

    @cached_property
    def files(self) -> Files:
        return Files(self.connection)

    @cached_property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.connection)

    @cached_property
    def refs(self) -> Refs:
        return Refs(self.connection)

    @cached_property
    def profiles(self) -> Profiles:
        return Profiles(self.connection)

    @cached_property
    def visits(self) -> Visits:
        return Visits(self.connection)

    @cached_property
    def presence(self) -> PresenceRows:
        return PresenceRows(self.connection)

    @cached_property
    def loads(self) -> Loads:
        return Loads(self.connection)

    @cached_property
    def offers(self) -> Offers:
        return Offers(self.connection)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self.connection)

    @cached_property
    def ledger(self) -> LedgerRows:
        return LedgerRows(self.connection)

    @cached_property
    def assignments(self) -> Assignments:
        return Assignments(self.connection)

    @cached_property
    def decisions(self) -> Decisions:
        return Decisions(self.connection)

    @cached_property
    def queues(self) -> Queues:
        return Queues(self.connection)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.connection)

    @cached_property
    def past(self) -> Past:
        return Past(self.connection)

    @cached_property
    def crm(self) -> CrmLogs:
        return CrmLogs(self.connection)

    @cached_property
    def leads(self) -> Leads:
        return Leads(self.connection)

    @cached_property
    def codes(self) -> Codes:
        return Codes(self.connection)

    @cached_property
    def board(self) -> Board:
        return Board(self.connection, self.record)

    @cached_property
    def simulations(self) -> Simulations:
        return Simulations(self.connection)

    @cached_property
    def index(self) -> Index:
        return Index(self.connection)

    @cached_property
    def search(self) -> Search:
        return Search(self.connection)

    @cached_property
    def exchanges(self) -> Exchanges:
        return Exchanges(self.connection)

    @cached_property
    def unread(self) -> UnreadRequests:
        return UnreadRequests(self.connection)

    async def put_now(self) -> None:
        """Write the buffered rows: something that follows reads them."""
        puts, self.puts = self.puts, []
        await self.connection.put(puts)

    async def change(
        self,
        before: Conversation,
        after: Conversation,
        *happened: OfConversation,
        messages: Sequence[Message] = (),
        notes: Sequence[Note] = (),
    ) -> None:
        """Save a conversation whose lock is held, and record what happened to it."""
        await self.conversations.save(after)
        self.record.changed(before, after, *happened, messages=messages, notes=notes)


class Storage:
    """One database.

    `on_commit` gets each transaction's news, after its commit, in this process. `reactions` says
    which lanes of work an event wakes; they are woken in the event's own transaction.
    """

    def __init__(self, engine: Engine, *, on_commit: OnCommit, reactions: Reactions) -> None:
        self.engine = engine
        self._on_commit = on_commit
        self._reactions = reactions

    @classmethod
    def open(
        cls, url: str, *, on_commit: OnCommit, reactions: Reactions, connections: int = 10
    ) -> "Storage":
        engine = open_engine(url, connections=connections)
        return cls(engine, on_commit=on_commit, reactions=reactions)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Raises `Conflict` where the same again may succeed, `Busy` where nothing can be stored."""
        news: list[News] = []
        try:
            async with self.engine.writing() as connection:
                tx = Transaction(connection)
                yield tx
                news = await self._flushed(tx)
        except (Exception, TimeoutError) as error:
            told = named(error)
            if told is error:
                raise
            raise told from error
        if news:
            self._on_commit(news)

    async def _flushed(self, tx: Transaction) -> list[News]:
        """Write what the transaction buffered; gives what to tell after the commit."""
        for event in tx.record.events:
            for kind, key in self._reactions(event):
                tx.lanes.wake(kind, key, event.at)
        tx.puts += [*tx.record.puts(), to_index(tx.record.events), *tx.lanes.puts()]
        await tx.put_now()
        news = await tx.record.flush()
        if woken := await tx.lanes.flush():
            news.append(WorkNews(woken))
        return news

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """One consistent state, for reading only. Raises `Busy`."""
        try:
            async with self.engine.reading() as connection:
                yield Transaction(connection)
        except Exception as error:
            told = named(error)
            if told is error:
                raise
            raise told from error

    async def run(self, step: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `step` in a transaction; the same again after a deadlock or a lost race.

        It awaits nothing but its transaction: on SQLite it runs in the writer's thread, and shares
        its commit with what else is queued there. Raises `Conflict`, `Busy`.
        """

        async def work(connection: Connection) -> tuple[T, list[News]]:
            tx = Transaction(connection)
            return await step(tx), await self._flushed(tx)

        for attempt in range(REPEATS):
            try:
                value, news = await self.engine.run(work)
            except Exception as error:
                told = named(error)
                if not isinstance(told, Conflict) or attempt == REPEATS - 1:
                    if told is error:
                        raise
                    raise told from error
            else:
                if news:
                    self._on_commit(news)
                return value
        raise AssertionError("unreachable")

    async def close(self) -> None:
        await self.engine.close()


__all__ = ["LostLease", "Storage", "Transaction"]
