"""What a choice depends on: the line's policy, the conversation, its operators, the time. Values."""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from queues.load import fits, slots
from queues.reasons import Choice, Removed
from router.ids import OperatorId
from router.queueing import WHOLE, Preferences, Queueing, Rung, Sticky, Strategy, WhenClosed
from router.staff import Status

VERSION_CHARS = 12
# What removes who has no room; nothing else is asked before.
NO_ROOM = frozenset({Removed.FULL, Removed.KEPT_FREE})
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a queue chooses: of `Queueing`, what a choice depends on.

    Every change of capacity wakes the line; `look_again_s` is for the change that nobody told us
    of.
    """

    strategy: Strategy = Strategy.ROUND_ROBIN
    refusal_rest_s: int = 120
    min_gap_s: int = 0
    sticky: Sticky = field(default_factory=Sticky)
    preferences: Preferences = field(default_factory=Preferences)
    reserved_weight: int = 0
    max_per_operator: int | None = None
    max_open: int | None = None
    when_closed: WhenClosed = WhenClosed.WAIT
    look_again_s: int = 300

    @property
    def version(self) -> str:
        """Names these settings: equal settings, equal version, in every process."""
        return _version_of(self)


@lru_cache(maxsize=1024)
def _version_of(policy: Policy) -> str:
    settings = json.dumps(asdict(policy), sort_keys=True)
    return sha256(settings.encode()).hexdigest()[:VERSION_CHARS]


def policy_of(queueing: Queueing) -> Policy:
    """The policy that a line's settings describe."""
    return Policy(
        strategy=queueing.strategy,
        refusal_rest_s=queueing.refusal_rest_s,
        min_gap_s=queueing.min_gap_s,
        sticky=queueing.sticky,
        preferences=queueing.preferences,
        reserved_weight=queueing.capacity.reserved_weight,
        max_per_operator=queueing.capacity.max_per_operator,
        max_open=queueing.capacity.max_open,
        when_closed=queueing.when_closed,
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """That an operator declined or missed a conversation, and when at the latest."""

    how: Removed
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What the choice depends on of a conversation that waits `since` then.

    `known` is whom the customer knows (pinned, responsible, last operator), `deputies` who stands
    in for whom of them. The CRM may name somebody responsible until `lookup_until`; None: it has.
    `rules_wait`: the line's rules wait for it, too, and nobody gets it before.
    """

    since: datetime
    weight: int = WHOLE
    refused: Mapping[OperatorId, Refusal] = field(default_factory=dict)
    language: str | None = None
    skills: frozenset[str] = frozenset()
    known: Mapping[Rung, OperatorId] = field(default_factory=dict)
    deputies: Mapping[OperatorId, OperatorId] = field(default_factory=dict)
    lookup_until: datetime | None = None
    rules_wait: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operator, at `position` in the queue's order.

    `open_weight` is what they hold on all lines, `offered_weight` what is held out to them,
    `line_weight` their part of both that is this line's. `idle_since`: when what they hold
    last changed, None: never. `given_at`: when a queue last gave them one.
    `turn` is the number of the rotation's last choice of them, 0 before the first.
    `next_on_shift`: when their shift begins, or their leave or break ends, if that is known.
    """

    operator: OperatorId
    position: int = 0
    cap_weight: int = WHOLE
    open_weight: int = 0
    offered_weight: int = 0
    line_weight: int = 0
    status: Status = Status.AVAILABLE
    reachable: bool = True
    active: bool = True
    on_shift: bool = True
    on_leave: bool = False
    on_break: bool = False
    next_on_shift: datetime | None = None
    idle_since: datetime | None = None
    given_at: datetime | None = None
    turn: int = 0
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()

    @property
    def place(self) -> tuple[int, OperatorId]:
        return self.position, self.operator

    @property
    def taken(self) -> int:
        return self.open_weight + self.offered_weight


def standing(one: Candidate) -> Removed | None:
    """What removes an operator from every choice, whatever the conversation."""
    if not one.active:
        return Removed.INACTIVE
    if one.cap_weight == 0:
        return Removed.TAKES_NONE
    if one.on_leave:
        return Removed.ON_LEAVE
    if not one.on_shift:
        return Removed.OFF_SHIFT
    if one.on_break:
        return Removed.ON_BREAK
    if one.status in (Status.AWAY, Status.OFF):
        return Removed.NOT_AVAILABLE
    if not one.reachable:
        return Removed.ABSENT
    return Removed.BUSY if one.status is Status.BUSY else None


def hindrance(
    one: Candidate, policy: Policy, *, weight: int, now: datetime, reserved: int
) -> Removed | None:
    """What removes an operator who is available from the choices of this weight.

    An operator who holds nothing is not kept free: nobody idles beside a queue.
    """
    taken = one.taken
    if not fits(weight, taken=taken, cap=one.cap_weight):
        return Removed.FULL
    if reserved and taken > 0 and taken + weight > one.cap_weight - reserved:
        return Removed.KEPT_FREE
    share = policy.max_per_operator
    if share is not None and not fits(weight, taken=one.line_weight, cap=share * WHOLE):
        return Removed.LINE_FULL
    if policy.min_gap_s and rested_at(one, policy) > now:
        return Removed.TOO_SOON
    return None


def rested_at(one: Candidate, policy: Policy) -> datetime:
    """When enough time has gone by since they were last given one."""
    return (one.given_at or LONG_AGO) + timedelta(seconds=policy.min_gap_s)


@dataclass(frozen=True, slots=True)
class Survey:
    """Those of a desk who are available, before any conversation of one weight; each list in the
    queue's order.

    `fresh` can take it. `times` are those at which time alone may change that for the `hindered`,
    `counts` says by what how many of these are.
    """

    fresh: list[Candidate]
    hindered: list[tuple[Candidate, Removed]]
    counts: Mapping[Removed, int]
    times: list[datetime]

    def after(self, given: Candidate, why: Removed | None, *, until: datetime) -> "Survey | None":
        """Once one of `fresh` has been given something, and is hindered by it until then, or not
        at all. None if they were not among these.
        """
        at = _index(self.fresh, given)
        if at is None:
            return None
        if why is None:
            return replace(self, fresh=[*self.fresh[:at], given, *self.fresh[at + 1 :]])
        behind = bisect_left(self.hindered, given.place, key=_place_of_pair)
        return Survey(
            [*self.fresh[:at], *self.fresh[at + 1 :]],
            [*self.hindered[:behind], (given, why), *self.hindered[behind:]],
            {**self.counts, why: self.counts.get(why, 0) + 1},
            [*self.times, until] if why is Removed.TOO_SOON else self.times,
        )


def _index(candidates: Sequence[Candidate], wanted: Candidate) -> int | None:
    """Where one stands in the queue's order."""
    at = bisect_left(candidates, wanted.place, key=_place_of)
    there = at < len(candidates) and candidates[at].operator == wanted.operator
    return at if there else None


def _place_of(one: Candidate) -> tuple[int, OperatorId]:
    return one.position, one.operator


def _place_of_pair(pair: tuple[Candidate, Removed]) -> tuple[int, OperatorId]:
    return pair[0].place


@dataclass(frozen=True, slots=True)
class Desk:
    """A line at a time, sorted once for many choices: make it by `desk_of`.

    `able` are those of the queue whom nothing removes whatever the conversation, `barred` the
    others, both in the queue's order. `everybody` are these and `outside`: whom customers know and
    who are not in the queue. `open_weight` is what is held, and held out, of the line.
    """

    policy: Policy
    version: str
    now: datetime
    able: tuple[Candidate, ...]
    barred: tuple[tuple[Candidate, Removed], ...]
    barred_counts: Mapping[Removed, int]
    outside: frozenset[OperatorId]
    everybody: Mapping[OperatorId, Candidate]
    turn: int
    next_on_shift: datetime | None
    open_weight: int
    is_open: bool
    opens_at: datetime | None
    # What many choices have in common, found out once: it follows from what stands above.
    surveys: dict[int, Survey] = field(init=False, default_factory=dict, compare=False, repr=False)

    def survey(self, weight: int) -> Survey:
        """Who is available can take a conversation of this weight, or why they cannot."""
        found = self.surveys.get(weight)
        if found is None:
            found = self.surveys[weight] = self._surveyed(weight)
        return found

    def _surveyed(self, weight: int) -> Survey:
        fresh, hindered, times = list[Candidate](), list[tuple[Candidate, Removed]](), []
        policy, now, reserved = self.policy, self.now, self.policy.reserved_weight
        for one in self.able:
            why = hindrance(one, policy, weight=weight, now=now, reserved=reserved)
            if why is None:
                fresh.append(one)
                continue
            hindered.append((one, why))
            if why is Removed.TOO_SOON:
                times.append(rested_at(one, policy))
        return Survey(fresh, hindered, Counter(why for _, why in hindered), times)

    def after(self, choice: Choice, *, weight: int) -> "Desk":
        """The desk once a conversation of this weight is given so. Who are all asked hold nothing."""
        if choice.operator is None:
            return self
        if choice.asks_all:
            return replace(self, open_weight=self.open_weight + weight)
        before = self.everybody[choice.operator]
        given = replace(
            before,
            open_weight=before.open_weight + weight,
            line_weight=before.line_weight + weight,
            idle_since=self.now,
            given_at=self.now,
            turn=before.turn if choice.turn is None else choice.turn,
        )
        at, able = _index(self.able, before), self.able
        if at is not None:
            able = (*able[:at], given, *able[at + 1 :])
        after = replace(
            self,
            open_weight=self.open_weight + weight,
            able=able,
            everybody={**self.everybody, given.operator: given},
            turn=max(self.turn, given.turn),
        )
        if at is not None:
            after.surveys.update(self._surveys_after(given))
        else:
            after.surveys.update(self.surveys)
        return after

    def _surveys_after(self, given: Candidate) -> Iterator[tuple[int, Survey]]:
        policy, reserved = self.policy, self.policy.reserved_weight
        for weight, survey in self.surveys.items():
            why = hindrance(given, policy, weight=weight, now=self.now, reserved=reserved)
            after = survey.after(given, why, until=rested_at(given, policy))
            if after is not None:
                yield weight, after

    def slots(self, weight: int) -> int:
        """How many conversations of this weight the queue has room for, whatever else they ask."""
        survey, reserved = self.survey(weight), self.policy.reserved_weight
        roomy = survey.fresh
        if not survey.counts.keys() <= NO_ROOM:
            roomy = [*roomy, *(one for one, why in survey.hindered if why not in NO_ROOM)]
        return sum(
            slots(
                weight, taken=one.taken, cap=max(one.cap_weight - reserved, min(1, one.cap_weight))
            )
            for one in roomy
        )


def desk_of(
    policy: Policy,
    queue: Iterable[Candidate],
    *,
    now: datetime,
    outside: Iterable[Candidate] = (),
    open_weight: int = 0,
    is_open: bool = True,
    opens_at: datetime | None = None,
) -> Desk:
    """A line as its choices see it. The order of `queue` does not matter: positions do.

    Args:
        policy: How the queue chooses.
        queue: All operators of the line's queue.
        now: The current time, UTC.
        outside: Others whom waiting customers know, and their deputies.
        open_weight: What is held, and held out, of the line's conversations.
        is_open: Whether these are the line's hours.
        opens_at: When it opens next, if that is known.
    """
    members = sorted(queue, key=_place_of)
    stand = [(one, standing(one)) for one in members]
    guests = list(outside)
    if guests:
        ids = {one.operator for one in members}
        guests = [one for one in guests if one.operator not in ids]
    everybody = [*members, *guests]
    comes = [one.next_on_shift for one in everybody if one.next_on_shift is not None]
    return Desk(
        policy=policy,
        version=policy.version,
        now=now,
        able=tuple(one for one, why in stand if why is None),
        barred=tuple((one, why) for one, why in stand if why is not None),
        barred_counts=Counter(why for _, why in stand if why is not None),
        outside=frozenset(one.operator for one in guests),
        everybody={one.operator: one for one in everybody},
        turn=max((one.turn for one in members), default=0),
        next_on_shift=min((at for at in comes if at > now), default=None),
        open_weight=open_weight,
        is_open=is_open,
        opens_at=opens_at,
    )
