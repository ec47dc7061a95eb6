"""A conversation's state machine: pure transitions, each raising the version by one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from router.changing import replace
from router.ids import ConversationId, LeadId, LineId, OperatorId, new_id
from router.model import (
    Author,
    Conversation,
    DeliveryState,
    Last,
    Line,
    Message,
    State,
    Thread,
)
from router.queueing import WHOLE

PREVIEW_CHARS = 140
SUBJECT_CHARS = 200
FORWARD = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.UNCONFIRMED,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
)


def of(conversation: Conversation, at: datetime) -> dict[str, Any]:
    """The fields that every event of a conversation has."""
    return {
        "at": at,
        "conversation_id": conversation.id,
        "thread_id": conversation.thread_id,
        "line_id": conversation.line_id,
        "customer_id": conversation.customer_id,
        "version": conversation.version,
        "after_seq": conversation.last_seq,
        "led": conversation.lead_id is not None,
    }


def last_of(message: Message) -> Last:
    said = f"{message.writer}: {message.text}" if message.writer and message.text else message.text
    return Last(message.author, preview(said), len(message.files), message.sent_at)


def preview(text: str) -> str:
    """One line of at most `PREVIEW_CHARS` characters for a list."""
    line = " ".join(text[: PREVIEW_CHARS * 2].split())
    return line if len(line) <= PREVIEW_CHARS else line[: PREVIEW_CHARS - 1] + "…"


# --- what is said ------------------------------------------------------------


def opened(
    thread: Thread,
    *,
    channel: str,
    title: str,
    now: datetime,
    subject: str = "",
    weight: int = WHOLE,
) -> Conversation:
    """A new conversation before its first message, which makes it version 1."""
    return Conversation(
        id=ConversationId(new_id()),
        thread_id=thread.id,
        line_id=thread.line_id,
        inbox_id=thread.inbox_id,
        customer_id=thread.customer_id,
        channel=channel,
        title=title,
        state=State.WAITING,
        version=0,
        opened_at=now,
        waiting_since=now,
        rank_at=now,
        look_again_at=now,
        last_activity_at=now,
        first_seq=thread.last_seq + 1,
        last_seq=thread.last_seq,
        seen_seq=min(thread.operator_seen_seq, thread.last_seq),
        customer_seen_seq=thread.customer_seen_seq,
        weight=weight,
        public=thread.public,
        subject=subject,
    )


def received(
    conversation: Conversation,
    message: Message,
    *,
    title: str = "",
    stale: bool = False,
    now: datetime,
) -> Conversation:
    """The customer said something; a snoozed conversation wakes up, a silent one counts again.

    `title` replaces the old one. `stale`: it was said long ago.
    """
    woken = conversation.state is State.SNOOZED
    return replace(
        conversation,
        version=conversation.version + 1,
        title=title or conversation.title,
        state=State.OPEN if woken else conversation.state,
        snoozed_until=None if woken else conversation.snoozed_until,
        last_seq=message.seq,
        last=last_of(message),
        last_activity_at=now,
        unanswered_since=conversation.unanswered_since or now,
        silent=False,
        stale=stale,
    )


def kept(conversation: Conversation, message: Message, *, now: datetime) -> Conversation:
    """Somebody who is blocked said something: it is stored, and nothing follows."""
    return replace(
        conversation,
        version=conversation.version + 1,
        last_seq=message.seq,
        last=last_of(message),
        last_activity_at=now,
    )


def answered(conversation: Conversation, message: Message, *, now: datetime) -> Conversation:
    """Our side said something. A robot's words leave the customer unanswered, a silent conversation
    silent, and the customer's question on the lists.
    """
    by_person = message.author is Author.OPERATOR
    asked = conversation.unanswered_since is not None
    first = conversation.first_reply_at
    return replace(
        conversation,
        version=conversation.version + 1,
        last_seq=message.seq,
        last=conversation.last if asked and not by_person else last_of(message),
        last_activity_at=now,
        unanswered_since=None if by_person else conversation.unanswered_since,
        first_reply_at=first or now if by_person else first,
        seen_seq=message.seq if by_person else conversation.seen_seq,
        silent=conversation.silent and not by_person,
        reply_due_at=None if by_person else conversation.reply_due_at,
        warned_at=None if by_person else conversation.warned_at,
        breached_at=None if by_person else conversation.breached_at,
    )


def heard(
    conversation: Conversation, message: Message, *, stale: bool, now: datetime
) -> Conversation:
    """The customer said something in a thread that was merged into it, whose numbers are its own."""
    after = received(conversation, message, stale=stale, now=now)
    return replace(after, last_seq=conversation.last_seq)


def answered_beside(conversation: Conversation, message: Message, *, now: datetime) -> Conversation:
    """Our side said something in a thread that was merged into it."""
    after = answered(conversation, message, now=now)
    return replace(after, last_seq=conversation.last_seq, seen_seq=conversation.seen_seq)


def touched(conversation: Conversation, **changes: Any) -> Conversation:
    """Something about it changed that moves it nowhere."""
    return replace(conversation, version=conversation.version + 1, **changes)


def linked(conversation: Conversation, lead_id: LeadId) -> Conversation:
    return touched(conversation, lead_id=lead_id)


def timed(conversation: Conversation, line: Line, *, now: datetime) -> Conversation:
    """Something happened in it from which a time of its line may run.

    With a question to which an answer is promised it is looked at now: until when, is shown.
    """
    patience_s = line.patience_s
    if patience_s is None:
        return conversation
    asked = conversation.unanswered_since == now and conversation.reply_due_at is None
    at = now if asked and line.sla.is_given else now + timedelta(seconds=patience_s)
    if conversation.timer_at is not None and conversation.timer_at <= at:
        return conversation
    return replace(conversation, timer_at=at)


# --- who handles it ----------------------------------------------------------


def offered(
    conversation: Conversation, operator_id: OperatorId, *, until: datetime
) -> Conversation:
    return touched(
        conversation,
        state=State.OFFERED,
        offered_to=operator_id,
        asked=(),
        offer_deadline=until,
        look_again_at=None,
        silent=False,
    )


def asked(
    conversation: Conversation, operator_ids: Iterable[OperatorId], *, until: datetime
) -> Conversation:
    """All of these are asked at once: the first to accept has it."""
    return touched(
        conversation,
        state=State.OFFERED,
        offered_to=None,
        asked=tuple(operator_ids),
        offer_deadline=until,
        look_again_at=None,
        silent=False,
    )


def unoffered(
    conversation: Conversation, operator_id: OperatorId, *, now: datetime
) -> Conversation:
    """What was held out to this operator is not any more; the others who were asked still are."""
    others = tuple(one for one in conversation.asked if one != operator_id)
    return touched(conversation, asked=others) if others else unplaced(conversation, now=now)


def handed(
    conversation: Conversation, operator_id: OperatorId, *, until: datetime, now: datetime
) -> Conversation:
    """A colleague is to say whether they take it over; nobody has it until then."""
    return replace(
        offered(queued(conversation, now=now), operator_id, until=until),
        version=conversation.version + 1,
    )


def routed(
    conversation: Conversation,
    *,
    rank_at: datetime,
    head_start_s: int,
    language: str | None,
    skills: tuple[str, ...],
    line_id: LineId,
) -> Conversation:
    """The line's rules were applied: maybe it belongs to another line, whose times begin then."""
    moved = line_id != conversation.line_id
    return touched(
        conversation,
        routed=True,
        rank_at=rank_at,
        head_start_s=head_start_s,
        language=language,
        skills=skills,
        line_id=line_id,
        timer_at=None if moved else conversation.timer_at,
    )


def unplaced(conversation: Conversation, *, now: datetime) -> Conversation:
    """An offer came to nothing: it waits on, where it stood in the queue."""
    return touched(
        conversation,
        state=State.WAITING,
        offered_to=None,
        asked=(),
        offer_deadline=None,
        look_again_at=now,
    )


def assigned(conversation: Conversation, operator_id: OperatorId) -> Conversation:
    return touched(
        conversation,
        state=State.OPEN,
        owner_id=operator_id,
        offered_to=None,
        asked=(),
        offer_deadline=None,
        waiting_since=None,
        look_again_at=None,
        snoozed_until=None,
        silent=False,
        participants=tuple(one for one in conversation.participants if one != operator_id),
    )


def queued(
    conversation: Conversation, *, now: datetime, line_id: LineId | None = None
) -> Conversation:
    """It waits for an operator, on this line or another, whose times begin then; who had it is
    remembered.
    """
    moved = line_id is not None and line_id != conversation.line_id
    return touched(
        conversation,
        state=State.WAITING,
        line_id=line_id or conversation.line_id,
        timer_at=None if moved else conversation.timer_at,
        silent=False,
        owner_id=None,
        previous_owner_id=conversation.owner_id or conversation.previous_owner_id,
        offered_to=None,
        asked=(),
        offer_deadline=None,
        waiting_since=now,
        rank_at=now - timedelta(seconds=conversation.head_start_s),
        look_again_at=now,
        snoozed_until=None,
        closed_at=None,
        close_reason=None,
    )


def snoozed(conversation: Conversation, *, until: datetime | None) -> Conversation:
    return touched(conversation, state=State.SNOOZED, snoozed_until=until)


def woken(conversation: Conversation) -> Conversation:
    return touched(conversation, state=State.OPEN, snoozed_until=None)


def closed(
    conversation: Conversation, *, reason: str, seen_seq: int, now: datetime
) -> Conversation:
    """Who had it stays written on it."""
    return touched(
        conversation,
        state=State.CLOSED,
        closed_at=now,
        close_reason=reason,
        seen_seq=seen_seq,
        offered_to=None,
        asked=(),
        offer_deadline=None,
        waiting_since=None,
        look_again_at=None,
        snoozed_until=None,
        unanswered_since=None,
        silent=False,
        timer_at=None,
        reply_due_at=None,
        resolve_due_at=None,
        warned_at=None,
        breached_at=None,
    )


def taken_up(conversation: Conversation, operator_id: OperatorId, *, now: datetime) -> Conversation:
    """A closed one is opened again by an operator."""
    return replace(
        assigned(conversation, operator_id),
        closed_at=None,
        close_reason=None,
        last_activity_at=now,
    )


def may_reopen(conversation: Conversation, *, window_s: int, now: datetime) -> bool:
    """Whether a new message continues this closed conversation rather than starting the next."""
    if conversation.closed_at is None or conversation.merged_into is not None:
        return False
    return (now - conversation.closed_at).total_seconds() <= window_s


# --- how far an answer has come ----------------------------------------------


def earlier(state: DeliveryState) -> tuple[DeliveryState, ...]:
    """The states from which a delivery moves forward to `state`; it never moves back."""
    if state is DeliveryState.FAILED:
        return FORWARD[:-1]
    return FORWARD[: FORWARD.index(state)]
