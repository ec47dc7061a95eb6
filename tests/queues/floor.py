"""A desk as the tests of queues see it: lines, operators, and customers who wait."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from queues.auditor import Finding, audit
from queues.distributor import Distributor
from queues.presence import REACHABLE, Reachability, set_status
from router.ids import (
    ConversationId,
    CustomerId,
    IdentityId,
    LineId,
    OperatorId,
    ThreadId,
    new_id,
)
from router.model import Conversation, Customer, Identity, Inbox, Line, Thread
from router.queueing import WHOLE, Queueing
from router.reactions import DISTRIBUTE
from router.staff import Load, Operator, Presence, Status
from router.states import opened
from router.storage import Lane, Transaction
from tests.desk import Desk

T = TypeVar("T")
LEASE = timedelta(seconds=30)
OFFERS = Queueing(auto_accept=False, offer_timeout_s=60, missed_offers_until_away=2)


class Floor:
    """The queues of a desk. Customers come by the hundred, written directly into the database."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.storage = desk.storage
        self.clock = desk.clock
        self.news = desk.news
        self.inboxes: dict[LineId, Inbox] = {}
        self._numbers = count(1)
        self.distributor = self.start_distributor()
        self.reachability = Reachability(self.storage, self.clock)

    def start_distributor(self, *, patience_s: float = 0) -> Distributor:
        until = self.clock.now() + timedelta(seconds=patience_s)
        return Distributor(self.storage, self.clock, patient_until=until)

    # --- what an administrator sets up ---------------------------------------

    async def line(self, queueing: Queueing = OFFERS) -> Line:
        line = await self.desk.line(f"line-{next(self._numbers)}", queueing=queueing)
        self.inboxes[line.id] = await self.desk.inbox(line, "simulator")
        return line

    async def operator(
        self,
        *lines: Line,
        cap: int = 5,
        status: Status | None = Status.AVAILABLE,
        connected: bool = True,
        **more: Any,
    ) -> Operator:
        """One more at the end of these lines' queues; with no status they never came."""
        email = f"{new_id()}@desk.test"
        one = Operator(OperatorId(new_id()), email, "Anna", max_conversations=cap, **more)
        async with self.storage.transaction() as tx:
            await tx.operators.insert(one, password_hash=None, must_change_password=False)
            await tx.loads.start(one.id, at=self.clock.now())
            for line in lines:
                await tx.lines.set_queue(line.id, [*await tx.lines.queue(line.id), one.id])
            if status is not None:
                await tx.presence.put(Presence(one.id, status, self.clock.now()))
            if connected:
                await tx.presence.reach([one.id], self.clock.now() + REACHABLE)
        return one

    # --- what happens --------------------------------------------------------

    async def full(self, line: Line) -> Operator:
        """The only operator of a line that gives at once, who has as much as they take."""
        anna = await self.operator(line, cap=1)
        await self.writes(line)
        await self.distribute()
        return anna

    async def writes(
        self, line: Line, *, count: int = 1, weight: int = WHOLE, **customer_facts: Any
    ) -> list[ConversationId]:
        """So many customers write for the first time, one after the other."""
        now, made = self.clock.now(), []
        async with self.storage.transaction() as tx:
            for number in range(count):
                thread = _thread(self.inboxes[line.id])
                customer = Customer(thread.customer_id, now, **customer_facts)
                await tx.customers.insert(customer)
                identity = Identity(
                    thread.identity_id, customer.id, "simulator", str(line.id), thread.key
                )
                await tx.identities.insert(identity)
                await tx.threads.insert(thread)
                conversation = opened(thread, channel="simulator", title="", now=now, weight=weight)
                rank_at = now + timedelta(microseconds=number)
                await tx.conversations.insert(replace(conversation, rank_at=rank_at))
                tx.record.changed(None, conversation)
                made.append(conversation.id)
            tx.lanes.wake(DISTRIBUTE, line.id, now)
        return made

    async def says(self, operator: Operator, status: Status) -> None:
        async with self.storage.transaction() as tx:
            await set_status(tx, operator.id, status, now=self.clock.now())

    async def stay(self, *operators: Operator) -> None:
        """Their consoles are connected still."""
        async with self.storage.transaction() as tx:
            ids = [one.id for one in operators]
            await tx.presence.reach(ids, self.clock.now() + REACHABLE)

    async def act(self, act: Callable[..., Awaitable[T]], *arguments: object, **named: object) -> T:
        """Do one act, as the console does."""

        async def step(tx: Transaction) -> T:
            return await act(tx, *arguments, **named, now=self.clock.now())

        return await self.storage.run(step)

    async def take(self, kind: str = DISTRIBUTE) -> list[Lane]:
        """Take the lanes that are due."""
        now = self.clock.now()
        async with self.storage.transaction() as tx:
            return await tx.lanes.take(kind, now=now, lease_until=now + LEASE, limit=10)

    async def distribute(self, distributor: Distributor | None = None) -> int:
        """Run what is due until nothing is; gives how many steps that took."""
        steps = 0
        while lanes := await self.take():
            for lane in lanes:
                await (distributor or self.distributor).distribute(lane)
            steps += len(lanes)
            assert steps < 100, "a hot loop"
        return steps

    async def due_in_s(self) -> float | None:
        """In how many seconds there is something to do."""
        async with self.storage.reading() as tx:
            due = (await tx.lanes.next_due([DISTRIBUTE])).get(DISTRIBUTE)
        return None if due is None else (due - self.clock.now()).total_seconds()

    # --- what is to be seen --------------------------------------------------

    async def see(self, conversation_id: ConversationId) -> Conversation:
        return (await self.see_all([conversation_id]))[0]

    async def see_all(self, ids: Sequence[ConversationId]) -> list[Conversation]:
        async with self.storage.reading() as tx:
            found = await tx.conversations.many(ids)
        return [found[one] for one in ids]

    async def load(self, operator: Operator) -> Load:
        async with self.storage.reading() as tx:
            return (await tx.loads.all())[operator.id]

    async def presence(self, operator: Operator) -> Presence | None:
        async with self.storage.reading() as tx:
            return await tx.presence.get(operator.id)

    async def audit(self, *, working_since: datetime | None = None) -> list[Finding]:
        async with self.storage.reading() as tx:
            return await audit(tx, now=self.clock.now(), working_since=working_since)


def _thread(inbox: Inbox) -> Thread:
    thread_id = ThreadId(new_id())
    return Thread(
        id=thread_id,
        inbox_id=inbox.id,
        line_id=inbox.line_id,
        key=str(thread_id),
        customer_id=CustomerId(new_id()),
        identity_id=IdentityId(new_id()),
    )
