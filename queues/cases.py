"""Reads conversations as time finds them, many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from queues.due import Case
from queues.presence import is_reachable
from queues.replies import Heard, is_robot
from router.calendars import ALWAYS, Calendar
from router.ids import ConversationId, CustomerId, LineId, OperatorId, ThreadId
from router.model import Author, Conversation, Line, Message, State
from router.ratings import Rating
from router.staff import Leave, Presence
from router.storage import Transaction
from router.storage.lapses import Past

DAY = timedelta(days=1)
# So far back the last words of a person are sought; behind more of ours nobody listens.
LAST_WORDS = 20


@dataclass(frozen=True, slots=True)
class _Read:
    """What is stored of a batch."""

    calendar: Calendar
    said: Mapping[ConversationId, frozenset[str]]
    ever: Mapping[ThreadId, frozenset[str]]
    today: Mapping[ThreadId, int]
    words: Mapping[ThreadId, Sequence[Message]]
    past: Mapping[ConversationId, Past]
    ratings: Mapping[ConversationId, Rating]
    tiers: Mapping[CustomerId, str | None]
    presence: Mapping[OperatorId, Presence]
    leaves: Mapping[OperatorId, Leave]


async def calendar_of(tx: Transaction, line: Line) -> Calendar:
    found = await tx.calendars.get(line.calendar_id) if line.calendar_id else None
    return found or ALWAYS


async def read_cases(
    tx: Transaction,
    line: Line,
    held: Sequence[Conversation],
    *,
    patient_until: datetime,
    now: datetime,
) -> list[Case]:
    """A case for each of these conversations of the line; closed ones that are history are none.

    Nobody counts as absent before `patient_until`.
    """
    seqs = await tx.lapses.last_seqs([one.thread_id for one in held])
    held = [one for one in held if not _is_history(one, last_seq=seqs[one.thread_id])]
    read = await _read(tx, line, held, now=now)
    watched = now >= patient_until
    barred = await _barred(tx, line)
    return [_case(line, one, read, barred=barred, watched=watched, now=now) for one in held]


def _is_history(one: Conversation, *, last_seq: int) -> bool:
    """The thread went on without it: nothing is said in it any more."""
    return one.state is State.CLOSED and last_seq > one.last_seq


async def _read(
    tx: Transaction, line: Line, held: Sequence[Conversation], *, now: datetime
) -> _Read:
    ids, threads = [one.id for one in held], [one.thread_id for one in held]
    absent_s = line.queueing.owner_absent_s
    owners = sorted({one.owner_id for one in held if one.owner_id}) if absent_s is not None else []
    customers = [one.customer_id for one in held] if line.sla.by_tier else []
    return _Read(
        calendar=await calendar_of(tx, line),
        said=await tx.automatic.said(ids),
        ever=await tx.automatic.ever(threads),
        today=await tx.automatic.count_since(threads, now - DAY),
        words=await tx.lapses.last_words(threads, limit=LAST_WORDS),
        past=await tx.lapses.past(ids),
        ratings=await tx.ratings.asked(ids) if line.rating.ask else {},
        tiers=await tx.lapses.tiers(customers) if customers else {},
        presence=await tx.presence.many(owners) if owners else {},
        leaves=await tx.leaves.current(now) if owners else {},
    )


async def _barred(tx: Transaction, line: Line) -> bool:
    """Whether the line that it would give on to is not in use."""
    overflow = line.queueing.overflow
    other = await tx.lines.get(overflow.to_line) if overflow else None
    return overflow is not None and (other is None or not other.active)


def _case(
    line: Line, one: Conversation, read: _Read, *, barred: bool, watched: bool, now: datetime
) -> Case:
    past, rating = read.past.get(one.id, Past()), read.ratings.get(one.id)
    words = read.words[one.thread_id]
    heard = Heard(
        spoken_at=_spoken_at(one, words, past),
        stirred_at=past.stirred_at,
        said=read.said[one.id],
        ever=read.ever[one.thread_id],
        today=read.today[one.thread_id],
        robot=is_robot(words),
    )
    told = replace(
        one,
        warned_at=_later(one.warned_at, past.warned_at),
        breached_at=_later(one.breached_at, past.breached_at),
    )
    return Case(
        line=line,
        conversation=told,
        heard=heard,
        calendar=read.calendar,
        tier=read.tiers.get(one.customer_id),
        absent_since=_absent_since(one, read, now=now) if watched else None,
        overflowed=_gave_on(line, past, barred=barred),
        rating_asked=rating is not None,
        rated_at=rating.rated_at if rating else None,
    )


def _spoken_at(one: Conversation, words: Sequence[Message], past: Past) -> datetime:
    """When a person last spoke, or somebody last got it in hand: both begin a silence anew."""
    people = [
        said.stored_at
        for said in words
        if said.author in (Author.CUSTOMER, Author.OPERATOR) and not said.automatic
    ]
    first = words[0].stored_at if words else one.opened_at
    return max(people[-1] if people else first, past.stirred_at or one.opened_at)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _gave_on(line: Line, past: Past, *, barred: bool) -> frozenset[LineId]:
    """Who came here from a line does not go back to it."""
    overflow = line.queueing.overflow
    barred = barred or (overflow is not None and overflow.to_line in past.gave_on)
    return frozenset(past.gave_on | {line.id}) if barred else frozenset(past.gave_on)


def _absent_since(one: Conversation, read: _Read, *, now: datetime) -> datetime | None:
    if one.owner_id is None:
        return None
    if (leave := read.leaves.get(one.owner_id)) is not None:
        return leave.from_at
    presence = read.presence.get(one.owner_id)
    if is_reachable(presence, now=now):
        return None
    until = presence.reached_until if presence else None
    return until or one.opened_at
