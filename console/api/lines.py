"""Lines: their queues, how they choose, what they say by themselves, how they look."""

from collections.abc import Mapping, Sequence

from console.access import must_administer, must_supervise, sees_line
from console.api.route import Ask, Route
from console.api.shapes import LineChange, LineDetail, LineView, NewLine
from console.lines import TIMED, WRONG, Around, changed, line_detail, problems
from console.staff import lines_now
from router.errors import Forbidden, Invalid, NotFound
from router.events import LineChanged
from router.ids import DepartmentId, LineId, OperatorId, new_id
from router.model import Line
from router.news import DeskNews
from router.reactions import DISTRIBUTE, TIMERS
from router.staff import QueueEntry, Role
from router.storage import Transaction

QUEUE = frozenset(("operator_ids", "queue"))


async def lines(ask: Ask) -> list[LineView]:
    async with ask.storage.reading() as tx:
        return await lines_now(tx)


async def line(ask: Ask, line_id: LineId) -> LineDetail:
    """Every setting of a line, for its supervisors and administrators."""
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        found = await tx.lines.get(line_id)
        if found is None or not sees_line(ask.viewer, line_id):
            raise NotFound("no such line")
        return await _detail(tx, ask, found, await _around(tx))


async def make(ask: Ask, body: NewLine) -> LineDetail:
    must_administer(ask.viewer)
    line = Line(LineId(new_id()), body.key, body.name.strip() or body.key)

    async def step(tx: Transaction) -> LineDetail:
        if await tx.lines.by_key(body.key) is not None:
            raise Invalid("there is such a line", fields={"key": "is taken"})
        await tx.lines.insert(line)
        await _tell(tx, ask, "line_added", line.id)
        return await _detail(tx, ask, line, await _around(tx))

    return await ask.storage.run(step)


async def change(ask: Ask, line_id: LineId, body: LineChange) -> LineDetail:
    """Administrators change everything, supervisors the queues of their lines."""
    _may_change(ask, line_id, body)

    async def step(tx: Transaction) -> LineDetail:
        before = await tx.lines.lock(line_id)
        if before is None:
            raise NotFound("no such line")
        after, around = changed(before, body), await _around(tx)
        _must_be_right(body, problems(after, around))
        await tx.lines.save(after)
        if body.queue is not None or body.operator_ids is not None:
            await _set_queue(tx, line_id, body)
        if TIMED & body.model_fields_set:
            await tx.queues.time_again(line_id, at=ask.now())
            tx.lanes.wake(TIMERS, line_id, ask.now())
        await _tell(tx, ask, "line_changed", line_id, body.model_fields_set)
        return await _detail(tx, ask, after, around)

    return await ask.storage.run(step)


def _may_change(ask: Ask, line_id: LineId, body: LineChange) -> None:
    if ask.viewer.role is Role.ADMINISTRATOR:
        return
    must_supervise(ask.viewer)
    if not sees_line(ask.viewer, line_id) or not body.model_fields_set <= QUEUE:
        raise Forbidden("only administrators may do this")


def _must_be_right(body: LineChange, found: Mapping[str, str]) -> None:
    """What was wrong before stands in nobody's way."""
    given = {where: it for where, it in found.items() if _begins(where) in body.model_fields_set}
    if given:
        raise Invalid("the settings are not right", fields=given)


def _begins(where: str) -> str:
    return where.partition(".")[0]


async def _around(tx: Transaction) -> Around:
    calendars = {one.id: one for one in await tx.calendars.all()}
    return Around(await tx.lines.all(), calendars)


async def _detail(tx: Transaction, ask: Ask, line: Line, around: Around) -> LineDetail:
    return line_detail(
        line,
        operators=await tx.lines.queue(line.id),
        queue=await tx.lines.queue_entries(line.id),
        around=around,
        now=ask.now(),
    )


# --- its queue --------------------------------------------------------------------


async def _set_queue(tx: Transaction, line_id: LineId, body: LineChange) -> None:
    entries = [
        QueueEntry(
            operator_id=OperatorId(one.operator_id) if one.operator_id else None,
            department_id=DepartmentId(one.department_id) if one.department_id else None,
        )
        for one in body.queue or ()
    ]
    if body.queue is None:
        entries = [QueueEntry(OperatorId(one)) for one in body.operator_ids or ()]
    wrong = _wrong_entries(
        entries,
        operators={one.id for one in await tx.operators.all()},
        departments={one.id for one in await tx.departments.all()},
    )
    if wrong and body.queue is None:
        raise Invalid("no such operator", fields={"operator_ids": "does not exist"})
    if wrong:
        raise Invalid("the queue is not right", fields=wrong)
    await tx.lines.set_queue_entries(line_id, list(dict.fromkeys(entries)))


def _wrong_entries(
    entries: Sequence[QueueEntry],
    *,
    operators: set[OperatorId],
    departments: set[DepartmentId],
) -> Mapping[str, str]:
    found = {}
    for place, one in enumerate(entries):
        if (one.operator_id is None) == (one.department_id is None):
            found[f"queue.{place}"] = WRONG["one"]
        elif not (one.operator_id in operators or one.department_id in departments):
            found[f"queue.{place}"] = WRONG["nothing"]
    return found


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
    Route("GET", "/lines/{line_id}", line),
    Route("PATCH", "/lines/{line_id}", change),
)
