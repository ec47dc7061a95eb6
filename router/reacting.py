"""Reactions: a customer's to what was said, an operator's to what a customer said.

They are signs beside the talk: they open nothing, answer nothing, promise nothing and are not counted.
An operator's is carried out as a change of the message is, in the lane of the thread's delivery.
"""

from datetime import datetime

from router import events
from router.changes import Change, ChangeKind, ChangeState
from router.changing import replace
from router.channel import Capabilities, Stored
from router.emoji import Reacted, Reaction, ours, with_reaction
from router.errors import Invalid, NotFound, TooLate
from router.ids import MessageId, OperatorId
from router.model import Author, Inbox, Message
from router.naming import named
from router.receipts import CLOCKS_DIFFER, NOTHING, TooEarly
from router.rewording import show
from router.storage import Transaction


async def receive(tx: Transaction, inbox: Inbox, reacted: Reacted, *, now: datetime) -> Stored:
    """Somebody reacted where it was said. Raises `TooEarly`."""
    message = await named(tx, inbox, reacted.external_id, thread_key=reacted.thread_key)
    if message is None:
        await _may_be_on_its_way(tx, inbox, reacted)
        return NOTHING
    reaction = Reaction(
        reacted.emoji,
        reacted.at or now,
        order=reacted.order,
        address=reacted.by,
        external_id=reacted.external_id,
        counts=reacted.counts,
    )
    reactions = with_reaction(message.reactions, reaction)
    if reactions is None:
        return NOTHING
    after = replace(message, reactions=reactions)
    await tx.messages.save(after)
    await show(tx, after, events.MessageReacted, now=now)
    return Stored(
        new=True,
        thread_id=message.thread_id,
        message_id=str(message.id),
        seq=message.seq,
        at=message.stored_at,
    )


async def _may_be_on_its_way(tx: Transaction, inbox: Inbox, reacted: Reacted) -> None:
    """Raises `TooEarly` if it may be to what we send just now, whose name we do not know yet."""
    if await tx.refs.find(inbox.id, reacted.external_id) is not None:
        return
    said_by = reacted.at + CLOCKS_DIFFER if reacted.at else None
    if await tx.deliveries.any_sending(inbox.id, said_by=said_by):
        raise TooEarly


async def react(
    tx: Transaction,
    message_id: MessageId,
    emoji: str,
    *,
    operator_id: OperatorId,
    capabilities: Capabilities,
    now: datetime,
) -> Message:
    """Have this under a customer's message, in the place of what the desk has there; empty: nothing.
    Again changes nothing.

    Raises:
        NotFound: no such message.
        TooLate: it was withdrawn.
        Invalid: the channel cannot, not with that, or it is no customer's.
    """
    message = await tx.messages.get(message_id)
    if message is not None:
        await tx.threads.get(message.thread_id, lock=True)
        message = await tx.messages.get(message_id)
    if message is None:
        raise NotFound("no such message")
    if message.author is not Author.CUSTOMER:
        raise Invalid("nobody reacts to our own words")
    if emoji and emoji not in capabilities.reactions:
        raise Invalid("the channel has no such reaction", fields={"emoji": "is not offered"})
    if message.deleted_at is not None:
        raise TooLate("it was withdrawn")
    change = message.change
    if change is not None and change.state is ChangeState.FAILED:
        change = None
    if emoji == (change.text if change else ours(message.reactions)):
        return await _forgotten(tx, message, now=now) if change is not message.change else message
    wish = Change(ChangeKind.REACTION, now, text=emoji, operator_id=operator_id)
    after = replace(message, change=wish)
    await tx.messages.save(after)
    return await show(tx, after, events.MessageChangeQueued, now=now)


async def _forgotten(tx: Transaction, message: Message, *, now: datetime) -> Message:
    """What failed is not wanted any more: what stands there stays."""
    after = replace(message, change=None)
    await tx.messages.save(after)
    return await show(tx, after, events.MessageChangeFailed, now=now)


def reacted(message: Message, *, now: datetime) -> Message:
    """The message, once the reaction that was wished for stands under it at the customer's."""
    change = message.change
    assert change is not None
    assert change.operator_id is not None
    wanted = (change.text,) if change.text else ()
    mine = Reaction(wanted, now, operator_id=change.operator_id)
    others = tuple(one for one in message.reactions if one.operator_id is None)
    return replace(message, change=None, reactions=(*others, mine) if wanted else others)
