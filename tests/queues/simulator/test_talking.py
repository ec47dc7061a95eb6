"""What becomes of a conversation once somebody has it: `queues.simulator.talking`."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from queues.simulator.outcome import outcome_of
from queues.simulator.running import Run
from queues.simulator.waiting import Going, Stage
from queues.simulator.world import After, Stay, Talk, Turn
from router.queueing import Capacity, Rung, Sticky
from tests.queues.simulator.small import HOUR_S, comes, line, person, world

PASSED, SNOOZED, REOPENED = After.PASSED, After.SNOOZED, After.REOPENED


def goes(*stays: Stay, at_s: float = 0, held_s: float = 100, **facts: Any) -> Talk:
    """A customer whose conversation goes on in these ways, each time after what was held."""
    turns = (Turn(),)
    return Talk(at_s, 0, turns, wrap_s=held_s, stays=stays, **facts)


def lived(*talks: Talk, cap: int = 1, people: int = 2, **settings_: Any) -> Run:
    staff = [person(cap=cap) for _ in range(people)]
    return Run(world(talks, staff, line(**settings_))).through()


def holder(going: Going) -> int | None:
    return None if going.holder is None else going.holder.number


def test_passed_on_to_a_colleague_who_is_there_it_is_theirs() -> None:
    run = lived(goes(Stay(PASSED, 50, to=1)), comes(120))
    first, second = run.goings
    assert (first.owner, holder(first)) == (run.hands[0], 1)
    # Who gave it away is free again.
    assert (holder(second), second.given_s) == (0, 120)
    assert outcome_of("", run).passed == 1


def test_passed_on_to_who_is_not_there_it_waits_for_the_queue() -> None:
    away = person(here=[(HOUR_S, 2 * HOUR_S)])
    run = Run(world([goes(Stay(PASSED, 50, to=1))], [person(), away])).through()
    assert holder(run.goings[0]) == 0
    assert run.goings[0].stage is Stage.CLOSED


def test_passed_on_to_another_line_its_operators_get_it() -> None:
    talk = goes(Stay(PASSED, 50, line=1))
    run = Run(world([talk], [person(0), person(1)], line(), line("other"))).through()
    assert (run.goings[0].line, holder(run.goings[0])) == (1, 1)


def test_put_aside_it_keeps_its_place_until_it_is_silent() -> None:
    aside = goes(Stay(SNOOZED, 10, pause_s=1000), held_s=10)
    loud = lived(aside, comes(50), people=1)
    assert loud.goings[1].given_s == 1020
    quiet = lived(aside, comes(50), people=1, capacity=Capacity(silent_after_s=100))
    assert quiet.goings[1].given_s == 110


def test_reopened_it_waits_again_and_comes_back_to_who_knows_it() -> None:
    ladder = Sticky(rungs=(Rung.LAST_OPERATOR,))
    again = goes(Stay(REOPENED, 50, pause_s=500), customer=1)
    run = lived(again, comes(120), sticky=ladder)
    assert run.goings[0].stage is Stage.CLOSED
    assert holder(run.goings[0]) == 0
    assert outcome_of("", run).reopened == 1


def test_deputy_gets_the_customers_of_who_is_not_there() -> None:
    ladder = Sticky(rungs=(Rung.LAST_OPERATOR, Rung.DEPUTY))
    anna, boris = person(here=[(HOUR_S, 2 * HOUR_S)], deputy=2), person()
    run = Run(world([comes(0, owner=0)], [anna, boris, person()], line(sticky=ladder))).through()
    assert holder(run.goings[0]) == 2


def test_who_has_no_patience_left_is_lost_and_takes_no_room() -> None:
    run = lived(comes(0, work_s=500), comes(1, patience_s=60), comes(2, patience_s=900), people=1)
    outcome = outcome_of("", run)
    assert [going.stage for going in run.goings] == [Stage.CLOSED, Stage.LOST, Stage.CLOSED]
    assert (outcome.lost, outcome.given) == (1, 2)
    assert run.goings[2].given_s == 500


def test_patience_runs_while_an_offer_is_out_too() -> None:
    run = lived(comes(0, patience_s=1), comes(100), people=1, auto_accept=False)
    assert run.goings[0].stage is Stage.LOST
    assert run.goings[1].given_s is not None


stays = st.builds(
    Stay,
    st.sampled_from(After),
    st.floats(0, 300),
    pause_s=st.floats(0, 300),
    to=st.none() | st.integers(0, 2),
    line=st.none() | st.integers(0, 1),
)
talks = st.lists(
    st.builds(
        goes,
        stays,
        stays,
        at_s=st.floats(0, 2000),
        held_s=st.floats(0, 300),
        customer=st.none() | st.integers(0, 3),
        patience_s=st.none() | st.floats(1, 600),
        chance=st.floats(0, 0.99),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(talks, st.booleans(), st.sampled_from((None, 50)))
def test_everybody_ends_and_all_hands_are_empty_then(
    came: list[Talk], auto_accept: bool, silent_after_s: int | None
) -> None:
    settings_: dict[str, Any] = {
        "auto_accept": auto_accept,
        "capacity": Capacity(silent_after_s=silent_after_s),
        "sticky": Sticky(rungs=(Rung.LAST_OPERATOR, Rung.DEPUTY), owner_wait_s=30),
    }
    lines = line(**settings_), line("other", **settings_)
    staff = [person(0, deputy=1), person(0, 1, cap=2), person(1)]
    ordered = sorted(came, key=lambda talk: talk.at_s)
    run = Run(world(ordered, staff, *lines, length_s=10 * 24 * HOUR_S)).through()
    assert {going.stage for going in run.goings} <= {Stage.CLOSED, Stage.LOST}
    assert [hand.taken for hand in run.hands] == [0, 0, 0]
