"""The step of a line: facts → choices → offers or assignments.

Every change of capacity wakes the line's lane. A step costs no more with thousands waiting than
with ten: it stops when nobody has room, and looks only at the first and at those whose time came.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from queues.facts import Candidate, Desk, Facts, Refusal, desk_of, policy_of, standing
from queues.load import fits
from queues.policy import choose
from queues.presence import candidate_of
from queues.reasons import Choice, Removed
from router import placing
from router.clock import Clock
from router.ids import ConversationId, LineId, OperatorId
from router.model import Conversation, Line, Offer, OfferState, State
from router.queueing import WHOLE
from router.staff import Operator
from router.storage import Lane, Storage, Transaction

# So many are placed, and operators' loads held, in one transaction.
BATCH = 100
# The first in the line are explained anew at every step, the others when their time comes.
HEAD = 10
REFUSED = {OfferState.DECLINED: Removed.DECLINED, OfferState.EXPIRED: Removed.MISSED}
EXPLAINED = ("outcome", "operator_id", "rule", "policy_version", "removed", "named")


class Distributor:
    """Places what waits in a line.

    `patient_until`: until then nobody's absence counts, so that no offer of ours ends earlier.
    """

    def __init__(self, storage: Storage, clock: Clock, *, patient_until: datetime) -> None:
        self._storage = storage
        self._clock = clock
        self._patient_until = patient_until

    async def distribute(self, lane: Lane) -> None:
        """Do what is due in the line, then rest until something is. May be repeated at any time."""
        while await self._storage.run(partial(self._step, lane)):
            pass

    async def _step(self, lane: Lane, tx: Transaction) -> bool:
        """One transaction's worth; False, and the lane is given back, when nothing is left to do."""
        line = await tx.lines.lock(LineId(UUID(lane.key)))
        if line is None:
            tx.lanes.give_back(lane)
            return False
        now = self._clock.now()
        if await _settle(tx, line, now=now):
            return True
        crew = await _read_crew(tx, line, now=now)
        ends = now + timedelta(seconds=line.queueing.offer_timeout_s)
        offer_until = None if line.queueing.auto_accept else max(ends, self._patient_until)
        if not await _Placing(tx, line, crew, now=now, offer_until=offer_until).in_turn():
            return True
        tx.lanes.give_back(lane, due_at=await tx.queues.next_due(line.id))
        return False


async def _settle(tx: Transaction, line: Line, *, now: datetime) -> bool:
    """End the offers and snoozes whose time is over; whether there were any."""
    over = await tx.offers.due(line.id, now, limit=BATCH)
    awake = await tx.queues.ended_snoozes(line.id, now, limit=BATCH)
    if not over and not awake:
        return False
    await tx.loads.lock([offer.operator_id for offer in over])
    await tx.queues.hold([*(offer.conversation_id for offer in over), *awake])
    for offer in over:
        limit = line.queueing.missed_offers_until_away
        await placing.expire(tx, offer, now=now, missed_limit=limit)
    for conversation_id in awake:
        await placing.wake_snoozed(tx, conversation_id, now=now)
    return True


@dataclass(slots=True)
class _Crew:
    """The queue's operators while a step gives to them."""

    operators: Mapping[OperatorId, Operator]
    desk: Desk


async def _read_crew(tx: Transaction, line: Line, *, now: datetime) -> _Crew:
    """The queue now; the loads of those who come into question stand still until the end."""
    members = await tx.queues.members(line.id)
    for member in members:
        if member.load is None:
            await tx.loads.start(member.operator.id, at=now)
    able = [one.operator.id for one in members if _is_able(candidate_of(one, now=now))]
    loads = await tx.loads.lock(able)
    settled = [replace(one, load=loads.get(one.operator.id, one.load)) for one in members]
    candidates = [candidate_of(one, now=now) for one in settled]
    last = await tx.decisions.last_chosen(line.id)
    return _Crew(
        operators={one.operator.id: one.operator for one in members},
        desk=desk_of(policy_of(line.queueing), _in_rotation(candidates, last=last), now=now),
    )


def _is_able(one: Candidate) -> bool:
    return standing(one) is None and fits(WHOLE, taken=one.taken, cap=one.cap_weight)


def _in_rotation(queue: Sequence[Candidate], *, last: OperatorId | None) -> list[Candidate]:
    """As if each had had their turn before who stands behind them, and `last` had it last."""
    at = next((place for place, one in enumerate(queue, 1) if one.operator == last), 0)
    return [replace(one, turn=place) for place, one in enumerate([*queue[at:], *queue[:at]], 1)]


class _Placing:
    """One transaction of placing a line's conversations."""

    def __init__(
        self,
        tx: Transaction,
        line: Line,
        crew: _Crew,
        *,
        now: datetime,
        offer_until: datetime | None,
    ) -> None:
        self._tx = tx
        self._line = line
        self._operators = crew.operators
        self._desk = crew.desk
        self._now = now
        self._offer_until = offer_until
        self._chosen: list[tuple[Conversation, Operator]] = []
        self._placed = 0
        self._decisions: list[dict[str, Any]] = []
        self._waits: dict[ConversationId, tuple[Conversation, Choice]] = {}

    async def in_turn(self) -> bool:
        """Place what fits, and explain what waits; False if the batch was full before the end."""
        await self._walk()
        await self._give()
        done = self._placed < BATCH
        if done:
            due = await self._tx.queues.overlooked(self._line.id, self._now, limit=BATCH)
            await self._look_at([one.id for one in due if one.id not in self._waits])
            await self._give()
        await self._explain()
        return done

    async def _walk(self) -> None:
        """Go along the line while there is room: past those who rest, to those who can be placed."""
        behind = None
        while len(self._chosen) < BATCH:
            size = max(HEAD, min(self._desk.slots(WHOLE), BATCH - len(self._chosen)))
            page = await self._tx.queues.waiting(self._line.id, behind=behind, limit=size)
            await self._look_at([one.id for one in page])
            if len(page) < size or not self._desk.slots(WHOLE):
                return
            behind = page[-1]

    async def _look_at(self, ids: Sequence[ConversationId]) -> None:
        if not ids:
            return
        # What they were before we had to wait for their locks does not count.
        held = await self._tx.queues.hold(ids)
        refused = await self._tx.offers.refused(ids)
        for one in (held[id_] for id_ in ids):
            if one.state is State.WAITING and one.line_id == self._line.id:
                self._decide(one, _facts(one, refused.get(one.id, [])))

    def _decide(self, conversation: Conversation, facts: Facts) -> None:
        choice = choose(facts, self._desk)
        if choice.operator is None:
            self._waits[conversation.id] = (conversation, choice)
        else:
            self._chosen.append((conversation, self._operators[choice.operator]))
            outcome = "offered" if self._offer_until else "assigned"
            self._decisions.append(self._row(outcome, conversation, choice))
            self._desk = self._desk.after(choice, weight=facts.weight)

    # --- what is written of it ----------------------------------------------

    async def _give(self) -> None:
        if not self._chosen:
            return
        await placing.place(
            self._tx, self._line, self._chosen, now=self._now, offer_until=self._offer_until
        )
        await self._tx.decisions.choose(self._line.id, self._chosen[-1][1].id)
        self._placed += len(self._chosen)
        self._chosen = []

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
            "operator_id": choice.operator,
            "rule": why.rule.value,
            "policy_version": why.policy_version,
            "removed": {reason.value: count for reason, count in why.removed.items()},
            "named": {str(operator): reason.value for operator, reason in why.named.items()},
            "look_again_at": choice.look_again_at,
        }


def _facts(conversation: Conversation, refused: Sequence[Offer]) -> Facts:
    """What was refused before it last came into the queue does not count."""
    since = conversation.waiting_since or conversation.opened_at
    return Facts(
        since=since,
        refused={
            offer.operator_id: Refusal(REFUSED[offer.state], offer.deadline)
            for offer in refused
            if offer.made_at >= since
        },
    )


def _differs(row: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return any(row[name] != before[name] for name in EXPLAINED)
