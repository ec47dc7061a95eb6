"""Who gets the next conversation, and why: `queues.policy.choose`."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.policy import (
    NAMED,
    Candidate,
    Facts,
    Policy,
    Refusal,
    Removed,
    Rule,
    choose,
    policy_of,
    unable,
)
from router.ids import OperatorId
from router.queueing import Queueing, Strategy
from router.staff import Status

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
ANNA, BORIS, VERA = (OperatorId(UUID(int=n)) for n in (1, 2, 3))
ROUND_ROBIN = Policy(strategy=Strategy.ROUND_ROBIN, refusal_rest_s=120, look_again_s=300)
WAITING = Facts(since=NOON)


def here(operator: OperatorId, *, free: int = 1, position: int = 0) -> Candidate:
    """An operator who is available and reachable, with `free` slots."""
    return Candidate(operator, position=position, free_slots=free)


def declined(*operators: OperatorId, ago_s: int = 10) -> dict[OperatorId, Refusal]:
    return dict.fromkeys(operators, Refusal(Removed.DECLINED, NOON - timedelta(seconds=ago_s)))


def missed(*operators: OperatorId, ago_s: int = 10) -> dict[OperatorId, Refusal]:
    return dict.fromkeys(operators, Refusal(Removed.MISSED, NOON - timedelta(seconds=ago_s)))


operators = st.integers(1, 40).map(lambda n: OperatorId(UUID(int=n)))
candidates = st.builds(
    Candidate,
    operators,
    position=st.integers(0, 5),
    free_slots=st.integers(-1, 3),
    status=st.sampled_from(Status),
    reachable=st.booleans(),
    active=st.booleans(),
)
desks = st.lists(candidates, max_size=30, unique_by=lambda one: one.operator)
refusals = st.builds(
    Refusal,
    st.sampled_from([Removed.DECLINED, Removed.MISSED]),
    st.integers(-60, 600).map(lambda ago_s: NOON - timedelta(seconds=ago_s)),
)
facts = st.builds(
    Facts, since=st.just(NOON), refused=st.dictionaries(operators, refusals, max_size=30)
)
lasts = st.none() | operators


# --- whose turn it is --------------------------------------------------------


def test_first_conversation_goes_to_the_first_in_the_queue() -> None:
    desk = [here(BORIS, position=2), here(VERA, position=1), here(ANNA, position=3)]
    assert choose(ROUND_ROBIN, WAITING, desk, now=NOON).operator == VERA


def test_turn_goes_to_the_one_after_the_last_chosen() -> None:
    desk = [here(ANNA), here(BORIS), here(VERA)]
    assert choose(ROUND_ROBIN, WAITING, desk, now=NOON, last=ANNA).operator == BORIS


def test_after_the_end_of_the_queue_it_is_the_first_ones_turn() -> None:
    desk = [here(ANNA), here(BORIS), here(VERA)]
    assert choose(ROUND_ROBIN, WAITING, desk, now=NOON, last=VERA).operator == ANNA


def test_turn_passes_whoever_cannot_take_it() -> None:
    desk = [here(ANNA), here(BORIS, free=0), here(VERA)]
    assert choose(ROUND_ROBIN, WAITING, desk, now=NOON, last=ANNA).operator == VERA


def test_turn_is_counted_from_one_who_is_full_now() -> None:
    desk = [here(ANNA), here(BORIS, free=0), here(VERA)]
    assert choose(ROUND_ROBIN, WAITING, desk, now=NOON, last=BORIS).operator == VERA


def test_the_only_operator_has_every_turn() -> None:
    assert choose(ROUND_ROBIN, WAITING, [here(ANNA)], now=NOON, last=ANNA).operator == ANNA


def test_turn_starts_at_the_front_when_the_last_chosen_left_the_queue() -> None:
    desk = [here(BORIS), here(VERA)]
    assert choose(ROUND_ROBIN, WAITING, desk, now=NOON, last=ANNA).operator == BORIS


# --- who comes into question -------------------------------------------------


@pytest.mark.parametrize(
    ("anna", "reason"),
    [
        (replace(here(ANNA), active=False), Removed.INACTIVE),
        (replace(here(ANNA), status=Status.BUSY), Removed.NOT_AVAILABLE),
        (replace(here(ANNA), status=Status.AWAY), Removed.NOT_AVAILABLE),
        (replace(here(ANNA), status=Status.OFF), Removed.NOT_AVAILABLE),
        (replace(here(ANNA), reachable=False), Removed.ABSENT),
        (here(ANNA, free=0), Removed.FULL),
        (here(ANNA, free=-1), Removed.FULL),
    ],
)
def test_who_cannot_take_it_is_passed_over(anna: Candidate, reason: Removed) -> None:
    choice = choose(ROUND_ROBIN, WAITING, [anna, here(BORIS)], now=NOON)
    assert choice.operator == BORIS
    assert choice.why.removed == {reason: 1}
    alone = choose(ROUND_ROBIN, WAITING, [anna], now=NOON)
    assert (alone.operator, alone.why.rule) == (None, Rule.NOBODY_CAN)


def test_nobody_in_the_queue_is_nobody_to_choose() -> None:
    choice = choose(ROUND_ROBIN, WAITING, [], now=NOON)
    assert (choice.operator, choice.why.rule) == (None, Rule.QUEUE_IS_EMPTY)
    assert choice.look_again_at == NOON + timedelta(seconds=300)


# --- who has refused it ------------------------------------------------------


@pytest.mark.parametrize(
    ("refused", "reason"), [(declined(ANNA), Removed.DECLINED), (missed(ANNA), Removed.MISSED)]
)
def test_who_refused_it_is_not_asked_again(
    refused: dict[OperatorId, Refusal], reason: Removed
) -> None:
    choice = choose(ROUND_ROBIN, Facts(NOON, refused), [here(ANNA), here(BORIS)], now=NOON)
    assert (choice.operator, choice.why.rule) == (BORIS, Rule.NEXT_IN_TURN)
    assert choice.why.removed == {reason: 1}


def test_who_refused_it_long_ago_stands_behind_who_never_did() -> None:
    waits = Facts(NOON, declined(ANNA, ago_s=3600))
    assert choose(ROUND_ROBIN, waits, [here(ANNA), here(BORIS)], now=NOON).operator == BORIS


def test_when_everyone_has_refused_it_the_list_rests() -> None:
    waits = Facts(NOON, declined(ANNA, ago_s=119) | missed(BORIS, ago_s=40))
    choice = choose(ROUND_ROBIN, waits, [here(ANNA), here(BORIS)], now=NOON)
    assert (choice.operator, choice.why.rule) == (None, Rule.EVERYONE_REFUSED)
    assert choice.why.removed == {Removed.DECLINED: 1, Removed.MISSED: 1}
    assert choice.look_again_at == NOON + timedelta(seconds=1)


def test_after_the_rest_the_list_starts_again() -> None:
    waits = Facts(NOON, declined(ANNA, ago_s=120) | missed(BORIS, ago_s=40))
    choice = choose(ROUND_ROBIN, waits, [here(ANNA), here(BORIS)], now=NOON)
    assert (choice.operator, choice.why.rule) == (ANNA, Rule.LIST_STARTED_AGAIN)


def test_one_who_refused_it_is_not_asked_for_want_of_one_who_is_full() -> None:
    desk = [here(ANNA), here(BORIS, free=0)]
    choice = choose(ROUND_ROBIN, Facts(NOON, declined(ANNA)), desk, now=NOON)
    assert choice.operator is None
    assert choice.why.removed == {Removed.DECLINED: 1, Removed.FULL: 1}


# --- why ---------------------------------------------------------------------


def test_why_counts_what_removed_the_others() -> None:
    why = choose(ROUND_ROBIN, WAITING, [here(ANNA, free=0), here(BORIS)], now=NOON).why
    assert why.removed == {Removed.FULL: 1}
    assert why.named == {ANNA: Removed.FULL}


def test_why_names_only_the_first_of_many() -> None:
    crowd = [here(OperatorId(UUID(int=n)), free=0, position=100 - n) for n in range(1, 31)]
    why = choose(ROUND_ROBIN, WAITING, crowd, now=NOON).why
    assert why.removed == {Removed.FULL: 30}
    assert [operator.int for operator in why.named] == list(range(30, 30 - NAMED, -1))


def test_version_names_the_settings() -> None:
    same = Policy(strategy=Strategy.ROUND_ROBIN, refusal_rest_s=120, look_again_s=300)
    other = replace(same, refusal_rest_s=121)
    assert ROUND_ROBIN.version == same.version != other.version
    assert choose(ROUND_ROBIN, WAITING, [], now=NOON).why.policy_version == same.version


def test_lines_settings_make_its_policy() -> None:
    assert policy_of(Queueing()).strategy is Strategy.ROUND_ROBIN


# --- what holds always -------------------------------------------------------


@given(facts, desks, lasts, st.randoms(use_true_random=False))
def test_order_of_the_desk_does_not_matter(
    facts: Facts, desk: list[Candidate], last: OperatorId | None, random: Random
) -> None:
    shuffled = random.sample(desk, len(desk))
    first = choose(ROUND_ROBIN, facts, desk, now=NOON, last=last)
    again = choose(ROUND_ROBIN, facts, shuffled, now=NOON, last=last)
    assert first == again
    assert list(first.why.named) == list(again.why.named)


@given(facts, desks, lasts)
def test_only_who_can_take_it_is_chosen(
    facts: Facts, desk: list[Candidate], last: OperatorId | None
) -> None:
    able = {one.operator for one in desk if unable(one) is None}
    full = {one.operator for one in desk if one.free_slots <= 0}
    gone = {one.operator for one in desk if not one.reachable or not one.active}
    chosen = choose(ROUND_ROBIN, facts, desk, now=NOON, last=last).operator
    assert chosen is None or chosen in able - full - gone


@given(facts, desks, lasts)
def test_nobody_waits_while_somebody_who_never_refused_can_take_it(
    facts: Facts, desk: list[Candidate], last: OperatorId | None
) -> None:
    fresh = {one.operator for one in desk if unable(one) is None} - set(facts.refused)
    chosen = choose(ROUND_ROBIN, facts, desk, now=NOON, last=last).operator
    assert chosen in fresh if fresh else chosen is None or chosen in facts.refused


@given(facts, desks, lasts)
def test_who_waits_is_looked_at_later_and_who_is_chosen_is_not(
    facts: Facts, desk: list[Candidate], last: OperatorId | None
) -> None:
    choice = choose(ROUND_ROBIN, facts, desk, now=NOON, last=last)
    if choice.operator is not None:
        assert choice.look_again_at is None
    else:
        assert choice.look_again_at is not None
        assert NOON < choice.look_again_at <= NOON + timedelta(seconds=300)


@given(facts, desks, lasts)
def test_looking_again_at_that_time_is_no_sooner_than_needed(
    facts: Facts, desk: list[Candidate], last: OperatorId | None
) -> None:
    choice = choose(ROUND_ROBIN, facts, desk, now=NOON, last=last)
    if choice.why.rule is not Rule.EVERYONE_REFUSED or choice.look_again_at is None:
        return
    just_before = choice.look_again_at - timedelta(microseconds=1)
    assert choose(ROUND_ROBIN, facts, desk, now=just_before, last=last).operator is None


@given(facts, desks, lasts)
def test_why_adds_up(facts: Facts, desk: list[Candidate], last: OperatorId | None) -> None:
    choice = choose(ROUND_ROBIN, facts, desk, now=NOON, last=last)
    removed = sum(choice.why.removed.values())
    assert removed == len(desk) if choice.operator is None else removed < len(desk)
    assert all(choice.why.removed.values())
    assert len(choice.why.named) == min(removed, NAMED)
    assert choice.operator not in choice.why.named
    assert Counter(choice.why.named.values()) <= Counter(choice.why.removed)


@given(st.data(), st.lists(operators, min_size=1, max_size=6, unique=True))
def test_turns_of_operators_who_can_always_take_it_differ_by_at_most_one(
    data: st.DataObject, queue: list[OperatorId]
) -> None:
    """However the others of the queue come and go."""
    steady = data.draw(st.sets(st.sampled_from(queue), min_size=1))
    turns, last = Counter[OperatorId](), None
    for _ in range(data.draw(st.integers(1, 40))):
        out = data.draw(st.sets(st.sampled_from(queue))) - steady
        desk = [
            here(operator, free=0 if operator in out else 1, position=position)
            for position, operator in enumerate(queue)
        ]
        last = choose(ROUND_ROBIN, WAITING, desk, now=NOON, last=last).operator
        assert last is not None
        turns[last] += 1
        counts = [turns[operator] for operator in steady]
        assert max(counts) - min(counts) <= 1
