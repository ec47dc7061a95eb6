"""How an answer becomes a comment: `wall.createComment`, for everybody to read.

https://dev.vk.com/ru/method/wall.createComment; who may call what, by wall/methods.json of
https://github.com/VKCOM/vk-api-schema, version 5.199, both read 2026-11-28.

- A community's token may write comments, with the right to its wall. To change or delete one takes a
  person's token; so that is done in VK, and its events tell us.
- `guid` makes writing idempotent.
- Pictures go as documents, which VK shows as pictures: a community's token has no other upload
  address for a wall.
"""

from typing import Any

from channels.vk.api import Api, Values
from channels.vk.comments import comment_id, number_in
from channels.vk.refusals import DENIED
from channels.vk.uploading import document
from router.channel import OutgoingFile, OutgoingMessage, Sent
from router.errors import BadCredentials, RecipientGone, Rejected, Unconfirmed

CAPTCHA = "14"
NOT_ALLOWED = "901"


class Commenting:
    """Comments of one community under its own posts."""

    def __init__(self, api: Api, *, group_id: int) -> None:
        self._api = api
        self._group_id = group_id

    async def send(self, message: OutgoingMessage) -> Sent:
        """Answer the comment that it replies to; again with the same token gives the same comment."""
        _, post_id, _ = message.thread_key.split(":")
        answered = number_in(message.in_reply_to)
        if answered is None:
            # Under a post nobody would know whom we mean.
            raise Rejected("there is no comment to answer", code="comment")
        files = [await self._attached(one) for one in message.files]
        values: Values = {
            "owner_id": -self._group_id,
            "post_id": post_id,
            "from_group": self._group_id,
            "reply_to_comment": answered,
            "guid": message.token,
            "message": message.text,
            **({"attachments": ",".join(files)} if files else {}),
        }
        return Sent(comment_id(_number(await self._said(values))))

    async def approach(self, address: str) -> str:
        """The key of the thread in which they can be written to alone."""
        if not address.isdecimal():
            raise RecipientGone("communities cannot be written to", code=NOT_ALLOWED)
        values: Values = {"group_id": self._group_id, "user_id": address}
        told = await self._api.call("messages.isMessagesFromGroupAllowed", values)
        if not isinstance(told, dict) or "is_allowed" not in told:
            raise Unconfirmed("VK does not say whether they may be written to")
        if not told["is_allowed"]:
            raise RecipientGone(
                "the customer has not allowed the community to write", code=NOT_ALLOWED
            )
        return address

    async def _said(self, values: Values) -> Any:
        try:
            return await self._api.call("wall.createComment", values)
        except BadCredentials as error:
            # About one post VK says so too: that must not pause the account, whose messages go on.
            if error.code not in (*DENIED, CAPTCHA):
                raise
            denied = error.code
        if denied == CAPTCHA:
            raise Rejected("VK asks for a captcha before it takes more comments", code=denied)
        raise Rejected("VK does not let the community comment here", code=denied)

    async def _attached(self, file: OutgoingFile) -> str:
        place = await self._api.call("docs.getWallUploadServer", {"group_id": self._group_id})
        return await document(self._api, file, place)


def _number(given: Any) -> int:
    number = given.get("comment_id") if isinstance(given, dict) else None
    if not isinstance(number, int) or number <= 0:
        raise Unconfirmed("VK does not say which comment it is")
    return number
