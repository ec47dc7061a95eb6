"""Notices on one's devices while no console is open."""

from console.access import person
from console.api.route import Ask, Route
from console.api.shapes.notices import DeviceName, NewDevice, NoticesTried, NoticesView, Receipt
from router.errors import Invalid
from router.ids import OperatorId, new_id
from router.storage import Transaction
from router.storage.notices import Device
from router.webpush import public_key

MOST_DEVICES = 20


async def notices(ask: Ask) -> NoticesView:
    who = person(ask.viewer)
    async with ask.storage.reading() as tx:
        return await _view(tx, ask, who.id)


async def allow(ask: Ask, body: NewDevice) -> NoticesView:
    """This browser is told from now on. Again is once; whoever else had it is told there no more."""
    who, session = person(ask.viewer), ask.session
    if ask.desk.secure and not body.endpoint.startswith("https://"):
        raise Invalid(
            "no push service", fields={"endpoint": "is no address that begins with https"}
        )
    device = Device(
        new_id(), who.id, session.hash, body.endpoint, body.p256dh, body.auth,
        public_key(ask.desk.sealing), ask.now(),
    )  # fmt: skip

    async def step(tx: Transaction) -> NoticesView:
        await tx.notices.add(device)
        await tx.notices.keep_newest(who.id, MOST_DEVICES)
        return await _view(tx, ask, who.id)

    return await ask.storage.run(step)


async def forget(ask: Ask, body: DeviceName) -> None:
    """This browser is told nothing any more. Twice is once."""
    who = person(ask.viewer)

    async def step(tx: Transaction) -> None:
        await tx.notices.remove_endpoint(who.id, body.endpoint)

    await ask.storage.run(step)


async def try_out(ask: Ask) -> NoticesTried:
    """Send a notice to one's devices."""
    return NoticesTried(reached=await ask.desk.notices.try_out(person(ask.viewer)))


async def shown(ask: Ask, body: Receipt) -> None:
    """A device has shown a notice: whoever has it can be reached there for a quarter of an hour.

    It says so by what came with the notice: it need not be signed in.
    """
    await ask.desk.notices.shown(body.receipt)


async def _view(tx: Transaction, ask: Ask, operator_id: OperatorId) -> NoticesView:
    devices = await tx.notices.count(operator_id)
    return NoticesView(server_key=public_key(ask.desk.sealing), devices=devices)


ROUTES = (
    Route("GET", "/notices", notices),
    Route("PUT", "/notices/device", allow),
    Route("POST", "/notices/device/forget", forget),
    Route("POST", "/notices/try", try_out),
    Route("POST", "/notices/shown", shown, open=True),
)
