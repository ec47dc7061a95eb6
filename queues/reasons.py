"""What is said of a choice: what settled it, and what removed the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from router.ids import OperatorId
from router.queueing import Rung

# So many of the removed are named; the others are counted.
NAMED = 20


class Rule(StrEnum):
    """What settled the choice: of somebody, or to let the conversation wait."""

    KNOWS_CUSTOMER = "knows_customer"
    NEXT_IN_TURN = "next_in_turn"
    FIRST_IN_LIST = "first_in_list"
    LEAST_BUSY = "least_busy"
    LONGEST_IDLE = "longest_idle"
    EVERYBODY_ASKED = "everybody_asked"
    LIST_STARTED_AGAIN = "list_started_again"

    OUTSIDE_HOURS = "outside_hours"
    LINE_FULL = "line_full"
    WAITING_FOR_CRM = "waiting_for_crm"
    WAITING_FOR_OWNER = "waiting_for_owner"
    WAITING_FOR_LANGUAGE = "waiting_for_language"
    WAITING_FOR_SKILL = "waiting_for_skill"
    EVERYONE_REFUSED = "everyone_refused"
    NOBODY_CAN = "nobody_can"
    NOBODY_HERE = "nobody_here"
    QUEUE_IS_EMPTY = "queue_is_empty"


class Removed(StrEnum):
    """Why an operator did not come into question."""

    INACTIVE = "inactive"
    TAKES_NONE = "takes_none"
    ON_LEAVE = "on_leave"
    OFF_SHIFT = "off_shift"
    ON_BREAK = "on_break"
    NOT_AVAILABLE = "not_available"
    ABSENT = "absent"
    BUSY = "busy"
    FULL = "full"
    KEPT_FREE = "kept_free"
    LINE_FULL = "line_full"
    TOO_SOON = "too_soon"
    DECLINED = "declined"
    MISSED = "missed"
    OTHER_LANGUAGE = "other_language"
    LACKS_SKILL = "lacks_skill"


# While these are so nobody can know how long one waits.
NOBODY_THERE = frozenset({Rule.OUTSIDE_HOURS, Rule.NOBODY_HERE, Rule.QUEUE_IS_EMPTY})
# Who is removed for one of these is here, and may be able soon: they can be waited for.
HERE = frozenset(
    {Removed.BUSY, Removed.FULL, Removed.KEPT_FREE, Removed.LINE_FULL, Removed.TOO_SOON}
)
REFUSED = frozenset({Removed.DECLINED, Removed.MISSED})


@dataclass(frozen=True, slots=True)
class Why:
    """What settled a choice, by which settings, and what removed how many of the others.

    `named` holds the first `NAMED` of the removed: those whom the customer knows, then the queue
    in its order. `rung` and `operator` say who is preferred or waited for, `until` how long.
    """

    rule: Rule
    policy_version: str
    removed: Mapping[Removed, int] = field(default_factory=dict)
    named: Mapping[OperatorId, Removed] = field(default_factory=dict)
    rung: Rung | None = None
    operator: OperatorId | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Those who get the conversation, or are asked, or nobody and when to look again.

    Several only if `asks_all`: the first to accept has it. `turn` is to be stored as that
    operator's, if the rotation was moved; a choice of somebody the customer knows (`sticky`)
    never moves it.
    """

    operators: tuple[OperatorId, ...]
    why: Why
    look_again_at: datetime | None = None
    sticky: bool = False
    asks_all: bool = False
    turn: int | None = None

    @property
    def operator(self) -> OperatorId | None:
        """The first of them."""
        return self.operators[0] if self.operators else None
