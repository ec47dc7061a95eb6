"""The ledger: what came, what is stored, what was seen, what is logged; and every difference.

`balance` is quick and is what the console shows; `prove` counts everything and is for
`python -m router check`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from router.ids import InboxId, ThreadId
from router.standings import held_by_providers
from router.storage import Transaction

LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Entry:
    """One inbox's line in the ledger, in messages.

    `stored` came and stand in their threads; of them `unseen` no operator's client has, `unlogged`
    the CRM's log lacks. `queued` are on their way out, `late` for over a quarter of an hour;
    `unconfirmed` wait for a person's word, `failed` did not arrive. `unread` are requests that
    nobody could read. `held` wait at the provider; None: it does not say.
    """

    inbox_id: InboxId
    stored: int = 0
    unseen: int = 0
    unlogged: int = 0
    queued: int = 0
    late: int = 0
    unconfirmed: int = 0
    failed: int = 0
    unread: int = 0
    held: int | None = None

    @property
    def differences(self) -> tuple[str, ...]:
        """What a person should look at, by name."""
        named = {
            "unread": self.unread,
            "late": self.late,
            "unconfirmed": self.unconfirmed,
            "failed": self.failed,
        }
        return tuple(name for name, count in named.items() if count)


@dataclass(frozen=True, slots=True)
class Proof:
    """What counting everything found; both empty: it balances."""

    misnumbered: tuple[ThreadId, ...]
    unnamed: tuple[ThreadId, ...]

    @property
    def balances(self) -> bool:
        return not self.misnumbered and not self.unnamed


async def balance(tx: Transaction, *, crm_account: str, now: datetime) -> list[Entry]:
    """The ledger as it stands."""
    stored, unseen = await tx.ledger.stored(), await tx.ledger.unseen()
    unlogged = await tx.ledger.unlogged(crm_account)
    out, unread = await tx.ledger.deliveries(), await tx.ledger.unread()
    held = held_by_providers(await tx.inboxes.standings())
    late = await tx.ledger.late(now - LATE_AFTER)
    entries = []
    for inbox in await tx.inboxes.all():
        states = out.get(inbox.id, {})
        entries.append(
            Entry(
                inbox_id=inbox.id,
                stored=stored.get(inbox.id, 0),
                unseen=unseen.get(inbox.id, 0),
                unlogged=unlogged.get(inbox.id, 0),
                queued=states.get("queued", 0) + states.get("sending", 0),
                late=late.get(inbox.id, 0),
                unconfirmed=states.get("unconfirmed", 0),
                failed=states.get("failed", 0),
                unread=unread.get(inbox.id, 0),
                held=held.get(inbox.id),
            )
        )
    return entries


async def prove(tx: Transaction) -> Proof:
    """Count every message: is each thread numbered without a gap, has each message its origin?"""
    return Proof(
        misnumbered=tuple(await tx.ledger.misnumbered()),
        unnamed=tuple(await tx.ledger.unnamed()),
    )
