"""What becomes of messages at the customer's: an operator's own are changed, withdrawn, or left as they
are; a customer's get a reaction.
"""

from collections.abc import Awaitable, Callable

from console.access import must_answer, person, seen
from console.api.conversations import handled
from console.api.route import Ask, Route
from console.api.shapes import MessageItem, ReactionChange, Rewording
from console.views import message_item
from router import reacting, rewording
from router.channel import Capabilities
from router.errors import NotFound
from router.ids import MessageId
from router.model import Message
from router.staff import Operator
from router.storage import Transaction

Act = Callable[[Transaction, Operator, Capabilities], Awaitable[Message]]


async def _done(ask: Ask, message_id: MessageId, act: Act) -> MessageItem:
    """Do something with what they said, in a conversation that they may see."""
    who = person(ask.viewer)

    async def step(tx: Transaction) -> Message:
        message = await tx.messages.get(message_id)
        if message is None:
            raise NotFound("no such message")
        head = seen(ask.viewer, await tx.conversations.get(message.conversation_id))
        can = ask.desk.accounts.capabilities(head.channel).where(public=head.public)
        return await act(tx, who, can)

    return message_item(await ask.storage.run(step), ask.desk.file_url)


async def edit(ask: Ask, message_id: MessageId, body: Rewording) -> MessageItem:
    """Have it say something else, at the customer's too."""
    return await _done(
        ask,
        message_id,
        lambda tx, who, can: rewording.edit(
            tx, message_id, body.text, author=who, capabilities=can, now=ask.now()
        ),
    )


async def withdraw(ask: Ask, message_id: MessageId) -> MessageItem:
    """Take it back, at the customer's too."""
    return await _done(
        ask,
        message_id,
        lambda tx, who, can: rewording.withdraw(
            tx, message_id, author=who, capabilities=can, now=ask.now()
        ),
    )


async def give_up(ask: Ask, message_id: MessageId) -> MessageItem:
    """Forget a change that failed."""
    return await _done(
        ask,
        message_id,
        lambda tx, who, _: rewording.give_up(tx, message_id, author=who, now=ask.now()),
    )


async def react(ask: Ask, message_id: MessageId, body: ReactionChange) -> MessageItem:
    """Have a reaction under a customer's message, or none any more."""
    who = person(ask.viewer)

    async def step(tx: Transaction) -> Message:
        message = await tx.messages.get(message_id)
        if message is None:
            raise NotFound("no such message")
        head = seen(ask.viewer, await tx.conversations.get(message.conversation_id))
        must_answer(ask.viewer, await handled(tx, head))
        return await reacting.react(
            tx,
            message_id,
            body.emoji,
            operator_id=who.id,
            capabilities=ask.desk.accounts.capabilities(head.channel).where(public=head.public),
            now=ask.now(),
        )

    return message_item(await ask.storage.run(step), ask.desk.file_url)


ROUTES = (
    Route("PUT", "/messages/{message_id}", edit),
    Route("DELETE", "/messages/{message_id}", withdraw),
    Route("DELETE", "/messages/{message_id}/change", give_up),
    Route("PUT", "/messages/{message_id}/reaction", react),
)
