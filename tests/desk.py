"""The desk of the tests: real storage on SQLite, a clock that stands still, everything else real."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

from router.blobs import DiskBlobs
from router.bus import LocalBus
from router.channel import Attachment, IncomingMessage, Sender, Stored
from router.directory import Directory
from router.filing import Filing
from router.ids import ConversationId, InboxId, LineId, OperatorId, new_id
from router.inbound import Inbound
from router.model import Contact, Conversation, Customer, Inbox, Line, Thread
from router.news import DeskNews, News
from router.reactions import reactions
from router.sealing import Sealing
from router.staff import Operator, Presence, Role, Status
from router.storage import Lane, Storage
from router.storage.migrate import migrate
from tests.clock import FakeClock

SECRET_KEY = "a key of the tests, long enough to be one"
Step = Callable[[Lane], Awaitable[None]]


@dataclass
class Desk:
    """A whole hub. `steps` are the kinds of work that `works()` does."""

    storage: Storage
    clock: FakeClock
    bus: LocalBus
    directory: Directory
    inbound: Inbound
    blobs: DiskBlobs
    sealing: Sealing
    filing: Filing
    folder: Path
    url: str
    steps: dict[str, Step] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)
    _count: int = 0

    # --- setting up ---------------------------------------------------------

    async def line(self, key: str = "shop", **changes: Any) -> Line:
        line = replace(Line(LineId(new_id()), key, key.title()), **changes)
        async with self.storage.transaction() as tx:
            await tx.lines.insert(line)
            tx.record.tell(DeskNews())
        return line

    async def inbox(
        self, line: Line, kind: str = "rest", *, account: dict[str, Any] | None = None
    ) -> Inbox:
        inbox = Inbox(InboxId(new_id()), line.id, kind, f"{line.name} {kind}", account or {})
        async with self.storage.transaction() as tx:
            await tx.inboxes.insert(inbox, secrets=None)
            tx.record.tell(DeskNews())
        return inbox

    async def operator(
        self,
        name: str = "Anna",
        *lines: Line,
        max_conversations: int = 5,
        status: Status = Status.AVAILABLE,
        here: bool = True,
        role: Role = Role.OPERATOR,
    ) -> Operator:
        """An operator, at the end of these lines' queues; `here`: reachable for a day."""
        operator = Operator(
            OperatorId(new_id()),
            f"{name.lower()}@example.com",
            name,
            role=role,
            max_conversations=max_conversations,
        )
        now = self.clock.now()
        until = now + timedelta(days=1) if here else None
        async with self.storage.transaction() as tx:
            await tx.operators.insert(operator, password_hash=None, must_change_password=False)
            await tx.presence.put(Presence(operator.id, status, now, until))
            await tx.loads.start(operator.id, at=now)
            for line in lines:
                await tx.lines.set_queue(line.id, [*await tx.lines.queue(line.id), operator.id])
                tx.lanes.wake("distribute", line.id, now)
            tx.record.tell(DeskNews())
        return operator

    # --- what customers do --------------------------------------------------

    async def writes(
        self,
        text: str = "Hello",
        *,
        inbox: Inbox,
        who: str = "visitor-1",
        external_id: str | None = None,
        name: str = "",
        contacts: tuple[Contact, ...] = (),
        attachments: tuple[Attachment, ...] = (),
        thread_key: str | None = None,
        public: bool = False,
    ) -> Stored:
        """A customer's message arrives."""
        self._count += 1
        message = IncomingMessage(
            external_id=external_id or f"m{self._count}",
            thread_key=thread_key or who,
            sender=Sender(who, scope=str(inbox.id), name=name, contacts=contacts),
            text=text,
            attachments=attachments,
            public=public,
        )
        stored = await self.inbound.receive(inbox, [message])
        return stored[0]

    # --- looking ------------------------------------------------------------

    async def thread(self, inbox: Inbox, who: str = "visitor-1") -> Thread:
        async with self.storage.reading() as tx:
            thread = await tx.threads.by_key(inbox.id, who)
        assert thread is not None, f"{who} has no thread"
        return thread

    async def conversation(self, inbox: Inbox, who: str = "visitor-1") -> Conversation:
        """The customer's open conversation, else their last one."""
        thread = await self.thread(inbox, who)
        async with self.storage.reading() as tx:
            found = await tx.conversations.latest(thread.id)
        assert found is not None, f"{who} has no conversation"
        return found

    async def again(self, conversation_id: ConversationId) -> Conversation:
        """A conversation as it is now."""
        async with self.storage.reading() as tx:
            found = await tx.conversations.get(conversation_id)
        assert found is not None
        return found

    async def customer(self, inbox: Inbox, who: str = "visitor-1") -> Customer:
        thread = await self.thread(inbox, who)
        async with self.storage.reading() as tx:
            found = await tx.customers.get(thread.customer_id)
        assert found is not None
        return found

    # --- working ------------------------------------------------------------

    async def works(self, *, limit: int = 200) -> int:
        """Do what is due, until nothing is; gives how many steps that were."""
        done = 0
        while done < limit:
            lanes: list[Lane] = []
            now = self.clock.now()
            async with self.storage.transaction() as tx:
                for kind in sorted(self.steps):
                    until = now + timedelta(seconds=10)
                    lanes += await tx.lanes.take(kind, now=now, lease_until=until, limit=10)
            if not lanes:
                return done
            for lane in lanes:
                await self.steps[lane.kind](lane)
                done += 1
        raise AssertionError(f"still busy after {limit} steps")


@asynccontextmanager
async def a_desk(folder: Path, url: str, *, writers: int = 1) -> AsyncIterator[Desk]:
    """A desk on a migrated database."""
    clock, bus = FakeClock(), LocalBus()
    storage = Storage.open(url, on_commit=bus.publish, reactions=reactions)
    directory = Directory(storage)
    bus.listen(directory.hear)
    blobs, sealing = DiskBlobs(folder / "blobs"), Sealing([SECRET_KEY])
    filing = Filing(storage, clock, blobs, sealing, origin="http://desk.example")
    inbound = Inbound(storage, clock, directory, blobs, writers=writers)
    desk = Desk(storage, clock, bus, directory, inbound, blobs, sealing, filing, folder, url)
    bus.listen(desk.news.append)
    writing = asyncio.create_task(inbound.run())
    try:
        yield desk
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await storage.close()


async def migrated(template: Path, target: Path) -> str:
    """A new SQLite database as a copy of `template`, which is made by the migrations at first."""
    if not template.exists():
        await migrate(f"sqlite:///{template}")
    await asyncio.to_thread(copyfile, template, target)
    return f"sqlite:///{target}"
