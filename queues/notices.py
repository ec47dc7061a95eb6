"""What is worth a notice on a device whose console is closed. Pure.

A conversation that is held out to its operator, a customer who waits for their answer, a line in
whose queue somebody waits while they can be reached nowhere. It is read from how things stand,
never from an event: a notice that a crash kept back is sent by whoever looks next, and one that
is no longer true is not sent at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from queues.presence import REACHABLE
from router.ids import OperatorId
from router.staff import Presence, Status
from router.storage.notices import Held, Told, Unseen

# An open console rings by itself; what is still unseen after so long goes to the devices, too.
UNSEEN_FOR = timedelta(seconds=20)
# Who may be asked to come is asked not more often than that for one line.
CALLED_EVERY = timedelta(minutes=5)
# A console says every 20 s that it is there: one that missed a beat is not.
BEAT_MISSED = REACHABLE - timedelta(seconds=25)


class About(StrEnum):
    OFFER = "offer"
    MESSAGE = "message"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that an operator is to be told as long as `mark` is not what they were told.

    `subject_id` is the conversation's, or the line's for `QUEUE`. `until`: then it is of no use.
    """

    about: About
    subject_id: UUID
    mark: str
    since: datetime
    until: datetime | None = None

    @property
    def topic(self) -> str:
        """What it is about, for push services: 32 letters."""
        return self.subject_id.hex


def causes_of(unseen: Iterable[Unseen], held_out: Iterable[Held]) -> dict[OperatorId, list[Cause]]:
    """What each has to answer or to accept."""
    found: dict[OperatorId, list[Cause]] = defaultdict(list)
    for one in held_out:
        mark = f"offer {one.offer_id}"
        found[one.operator_id].append(
            Cause(About.OFFER, one.conversation_id, mark, one.since, one.deadline)
        )
    for each in unseen:
        # The next one rings only after they have looked: ten messages in a row are one notice.
        mark = f"after {each.seen_seq}"
        found[each.operator_id].append(Cause(About.MESSAGE, each.conversation_id, mark, each.since))
    return found


def due(
    causes: Sequence[Cause],
    told: Mapping[UUID, Told],
    presence: Presence | None,
    *,
    now: datetime,
) -> list[Cause]:
    """Those of which an operator is to be told now. Who is off is told nothing."""
    if presence is None or presence.status is Status.OFF:
        return []
    patience = UNSEEN_FOR if has_console(presence, now=now) else timedelta()
    return [
        one
        for one in causes
        if one.since + patience <= now
        and (one.until is None or one.until > now)
        and not _is_told(one, told.get(one.subject_id), now=now)
    ]


def _is_told(cause: Cause, told: Told | None, *, now: datetime) -> bool:
    if told is None:
        return False
    if cause.about is About.QUEUE and told.at + CALLED_EVERY > now:
        return True
    return told.mark == cause.mark


def has_console(presence: Presence, *, now: datetime) -> bool:
    """A console of theirs is connected now, as far as its last beat can tell."""
    until = presence.reachable_until
    return until is not None and until > now + BEAT_MISSED
