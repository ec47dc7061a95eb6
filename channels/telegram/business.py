"""Accounts that the bot answers for: Telegram Business. Pure.

- Only private chats come, and such a chat has the customer's id: whoever else writes there is the
  account's owner, from whichever device: https://core.telegram.org/bots/api#businessconnection and
  https://core.telegram.org/api/bots/connected-business-bots, read 2026-11-29.
- What the bot itself said in the owner's name names it as `sender_business_bot`.
- The owner chooses which chats the bot sees; it may answer those of the last 24 hours.
"""

from channels.telegram.contents import MAX_NAME_CHARS, full_name
from channels.telegram.places import business_key, business_keys, external_id
from channels.telegram.shapes import BusinessConnection, Chat, Message, Withdrawn
from router.channel import Deleted, Sender
from router.delegations import Delegation
from router.errors import ProviderError, RecipientGone, Rejected, WindowClosed

# A person's address here is none at which the bot reaches them by itself.
SCOPE = "business"
NOT_CONNECTED = "the business account is not connected to the bot any more"
MAY_NOT = "the owner of the business account does not let the bot do this"
TOO_LATE = "for a business account Telegram lets a bot write within 24 hours only"
NO_REACTIONS = "a business account has no reactions"
NOT_THERE = (
    "business connection not found", "business_connection_invalid", "connection_id_invalid",
    "business_connection_not_allowed",
)  # fmt: skip
FORBIDDEN = ("not enough rights", "have no rights", "bot_access_forbidden", "chat_write_forbidden")


def of_owner(message: Message) -> bool:
    """Whether the account's owner said it."""
    return message.from_user is not None and message.from_user.id != message.chat.id


def is_own(message: Message) -> bool:
    """Whether the bot said it, which stands in the thread already."""
    return message.sender_business_bot is not None


def whom(chat: Chat) -> Sender:
    """The customer whose chat it is."""
    return Sender(
        str(chat.id),
        scope=SCOPE,
        name=full_name(chat.first_name, chat.last_name),
        username=chat.username[:MAX_NAME_CHARS],
    )


def connected(told: BusinessConnection, *, order: int) -> Delegation:
    """Telegram gives an account that is connected anew another id."""
    owner = told.user
    return Delegation(
        str(owner.id),
        keys=business_keys(told.id),
        enabled=told.is_enabled,
        may_reply=told.rights.can_reply,
        name=full_name(owner.first_name, owner.last_name),
        username=owner.username[:MAX_NAME_CHARS],
        order=order,
    )


def withdrawn(told: Withdrawn) -> tuple[Deleted, ...]:
    connection, chat = told.business_connection_id, told.chat.id
    key = business_key(connection, chat)
    return tuple(Deleted(external_id(chat, one, connection), key) for one in told.message_ids)


def named(error: Rejected) -> ProviderError:
    """What a refusal means there. The account being out of reach does not retire the customer."""
    said = error.reason.lower()
    if any(words in said for words in NOT_THERE):
        return Rejected(NOT_CONNECTED, code=error.code)
    if "business_peer_usage_missing" in said or "business_peer_invalid" in said:
        return WindowClosed(TOO_LATE, code=error.code)
    if any(words in said for words in FORBIDDEN):
        return Rejected(MAY_NOT, code=error.code)
    return Rejected(error.reason, code=error.code) if isinstance(error, RecipientGone) else error
