"""Proof by a code: to whom one can be sent, and asking a customer for it."""

from console.access import Viewer, is_theirs, must_answer, supervises
from console.api.conversations import one
from console.api.route import Ask, Route
from console.api.shapes.codes import AskCode, CodeTarget
from console.customers import conversations_of, may_be, sees_customer
from router import proving
from router.errors import NotFound
from router.ids import ConversationId, CustomerId
from router.model import Conversation, State
from router.proving import Target
from router.storage import Transaction


async def targets(ask: Ask, conversation_id: ConversationId) -> list[CodeTarget]:
    """Who the customer may be, and can prove to be by a code; empty for who may not ask for one."""
    async with ask.storage.reading() as tx:
        head = await one(tx, ask.viewer, conversation_id)
        customer = await tx.customers.get(head.customer_id)
        if customer is None or not _may_ask(ask.viewer, head):
            return []
        seen = [who for who in await may_be(tx, customer) if await _is_seen(tx, ask, who)]
        found = await proving.targets(
            tx, customer, seen, ask.desk.accounts.capabilities, now=ask.now()
        )
        return [_view(target) for target in found]


async def ask_for_code(ask: Ask, conversation_id: ConversationId, body: AskCode) -> CodeTarget:
    """Send the other customer a code and ask for it here: who types it is that customer."""
    other_id = CustomerId(body.other_id)

    async def step(tx: Transaction) -> Target:
        head = await one(tx, ask.viewer, conversation_id)
        must_answer(ask.viewer, head)
        if not await _is_seen(tx, ask, other_id):
            raise NotFound("no such customer")
        target = await proving.ask(
            tx,
            head.id,
            other_id,
            capabilities=ask.desk.accounts.capabilities,
            sealing=ask.desk.sealing,
            now=ask.now(),
        )
        await ask.audit(tx, "code_asked", head.customer_id)
        return target

    return _view(await ask.storage.run(step))


def _may_ask(viewer: Viewer, head: Conversation) -> bool:
    allowed = viewer.operator is None or supervises(viewer) or is_theirs(viewer, head)
    return allowed and head.state is not State.CLOSED


async def _is_seen(tx: Transaction, ask: Ask, customer_id: CustomerId) -> bool:
    return sees_customer(ask.viewer, await conversations_of(tx, customer_id))


def _view(target: Target) -> CodeTarget:
    return CodeTarget(customer_id=target.customer_id, channel=target.conversation.channel)


ONE = "/conversations/{conversation_id}"

ROUTES = (
    Route("GET", f"{ONE}/codes", targets),
    Route("POST", f"{ONE}/codes", ask_for_code),
)
