"""Comments under the community's posts read into arrivals. Pure.

Events: https://dev.vk.com/ru/api/community-events/json-schema, read 2026-11-28.

- A comment's number is unique on its wall, so ours is "wall:<comment>". One person under one post is
  one thread, "wall:<post>:<person>", in whichever branches they write.
- Who deletes a comment is told, whose it was is not.
- What the community itself writes, here or in VK, comes as any other comment, by its `from_id`. Whom
  it answers stands in `reply_to_user`; a community's comment that answers nobody is nobody's here.
- Whoever manages a community may also write as themselves: see `channels.vk.team`.
"""

from channels.vk.attached import SITE, excerpt, files_of, moment, words_of
from channels.vk.events import Comment, CommentGone, Update
from router.channel import Arrival, Deleted, Edited, IncomingMessage, OutsideReply, Sender
from router.model import Visit

WALL = "wall:"


def is_on_wall(thread_key: str) -> bool:
    return thread_key.startswith(WALL)


def thread_key(post_id: int, person: int) -> str:
    return f"{WALL}{post_id}:{person}"


def comment_id(number: int) -> str:
    """Our external id of a comment."""
    return f"{WALL}{number}"


def number_in(external_id: str | None) -> int | None:
    """VK's number of the comment that we call so; None if it is none."""
    number = (external_id or "").removeprefix(WALL)
    is_one = number.isascii() and number.isdecimal() and external_id == f"{WALL}{number}"
    return int(number) if is_one else None


def commented(comment: Comment | CommentGone, update: Update) -> Arrival | None:
    """What an event of the community's wall brings; nothing of another's."""
    if comment.owner_id != -update.group_id:
        return None
    if isinstance(comment, CommentGone):
        return Deleted(comment_id(comment.id), thread_key=None)
    is_ours = comment.from_id == comment.owner_id or comment.of_team
    person = comment.reply_to_user if is_ours else comment.from_id
    if person in (0, comment.owner_id):
        return None
    if update.type != "wall_reply_new":
        return _changed(comment, person, update)
    return _answered(comment, person) if is_ours else _said(comment)


def _said(comment: Comment) -> IncomingMessage:
    answered = comment.reply_to_comment
    return IncomingMessage(
        external_id=comment_id(comment.id),
        thread_key=thread_key(comment.post_id, comment.from_id),
        sender=Sender(str(comment.from_id)),
        text=words_of(comment),
        sent_at=moment(comment.date),
        attachments=files_of(comment),
        in_reply_to=comment_id(answered) if answered else None,
        source=_post(comment),
        public=True,
    )


def _answered(comment: Comment, person: int) -> OutsideReply:
    return OutsideReply(
        external_id=comment_id(comment.id),
        thread_key=thread_key(comment.post_id, person),
        text=words_of(comment),
        attachments=files_of(comment),
        sent_at=moment(comment.date),
        to=Sender(str(person)),
        public=True,
    )


def _changed(comment: Comment, person: int, update: Update) -> Edited:
    # VK does not say when; what happened later comes later.
    return Edited(
        comment_id(comment.id),
        thread_key=thread_key(comment.post_id, person),
        text=words_of(comment),
        sent_at=moment(comment.date),
        restored=update.type == "wall_reply_restore",
        attachments=files_of(comment),
    )


def _post(comment: Comment) -> Visit | None:
    """What they write about: the post, with an address that shows the comment under it."""
    at = moment(comment.date)
    if at is None:
        return None
    url = f"{SITE}/wall{comment.owner_id}_{comment.post_id}?reply={comment.id}"
    return Visit(url=url, title=excerpt(comment.post_text), referrer="", at=at)
