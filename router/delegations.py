"""Accounts that let an inbox answer for them. Values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delegation:
    """An arrival: the owner of an account lets the inbox answer for it, changed what it may do there,
    or ended it. An owner has one at a time in an inbox.

    `owner` is their address at the provider. The keys of the threads that come by it begin with `keys`;
    if those were others before, the threads go on under the new ones. `order` tells which of two words
    that came within a week is the later.
    """

    owner: str
    keys: str
    enabled: bool
    may_reply: bool
    name: str = ""
    username: str = ""
    order: int = 0
