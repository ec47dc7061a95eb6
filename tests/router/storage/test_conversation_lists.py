"""Pages of conversations: every one once, in order, along each line's own index; on both databases."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from importlib import import_module

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from router import handling
from router.errors import Invalid
from router.ids import ConversationId, LineId
from router.model import Conversation, State
from router.states import touched
from router.storage import Transaction
from router.storage.conversations import ListName, _walk
from router.storage.tables.talk import conversations
from router.urgency import NEVER, urgent_at
from tests.clock import NOON
from tests.desk import Desk
from tests.router.storage.test_rows import SEVERAL, undone

LISTS: tuple[ListName, ...] = ("waiting", "all", "closed", "urgent_waiting", "urgent_all")


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
    [line_id] = await crowd(desk, lines=1, each=4)
    async with desk.storage.reading() as tx:
        others = (await tx.conversations.all([line_id], limit=1)).next
        for cursor in ("nonsense", others):
            with pytest.raises(Invalid):
                await tx.conversations.urgent_all([line_id], cursor=cursor)
        with pytest.raises(Invalid):
            await tx.conversations.all([line_id], cursor="nonsense")


# --- by urgency, while rows change ---------------------------------------------------


async def promises(tx: Transaction, one: Conversation, minutes: int) -> None:
    """An answer is promised, and so is an end."""
    at = NOON + timedelta(minutes=minutes)
    end_at = at + timedelta(minutes=50) if minutes % 2 else None
    await tx.change(one, touched(one, reply_due_at=at, resolve_due_at=end_at))


async def closes(tx: Transaction, one: Conversation, minutes: int) -> None:
    await handling.close(tx, one.id, None, reason="", now=NOON + timedelta(minutes=minutes))


Change = Callable[[Transaction, Conversation, int], Awaitable[None]]
CHANGES: dict[str, Change] = {"promises": promises, "closes": closes}
# Which of twelve changes, how, and by how much, before the next page.
steps = st.lists(
    st.tuples(
        st.integers(1, 4), st.integers(0, 11), st.sampled_from(sorted(CHANGES)), st.integers(0, 9)
    ),
    max_size=15,
)


@given(steps)
@SEVERAL
async def test_by_urgency_what_does_not_change_meanwhile_comes_once_and_in_order(
    either_desk: Desk, taken: list[tuple[int, int, str, int]]
) -> None:
    async with either_desk.storage.reading() as tx:
        line_ids = [one.id for one in await tx.lines.all()]
    line_ids = line_ids or await crowd(either_desk, lines=2, each=9)
    # Hypothesis would write them out.
    either_desk.news.clear()
    async with undone(either_desk) as tx:
        everything = (await tx.conversations.all(line_ids, limit=100)).items
        changed: set[ConversationId] = set()
        seen: list[Conversation] = []
        left, cursor = list(taken), None
        while True:
            for _, which, change, minutes in left[:2]:
                one = (await tx.conversations.many([everything[which].id]))[everything[which].id]
                if one.state is not State.CLOSED:
                    await CHANGES[change](tx, one, minutes)
                    changed.add(one.id)
            limit = left[0][0] if left else 5
            del left[:2]
            page = await tx.conversations.urgent_all(line_ids, cursor=cursor, limit=limit)
            seen += page.items
            cursor = page.next
            if cursor is None:
                break
        assert [place(one) for one in seen] == sorted(place(one) for one in seen)
        still = {one.id for one in everything} - changed
        assert {one.id for one in seen if one.id in still} == still
        now = await tx.conversations.many([one.id for one in everything])
        kept = await stored(tx)
        assert all(kept[id_] == (urgent_at(one) or NEVER) for id_, one in now.items())


async def stored(tx: Transaction) -> dict[ConversationId, datetime]:
    rows = await tx.connection.rows(sa.select(conversations.c.id, conversations.c.urgent_at))
    return {row.id: row.urgent_at for row in rows}


async def test_a_desk_from_before_gets_the_times_that_it_would_have_written(
    either_desk: Desk,
) -> None:
    line_ids = await crowd(either_desk, lines=1, each=12)
    migration = import_module("router.storage.migrations.versions.0017_before_the_most_urgent")
    async with either_desk.storage.transaction() as tx:
        found = list((await tx.conversations.all(line_ids)).items)
        for one, minutes in zip(found, range(5), strict=False):
            await promises(tx, one, minutes)
        ends = touched(found[5], resolve_due_at=NOON, unanswered_since=None)
        aside = touched(found[6], state=State.SNOOZED, snoozed_until=NOON)
        late = touched(found[7], unanswered_since=None, head_start_s=77)
        for before, after in zip(found[5:], (ends, aside, late), strict=False):
            await tx.change(before, after)
        written = await stored(tx)
        await tx.connection.run(sa.update(conversations).values(urgent_at=NEVER))
        await tx.connection.run(migration.filled(tx.connection.dialect))
        assert await stored(tx) == written
    assert len(set(written.values())) > 6


async def test_lists_of_an_inbox_have_its_own_once(either_desk: Desk) -> None:
    line = await either_desk.line()
    ours, theirs = await either_desk.inbox(line), await either_desk.inbox(line)
    kept: dict[bool, list[ConversationId]] = {False: [], True: []}
    for number in range(9):
        either_desk.clock.move(number % 2)
        await either_desk.writes(inbox=theirs, who=f"theirs-{number}")
        await either_desk.writes(inbox=ours, who=f"ours-{number}")
        id_ = (await either_desk.conversation(ours, f"ours-{number}")).id
        closed = number % 3 == 0
        kept[closed].insert(0, id_)
        if closed:
            async with either_desk.storage.transaction() as tx:
                now = either_desk.clock.now()
                await handling.close(tx, id_, None, reason="", now=now)
    for closed, expected in kept.items():
        seen: list[ConversationId] = []
        cursor: str | None = None
        while True:
            async with either_desk.storage.reading() as tx:
                page = await tx.conversations.of_inbox(
                    ours.id, closed=closed, cursor=cursor, limit=2
                )
            seen += [one.id for one in page.items]
            if (cursor := page.next) is None:
                break
        assert seen == expected


def place(one: Conversation) -> tuple[datetime, datetime, int]:
    return (urgent_at(one) or NEVER, one.rank_at, one.id.int)


@pytest.mark.parametrize("name", [*LISTS, "inbox_open", "inbox_closed"])
@pytest.mark.parametrize("behind", [False, True])
async def test_no_list_sorts_a_line(desk: Desk, name: ListName, behind: bool) -> None:
    """SQLite walks the list's own index, whatever the size of the table."""
    line = await desk.line()
    engine = sa.create_engine(desk.url)
    compiled = _walk(name, 1, behind=behind).compile(dialect=engine.dialect)
    given = {"of_0": line.id.bytes, "most": 2, "behind_id": b""}
    values = tuple(given.get(key, 0) for key in compiled.positiontup or ())
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).fetchall()
    engine.dispose()
    told = " ".join(row[3] for row in plan)
    assert f"ix_conversations_{name}" in told
    assert "TEMP B-TREE" not in told
