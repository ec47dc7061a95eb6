"""What is worth a notice on a device whose console is closed. Pure.

A conversation that is held out to its operator, a customer who waits for their answer, a line in
whose queue somebody waits while they can be reached nowhere; for who supervises, a line in which a
promised time is over. It is read from how things stand,
never from an event: a notice that a crash kept back is sent by whoever looks next, and one that
is no longer true is not sent at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from queues.presence import REACHABLE
from router.ids import OperatorId
from router.staff import Presence, Status
from router.storage.notices import Held, Late, Told, Unseen

# An open console rings by itself; what is still unseen after so long goes to the devices, too.
UNSEEN_FOR = timedelta(seconds=20)
# Of one line nobody is told more often than that.
CALLED_EVERY = timedelta(minutes=5)
# A console says every 20 s that it is there: one that missed a beat is not.
BEAT_MISSED = REACHABLE - timedelta(seconds=25)


class About(StrEnum):
    OFFER = "offer"
    MESSAGE = "message"
    QUEUE = "queue"
    LATE = "late"


# Many at once are one notice of their line.
OF_A_LINE = frozenset((About.QUEUE, About.LATE))


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that an operator is to be told as long as `mark` is not what they were told.

    `subject_id` is the conversation's, or the line's for `QUEUE` and `LATE`. `until`: then it is of
    no use.
    """

    about: About
    subject_id: UUID
    mark: str
    since: datetime
    until: datetime | None = None

    @property
    def key(self) -> UUID:
        """Under which it is kept, and takes the place of an older one: its own for a line's two."""
        return self.subject_id if self.about is not About.LATE else uuid5(self.subject_id, "late")


def causes_of(
    unseen: Iterable[Unseen], held_out: Iterable[Held], late: Iterable[Late]
) -> dict[OperatorId, list[Cause]]:
    """What each has to answer, to accept, or to look after."""
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
    for line in late:
        mark = f"late {line.since.isoformat()}"
        found[line.operator_id].append(Cause(About.LATE, line.line_id, mark, line.since))
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
        and not _is_told(one, told.get(one.key), now=now)
    ]


def _is_told(cause: Cause, told: Told | None, *, now: datetime) -> bool:
    if told is None:
        return False
    if cause.about in OF_A_LINE and told.at + CALLED_EVERY > now:
        return True
    return told.mark == cause.mark


def has_console(presence: Presence, *, now: datetime) -> bool:
    """A console of theirs is connected now, as far as its last beat can tell."""
    until = presence.reachable_until
    return until is not None and until > now + BEAT_MISSED
