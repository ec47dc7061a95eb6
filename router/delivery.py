"""The way out, its work: what is queued is sent, one thread at a time, in order.

`sending` is committed before the provider is called. Whoever finds `sending` later, or loses the
provider's answer, repeats only where the provider takes an idempotency key; elsewhere nobody
knows whether the customer got it, the delivery is *unconfirmed*, and the operator is asked.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from router.amending import Amendment, after_trouble, begun, carry_out, done, settle
from router.attempting import (
    CLOSED_DOOR_WAIT,
    ELSEWHERE,
    Door,
    Job,
    OpenDoor,
    Outcome,
    Outgoing,
    attempt,
    ended,
)
from router.clock import Clock
from router.codes import MASK
from router.errors import BadCredentials, Busy, ProviderError
from router.ids import InboxId, ThreadId
from router.model import Delivery, DeliveryState, Message, Thread
from router.outbound import settled, worth_saying_until
from router.pacing import Turn, in_hand
from router.proving import with_code
from router.retry import DELIVERY_DEADLINE, GONE, LOST, in_words
from router.sealing import Sealing
from router.states import earlier
from router.storage import Lane, Storage, Transaction
from router.updates import rekey

KEEP_ATTEMPTS = 30
SPENT = "the code is no longer good"
STALE = "it was too late to say it by itself"

PauseInbox = Callable[[InboxId, str], Awaitable[None]]


class Outbound:
    """Delivers what is queued, one thread at a time and in the order in which it was said."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        open_door: OpenDoor,
        outgoing: Outgoing,
        pause_inbox: PauseInbox,
        sealing: Sealing | None = None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._open_door = open_door
        self._outgoing = outgoing
        self._pause_inbox = pause_inbox
        self._sealing = sealing
        self.sent = 0

    async def deliver(self, lane: Lane) -> None:
        """The step of a `deliver` lane: send until nothing of the thread is due."""
        while True:
            door, turn = await self._door(lane)
            async with self._storage.transaction() as tx:
                job = await self._next(tx, lane, door)
            if job is None or door is None:
                return
            with in_hand(turn):
                if isinstance(job, Amendment):
                    await self._amend(job, door)
                else:
                    await self._send(job, door)

    async def _door(self, lane: Lane) -> tuple[Door | None, Turn | None]:
        """The open door of the thread's inbox, if anything waits in the thread; and the turn of its
        next piece, which has been waited for.
        """
        thread_id = _thread_id(lane.key)
        async with self._storage.reading() as tx:
            thread = await tx.threads.get(thread_id)
            waiting = await tx.deliveries.under_way(thread_id, limit=1)
            if thread is None or not (waiting or await tx.messages.changing(thread_id)):
                return None, None
        door = await self._open_door(thread.inbox_id)
        if door is None or not waiting or not self._needs_turn(waiting[0], thread, door):
            return door, None
        return door, await door.pacer.take_turn()

    def _needs_turn(self, delivery: Delivery, thread: Thread, door: Door) -> bool:
        """Whether it has to have its turn before it is `sending`: whoever died waiting with it
        would leave an answer unconfirmed that nobody had begun to send.
        """
        if door.repeats_are_recognised or delivery.state is not DeliveryState.QUEUED:
            return False
        due_at = delivery.next_attempt_at
        is_due = due_at is None or due_at <= self._clock.now()
        return is_due and door.pacer.thread_wait_s(thread.key) <= 0

    async def _amend(self, amendment: Amendment, door: Door) -> None:
        """Change at the customer's what was said."""
        message = amendment.message
        try:
            await carry_out(amendment, door.channel)
        except ProviderError as error:
            if isinstance(error, BadCredentials):
                await self._pause_inbox(amendment.thread.inbox_id, error.reason)
            now, reason = self._clock.now(), in_words(error)
            after = after_trouble(message, error, now=now, reason=reason)
        else:
            after = done(message, now=self._clock.now())
        door.pacer.went_into(amendment.thread.key)
        await settle(self._storage, message, after, now=self._clock.now())

    async def _next(self, tx: Transaction, lane: Lane, door: Door | None) -> Job | Amendment | None:
        """The thread's next change, or its next piece, marked `sending`; or the lane is given back."""
        now = self._clock.now()
        thread = await tx.threads.get(_thread_id(lane.key), lock=True)
        under_way = await tx.deliveries.under_way(thread.id, limit=1) if thread else []
        changing = await tx.messages.changing(thread.id) if thread else None
        if thread is None or not (under_way or changing):
            tx.lanes.give_back(lane)
            return None
        job = await self._job(tx, under_way[0], thread) if under_way else None
        if changing is not None and _is_first(changing, job):
            return await self._next_change(tx, lane, changing, thread, door)
        assert job is not None
        return await self._next_piece(tx, lane, job, door, now=now)

    async def _next_change(
        self, tx: Transaction, lane: Lane, changing: Message, thread: Thread, door: Door | None
    ) -> Amendment | None:
        now = self._clock.now()
        if door is not None and self._is_too_soon(tx, lane, door, thread):
            return None
        amendment = await begun(tx, changing, thread, now=now) if door else None
        if amendment is None:
            assert changing.change is not None
            tx.lanes.give_back(lane, due_at=changing.change.due_at or now + CLOSED_DOOR_WAIT)
        else:
            tx.lanes.keep(lane)
        return amendment

    async def _next_piece(
        self, tx: Transaction, lane: Lane, job: Job, door: Door | None, *, now: datetime
    ) -> Job | None:
        hopeless = self._hopeless(job, door)
        if hopeless is not None:
            await settled(tx, hopeless, now=now)
            tx.lanes.give_back(lane, due_at=now)
            return None
        due_at = job.delivery.next_attempt_at
        if door is None:
            due_at = now + CLOSED_DOOR_WAIT
        if due_at is not None and due_at > now:
            tx.lanes.give_back(lane, due_at=due_at)
            return None
        if door is not None and self._is_too_soon(tx, lane, door, job.thread):
            return None
        # Whose lease was lost must not send: another worker does.
        tx.lanes.keep(lane)
        sending = replace(
            job.delivery, state=DeliveryState.SENDING, attempts=job.delivery.attempts + 1
        )
        await tx.deliveries.save(sending, at=now)
        return replace(job, delivery=sending)

    def _is_too_soon(self, tx: Transaction, lane: Lane, door: Door, thread: Thread) -> bool:
        """Whether the thread's turn is yet to come. Until then nobody else waits for it: the lane is
        given back.
        """
        wait_s = door.pacer.thread_wait_s(thread.key)
        if wait_s > 0:
            tx.lanes.give_back(lane, due_at=self._clock.now() + timedelta(seconds=wait_s))
        return wait_s > 0

    def _hopeless(self, job: Job, door: Door | None) -> Delivery | None:
        """How the delivery ends without an attempt, if it does."""
        delivery = job.delivery
        if delivery.state is DeliveryState.SENDING:
            # Whoever was sending it died: nobody knows whether it went out.
            if door is None or door.repeats_are_recognised:
                return None
            return ended(delivery, DeliveryState.UNCONFIRMED, LOST)
        if not job.reachable:
            return ended(delivery, DeliveryState.FAILED, GONE)
        if job.spent:
            return ended(delivery, DeliveryState.FAILED, SPENT)
        until = job.says_by_itself_until
        if until is not None and self._clock.now() > until:
            return ended(delivery, DeliveryState.FAILED, STALE)
        if door is None and self._clock.now() > job.message.stored_at + DELIVERY_DEADLINE:
            return ended(delivery, DeliveryState.FAILED, "the inbox was switched off for a day")
        return None

    async def _job(self, tx: Transaction, delivery: Delivery, thread: Thread) -> Job:
        message = await tx.messages.get(delivery.message_id)
        identity = await tx.identities.get(thread.identity_id)
        assert message is not None
        assert identity is not None
        author = await tx.operators.get(message.operator_id) if message.operator_id else None
        answered = message.in_reply_to
        if answered is None and thread.public:
            answered = await tx.messages.answered_by(message)
        quoted = await tx.messages.external_id(answered) if answered is not None else None
        revealed = await self._revealed(tx, message)
        return Job(
            delivery,
            revealed or message,
            thread,
            address=identity.address,
            reachable=identity.active or thread.public,
            author_name=author.name if author else "",
            in_reply_to=quoted,
            spent=revealed is None,
            says_by_itself_until=await worth_saying_until(tx, message, thread),
        )

    async def _revealed(self, tx: Transaction, message: Message) -> Message | None:
        """A message with its code in the place of the mask; None if that is no longer good."""
        if self._sealing is None or not message.automatic or MASK not in message.text:
            return message
        return await with_code(tx, message, self._sealing, now=self._clock.now())

    async def _send(self, job: Job, door: Door) -> None:
        """Make one attempt, and store what became of it."""
        outcome = await attempt(job, door, outgoing=self._outgoing, now=self._clock.now)
        door.pacer.went_into(job.thread.key)
        if outcome.refused is not None:
            await self._pause_inbox(job.thread.inbox_id, outcome.refused)
        self.sent += outcome.delivery.state is DeliveryState.SENT
        await self._keep(job, outcome)

    async def _keep(self, job: Job, outcome: Outcome) -> None:
        """Store what became of an attempt; a database that is away is waited for a while, since
        nobody else knows it.
        """
        for _ in range(KEEP_ATTEMPTS):
            try:
                await self._storage.run(lambda tx: self._finish(tx, job, outcome))
            except Busy:
                await self._clock.sleep(1.0)
            else:
                return
        await self._storage.run(lambda tx: self._finish(tx, job, outcome))

    async def _finish(self, tx: Transaction, job: Job, outcome: Outcome) -> None:
        delivery, now = outcome.delivery, self._clock.now()
        await tx.threads.get(job.thread.id, lock=True)
        current = await tx.deliveries.get(delivery.id)
        assert current is not None
        if delivery.external_id:
            await tx.refs.add(
                job.thread.inbox_id,
                delivery.external_id,
                delivery.message_id,
                delivery_id=delivery.id,
            )
        if delivery.state is DeliveryState.SENT:
            if current.state not in earlier(DeliveryState.SENT):
                # A receipt was faster; only what the provider calls it is news.
                known = replace(current, external_id=delivery.external_id, also=delivery.also)
                await tx.deliveries.save(known, at=now)
                return
        elif (current.state, current.attempts) != (DeliveryState.SENDING, delivery.attempts):
            # Another worker took over meanwhile: its word counts.
            return
        if outcome.moved_to is not None and not await rekey(tx, job.thread, outcome.moved_to):
            await settled(tx, ended(delivery, DeliveryState.FAILED, ELSEWHERE), now=now)
            return
        if delivery.state is DeliveryState.QUEUED:
            # Nothing that anybody sees has changed.
            await tx.deliveries.save(delivery, at=now)
            return
        if outcome.gone:
            await tx.identities.retire(job.thread.identity_id)
        await settled(tx, delivery, now=now)


def _is_first(changing: Message, job: Job | None) -> bool:
    """Whether a change comes before the next piece: who said that, had wished for this already."""
    assert changing.change is not None
    return job is None or job.message.stored_at > changing.change.made_at


def _thread_id(key: str) -> ThreadId:
    return ThreadId(UUID(key))
