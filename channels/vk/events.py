"""What VK sends: the shape of its updates, of the same in callbacks and in long polls. Pure.

Of each object stand here the fields that we read; VK adds new ones freely. Schema:
https://github.com/VKCOM/vk-api-schema, version 5.199, read 2026-08-01.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from router.errors import Malformed

GROUP_PEER_FROM = 2_000_000_000
MAX_ID = 2**53
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Id = Annotated[int, Meta(ge=-MAX_ID, le=MAX_ID)]
Count = Annotated[int, Meta(ge=0, le=MAX_ID)]
Moment = Annotated[int, Meta(ge=0, le=32_503_680_000)]
Degrees = Annotated[float, Meta(ge=-360, le=360)]
Text = Annotated[str, Meta(max_length=100_000)]
Url = Annotated[str, Meta(max_length=4096)]
Flag = bool | Literal[0, 1]


class Size(Struct):
    """One of the sizes of a picture."""

    url: Url = ""
    src: Url = ""
    width: Count = 0
    height: Count = 0


class Photo(Struct):
    id: Id = 0
    owner_id: Id = 0
    sizes: list[Size] = []
    orig_photo: Size | None = None
    text: Text = ""


class Doc(Struct):
    id: Id = 0
    owner_id: Id = 0
    title: Text = ""
    ext: Annotated[str, Meta(max_length=20)] = ""
    url: Url = ""
    size: Count | None = None


class Voice(Struct):
    id: Id = 0
    owner_id: Id = 0
    link_mp3: Url = ""
    link_ogg: Url = ""


class Sticker(Struct):
    sticker_id: Id = 0
    images: list[Size] = []
    images_with_background: list[Size] = []


class Graffiti(Struct):
    id: Id = 0
    owner_id: Id = 0
    url: Url = ""


class Video(Struct):
    id: Id = 0
    owner_id: Id = 0
    title: Text = ""
    image: list[Size] = []


class Audio(Struct):
    id: Id = 0
    owner_id: Id = 0
    artist: Text = ""
    title: Text = ""
    url: Url = ""


class Wall(Struct):
    """A post, or (`wall_reply`) what somebody wrote under one."""

    id: Id = 0
    owner_id: Id = 0
    to_id: Id = 0
    from_id: Id = 0
    post_id: Id = 0
    text: Text = ""


class Link(Struct):
    url: Url = ""
    title: Text = ""
    description: Text = ""


class Price(Struct):
    text: Text = ""


class Market(Struct):
    id: Id = 0
    owner_id: Id = 0
    title: Text = ""
    price: Price | None = None


class Gift(Struct):
    id: Id = 0
    thumb_256: Url = ""
    thumb_512: Url = ""


class Poll(Struct):
    id: Id = 0
    owner_id: Id = 0
    question: Text = ""


class Story(Struct):
    id: Id = 0
    owner_id: Id = 0


class Attached(Struct):
    """Something attached. The field of the name `type` holds it; of what stands not here we say
    only that it was there.
    """

    type: Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^\w+$")]
    photo: Photo | None = None
    doc: Doc | None = None
    audio_message: Voice | None = None
    sticker: Sticker | None = None
    graffiti: Graffiti | None = None
    video: Video | None = None
    audio: Audio | None = None
    wall: Wall | None = None
    wall_reply: Wall | None = None
    link: Link | None = None
    market: Market | None = None
    gift: Gift | None = None
    poll: Poll | None = None
    story: Story | None = None


class Coordinates(Struct):
    latitude: Degrees
    longitude: Degrees


class Place(Struct):
    title: Text = ""


class Geo(Struct):
    coordinates: Coordinates | None = None
    place: Place | None = None


class Comment(Struct):
    """What somebody wrote under a post. `post_text` and `of_team` are ours: see `channels.vk.posts`
    and `channels.vk.team`.
    """

    id: Annotated[int, Meta(ge=1, le=MAX_ID)]
    from_id: Id
    post_id: Annotated[int, Meta(ge=1, le=MAX_ID)]
    owner_id: Id
    date: Moment = 0
    text: Text = ""
    attachments: list[Attached] = []
    reply_to_user: Id = 0
    reply_to_comment: Id | None = None
    post_text: Text = ""
    of_team: bool = False


class CommentGone(Struct):
    """`wall_reply_delete` does not say whose it was."""

    id: Annotated[int, Meta(ge=1, le=MAX_ID)]
    owner_id: Id


class ServiceAction(Struct):
    """Something that happened to a chat: who joined, a new title."""

    type: Annotated[str, Meta(min_length=1, max_length=50)]


class Said(Struct):
    """A message, also one inside another. `random_id` and `admin_author_id`: our side wrote it."""

    from_id: Id
    peer_id: Id = 0
    conversation_message_id: Count = 0
    date: Moment = 0
    update_time: Moment | None = None
    text: Text = ""
    attachments: list[Attached] = []
    fwd_messages: list["Said"] = []
    reply_message: "Said | None" = None
    geo: Geo | None = None
    payload: Annotated[str, Meta(max_length=10_000)] | None = None
    action: ServiceAction | None = None
    out: Flag = 0
    random_id: Id = 0
    admin_author_id: Id = 0
    ref: Text = ""
    ref_source: Text = ""
    is_cropped: Flag = False
    writer: Text = ""


class ClientInfo(Struct, frozen=True):
    lang_id: Id = 0


class NewMessage(Struct):
    message: Said
    client_info: ClientInfo = ClientInfo()


class Permission(Struct):
    """`message_allow`, `message_deny`. `key` is what the page said that asked for it."""

    user_id: Id
    key: Text = ""


class Press(Struct):
    """A callback button was pressed."""

    user_id: Id
    peer_id: Id
    event_id: Annotated[str, Meta(min_length=1, max_length=200)]
    payload: Any = None
    conversation_message_id: Count = 0
    # Ours, as of what is said in a chat.
    writer: Text = ""


class Typing(Struct):
    from_id: Id
    to_id: Id = 0


class Read(Struct):
    from_id: Id
    peer_id: Id
    conversation_message_id: Count = 0


class ReactionEvent(Struct):
    """`message_reaction_event`: without a number a reaction was taken back."""

    reacted_id: Id
    peer_id: Id
    cmid: Annotated[int, Meta(ge=1, le=MAX_ID)]
    reaction_id: Count = 0


class Update(Struct):
    """The envelope. A `confirmation` has no object."""

    type: Annotated[str, Meta(min_length=1, max_length=100)]
    group_id: Id
    object: Raw = Raw(b"null")
    secret: str = ""


UPDATE = msgspec.json.Decoder(Update)


def told_anew(update: Update, given: Mapping[str, Any]) -> Update:
    """The update, with another object: what VK left out is in it."""
    return msgspec.structs.replace(update, object=Raw(msgspec.json.encode(given)))


def update_in(body: bytes) -> Update:
    """The envelope that stands in a request. Raises `Malformed`."""
    try:
        return UPDATE.decode(body)
    except UNREADABLE:
        raise Malformed("not an update of VK's") from None
