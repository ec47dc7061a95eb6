"""How soon customers were promised an answer: `queues.targets`."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from queues.targets import Promise, Promised, is_breached, is_warned, promises
from router.calendars import ALWAYS, Calendar, Interval
from router.ids import CalendarId
from router.model import State
from router.queueing import Sla, Targets
from tests.queues.talk import MONDAY_NOON as NOON
from tests.queues.talk import conversation

DAY = (Interval(9 * 60, 18 * 60),)
OFFICE = Calendar(
    CalendarId(UUID(int=1)), "office", "Europe/Moscow", (DAY, DAY, DAY, DAY, DAY, (), ())
)
HOUR_S = 3600
SLA = Sla(
    Targets(first_reply_s=HOUR_S, next_reply_s=2 * HOUR_S, resolution_s=20 * HOUR_S),
    by_tier={"vip": Targets(first_reply_s=600)},
    warn_percent=50,
)


def test_first_answer_is_due_so_long_after_the_question() -> None:
    found = promises(SLA, conversation(), ALWAYS, tier=None)
    due_at, warn_at = NOON + timedelta(hours=1), NOON + timedelta(minutes=30)
    assert found[0] == Promise(Promised.FIRST_REPLY, warn_at, due_at)


def test_next_answer_has_a_time_of_its_own() -> None:
    asked_again = conversation(State.OPEN, first_reply_at=NOON, unanswered_since=NOON)
    found = promises(SLA, asked_again, ALWAYS, tier=None)
    assert (found[0].what, found[0].due_at) == (Promised.NEXT_REPLY, NOON + timedelta(hours=2))


def test_nights_and_weekends_do_not_count() -> None:
    friday_evening = datetime(2026, 8, 7, 14, 30, tzinfo=UTC)
    late = conversation(opened_at=friday_evening, unanswered_since=friday_evening)
    found = promises(SLA, late, OFFICE, tier=None)
    # Half an hour of Friday and half an hour of Monday, in Moscow.
    assert found[0].due_at == datetime(2026, 8, 10, 6, 30, tzinfo=UTC)
    # Half an hour of Friday, nine hours of Monday and Tuesday, one and a half of Wednesday.
    assert found[1].due_at == datetime(2026, 8, 12, 7, 30, tzinfo=UTC)


def test_answered_customer_was_promised_no_answer() -> None:
    answered = conversation(State.OPEN, first_reply_at=NOON, unanswered_since=None)
    found = promises(SLA, answered, ALWAYS, tier=None)
    assert [one.what for one in found] == [Promised.RESOLUTION]


def test_tier_has_its_own_promise_and_no_other() -> None:
    found = promises(SLA, conversation(), ALWAYS, tier="vip")
    assert [(one.what, one.due_at) for one in found] == [
        (Promised.FIRST_REPLY, NOON + timedelta(seconds=600))
    ]
    assert promises(SLA, conversation(), ALWAYS, tier="silver") == promises(
        SLA, conversation(), ALWAYS, tier=None
    )


def test_nothing_is_promised_of_what_is_closed_or_came_late() -> None:
    assert promises(SLA, conversation(State.CLOSED), ALWAYS, tier=None) == []
    assert promises(SLA, conversation(stale=True), ALWAYS, tier=None) == []


def test_line_without_targets_promises_nothing() -> None:
    assert promises(Sla(), conversation(), ALWAYS, tier="vip") == []


@given(st.integers(0, 10**6), st.integers(1, 100), st.integers(0, 10**6))
def test_warning_never_follows_the_breach(within_s: int, percent: int, later_s: int) -> None:
    sla = Sla(Targets(first_reply_s=within_s), warn_percent=percent)
    (promise,) = promises(sla, conversation(), OFFICE, tier=None)
    assert NOON <= promise.warn_at <= promise.due_at
    said_at = promise.due_at + timedelta(seconds=later_s)
    assert is_warned(promise, said_at)
    assert is_breached(promise, said_at)
    assert not is_warned(promise, None)
