"""How many more an operator can take: `queues.load`."""

from uuid import UUID

import pytest

from queues.load import counted, free_slots
from router.ids import OperatorId
from router.staff import Load, Operator

ANNA = OperatorId(UUID(int=1))


@pytest.mark.parametrize(
    ("cap", "opened", "offered", "free"),
    [
        (5, 0, 0, 5),
        (5, 2, 1, 2),
        (5, 5, 0, 0),
        (5, 4, 1, 0),
        (5, 7, 0, 0),
        (0, 0, 0, 0),
    ],
)
def test_what_is_held_and_what_is_offered_takes_room(
    cap: int, opened: int, offered: int, free: int
) -> None:
    operator = Operator(ANNA, "anna@desk.test", "Anna", max_conversations=cap)
    load = Load(ANNA, open_count=opened, offered_count=offered)
    assert counted(load) == opened + offered
    assert free_slots(operator, load) == free
