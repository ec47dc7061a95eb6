"""Operators' hands, and each line's desk, kept as they are while time runs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from queues.facts import Candidate, Desk, desk_of, policy_of
from queues.load import fits
from queues.reasons import Choice
from queues.simulator.world import OpenLine, Person, operator_id
from router.ids import OperatorId
from router.staff import Status


class Hand:
    """What an operator holds, and whether they are there.

    `busy_until`: when the replies that wait for them are written. `taken_s` is weight times
    seconds, while they were there: what lies on an empty desk over night is nobody's load.
    """

    __slots__ = (
        "away", "busy_until", "given", "given_at", "here", "idle_since", "missed", "number",
        "operator", "person", "since_s", "taken", "taken_s",
    )  # fmt: skip

    def __init__(self, number: int, person: Person) -> None:
        self.number = number
        self.person = person
        self.operator = operator_id(number)
        self.here = self.away = False
        self.taken = self.given = self.missed = 0
        self.idle_since: datetime | None = None
        self.given_at: datetime | None = None
        self.busy_until = self.since_s = self.taken_s = 0.0

    @property
    def has_room(self) -> bool:
        """Whether there is a weight that fits."""
        return self.here and not self.away and fits(1, taken=self.taken, cap=self.person.cap_weight)

    def count(self, *, now_s: float) -> None:
        """What they have held until now."""
        if self.here:
            self.taken_s += self.taken * (now_s - self.since_s)
        self.since_s = now_s

    def change(self, weight: int, *, now_s: float, now: datetime) -> None:
        self.count(now_s=now_s)
        self.taken += weight
        self.idle_since = now


class Queue:
    """One line: its operators as its policy sees them.

    What changed since the last choice is brought up to date when the next one is made.
    """

    def __init__(self, line: OpenLine, hands: Sequence[Hand]) -> None:
        self.line = line
        self.is_open = True
        self.opens_at: datetime | None = None
        self.roomy: set[OperatorId] = set()
        self._policy = policy_of(line.queueing)
        self._hands = {hand.operator: hand for hand in hands}
        self._places = {operator: place for place, operator in enumerate(self._hands)}
        self._changed: set[Hand] = set()
        self._weights: dict[OperatorId, int] = {}
        self._turns: dict[OperatorId, int] = {}
        self._open_weight = 0
        self._desk: Desk | None = None

    def look(self, hand: Hand) -> None:
        """An operator's load has changed."""
        self._changed.add(hand)
        if hand.has_room:
            self.roomy.add(hand.operator)
        else:
            self.roomy.discard(hand.operator)

    def look_up(self, hand: Hand) -> None:
        """An operator has come or gone: the queue is sorted anew."""
        self.look(hand)
        self._desk = None

    def open(self, *, is_open: bool, opens_at: datetime | None) -> None:
        self.is_open, self.opens_at, self._desk = is_open, opens_at, None

    def hold(self, weight: int, operator: OperatorId | None = None) -> None:
        """So much more (or less) of the line is held, or held out, by somebody or by nobody yet."""
        self._open_weight += weight
        if operator is not None:
            self._weights[operator] = self._weights.get(operator, 0) + weight

    def has(self, operator: OperatorId) -> bool:
        return operator in self._places

    def desk(self, now: datetime) -> Desk:
        """The line as it is now."""
        before = self._desk
        if before is None:
            self._desk = self._sorted(now)
        elif self._changed:
            fresh = {hand.operator: self._candidate(hand) for hand in self._changed}
            everybody = {**before.everybody, **fresh}
            able = tuple(everybody[one.operator] for one in before.able)
            self._desk = replace(
                before, now=now, able=able, everybody=everybody, open_weight=self._open_weight
            )
        else:
            self._desk = replace(before, now=now, open_weight=self._open_weight)
        self._changed.clear()
        return self._desk

    def with_guests(self, desk: Desk, guests: Iterable[Hand]) -> Desk:
        """The desk with those of another queue whom a customer knows."""
        others = {hand.operator: self._candidate(hand) for hand in guests}
        return replace(desk, everybody={**desk.everybody, **others}, outside=frozenset(others))

    def given(self, choice: Choice, *, weight: int) -> None:
        """A choice has been carried out, at the desk that was looked at last."""
        assert self._desk is not None, "a choice is made of a desk"
        if choice.operator is None or not self.has(choice.operator):
            return
        self._desk = self._desk.after(choice, weight=weight)
        self._changed.discard(self._hands[choice.operator])
        if choice.turn is not None:
            self._turns[choice.operator] = choice.turn

    def _sorted(self, now: datetime) -> Desk:
        return desk_of(
            self._policy,
            [self._candidate(hand) for hand in self._hands.values()],
            now=now,
            open_weight=self._open_weight,
            is_open=self.is_open,
            opens_at=self.opens_at,
        )

    def _candidate(self, hand: Hand) -> Candidate:
        operator, person = hand.operator, hand.person
        return Candidate(
            operator,
            position=self._places.get(operator, len(self._places)),
            cap_weight=person.cap_weight,
            open_weight=hand.taken,
            line_weight=self._weights.get(operator, 0),
            status=Status.AWAY if hand.away else Status.AVAILABLE,
            on_shift=hand.here,
            idle_since=hand.idle_since,
            given_at=hand.given_at,
            turn=self._turns.get(operator, 0),
            languages=person.languages,
            skills=person.skills,
        )
