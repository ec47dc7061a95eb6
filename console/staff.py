"""Operators as the console shows them: cards with presence, load and queues, in a few queries."""

from collections.abc import Iterable

from console.api.shapes import InboxView, LineView, OperatorView
from console.desk import Desk
from console.inboxes import inbox_view
from console.views import Staff, line_view, lines_of_operators, operator_view
from router.errors import NotFound
from router.ids import OperatorId
from router.staff import Operator
from router.storage import Transaction


async def staff_now(tx: Transaction, desk: Desk) -> Staff:
    return Staff(
        presence=await tx.presence.all(),
        loads=await tx.loads.all(),
        line_ids=lines_of_operators(await tx.lines.queues()),
        now=desk.clock.now(),
    )


async def operators_now(
    tx: Transaction, desk: Desk, only: Iterable[OperatorId] | None = None
) -> list[OperatorView]:
    """All operators, or those of `only` that there are."""
    staff = await staff_now(tx, desk)
    wanted = None if only is None else frozenset(only)
    return [
        operator_view(one, staff, await _avatar_url(tx, desk, one))
        for one in await tx.operators.all()
        if wanted is None or one.id in wanted
    ]


async def _avatar_url(tx: Transaction, desk: Desk, operator: Operator) -> str | None:
    file = await tx.files.get(operator.avatar) if operator.avatar else None
    return desk.file_url(file) if file else None


async def operator_now(tx: Transaction, operator_id: OperatorId, desk: Desk) -> OperatorView:
    """Raises `NotFound`."""
    found = await operators_now(tx, desk, [operator_id])
    if not found:
        raise NotFound("no such operator")
    return found[0]


async def lines_now(tx: Transaction) -> list[LineView]:
    """All lines: one may transfer to a line which one does not see."""
    queues = await tx.lines.queues()
    return [line_view(one, queues.get(one.id, ())) for one in await tx.lines.all()]


async def inboxes_now(tx: Transaction, desk: Desk, *, whole: bool) -> list[InboxView]:
    arrivals = await tx.inboxes.last_arrivals()
    standings = await tx.inboxes.standings()
    delegations = await tx.delegations.all()
    return [
        inbox_view(
            one,
            desk.accounts.capabilities(one.kind),
            last_arrival_at=arrivals.get(one.id),
            hook_url=desk.accounts.hook_url(one),
            standing=standings.get(one.id),
            delegations=delegations.get(one.id, ()),
            whole=whole,
        )
        for one in await tx.inboxes.all()
    ]
