"""A conversation whose customer came to another matter: split at a message, and taken back.

Whoever may give it away may split it; who had the earlier one, or supervises, may take that back.
"""

from console.access import must_hold, person
from console.api.conversations import done, whither
from console.api.route import Ask, Route
from console.api.shapes import ConversationView
from console.api.shapes.steering import Split
from router import splitting
from router.errors import Invalid
from router.ids import ConversationId
from router.model import Conversation
from router.splitting import Matter
from router.storage import Transaction


async def split(ask: Ask, conversation_id: ConversationId, body: Split) -> ConversationView:
    """Gives the later one."""
    who = person(ask.viewer)
    if body.operator_id is not None and body.line_id is not None:
        raise Invalid("to an operator or to a line", fields={"line_id": "is one too many"})

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        must_hold(ask.viewer, head)
        to, to_line = await whither(tx, operator_id=body.operator_id, line_id=body.line_id)
        matter = Matter(body.subject, body.own_lead, to, to_line)
        after = await splitting.split(
            tx, head.id, who.id, from_seq=body.from_seq, matter=matter, now=ask.now()
        )
        await ask.audit(tx, "conversation_split", head.id)
        return after

    return await done(ask, conversation_id, act)


async def unsplit(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    """Of the earlier one, which is whole again. Gives it."""
    who = person(ask.viewer)

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        must_hold(ask.viewer, head)
        after = await splitting.unsplit(tx, head.id, who.id, now=ask.now())
        await ask.audit(tx, "conversation_unsplit", head.id)
        return after

    return await done(ask, conversation_id, act)


ONE = "/conversations/{conversation_id}"

ROUTES = (
    Route("POST", f"{ONE}/split", split),
    Route("POST", f"{ONE}/unsplit", unsplit),
)
