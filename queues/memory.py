"""What a line's step made of its operators, for the next one: of a crowd nearly all are as they were.

Nothing is left unread for it, and it decides nothing.
"""

from queues.crew import Floor
from queues.facts import Candidate
from router.ids import OperatorId
from router.storage.choosing import Member, kept_members

NOBODY: tuple[Member | None, Candidate | None] = (None, None)


class Memory:
    """Of one line. `members` is for reading its floor."""

    def __init__(self) -> None:
        self.members = kept_members()
        self._seen: dict[OperatorId, tuple[Member, Candidate]] = {}

    def candidates(self, floor: Floor) -> dict[OperatorId, Candidate]:
        """The floor's members as the policy sees them."""
        before, self._seen = self._seen, {}
        for member in floor.members:
            id_ = member.operator.id
            known, one = before.get(id_, NOBODY)
            if known is not member or one is None or not floor.is_still(member, one):
                one = floor.candidate(member)
            self._seen[id_] = (member, one)
        return {id_: one for id_, (_, one) in self._seen.items()}
