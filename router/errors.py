"""Every exception raised on purpose.

RouterError
├── ProviderError        the far end failed us       raised by channels and CRMs
│   ├── Unreachable      no connection, or 503       try again later
│   ├── Unconfirmed      request sent, answer lost   try again if sends are idempotent,
│   │                                                else ask the operator
│   ├── Throttled        told to slow down           try again after retry_after_s
│   ├── Moved            the thread has another key  re-key it, send again
│   ├── WindowClosed     the reply window is over    a template or another channel
│   ├── Rejected         refused: code, reason       give up, tell the operator
│   │   └── RecipientGone  blocked us, dead address  and retire the identity
│   └── BadCredentials   token or password refused   pause the inbox, tell the admin
├── HookError            a webhook request failed us raised by channels
│   ├── Unauthenticated  signature does not match    answer 401
│   └── Malformed        authentic but unreadable    keep it raw in `unread`
├── ActError             an act cannot be done       raised by the hub
│   ├── NotFound         no such thing, or hidden    answer 404
│   ├── Forbidden        not theirs to do            answer 403
│   ├── TooLate          it changed meanwhile        answer 409, nothing was done
│   ├── MovedOn          the customer wrote since    answer 409, ask to confirm
│   ├── Full             the operator has no room    answer 409
│   └── Invalid          the request makes no sense  answer 400
└── Busy                 storage cannot take it now  answer 503, the caller repeats
"""

from collections.abc import Mapping


class RouterError(Exception):
    """Something that Liniya raises on purpose."""


class ProviderError(RouterError):
    """The far end failed us. `reason` is for people and holds no secret and no text of a message."""

    def __init__(self, reason: str = "", *, code: str = "") -> None:
        super().__init__(reason or type(self).__name__)
        self.reason = reason
        self.code = code


class Unreachable(ProviderError):
    """No connection, or status 503: nothing was done there."""


class Unconfirmed(ProviderError):
    """The request was sent and its answer was lost: it may have been done."""


class Throttled(ProviderError):
    """Told to slow down for `retry_after_s` seconds."""

    def __init__(self, reason: str = "", *, retry_after_s: float = 1.0, code: str = "") -> None:
        super().__init__(reason, code=code)
        self.retry_after_s = retry_after_s


class Moved(ProviderError):
    """Nothing was done: the thread has `new_key` by now."""

    def __init__(self, new_key: str, reason: str = "", *, code: str = "") -> None:
        super().__init__(reason or "the thread has another key now", code=code)
        self.new_key = new_key


class WindowClosed(ProviderError):
    """The provider's reply window is over."""


class Rejected(ProviderError):
    """Refused for good, with the provider's code and reason."""


class RecipientGone(Rejected):
    """The customer blocked us, or the address is dead."""


class BadCredentials(ProviderError):
    """The account's token or password was refused."""


class HookError(RouterError):
    """A webhook request failed us."""


class Unauthenticated(HookError):
    """The request does not come from the provider."""


class Malformed(HookError):
    """Authentic, but not in the provider's format.

    `problems` says what is wrong, by place. `refuse`: the sender is to be told with a 400,
    because a person reads the answer; otherwise the request is kept in `unread`.
    """

    def __init__(
        self, reason: str = "", *, problems: Mapping[str, str] | None = None, refuse: bool = False
    ) -> None:
        super().__init__(reason or "malformed")
        self.reason = reason
        self.problems = dict(problems or {})
        self.refuse = refuse


class ActError(RouterError):
    """An act cannot be done; nothing was changed. `code` is for programs, the text for people."""

    code = "act_error"


class NotFound(ActError):
    """There is no such thing, or it is hidden from who asks."""

    code = "not_found"


class Forbidden(ActError):
    """It is not theirs to do."""

    code = "forbidden"


class TooLate(ActError):
    """It changed meanwhile."""

    code = "too_late"


class MovedOn(ActError):
    """The customer has written since the operator last looked."""

    code = "moved_on"


class Full(ActError):
    """The operator has no room for one more."""

    code = "full"


class Invalid(ActError):
    """The request makes no sense; `fields` says what is wrong with which."""

    code = "invalid"

    def __init__(self, reason: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.fields = dict(fields or {})


class Busy(RouterError):
    """Storage cannot take it now: nothing was stored, the caller repeats."""
