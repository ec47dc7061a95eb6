"""Values with every field drawn, as their types say: a setting that is added later is drawn too."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

from router.shaping import clean

TEXTS = st.text(max_size=20).map(clean)
PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(0, 2**31 - 1),
    float: st.floats(-1e6, 1e6, width=32),
    bool: st.booleans(),
    UUID: st.uuids(),
    type(None): st.none(),
}


def drawn(kind: Any, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any value of a dataclass; `given` names the fields that are drawn otherwise."""
    hints = get_type_hints(kind)
    rest = {field.name: _of(hints[field.name]) for field in fields(kind) if field.name not in given}
    return st.builds(kind, **rest, **given)


def _of(kind: Any) -> st.SearchStrategy[Any]:
    kind = getattr(kind, "__supertype__", kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind):
        return drawn(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    match get_origin(kind), get_args(kind):
        case (origin, options) if origin in (Union, UnionType):
            return st.one_of(*map(_of, options))
        case (origin, (item, _)) if origin is tuple:
            return st.lists(_of(item), max_size=2).map(tuple)
        case (_, (key, value)):
            return st.dictionaries(_of(key), _of(value), max_size=2)
        case _:
            raise AssertionError(f"nobody said how to draw {kind}")
