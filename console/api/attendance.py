"""One's own shift, clock and breaks; the leaves of operators."""

from console.access import is_self, must_supervise, person
from console.api.route import Ask, Route
from console.api.shapes.duty import Break, Clock, DutyView, LeaveView, NewLeave
from queues import attendance
from queues.hours import next_opening, open_until
from queues.presence import is_on_shift
from router.calendars import ALWAYS, Calendar
from router.errors import Invalid, NotFound
from router.ids import LeaveId, OperatorId
from router.queueing import Shift
from router.staff import Leave, Operator
from router.storage import Transaction


async def duty(ask: Ask) -> DutyView:
    who = person(ask.viewer)
    async with ask.storage.reading() as tx:
        return await _duty_now(tx, ask, who.id)


async def clock(ask: Ask, body: Clock) -> DutyView:
    """Twice is once."""
    who = person(ask.viewer)
    act = attendance.clock_in if body.working else attendance.clock_out

    async def step(tx: Transaction) -> DutyView:
        if body.working and (await _known(tx, who.id)).shift is not Shift.CLOCK:
            raise Invalid("your shift does not go by the clock")
        await act(tx, who.id, now=ask.now())
        return await _duty_now(tx, ask, who.id)

    return await ask.storage.run(step)


async def take_break(ask: Ask, body: Break) -> DutyView:
    who = person(ask.viewer)
    act = attendance.begin_break if body.on_break else attendance.end_break

    async def step(tx: Transaction) -> DutyView:
        await act(tx, who.id, now=ask.now())
        return await _duty_now(tx, ask, who.id)

    return await ask.storage.run(step)


async def _duty_now(tx: Transaction, ask: Ask, operator_id: OperatorId) -> DutyView:
    operator, now = await _known(tx, operator_id), ask.now()
    presence = await tx.presence.get(operator_id)
    calendar = await _calendar(tx, operator)
    by_calendar = operator.shift is Shift.CALENDAR
    on_shift = is_on_shift(operator.shift, presence, calendar, now=now)
    leave = (await tx.leaves.current(now)).get(operator_id)
    return DutyView(
        shift=operator.shift.value,
        on_shift=on_shift,
        until=open_until(calendar, now) if by_calendar and on_shift else None,
        begins_at=next_opening(calendar, now) if by_calendar and not on_shift else None,
        clocked_in_at=presence.clocked_in_at if presence else None,
        break_since=presence.break_since if presence else None,
        leave=leave_view(leave) if leave else None,
    )


async def _calendar(tx: Transaction, operator: Operator) -> Calendar:
    held = await tx.calendars.get(operator.calendar_id) if operator.calendar_id else None
    return held or ALWAYS


async def _known(tx: Transaction, operator_id: OperatorId) -> Operator:
    operator = await tx.operators.get(operator_id)
    if operator is None:
        raise NotFound("no such operator")
    return operator


# --- leaves -------------------------------------------------------------------------


async def leaves(ask: Ask, operator_id: OperatorId) -> list[LeaveView]:
    """Those that run or are to come, the first first; of others only supervisors see them."""
    if not is_self(ask.viewer, operator_id):
        must_supervise(ask.viewer)
    now = ask.now()
    async with ask.storage.reading() as tx:
        theirs = await tx.leaves.of_operator(operator_id)
    coming = [one for one in theirs if one.until_at is None or one.until_at > max(now, one.from_at)]
    return [leave_view(one) for one in sorted(coming, key=lambda one: one.from_at)]


async def plan(ask: Ask, operator_id: OperatorId, body: NewLeave) -> LeaveView:
    must_supervise(ask.viewer)
    now = ask.now()
    from_at = body.from_at or now
    if from_at < now:
        raise Invalid("a leave begins now or later", fields={"from_at": "is in the past"})

    async def step(tx: Transaction) -> LeaveView:
        await _known(tx, operator_id)
        leave = await attendance.take_leave(
            tx, operator_id, from_at=from_at, until_at=body.until_at, reason=body.reason, now=now
        )
        await ask.audit(tx, "leave_planned", operator_id)
        return leave_view(leave)

    return await ask.storage.run(step)


async def end(ask: Ask, leave_id: LeaveId) -> None:
    """One that has not begun never will."""
    must_supervise(ask.viewer)

    async def step(tx: Transaction) -> None:
        if await attendance.end_leave(tx, leave_id, now=ask.now()):
            await ask.audit(tx, "leave_ended", leave_id)

    await ask.storage.run(step)


def leave_view(leave: Leave) -> LeaveView:
    return LeaveView(
        id=leave.id,
        operator_id=leave.operator_id,
        from_at=leave.from_at,
        until_at=leave.until_at,
        reason=leave.reason,
    )


ROUTES = (
    Route("GET", "/session/duty", duty),
    Route("PUT", "/session/clock", clock),
    Route("PUT", "/session/break", take_break),
    Route("GET", "/operators/{operator_id}/leaves", leaves),
    Route("POST", "/operators/{operator_id}/leaves", plan, status=201),
    Route("POST", "/leaves/{leave_id}/end", end),
)
