"""Settings of a queue, changed for a comparison: what a file leaves out stays as it is. Pure."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from router.errors import Invalid
from router.ids import LineId
from router.queueing import Queueing
from router.wrong import wrong

Document = Mapping[str, Any]


def changed(given: Document, before: Queueing, *, lines: Mapping[str, LineId]) -> Queueing:
    """`before` with what a `[queueing]` table says; lines are named by their keys.

    Raises:
        Invalid: `fields` says what is wrong where.
    """
    overflow = given.get("overflow")
    if isinstance(overflow, dict) and "to_line" in overflow:
        if overflow["to_line"] not in lines:
            raise _refused({"overflow.to_line": "does not exist"})
        given = {**given, "overflow": overflow | {"to_line": lines[overflow["to_line"]]}}
    whole = _over(_shape().dump_python(before), given)
    try:
        made = _shape().validate_python(whole)
    except ValidationError as error:
        raise _refused(wrong(error)) from error
    unknown = dict.fromkeys(_unknown(given, _shape().dump_python(made)), "is not known")
    if unknown:
        raise _refused(unknown)
    return made


def changes(
    given: Document, present: Mapping[str, Queueing], *, lines: Mapping[str, LineId]
) -> dict[str, Queueing]:
    """What a file asks for: `[queueing]` is for every line, `[lines.KEY.queueing]` for that one."""
    extra = dict.fromkeys(set(given) - {"queueing", "lines"}, "is not known")
    named = given.get("lines", {})
    extra |= dict.fromkeys((f"lines.{key}" for key in set(named) - set(present)), "does not exist")
    if extra:
        raise _refused(extra)
    found = {}
    for key, before in present.items():
        for_all = changed(given.get("queueing", {}), before, lines=lines)
        found[key] = changed(named.get(key, {}).get("queueing", {}), for_all, lines=lines)
    return found


def _over(under: Any, over: Any) -> Any:
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return under | {name: _over(under.get(name), value) for name, value in over.items()}


def _unknown(given: Any, known: Any, where: str = "") -> list[str]:
    if not isinstance(given, dict) or not isinstance(known, dict):
        return []
    found = [f"{where}{name}" for name in given if name not in known]
    for name in given.keys() & known.keys():
        found += _unknown(given[name], known[name], f"{where}{name}.")
    return found


def _refused(fields: Mapping[str, str]) -> Invalid:
    return Invalid("the settings are not right", fields=dict(fields))


@cache
def _shape() -> TypeAdapter[Queueing]:
    return TypeAdapter(Queueing)
