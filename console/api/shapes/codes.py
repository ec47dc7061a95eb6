"""Proof by a code: who can be sent one, and asking for it."""

from uuid import UUID

from pydantic import Field

from console.api.shapes.shape import Shape


class CodeTarget(Shape):
    """Somebody to whom a code can be sent that proves the conversation's customer to be them."""

    customer_id: UUID
    channel: str = Field(description="Where the code goes.")


class AskCode(Shape):
    other_id: UUID
