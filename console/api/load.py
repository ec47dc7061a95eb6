"""The load of the lines now, for their supervisors. Who is here stands in the operators' own cards."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from console.access import lines_among, must_supervise
from console.api.route import Ask, Route
from console.api.shapes import Shape


class LineLoadView(Shape):
    line_id: UUID
    waiting: int
    waiting_since: datetime | None = Field(description="Of who waits longest.")
    open: int
    at_risk: int = Field(description="Whose promised time is short.")
    late: int = Field(description="Whose promised time is over.")


async def load(ask: Ask) -> list[LineLoadView]:
    """Each line which they see, in no order."""
    must_supervise(ask.viewer)
    async with ask.storage.reading() as tx:
        seen = lines_among(ask.viewer, [one.id for one in await tx.lines.all()])
        return [LineLoadView.of(one) for one in await tx.board.lines(seen)]


ROUTES = (Route("GET", "/load", load),)
