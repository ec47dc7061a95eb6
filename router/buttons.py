"""Choices under a message: what a customer may press instead of writing. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from router.ids import ConversationId

MAX_BUTTONS = 10
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


def fit(buttons: Sequence[Button], *, most: int, can_ask_phone: bool) -> bool:
    """Whether a channel that carries so many can show them all."""
    return len(buttons) <= most and (can_ask_phone or not any(one.asks_phone for one in buttons))


def as_lines(buttons: Iterable[Button]) -> str:
    """The choices as numbered lines, for who cannot press them; a number is asked for by the text
    itself.
    """
    written = [f"{one.label}: {one.url}" if one.url else one.label for one in _choices(buttons)]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(written, start=1))


def in_rows(
    buttons: Sequence[Button], *, side_by_side: Sequence[tuple[int, int]], most: int = MAX_BUTTONS
) -> list[Sequence[Button]]:
    """The buttons in as few rows as reads well, at most `most`, each as long as the others.

    Args:
        buttons: In their order.
        side_by_side: Up to how many characters of the longest label how many stand in a row,
            shortest first; what is longer stands alone.
        most: Rows that there is room for.
    """
    longest = max((len(one.label) for one in buttons), default=0)
    fitting = next((count for chars, count in side_by_side if longest <= chars), 1)
    rows = min(-(-len(buttons) // fitting), most)
    width = -(-len(buttons) // max(rows, 1))
    return [buttons[start : start + width] for start in range(0, len(buttons), max(width, 1))]


def _choices(buttons: Iterable[Button]) -> list[Button]:
    return [one for one in buttons if not one.asks_phone]


# --- ours ----------------------------------------------------------------------

RATE = "rate"
CHOOSE = "choose"


def rating_value(conversation_id: ConversationId, score: int) -> str:
    """What a button brings back that says how a conversation was."""
    return f"{RATE}:{conversation_id.hex}:{score}"


def rating_in(value: str) -> tuple[ConversationId, int] | None:
    """Which conversation a press rates, and how; None if it is no rating."""
    word, _, rest = value.partition(":")
    conversation, _, score = rest.partition(":")
    if word != RATE or not (score.isascii() and score.isdecimal() and len(score) == 1):
        return None
    try:
        return ConversationId(UUID(conversation)), int(score)
    except ValueError:
        return None


def choices(labels: Iterable[str]) -> tuple[Button, ...]:
    """Buttons that bring back which of them was pressed."""
    return tuple(Button(one, f"{CHOOSE}:{number}") for number, one in enumerate(labels, start=1))
