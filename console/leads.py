"""Leads as the console shows them, and how far the CRM's log of a conversation has come."""

from console.access import Viewer
from console.api.shapes import LeadView, SyncView, TimelineItem
from console.desk import Desk
from console.views import contact_view
from crm_sync.crm import CrmRef
from crm_sync.local import LEAD
from crm_sync.progress import Progress, progress
from router.ids import CustomerId
from router.model import Conversation
from router.storage import Transaction
from router.storage.leads import Entry, LeadCard, Onlooker


def lead_view(lead: LeadCard, desk: Desk) -> LeadView:
    return LeadView(
        id=lead.id,
        title=lead.title,
        stage=lead.stage.value,
        person_name=lead.person_name,
        contacts=[contact_view(one) for one in lead.contacts],
        owner_id=lead.owner_id,
        customer_id=lead.customer_id,
        source=lead.source,
        utm=dict(lead.utm),
        created_at=lead.made_at,
        updated_at=lead.changed_at,
        url=desk.crm.url(CrmRef(LEAD, str(lead.id))),
    )


def timeline_item(entry: Entry) -> TimelineItem:
    return TimelineItem(
        id=entry.id,
        kind=entry.kind,
        author=entry.author,
        text=entry.text,
        file_names=list(entry.file_names),
        at=entry.at,
        conversation_id=entry.conversation_id,
        edited_at=entry.edited_at,
        withdrawn_at=entry.withdrawn_at,
        turn=entry.turn,
        data=dict(entry.data),
    )


def sync_view(so_far: Progress) -> SyncView:
    return SyncView(
        state=so_far.state.value,
        logged_seq=so_far.logged_seq,
        problem=so_far.problem.value if so_far.problem else None,
        detail=so_far.detail,
    )


async def standing_of(
    tx: Transaction, desk: Desk, conversation: Conversation
) -> tuple[LeadView | None, SyncView]:
    """A conversation's lead, and how far it is logged."""
    log = await tx.crm.log(desk.crm_account, conversation.id)
    lane = await tx.crm.lane(desk.crm_account, conversation.customer_id)
    lead_id = conversation.lead_id or (log.lead_id if log else None)
    lead = await tx.leads.get(lead_id) if lead_id else None
    return (lead_view(lead, desk) if lead else None), sync_view(progress(conversation, log, lane))


def onlooker(viewer: Viewer) -> Onlooker | None:
    """Whose leads are asked for; None: all."""
    if viewer.line_ids is None:
        return None
    return Onlooker(sorted(viewer.line_ids), viewer.operator_id)


async def leads_seen(tx: Transaction, viewer: Viewer, leads: list[LeadCard]) -> list[LeadCard]:
    """Those of `leads` that are theirs, or of a customer whom they see."""
    if viewer.line_ids is None:
        return leads
    asked = {lead.customer_id for lead in leads if lead.customer_id is not None}
    seen: set[CustomerId] = await tx.access.customers_seen(
        sorted(asked), line_ids=sorted(viewer.line_ids), operator_id=viewer.operator_id
    )
    mine = viewer.operator_id
    return [
        lead
        for lead in leads
        if lead.customer_id in seen or (mine is not None and lead.owner_id == mine)
    ]
