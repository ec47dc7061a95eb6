"""The lists of conversations, and what is found in them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from console.api.shapes.shape import Author, Shape
from console.api.shapes.talk import ConversationView


class FoundMessage(Shape):
    """A message in which the words stand that were looked for."""

    id: UUID
    seq: int
    author: Author
    text: str = Field(description="At most 140 characters of it, one line, with the first word.")
    at: datetime


class ListedView(ConversationView):
    """A row of a list. `found`: the newest message with all the words; null if its card has them."""

    found: FoundMessage | None = None
