"""Signing in and out, one's own password and status."""

from console.access import person
from console.api.route import Ask, Route, cookie
from console.api.shapes import NewPassword, OperatorView, SessionView, SetStatus, SignIn
from console.sessions import NotSignedIn, SignedIn
from console.staff import operator_now
from queues.presence import set_status
from router.model import Status
from router.storage import Transaction
from router.storage.access import Session


async def sign_in(ask: Ask, body: SignIn) -> SessionView:
    address = ask.request.remote or ""
    secret, signed_in = await ask.desk.sessions.sign_in(body.email, body.password, address=address)
    ask.cookie = cookie(secret, secure=ask.desk.secure)
    return await _view(ask, signed_in)


async def session(ask: Ask) -> SessionView:
    signed_in = _signed_in(ask)
    ask.prolong_cookie()
    return await _view(ask, signed_in)


async def sign_out(ask: Ask) -> None:
    await ask.desk.sessions.sign_out(_session(ask))
    ask.cookie = cookie("", secure=ask.desk.secure, lasts_s=0)


async def password(ask: Ask, body: NewPassword) -> SessionView:
    held = _session(ask)
    await ask.desk.sessions.change_password(held, current=body.current, new=body.new)
    return await _view(ask, _signed_in(ask), must_change=False)


async def status(ask: Ask, body: SetStatus) -> OperatorView:
    who = person(ask.viewer)

    async def step(tx: Transaction) -> None:
        await set_status(tx, who.id, Status(body.status), now=ask.now())

    await ask.storage.run(step)
    async with ask.storage.reading() as tx:
        return await operator_now(tx, who.id, ask.desk)


def _signed_in(ask: Ask) -> SignedIn:
    if ask.signed_in is None:
        raise NotSignedIn("sign in")
    return ask.signed_in


def _session(ask: Ask) -> Session:
    person(ask.viewer)
    held = _signed_in(ask).session
    if held is None:
        raise NotSignedIn("sign in")
    return held


async def _view(ask: Ask, signed_in: SignedIn, *, must_change: bool | None = None) -> SessionView:
    who = person(signed_in.viewer)
    async with ask.storage.reading() as tx:
        me = await operator_now(tx, who.id, ask.desk)
    return SessionView(
        me=me,
        csrf_token=signed_in.csrf_token,
        must_change_password=(
            signed_in.must_change_password if must_change is None else must_change
        ),
    )


ROUTES = (
    Route("POST", "/session", sign_in, open=True),
    Route("GET", "/session", session, early=True),
    Route("DELETE", "/session", sign_out, early=True),
    Route("PUT", "/session/password", password, early=True),
    Route("PUT", "/session/status", status),
)
