"""What is measured: the program in one process on either database, or in two, and the floors."""

import http.client
import os
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from bench.machine import cpu_s, tree
from bench.wrk import SECRET
from tests.journeys.shapes import ROOT, Program, Shape, many_processes
from tests.servers import Postgresql, Server, free_port, private_postgresql

PASSWORD = "a password of the bench"
DRAINED_WITHIN_S = 10.0


class Refused(Exception):
    """A desk answered a request of the bench with an error."""


@dataclass(slots=True)
class Caller:
    """A kept connection of a script or of somebody who signed in."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, None)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = self._ask(method, f"/api/v1{path}", orjson.dumps(body) if body else None)
        return orjson.loads(answer) if answer else None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def sign_in(self, email: str, one_time: str) -> None:
        """Come to work, with a password of one's own."""
        self._hold(self.ask("POST", "/session", email=email, password=one_time))
        self._hold(self.ask("PUT", "/session/password", current=one_time, new=PASSWORD))
        self.ask("PUT", "/session/status", status="available")

    def _hold(self, session: Mapping[str, Any]) -> None:
        self.headers["X-CSRF-Token"] = session["csrf_token"]

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", **self.headers}
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise Refused(f"{method} {path}: {response.status} {answer[:300]!r}")
        for name, morsel in SimpleCookie(response.headers.get("Set-Cookie", "")).items():
            self.headers["Cookie"] = f"{name}={morsel.value}"
        return answer


@dataclass(slots=True)
class Desk:
    """A running desk; `script` is an administrator's."""

    shape: Shape
    port: int
    script: Caller
    postgresql: Postgresql | None = None
    name: str = "desk"
    callers: list[Caller] = field(default_factory=list)

    def close(self) -> None:
        """Close every connection that was kept."""
        for caller in (self.script, *self.callers):
            caller.close()

    @property
    def where(self) -> str:
        names = [name for name in self.shape.programs if name != "all"]
        return ", ".join(["PostgreSQL" if self.postgresql else "SQLite", *names])

    @property
    def program(self) -> Program:
        return self.shape.programs["all"]

    @property
    def roots(self) -> list[int]:
        """The processes of the desk, then those of its servers."""
        servers = (*self.shape.programs.values(), self.postgresql, self.shape.redis)
        return [server.pid for server in servers if server is not None]

    def pids(self) -> list[int]:
        return tree(*self.roots)

    def cpu_s(self) -> float:
        return cpu_s(*self.roots)

    def line(self, key: str = "shop", **settings: Any) -> str:
        lines = {one["key"]: one["id"] for one in self.script.ask("GET", "/lines")}
        if key not in lines:
            lines[key] = self.script.ask("POST", "/lines", key=key, name=key.title())["id"]
        if settings:
            self.script.ask("PATCH", f"/lines/{lines[key]}", **settings)
        return str(lines[key])

    def hook(self, line_id: str) -> str:
        """The address of a new channel of one's own."""
        settings = {"secret": SECRET}
        made = self.script.ask(
            "POST", "/inboxes", line_id=line_id, kind="rest", name="Bench", settings=settings
        )
        return f"http://127.0.0.1:{self.port}/hooks/{made['id']}"

    def operator(self, name: str, *, most: int) -> Caller:
        """Somebody who takes up to `most` conversations of every line, signed in."""
        return self._signed_in(*self.shape.operator(name, most=most))

    def gone_home(self, count: int) -> list[str]:
        """The ids of operators who are not there, and stand in no queue."""
        return [self._hire("gone-home", number)["operator"]["id"] for number in range(count)]

    def staff(self, count: int, *line_ids: str) -> list[Caller]:
        """So many operators of these lines, each with room for a thousand conversations."""
        callers = []
        for number in range(count):
            made = self._hire("operator", number, *line_ids)
            callers.append(self._signed_in(made["operator"]["email"], made["one_time_password"]))
        return callers

    def _signed_in(self, email: str, one_time: str) -> Caller:
        caller = Caller(self.port)
        self.callers.append(caller)
        caller.sign_in(email, one_time)
        return caller

    def _hire(self, name: str, number: int, *line_ids: str) -> Any:
        return self.script.ask(
            "POST", "/operators", email=f"{name}-{number}@example.com", name=f"{name} {number}",
            max_conversations=1000, line_ids=list(line_ids),
        )  # fmt: skip

    # --- what stands in its database -------------------------------------------

    @property
    def database(self) -> str:
        """Its URL."""
        if self.postgresql is not None:
            return self.postgresql.url(self.name)
        return f"sqlite:///{self.shape.folder}/var/liniya.sqlite3"

    def value(self, query: str) -> int:
        """The one number that a query gives."""
        if self.postgresql is not None:
            return int(self.postgresql.execute(query, database=self.name))
        path = self.database.removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return int(connection.execute(query).fetchone()[0])

    def stored(self) -> int:
        """How many messages there are."""
        return self.value("SELECT count(*) FROM messages")

    def due(self) -> int:
        """How many lanes of work are due now."""
        now = "now()" if self.postgresql else str(time.time_ns() // 1000)
        return self.value(f"SELECT count(*) FROM lanes WHERE NOT set_aside AND due_at <= {now}")

    def drains(self, *, within_s: float = DRAINED_WITHIN_S) -> bool:
        """Whether nothing is left to do before that time is over; waits for it."""
        deadline = time.monotonic() + within_s
        while self.due():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def check(self) -> str:
        """What counting everything says."""
        return self.shape.router("check").strip().splitlines()[-1]


@contextmanager
def a_desk(
    folder: Path, postgresql: Postgresql | None = None, name: str = "desk"
) -> Iterator[Desk]:
    """`all`, ready, on a new SQLite database or on a new one of this server."""
    port = free_port()
    environment = _environment(folder, port)
    if postgresql is not None:
        environment["ROUTER_DATABASE_URL"] = postgresql.create_database(name)
    program = Program("all", command(environment, "router", "all"), _made(folder / "all"), port)
    program.ready = lambda: answers(port)
    shape = Shape(environment["ROUTER_PUBLIC_URL"], environment, folder, {"all": program})
    program.start()
    try:
        with _opened(shape, port, postgresql, name) as desk:
            yield desk
    finally:
        program.kill()


@contextmanager
def two_processes(folder: Path) -> Iterator[Desk]:
    """Web and worker as in the Procfile, on a PostgreSQL of their own."""
    with many_processes(folder) as shape:
        shape.programs["poller"].kill()
        two = {name: shape.programs[name] for name in ("web", "worker")}
        shape = replace(shape, programs=two)
        shape.wait_until_ready()
        port = urlsplit(shape.address).port or 0
        with _opened(shape, port, shape.postgresql, "desk") as desk:
            yield desk


@contextmanager
def _opened(shape: Shape, port: int, postgresql: Postgresql | None, name: str) -> Iterator[Desk]:
    token = shape.router("token", "--role", "administrator", "--name", "bench").strip()
    script = Caller(port, {"Authorization": f"Bearer {token}"})
    with closing(Desk(shape, port, script, postgresql, name)) as desk:
        yield desk


@contextmanager
def a_floor(folder: Path, url: str, *, commit: str) -> Iterator[Server]:
    """A running floor."""
    port = free_port()
    asked = ["--port", str(port), "--database", url, "--commit", commit]
    server = Server(
        f"floor ({commit})", command(_environment(folder, port), "bench.floor", *asked),
        _made(folder / f"floor-{commit}"), port, ready=lambda: answers(port),
    )  # fmt: skip
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def databases(which: str) -> Iterator[Postgresql | None]:
    """A private PostgreSQL whose commits reach the disk; nothing for SQLite."""
    with ExitStack() as stack:
        wanted = which == "postgresql"
        yield stack.enter_context(private_postgresql(durable=True)) if wanted else None


def command(environment: Mapping[str, str], module: str, *arguments: str) -> list[str]:
    """A module as a process whose pid is the program's: `env` replaces itself by it."""
    given = [f"{name}={value}" for name, value in environment.items()]
    return ["env", "--ignore-environment", *given, sys.executable, "-m", module, *arguments]


def answers(port: int) -> bool:
    """Whether /ready says so."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _environment(folder: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "ROUTER_DATA_DIR": str(_made(folder / "var")),
        "ROUTER_HOST": "127.0.0.1",
        "ROUTER_PORT": str(port),
        "ROUTER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ROUTER_PRIVATE_HOSTS": "127.0.0.1",
        "ROUTER_LOG_LEVEL": "warning",
    }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
