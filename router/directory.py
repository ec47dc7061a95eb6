"""Lines, inboxes and operators as every message needs them: kept in memory, dropped on news."""

from router.cards import CardField
from router.ids import InboxId, LineId, OperatorId
from router.model import Inbox, Line
from router.news import DeskNews, News
from router.staff import Operator
from router.storage import Storage


class Directory:
    """A cache of the desk. Whoever changes the desk tells `DeskNews`, and everybody looks again."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lines: dict[LineId, Line] | None = None
        self._inboxes: dict[InboxId, Inbox] = {}
        self._queues: dict[LineId, list[OperatorId]] = {}
        self._operators: dict[OperatorId, Operator] = {}
        self._card_fields: list[CardField] = []
        self._generation = 0

    def hear(self, news: News) -> None:
        """A listener of the bus."""
        if isinstance(news, DeskNews):
            self.forget()

    def forget(self) -> None:
        self._lines = None
        self._generation += 1

    async def line(self, line_id: LineId) -> Line | None:
        return (await self._desk()).get(line_id)

    async def line_by_key(self, key: str) -> Line | None:
        lines = await self._desk()
        return next((line for line in lines.values() if line.key == key), None)

    async def lines(self) -> list[Line]:
        return list((await self._desk()).values())

    async def inbox(self, inbox_id: InboxId) -> Inbox | None:
        await self._desk()
        return self._inboxes.get(inbox_id)

    async def inboxes(self) -> list[Inbox]:
        await self._desk()
        return list(self._inboxes.values())

    def known_inboxes(self) -> list[Inbox]:
        """The inboxes as they were last read; for what cannot wait."""
        return list(self._inboxes.values())

    async def queue(self, line_id: LineId) -> list[OperatorId]:
        await self._desk()
        return self._queues.get(line_id, [])

    async def operator(self, operator_id: OperatorId) -> Operator | None:
        await self._desk()
        return self._operators.get(operator_id)

    def known_operator(self, operator_id: OperatorId) -> Operator | None:
        """Their card as it was last read; for news, which cannot wait."""
        return self._operators.get(operator_id)

    async def card_fields(self) -> list[CardField]:
        """What is kept of customers beside names and contacts."""
        await self._desk()
        return self._card_fields

    async def _desk(self) -> dict[LineId, Line]:
        while self._lines is None:
            generation = self._generation
            async with self._storage.reading() as tx:
                lines = {line.id: line for line in await tx.lines.all()}
                inboxes = {inbox.id: inbox for inbox in await tx.inboxes.all()}
                queues = await tx.lines.queues()
                operators = {one.id: one for one in await tx.operators.all()}
                card_fields = await tx.cards.fields()
            # News that came while we read would otherwise be lost.
            if generation == self._generation:
                self._lines, self._inboxes, self._queues = lines, inboxes, queues
                self._operators, self._card_fields = operators, card_fields
        return self._lines
