"""What Telegram sends, as far as we read it: https://core.telegram.org/bots/api, read 2026-11-28.

A field that is named here has to be of its kind; what is not named here may change as it likes.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

# Ids are at most 52 bits long.
Id = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Seconds = Annotated[int, Meta(ge=0, le=2**38)]
Units = Annotated[int, Meta(ge=0, le=2**31)]
ConnectionId = Annotated[str, Meta(pattern=r"^[^:\s]{1,200}$")]


class User(Struct):
    id: Id
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str | None = None


class Chat(Struct):
    id: Id
    type: str
    title: str = ""
    username: str = ""
    first_name: str = ""
    last_name: str = ""


class Entity(Struct):
    """A stretch of text with a meaning, counted in UTF-16 units."""

    type: str
    offset: Units
    length: Units
    url: str | None = None


class Sized(Struct):
    file_id: Annotated[str, Meta(min_length=1)]
    file_size: Units | None = None
    file_name: str | None = None
    mime_type: str | None = None
    width: Units = 0
    height: Units = 0


class Sticker(Struct):
    file_id: Annotated[str, Meta(min_length=1)]
    file_size: Units | None = None
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False
    thumbnail: Sized | None = None


class Contact(Struct):
    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: Id | None = None


class Location(Struct):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    # Of one that moves, for how long.
    live_period: Seconds | None = None


class Venue(Struct):
    location: Location
    title: str = ""
    address: str = ""


class PollOption(Struct):
    text: str


class Poll(Struct):
    question: str
    options: list[PollOption] = []


class Dice(Struct):
    emoji: str
    value: int


class Story(Struct):
    chat: Chat
    id: Id


class Task(Struct):
    text: str
    completion_date: Seconds | None = None


class Checklist(Struct):
    title: str
    tasks: list[Task] = []


class Titled(Struct):
    """A game, an invoice."""

    title: str


class Gift(Struct):
    text: str | None = None


class Rich(Struct):
    """A page in the place of a text, as bots write it: blocks of blocks."""

    blocks: list[Any] = []


class Quote(Struct):
    text: str
    is_manual: bool = False


class Origin(Struct):
    """Where something was said first."""

    type: str
    sender_user: User | None = None
    sender_user_name: str = ""
    sender_chat: Chat | None = None
    chat: Chat | None = None


class External(Struct):
    """A message of another chat that is replied to."""

    origin: Origin


class Topic(Struct):
    name: str


class Replied(Struct):
    message_id: Id
    text: str = ""
    caption: str = ""
    forum_topic_created: Topic | None = None


class Direct(Struct):
    """Whose messages to a channel these are."""

    topic_id: Id
    user: User | None = None


class Button(Struct):
    text: str
    callback_data: str | None = None


class Keyboard(Struct):
    inline_keyboard: list[list[Button]] = []


class Message(Struct):
    message_id: Id
    date: Seconds
    chat: Chat
    from_user: User | None = msgspec.field(default=None, name="from")
    sender_chat: Chat | None = None
    sender_business_bot: User | None = None
    business_connection_id: ConnectionId | None = None
    edit_date: Seconds | None = None
    message_thread_id: Id | None = None
    direct_messages_topic: Direct | None = None
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    author_signature: str = ""
    media_group_id: str | None = None
    forward_origin: Origin | None = None
    reply_to_message: Replied | None = None
    external_reply: External | None = None
    quote: Quote | None = None
    reply_markup: Keyboard | None = None
    text: str | None = None
    entities: list[Entity] = []
    caption: str | None = None
    caption_entities: list[Entity] = []
    photo: list[Sized] | None = None
    video: Sized | None = None
    voice: Sized | None = None
    video_note: Sized | None = None
    audio: Sized | None = None
    animation: Sized | None = None
    document: Sized | None = None
    sticker: Sticker | None = None
    contact: Contact | None = None
    location: Location | None = None
    venue: Venue | None = None
    poll: Poll | None = None
    dice: Dice | None = None
    story: Story | None = None
    reply_to_story: Story | None = None
    checklist: Checklist | None = None
    game: Titled | None = None
    invoice: Titled | None = None
    gift: Gift | None = None
    rich_message: Rich | None = None
    migrate_to_chat_id: Id | None = None
    migrate_from_chat_id: Id | None = None


class Callback(Struct):
    """A button under a message was pressed."""

    id: Annotated[str, Meta(min_length=1)]
    from_user: User = msgspec.field(name="from")
    message: Message | None = None
    data: str | None = None


class Member(Struct):
    status: str
    can_send_messages: bool = True


class Membership(Struct):
    """What became of us in a chat."""

    chat: Chat
    from_user: User = msgspec.field(name="from")
    date: Seconds
    new_chat_member: Member


class Emoji(Struct):
    """A reaction: an emoji that everybody has, a picture that premium users draw, or paid stars."""

    type: str
    emoji: str = ""


class Reaction(Struct):
    """The reactions of one to one message, all that they have there now."""

    chat: Chat
    message_id: Id
    date: Seconds
    new_reaction: list[Emoji]
    user: User | None = None
    actor_chat: Chat | None = None


class Counted(Struct):
    type: Emoji
    total_count: Units


class ReactionCount(Struct):
    """Where nobody says who reacted: how often each stands there."""

    chat: Chat
    message_id: Id
    date: Seconds
    reactions: list[Counted]


class Withdrawn(Struct):
    """Messages of an account's chat that are not there any more."""

    business_connection_id: ConnectionId
    chat: Chat
    message_ids: Annotated[list[Id], Meta(max_length=1000)]


class Rights(Struct, frozen=True):
    can_reply: bool = False


class BusinessConnection(Struct):
    """The owner of an account connected the bot, changed what it may do there, or removed it."""

    id: ConnectionId
    user: User
    is_enabled: bool
    rights: Rights = Rights()


class Update(Struct):
    update_id: Id
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Callback | None = None
    my_chat_member: Membership | None = None
    message_reaction: Reaction | None = None
    message_reaction_count: ReactionCount | None = None
    business_connection: BusinessConnection | None = None
    business_message: Message | None = None
    edited_business_message: Message | None = None
    deleted_business_messages: Withdrawn | None = None


# All has to be asked for by name: reactions come to nobody who does not.
ALLOWED = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
    "message_reaction_count",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
)
UPDATE = msgspec.json.Decoder(Update)
