"""The lists of conversations: page by page, and what is found in them by words."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import orjson
from pydantic import Field

from console.access import List, Viewer, belongs, mine_first, sees, sees_line, urgent_first
from console.api.route import Ask, Ready, Route
from console.api.shapes import FoundMessage, ListedView, Page, Shape
from console.views import conversation_fields
from router.errors import Invalid, NotFound
from router.ids import ConversationId, InboxId, LineId, MessageId
from router.model import Conversation
from router.states import preview
from router.storage import Transaction
from router.storage.search import Hit
from router.storage.statements import Page as Walked
from router.words import excerpt, sought_in

PAGE = 50
ListedPage = Annotated[Ready, Page[ListedView]]


class ListQuery(Shape):
    list: Literal["mine", "waiting", "all", "closed"] = "all"
    order: Literal["usual", "urgent"] = "usual"
    line_id: LineId | None = None
    inbox_id: InboxId | None = None
    q: str = Field(default="", max_length=200)
    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=PAGE, ge=1, le=200)


async def lines_asked(tx: Transaction, viewer: Viewer, line_id: LineId | None) -> list[LineId]:
    if line_id is None and viewer.line_ids is not None:
        return sorted(viewer.line_ids)
    if line_id is None:
        return [line.id for line in await tx.lines.all()]
    if not sees_line(viewer, line_id) or await tx.lines.get(line_id) is None:
        raise NotFound("no such line")
    return [line_id]


async def listed(
    tx: Transaction,
    viewer: Viewer,
    which: List,
    line_ids: Sequence[LineId],
    *,
    urgent: bool = False,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Walked[Conversation]:
    """A page of a list. *Mine* comes whole, whatever its lines; *closed* knows no urgency."""
    match which:
        case List.MINE:
            who = viewer.operator_id
            held = await tx.conversations.mine(who) if who else []
            return Walked(sorted(held, key=urgent_first if urgent else mine_first), None)
        case List.WAITING:
            walk = tx.conversations.urgent_waiting if urgent else tx.conversations.waiting
            return await walk(line_ids, cursor=cursor, limit=limit)
        case List.ALL:
            walk = tx.conversations.urgent_all if urgent else tx.conversations.all
            return await walk(line_ids, cursor=cursor, limit=limit)
        case List.CLOSED:
            return await tx.conversations.closed(line_ids, cursor=cursor, limit=limit)


async def conversations(ask: Ask, query: ListQuery) -> ListedPage:
    """With `q`, what has all its words in its card or in one of its messages, the newest first.
    By `order=urgent`, what becomes late first (`urgent_at`), then who is served first (`rank_at`).

    What was written a moment ago may be found a moment later. Of one inbox, by `inbox_id`: *all*, the
    latest opened first, or *closed*; a page may be shorter for who does not see all its lines.
    """
    which, viewer, urgent = List(query.list), ask.viewer, query.order == "urgent"
    if urgent and (which is List.CLOSED or query.q.strip()):
        raise Invalid("not of what is closed or found", fields={"order": "leave it out"})
    async with ask.storage.reading() as tx:
        if query.inbox_id is not None:
            return await _of_inbox(tx, viewer, query.inbox_id, query)
        line_ids = await lines_asked(tx, viewer, query.line_id)
        if query.q.strip():
            return await _search(tx, viewer, which, line_ids, query)
        found = await listed(
            tx, viewer, which, line_ids, urgent=urgent, cursor=query.cursor, limit=query.limit
        )
    items = [one for one in found.items if query.line_id in (None, one.line_id)]
    return _page([(one, None) for one in items], found.next)


async def _of_inbox(
    tx: Transaction, viewer: Viewer, inbox_id: InboxId, query: ListQuery
) -> ListedPage:
    alone = query.order == "usual" and query.line_id is None and not query.q.strip()
    if query.list not in ("all", "closed") or not alone:
        raise Invalid("of an inbox only all or closed", fields={"inbox_id": "stands alone"})
    inbox = await tx.inboxes.get(inbox_id)
    if inbox is None or not sees_line(viewer, inbox.line_id):
        raise NotFound("no such inbox")
    closed = query.list == "closed"
    found = await tx.conversations.of_inbox(
        inbox_id, closed=closed, cursor=query.cursor, limit=query.limit
    )
    return _page([(one, None) for one in found.items if sees(viewer, one)], found.next)


def _page(
    items: Iterable[tuple[Conversation, FoundMessage | None]], further: str | None
) -> ListedPage:
    """What is asked for most: checking our own values again took as long as reading them."""
    rows = [
        {**conversation_fields(one), "found": found and found.model_dump()} for one, found in items
    ]
    return Ready(
        orjson.dumps({"items": rows, "next": further}, default=str, option=orjson.OPT_UTC_Z)
    )


# --- searching --------------------------------------------------------------------


async def _search(
    tx: Transaction, viewer: Viewer, which: List, line_ids: Sequence[LineId], query: ListQuery
) -> ListedPage:
    if which is List.MINE:
        found = await _among_mine(tx, viewer, query)
    else:
        seen = partial(_seen, tx, viewer, which, frozenset(line_ids))
        found = await tx.search.page(query.q, seen, cursor=query.cursor, limit=query.limit)
    # What goes on in one may be found beside it: each once, by what was said last.
    each = {one.id: (one, hit) for one, hit in reversed(found.items)}
    hits = sorted(each.values(), key=lambda found: -found[1].id)
    said = await _said(tx, query.q, [hit for _, hit in hits])
    return _page([(one, said.get(hit.subject)) for one, hit in hits], found.next)


async def _among_mine(
    tx: Transaction, viewer: Viewer, query: ListQuery
) -> Walked[tuple[Conversation, Hit]]:
    held = (await listed(tx, viewer, List.MINE, ())).items
    asked = [one for one in held if query.line_id in (None, one.line_id)]
    own = {one.id: one for one in asked}
    beside = await tx.conversations.merged_into(*own)
    hits = await tx.search.among(query.q, [*own, *(one.id for one in beside)])
    # From each to that in which it goes on.
    goes_on = {one.id: one.merged_into for one in beside if one.merged_into is not None}
    found = []
    for whose, hit in hits.items():
        id_ = ConversationId(whose)
        while id_ not in own:
            id_ = goes_on[id_]
        found.append((own[id_], hit))
    return Walked(sorted(found, key=lambda one: -one[1].id), None)


async def _seen(
    tx: Transaction,
    viewer: Viewer,
    which: List,
    line_ids: frozenset[LineId],
    ids: Sequence[UUID],
) -> Mapping[UUID, Conversation]:
    """What is found, or that in which it goes on, if it stands in the list."""
    known = await tx.conversations.many([ConversationId(one) for one in ids])
    there: dict[UUID, Conversation] = {}
    for id_, one in known.items():
        merged = which is not List.CLOSED and one.merged_into is not None
        shown = await tx.conversations.survivor(one) if merged else one
        if shown and shown.line_id in line_ids and belongs(shown, which, viewer):
            there[id_] = shown
    return there


async def _said(tx: Transaction, words: str, hits: Sequence[Hit]) -> Mapping[UUID, FoundMessage]:
    """The messages among the hits: the others are the conversations' own cards."""
    ids = [MessageId(hit.subject) for hit in hits if hit.subject != hit.whose]
    if not ids:
        return {}
    sought = sought_in(words)
    return {
        one.id: FoundMessage(
            id=one.id,
            seq=one.seq,
            author=one.author.value,
            text=preview(excerpt(one.text, sought)),
            at=one.sent_at,
        )
        for one in await tx.messages.many(ids)
    }


ROUTES = (Route("GET", "/conversations", conversations),)
