"""Who among those who come into question: `queues.strategies`."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from queues.facts import Candidate, Desk, Facts, Policy, Refusal, desk_of
from queues.policy import choose
from queues.reasons import Removed, Rule
from queues.strategies import chosen
from router.ids import OperatorId
from router.queueing import WHOLE, Strategy
from tests.queues.worlds import ANNA, BORIS, NOON, VERA, WAITING, ago, choice, full, here, operators

crews = st.lists(operators, min_size=1, max_size=6, unique=True)


def policy(strategy: Strategy) -> Policy:
    return Policy(strategy=strategy, refusal_rest_s=120)


def give(desk: Desk) -> tuple[OperatorId, Desk]:
    """One conversation goes to one of them, and is over at once: only the turn stays."""
    given = choose(WAITING, desk)
    assert given.operator is not None
    return given.operator, desk.after(given, weight=0)


# --- round robin --------------------------------------------------------------


def test_everybody_has_their_turn_in_the_order_of_the_queue() -> None:
    desk = desk_of(
        policy(Strategy.ROUND_ROBIN),
        [here(BORIS, position=2), here(VERA, position=1), here(ANNA, position=3)],
        now=NOON,
    )
    turns = []
    for _ in range(5):
        operator, desk = give(desk)
        turns.append(operator)
    assert turns == [VERA, BORIS, ANNA, VERA, BORIS]


def test_who_could_not_when_their_turn_came_is_next() -> None:
    turns = replace(here(ANNA), turn=4), replace(here(BORIS), turn=2), replace(here(VERA), turn=3)
    given = choice(policy(Strategy.ROUND_ROBIN), WAITING, *turns)
    assert (given.operator, given.turn, given.why.rule) == (BORIS, 5, Rule.NEXT_IN_TURN)


@given(crews, st.data())
def test_turns_of_those_who_can_take_the_same_differ_by_at_most_one(
    crew: list[OperatorId], data: st.DataObject
) -> None:
    """However the others of the queue come and go, and they themselves, together."""
    inseparable = data.draw(st.sets(st.sampled_from(crew), min_size=1))
    desk = desk_of(policy(Strategy.ROUND_ROBIN), [here(one) for one in crew], now=NOON)
    turns = Counter[OperatorId]()
    for _ in range(data.draw(st.integers(1, 40))):
        there = data.draw(st.sets(st.sampled_from(crew))) - inseparable
        if data.draw(st.booleans()):
            there |= inseparable
        queue = [
            replace(one, cap_weight=WHOLE, open_weight=0 if one.operator in there else WHOLE)
            for one in desk.able
        ]
        desk = desk_of(desk.policy, queue, now=NOON)
        if there:
            operator, desk = give(desk)
            turns[operator] += 1
        counts = [turns[one] for one in inseparable]
        assert max(counts) - min(counts) <= 1


# --- sequential ---------------------------------------------------------------


def test_first_in_the_list_who_can_has_it() -> None:
    listed = full(ANNA, position=1), here(VERA, position=2), here(BORIS, position=3)
    given = choice(policy(Strategy.SEQUENTIAL), WAITING, *listed)
    assert (given.operator, given.why.rule) == (VERA, Rule.FIRST_IN_LIST)


@given(crews, st.lists(st.integers(1, 90), min_size=1, max_size=20), st.sampled_from([0, 60, 200]))
def test_list_is_visited_in_order_and_begins_again(
    crew: list[OperatorId], answers_s: list[int], rest_s: int
) -> None:
    """Whoever is asked refuses, each after their own time."""
    sequential = replace(policy(Strategy.SEQUENTIAL), refusal_rest_s=rest_s)
    queue = [here(one, position=place) for place, one in enumerate(crew)]
    now, refused, visited = NOON, dict[OperatorId, Refusal](), list[OperatorId]()
    for answer_s in answers_s:
        given = choose(Facts(NOON, refused=refused), desk_of(sequential, queue, now=now))
        while given.operator is None:
            assert given.look_again_at is not None
            now = given.look_again_at
            given = choose(Facts(NOON, refused=refused), desk_of(sequential, queue, now=now))
        visited.append(given.operator)
        now += timedelta(seconds=answer_s)
        refused = {**refused, given.operator: Refusal(Removed.MISSED, now)}
    places = [crew.index(one) for one in visited]
    assert places[0] == 0
    assert all(after == (before + 1) % len(crew) for before, after in pairwise(places))


# --- least busy, longest idle -------------------------------------------------


def test_least_busy_is_who_has_the_smallest_share_of_their_own_taken() -> None:
    crew = here(ANNA, cap=4, held=2), here(BORIS, cap=10, held=4), here(VERA, cap=2, held=1)
    given = choice(policy(Strategy.LEAST_BUSY), WAITING, *crew)
    assert (given.operator, given.why.rule) == (BORIS, Rule.LEAST_BUSY)


def test_what_is_held_out_to_them_makes_them_busy_too() -> None:
    anna = replace(here(ANNA, cap=2), offered_weight=WHOLE)
    assert choice(policy(Strategy.LEAST_BUSY), WAITING, anna, here(BORIS, cap=2)).operator == BORIS


def test_of_two_who_are_equally_busy_the_longer_idle_has_it() -> None:
    anna, boris = replace(here(ANNA), idle_since=ago(5)), replace(here(BORIS), idle_since=ago(9))
    assert choice(policy(Strategy.LEAST_BUSY), WAITING, anna, boris).operator == BORIS


@given(st.lists(st.tuples(st.integers(1, 900), st.integers(0, 999)), min_size=1, max_size=8))
def test_shares_are_compared_exactly(shares: list[tuple[int, int]]) -> None:
    crew = [
        replace(one, cap_weight=cap, open_weight=taken)
        for one, (cap, taken) in zip(_crew(len(shares)), shares, strict=True)
    ]
    [least] = chosen(Strategy.LEAST_BUSY, crew)
    assert Fraction(least.taken, least.cap_weight) == min(
        Fraction(taken, cap) for cap, taken in shares
    )


def test_longest_idle_has_it() -> None:
    crew = (
        replace(here(ANNA, cap=2, held=1), given_at=ago(900)),
        replace(here(BORIS), idle_since=ago(30)),
        replace(here(VERA), idle_since=ago(60)),
    )
    given = choice(policy(Strategy.LONGEST_IDLE), WAITING, *crew)
    assert (given.operator, given.why.rule) == (VERA, Rule.LONGEST_IDLE)


def test_who_never_had_one_is_idle_longest() -> None:
    crew = replace(here(ANNA), idle_since=ago(3600)), here(BORIS)
    assert choice(policy(Strategy.LONGEST_IDLE), WAITING, *crew).operator == BORIS


def test_of_two_who_both_have_some_it_goes_to_who_was_given_one_longest_ago() -> None:
    crew = (
        replace(here(ANNA, cap=3, held=1), given_at=ago(5)),
        replace(here(BORIS, cap=3, held=1), given_at=ago(9)),
    )
    assert choice(policy(Strategy.LONGEST_IDLE), WAITING, *crew).operator == BORIS


# --- broadcast ----------------------------------------------------------------


def test_all_who_can_are_asked() -> None:
    given = choice(policy(Strategy.BROADCAST), WAITING, here(ANNA), full(BORIS), here(VERA))
    assert (given.operators, given.asks_all) == ((ANNA, VERA), True)
    assert (given.why.rule, given.turn) == (Rule.EVERYBODY_ASKED, None)


@given(crews, st.data())
def test_exactly_those_who_can_are_asked(crew: list[OperatorId], data: st.DataObject) -> None:
    able = data.draw(st.sets(st.sampled_from(crew)))
    refused = data.draw(st.sets(st.sampled_from(crew)))
    queue = [here(one) if one in able else full(one) for one in crew]
    waits = Facts(NOON, refused=dict.fromkeys(refused, Refusal(Removed.MISSED, NOON)))
    given = choice(policy(Strategy.BROADCAST), waits, *queue)
    assert set(given.operators) == able - refused


def test_who_is_asked_holds_nothing_yet_but_the_line_does() -> None:
    desk = desk_of(policy(Strategy.BROADCAST), [here(ANNA), here(BORIS)], now=NOON)
    after = desk.after(choose(WAITING, desk), weight=WHOLE)
    assert (after.able, after.open_weight) == (desk.able, WHOLE)


def _crew(count: int) -> list[Candidate]:
    return [here(OperatorId(UUID(int=n)), position=n) for n in range(count)]
