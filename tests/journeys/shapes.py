"""The program as in the Procfile, in both of its shapes, for stories that start and kill it.

    with one_process(folder) as desk:       # `all` on SQLite
    with many_processes(folder) as desk:    # web, worker, poller; PostgreSQL and Redis

Everything here blocks: beside a running load, call it through `asyncio.to_thread`.
"""

import http.client
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.sessions import make_token
from router.clock import SystemClock
from router.staff import Role
from router.storage import Storage
from tests.servers import (
    STOP_TIMEOUT_S,
    Postgresql,
    Redis,
    Server,
    ServerBroken,
    free_port,
    private_postgresql,
    private_redis,
)

ROOT = Path(__file__).parents[2]
SECRET_KEY = "a key of the journeys, long enough to be one"
ADMINISTRATOR = "admin@liniya.local"
ONE_TIME = re.compile(r"one-time password: (\S+)")
COMMAND_TIMEOUT_S = 60.0


@dataclass(eq=False)
class Program(Server):
    """One process of the Procfile. Its log is kept over its restarts."""

    def terminate(self) -> int:
        """Ask it to end, as an orchestrator does; gives its exit code."""
        process, self._process = self._process, None
        assert process is not None, f"{self.name} does not run"
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def ended(self) -> int | None:
        """The exit code of a process that ended by itself; None while it runs or was stopped."""
        return None if self._process is None else self._process.poll()


@dataclass(eq=False)
class Shape:
    """A running desk. `password` is the administrator's one-time one."""

    address: str
    environment: Mapping[str, str]
    folder: Path
    programs: Mapping[str, Program]
    password: str = ""
    postgresql: Postgresql | None = None
    redis: Redis | None = None

    def router(self, *arguments: str) -> str:
        """What `python -m router …` beside the desk prints. Raises `ServerBroken`."""
        done = subprocess.run(
            [sys.executable, "-m", "router", *arguments], env=dict(self.environment),
            cwd=self.folder, capture_output=True, text=True, check=False,
            timeout=COMMAND_TIMEOUT_S,
        )  # fmt: skip
        if done.returncode:
            raise ServerBroken(f"{' '.join(arguments)}: {done.stdout} {done.stderr[-4000:]}")
        return done.stdout

    def storage(self) -> Storage:
        """Its database, for whoever looks into it beside the desk, and closes it."""
        kept = f"sqlite:///{self.folder}/var/liniya.sqlite3"
        url = self.environment.get("ROUTER_DATABASE_URL", kept)
        return Storage.open(url, on_commit=lambda _: None, reactions=lambda _: ())

    async def token(self, name: str) -> str:
        """What `router token` prints for an administrator, without a program's start."""
        storage = self.storage()
        try:
            return await make_token(storage, SystemClock(), role=Role.ADMINISTRATOR, name=name)
        finally:
            await storage.close()

    def operator(self, name: str, *, role: str = "operator", most: int = 5) -> tuple[str, str]:
        """Add an operator to every line's queue; gives their e-mail and one-time password."""
        email = f"{name.lower()}@example.com"
        said = self.router(
            "operator", "--email", email, "--name", name, "--role", role, "--max", str(most)
        )
        return email, _password(said)

    def wait_until_ready(self, *, timeout_s: float = 60.0) -> None:
        """Return when `/ready` says so."""
        web = self.programs.get("web") or self.programs["all"]
        deadline = time.monotonic() + timeout_s
        while not web.ready():
            if time.monotonic() > deadline:
                raise ServerBroken(f"{web.name} is not ready: {web.log[-2000:]}")
            time.sleep(0.05)

    def logs(self) -> str:
        """All that the programs said, each line with its program's name."""
        return "\n".join(
            f"{name}: {line}"
            for name, program in self.programs.items()
            for line in program.log.splitlines()
        )


@contextmanager
def one_process(folder: Path, *, private_hosts: str = "127.0.0.1") -> Iterator[Shape]:
    """`all` on SQLite, on a free port, ready; with the line `shop` that its first start makes."""
    port = free_port()
    environment = _environment(folder, port, private_hosts=private_hosts)
    desk = Program("all", _command("all", environment), _made(folder / "all"), port)
    desk.ready = _is_ready(port)
    shape = Shape(environment["ROUTER_PUBLIC_URL"], environment, folder, {"all": desk})
    with _running(shape):
        shape.password = _password(desk.log)
        yield shape


@contextmanager
def many_processes(folder: Path, *, private_hosts: str = "127.0.0.1") -> Iterator[Shape]:
    """The processes of the Procfile over a durable PostgreSQL and a Redis; with no line yet."""
    port = free_port()
    with private_postgresql(durable=True) as postgresql, private_redis() as redis:
        environment = _environment(folder, port, private_hosts=private_hosts) | {
            "ROUTER_DATABASE_URL": postgresql.create_database("desk"),
            "ROUTER_REDIS_URL": redis.url,
            "ROUTER_SECRET_KEY": SECRET_KEY,
        }
        declared = dict(
            line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines()
        )
        release = declared.pop("release")
        programs = {
            name: Program(name, _exec(line, environment), _made(folder / name), port)
            for name, line in declared.items()
        }
        programs["web"].ready = _is_ready(port)
        shape = Shape(
            environment["ROUTER_PUBLIC_URL"], environment, folder, programs,
            postgresql=postgresql, redis=redis,
        )  # fmt: skip
        shape.router(*shlex.split(release)[3:])
        said = shape.router(
            "operator", "--email", ADMINISTRATOR, "--name", "Administrator",
            "--role", "administrator",
        )  # fmt: skip
        shape.password = _password(said)
        with _running(shape):
            yield shape


@contextmanager
def _running(shape: Shape) -> Iterator[None]:
    try:
        for program in shape.programs.values():
            program.start()
        yield
    finally:
        for program in shape.programs.values():
            program.kill()


def _environment(folder: Path, port: int, *, private_hosts: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "ROUTER_DATA_DIR": str(_made(folder / "var")),
        "ROUTER_HOST": "127.0.0.1",
        "ROUTER_PORT": str(port),
        "ROUTER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ROUTER_PRIVATE_HOSTS": private_hosts,
    }


def _exec(line: str, environment: Mapping[str, str]) -> list[str]:
    """A line of the Procfile as a command; `env` replaces itself by it, so its pid is the program's."""
    _, *arguments = shlex.split(line)
    given = [f"{name}={value}" for name, value in environment.items()]
    return ["env", "--ignore-environment", *given, sys.executable, *arguments]


def _command(name: str, environment: Mapping[str, str]) -> list[str]:
    return _exec(f"python -m router {name}", environment)


def _is_ready(port: int) -> Callable[[], bool]:
    def ready() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ready


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _password(said: str) -> str:
    found = ONE_TIME.search(said)
    assert found is not None, f"no one-time password: {said}"
    return found[1]
