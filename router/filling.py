"""Fields of customers' cards that come with a message, from a program of the company.

They are checked before anything of a request is stored, and written with its messages: a rule that
goes by them sees them at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from router.cards import CardField, written, wrong
from router.channel import Arrival, IncomingMessage
from router.errors import Malformed
from router.events import CustomerChanged
from router.ids import CustomerId
from router.news import CustomerNews
from router.storage import Transaction


def check(cards: Sequence[CardField], arrivals: Sequence[Arrival], places: Sequence[str]) -> None:
    """Raises `Malformed`, to be told, if a field is not known or does not hold what it should."""
    found: dict[str, str] = {}
    for place, arrival in zip(places, arrivals, strict=False):
        if isinstance(arrival, IncomingMessage):
            problems = wrong(cards, dict(arrival.sender.fields))
            found |= {f"{place}.{key}": problem for key, problem in problems.items()}
    if found:
        raise Malformed("nothing was stored", problems=found, refuse=True)


async def fill(
    tx: Transaction, fields: Mapping[CustomerId, Mapping[str, Any]], *, now: datetime
) -> None:
    """Write over what these customers' cards hold; what is not named stays."""
    if not fields:
        return
    await tx.put_now()
    for id_ in sorted(fields):
        before = await tx.customers.get(id_, lock=True)
        if before is None:
            continue
        after = replace(before, crm_fields=written(before.crm_fields, fields[id_]))
        if after != before:
            await tx.customers.save(after)
            tx.record.emit(CustomerChanged(at=now, customer_id=id_))
            tx.record.tell(CustomerNews(after))
