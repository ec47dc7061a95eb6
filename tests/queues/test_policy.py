"""Who gets the next conversation, and why: `queues.policy.choose`."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from queues.facts import Candidate, Facts, Policy, Refusal, desk_of, policy_of
from queues.policy import choose
from queues.reasons import NAMED, Removed, Rule
from router.ids import OperatorId
from router.queueing import WHOLE, Capacity, Preferences, Queueing, Strategy, WhenClosed
from router.staff import Status
from tests.queues.worlds import (
    ANNA,
    BORIS,
    NOON,
    ROUND_ROBIN,
    WAITING,
    World,
    ago,
    away,
    choice,
    declined,
    full,
    here,
    missed,
)

PREFERRING = replace(ROUND_ROBIN, preferences=Preferences(by_language=True, fallback_after_s=60))


# --- who comes into question --------------------------------------------------


@pytest.mark.parametrize(
    ("anna", "reason", "rule"),
    [
        (replace(here(ANNA), active=False), Removed.INACTIVE, Rule.NOBODY_HERE),
        (replace(here(ANNA), on_leave=True), Removed.ON_LEAVE, Rule.NOBODY_HERE),
        (replace(here(ANNA), on_shift=False), Removed.OFF_SHIFT, Rule.NOBODY_HERE),
        (replace(here(ANNA), on_break=True), Removed.ON_BREAK, Rule.NOBODY_HERE),
        (here(ANNA, cap=0), Removed.TAKES_NONE, Rule.NOBODY_HERE),
        (replace(here(ANNA), status=Status.AWAY), Removed.NOT_AVAILABLE, Rule.NOBODY_HERE),
        (replace(here(ANNA), status=Status.OFF), Removed.NOT_AVAILABLE, Rule.NOBODY_HERE),
        (replace(here(ANNA), reachable=False), Removed.ABSENT, Rule.NOBODY_HERE),
        (replace(here(ANNA), status=Status.BUSY), Removed.BUSY, Rule.NOBODY_CAN),
        (here(ANNA, cap=1, held=1), Removed.FULL, Rule.NOBODY_CAN),
        (here(ANNA, cap=1, held=2), Removed.FULL, Rule.NOBODY_CAN),
    ],
)
def test_who_cannot_take_it_is_passed_over(anna: Candidate, reason: Removed, rule: Rule) -> None:
    given = choice(ROUND_ROBIN, WAITING, anna, here(BORIS))
    assert given.operator == BORIS
    assert given.why.removed == {reason: 1}
    alone = choice(ROUND_ROBIN, WAITING, anna)
    assert (alone.operator, alone.why.rule) == (None, rule)


def test_nobody_in_the_queue_is_nobody_to_choose() -> None:
    waits = choice(ROUND_ROBIN, WAITING)
    assert (waits.operator, waits.why.rule) == (None, Rule.QUEUE_IS_EMPTY)
    assert waits.look_again_at == NOON + timedelta(seconds=300)


def test_beginning_of_a_shift_is_looked_at() -> None:
    anna = replace(here(ANNA), on_shift=False, next_on_shift=NOON + timedelta(seconds=40))
    waits = choice(ROUND_ROBIN, WAITING, anna)
    assert waits.why.until == waits.look_again_at == NOON + timedelta(seconds=40)


def test_light_conversation_fits_where_a_whole_one_does_not() -> None:
    anna = replace(here(ANNA, cap=2), open_weight=150)
    assert choice(ROUND_ROBIN, WAITING, anna).operator is None
    assert choice(ROUND_ROBIN, replace(WAITING, weight=20), anna).operator == ANNA


def test_heavy_conversation_goes_to_one_who_holds_nothing() -> None:
    heavy = replace(WAITING, weight=9 * WHOLE)
    assert choice(ROUND_ROBIN, heavy, here(ANNA, cap=5, held=1), here(BORIS)).operator == BORIS


def test_some_room_is_kept_for_those_who_return() -> None:
    policy = replace(ROUND_ROBIN, reserved_weight=WHOLE)
    waits = choice(policy, WAITING, here(ANNA, cap=3, held=2))
    assert (waits.why.rule, waits.why.removed) == (Rule.NOBODY_CAN, {Removed.KEPT_FREE: 1})
    assert choice(policy, WAITING, here(ANNA, cap=3, held=1)).operator == ANNA


def test_nobody_idles_because_their_room_is_kept() -> None:
    policy = replace(ROUND_ROBIN, reserved_weight=WHOLE)
    assert choice(policy, WAITING, here(ANNA, cap=1)).operator == ANNA


def test_nobody_gets_more_of_a_line_than_it_allows() -> None:
    policy = replace(ROUND_ROBIN, max_per_operator=2)
    anna = replace(here(ANNA, cap=9, held=2), line_weight=2 * WHOLE)
    given = choice(policy, WAITING, anna, here(BORIS))
    assert (given.operator, given.why.named) == (BORIS, {ANNA: Removed.LINE_FULL})


def test_two_are_not_given_to_one_operator_within_the_least_gap() -> None:
    policy = replace(ROUND_ROBIN, min_gap_s=30)
    anna = replace(here(ANNA, cap=9), given_at=ago(20))
    waits = choice(policy, WAITING, anna)
    assert (waits.why.rule, waits.why.removed) == (Rule.NOBODY_CAN, {Removed.TOO_SOON: 1})
    assert waits.look_again_at == NOON + timedelta(seconds=10)
    assert choice(policy, WAITING, anna, at_s=10).operator == ANNA


# --- the line itself ----------------------------------------------------------


def test_outside_its_hours_a_line_waits_until_it_opens() -> None:
    closed = World(
        ROUND_ROBIN, WAITING, (here(ANNA),), is_open=False, opens_at=NOON + timedelta(seconds=90)
    )
    waits = closed.choose()
    assert (waits.operator, waits.why.rule) == (None, Rule.OUTSIDE_HOURS)
    assert waits.why.until == waits.look_again_at == NOON + timedelta(seconds=90)


def test_line_may_distribute_outside_its_hours() -> None:
    policy = replace(ROUND_ROBIN, when_closed=WhenClosed.DISTRIBUTE)
    assert World(policy, WAITING, (here(ANNA),), is_open=False).choose().operator == ANNA


def test_line_that_is_full_waits() -> None:
    policy = replace(ROUND_ROBIN, max_open=5)
    at_its_cap = World(policy, WAITING, (here(ANNA),), open_weight=5 * WHOLE)
    assert at_its_cap.choose().why.rule is Rule.LINE_FULL
    assert replace(at_its_cap, open_weight=4 * WHOLE).choose().operator == ANNA


# --- who has refused it -------------------------------------------------------


@pytest.mark.parametrize(
    ("refused", "reason"), [(declined(ANNA), Removed.DECLINED), (missed(ANNA), Removed.MISSED)]
)
def test_who_refused_it_is_not_asked_again(
    refused: dict[OperatorId, Refusal], reason: Removed
) -> None:
    given = choice(ROUND_ROBIN, Facts(NOON, refused=refused), here(ANNA), here(BORIS))
    assert (given.operator, given.why.rule) == (BORIS, Rule.NEXT_IN_TURN)
    assert given.why.removed == {reason: 1}


def test_who_refused_it_long_ago_stands_behind_who_never_did() -> None:
    waits = Facts(NOON, refused=declined(ANNA, ago_s=3600))
    assert choice(ROUND_ROBIN, waits, here(ANNA), here(BORIS)).operator == BORIS


def test_when_everyone_has_refused_it_the_list_rests() -> None:
    refused = declined(ANNA, ago_s=119) | missed(BORIS, ago_s=40)
    waits = choice(ROUND_ROBIN, Facts(NOON, refused=refused), here(ANNA), here(BORIS))
    assert (waits.operator, waits.why.rule) == (None, Rule.EVERYONE_REFUSED)
    assert waits.why.removed == {Removed.DECLINED: 1, Removed.MISSED: 1}
    assert waits.why.until == waits.look_again_at == NOON + timedelta(seconds=1)


def test_after_the_rest_the_list_starts_again() -> None:
    refused = declined(ANNA, ago_s=120) | missed(BORIS, ago_s=40)
    given = choice(ROUND_ROBIN, Facts(NOON, refused=refused), here(ANNA), here(BORIS))
    assert (given.operator, given.why.rule) == (ANNA, Rule.LIST_STARTED_AGAIN)


def test_one_who_refused_it_is_not_asked_for_want_of_one_who_is_full() -> None:
    waits = choice(ROUND_ROBIN, Facts(NOON, refused=declined(ANNA)), here(ANNA), full(BORIS))
    assert waits.operator is None
    assert waits.why.removed == {Removed.DECLINED: 1, Removed.FULL: 1}


# --- languages and skills -----------------------------------------------------


def speaker(one: Candidate, languages: str = "de", skills: str = "") -> Candidate:
    return replace(one, languages=frozenset(languages.split()), skills=frozenset(skills.split()))


GERMAN = Facts(NOON, language="de")
GERMAN_BILL = replace(GERMAN, skills=frozenset({"billing"}))


def test_who_speaks_the_customers_language_comes_first() -> None:
    given = choice(PREFERRING, GERMAN, here(ANNA), speaker(here(BORIS)))
    assert (given.operator, given.why.named) == (BORIS, {ANNA: Removed.OTHER_LANGUAGE})


def test_language_is_waited_for_then_given_up() -> None:
    desk = here(ANNA), speaker(full(BORIS))
    waits = choice(PREFERRING, GERMAN, *desk, at_s=59)
    assert (waits.operator, waits.why.rule) == (None, Rule.WAITING_FOR_LANGUAGE)
    assert waits.why.until == waits.look_again_at == NOON + timedelta(seconds=60)
    assert choice(PREFERRING, GERMAN, *desk, at_s=60).operator == ANNA


def test_language_that_nobody_here_speaks_is_not_waited_for() -> None:
    given = choice(PREFERRING, GERMAN, here(ANNA), speaker(away(BORIS)))
    assert given.operator == ANNA


def test_speaker_who_refused_it_is_not_waited_for() -> None:
    customer = replace(GERMAN, refused=declined(BORIS))
    assert choice(PREFERRING, customer, here(ANNA), speaker(full(BORIS))).operator == ANNA


def test_speaker_is_still_preferred_after_the_time_for_waiting() -> None:
    desk = here(ANNA), speaker(here(BORIS))
    assert choice(PREFERRING, GERMAN, *desk, at_s=900).operator == BORIS


def test_line_that_does_not_ask_for_languages_ignores_them() -> None:
    assert choice(ROUND_ROBIN, GERMAN, here(ANNA), speaker(here(BORIS))).operator == ANNA


def test_all_skills_are_wanted_of_one_operator() -> None:
    both = Facts(NOON, skills=frozenset({"billing", "repair"}))
    desk = speaker(here(ANNA), skills="billing"), speaker(full(BORIS), skills="billing repair")
    waits = choice(PREFERRING, both, *desk)
    assert (waits.why.rule, waits.why.named[ANNA]) == (Rule.WAITING_FOR_SKILL, Removed.LACKS_SKILL)
    assert choice(PREFERRING, both, *desk, at_s=60).operator == ANNA


def test_where_nobody_has_both_the_language_comes_before_the_skills() -> None:
    desk = speaker(here(ANNA), "ru", "billing"), speaker(here(BORIS), "de")
    assert choice(PREFERRING, GERMAN_BILL, *desk).operator == BORIS


# --- why ----------------------------------------------------------------------


def test_why_counts_what_removed_the_others() -> None:
    why = choice(ROUND_ROBIN, WAITING, full(ANNA), here(BORIS)).why
    assert why.removed == {Removed.FULL: 1}
    assert why.named == {ANNA: Removed.FULL}


def test_why_names_only_the_first_of_many() -> None:
    crowd = [full(OperatorId(UUID(int=n)), position=100 - n) for n in range(1, 31)]
    crowd[3::4] = [replace(one, status=Status.AWAY) for one in crowd[3::4]]
    why = choice(ROUND_ROBIN, WAITING, *crowd).why
    assert why.removed == {Removed.FULL: 23, Removed.NOT_AVAILABLE: 7}
    assert [operator.int for operator in why.named] == list(range(30, 30 - NAMED, -1))


def test_why_names_first_whom_the_customer_knows() -> None:
    crowd = [away(OperatorId(UUID(int=n)), position=n) for n in range(4, 40)]
    known = ROUND_ROBIN.sticky.rungs[0]
    customer = Facts(NOON, known={known: ANNA})
    why = choice(ROUND_ROBIN, customer, *crowd, away(ANNA, position=99)).why
    assert next(iter(why.named)) == ANNA
    assert why.removed == {Removed.NOT_AVAILABLE: 37}


def test_version_names_the_settings() -> None:
    same = Policy(strategy=Strategy.ROUND_ROBIN, refusal_rest_s=120, look_again_s=300)
    other = replace(same, refusal_rest_s=121)
    assert ROUND_ROBIN.version == same.version != other.version
    assert choice(ROUND_ROBIN, WAITING).why.policy_version == same.version


def test_lines_settings_make_its_policy() -> None:
    capacity = Capacity(reserved_weight=50, max_per_operator=3, max_open=9)
    queueing = Queueing(strategy=Strategy.LEAST_BUSY, min_gap_s=5, capacity=capacity)
    policy = policy_of(queueing)
    assert (policy.strategy, policy.min_gap_s) == (Strategy.LEAST_BUSY, 5)
    assert (policy.reserved_weight, policy.max_per_operator, policy.max_open) == (50, 3, 9)


# --- a step of several choices ------------------------------------------------


def test_what_was_given_counts_for_the_next_choice() -> None:
    desk = desk_of(ROUND_ROBIN, [here(ANNA, cap=2), here(BORIS)], now=NOON)
    assert desk.slots(WHOLE) == 3
    owners = []
    for _ in range(4):
        given = choose(WAITING, desk)
        owners.append(given.operator)
        desk = desk.after(given, weight=WHOLE)
    assert owners == [ANNA, BORIS, ANNA, None]
    assert (desk.slots(WHOLE), desk.open_weight) == (0, 3 * WHOLE)
