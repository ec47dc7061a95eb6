"""Who somebody is: customers, and the community itself.

`users.get` takes 1000 ids at once, `groups.getById` 500, `messages.getConversationsById` 100:
https://dev.vk.com/method/users.get, https://dev.vk.com/method/groups.getById, read 2026-08-01,
https://dev.vk.com/method/messages.getConversationsById, read 2026-11-29.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from channels.vk.api import Api
from channels.vk.events import GROUP_PEER_FROM
from channels.vk.posts import Posts
from router.abilities import Introduction, Profile
from router.channel import Attachment
from router.errors import BadCredentials, ProviderError, RecipientGone, Rejected, Unconfirmed

USERS_AT_ONCE = 1000
GROUPS_AT_ONCE = 500
CHATS_AT_ONCE = 100
LONG_POLL_OFF = "long_poll_off"
MESSAGES_OFF = "messages_off"
NO_PERMISSION = "no_messages_permission"
NO_WALL_PERMISSION = "no_wall_permission"
COMMENTS_UNTOLD = "comments_untold"
POSTS_KEY_REFUSED = "posts_key_refused"


async def profiles(api: Api, addresses: Sequence[str]) -> Mapping[str, Profile]:
    """Who they are, people, communities and chats of several; whom VK does not know is left out."""
    numbered = [one for one in addresses if one.isdecimal()]
    people = [one for one in numbered if int(one) < GROUP_PEER_FROM]
    chats = [one for one in numbered if int(one) >= GROUP_PEER_FROM]
    groups = [one[1:] for one in addresses if one[:1] == "-" and one[1:].isdecimal()]
    found: dict[str, Profile] = {}
    for ids in _batches(people, USERS_AT_ONCE):
        fields = "photo_200,has_photo,screen_name"
        for one in _items(await api.call("users.get", {"user_ids": ids, "fields": fields})):
            if not one.get("deactivated"):
                found[str(one.get("id"))] = _person(one)
    for ids in _batches(groups, GROUPS_AT_ONCE):
        given = await api.call("groups.getById", {"group_ids": ids, "fields": "photo_200"})
        for one in _items(given.get("groups") if isinstance(given, dict) else given):
            found[f"-{one.get('id')}"] = _community(one)
    for ids in _batches(chats, CHATS_AT_ONCE):
        found |= await _chats(api, ids)
    return {address: found[address] for address in addresses if address in found}


async def ourselves(api: Api, group_id: int) -> dict[str, Any]:
    """The community, as it sees itself. Raises `BadCredentials` for another's token."""
    fields = "photo_200,can_message,screen_name"
    given = await api.call("groups.getById", {"fields": fields})
    found = _items(given.get("groups") if isinstance(given, dict) else given)
    if not found:
        raise Unconfirmed("VK does not say who we are")
    if found[0].get("id") != group_id:
        raise BadCredentials("the access token belongs to another community", code="group")
    return found[0]


async def introduction(
    api: Api, posts: Posts, group_id: int, *, polls: bool, comments: bool
) -> Introduction:
    """Who the community is, and what will not work as it stands."""
    us = await ourselves(api, group_id)
    name = str(us.get("screen_name") or f"club{group_id}")
    photo = us.get("photo_200")
    return Introduction(
        name=str(us.get("name", "")),
        username=name,
        link=f"https://vk.me/{name}",
        source_key="ref",
        picture=await _downloaded(api, photo) if isinstance(photo, str) else None,
        warnings=tuple(
            [
                one
                async for one in _warnings(api, posts, us, group_id, polls=polls, comments=comments)
            ]
        ),
    )


async def _warnings(
    api: Api,
    posts: Posts,
    us: Mapping[str, Any],
    group_id: int,
    *,
    polls: bool,
    comments: bool,
) -> AsyncIterator[str]:
    if us.get("can_message") == 0:
        yield MESSAGES_OFF
    rights = await api.call("groups.getTokenPermissions", {})
    named = rights.get("permissions") if isinstance(rights, dict) else None
    allowed = {one.get("name") for one in _items(named)}
    if "messages" not in allowed:
        yield NO_PERMISSION
    if comments and "wall" not in allowed:
        yield NO_WALL_PERMISSION
    if comments and not await posts.may_be_read(group_id):
        yield POSTS_KEY_REFUSED
    if polls:
        settings = await api.call("groups.getLongPollSettings", {"group_id": group_id})
        if not (isinstance(settings, dict) and settings.get("is_enabled")):
            yield LONG_POLL_OFF
        elif comments and not _tells(settings, "wall_reply_new"):
            yield COMMENTS_UNTOLD


def _tells(settings: Mapping[str, Any], event: str) -> bool:
    told = settings.get("events")
    return isinstance(told, dict) and bool(told.get(event))


async def _downloaded(api: Api, url: str) -> bytes | None:
    try:
        return await api.download(url)
    except ProviderError:
        # Who they are does not hang on a picture.
        return None


def _person(given: Mapping[str, Any]) -> Profile:
    name = f"{given.get('first_name', '')} {given.get('last_name', '')}".strip()
    return Profile(
        name=name,
        username=str(given.get("screen_name") or ""),
        picture=_picture(given) if given.get("has_photo") else None,
    )


async def _chats(api: Api, ids: str) -> dict[str, Profile]:
    """What chats are called. A community learns it only where it may read the chat."""
    try:
        given = await api.call("messages.getConversationsById", {"peer_ids": ids})
    except (Rejected, RecipientGone, BadCredentials):
        return {}
    items = _items(given.get("items") if isinstance(given, dict) else None)
    return {
        str(_object(one.get("peer")).get("id")): _chat(_object(one.get("chat_settings")))
        for one in items
    }


def _chat(settings: Mapping[str, Any]) -> Profile:
    title = str(settings.get("title") or "")
    return Profile(title, username=title, picture=_picture(_object(settings.get("photo"))))


def _community(given: Mapping[str, Any]) -> Profile:
    return Profile(
        name=str(given.get("name", "")),
        username=str(given.get("screen_name") or ""),
        picture=_picture(given),
    )


def _picture(given: Mapping[str, Any]) -> Attachment | None:
    url = given.get("photo_200")
    return Attachment("photo.jpg", mime="image/jpeg", url=url) if isinstance(url, str) else None


def _object(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _items(given: Any) -> list[dict[str, Any]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _batches(ids: Sequence[str], size: int) -> Iterator[str]:
    for start in range(0, len(ids), size):
        yield ",".join(ids[start : start + size])
