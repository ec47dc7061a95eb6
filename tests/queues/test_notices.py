"""What is worth a notice: `queues.notices`."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from queues.notices import About, Cause, causes_of, due
from router.ids import ConversationId, LineId, OperatorId
from router.staff import Presence, Status
from router.storage.notices import Held, Late, Told, Unseen
from tests.clock import NOON

ANNA = OperatorId(UUID(int=1))
CHAT = ConversationId(UUID(int=2))
LINE = UUID(int=3)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def presence(*, status: Status = Status.AVAILABLE, beat_s: float | None = None) -> Presence:
    """Whose console last said so many seconds after noon that it is there."""
    return Presence(ANNA, status, NOON, None if beat_s is None else at(beat_s + 90))


WROTE = Cause(About.MESSAGE, CHAT, "after 4", at(0))
OFFERED = Cause(About.OFFER, CHAT, "offer 1", at(0), until=at(60))
WAITS = Cause(About.QUEUE, LINE, "waits 1", at(0))


def test_operator_without_a_console_is_told_at_once() -> None:
    assert due([WROTE, OFFERED], {}, presence(), now=at(0)) == [WROTE, OFFERED]


@pytest.mark.parametrize(("seconds", "is_told"), [(0, False), (19, False), (20, True)])
def test_open_console_has_twenty_seconds_to_be_looked_at(seconds: float, *, is_told: bool) -> None:
    told = due([WROTE], {}, presence(beat_s=seconds), now=at(seconds))
    assert bool(told) is is_told


def test_console_that_missed_a_beat_is_not_waited_for() -> None:
    assert due([WROTE], {}, presence(beat_s=-25), now=at(0)) == [WROTE]


@pytest.mark.parametrize("who", [None, presence(status=Status.OFF)], ids=["never came", "off"])
def test_who_is_off_is_told_nothing(who: Presence | None) -> None:
    assert due([WROTE, OFFERED, WAITS], {}, who, now=at(0)) == []


@pytest.mark.parametrize("status", [Status.BUSY, Status.AWAY])
def test_who_is_busy_or_away_still_hears_of_their_own(status: Status) -> None:
    assert due([WROTE], {}, presence(status=status), now=at(0)) == [WROTE]


def test_nobody_is_told_twice_of_the_same() -> None:
    assert due([WROTE], {CHAT: Told("after 4", at(0))}, presence(), now=at(900)) == []


def test_who_has_looked_since_is_told_of_the_next_message() -> None:
    assert due([WROTE], {CHAT: Told("after 2", at(0))}, presence(), now=at(1)) == [WROTE]


def test_offer_is_told_until_it_ends() -> None:
    assert due([OFFERED], {}, presence(), now=at(59)) == [OFFERED]
    assert due([OFFERED], {}, presence(), now=at(60)) == []


@pytest.mark.parametrize(("seconds", "is_called"), [(299, False), (300, True)])
def test_one_queue_calls_once_in_five_minutes(seconds: float, *, is_called: bool) -> None:
    told = due([WAITS], {LINE: Told("waits 0", at(0))}, presence(), now=at(seconds))
    assert bool(told) is is_called


def test_causes_stand_beside_whom_they_concern() -> None:
    boris = OperatorId(UUID(int=9))
    unseen = [Unseen(ANNA, CHAT, seen_seq=4, since=at(0))]
    held = [Held(boris, CHAT, UUID(int=7), at(1), at(61))]
    late = [Late(ANNA, LineId(LINE), at(3))]
    assert causes_of(unseen, held, late) == {
        ANNA: [WROTE, Cause(About.LATE, LINE, f"late {at(3).isoformat()}", at(3))],
        boris: [Cause(About.OFFER, CHAT, f"offer {UUID(int=7)}", at(1), at(61))],
    }
