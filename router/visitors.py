"""The desk as customers' own clients use it: `VisitorDesk`, for one inbox, over the hub."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

import structlog

from router.bus import Bus
from router.calendars import ALWAYS, Calendar
from router.channel import Action, Arrival, CustomerAction, Sender, Stored
from router.clock import Clock
from router.directory import Directory
from router.errors import Busy, Invalid, NotFound
from router.filing import Filing
from router.identity import describe, prove, resolve
from router.ids import InboxId, LineId, OperatorId, ThreadId
from router.inbound import Inbound
from router.model import Author, File, FileState, Inbox, Message, State, Thread, Visit
from router.news import ConversationNews, News, TypingNews
from router.staff import Status
from router.storage import Storage, Transaction
from router.visitor import Face, Heard, Outlook, Said, Standing

Hear = Callable[[Heard], None]
# Whether a calendar is open at a time; if not, when it opens next.
HoursAt = Callable[[Calendar, datetime], tuple[bool, datetime | None]]
Place = tuple[InboxId, str]
OUTLOOK_FOR_S = 2.0

log = structlog.get_logger(__name__)


class Followers:
    """Who listens to which thread, in this process."""

    def __init__(self, storage: Storage, directory: Directory, filing: Filing, bus: Bus) -> None:
        self._storage = storage
        self._directory = directory
        self._filing = filing
        self._hearing: dict[Place, set[Hear]] = {}
        self._threads: dict[Place, ThreadId] = {}
        # The same sets, for the places whose thread is known.
        self._by_thread: dict[ThreadId, set[Hear]] = {}
        # Visitors who have not written yet: their thread has no id.
        self._unbound: set[Place] = set()
        self._searches: set[asyncio.Task[None]] = set()
        bus.listen(self._hear)
        bus.on_gap(self._lost)

    def add(self, place: Place, hear: Hear) -> None:
        if place not in self._hearing:
            self._hearing[place] = set()
            self._unbound.add(place)
        self._hearing[place].add(hear)

    def remove(self, place: Place, hear: Hear) -> None:
        """Only followed threads are remembered: memory stays with those who are here."""
        hearing = self._hearing.get(place, set())
        hearing.discard(hear)
        if hearing or place not in self._hearing:
            return
        del self._hearing[place]
        self._unbound.discard(place)
        thread_id = self._threads.pop(place, None)
        if thread_id is not None:
            del self._by_thread[thread_id]

    def bind(self, place: Place, thread_id: ThreadId) -> None:
        """The thread there has this id; of interest only if somebody follows it."""
        if place in self._unbound:
            self._unbound.discard(place)
            self._threads[place] = thread_id
            self._by_thread[thread_id] = self._hearing[place]

    def waits(self, place: Place) -> bool:
        """Whether somebody follows a thread whose id is not known yet."""
        return place in self._unbound

    def thread_at(self, place: Place) -> ThreadId | None:
        return self._threads.get(place)

    def _hear(self, news: News) -> None:
        match news:
            case ConversationNews(conversation=conversation):
                following = self._by_thread.get(conversation.thread_id)
                if following:
                    for heard in self._heard(news):
                        for hear in tuple(following):
                            hear(heard)
                elif news.event == "MessageReceived" and self._unbound:
                    self._search(conversation.inbox_id, conversation.thread_id)
            case TypingNews(thread_id=thread_id, operator_id=operator_id):
                if operator_id is not None:
                    for hear in tuple(self._by_thread.get(thread_id, ())):
                        hear(Heard(typing=news.name))
            case _:
                pass

    def _heard(self, news: ConversationNews) -> Sequence[Heard]:
        heard = [Heard(said=said_of(one, self._directory, self._filing)) for one in news.messages]
        answered = any(one.author is Author.OPERATOR for one in news.messages)
        if answered or news.event in ("ThreadSeen", "ConversationClosed"):
            heard.append(Heard(seen_seq=news.conversation.seen_seq))
        before = news.before
        if before is None or (before.state, before.owner_id) != (
            news.conversation.state,
            news.conversation.owner_id,
        ):
            heard.append(Heard(status_changed=True))
        return heard

    def _search(self, inbox_id: InboxId, thread_id: ThreadId) -> None:
        """Another process may have made the thread that a follower here waits for."""
        if any(place[0] == inbox_id for place in self._unbound):
            task = asyncio.create_task(self._find(thread_id))
            self._searches.add(task)
            task.add_done_callback(self._searches.discard)

    async def _find(self, thread_id: ThreadId) -> None:
        try:
            async with self._storage.reading() as tx:
                thread = await tx.threads.get(thread_id)
        except Busy as error:
            # The next message there, or their coming back, finds it.
            log.warning("thread_not_found", reason=type(error).__name__)
            return
        if thread is not None:
            # Bound meanwhile or only now: the news that began this search was not heard.
            self.bind((thread.inbox_id, thread.key), thread_id)
            for hear in tuple(self._by_thread.get(thread_id, ())):
                hear(Heard(lost=True))

    async def close(self) -> None:
        """End the searches that are under way."""
        for task in self._searches:
            task.cancel()
        await asyncio.gather(*self._searches, return_exceptions=True)

    def _lost(self) -> None:
        for following in tuple(self._by_thread.values()):
            for hear in tuple(following):
                hear(Heard(lost=True))


class InboxDesk:
    """`VisitorDesk` of one inbox."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        storage: Storage,
        clock: Clock,
        inbound: Inbound,
        directory: Directory,
        filing: Filing,
        followers: Followers,
        bus: Bus,
        max_file_bytes: int,
        hours_at: HoursAt,
    ) -> None:
        self._inbox = inbox
        self._storage = storage
        self._clock = clock
        self._inbound = inbound
        self._directory = directory
        self._filing = filing
        self._followers = followers
        self._bus = bus
        self._max_file_bytes = max_file_bytes
        self._hours_at = hours_at
        self._outlook: tuple[float, Outlook] | None = None

    async def receive(self, *arrivals: Arrival) -> Sequence[Stored]:
        known = await self._directory.inbox(self._inbox.id)
        if known is None or not known.active:
            # Sockets outlive a change of the desk: whoever comes back finds the door closed.
            raise Busy("the inbox is switched off")
        stored = await self._inbound.receive(self._inbox, arrivals)
        for arrival, one in zip(arrivals, stored, strict=True):
            key = getattr(arrival, "thread_key", "")
            if one.thread_id is not None and key:
                self._bind(key, one.thread_id)
        return stored

    async def standing(self, thread_key: str) -> Standing:
        await self._find(thread_key)
        async with self._storage.reading() as tx:
            thread = await tx.threads.by_key(self._inbox.id, thread_key)
            if thread is None:
                return Standing()
            latest = await tx.conversations.latest(thread.id)
            given = await tx.customers.contacts([thread.customer_id])
        self._bind(thread_key, thread.id)
        return Standing(
            thread_id=thread.id,
            state=latest.state if latest else None,
            last_seq=thread.last_seq,
            seen_seq=max(thread.operator_seen_seq, latest.seen_seq if latest else 0),
            face=face_of(latest.owner_id, self._directory) if latest else None,
            contact_given=bool(given.get(thread.customer_id)),
        )

    async def history(
        self,
        thread_key: str,
        *,
        after_seq: int = 0,
        before_seq: int | None = None,
        limit: int = 100,
    ) -> Sequence[Said]:
        async with self._storage.reading() as tx:
            thread = await tx.threads.by_key(self._inbox.id, thread_key)
            if thread is None:
                return ()
            messages = await tx.messages.of_thread(
                thread.id, after_seq=after_seq, before_seq=before_seq, limit=limit
            )
        return [said_of(one, self._directory, self._filing) for one in messages]

    def follow(self, thread_key: str, hear: Hear) -> Callable[[], None]:
        place = self._inbox.id, thread_key
        self._followers.add(place, hear)
        return lambda: self._followers.remove(place, hear)

    async def outlook(self) -> Outlook:
        """Whether we are open and somebody is there; asked at most every two seconds."""
        known, now = self._outlook, self._clock.monotonic()
        if known is None or now - known[0] > OUTLOOK_FOR_S:
            known = now, await self._look_out(self._inbox.line_id)
            self._outlook = known
        return known[1]

    async def _look_out(self, line_id: LineId) -> Outlook:
        line, queue = await self._directory.line(line_id), await self._directory.queue(line_id)
        now, calendar = self._clock.now(), None
        async with self._storage.reading() as tx:
            here = await tx.presence.many(queue)
            if line is not None and line.calendar_id is not None:
                calendar = await tx.calendars.get(line.calendar_id)
        is_open, opens_at = self._hours_at(calendar or ALWAYS, now)
        online = any(
            one.status is Status.AVAILABLE
            and one.reached_until is not None
            and one.reached_until > now
            for one in here.values()
        )
        return Outlook(open=is_open, opens_at=opens_at, online=online)

    async def signed_in(self, thread_key: str, user: Sender, *, joins: bool) -> bool:
        now = self._clock.now()

        async def step(tx: Transaction) -> bool:
            thread = await tx.threads.by_key(self._inbox.id, thread_key)
            if thread is None:
                return False
            if not await self._is_theirs(tx, thread, user, joins=joins, now=now):
                return False
            latest = await tx.conversations.latest(thread.id)
            return latest is not None and latest.state is not State.CLOSED

        try:
            return await self._storage.run(step)
        except (Invalid, NotFound):
            # Two people at one browser: neither is shown the other's.
            return False

    async def _is_theirs(
        self, tx: Transaction, thread: Thread, user: Sender, *, joins: bool, now: datetime
    ) -> bool:
        kind, scope, address = self._inbox.kind, user.scope, user.address
        known = await tx.identities.find(kind=kind, scope=scope, address=address)
        if known is not None and known.customer_id == thread.customer_id:
            return True
        if joins:
            identity = known or await resolve(tx, self._inbox, user, now=now)
            await prove(tx, thread, identity, now=now)
            customer_id = identity.customer_id
            await describe(tx, customer_id, name=user.name, contacts=user.contacts, now=now)
        return joins

    async def typing(self, thread_key: str) -> None:
        thread_id = self._followers.thread_at((self._inbox.id, thread_key))
        if thread_id is None:
            return
        async with self._storage.reading() as tx:
            lines = await tx.conversations.lines_of([thread_id])
        line_id = lines.get(thread_id, self._inbox.line_id)
        self._bus.publish([TypingNews(thread_id, line_id, None)])

    async def visited(self, thread_key: str, visit: Visit) -> None:
        action = CustomerAction(Sender(thread_key), thread_key, Action.VISITED, visit=visit)
        await self._inbound.receive(self._inbox, [action])

    async def keep_file(self, thread_key: str, name: str, body: AsyncIterator[bytes]) -> File:
        return await self._filing.take_in(
            name,
            body,
            uploader=f"{self._inbox.id}/{thread_key}",
            max_bytes=self._max_file_bytes,
        )

    def file_url(self, file: File) -> str:
        return self._filing.path(file)

    async def _find(self, thread_key: str) -> None:
        """Follow the thread before it is read, so that nothing is missed between the two."""
        if self._followers.waits((self._inbox.id, thread_key)):
            async with self._storage.reading() as tx:
                thread = await tx.threads.by_key(self._inbox.id, thread_key)
            if thread is not None:
                self._bind(thread_key, thread.id)

    def _bind(self, thread_key: str, thread_id: ThreadId) -> None:
        self._followers.bind((self._inbox.id, thread_key), thread_id)


def said_of(message: Message, directory: Directory, filing: Filing) -> Said:
    """A message as its customer may see it."""
    urls = {
        str(file.id): filing.path(file) for file in message.files if file.state is FileState.STORED
    }
    face = None
    if message.author is Author.OPERATOR:
        face = face_of(message.operator_id, directory)
    return Said(message, face, urls)


def face_of(operator_id: OperatorId | None, directory: Directory) -> Face | None:
    operator = directory.known_operator(operator_id) if operator_id else None
    return Face(operator.name, None) if operator else None
