"""What people do beside handling a conversation: take it over, pin it, turn its customer away, or
begin one themselves.
"""

from console.access import must_hold, must_supervise, person, seen, sees_line
from console.api.conversations import done
from console.api.route import Ask, Route
from console.api.shapes import ConversationView, CustomerView
from console.api.shapes.steering import Pin, Spam, ThreadView
from console.customers import conversations_of, customer_whole, sees_customer
from console.views import conversation_view
from router import steering
from router.errors import Invalid, NotFound
from router.ids import ConversationId, CustomerId, ThreadId
from router.model import Conversation, State, Thread
from router.storage import Transaction

NOT_ASIDE = "nobody can be written to alone from here"
NOT_FIRST = "on this channel only the customer can begin"


async def intercept(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    """A supervisor takes over; who had it takes part still."""
    must_supervise(ask.viewer)
    who = person(ask.viewer)
    return await done(
        ask,
        conversation_id,
        lambda tx, head: steering.intercept(tx, head.id, who, now=ask.now()),
    )


async def pin(ask: Ask, conversation_id: ConversationId, body: Pin) -> ConversationView:
    who = person(ask.viewer)

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        must_hold(ask.viewer, head)
        return await steering.pin(tx, head.id, who.id, pinned=body.pinned, now=ask.now())

    return await done(ask, conversation_id, act)


async def spam(ask: Ask, conversation_id: ConversationId, body: Spam) -> ConversationView:
    who = person(ask.viewer)

    async def act(tx: Transaction, head: Conversation) -> Conversation:
        must_hold(ask.viewer, head)
        after = await steering.spam(tx, head.id, who.id, block=body.block, now=ask.now())
        if body.block:
            await ask.audit(tx, "customer_blocked", head.customer_id)
        return after

    return await done(ask, conversation_id, act)


# --- customers ----------------------------------------------------------------------


async def block(ask: Ask, customer_id: CustomerId) -> CustomerView:
    """All that is open of theirs closes; what they write from now on disturbs nobody."""
    must_supervise(ask.viewer)
    who = person(ask.viewer)

    async def step(tx: Transaction) -> CustomerView:
        await _visible(tx, ask, customer_id)
        await steering.block(tx, customer_id, who.id, now=ask.now())
        await ask.audit(tx, "customer_blocked", customer_id)
        return await customer_whole(tx, customer_id, ask.desk.file_url)

    return await ask.storage.run(step)


async def unblock(ask: Ask, customer_id: CustomerId) -> CustomerView:
    """Whoever blocks may find that it was a mistake: everybody who sees them may take it back."""
    who = person(ask.viewer)

    async def step(tx: Transaction) -> CustomerView:
        await _visible(tx, ask, customer_id)
        await steering.unblock(tx, customer_id, who.id, now=ask.now())
        await ask.audit(tx, "customer_unblocked", customer_id)
        return await customer_whole(tx, customer_id, ask.desk.file_url)

    return await ask.storage.run(step)


async def threads(ask: Ask, customer_id: CustomerId) -> list[ThreadView]:
    """Where this customer wrote, the latest first."""
    async with ask.storage.reading() as tx:
        theirs = await _visible(tx, ask, customer_id)
        latest: dict[ThreadId, Conversation] = {}
        for one in theirs:
            latest.setdefault(one.thread_id, one)
        return [
            await _thread_view(tx, ask, one)
            for one in latest.values()
            if sees_line(ask.viewer, one.line_id)
        ]


async def start(ask: Ask, thread_id: ThreadId) -> ConversationView:
    """Begin a conversation with somebody who once wrote, and have it; one that waits is taken."""
    who = person(ask.viewer)

    async def step(tx: Transaction) -> Conversation:
        head = seen(ask.viewer, await tx.conversations.latest(thread_id))
        if head.state is State.CLOSED and not _may_begin(ask, head):
            raise Invalid(NOT_FIRST)
        return await steering.start(tx, thread_id, who, now=ask.now())

    return conversation_view(await ask.storage.run(step))


async def aside(ask: Ask, conversation_id: ConversationId) -> ConversationView:
    """Write alone to who wrote in public: begin a conversation with them where nobody else reads."""
    who = person(ask.viewer)
    async with ask.storage.reading() as tx:
        head = seen(ask.viewer, await tx.conversations.get(conversation_id))
        must_hold(ask.viewer, head)
        can = ask.desk.accounts.capabilities(head.channel).where(public=head.public)
        if not can.aside:
            raise Invalid(NOT_ASIDE)
        thread = await tx.threads.get(head.thread_id)
        known = await tx.identities.get(thread.identity_id) if thread else None
        assert known is not None
    key = await ask.desk.accounts.approach(head.inbox_id, known.address)
    alone = await ask.storage.run(
        lambda tx: steering.thread_alone(tx, head.inbox_id, known, key, now=ask.now())
    )
    return conversation_view(
        await ask.storage.run(lambda tx: steering.start(tx, alone, who, now=ask.now()))
    )


def _may_begin(ask: Ask, one: Conversation) -> bool:
    return ask.desk.accounts.capabilities(one.channel).can_start


async def _thread_view(tx: Transaction, ask: Ask, latest: Conversation) -> ThreadView:
    thread = await tx.threads.get(latest.thread_id)
    return ThreadView(
        id=latest.thread_id,
        channel=latest.channel,
        inbox_id=latest.inbox_id,
        line_id=latest.line_id,
        conversation_id=latest.id,
        open=latest.state is not State.CLOSED,
        can_start=_may_begin(ask, latest) and await _is_reachable(tx, thread),
    )


async def _is_reachable(tx: Transaction, thread: Thread | None) -> bool:
    if thread is None:
        return False
    customer = await tx.customers.get(thread.customer_id)
    identity = await tx.identities.get(thread.identity_id)
    inbox = await tx.inboxes.get(thread.inbox_id)
    unwanted = customer is None or customer.blocked
    return not unwanted and bool(identity and identity.active and inbox and inbox.active)


async def _visible(tx: Transaction, ask: Ask, customer_id: CustomerId) -> list[Conversation]:
    theirs = await conversations_of(tx, customer_id)
    if not sees_customer(ask.viewer, theirs):
        raise NotFound("no such customer")
    return theirs


ONE = "/conversations/{conversation_id}"

ROUTES = (
    Route("POST", f"{ONE}/intercept", intercept),
    Route("PUT", f"{ONE}/pin", pin),
    Route("POST", f"{ONE}/spam", spam),
    Route("POST", f"{ONE}/aside", aside),
    Route("POST", "/customers/{customer_id}/block", block),
    Route("POST", "/customers/{customer_id}/unblock", unblock),
    Route("GET", "/customers/{customer_id}/threads", threads),
    Route("POST", "/threads/{thread_id}/start", start),
)
