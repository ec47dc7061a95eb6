"""Which operator gets a conversation, and why. Pure: the same facts give the same choice."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from router.ids import OperatorId
from router.queueing import Queueing, Strategy
from router.staff import Status

NAMED = 20
VERSION_CHARS = 12


class Rule(StrEnum):
    """What settled the choice."""

    NEXT_IN_TURN = "next_in_turn"
    LIST_STARTED_AGAIN = "list_started_again"
    EVERYONE_REFUSED = "everyone_refused"
    NOBODY_CAN = "nobody_can"
    QUEUE_IS_EMPTY = "queue_is_empty"


class Removed(StrEnum):
    """Why an operator did not come into question."""

    INACTIVE = "inactive"
    NOT_AVAILABLE = "not_available"
    ABSENT = "absent"
    FULL = "full"
    DECLINED = "declined"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a queue chooses.

    Who declined or missed a conversation is not asked again while another can take it, and
    never within `refusal_rest_s`. Every change of capacity wakes the line; `look_again_s` is
    for the change that nobody told us of.
    """

    strategy: Strategy = Strategy.ROUND_ROBIN
    refusal_rest_s: int = 120
    look_again_s: int = 300

    @property
    def version(self) -> str:
        """Names these settings: equal settings, equal version, in every process."""
        settings = json.dumps(asdict(self), sort_keys=True)
        return sha256(settings.encode()).hexdigest()[:VERSION_CHARS]


@dataclass(frozen=True, slots=True)
class Refusal:
    """That an operator declined or missed a conversation, and when at the latest."""

    how: Removed
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What the choice depends on of a conversation that waits `since` then."""

    since: datetime
    refused: Mapping[OperatorId, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operator of the queue, at `position` in its order."""

    operator: OperatorId
    position: int = 0
    free_slots: int = 1
    status: Status = Status.AVAILABLE
    reachable: bool = True
    active: bool = True


@dataclass(frozen=True, slots=True)
class Why:
    """What settled a choice, by which settings, and what removed how many of the others.

    `named` holds the first `NAMED` of the removed, in the queue's order.
    """

    rule: Rule
    policy_version: str
    removed: Mapping[Removed, int]
    named: Mapping[OperatorId, Removed]


@dataclass(frozen=True, slots=True)
class Choice:
    """An operator, or nobody and when to look again."""

    operator: OperatorId | None
    why: Why
    look_again_at: datetime | None = None


def policy_of(queueing: Queueing) -> Policy:
    """The policy that a line's settings describe."""
    return Policy(strategy=queueing.strategy)


def choose(
    policy: Policy,
    facts: Facts,
    desk: Iterable[Candidate],
    *,
    now: datetime,
    last: OperatorId | None = None,
) -> Choice:
    """Who gets the conversation now. The order of `desk` does not matter: `position` does.

    Somebody is chosen whenever anybody comes into question; else `look_again_at` is later
    than `now`.

    Args:
        policy: How the queue chooses.
        facts: The conversation.
        desk: All operators of the queue.
        now: The current time, UTC.
        last: Whom the queue chose last.
    """
    queue = sorted(desk, key=_place)
    removed = {one.operator: why for one in queue if (why := unable(one)) is not None}
    able = [one for one in queue if one.operator not in removed]
    rested_since = now - timedelta(seconds=policy.refusal_rest_s)
    fresh = [one for one in able if one.operator not in facts.refused]
    rested = [
        one
        for one in able
        if one.operator in facts.refused and facts.refused[one.operator].at <= rested_since
    ]
    eligible = fresh or rested
    chosen = _chosen(policy.strategy, eligible, queue, last=last)
    kept = {one.operator for one in eligible}
    removed |= {
        one.operator: facts.refused[one.operator].how for one in able if one.operator not in kept
    }
    rule = _rule(queue, able=able, fresh=fresh, eligible=eligible)
    return Choice(
        operator=chosen,
        why=_why(policy, rule, removed, queue),
        look_again_at=None if chosen else _look_again_at(policy, facts, able, now=now),
    )


def unable(one: Candidate) -> Removed | None:
    """What removes an operator from every choice, whatever the conversation."""
    if not one.active:
        return Removed.INACTIVE
    if one.status is not Status.AVAILABLE:
        return Removed.NOT_AVAILABLE
    if not one.reachable:
        return Removed.ABSENT
    if one.free_slots <= 0:
        return Removed.FULL
    return None


def _place(one: Candidate) -> tuple[int, OperatorId]:
    return one.position, one.operator


def _chosen(
    strategy: Strategy,
    eligible: Sequence[Candidate],
    queue: Sequence[Candidate],
    *,
    last: OperatorId | None,
) -> OperatorId | None:
    if not eligible:
        return None
    match strategy:
        case (
            Strategy.ROUND_ROBIN
            | Strategy.SEQUENTIAL
            | Strategy.LEAST_BUSY
            | Strategy.LONGEST_IDLE
            | Strategy.BROADCAST
        ):
            return _next_in_turn(eligible, queue, last=last)


def _next_in_turn(
    eligible: Sequence[Candidate], queue: Sequence[Candidate], *, last: OperatorId | None
) -> OperatorId:
    """The first eligible one after `last`, in the queue's order and round its end."""
    after = next((_place(one) for one in queue if one.operator == last), None)
    following = (one for one in eligible if after is not None and _place(one) > after)
    return next(following, eligible[0]).operator


def _rule(
    queue: Sequence[Candidate],
    *,
    able: Sequence[Candidate],
    fresh: Sequence[Candidate],
    eligible: Sequence[Candidate],
) -> Rule:
    if fresh:
        return Rule.NEXT_IN_TURN
    if eligible:
        return Rule.LIST_STARTED_AGAIN
    if able:
        return Rule.EVERYONE_REFUSED
    return Rule.NOBODY_CAN if queue else Rule.QUEUE_IS_EMPTY


def _why(
    policy: Policy, rule: Rule, removed: Mapping[OperatorId, Removed], queue: Sequence[Candidate]
) -> Why:
    ordered = [one.operator for one in queue if one.operator in removed]
    return Why(
        rule=rule,
        policy_version=policy.version,
        removed=dict(Counter(removed.values())),
        named={operator: removed[operator] for operator in ordered[:NAMED]},
    )


def _look_again_at(
    policy: Policy, facts: Facts, able: Sequence[Candidate], *, now: datetime
) -> datetime:
    """When the first of those who refused has rested, but not later than the usual look."""
    rest = timedelta(seconds=policy.refusal_rest_s)
    ends = [facts.refused[one.operator].at + rest for one in able]
    return min([*ends, now + timedelta(seconds=policy.look_again_s)])
