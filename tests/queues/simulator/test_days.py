"""A scenario's days, drawn by chance: `queues.simulator.days`."""

import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date
from statistics import fmean, median
from typing import Any

from queues.simulator.days import drawn
from queues.simulator.scenario import USUAL, Group, Rates, Scenario, scenario_of
from queues.simulator.world import Spread

USUAL_DAY = scenario_of(tomllib.loads(USUAL.read_text(encoding="utf-8")))


def scenario(**facts: Any) -> Scenario:
    """A hundred days of one line with two operators."""
    rates = Rates(**{"per_day": 100} | facts)
    return Scenario(date(2026, 3, 2), {"shop": rates}, {"all": Group(2, ("shop",))}, days=100)


def test_same_seed_draws_the_same_days_and_another_seed_others() -> None:
    assert drawn(USUAL_DAY, seed=1) == drawn(USUAL_DAY, seed=1)
    assert drawn(USUAL_DAY, seed=1).talks != drawn(USUAL_DAY, seed=2).talks


def test_change_of_one_line_leaves_the_customers_of_the_others() -> None:
    busier = replace(USUAL_DAY.lines["sales"], per_day=500)
    changed = replace(USUAL_DAY, lines={**USUAL_DAY.lines, "sales": busier})
    before, after = drawn(USUAL_DAY, seed=1), drawn(changed, seed=1)
    support = [talk for talk in before.talks if talk.line == 0]
    assert support == [talk for talk in after.talks if talk.line == 0]
    assert len(before.talks) < len(after.talks)


def test_as_many_come_as_the_rates_say_and_at_their_hours() -> None:
    by_hour = (0,) * 9 + (1, 3) + (0,) * 13
    talks = drawn(scenario(by_hour=by_hour), seed=1).talks
    # A Poisson number of 10,000 is rarely 300 off.
    assert 9_700 < len(talks) < 10_300
    hours = Counter(int(talk.at_s // 3600) % 24 for talk in talks)
    assert set(hours) == {9, 10}
    assert 2.8 < hours[10] / hours[9] < 3.2
    assert [talk.at_s for talk in talks] == sorted(talk.at_s for talk in talks)


def test_durations_and_shares_are_those_of_the_scenario() -> None:
    talks = drawn(
        scenario(
            turns=4,
            work=Spread(45, 0.7),
            channels={"webchat": 3, "email": 1},
            skills={"billing": 0.2},
            returning=0.5,
        ),
        seed=1,
    ).talks
    assert 3.8 < fmean(len(talk.turns) for talk in talks) < 4.2
    assert 43 < median(turn.work_s for talk in talks for turn in talk.turns) < 47
    channels = Counter(talk.channel for talk in talks)
    assert 2.7 < channels["webchat"] / channels["email"] < 3.3
    assert 0.18 < fmean("billing" in talk.skills for talk in talks) < 0.22
    assert 0.47 < fmean(talk.owner is not None for talk in talks) < 0.53


def test_conversation_of_one_turn_asks_once() -> None:
    talks = drawn(scenario(turns=1), seed=1).talks
    assert {len(talk.turns) for talk in talks} == {1}
