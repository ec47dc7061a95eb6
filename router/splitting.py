"""A conversation whose customer came to another matter: from a message on it is one of its own.

Nothing moves in the thread: messages keep their place, and change only whose they are. What stands
before is closed, and what stands from there on is the thread's open conversation, with its own
subject, owner, line, promises and, if wanted, lead.

Under the rules of `handling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from router import events
from router.changing import replace
from router.errors import Invalid, TooLate
from router.holding import give, hold, lock, take_away
from router.ids import ConversationId, LineId, OperatorId, new_id
from router.merging import unanswered
from router.model import HELD, Conversation, State
from router.passing import pass_on, put_back, restore
from router.reactions import TIMERS
from router.shaping import clean
from router.staff import Operator
from router.states import SUBJECT_CHARS, assigned, closed, last_of, of, queued
from router.storage import Conflict, Transaction
from router.storage.messages import Spoken

SPLIT, UNSPLIT = "split", "unsplit"
# Of the first matter nothing was promised for the other.
AFRESH: dict[str, Any] = {
    "pinned": False,
    "reply_due_at": None,
    "resolve_due_at": None,
    "warned_at": None,
    "breached_at": None,
}


@dataclass(frozen=True, slots=True)
class Matter:
    """What the later conversation is: its subject, whether it has a lead of its own, and to whom it
    goes; to nobody else, it stays with who has it, or waits on.
    """

    subject: str = ""
    own_lead: bool = False
    to_operator: Operator | None = None
    to_line: LineId | None = None


# --- which is what. Pure. --------------------------------------------------------


def parted(
    whole: Conversation,
    from_seq: int,
    matter: Matter,
    *,
    later_id: ConversationId,
    before: Spoken,
    after: Spoken,
    now: datetime,
) -> tuple[Conversation, Conversation]:
    """The earlier one, closed, and the later one, that nobody has yet. Each tells only of what was
    said in it: `before`, and `after`.
    """
    over = closed(whole, reason=SPLIT, seen_seq=min(whole.seen_seq, from_seq - 1), now=now)
    earlier = replace(
        over,
        last_seq=from_seq - 1,
        last=before.last and last_of(before.last),
        first_reply_at=before.first_reply_at,
    )
    since = after.began_at or now
    later = replace(
        queued(whole, now=since),
        id=later_id,
        version=1,
        opened_at=since,
        look_again_at=now,
        first_seq=from_seq,
        owner_id=None,
        last=after.last and last_of(after.last),
        first_reply_at=after.first_reply_at,
        unanswered_since=after.unanswered_since,
        lead_id=None if matter.own_lead else whole.lead_id,
        own_lead=matter.own_lead,
        subject=matter.subject,
        split_from=whole.id,
        timer_at=now,
        **AFRESH,
    )
    return earlier, later


def emptied(later: Conversation, *, now: datetime) -> Conversation:
    """A later one whose messages went back: nothing is left of it but what was done."""
    over = closed(later, reason=UNSPLIT, seen_seq=later.seen_seq, now=now)
    return replace(over, last_seq=later.first_seq - 1, last=None)


def whole_again(
    earlier: Conversation, later: Conversation, *, since: datetime | None, now: datetime
) -> Conversation:
    """The earlier one, that goes on, with what was said in the later."""
    people = dict.fromkeys((*earlier.participants, *later.participants))
    return replace(
        earlier,
        last_seq=later.last_seq,
        last=later.last,
        last_activity_at=max(earlier.last_activity_at, later.last_activity_at),
        first_reply_at=earlier.first_reply_at or later.first_reply_at,
        seen_seq=max(earlier.seen_seq, later.seen_seq),
        customer_seen_seq=max(earlier.customer_seen_seq, later.customer_seen_seq),
        participants=tuple(one for one in people if one != earlier.owner_id),
        title=later.title,
        unanswered_since=since,
        stale=later.stale,
        silent=False,
        timer_at=now,
    )


# --- the acts --------------------------------------------------------------------


async def split(
    tx: Transaction,
    conversation_id: ConversationId,
    by: OperatorId,
    *,
    from_seq: int,
    matter: Matter,
    now: datetime,
) -> Conversation:
    """What stands from the thread's message `from_seq` on is a conversation of its own from now;
    gives it. Splitting there twice is splitting once.

    Raises:
        TooLate: it is closed.
        Invalid: no message would stay before it, or none is there.
        Full: whom it is given to has no room.
    """
    to = matter.to_operator
    _, whole = await hold(tx, conversation_id, by, *((to.id,) if to is not None else ()))
    if (done := await _done_before(tx, whole, from_seq)) is not None:
        return done
    _must_part(whole, from_seq, to)
    matter = _cleaned(matter, whole)
    earlier, later = parted(
        whole,
        from_seq,
        matter,
        later_id=ConversationId(new_id()),
        before=await tx.messages.spoken(whole.thread_id, whole.first_seq, from_seq - 1),
        after=await tx.messages.spoken(whole.thread_id, from_seq, whole.last_seq),
        now=now,
    )
    await take_away(tx, whole, now=now)
    over = events.ConversationClosed(**of(earlier, now), operator_id=by, reason=SPLIT)
    await tx.change(whole, earlier, over)
    await tx.conversations.insert(later)
    await tx.messages.hand_over(whole, later, from_seq)
    after = await _placed(tx, whole, later, by, matter, now=now)
    after = replace(after, version=1, timer_at=now)
    await tx.conversations.save(after)
    tx.record.changed(None, after, *_happened(after, by, matter, now=now))
    tx.lanes.wake(TIMERS, after.line_id, now)
    return after


async def _done_before(tx: Transaction, whole: Conversation, from_seq: int) -> Conversation | None:
    if whole.state is not State.CLOSED or whole.close_reason != SPLIT:
        return None
    later = await tx.conversations.split_from(whole.id)
    return next(
        (one for one in later if one.first_seq == from_seq and one.last_seq >= from_seq), None
    )


def _must_part(whole: Conversation, from_seq: int, to: Operator | None) -> None:
    if whole.state is State.CLOSED:
        raise TooLate("it is closed")
    if not whole.first_seq < from_seq <= whole.last_seq:
        raise Invalid("it is not split there", fields={"from_seq": "is not within it"})
    if to is not None and not to.active:
        raise Invalid("this operator has left", fields={"operator_id": "has left"})


def _cleaned(matter: Matter, whole: Conversation) -> Matter:
    """Who has it already is given nothing."""
    to = matter.to_operator
    has_it = to is not None and to.id == whole.owner_id and whole.state in HELD
    subject = clean(matter.subject).strip()[:SUBJECT_CHARS]
    return replace(matter, subject=subject, to_operator=None if has_it else to)


async def _placed(
    tx: Transaction,
    whole: Conversation,
    later: Conversation,
    by: OperatorId,
    matter: Matter,
    *,
    now: datetime,
) -> Conversation:
    """The later one with who has it then."""
    owner_id = whole.owner_id if whole.state in HELD else None
    as_held = later
    if owner_id is not None:
        as_held = replace(later, state=whole.state, owner_id=owner_id, waiting_since=None)
    if matter.to_line is not None:
        return await put_back(tx, as_held, matter.to_line, now=now)
    if matter.to_operator is not None:
        return await pass_on(tx, as_held, by, matter.to_operator, now=now)
    if owner_id is None:
        return later
    await give(tx, owner_id, weight=later.weight, now=now, cap_weight=None)
    await tx.assignments.begin(as_held, owner_id, at=now, how=SPLIT)
    return assigned(later, owner_id)


def _happened(
    after: Conversation, by: OperatorId, matter: Matter, *, now: datetime
) -> Sequence[events.OfConversation]:
    """It begins where it was split; who has it then, is told after all that was said."""
    assert after.split_from is not None
    there = of(after, now) | {"after_seq": after.first_seq - 1}
    begun = (
        events.ConversationOpened(**there, inbox_id=after.inbox_id),
        events.ConversationSplit(**there, operator_id=by, from_id=after.split_from),
    )
    if (to := matter.to_operator) is not None or matter.to_line is not None:
        given = events.ConversationTransferred(
            **of(after, now),
            operator_id=by,
            to_operator_id=to.id if to is not None else None,
            to_line_id=matter.to_line,
        )
        return (*begun, given)
    if after.owner_id is None:
        return begun
    kept = events.ConversationAssigned(**of(after, now), operator_id=after.owner_id, how=SPLIT)
    return (*begun, kept)


async def unsplit(
    tx: Transaction, conversation_id: ConversationId, by: OperatorId, *, now: datetime
) -> Conversation:
    """The earlier one and what was split from it are one again: with who had it, past their cap if
    need be, or it waits. Gives it. What was said meanwhile is part of it.

    Raises:
        TooLate: it was not split, the later one is closed, or others were merged into that.
    """
    first = await tx.conversations.get(conversation_id)
    split_off = await tx.conversations.split_from(conversation_id)
    seen = next((one for one in split_off if one.state is not State.CLOSED), None)
    if first is None or seen is None:
        raise TooLate("it is not split any more")
    owner = await tx.operators.get(first.owner_id) if first.owner_id is not None else None
    owner_id = owner.id if owner is not None and owner.active else None
    _, later = await hold(tx, seen.id, by, *((owner_id,) if owner_id is not None else ()))
    _, earlier = await lock(tx, first.id)
    if later.state is State.CLOSED or earlier.owner_id != first.owner_id:
        raise Conflict("it changed while we waited for its lock")
    if await tx.conversations.merged_into(later.id):
        raise TooLate("others were merged into it: take that back first")
    await take_away(tx, later, now=now)
    gone = emptied(later, now=now)
    over = events.ConversationClosed(**of(gone, now), operator_id=by, reason=UNSPLIT)
    await tx.change(later, gone, over)
    await tx.messages.hand_over(later, earlier, later.first_seq)
    back = await restore(tx, earlier, owner_id, now=now)
    whole = whole_again(back, later, since=None, now=now)
    whole = replace(whole, unanswered_since=await unanswered(tx, whole))
    reopened = events.ConversationReopened(**of(whole, now), operator_id=by)
    event = events.ConversationUnsplit(**of(whole, now), operator_id=by, later_id=later.id)
    await tx.change(earlier, whole, reopened, event)
    tx.lanes.wake(TIMERS, whole.line_id, now)
    return whole
