"""What a step of a line goes by: its hours, its operators, and whom its customers know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from queues.facts import Candidate, Desk, Facts, Refusal, desk_of, policy_of, standing
from queues.hours import is_open, next_opening
from queues.load import fits
from queues.lookups import STRANGER, asks_fields, awaits_fields, lookups
from queues.presence import candidate_of, is_reachable
from queues.reasons import Removed
from router.calendars import ALWAYS, Calendar
from router.ids import CalendarId, ConversationId, OperatorId
from router.model import Conversation, Line, Offer, OfferState
from router.queueing import Rung, Shift, Strategy
from router.staff import Operator
from router.storage import Transaction
from router.storage.audit import Held
from router.storage.built import Kept
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
            line_weight=self._share(member),
        )

    def is_still(self, member: Member, before: Candidate) -> bool:
        """Whether a member who has not changed is the candidate that they were: time may bar them."""
        return (
            member.operator.shift is not Shift.CALENDAR
            and before.reachable is is_reachable(member.presence, now=self.now)
            and before.line_weight == self._share(member)
        )

    def _share(self, member: Member) -> int:
        return self.shares.get(member.operator.id, NOTHING).weight if self.shares else 0

    @property
    def calendar(self) -> Calendar:
        """The line's."""
        own = self.line.calendar_id
        return self.calendars.get(own, ALWAYS) if own else ALWAYS

    def desk(self, members: Iterable[Candidate], outside: Iterable[Candidate] = ()) -> Desk:
        open_now = is_open(self.calendar, self.now)
        return desk_of(
            policy_of(self.line.queueing),
            members,
            now=self.now,
            outside=outside,
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


async def read_floor(
    tx: Transaction, line: Line, *, now: datetime, kept: Kept[Member] | None = None
) -> Floor:
    members = await tx.choosing.crew(line.id, now=now, kept=kept)
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
    tx: Transaction,
    floor: Floor,
    desk: Desk,
    waiting: Sequence[Conversation],
    *,
    asks_crm: bool,
) -> Crew:
    """The floor for these conversations; the loads of those who come into question stand still
    until the end. To be called before the conversations are held. `desk` is of its members.
    """
    known = await _known(tx, floor.line, waiting)
    line = floor.line
    asked = await lookups(tx, line, waiting, known, now=floor.now) if asks_crm else {}
    outside = await _outside(tx, floor, waiting, known)
    more = await _calendars(tx, floor.line, outside) if outside else {}
    floor = replace(floor, calendars={**floor.calendars, **more})
    everybody = {one.operator.id: one for one in (*floor.members, *outside)}
    guests = [floor.candidate(one) for one in outside]
    still = await _still(tx, floor, everybody, [*desk.able, *filter(_stands, guests)])
    if guests or any(desk.everybody[id_] != one for id_, one in still.items()):
        members = [still.get(id_, desk.everybody[id_]) for id_ in desk.everybody]
        desk = floor.desk(members, [still.get(one.operator, one) for one in guests])
    operators = {id_: one.operator for id_, one in everybody.items()}
    deputies = {one.id: one.deputy_id for one in operators.values() if one.deputy_id is not None}
    return Crew(line, operators, desk, known, deputies, asked)


async def _still(
    tx: Transaction,
    floor: Floor,
    everybody: Mapping[OperatorId, Member],
    candidates: Iterable[Candidate],
) -> dict[OperatorId, Candidate]:
    """Those of the candidates who have any room, by loads that stand still from here."""
    for id_, member in everybody.items():
        if member.load is None:
            await tx.loads.start(id_, at=floor.now)
    able = [one.operator for one in candidates if fits(1, taken=one.taken, cap=one.cap_weight)]
    loads = await tx.loads.lock(able)
    members = {id_: everybody[id_] for id_ in able}
    return {
        id_: floor.candidate(replace(one, load=loads.get(id_, one.load)))
        for id_, one in members.items()
    }


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


def _stands(one: Candidate) -> bool:
    return standing(one) is None


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
