"""What came, what is stored, and every difference: `router.ledger`."""

import sqlalchemy as sa

from router.ledger import balance, prove
from router.storage import Transaction
from router.storage.tables.talk import provider_refs, threads
from tests.desk import Desk


async def test_what_came_balances(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    for number in range(3):
        await desk.writes(f"number {number}", inbox=inbox, who=f"v{number % 2}")
    async with desk.storage.reading() as tx:
        (entry,) = await balance(tx, crm_account="local", now=desk.clock.now())
        assert (await prove(tx)).balances
    assert (entry.inbox_id, entry.stored, entry.unseen) == (inbox.id, 3, 3)
    assert entry.differences == ()


async def test_a_message_without_its_origin_is_named(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    await desk.writes("kept", inbox=inbox, who="v1")
    await desk.writes("orphaned", inbox=inbox, who="v2", external_id="gone")

    async def forget(tx: Transaction) -> None:
        await tx.connection.run(
            sa.delete(provider_refs).where(provider_refs.c.external_id == "gone")
        )

    await desk.storage.run(forget)
    async with desk.storage.reading() as tx:
        proof = await prove(tx)
    assert proof.unnamed == ((await desk.thread(inbox, "v2")).id,)
    assert proof.misnumbered == ()


async def test_a_gap_in_a_threads_numbers_is_named(either_desk: Desk) -> None:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    await desk.writes("one", inbox=inbox)
    thread = await desk.thread(inbox)

    async def misnumber(tx: Transaction) -> None:
        await tx.connection.run(sa.update(threads).values(last_seq=5))

    await desk.storage.run(misnumber)
    async with desk.storage.reading() as tx:
        assert (await prove(tx)).misnumbered == (thread.id,)
