"""The ladder of those whom a returning customer knows, asked before the queue. Pure.

Who of it is able gets the conversation at once, also after their time. Who is here but cannot just
now is waited for until their time ends: `owner_wait_s` for each, one after the other, counted from
when the conversation came to wait. Who is away, off, on leave, gone, or has refused it is passed at
once; who is not here takes up none of the time. So nobody waits longer than `owner_wait_s` times
the number of rungs, and with 0 nobody waits at all.

They need not be in the line's queue: a customer's manager, or who transferred them here, mostly
answers on another line. Who was dismissed is passed, pinned or not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from queues.facts import Candidate, Desk, Facts, hindrance, rested_at, standing
from queues.reasons import HERE, REFUSED, Removed, Rule
from router.ids import OperatorId
from router.queueing import Rung


@dataclass(frozen=True, slots=True)
class Climb:
    """Where on the ladder it stays: at an operator who is able, or who is waited for, or nowhere.

    `rule` is None if the queue is to choose. `passed` are those who were asked about, in order.
    `times` are those at which time alone may change it.
    """

    rule: Rule | None = None
    rung: Rung | None = None
    operator: OperatorId | None = None
    until: datetime | None = None
    passed: Mapping[OperatorId, Removed] = field(default_factory=dict)
    times: tuple[datetime, ...] = ()


def climb(facts: Facts, desk: Desk) -> Climb:
    """Whom the customer knows and who can take it, or is worth waiting for."""
    if not facts.known and facts.lookup_until is None:
        return Climb()
    wait = timedelta(seconds=desk.policy.sticky.owner_wait_s)
    ends_at = facts.since
    passed: dict[OperatorId, Removed] = {}
    times: list[datetime] = []
    for rung, operators in _rungs(facts, desk):
        if _is_looked_up(rung, facts, desk):
            until = facts.lookup_until
            return Climb(Rule.WAITING_FOR_CRM, rung, None, until, passed, tuple(times))
        asked = {one: _hindrance(desk.everybody[one], facts, desk) for one in operators}
        for operator, why in asked.items():
            if why is None:
                return Climb(Rule.KNOWS_CUSTOMER, rung, operator, passed=passed)
            passed[operator] = why
            if why is Removed.TOO_SOON:
                times.append(rested_at(desk.everybody[operator], desk.policy))
        if any(why in HERE or why in REFUSED for why in asked.values()):
            ends_at += wait
        awaited = next((one for one, why in asked.items() if why in HERE), None)
        if awaited is not None and ends_at > desk.now:
            times.append(ends_at)
            return Climb(Rule.WAITING_FOR_OWNER, rung, awaited, ends_at, passed, tuple(times))
    return Climb(passed=passed, times=tuple(times))


def _rungs(facts: Facts, desk: Desk) -> Iterator[tuple[Rung, list[OperatorId]]]:
    """Who stands on which rung, each once; the deputies are those of everybody further up."""
    above: list[OperatorId] = []
    for rung in desk.policy.sticky.rungs:
        if rung is Rung.DEPUTY:
            named = [facts.deputies[one] for one in above if one in facts.deputies]
        else:
            named = [facts.known[rung]] if rung in facts.known else []
        fresh = [one for one in dict.fromkeys(named) if one not in above]
        above += fresh
        there = [one for one in fresh if one in desk.everybody]
        if there or _is_looked_up(rung, facts, desk):
            yield rung, there


def _is_looked_up(rung: Rung, facts: Facts, desk: Desk) -> bool:
    """Whether the CRM may yet name somebody for this rung."""
    return (
        rung is Rung.RESPONSIBLE
        and rung not in facts.known
        and facts.lookup_until is not None
        and facts.lookup_until > desk.now
    )


def _hindrance(one: Candidate, facts: Facts, desk: Desk) -> Removed | None:
    """What keeps one whom the customer knows from taking it. What is kept free is for them."""
    if (why := standing(one)) not in (None, Removed.BUSY):
        return why
    if one.operator in facts.refused:
        return facts.refused[one.operator].how
    return why or hindrance(one, desk.policy, weight=facts.weight, now=desk.now, reserved=0)
