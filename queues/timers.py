"""The step of a line's timers: what fell due by itself → acts, and when to look again.

A conversation's `timer_at` is never later than what falls due in it; here it is looked at, and
gets the exact time. What was done stands in the same transaction as that time, so that a repeat
does nothing twice.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from secrets import token_urlsafe
from uuid import UUID

import structlog

from queues.cases import read_cases
from queues.due import (
    THANKS,
    Act,
    AskRating,
    Breach,
    Case,
    End,
    Falls,
    Hush,
    Overflow,
    Say,
    Thank,
    Warn,
    Withdraw,
    falls,
)
from queues.reasons import NOBODY_THERE
from queues.replies import fill
from queues.telling import (
    ASKED,
    choices_of,
    chosen,
    forecast_s,
    named_in,
    opens,
    place_of,
    question,
    scores,
    survey_button,
    surveyed,
    wait_of,
)
from router import handling, lapsing
from router.channel import Capabilities
from router.clock import Clock
from router.errors import Busy
from router.ids import ConversationId, LineId
from router.model import Conversation, Line, State
from router.queueing import AutomaticReply
from router.reactions import TIMERS
from router.retry import backoff_s
from router.states import touched
from router.storage import Conflict, Lane, LostLease, Storage, Transaction

# So many conversations, and their owners' loads, are held in one transaction.
BATCH = 50
# Then others have their turn, too.
MOST_BATCHES = 100
# Nobody's step is at fault in these.
PASSING = (Busy, Conflict, LostLease, TimeoutError)
# After these it stands elsewhere, and what else fell due may not any more.
MOVING = (Overflow, End, Withdraw)

CapabilitiesOf = Callable[[str], Capabilities]

log = structlog.get_logger(__name__)


async def wake_timers(storage: Storage, *, now: datetime) -> None:
    """To be called at a start: the timers of every line that has any look what fell due."""

    async def wake(tx: Transaction) -> None:
        for line in await tx.lines.all():
            if line.patience_s is not None:
                tx.lanes.wake(TIMERS, line.id, now)

    await storage.run(wake)


class Timers:
    """Does what time does to a line's conversations.

    `capabilities` are a kind of channel's. Nobody counts as absent before `patient_until`. At
    `address` the world reaches us.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        capabilities: CapabilitiesOf,
        patient_until: datetime,
        address: str,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._capabilities = capabilities
        self._patient_until = patient_until
        self._address = address
        self._failed = Counter[ConversationId]()

    async def step(self, lane: Lane) -> None:
        """Do what is due on the line, then rest until something is. May be repeated at any time."""
        for _ in range(MOST_BATCHES):
            try:
                rests = await self._storage.run(partial(self._batch, lane))
            except PASSING:
                raise
            except Exception as error:  # noqa: BLE001 - whose fault it is, is found one by one
                log.warning("timers_batch_failed", error=type(error).__name__)
                await self._one_by_one(lane)
                continue
            if rests:
                return
        async with self._storage.transaction() as tx:
            tx.lanes.give_back(lane, due_at=self._clock.now())

    async def _batch(self, lane: Lane, tx: Transaction) -> bool:
        """One transaction's worth; True, and the lane is given back, when nothing is left to do."""
        line = await tx.lines.get(LineId(UUID(lane.key)))
        now = self._clock.now()
        due = await tx.queues.timers_due(line.id, now, limit=BATCH) if line else []
        if line is None or not due:
            tx.lanes.give_back(lane, due_at=await tx.queues.next_timer(line.id) if line else None)
            return True
        await self._look_at(tx, line, due, now=now)
        tx.lanes.keep(lane)
        return False

    async def _one_by_one(self, lane: Lane) -> None:
        """A batch failed: who is to blame is put off, the others are served."""
        line_id, now = LineId(UUID(lane.key)), self._clock.now()
        async with self._storage.reading() as tx:
            due = await tx.queues.timers_due(line_id, now, limit=BATCH)
        for one in due:
            try:
                await self._storage.run(partial(self._alone, lane, one))
                self._failed.pop(one.id, None)
            except PASSING:
                raise
            except Exception as error:
                log.exception("timers_failed", error=type(error).__name__)
                await self._put_off(one.id)

    async def _alone(self, lane: Lane, one: Conversation, tx: Transaction) -> None:
        line = await tx.lines.get(one.line_id)
        if line is not None:
            await self._look_at(tx, line, [one], now=self._clock.now())
        tx.lanes.keep(lane)

    async def _put_off(self, conversation_id: ConversationId) -> None:
        self._failed[conversation_id] += 1
        wait_s = backoff_s(attempt=self._failed[conversation_id], jitter=0)
        again_at = self._clock.now() + timedelta(seconds=wait_s)
        async with self._storage.transaction() as tx:
            await tx.queues.set_timers({conversation_id: again_at})

    # --- one transaction ------------------------------------------------------

    async def _look_at(
        self, tx: Transaction, line: Line, due: Sequence[Conversation], *, now: datetime
    ) -> None:
        owners = {one.owner_id or one.offered_to for one in due} - {None}
        await tx.loads.lock(sorted(one for one in owners if one is not None))
        # What they were before we had to wait for their locks does not count.
        held = await tx.queues.hold([one.id for one in due])
        still = [
            one
            for one in held.values()
            if _is_due(one, line, now=now) and {one.owner_id, one.offered_to} <= owners | {None}
        ]
        times: dict[ConversationId, datetime | None] = dict.fromkeys(one.id for one in still)
        patient_until = self._patient_until
        for case in await read_cases(tx, line, still, patient_until=patient_until, now=now):
            one = held[case.conversation.id]
            found = falls(case, now=now)
            times[one.id] = now if found.acts else found.next_at
            await _keep_promises(tx, one, found)
            await self._act(tx, case, found.acts, now=now)
        await tx.queues.set_timers(times)

    async def _act(
        self, tx: Transaction, case: Case, acts: Sequence[Act], *, now: datetime
    ) -> None:
        """Do them in their order, up to one that moves it elsewhere: then it is looked at anew."""
        for act in acts:
            one = await tx.conversations.get(case.conversation.id)
            assert one is not None
            await self._do(tx, act, case, one, now=now)
            if isinstance(act, MOVING):
                return

    async def _do(
        self, tx: Transaction, act: Act, case: Case, one: Conversation, *, now: datetime
    ) -> None:
        match act:
            case Say(stage):
                await self._say(tx, stage, case, one, now=now)
            case Warn(promise):
                what, due_at = promise.what.value, promise.due_at
                await lapsing.warn(tx, one, promise=what, due_at=due_at, now=now)
            case Breach(promise):
                what, due_at = promise.what.value, promise.due_at
                await lapsing.breach(tx, one, promise=what, due_at=due_at, now=now)
            case Overflow(to_line):
                other = await tx.lines.get(to_line)
                assert other is not None
                await lapsing.overflow(tx, one, other, now=now)
            case End(reason):
                await handling.close(tx, one.id, None, reason=reason, now=now)
            case Hush():
                await lapsing.hush(tx, one, now=now)
            case Withdraw():
                await lapsing.withdraw(tx, one, now=now)
            case AskRating():
                await self._ask(tx, case, one, now=now)
            case Thank():
                _, text = await _worded(tx, case, one, case.line.rating.thanks, now=now)
                can = self._capabilities(one.channel)
                await lapsing.say(tx, one, THANKS, text, capabilities=can, now=now)

    async def _say(
        self,
        tx: Transaction,
        stage: AutomaticReply,
        case: Case,
        one: Conversation,
        *,
        now: datetime,
    ) -> None:
        language, text = await _worded(tx, case, one, stage.texts, now=now)
        await lapsing.say(
            tx,
            one,
            stage.key,
            text,
            buttons=choices_of(stage, language),
            capabilities=self._capabilities(one.channel),
            now=now,
        )

    async def _ask(self, tx: Transaction, case: Case, one: Conversation, *, now: datetime) -> None:
        rating, token = case.line.rating, token_urlsafe(24)
        language, text = await _worded(tx, case, one, rating.texts or ASKED, now=now)
        link = f"{self._address}/rate/{token}"
        can = self._capabilities(one.channel)
        buttons = scores(one.id, rating.scale)
        if len(buttons) > can.max_buttons:
            text, buttons = question(text, rating.scale, link=link, language=language), ()
        elif rating.questions and len(buttons) < can.max_buttons and _opens(can, link):
            buttons = (*buttons, survey_button(link, language))
        elif rating.questions:
            text = surveyed(text, link=link, language=language)
        await lapsing.ask_rating(
            tx,
            one,
            text,
            scale=rating.scale,
            token=token,
            buttons=buttons,
            capabilities=can,
            now=now,
        )


def _opens(can: Capabilities, link: str) -> bool:
    """Whether a button may lead there: messengers refuse a message whose link is not public."""
    return can.in_browser or link.startswith("https://")


def _is_due(one: Conversation, line: Line, *, now: datetime) -> bool:
    return one.line_id == line.id and one.timer_at is not None and one.timer_at <= now


async def _keep_promises(tx: Transaction, one: Conversation, found: Falls) -> None:
    """Write until when the customer is promised what, and show it."""
    promised = found.reply_due_at, found.resolve_due_at
    if one.state is State.CLOSED or promised == (one.reply_due_at, one.resolve_due_at):
        return
    after = touched(one, reply_due_at=found.reply_due_at, resolve_due_at=found.resolve_due_at)
    await tx.change(one, after)


# --- what is said -------------------------------------------------------------------


async def _worded(
    tx: Transaction,
    case: Case,
    one: Conversation,
    texts: Mapping[str, str],
    *,
    now: datetime,
) -> tuple[str, str]:
    """The language and the words: the customer's, else the line's, with its variables."""
    customer = await tx.customers.get(one.customer_id)
    language, text = chosen(
        texts, one.language, customer.language if customer else None, case.line.language
    )
    names, line = named_in(text), case.line
    values = {"line": line.name, "name": customer.name if customer else ""}
    if "operator" in names and one.owner_id is not None:
        owner = await tx.operators.get(one.owner_id)
        values["operator"] = owner.name if owner else ""
    if "opens" in names:
        values["opens"] = opens(case.calendar, language, now=now)
    if names & {"place", "wait"} and one.state in (State.WAITING, State.OFFERED):
        place = await tx.queues.place_in_queue(one)
        values["place"] = place_of(place)
        if "wait" in names:
            expected_s = await _expected_s(tx, case, one, place=place, now=now)
            values["wait"] = wait_of(expected_s, language)
    return language, fill(text, values)


async def _expected_s(
    tx: Transaction, case: Case, one: Conversation, *, place: int, now: datetime
) -> float | None:
    """How long it may still wait; None if nothing tells, as while nobody is there to serve it."""
    decided = (await tx.decisions.latest([one.id])).get(one.id)
    if one.waiting_since is None or (decided and decided["rule"] in NOBODY_THERE):
        return None
    waits = await tx.queues.recent_waits(case.line.id)
    return forecast_s(waits, case.calendar, since=one.waiting_since, place=place, now=now)
