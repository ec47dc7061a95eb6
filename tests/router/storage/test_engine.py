"""Transactions on either database: what is undone, what conflicts, what is busy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa

from router.errors import Busy, TooLate
from router.ids import LineId
from router.model import Line
from router.news import DeskNews
from router.reactions import reactions
from router.storage import Conflict, Storage, Transaction
from router.storage.migrate import migrate
from tests.clock import NOON
from tests.desk import Desk
from tests.servers import Postgresql, private_postgresql


def a_line(key: str = "shop") -> Line:
    return Line(LineId(uuid4()), key, key)


async def keys(desk: Desk) -> list[str]:
    async with desk.storage.reading() as tx:
        return sorted(line.key for line in await tx.lines.all())


async def insert(tx: Transaction, line: Line) -> None:
    await tx.lines.insert(line)
    tx.record.tell(DeskNews())
    tx.lanes.wake("test", line.key, NOON)


@pytest.mark.parametrize("shared", [True, False])
async def test_an_exception_undoes_everything_and_tells_nobody(
    either_desk: Desk, shared: bool
) -> None:
    desk = either_desk

    async def step(tx: Transaction) -> None:
        await insert(tx, a_line())
        raise TooLate("no")

    with pytest.raises(TooLate):
        await (desk.storage.run(step) if shared else in_block(desk, step))
    assert (await keys(desk), desk.news) == ([], [])
    async with desk.storage.reading() as tx:
        assert await tx.lanes.next_due(["test"]) == {}


async def in_block(desk: Desk, step: object) -> None:
    async with desk.storage.transaction() as tx:
        await step(tx)  # type: ignore[operator]


async def test_steps_that_share_a_commit_fail_alone(either_desk: Desk) -> None:
    desk = either_desk

    async def step(tx: Transaction, number: int) -> int:
        await insert(tx, a_line(f"line-{number}"))
        if number % 3 == 0:
            raise TooLate("no")
        return number

    done = await asyncio.gather(
        *(desk.storage.run(lambda tx, n=n: step(tx, n)) for n in range(30)),  # type: ignore[misc]
        return_exceptions=True,
    )
    kept = [n for n in range(30) if n % 3]
    assert [one for one in done if isinstance(one, int)] == kept
    assert await keys(desk) == sorted(f"line-{n}" for n in kept)


async def test_a_caller_who_leaves_does_not_take_others_along(either_desk: Desk) -> None:
    desk = either_desk
    tasks = [
        asyncio.create_task(desk.storage.run(lambda tx, n=n: insert(tx, a_line(f"line-{n}"))))  # type: ignore[misc]
        for n in range(10)
    ]
    await asyncio.sleep(0)
    tasks[3].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(one, BaseException) for one in done] == [n == 3 for n in range(10)]
    assert set(await keys(desk)) >= {f"line-{n}" for n in range(10) if n != 3}


async def test_two_of_one_name_are_a_conflict(either_desk: Desk) -> None:
    await either_desk.line("shop")
    with pytest.raises(Conflict):
        async with either_desk.storage.transaction() as tx:
            await tx.lines.insert(a_line("shop"))


async def test_a_step_that_conflicts_is_repeated(either_desk: Desk) -> None:
    desk, attempts = either_desk, 0
    await desk.line("shop")

    async def step(tx: Transaction) -> str:
        nonlocal attempts
        attempts += 1
        await tx.lines.insert(a_line("shop" if attempts < 3 else "other"))
        return "done"

    assert (await desk.storage.run(step), attempts) == ("done", 3)


async def test_a_deadlock_is_a_conflict_and_the_repeat_succeeds(postgresql_desk: Desk) -> None:
    desk = postgresql_desk
    one, other = await desk.line("one"), await desk.line("other")
    met = asyncio.Barrier(2)
    first = {one.id: True, other.id: True}

    async def both(a: Line, b: Line) -> None:
        async def step(tx: Transaction) -> None:
            await tx.lines.save(replace(a, name="changed"))
            if first.pop(a.id, False):
                await met.wait()
            await tx.lines.save(replace(b, name="changed"))

        await desk.storage.run(step)

    await asyncio.gather(both(one, other), both(other, one))


async def test_what_only_reads_cannot_write(either_desk: Desk) -> None:
    line = await either_desk.line()
    async with either_desk.storage.reading() as tx:
        with pytest.raises(Exception, match=r"(?i)read.?only"):
            await tx.lines.save(replace(line, name="changed"))
    await either_desk.line("other")


async def test_a_reader_sees_one_state_from_its_first_look(either_desk: Desk) -> None:
    desk = either_desk
    await desk.line("one")
    async with desk.storage.reading() as tx:
        before = await tx.lines.all()
        await desk.line("two")
        assert await tx.lines.all() == before
    assert await keys(desk) == ["one", "two"]


async def test_a_cancelled_transaction_leaves_the_database_free(either_desk: Desk) -> None:
    desk = either_desk
    inside, hang = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with desk.storage.transaction() as tx:
            await insert(tx, a_line())
            inside.set()
            await hang.wait()

    task = asyncio.create_task(hold())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await desk.line("other")
    assert await keys(desk) == ["other"]


async def test_readers_who_give_up_leave_their_places(desk: Desk) -> None:
    """More give up than there are readers, at every stage."""
    for turns in range(12):
        task = asyncio.create_task(keys(desk))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5):
        assert await keys(desk) == []


async def test_writers_who_give_up_leave_nothing_begun(postgresql_desk: Desk) -> None:
    """More give up than there are connections, while they begin, write or commit."""
    desk = postgresql_desk
    for turns in range(0, 60, 3):
        step = partial(insert, line=a_line(f"given-up-{turns}"))
        task = asyncio.create_task(desk.storage.run(step))
        for _ in range(turns):
            await asyncio.sleep(0.0002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5):
        await asyncio.gather(*(desk.line(f"kept-{number}") for number in range(12)))
        found = await keys(desk)
        idle = sa.text("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in tr%'")
        async with desk.storage.reading() as tx:
            ((left,),) = await tx.connection.rows(idle)
    assert [key for key in found if key.startswith("kept")] == sorted(
        f"kept-{number}" for number in range(12)
    )
    assert left == 0


@pytest.fixture
async def lonely() -> AsyncIterator[Storage]:
    """A storage whose server has never been there."""
    storage = Storage.open(
        "postgresql://liniya@127.0.0.1:9/nothing", on_commit=lambda _: None, reactions=reactions
    )
    yield storage
    await storage.close()


async def test_a_server_that_is_not_there_is_busy(lonely: Storage) -> None:
    with pytest.raises(Busy):
        async with lonely.reading() as tx:
            await tx.lines.all()
    with pytest.raises(Busy):
        await lonely.run(lambda tx: tx.lines.all())


async def killed_midway(tx: Transaction, server: Postgresql) -> None:
    await tx.lines.insert(a_line("lost"))
    await asyncio.to_thread(server.kill)


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_server_that_goes_away_is_busy_until_it_is_back(end: str) -> None:
    async with AsyncExitStack() as stack:
        server = stack.enter_context(private_postgresql(durable=True))
        url = server.create_database("desk")
        await migrate(url)
        storage = Storage.open(url, on_commit=lambda _: None, reactions=reactions, connections=3)
        stack.push_async_callback(storage.close)
        await storage.run(lambda tx: tx.lines.insert(a_line("kept")))
        async with asyncio.timeout(30):
            with pytest.raises(Busy):
                await storage.run(lambda tx: killed_midway(tx, server))
            for _ in range(5):
                with pytest.raises(Busy):
                    await storage.run(lambda tx: tx.lines.all())
            await asyncio.to_thread(server.start)
            (line,) = await storage.run(lambda tx: tx.lines.all())
            assert line.key == "kept"
            if end == "stop":
                await asyncio.gather(*(storage.run(lambda tx: tx.lines.all()) for _ in range(3)))
                await asyncio.to_thread(server.restart)
                for _ in range(4):
                    with suppress(Busy):
                        await storage.run(lambda tx: tx.lines.all())
                (line,) = await storage.run(lambda tx: tx.lines.all())
                assert line.key == "kept"


async def test_a_connection_that_lost_its_way_is_nobody_elses(postgresql_desk: Desk) -> None:
    """As asyncpg says it when its server goes in the middle of a preparation."""
    servers = set()

    async def step(tx: Transaction, *, confused: bool) -> None:
        [(pid,)] = await tx.connection.rows(sa.text("SELECT pg_backend_pid()"))
        servers.add(pid)
        if confused:
            raise asyncpg.InternalClientError("another operation is in progress")

    for _ in range(10):
        with pytest.raises(Busy):
            await postgresql_desk.storage.run(partial(step, confused=True))
    assert len(servers) == 10
    await postgresql_desk.storage.run(partial(step, confused=False))


async def test_a_database_of_another_make_is_refused() -> None:
    with pytest.raises(ValueError, match="sqlite or postgresql"):
        Storage.open("mysql://here/there", on_commit=lambda _: None, reactions=reactions)


async def test_a_full_disk_is_busy_until_there_is_room(desk: Desk) -> None:
    async def room(tx: Transaction, pages: int) -> None:
        await tx.connection.rows(sa.text(f"PRAGMA max_page_count={pages}"))

    await desk.storage.run(lambda tx: room(tx, 1))
    large = replace(a_line("large"), name="x" * 1_000_000)
    for _ in range(2):
        with pytest.raises(Busy):
            await desk.storage.run(lambda tx: insert(tx, large))
    await desk.storage.run(lambda tx: room(tx, 1_000_000))
    await desk.storage.run(lambda tx: insert(tx, large))
    assert await keys(desk) == ["large"]


async def test_a_writer_who_is_told_to_end_ends(postgresql_desk: Desk) -> None:
    """In a statement of SQLAlchemy's, which then closes the connection: no other error hides it."""
    inside = asyncio.Event()

    async def sleep(tx: Transaction) -> None:
        await tx.lines.all()
        inside.set()
        await tx.connection.rows(sa.text("SELECT pg_sleep(20)"))

    task = asyncio.create_task(postgresql_desk.storage.run(sleep))
    await inside.wait()
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await keys(postgresql_desk) == []
