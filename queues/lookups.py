"""Of which new conversations the CRM may yet say something that decides who gets them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from router.ids import ConversationId
from router.model import Conversation, Line
from router.queueing import LeadWhen, Rung
from router.reactions import CRM
from router.storage import Transaction
from router.storage.choosing import Known

STRANGER = Known(None, None, None, None)


def asks_fields(line: Line) -> bool:
    """Whether a rule of the line looks at the CRM's fields."""
    return any(rule.crm for rule in line.rules if rule.active)


def awaits_fields(line: Line, conversation: Conversation, known: Known) -> bool:
    """Whether the line's rules may still ask for fields that nobody has told yet."""
    return not conversation.routed and known.crm_fields is None and asks_fields(line)


async def lookups(
    tx: Transaction,
    line: Line,
    waiting: Sequence[Conversation],
    known: Mapping[ConversationId, Known],
    *,
    now: datetime,
) -> Mapping[ConversationId, datetime]:
    """Until when each of these is waited for: `lookup_wait_s`, and not once it has its lead."""
    sticky, at_once = line.queueing.sticky, line.lead_when is LeadWhen.AT_ONCE
    patience = timedelta(seconds=sticky.lookup_wait_s)
    asks_who = Rung.RESPONSIBLE in sticky.rungs
    if not patience or not (asks_who or asks_fields(line)):
        return {}
    fresh = {}
    for one in waiting:
        facts = known.get(one.id, STRANGER)
        is_new = one.lead_id is None and one.previous_owner_id is None
        asked = (asks_who and facts.responsible_id is None) or awaits_fields(line, one, facts)
        in_time = one.opened_at + patience > now
        if is_new and in_time and asked and (at_once or facts.has_contact):
            fresh[one.id] = one
    if not fresh:
        return {}
    asked_about = await tx.choosing.looked_up([one.customer_id for one in fresh.values()], kind=CRM)
    return {
        id_: one.opened_at + patience
        for id_, one in fresh.items()
        if one.customer_id in asked_about
    }
