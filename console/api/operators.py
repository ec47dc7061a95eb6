"""Operators: who they are, what they may, in whose queues they stand; one-time passwords."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from console.access import is_self, must_administer, must_supervise
from console.api.route import Ask, Route
from console.api.shapes import NewOperator, OperatorChange, OperatorMade, OperatorView
from console.sessions import enrol
from console.staff import operator_now, operators_now
from router import contacts, handling
from router.errors import Forbidden, Invalid, NotFound
from router.events import LineChanged, OperatorChanged
from router.ids import CalendarId, OperatorId, new_id
from router.news import DeskNews, OperatorNews
from router.queueing import Shift
from router.reactions import DISTRIBUTE
from router.staff import Operator, QueueEntry, Role
from router.storage import Transaction

# What may be taken away again by sending null.
CLEARABLE = frozenset(("calendar_id", "deputy_id"))
WORDS = frozenset(("languages", "skills"))


async def operators(ask: Ask) -> list[OperatorView]:
    async with ask.storage.reading() as tx:
        return await operators_now(tx, ask.desk)


async def make(ask: Ask, body: NewOperator) -> OperatorMade:
    must_administer(ask.viewer)
    email = contacts.email(body.email)
    if email is None:
        raise Invalid("this is no e-mail", fields={"email": "is no e-mail"})
    password, hash_ = await ask.desk.sessions.one_time()
    operator = Operator(
        OperatorId(new_id()),
        email,
        _named(body.name),
        role=Role(body.role),
        max_conversations=body.max_conversations,
        languages=_words(body.languages),
        skills=_words(body.skills),
        shift=Shift(body.shift),
        calendar_id=CalendarId(body.calendar_id) if body.calendar_id else None,
        deputy_id=OperatorId(body.deputy_id) if body.deputy_id else None,
    )

    async def step(tx: Transaction) -> OperatorView:
        await _must_make_sense(tx, operator, {"shift"})
        await enrol(tx, operator, password_hash=hash_, now=ask.now())
        await _set_lines(tx, operator.id, body.line_ids, at=ask.now())
        await ask.audit(tx, "operator_added", operator.id)
        return await operator_now(tx, operator.id, ask.desk)

    return OperatorMade(operator=await ask.storage.run(step), one_time_password=password)


async def change(ask: Ask, operator_id: OperatorId, body: OperatorChange) -> OperatorView:
    """Administrators change everybody, supervisors how many conversations somebody takes, and
    operators their own name and language.
    """
    _may_change(ask, operator_id, body)

    async def step(tx: Transaction) -> OperatorView:
        before = await tx.operators.get(operator_id)
        if before is None:
            raise NotFound("no such operator")
        after = _changed(before, body)
        await _keep_an_administrator(tx, before, after)
        await _must_make_sense(tx, after, body.model_fields_set)
        await tx.operators.save(after)
        if body.line_ids is not None:
            await _set_lines(tx, operator_id, body.line_ids, at=ask.now())
        if before.active and not after.active:
            await tx.access.end_all(operator_id)
            await handling.release(tx, operator_id, now=ask.now())
        tx.record.emit(OperatorChanged(at=ask.now(), operator_id=operator_id))
        tx.record.tell(OperatorNews(operator_id))
        if after.name != before.name:
            # Customers are shown it from the directory, which loads do not concern.
            tx.record.tell(DeskNews())
        for line_id in await tx.lines.of_operator(operator_id):
            tx.lanes.wake(DISTRIBUTE, line_id, ask.now())
        await ask.audit(tx, "operator_changed", operator_id, body.model_fields_set)
        return await operator_now(tx, operator_id, ask.desk)

    return await ask.storage.run(step)


async def new_password(ask: Ask, operator_id: OperatorId) -> OperatorMade:
    """A one-time password in the place of a forgotten one; every session of theirs ends."""
    must_administer(ask.viewer)
    password, hash_ = await ask.desk.sessions.one_time()

    async def step(tx: Transaction) -> OperatorView:
        view = await operator_now(tx, operator_id, ask.desk)
        await tx.operators.set_password(operator_id, hash_, must_change=True)
        await tx.access.end_all(operator_id)
        await ask.audit(tx, "password_reset", operator_id)
        tx.record.tell(OperatorNews(operator_id))
        return view

    return OperatorMade(operator=await ask.storage.run(step), one_time_password=password)


def _may_change(ask: Ask, operator_id: OperatorId, body: OperatorChange) -> None:
    fields = body.model_fields_set
    if ask.viewer.role is Role.ADMINISTRATOR:
        return
    if fields <= {"name", "language"} and is_self(ask.viewer, operator_id):
        return
    if fields <= {"max_conversations"}:
        must_supervise(ask.viewer)
        return
    raise Forbidden("only administrators may do this")


def _named(name: str) -> str:
    if not name.strip():
        raise Invalid("an operator has a name", fields={"name": "is empty"})
    return name.strip()


def _changed(before: Operator, body: OperatorChange) -> Operator:
    """What is null stays as it is, unless null means something."""
    given = {
        name: value
        for name, value in body.model_dump(exclude_unset=True, exclude={"line_ids"}).items()
        if value is not None or name in CLEARABLE
    }
    if "role" in given:
        given["role"] = Role(given["role"])
    if "name" in given:
        given["name"] = _named(given["name"])
    if "shift" in given:
        given["shift"] = Shift(given["shift"])
    for words in WORDS & given.keys():
        given[words] = _words(given[words])
    return replace(before, **given)


def _words(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in given))


async def _must_make_sense(tx: Transaction, after: Operator, fields: set[str]) -> None:
    """What was wrong before stands in nobody's way."""
    if not fields & {"shift", "calendar_id", "deputy_id"}:
        return
    if after.shift is Shift.CALENDAR and after.calendar_id is None:
        raise Invalid("who works by a calendar has one", fields={"calendar_id": "is missing"})
    if after.calendar_id is not None and await tx.calendars.get(after.calendar_id) is None:
        raise Invalid("no such calendar", fields={"calendar_id": "does not exist"})
    if after.deputy_id == after.id:
        raise Invalid("a deputy is somebody else", fields={"deputy_id": "is this operator"})
    if after.deputy_id is not None and await tx.operators.get(after.deputy_id) is None:
        raise Invalid("no such operator", fields={"deputy_id": "does not exist"})


async def _keep_an_administrator(tx: Transaction, before: Operator, after: Operator) -> None:
    def administers(one: Operator) -> bool:
        return one.active and one.role is Role.ADMINISTRATOR

    if administers(after) or not administers(before):
        return
    if not any(administers(one) for one in await tx.operators.all() if one.id != before.id):
        raise Invalid("the last administrator stays", fields={"role": "is the last one"})


async def _set_lines(
    tx: Transaction, operator_id: OperatorId, wanted: Iterable[UUID], *, at: datetime
) -> None:
    """Stand at the end of the queues which are new, and leave those which are not named."""
    queues = await tx.lines.queues()
    lines = [line.id for line in await tx.lines.all()]
    asked = set(wanted)
    if asked - set(lines):
        raise Invalid("no such line", fields={"line_ids": "does not exist"})
    for line_id in sorted(lines):
        queue = queues.get(line_id, [])
        if (operator_id in queue) == (line_id in asked):
            continue
        entries, own = await tx.lines.queue_entries(line_id), QueueEntry(operator_id)
        if line_id not in asked and own not in entries:
            raise Invalid(
                "a department keeps them there",
                fields={"line_ids": "stands there with a department"},
            )
        others = [one for one in entries if one != own]
        wanted_entries = [*others, own] if line_id in asked else others
        await tx.lines.set_queue_entries(line_id, wanted_entries)
        tx.record.tell(DeskNews())
        tx.record.emit(LineChanged(at=at, line_id=line_id))
        tx.lanes.wake(DISTRIBUTE, line_id, at)


ROUTES = (
    Route("GET", "/operators", operators),
    Route("POST", "/operators", make, status=201),
    Route("PATCH", "/operators/{operator_id}", change),
    Route("POST", "/operators/{operator_id}/password", new_password),
)
