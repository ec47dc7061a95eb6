"""What a message says: its text as operators read it, and its files. Pure.

Kinds that are neither text nor file become a line of text that begins with a sign. What we do not
know is shown by the name that Telegram gives it, so that nobody waits for an answer unheard.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from channels.telegram.shapes import (
    Contact,
    Entity,
    Location,
    Message,
    Origin,
    Sized,
    Sticker,
    Story,
)
from router.channel import Attachment

FORWARDED, REPLIED = "↪ ", "↩ "
UNSUPPORTED = "⚠ {kind}: not supported · не поддерживается"
MAX_NAME_CHARS = 255
MAX_KIND_CHARS = 40
MAX_QUOTED_CHARS = 500
MAX_DEPTH = 16
# Where words stand in a block of a page, and further blocks.
SAYING, HOLDING = ("summary", "text", "caption"), ("blocks", "items", "cells")

# The kinds of file, in the order to look for them: an animation comes as a document too.
KINDS = {
    "animation": ("animation", "mp4", "video/mp4"),
    "video": ("video", "mp4", "video/mp4"),
    "video_note": ("video-note", "mp4", "video/mp4"),
    "voice": ("voice", "ogg", "audio/ogg"),
    "audio": ("audio", "mp3", "audio/mpeg"),
    "document": ("document", "", "application/octet-stream"),
}
# What stands beside what is said, and says nothing itself.
AROUND = frozenset(
    re.findall(
        r"\w+",
        """message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count
    sender_business_bot sender_tag date guest_query_id business_connection_id chat forward_origin
    is_topic_message is_automatic_forward reply_to_message external_reply quote reply_to_story
    reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user
    guest_bot_caller_chat edit_date has_protected_content is_from_offline is_paid_post
    media_group_id author_signature paid_star_count entities link_preview_options
    suggested_post_info effect_id caption_entities show_caption_above_media has_media_spoiler
    reply_markup receiver_user ephemeral_message_id forward_date forward_from forward_from_chat
    forward_from_message_id forward_sender_name forward_signature""",
    )
)
# What Telegram notes in a chat by itself: nobody said it to us.
NOTED = frozenset(
    re.findall(
        r"\w+",
        """new_chat_members left_chat_member chat_owner_left chat_owner_changed new_chat_title
    new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created
    channel_chat_created message_auto_delete_timer_changed pinned_message successful_payment
    refunded_payment users_shared user_shared chat_shared connected_website write_access_allowed
    passport_data proximity_alert_triggered boost_added chat_background_set checklist_tasks_done
    checklist_tasks_added direct_message_price_changed forum_topic_created forum_topic_edited
    forum_topic_closed forum_topic_reopened general_forum_topic_hidden
    general_forum_topic_unhidden giveaway_created giveaway_completed managed_bot_created
    paid_message_price_changed poll_option_added poll_option_deleted suggested_post_approved
    suggested_post_approval_failed suggested_post_declined suggested_post_paid
    suggested_post_refunded video_chat_scheduled video_chat_started video_chat_ended
    video_chat_participants_invited web_app_data community_chat_added community_chat_removed
    community_chat_joined gift_upgrade_sent""",
    )
)


def said(message: Message) -> str:
    """What it says, without what it is an answer to."""
    if message.text is not None:
        return _with_links(message.text, message.entities)
    if message.caption is not None:
        return _with_links(message.caption, message.caption_entities)
    return _described(message)


def around(message: Message) -> Iterator[str]:
    """The lines that stand before what it says: who said it first, and what it answers."""
    if message.forward_origin is not None:
        yield f"{FORWARDED}{_name(message.forward_origin)}:"
    if message.external_reply is not None:
        yield f"{REPLIED}{_name(message.external_reply.origin)}:"
    if message.reply_to_story is not None:
        yield f"{REPLIED}{_story(message.reply_to_story)}"
    quote = message.quote
    if quote is not None and (quote.is_manual or message.external_reply is not None):
        # The whole of a message that stands in the thread is shown by the desk itself.
        yield from (f"> {line}" for line in quote.text.splitlines())


def answered(message: Message) -> str:
    """The words that it answers, unless it quotes some of them itself."""
    replied = message.reply_to_message
    if replied is None or (message.quote is not None and message.quote.is_manual):
        return ""
    words = replied.text or replied.caption
    return words if len(words) <= MAX_QUOTED_CHARS else f"{words[:MAX_QUOTED_CHARS]}…"


def attachments(message: Message) -> tuple[Attachment, ...]:
    """Its files; of a photo the largest."""
    if message.photo:
        largest = max(message.photo, key=_area_and_bytes)
        return (_file(largest, f"photo-{message.message_id}.jpg", "image/jpeg"),)
    if message.sticker is not None:
        return (_sticker(message.sticker, message.message_id),)
    for field, (name, ending, mime) in KINDS.items():
        file: Sized | None = getattr(message, field)
        if file is not None:
            named = f"{name}-{message.message_id}" + (f".{ending}" if ending else "")
            return (_file(file, named, mime),)
    return ()


def unknown(fields: Sequence[str]) -> str | None:
    """How a message with only these fields is shown; None if nobody said it to us."""
    kinds = [name for name in fields if name not in AROUND and name != "caption"]
    if not kinds or any(name in NOTED for name in kinds):
        return None
    return UNSUPPORTED.format(kind=kinds[0][:MAX_KIND_CHARS])


def full_name(first: str, last: str) -> str:
    return f"{first} {last}".strip()[:MAX_NAME_CHARS]


def _described(message: Message) -> str:
    if message.venue is not None:
        place = ", ".join(filter(None, (message.venue.title, message.venue.address)))
        return f"📍 {place}\n{_map(message.venue.location)}"
    if message.location is not None:
        return f"📍 {_map(message.location)}"
    if message.contact is not None:
        return f"👤 {_card(message.contact)}"
    if message.poll is not None:
        options = [f"• {option.text}" for option in message.poll.options]
        return "\n".join((f"📊 {message.poll.question}", *options))
    if message.dice is not None:
        return f"{message.dice.emoji} {message.dice.value}"
    return message.sticker.emoji if message.sticker is not None else _rarely_described(message)


def _rarely_described(message: Message) -> str:
    if message.story is not None:
        return _story(message.story)
    if message.checklist is not None:
        done = [(task.text, task.completion_date is not None) for task in message.checklist.tasks]
        tasks = [f"{'☑' if is_done else '☐'} {text}" for text, is_done in done]
        return "\n".join((f"📋 {message.checklist.title}", *tasks))
    if message.game is not None:
        return f"🎮 {message.game.title}"
    if message.invoice is not None:
        return f"🧾 {message.invoice.title}"
    if message.gift is not None:
        return f"🎁 {message.gift.text or ''}".rstrip()
    return "\n".join(_rich(message.rich_message.blocks)) if message.rich_message else ""


def _story(story: Story) -> str:
    """A story, which bots may not fetch, by its address if it has one."""
    if not story.chat.username:
        return f"📖 {story.chat.title}".rstrip()
    return f"📖 https://t.me/{story.chat.username}/s/{story.id}"


def _rich(blocks: Any, depth: int = 0) -> Iterator[str]:
    """The words of a page, a line for each of its blocks."""
    for block in blocks if isinstance(blocks, list) and depth < MAX_DEPTH else ():
        if not isinstance(block, dict):
            # A row of a table.
            yield " | ".join(_rich(block, depth + 1))
            continue
        for name in SAYING:
            if words := _rich_words(block.get(name), depth).strip():
                yield words
        for name in HOLDING:
            yield from _rich(block.get(name), depth + 1)


def _rich_words(text: Any, depth: int) -> str:
    if isinstance(text, list) and depth < MAX_DEPTH:
        return "".join(_rich_words(one, depth + 1) for one in text)
    if isinstance(text, dict) and depth < MAX_DEPTH:
        return _rich_words(text.get("text"), depth + 1)
    return text if isinstance(text, str) else ""


def _map(place: Location) -> str:
    at = f"{place.latitude:.6f},{place.longitude:.6f}"
    return f"{at}\nhttps://www.openstreetmap.org/?mlat={at.replace(',', '&mlon=')}"


def _card(contact: Contact) -> str:
    """Somebody's card. It may be anybody's: it is text, and nobody's number."""
    number = contact.phone_number
    name = full_name(contact.first_name, contact.last_name)
    return f"{name} {number if number.startswith('+') else '+' + number}".strip()


def _name(origin: Origin) -> str:
    if origin.sender_user is not None:
        return full_name(origin.sender_user.first_name, origin.sender_user.last_name)
    chat = origin.sender_chat or origin.chat
    return (chat.title if chat is not None else origin.sender_user_name)[:MAX_NAME_CHARS]


def _file(file: Sized, name: str, mime: str) -> Attachment:
    return Attachment(
        name=(file.file_name or name)[:MAX_NAME_CHARS],
        mime=file.mime_type or mime,
        ref=file.file_id,
        size_bytes=file.file_size,
    )


def _area_and_bytes(size: Sized) -> tuple[int, int]:
    return size.width * size.height, size.file_size or 0


def _sticker(sticker: Sticker, number: int) -> Attachment:
    ending, mime = "webp", "image/webp"
    if sticker.is_animated and sticker.thumbnail is not None:
        # No browser draws a .tgs; the still picture says the same.
        still = sticker.thumbnail
        return Attachment(
            f"sticker-{number}.{ending}", mime=mime, ref=still.file_id, size_bytes=still.file_size
        )
    if sticker.is_animated:
        ending, mime = "tgs", "application/x-tgsticker"
    elif sticker.is_video:
        ending, mime = "webm", "video/webm"
    return Attachment(
        f"sticker-{number}.{ending}", mime=mime, ref=sticker.file_id, size_bytes=sticker.file_size
    )


def _with_links(text: str, entities: Sequence[Entity]) -> str:
    """The text with the addresses behind its words: who reads it sees where a word leads."""
    links = [one for one in entities if one.type == "text_link" and one.url]
    if not links:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    for link in sorted(links, key=lambda one: one.offset, reverse=True):
        end = (link.offset + link.length) * 2
        shown = units[link.offset * 2 : end].decode("utf-16-le", "replace")
        if shown != link.url:
            address = f" ({link.url})".encode("utf-16-le", "surrogatepass")
            units = units[:end] + address + units[end:]
    return units.decode("utf-16-le", "replace")
