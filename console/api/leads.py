"""Leads of the built-in CRM, with their timelines."""

from typing import Literal

from pydantic import Field

from console.api.route import Ask, Route
from console.api.shapes import LeadChange, LeadView, Page, Shape, TimelineItem
from console.leads import lead_view, leads_seen, onlooker, timeline_item
from router.errors import NotFound
from router.ids import LeadId, OperatorId
from router.storage.leads import LeadCard, Stage


class LeadsQuery(Shape):
    q: str = Field(default="", max_length=200)
    stage: Literal["new", "in_progress", "won", "lost"] | None = None
    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)


class TimelineQuery(Shape):
    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)


async def leads(ask: Ask, query: LeadsQuery) -> Page[LeadView]:
    """The newest first. With `q`, those with a phone or an e-mail address, or with all its words in
    their title, name and contacts.
    """
    found = await ask.desk.crm.leads(
        sees=onlooker(ask.viewer),
        stage=Stage(query.stage) if query.stage else None,
        words=query.q,
        cursor=query.cursor,
        limit=query.limit,
    )
    return Page(items=[lead_view(one, ask.desk) for one in found.items], next=found.next)


async def lead(ask: Ask, lead_id: LeadId) -> LeadView:
    return lead_view(await _one(ask, lead_id), ask.desk)


async def change(ask: Ask, lead_id: LeadId, body: LeadChange) -> LeadView:
    await _one(ask, lead_id)
    changed = await ask.desk.crm.change(
        lead_id,
        title=body.title,
        stage=Stage(body.stage) if body.stage else None,
        owner_id=OperatorId(body.owner_id) if body.owner_id else None,
    )
    return lead_view(changed, ask.desk)


async def timeline(ask: Ask, lead_id: LeadId, query: TimelineQuery) -> Page[TimelineItem]:
    await _one(ask, lead_id)
    found = await ask.desk.crm.timeline(lead_id, cursor=query.cursor, limit=query.limit)
    return Page(items=[timeline_item(one) for one in found.items], next=found.next)


async def _one(ask: Ask, lead_id: LeadId) -> LeadCard:
    """Raises `NotFound` also for what they may not see."""
    found = await ask.desk.crm.lead(lead_id)
    async with ask.storage.reading() as tx:
        if not await leads_seen(tx, ask.viewer, [found]):
            raise NotFound("there is no such lead")
    return found


ROUTES = (
    Route("GET", "/leads", leads),
    Route("GET", "/leads/{lead_id}", lead),
    Route("PATCH", "/leads/{lead_id}", change),
    Route("GET", "/leads/{lead_id}/timeline", timeline),
)
