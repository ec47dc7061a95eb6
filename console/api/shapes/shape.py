"""What all shapes are made of: strict models, pages, problems, and the words that recur."""

from typing import Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")
MAX_SEQ = 2**31 - 1

ConversationState = Literal["bot", "waiting", "offered", "open", "snoozed", "closed"]
DeliveryState = Literal["queued", "sending", "sent", "delivered", "read", "unconfirmed", "failed"]
FileState = Literal["pending", "stored", "refused", "gone"]
Status = Literal["available", "busy", "away", "off"]
Role = Literal["operator", "supervisor", "administrator"]
Author = Literal["customer", "operator", "bot", "desk"]
Language = Literal["ru", "en"]


class Shape(BaseModel):
    """Strict about what comes in: an unknown field is an error, not a silence."""

    # What has a default is left out of no answer.
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )

    @classmethod
    def of(cls, noun: object) -> Self:
        """With the noun's fields of the same names."""
        return cls.model_validate(noun, from_attributes=True)


class Page(Shape, Generic[T]):
    items: list[T]
    next: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


class Problem(Shape):
    """Every error's body. `code` is for programs, `detail` for people."""

    code: str
    detail: str
    fields: dict[str, str] = Field(
        default_factory=dict, description="Field → what is wrong with it."
    )
