"""Small worlds in which a choice is made: by hand, and by chance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from queues.facts import Candidate, Desk, Facts, Policy, Refusal, desk_of
from queues.policy import choose
from queues.reasons import Choice, Removed
from router.ids import OperatorId
from router.queueing import WHOLE, Preferences, Rung, Sticky, Strategy, WhenClosed
from router.staff import Status

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
ANNA, BORIS, VERA, GLEB = (OperatorId(UUID(int=n)) for n in (1, 2, 3, 4))
WAITING = Facts(since=NOON)
ROUND_ROBIN = Policy(strategy=Strategy.ROUND_ROBIN, refusal_rest_s=120, look_again_s=300)
LADDER = (Rung.PINNED, Rung.RESPONSIBLE, Rung.LAST_OPERATOR, Rung.DEPUTY)


def ago(seconds: float) -> datetime:
    """So long before noon."""
    return NOON - timedelta(seconds=seconds)


def here(operator: OperatorId, *, cap: int = 1, held: int = 0, position: int = 0) -> Candidate:
    """An operator who is available, with `held` of `cap` conversations."""
    return Candidate(operator, position=position, cap_weight=cap * WHOLE, open_weight=held * WHOLE)


def full(operator: OperatorId, *, position: int = 0) -> Candidate:
    return here(operator, held=1, position=position)


def away(operator: OperatorId, *, position: int = 0) -> Candidate:
    return replace(here(operator, position=position), status=Status.AWAY)


def declined(*operators: OperatorId, ago_s: int = 10) -> dict[OperatorId, Refusal]:
    return dict.fromkeys(operators, Refusal(Removed.DECLINED, ago(ago_s)))


def missed(*operators: OperatorId, ago_s: int = 10) -> dict[OperatorId, Refusal]:
    return dict.fromkeys(operators, Refusal(Removed.MISSED, ago(ago_s)))


def choice(
    policy: Policy,
    facts: Facts,
    *queue: Candidate,
    at_s: float = 0,
    outside: Sequence[Candidate] = (),
) -> Choice:
    """What is chosen so many seconds after noon."""
    now = NOON + timedelta(seconds=at_s)
    return choose(facts, desk_of(policy, queue, now=now, outside=outside))


@dataclass(frozen=True)
class World:
    """Everything a choice depends on."""

    policy: Policy
    facts: Facts
    queue: tuple[Candidate, ...]
    outside: tuple[Candidate, ...] = ()
    open_weight: int = 0
    is_open: bool = True
    opens_at: datetime | None = None
    now: datetime = NOON

    def desk(self) -> Desk:
        return desk_of(
            self.policy,
            self.queue,
            now=self.now,
            outside=self.outside,
            open_weight=self.open_weight,
            is_open=self.is_open,
            opens_at=self.opens_at,
        )

    def choose(self) -> Choice:
        return choose(self.facts, self.desk())


# --- by chance ----------------------------------------------------------------

MOODS: Sequence[dict[str, Any]] = (
    *({} for _ in range(16)),
    {"status": Status.BUSY},
    {"status": Status.BUSY},
    {"status": Status.AWAY},
    {"status": Status.OFF},
    {"reachable": False},
    {"active": False},
    {"on_shift": False},
    {"on_leave": True},
    {"on_break": True},
)
seconds = st.sampled_from([0, 30, 60, 120, 400])
times = st.integers(-60, 200).map(ago)
seldom = st.sampled_from([False] * 7 + [True])
tongues = st.frozensets(st.sampled_from(["ru", "en"]), max_size=2)
talents = st.frozensets(st.sampled_from(["billing", "repair"]), max_size=2)
operators = st.integers(1, 8).map(lambda n: OperatorId(UUID(int=n)))
refusals = st.builds(Refusal, st.sampled_from([Removed.DECLINED, Removed.MISSED]), times)
ladders = st.sampled_from([(), LADDER[:3], LADDER, LADDER[::-1]]) | st.permutations(LADDER).map(
    tuple
)
policies = st.builds(
    Policy,
    strategy=st.sampled_from(Strategy),
    refusal_rest_s=seconds,
    min_gap_s=st.sampled_from([0, 0, 0, 30, 120]),
    sticky=st.builds(Sticky, rungs=ladders, owner_wait_s=seconds),
    preferences=st.builds(Preferences, by_language=st.booleans(), fallback_after_s=seconds),
    reserved_weight=st.sampled_from([0, 0, 0, 50, WHOLE]),
    max_per_operator=st.sampled_from([None] * 5 + [0, 1, 2]),
    max_open=st.sampled_from([None] * 7 + [1, 5]),
    when_closed=st.sampled_from(WhenClosed),
)


@st.composite
def people(draw: st.DrawFn, operator: OperatorId) -> Candidate:
    """Mostly at work, and often with some room."""
    one = Candidate(
        operator,
        position=draw(st.integers(0, 3)),
        cap_weight=draw(st.sampled_from([WHOLE, 2 * WHOLE, 2 * WHOLE, 5 * WHOLE, 0])),
        open_weight=draw(st.sampled_from([0, 0, 0, 0, 20, WHOLE, 150])),
        offered_weight=draw(st.sampled_from([0, 0, 0, WHOLE])),
        line_weight=draw(st.sampled_from([0, 0, 20, WHOLE])),
        next_on_shift=draw(st.none() | times),
        idle_since=draw(st.none() | times),
        given_at=draw(st.none() | times),
        turn=draw(st.integers(0, 3)),
        languages=draw(tongues),
        skills=draw(talents),
    )
    return replace(one, **draw(st.sampled_from(MOODS)))


@st.composite
def customers(draw: st.DrawFn, ids: Sequence[OperatorId]) -> Facts:
    """Somebody who may know, and may have been refused by, some of these operators."""
    some = st.sampled_from(ids) if ids else operators
    knows = st.dictionaries(st.sampled_from(LADDER[:3]), some, max_size=3)
    return Facts(
        since=draw(st.integers(0, 150).map(ago)),
        weight=draw(st.sampled_from([WHOLE, WHOLE, 20, 0, 3 * WHOLE])),
        refused=draw(st.just({}) | st.dictionaries(some, refusals, max_size=8)),
        language=draw(st.none() | st.sampled_from(["ru", "en"])),
        skills=draw(talents),
        known=draw(st.just({}) | knows),
        deputies=draw(st.dictionaries(some, some, max_size=4)),
        lookup_until=draw(st.sampled_from([None] * 5) | times),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A queue of up to eight, and up to two others whom the customer may know."""
    ids = draw(st.lists(operators, unique=True) | st.lists(operators, min_size=3, unique=True))
    everybody = [draw(people(one)) for one in ids]
    guests = draw(st.integers(0, 2)) if len(everybody) > 2 else 0
    return World(
        policy=draw(policies),
        facts=draw(customers(ids)),
        queue=tuple(everybody[guests:]),
        outside=tuple(everybody[:guests]),
        open_weight=draw(st.sampled_from([0, WHOLE, 450, 5 * WHOLE])),
        is_open=not draw(seldom),
        opens_at=draw(st.none() | times),
    )
