"""Tells operators what `queues/notices.py` finds, on every device of theirs: a lane for each."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import structlog

from queues.facts import standing
from queues.hours import is_open
from queues.notices import OF_A_LINE, About, Cause, causes_of, due
from queues.presence import candidate_of, is_on_shift, is_reachable, pushed
from queues.reasons import Removed
from router.calendars import ALWAYS, Calendar
from router.clock import Clock
from router.errors import ProviderError, Throttled
from router.ids import CalendarId, ConversationId, LineId, OperatorId
from router.reactions import NOTIFY
from router.sealing import Sealing
from router.staff import Operator, Presence, Status
from router.storage import Lane, Storage, Transaction
from router.storage.choosing import FOR_GOOD, Member
from router.storage.notices import Device, Told
from router.webpush import GoneDevice, Parcel, WebPush

PURPOSE = "shown notice"
ANSWER_LASTS = timedelta(hours=1)
CALL_LASTS = timedelta(minutes=5)
RECEIPT_LASTS = timedelta(hours=24)
PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
REMEMBERED = timedelta(days=30)
# A parcel holds 3,900 bytes; a letter of a text may take six of them.
MOST_CHARS = 160

TITLES = {
    "ru": {
        About.OFFER: "Примите диалог: {name}",
        About.MESSAGE: "{name}",
        About.QUEUE: "В очереди ждут: {name}",
        About.LATE: "Отвечают с опозданием: {name}",
    },
    "en": {
        About.OFFER: "Take the conversation: {name}",
        About.MESSAGE: "{name}",
        About.QUEUE: "Somebody waits in the queue: {name}",
        About.LATE: "Answers are too late: {name}",
    },
}
SAID = {
    "ru": {
        About.QUEUE: "Вас нет на связи. Откройте консоль, чтобы принять диалог.",
        About.LATE: "Обещанное время вышло, опаздывают: {count}.",
    },
    "en": {
        About.QUEUE: "You cannot be reached. Open the console to take the conversation.",
        About.LATE: "The promised time is over, late: {count}.",
    },
}
PATHS = {
    About.OFFER: "conversations/mine/{id}",
    About.MESSAGE: "conversations/mine/{id}",
    About.QUEUE: "conversations/waiting",
    About.LATE: "load",
}
TRIED = {"ru": "Уведомления доходят до этого устройства.", "en": "Notices reach this device."}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a device shows. One of the same `tag` takes the place of an older; `path` is opened."""

    title: str
    body: str
    tag: str
    path: str
    language: str


@dataclass(frozen=True, slots=True)
class Post:
    """A letter, and for how long it is of use."""

    letter: Letter
    topic: str
    lasts: timedelta


class Notices:
    """Looks who is to be told, and tells them."""

    def __init__(self, storage: Storage, clock: Clock, sealing: Sealing, push: WebPush) -> None:
        self._storage = storage
        self._clock = clock
        self._sealing = sealing
        self._push = push

    async def look(self) -> None:
        """Wake the lanes of those who are to be told something. To be called each second."""
        async with self._storage.reading() as tx:
            those = await self._due(tx, await tx.notices.with_devices(now=self._clock.now()))

        async def wake(tx: Transaction) -> None:
            for operator_id in those:
                tx.lanes.wake(NOTIFY, operator_id, self._clock.now())

        if those:
            await self._storage.run(wake)

    async def step(self, lane: Lane) -> None:
        """Tell one operator all that is due.

        What none of their devices took is due again once one of them may be asked again.
        """
        operator_id = OperatorId(UUID(lane.key))
        async with self._storage.reading() as tx:
            causes = (await self._due(tx, [operator_id])).get(operator_id, [])
            devices = await tx.notices.devices(operator_id, now=self._clock.now())
            posts = await _posts(tx, operator_id, causes, now=self._clock.now())
        went = await self._send(posts, devices) if posts else []

        async def keep(tx: Transaction) -> None:
            await self._mind(tx, devices, went)
            if None in went:
                marks = {one.key: one.mark for one in causes}
                await tx.notices.tell(operator_id, marks, at=self._clock.now())
            tx.lanes.give_back(lane)

        await self._storage.run(keep)

    async def try_out(self, operator: Operator) -> int:
        """Send a notice to each of the operator's devices; gives how many push services took it."""
        async with self._storage.reading() as tx:
            devices = await tx.notices.devices(operator.id, now=self._clock.now())
        spoken = _spoken(operator)
        letter = Letter("Liniya", TRIED[spoken], "try", "settings/profile", spoken)
        went = await self._send([Post(letter, "try", CALL_LASTS)], devices)
        await self._storage.run(lambda tx: self._mind(tx, devices, went))
        return went.count(None)

    async def shown(self, receipt: str) -> None:
        """A device says that it has shown a notice, by what came with it. Anything else is let be."""
        device_id = self._sealing.verified(receipt, purpose=PURPOSE, now=self._clock.now())
        if device_id is None:
            return

        async def step(tx: Transaction) -> None:
            device = await tx.notices.device(UUID(device_id))
            if device is not None:
                await tx.notices.shown(device.id, at=self._clock.now())
                await pushed(tx, device.operator_id, now=self._clock.now())

        await self._storage.run(step)

    async def forget(self) -> None:
        """What was told long ago is of no interest."""

        async def step(tx: Transaction) -> None:
            await tx.notices.forget(before=self._clock.now() - REMEMBERED)

        await self._storage.run(step)

    # --- who is to be told ------------------------------------------------------------

    async def _due(
        self, tx: Transaction, operator_ids: Sequence[OperatorId]
    ) -> dict[OperatorId, list[Cause]]:
        if not operator_ids:
            return {}
        now = self._clock.now()
        presences = await tx.presence.many(operator_ids)
        causes = causes_of(
            await tx.notices.unseen(operator_ids),
            await tx.notices.held_out(operator_ids),
            await tx.notices.late(operator_ids),
        )
        for one, presence in presences.items():
            if not is_reachable(presence, now=now):
                causes[one] += await _calls(tx, one, presence, now=now)
        told: dict[OperatorId, dict[UUID, Told]] = defaultdict(dict)
        for (operator_id, subject_id), was in (await tx.notices.told(operator_ids)).items():
            told[operator_id][subject_id] = was
        found = {
            one: due(some, told[one], presences.get(one), now=now) for one, some in causes.items()
        }
        heard = {
            one: await _while_at_work(tx, one, presences.get(one), some, now=now)
            for one, some in found.items()
        }
        return {one: some for one, some in heard.items() if some}

    # --- telling ------------------------------------------------------------------------

    async def _send(
        self, posts: Sequence[Post], devices: Sequence[Device]
    ) -> Sequence[ProviderError | None]:
        """What came of it for each device; None: its push service took all."""
        return await asyncio.gather(*(self._send_to(one, posts) for one in devices))

    async def _send_to(self, device: Device, posts: Sequence[Post]) -> ProviderError | None:
        until = self._clock.now() + RECEIPT_LASTS
        receipt = self._sealing.sign(str(device.id), purpose=PURPOSE, until=until)
        try:
            for post in posts:
                body = orjson.dumps(asdict(post.letter) | {"receipt": receipt})
                await self._push.send(Parcel(body, post.topic, post.lasts), device)
        except ProviderError as trouble:
            return trouble
        return None

    async def _mind(
        self, tx: Transaction, devices: Sequence[Device], went: Sequence[ProviderError | None]
    ) -> None:
        """Forget devices that are gone, and leave alone for a while those in trouble."""
        now = self._clock.now()
        for device, trouble in zip(devices, went, strict=False):
            match trouble:
                case None:
                    pass
                case GoneDevice():
                    await tx.notices.remove(device.id)
                case Throttled():
                    wait = max(timedelta(seconds=trouble.retry_after_s), PAUSE)
                    await tx.notices.pause(device.id, until=now + min(wait, LONGEST_PAUSE))
                case _:
                    log.warning("notice_waits", error=type(trouble).__name__, code=trouble.code)
                    await tx.notices.pause(device.id, until=now + PAUSE)


async def _while_at_work(
    tx: Transaction,
    operator_id: OperatorId,
    presence: Presence | None,
    causes: list[Cause],
    *,
    now: datetime,
) -> list[Cause]:
    """What is held out to them; the rest only if they are at work, else it waits for them."""
    held_out = [one for one in causes if one.about is About.OFFER]
    if len(held_out) == len(causes):
        return causes
    operator = await tx.operators.get(operator_id)
    if operator is None or operator_id in await tx.leaves.current(now):
        return held_out
    hours = await _calendar(tx, operator.calendar_id)
    return causes if is_on_shift(operator.shift, presence, hours, now=now) else held_out


async def _calls(
    tx: Transaction, operator_id: OperatorId, presence: Presence, *, now: datetime
) -> list[Cause]:
    """The lines whose queues wait for somebody at work who can be reached nowhere."""
    operator = await tx.operators.get(operator_id)
    if operator is None or presence.status is not Status.AVAILABLE:
        return []
    away = FOR_GOOD if operator_id in await tx.leaves.current(now) else None
    member = Member(operator, 0, presence, None, leave_until=away)
    hours = await _calendar(tx, operator.calendar_id)
    if standing(candidate_of(member, now=now, calendar=hours)) is not Removed.ABSENT:
        return []
    calls = []
    for line_id in await tx.lines.of_operator(operator_id):
        last = await tx.notices.last_waiting(line_id)
        if last is not None and await _is_at_work(tx, line_id, now=now):
            calls.append(Cause(About.QUEUE, line_id, f"waits {last.conversation_id}", last.since))
    return calls


async def _is_at_work(tx: Transaction, line_id: LineId, *, now: datetime) -> bool:
    line = await tx.lines.get(line_id)
    return line is not None and is_open(await _calendar(tx, line.calendar_id), now)


async def _calendar(tx: Transaction, calendar_id: CalendarId | None) -> Calendar:
    found = await tx.calendars.get(calendar_id) if calendar_id else None
    return found or ALWAYS


# --- what is shown ----------------------------------------------------------------------


async def _posts(
    tx: Transaction, operator_id: OperatorId, causes: Sequence[Cause], *, now: datetime
) -> list[Post]:
    """In the operator's language."""
    operator = await tx.operators.get(operator_id)
    if operator is None:
        return []
    spoken = _spoken(operator)
    names = await _names_of(tx, causes, spoken=spoken)
    return [
        Post(_letter(one, *names[one.key], spoken=spoken), one.key.hex, _lasts(one, now))
        for one in causes
        if one.key in names
    ]


async def _names_of(
    tx: Transaction, causes: Sequence[Cause], *, spoken: str
) -> Mapping[UUID, tuple[str, str]]:
    """Whom or what each is about, and what is said of it."""
    ids = [ConversationId(one.subject_id) for one in causes if one.about not in OF_A_LINE]
    found: dict[UUID, tuple[str, str]] = {
        one.id: (one.title, one.last.preview if one.last else "")
        for one in (await tx.conversations.many(ids)).values()
    }
    for cause in causes:
        if cause.about in OF_A_LINE:
            line_id = LineId(cause.subject_id)
            line, late = await tx.lines.get(line_id), f"late:{line_id}"
            count = (await tx.record.counts([late]))[late]
            name = line.name if line else ""
            found[cause.key] = (name, SAID[spoken][cause.about].format(count=count))
    return found


def _letter(cause: Cause, name: str, text: str, *, spoken: str) -> Letter:
    return Letter(
        title=TITLES[spoken][cause.about].format(name=name[:MOST_CHARS]),
        body=text[:MOST_CHARS],
        tag=str(cause.key),
        path=PATHS[cause.about].format(id=cause.subject_id),
        language=spoken,
    )


def _spoken(operator: Operator) -> str:
    return operator.language if operator.language in TITLES else "en"


def _lasts(cause: Cause, now: datetime) -> timedelta:
    match cause.about:
        case About.OFFER:
            return (cause.until or now) - now
        case About.MESSAGE:
            return ANSWER_LASTS
        case About.QUEUE | About.LATE:
            return CALL_LASTS
