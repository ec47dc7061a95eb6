"""Settings changed for a comparison: `queues.simulator.settings`."""

from typing import Any

import pytest

from queues.simulator.settings import changes
from queues.simulator.world import line_id
from router.errors import Invalid
from router.queueing import Capacity, Overflow, Queueing, Strategy

PRESENT = {
    "shop": Queueing(offer_timeout_s=20, capacity=Capacity(weights={"email": 20}, max_open=9)),
    "sales": Queueing(strategy=Strategy.BROADCAST),
}
LINES = {"shop": line_id(0), "sales": line_id(1)}


def test_what_a_file_leaves_out_stays_as_it_is() -> None:
    given = {"queueing": {"capacity": {"max_open": 5, "weights": {"sms": 50}}}}
    shop = changes(given, PRESENT, lines=LINES)["shop"]
    assert shop.offer_timeout_s == 20
    assert shop.capacity == Capacity(weights={"email": 20, "sms": 50}, max_open=5)


def test_table_of_a_line_is_for_that_line_alone() -> None:
    given = {
        "queueing": {"min_gap_s": 5},
        "lines": {"shop": {"queueing": {"overflow": {"to_line": "sales", "after_s": 60}}}},
    }
    found = changes(given, PRESENT, lines=LINES)
    assert (found["shop"].min_gap_s, found["sales"].min_gap_s) == (5, 5)
    assert found["shop"].overflow == Overflow(line_id(1), 60)
    assert found["sales"].overflow is None
    assert found["sales"].strategy is Strategy.BROADCAST


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"queuing": {}}, "queuing"),
        ({"lines": {"moon": {}}}, "lines.moon"),
        ({"queueing": {"stratgey": "broadcast"}}, "stratgey"),
        ({"queueing": {"strategy": "fair"}}, "strategy"),
        ({"queueing": {"sticky": {"owner_wait": 3}}}, "sticky.owner_wait"),
        ({"queueing": {"overflow": {"to_line": "moon", "after_s": 1}}}, "overflow.to_line"),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, Any], where: str) -> None:
    with pytest.raises(Invalid) as error:
        changes(given, PRESENT, lines=LINES)
    assert set(error.value.fields) == {where}
