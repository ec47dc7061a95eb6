"""Which operator gets a conversation, and why. Pure: the same facts give the same choice.

Whom the customer knows comes first (`queues.ladder`), then the queue: those who never refused this
conversation, of them those who speak its language and have its skills, of them one or all by the
strategy (`queues.strategies`). Whoever is preferred is waited for a set time, and never longer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice

from queues.facts import Candidate, Desk, Facts
from queues.ladder import Climb, climb
from queues.load import fits
from queues.reasons import HERE, NAMED, Choice, Removed, Rule, Why
from queues.strategies import RULES, chosen
from router.ids import OperatorId
from router.queueing import WHOLE, Strategy, WhenClosed

_Pair = tuple[Candidate, Removed]

# Languages and skills in one number: the greater suits better, and language comes first.
SPEAKS, HAS_SKILLS = 2, 1


def choose(facts: Facts, desk: Desk) -> Choice:
    """Who gets the conversation now.

    Somebody is chosen whenever anybody comes into question. Else `look_again_at` is later than
    now, and not later than the usual look or than time alone changes the choice.
    """
    if not desk.is_open and desk.policy.when_closed is WhenClosed.WAIT:
        return _wait(desk, Why(Rule.OUTSIDE_HOURS, desk.version, until=desk.opens_at))
    if not _line_fits(facts, desk):
        return _wait(desk, Why(Rule.LINE_FULL, desk.version))
    if facts.rules_wait and facts.lookup_until is not None and facts.lookup_until > desk.now:
        why = Why(Rule.WAITING_FOR_CRM, desk.version, until=facts.lookup_until)
        return _wait(desk, why, (facts.lookup_until,))
    known = climb(facts, desk)
    if known.rule is None:
        return _from_queue(facts, desk, known)
    why = Why(
        known.rule,
        desk.version,
        removed=Counter(known.passed.values()),
        named=known.passed,
        rung=known.rung,
        operator=known.operator,
        until=known.until,
    )
    if known.rule is Rule.KNOWS_CUSTOMER and known.operator is not None:
        return Choice((known.operator,), why, sticky=True)
    return _wait(desk, why, known.times)


def _line_fits(facts: Facts, desk: Desk) -> bool:
    most = desk.policy.max_open
    return most is None or fits(facts.weight, taken=desk.open_weight, cap=most * WHOLE)


# --- the queue ----------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    """A queue's available operators before a conversation, each list in the queue's order.

    `resting` are those who refused it and are not asked again yet, `times` those at which time
    alone may change something.
    """

    fresh: Sequence[Candidate]
    rested: list[Candidate]
    resting: list[_Pair]
    hindered: Sequence[_Pair]
    counts: Mapping[Removed, int]
    times: Sequence[datetime]


def _see(facts: Facts, desk: Desk) -> _Seen:
    survey = desk.survey(facts.weight)
    if not facts.refused:
        return _Seen(survey.fresh, [], [], survey.hindered, survey.counts, survey.times)
    fresh, rested, resting, times = [], list[Candidate](), list[_Pair](), list(survey.times)
    for one in survey.fresh:
        if one.operator not in facts.refused:
            fresh.append(one)
            continue
        refusal = facts.refused[one.operator]
        again_at = refusal.at + timedelta(seconds=desk.policy.refusal_rest_s)
        if again_at <= desk.now:
            rested.append(one)
        else:
            resting.append((one, refusal.how))
            times.append(again_at)
    return _Seen(fresh, rested, resting, survey.hindered, survey.counts, times)


def _from_queue(facts: Facts, desk: Desk, known: Climb) -> Choice:
    seen = _see(facts, desk)
    removed = [seen.resting]
    eligible = seen.fresh
    if eligible:
        removed.append([(one, facts.refused[one.operator].how) for one in seen.rested])
    else:
        # The list starts again with who refused longest ago.
        eligible = sorted(seen.rested, key=lambda one: facts.refused[one.operator].at)
    rule, times, until = _rule(desk, seen), [*known.times, *seen.times], None
    if eligible and (facts.skills or _asks_for_language(facts, desk)):
        eligible, unsuited, awaited = _suited(facts, desk, seen, eligible)
        removed.append(unsuited)
        if awaited is not None:
            rule, until = awaited, _fallback_at(facts, desk)
            eligible = []
    elif not eligible:
        until = min(seen.times, default=desk.next_on_shift)
    why = _why(desk, rule, seen, removed, known, until=until)
    strategy = desk.policy.strategy
    if not eligible:
        return _wait(desk, why, times)
    return Choice(
        tuple(one.operator for one in chosen(strategy, eligible)),
        why,
        asks_all=strategy is Strategy.BROADCAST,
        turn=desk.turn + 1 if strategy is Strategy.ROUND_ROBIN else None,
    )


def _rule(desk: Desk, seen: _Seen) -> Rule:
    """What settles it, languages and skills apart."""
    if seen.fresh:
        return RULES[desk.policy.strategy]
    if seen.rested:
        return Rule.LIST_STARTED_AGAIN
    if seen.resting:
        return Rule.EVERYONE_REFUSED
    if seen.hindered or Removed.BUSY in desk.barred_counts:
        return Rule.NOBODY_CAN
    return Rule.NOBODY_HERE if desk.barred else Rule.QUEUE_IS_EMPTY


# --- languages and skills -----------------------------------------------------


def _asks_for_language(facts: Facts, desk: Desk) -> bool:
    return facts.language is not None and desk.policy.preferences.by_language


def _suits(one: Candidate, facts: Facts, desk: Desk) -> int:
    speaks = not _asks_for_language(facts, desk) or facts.language in one.languages
    return SPEAKS * speaks + HAS_SKILLS * (facts.skills <= one.skills)


def _fallback_at(facts: Facts, desk: Desk) -> datetime:
    return facts.since + timedelta(seconds=desk.policy.preferences.fallback_after_s)


def _suited(
    facts: Facts, desk: Desk, seen: _Seen, eligible: Sequence[Candidate]
) -> tuple[list[Candidate], list[_Pair], Rule | None]:
    """Those who suit best and the others; and what for, while one who suits better is waited for.

    Such a one is here, and may be able soon. Nobody is waited for after `fallback_after_s`.
    """
    suits = [_suits(one, facts, desk) for one in eligible]
    best, rule = max(suits), None
    if desk.now < _fallback_at(facts, desk):
        soon = [one for one, why in (*seen.hindered, *desk.barred) if why in HERE]
        better = (_suits(one, facts, desk) for one in soon if one.operator not in facts.refused)
        awaited = max(better, default=best)
        if awaited > best:
            lacks_language = awaited >= SPEAKS > best
            rule = Rule.WAITING_FOR_LANGUAGE if lacks_language else Rule.WAITING_FOR_SKILL
            best = awaited
    suited = [one for one, level in zip(eligible, suits, strict=True) if level == best]
    unsuited = [
        (one, Removed.OTHER_LANGUAGE if best >= SPEAKS > level else Removed.LACKS_SKILL)
        for one, level in zip(eligible, suits, strict=True)
        if level < best
    ]
    return suited, unsuited, rule


# --- what is said of it -------------------------------------------------------


def _wait(desk: Desk, why: Why, times: Iterable[datetime] = ()) -> Choice:
    """Nobody; looked at again when time alone may change that, or at the usual look."""
    usual = desk.now + timedelta(seconds=desk.policy.look_again_s)
    known = [at for at in (*times, why.until, usual) if at is not None and at > desk.now]
    return Choice((), why, look_again_at=min(known))


def _why(
    desk: Desk,
    rule: Rule,
    seen: _Seen,
    removed: Sequence[Sequence[_Pair]],
    known: Climb,
    *,
    until: datetime | None,
) -> Why:
    outside = {one: why for one, why in known.passed.items() if one in desk.outside}
    counts = Counter(seen.counts)
    counts.update(why for group in removed for _, why in group)
    counts.update(desk.barred_counts)
    counts.update(outside.values())
    groups = (desk.barred, seen.hindered, *removed)
    # Whom the customer knows is asked about first, wherever in the queue they are.
    everybody = chain.from_iterable(groups) if known.passed else ()
    asked = [pair for pair in everybody if pair[0].operator in known.passed]
    first = sorted((pair for group in groups for pair in group[:NAMED]), key=_place)
    named = {one.operator: why for one, why in (*asked, *first)}
    return Why(
        rule,
        desk.version,
        removed=dict(counts),
        named=dict(islice((outside | named).items(), NAMED)),
        until=until,
    )


def _place(pair: _Pair) -> tuple[int, OperatorId]:
    return pair[0].place
