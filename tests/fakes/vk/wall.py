"""The wall of the community that the tests play: posts, and what people write under them."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

MAX_COMMENT_CHARS = 16_000

Json = dict[str, Any]


class VkError(Exception):
    """What a method answers instead of a response."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message or f"error {code}"


class Around(Protocol):
    """What of the world the wall needs."""

    group_id: int
    permissions: list[str]
    attachments: dict[str, Json]

    @property
    def emit(self) -> Callable[[str, Json], Json]: ...


@dataclass
class Wall:
    """`closed` are the posts that take no comments; `guids` the comments that were made by one."""

    world: Around
    posts: dict[int, Json] = field(default_factory=dict)
    comments: dict[int, Json] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    guids: dict[str, int] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(11))

    @property
    def owner(self) -> int:
        return -self.world.group_id

    # --- what people do -------------------------------------------------------

    def posts_up(self, text: str) -> int:
        """The community posts something; gives its number."""
        number = next(self.numbers)
        self.posts[number] = {
            "inner_type": "wall_wallpost", "id": number, "from_id": self.owner,
            "owner_id": self.owner, "date": int(time.time()), "post_type": "post", "text": text,
        }  # fmt: skip
        return number

    def says(
        self, person: int, post: int, text: str = "", *, to: Json | None = None, **more: Any
    ) -> Json:
        """Somebody writes under a post, or answers the comment `to`."""
        number = next(self.numbers)
        stack = [*to["parents_stack"], to["id"]][:1] if to else []
        comment: Json = {
            "id": number, "from_id": person, "date": int(time.time()), "text": text,
            "post_id": post, "owner_id": self.owner, "parents_stack": stack, **more,
        }  # fmt: skip
        if to is not None:
            comment |= {"reply_to_user": to["from_id"], "reply_to_comment": to["id"]}
        self.comments[number] = comment
        self.world.emit("wall_reply_new", comment)
        return comment

    def edits(self, comment: Json, text: str) -> None:
        comment["text"] = text
        self.world.emit("wall_reply_edit", comment)

    def deletes(self, comment: Json, *, by: int) -> None:
        comment["deleted"] = True
        gone = {"owner_id": self.owner, "id": comment["id"], "user_id": by}
        self.world.emit("wall_reply_delete", {**gone, "post_id": comment["post_id"]})

    def restores(self, comment: Json) -> None:
        del comment["deleted"]
        self.world.emit("wall_reply_restore", comment)

    def answers(self, post: int) -> list[Json]:
        """What the community has written under a post."""
        return [
            one
            for one in self.comments.values()
            if (one["post_id"], one["from_id"]) == (post, self.owner) and not one.get("deleted")
        ]

    # --- methods --------------------------------------------------------------

    def wall_create_comment(self, values: dict[str, str]) -> Any:
        self._permitted(values)
        known = self.guids.get(values.get("guid", ""))
        if known is not None:
            return self._made(self.comments[known])
        post, answered = self._post(values), self._answered(values)
        text, names = values.get("message", ""), values.get("attachments", "")
        if not text.strip() and not names:
            raise VkError(100, "One of the parameters is missing: message is empty")
        if len(text) > MAX_COMMENT_CHARS:
            raise VkError(100, "message is too long")
        hanging = names.split(",") if names else []
        if any(name not in self.world.attachments for name in hanging):
            raise VkError(100, "attachments are incorrect")
        more = {"attachments": [self.world.attachments[one] for one in hanging]} if hanging else {}
        comment = self.says(self.owner, post, text, to=answered, **more)
        if values.get("guid"):
            self.guids[values["guid"]] = comment["id"]
        return self._made(comment)

    def _permitted(self, values: dict[str, str]) -> None:
        if "wall" not in self.world.permissions:
            raise VkError(15, "Access denied: no access to call this method.")
        if int(values.get("owner_id", "0")) != self.owner:
            raise VkError(213, "Access to status replies denied")
        if values.get("from_group") != str(self.world.group_id):
            raise VkError(100, "from_group is not the community")

    def _post(self, values: dict[str, str]) -> int:
        post = int(values["post_id"])
        if post not in self.posts:
            raise VkError(15, "Access denied: post was not found check post_id param")
        if post in self.closed:
            raise VkError(213, "Access to status replies denied")
        return post

    def _answered(self, values: dict[str, str]) -> Json | None:
        number = values.get("reply_to_comment")
        if number is None:
            return None
        found = self.comments.get(int(number))
        if found is None or found.get("deleted"):
            raise VkError(100, "One of the parameters is invalid: reply_to_comment not found")
        return found

    def _made(self, comment: Json) -> Json:
        return {"comment_id": comment["id"], "parents_stack": comment["parents_stack"]}

    def wall_get_by_id(self, values: dict[str, str]) -> Any:
        wanted = [one.split("_") for one in values["posts"].split(",")]
        found = [
            self.posts[int(number)]
            for owner, number in wanted
            if int(owner) == self.owner and int(number) in self.posts
        ]
        return {"items": json.loads(json.dumps(found))}
