"""A route of the API, and everything about it that its handler's signature says.

A handler is `async def act(ask, <names in the path>, body, query) -> answer`. Its annotations are
the request, the answer and the OpenAPI description at once: they cannot drift apart.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, get_origin, get_type_hints
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from console.access import Viewer, person
from console.api.problems import TooLarge, problem
from console.desk import Desk
from console.sessions import LASTS, NotSignedIn, SignedIn, shows
from router.errors import Forbidden, Invalid, NotFound
from router.storage import Storage, Transaction
from router.storage.access import Session
from router.wrong import wrong

COOKIE = "liniya_session"
CSRF_HEADER = "X-CSRF-Token"
BEARER = "Bearer "
MAX_BODY_BYTES = 1 << 20
SAFE = frozenset(("GET", "HEAD"))


@dataclass(slots=True)
class Ask:
    """One request: who asks, and what for. `cookie` is set for the answer."""

    desk: Desk
    request: web.Request
    signed_in: SignedIn | None
    cookie: str | None = None

    @property
    def viewer(self) -> Viewer:
        if self.signed_in is None:
            raise NotSignedIn("sign in")
        return self.signed_in.viewer

    @property
    def session(self) -> Session:
        """The browser's; a script has none."""
        person(self.viewer)
        if self.signed_in is None or self.signed_in.session is None:
            raise NotSignedIn("sign in")
        return self.signed_in.session

    @property
    def storage(self) -> Storage:
        return self.desk.storage

    @property
    def secure(self) -> bool:
        """Whether the browser may be told to keep its cookie for https alone."""
        return self.desk.secure or self.request.secure

    def now(self) -> datetime:
        return self.desk.clock.now()

    async def audit(
        self, tx: Transaction, act: str, subject: UUID | None, fields: Iterable[str] = ()
    ) -> None:
        """Note who did what to which thing; of a change, the names of the fields."""
        await tx.access.audit(
            act,
            at=self.now(),
            operator_id=self.viewer.operator_id,
            token_id=self.viewer.token_id,
            subject_id=subject,
            data={"fields": sorted(fields)} if fields else None,
        )

    def prolong_cookie(self) -> None:
        """The browser's copy of a session's secret lasts as long as ours."""
        if self.signed_in is not None and self.signed_in.session is not None:
            self.cookie = cookie(self.request.cookies[COOKIE], secure=self.secure)


def cookie(secret: str, *, secure: bool, lasts_s: int = int(LASTS.total_seconds())) -> str:
    """A `Set-Cookie` header; `lasts_s` 0 takes the cookie back."""
    flags = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    return f"{COOKIE}={secret}; Max-Age={lasts_s}{flags}"


@dataclass(frozen=True, slots=True)
class Route:
    """`open`: without signing in. `early`: before a one-time password is changed."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    status: int = 200
    open: bool = False
    early: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer that is JSON already: `Annotated[Ready, shape]` says of which shape."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Spec:
    """What a handler's signature says."""

    path: Mapping[str, TypeAdapter[Any]]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: TypeAdapter[Any] | None


@cache
def spec(route: Route) -> Spec:
    hints = get_type_hints(route.handler, include_extras=True)
    answer = hints.pop("return", None)
    if get_origin(answer) is Annotated and answer.__origin__ is Ready:
        answer = answer.__metadata__[0]
    body, query = hints.pop("body", None), hints.pop("query", None)
    hints.pop("ask", None)
    return Spec(
        path={name: TypeAdapter(hint) for name, hint in hints.items()},
        body=body,
        query=query,
        answer=None if answer is None or answer is type(None) else TypeAdapter(answer),
    )


def served(route: Route, desk: Desk) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The route as aiohttp wants it."""
    said = spec(route)

    async def serve(request: web.Request) -> web.StreamResponse:
        signed_in = None if route.open else await who(desk, request)
        if signed_in is not None and signed_in.must_change_password and not route.early:
            return problem(403, "password_must_change", "choose a password of your own first")
        ask = Ask(desk, request, signed_in)
        answer = await route.handler(ask, **await arguments(said, request))
        if isinstance(answer, web.StreamResponse):
            return answer
        body = _json_of(answer, said)
        response = web.Response(body=body, status=route.status if body is not None else 204)
        if body is not None:
            response.headers["Content-Type"] = "application/json"
        response.headers["Cache-Control"] = "no-store"
        if ask.cookie is not None:
            response.headers["Set-Cookie"] = ask.cookie
        return response

    return serve


def _json_of(answer: Any, said: Spec) -> bytes | None:
    if isinstance(answer, Ready):
        return answer.body
    return None if said.answer is None else said.answer.dump_json(answer)


async def who(desk: Desk, request: web.Request) -> SignedIn:
    """Raises `NotSignedIn`, or `Forbidden` for a browser that does not show its CSRF token."""
    given = request.headers.get("Authorization", "")
    if given.startswith(BEARER):
        return await desk.sessions.of_token(given.removeprefix(BEARER).strip())
    signed_in = await desk.sessions.of_cookie(request.cookies.get(COOKIE, ""))
    if request.method not in SAFE and not shows(
        request.headers.get(CSRF_HEADER), signed_in.csrf_token
    ):
        raise Forbidden(f"send the session's csrf_token as {CSRF_HEADER}")
    return signed_in


# --- what came --------------------------------------------------------------------


async def arguments(said: Spec, request: web.Request) -> dict[str, Any]:
    """Raises `NotFound` for a path that names nothing, `Invalid` for the rest."""
    given: dict[str, Any] = {}
    for name, adapter in said.path.items():
        text = request.match_info[name]
        try:
            given[name] = adapter.validate_python(text)
        except ValidationError as error:
            raise NotFound("no such thing") from error
        if not storable(text):
            raise NotFound("no such thing")
    if said.query is not None:
        given["query"] = query_of(said.query, request)
    elif request.query:
        raise Invalid("unknown parameters", fields=dict.fromkeys(request.query, "is not known"))
    if said.body is not None:
        given["body"] = body_of(said.body, await read(request))
    return given


def query_of(model: type[BaseModel], request: web.Request) -> BaseModel:
    names = [name for name, _ in request.query.items()]
    if len(names) != len(set(names)):
        twice = {name: "is given twice" for name in names if names.count(name) > 1}
        raise Invalid("a parameter is given twice", fields=twice)
    bad = {name: UNSTORABLE for name, text in request.query.items() if not storable(text)}
    if bad:
        raise Invalid("the query cannot be read", fields=bad)
    try:
        return model.model_validate_strings(dict(request.query))
    except ValidationError as error:
        raise Invalid("the query is not right", fields=wrong(error)) from error


async def read(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        raise Invalid("send JSON, with the content type application/json")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise TooLarge
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge
    return bytes(body)


def body_of(model: type[BaseModel], body: bytes) -> BaseModel:
    try:
        value = model.model_validate_json(body)
    except ValidationError as error:
        raise Invalid("the request is not right", fields=wrong(error)) from error
    if b"\\u0000" in body and (bad := list(unstorable(value.model_dump()))):
        raise Invalid("the request is not right", fields=dict.fromkeys(bad, UNSTORABLE))
    return value


UNSTORABLE = "holds characters that are no text"


def storable(text: str) -> bool:
    """Databases hold neither NUL nor halves of a character."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


def unstorable(value: Any, place: str = "") -> Iterator[str]:
    """Where in a value there is text that a database cannot hold."""
    match value:
        case str():
            if not storable(value):
                yield place or "body"
        case Mapping():
            for name, inner in value.items():
                yield from unstorable(name, place) if isinstance(name, str) else ()
                yield from unstorable(inner, f"{place}.{name}" if place else str(name))
        case list() | tuple():
            for number, inner in enumerate(value):
                yield from unstorable(inner, f"{place}.{number}")
        case _:
            return
