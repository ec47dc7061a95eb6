"""Which of our messages a provider means."""

from router.model import Inbox, Message
from router.storage import Transaction


async def named(
    tx: Transaction, inbox: Inbox, external_id: str, *, thread_key: str | None
) -> Message | None:
    """The message, its thread locked; None if it was said elsewhere. Without a `thread_key` the
    provider does not say where.
    """
    found = await tx.refs.find(inbox.id, external_id)
    message = await tx.messages.get(found[0]) if found else None
    if message is None:
        return None
    thread = await tx.threads.get(message.thread_id, lock=True)
    if thread is None or (thread_key is not None and thread.key != thread_key):
        return None
    return await tx.messages.get(message.id)
