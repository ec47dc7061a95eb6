"""A line with two operators and customers who wait, for tests of what operators do."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import sqlalchemy as sa

from queues.auditor import audit
from router import handling, placing
from router.errors import TooLate
from router.ids import ConversationId
from router.model import Conversation, Inbox, Line, State
from router.reactions import DISTRIBUTE
from router.staff import Operator
from router.storage import Transaction
from router.storage.record import counted
from router.storage.tables.talk import conversations
from tests.desk import Desk

T = TypeVar("T")


class Scene:
    """A line with Anna and Boris, who can take two each."""

    def __init__(self, desk: Desk, line: Line, inbox: Inbox, *operators: Operator) -> None:
        self.desk = desk
        self.line = line
        self.inbox = inbox
        self.operators = operators
        self.anna, self.boris = operators[:2]

    async def waiting(self, who: str = "visitor-1") -> ConversationId:
        await self.desk.writes("hello", inbox=self.inbox, who=who)
        return (await self.desk.conversation(self.inbox, who)).id

    async def act(self, act: Callable[..., Awaitable[T]], *arguments: object, **named: object) -> T:
        """Do one act in a transaction of its own, as the console does."""

        async def step(tx: Transaction) -> T:
            return await act(tx, *arguments, **named, now=self.desk.clock.now())

        return await self.desk.storage.run(step)

    async def place(
        self, operator: Operator, *ids: ConversationId, offer_s: float | None = None
    ) -> None:
        """Give these to an operator as the distributor does; an offer if `offer_s` is given."""
        now = self.desk.clock.now()
        until = None if offer_s is None else now + timedelta(seconds=offer_s)

        async def step(tx: Transaction) -> None:
            await tx.loads.lock([operator.id])
            held: list[Conversation] = []
            for id_ in ids:
                found = await tx.conversations.lock(id_)
                assert found is not None
                if found[1].state is not State.WAITING:
                    raise TooLate("it does not wait")
                held.append(found[1])
            line = await tx.lines.get(held[0].line_id)
            assert line is not None
            placements = [(one, operator) for one in held]
            await placing.place(tx, line, placements, now=now, offer_until=until)

        await self.desk.storage.run(step)

    async def offered(self, operator: Operator, who: str = "visitor-1") -> ConversationId:
        id_ = await self.waiting(who)
        await self.place(operator, id_, offer_s=60)
        return id_

    async def held(self, operator: Operator, who: str = "visitor-1") -> ConversationId:
        id_ = await self.waiting(who)
        await self.act(handling.take, id_, operator)
        return id_

    async def load(self, operator: Operator) -> tuple[int, int]:
        async with self.desk.storage.reading() as tx:
            load = (await tx.loads.all())[operator.id]
        return load.open_count, load.offered_count

    async def sound(self) -> None:
        """What the auditor of production would say, and the kept counters against a count."""
        async with self.desk.storage.reading() as tx:
            findings = await audit(tx, now=self.desk.clock.now())
            assert not findings, findings
            everybody = [await tx.conversations.get(id_) for id_ in await all_ids(tx)]
            real: Counter[str] = Counter()
            for one in everybody:
                assert one is not None
                real.update(counted(one))
            lines = [line.id for line in await tx.lines.all()]
            kinds = ("all", "waiting", "closed", "at_risk", "late")
            keys = [f"{kind}:{line_id}" for kind in kinds for line_id in lines]
            keys += [
                f"{kind}:{one.id}" for kind in ("mine", "unanswered") for one in self.operators
            ]
            kept = await tx.record.counts(keys)
            wrong = {key: (count, real[key]) for key, count in kept.items() if count != real[key]}
            assert not wrong, wrong

    async def wakes_line(self, act: Callable[[], Awaitable[object]]) -> bool:
        """Whether `act` makes the line's queue look again at once."""
        now = self.desk.clock.now()
        async with self.desk.storage.transaction() as tx:
            for lane in await tx.lanes.take(DISTRIBUTE, now=now, lease_until=now, limit=10):
                await tx.lanes.put_back(lane, due_at=now + timedelta(days=9), reason="")
        await act()
        async with self.desk.storage.reading() as tx:
            return now == (await tx.lanes.next_due([DISTRIBUTE])).get(DISTRIBUTE)


async def all_ids(tx: Transaction) -> Sequence[ConversationId]:
    return [row.id for row in await tx.connection.rows(sa.select(conversations.c.id))]


async def a_scene(desk: Desk, *, more: int = 0) -> Scene:
    """Anna and Boris, and `more` operators."""
    line = await desk.line()
    inbox = await desk.inbox(line)
    names = ("Anna", "Boris", *(f"Operator{number}" for number in range(more)))
    operators = [await desk.operator(name, line, max_conversations=2) for name in names]
    return Scene(desk, line, inbox, *operators)
