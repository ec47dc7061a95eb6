"""What came of a run, and how it is told: `queues.simulator.outcome`, `report`, `drawing`."""

import json
import re
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from rich.console import Console

from queues.simulator.drawing import svg
from queues.simulator.outcome import Outcome, gini, outcome_of, waits_of
from queues.simulator.report import as_json, duration, table
from queues.simulator.running import Run
from queues.simulator.scenario import calendar_of
from queues.simulator.world import World
from tests.queues.simulator.small import HOUR_S, comes, line, person, world


def lived(made: World, name: str = "present") -> Outcome:
    return outcome_of(name, Run(made).through())


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], 0), ([0, 0], 0), ([3, 3, 3], 0), ([0, 0, 0, 1], 0.75), ([1, 2, 3], 2 / 9)],
)
def test_gini_tells_how_unequal_loads_are(values: list[float], expected: float) -> None:
    assert gini(values) == pytest.approx(expected)


def test_who_waits_still_has_waited_until_the_end() -> None:
    outcome = lived(world([comes(10), comes(20), comes(30)], [], length_s=100))
    assert (outcome.came, outcome.given, outcome.waiting) == (3, 0, 3)
    assert outcome.waits is not None
    assert outcome.waits.p50_s == 80


def test_half_and_ninety_percent_are_those_of_all_waits() -> None:
    waits = waits_of([float(number) for number in range(101)])
    assert waits is not None
    assert (waits.p50_s, waits.p90_s, waits.p99_s) == (50, 90, 99)
    assert waits_of([]) is None


def test_reply_counts_as_in_time_up_to_the_moment_that_was_promised() -> None:
    talks = [comes(0), comes(100, work_s=61), comes(300, work_s=60)]
    assert lived(world(talks, [person()], line(promised_s=60))).in_time == pytest.approx(2 / 3)
    assert lived(world(talks, [person()])).in_time is None
    assert lived(world(talks, [], line(promised_s=60))).in_time == 0


def test_nobody_waits_while_the_line_is_closed() -> None:
    hours = calendar_of(("09:00-18:00",), (), "UTC", number=1, where="hours")
    desk = replace(line(promised_s=60), hours=hours)
    outcome = lived(world([comes(8 * HOUR_S, work_s=59)], [person(cap=2)], desk))
    assert outcome.waits is not None
    assert outcome.waits.p50_s == 0
    assert outcome.in_time == 1


def test_load_is_the_share_of_capacity_that_was_taken_while_somebody_was_there() -> None:
    people = [person(here=[(0, HOUR_S)]), person(cap=2, here=[(HOUR_S, 2 * HOUR_S)])]
    outcome = lived(world([comes(0, work_s=1800), comes(HOUR_S, work_s=1800)], people))
    assert outcome.load_of_each == pytest.approx((0.25, 0.5))


def test_load_is_not_what_lies_on_an_empty_desk() -> None:
    over_night = comes(HOUR_S / 2, work_s=20 * HOUR_S)
    outcome = lived(world([over_night], [person(here=[(0, HOUR_S)])]))
    assert outcome.load_of_each == pytest.approx((0.5,))


def test_table_and_json_name_every_policy() -> None:
    made = world([comes(0), comes(10)], [person()], line(promised_s=60))
    outcomes = [lived(made), lived(world([], []), "nobody")]
    console = Console(width=100, record=True, quiet=True)
    console.print(table(outcomes))
    found = json.loads(as_json(outcomes))
    assert [one["name"] for one in found] == ["present", "nobody"]
    assert found[0]["waits"] == {"p50_s": 25, "p90_s": 45, "p99_s": 49.5, "most_s": 50}
    assert found[1]["waits"] is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (8.24, "8.2 s"), (60, "1:00"), (247, "4:07"), (8130, "2:15:30")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_waiting_is_drawn_on_a_scale_of_minutes_and_hours() -> None:
    # Both are served from 0:40 on.
    talks = [comes(0), comes(0)]
    drawn = svg([lived(world(talks, [person(here=[(2400, 24 * HOUR_S)])]))])
    scales = re.findall(r'text-anchor="end">([^<]*)<', drawn)
    assert scales[:5] == ["0.0 s", "15:00", "30:00", "45:00", "1:00:00"]


def test_picture_is_well_formed_and_names_are_escaped() -> None:
    outcomes = [lived(world([comes(0), comes(10)], [person()]), "a < b & c"), lived(world([], []))]
    picture = fromstring(svg(outcomes))
    texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
    assert "a < b & c" in texts
    assert len([one for one in picture.iter() if one.tag.endswith("polyline")]) == 6
