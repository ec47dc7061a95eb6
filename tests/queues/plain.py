"""A desk of one line, said as plainly as it can be: who holds what, in dictionaries.

The distributor and the acts have to agree with it. Whom a policy chooses it asks of
`tests.queues.reference`, which shares no line with the policy.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from queues.facts import Candidate, Facts, Refusal, policy_of
from queues.reasons import Removed
from router.ids import ConversationId, OperatorId
from router.model import State
from router.queueing import WHOLE, Queueing, Strategy
from router.staff import Status
from tests.queues.reference import at_work, expected
from tests.queues.worlds import World


@dataclass
class Person:
    id: OperatorId
    cap: int
    reachable_until: datetime
    idle_since: datetime
    status: Status = Status.AVAILABLE
    given_at: datetime | None = None
    missed: int = 0
    turn: int = 0


@dataclass
class Refused:
    by: OperatorId
    how: Removed
    made_at: datetime
    deadline: datetime


@dataclass
class Talk:
    """`asked` are those to whom it is held out; one of them alone has kept room for it."""

    id: ConversationId
    since: datetime
    rank_at: datetime
    state: State = State.WAITING
    owner: OperatorId | None = None
    asked: dict[OperatorId, datetime] = field(default_factory=dict)
    made_at: datetime | None = None
    deadline: datetime | None = None
    is_kept_for: OperatorId | None = None
    refused: list[Refused] = field(default_factory=list)


class TooLateHere(Exception):
    """The act comes too late."""


class FullHere(Exception):
    """There is no room for one more."""


class PlainDesk:
    def __init__(self, queueing: Queueing) -> None:
        self.queueing = queueing
        self.people: dict[OperatorId, Person] = {}
        self.talks: dict[ConversationId, Talk] = {}

    # --- what is held -----------------------------------------------------------

    def held(self, operator: OperatorId) -> int:
        """How many they have, or have kept room for."""
        return sum(
            (talk.state is State.OPEN and talk.owner == operator) or talk.is_kept_for == operator
            for talk in self.talks.values()
        )

    def has_room(self, operator: OperatorId) -> bool:
        return self.held(operator) < self.people[operator].cap

    # --- what people do ---------------------------------------------------------

    def accept(self, talk: Talk, operator: OperatorId, now: datetime) -> None:
        if talk.state is State.OPEN and talk.owner == operator:
            return
        if operator not in talk.asked:
            raise TooLateHere
        if talk.is_kept_for is None:
            if not self.has_room(operator):
                raise FullHere
            self.people[operator].given_at = now
        self.people[operator].missed = 0
        self._assign(talk, operator, now)

    def decline(self, talk: Talk, operator: OperatorId, now: datetime) -> None:
        if operator not in talk.asked:
            raise TooLateHere
        self.people[operator].missed = 0
        self._refuse(talk, operator, Removed.DECLINED, now)

    def take(self, talk: Talk, operator: OperatorId, now: datetime) -> None:
        if talk.state is State.OPEN and talk.owner == operator:
            return
        if operator in talk.asked:
            self.accept(talk, operator, now)
            return
        if talk.state is not State.WAITING:
            raise TooLateHere
        if not self.has_room(operator):
            raise FullHere
        self._assign(talk, operator, now)

    def hand_over(self, talk: Talk, to: OperatorId, now: datetime) -> None:
        if talk.state is State.CLOSED or (talk.state is State.OPEN and talk.owner == to):
            raise TooLateHere
        self._free(talk, now)
        self._assign(talk, to, now)

    def put_back(self, talk: Talk, now: datetime) -> None:
        if talk.state is State.CLOSED:
            raise TooLateHere
        owner = self._free(talk, now)
        talk.state, talk.since, talk.rank_at, talk.owner = State.WAITING, now, now, None
        if owner is not None:
            talk.refused.append(Refused(owner, Removed.DECLINED, now, now))

    def close(self, talk: Talk, now: datetime) -> None:
        if talk.state is not State.CLOSED:
            self._free(talk, now)
            talk.state = State.CLOSED

    def say(self, operator: OperatorId, status: Status) -> None:
        person = self.people[operator]
        if person.status is not status:
            person.status, person.missed = status, 0

    # --- what the distributor does ----------------------------------------------

    def distribute(self, now: datetime) -> None:
        """End what is over; then, from the first who waits to the last, give what can be given."""
        for talk in self.talks.values():
            for operator in [one for one, until in talk.asked.items() if until <= now]:
                self._miss(talk, operator, now)
        waiting = [talk for talk in self.talks.values() if talk.state is State.WAITING]
        for talk in sorted(waiting, key=lambda one: (one.rank_at, one.id)):
            self._give(talk, now)

    def _give(self, talk: Talk, now: datetime) -> None:
        chosen = expected(self._world(talk, now))
        asks_all = self.queueing.strategy is Strategy.BROADCAST
        if not chosen or (asks_all and self._asks_left(now) <= 0):
            return
        until = now + timedelta(seconds=self.queueing.offer_timeout_s)
        if asks_all:
            talk.state, talk.asked, talk.made_at = State.OFFERED, dict.fromkeys(chosen, until), now
            for operator in chosen:
                self.people[operator].idle_since = now
            return
        person = self.people[chosen[0]]
        person.given_at = now
        if self.queueing.strategy is Strategy.ROUND_ROBIN:
            person.turn = max(one.turn for one in self.people.values()) + 1
        if self.queueing.auto_accept:
            self._assign(talk, person.id, now)
            return
        talk.state, talk.asked, talk.made_at = State.OFFERED, {person.id: until}, now
        talk.is_kept_for, person.idle_since = person.id, now

    def _asks_left(self, now: datetime) -> int:
        """Nobody can take more of what all are asked than there is room for."""
        able = [one for one in self._candidates(now) if at_work(one) and one.status == "available"]
        room = sum(max(0, one.cap_weight - one.open_weight) // WHOLE for one in able)
        return room - sum(
            talk.state is State.OFFERED and talk.is_kept_for is None for talk in self.talks.values()
        )

    def _world(self, talk: Talk, now: datetime) -> World:
        refused = {
            one.by: Refusal(one.how, one.deadline)
            for one in talk.refused
            if one.made_at >= talk.since
        }
        facts = Facts(since=talk.since, refused=refused)
        queue = tuple(self._candidates(now))
        return World(policy_of(self.queueing), facts, queue, now=now)

    def _candidates(self, now: datetime) -> list[Candidate]:
        return [
            Candidate(
                one.id,
                position=position,
                cap_weight=one.cap * WHOLE,
                open_weight=self.held(one.id) * WHOLE,
                status=one.status,
                reachable=one.reachable_until > now,
                idle_since=one.idle_since,
                given_at=one.given_at,
                turn=one.turn,
            )
            for position, one in enumerate(self.people.values())
        ]

    # --- what becomes of one ----------------------------------------------------

    def _assign(self, talk: Talk, operator: OperatorId, now: datetime) -> None:
        self._free(talk, now)
        talk.state, talk.owner = State.OPEN, operator
        self.people[operator].idle_since = now

    def _free(self, talk: Talk, now: datetime) -> OperatorId | None:
        """Nobody has it or is asked any more; gives who had it."""
        had = talk.owner if talk.state is State.OPEN else None
        for operator in [*talk.asked, *([had] if had else [])]:
            self.people[operator].idle_since = now
        talk.asked, talk.is_kept_for = {}, None
        return had

    def _refuse(self, talk: Talk, operator: OperatorId, how: Removed, now: datetime) -> None:
        assert talk.made_at is not None
        talk.refused.append(Refused(operator, how, talk.made_at, talk.asked.pop(operator)))
        self.people[operator].idle_since = now
        talk.is_kept_for = None
        if not talk.asked:
            talk.state = State.WAITING

    def _miss(self, talk: Talk, operator: OperatorId, now: datetime) -> None:
        self._refuse(talk, operator, Removed.MISSED, now)
        person = self.people[operator]
        person.missed += 1
        limit = self.queueing.missed_offers_until_away
        if person.missed >= limit and person.status is Status.AVAILABLE:
            person.status, person.missed = Status.AWAY, 0
