"""Who is who, proven by a code: asked for by an operator, typed by the customer, then they are one.

The code goes into a thread of somebody who has the same contact, the tries are counted with the
messages that bring them, and what follows from them is work: a `prove` lane, whose key is the
code's id. Locks: customers in the order of their ids, then threads in theirs.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from router import codes, events, identity
from router.batches import Found, Incoming
from router.channel import Capabilities
from router.clock import Clock
from router.codes import Code, CodeState
from router.errors import Full, Invalid, NotFound, TooLate
from router.holding import lock
from router.ids import CodeId, ConversationId, CustomerId, MessageId, new_id
from router.model import Conversation, Customer, Identity, Message, State, Thread
from router.outbound import reply
from router.reactions import PROVE
from router.sealing import Sealing, Unsealable
from router.states import of, touched
from router.storage import Lane, Storage, Transaction

ABOUT_CODES = UUID("0f9b7c7e-53a5-4d4f-9d2b-1f7cf0c7a6d4")
PURPOSE = "code"
HOUR, KEPT_FOR = timedelta(hours=1), timedelta(days=1)

CapabilitiesOf = Callable[[str], Capabilities]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a code may go: a thread of `customer_id`'s that they read as `identity`."""

    customer_id: CustomerId
    identity: Identity
    conversation: Conversation


# --- asking ------------------------------------------------------------------


async def targets(
    tx: Transaction,
    customer: Customer,
    others: Sequence[CustomerId],
    capabilities: CapabilitiesOf,
    *,
    now: datetime,
) -> list[Target]:
    """Where each of `others` can be sent a code that proves that `customer` is them; none of those
    who cannot. `customer` must be known by one identity alone: it is that which is proven.
    """
    if customer.blocked or len(await tx.identities.of_customer(customer.id)) != 1:
        return []
    found = [await _target(tx, customer, one, capabilities, now=now) for one in others]
    return [one for one in found if one is not None]


async def ask(
    tx: Transaction,
    conversation_id: ConversationId,
    other_id: CustomerId,
    *,
    capabilities: CapabilitiesOf,
    sealing: Sealing,
    now: datetime,
) -> Target:
    """Send a code to `other_id`, and ask for it in the conversation. The one before is void.

    Raises:
        NotFound: there is no such conversation or customer.
        TooLate: the conversation is closed.
        Full: both have had as many codes in this hour as they may.
        Invalid: they share no contact that is known to be the other's, or cannot be written to.
    """
    seen = await tx.conversations.get(conversation_id)
    if seen is None:
        raise NotFound("no such conversation")
    customer, other = await _held(tx, seen.customer_id, other_id)
    found = await targets(tx, customer, [other.id], capabilities, now=now)
    if not found:
        raise Invalid("no code can be sent to them")
    target, asking = found[0], await _locked(tx, conversation_id, found[0])
    if asking.state is State.CLOSED:
        raise TooLate("it is closed")
    if asking.public:
        raise Invalid("everybody would read the code")
    since = now - HOUR
    made = await tx.codes.count_since(
        since, customer_id=customer.id, thread_id=asking.thread_id, to=other.id
    )
    if made >= codes.MAX_AN_HOUR:
        raise Full("too many codes were sent in this hour")
    await tx.codes.forget(made_before=now - KEPT_FOR)
    for before in (await tx.codes.asked([asking.thread_id])).values():
        await tx.codes.save(replace(before, state=CodeState.VOID, sealed=None))
    code = _made(asking, target, sealing, now=now)
    await tx.codes.insert(code)
    await _tell(tx, code, asking, target, customer, other, capabilities, now=now)
    return target


async def _held(
    tx: Transaction, customer_id: CustomerId, other_id: CustomerId
) -> tuple[Customer, Customer]:
    """Both, locked as whoever links them does."""
    held = {one: await tx.customers.get(one, lock=True) for one in sorted({customer_id, other_id})}
    customer, other = held[customer_id], held[other_id]
    if customer is None or other is None or customer.merged_into or other.merged_into:
        raise NotFound("no such customer")
    return customer, other


async def _locked(tx: Transaction, conversation_id: ConversationId, target: Target) -> Conversation:
    """The conversation in which is asked, both threads locked in their order."""
    seen = await tx.conversations.get(conversation_id)
    assert seen is not None
    for thread_id in sorted((seen.thread_id, target.conversation.thread_id)):
        await tx.threads.get(thread_id, lock=True)
    asking = await tx.conversations.get(conversation_id)
    assert asking is not None
    return asking


async def _target(
    tx: Transaction,
    customer: Customer,
    other_id: CustomerId,
    capabilities: CapabilitiesOf,
    *,
    now: datetime,
) -> Target | None:
    other = await tx.customers.get(other_id)
    if other is None or other.blocked or other.merged_into or other.id == customer.id:
        return None
    claimed = {(one.kind, one.value) for one in customer.contacts}
    shared = [one for one in other.contacts if (one.kind, one.value) in claimed]
    proven = any(one.proven for one in shared)
    addresses = {one.value for one in shared}
    for latest in await tx.conversations.of_customer(other_id):
        thread = await tx.threads.get(latest.thread_id)
        known = await tx.identities.get(thread.identity_id) if thread else None
        if known is None or not (proven or known.address.lower() in addresses):
            continue
        if await _is_written_to(tx, latest, known, capabilities(latest.channel), now=now):
            last = await tx.conversations.latest(latest.thread_id)
            return Target(other_id, known, last or latest)
    return None


async def _is_written_to(
    tx: Transaction,
    latest: Conversation,
    known: Identity,
    can: Capabilities,
    *,
    now: datetime,
) -> bool:
    inbox = await tx.inboxes.get(latest.inbox_id)
    if can.in_browser or latest.public or not known.active or inbox is None or not inbox.active:
        return False
    if can.can_start or can.reply_window is None:
        return True
    heard_at = await tx.codes.heard_at(latest.thread_id)
    return heard_at is not None and now < heard_at + timedelta(seconds=can.reply_window)


def _made(asking: Conversation, target: Target, sealing: Sealing, *, now: datetime) -> Code:
    code_id = CodeId(new_id())
    digits = str(secrets.randbelow(10**codes.DIGITS)).zfill(codes.DIGITS)
    return Code(
        id=code_id,
        thread_id=asking.thread_id,
        conversation_id=asking.id,
        customer_id=asking.customer_id,
        identity_id=target.identity.id,
        to_customer_id=target.customer_id,
        to_conversation_id=target.conversation.id,
        message_id=_message_id(code_id, "sent"),
        hash=codes.hash_of(code_id, digits),
        sealed=sealing.seal(digits.encode(), purpose=PURPOSE, place=str(code_id)),
        made_at=now,
        until=now + codes.GOOD_FOR,
    )


async def _tell(
    tx: Transaction,
    code: Code,
    asking: Conversation,
    target: Target,
    customer: Customer,
    other: Customer,
    capabilities: CapabilitiesOf,
    *,
    now: datetime,
) -> None:
    """The code to the other, without its digits until it is delivered; and a request for it."""
    theirs = await _language(tx, target.conversation, other)
    await reply(
        tx,
        target.conversation.id,
        message_id=code.message_id,
        text=codes.said(codes.SENT, theirs, code=codes.MASK),
        author=None,
        capabilities=capabilities(target.conversation.channel),
        now=now,
    )
    language = await _language(tx, asking, customer)
    place = codes.place_of(target.conversation.channel, language)
    await _say(
        tx,
        asking,
        code,
        "asked",
        codes.said(codes.ASKED, language, place=place),
        capabilities,
        now=now,
    )


async def with_code(
    tx: Transaction, message: Message, sealing: Sealing, *, now: datetime
) -> Message | None:
    """What goes out: the code in the place of the mask. None if it is no longer good; a message
    that tells none as it is.
    """
    code = await tx.codes.of_message(message.id)
    if code is None:
        return message
    if code.sealed is None or now >= code.until:
        return None
    try:
        digits = sealing.open(code.sealed, purpose=PURPOSE, place=str(code.id)).decode()
    except Unsealable:
        return None
    return replace(message, text=message.text.replace(codes.MASK, digits))


# --- what is typed -----------------------------------------------------------


async def tried(
    tx: Transaction, batch: Sequence[Incoming], found: Found, *, now: datetime
) -> list[Incoming]:
    """The batch without the codes in its words; tries are counted, and work follows. The threads
    are locked.
    """
    guessing = {one.place for one in batch if codes.guess_in(one.message.text) is not None}
    threads = {place: found.threads[place].id for place in guessing if place in found.threads}
    asked = await tx.codes.asked(list(threads.values())) if threads else {}
    if not asked:
        return list(batch)
    waited_for = {place: asked[one] for place, one in threads.items() if one in asked}
    words, after = codes.heard(batch, found.refs.keys(), waited_for, now=now)
    for code in after:
        await tx.codes.save(code)
        tx.lanes.wake(PROVE, code.id, now)
    return words


class Proving:
    """What follows from a try. `capabilities` are a kind of channel's."""

    def __init__(self, storage: Storage, clock: Clock, *, capabilities: CapabilitiesOf) -> None:
        self._storage = storage
        self._clock = clock
        self._capabilities = capabilities

    async def step(self, lane: Lane) -> None:
        """Join who typed the right code to whom it was sent to, or say how many tries are left.
        It and what it says are one transaction: a repeat finds it done.
        """
        await self._storage.run(partial(self._follow, lane))

    async def _follow(self, lane: Lane, tx: Transaction) -> None:
        now = self._clock.now()
        code = await tx.codes.get(CodeId(UUID(lane.key)))
        if code is not None and code.state is CodeState.RIGHT:
            await self._join(tx, code, now=now)
        elif code is not None and code.answered < code.tries:
            await self._answer(tx, code, now=now)
        tx.lanes.give_back(lane)

    async def _join(self, tx: Transaction, code: Code, *, now: datetime) -> None:
        joined = await _joined(tx, code, now=now)
        threads = await _threads_of(tx, code)
        state = CodeState.PROVEN if joined else CodeState.VOID
        await tx.codes.save(replace(code, state=state, answered=code.tries))
        how = "code" if joined else "code_joined_nobody"
        for one in threads:
            latest = await tx.conversations.latest(one.id)
            if latest is None:
                continue
            if one.id == code.thread_id:
                texts = codes.RIGHT if joined else codes.UNUSABLE
                language = await _language(tx, latest, None)
                text = codes.said(texts, language)
                await _say(tx, latest, code, "right", text, self._capabilities, now=now)
            await _mark(tx, latest.id, how=how, now=now)

    async def _answer(self, tx: Transaction, code: Code, *, now: datetime) -> None:
        thread = await tx.threads.get(code.thread_id, lock=True)
        held = await tx.codes.get(code.id)
        latest = await tx.conversations.latest(code.thread_id)
        if thread is None or held is None or latest is None or held.answered >= held.tries:
            return
        await tx.codes.save(replace(held, answered=held.tries))
        if held.state is CodeState.RIGHT:
            # The right one came meanwhile: its own turn is due.
            return
        text = codes.said(
            codes.WRONG if held.state is CodeState.ASKED else codes.VOID,
            await _language(tx, latest, None),
            left=codes.MAX_TRIES - held.tries,
        )
        await _say(tx, latest, held, f"wrong/{held.tries}", text, self._capabilities, now=now)


async def _joined(tx: Transaction, code: Code, *, now: datetime) -> bool:
    """Make them one. False if that would be more than the code proves, or somebody is unwanted."""
    thread = await tx.threads.get(code.thread_id)
    known = await tx.identities.get(code.identity_id)
    if thread is None or known is None:
        return False
    people = [await tx.customers.get(one) for one in (thread.customer_id, known.customer_id)]
    if any(one is None or one.blocked for one in people):
        return False
    try:
        await identity.prove(tx, thread, known, now=now)
    except Invalid:
        return False
    return True


async def _threads_of(tx: Transaction, code: Code) -> list[Thread]:
    """Both threads, locked in their order."""
    there = await tx.conversations.get(code.to_conversation_id)
    ids = sorted({code.thread_id} | ({there.thread_id} if there else set()))
    held = [await tx.threads.get(one, lock=True) for one in ids]
    return [one for one in held if one is not None]


async def _mark(
    tx: Transaction, conversation_id: ConversationId, *, how: str, now: datetime
) -> None:
    _, before = await lock(tx, conversation_id)
    after = touched(before)
    await tx.change(before, after, events.CustomerProven(**of(after, now), how=how))


async def _say(
    tx: Transaction,
    conversation: Conversation,
    code: Code,
    key: str,
    text: str,
    capabilities: CapabilitiesOf,
    *,
    now: datetime,
) -> None:
    await reply(
        tx,
        conversation.id,
        message_id=_message_id(code.id, key),
        text=text,
        author=None,
        capabilities=capabilities(conversation.channel),
        now=now,
    )


async def _language(
    tx: Transaction, conversation: Conversation, customer: Customer | None
) -> str | None:
    customer = customer or await tx.customers.get(conversation.customer_id)
    if customer is not None and customer.language:
        return customer.language
    line = await tx.lines.get(conversation.line_id)
    return line.language if line else None


def _message_id(code_id: CodeId, key: str) -> MessageId:
    return MessageId(uuid5(ABOUT_CODES, f"{code_id}/{key}"))
