"""What happens in virtual time: `queues.simulator.running`."""

from collections import Counter
from dataclasses import replace
from random import Random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queues.simulator.outcome import outcome_of
from queues.simulator.running import Run
from queues.simulator.waiting import Going, Stage
from queues.simulator.world import Habits, Talk, Turn, World, line_id
from router.queueing import (
    WHOLE,
    Capacity,
    Overflow,
    Preferences,
    Queueing,
    Rung,
    Sticky,
    Strategy,
)
from tests.queues.simulator.small import HOUR_S, comes, line, person, world


def waited(run: Run) -> list[float]:
    return [going.given_s - going.talk.at_s for going in run.goings if going.given_s is not None]


def holders(run: Run) -> list[int | None]:
    return [going.holder.number if going.holder else None for going in run.goings]


# --- one by one -----------------------------------------------------------------


def test_who_finds_nobody_free_waits_for_the_first_to_be() -> None:
    run = Run(world([comes(0, work_s=100), comes(30), comes(40)], [person(), person()])).through()
    assert waited(run) == [0, 0, 50]
    assert holders(run) == [0, 1, 1]


def test_with_room_without_end_nobody_waits() -> None:
    talks = [comes(number, work_s=1000) for number in range(500)]
    run = Run(world(talks, [person(cap=1000)])).through()
    assert set(waited(run)) == {0}


def test_operator_answers_one_after_the_other_however_many_they_hold() -> None:
    run = Run(world([comes(0), comes(0), comes(10)], [person(cap=3)])).through()
    assert waited(run) == [0, 0, 0]
    assert [going.replied_s for going in run.goings] == [60, 120, 180]


def test_nobody_gets_anything_before_their_shift_or_after_it() -> None:
    shift = [(HOUR_S, 2 * HOUR_S)]
    run = Run(world([comes(0), comes(2 * HOUR_S)], [person(here=shift)])).through()
    assert run.goings[0].given_s == HOUR_S
    assert run.goings[1].stage is Stage.WAITING


def test_what_waits_for_a_reply_of_the_customer_and_is_silent_takes_no_room() -> None:
    slow = Talk(0, 0, (Turn(work_s=10), Turn(after_s=5000, work_s=10)))
    capacity = Capacity(silent_after_s=300)
    run = Run(world([slow, comes(20)], [person()], line(capacity=capacity))).through()
    assert run.goings[1].given_s == 310
    assert run.hands[0].taken == 0


def test_missed_offer_goes_to_the_next_and_sets_who_misses_too_many_away() -> None:
    desk = line(auto_accept=False, offer_timeout_s=30, missed_offers_until_away=1)
    sleepy = Habits(misses=1, declines=0, away_s=600)
    run = Run(world([comes(0)], [person(), person()], desk, habits=sleepy)).through()
    assert run.missed > 2
    assert run.goings[0].stage in (Stage.WAITING, Stage.OFFERED)


def test_first_to_accept_of_all_who_are_asked_has_it() -> None:
    desk = line(strategy=Strategy.BROADCAST, auto_accept=False)
    talks = [comes(60.0 * number, chance=number / 50) for number in range(50)]
    run = Run(world(talks, [person(), person(), person()], desk)).through()
    assert all(hand.given for hand in run.hands)
    assert sum(hand.given for hand in run.hands) == 50


def test_returning_customer_waits_for_who_knows_them() -> None:
    knows = line(sticky=Sticky(rungs=(Rung.LAST_OPERATOR,), owner_wait_s=600))
    talks = [comes(0, customer=1), comes(100, customer=2, work_s=300), comes(200, customer=1)]
    run = Run(world(talks, [person(), person()], knows)).through()
    assert holders(run) == [0, 1, 0]
    everybody_new = [replace(talk, customer=None, owner=1) for talk in talks]
    assert holders(Run(world(everybody_new, [person(), person()], knows)).through()) == [1, 1, 1]


def test_who_is_known_need_not_be_in_the_queue() -> None:
    knows = line(sticky=Sticky(rungs=(Rung.LAST_OPERATOR,)))
    people = [person(0), person(1)]
    run = Run(world([comes(0, owner=1)], people, knows, line("sales"))).through()
    assert holders(run) == [1]


def test_language_is_preferred_and_given_up_in_time() -> None:
    asks = line(preferences=Preferences(by_language=True, fallback_after_s=100))
    people = [person(), person(languages=frozenset({"de"}))]
    talks = [comes(0, language="de", work_s=500), comes(10, language="de")]
    run = Run(world(talks, people, asks)).through()
    assert holders(run) == [1, 0]
    assert waited(run) == [0, 100]


def test_who_waits_too_long_overflows_once_from_each_line() -> None:
    lines = [
        line("shop", overflow=Overflow(line_id(1), after_s=120)),
        line("sales", overflow=Overflow(line_id(0), after_s=120)),
    ]
    run = Run(world([comes(0)], [person(1, here=[(1000, 2000)])], *lines)).through()
    assert run.overflows == 2
    assert run.goings[0].line == 0
    assert run.goings[0].stage is Stage.WAITING


def test_who_overflows_to_a_line_that_is_not_looked_at_has_left() -> None:
    run = Run(world([comes(0)], [], line(overflow=Overflow(line_id(7), after_s=120)))).through()
    assert run.goings[0].left_s == 120
    assert outcome_of("", run).left == 1


def test_gap_between_two_is_kept() -> None:
    run = Run(world([comes(0), comes(0)], [person(cap=5)], line(min_gap_s=90))).through()
    assert waited(run) == [0, 90]


# --- strategies -----------------------------------------------------------------


def test_turns_are_even_where_everybody_can() -> None:
    talks = [comes(100.0 * number) for number in range(301)]
    run = Run(world(talks, [person(), person(), person()])).through()
    assert sorted(hand.given for hand in run.hands) == [100, 100, 101]


def test_least_busy_spares_who_has_long_ones() -> None:
    chance = Random(3)
    talks = [
        comes(20.0 * number, work_s=900 if chance.random() < 0.1 else 20) for number in range(2000)
    ]
    people = [person(cap=10) for _ in range(4)]
    most = {
        strategy: max(
            outcome_of(
                "", Run(world(talks, people, line(strategy=strategy))).through()
            ).load_of_each
        )
        for strategy in (Strategy.ROUND_ROBIN, Strategy.LEAST_BUSY)
    }
    assert most[Strategy.LEAST_BUSY] < most[Strategy.ROUND_ROBIN]


def test_waiting_is_what_queueing_theory_says() -> None:
    """Five operators, four Erlangs: by Erlang's C formula 55.4 % wait, and everybody 33.2 s."""
    chance, at_s, talks = Random(5), 0.0, []
    for _ in range(40_000):
        at_s += chance.expovariate(4 / 60)
        talks.append(comes(at_s, work_s=chance.expovariate(1 / 60)))
    run = Run(world(talks, [person() for _ in range(5)], length_s=at_s + HOUR_S)).through()
    waits = waited(run)
    assert len(waits) == 40_000
    assert sum(wait > 0 for wait in waits) / 40_000 == pytest.approx(0.5541, rel=0.04)
    assert fmean(waits) == pytest.approx(33.25, rel=0.08)


# --- by chance --------------------------------------------------------------------

queueings = st.builds(
    Queueing,
    strategy=st.sampled_from(Strategy),
    auto_accept=st.booleans(),
    offer_timeout_s=st.just(20),
    missed_offers_until_away=st.sampled_from([1, 3]),
    min_gap_s=st.sampled_from([0, 0, 30]),
    sticky=st.sampled_from([Sticky(rungs=()), Sticky(owner_wait_s=60)]),
    capacity=st.sampled_from(
        [
            Capacity(),
            Capacity(weights={"email": 20}, silent_after_s=100, reserved_weight=WHOLE),
            Capacity(max_open=4, max_per_operator=2),
        ]
    ),
    preferences=st.sampled_from([Preferences(), Preferences(by_language=True)]),
    overflow=st.sampled_from([None, Overflow(line_id(1), 90), Overflow(line_id(9), 200)]),
)
turns = st.lists(
    st.builds(Turn, st.sampled_from([0.0, 30, 500]), st.sampled_from([1.0, 20, 80])),
    min_size=1,
    max_size=4,
)
talks = st.builds(
    Talk,
    st.floats(0, 2000),
    st.just(0),
    turns,
    channel=st.sampled_from(["webchat", "email"]),
    customer=st.none() | st.integers(0, 5),
    language=st.sampled_from([None, "de"]),
    owner=st.none() | st.integers(0, 2),
    wrap_s=st.sampled_from([0.0, 60]),
    chance=st.floats(0, 1, exclude_max=True),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    come = sorted(draw(st.lists(talks, min_size=1, max_size=40)), key=lambda talk: talk.at_s)
    people = [
        person(0, cap=2),
        person(0, 1, cap=1, languages=frozenset({"de"})),
        person(1, cap=3, here=[(500, 1500)]),
    ]
    second = line("sales", auto_accept=draw(st.booleans()))
    return world(
        come,
        people,
        replace(line(), queueing=draw(queueings)),
        second,
        length_s=draw(st.sampled_from([1000.0, 3000.0, 50_000.0])),
        habits=Habits(misses=0.2, declines=0.2, away_s=120),
    )


def held(run: Run) -> Counter[int]:
    """What everybody holds, counted from the conversations."""
    found = Counter[int]()
    for going in run.goings:
        takes = going.stage in (Stage.OPEN, Stage.OFFERED) and not going.is_silent
        if going.holder is not None and takes:
            found[going.holder.number] += going.weight
    return found


def keeps(going: Going, end_s: float) -> bool:
    """Whether its times follow each other."""
    times = [going.talk.at_s, going.given_s, going.replied_s]
    known = [at for at in times if at is not None]
    return known == sorted(known) and (going.given_s or 0) <= end_s


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_everybody_who_came_is_served_waits_or_has_left(made: World) -> None:
    run = Run(made).through()
    outcome = outcome_of("", run)
    assert outcome.came == sum(talk.at_s < made.length_s for talk in made.talks)
    assert outcome.came == outcome.given + outcome.waiting + outcome.left
    assert outcome.given >= outcome.closed
    assert {hand.number: hand.taken for hand in run.hands if hand.taken} == dict(held(run))
    assert all(keeps(going, made.length_s) for going in run.goings)


@settings(max_examples=20, deadline=None)
@given(worlds())
def test_same_world_has_the_same_outcome(made: World) -> None:
    assert outcome_of("", Run(made).through()) == outcome_of("", Run(made).through())


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_in_the_end_nobody_waits_while_somebody_has_room(made: World) -> None:
    """Long after the last has come, whoever comes into question was asked again and again."""
    calm = replace(made, length_s=made.length_s + 90_000, habits=Habits(misses=0, declines=0))
    run = Run(calm).through()
    here = [hand for hand in run.hands if hand.here and 0 in hand.person.lines]
    assert here
    assert outcome_of("", run).waiting == sum(
        going.stage is Stage.WAITING and going.line == 1 for going in run.goings
    )
