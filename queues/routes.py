"""A line's rules, applied to what is new in it: another line, a head start, whom to prefer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from queues.hours import is_open
from queues.lookups import lookups
from queues.rules import Matter, Route, route
from router import placing
from router.calendars import ALWAYS
from router.ids import ConversationId
from router.model import Conversation, Line, State
from router.states import routed
from router.storage import Transaction
from router.storage.choosing import Known, Words


async def apply_rules(
    tx: Transaction, line: Line, *, now: datetime, limit: int, asks_crm: bool = False
) -> bool:
    """Apply them to so many at most, each once; whether there were any. The line is held.

    What hangs on the fields of a CRM that may answer soon is left for then.
    """
    left = 0
    while _sorts(line) and (ids := await tx.choosing.unrouted(line.id, limit=limit, offset=left)):
        waiting = await _apply(tx, line, ids, now=now, asks_crm=asks_crm)
        if waiting < len(ids):
            return True
        left += waiting
    return False


async def _apply(
    tx: Transaction, line: Line, ids: Sequence[ConversationId], *, now: datetime, asks_crm: bool
) -> int:
    """How many are left to wait for the CRM."""
    known, words = await tx.choosing.known(ids), await tx.choosing.words(ids)
    calendar = (await tx.calendars.get(line.calendar_id)) if line.calendar_id else None
    open_now = is_open(calendar or ALWAYS, now)
    held = await tx.queues.hold(ids)
    new = [one for one in (held[id_] for id_ in ids) if _is_new(one, line)]
    asked = await lookups(tx, line, new, known, now=now) if asks_crm else {}
    left = 0
    for one in new:
        matter = matter_of(one, known[one.id], words[one.id], open_now=open_now)
        if one.id in asked and known[one.id].crm_fields is None:
            matter = replace(matter, crm=None)
        found = route(line.rules, line.queueing.priority, matter)
        if found is None:
            left += 1
        else:
            await _send(tx, line, one, found, now=now)
    return left


def _is_new(one: Conversation, line: Line) -> bool:
    return one.state is State.WAITING and one.line_id == line.id and not one.routed


def _sorts(line: Line) -> bool:
    priority = line.queueing.priority
    return bool(line.rules or priority.line_s or priority.by_tier_s or priority.by_channel_s)


def matter_of(conversation: Conversation, known: Known, words: Words, *, open_now: bool) -> Matter:
    return Matter(
        channel=conversation.channel,
        text=words.text,
        tier=known.tier,
        language=conversation.language or known.language,
        sources=words.sources,
        crm=known.crm_fields or {},
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
