"""Real servers for tests, soaks and benches: private, on free ports, gone afterwards.

    with private_postgresql() as server:
        url = server.create_database("desk")

They can be stopped, started and killed in the middle, which is what they are for.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0


class ServerMissing(Exception):
    """A program that the tests need is not installed."""


class ServerBroken(Exception):
    """A server did not do what it was told; holds the end of its log."""


@dataclass(eq=False)
class Server:
    """One server process in the foreground: start, stop, kill, restart."""

    name: str
    command: Sequence[str]
    folder: Path
    port: int
    user: str | None = None
    ready: Callable[[], bool] = lambda: True
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Return when it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                user=self.user, group=_group(self.user), start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerBroken(f"{self.name} did not start: {self._last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as an administrator would; nothing that it acknowledged is lost."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerBroken(f"{self.name} did not stop: {self._last_words()}") from None
        self._process = None

    def kill(self) -> None:
        """End it and its children at once, as `kill -9` does. Its port stays its own."""
        if self._process is None:
            return
        process, self._process = self._process, None
        # A stopped parent cannot replace the children that are being killed.
        process.send_signal(signal.SIGSTOP)
        children = _children(process.pid)
        for pid in (process.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(STOP_TIMEOUT_S)
        for pid in children:
            _wait_until_gone(pid)

    def restart(self) -> None:
        """Stop and start again, on the same port."""
        self.stop()
        self.start()

    @property
    def pid(self) -> int:
        """Its process, while it runs."""
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _last_words(self) -> str:
        return " | ".join(self._log.read_text(errors="replace").splitlines()[-8:])


@dataclass(eq=False)
class Postgresql(Server):
    """A private PostgreSQL; databases are made and dropped while it runs."""

    _templates: set[str] = field(default_factory=set, repr=False)

    def url(self, database: str) -> str:
        """Where `database` is: `postgresql://…`."""
        return f"postgresql://liniya@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database, as a copy of `template` if given, and give its URL.

        Nobody may be connected to the template meanwhile. A copy takes tens of milliseconds.
        """
        source = f' TEMPLATE "{template}" {self._copying}' if template else ""
        self.execute(f'CREATE DATABASE "{name}"{source}')
        return self.url(name)

    def template(self, name: str, prepare: Callable[[str], object]) -> str:
        """The name of a database that `prepare` filled, by its URL, when first asked for."""
        if name not in self._templates:
            prepare(self.create_database(name))
            self._templates.add(name)
        return name

    @cached_property
    def _copying(self) -> str:
        """How a template is copied: as files, half the work of the log's way, which 15 brought."""
        return (
            "STRATEGY FILE_COPY" if int(self.execute("SHOW server_version_num")) >= 150_000 else ""
        )

    def drop_database(self, name: str) -> None:
        """Drop a database, throwing out whoever is connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str, *, database: str = "postgres") -> str:
        """Run one statement as the superuser; give what psql prints, unaligned."""
        done = subprocess.run(
            [_postgresql_program("psql"), "--no-psqlrc", "--quiet", "--tuples-only",
             "--no-align", "--set=ON_ERROR_STOP=1", "--command", statement, self.url(database)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise ServerBroken(f"psql refused: {done.stderr.strip()}")
        return done.stdout.strip()


@dataclass(eq=False)
class Redis(Server):
    """A private Redis that keeps nothing on disk."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        """Forget everything, as after a crash."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            if connection.recv(16) != b"+OK\r\n":
                raise ServerBroken("Redis refused FLUSHALL")


@contextmanager
def private_postgresql(
    *, durable: bool = False, settings: Sequence[str] = ()
) -> Iterator[Postgresql]:
    """A fresh, empty, running PostgreSQL.

    Args:
        durable: Whether commits reach the disk. Anything that kills the server or measures
            time needs it; tests of statements do without.
        settings: More settings, as `name=value`.
    """
    user = _unprivileged_user()
    with _folder("postgresql", owner=user) as folder:
        data, port = folder / "data", free_port()
        made = subprocess.run(
            [_postgresql_program("initdb"), "--pgdata", str(data), "--username=liniya",
             "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
            capture_output=True, text=True, check=False, cwd=folder,
            user=user, group=_group(user),
        )  # fmt: skip
        if made.returncode:
            raise ServerBroken(f"initdb failed: {made.stderr.strip()}")
        careless = (
            [] if durable else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        )
        # Of a killed server the machine keeps what it shared otherwise.
        shared = "dynamic_shared_memory_type=mmap"
        options = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", shared,
                   "max_connections=200", "timezone=UTC", *careless, *settings]  # fmt: skip
        command = [_postgresql_program("postgres"), "-D", str(data)]
        for option in options:
            command += ["-c", option]
        ready = [_postgresql_program("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
        server = Postgresql(
            "PostgreSQL", command, folder, port, user,
            ready=lambda: subprocess.run(ready, check=False).returncode == 0,
        )  # fmt: skip
        with _running(server):
            yield server


@contextmanager
def private_redis() -> Iterator[Redis]:
    """A fresh, empty, running Redis."""
    with _folder("redis") as folder:
        port = free_port()
        command = [
            _program("redis-server"), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder),
            "--save", "", "--appendonly", "no",
        ]  # fmt: skip
        server = Redis("Redis", command, folder, port, ready=lambda: _answers_ping(port))
        with _running(server):
            yield server


def free_port() -> int:
    """A port on 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(server: Server) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.kill()


@contextmanager
def _folder(name: str, *, owner: str | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"liniya-{name}-"))
    try:
        if owner is not None:
            shutil.chown(folder, owner, _group(owner))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user() -> str | None:
    """Whom PostgreSQL runs as: it refuses root. None for whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group(user: str | None) -> int | None:
    return None if user is None else pwd.getpwnam(user).pw_gid


@cache
def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ServerMissing(f"{name} is not installed; `.ci/servers` says what to do.")
    return path


@cache
def _postgresql_program(name: str) -> str:
    """The newest installed one; Debian keeps all but the clients off PATH."""
    packaged = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(packaged, key=lambda path: int(path.parts[4].split(".")[0]), default=None)
    return str(newest) if newest else _program(name)


def _answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except FileNotFoundError:
        return []


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
