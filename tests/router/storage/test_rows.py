"""Every noun goes into either database and comes out as it was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.emoji import Reaction
from router.model import (
    Author,
    Contact,
    ContactKind,
    Conversation,
    Customer,
    Delivery,
    DeliveryState,
    File,
    FileState,
    Health,
    Identity,
    Inbox,
    Last,
    Line,
    Message,
    Note,
    Offer,
    OfferState,
    State,
    Thread,
    Visit,
)
from router.queueing import LeadWhen, Queueing
from router.shaping import clean
from router.staff import Operator, Presence, Role, Status
from router.storage import Transaction
from router.storage.tables import desk as tables
from tests.desk import Desk
from tests.router.storage.values import drawn

T = TypeVar("T")

texts = st.text(max_size=30).map(clean)
names = st.text(min_size=1, max_size=20).map(clean).filter(bool)
times = st.integers(0, 200 * 365 * 86_400 * 1_000_000).map(
    lambda microseconds: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
counts = st.integers(0, 2**31 - 1)
small = st.integers(0, 1000)


def optional(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


ids: Any = st.uuids()
lines = drawn(Line, key=names)
operators = st.builds(
    Operator, id=ids, email=ids.map(lambda id_: f"{id_}@example.com"), name=texts,
    role=st.sampled_from(Role), active=st.booleans(), language=texts, max_conversations=small,
    avatar=optional(ids),
)  # fmt: skip
customers = st.builds(
    Customer, id=ids, created_at=times, name=texts, language=optional(texts),
    contacts=st.lists(
        st.builds(
            Contact, kind=st.sampled_from(ContactKind), value=names, proven=st.booleans()
        ),
        max_size=3, unique_by=lambda one: (one.kind, one.value),
    ).map(tuple),
    responsible_id=optional(ids), merged_into=optional(ids),
)  # fmt: skip
lasts = st.builds(Last, author=st.sampled_from(Author), preview=texts, file_count=small, at=times)
conversations = st.builds(
    Conversation, id=ids, thread_id=ids, line_id=ids, inbox_id=ids, customer_id=ids,
    channel=texts, title=texts, state=st.sampled_from(State), version=counts, opened_at=times,
    rank_at=times, last_activity_at=times, first_seq=counts, last_seq=counts, seen_seq=counts,
    customer_seen_seq=counts, owner_id=optional(ids), previous_owner_id=optional(ids),
    offered_to=optional(ids), offer_deadline=optional(times), waiting_since=optional(times),
    look_again_at=optional(times), snoozed_until=optional(times),
    unanswered_since=optional(times), first_reply_at=optional(times), closed_at=optional(times),
    close_reason=optional(texts), last=optional(lasts), lead_id=optional(ids),
    participants=st.lists(ids, max_size=3, unique=True).map(tuple),
    asked=st.lists(ids, max_size=3, unique=True).map(tuple),
)  # fmt: skip
files = st.builds(
    File, id=ids, name=texts, mime=texts, size_bytes=st.integers(0, 2**40),
    state=st.sampled_from(FileState), blob_key=optional(texts), width=optional(small),
    height=optional(small), source=optional(texts),
)  # fmt: skip
reactions = st.builds(
    Reaction, emoji=st.lists(texts, max_size=2).map(tuple), at=times, order=small, address=texts,
    external_id=texts, counts=st.lists(small, max_size=2).map(tuple), operator_id=optional(ids),
)  # fmt: skip
messages = st.builds(
    Message, id=ids, thread_id=ids, conversation_id=ids, seq=counts,
    author=st.sampled_from(Author), text=texts, sent_at=times, stored_at=times,
    operator_id=optional(ids), client_id=optional(texts), html=optional(texts),
    subject=optional(texts), in_reply_to=optional(ids), automatic=st.booleans(),
    edited_at=optional(times), deleted_at=optional(times),
    reactions=st.lists(reactions, max_size=3).map(tuple),
)  # fmt: skip
deliveries = st.builds(
    Delivery, id=ids, message_id=ids, thread_id=ids, piece=small,
    state=st.sampled_from(DeliveryState), attempts=small, next_attempt_at=optional(times),
    external_id=optional(texts), reason=optional(texts),
)  # fmt: skip


notes = st.builds(
    Note, id=ids, thread_id=ids, conversation_id=ids, after_seq=counts, operator_id=ids,
    text=texts, at=times,
)  # fmt: skip
offers = st.builds(
    Offer, id=ids, conversation_id=ids, line_id=ids, operator_id=ids,
    state=st.sampled_from(OfferState), made_at=times, deadline=times, reason=texts,
)  # fmt: skip
presences = st.builds(
    Presence, operator_id=ids, status=st.sampled_from(Status), status_since=times,
    reachable_until=optional(times), missed_offers=small,
)  # fmt: skip
inboxes = st.builds(
    Inbox, id=ids, line_id=ids, kind=names, name=texts,
    account=st.dictionaries(names, texts | st.integers(-9, 9) | st.booleans(), max_size=3),
    active=st.booleans(), health=st.sampled_from(Health), last_error=optional(texts),
)  # fmt: skip
identities = st.builds(
    Identity, id=ids, customer_id=ids, kind=names, scope=texts, address=names, name=texts,
    active=st.booleans(),
)  # fmt: skip
threads = st.builds(
    Thread, id=ids, inbox_id=ids, line_id=ids, key=names, customer_id=ids, identity_id=ids,
    last_seq=counts, customer_got_seq=counts, customer_seen_seq=counts, operator_got_seq=counts,
    operator_seen_seq=counts,
)  # fmt: skip
visits = st.builds(Visit, url=texts, title=texts, referrer=texts, at=times)

SEVERAL = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


class Undone(Exception):
    """Every example begins with an empty desk."""


@asynccontextmanager
async def undone(desk: Desk) -> AsyncIterator[Transaction]:
    try:
        async with desk.storage.transaction() as tx:
            yield tx
            raise Undone
    except Undone:
        return


@dataclass(frozen=True)
class People:
    """A thread and everything that it stands on."""

    line: Line
    inbox: Inbox
    customer: Customer
    identity: Identity
    thread: Thread

    def talk(self, conversation: Conversation) -> Conversation:
        """The conversation as one of this thread."""
        return replace(
            conversation,
            thread_id=self.thread.id,
            line_id=self.line.id,
            inbox_id=self.inbox.id,
            customer_id=self.customer.id,
        )


@st.composite
def peoples(draw: st.DrawFn) -> People:
    line, customer = draw(lines), draw(customers)
    inbox = replace(draw(inboxes), line_id=line.id)
    identity = replace(draw(identities), customer_id=customer.id)
    thread = replace(
        draw(threads),
        inbox_id=inbox.id,
        line_id=line.id,
        customer_id=customer.id,
        identity_id=identity.id,
    )
    return People(line, inbox, customer, identity, thread)


async def insert(tx: Transaction, people: People) -> None:
    await tx.lines.insert(people.line)
    await tx.inboxes.insert(people.inbox, secrets=None)
    await tx.customers.insert(people.customer)
    await tx.identities.insert(people.identity)
    await tx.threads.insert(people.thread)


@given(peoples(), operators, presences, visits)
@SEVERAL
async def test_the_desk_and_its_people(
    either_desk: Desk, people: People, operator: Operator, presence: Presence, visit: Visit
) -> None:
    presence = replace(presence, operator_id=operator.id)
    async with undone(either_desk) as tx:
        await insert(tx, people)
        await tx.operators.insert(operator, password_hash=None, must_change_password=False)
        await tx.presence.put(presence)
        await tx.visits.put(people.thread.id, visit)
        assert await tx.lines.get(people.line.id) == people.line
        assert await tx.inboxes.get(people.inbox.id) == people.inbox
        assert await tx.operators.get(operator.id) == operator
        assert await tx.presence.get(operator.id) == presence
        found = await tx.customers.get(people.customer.id)
        assert found is not None
        assert replace(found, contacts=()) == replace(people.customer, contacts=())
        assert set(found.contacts) == set(people.customer.contacts)
        assert await tx.identities.get(people.identity.id) == people.identity
        assert await tx.threads.get(people.thread.id) == people.thread
        assert await tx.threads.by_key(people.inbox.id, people.thread.key) == people.thread
        assert await tx.visits.get(people.thread.id) == visit


@given(peoples(), conversations, conversations, notes, offers, operators)
@SEVERAL
async def test_conversations_and_what_hangs_on_them(
    either_desk: Desk,
    people: People,
    first: Conversation,
    second: Conversation,
    note: Note,
    offer: Offer,
    operator: Operator,
) -> None:
    thread, line = people.thread, people.line
    one = people.talk(first)
    other = replace(people.talk(second), id=one.id)
    note = replace(note, thread_id=thread.id, conversation_id=one.id)
    offer = replace(
        offer,
        conversation_id=one.id,
        line_id=line.id,
        operator_id=operator.id,
        state=OfferState.LIVE,
    )
    async with undone(either_desk) as tx:
        await insert(tx, people)
        await tx.operators.insert(operator, password_hash=None, must_change_password=False)
        await tx.conversations.insert(one)
        assert await tx.conversations.get(one.id) == one
        # What never changes is not written again.
        other = replace(
            other, opened_at=one.opened_at, first_seq=one.first_seq, channel=one.channel
        )
        await tx.conversations.save(other)
        assert await tx.conversations.lock(one.id) == (thread, other)
        await tx.notes.insert(note)
        assert await tx.notes.get(note.id) == note
        await tx.offers.insert(offer)
        assert await tx.offers.live(one.id) == [offer]


@given(peoples(), conversations, messages, st.lists(files, max_size=2), deliveries)
@SEVERAL
async def test_messages_with_their_files_and_deliveries(
    either_desk: Desk,
    people: People,
    conversation: Conversation,
    said: Message,
    attached: list[File],
    delivery: Delivery,
) -> None:
    thread = people.thread
    conversation = people.talk(conversation)
    delivery = replace(delivery, message_id=said.id, thread_id=thread.id)
    ours = said.author is not Author.CUSTOMER
    said = replace(
        said,
        thread_id=thread.id,
        conversation_id=conversation.id,
        files=tuple(attached),
        deliveries=(delivery,) if ours else (),
    )
    async with undone(either_desk) as tx:
        await insert(tx, people)
        await tx.conversations.insert(conversation)
        for file in attached:
            await tx.files.insert(file, uploader="anna", at=said.stored_at)
        ids_ = [one.id for one in attached]
        assert await tx.files.claim(ids_, uploader="anna", message_id=said.id) == attached
        await tx.messages.insert(said)
        if ours:
            await tx.deliveries.insert([delivery], seq=said.seq, at=said.stored_at)
            assert await tx.deliveries.get(delivery.id) == delivery
        assert await tx.messages.get(said.id) == said
        assert await tx.messages.of_thread(thread.id, after_seq=said.seq - 1) == [said]


async def test_a_line_from_before_a_setting_existed_has_its_default(either_desk: Desk) -> None:
    line = await either_desk.line(stale_after_s=7)
    early = {"lead_when": "at_once", "stale_after_s": 7, "queueing": {"auto_accept": False}}
    async with either_desk.storage.transaction() as tx:
        await tx.connection.run(sa.update(tables.lines).values(settings=early))
        found = await tx.lines.get(line.id)
    queueing = Queueing(auto_accept=False)
    assert found == replace(line, lead_when=LeadWhen.AT_ONCE, queueing=queueing)
