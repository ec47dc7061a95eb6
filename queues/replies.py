"""Which automatic replies are said now, and when the next may be. Pure.

What waits for us counts in the line's open time: nobody is told at night that all are busy. What
we wait for counts by the clock.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from queues.hours import add_working_time, is_open, next_opening, open_until
from router.calendars import Calendar
from router.merging import MERGED
from router.model import Author, Conversation, Message, State
from router.planning import BLOCKED
from router.queueing import AutomaticReply, Hours, Replies, ReplyWhen
from router.splitting import SPLIT, UNSPLIT

# Why a conversation closed by itself, as its `close_reason` has it.
CUSTOMER_SILENT, OPERATOR_SILENT = "customer_silent", "operator_silent"
SPAM = "spam"
# Nobody is told goodbye or asked how it was.
TURNED_AWAY = frozenset((SPAM, BLOCKED, MERGED, SPLIT, UNSPLIT))
# Words on a closing come at once or not at all: after a long outage they only disturb.
CLOSING_IS_OVER = timedelta(hours=1)
# Ten seconds the console offers to take a closing back; who is in time must reach us, too.
UNDO = timedelta(seconds=12)
# Two robots answer each other within seconds, a person repeats themselves now and then.
ROBOT_REPEATS = 4
ROBOT_WITHIN = timedelta(minutes=10)
VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in a conversation, as far as automatic replies must know.

    `said` are the stages said in it, `ever` those said in its thread; `today` how many of them the
    thread heard within 24 hours. `spoken_at` is the time of the last words of a person, or later
    that at which somebody got it in hand, `stirred_at`. `robot`: nobody reads us.
    """

    spoken_at: datetime
    stirred_at: datetime | None = None
    said: frozenset[str] = frozenset()
    ever: frozenset[str] = frozenset()
    today: int = 0
    robot: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said now, and when the next may fall due if nothing happens before."""

    now: tuple[AutomaticReply, ...] = ()
    next_at: datetime | None = None


def said(
    replies: Replies, conversation: Conversation, heard: Heard, calendar: Calendar, *, now: datetime
) -> Said:
    """The stages that fall due, in the order in which they stand there; none in public."""
    due: list[AutomaticReply] = []
    later: list[datetime] = []
    if conversation.stale or heard.robot or conversation.public:
        return Said()
    for stage in replies.stages:
        if not _applies(stage, conversation, heard):
            continue
        at = falls_at(stage, conversation, heard, calendar, now=now)
        if at is None:
            continue
        if at > now:
            later.append(at)
        elif not _is_over(stage, at, now=now):
            due.append(stage)
    allowed = max(0, replies.most_per_day - heard.today)
    return Said(tuple(due[:allowed]), min(later, default=None))


def _applies(stage: AutomaticReply, conversation: Conversation, heard: Heard) -> bool:
    return (
        stage.active
        and stage.key not in (heard.ever if stage.once_ever else heard.said)
        and (not stage.channels or conversation.channel in stage.channels)
    )


def _is_over(stage: AutomaticReply, at: datetime, *, now: datetime) -> bool:
    closing = stage.when in (ReplyWhen.CLOSED, ReplyWhen.AUTO_CLOSED)
    return closing and now - at > CLOSING_IS_OVER


def falls_at(
    stage: AutomaticReply,
    conversation: Conversation,
    heard: Heard,
    calendar: Calendar,
    *,
    now: datetime,
) -> datetime | None:
    """When a stage falls due as things stand; None: not before something else happens."""
    after = timedelta(seconds=stage.after_s)
    if stage.when is ReplyWhen.CLOSED_HOURS:
        return _when_closed(conversation, calendar, after, now=now)
    at = _after(stage.when, conversation, heard, calendar, after)
    return at if at is None else _in_condition(stage.hours, calendar, max(at, now), at=at)


def _after(
    when: ReplyWhen,
    conversation: Conversation,
    heard: Heard,
    calendar: Calendar,
    after: timedelta,
) -> datetime | None:
    held = conversation.state is State.OPEN
    match when:
        case ReplyWhen.OPENED:
            return conversation.opened_at + after if _is_new(conversation) else None
        case ReplyWhen.WAITING:
            return _in_hours(calendar, conversation.waiting_since, after)
        case ReplyWhen.OPERATOR_SILENT:
            return _in_hours(calendar, owed_since(conversation, heard) if held else None, after)
        case ReplyWhen.CUSTOMER_SILENT:
            return heard.spoken_at + after if awaits_customer(conversation) else None
        case ReplyWhen.CLOSED | ReplyWhen.AUTO_CLOSED:
            return _closing(when, conversation, after)
        case ReplyWhen.CLOSED_HOURS:
            return None


def owed_since(conversation: Conversation, heard: Heard) -> datetime | None:
    """Since when its owner has not answered: what waited in the queue before is not theirs."""
    asked, stirred = conversation.unanswered_since, heard.stirred_at
    return max(asked, stirred) if asked and stirred else asked


def awaits_customer(conversation: Conversation) -> bool:
    """Whether somebody has it, answered, and waits for the customer."""
    return (
        conversation.state is State.OPEN
        and conversation.unanswered_since is None
        and conversation.first_reply_at is not None
    )


def _is_new(conversation: Conversation) -> bool:
    """Open, and no person has answered: a greeting afterwards would be late. Who came to another
    matter was greeted.
    """
    begun = conversation.state is not State.CLOSED and conversation.first_reply_at is None
    return begun and conversation.split_from is None


def _when_closed(
    conversation: Conversation, calendar: Calendar, after: timedelta, *, now: datetime
) -> datetime | None:
    """Who waits for an answer while we are closed, or is still waiting when we close."""
    since = conversation.unanswered_since
    if since is None or conversation.state in (State.CLOSED, State.BOT):
        return None
    begins = max(since + after, now)
    if not is_open(calendar, begins):
        return begins
    return open_until(calendar, begins)


def _in_hours(calendar: Calendar, since: datetime | None, after: timedelta) -> datetime | None:
    return add_working_time(calendar, since, after) if since is not None else None


def _closing(when: ReplyWhen, conversation: Conversation, after: timedelta) -> datetime | None:
    if conversation.close_reason in TURNED_AWAY:
        return None
    by_itself = _closed_by_itself(conversation)
    return closed_for(conversation, after) if by_itself is (when is ReplyWhen.AUTO_CLOSED) else None


def closed_for(conversation: Conversation, after: timedelta) -> datetime | None:
    """When it has been closed for so long, and nobody can take the closing back; None while open."""
    if conversation.closed_at is None:
        return None
    return conversation.closed_at + (after if _closed_by_itself(conversation) else max(after, UNDO))


def _closed_by_itself(conversation: Conversation) -> bool:
    return conversation.close_reason in (CUSTOMER_SILENT, OPERATOR_SILENT)


def _in_condition(
    hours: Hours, calendar: Calendar, looked_at: datetime, *, at: datetime
) -> datetime | None:
    """From when on the condition holds, too."""
    open_then = is_open(calendar, looked_at)
    if hours is Hours.ANY or open_then is (hours is Hours.OPEN):
        return at
    if hours is Hours.OPEN:
        return next_opening(calendar, looked_at)
    return open_until(calendar, looked_at)


# --- who reads us --------------------------------------------------------------


def is_robot(recent: Sequence[Message]) -> bool:
    """Whether the other side is one, by a thread's last messages in their order.

    It says so of itself, or sends the same words again and again to what we say by ourselves.
    """
    theirs = [one for one in recent if one.author is Author.CUSTOMER]
    if not theirs:
        return False
    if theirs[-1].automatic:
        return True
    last = theirs[-ROBOT_REPEATS:]
    same = len(last) == ROBOT_REPEATS and len({one.text for one in last}) == 1
    quick = last[-1].stored_at - last[0].stored_at <= ROBOT_WITHIN
    since = recent.index(last[0])
    answered = any(one.author is Author.OPERATOR for one in recent[since:])
    provoked = any(one.author is Author.DESK for one in recent[since:])
    return same and quick and provoked and not answered


# --- the words -----------------------------------------------------------------

VARIABLES = ("name", "operator", "line", "opens", "place", "wait")


def words(texts: Mapping[str, str], *languages: str | None) -> str:
    """In the first of these languages that there is, else in any; empty if there is none."""
    for language in languages:
        if language and (text := texts.get(language) or texts.get(language.partition("-")[0])):
            return text
    return next((text for text in texts.values() if text), "")


def fill(text: str, values: Mapping[str, str]) -> str:
    """`{name}` and the other `VARIABLES` replaced; a line whose variable has no value falls away."""
    lines = [_filled(line, values) for line in text.splitlines()]
    return "\n".join(line for line in lines if line is not None).strip()


def _filled(line: str, values: Mapping[str, str]) -> str | None:
    named = VARIABLE.findall(line)
    if any(name in VARIABLES and not values.get(name) for name in named):
        return None
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), line)


def unknown_variables(texts: Iterable[str]) -> list[str]:
    """The names in braces that mean nothing here, for whoever writes the text."""
    return sorted({name for text in texts for name in VARIABLE.findall(text)} - set(VARIABLES))
