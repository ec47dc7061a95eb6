"""What comes as several, or piece by piece, and is one message; what is said by pressing a button."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from router import events
from router.batches import Incoming
from router.channel import Action, Arrival, CustomerAction, IncomingMessage, Stored
from router.identity import describe
from router.ids import MessageId
from router.model import Conversation, File, Message
from router.planning import is_pending
from router.reactions import FETCH
from router.states import last_of, of, touched
from router.storage import Transaction

# A keyboard further up has left the screen.
LOOKED_THROUGH = 50


# --- albums ------------------------------------------------------------------


async def join(
    tx: Transaction, part: Incoming, begun: Stored, *, now: datetime
) -> tuple[Conversation, Message]:
    """Add a part of an album to the message that its first part made; gives its conversation as it
    was before, and the message. Its thread is locked.

    No caption is lost: what two parts say stands one below the other.
    """
    assert begun.message_id is not None
    message = await tx.messages.get(MessageId(UUID(begun.message_id)))
    assert message is not None
    await tx.refs.add(*part.ref, message.id)
    words = [text for text in (message.text, part.message.text) if text]
    message = replace(message, text="\n".join(words))
    after = await with_files(tx, message, part.files, uploader=part.uploader, now=now)
    return await _show(tx, after, part, now=now), after


def new_among(files: Sequence[File], message: Message) -> list[File]:
    """Which of the files that a provider says a message has now do not stand there yet. It may call
    a file anew each time, but not name or measure it otherwise.
    """

    def is_same(file: File, known: File) -> bool:
        sizes = {file.size_bytes, known.size_bytes} - {0}
        return file.name == known.name and len(sizes) < 2

    return [one for one in files if not any(is_same(one, known) for known in message.files)]


async def with_files(
    tx: Transaction, message: Message, files: Sequence[File], *, uploader: str, now: datetime
) -> Message:
    """The message, saved with more files behind those that it has. Its thread is locked."""
    for position, file in enumerate(files, start=len(message.files)):
        await tx.files.insert(
            file, uploader=uploader, at=now, message_id=message.id, position=position
        )
    after = replace(message, files=(*message.files, *files))
    # A message tells by itself how many files it has.
    await tx.messages.save(after)
    if is_pending(after):
        tx.lanes.wake(FETCH, after.id, now)
    return after


async def _show(
    tx: Transaction, message: Message, part: Incoming, *, now: datetime
) -> Conversation:
    held = await tx.conversations.lock(message.conversation_id)
    assert held is not None
    _, conversation = held
    if part.contacts:
        await describe(tx, conversation.customer_id, name="", contacts=part.contacts, now=now)
        held = await tx.conversations.lock(message.conversation_id)
        assert held is not None
        _, conversation = held
    is_last = conversation.last_seq == message.seq
    after = touched(conversation, last=last_of(message) if is_last else conversation.last)
    event = events.MessageGrew(**of(after, now), message_id=message.id)
    await tx.change(conversation, after, event, messages=(message,))
    return conversation


# --- presses -----------------------------------------------------------------


def reply_tokens(arrivals: Iterable[Arrival]) -> list[str]:
    """Who waits until we say that we have heard."""
    acted = [one for one in arrivals if isinstance(one, CustomerAction)]
    return [one.reply_token for one in acted if one.reply_token]


def pressed_in(arrival: Arrival) -> str | None:
    """The value of the button that was pressed, if it is a press."""
    if isinstance(arrival, CustomerAction) and arrival.action is Action.PRESSED:
        return arrival.value or ""
    return None


def said_by_pressing(action: CustomerAction) -> IncomingMessage:
    """A press is the customer's message, and says what stands on the button."""
    return IncomingMessage(
        external_id=action.external_id or "",
        thread_key=action.thread_key,
        sender=action.sender,
        text=action.text,
        sent_at=action.at,
        in_reply_to=action.in_reply_to,
        writer=action.writer,
    )


async def labelled(tx: Transaction, batch: Sequence[Incoming]) -> list[Incoming]:
    """The batch, with what stands on buttons whose provider tells their value only."""
    return [
        replace(one, message=replace(one.message, text=await _label(tx, one)))
        if one.pressed is not None and not one.message.text
        else one
        for one in batch
    ]


async def _label(tx: Transaction, pressed: Incoming) -> str:
    thread = await tx.threads.by_key(*pressed.place)
    messages = await tx.messages.of_thread(thread.id, limit=LOOKED_THROUGH) if thread else []
    labels = [
        button.label
        for message in reversed(messages)
        for button in message.buttons
        if button.value == pressed.pressed
    ]
    return labels[0] if labels else pressed.pressed or ""
