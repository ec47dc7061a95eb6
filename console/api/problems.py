"""Every error's answer: a `Problem` with the right status, and never a word about our insides."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from console.api.shapes import Problem
from console.sessions import NotSignedIn, TooManyFailures
from router.errors import ActError, Busy, Forbidden, Full, Invalid, MovedOn, NotFound, TooLate
from router.proxies import has_left
from router.storage.engine import Conflict

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATUSES = {
    400: "The request makes no sense; `fields` says where",
    401: "Nobody is signed in, or the token is not known",
    403: "Not theirs to do",
    404: "No such thing, or hidden from who asks",
    409: "It changed meanwhile; nothing was done",
    413: "Too large",
    429: "Too many failed sign-ins",
    503: "Storage cannot take it now; repeat the request",
}

log = structlog.get_logger(__name__)


class TooLarge(Exception):
    """A body is larger than what we read."""


def problem(
    status: int, code: str, detail: str, *, fields: Mapping[str, str] | None = None
) -> web.Response:
    body = Problem(code=code, detail=detail, fields=dict(fields or {})).model_dump_json()
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=body, status=status, content_type="application/json", headers=headers)


def status_of(error: ActError) -> int:
    match error:
        case NotFound():
            return 404
        case Forbidden():
            return 403
        case TooLate() | MovedOn() | Full():
            return 409
        case _:
            return 400


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever is raised into a `Problem`, but for those who left: they hear nothing."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = problem(error.status, _code(error), error.reason)
        if allow := error.headers.get("Allow"):
            answer.headers["Allow"] = allow
        return answer
    except Exception as error:
        if isinstance(error, ConnectionResetError) and has_left(request):
            raise
        return _answer(error)


def _answer(error: Exception) -> web.Response:
    match error:
        case ActError():
            fields = error.fields if isinstance(error, Invalid) else None
            return problem(status_of(error), error.code, str(error), fields=fields)
        case NotSignedIn():
            return problem(401, "not_signed_in", str(error))
        case TooManyFailures():
            said = "too many failed sign-ins; wait a quarter of an hour"
            return _later(problem(429, "too_many", said), error.retry_after_s)
        case TooLarge():
            return problem(413, "too_large", "the request is too large")
        case Busy() | Conflict():
            said = "storage cannot take it now; repeat the request"
            return _later(problem(503, "busy", said), 1)
        case _:
            # The exception's text may quote the request or a statement's parameters; the log
            # keeps only its kind and where it was raised.
            log.error("request_failed", error=type(error).__name__, exc_info=error)
            return problem(500, "our_bug", "something is wrong with the desk; it was noted")


def _later(answer: web.Response, retry_after_s: float) -> web.Response:
    answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def _code(error: web.HTTPException) -> str:
    match error.status:
        case 404:
            return "not_found"
        case 405:
            return "method_not_allowed"
        case 413:
            return "too_large"
        case _:
            return "refused"
