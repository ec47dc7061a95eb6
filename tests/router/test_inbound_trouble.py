"""The way in when things go wrong: culprits, races, a database that goes away."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from router import handling
from router.blobs import DiskBlobs
from router.channel import (
    Action,
    Arrival,
    Attachment,
    CustomerAction,
    IncomingMessage,
    Readdressed,
    Receipt,
    Sender,
    Stored,
)
from router.clock import SystemClock
from router.directory import Directory
from router.errors import Busy, Invalid, Malformed
from router.inbound import Inbound
from router.model import Contact, ContactKind, DeliveryState, FileState, Inbox, State, Visit
from router.reactions import FETCH, reactions
from router.storage import Storage
from router.storage.migrate import migrate
from tests.clock import NOON
from tests.desk import Desk, a_desk
from tests.servers import private_postgresql


def message(
    number: int | str, who: str = "visitor-1", text: str = "", **more: object
) -> IncomingMessage:
    made = IncomingMessage(f"x{number}", who, Sender(who, scope="s"), text=text or f"{number}")
    return replace(made, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def writing(inbound: Inbound) -> AsyncIterator[Inbound]:
    task = asyncio.create_task(inbound.run())
    try:
        yield inbound
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def texts(desk: Desk, inbox: Inbox, who: str = "visitor-1") -> list[str]:
    """The thread's texts, in order and without a gap; asked again while the database is busy."""
    while True:
        try:
            return await _texts(desk, inbox, who)
        except Busy:
            await asyncio.sleep(0.05)


async def _texts(desk: Desk, inbox: Inbox, who: str) -> list[str]:
    thread = await desk.thread(inbox, who)
    async with desk.storage.reading() as tx:
        found = await tx.messages.of_thread(thread.id, limit=2000)
    assert [one.seq for one in found] == list(range(1, thread.last_seq + 1))
    return [one.text for one in found]


# --- order and size ----------------------------------------------------------


async def test_a_thousand_in_one_request_are_stored_in_order(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    stored = await desk.inbound.receive(inbox, [message(number) for number in range(1000)])
    assert [one.seq for one in stored] == list(range(1, 1001))
    assert await texts(desk, inbox) == [str(number) for number in range(1000)]


async def test_what_is_sent_in_turn_stands_in_turn(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())

    async def customer(who: str) -> None:
        for number in range(20):
            await desk.inbound.receive(inbox, [message(f"{who}-{number}", who, str(number))])

    await asyncio.gather(*(customer(f"v{number}") for number in range(10)))
    for number in range(10):
        assert await texts(desk, inbox, f"v{number}") == [str(one) for one in range(20)]


async def test_a_request_that_repeats_itself_is_stored_once(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    stored = await desk.inbound.receive(inbox, [message(1), message(2), message(1)])
    assert [(one.new, one.seq) for one in stored] == [(True, 1), (True, 2), (False, 1)]


async def test_a_thread_that_moves_is_followed_in_the_midst_of_a_batch(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    await desk.inbound.receive(inbox, [message(1, "old")])
    sender = Sender("old", scope="s")
    moved: list[Arrival] = [
        message(2, "old"),
        Readdressed("old", "new"),
        message(3, "new", sender=sender),
    ]
    await desk.inbound.receive(inbox, moved)
    assert await texts(desk, inbox, "new") == ["1", "2", "3"]


# --- states ------------------------------------------------------------------


async def test_a_reopened_conversation_remembers_who_had_it(desk: Desk) -> None:
    line = await desk.line()
    inbox, anna = await desk.inbox(line), await desk.operator("Anna", line)
    await desk.writes("one", inbox=inbox)
    id_, now = (await desk.conversation(inbox)).id, desk.clock.now()
    await desk.storage.run(lambda tx: handling.take(tx, id_, anna, now=now))
    await desk.storage.run(lambda tx: handling.close(tx, id_, anna.id, reason="", now=now))
    await desk.writes("two", inbox=inbox)
    again = await desk.again(id_)
    assert (again.state, again.owner_id, again.previous_owner_id) == (
        State.WAITING,
        None,
        anna.id,
    )
    assert (again.closed_at, again.waiting_since) == (None, now)


async def test_a_customer_who_writes_wakes_what_was_snoozed(desk: Desk) -> None:
    line = await desk.line()
    inbox, anna = await desk.inbox(line), await desk.operator("Anna", line)
    await desk.writes("one", inbox=inbox)
    id_, now = (await desk.conversation(inbox)).id, desk.clock.now()
    await desk.storage.run(lambda tx: handling.take(tx, id_, anna, now=now))
    until = now + timedelta(hours=1)
    await desk.storage.run(lambda tx: handling.snooze(tx, id_, anna.id, until=until, now=now))
    await desk.writes("two", inbox=inbox)
    woken = await desk.again(id_)
    assert (woken.state, woken.owner_id, woken.snoozed_until) == (State.OPEN, anna.id, None)


# --- culprits ----------------------------------------------------------------


async def test_a_culprit_goes_alone(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what no channel should give
    sends = [
        desk.inbound.receive(inbox, [message(n, f"v{n}", sent_at=naive if n in (5, 13) else None)])
        for n in range(20)
    ]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    bad = [n for n, one in enumerate(outcomes) if isinstance(one, BaseException)]
    assert bad == [5, 13]
    assert isinstance(outcomes[5], Malformed)
    assert await texts(desk, inbox, "v4") == ["4"]


async def test_what_the_database_refuses_goes_alone(postgresql_desk: Desk) -> None:
    desk = postgresql_desk
    inbox = await desk.inbox(await desk.line())
    # No index of PostgreSQL holds a key of this length.
    long = "".join(random.Random(1).choices("0123456789abcdef", k=20_000))
    sends = [
        desk.inbound.receive(inbox, [message(long if n == 7 else n, f"v{n}", str(n))])
        for n in range(10)
    ]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert [n for n, one in enumerate(outcomes) if isinstance(one, BaseException)] == [7]
    assert isinstance(outcomes[7], Malformed)


async def test_an_action_without_a_sender_harms_nobody_else(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    nobody = CustomerAction(Sender(""), "v1", Action.GAVE_CONTACT)
    outcomes = await asyncio.gather(
        desk.inbound.receive(inbox, [message(1)]),
        desk.inbound.receive(inbox, [nobody]),
        desk.inbound.receive(inbox, [message(2)]),
        return_exceptions=True,
    )
    assert [isinstance(one, Invalid) for one in outcomes] == [False, True, False]


@pytest.mark.parametrize(
    "nameless",
    [
        message(1, external_id=""),
        message(1, thread_key=""),
        message(1, external_id="\0"),
        message(1, sender=Sender("", scope="s")),
    ],
)
async def test_what_has_no_name_is_never_taken_for_another(
    desk: Desk, nameless: IncomingMessage
) -> None:
    inbox = await desk.inbox(await desk.line())
    with pytest.raises(Malformed):
        await desk.inbound.receive(inbox, [nameless])


async def test_dirt_is_cleaned_wherever_it_hides(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    dirt = "a\0\ud800b"
    sender = Sender(
        dirt,
        scope=dirt,
        name=dirt,
        username=dirt,
        language=dirt,
        contacts=(Contact(ContactKind.EMAIL, dirt),),
    )
    visit = Visit(dirt, dirt, dirt, NOON)
    dirty = IncomingMessage(
        dirt, dirt, sender, text=dirt, html=dirt, subject=dirt, in_reply_to=dirt, client_id=dirt,
        source=visit, attachments=(Attachment(dirt, url=f"https://a.example/{dirt}"),),
    )  # fmt: skip
    (stored,) = await desk.inbound.receive(inbox, [dirty])
    assert stored.new
    assert await texts(desk, inbox, "ab") == ["ab"]
    action = CustomerAction(sender, dirt, Action.VISITED, visit=visit)
    (stored,) = await desk.inbound.receive(inbox, [action])
    assert stored.new


async def test_an_empty_attachment_does_not_lose_the_message(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    files = (Attachment("empty.txt", data=b""), Attachment("nowhere.txt"))
    await desk.inbound.receive(inbox, [message(1, attachments=files)])
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        (found,) = await tx.messages.of_thread(thread.id)
    assert [file.state for file in found.files] == [FileState.REFUSED] * 2


async def test_a_false_claim_is_refused_and_its_neighbours_are_stored(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    forged = message(2, attachments=(Attachment("a", stored_id="not a file's id"),))
    with pytest.raises(Invalid):
        await desk.inbound.receive(inbox, [message(1), forged, message(3)])
    assert await texts(desk, inbox) == ["1", "3"]


async def test_a_file_that_is_to_be_fetched_wakes_its_work(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    file = Attachment("a.png", url="https://a.example/a.png")
    (stored,) = await desk.inbound.receive(inbox, [message(1, attachments=(file,))])
    now = desk.clock.now()
    async with desk.storage.transaction() as tx:
        (lane,) = await tx.lanes.take(FETCH, now=now, lease_until=now, limit=9)
    assert lane.key == stored.message_id


async def test_a_receipt_of_failure_for_a_whole_thread_means_nothing(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    await desk.writes("hello", inbox=inbox)
    receipt = Receipt(DeliveryState.FAILED, thread_key="visitor-1", up_to_seq=1)
    assert await desk.inbound.receive(inbox, [receipt]) == [Stored(new=False)]


# --- races -------------------------------------------------------------------


@asynccontextmanager
async def eight_processes(desk: Desk, folder: Path) -> AsyncIterator[list[Inbound]]:
    """Eight writers with connections of their own."""
    storages = [
        Storage.open(desk.url, on_commit=lambda _: None, reactions=reactions, connections=3)
        for _ in range(8)
    ]
    made = [
        Inbound(one, desk.clock, Directory(one), DiskBlobs(folder), writers=1) for one in storages
    ]
    tasks = [asyncio.create_task(one.run()) for one in made]
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for storage in storages:
            await storage.close()


async def again_while_busy(inbound: Inbound, inbox: Inbox, arrived: IncomingMessage) -> Stored:
    """As a provider does."""
    while True:
        try:
            (stored,) = await inbound.receive(inbox, [arrived])
        except Busy:
            await asyncio.sleep(0.05)
        else:
            return stored


async def test_eight_processes_make_one_of_the_same_first_message(
    postgresql_desk: Desk, tmp_path: Path
) -> None:
    desk = postgresql_desk
    inbox = await desk.inbox(await desk.line())
    async with eight_processes(desk, tmp_path) as processes:
        for number in range(10):
            who = f"v{number}"
            stored = await asyncio.gather(
                *(again_while_busy(one, inbox, message(who, who)) for one in processes)
            )
            assert sum(one.new for one in stored) == 1
            assert len({one.message_id for one in stored}) == 1
            assert await texts(desk, inbox, who) == [who]


async def test_eight_processes_number_a_thread_without_gaps(
    postgresql_desk: Desk, tmp_path: Path
) -> None:
    desk = postgresql_desk
    inbox = await desk.inbox(await desk.line())
    async with eight_processes(desk, tmp_path) as processes:
        await asyncio.gather(
            *(again_while_busy(processes[n % 8], inbox, message(n, f"v{n % 3}")) for n in range(96))
        )
    found = [text for n in range(3) for text in await texts(desk, inbox, f"v{n}")]
    assert sorted(found, key=int) == [str(n) for n in range(96)]
    async with desk.storage.reading() as tx:
        for n in range(3):
            thread = await desk.thread(inbox, f"v{n}")
            assert len(await tx.conversations.of_thread(thread.id)) == 1


# --- a database that goes away -----------------------------------------------


async def test_a_database_that_goes_away_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with private_postgresql(durable=True) as server:
        url = server.create_database("desk")
        await migrate(url)
        async with a_desk(tmp_path, url, writers=2) as desk:
            inbox = await desk.inbox(await desk.line())
            await desk.writes("before", inbox=inbox)
            sends = [
                asyncio.create_task(again_while_busy(desk.inbound, inbox, message(n, f"v{n % 5}")))
                for n in range(100)
            ]
            await asyncio.sleep(0.01)
            await asyncio.to_thread(server.kill)
            with pytest.raises(Busy):
                await desk.inbound.receive(inbox, [message("away", "away")])
            await asyncio.to_thread(server.start)
            stored = await asyncio.gather(*sends)
            assert len({one.message_id for one in stored}) == 100
            found = [text for n in range(5) for text in await texts(desk, inbox, f"v{n}")]
            assert sorted(found, key=int) == [str(n) for n in range(100)]


async def test_who_waits_for_a_writer_that_stops_is_told(desk: Desk) -> None:
    inbox = await desk.inbox(await desk.line())
    inbound = Inbound(desk.storage, SystemClock(), desk.directory, desk.blobs, writers=1)
    async with writing(inbound):
        await asyncio.sleep(0.01)
        sends = [
            asyncio.create_task(inbound.receive(inbox, [message(n, f"v{n}")])) for n in range(5)
        ]
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert all(isinstance(one, (list, Busy)) for one in outcomes)


async def test_what_an_operator_decided_is_not_undone_by_a_message(desk: Desk) -> None:
    """A message that brings a contact writes nothing else on the customer's card."""
    line = await desk.line()
    inbox, anna = await desk.inbox(line), await desk.operator("Anna", line)
    await desk.writes("hello", inbox=inbox)
    customer = await desk.customer(inbox)
    async with desk.storage.transaction() as tx:
        await tx.customers.save(replace(customer, name="Vera P.", responsible_id=anna.id))
        await tx.customers.complete([replace(customer, name="vera", language="ru")])
    after = await desk.customer(inbox)
    assert (after.name, after.responsible_id, after.language) == ("Vera P.", anna.id, "ru")
