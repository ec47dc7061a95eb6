"""What a desk keeps of its customers beside names and contacts: fields that administrators name.

Values, and what is wrong with them. A CRM may know fields that nobody named here: they are kept,
rules see them, and only their own CRM shows them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any

from router.errors import Invalid

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_FIELDS, MOST_CHOICES = 50, 100
MOST_CHARS, MOST_NAME_CHARS = 500, 60
# Beyond it a number of JSON is not the same everywhere.
MOST_NUMBER = 2**53


class FieldKind(StrEnum):
    """What a field holds: words, a number, yes or no, or one of its choices."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class CardField:
    """`key` names it for good, in rules and for programs; `names` maps a language to a name."""

    key: str
    kind: FieldKind = FieldKind.TEXT
    names: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()


def mistakes(fields: Sequence[CardField]) -> dict[str, str]:
    """What is wrong with a desk's fields: {"2.choices": "is empty"}."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    if len(fields) > MOST_FIELDS:
        found["fields"] = f"has more than {MOST_FIELDS} entries"
    for place, one in enumerate(fields):
        if KEY.fullmatch(one.key) is None:
            found[f"{place}.key"] = "is not right" if one.key else "is empty"
        elif one.key in seen:
            found[f"{place}.key"] = "is taken"
        seen.add(one.key)
        if any(len(name) > MOST_NAME_CHARS for name in one.names.values()):
            found[f"{place}.names"] = f"is longer than {MOST_NAME_CHARS} characters"
        if (wrong := _wrong_choices(one)) is not None:
            found[f"{place}.choices"] = wrong
    return found


def _wrong_choices(one: CardField) -> str | None:
    if one.kind is not FieldKind.CHOICE:
        return None
    if not any(choice.strip() for choice in one.choices):
        return "is empty"
    if len(one.choices) > MOST_CHOICES:
        return f"has more than {MOST_CHOICES} entries"
    long = any(len(choice) > MOST_CHARS for choice in one.choices)
    return f"is longer than {MOST_CHARS} characters" if long else None


def filled(
    fields: Iterable[CardField], before: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A customer's fields once these are written over; None, or an empty text, takes one away.

    Raises:
        Invalid: names each that is not known or does not hold what its kind does.
    """
    if found := wrong(fields, given):
        places = {f"fields.{key}": problem for key, problem in found.items()}
        raise Invalid("a field is not right", fields=places)
    return written(before, given)


def wrong(fields: Iterable[CardField], given: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with values, by key: they are not known, or not what their kind holds."""
    known = {one.key: one for one in fields}
    found = dict[str, str]()
    for key, value in given.items():
        plain = _plain(value)
        if key not in known:
            found[key] = "is not known"
        elif plain not in (None, "") and (problem := _wrong(known[key], plain)) is not None:
            found[key] = problem
    return found


def written(before: Mapping[str, Any] | None, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A customer's fields with right values written over them."""
    after = dict(before or {})
    for key, value in given.items():
        plain = _plain(value)
        if plain is None or plain == "":
            after.pop(key, None)
        else:
            after[key] = plain
    return after


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _wrong(one: CardField, value: Any) -> str | None:
    match one.kind:
        case FieldKind.NUMBER:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            right = number and isfinite(value) and abs(value) <= MOST_NUMBER
            return None if right else "is no number"
        case FieldKind.FLAG:
            return None if isinstance(value, bool) else "is neither yes nor no"
        case FieldKind.CHOICE:
            return None if value in one.choices else "is none of the choices"
        case FieldKind.TEXT:
            if not isinstance(value, str):
                return "is no text"
            long = len(value) > MOST_CHARS
            return f"is longer than {MOST_CHARS} characters" if long else None
