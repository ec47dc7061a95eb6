"""The desk kept in memory: `router.directory`."""

import asyncio
from dataclasses import replace

from router.directory import Directory
from router.model import Line
from router.news import DeskNews, OperatorNews
from tests.desk import Desk


async def rename(desk: Desk, line: Line, name: str, *, tell: bool = True) -> None:
    async with desk.storage.transaction() as tx:
        await tx.lines.save(replace(line, name=name))
        if tell:
            tx.record.tell(DeskNews())


async def test_what_is_known_is_not_read_again_until_somebody_changes_the_desk(desk: Desk) -> None:
    line = await desk.line()
    assert await desk.directory.line(line.id) == line
    await rename(desk, line, "Quiet", tell=False)
    assert await desk.directory.line(line.id) == line
    await rename(desk, line, "Loud")
    found = await desk.directory.line(line.id)
    assert found is not None
    assert found.name == "Loud"


async def test_everything_of_the_desk_is_found(desk: Desk) -> None:
    line = await desk.line("shop")
    inbox, anna = await desk.inbox(line), await desk.operator("Anna", line)
    directory = desk.directory
    assert await directory.line_by_key("shop") == line
    assert await directory.line_by_key("other") is None
    assert await directory.lines() == [line]
    assert await directory.inbox(inbox.id) == inbox
    assert await directory.inboxes() == [inbox]
    assert list(await directory.queue(line.id)) == [anna.id]
    assert await directory.operator(anna.id) == anna
    assert directory.known_operator(anna.id) == anna


async def test_news_of_other_things_keeps_what_is_known(desk: Desk) -> None:
    line = await desk.line()
    await desk.directory.line(line.id)
    await rename(desk, line, "Quiet", tell=False)
    desk.bus.publish([OperatorNews((await desk.operator()).id)])
    desk.directory.hear(OperatorNews((await desk.operator("Boris")).id))
    directory = Directory(desk.storage)
    assert await directory.line(line.id) is not None


async def test_a_change_while_it_is_read_is_read_again(postgresql_desk: Desk) -> None:
    desk = postgresql_desk
    line = await desk.line()
    for number in range(20):
        desk.directory.forget()
        name = f"name-{number}"
        await asyncio.gather(
            *(desk.directory.line(line.id) for _ in range(3)), rename(desk, line, name)
        )
        found = await desk.directory.line(line.id)
        assert found is not None
        assert found.name == name
