"""A conversation's state machine: `router.states`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.ids import (
    ConversationId,
    CustomerId,
    IdentityId,
    InboxId,
    LeadId,
    LineId,
    MessageId,
    OperatorId,
    ThreadId,
)
from router.model import Author, Conversation, DeliveryState, Message, State, Thread
from router.states import (
    FORWARD,
    answered,
    assigned,
    closed,
    earlier,
    linked,
    may_reopen,
    offered,
    opened,
    queued,
    received,
    snoozed,
    taken_up,
    touched,
    unplaced,
    woken,
)
from tests.clock import NOON

ID = UUID(int=7)
ANNA, BORIS = OperatorId(UUID(int=1)), OperatorId(UUID(int=2))
LATER = NOON + timedelta(minutes=5)
THREAD = Thread(
    ThreadId(ID), InboxId(ID), LineId(ID), "key", CustomerId(ID), IdentityId(ID), last_seq=4
)
NEW = opened(THREAD, channel="rest", title="Vera", now=NOON)


def message(author: Author = Author.CUSTOMER, seq: int = 5) -> Message:
    return Message(
        MessageId(ID),
        THREAD.id,
        ConversationId(ID),
        seq,
        author,
        "hi",
        sent_at=NOON,
        stored_at=NOON,
    )


TRANSITIONS: dict[str, Callable[[Conversation], Conversation]] = {
    "received": lambda one: received(one, message(), now=LATER),
    "answered": lambda one: answered(one, message(Author.OPERATOR), now=LATER),
    "answered by a robot": lambda one: answered(one, message(Author.BOT), now=LATER),
    "touched": touched,
    "linked": lambda one: linked(one, LeadId(ID)),
    "offered": lambda one: offered(one, ANNA, until=LATER),
    "unplaced": lambda one: unplaced(one, now=LATER),
    "assigned": lambda one: assigned(one, BORIS),
    "queued": lambda one: queued(one, now=LATER),
    "snoozed": lambda one: snoozed(one, until=LATER),
    "woken": woken,
    "closed": lambda one: closed(one, reason="done", seen_seq=1, now=LATER),
    "taken up": lambda one: taken_up(one, ANNA, now=LATER),
}


def test_a_new_conversation_waits_and_begins_behind_what_was_said_before() -> None:
    assert (NEW.state, NEW.version, NEW.first_seq, NEW.last_seq) == (State.WAITING, 0, 5, 4)
    assert NEW.waiting_since == NEW.rank_at == NEW.look_again_at == NOON


@pytest.mark.parametrize("name", TRANSITIONS)
def test_every_transition_raises_the_version_by_one(name: str) -> None:
    assert TRANSITIONS[name](NEW).version == NEW.version + 1


@pytest.mark.parametrize(
    ("before", "after"),
    [(state, State.OPEN if state is State.SNOOZED else state) for state in State],
)
def test_a_customers_words_wake_only_what_sleeps(before: State, after: State) -> None:
    assert received(replace(NEW, state=before), message(), now=LATER).state is after


def test_the_first_unanswered_message_counts_until_a_person_answers() -> None:
    one = received(NEW, message(), now=NOON)
    two = received(one, message(seq=6), now=LATER)
    robot = answered(two, message(Author.BOT, 7), now=LATER)
    assert two.unanswered_since == robot.unanswered_since == NOON
    person = answered(robot, message(Author.OPERATOR, 8), now=LATER)
    assert (person.unanswered_since, person.first_reply_at, person.seen_seq) == (None, LATER, 8)
    again = answered(person, message(Author.OPERATOR, 9), now=LATER + timedelta(minutes=1))
    assert again.first_reply_at == LATER


def test_a_robots_words_do_not_hide_the_question_on_the_lists() -> None:
    asked = received(NEW, message(), now=NOON)
    robot = answered(asked, message(Author.DESK, 7), now=LATER)
    assert (robot.last, robot.last_seq) == (asked.last, 7)
    person = answered(robot, message(Author.OPERATOR, 8), now=LATER)
    later = answered(person, message(Author.DESK, 9), now=LATER)
    assert [one.last and one.last.author for one in (person, later)] == [
        Author.OPERATOR, Author.DESK,
    ]  # fmt: skip


def test_an_offer_that_came_to_nothing_keeps_its_place_in_the_queue() -> None:
    after = unplaced(offered(NEW, ANNA, until=LATER), now=LATER)
    assert (after.state, after.offered_to, after.offer_deadline) == (State.WAITING, None, None)
    assert (after.rank_at, after.look_again_at) == (NOON, LATER)


def test_who_had_it_is_remembered_when_it_waits_again() -> None:
    after = queued(queued(assigned(NEW, ANNA), now=LATER), now=LATER)
    assert (after.owner_id, after.previous_owner_id) == (None, ANNA)


def test_who_closed_it_had_it_still() -> None:
    after = closed(snoozed(assigned(NEW, ANNA), until=LATER), reason="done", seen_seq=0, now=LATER)
    assert (after.owner_id, after.close_reason, after.snoozed_until) == (ANNA, "done", None)
    assert after.unanswered_since is None


@pytest.mark.parametrize(("late_s", "may"), [(0, True), (3600, True), (3601, False)])
def test_a_closed_one_reopens_within_its_window(late_s: int, may: bool) -> None:
    one = closed(NEW, reason="", seen_seq=0, now=NOON)
    now = NOON + timedelta(seconds=late_s)
    assert may_reopen(one, window_s=3600, now=now) is may
    assert not may_reopen(NEW, window_s=3600, now=now)


@given(st.lists(st.sampled_from(sorted(TRANSITIONS)), max_size=8))
def test_nobody_is_ever_without_an_owner_an_offer_or_a_time(names: list[str]) -> None:
    """Of the transitions that the acts allow from each state."""
    allowed = {
        State.WAITING: {"received", "answered", "offered", "assigned", "queued", "closed"},
        State.OFFERED: {"received", "answered", "unplaced", "assigned", "queued", "closed"},
        State.OPEN: {"received", "answered", "assigned", "queued", "snoozed", "closed"},
        State.SNOOZED: {"received", "answered", "woken", "assigned", "queued", "closed"},
        State.CLOSED: {"answered", "queued", "taken up"},
        State.BOT: set(),
    }
    one = NEW
    for name in names:
        if name in allowed[one.state]:
            one = TRANSITIONS[name](one)
        held = one.state in (State.OPEN, State.SNOOZED)
        assert held <= (one.owner_id is not None)
        assert (one.state is State.WAITING) == (one.look_again_at is not None)
        assert (one.state is State.OFFERED) == (one.offered_to is not None)
        assert (one.state is State.OFFERED) == (one.offer_deadline is not None)
        assert (one.state is State.SNOOZED) == (one.snoozed_until is not None)
        assert (one.state is State.CLOSED) == (one.closed_at is not None)
        assert (one.owner_id is None) or one.state not in (State.WAITING, State.OFFERED)


@pytest.mark.parametrize("state", FORWARD)
def test_a_delivery_moves_forward_and_never_back(state: DeliveryState) -> None:
    assert state not in earlier(state)
    assert all(state not in earlier(before) for before in earlier(state))


def test_what_was_read_has_not_failed() -> None:
    assert DeliveryState.READ not in earlier(DeliveryState.FAILED)
    assert DeliveryState.FAILED not in earlier(DeliveryState.DELIVERED)
