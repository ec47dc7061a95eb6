"""What operators' clients hold is stored, whatever is away meanwhile: `console.received`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from console.access import viewer
from console.received import Received
from console.socket import Socket
from router.errors import Busy
from router.ids import LineId, ThreadId
from router.model import Inbox, Line
from router.storage import Storage, Transaction
from router.storage.access import Session
from tests.clock import NOON
from tests.desk import Desk

T = TypeVar("T")


class Moody(Storage):
    """A storage that may be away, to read or to write."""

    reads = writes = True

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        if not self.reads:
            raise Busy("away")
        async with super().reading() as tx:
            yield tx

    async def run(self, step: Callable[[Transaction], Awaitable[T]]) -> T:
        if not self.writes:
            raise Busy("away")
        return await super().run(step)


@pytest.fixture
async def storage(desk: Desk) -> AsyncIterator[Moody]:
    storage = Moody.open(desk.url, on_commit=lambda _: None, reactions=lambda _: ())
    assert isinstance(storage, Moody)
    yield storage
    await storage.close()


@pytest.fixture
async def line(desk: Desk) -> Line:
    return await desk.line()


@pytest.fixture
async def inbox(desk: Desk, line: Line) -> Inbox:
    return await desk.inbox(line)


async def a_client(desk: Desk, *line_ids: LineId) -> Socket:
    operator = await desk.operator(f"Operator {uuid4()}")
    return Socket(viewer(operator, line_ids), Session(b"", operator.id, NOON, NOON, NOON))


async def written(desk: Desk, inbox: Inbox, *, count: int = 1) -> ThreadId:
    for number in range(count):
        await desk.writes(f"message {number}", inbox=inbox)
    return (await desk.thread(inbox)).id


@pytest.mark.parametrize("away", ["reads", "writes"])
async def test_what_is_said_outlives_a_database_that_is_away(
    desk: Desk, storage: Moody, inbox: Inbox, line: Line, away: str
) -> None:
    thread_id = await written(desk, inbox, count=3)
    client, received = await a_client(desk, line.id), Received(storage)
    client.received(thread_id, 2)
    received.take(client)
    setattr(storage, away, False)
    for _ in range(2):
        with pytest.raises(Busy):
            await received.keep()
    client.received(thread_id, 1)
    received.take(client)
    setattr(storage, away, True)
    await received.keep()
    assert (await desk.thread(inbox)).operator_got_seq == 2


async def test_what_is_stored_is_not_stored_again(
    desk: Desk, storage: Moody, inbox: Inbox, line: Line
) -> None:
    client, received = await a_client(desk, line.id), Received(storage)
    client.received(await written(desk, inbox), 1)
    received.take(client)
    await received.keep()
    storage.reads = False
    await received.keep()


async def test_only_who_sees_the_thread_is_believed_and_only_up_to_its_end(
    desk: Desk, storage: Moody, inbox: Inbox, line: Line
) -> None:
    thread_id = await written(desk, inbox, count=2)
    hers, stranger = await a_client(desk, line.id), await a_client(desk, LineId(uuid4()))
    received = Received(storage)
    stranger.received(thread_id, 2)
    received.take(stranger)
    hers.received(ThreadId(UUID(int=5)), 1)
    received.take(hers)
    await received.keep()
    assert (await desk.thread(inbox)).operator_got_seq == 0
    hers.received(thread_id, 900)
    received.take(hers)
    await received.keep()
    assert (await desk.thread(inbox)).operator_got_seq == 2


async def test_many_words_are_stored_in_turns(
    desk: Desk, storage: Moody, inbox: Inbox, line: Line
) -> None:
    thread_id = await written(desk, inbox)
    received = Received(storage)
    for number in range(5):
        client = await a_client(desk, line.id)
        for other in range(450):
            client.received(ThreadId(UUID(int=number * 1000 + other)), 1)
        client.received(thread_id, 1)
        received.take(client)
    await received.keep()
    assert (await desk.thread(inbox)).operator_got_seq == 1
