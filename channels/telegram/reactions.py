"""Reactions: what people put under a message, as arrivals; and what we may put there. Pure.

- A bot hears of them only if it asks by name, never of those of bots, and not in which topic it was.
- They come in a queue of their own, not in order with messages: read 2026-11-28 in github.com/tdlib/
  telegram-bot-api. `update_id` tells changes within one second apart.
- A bot has at most one under a message, of a fixed list of emoji; paid ones and, nearly everywhere,
  drawn ones it may not use: https://core.telegram.org/bots/api#setmessagereaction, read 2026-11-28.
"""

from channels.telegram.places import TALKED_IN, external_id, time_of
from channels.telegram.shapes import Emoji, Reaction, ReactionCount
from router.emoji import OWN_PICTURE, Reacted

PAID = "⭐"
MOST_EMOJI, MAX_EMOJI_CHARS = 12, 16
# Of Telegram's seventy-three those that a company says to a customer.
OFFERED = (
    "👍", "❤", "🙏", "🔥", "👏", "🎉", "👌", "🤝",
    "😁", "🥰", "😍", "🤩", "🤗", "🫡", "💯", "🏆",
    "⚡", "✍", "👀", "🤔", "😢", "😨", "🕊", "🎄",
)  # fmt: skip


def reacted(reaction: Reaction, *, order: int) -> tuple[Reacted, ...]:
    """What one has under a message now."""
    who = reaction.user or reaction.actor_chat
    if who is None or reaction.chat.type not in TALKED_IN:
        return ()
    told = Reacted(
        external_id(reaction.chat.id, reaction.message_id),
        by=str(who.id),
        emoji=tuple(map(_shown, reaction.new_reaction[:MOST_EMOJI])),
        at=time_of(reaction.date),
        order=order,
    )
    return (told,)


def reacted_together(told: ReactionCount, *, order: int) -> tuple[Reacted, ...]:
    """What all have there now who do not say who they are."""
    if told.chat.type not in TALKED_IN:
        return ()
    counted = told.reactions[:MOST_EMOJI]
    return (
        Reacted(
            external_id(told.chat.id, told.message_id),
            by="",
            emoji=tuple(_shown(one.type) for one in counted),
            at=time_of(told.date),
            order=order,
            counts=tuple(one.total_count for one in counted),
        ),
    )


def why_not(refusal: str) -> str:
    """Why Telegram takes no reaction, in words."""
    said = refusal.lower()
    if "reaction_invalid" in said or "reaction isn't available" in said:
        return "this reaction is not allowed in this chat"
    if "to react not found" in said or "message_id_invalid" in said:
        return "the message is not there any more"
    return refusal


def _shown(reaction: Emoji) -> str:
    if reaction.type == "emoji" and reaction.emoji:
        return reaction.emoji[:MAX_EMOJI_CHARS]
    return PAID if reaction.type == "paid" else OWN_PICTURE
