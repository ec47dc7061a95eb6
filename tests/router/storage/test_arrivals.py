"""What a batch of arrivals writes: `router.storage.arrivals`."""

import re

import sqlalchemy as sa

from router.storage.arrivals import CHANGED, SAID
from router.storage.tables.talk import conversations


def test_what_nearly_every_message_changes_stands_in_one_index() -> None:
    hangs_on = {str(one.name): named_by(one) & set(SAID) - {"id"} for one in conversations.indexes}
    assert {name: found for name, found in hangs_on.items() if found} == {
        "ix_conversations_all": {"last_activity_at"}
    }


def test_whatever_is_said_can_be_written_with_other_changes() -> None:
    assert set(SAID) < set(CHANGED)


def named_by(index: sa.Index) -> set[str]:
    """The words of an index: its columns, and what its condition names."""
    condition = index.dialect_options["sqlite"]["where"]
    written = " ".join(map(str, [*index.expressions, "" if condition is None else condition]))
    return set(re.findall(r"\w+", written))
