"""What is said: answers to customers, notes among operators, deliveries that need a person's word."""

from console.access import must_answer, must_hold, person
from console.api.conversations import beside, handled, one
from console.api.route import Ask, Route
from console.api.shapes import MessageItem, Note, NoteItem, Reply, Settle
from console.views import message_item, note_item
from router import handling, outbound
from router.buttons import Button, choices
from router.errors import Invalid, NotFound
from router.ids import ConversationId, DeliveryId, FileId, MessageId, NoteId
from router.model import Message
from router.model import Note as Said
from router.storage import Transaction


async def reply(ask: Ask, conversation_id: ConversationId, body: Reply) -> MessageItem:
    """Queue an answer. The same `id` again is the same message."""
    if not body.text.strip() and not body.file_ids:
        raise Invalid("say something", fields={"text": "is empty"})

    async def step(tx: Transaction) -> Message:
        head = await one(tx, ask.viewer, conversation_id)
        must_answer(ask.viewer, await handled(tx, head))
        return await outbound.reply(
            tx,
            head.id,
            message_id=MessageId(body.id),
            text=body.text,
            file_ids=[FileId(file_id) for file_id in body.file_ids],
            author=ask.viewer.operator,
            buttons=_buttons(body),
            in_reply_to=MessageId(body.in_reply_to) if body.in_reply_to else None,
            seen_seq=body.seen_seq,
            seen_beside=beside(body.seen_beside),
            capabilities=ask.desk.accounts.capabilities(head.channel),
            now=ask.now(),
        )

    return message_item(await ask.storage.run(step), ask.desk.file_url)


def _buttons(body: Reply) -> tuple[Button, ...]:
    if body.ask_phone is not None and body.options:
        wrong = "cannot stand beside other choices"
        raise Invalid("ask for one thing at a time", fields={"ask_phone": wrong})
    if (body.options or body.ask_phone) and not body.text.strip():
        raise Invalid("say something", fields={"text": "is empty"})
    asking = (Button(body.ask_phone, asks_phone=True),) if body.ask_phone else ()
    return (*choices(body.options), *asking)


async def note(ask: Ask, conversation_id: ConversationId, body: Note) -> NoteItem:
    who = person(ask.viewer)
    if not body.text.strip():
        raise Invalid("say something", fields={"text": "is empty"})

    async def step(tx: Transaction) -> Said:
        head = await one(tx, ask.viewer, conversation_id)
        return await handling.note(
            tx, head.id, who.id, note_id=NoteId(body.id), text=body.text, now=ask.now()
        )

    return note_item(await ask.storage.run(step))


async def _answerable(tx: Transaction, ask: Ask, delivery_id: DeliveryId) -> None:
    """Raises unless the delivery is in a conversation in which they may answer."""
    delivery = await tx.deliveries.get(delivery_id)
    message = await tx.messages.get(delivery.message_id) if delivery else None
    if message is None:
        raise NotFound("no such delivery")
    head = await one(tx, ask.viewer, message.conversation_id)
    must_hold(ask.viewer, await handled(tx, head))


async def retry(ask: Ask, delivery_id: DeliveryId) -> MessageItem:
    """Send again what failed."""

    async def step(tx: Transaction) -> Message:
        await _answerable(tx, ask, delivery_id)
        return await outbound.retry(tx, delivery_id, now=ask.now())

    return message_item(await ask.storage.run(step), ask.desk.file_url)


async def settle(ask: Ask, delivery_id: DeliveryId, body: Settle) -> MessageItem:
    """Say whether an unconfirmed delivery reached the customer; if not, it is sent again."""

    async def step(tx: Transaction) -> Message:
        await _answerable(tx, ask, delivery_id)
        return await outbound.settle(tx, delivery_id, arrived=body.arrived, now=ask.now())

    return message_item(await ask.storage.run(step), ask.desk.file_url)


ROUTES = (
    Route("POST", "/conversations/{conversation_id}/messages", reply, status=202),
    Route("POST", "/conversations/{conversation_id}/notes", note, status=201),
    Route("POST", "/deliveries/{delivery_id}/retry", retry),
    Route("POST", "/deliveries/{delivery_id}/settle", settle),
)
