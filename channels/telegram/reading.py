"""What an update means to the desk: arrivals. Pure."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from channels.telegram import business, contents
from channels.telegram.places import GROUPS, TALKED_IN, external_id, thread_key, time_of
from channels.telegram.reactions import reacted, reacted_together
from channels.telegram.shapes import UPDATE, Callback, Chat, Membership, Message, Update, User
from router.channel import (
    Action,
    Arrival,
    Attachment,
    CustomerAction,
    Edited,
    IncomingMessage,
    OutsideReply,
    Readdressed,
    Sender,
)
from router.contacts import phone
from router.errors import Malformed
from router.model import Contact, ContactKind, Visit

START = "/start"
GONE = frozenset({"kicked", "left"})
# Telegram writes for those who are hidden: https://core.telegram.org/bots/api#message, read 2026-11-28.
SERVICE_BOTS = frozenset({777000, 1087968824, 136817688})
UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


def arrivals_of(body: bytes) -> tuple[Arrival, ...]:
    """What one update brings; nothing if it is of a kind that we do not use. Raises `Malformed`."""
    try:
        update = UPDATE.decode(body)
    except UNREADABLE:
        raise Malformed("not an update of Telegram") from None
    message = update.message or update.business_message
    if message is not None:
        return _message(message, body)
    edited = update.edited_message or update.edited_business_message
    if edited is not None:
        return _edited(edited)
    return _deed(update)


def _deed(update: Update) -> tuple[Arrival, ...]:
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    if update.message_reaction is not None:
        return reacted(update.message_reaction, order=update.update_id)
    if update.message_reaction_count is not None:
        return reacted_together(update.message_reaction_count, order=update.update_id)
    if update.business_connection is not None:
        return (business.connected(update.business_connection, order=update.update_id),)
    if update.deleted_business_messages is not None:
        return business.withdrawn(update.deleted_business_messages)
    return ()


def _message(message: Message, body: bytes) -> tuple[Arrival, ...]:
    chat = message.chat
    if chat.type not in TALKED_IN:
        return ()
    if (moved := _moved(message)) is not None:
        return (moved,)
    sender, writer = _who(message)
    if sender is None or message.is_automatic_forward or business.is_own(message):
        return ()
    if chat.type == "private" and message.business_connection_id is None:
        done = _start(message, sender) or _own_contact(message, sender)
        if done is not None:
            return (done,)
    text, files = contents.said(message), contents.attachments(message)
    # What has a caption has something above it.
    if not files and (message.caption is not None or not text.strip()):
        shown = contents.unknown(_fields(body))
        if shown is None:
            return ()
        text = f"{shown}\n{text}".strip()
    said = "\n".join((*contents.around(message), text)).strip()
    if (to := _answered(message, sender)) is not None:
        return (_answer(message, to, said, files),)
    told = IncomingMessage(
        external_id=_id(message),
        thread_key=thread_key(message),
        sender=sender,
        text=said,
        subject=_topic(message),
        sent_at=time_of(message.date),
        attachments=files,
        in_reply_to=_in_reply_to(message),
        quoted=contents.answered(message) if _in_reply_to(message) else "",
        album=message.media_group_id,
        writer=writer,
        automatic=_is_robot(message.from_user),
        foreign=message.contact is not None or message.forward_origin is not None,
    )
    return (told,)


def _moved(message: Message) -> Readdressed | None:
    """A group that became a supergroup; both sides of it say so."""
    here = str(message.chat.id)
    if message.migrate_to_chat_id is not None:
        return Readdressed(old=here, new=str(message.migrate_to_chat_id))
    if message.migrate_from_chat_id is not None:
        return Readdressed(old=str(message.migrate_from_chat_id), new=here)
    return None


def _answered(message: Message, sender: Sender) -> Sender | None:
    """Whom our side answers with it; None if it is not our side that says it."""
    if message.business_connection_id is not None:
        return business.whom(message.chat) if business.of_owner(message) else None
    return sender if _answers_for_channel(message) else None


def _answers_for_channel(message: Message) -> bool:
    """Among what is written to a channel: it is said by whoever does not write to it. The topic
    names who does, or has their number (not documented, and not seen at Telegram itself).
    """
    topic = message.direct_messages_topic
    if topic is None:
        return False
    writing = {topic.topic_id, topic.user.id if topic.user else topic.topic_id}
    said_by = {one.id for one in (message.from_user, message.sender_chat) if one is not None}
    return not writing & said_by


def _answer(message: Message, to: Sender, text: str, files: tuple[Attachment, ...]) -> OutsideReply:
    return OutsideReply(
        _id(message),
        thread_key=thread_key(message),
        text=text,
        attachments=files,
        sent_at=time_of(message.date),
        to=to,
    )


def _edited(message: Message) -> tuple[Arrival, ...]:
    if message.chat.type not in TALKED_IN or business.is_own(message):
        return ()
    said, files = contents.said(message), contents.attachments(message)
    if not said and not files:
        # Of what we cannot show nothing can be shown anew.
        return ()
    # The caption of an album stands under one of its parts.
    is_mute = message.media_group_id is not None and not said
    told = Edited(
        _id(message),
        thread_key(message),
        None if is_mute else "\n".join((*contents.around(message), said)).strip(),
        quoted=contents.answered(message) if _in_reply_to(message) else "",
        at=time_of(message.edit_date) if message.edit_date else None,
        continual=message.location is not None and message.location.live_period is not None,
        attachments=files,
    )
    return (told,)


def _start(message: Message, sender: Sender) -> CustomerAction | None:
    """They opened the bot, perhaps by a link of ours that says where they come from."""
    command, _, payload = (message.text or "").partition(" ")
    if command != START:
        return None
    payload, at = payload.strip(), time_of(message.date)
    visit = Visit(url=f"https://t.me/?start={payload}", title=payload, referrer="", at=at)
    return CustomerAction(
        sender,
        thread_key(message),
        Action.STARTED,
        external_id=external_id(message.chat.id, message.message_id),
        visit=visit if payload else None,
        value=payload or None,
        at=at,
    )


def _own_contact(message: Message, sender: Sender) -> CustomerAction | None:
    """They shared their own number, which Telegram has proven. A card of another is a message."""
    contact = message.contact
    if contact is None or message.from_user is None or contact.user_id != message.from_user.id:
        return None
    number = phone("+" + contact.phone_number.lstrip("+"))
    if number is None:
        return None
    shared = Contact(ContactKind.PHONE, number, proven=True)
    return CustomerAction(
        replace(sender, contacts=(shared,)),
        thread_key(message),
        Action.GAVE_CONTACT,
        external_id=external_id(message.chat.id, message.message_id),
        at=time_of(message.date),
    )


def _pressed(callback: Callback) -> tuple[Arrival, ...]:
    message = callback.message
    if message is None or message.chat.type not in TALKED_IN:
        return ()
    if message.business_connection_id is not None and callback.from_user.id != message.chat.id:
        return ()
    value = callback.data or ""
    keyboard = message.reply_markup.inline_keyboard if message.reply_markup else []
    labels = (one.text for row in keyboard for one in row if one.callback_data == value)
    sender, writer = _whose(message, _person(callback.from_user))
    return (
        CustomerAction(
            sender,
            thread_key(message),
            Action.PRESSED,
            external_id=f"press:{callback.id}",
            value=value,
            text=next(labels, value),
            in_reply_to=_id(message),
            reply_token=callback.id,
            writer=writer,
        ),
    )


def _membership(change: Membership) -> tuple[Arrival, ...]:
    """Whether we may write there from now on: somebody blocks us, or a group throws us out."""
    us, chat = change.new_chat_member, change.chat
    if chat.type not in TALKED_IN:
        return ()
    is_mute = us.status in GONE or (us.status == "restricted" and not us.can_send_messages)
    sender, _ = _in_chat(chat, _person(change.from_user))
    action = Action.BLOCKED if is_mute else Action.UNBLOCKED
    return (CustomerAction(sender, str(chat.id), action, at=time_of(change.date)),)


def _is_robot(user: User | None) -> bool:
    return user is not None and user.is_bot and user.id not in SERVICE_BOTS


def _in_reply_to(message: Message) -> str | None:
    replied = message.reply_to_message
    # In a topic everything that answers nothing answers the note that the topic was made.
    if replied is None or (
        message.is_topic_message and replied.message_id == message.message_thread_id
    ):
        return None
    return external_id(message.chat.id, replied.message_id, message.business_connection_id)


def _topic(message: Message) -> str | None:
    """What its topic of a forum is called, where Telegram says it: with what answers nothing else."""
    replied = message.reply_to_message
    made = replied.forum_topic_created if replied and message.is_topic_message else None
    return made.name[: contents.MAX_NAME_CHARS] if made else None


def _id(message: Message) -> str:
    return external_id(message.chat.id, message.message_id, message.business_connection_id)


def _who(message: Message) -> tuple[Sender | None, str]:
    """Whose the thread is, and who of several said it."""
    chat, user = message.sender_chat, message.from_user
    if chat is not None and (user is None or user.id in SERVICE_BOTS):
        author = message.author_signature or chat.title
        person = Sender(str(chat.id), name=author[: contents.MAX_NAME_CHARS])
    elif user is not None:
        person = _person(user)
    else:
        return None, ""
    return _whose(message, person)


def _whose(message: Message, person: Sender) -> tuple[Sender, str]:
    if message.business_connection_id is not None:
        return replace(person, scope=business.SCOPE), ""
    topic = message.direct_messages_topic
    if topic is None:
        return _in_chat(message.chat, person)
    return (person if topic.user is None else _person(topic.user)), ""


def _in_chat(chat: Chat, person: Sender) -> tuple[Sender, str]:
    """A chat of several people is our customer as a whole, whoever writes there."""
    if chat.type not in GROUPS:
        return person, ""
    title = chat.title[: contents.MAX_NAME_CHARS]
    known_as = chat.username or title
    sender = Sender(str(chat.id), name=title, username=known_as, language=person.language)
    return sender, person.name


def _person(user: User) -> Sender:
    return Sender(
        address=str(user.id),
        name=contents.full_name(user.first_name, user.last_name),
        username=user.username[: contents.MAX_NAME_CHARS],
        language=user.language_code,
    )


def _fields(body: bytes) -> Sequence[str]:
    """The names of what a message holds that is nothing we know."""
    told = msgspec.json.decode(body)
    message = told.get("message") or told["business_message"]
    return [name for name, value in message.items() if value is not None]
