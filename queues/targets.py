"""How soon customers were promised an answer and an end, in the line's open time. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from queues.hours import add_working_time
from router.calendars import Calendar
from router.model import Conversation, State
from router.queueing import Sla, Targets


class Promised(StrEnum):
    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class Promise:
    """What is due when, and from when on we warn of it."""

    what: Promised
    warn_at: datetime
    due_at: datetime


def targets_of(sla: Sla, tier: str | None) -> Targets:
    return sla.by_tier.get(tier, sla.targets) if tier else sla.targets


def promises(
    sla: Sla, conversation: Conversation, calendar: Calendar, *, tier: str | None
) -> list[Promise]:
    """The promises that run: at most one reply and the resolution. None for what came late after
    an outage, and none that falls beyond the calendar's days.
    """
    if conversation.state is State.CLOSED or conversation.stale:
        return []
    targets = targets_of(sla, tier)
    unanswered = conversation.unanswered_since
    found = []
    if unanswered is not None and conversation.first_reply_at is None:
        found.append(
            _promise(Promised.FIRST_REPLY, unanswered, targets.first_reply_s, sla, calendar)
        )
    elif unanswered is not None:
        found.append(_promise(Promised.NEXT_REPLY, unanswered, targets.next_reply_s, sla, calendar))
    opened = conversation.opened_at
    found.append(_promise(Promised.RESOLUTION, opened, targets.resolution_s, sla, calendar))
    return [one for one in found if one is not None]


def _promise(
    what: Promised, since: datetime, within_s: int | None, sla: Sla, calendar: Calendar
) -> Promise | None:
    if within_s is None:
        return None
    warn_s = within_s * sla.warn_percent / 100
    due_at = add_working_time(calendar, since, timedelta(seconds=within_s))
    warn_at = add_working_time(calendar, since, timedelta(seconds=warn_s))
    return Promise(what, warn_at, due_at) if due_at and warn_at else None


def is_warned(promise: Promise, warned_at: datetime | None) -> bool:
    """Whether its warning was said: at `warned_at` everything was that was due by then."""
    return warned_at is not None and warned_at >= promise.warn_at


def is_breached(promise: Promise, breached_at: datetime | None) -> bool:
    return breached_at is not None and breached_at >= promise.due_at
