"""Who waits on a line: in groups of those whom the same operators would get, for the same reason.

A step asks for the first of each group only. So it costs no more with thousands waiting than with
ten, as long as the thousands want the same.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from heapq import heapify, heappop, heappush

from queues.facts import Facts, Refusal
from queues.simulator.floor import Hand
from queues.simulator.world import Talk
from router.ids import OperatorId
from router.queueing import Rung


class Stage(Enum):
    WAITING = auto()
    OFFERED = auto()
    OPEN = auto()
    CLOSED = auto()
    GONE = auto()
    LOST = auto()


@dataclass(slots=True, eq=False)
class Going:
    """A conversation on its way. Times are seconds from the world's start.

    `round` tells an offer, or a stay in a line, from the one before: what was to happen in an
    earlier one happens no more. `offers` were made so far, `asked` have not answered theirs.
    `holder` has it, or has kept room for it. `passed_on`: the lines that gave it to another.
    `owner` had it first.
    """

    talk: Talk
    number: int
    line: int
    weight: int
    rank_s: float
    since_s: float
    known: Mapping[Rung, OperatorId]
    deputies: Mapping[OperatorId, OperatorId] = field(default_factory=dict)
    stage: Stage = Stage.WAITING
    round: int = 0
    offers: int = 0
    asked: int = 0
    refused: dict[OperatorId, Refusal] = field(default_factory=dict)
    passed_on: frozenset[int] = frozenset()
    holder: Hand | None = None
    owner: Hand | None = None
    is_silent: bool = False
    turn: int = 0
    stay: int = 0
    given_s: float | None = None
    replied_s: float | None = None
    left_s: float | None = None

    @property
    def key(self) -> Hashable:
        """Equal for those who get the same answer, but for how long they have waited."""
        if self.refused:
            return self.number
        talk = self.talk
        known = tuple(self.known.items()), tuple(self.deputies.items())
        return self.weight, talk.language, talk.skills, known

    def facts(self, since: datetime) -> Facts:
        return Facts(
            since=since,
            weight=self.weight,
            refused=self.refused,
            language=self.talk.language,
            skills=self.talk.skills,
            known=self.known,
            deputies=self.deputies,
        )


# By rank, then by number; the round tells a wait of one from its next.
Place = tuple[float, int, int, Going]


class Waiting:
    """The waiting of one line. Who has left by another way than `take` is passed over when found."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._groups: dict[Hashable, list[Place]] = {}

    def add(self, one: Going) -> None:
        heappush(self._groups.setdefault(one.key, []), (one.rank_s, one.number, one.round, one))

    def __iter__(self) -> Iterator[Going]:
        """All of them, in no order."""
        for group in self._groups.values():
            yield from (place[-1] for place in group if self._waits(place))

    def heads(self) -> list[Place]:
        """The first of each group, as a heap: the first of all stands first."""
        found = [head for key in list(self._groups) if (head := self._head(key)) is not None]
        heapify(found)
        return found

    def take(self, first: Going) -> Place | None:
        """The first of a group leaves it; gives who stands behind."""
        key = first.key
        taken = heappop(self._groups[key])
        assert taken[-1] is first, "only the first of a group leaves it so"
        return self._head(key)

    def _head(self, key: Hashable) -> Place | None:
        group = self._groups.get(key, [])
        while group and not self._waits(group[0]):
            heappop(group)
        if group:
            return group[0]
        self._groups.pop(key, None)
        return None

    def _waits(self, place: Place) -> bool:
        _, _, round_, one = place
        here = one.stage is Stage.WAITING and one.line == self._line
        return here and one.round == round_
