"""Lines: their queues, how they choose, how they look."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from console.access import must_administer, must_supervise
from console.api.route import Ask, Route
from console.api.shapes import LineChange, LineView, NewLine
from console.staff import lines_now
from console.views import line_view
from router.errors import Forbidden, Invalid, NotFound
from router.events import LineChanged
from router.ids import LineId, OperatorId, new_id
from router.model import LeadWhen, Line
from router.news import DeskNews
from router.reactions import DISTRIBUTE
from router.staff import Role
from router.storage import Transaction

QUEUEING = frozenset(("auto_accept", "offer_timeout_s", "missed_offers_until_away"))
LOOK = frozenset(("title", "colour", "greeting", "ask_contact", "consent_url"))
PLAIN = frozenset(("name", "active", "language", "reopen_window_s"))
# What may be taken away again by sending null.
CLEARABLE = frozenset(("consent_url",))


async def lines(ask: Ask) -> list[LineView]:
    async with ask.storage.reading() as tx:
        return await lines_now(tx)


async def make(ask: Ask, body: NewLine) -> LineView:
    must_administer(ask.viewer)
    line = Line(LineId(new_id()), body.key, body.name.strip() or body.key)

    async def step(tx: Transaction) -> LineView:
        if await tx.lines.by_key(body.key) is not None:
            raise Invalid("there is such a line", fields={"key": "is taken"})
        await tx.lines.insert(line)
        await _tell(tx, ask, "line_added", line.id)
        return line_view(line, ())

    return await ask.storage.run(step)


async def change(ask: Ask, line_id: LineId, body: LineChange) -> LineView:
    """Administrators change everything, supervisors the queues of their lines."""
    _may_change(ask, line_id, body)

    async def step(tx: Transaction) -> LineView:
        before = await tx.lines.lock(line_id)
        if before is None:
            raise NotFound("no such line")
        after = changed(before, body)
        await tx.lines.save(after)
        if body.operator_ids is not None:
            await _set_queue(tx, line_id, body.operator_ids)
        await _tell(tx, ask, "line_changed", line_id, body.model_fields_set)
        return line_view(after, await tx.lines.queue(line_id))

    return await ask.storage.run(step)


def _may_change(ask: Ask, line_id: LineId, body: LineChange) -> None:
    if ask.viewer.role is Role.ADMINISTRATOR:
        return
    must_supervise(ask.viewer)
    seen = ask.viewer.line_ids is None or line_id in ask.viewer.line_ids
    if not seen or not body.model_fields_set <= {"operator_ids"}:
        raise Forbidden("only administrators may do this")


def changed(line: Line, body: LineChange) -> Line:
    """What is not given, or null where null means nothing, stays as it is."""
    given: dict[str, Any] = {
        name: value
        for name, value in body.model_dump(exclude_unset=True).items()
        if value is not None or name in CLEARABLE
    }
    plain = {name: value for name, value in given.items() if name in PLAIN}
    if "lead_when" in given:
        plain["lead_when"] = LeadWhen(given["lead_when"])
    look = {name: value for name, value in given.items() if name in LOOK}
    if "allowed_sites" in given:
        look["allowed_sites"] = tuple(given["allowed_sites"])
    queueing = {name: value for name, value in given.items() if name in QUEUEING}
    return replace(
        line,
        **plain,
        look=replace(line.look, **look),
        queueing=replace(line.queueing, **queueing),
    )


async def _set_queue(tx: Transaction, line_id: LineId, given: Sequence[UUID]) -> None:
    wanted = [OperatorId(one) for one in dict.fromkeys(given)]
    known = {one.id for one in await tx.operators.all()}
    if set(wanted) - known:
        raise Invalid("no such operator", fields={"operator_ids": "does not exist"})
    await tx.lines.set_queue(line_id, wanted)


async def _tell(
    tx: Transaction,
    ask: Ask,
    act: str,
    line_id: LineId,
    fields: set[str] | frozenset[str] = frozenset(),
) -> None:
    tx.record.emit(LineChanged(at=ask.now(), line_id=line_id))
    tx.record.tell(DeskNews())
    tx.lanes.wake(DISTRIBUTE, line_id, ask.now())
    await ask.audit(tx, act, line_id, fields)


ROUTES = (
    Route("GET", "/lines", lines),
    Route("POST", "/lines", make, status=201),
    Route("PATCH", "/lines/{line_id}", change),
)
