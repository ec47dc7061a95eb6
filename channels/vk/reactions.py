"""Reactions: what people put under a message, and what the community may.

https://dev.vk.com/ru/method/messages.sendReaction and messages.deleteReaction, both open to a
community's token; the event by callback/objects.json of https://github.com/VKCOM/vk-api-schema,
version 5.199; all read 2026-11-29.

- VK names reactions by number, and what they look like only to a person's token
  (messages.getReactionsAssets): VK publishes no list. The numbers here are those that are commonly
  known of its apps, not seen at VK itself; any further one is shown as a sign of its own.
- Everybody has at most one under a message. An event without a number took it back; none says when.
"""

from channels.vk.api import Api
from channels.vk.events import ReactionEvent
from channels.vk.refusals import DENIED
from router.emoji import OWN_PICTURE, Reacted
from router.errors import BadCredentials, Rejected

NUMBERED = {
    1: "❤", 2: "🔥", 3: "😂", 4: "👍", 5: "💩", 6: "❓", 7: "😭", 8: "😡",
    9: "👎", 10: "👌", 11: "😃", 12: "🤔", 13: "🙏", 14: "😘", 15: "😍", 16: "🎉",
}  # fmt: skip
# Those that a company says to a customer.
OFFERED = ("👍", "❤", "🔥", "🙏", "👌", "😃", "😂", "🎉", "🤔")


def reacted(event: ReactionEvent, group_id: int) -> Reacted | None:
    """What somebody has under a message now; of our side nothing."""
    if event.reacted_id == -group_id:
        return None
    shown = NUMBERED.get(event.reaction_id, OWN_PICTURE)
    return Reacted(
        f"{event.peer_id}:{event.cmid}",
        by=str(event.reacted_id),
        emoji=(shown,) if event.reaction_id else (),
        thread_key=str(event.peer_id),
    )


async def react(api: Api, external_id: str, emoji: str) -> None:
    """Have `emoji` under the message; nothing if it is empty."""
    peer, _, number = external_id.partition(":")
    at: dict[str, str | int] = {"peer_id": peer, "cmid": number}
    wanted = next((one for one, shown in NUMBERED.items() if shown == emoji), None)
    if not (peer.removeprefix("-").isdecimal() and number.isdecimal()) or (
        emoji and wanted is None
    ):
        raise Rejected("VK has no such reaction", code="reaction")
    try:
        if wanted is None:
            await api.call("messages.deleteReaction", at)
        else:
            await api.call("messages.sendReaction", {**at, "reaction_id": wanted})
    except BadCredentials as error:
        # About one message VK says so too: that must not pause the account.
        if error.code not in DENIED:
            raise
        raise Rejected("VK does not let us react to this message", code=error.code) from None
