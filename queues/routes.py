"""A line's rules, applied to what is new in it: another line, a head start, whom to prefer."""

from datetime import datetime, timedelta

from queues.hours import is_open
from queues.rules import Matter, Route, route
from router import placing
from router.calendars import ALWAYS
from router.model import Conversation, Line, State
from router.states import routed
from router.storage import Transaction
from router.storage.choosing import Known, Words


async def apply_rules(tx: Transaction, line: Line, *, now: datetime, limit: int) -> bool:
    """Apply them to so many at most, each once; whether there were any. The line is held.

    What the CRM says of a customer's fields is not stored here: to rules it knows nothing.
    """
    if not _sorts(line):
        return False
    ids = await tx.choosing.unrouted(line.id, limit=limit)
    if not ids:
        return False
    known, words = await tx.choosing.known(ids), await tx.choosing.words(ids)
    calendar = (await tx.calendars.get(line.calendar_id)) if line.calendar_id else None
    open_now = is_open(calendar or ALWAYS, now)
    held = await tx.queues.hold(ids)
    for one in (held[id_] for id_ in ids):
        if one.state is not State.WAITING or one.line_id != line.id or one.routed:
            continue
        matter = _matter(one, known[one.id], words[one.id], open_now=open_now)
        found = route(line.rules, line.queueing.priority, matter) or Route(0)
        await _send(tx, line, one, found, now=now)
    return True


def _sorts(line: Line) -> bool:
    priority = line.queueing.priority
    return bool(line.rules or priority.line_s or priority.by_tier_s or priority.by_channel_s)


def _matter(conversation: Conversation, known: Known, words: Words, *, open_now: bool) -> Matter:
    return Matter(
        channel=conversation.channel,
        text=words.text,
        tier=known.tier,
        language=conversation.language or known.language,
        sources=words.sources,
        crm={},
        open_now=open_now,
    )


async def _send(
    tx: Transaction, line: Line, conversation: Conversation, found: Route, *, now: datetime
) -> None:
    goal = None
    if found.to_line is not None and found.to_line != line.id:
        goal = await tx.lines.get(found.to_line)
        goal = goal if goal and goal.active else None
    since = conversation.waiting_since or conversation.opened_at
    after = routed(
        conversation,
        rank_at=since - timedelta(seconds=found.head_start_s),
        head_start_s=found.head_start_s,
        language=found.language or conversation.language,
        skills=found.skills or conversation.skills,
        line_id=goal.id if goal else line.id,
    )
    await placing.send(tx, conversation, after, to=goal, rule=found.rule or "", now=now)
