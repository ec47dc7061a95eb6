"""What hangs on a message: files to fetch, and lines of text for what is no file. Pure.

The addresses of media expire, so files are fetched at once. A line names the thing as every
language does: by a sign, its title and its address; what has neither, in two languages.

- VK writes `<`, `>`, `&` and `"` as HTML does, and a mention as `[id1|Anna]`: so other libraries
  take messages of both ways, vk-io in `structures/contexts/message.ts`, read 2026-11-28.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from channels.vk.events import Attached, Comment, Geo, Said, Size
from router.channel import Attachment

SITE = "https://vk.com"
MAX_NAME_CHARS = 200
MAX_DEPTH = 8
MAX_FILES = 50
EXCERPT_CHARS = 500
ESCAPED = re.compile("&(lt|gt|quot|amp);")
SIGNS: Mapping[str, str] = {"lt": "<", "gt": ">", "quot": '"', "amp": "&"}
MENTION = re.compile(r"\[(?:id|club|public|event)\d+\|([^\[\]|\n]+)\]")
# What was said is not told to communities: what vanishes, what VK's next app can say.
UNSEEN = "⚠ VK shows it in its app only · видно только в приложении VK"
# https://dev.vk.com/reference/objects/attachments-message, and what people send beside it.
NAMED: Mapping[str, str] = {
    "article": "📄 article · статья",
    "audio_playlist": "🎵 playlist · плейлист",
    "call": "📞 call · звонок",
    "donut_link": "🍩 VK Donut",
    "event": "📅 event · мероприятие",
    "group_call_in_progress": "📞 call · звонок",
    "market_album": "🛒 collection of goods · подборка товаров",
    "market_market_album": "🛒 collection of goods · подборка товаров",
    "mini_app": "🧩 mini app · мини-приложение",
    "money_request": "💳 request for money · запрос денег",
    "money_transfer": "💳 transfer of money · денежный перевод",
    "narrative": "📖 stories · сюжет",
    "podcast": "🎙 podcast · подкаст",
    "podcasts": "🎙 podcast · подкаст",
    "video_playlist": "🎬 playlist · плейлист",
}


def words_of(said: Said | Comment) -> str:
    """All that a message says: its text, what is attached and no file, whom it quotes. Who said
    something that VK does not tell is not unheard.
    """
    words = "\n".join(line for line in _lines(said, depth=0) if line).strip()
    return words or ("" if files_of(said) else UNSEEN)


def plain(text: str) -> str:
    """A text of VK's as people see it."""
    return MENTION.sub(r"\1", ESCAPED.sub(lambda found: SIGNS[found[1]], text))


def files_of(said: Said | Comment) -> tuple[Attachment, ...]:
    """The files that hang on a message and on those that it carries on, at most `MAX_FILES`."""
    return tuple(_files(said, depth=0))[:MAX_FILES]


def moment(seconds: int | None) -> datetime | None:
    """A time of VK's."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _lines(said: Said | Comment, *, depth: int) -> Iterator[str]:
    yield plain(said.text)
    for one in said.attachments:
        yield _line(one)
    if isinstance(said, Comment):
        return
    if said.geo is not None:
        yield _place(said.geo)
    if depth < MAX_DEPTH:
        for inner in _carried(said, depth=depth):
            said_by = [f"{inner.writer}:"] if inner.writer else []
            lines = (line for line in _lines(inner, depth=depth + 1) if line)
            quoted = "\n".join((*said_by, *lines))
            yield "\n".join(f"> {line}" for line in quoted.split("\n"))


def _carried(said: Said, *, depth: int) -> Sequence[Said]:
    """What it carries on. What the message itself answers is a reference, not a quotation."""
    answered = [said.reply_message] if said.reply_message is not None and depth else []
    return [*answered, *said.fwd_messages]


def _files(said: Said | Comment, *, depth: int) -> Iterator[Attachment]:
    for one in said.attachments:
        file = _file(one)
        if file is not None:
            yield file
    if depth < MAX_DEPTH and isinstance(said, Said):
        for inner in _carried(said, depth=depth):
            yield from _files(inner, depth=depth + 1)


def _file(one: Attached) -> Attachment | None:
    """The file that it is, if it is one that has an address."""
    match one:
        case Attached(type="photo", photo=photo) if photo is not None:
            largest = _largest([*photo.sizes, *([photo.orig_photo] if photo.orig_photo else [])])
            return _picture(f"photo{photo.owner_id}_{photo.id}.jpg", largest, "image/jpeg")
        case Attached(type="doc", doc=doc) if doc is not None:
            return _at(doc.url, _titled(doc.title, doc.ext), size_bytes=doc.size or None)
        case Attached(type="audio_message", audio_message=voice) if voice is not None:
            name = f"voice{voice.owner_id}_{voice.id}"
            if voice.link_mp3:
                return _at(voice.link_mp3, f"{name}.mp3", mime="audio/mpeg")
            return _at(voice.link_ogg, f"{name}.ogg", mime="audio/ogg")
        case Attached(type="sticker", sticker=sticker) if sticker is not None:
            largest = _largest(sticker.images or sticker.images_with_background)
            return _picture(f"sticker{sticker.sticker_id}.png", largest, "image/png")
        case Attached(type="video", video=video) if video is not None:
            # A community may not fetch the film; VK shows a picture of it.
            name = f"video{video.owner_id}_{video.id}.jpg"
            return _picture(name, _largest(video.image), "image/jpeg")
        case Attached(type="graffiti", graffiti=drawn) if drawn is not None:
            name = f"graffiti{drawn.owner_id}_{drawn.id}.png"
            return _at(drawn.url, name, mime="image/png")
        case Attached(type="audio", audio=audio) if audio is not None:
            return _at(audio.url, _titled(_song(audio.artist, audio.title), "mp3"))
        case Attached(type="gift", gift=gift) if gift is not None:
            return _at(gift.thumb_512 or gift.thumb_256, f"gift{gift.id}.png", mime="image/png")
    return None


def _line(one: Attached) -> str:
    """What stands for it in the text; nothing if a file says it all."""
    match one:
        case Attached(type="gift"):
            return "🎁"
        case Attached(type="video", video=video) if video is not None:
            return f"🎬 {video.title}\n{SITE}/video{video.owner_id}_{video.id}"
        case _ if _file(one) is not None:
            return one.photo.text if one.photo is not None else ""
    return _reference(one)


def _reference(one: Attached) -> str:
    """What is no file: its sign, its title and its address."""
    match one:
        case Attached(type="audio", audio=audio) if audio is not None:
            return f"🎵 {_song(audio.artist, audio.title)}"
        case Attached(type="wall", wall=post) if post is not None:
            address = f"{SITE}/wall{post.owner_id or post.to_id or post.from_id}_{post.id}"
            return f"📰 {excerpt(post.text)}\n{address}"
        case Attached(type="wall_reply", wall_reply=reply) if reply is not None:
            address = f"{SITE}/wall{reply.owner_id}_{reply.post_id}?reply={reply.id}"
            return f"💬 {excerpt(reply.text)}\n{address}"
        case Attached(type="link", link=link) if link is not None:
            return f"🔗 {link.title}\n{link.url}"
        case Attached(type="market", market=item) if item is not None:
            price = f", {item.price.text}" if item.price is not None and item.price.text else ""
            return f"🛒 {item.title}{price}\n{SITE}/market{item.owner_id}_{item.id}"
        case Attached(type="poll", poll=poll) if poll is not None:
            return f"📊 {poll.question}"
        case Attached(type="story", story=story) if story is not None:
            return f"📖 {SITE}/story{story.owner_id}_{story.id}"
    return NAMED.get(one.type, f"📎 {one.type}")


def _place(geo: Geo) -> str:
    title = geo.place.title if geo.place is not None else ""
    if geo.coordinates is None:
        return f"📍 {title}".rstrip()
    where = f"{geo.coordinates.latitude:.6f},{geo.coordinates.longitude:.6f}"
    # https://yandex.ru/dev/yandex-apps-launch-maps/doc/en/concepts/yandexmaps-web
    address = f"https://yandex.ru/maps/?text={where}"
    return f"📍 {title or where}\n{address}"


def _largest(sizes: Sequence[Size]) -> str:
    named = [one for one in sizes if one.url or one.src]
    if not named:
        return ""
    largest = max(named, key=lambda one: one.width * one.height)
    return largest.url or largest.src


def _picture(name: str, url: str, mime: str) -> Attachment | None:
    return _at(url, name, mime=mime)


def _at(
    url: str, name: str, *, mime: str = "application/octet-stream", size_bytes: int | None = None
) -> Attachment | None:
    if not url.startswith(("https://", "http://")):
        return None
    return Attachment(name=name, mime=mime, url=url, size_bytes=size_bytes)


def _titled(title: str, ext: str) -> str:
    """A file's name: its title, with its ending if it lacks it."""
    name = " ".join(title.split())[:MAX_NAME_CHARS] or "file"
    return name if not ext or name.lower().endswith(f".{ext.lower()}") else f"{name}.{ext}"


def _song(artist: str, title: str) -> str:
    return " — ".join(part for part in (artist, title) if part)


def excerpt(text: str) -> str:
    """A post or a comment in one line."""
    line = " ".join(plain(text).split())
    return line if len(line) <= EXCERPT_CHARS else f"{line[:EXCERPT_CHARS]}…"
