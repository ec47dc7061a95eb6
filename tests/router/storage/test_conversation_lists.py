"""Pages of conversations: every one once, in order, along each line's own index; on both databases."""

import pytest
import sqlalchemy as sa

from router import handling
from router.errors import Invalid
from router.ids import ConversationId, LineId
from router.storage.conversations import ListName, _walk
from tests.desk import Desk

LISTS: tuple[ListName, ...] = ("waiting", "all", "closed")


async def crowd(desk: Desk, *, lines: int, each: int) -> list[LineId]:
    """Lines with so many conversations that wait, every third of them closed."""
    found = []
    for number in range(lines):
        line = await desk.line(f"line-{number}")
        inbox = await desk.inbox(line)
        found.append(line.id)
        for who in range(each):
            # Two of each line in one moment: the id settles who comes first.
            desk.clock.move(who % 2)
            await desk.writes(inbox=inbox, who=f"{number}-{who}")
            if who % 3 == 0:
                id_ = (await desk.conversation(inbox, f"{number}-{who}")).id
                async with desk.storage.transaction() as tx:
                    await handling.close(tx, id_, None, reason="", now=desk.clock.now())
    return found


async def paged(
    desk: Desk, name: ListName, lines: list[LineId], limit: int
) -> list[ConversationId]:
    seen: list[ConversationId] = []
    cursor: str | None = None
    while True:
        async with desk.storage.reading() as tx:
            page = await getattr(tx.conversations, name)(lines, cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        seen += [one.id for one in page.items]
        cursor = page.next
        if cursor is None:
            return seen


@pytest.mark.parametrize("name", LISTS)
async def test_pages_hold_every_conversation_once_in_order(
    either_desk: Desk, name: ListName
) -> None:
    lines = await crowd(either_desk, lines=3, each=7)
    whole = await paged(either_desk, name, lines, 100)
    assert len(whole) == len(set(whole)) == (9 if name == "closed" else 12)
    for limit in (1, 2, 5):
        assert await paged(either_desk, name, lines, limit) == whole
    alone = [await paged(either_desk, name, [line], 2) for line in lines]
    assert sorted(id_ for one in alone for id_ in one) == sorted(whole)
    assert await paged(either_desk, name, [], 5) == []


async def test_what_no_page_gave_out_is_no_cursor(desk: Desk) -> None:
    line = await desk.line()
    async with desk.storage.reading() as tx:
        with pytest.raises(Invalid):
            await tx.conversations.all([line.id], cursor="nonsense")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("behind", [False, True])
async def test_no_list_sorts_a_line(desk: Desk, name: ListName, behind: bool) -> None:
    """SQLite walks the list's own index, whatever the size of the table."""
    line = await desk.line()
    engine = sa.create_engine(desk.url)
    compiled = _walk(name, 1, behind=behind).compile(dialect=engine.dialect)
    given = {"line_0": line.id.bytes, "most": 2, "behind_at": 0, "behind_id": b""}
    values = tuple(given.get(key, 0) for key in compiled.positiontup or ())
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).fetchall()
    engine.dispose()
    told = " ".join(row[3] for row in plan)
    assert f"ix_conversations_{name}" in told
    assert "TEMP B-TREE" not in told
