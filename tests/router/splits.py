"""A chat about an order and then about a bill, for tests of splitting it."""

from uuid import uuid4

from router import handling, outbound, splitting
from router.channel import Capabilities
from router.ids import ConversationId, MessageId
from router.model import Conversation, Message
from router.splitting import Matter
from router.staff import Operator
from tests.router.scene import Scene

CAN = Capabilities(max_text_chars=1000)
CHAT = "orders"


async def says(scene: Scene, *texts: str, key: str = CHAT) -> Conversation:
    for text in texts:
        scene.desk.clock.move(1)
        await scene.desk.writes(text, inbox=scene.inbox, who="vera", thread_key=key)
    return await scene.desk.conversation(scene.inbox, key)


async def answers(scene: Scene, id_: ConversationId, operator: Operator, text: str = "yes") -> None:
    scene.desk.clock.move(1)
    await scene.act(
        outbound.reply,
        id_,
        message_id=MessageId(uuid4()),
        text=text,
        author=operator,
        capabilities=CAN,
    )


async def talk(scene: Scene, operator: Operator | None = None) -> ConversationId:
    """1, 2: of an order, answered by 3; 4, 5: of a bill, that nobody has answered."""
    id_ = (await says(scene, "my order", "is late")).id
    operator = operator or scene.anna
    await scene.act(handling.take, id_, operator)
    await answers(scene, id_, operator)
    await says(scene, "and my bill", "is wrong")
    return id_


async def split(
    scene: Scene, id_: ConversationId, from_seq: int, by: Operator | None = None, **matter: object
) -> Conversation:
    given = Matter(**matter)  # type: ignore[arg-type]
    who = (by or scene.anna).id
    return await scene.act(splitting.split, id_, who, from_seq=from_seq, matter=given)


async def undo(scene: Scene, id_: ConversationId) -> Conversation:
    """Take back what was split from it."""
    return await scene.act(splitting.unsplit, id_, scene.anna.id)


async def said(scene: Scene, key: str = CHAT) -> list[Message]:
    thread = await scene.desk.thread(scene.inbox, key)
    async with scene.desk.storage.reading() as tx:
        return await tx.messages.of_thread(thread.id, limit=500)


async def sound(scene: Scene, key: str = CHAT) -> None:
    """As production's auditor sees it; besides, each message is its conversation's whose part of the
    thread it is in, and the numbers have no gaps.
    """
    await scene.sound()
    await in_its_place(scene, key)


async def in_its_place(scene: Scene, key: str = CHAT) -> None:
    messages = await said(scene, key)
    thread = await scene.desk.thread(scene.inbox, key)
    assert [one.seq for one in messages] == list(range(1, thread.last_seq + 1))
    async with scene.desk.storage.reading() as tx:
        cycles = await tx.conversations.of_thread(thread.id)
    covered = [(seq, one.id) for one in cycles for seq in range(one.first_seq, one.last_seq + 1)]
    assert sorted(covered) == [(one.seq, one.conversation_id) for one in messages]
