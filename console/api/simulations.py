"""Simulations: what other settings of a line would have come to. For its supervisors."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field

from console.access import must_supervise, sees_line
from console.api.route import Ask, Route
from console.api.shapes import LineChange, Shape
from console.api.shapes.simulations import (
    MOST_DAYS,
    NewSimulation,
    RecordedSpan,
    SimulationHead,
    SimulationView,
)
from console.lines import Around, changed, problems
from queues.hours import today
from queues.simulator import work
from queues.simulator.asked import Asked, Changed, RecordedDays, to_json
from queues.simulator.imagined import DrawnDays, Flow
from queues.simulator.setup import hours_of
from router.errors import Full, Invalid, NotFound
from router.ids import DepartmentId, LineId, OperatorId, SimulationId, new_id
from router.model import Line
from router.simulation import Simulation, SimulationState
from router.storage import Transaction

MOST_WAITING, KEPT = 10, 100


class SimulationsQuery(Shape):
    line_id: LineId | None = None
    limit: int = Field(default=20, ge=1, le=100)


async def simulations(ask: Ask, query: SimulationsQuery) -> list[SimulationHead]:
    """Of the lines which they see, the latest first."""
    must_supervise(ask.viewer)
    seen = ask.viewer.line_ids
    if query.line_id is not None:
        seen = frozenset((query.line_id,)) if sees_line(ask.viewer, query.line_id) else frozenset()
    async with ask.storage.reading() as tx:
        found = await tx.simulations.latest(seen, limit=query.limit)
    return [SimulationHead.model_validate(_head(one)) for one in found]


async def simulation(ask: Ask, simulation_id: SimulationId) -> SimulationView:
    async with ask.storage.reading() as tx:
        return _view(await _seen(tx, ask, simulation_id))


async def simulate(ask: Ask, body: NewSimulation) -> SimulationView:
    """It is lived through beside the desk, after those that were asked for before."""
    must_supervise(ask.viewer)
    _must_be_days(ask, body)

    async def step(tx: Transaction) -> Simulation:
        line = await tx.lines.get(LineId(body.line_id))
        if line is None or not sees_line(ask.viewer, line.id):
            raise NotFound("no such line")
        if await tx.simulations.count_waiting() >= MOST_WAITING:
            raise Full("too many simulations wait already")
        one = Simulation(
            id=SimulationId(new_id()),
            line_id=line.id,
            asked_by=ask.viewer.operator_id,
            asked_at=ask.now(),
            asked=to_json(await _asked(tx, line, body)),
            said=body.model_dump(mode="json", exclude_unset=True),
        )
        await tx.simulations.insert(one)
        await tx.simulations.forget(keep=KEPT)
        work.wake(tx, now=ask.now())
        return one

    return _view(await ask.storage.run(step))


async def cancel(ask: Ask, simulation_id: SimulationId) -> SimulationView:
    """One that has ended stays as it is."""

    async def step(tx: Transaction) -> SimulationView:
        await _seen(tx, ask, simulation_id)
        await tx.simulations.end(simulation_id, SimulationState.CANCELLED, at=ask.now())
        return _view(await _seen(tx, ask, simulation_id))

    return await ask.storage.run(step)


async def recorded(ask: Ask, line_id: LineId) -> RecordedSpan:
    """From which day to which the line can be lived through again."""
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        line = await tx.lines.get(line_id)
        if line is None or not sees_line(ask.viewer, line_id):
            raise NotFound("no such line")
        span, hours = await tx.past.span(line_id), await hours_of(tx, line.calendar_id)
    if span is None:
        return RecordedSpan(first=None, last=None)
    first, last = (today(hours, at) for at in span)
    return RecordedSpan(first=first, last=last)


# --- asking -----------------------------------------------------------------------


def _must_be_days(ask: Ask, body: NewSimulation) -> None:
    if (body.recorded is None) == (body.drawn is None):
        raise Invalid("choose recorded days or drawn ones", fields={"recorded": "is missing"})
    days = body.recorded
    if days is None:
        return
    if days.last < days.first:
        raise Invalid("the days are not right", fields={"recorded.last": "is before the first"})
    if days.last - days.first >= timedelta(days=MOST_DAYS):
        wrong = f"has more than {MOST_DAYS} entries"
        raise Invalid("the days are not right", fields={"recorded.last": wrong})
    if not all(sees_line(ask.viewer, LineId(one)) for one in days.beside):
        raise NotFound("no such line")


async def _asked(tx: Transaction, line: Line, body: NewSimulation) -> Asked:
    after = changed(line, body.change)
    calendars = {one.id: one for one in await tx.calendars.all()}
    found = problems(after, Around(await tx.lines.all(), calendars))
    given = {
        f"change.{where}": it
        for where, it in found.items()
        if where.partition(".")[0] in body.change.model_fields_set
    }
    if given:
        raise Invalid("the settings are not right", fields=given)
    setup = Changed(
        queueing=after.queueing,
        calendar_id=after.calendar_id,
        first_reply_s=after.sla.targets.first_reply_s,
        operator_ids=await _queue(tx, line, body.change),
        more=body.more_operators,
    )
    recorded, drawn = body.recorded, body.drawn
    return Asked(
        line_id=line.id,
        changed=setup,
        recorded=None
        if recorded is None
        else RecordedDays(recorded.first, recorded.last, tuple(map(LineId, recorded.beside))),
        drawn=None if drawn is None else DrawnDays(**_drawn(drawn.model_dump())),
    )


def _drawn(given: dict[str, Any]) -> dict[str, Any]:
    return given | {"flow": Flow(given["flow"])}


async def _queue(tx: Transaction, line: Line, change: LineChange) -> tuple[OperatorId, ...]:
    """Who stands in it, in order; of departments those who are in them now."""
    active = {one.id for one in await tx.operators.all() if one.active}
    if change.queue is None and change.operator_ids is None:
        wanted = list(await tx.lines.queue(line.id))
    elif change.queue is None:
        wanted = [OperatorId(one) for one in change.operator_ids or ()]
    else:
        departments = {one.id: one.members for one in await tx.departments.all()}
        wanted = []
        for one in change.queue:
            if one.operator_id is not None:
                wanted.append(OperatorId(one.operator_id))
            elif one.department_id is not None:
                wanted += departments.get(DepartmentId(one.department_id), ())
    return tuple(one for one in dict.fromkeys(wanted) if one in active)


# --- shown ------------------------------------------------------------------------


async def _seen(tx: Transaction, ask: Ask, simulation_id: SimulationId) -> Simulation:
    must_supervise(ask.viewer)
    one = await tx.simulations.get(simulation_id)
    if one is None or not sees_line(ask.viewer, one.line_id):
        raise NotFound("no such simulation")
    return one


def _view(one: Simulation) -> SimulationView:
    return SimulationView.model_validate(dict(_head(one)) | {"result": _result(one)})


def _head(one: Simulation) -> Mapping[str, Any]:
    said = NewSimulation.model_validate(one.said)
    return {
        "id": one.id,
        "line_id": one.line_id,
        "asked_by": one.asked_by,
        "asked_at": one.asked_at,
        "state": one.state.value,
        "percent": one.percent,
        "ended_at": one.ended_at,
        "failure": one.failure.value if one.failure else None,
        "change": one.said.get("change", {}),
        "more_operators": said.more_operators,
        "recorded": said.recorded,
        "drawn": said.drawn,
    }


def _result(one: Simulation) -> Mapping[str, Any] | None:
    if one.result is None:
        return None
    hidden = ("name", "decisions", "load_of_each")
    return {
        side: {name: value for name, value in outcome.items() if name not in hidden}
        for side, outcome in one.result.items()
    }


ROUTES = (
    Route("GET", "/simulations", simulations),
    Route("POST", "/simulations", simulate, status=201),
    Route("GET", "/simulations/{simulation_id}", simulation),
    Route("POST", "/simulations/{simulation_id}/cancel", cancel),
    Route("GET", "/lines/{line_id}/recorded", recorded),
)
