"""Search: what the index finds is what a reader of everything would find, on both databases."""

import random
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import pytest

from router import handling, identity
from router.channel import Arrival, Deleted, Edited
from router.errors import Invalid
from router.ids import ConversationId
from router.indexing import index_all
from router.model import Contact, ContactKind, Conversation, Inbox, State
from router.storage import Transaction
from router.storage.search import Hit
from router.words import has, sought_in, words_of
from tests.desk import Desk

PHONE = Contact(ContactKind.PHONE, "+79261234567")
TEXTS = (
    "Где моя доставка?", "Спасибо за доставку", "Заказ 4512 не пришёл", "заказы 4513 и 4514",
    "мой номер 8 (926) 765-43-21", "olga@example.com", "Ёлка и ежи", "Order 2024-11-05",
)  # fmt: skip
NAMES = ("", "Ольга Ёлкина", "Pavel", "Анна", "Annabel")
ASKED = (
    "доставка", "доставки", "елка", "ЁЛКИН", "anna", "анн", "заказ 451", "заказов", "926 765",
    "+7 926 765-43-21", "4321", "example", "2024-11-05", "nobody", "a", "и", "926",
    "8 926 123 45 67",
)  # fmt: skip


async def seen_by(
    tx: Transaction, hidden: Sequence[UUID], ids: Sequence[UUID]
) -> Mapping[UUID, Conversation]:
    known = await tx.conversations.many([ConversationId(one) for one in ids])
    return {id_: one for id_, one in known.items() if id_ not in hidden}


async def found(
    desk: Desk, asked: str, *, limit: int = 3, hidden: Sequence[UUID] = ()
) -> list[tuple[ConversationId, Hit]]:
    """All pages of what a reader finds who sees everything but `hidden`."""
    hits: list[tuple[ConversationId, Hit]] = []
    cursor: str | None = None
    while True:
        async with desk.storage.reading() as tx:
            page = await tx.search.page(
                asked, partial(seen_by, tx, hidden), cursor=cursor, limit=limit
            )
        hits += [(one.id, hit) for one, hit in page.items]
        if page.next is None:
            return hits
        assert len(page.items) == limit, "a page is full while there are more"
        cursor = page.next


async def read_all(desk: Desk) -> dict[UUID, list[tuple[str, ...]]]:
    """The words of every conversation: of its card, and of each of its messages."""
    every: dict[UUID, list[tuple[str, ...]]] = {}
    async with desk.storage.reading() as tx:
        lines = [line.id for line in await tx.lines.all()]
        for one in (
            *(await tx.conversations.all(lines, limit=500)).items,
            *(await tx.conversations.closed(lines, limit=500)).items,
        ):
            customer = await tx.customers.get(one.customer_id)
            assert customer is not None
            every[one.id] = [
                words_of(one.title, customer.name, *(c.value for c in customer.contacts)),
                *(
                    words_of(message.text)
                    for message in await tx.messages.of_thread(one.thread_id, limit=500)
                    if message.conversation_id == one.id and message.deleted_at is None
                ),
            ]
    return every


async def happens(desk: Desk, inbox: Inbox, chance: random.Random, written: int) -> None:
    """One of all that changes what there is to find."""
    who, other = (f"v{chance.randrange(6)}" for _ in range(2))
    named = f"m{chance.randrange(written) + 1}"
    arrival: Arrival
    match chance.choice(("edit", "delete", "close", "link", "describe")):
        case "edit":
            arrival = Edited(named, who, chance.choice(TEXTS))
            await desk.inbound.receive(inbox, [arrival])
        case "delete":
            arrival = Deleted(named, who)
            await desk.inbound.receive(inbox, [arrival])
        case "close":
            head = await desk.conversation(inbox, who)
            desk.clock.move(100_000 if chance.random() < 0.5 else 1)
            async with desk.storage.transaction() as tx:
                await handling.close(tx, head.id, None, reason="", now=desk.clock.now())
        case "link":
            kept, merged = await desk.customer(inbox, who), await desk.customer(inbox, other)
            if kept.id != merged.id:
                async with desk.storage.transaction() as tx:
                    await identity.link(tx, kept.id, merged.id, now=desk.clock.now())
        case _:
            customer = await desk.customer(inbox, who)
            async with desk.storage.transaction() as tx:
                await identity.describe(
                    tx,
                    customer.id,
                    name=chance.choice(NAMES),
                    contacts=chance.choice(((), (PHONE,))),
                    now=desk.clock.now(),
                )


@pytest.mark.parametrize("seed", range(4))
async def test_the_index_finds_what_a_reader_of_everything_finds(
    either_desk: Desk, seed: int
) -> None:
    desk, chance = either_desk, random.Random(seed)
    inbox = await desk.inbox(await desk.line())
    for number in range(60):
        desk.clock.move(1)
        if number < 6 or chance.random() < 0.5:
            who = f"v{number if number < 6 else chance.randrange(6)}"
            await desk.writes(chance.choice(TEXTS), inbox=inbox, who=who, name=chance.choice(NAMES))
        else:
            await happens(desk, inbox, chance, number)
        if chance.random() < 0.2:
            await index_all(desk.storage)
    await index_all(desk.storage)
    everything = await read_all(desk)
    for asked in ASKED:
        sought = sought_in(asked)
        expected = {
            id_ for id_, texts in everything.items() if any(has(one, sought) for one in texts)
        }
        hits = await found(desk, asked)
        assert {id_ for id_, _ in hits} == expected, asked
        assert len(hits) == len(expected), "each once"
        places = [hit.id for _, hit in hits]
        assert places == sorted(places, reverse=True), "the newest first"
        assert [one for one, _ in await found(desk, asked, limit=50)] == [one for one, _ in hits]


async def test_a_hit_in_a_message_points_to_it(either_desk: Desk) -> None:
    inbox = await either_desk.inbox(await either_desk.line())
    await either_desk.writes("Where is my order?", inbox=inbox, name="Olga")
    second = await either_desk.writes("It was a teapot", inbox=inbox)
    await either_desk.writes("Hello?", inbox=inbox)
    await index_all(either_desk.storage)
    [(id_, hit)] = await found(either_desk, "teapot")
    assert id_ == (await either_desk.conversation(inbox)).id
    assert str(hit.subject) == second.message_id
    [(id_, hit)] = await found(either_desk, "olga")
    assert hit.subject == id_


async def test_a_page_is_full_of_what_its_reader_sees(either_desk: Desk) -> None:
    inbox = await either_desk.inbox(await either_desk.line())
    for number in range(40):
        await either_desk.writes("Hello", inbox=inbox, who=f"v{number}")
    await index_all(either_desk.storage)
    everything = [id_ for id_, _ in await found(either_desk, "hello", limit=50)]
    hidden = everything[:30]
    assert [id_ for id_, _ in await found(either_desk, "hello", hidden=hidden)] == everything[30:]


async def test_what_was_written_before_the_index_is_found_too(either_desk: Desk) -> None:
    inbox = await either_desk.inbox(await either_desk.line())
    for number in range(7):
        await either_desk.writes(f"Order {number}", inbox=inbox, who=f"v{number}", name="Olga")
    async with either_desk.storage.transaction() as tx:
        await tx.index.again()
    while await either_desk.storage.run(lambda tx: tx.index.step(limit=3)):
        pass
    expected = [
        (await either_desk.conversation(inbox, f"v{number}")).id for number in reversed(range(7))
    ]
    assert [id_ for id_, _ in await found(either_desk, "order")] == expected
    assert [id_ for id_, _ in await found(either_desk, "olga")] == expected


async def test_a_closed_conversation_is_found_as_what_it_is_now(either_desk: Desk) -> None:
    inbox = await either_desk.inbox(await either_desk.line())
    await either_desk.writes("A teapot", inbox=inbox)
    await index_all(either_desk.storage)
    head = await either_desk.conversation(inbox)
    async with either_desk.storage.transaction() as tx:
        await handling.close(tx, head.id, None, reason="", now=either_desk.clock.now())
    [(id_, _)] = await found(either_desk, "teapot")
    assert (await either_desk.again(id_)).state is State.CLOSED


async def test_nothing_is_indexed_twice_at_once(postgresql_desk: Desk) -> None:
    inbox = await postgresql_desk.inbox(await postgresql_desk.line())
    await postgresql_desk.writes("A teapot", inbox=inbox)
    async with postgresql_desk.storage.transaction() as tx:
        assert await tx.index.step(limit=1) == 1
        assert await postgresql_desk.storage.run(lambda other: other.index.step(limit=1)) == 0
    await index_all(postgresql_desk.storage)
    assert len(await found(postgresql_desk, "teapot")) == 1


@pytest.mark.parametrize("asked", ["", " ", "?!", "'\"*", "' OR 1", "a* & b:*", "NEAR(a b)"])
async def test_signs_are_no_words_and_no_commands(either_desk: Desk, asked: str) -> None:
    inbox = await either_desk.inbox(await either_desk.line())
    await either_desk.writes("Hello", inbox=inbox)
    await index_all(either_desk.storage)
    assert await found(either_desk, asked) == []


async def test_what_no_page_gave_out_is_no_cursor(desk: Desk) -> None:
    async def nobody(_: Sequence[UUID]) -> Mapping[UUID, Conversation]:
        return {}

    async with desk.storage.reading() as tx:
        with pytest.raises(Invalid):
            await tx.search.page("olga", nobody, cursor="nonsense", limit=1)
        with pytest.raises(Invalid):
            await tx.search.page("olga", nobody, cursor="_" * 32, limit=1)
