"""Sessions, tokens, failed sign-ins and the audit log, on both databases."""

from datetime import timedelta
from uuid import uuid4

import pytest

from router.staff import Role
from router.storage import Conflict
from router.storage.access import Session, Token
from tests.clock import NOON
from tests.desk import Desk


def session(hash_: bytes, operator_id: object, *, days: int = 30) -> Session:
    until = NOON + timedelta(days=days)
    return Session(hash_, operator_id, NOON, NOON, until)  # type: ignore[arg-type]


async def test_sessions_begin_are_prolonged_and_end(either_desk: Desk) -> None:
    anna = await either_desk.operator("Anna")
    one, two = session(b"1" * 32, anna.id), session(b"2" * 32, anna.id, days=1)
    async with either_desk.storage.transaction() as tx:
        await tx.access.begin(one)
        await tx.access.begin(two)
    later = NOON + timedelta(days=2)
    async with either_desk.storage.transaction() as tx:
        assert await tx.access.session(one.hash, now=NOON) == one
        assert set(await tx.access.sessions([one.hash, two.hash], now=later)) == {one.hash}
        await tx.access.prolong(two.hash, used_at=later, until=later + timedelta(days=1))
        assert (await tx.access.session(two.hash, now=later)) is not None
        await tx.access.end_all(anna.id, but=two.hash)
        assert await tx.access.session(one.hash, now=later) is None
        assert await tx.access.forget_ended(later + timedelta(days=3)) == 1


async def test_a_token_is_found_by_its_hash_alone(either_desk: Desk) -> None:
    token = Token(uuid4(), "backups", Role.SUPERVISOR, made_at=NOON)
    async with either_desk.storage.transaction() as tx:
        await tx.access.add_token(token, hash_=b"t" * 32)
        assert await tx.access.token(b"t" * 32) == token
        assert await tx.access.token(b"u" * 32) is None
        await tx.access.used_token(token.id, at=NOON)
        found = await tx.access.token(b"t" * 32)
    assert found is not None
    assert found.used_at == NOON
    other = Token(uuid4(), "other", Role.OPERATOR, made_at=NOON)
    with pytest.raises(Conflict):
        await either_desk.storage.run(lambda tx: tx.access.add_token(other, hash_=b"t" * 32))


async def test_failures_count_within_their_window_and_are_forgiven(either_desk: Desk) -> None:
    email, address = b"e" * 32, b"a" * 32
    async with either_desk.storage.transaction() as tx:
        for minute in (0, 20, 21):
            at = NOON + timedelta(minutes=minute)
            await tx.access.failed(
                [email, address], at=at, forget_before=at - timedelta(minutes=15)
            )
        counted = await tx.access.failures([email, address], since=NOON)
        assert counted == {email: 2, address: 2}
        await tx.access.forgive(email)
        assert await tx.access.failures([email, address], since=NOON) == {address: 2}


async def test_the_audit_log_is_read_from_its_end(either_desk: Desk) -> None:
    subject = uuid4()
    async with either_desk.storage.transaction() as tx:
        await tx.access.audit("first", at=NOON, subject_id=subject, data={"fields": ["name"]})
        await tx.access.audit("second", at=NOON)
        last, first = await tx.access.audited()
    assert (last.act, first.act, first.subject_id) == ("second", "first", subject)
    assert first.data == {"fields": ["name"]}


async def test_customers_are_seen_by_line_and_by_owner(either_desk: Desk) -> None:
    line = await either_desk.line()
    inbox = await either_desk.inbox(line)
    anna = await either_desk.operator("Anna")
    await either_desk.writes(inbox=inbox)
    customer = await either_desk.customer(inbox)
    async with either_desk.storage.reading() as tx:
        asked = [customer.id]
        by_line = await tx.access.customers_seen(asked, line_ids=[line.id], operator_id=None)
        nobody = await tx.access.customers_seen(asked, line_ids=[], operator_id=anna.id)
        assert (by_line, nobody) == ({customer.id}, set())
        assert await tx.access.customers_seen([], line_ids=[line.id], operator_id=None) == set()


async def test_what_clients_hold_of_threads_never_goes_back(either_desk: Desk) -> None:
    inbox = await either_desk.inbox(await either_desk.line())
    for who in ("one", "two"):
        await either_desk.writes(inbox=inbox, who=who)
    threads = [await either_desk.thread(inbox, who) for who in ("one", "two")]
    for seqs in ((3, 1), (2, 2)):
        async with either_desk.storage.transaction() as tx:
            await tx.threads.got(dict(zip((one.id for one in threads), seqs, strict=True)))
    async with either_desk.storage.reading() as tx:
        held = await tx.threads.many([one.id for one in threads])
    assert [held[one.id].operator_got_seq for one in threads] == [3, 2]
