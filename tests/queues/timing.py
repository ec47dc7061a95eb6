"""A desk on which time passes, for the tests of timers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from queues.timers import Timers
from router import handling
from router.channel import Capabilities
from router.ids import MessageId, new_id
from router.model import Author, Conversation, Inbox, Line, Message
from router.outbound import reply
from router.queueing import AutomaticReply, Replies, ReplyWhen
from router.reactions import TIMERS
from router.staff import Operator
from tests.desk import Desk

ADDRESS = "https://chat.example"
CAN = Capabilities(max_text_chars=1000)


def stage(key: str, when: ReplyWhen, text: str, **more: Any) -> AutomaticReply:
    return AutomaticReply(key, when, {"en": text}, **more)


HELLO = stage("hello", ReplyWhen.OPENED, "Hello {name}\nThis is {line}")
BUSY = stage("busy", ReplyWhen.WAITING, "You are number {place}\nWait {wait}", after_s=60)
STILL = stage("still", ReplyWhen.CUSTOMER_SILENT, "Are you there?", after_s=300)
BYE = stage("bye", ReplyWhen.CLOSED, "Goodbye")


def timers(desk: Desk, *, patience_s: float = 0, can: Capabilities = CAN) -> Timers:
    until = desk.clock.now() + timedelta(seconds=patience_s)
    made = Timers(
        desk.storage, desk.clock, capabilities=lambda _: can, patient_until=until, address=ADDRESS
    )
    desk.steps[TIMERS] = made.step
    return made


async def setting(
    desk: Desk, *stages: AutomaticReply, can: Capabilities = CAN, **settings: Any
) -> tuple[Line, Inbox]:
    timers(desk, can=can)
    line = await desk.line(replies=Replies(stages), language="en", **settings)
    return line, await desk.inbox(line)


async def spoken(desk: Desk, inbox: Inbox, who: str = "visitor-1") -> list[str]:
    """What the desk said by itself."""
    thread = await desk.thread(inbox, who)
    async with desk.storage.reading() as tx:
        messages: Sequence[Message] = await tx.messages.of_thread(thread.id)
    return [one.text for one in messages if one.author is Author.DESK]


async def events_of(desk: Desk, conversation: Conversation) -> list[str]:
    async with desk.storage.reading() as tx:
        marks = await tx.record.marks([conversation.id], after_seq=0, up_to_seq=99)
    return [mark.event for mark in marks]


async def takes(desk: Desk, inbox: Inbox, by: Operator) -> Conversation:
    one = await desk.conversation(inbox)
    async with desk.storage.transaction() as tx:
        return await handling.take(tx, one.id, by, now=desk.clock.now())


async def served(desk: Desk, inbox: Inbox, by: Operator, *who: str, after_s: float) -> None:
    """These write, one after another, and each waits so long until they take it."""
    for one in who:
        await desk.writes(inbox=inbox, who=one)
        waiting = await desk.conversation(inbox, one)
        desk.clock.move(after_s)
        async with desk.storage.transaction() as tx:
            await handling.take(tx, waiting.id, by, now=desk.clock.now())


async def answers(desk: Desk, inbox: Inbox, by: Operator, text: str = "Good day") -> None:
    one = await desk.conversation(inbox)
    async with desk.storage.transaction() as tx:
        await reply(
            tx,
            one.id,
            message_id=MessageId(new_id()),
            text=text,
            author=by,
            capabilities=CAN,
            now=desk.clock.now(),
        )


async def passes(desk: Desk, seconds: float) -> None:
    desk.clock.move(seconds)
    await desk.works()


async def closes(desk: Desk, inbox: Inbox, by: Operator) -> Conversation:
    one = await desk.conversation(inbox)
    async with desk.storage.transaction() as tx:
        return await handling.close(tx, one.id, by.id, reason="done", now=desk.clock.now())
