"""What VK refuses, in the words of `router.errors`. Pure.

Errors come with status 200 and a number: https://dev.vk.com/reference/errors, read 2026-08-01.
VK's own words for them may quote what we asked, so they are not repeated.
"""

from collections.abc import Mapping
from typing import Any

from router.errors import (
    BadCredentials,
    ProviderError,
    RecipientGone,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
    WindowClosed,
)

TOO_FAST = 6
# VK does not say how long; what is asked too early counts again. 223: too many comments.
WAITS_S: Mapping[int, float] = {TOO_FAST: 1.0, 9: 60.0, 29: 3600.0, 223: 60.0}
AWAY: Mapping[int, str] = {1: "VK had an unknown error", 10: "VK had an internal error"}
ACCOUNT: Mapping[int, str] = {
    5: "VK does not accept the access token",
    7: "the access token lacks a permission",
    14: "VK asks for a captcha",
    15: "the access token has no access to this",
    27: "VK does not accept the community's access token",
}
GONE: Mapping[int, str] = {
    900: "the community has blocked this customer",
    901: "the customer has not allowed the community to write",
    902: "the customer's privacy settings do not let us write",
    917: "the community has no access to this chat",
    922: "the community has left this chat",
    932: "the community cannot write to this chat",
    936: "there is no such customer",
    945: "this chat is switched off",
    946: "this chat does not take messages of communities",
    985: "this chat takes notifications only",
    1012: "writing in this chat is switched off",
}
REFUSED: Mapping[int, str] = {
    100: "VK does not accept this message",
    210: "the post is gone, or hidden from us",
    211: "the comment is gone, or hidden from us",
    212: "comments under this post are closed",
    213: "comments under this post are closed to us",
    222: "VK does not let us post links here",
    909: "it is too late to edit this message",
    910: "the message is too big for VK",
    911: "VK does not accept the buttons",
    914: "the message is too long for VK",
    920: "VK does not let us edit this kind of message",
    921: "VK cannot quote that message",
    1009: "VK has no such reaction",
    1010: "this reaction is switched off",
    1011: "this message has as many reactions as it may have",
    924: "VK does not let us withdraw this message for the customer",
}
WINDOW = 950
QUOTE_REFUSED = "921"
DENIED = frozenset({"7", "15"})


def refusal(code: int) -> ProviderError:
    """The error that a code of VK's stands for."""
    told = str(code)
    if code in WAITS_S:
        return Throttled("VK asks us to slow down", retry_after_s=WAITS_S[code], code=told)
    if code in AWAY:
        return Unreachable(AWAY[code], code=told)
    if code in ACCOUNT:
        return BadCredentials(ACCOUNT[code], code=told)
    if code in GONE:
        return RecipientGone(GONE[code], code=told)
    if code == WINDOW:
        return WindowClosed("the time to answer here is over", code=told)
    return Rejected(REFUSED.get(code, f"VK refused it (error {code})"), code=told)


def refusal_in(error: object) -> ProviderError:
    """The error that an error object of VK's stands for; they name its number in two ways."""
    given: Any = error if isinstance(error, dict) else {}
    code = given.get("error_code", given.get("code"))
    if isinstance(code, int) and not isinstance(code, bool):
        return refusal(code)
    return Unconfirmed("VK's refusal cannot be read")
