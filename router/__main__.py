"""The command line: `python -m router COMMAND`."""

import asyncio
import gc
import os
import secrets
import signal
import sys
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

import click
import uvloop
from aiohttp import web
from pydantic import SecretStr, ValidationError

from config.settings import LogFormat, Settings
from console.deskstate import apply, gathered
from console.passwords import Passwords, one_time_password
from console.sessions import add_operator, make_administrator, make_token
from queues.auditor import audit
from queues.simulator.command import distribution
from router.app import CRM_ACCOUNT, EVERY_PART, App, Part, accounts_of, opened, run_parts
from router.deskfile import difference, written
from router.deskreading import desk_of
from router.errors import Invalid, TooLate
from router.ids import InboxId, LineId, OperatorId, new_id
from router.ledger import balance, prove
from router.listening import Runner
from router.logs import configure
from router.model import Inbox, Line
from router.news import DeskNews
from router.queueing import Look
from router.reactions import DISTRIBUTE
from router.resealing import Resealed, reseal
from router.site import site_of
from router.staff import Role
from router.storage import Transaction
from router.storage.migrate import migrate as migrate_database

T = TypeVar("T")

ADMINISTRATOR_EMAIL = "admin@liniya.local"
SHUTDOWN_S = 10.0
SWITCH_INTERVAL_S = 0.0005
# How many more objects than before set off a collection, and how many of those an older one's.
COLLECT_EVERY = (20_000, 20, 50)
NEEDED = ("ROUTER_DATABASE_URL", "ROUTER_REDIS_URL", "ROUTER_SECRET_KEY")


@click.group(help="Liniya: an open-lines contact centre you run yourself.")
def main() -> None:
    """Run one of the commands below."""


# --- processes ---------------------------------------------------------------


@main.command("all", help="Everything in one process: what `make run` starts.")
def run_all() -> None:
    settings = with_secret_key(read_settings())
    serve(settings, EVERY_PART, first_start=True)


@main.command("web", help="The web server: hooks, chats, the console.")
def run_web() -> None:
    serve(settings_of_many(), frozenset((Part.WEB,)), first_start=False)


@main.command("worker", help="The worker: distributes, delivers, logs to the CRM.")
def run_worker() -> None:
    serve(settings_of_many(), frozenset((Part.WORKER,)), first_start=False)


@main.command("poller", help="The poller: asks providers that do not call us.")
def run_poller() -> None:
    serve(settings_of_many(), frozenset((Part.POLLER,)), first_start=False)


def serve(settings: Settings, parts: frozenset[Part], *, first_start: bool) -> None:
    configure(
        for_people=settings.log_format is LogFormat.TEXT, level=settings.log_level.value.upper()
    )
    # The writer's thread and the loop hand the interpreter to each other all the time; measured,
    # the default of 5 ms costs a third of SQLite's rate.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    sys.exit(uvloop.run(_serve(settings, parts, first_start=first_start)))


async def _serve(settings: Settings, parts: frozenset[Part], *, first_start: bool) -> int:
    if first_start:
        await migrate_database(settings.database)
        await reseal_all(settings)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with opened(settings, parts) as app:
        password = await make_first_desk(app) if first_start else None
        run_parts(app)
        runner = await _listen(site_of(app), settings) if Part.WEB in parts else None
        if first_start:
            greet(settings, password)
        _collect_seldom()
        stopped = asyncio.create_task(stopping.wait())
        done, _ = await asyncio.wait((stopped, *app.running), return_when=asyncio.FIRST_COMPLETED)
        if runner is not None:
            await runner.cleanup()
        broken = [task for task in done if task is not stopped]
        for task in broken:
            # Without this part the process would look alive and do only half of its work.
            task.result()
        return 1 if broken else 0


def _collect_seldom() -> None:
    """Look for garbage less often, and never among what the start has made and the process keeps.

    Measured on the way in: the defaults spend a twelfth of the processor time on it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_EVERY)


async def _listen(site: web.Application, settings: Settings) -> web.AppRunner:
    runner = Runner(site, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port, backlog=1024).start()
    except OSError as error:
        await runner.cleanup()
        raise SystemExit(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}."
            " Is it running already? ROUTER_PORT chooses another port."
        ) from error
    return runner


# --- the first start ---------------------------------------------------------


async def make_first_desk(app: App) -> str | None:
    """An administrator, and a line with a website chat whose queue they are; the one-time password,
    or None if there is a desk already.
    """
    password = await make_administrator(
        app.storage, app.clock, Passwords(), email=ADMINISTRATOR_EMAIL, name="Administrator"
    )
    async with app.storage.reading() as tx:
        lines = await tx.lines.all()
    if lines:
        return password
    greeting = {
        "ru": "Здравствуйте! Напишите нам, мы на связи.",
        "en": "Hello! Write to us, we are here.",
    }
    line = Line(LineId(new_id()), "shop", "Shop", look=Look(title="Liniya", greeting=greeting))
    accounts = accounts_of(app)
    inbox_id = InboxId(new_id())
    account, sealed = accounts.settled(inbox_id, "webchat", {})
    async with app.storage.transaction() as tx:
        await tx.lines.insert(line)
        first = await tx.operators.by_email(ADMINISTRATOR_EMAIL)
        await tx.lines.set_queue(line.id, [first.id] if first else [])
        await tx.inboxes.insert(
            Inbox(inbox_id, line.id, "webchat", "Website chat", account), secrets=sealed
        )
        tx.record.tell(DeskNews())
    return password


def greet(settings: Settings, password: str | None) -> None:
    address = settings.address
    click.echo("")
    click.echo(f"  Console     {address}/console/")
    if password is not None:
        click.echo(f"              {ADMINISTRATOR_EMAIL}  one-time password: {password}")
    click.echo(f"  Demo shop   {address}/demo")
    click.echo(f"  Chat page   {address}/chat/shop")
    click.echo("")


def with_secret_key(settings: Settings) -> Settings:
    """The settings with the key of the data folder, which the first start makes."""
    if settings.secret_key is not None:
        return settings
    path = key_file(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return settings.model_copy(update={"secret_key": SecretStr(path.read_text().strip())})


def key_file(settings: Settings) -> Path:
    return settings.data_dir / "secret-key"


def read_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        wrong = [
            f"ROUTER_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        ]
        raise SystemExit("\n".join(wrong)) from error


def settings_of_many() -> Settings:
    """The settings of one process among several. Refuses what only one process can work with."""
    settings = read_settings()
    given = (settings.database_url, settings.redis_url, settings.secret_key)
    missing = [name for name, value in zip(NEEDED, given, strict=True) if value is None]
    if missing:
        raise SystemExit(f"Several processes need {', '.join(missing)}; `all` needs none of them.")
    if settings.database.startswith("sqlite"):
        raise SystemExit("Several processes need PostgreSQL: SQLite has one writer.")
    return settings


# --- upkeep ------------------------------------------------------------------


@main.command("migrate", help="Bring the database to the newest schema, and under the newest key.")
def run_migrate() -> None:
    settings = read_settings()
    asyncio.run(migrate_database(settings.database))
    if settings.old_secret_keys:
        if settings.secret_key is None and not key_file(settings).exists():
            raise SystemExit("ROUTER_OLD_SECRET_KEYS needs ROUTER_SECRET_KEY, to seal with.")
        done = asyncio.run(reseal_all(with_secret_key(settings)))
        click.echo(f"{done.renewed} sealed anew, {done.unsealable} that no key opens")


async def reseal_all(settings: Settings) -> Resealed:
    """Nothing is under a former key if there is none."""
    if not settings.old_secret_keys:
        return Resealed()
    async with opened(settings, frozenset()) as app:
        return await reseal(app.storage, app.sealing)


@main.command("operator", help="Add an operator; prints their one-time password.")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([one.value for one in Role]), default="operator")
@click.option(
    "--max",
    "most",
    default=5,
    type=click.IntRange(min=0),
    show_default=True,
    help="Conversations at once.",
)
@click.option("--line", "keys", multiple=True, help="A line's key; without it, every line.")
def run_operator(email: str, name: str, role: str, most: int, keys: tuple[str, ...]) -> None:
    async def add(app: App) -> str:
        password = await add_operator(
            app.storage,
            app.clock,
            Passwords(),
            email=email,
            name=name,
            role=Role(role),
            max_conversations=most,
        )
        await app.storage.run(lambda tx: _join_queues(tx, email, keys, app))
        return password

    click.echo(f"{email}  one-time password: {_once(add)}")


async def _join_queues(tx: Transaction, email: str, keys: tuple[str, ...], app: App) -> None:
    operator = await tx.operators.by_email(email)
    assert operator is not None
    for line in await tx.lines.all():
        if not keys or line.key in keys:
            queue: list[OperatorId] = [*await tx.lines.queue(line.id), operator.id]
            await tx.lines.set_queue(line.id, queue)
            tx.lanes.wake(DISTRIBUTE, line.id, app.clock.now())
    tx.record.tell(DeskNews())


@main.command("token", help="Make a token for the API; prints it once.")
@click.option("--role", type=click.Choice(["admin", *(one.value for one in Role)]), required=True)
@click.option("--name", required=True, help="What it is for.")
def run_token(role: str, name: str) -> None:
    role = "administrator" if role == "admin" else role
    click.echo(_once(lambda app: make_token(app.storage, app.clock, role=Role(role), name=name)))


@main.command("export", help="Print the desk as a file for `apply`: no secrets, no passwords.")
def run_export() -> None:
    async def export(app: App) -> str:
        async with app.storage.reading() as tx:
            return written(await gathered(tx))

    click.echo(_once(export), nl=False)


@main.command("apply", help="Make the desk as FILE says; shows the difference and asks first.")
@click.argument("file", type=click.File("rb"))
@click.option("--yes", is_flag=True, help="Do not ask.")
def run_apply(file: BinaryIO, *, yes: bool) -> None:
    try:
        given = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SystemExit(f"This is no TOML: {error}") from error

    async def run(app: App) -> Mapping[str, str]:
        async with app.storage.reading() as tx:
            before = await gathered(tx)
        after = desk_of(given, before)
        shown = difference(before, after)
        click.echo(shown or "The desk is as the file says.")
        if not shown or not (yes or click.confirm("Make it so?")):
            return {}
        new = {one.email for one in after.operators} - {one.email for one in before.operators}
        made = {email: one_time_password() for email in sorted(new)}
        hashes = {email: await Passwords().hashed(one) for email, one in made.items()}
        now = app.clock.now()
        await app.storage.run(lambda tx: apply(tx, before, after, password_hashes=hashes, now=now))
        return made

    for email, password in _once(run).items():
        click.echo(f"{email}  one-time password: {password}")


@main.group("bench", help="Try out in virtual time what a change would do.")
@click.pass_context
def run_bench(context: click.Context) -> None:
    context.obj = _read


run_bench.add_command(distribution)


def _read(look: Callable[[Transaction], Awaitable[T]]) -> T:
    async def read(app: App) -> T:
        async with app.storage.reading() as tx:
            return await look(tx)

    return _once(read)


@main.command("check", help="Count everything: does the ledger balance, is every promise kept?")
def run_check() -> None:
    async def check(app: App) -> bool:
        async with app.storage.reading() as tx:
            now = app.clock.now()
            proof, findings = await prove(tx), await audit(tx, now=now)
            entries = await balance(tx, crm_account=CRM_ACCOUNT, now=now)
            names = {inbox.id: inbox.name for inbox in await tx.inboxes.all()}
        for entry in entries:
            differences = ", ".join(entry.differences) or "none"
            click.echo(
                f"{names[entry.inbox_id]}: {entry.stored} stored, differences: {differences}"
            )
        for thread_id in (*proof.misnumbered, *proof.unnamed):
            click.echo(f"thread {thread_id}: its numbering does not add up")
        for finding in findings:
            click.echo(f"{finding.breach.value}: {finding.count}")
        return proof.balances and not findings

    if not _once(check):
        raise SystemExit(1)
    click.echo("Everything balances.")


def _once(work: Callable[[App], Awaitable[T]]) -> T:
    """Do one thing beside a desk that may be running."""
    settings = with_secret_key(read_settings())

    async def run() -> T:
        async with opened(settings, frozenset()) as app:
            return await work(app)

    try:
        return asyncio.run(run())
    except TooLate as error:
        raise SystemExit(str(error)) from error
    except Invalid as error:
        found = [f"  {name} {what}" for name, what in error.fields.items()]
        raise SystemExit("\n".join([f"{error}{':' if found else ''}", *found])) from error


if __name__ == "__main__":
    main()
