"""A file that says what a desk should be, read: the other half of `deskfile`. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from router import calendars as hours
from router.calendars import DAY_MINUTES, Calendar
from router.cards import CardField, mistakes
from router.deskfile import (
    CALENDAR,
    DAYS,
    DEPARTMENT,
    FIELD,
    FIELD_FIELDS,
    LINE,
    LINE_FIELDS,
    OPERATOR,
    OPERATOR_FIELDS,
    DeskState,
    Document,
    naming,
    rename,
)
from router.errors import Invalid
from router.ids import CalendarId, DepartmentId, LineId, OperatorId, new_id
from router.model import Line
from router.staff import Department, Operator, QueueEntry
from router.wrong import wrong

T = TypeVar("T")
HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
MOST_NAMED = 16
KINDS = ("fields", "calendars", "departments", "operators", "lines")


def desk_of(given: Mapping[str, Any], before: DeskState) -> DeskState:
    """The desk that a file asks for, where it is `before` now.

    Raises:
        Invalid: `fields` says all that is wrong, and where: {"lines.shop.queue": "does not exist"}.
    """
    given, found = deepcopy(dict(given)), dict[str, str]()
    for kind, things in given.items():
        if kind not in KINDS or not _is_table_of_tables(things):
            raise _unknown(kind, KINDS) if kind not in KINDS else _wrong(kind, "is not right")
    calendars = _each(
        given,
        before.calendars,
        "calendars",
        lambda one: one.name,
        lambda name, body, old: _calendar_in(name, body, old),
        lambda name: replace(hours.ALWAYS, id=CalendarId(new_id()), name=name),
        found,
    )
    fields = _or(before.fields, found, lambda: _fields_in(given, before))
    known = replace(before, calendars=calendars, fields=fields)
    operators = _operators_in(given, known, found)
    known = replace(known, operators=operators)
    departments = _each(
        given, before.departments, "departments", lambda one: one.name,
        lambda name, body, old: _department_in(name, body, old, known),
        lambda name: Department(DepartmentId(new_id()), name, ()), found,
    )  # fmt: skip
    made = _lines_in(given, replace(known, departments=departments), found)
    if found:
        raise Invalid("the file is not right", fields=found)
    return made


def _or(otherwise: T, found: dict[str, str], make: Callable[[], T]) -> T:
    """What is made; what is wrong with it goes to `found`, and the reading goes on."""
    try:
        return make()
    except Invalid as error:
        found.update(error.fields)
        return otherwise


def _is_table_of_tables(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(one, dict) for one in given.values())


def _each(
    given: Mapping[str, Any],
    before: Sequence[T],
    kind: str,
    name_of: Callable[[T], str],
    make: Callable[[str, Document, T | None], T],
    instead: Callable[[str], T],
    found: dict[str, str],
) -> tuple[T, ...]:
    """Those there were, as they are told to be, then the new ones; `instead` of one that is wrong."""
    old = {name_of(one): one for one in before}
    asked = given.get(kind, {})

    def made(name: str, body: Document) -> T:
        there = old.get(name)
        return _or(there or instead(name), found, lambda: make(name, dict(body), there))

    changed = {name: made(name, body) for name, body in asked.items()}
    return tuple((old | changed).values())


def _fields_in(given: Mapping[str, Any], before: DeskState) -> tuple[CardField, ...]:
    """In the file's order, those that it does not name behind them."""
    made = {key: _field_in(key, body) for key, body in given.get("fields", {}).items()}
    fields = (*made.values(), *(one for one in before.fields if one.key not in made))
    if found := mistakes(fields):
        wrong = {_place(where, fields): what for where, what in found.items()}
        raise Invalid("the file is not right", fields=wrong)
    return fields if made else before.fields


def _place(where: str, fields: Sequence[CardField]) -> str:
    place, _, name = where.partition(".")
    return f"fields.{fields[int(place)].key}.{name}" if place.isdigit() else where


def _field_in(key: str, body: Document) -> CardField:
    where = f"fields.{key}"
    _must_know(body, dict.fromkeys(FIELD_FIELDS), where)
    return _validated(FIELD, body | {"key": key}, where)


def _calendar_in(name: str, body: Document, old: Calendar | None) -> Calendar:
    where = f"calendars.{name}"
    week = body.pop("week", {})
    if not isinstance(week, dict) or set(week) - set(DAYS):
        raise _wrong(f"{where}.week", "is not known")
    shaped = body | {
        "id": str(old.id if old else new_id()),
        "name": name,
        "week": [_day_in(week.get(day, []), f"{where}.week.{day}") for day in DAYS],
        "exceptions": [
            _exception_in(one, f"{where}.exceptions.{place}")
            for place, one in enumerate(body.pop("exceptions", []))
        ],
    }
    _must_know(shaped, CALENDAR.dump_python(hours.ALWAYS, mode="json"), where, but=("holidays",))
    try:
        # What a feed says is no setting: it is in no file, and stays.
        return replace(hours.from_json(shaped), off=old.off if old else ())
    except Invalid as error:
        raise _within(where, error) from error


def _exception_in(given: Any, where: str) -> Document:
    if not isinstance(given, dict) or not isinstance(given.get("on"), date):
        raise _wrong(f"{where}.on", "is no date")
    if set(given) - {"on", "hours", "name"}:
        raise _wrong(where, "is not known")
    intervals = _day_in(given.get("hours", []), f"{where}.hours")
    return {"on": given["on"], "name": given.get("name", ""), "intervals": intervals}


def _day_in(given: Any, where: str) -> list[Document]:
    found = []
    for text in given if isinstance(given, list) else [given]:
        match = HOURS.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise _wrong(where, "is not like 09:00-18:00")
        from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
        opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        found.append({"opens": opens, "closes": closes + (DAY_MINUTES if closes <= opens else 0)})
    return found


def _operators_in(
    given: Mapping[str, Any], known: DeskState, found: dict[str, str]
) -> tuple[Operator, ...]:
    """Deputies may be named before they are described."""
    asked = given.get("operators", {})
    there = _each(
        given, known.operators, "operators", lambda one: one.email,
        lambda email, body, old: _operator_in(email, body, old, known),
        lambda email: Operator(OperatorId(new_id()), email, email), found,
    )  # fmt: skip
    ids = {one.email: one.id for one in there}

    def with_deputy(one: Operator) -> Operator:
        where, deputy = f"operators.{one.email}.deputy", asked[one.email].get("deputy")
        return _or(one, found, lambda: replace(one, deputy_id=_named(deputy, ids, where)))

    return tuple(with_deputy(one) if one.email in asked else one for one in there)


def _operator_in(email: str, body: Document, old: Operator | None, known: DeskState) -> Operator:
    where = f"operators.{email}"
    body.pop("deputy", None)
    ids = {one.name: one.id for one in known.calendars}
    calendar_id = _named(body.pop("calendar", None), ids, f"{where}.calendar")
    _must_know(body, dict.fromkeys(OPERATOR_FIELDS), where)
    if not str(body.get("name", "")).strip():
        raise _wrong(f"{where}.name", "is missing")
    fixed = {"id": old.id if old else OperatorId(new_id()), "email": email}
    made = _validated(OPERATOR, body | fixed, where)
    return replace(made, calendar_id=calendar_id, avatar=old.avatar if old else None)


def _department_in(
    name: str, body: Document, old: Department | None, known: DeskState
) -> Department:
    where = f"departments.{name}"
    _must_know(body, {"members": None}, where)
    emails = {one.email: one.id for one in known.operators}
    members = tuple(
        _known(email, emails, f"{where}.members") for email in _list(body, "members", where)
    )
    return Department(old.id if old else DepartmentId(new_id()), name, members)


def _lines_in(given: Mapping[str, Any], known: DeskState, found: dict[str, str]) -> DeskState:
    """Lines may name each other in any order."""
    old = {one.key: one for one in known.lines}
    asked = given.get("lines", {})
    ids = {key: old[key].id if key in old else LineId(new_id()) for key in (*old, *asked)}
    queues = dict(known.queues)
    made = {}
    for key, table in asked.items():
        body = dict(table)
        queues[ids[key]] = _or((), found, partial(_queue_in, key, body, known))
        body.pop("queue", None)
        there = old.get(key) or Line(ids[key], key, key)
        made[key] = _or(there, found, partial(_line_in, key, body, ids, known))
    return replace(known, lines=tuple((old | made).values()), queues=queues)


def _queue_in(key: str, body: Document, known: DeskState) -> tuple[QueueEntry, ...]:
    where = f"lines.{key}.queue"
    return tuple(_entry_in(entry, known, where) for entry in _list(body, "queue", f"lines.{key}"))


def _line_in(key: str, body: Document, ids: Mapping[str, LineId], known: DeskState) -> Line:
    where = f"lines.{key}"
    calendars = {one.name: one.id for one in known.calendars}
    calendar_id = _named(body.pop("calendar", None), calendars, f"{where}.calendar")
    _must_know(body, dict.fromkeys(LINE_FIELDS), where)
    for one in naming(body):
        _known(one["to_line"], ids, f"{where}.to_line")
    rename(body, {name: str(id_) for name, id_ in ids.items()})
    fixed = {"id": ids[key], "key": key, "name": body.get("name") or key}
    made: Line = _validated(LINE, body | fixed, where)
    there = LINE.dump_python(made, mode="json")
    _must_know(body, there, where, deep=True)
    return replace(made, calendar_id=calendar_id)


def _entry_in(entry: Any, known: DeskState, where: str) -> QueueEntry:
    if isinstance(entry, str) and entry.startswith(DEPARTMENT):
        names = {one.name: one.id for one in known.departments}
        return QueueEntry(department_id=_known(entry.removeprefix(DEPARTMENT), names, where))
    emails = {one.email: one.id for one in known.operators}
    return QueueEntry(operator_id=_known(entry, emails, where))


# --- what is wrong with it ---------------------------------------------------------


def _validated(shape: TypeAdapter[T], given: Document, where: str) -> T:
    try:
        return shape.validate_python(given)
    except ValidationError as error:
        found = {f"{where}.{name}": what for name, what in wrong(error).items()}
        for one in error.errors(include_url=False, include_input=False):
            if choices := one.get("ctx", {}).get("expected"):
                found[f"{where}.{'.'.join(map(str, one['loc']))}"] += f": {choices}"
        raise Invalid("the file is not right", fields=found) from error


def _must_know(
    given: Mapping[str, Any],
    known: Mapping[str, Any],
    where: str,
    *,
    but: Sequence[str] = (),
    deep: bool = False,
) -> None:
    """A misspelt setting is no setting."""
    found = dict[str, str]()
    for name, value in given.items():
        if name not in known and name not in but:
            found |= _unknown(f"{where}.{name}", (*known, *but)).fields
        elif deep:
            _or(None, found, partial(_must_know_within, value, known[name], f"{where}.{name}"))
    if found:
        raise Invalid("the file is not right", fields=found)


def _must_know_within(given: Any, there: Any, where: str) -> None:
    if isinstance(given, dict) and isinstance(there, dict):
        _must_know(given, there, where, deep=True)
    elif isinstance(given, list) and isinstance(there, list):
        for place, (one, other) in enumerate(zip(given, there, strict=False)):
            _must_know_within(one, other, f"{where}.{place}")


def _list(body: Mapping[str, Any], name: str, where: str) -> list[Any]:
    given = body.get(name, [])
    if not isinstance(given, list):
        raise _wrong(f"{where}.{name}", "is no list")
    return given


def _named(name: Any, ids: Mapping[str, T], where: str) -> T | None:
    return None if name is None else _known(name, ids, where)


def _known(name: Any, ids: Mapping[str, T], where: str) -> T:
    if not isinstance(name, str) or name not in ids:
        raise _wrong(where, f"does not exist{_meant(str(name), ids)}")
    return ids[name]


def _unknown(where: str, known: Iterable[str]) -> Invalid:
    return _wrong(where, f"is not known{_meant(where.rpartition('.')[2], known)}")


def _meant(name: str, known: Iterable[str]) -> str:
    """The nearest that there is, else all if they are few."""
    there = sorted(known)
    if near := get_close_matches(name, there, n=1):
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(there)}" if 0 < len(there) <= MOST_NAMED else ""


def _wrong(where: str, what: str) -> Invalid:
    return Invalid("the file is not right", fields={where: what})


def _within(where: str, error: Invalid) -> Invalid:
    found = {f"{where}.{name}": what for name, what in error.fields.items()}
    return Invalid("the file is not right", fields=found)
