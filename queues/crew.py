"""What a step of a line goes by: its hours, its operators, and whom its customers know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from queues.facts import Candidate, Desk, Facts, Refusal, desk_of, policy_of, standing
from queues.hours import is_open, next_opening
from queues.load import fits
from queues.lookups import STRANGER, asks_fields, awaits_fields, lookups
from queues.presence import candidate_of
from queues.reasons import Removed
from router.calendars import ALWAYS, Calendar
from router.ids import CalendarId, ConversationId, OperatorId
from router.model import Conversation, Line, Offer, OfferState
from router.queueing import Rung, Shift, Strategy
from router.staff import Operator
from router.storage import Transaction
from router.storage.audit import Held
from router.storage.choosing import Known, Member

REFUSED = {OfferState.DECLINED: Removed.DECLINED, OfferState.EXPIRED: Removed.MISSED}
NOTHING = Held(0, 0)


@dataclass(frozen=True, slots=True)
class Floor:
    """A line now, before anything stands still: who is in its queue, and its hours."""

    line: Line
    now: datetime
    members: Sequence[Member]
    calendars: Mapping[CalendarId, Calendar]
    shares: Mapping[OperatorId, Held]
    asked: Held

    def candidate(self, member: Member) -> Candidate:
        whose = member.operator.calendar_id
        return candidate_of(
            member,
            now=self.now,
            calendar=self.calendars.get(whose, ALWAYS) if whose else ALWAYS,
            line_weight=self.shares.get(member.operator.id, NOTHING).weight,
        )

    @property
    def calendar(self) -> Calendar:
        """The line's."""
        own = self.line.calendar_id
        return self.calendars.get(own, ALWAYS) if own else ALWAYS

    def desk(self, members: Iterable[Member], outside: Iterable[Member] = ()) -> Desk:
        open_now = is_open(self.calendar, self.now)
        return desk_of(
            policy_of(self.line.queueing),
            [self.candidate(one) for one in members],
            now=self.now,
            outside=[self.candidate(one) for one in outside],
            open_weight=sum(one.weight for one in self.shares.values()) + self.asked.weight,
            is_open=open_now,
            opens_at=None if open_now else next_opening(self.calendar, self.now),
        )


@dataclass(frozen=True, slots=True)
class Crew:
    """Who may be given something while a step gives; what is known of those who wait."""

    line: Line
    operators: Mapping[OperatorId, Operator]
    desk: Desk
    known: Mapping[ConversationId, Known]
    deputies: Mapping[OperatorId, OperatorId]
    lookups: Mapping[ConversationId, datetime]


async def read_floor(tx: Transaction, line: Line, *, now: datetime) -> Floor:
    members = await tx.choosing.crew(line.id, now=now)
    capacity, strategy = line.queueing.capacity, line.queueing.strategy
    shares: Mapping[OperatorId, Held] = {}
    if capacity.max_per_operator is not None or capacity.max_open is not None:
        shares = await tx.queues.line_loads(line.id)
    asked = NOTHING
    if strategy is Strategy.BROADCAST or capacity.max_open is not None:
        asked = await tx.choosing.asked_now(line.id)
    calendars = await _calendars(tx, line, members)
    return Floor(line, now, members, calendars, shares, asked)


async def _calendars(
    tx: Transaction, line: Line, members: Iterable[Member]
) -> Mapping[CalendarId, Calendar]:
    whose = {one.operator.calendar_id for one in members if one.operator.shift is Shift.CALENDAR}
    named = [one for one in {*whose, line.calendar_id} if one is not None]
    return await tx.calendars.of(named) if named else {}


async def muster(
    tx: Transaction, floor: Floor, waiting: Sequence[Conversation], *, asks_crm: bool
) -> Crew:
    """The floor for these conversations; the loads of those who come into question stand still
    until the end. To be called before the conversations are held.
    """
    known = await _known(tx, floor.line, waiting)
    line = floor.line
    asked = await lookups(tx, line, waiting, known, now=floor.now) if asks_crm else {}
    outside = await _outside(tx, floor, waiting, known)
    more = await _calendars(tx, floor.line, outside) if outside else {}
    floor = replace(floor, calendars={**floor.calendars, **more})
    everybody = [*floor.members, *outside]
    for one in everybody:
        if one.load is None:
            await tx.loads.start(one.operator.id, at=floor.now)
    able = [one.operator.id for one in everybody if _is_able(floor.candidate(one))]
    loads = await tx.loads.lock(able)
    members, guests = (
        [replace(one, load=loads.get(one.operator.id, one.load)) for one in group]
        for group in (floor.members, outside)
    )
    operators = {one.operator.id: one.operator for one in everybody}
    deputies = {one.id: one.deputy_id for one in operators.values() if one.deputy_id is not None}
    return Crew(line, operators, floor.desk(members, guests), known, deputies, asked)


async def _known(
    tx: Transaction, line: Line, waiting: Sequence[Conversation]
) -> Mapping[ConversationId, Known]:
    rungs, preferences = line.queueing.sticky.rungs, line.queueing.preferences
    if not waiting or not (rungs or preferences.by_language or asks_fields(line)):
        return {}
    return await tx.choosing.known([one.id for one in waiting])


async def _outside(
    tx: Transaction,
    floor: Floor,
    waiting: Sequence[Conversation],
    known: Mapping[ConversationId, Known],
) -> list[Member]:
    """Whom these customers know and who are not in the queue, and their deputies."""
    rungs = floor.line.queueing.sticky.rungs
    here = {one.operator.id: one for one in floor.members}
    named = {
        operator
        for one in waiting
        for rung, operator in rungs_of(one, known.get(one.id, STRANGER)).items()
        if rung in rungs
    }
    outside = await _people(tx, named - here.keys(), now=floor.now)
    if Rung.DEPUTY in rungs:
        everybody = here | {one.operator.id: one for one in outside}
        deputies = {everybody[one].operator.deputy_id for one in named if one in everybody}
        missing = {one for one in deputies if one is not None} - everybody.keys()
        outside += await _people(tx, missing, now=floor.now)
    return outside


async def _people(tx: Transaction, ids: Iterable[OperatorId], *, now: datetime) -> list[Member]:
    asked = sorted(ids)
    return await tx.choosing.people(asked, now=now) if asked else []


def _is_able(one: Candidate) -> bool:
    return standing(one) is None and fits(1, taken=one.taken, cap=one.cap_weight)


# --- one conversation ----------------------------------------------------------------


def rungs_of(conversation: Conversation, known: Known) -> dict[Rung, OperatorId]:
    """Whom its customer knows."""
    pinned = conversation.previous_owner_id if conversation.pinned else None
    people = {
        Rung.PINNED: pinned,
        Rung.RESPONSIBLE: known.responsible_id,
        Rung.LAST_OPERATOR: known.last_owner_id,
    }
    return {rung: operator for rung, operator in people.items() if operator is not None}


def facts_of(conversation: Conversation, crew: Crew, refused: Sequence[Offer]) -> Facts:
    """What was refused before it last came into the queue does not count."""
    since = conversation.waiting_since or conversation.opened_at
    known = crew.known.get(conversation.id, STRANGER)
    return Facts(
        since=since,
        weight=conversation.weight,
        refused={
            offer.operator_id: Refusal(REFUSED[offer.state], offer.deadline)
            for offer in refused
            if offer.made_at >= since
        },
        language=conversation.language or known.language,
        skills=frozenset(conversation.skills),
        known=rungs_of(conversation, known),
        deputies=crew.deputies,
        lookup_until=crew.lookups.get(conversation.id),
        rules_wait=awaits_fields(crew.line, conversation, known),
    )
