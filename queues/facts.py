"""What a choice depends on: the line's policy, the conversation, its operators, the time. Values."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
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
        return replace(
            self,
            open_weight=self.open_weight + weight,
            able=tuple(given if one is before else one for one in self.able),
            everybody={**self.everybody, given.operator: given},
            turn=max(self.turn, given.turn),
        )

    def slots(self, weight: int) -> int:
        """How many conversations of this weight the queue has room for, whatever else they ask."""
        reserved = self.policy.reserved_weight
        return sum(
            slots(
                weight, taken=one.taken, cap=max(one.cap_weight - reserved, min(1, one.cap_weight))
            )
            for one in self.able
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
    members = sorted(queue, key=lambda one: one.place)
    stand = [(one, standing(one)) for one in members]
    ids = {one.operator for one in members}
    guests = [one for one in outside if one.operator not in ids]
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
