"""What keeps the desk honest, for supervisors and administrators: the ledger, work that is stuck,
requests that nobody could read, what was said to providers.
"""

from uuid import UUID

from pydantic import Field

from console.access import must_administer, must_supervise, sees_line
from console.api.route import Ask, Route
from console.api.shapes import (
    ExchangeView,
    LedgerEntry,
    Page,
    Retried,
    Shape,
    StuckView,
    UnreadView,
)
from router.errors import NotFound
from router.ids import InboxId
from router.ledger import balance
from router.storage import Transaction


class WirelogQuery(Shape):
    cursor: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)


class UnreadQuery(Shape):
    inbox_id: InboxId | None = None


async def ledger(ask: Ask) -> list[LedgerEntry]:
    """The inboxes of the lines which they see."""
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        lines = {inbox.id: inbox.line_id for inbox in await tx.inboxes.all()}
        entries = await balance(tx, crm_account=ask.desk.crm_account, now=ask.now())
    return [LedgerEntry.of(one) for one in entries if sees_line(ask.viewer, lines[one.inbox_id])]


async def stuck(ask: Ask) -> list[StuckView]:
    must_administer(ask.viewer)
    async with ask.storage.reading() as tx:
        found = await tx.lanes.stuck()
    return [StuckView.of(one) for one in found]


async def retry_stuck(ask: Ask, kind: str, key: str) -> None:
    must_administer(ask.viewer)

    async def step(tx: Transaction) -> None:
        if not await tx.lanes.retry(kind, key, now=ask.now()):
            raise NotFound("no such work")
        await ask.audit(tx, "work_retried", None)

    await ask.storage.run(step)


async def unread(ask: Ask, query: UnreadQuery) -> list[UnreadView]:
    """The oldest of each inbox, or of one."""
    must_administer(ask.viewer)
    async with ask.storage.reading() as tx:
        inboxes = [inbox.id for inbox in await tx.inboxes.all()]
    asked = [one for one in inboxes if query.inbox_id in (None, one)]
    found = [kept for inbox_id in asked for kept in await ask.desk.unread.listed(inbox_id)]
    return [UnreadView.of(one) for one in found]


async def retry_unread(ask: Ask, unread_id: UUID) -> Retried:
    must_administer(ask.viewer)
    return Retried(understood=await ask.desk.unread.retry(unread_id, ask.desk.read_again))


async def wirelog(ask: Ask, inbox_id: InboxId, query: WirelogQuery) -> Page[ExchangeView]:
    """The newest first."""
    must_administer(ask.viewer)
    async with ask.storage.reading() as tx:
        if await tx.inboxes.get(inbox_id) is None:
            raise NotFound("no such inbox")
        found = await tx.exchanges.of_inbox(inbox_id, cursor=query.cursor, limit=query.limit)
    return Page(items=[ExchangeView.of(one) for one in found.items], next=found.next)


ROUTES = (
    Route("GET", "/ledger", ledger),
    Route("GET", "/stuck", stuck),
    Route("POST", "/stuck/{kind}/{key}/retry", retry_stuck),
    Route("GET", "/unread", unread),
    Route("POST", "/unread/{unread_id}/retry", retry_unread),
    Route("GET", "/inboxes/{inbox_id}/wirelog", wirelog),
)
