"""Reactions in the fake Telegram, with the laws of the real one.

They are no part of a message as updates show it; bots hear of them only if they ask by name, and
never of their own. Read 2026-11-28: https://core.telegram.org/bots/api#reactiontypeemoji.
"""

from collections.abc import Sequence
from typing import Any

from tests.fakes.telegram.world import Chat, bad

EMOJI = frozenset(
    [
        "❤",
        "👍",
        "👎",
        "🔥",
        "🥰",
        "👏",
        "😁",
        "🤔",
        "🤯",
        "😱",
        "🤬",
        "😢",
        "🎉",
        "🤩",
        "🤮",
        "💩",
        "🙏",
        "👌",
        "🕊",
        "🤡",
        "🥱",
        "🥴",
        "😍",
        "🐳",
        "❤\u200d🔥",
        "🌚",
        "🌭",
        "💯",
        "🤣",
        "⚡",
        "🍌",
        "🏆",
        "💔",
        "🤨",
        "😐",
        "🍓",
        "🍾",
        "💋",
        "🖕",
        "😈",
        "😴",
        "😭",
        "🤓",
        "👻",
        "👨\u200d💻",
        "👀",
        "🎃",
        "🙈",
        "😇",
        "😨",
        "🤝",
        "✍",
        "🤗",
        "🫡",
        "🎅",
        "🎄",
        "☃",
        "💅",
        "🤪",
        "🗿",
        "🆒",
        "💘",
        "🙉",
        "🦄",
        "😘",
        "💊",
        "🙊",
        "😎",
        "👾",
        "🤷\u200d♂",
        "🤷",
        "🤷\u200d♀",
        "😡",
    ]
)


def reaction_type(emoji: str) -> dict[str, Any]:
    if emoji in EMOJI:
        return {"type": "emoji", "emoji": emoji}
    return {"type": "custom_emoji", "custom_emoji_id": "5368324170671202286"}


def set_reaction(
    chat: Chat, message: dict[str, Any] | None, wanted: Sequence[dict[str, Any]], bot: int
) -> bool:
    """What a bot has under a message now."""
    if message is None:
        raise bad("message to react not found")
    for one in wanted:
        if one.get("type") not in ("emoji", "custom_emoji"):
            raise bad("can't parse ReactionType: invalid reaction type specified")
        if one["type"] == "custom_emoji" or one["emoji"] not in EMOJI:
            raise bad("REACTION_INVALID")
        if chat.reactions is not None and one["emoji"] not in chat.reactions:
            raise bad("REACTION_INVALID")
    if len(wanted) > 1:
        raise bad("REACTIONS_TOO_MANY")
    chat.reacted[message["message_id"], bot] = list(wanted)
    return True
