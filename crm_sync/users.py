"""Which operator is which of the CRM's users: the one with the same e-mail address."""

from crm_sync.crm import Crm, CrmUser
from router.clock import Clock
from router.ids import OperatorId
from router.staff import Operator
from router.storage import Transaction

STALE_S = 600.0
MISSED_S = 60.0


async def operator_of(tx: Transaction, user: CrmUser | None) -> OperatorId | None:
    """None if nobody who works here has the user's address."""
    operator = await tx.operators.by_email(user.email) if user is not None else None
    return operator.id if operator is not None and operator.active else None


class Users:
    """Remembers the CRM's users for ten minutes, a minute if somebody was missing."""

    def __init__(self, crm: Crm, clock: Clock) -> None:
        self._crm = crm
        self._clock = clock
        self._users: dict[str, CrmUser] = {}
        self._known_at_s: float | None = None

    async def of(self, operator: Operator) -> CrmUser | None:
        """None if the CRM has no active user with the operator's address."""
        address, now_s = operator.email.strip().lower(), self._clock.monotonic()
        stale_s = STALE_S if address in self._users else MISSED_S
        if self._known_at_s is None or now_s - self._known_at_s >= stale_s:
            choices = await self._crm.choices()
            self._users = {one.email.lower(): one for one in choices.users if one.active}
            self._known_at_s = now_s
        return self._users.get(address)
