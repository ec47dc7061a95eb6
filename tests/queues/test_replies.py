"""Which automatic replies are said, and when: `queues.replies`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.replies import (
    CUSTOMER_SILENT,
    SPAM,
    TURNED_AWAY,
    UNDO,
    Heard,
    Said,
    fill,
    is_robot,
    said,
    unknown_variables,
    words,
)
from router.calendars import ALWAYS, Calendar, Interval
from router.ids import CalendarId, MessageId, new_id
from router.model import Author, Conversation, Last, Message, State
from router.queueing import AutomaticReply, Hours, Replies, ReplyWhen
from tests.queues.talk import MONDAY_NOON, conversation

WORKDAY = (Interval(9 * 60, 18 * 60),)
OFFICE = Calendar(
    CalendarId(UUID(int=1)),
    "office",
    "Europe/Moscow",
    (WORKDAY, WORKDAY, WORKDAY, WORKDAY, WORKDAY, (), ()),
)
# In Moscow: Monday noon, Monday night, Tuesday nine o'clock.
NOON = MONDAY_NOON
NIGHT = datetime(2026, 8, 3, 19, 0, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 8, 4, 6, 0, tzinfo=UTC)
FRESH = Heard(spoken_at=NOON)


def stage(when: ReplyWhen, *, after_s: int = 0, key: str = "it", **other: object) -> AutomaticReply:
    return AutomaticReply(key, when, {"en": "…"}, after_s=after_s, **other)  # type: ignore[arg-type]


def keys(found: Said) -> list[str]:
    return [one.key for one in found.now]


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


# --- greeting -------------------------------------------------------------------


def test_greeting_is_said_at_once() -> None:
    replies = Replies((stage(ReplyWhen.OPENED),))
    assert keys(said(replies, conversation(), FRESH, ALWAYS, now=NOON)) == ["it"]


@pytest.mark.parametrize("when", ReplyWhen)
def test_nothing_is_said_by_itself_where_everybody_reads_it(when: ReplyWhen) -> None:
    talk = conversation(unanswered_since=NOON, waiting_since=NOON, public=True)
    closed = replace(talk, state=State.CLOSED, closed_at=NOON)
    for one in (talk, closed):
        assert said(Replies((stage(when),)), one, FRESH, OFFICE, now=NIGHT) == Said()


def test_greeting_is_said_once() -> None:
    replies = Replies((stage(ReplyWhen.OPENED),))
    heard = replace(FRESH, said=frozenset({"it"}))
    assert said(replies, conversation(), heard, ALWAYS, now=NOON) == Said()


def test_greeting_for_once_ever_is_not_said_in_the_next_conversation() -> None:
    replies = Replies((stage(ReplyWhen.OPENED, once_ever=True),))
    heard = replace(FRESH, ever=frozenset({"it"}))
    assert said(replies, conversation(), heard, ALWAYS, now=NOON) == Said()


def test_greeting_comes_too_late_once_a_person_has_answered() -> None:
    replies = Replies((stage(ReplyWhen.OPENED, after_s=10),))
    answered = conversation(first_reply_at=NOON)
    assert said(replies, answered, FRESH, ALWAYS, now=NOON + seconds(20)) == Said()


def test_greeting_of_another_channel_is_not_said() -> None:
    replies = Replies((stage(ReplyWhen.OPENED, channels=("telegram",)),))
    assert said(replies, conversation(channel="email"), FRESH, ALWAYS, now=NOON) == Said()


# --- closed hours ------------------------------------------------------------------


def test_who_writes_at_night_hears_it_at_once() -> None:
    replies = Replies((stage(ReplyWhen.CLOSED_HOURS),))
    written = conversation(unanswered_since=NIGHT)
    assert keys(said(replies, written, FRESH, OFFICE, now=NIGHT)) == ["it"]


def test_who_still_waits_when_we_close_hears_it_then() -> None:
    replies = Replies((stage(ReplyWhen.CLOSED_HOURS),))
    written = conversation(unanswered_since=NOON)
    closing = datetime(2026, 8, 3, 15, 0, tzinfo=UTC)
    assert said(replies, written, FRESH, OFFICE, now=NOON) == Said(next_at=closing)
    assert keys(said(replies, written, FRESH, OFFICE, now=closing)) == ["it"]


def test_who_was_answered_does_not_hear_that_we_closed() -> None:
    replies = Replies((stage(ReplyWhen.CLOSED_HOURS),))
    assert said(replies, conversation(unanswered_since=None), FRESH, OFFICE, now=NIGHT) == Said()


# --- nobody is free, nobody answers --------------------------------------------------


def test_stages_of_waiting_follow_each_other() -> None:
    replies = Replies(
        (
            stage(ReplyWhen.WAITING, after_s=30, key="first"),
            stage(ReplyWhen.WAITING, after_s=300, key="second"),
        )
    )
    waits = conversation(waiting_since=NOON)
    assert said(replies, waits, FRESH, ALWAYS, now=NOON).next_at == NOON + seconds(30)
    later = said(replies, waits, FRESH, ALWAYS, now=NOON + seconds(30))
    assert keys(later) == ["first"]
    assert later.next_at == NOON + seconds(300)


def test_waiting_counts_only_while_we_are_open() -> None:
    replies = Replies((stage(ReplyWhen.WAITING, after_s=60),))
    waits = conversation(waiting_since=NIGHT)
    assert said(replies, waits, FRESH, OFFICE, now=NIGHT) == Said(
        next_at=NEXT_MORNING + seconds(60)
    )


def test_silent_operator_is_excused_after_a_while_of_open_time() -> None:
    replies = Replies((stage(ReplyWhen.OPERATOR_SILENT, after_s=120),))
    held = conversation(State.OPEN, unanswered_since=NOON)
    assert said(replies, held, FRESH, OFFICE, now=NOON) == Said(next_at=NOON + seconds(120))
    assert keys(said(replies, held, FRESH, OFFICE, now=NOON + seconds(120))) == ["it"]


def test_operator_is_not_excused_for_the_wait_in_the_queue() -> None:
    replies = Replies((stage(ReplyWhen.OPERATOR_SILENT, after_s=120),))
    held = conversation(State.OPEN, unanswered_since=NOON - seconds(600))
    heard = Heard(spoken_at=NOON, stirred_at=NOON)
    assert said(replies, held, heard, ALWAYS, now=NOON) == Said(next_at=NOON + seconds(120))
    later = replace(held, unanswered_since=NOON + seconds(60))
    assert said(replies, later, heard, ALWAYS, now=NOON) == Said(next_at=NOON + seconds(180))


def test_silent_customer_is_asked_after_a_while() -> None:
    replies = Replies((stage(ReplyWhen.CUSTOMER_SILENT, after_s=600),))
    answered = conversation(State.OPEN, unanswered_since=None, first_reply_at=NOON)
    assert said(replies, answered, FRESH, ALWAYS, now=NOON) == Said(next_at=NOON + seconds(600))
    assert keys(said(replies, answered, FRESH, ALWAYS, now=NOON + seconds(600))) == ["it"]


def test_customer_is_not_asked_while_it_is_snoozed() -> None:
    replies = Replies((stage(ReplyWhen.CUSTOMER_SILENT, after_s=1),))
    aside = conversation(State.SNOOZED, unanswered_since=None, first_reply_at=NOON)
    assert said(replies, aside, FRESH, ALWAYS, now=NOON + seconds(9)) == Said()


# --- on closing ------------------------------------------------------------------------


def test_words_on_closing_are_said_after_a_person_closed() -> None:
    replies = Replies(
        (stage(ReplyWhen.CLOSED, key="bye"), stage(ReplyWhen.AUTO_CLOSED, key="auto"))
    )
    by_hand = conversation(State.CLOSED, closed_at=NOON, close_reason="done")
    by_itself = replace(by_hand, close_reason=CUSTOMER_SILENT)
    assert keys(said(replies, by_hand, FRESH, ALWAYS, now=NOON + UNDO)) == ["bye"]
    assert keys(said(replies, by_itself, FRESH, ALWAYS, now=NOON)) == ["auto"]


@pytest.mark.parametrize("reason", sorted(TURNED_AWAY))
def test_who_was_turned_away_hears_nothing(reason: str) -> None:
    replies = Replies((stage(ReplyWhen.CLOSED),))
    gone = conversation(State.CLOSED, closed_at=NOON, close_reason=reason)
    assert said(replies, gone, FRESH, ALWAYS, now=NOON) == Said()


def test_words_on_closing_are_not_said_hours_later() -> None:
    replies = Replies((stage(ReplyWhen.CLOSED),))
    closed = conversation(State.CLOSED, closed_at=NOON, close_reason="")
    assert said(replies, closed, FRESH, ALWAYS, now=NOON + timedelta(hours=2)) == Said()


# --- conditions --------------------------------------------------------------------------


def test_stage_for_open_hours_waits_for_them() -> None:
    replies = Replies((stage(ReplyWhen.OPENED, hours=Hours.OPEN),))
    written = conversation(opened_at=NIGHT)
    assert said(replies, written, FRESH, OFFICE, now=NIGHT) == Said(next_at=NEXT_MORNING)


def test_stage_that_is_switched_off_is_not_said() -> None:
    replies = Replies((stage(ReplyWhen.OPENED, active=False),))
    assert said(replies, conversation(), FRESH, ALWAYS, now=NOON) == Said()


def test_what_came_late_after_an_outage_is_not_answered_by_itself() -> None:
    replies = Replies((stage(ReplyWhen.OPENED), stage(ReplyWhen.WAITING, key="wait")))
    assert said(replies, conversation(stale=True), FRESH, ALWAYS, now=NOON) == Said()


def test_nobody_hears_more_than_so_many_a_day() -> None:
    stages = tuple(stage(ReplyWhen.OPENED, key=str(number)) for number in range(5))
    heard = replace(FRESH, today=4)
    replies = Replies(stages, most_per_day=6)
    assert keys(said(replies, conversation(), heard, ALWAYS, now=NOON)) == ["0", "1"]
    heard = replace(FRESH, today=6)
    assert said(replies, conversation(), heard, ALWAYS, now=NOON).now == ()


# --- robots ---------------------------------------------------------------------------------


def message(author: Author, text: str, *, at_s: float, automatic: bool = False) -> Message:
    talk = conversation()
    at = NOON + seconds(at_s)
    return Message(
        MessageId(new_id()), talk.thread_id, talk.id, 1, author, text, at, at, automatic=automatic
    )


def test_robot_that_says_so_is_not_answered() -> None:
    assert is_robot([message(Author.CUSTOMER, "I am on holiday", at_s=0, automatic=True)])
    replies = Replies((stage(ReplyWhen.OPENED),))
    heard = replace(FRESH, robot=True)
    assert said(replies, conversation(), heard, ALWAYS, now=NOON) == Said()


def test_same_words_to_each_of_our_automatic_ones_are_a_robot() -> None:
    talk = []
    for number in range(4):
        talk.append(message(Author.CUSTOMER, "Thank you for your mail", at_s=number * 3))
        talk.append(message(Author.DESK, "We answer soon", at_s=number * 3 + 1))
    assert is_robot(talk)


@pytest.mark.parametrize("author", [Author.OPERATOR, Author.CUSTOMER])
def test_person_who_repeats_themselves_is_no_robot(author: Author) -> None:
    talk = [message(Author.CUSTOMER, "hello?", at_s=number) for number in range(4)]
    assert not is_robot([*talk, message(author, "yes", at_s=9)])
    assert not is_robot([])


# --- the words --------------------------------------------------------------------------------


def test_text_is_in_the_customers_language_else_in_the_lines() -> None:
    texts = {"ru": "Здравствуйте", "en": "Hello"}
    assert words(texts, "en-GB", "ru") == "Hello"
    assert words(texts, "de", "ru") == "Здравствуйте"
    assert words(texts, None) == "Здравствуйте"
    assert words({}, "ru") == ""


def test_variables_are_filled_in() -> None:
    text = "Hello, {name}! You are number {place}."
    assert (
        fill(text, {"name": "Ivan {line}", "place": "3"}) == "Hello, Ivan {line}! You are number 3."
    )


def test_line_of_a_text_whose_variable_is_unknown_falls_away() -> None:
    assert fill("We are closed.\nWe open {opens}.", {}) == "We are closed."


def test_braces_that_mean_nothing_stay_and_are_named() -> None:
    assert fill("{order}", {}) == "{order}"
    assert unknown_variables(["{order} {name}", "{b}"]) == ["b", "order"]


# --- always --------------------------------------------------------------------------------------

stages = st.lists(
    st.builds(
        AutomaticReply,
        st.sampled_from("abcdef"),
        st.sampled_from(ReplyWhen),
        st.just({"en": "…"}),
        after_s=st.integers(0, 100_000),
        hours=st.sampled_from(Hours),
        once_ever=st.booleans(),
        active=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda one: one.key,
).map(tuple)
times = st.integers(-200_000, 0).map(lambda ago_s: NOON + seconds(ago_s))
maybe = st.none() | times


@st.composite
def standings(draw: st.DrawFn) -> Conversation:
    state = draw(st.sampled_from([State.WAITING, State.OFFERED, State.OPEN, State.CLOSED]))
    waits = state in (State.WAITING, State.OFFERED)
    return conversation(
        state,
        opened_at=draw(times),
        waiting_since=draw(times) if waits else None,
        unanswered_since=draw(maybe),
        first_reply_at=draw(maybe),
        closed_at=draw(times) if state is State.CLOSED else None,
        close_reason=draw(st.sampled_from(["", SPAM, CUSTOMER_SILENT])),
        last=Last(Author.CUSTOMER, "…", 0, NOON),
    )


@given(stages, standings(), times, st.sampled_from([ALWAYS, OFFICE]))
def test_next_time_lies_ahead_and_saying_ends(
    some: tuple[AutomaticReply, ...], talk: Conversation, spoken_at: datetime, calendar: Calendar
) -> None:
    heard, now = Heard(spoken_at), NOON
    for _ in range(20):
        found = said(Replies(some, most_per_day=99), talk, heard, calendar, now=now)
        assert found.next_at is None or found.next_at > now
        heard = replace(
            heard, said=heard.said | set(keys(found)), ever=heard.ever | set(keys(found))
        )
        assert said(Replies(some, most_per_day=99), talk, heard, calendar, now=now).now == ()
        if found.next_at is None:
            return
        now = found.next_at


@given(stages, standings(), times, st.integers(1, 100_000))
def test_nothing_falls_due_before_the_time_that_was_named(
    some: tuple[AutomaticReply, ...], talk: Conversation, spoken_at: datetime, ahead_s: int
) -> None:
    heard = Heard(spoken_at)
    first = said(Replies(some, most_per_day=99), talk, heard, OFFICE, now=NOON)
    heard = replace(heard, said=frozenset(keys(first)), ever=frozenset(keys(first)))
    now = NOON + seconds(ahead_s)
    if first.next_at is None or now < first.next_at:
        assert said(Replies(some, most_per_day=99), talk, heard, OFFICE, now=now).now == ()
