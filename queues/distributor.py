"""The step of a line: facts → choices → offers or assignments.

Every change of capacity wakes the line's lane. A step costs no more with thousands waiting than
with ten: it stops when nobody has room, and looks only at the first and at those whose time came.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from queues.crew import Crew, Floor, facts_of, muster, read_floor
from queues.facts import Desk, Facts
from queues.memory import Memory
from queues.policy import choose
from queues.reasons import Choice, Rule, Why
from queues.routes import apply_rules
from router import placing
from router.clock import Clock
from router.ids import ConversationId, LineId, OperatorId
from router.model import Conversation, Line, State
from router.queueing import WHOLE, Strategy
from router.staff import Operator
from router.storage import Lane, Storage, Transaction

# So many are placed, and operators' loads held, in one transaction.
BATCH = 100
# The first in the line are explained anew at every step, the others when their time comes.
HEAD = 10
EXPLAINED = (
    "outcome", "operator_id", "rule", "rung", "known_id", "until", "policy_version", "removed",
    "named",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Further:
    """The step goes on in another transaction, in the line behind this one."""

    behind: Conversation | None


class Distributor:
    """Places what waits in a line.

    `patient_until`: until then nobody's absence counts, so that no offer of ours ends earlier.
    `asks_crm`: somebody works on the CRM's lanes, and who is responsible may be waited for.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        patient_until: datetime,
        asks_crm: bool = False,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._patient_until = patient_until
        self._asks_crm = asks_crm
        self._memories: dict[LineId, Memory] = defaultdict(Memory)

    async def distribute(self, lane: Lane) -> None:
        """Do what is due in the line, then rest until something is. May be repeated at any time."""
        further: _Further | None = _Further(None)
        while further is not None:
            further = await self._storage.run(partial(self._step, lane, further.behind))

    async def _step(
        self, lane: Lane, behind: Conversation | None, tx: Transaction
    ) -> _Further | None:
        """One transaction's worth; None, and the lane is given back, when nothing is left to do."""
        line = await tx.lines.lock(LineId(UUID(lane.key)))
        if line is None:
            tx.lanes.give_back(lane)
            return None
        now = self._clock.now()
        if await _settle(tx, line, now=now) or await apply_rules(
            tx, line, now=now, limit=BATCH, asks_crm=self._asks_crm
        ):
            tx.lanes.keep(lane)
            return _Further(behind)
        further = await self._place(tx, line, behind, now=now)
        if further is None:
            tx.lanes.give_back(lane, due_at=await tx.queues.next_due(line.id))
        else:
            tx.lanes.keep(lane)
        return further

    async def _place(
        self, tx: Transaction, line: Line, behind: Conversation | None, *, now: datetime
    ) -> _Further | None:
        page = await tx.queues.waiting(line.id, behind=behind, limit=HEAD)
        if not page and behind is None:
            return None
        memory = self._memories[line.id]
        floor = await read_floor(tx, line, now=now, kept=memory.members)
        desk = floor.desk(memory.candidates(floor).values())
        seen = await _see(tx, floor, page, desk, behind=behind)
        crew = await muster(tx, floor, desk, seen.waiting, asks_crm=self._asks_crm)
        ends = now + timedelta(seconds=line.queueing.offer_timeout_s)
        lightest, until = _lightest(seen.waiting), max(ends, self._patient_until)
        giving = _Giving(tx, floor, crew, lightest=lightest, offer_until=until)
        await giving.look_at(seen.waiting)
        last = seen.page[-1] if seen.page else behind
        if seen.goes_on and giving.has_room:
            return _Further(last)
        return _Further(last) if seen.more_due else None


async def _settle(tx: Transaction, line: Line, *, now: datetime) -> bool:
    """End the offers and snoozes whose time is over; whether there were any."""
    over = await tx.offers.due(line.id, now, limit=BATCH)
    awake = await tx.queues.ended_snoozes(line.id, now, limit=BATCH)
    if not over and not awake:
        return False
    senders = [offer.return_to for offer in over if offer.return_to is not None]
    await tx.loads.lock([*(offer.operator_id for offer in over), *senders])
    await tx.queues.hold([*(offer.conversation_id for offer in over), *awake])
    for offer in over:
        limit = line.queueing.missed_offers_until_away
        await placing.expire(tx, offer, now=now, missed_limit=limit)
    for conversation_id in awake:
        await placing.wake_snoozed(tx, conversation_id, now=now)
    return True


# --- who is looked at -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """A stretch of the line, and those whose time to be looked at came.

    `goes_on`: there may be more behind the page. `more_due`: more whose time came.
    """

    page: Sequence[Conversation]
    waiting: Sequence[Conversation]
    goes_on: bool
    more_due: bool


async def _see(
    tx: Transaction,
    floor: Floor,
    page: list[Conversation],
    desk: Desk,
    *,
    behind: Conversation | None,
) -> _Seen:
    """As many as there is room for, from the beginning or from behind one."""
    line_id = floor.line.id
    if len(page) < HEAD and behind is None:
        return _Seen(page, page, goes_on=False, more_due=False)
    size = max(HEAD, min(desk.slots(_lightest(page)), BATCH))
    goes_on = len(page) == HEAD
    if goes_on and size > HEAD:
        rest = await tx.queues.waiting(line_id, behind=page[-1], limit=size - HEAD)
        page, goes_on = [*page, *rest], len(rest) == size - HEAD
    due = await tx.queues.overlooked(line_id, floor.now, limit=BATCH)
    there = {one.id for one in page}
    return _Seen(
        page,
        [*page, *(one for one in due if one.id not in there)],
        goes_on=goes_on,
        more_due=len(due) == BATCH,
    )


def _lightest(waiting: Iterable[Conversation]) -> int:
    """By what weight there is room for more: a desk too full for a chat may have room for a mail."""
    return min((one.weight for one in waiting), default=WHOLE)


# --- what they get --------------------------------------------------------------


class _Giving:
    """One transaction of placing a line's conversations."""

    def __init__(
        self, tx: Transaction, floor: Floor, crew: Crew, *, lightest: int, offer_until: datetime
    ) -> None:
        self._tx = tx
        self._line = floor.line
        self._now = floor.now
        self._crew = crew
        self._desk = crew.desk
        self._lightest = lightest
        self._offer_until = offer_until
        # Nobody can take more of what all are asked than there is room for.
        asks_all = floor.line.queueing.strategy is Strategy.BROADCAST
        self._asks_left = crew.desk.slots(lightest) - floor.asked.count if asks_all else 0
        self._chosen: list[tuple[Conversation, Operator]] = []
        self._asked: list[tuple[Conversation, Sequence[Operator]]] = []
        self._turns: dict[OperatorId, int] = {}
        self._waits: dict[ConversationId, tuple[Conversation, Choice]] = {}
        self._decisions: list[dict[str, Any]] = []

    @property
    def has_room(self) -> bool:
        return self._desk.slots(self._lightest) > 0 and (self._asks_left > 0 or not self._asked)

    async def look_at(self, waiting: Sequence[Conversation]) -> None:
        """Place what can be placed, and explain what waits."""
        ids = [one.id for one in waiting]
        if not ids:
            return
        # What they were before we had to wait for their locks does not count.
        held = await self._tx.queues.hold(ids)
        refused = await self._tx.offers.refused(ids)
        for one in (held[id_] for id_ in ids):
            if one.state is State.WAITING and one.line_id == self._line.id:
                self._decide(one, facts_of(one, self._crew, refused.get(one.id, [])))
        await self._give()
        await self._explain()

    def _decide(self, conversation: Conversation, facts: Facts) -> None:
        choice = choose(facts, self._desk)
        if choice.asks_all and self._asks_left <= 0:
            choice = self._later()
        if choice.operator is None:
            self._waits[conversation.id] = (conversation, choice)
            return
        if choice.asks_all:
            self._asks_left -= 1
            people = [self._crew.operators[one] for one in choice.operators]
            self._asked.append((conversation, people))
        else:
            self._chosen.append((conversation, self._crew.operators[choice.operator]))
        if choice.turn is not None:
            self._turns[choice.operator] = choice.turn
        is_offer = choice.asks_all or not self._line.queueing.auto_accept
        self._decisions.append(
            self._row("offered" if is_offer else "assigned", conversation, choice)
        )
        self._desk = self._desk.after(choice, weight=facts.weight)

    def _later(self) -> Choice:
        """As many are held out to all as all can take: it waits until one of them is taken."""
        look_again_at = self._now + timedelta(seconds=self._desk.policy.look_again_s)
        return Choice((), Why(Rule.NOBODY_CAN, self._desk.version), look_again_at=look_again_at)

    # --- what is written of it ----------------------------------------------

    async def _give(self) -> None:
        tx, line, now = self._tx, self._line, self._now
        if self._chosen:
            until = None if line.queueing.auto_accept else self._offer_until
            await placing.place(tx, line, self._chosen, now=now, offer_until=until)
        if self._asked:
            await placing.ask_all(tx, self._asked, now=now, until=self._offer_until)
        await tx.choosing.turn(line.id, self._turns)

    async def _explain(self) -> None:
        """Write the decisions; of those who wait on, only where the reason is another than before."""
        explained = await self._tx.decisions.latest(list(self._waits)) if self._waits else {}
        for id_, (conversation, choice) in self._waits.items():
            row = self._row("waits", conversation, choice)
            if id_ not in explained or _differs(row, explained[id_]):
                self._decisions.append(row)
        await self._tx.decisions.insert(self._decisions)
        await self._write_looks()

    async def _write_looks(self) -> None:
        """Set when those who wait are looked at again, unless they will be soon enough."""
        times: dict[datetime, list[ConversationId]] = defaultdict(list)
        for conversation, choice in self._waits.values():
            stands, needed = conversation.look_again_at, choice.look_again_at
            if needed and (stands is None or not self._now < stands <= needed):
                times[needed].append(conversation.id)
        for at, ids in times.items():
            await self._tx.conversations.look_again(ids, at)

    def _row(self, outcome: str, conversation: Conversation, choice: Choice) -> dict[str, Any]:
        why = choice.why
        return {
            "conversation_id": conversation.id,
            "line_id": self._line.id,
            "at": self._now,
            "outcome": outcome,
            "operator_id": None if choice.asks_all else choice.operator,
            "rule": why.rule.value,
            "rung": why.rung.value if why.rung else None,
            "known_id": why.operator,
            "until": why.until,
            "policy_version": why.policy_version,
            "removed": {reason.value: count for reason, count in why.removed.items()},
            "named": {str(operator): reason.value for operator, reason in why.named.items()},
            "look_again_at": choice.look_again_at,
        }


def _differs(row: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return any(row[name] != before[name] for name in EXPLAINED)
