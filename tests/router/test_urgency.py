"""When a conversation becomes late: `router.urgency`."""

from dataclasses import replace
from datetime import datetime, timedelta

from router.model import State
from router.urgency import LATE_AFTER, urgent_at
from tests.queues.talk import MONDAY_NOON as NOON
from tests.queues.talk import conversation

CALM = conversation(State.OPEN, unanswered_since=None, first_reply_at=NOON)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_the_first_promise_that_is_due_counts() -> None:
    asked = replace(CALM, unanswered_since=NOON, reply_due_at=after(9_000), head_start_s=500)
    assert urgent_at(asked) == after(9_000)
    assert urgent_at(replace(asked, resolve_due_at=after(100))) == after(100)
    assert urgent_at(replace(asked, resolve_due_at=after(9_100))) == after(9_000)
    assert urgent_at(replace(CALM, resolve_due_at=after(7))) == after(7)


def test_without_a_promise_the_wait_counts_and_priority_goes_before_it() -> None:
    assert urgent_at(replace(CALM, unanswered_since=NOON)) == NOON + LATE_AFTER
    waits = replace(CALM, state=State.WAITING, waiting_since=after(60), head_start_s=100)
    assert urgent_at(waits) == NOON + LATE_AFTER - timedelta(seconds=40)
    assert urgent_at(replace(waits, unanswered_since=after(-5))) == NOON + LATE_AFTER - timedelta(
        seconds=105
    )


def test_who_does_not_wait_never_becomes_late() -> None:
    assert urgent_at(CALM) is None
    aside = replace(CALM, state=State.SNOOZED, unanswered_since=NOON)
    assert urgent_at(aside) is None
    assert urgent_at(replace(aside, resolve_due_at=after(1))) == after(1)
    assert urgent_at(replace(CALM, state=State.CLOSED, resolve_due_at=after(1))) is None
