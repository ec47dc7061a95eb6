"""Days of a line that somebody wants to see lived through under other settings. Values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from router.errors import Invalid
from router.ids import LineId, OperatorId, SimulationId


class SimulationState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset((SimulationState.DONE, SimulationState.FAILED, SimulationState.CANCELLED))


class Failure(StrEnum):
    """Why a simulation came to nothing.

    `nothing_recorded`, `too_many`, `closed`: of the days that were asked for. `too_long`: it took
    more time, or memory, than it may. `interrupted`: the desk ended again and again meanwhile.
    """

    NOTHING_RECORDED = "nothing_recorded"
    TOO_MANY = "too_many"
    CLOSED = "closed"
    TOO_LONG = "too_long"
    INTERRUPTED = "interrupted"
    BROKEN = "broken"


class Unlivable(Invalid):
    """There is nothing to live through on the days that were asked for."""

    def __init__(self, sentence: str, failure: Failure) -> None:
        super().__init__(sentence)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Simulation:
    """What was `asked` is read by the simulator; `said` is the asking as it was put.

    `percent` is how much of it is over, `tries` how often it was begun. `asked_by` None: a script.
    """

    id: SimulationId
    line_id: LineId
    asked_by: OperatorId | None
    asked_at: datetime
    asked: Mapping[str, Any]
    said: Mapping[str, Any]
    state: SimulationState = SimulationState.WAITING
    percent: int = 0
    tries: int = 0
    ended_at: datetime | None = None
    failure: Failure | None = None
    result: Mapping[str, Any] | None = None
