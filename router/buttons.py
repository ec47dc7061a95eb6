"""Choices under a message: what a customer may press instead of writing. Pure."""

from dataclasses import dataclass

MAX_LABEL_CHARS = 40
MAX_VALUE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message. Pressing it brings `value` back; or opens `url`; or, if it
    `asks_phone`, hands over the customer's own number.

    `label` has 1 to `MAX_LABEL_CHARS` characters, `value` at most `MAX_VALUE_BYTES` of ASCII.
    """

    label: str
    value: str = ""
    url: str | None = None
    asks_phone: bool = False
