"""All that time does to a conversation: what falls due now, and when to look again. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from queues.hours import is_open, next_opening, open_until
from queues.replies import (
    CLOSING_IS_OVER,
    CUSTOMER_SILENT,
    OPERATOR_SILENT,
    TURNED_AWAY,
    Heard,
    awaits_customer,
    closed_for,
    owed_since,
    said,
)
from queues.targets import Promise, Promised, is_breached, is_warned, promises
from router.calendars import Calendar
from router.ids import LineId
from router.model import HELD, Conversation, Line, State
from router.queueing import AutomaticReply

# Under this key thanks for a rating are kept as said.
THANKS = "rating thanks"
# What should be over is looked at again so soon.
SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Say:
    """An automatic reply."""

    stage: AutomaticReply


@dataclass(frozen=True, slots=True)
class Warn:
    promise: Promise


@dataclass(frozen=True, slots=True)
class Breach:
    promise: Promise


@dataclass(frozen=True, slots=True)
class Overflow:
    """Nobody of the line has taken it: another line's turn."""

    to_line: LineId


@dataclass(frozen=True, slots=True)
class End:
    """Close it, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hush:
    """Nothing is said in it any more: it no longer counts toward its owner's capacity."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Its owner is gone while the customer waits: it goes back into the queue."""


@dataclass(frozen=True, slots=True)
class AskRating:
    """How was it?"""


@dataclass(frozen=True, slots=True)
class Thank:
    """For the rating."""


Act = Say | Warn | Breach | Overflow | End | Hush | Withdraw | AskRating | Thank


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation as time finds it.

    `absent_since`: from when on nobody reaches its owner. `overflowed`: the lines that gave it
    on already. `rating_asked`: whether the customer was asked; `rated_at`: when they answered.
    """

    line: Line
    conversation: Conversation
    heard: Heard
    calendar: Calendar
    tier: str | None = None
    absent_since: datetime | None = None
    overflowed: frozenset[LineId] = frozenset()
    rating_asked: bool = False
    rated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Falls:
    """`acts` in the order in which they are done; `next_at` None: nothing more without an event.

    After acts look again at once: each changes what the next depends on. `reply_due_at` and
    `resolve_due_at` are what the promises that run say.
    """

    acts: tuple[Act, ...]
    next_at: datetime | None
    reply_due_at: datetime | None = None
    resolve_due_at: datetime | None = None


Timed = tuple[datetime | None, Act]


def falls(case: Case, *, now: datetime) -> Falls:
    """What is to be done with a conversation now, and when to look at it again."""
    running = promises(case.line.sla, case.conversation, case.calendar, tier=case.tier)
    spoken = said(case.line.replies, case.conversation, case.heard, case.calendar, now=now)
    acts: list[Act] = [Say(stage) for stage in spoken.now]
    times = [spoken.next_at, *_again(case, now=now)]
    for at, act in (*_alarms(case, running), *_lapses(case, now=now)):
        if at is not None and at <= now:
            acts.append(act)
        else:
            times.append(at)
    reply = next((one.due_at for one in running if one.what is not Promised.RESOLUTION), None)
    whole = next((one.due_at for one in running if one.what is Promised.RESOLUTION), None)
    later = min((at for at in times if at is not None), default=None)
    return Falls(tuple(acts), later, reply, whole)


def _alarms(case: Case, running: list[Promise]) -> Iterator[Timed]:
    conversation = case.conversation
    for promise in running:
        if not is_warned(promise, conversation.warned_at):
            yield promise.warn_at, Warn(promise)
        if not is_breached(promise, conversation.breached_at):
            yield promise.due_at, Breach(promise)


def _lapses(case: Case, *, now: datetime) -> Iterator[Timed]:
    conversation, line = case.conversation, case.line
    if conversation.state in (State.WAITING, State.OFFERED):
        yield from _overflow(case, now=now)
    if conversation.state is State.OPEN:
        yield from _absence(case)
        yield from _silence(case)
    if conversation.state in HELD and conversation.counted:
        yield _hush_at(case), Hush()
    asks = line.rating.ask and not conversation.public
    if conversation.state is State.CLOSED and asks and not case.rating_asked:
        yield from _rating(case, now=now)
    if conversation.state is State.CLOSED and case.rated_at is not None:
        yield from _thanks(case, now=now)


def _overflow(case: Case, *, now: datetime) -> Iterator[Timed]:
    """Offered to somebody, it waits for their answer first."""
    overflow, conversation = case.line.queueing.overflow, case.conversation
    if overflow is None or conversation.state is not State.WAITING:
        return
    if case.line.id in case.overflowed or conversation.waiting_since is None:
        return
    at = conversation.waiting_since + timedelta(seconds=overflow.after_s)
    if overflow.at_once_when_closed and not is_open(case.calendar, now):
        at = min(at, now)
    yield at, Overflow(overflow.to_line)


def _absence(case: Case) -> Iterator[Timed]:
    wait_s, conversation = case.line.queueing.owner_absent_s, case.conversation
    if wait_s is None or case.absent_since is None or conversation.unanswered_since is None:
        return
    since = max(case.absent_since, conversation.unanswered_since)
    yield since + timedelta(seconds=wait_s), Withdraw()


def _silence(case: Case) -> Iterator[Timed]:
    lifetimes, conversation = case.line.lifetimes, case.conversation
    if lifetimes.customer_silent_s is not None and awaits_customer(conversation):
        after = timedelta(seconds=lifetimes.customer_silent_s)
        yield case.heard.spoken_at + after, End(CUSTOMER_SILENT)
    owed_at = owed_since(conversation, case.heard)
    if lifetimes.operator_silent_s is not None and owed_at is not None:
        yield owed_at + timedelta(seconds=lifetimes.operator_silent_s), End(OPERATOR_SILENT)


def _hush_at(case: Case) -> datetime | None:
    """A customer who waits for us is never silent."""
    after_s = case.line.queueing.capacity.silent_after_s
    if after_s is None or case.conversation.unanswered_since is not None:
        return None
    return case.heard.spoken_at + timedelta(seconds=after_s)


def _rating(case: Case, *, now: datetime) -> Iterator[Timed]:
    """Only who was answered can say how it was, and only while they remember."""
    conversation, rating = case.conversation, case.line.rating
    at = closed_for(conversation, timedelta(seconds=rating.after_s))
    if at is None or conversation.first_reply_at is None or case.heard.robot:
        return
    window = timedelta(seconds=rating.window_s)
    if conversation.close_reason not in TURNED_AWAY and now - at <= window:
        yield at, AskRating()


def _thanks(case: Case, *, now: datetime) -> Iterator[Timed]:
    """At once or not at all, as all words on a closing."""
    thanks, rated_at = case.line.rating.thanks, case.rated_at
    heard = THANKS in case.heard.said or case.heard.robot
    if thanks and rated_at is not None and not heard and now - rated_at <= CLOSING_IS_OVER:
        yield rated_at, Thank()


def _again(case: Case, *, now: datetime) -> Iterator[datetime | None]:
    """What may change without an event of the conversation."""
    queueing, conversation = case.line.queueing, case.conversation
    absence_s = queueing.owner_absent_s
    watched = conversation.state is State.OPEN and conversation.unanswered_since is not None
    if absence_s is not None and watched and case.absent_since is None:
        yield now + timedelta(seconds=absence_s)
    yield _after_rest(conversation, now=now)
    overflow = queueing.overflow
    if overflow is None or not overflow.at_once_when_closed:
        return
    if conversation.state is State.WAITING and case.line.id not in case.overflowed:
        yield _closing_time(case.calendar, now=now)


def _after_rest(conversation: Conversation, *, now: datetime) -> datetime | None:
    """When a snooze or an offer is over, its other times run on."""
    match conversation.state:
        case State.SNOOZED:
            ends = conversation.snoozed_until
        case State.OFFERED:
            ends = conversation.offer_deadline
        case _:
            return None
    return max(ends, now + SOON) if ends is not None else None


def _closing_time(calendar: Calendar, *, now: datetime) -> datetime | None:
    return open_until(calendar, now) if is_open(calendar, now) else next_opening(calendar, now)
