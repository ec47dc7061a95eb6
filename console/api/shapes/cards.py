"""The fields of customers' cards that administrators name."""

from typing import Annotated, Literal

from pydantic import Field

from console.api.shapes.shape import Language, Shape


class CardFieldView(Shape):
    key: str = Field(description="Names it for good, in rules and for programs.")
    kind: Literal["text", "number", "flag", "choice"]
    names: dict[Language, str]
    choices: list[str]


class CardFields(Shape):
    """All of them, in the order in which they are shown."""

    fields: Annotated[list[CardFieldView], Field(max_length=100)]
