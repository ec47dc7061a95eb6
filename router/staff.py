"""Who answers: operators, whether they are here, and what they hold. Frozen values.

As in `model`, every time is an aware UTC datetime.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from router.ids import CalendarId, DepartmentId, FileId, LeaveId, OperatorId
from router.queueing import WHOLE, Shift


class Role(StrEnum):
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Status(StrEnum):
    """What operators say of themselves; whether they can be reached is another matter."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Operator:
    id: OperatorId
    email: str
    name: str
    role: Role = Role.OPERATOR
    active: bool = True
    language: str = "ru"
    max_conversations: int = 5
    avatar: FileId | None = None
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    shift: Shift = Shift.ALWAYS
    calendar_id: CalendarId | None = None
    deputy_id: OperatorId | None = None

    @property
    def cap_weight(self) -> int:
        """How much they can take."""
        return self.max_conversations * WHOLE


@dataclass(frozen=True, slots=True)
class Presence:
    """An operator's status, and until when a socket, or a push notice, reaches them."""

    operator_id: OperatorId
    status: Status
    status_since: datetime
    reachable_until: datetime | None = None
    missed_offers: int = 0
    clocked_in_at: datetime | None = None
    break_since: datetime | None = None
    pushed_until: datetime | None = None

    @property
    def reached_until(self) -> datetime | None:
        """By whatever reaches them longer."""
        by_socket, by_push = self.reachable_until, self.pushed_until
        if by_socket is None or by_push is None:
            return by_socket or by_push
        return max(by_socket, by_push)


@dataclass(frozen=True, slots=True)
class Load:
    """What an operator holds now, kept by every path that gives or frees.

    `idle_since` is when the counts last moved, `given_at` when a queue last gave them one.
    """

    operator_id: OperatorId
    open_count: int = 0
    offered_count: int = 0
    open_weight: int = 0
    offered_weight: int = 0
    idle_since: datetime | None = None
    given_at: datetime | None = None

    @property
    def weight(self) -> int:
        """How much of their capacity is taken."""
        return self.open_weight + self.offered_weight


@dataclass(frozen=True, slots=True)
class Department:
    id: DepartmentId
    name: str
    members: tuple[OperatorId, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A place in a line's queue: one operator's, or all of a department's."""

    operator_id: OperatorId | None = None
    department_id: DepartmentId | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """From when to when an operator is not there at all; `until_at` None: until it is ended."""

    id: LeaveId
    operator_id: OperatorId
    from_at: datetime
    until_at: datetime | None = None
    reason: str = ""


class ClockKind(StrEnum):
    WORK = "work"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class ClockEntry:
    """That an operator worked, or had a break of it; `to_at` None: still."""

    operator_id: OperatorId
    kind: ClockKind
    from_at: datetime
    to_at: datetime | None = None
