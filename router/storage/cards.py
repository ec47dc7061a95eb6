"""The fields of customers' cards, as administrators named them."""

from collections.abc import Sequence

import sqlalchemy as sa
from pydantic import TypeAdapter

from router.cards import CardField
from router.storage.engine import Connection
from router.storage.tables.desk import card_fields

FIELD = TypeAdapter(CardField)


class Cards:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fields(self) -> list[CardField]:
        """In the order in which they are shown."""
        query = sa.select(card_fields).order_by(card_fields.c.position, card_fields.c.key)
        rows = await self._connection.rows(query)
        return [FIELD.validate_python(row.settings | {"key": row.key}) for row in rows]

    async def set_fields(self, fields: Sequence[CardField]) -> None:
        """These and no others. What customers have of a field that went stays with them."""
        await self._connection.run(sa.delete(card_fields))
        rows = [
            {"key": one.key, "position": place, "settings": _settings(one)}
            for place, one in enumerate(fields)
        ]
        if rows:
            await self._connection.run(sa.insert(card_fields), rows)


def _settings(one: CardField) -> dict[str, object]:
    there: dict[str, object] = FIELD.dump_python(one, mode="json")
    del there["key"]
    return there
