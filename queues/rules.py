"""Which line a new conversation belongs to, and how soon it is served. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from router.ids import LineId
from router.queueing import CrmCondition, Hours, Priority, Rule


@dataclass(frozen=True, slots=True)
class Matter:
    """What rules look at.

    `sources` are the first page's address, its referrer and its UTM values. `crm` None: the CRM has
    not answered yet; empty: it knows nothing of the customer.
    """

    channel: str
    text: str = ""
    tier: str | None = None
    language: str | None = None
    sources: tuple[str, ...] = ()
    crm: Mapping[str, Any] | None = None
    open_now: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """Where to (None: it stays), how much sooner, and whom to prefer. `rule` names what settled it."""

    head_start_s: int
    to_line: LineId | None = None
    language: str | None = None
    skills: tuple[str, ...] = ()
    rule: str | None = None


def route(rules: Iterable[Rule], priority: Priority, matter: Matter) -> Route | None:
    """What the first rule that holds says; None if that hangs on a CRM which has not answered."""
    head_start_s = head_start(priority, matter)
    for rule in rules:
        if not rule.active or not _holds_here(rule, matter):
            continue
        if rule.crm:
            if matter.crm is None:
                return None
            if not all(meets(one, matter.crm) for one in rule.crm):
                continue
        return Route(
            head_start_s + rule.head_start_s,
            to_line=rule.to_line,
            language=rule.language,
            skills=rule.skills,
            rule=rule.name,
        )
    return Route(head_start_s)


def head_start(priority: Priority, matter: Matter) -> int:
    """Seconds, by the line, the customer's tier and the channel together."""
    by_tier = priority.by_tier_s.get(matter.tier, 0) if matter.tier else 0
    return priority.line_s + by_tier + priority.by_channel_s.get(matter.channel, 0)


def _holds_here(rule: Rule, matter: Matter) -> bool:
    """Whether all holds that needs no CRM."""
    return (
        _among(matter.channel, rule.channels)
        and _among(matter.tier, rule.tiers)
        and _among(matter.language, rule.languages)
        and (rule.hours is Hours.ANY or (rule.hours is Hours.OPEN) is matter.open_now)
        and (not rule.words or says(matter.text, rule.words))
        and (not rule.sources or _came_from(matter.sources, rule.sources))
    )


def _among(value: str | None, wanted: Sequence[str]) -> bool:
    return not wanted or (value is not None and _plain(value) in map(_plain, wanted))


def _came_from(sources: Iterable[str], wanted: Sequence[str]) -> bool:
    there = [_plain(source) for source in sources]
    return any(_plain(part) in source for part in wanted for source in there)


def says(text: str, words: Sequence[str]) -> bool:
    """Whether a text has one of these words or phrases, whatever their case; `возврат*` begins one."""
    pattern = _pattern(tuple(words))
    return pattern is not None and pattern.search(_plain(text)) is not None


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    parts = [_part(word) for word in words if word.strip(" *")]
    return re.compile("|".join(parts)) if parts else None


def _part(word: str) -> str:
    plain = re.escape(_plain(word.rstrip("*"))).replace(r"\ ", r"\s+")
    end = "" if word.endswith("*") else r"(?!\w)"
    return rf"(?<!\w){plain}{end}"


def _plain(text: str) -> str:
    return text.strip().casefold().replace("ё", "е")


# --- the CRM's fields ---------------------------------------------------------


def meets(condition: CrmCondition, record: Mapping[str, Any]) -> bool:
    """Whether a record's field is as asked. What it lacks meets only `!=`."""
    there, asked = record.get(condition.field), condition.value
    if there is None or there == "":
        return condition.op == "!="
    match condition.op:
        case "=":
            return _equal(there, asked)
        case "!=":
            return not _equal(there, asked)
        case "has":
            return _has(there, asked)
        case op:
            return _compares(op, _number(there), _number(asked))


def _equal(there: Any, asked: str | float) -> bool:
    one, other = _number(there), _number(asked)
    if one is not None and other is not None:
        return one == other
    return _plain(str(there)) == _plain(str(asked))


def _has(there: Any, asked: str | float) -> bool:
    if isinstance(there, list | tuple | set | frozenset):
        return any(_equal(one, asked) for one in there)
    return _plain(str(asked)) in _plain(str(there))


def _compares(op: str, one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return False
    match op:
        case "<":
            return one < other
        case "<=":
            return one <= other
        case ">":
            return one > other
        case ">=":
            return one >= other
        case _:
            return False


def _number(value: Any) -> float | None:
    """CRMs write money as `1 200,50`, `1200.5|RUB` or a number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    plain = re.sub(r"[\s\u00a0]", "", str(value)).partition("|")[0].replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None
