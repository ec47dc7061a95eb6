"""Departments: who belongs to them, and in whose queues they stand."""

from collections.abc import Iterable

from console.access import must_administer, must_supervise
from console.api.route import Ask, Route
from console.api.shapes.departments import DepartmentDraft, DepartmentView
from router.errors import Invalid, NotFound
from router.events import LineChanged
from router.ids import DepartmentId, LineId, OperatorId, new_id
from router.news import DeskNews
from router.reactions import DISTRIBUTE
from router.staff import Department
from router.storage import Transaction


async def departments(ask: Ask) -> list[DepartmentView]:
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        return await _views(tx, await tx.departments.all())


async def make(ask: Ask, body: DepartmentDraft) -> DepartmentView:
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> DepartmentView:
        one = await _read(tx, body, DepartmentId(new_id()))
        await tx.departments.insert(one)
        tx.record.tell(DeskNews())
        await ask.audit(tx, "department_added", one.id)
        return (await _views(tx, [one]))[0]

    return await ask.storage.run(step)


async def change(ask: Ask, department_id: DepartmentId, body: DepartmentDraft) -> DepartmentView:
    """The queues in which it stands are others at once."""
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> DepartmentView:
        if await tx.departments.get(department_id) is None:
            raise NotFound("no such department")
        one = await _read(tx, body, department_id)
        _tell(tx, ask, await tx.departments.save(one))
        await ask.audit(tx, "department_changed", department_id)
        return (await _views(tx, [one]))[0]

    return await ask.storage.run(step)


async def delete(ask: Ask, department_id: DepartmentId) -> None:
    """It goes from the queues, too; its people stay operators."""
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> None:
        if await tx.departments.get(department_id) is None:
            raise NotFound("no such department")
        _tell(tx, ask, await tx.departments.delete(department_id))
        await ask.audit(tx, "department_deleted", department_id)

    await ask.storage.run(step)


async def _read(tx: Transaction, body: DepartmentDraft, department_id: DepartmentId) -> Department:
    name, wanted = body.name.strip(), [OperatorId(one) for one in dict.fromkeys(body.operator_ids)]
    if not name:
        raise Invalid("a department has a name", fields={"name": "is empty"})
    # Files name departments so.
    if any(one.name == name and one.id != department_id for one in await tx.departments.all()):
        raise Invalid("there is such a department", fields={"name": "is taken"})
    if set(wanted) - {one.id for one in await tx.operators.all()}:
        raise Invalid("no such operator", fields={"operator_ids": "does not exist"})
    return Department(department_id, name, tuple(wanted))


def _tell(tx: Transaction, ask: Ask, line_ids: Iterable[LineId]) -> None:
    for line_id in line_ids:
        tx.record.emit(LineChanged(at=ask.now(), line_id=line_id))
        tx.lanes.wake(DISTRIBUTE, line_id, ask.now())
    tx.record.tell(DeskNews())


async def _views(tx: Transaction, shown: Iterable[Department]) -> list[DepartmentView]:
    queues = {one.id: await tx.lines.queue_entries(one.id) for one in await tx.lines.all()}
    return [
        DepartmentView(
            id=one.id,
            name=one.name,
            operator_ids=list(one.members),
            line_ids=[
                line_id
                for line_id, entries in queues.items()
                if any(entry.department_id == one.id for entry in entries)
            ],
        )
        for one in shown
    ]


ROUTES = (
    Route("GET", "/departments", departments),
    Route("POST", "/departments", make, status=201),
    Route("PUT", "/departments/{department_id}", change),
    Route("DELETE", "/departments/{department_id}", delete),
)
