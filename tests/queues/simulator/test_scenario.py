"""A world described in a file: `queues.simulator.scenario`."""

from datetime import date
from typing import Any

import pytest

from queues.simulator.days import drawn
from queues.simulator.scenario import lines_of, people_of, scenario_of
from queues.simulator.world import line_id
from router.errors import Invalid
from router.queueing import Strategy

SMALL: dict[str, Any] = {
    "start": date(2026, 3, 2),
    "lines": {"shop": {"per_day": 10}, "sales": {"per_day": 5}},
    "operators": {"day": {"count": 2, "lines": ["shop"]}},
}
HOUR_S = 3600


def read(**given: Any) -> None:
    found = scenario_of(SMALL | given)
    lines_of(found)
    people_of(found)


def test_what_is_left_out_has_its_default() -> None:
    world = drawn(scenario_of(SMALL), seed=1)
    assert world.length_s == 24 * HOUR_S
    assert [person.name for person in world.people] == ["day 1", "day 2"]
    assert world.people[0].cap_weight == 500


def test_settings_of_a_queue_are_those_of_the_desk() -> None:
    queueing = {"strategy": "broadcast", "overflow": {"to_line": "sales", "after_s": 60}}
    lines = lines_of(
        scenario_of(
            SMALL | {"lines": SMALL["lines"] | {"shop": {"per_day": 1, "queueing": queueing}}}
        )
    )
    assert lines[0].queueing.strategy is Strategy.BROADCAST
    assert lines[0].queueing.overflow is not None
    assert lines[0].queueing.overflow.to_line == line_id(1)


def test_shift_past_midnight_begins_on_the_night_before() -> None:
    night = {"count": 1, "lines": ["shop"], "shift": ["22:00-06:00"]}
    person = people_of(scenario_of(SMALL | {"operators": {"night": night}}))[0]
    assert person.here == ((0, 6 * HOUR_S), (22 * HOUR_S, 30 * HOUR_S))


def test_hours_are_those_of_the_time_zone_and_days_off_are_off() -> None:
    group = {"count": 1, "lines": ["shop"], "shift": ["09:00-18:00"], "days_off": ["tuesday"]}
    given = SMALL | {"days": 3, "timezone": "Europe/Moscow", "operators": {"day": group}}
    person = people_of(scenario_of(given))[0]
    # From Monday's midnight in Moscow.
    spans = [(begins / HOUR_S, ends / HOUR_S) for begins, ends in person.here]
    assert spans == [(9, 18), (57, 66)]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"start": "soon"}, "start"),
        ({"lines": {}}, "lines"),
        ({"days": 0}, "days"),
        ({"colour": "red"}, "colour"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"lines": {"shop": {"per_day": 1, "rate": 2}}}, "lines.shop.rate"),
        ({"operators": {"day": {"count": 1, "lines": ["moon"]}}}, "operators.day.lines"),
        ({"operators": {"day": {"count": 1, "lines": ["shop"], "shift": ["9-18"]}}}, "operators.day.shift"),
        ({"lines": {"shop": {"per_day": 1, "by_hour": [0] * 24}}, "operators": {}}, "lines.shop"),
        (
            {"lines": {"shop": {"per_day": 1, "queueing": {"strategie": "x"}}}, "operators": {}},
            "lines.shop.queueing.strategie",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(given: dict[str, Any], where: str) -> None:
    with pytest.raises(Invalid) as error:
        read(**given)
    assert where in error.value.fields
