"""The two servers under load, each on a database of its own of one durable PostgreSQL."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import psycopg

from tests.postgres import PostgresServer

PLACES = ("K111", "K112", "G1111", "G1112")
"""Communities and grids of one street of the tests' small city."""
LOGIN, PASSWORD = "s11-duty", "measure the intake"
FOUNDING = f"""
import django; django.setup()
from django.core.management import call_command; call_command('migrate', verbosity=0)
from tests.rooms.cast import small_city
city = small_city(); person = city.person({LOGIN!r}); person.set_password({PASSWORD!r})
person.save(); print(person.pk, *(city[code].pk for code in {PLACES!r}))
"""


@dataclass
class Contestant:
    """A server under load: its processes, its database, its addresses and what it acknowledged."""

    process: subprocess.Popen[bytes]
    port: int
    database: str
    paths: dict[str, str]
    places: list[int]
    token: str = ""
    acknowledged: int = 0

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let it run for a block only: the other one is measured without it on the machine."""
        _signal_all(self.process, signal.SIGCONT)
        try:
            yield
        finally:
            _signal_all(self.process, signal.SIGSTOP)

    def kept(self, table: str) -> int:
        """How many rows of a table are committed."""
        with psycopg.connect(self.database) as connection:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            return int(row[0]) if row else 0


@contextmanager
def contestants() -> Iterator[tuple[Contestant, Contestant]]:
    """The house and the bound, both asleep, ready for their turns."""
    with ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer(durable=True))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gongzhi-bench-")))
        yield _house(stack, postgres, folder), _bound(stack, postgres, folder)


@contextmanager
def house_alone() -> Iterator[Contestant]:
    """The house by itself, awake."""
    with ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer(durable=True))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gongzhi-bench-")))
        house = _house(stack, postgres, folder)
        with house.awake():
            yield house


def session_cookie(port: int) -> str:
    """The cookie of a browser in which the one person is logged in."""
    jar = CookieJar()
    browser = build_opener(ProxyHandler({}), HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{port}/login"
    page = browser.open(address).read().decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"login": LOGIN, "password": PASSWORD, "csrfmiddlewaretoken": token}
    browser.open(address, urlencode(form).encode()).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def durability(url: str) -> str:
    """What PostgreSQL itself says about waiting for the disk."""
    with psycopg.connect(url) as connection:
        names = ("fsync", "synchronous_commit", "full_page_writes")
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in names]
    return ", ".join(f"{n}={row[0]}" for n, row in zip(names, shown, strict=True) if row)


def _house(stack: ExitStack, postgres: PostgresServer, folder: Path) -> Contestant:
    url = postgres.create_database("house")
    environment = {"GONGZHI_DATABASE_URL": url, "GONGZHI_VAR": str(folder)}
    _person, *places = _found_city(environment)
    port = _free_port()
    command = [sys.executable, "-m", "gongzhi.interfaces.cli", "serve", "--port", str(port)]
    process = stack.enter_context(_serving(command, port, environment, folder / "house.log"))
    paths = {"single": "/api/sensing/receive_report", "batch": "/api/sensing/receive_reports"}
    house = Contestant(process, port, url, paths, places)
    house.token = _log_in(port)
    _signal_all(process, signal.SIGSTOP)
    return house


def _bound(stack: ExitStack, postgres: PostgresServer, folder: Path) -> Contestant:
    url = postgres.create_database("bound")
    person, *places = _found_city({"GONGZHI_DATABASE_URL": url, "GONGZHI_VAR": str(folder)})
    secret, port = secrets.token_hex(16), _free_port()
    command = [
        sys.executable, "-m", "uvicorn", "bench.bound:app", "--port", str(port),
        "--log-level", "warning", "--no-access-log",
    ]  # fmt: skip
    environment = {"BOUND_DSN": url, "BOUND_SECRET": secret}
    process = stack.enter_context(_serving(command, port, environment, folder / "bound.log"))
    mark = hmac.new(secret.encode(), str(person).encode(), hashlib.sha256).hexdigest()
    paths = {"single": "/single", "batch": "/batch"}
    bound = Contestant(process, port, url, paths, places, f"{person}.{mark}")
    _signal_all(process, signal.SIGSTOP)
    return bound


def _found_city(environment: dict[str, str]) -> list[int]:
    """Found the tests' small city in an empty database: number of the person, then the places."""
    settings = {"DJANGO_SETTINGS_MODULE": "gongzhi.site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", FOUNDING], text=True, stdout=subprocess.PIPE, check=True,
        env={**os.environ, **settings, **environment},
    )  # fmt: skip
    return [int(number) for number in done.stdout.split()]


def _log_in(port: int) -> str:
    body = json.dumps({"login": LOGIN, "password": PASSWORD}).encode()
    address = f"http://127.0.0.1:{port}/api/token"
    request = Request(address, body, {"Content-Type": "application/json"})
    with build_opener(ProxyHandler({})).open(request) as answer:
        token: str = json.load(answer)["token"]
        return token


@contextmanager
def _serving(
    command: list[str], port: int, environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; begin when it listens."""
    with log.open("wb") as lines:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=lines, stderr=lines,
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait_for(process, port, log)
        yield process
    finally:
        _signal_all(process, signal.SIGCONT)
        process.terminate()
        process.wait(timeout=20)


def _signal_all(process: subprocess.Popen[bytes], signal_: signal.Signals) -> None:
    """Send a signal to a server and to what it began: the house's clock stops with the house."""
    with suppress(ProcessLookupError):  # it ended by itself
        os.killpg(process.pid, signal_)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _attempt in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"A server did not begin to listen:\n{log.read_text()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
