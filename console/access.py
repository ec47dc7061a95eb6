"""Who may see and do what in the console. Pure.

- Administrators see and do everything.
- Supervisors and operators see the lines whose queue they stand in, and, wherever it is, a
  conversation that they own, are offered, or take part in.
- A script has a role and no lines of its own: it sees all of them.

What somebody may not see does not exist for them: they are told *not found*.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from router.errors import Forbidden, NotFound
from router.ids import LineId, OperatorId
from router.model import Conversation, State
from router.news import ConversationNews, Place
from router.staff import Operator, Role
from router.urgency import NEVER, urgent_at

LEFT = "OperatorLeft"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `line_ids` None: all lines. A script has no `operator`."""

    role: Role
    operator: Operator | None = None
    line_ids: frozenset[LineId] | None = None
    token_id: UUID | None = None

    @property
    def operator_id(self) -> OperatorId | None:
        return self.operator.id if self.operator else None


def viewer(operator: Operator, line_ids: Iterable[LineId]) -> Viewer:
    """An operator, with the lines whose queues they stand in."""
    everything = operator.role is Role.ADMINISTRATOR
    return Viewer(operator.role, operator, None if everything else frozenset(line_ids))


# --- what they see ----------------------------------------------------------------


def sees_line(viewer: Viewer, line_id: LineId) -> bool:
    return viewer.line_ids is None or line_id in viewer.line_ids


def is_theirs(viewer: Viewer, conversation: Conversation) -> bool:
    """They own it, are offered it, or take part in it."""
    who = viewer.operator_id
    return who is not None and who in (
        conversation.owner_id,
        conversation.offered_to,
        *conversation.asked,
        *conversation.participants,
    )


def sees(viewer: Viewer, conversation: Conversation) -> bool:
    return sees_line(viewer, conversation.line_id) or is_theirs(viewer, conversation)


def saw(viewer: Viewer, news: ConversationNews) -> bool:
    """Whether they could see it before what the news tells."""
    before = news.before
    if before is None:
        return False
    return (
        sees_line(viewer, before.line_id)
        or _held(viewer, before)
        or any(mark.event == LEFT and mark.operator_id == viewer.operator_id for mark in news.marks)
    )


def _held(viewer: Viewer, before: Place) -> bool:
    who = viewer.operator_id
    return who is not None and who in (before.owner_id, before.offered_to, *before.asked)


def seen(viewer: Viewer, conversation: Conversation | None) -> Conversation:
    """The conversation, for who may see it. Raises `NotFound`."""
    if conversation is None or not sees(viewer, conversation):
        raise NotFound("no such conversation")
    return conversation


def lines_among(viewer: Viewer, line_ids: Sequence[LineId]) -> list[LineId]:
    """Those of all the desk's lines which they see."""
    return [one for one in line_ids if sees_line(viewer, one)]


# --- the lists --------------------------------------------------------------------


class List(StrEnum):
    MINE = "mine"
    WAITING = "waiting"
    ALL = "all"
    CLOSED = "closed"


def belongs(conversation: Conversation, which: List, viewer: Viewer) -> bool:
    """Whether it stands in that list of theirs; the same rules as `src/lists.ts`.

    What they have or take part in on lines which they do not see, stands in *mine* alone.
    """
    if which is List.MINE:
        who = viewer.operator_id
        theirs = (conversation.owner_id, conversation.offered_to, *conversation.asked)
        return who is not None and who in theirs and conversation.state is not State.CLOSED
    if not sees_line(viewer, conversation.line_id):
        return False
    match which:
        case List.WAITING:
            return conversation.state in (State.WAITING, State.OFFERED)
        case List.ALL:
            return conversation.state is not State.CLOSED
        case List.CLOSED:
            return conversation.state is State.CLOSED


def mine_first(conversation: Conversation) -> tuple[bool, float, int]:
    """The order of *mine*: what needs an answer, the oldest first; then the latest activity."""
    asked = conversation.unanswered_since
    if asked is not None:
        return (False, asked.timestamp(), conversation.id.int)
    return (True, -conversation.last_activity_at.timestamp(), -conversation.id.int)


def urgent_first(conversation: Conversation) -> tuple[datetime, datetime, int]:
    """What becomes late first, then who is served first: as the urgent lists come."""
    return (urgent_at(conversation) or NEVER, conversation.rank_at, conversation.id.int)


def counter_keys(viewer: Viewer, line_ids: Iterable[LineId]) -> dict[str, tuple[str, ...]]:
    """Which kept counters sum to each of their numbers."""
    lines, who = list(line_ids), viewer.operator_id
    return {
        "mine": (f"mine:{who}",) if who else (),
        "mine_unanswered": (f"unanswered:{who}",) if who else (),
        **{
            name: tuple(f"{name}:{line_id}" for line_id in lines)
            for name in ("waiting", "all", "closed")
        },
    }


# --- what they do -----------------------------------------------------------------


def person(viewer: Viewer) -> Operator:
    """The operator who asks. Raises `Forbidden` for a script: it cannot hold a conversation."""
    if viewer.operator is None:
        raise Forbidden("only a person who signed in can do this")
    return viewer.operator


def supervises(viewer: Viewer) -> bool:
    return viewer.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)


def must_supervise(viewer: Viewer) -> None:
    if not supervises(viewer):
        raise Forbidden("only supervisors and administrators may do this")


def must_administer(viewer: Viewer) -> None:
    if viewer.role is not Role.ADMINISTRATOR:
        raise Forbidden("only administrators may do this")


def must_hold(viewer: Viewer, conversation: Conversation) -> None:
    """Closing, snoozing and transferring: by those who have it, or who supervise."""
    if not supervises(viewer) and not is_theirs(viewer, conversation):
        raise Forbidden("it is somebody else's conversation; join it, or ask a supervisor")


def must_answer(viewer: Viewer, conversation: Conversation) -> None:
    """Answering a customer: the same, and scripts, which speak for the desk."""
    if viewer.operator is not None:
        must_hold(viewer, conversation)


def is_self(viewer: Viewer, operator_id: OperatorId) -> bool:
    return viewer.operator_id == operator_id
