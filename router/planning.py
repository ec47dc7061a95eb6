"""What a batch of customers' messages changes, decided from what is stored. No I/O.

The batch is set-wise: everything it touches was looked up and locked at once (`Found`), everything
it changes is written at once (`Plan`). Each message's fate stands in `Plan.results`, in order.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from router import events
from router.batches import Found, Incoming, Plan
from router.buttons import rating_in
from router.changing import replace
from router.channel import Sender, Stored
from router.errors import Invalid
from router.ids import (
    CustomerId,
    FileId,
    IdentityId,
    MessageId,
    ThreadId,
    new_id,
)
from router.model import (
    Author,
    Conversation,
    Customer,
    File,
    FileState,
    Identity,
    Line,
    Message,
    State,
    Thread,
)
from router.queueing import WHOLE, LeadWhen
from router.ratings import how, score_in
from router.states import (
    SUBJECT_CHARS,
    closed,
    kept,
    may_reopen,
    of,
    opened,
    queued,
    received,
    timed,
    touched,
)

BLOCKED = "blocked"


def plan(batch: Sequence[Incoming], found: Found, *, now: datetime) -> Plan:
    """Decide each message's fate, in order; later ones see what earlier ones made."""
    planner = _Planner(found, now)
    for incoming in batch:
        planner.add(incoming)
    planner.finish()
    return planner.plan


class _Planner:
    def __init__(self, found: Found, now: datetime) -> None:
        self.plan = Plan()
        self._found = found
        self._now = now
        self._refs = dict(found.refs)
        self._identities = dict(found.identities)
        self._customers = dict(found.customers)
        self._threads = dict(found.threads)
        self._conversations = dict(found.conversations)
        self._used: set[FileId] = set()

    def add(self, incoming: Incoming) -> None:
        before = self._refs.get(incoming.ref)
        if before is not None:
            self.plan.results.append(replace(before, new=False))
            return
        begun = self._refs.get(incoming.album) if incoming.album else None
        if begun is not None:
            self._join(incoming, begun)
            return
        if rating_in(incoming.pressed or "") and self._rated(incoming) is None:
            # It was rated before, or nobody asks any more.
            self.plan.results.append(Stored(new=False))
            return
        uploads = self._uploads(incoming)
        if uploads is None:
            self.plan.results.append(
                Invalid("a file is gone, or was sent before", fields={"files": "not yours to send"})
            )
            return
        identity = self._identity(incoming)
        customer = self._customer(incoming, identity)
        if incoming.message.sender.fields:
            self.plan.fields.setdefault(customer.id, {}).update(incoming.message.sender.fields)
        thread = self._thread(incoming, identity)
        current, happened = self._current(incoming, thread, customer)
        message = self._message(incoming, current, thread, (*uploads, *incoming.files))
        self._keep_thread(incoming, replace(thread, last_seq=message.seq))
        self._converse(incoming, current, happened, customer, message)

    def finish(self) -> None:
        """One commit is one version, however many messages it brought."""
        for id_, (before, after) in self.plan.told.items():
            version = before.version + 1 if before else 1
            if after.version == version:
                continue
            self.plan.told[id_] = (before, replace(after, version=version))
            self.plan.happened[id_] = [
                replace(one, version=version) for one in self.plan.happened[id_]
            ]

    # --- who ----------------------------------------------------------------

    def _identity(self, incoming: Incoming) -> Identity:
        identity = self._identities.get(incoming.address)
        if identity is not None:
            if not identity.active and not incoming.message.public:
                identity = replace(identity, active=True)
                self._identities[incoming.address] = identity
                self.plan.revived.append(identity.id)
            return identity
        sender = incoming.message.sender
        customer = _customer_of(sender, now=self._now)
        kind, scope, address = incoming.address
        identity = Identity(
            IdentityId(new_id()), customer.id, kind, scope, address, name=sender.username
        )
        self._identities[incoming.address] = identity
        self._customers[customer.id] = customer
        self.plan.new_customers[customer.id] = customer
        self.plan.new_identities.append(identity)
        return identity

    def _customer(self, incoming: Incoming, identity: Identity) -> Customer:
        known = self._customers[identity.customer_id]
        fresh = [one for one in incoming.contacts if one not in known.contacts]
        name = known.name or incoming.message.sender.name
        language = known.language or incoming.message.sender.language
        if not fresh and name == known.name and language == known.language:
            return known
        customer = replace(known, name=name, language=language, contacts=(*known.contacts, *fresh))
        self._customers[customer.id] = customer
        if customer.id in self.plan.new_customers:
            self.plan.new_customers[customer.id] = customer
        else:
            self.plan.changed_customers[customer.id] = customer
            self.plan.contacts[customer.id].extend(fresh)
        return customer

    # --- where --------------------------------------------------------------

    def _thread(self, incoming: Incoming, identity: Identity) -> Thread:
        thread = self._threads.get(incoming.place)
        if thread is not None:
            return thread
        return Thread(
            id=ThreadId(new_id()),
            inbox_id=incoming.inbox.id,
            line_id=incoming.line.id,
            key=incoming.message.thread_key,
            customer_id=identity.customer_id,
            identity_id=identity.id,
            public=incoming.message.public,
        )

    def _keep_thread(self, incoming: Incoming, thread: Thread) -> None:
        self._threads[incoming.place] = thread
        known = incoming.place in self._found.threads
        (self.plan.changed_threads if known else self.plan.new_threads)[thread.id] = thread
        if incoming.message.source is not None:
            self.plan.visits[thread.id] = incoming.message.source

    # --- what ---------------------------------------------------------------

    def _uploads(self, incoming: Incoming) -> list[File] | None:
        """The uploads that the message claims; None if one is not its sender's, or is used."""
        files = []
        for file_id in incoming.claimed:
            file, uploader = self._found.uploads.get(file_id, (None, ""))
            if file is None or uploader != incoming.uploader or file_id in self._used:
                return None
            files.append(file)
        self._used.update(incoming.claimed)
        return files

    def _message(
        self, incoming: Incoming, current: Conversation, thread: Thread, files: tuple[File, ...]
    ) -> Message:
        said = incoming.message
        reply_to = self._refs.get((incoming.inbox.id, said.in_reply_to or ""))
        message = Message(
            id=MessageId(new_id()),
            thread_id=thread.id,
            conversation_id=current.id,
            seq=thread.last_seq + 1,
            author=Author.CUSTOMER,
            text=said.text if reply_to else below(said.quoted, said.text),
            sent_at=min(said.sent_at or self._now, self._now),
            stored_at=self._now,
            client_id=said.client_id,
            html=said.html,
            subject=said.subject,
            automatic=said.automatic,
            writer=said.writer,
            in_reply_to=MessageId(UUID(reply_to.message_id))
            if reply_to and reply_to.message_id
            else None,
            files=files,
        )
        stored = Stored(
            new=True,
            thread_id=thread.id,
            message_id=str(message.id),
            seq=message.seq,
            at=self._now,
        )
        self._refs[incoming.ref] = stored
        if incoming.album is not None:
            self._refs[incoming.album] = stored
        self.plan.results.append(stored)
        return message

    def _join(self, incoming: Incoming, begun: Stored) -> None:
        """It is a part of a message that stands, or is about to."""
        stored = replace(begun, new=True)
        self._refs[incoming.ref] = stored
        self.plan.joined.append((incoming, stored))
        self.plan.results.append(stored)

    def _converse(
        self,
        incoming: Incoming,
        current: Conversation,
        happened: list[events.OfConversation],
        customer: Customer,
        message: Message,
    ) -> None:
        after = self._after(incoming, current, customer, message)
        if current.state is State.SNOOZED:
            happened.append(events.ConversationWoken(**of(after, self._now)))
        happened.append(
            events.MessageReceived(
                **(of(after, self._now) | {"led": _is_led(incoming.line, after, customer)}),
                message_id=message.id,
                seq=message.seq,
            )
        )
        self._conversations[after.thread_id] = after
        was = self._found.conversations.get(after.thread_id)
        self.plan.told[after.id] = (was if was and was.id == after.id else None, after)
        self.plan.happened[after.id].extend(happened)
        self.plan.messages.append((message, incoming))
        survivor_id = self._found.survivors.get(after.id)
        if survivor_id is not None and not customer.blocked:
            self.plan.heard[survivor_id].append(message)

    def _after(
        self, incoming: Incoming, current: Conversation, customer: Customer, message: Message
    ) -> Conversation:
        if current.state is State.CLOSED:
            return kept(current, message, now=self._now)
        age_s = (self._now - message.sent_at).total_seconds()
        line = self._found.lines.get(current.line_id, incoming.line)
        after = received(
            current,
            message,
            title=title_of(customer),
            stale=age_s > line.stale_after_s,
            now=self._now,
        )
        if current.owner_id is not None and current.silent:
            self.plan.woken_weights[current.owner_id] += after.counted
        return timed(after, line, now=self._now)

    def _current(
        self, incoming: Incoming, thread: Thread, customer: Customer
    ) -> tuple[Conversation, list[events.OfConversation]]:
        """The conversation that takes the message: the open one, one that reopens, or a new one.

        It is closed if the customer is blocked, or if it goes on in another.
        """
        before = self._conversations.get(thread.id)
        if before is not None and before.state is not State.CLOSED:
            return before, []
        if before is not None and (customer.blocked or before.id in self._found.survivors):
            return before, []
        if before is not None and (score := self._score(incoming, before)) is not None:
            self.plan.scores[before.id] = score
            said = how(self._found.ratings[before.id].scale, score)
            # It is said by the message that comes now.
            place = of(touched(before), self._now) | {"after_seq": thread.last_seq + 1}
            rated = events.ConversationRated(**place, score=score, how=said)
            # Thanks are due.
            return replace(before, timer_at=self._now), [rated]
        window_s = incoming.line.reopen_window_s
        if before is not None and may_reopen(before, window_s=window_s, now=self._now):
            again = queued(before, now=self._now)
            return again, [events.ConversationReopened(**of(again, self._now))]
        kind = incoming.inbox.kind
        new = opened(
            thread,
            channel=kind,
            title=title_of(customer),
            now=self._now,
            subject=(incoming.message.subject or "").strip()[:SUBJECT_CHARS],
            weight=incoming.line.queueing.capacity.weights.get(kind, WHOLE),
        )
        if customer.blocked:
            return closed(new, reason=BLOCKED, seen_seq=new.seen_seq, now=self._now), []
        event = events.ConversationOpened(**of(new, self._now), inbox_id=incoming.inbox.id)
        return new, [event]

    def _score(self, incoming: Incoming, before: Conversation) -> int | None:
        """How it was, if that was asked, and the message says nothing else."""
        pressed = rating_in(incoming.pressed or "")
        if pressed is not None and pressed[0] != before.id:
            return None
        asked = self._found.ratings.get(before.id)
        if asked is None or asked.asked_at is None or before.id in self.plan.scores:
            return None
        line = self._found.lines.get(before.line_id, incoming.line)
        late = (self._now - asked.asked_at).total_seconds() > line.rating.window_s
        if late or asked.rated_at or incoming.files or incoming.claimed:
            return None
        said = str(pressed[1]) if pressed else incoming.message.text
        return score_in(said, asked.scale)

    def _rated(self, incoming: Incoming) -> int | None:
        thread = self._threads.get(incoming.place)
        before = self._conversations.get(thread.id) if thread else None
        if before is None or before.state is not State.CLOSED:
            return None
        return self._score(incoming, before)


def title_of(customer: Customer) -> str:
    """How a list names a customer: by name, else by their first contact, else not at all."""
    if customer.name:
        return customer.name
    return customer.contacts[0].value if customer.contacts else ""


def _customer_of(sender: Sender, *, now: datetime) -> Customer:
    return Customer(CustomerId(new_id()), now, name=sender.name, language=sender.language)


def _is_led(line: Line, conversation: Conversation, customer: Customer) -> bool:
    at_once = line.lead_when is LeadWhen.AT_ONCE
    return at_once or conversation.lead_id is not None or bool(customer.contacts)


def below(quoted: str, text: str) -> str:
    """What is said below what it answers: that was said before the desk was there, or elsewhere."""
    return "\n".join((*(f"> {line}" for line in quoted.splitlines()), text)).rstrip()


def is_pending(message: Message) -> bool:
    """Whether files of a message have yet to be fetched."""
    return any(file.state is FileState.PENDING for file in message.files)
