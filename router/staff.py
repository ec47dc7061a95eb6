"""Who answers: operators, whether they are here, and what they hold. Frozen values.

As in `model`, every time is an aware UTC datetime.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from router.ids import FileId, OperatorId


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


@dataclass(frozen=True, slots=True)
class Presence:
    """An operator's status, and until when a socket or a push subscription reaches them."""

    operator_id: OperatorId
    status: Status
    status_since: datetime
    reachable_until: datetime | None = None
    missed_offers: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """What an operator holds now, kept by every path that gives or frees."""

    operator_id: OperatorId
    open_count: int = 0
    offered_count: int = 0
