"""The settings of a line: when something of it may fall due by itself."""

import pytest

from router.ids import LineId, new_id
from router.model import Line
from router.queueing import (
    AutomaticReply,
    Capacity,
    Lifetimes,
    Overflow,
    Queueing,
    RatingRequest,
    Replies,
    ReplyWhen,
    Sla,
    Targets,
)

OTHER = LineId(new_id())


def line(**settings: object) -> Line:
    return Line(LineId(new_id()), "shop", "Shop", **settings)  # type: ignore[arg-type]


def saying(*, after_s: int, active: bool = True) -> Replies:
    stage = AutomaticReply("busy", ReplyWhen.WAITING, {"en": "Soon"}, after_s, active=active)
    return Replies((stage,))


def test_nothing_of_a_plain_line_falls_due_by_itself() -> None:
    assert line().patience_s is None


@pytest.mark.parametrize(
    ("settings", "patience_s"),
    [
        ({"replies": saying(after_s=30)}, 30),
        ({"replies": saying(after_s=0)}, 0),
        ({"replies": saying(after_s=30, active=False)}, None),
        ({"lifetimes": Lifetimes(customer_silent_s=86_400, operator_silent_s=600)}, 600),
        ({"rating": RatingRequest(ask=True, after_s=5)}, 5),
        ({"rating": RatingRequest(ask=False, after_s=5)}, None),
        ({"queueing": Queueing(owner_absent_s=900)}, 900),
        ({"queueing": Queueing(capacity=Capacity(silent_after_s=300))}, 300),
        ({"queueing": Queueing(overflow=Overflow(OTHER, 120))}, 120),
        ({"queueing": Queueing(overflow=Overflow(OTHER, 120, at_once_when_closed=True))}, 0),
    ],
)
def test_each_timer_is_counted(settings: dict[str, object], patience_s: int | None) -> None:
    assert line(**settings).patience_s == patience_s


def test_a_promise_is_first_warned_of() -> None:
    sla = Sla(
        Targets(first_reply_s=100), by_tier={"gold": Targets(next_reply_s=50)}, warn_percent=80
    )
    assert line(sla=sla).patience_s == 40


def test_the_shortest_counts() -> None:
    both = {"replies": saying(after_s=30), "lifetimes": Lifetimes(customer_silent_s=20)}
    assert line(**both).patience_s == 20
