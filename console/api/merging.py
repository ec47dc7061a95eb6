"""Conversations of one customer that go on as one: which, by whom, and taking it back.

Whoever has a conversation, or supervises, may merge another into it that they see: one that nobody
has, or that is theirs. What a colleague has, only those who supervise.
"""

from console.access import Viewer, is_theirs, must_hold, must_supervise, person, sees
from console.api.conversations import done, one
from console.api.route import Ask, Route
from console.api.shapes import ConversationView
from console.api.shapes.steering import Merge
from console.views import conversation_view
from router import merging
from router.ids import ConversationId
from router.model import HELD, Conversation, State
from router.storage import Transaction


async def merge(ask: Ask, conversation_id: ConversationId, body: Merge) -> ConversationView:
    """Gives the one in which it goes on."""
    who = person(ask.viewer)

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        into = await one(tx, ask.viewer, ConversationId(body.into_id))
        must_hold(ask.viewer, into)
        _must_take(ask.viewer, head)
        after = await merging.merge(tx, head.id, into.id, who.id, now=ask.now())
        await ask.audit(tx, "conversation_merged", head.id)
        return after

    return await done(ask, conversation_id, act)


async def unmerge(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    """Gives the one that goes on by itself again."""
    who = person(ask.viewer)

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        survivor = await tx.conversations.survivor(head)
        must_hold(ask.viewer, survivor or head)
        after = await merging.unmerge(tx, head.id, who.id, now=ask.now())
        await ask.audit(tx, "conversation_unmerged", head.id)
        return after

    return await done(ask, conversation_id, act)


async def mergeable(ask: Ask, conversation_id: ConversationId) -> list[ConversationView]:
    """The customer's other open conversations on its line, the latest first."""
    async with ask.storage.reading() as tx:
        head = await one(tx, ask.viewer, conversation_id)
        theirs = await tx.conversations.of_customer(head.customer_id)
    return [
        conversation_view(other)
        for other in theirs
        if other.id != head.id
        and other.line_id == head.line_id
        and other.state is not State.CLOSED
        and sees(ask.viewer, other)
    ]


def _must_take(viewer: Viewer, merged: Conversation) -> None:
    if merged.state in HELD and not is_theirs(viewer, merged):
        must_supervise(viewer)


ONE = "/conversations/{conversation_id}"

ROUTES = (
    Route("GET", f"{ONE}/mergeable", mergeable),
    Route("POST", f"{ONE}/merge", merge),
    Route("POST", f"{ONE}/unmerge", unmerge),
)
