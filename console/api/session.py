"""Signing in and out, one's own password and status."""

from dataclasses import replace

from console.access import person
from console.api.route import Ask, Route, cookie
from console.api.shapes import NewPassword, OperatorView, SessionView, SetStatus, SignIn
from console.pages import language_of
from console.sessions import NotSignedIn, SignedIn
from console.staff import operator_now
from queues.presence import set_status
from router.ids import OperatorId
from router.staff import Status
from router.storage import Transaction


async def sign_in(ask: Ask, body: SignIn) -> SessionView:
    """Who comes to work is available; a break that was begun elsewhere goes on."""
    address = ask.request.remote or ""
    secret, signed_in = await ask.desk.sessions.sign_in(body.email, body.password, address=address)
    who = person(signed_in.viewer)

    async def come(tx: Transaction) -> None:
        presence = await tx.presence.get(who.id)
        if presence is None or presence.status is Status.OFF:
            await set_status(tx, who.id, Status.AVAILABLE, now=ask.now())

    await ask.storage.run(come)
    ask.cookie = cookie(secret, secure=ask.secure)
    return await _view(ask, signed_in)


async def session(ask: Ask) -> SessionView:
    signed_in = _signed_in(ask)
    ask.prolong_cookie()
    return await _view(ask, signed_in)


async def sign_out(ask: Ask) -> None:
    held = ask.session
    await ask.desk.sessions.sign_out(held)
    await ask.storage.run(lambda tx: set_status(tx, held.operator_id, Status.OFF, now=ask.now()))
    ask.cookie = cookie("", secure=ask.secure, lasts_s=0)


async def password(ask: Ask, body: NewPassword) -> SessionView:
    """Whoever replaces a one-time password goes on in the language of the page they did it on."""
    held = ask.session
    await ask.desk.sessions.change_password(held, current=body.current, new=body.new)
    if _signed_in(ask).must_change_password:
        await ask.storage.run(lambda tx: _speak(tx, held.operator_id, language_of(ask.request)))
    return await _view(ask, _signed_in(ask), must_change=False)


async def status(ask: Ask, body: SetStatus) -> OperatorView:
    who = person(ask.viewer)

    async def step(tx: Transaction) -> None:
        await set_status(tx, who.id, Status(body.status), now=ask.now())

    await ask.storage.run(step)
    async with ask.storage.reading() as tx:
        return await operator_now(tx, who.id, ask.desk)


async def _speak(tx: Transaction, operator_id: OperatorId, language: str) -> None:
    operator = await tx.operators.get(operator_id)
    assert operator is not None
    await tx.operators.save(replace(operator, language=language))


def _signed_in(ask: Ask) -> SignedIn:
    if ask.signed_in is None:
        raise NotSignedIn("sign in")
    return ask.signed_in


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
