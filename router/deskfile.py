"""The desk as a file that people write and keep under version control. Pure.

Everything is named as people name it: lines by their keys, operators by their e-mails, calendars
and departments by their names. What a named thing leaves out has its default; what the file does
not name stays as it is. Secrets, inboxes and passwords are never in it.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomli_w
from pydantic import TypeAdapter

from router import calendars as hours
from router.calendars import DAY_MINUTES, Calendar
from router.cards import CardField
from router.ids import CalendarId, DepartmentId, LineId, OperatorId
from router.model import Line
from router.staff import Department, Operator, QueueEntry

Document = dict[str, Any]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OPERATOR_FIELDS = (
    "name", "role", "active", "language", "max_conversations", "languages", "skills", "shift",
)  # fmt: skip
LINE_FIELDS = (
    "name", "language", "active", "lead_when", "reopen_window_s", "stale_after_s", "look",
    "queueing", "replies", "sla", "lifetimes", "rating", "rules",
)  # fmt: skip
# Tables of an automatic reply that it need not have.
MAY_BE_EMPTY = ("options", "ask_phone")
DEPARTMENT = "department "
NOBODY = Operator(OperatorId(hours.ALWAYS.id), "", "")
NOWHERE = Line(LineId(hours.ALWAYS.id), "", "")

FIELD_FIELDS = ("kind", "names", "choices")
OPERATOR, LINE, CALENDAR = TypeAdapter(Operator), TypeAdapter(Line), TypeAdapter(Calendar)
FIELD = TypeAdapter(CardField)


@dataclass(frozen=True, slots=True)
class DeskState:
    """What a file can say of a desk. `queues` is by the line's id, in its order."""

    fields: tuple[CardField, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    departments: tuple[Department, ...] = ()
    operators: tuple[Operator, ...] = ()
    lines: tuple[Line, ...] = ()
    queues: Mapping[LineId, tuple[QueueEntry, ...]] = field(default_factory=dict)


def written(desk: DeskState) -> str:
    """The desk as TOML; the same desk is the same text."""
    return tomli_w.dumps(document(desk), multiline_strings=True)


def difference(before: DeskState, after: DeskState) -> str:
    """What changes, as a unified diff; empty if nothing does."""
    lines = difflib.unified_diff(
        written(before).splitlines(), written(after).splitlines(), "now", "then", lineterm=""
    )
    return "\n".join(lines)


# --- to a document ------------------------------------------------------------


def document(desk: DeskState) -> Document:
    names = _Names.of(desk)
    found: Document = {
        "fields": {
            one.key: _settings(FIELD, one, CardField(""), FIELD_FIELDS) for one in desk.fields
        },
        "calendars": {one.name: _calendar_out(one) for one in desk.calendars},
        "departments": {
            one.name: {"members": [names.emails[member] for member in one.members]}
            for one in desk.departments
        },
        "operators": {one.email: _operator_out(one, names) for one in desk.operators},
        "lines": {
            one.key: _line_out(one, desk.queues.get(one.id, ()), names) for one in desk.lines
        },
    }
    # The order of fields says something: it is that of the card.
    ordered = {"fields": found.pop("fields")}
    ordered |= {kind: dict(sorted(things.items())) for kind, things in found.items()}
    return {kind: things for kind, things in ordered.items() if things}


@dataclass(frozen=True, slots=True)
class _Names:
    """What our ids are called in a file."""

    calendars: Mapping[CalendarId, str]
    departments: Mapping[DepartmentId, str]
    emails: Mapping[OperatorId, str]
    keys: Mapping[LineId, str]

    @classmethod
    def of(cls, desk: DeskState) -> "_Names":
        return cls(
            {one.id: one.name for one in desk.calendars},
            {one.id: one.name for one in desk.departments},
            {one.id: one.email for one in desk.operators},
            {one.id: one.key for one in desk.lines},
        )


def _calendar_out(one: Calendar) -> Document:
    week = {
        day: [_hours_out(span.opens, span.closes) for span in intervals]
        for day, intervals in zip(DAYS, one.week, strict=True)
        if intervals
    }
    found: Document = {"timezone": one.timezone, "week": week}
    if one.holidays is not None:
        found["holidays"] = _bare(CALENDAR.dump_python(one, mode="json")["holidays"])
    if one.exceptions:
        found["exceptions"] = [
            {"on": each.on, "hours": [_hours_out(s.opens, s.closes) for s in each.intervals]}
            | ({"name": each.name} if each.name else {})
            for each in one.exceptions
        ]
    return found


def _hours_out(opens: int, closes: int) -> str:
    """22:00 to 06:00 of the next day is `22:00-06:00`; to its midnight `22:00-24:00`."""
    closes = closes if closes <= DAY_MINUTES else closes - DAY_MINUTES
    return f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"


def _operator_out(one: Operator, names: _Names) -> Document:
    found = _settings(OPERATOR, one, NOBODY, OPERATOR_FIELDS)
    if one.calendar_id is not None:
        found["calendar"] = names.calendars[one.calendar_id]
    if one.deputy_id is not None:
        found["deputy"] = names.emails[one.deputy_id]
    return found


def _line_out(one: Line, queue: Sequence[QueueEntry], names: _Names) -> Document:
    found = _settings(LINE, one, NOWHERE, LINE_FIELDS)
    rename(found, {str(id_): key for id_, key in names.keys.items()})
    if one.calendar_id is not None:
        found["calendar"] = names.calendars[one.calendar_id]
    found["queue"] = [_entry_out(entry, names) for entry in queue]
    return found


def _entry_out(entry: QueueEntry, names: _Names) -> str:
    if entry.department_id is not None:
        return DEPARTMENT + names.departments[entry.department_id]
    assert entry.operator_id is not None
    return names.emails[entry.operator_id]


def _settings(
    shape: TypeAdapter[Any], one: object, default: object, names: Sequence[str]
) -> Document:
    there = shape.dump_python(one, mode="json")
    usual = shape.dump_python(default, mode="json")
    trimmed = {name: _trimmed(there[name], usual[name]) for name in names}
    return {name: value for name, value in trimmed.items() if value is not None}


def _trimmed(value: Any, usual: Any) -> Any:
    """Without what is as usual; None if all of it is."""
    if value == usual:
        return None
    if isinstance(value, dict) and isinstance(usual, dict):
        parts = {key: _trimmed(part, usual.get(key)) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part is not None}
    return _bare(value)


def _bare(value: Any) -> Any:
    """Without what is None: TOML has no word for it."""
    if isinstance(value, dict):
        return {key: _bare(part) for key, part in value.items() if not _says_nothing(key, part)}
    if isinstance(value, list):
        return [_bare(part) for part in value]
    return value


def _says_nothing(name: str, value: Any) -> bool:
    return value is None or (name in MAY_BE_EMPTY and not value)


def rename(body: Document, names: Mapping[str, str]) -> None:
    """The lines that settings name: by key in a file, by id in ours."""
    for one in naming(body):
        one["to_line"] = names.get(one["to_line"], one["to_line"])


def naming(body: Document) -> list[Document]:
    """The settings of a line that name another."""
    queueing, rules = body.get("queueing"), body.get("rules")
    overflow = queueing.get("overflow") if isinstance(queueing, dict) else None
    found = [overflow, *(rules if isinstance(rules, list) else ())]
    return [one for one in found if isinstance(one, dict) and one.get("to_line") is not None]
