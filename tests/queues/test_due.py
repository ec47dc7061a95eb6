"""All that time does to a conversation: `queues.due`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.due import (
    THANKS,
    Act,
    AskRating,
    Breach,
    Case,
    End,
    Falls,
    Hush,
    Overflow,
    Say,
    Thank,
    Warn,
    Withdraw,
    falls,
)
from queues.replies import CUSTOMER_SILENT, OPERATOR_SILENT, SPAM, UNDO, Heard
from router.calendars import ALWAYS, Calendar, Interval
from router.ids import CalendarId, ConversationId, LineId
from router.merging import MERGED
from router.model import Conversation, Line, State
from router.planning import BLOCKED
from router.queueing import (
    AutomaticReply,
    Capacity,
    Lifetimes,
    Queueing,
    RatingRequest,
    Replies,
    ReplyWhen,
    Sla,
    Targets,
)
from router.queueing import Overflow as OverflowSetting
from router.splitting import SPLIT
from tests.queues.talk import MONDAY_NOON as NOON
from tests.queues.talk import conversation

SHOP, NEXT = (LineId(UUID(int=n)) for n in (3, 4))
DAY = (Interval(9 * 60, 18 * 60),)
OFFICE = Calendar(
    CalendarId(UUID(int=1)), "office", "Europe/Moscow", (DAY, DAY, DAY, DAY, DAY, (), ())
)
NIGHT = datetime(2026, 8, 3, 19, 0, tzinfo=UTC)
GREETING = AutomaticReply("hello", ReplyWhen.OPENED, {"en": "Hello"})


def line(**settings: object) -> Line:
    return Line(SHOP, "shop", "Shop", **settings)  # type: ignore[arg-type]


def case(one: Line, talk: Conversation, **facts: object) -> Case:
    given = {"heard": Heard(NOON), "calendar": ALWAYS} | facts
    return Case(one, talk, **given)  # type: ignore[arg-type]


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def held(**facts: object) -> Conversation:
    """Somebody has it, and answered."""
    given = {"unanswered_since": None, "first_reply_at": NOON} | facts
    return conversation(State.OPEN, **given)


def closed(**facts: object) -> Conversation:
    given = {"closed_at": NOON, "close_reason": "done", "first_reply_at": NOON} | facts
    return conversation(State.CLOSED, **given)


# --- nothing --------------------------------------------------------------------


@pytest.mark.parametrize("state", list(State))
def test_line_without_settings_leaves_its_conversations_alone(state: State) -> None:
    assert falls(case(line(), conversation(state)), now=after(10**6)) == Falls((), None)


# --- what is said, and promised ----------------------------------------------------


def test_greeting_falls_due() -> None:
    one = line(replies=Replies((GREETING,)))
    assert falls(case(one, conversation()), now=NOON).acts == (Say(GREETING),)


def test_who_came_to_another_matter_is_not_greeted_again() -> None:
    one = line(replies=Replies((GREETING,)))
    split = conversation(split_from=ConversationId(UUID(int=9)))
    assert falls(case(one, split), now=NOON).acts == ()


def test_promises_are_warned_of_then_broken() -> None:
    one = line(sla=Sla(Targets(first_reply_s=100, resolution_s=1_000)))
    talk = conversation()
    found = falls(case(one, talk), now=NOON)
    assert (found.acts, found.next_at) == ((), after(80))
    assert (found.reply_due_at, found.resolve_due_at) == (after(100), after(1_000))
    (warn,) = falls(case(one, talk), now=after(80)).acts
    assert isinstance(warn, Warn)
    warned = replace(talk, warned_at=after(80))
    assert falls(case(one, warned), now=after(80)) == replace(found, next_at=after(100))
    (breach,) = falls(case(one, warned), now=after(100)).acts
    assert isinstance(breach, Breach)
    told = replace(warned, breached_at=after(100))
    assert falls(case(one, told), now=after(100)).next_at == after(800)


# --- another line --------------------------------------------------------------------


def test_who_waits_too_long_goes_to_the_next_line() -> None:
    one = line(queueing=Queueing(overflow=OverflowSetting(NEXT, after_s=60)))
    waits = case(one, conversation())
    assert falls(waits, now=NOON) == Falls((), after(60))
    assert falls(waits, now=after(60)).acts == (Overflow(NEXT),)


def test_line_that_gave_it_on_before_keeps_it() -> None:
    one = line(queueing=Queueing(overflow=OverflowSetting(NEXT, after_s=60)))
    waits = case(one, conversation(), overflowed=frozenset({SHOP}))
    assert falls(waits, now=after(60)) == Falls((), None)


def test_who_is_offered_to_somebody_is_not_sent_on() -> None:
    one = line(queueing=Queueing(overflow=OverflowSetting(NEXT, after_s=60)))
    assert falls(case(one, conversation(State.OFFERED)), now=after(60)) == Falls((), None)


def test_closed_line_gives_on_at_once_if_it_says_so() -> None:
    overflow = OverflowSetting(NEXT, after_s=10**6, at_once_when_closed=True)
    one = line(queueing=Queueing(overflow=overflow))
    waits = case(one, conversation(), calendar=OFFICE)
    closing = datetime(2026, 8, 3, 15, 0, tzinfo=UTC)
    assert falls(waits, now=NOON) == Falls((), closing)
    assert falls(waits, now=NIGHT).acts == (Overflow(NEXT),)


# --- it ends, or rests ------------------------------------------------------------------


def test_silent_customer_ends_it() -> None:
    one = line(lifetimes=Lifetimes(customer_silent_s=600))
    assert falls(case(one, held()), now=NOON) == Falls((), after(600))
    assert falls(case(one, held()), now=after(600)).acts == (End(CUSTOMER_SILENT),)


def test_silent_operator_ends_it_only_if_the_line_says_so() -> None:
    talk = held(unanswered_since=NOON)
    silent = line(lifetimes=Lifetimes(operator_silent_s=600))
    assert falls(case(silent, talk), now=after(600)).acts == (End(OPERATOR_SILENT),)
    # Who has just got it was not silent while it waited for anybody.
    fresh = Heard(NOON, stirred_at=after(550))
    assert falls(case(silent, talk, heard=fresh), now=after(600)) == Falls((), after(1150))
    patient = line(lifetimes=Lifetimes(customer_silent_s=600))
    assert falls(case(patient, talk), now=after(10**6)) == Falls((), None)


def test_silent_conversation_takes_no_room_any_more() -> None:
    one = line(queueing=Queueing(capacity=Capacity(silent_after_s=900)))
    assert falls(case(one, held()), now=NOON) == Falls((), after(900))
    assert falls(case(one, held()), now=after(900)).acts == (Hush(),)
    assert falls(case(one, held(silent=True)), now=after(900)) == Falls((), None)


def test_customer_who_waits_for_us_takes_room_however_long() -> None:
    one = line(queueing=Queueing(capacity=Capacity(silent_after_s=900)))
    talk = held(unanswered_since=NOON)
    assert falls(case(one, talk), now=after(10**6)) == Falls((), None)


def test_owner_who_is_gone_loses_what_waits_for_an_answer() -> None:
    one = line(queueing=Queueing(owner_absent_s=300))
    talk = held(unanswered_since=NOON)
    here = case(one, talk)
    gone = case(one, talk, absent_since=after(100))
    assert falls(here, now=after(100)) == Falls((), after(400))
    assert falls(gone, now=after(399)) == Falls((), after(400))
    assert falls(gone, now=after(400)).acts == (Withdraw(),)
    assert falls(case(one, held(), absent_since=NOON), now=after(9_999)) == Falls((), None)


# --- how was it ------------------------------------------------------------------------------


def test_customer_is_asked_how_it_was() -> None:
    one = line(rating=RatingRequest(ask=True, after_s=30))
    assert falls(case(one, closed()), now=NOON) == Falls((), after(30))
    assert falls(case(one, closed()), now=after(30)).acts == (AskRating(),)


@pytest.mark.parametrize(
    ("talk", "facts"),
    [
        (closed(), {"rating_asked": True}),
        (closed(public=True), {}),
        (closed(close_reason=SPAM), {}),
        (closed(close_reason=BLOCKED), {}),
        (closed(close_reason=MERGED), {}),
        (closed(close_reason=SPLIT), {}),
        (closed(first_reply_at=None), {}),
        (closed(), {"heard": Heard(NOON, robot=True)}),
    ],
    ids=["asked", "public", "spam", "blocked", "merged", "split", "never answered", "robot"],
)
def test_customer_who_cannot_say_is_not_asked(talk: Conversation, facts: dict[str, object]) -> None:
    one = line(rating=RatingRequest(ask=True))
    assert falls(case(one, talk, **facts), now=after(60)) == Falls((), None)


def test_customer_is_thanked_once_and_at_once() -> None:
    one = line(rating=RatingRequest(ask=True, thanks={"en": "Thank you"}))
    rated = {"rating_asked": True, "rated_at": NOON}
    assert falls(case(one, closed(), **rated), now=NOON).acts == (Thank(),)
    said = Heard(NOON, said=frozenset({THANKS}))
    assert falls(case(one, closed(), heard=said, **rated), now=NOON) == Falls((), None)
    assert falls(case(one, closed(), **rated), now=after(4_000)) == Falls((), None)


def test_customer_is_not_asked_days_later() -> None:
    one = line(rating=RatingRequest(ask=True, window_s=3_600))
    assert falls(case(one, closed()), now=after(3_600) + 2 * UNDO) == Falls((), None)


def test_nobody_is_asked_while_the_closing_can_be_taken_back() -> None:
    one = line(rating=RatingRequest(ask=True))
    assert falls(case(one, closed()), now=NOON) == Falls((), NOON + UNDO)
    by_itself = closed(close_reason=CUSTOMER_SILENT)
    assert falls(case(one, by_itself), now=NOON).acts == (AskRating(),)


# --- always --------------------------------------------------------------------------------------

some_s = st.integers(0, 10_000)
lines = st.builds(
    Line,
    st.just(SHOP),
    st.just("shop"),
    st.just("Shop"),
    queueing=st.builds(
        Queueing,
        overflow=st.none() | st.builds(OverflowSetting, st.just(NEXT), some_s, st.booleans()),
        owner_absent_s=st.none() | st.integers(1, 10_000),
        capacity=st.builds(Capacity, silent_after_s=st.none() | some_s),
    ),
    lifetimes=st.builds(Lifetimes, st.none() | some_s, st.none() | some_s),
    sla=st.builds(
        Sla,
        st.builds(Targets, st.none() | some_s, st.none() | some_s, st.none() | some_s),
        warn_percent=st.integers(1, 100),
    ),
    rating=st.builds(
        RatingRequest, st.booleans(), after_s=some_s, thanks=st.sampled_from([{}, {"en": "Thanks"}])
    ),
)
times = st.integers(-20_000, 0).map(after)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    state = draw(st.sampled_from(State))
    waits = state in (State.WAITING, State.OFFERED)
    talk = conversation(
        state,
        waiting_since=draw(times) if waits else None,
        unanswered_since=draw(st.none() | times),
        first_reply_at=draw(st.none() | times),
        closed_at=draw(times) if state is State.CLOSED else None,
        silent=draw(st.booleans()),
        stale=draw(st.booleans()),
    )
    calendar = draw(st.sampled_from([ALWAYS, OFFICE]))
    absent = draw(st.none() | times)
    heard = Heard(draw(times))
    rated_at = draw(st.none() | times)
    return Case(draw(lines), talk, heard, calendar, absent_since=absent, rated_at=rated_at)


def done(one: Case, act: Act, *, now: datetime) -> Case:
    """The case after an act, as the desk does it."""
    talk = one.conversation
    match act:
        case Say(stage):
            heard = replace(one.heard, said=one.heard.said | {stage.key})
            return replace(one, heard=heard)
        case Warn():
            return replace(one, conversation=replace(talk, warned_at=now))
        case Breach():
            return replace(one, conversation=replace(talk, breached_at=now))
        case Overflow():
            return replace(one, overflowed=one.overflowed | {one.line.id})
        case End(reason):
            ended = replace(
                talk, state=State.CLOSED, closed_at=now, close_reason=reason, unanswered_since=None
            )
            return replace(one, conversation=ended)
        case Hush():
            return replace(one, conversation=replace(talk, silent=True))
        case Withdraw():
            waits = replace(talk, state=State.WAITING, waiting_since=now, owner_id=None)
            return replace(one, conversation=waits, absent_since=None)
        case AskRating():
            return replace(one, rating_asked=True)
        case Thank():
            return replace(one, heard=replace(one.heard, said=one.heard.said | {THANKS}))


@given(cases())
def test_time_comes_to_an_end(one: Case) -> None:
    """What is done is not due again, and the next time always lies ahead."""
    now = NOON
    for _ in range(30):
        found = falls(one, now=now)
        assert found.next_at is None or found.next_at > now
        if found.acts:
            one = done(one, found.acts[0], now=now)
        elif found.next_at is None:
            return
        else:
            now = found.next_at
    watched = one.line.queueing.owner_absent_s is not None or one.calendar is OFFICE
    assert watched, "it never comes to rest"


@given(cases(), st.integers(1, 50_000))
def test_nothing_falls_due_before_the_time_that_was_named(one: Case, ahead_s: int) -> None:
    found = falls(one, now=NOON)
    later = after(ahead_s)
    if not found.acts and (found.next_at is None or later < found.next_at):
        assert falls(one, now=later).acts == ()
