"""Who gets a conversation, said once more: slowly, word for word, and sharing no line with it.

`queues.policy.choose` has to agree with this in every small world.
"""

from datetime import timedelta
from fractions import Fraction

from queues.facts import Candidate
from router.ids import OperatorId
from router.queueing import Rung, Strategy, WhenClosed
from router.staff import Status
from tests.queues.worlds import World

Answer = tuple[OperatorId, ...]


def expected(world: World) -> Answer:
    """Who gets it, or who are all asked; nobody if it waits."""
    closed = not world.is_open and world.policy.when_closed is WhenClosed.WAIT
    if closed or not line_takes_it(world):
        return ()
    known = from_ladder(world)
    return from_queue(world) if known is None else known


def room(weight: int, taken: int, cap: int) -> bool:
    if cap <= 0:
        return False
    return taken == 0 or taken + weight <= cap


def line_takes_it(world: World) -> bool:
    if world.policy.max_open is None:
        return True
    return room(world.facts.weight, world.open_weight, world.policy.max_open * 100)


def at_work(one: Candidate) -> bool:
    there = one.active and one.on_shift and one.reachable and one.cap_weight > 0
    return there and not one.on_leave and not one.on_break


def is_here(one: Candidate) -> bool:
    return at_work(one) and one.status in {Status.AVAILABLE, Status.BUSY}


def is_able(world: World, one: Candidate, *, knows_customer: bool) -> bool:
    policy, weight = world.policy, world.facts.weight
    taken = one.open_weight + one.offered_weight
    if not at_work(one) or one.status != Status.AVAILABLE:
        return False
    if not room(weight, taken, one.cap_weight):
        return False
    if (
        taken > 0
        and not knows_customer
        and one.cap_weight - taken - weight < policy.reserved_weight
    ):
        return False
    if policy.max_per_operator is not None and not room(
        weight, one.line_weight, policy.max_per_operator * 100
    ):
        return False
    gap = timedelta(seconds=policy.min_gap_s)
    return one.given_at is None or gap == timedelta(0) or world.now - one.given_at >= gap


# --- the ladder ---------------------------------------------------------------


def stairs(world: World) -> list[tuple[Rung, list[OperatorId]]]:
    result: list[tuple[Rung, list[OperatorId]]] = []
    for rung in world.policy.sticky.rungs:
        before = [operator for _, those in result for operator in those]
        if rung == Rung.DEPUTY:
            those = [world.facts.deputies.get(operator) for operator in before]
        else:
            those = [world.facts.known.get(rung)]
        new: list[OperatorId] = []
        for operator in those:
            if operator is not None and operator not in before and operator not in new:
                new.append(operator)
        result.append((rung, new))
    return result


def from_ladder(world: World) -> Answer | None:
    """None if the queue is to choose, nobody if somebody is waited for."""
    facts, people = world.facts, {one.operator: one for one in (*world.outside, *world.queue)}
    rungs_used = 0
    for rung, operators in stairs(world):
        pending = facts.lookup_until is not None and facts.lookup_until > world.now
        if rung == Rung.RESPONSIBLE and rung not in facts.known and pending:
            return ()
        those = [people[operator] for operator in operators if operator in people]
        willing = [one for one in those if one.operator not in facts.refused]
        for one in willing:
            if is_able(world, one, knows_customer=True):
                return (one.operator,)
        standing = [one for one in willing if is_here(one)]
        if any(is_here(one) for one in those):
            rungs_used += 1
        budget = timedelta(seconds=world.policy.sticky.owner_wait_s * rungs_used)
        if standing and world.now < facts.since + budget:
            return ()
    return None


# --- the queue ----------------------------------------------------------------


def from_queue(world: World) -> Answer:
    facts, policy = world.facts, world.policy
    rest = timedelta(seconds=policy.refusal_rest_s)
    queue = sorted(world.queue, key=lambda one: (one.position, one.operator.int))
    able = [one for one in queue if is_able(world, one, knows_customer=False)]
    eligible = [one for one in able if one.operator not in facts.refused]
    if not eligible:
        eligible = [one for one in able if world.now - facts.refused[one.operator].at >= rest]
        eligible.sort(key=lambda one: facts.refused[one.operator].at)
    if not eligible:
        return ()
    best = max(merit(world, one) for one in eligible)
    if world.now < facts.since + timedelta(seconds=policy.preferences.fallback_after_s):
        for one in queue:
            soon = is_here(one) and one not in able and one.operator not in facts.refused
            if soon and merit(world, one) > best:
                return ()
    return pick(policy.strategy, [one for one in eligible if merit(world, one) == best])


def merit(world: World, one: Candidate) -> tuple[bool, bool]:
    facts = world.facts
    asked = world.policy.preferences.by_language and facts.language is not None
    speaks = facts.language in one.languages if asked else True
    return speaks, all(skill in one.skills for skill in facts.skills)


def pick(strategy: Strategy, eligible: list[Candidate]) -> Answer:
    """Of equals, the first in the list."""
    best = eligible[0]
    for one in eligible[1:]:
        if strategy == Strategy.ROUND_ROBIN and one.turn < best.turn:
            best = one
        if strategy == Strategy.LONGEST_IDLE and idles_longer(one, best):
            best = one
        if strategy == Strategy.LEAST_BUSY:
            share, least = busy(one), busy(best)
            if share < least or (share == least and idles_longer(one, best)):
                best = one
    if strategy == Strategy.BROADCAST:
        return tuple(one.operator for one in eligible)
    return (best.operator,)


def busy(one: Candidate) -> Fraction:
    return Fraction(one.open_weight + one.offered_weight, one.cap_weight)


def idles_longer(one: Candidate, other: Candidate) -> bool:
    """Who never held anything idles longest, who holds something without a word of it least."""

    def since(who: Candidate) -> float:
        if who.idle_since is not None:
            return who.idle_since.timestamp()
        return float("inf") if who.open_weight + who.offered_weight else float("-inf")

    def given(who: Candidate) -> float:
        return who.given_at.timestamp() if who.given_at is not None else float("-inf")

    return (since(one), given(one)) < (since(other), given(other))
