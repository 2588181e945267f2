"""The running product and a real Chromium, for tests from end to end.

`site` is `gongzhi serve` in a process of its own, as a user starts it, on the very database the
test writes to. pytest-django's `live_server` was not taken: it serves from a thread of the test
process, without our command line, our server and the live feed.

Playwright's synchronous interface keeps an event loop running in the thread of the test, and Django
then refuses every query there. So while a browser is open `DJANGO_ALLOW_ASYNC_UNSAFE` is set: there
is one thread and nothing runs at the same time. The browser lives as long as one test module, not
the whole run, so that tests of asynchronous code elsewhere never meet that loop.

`python -m tests.browser` finds or installs the Chromium.
"""

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
START_SECONDS = 60
STOP_SECONDS = 15
PAGE_MILLISECONDS = 15_000
FAILED = pytest.StashKey[bool]()


class Site:
    """`gongzhi serve` on a free loopback port, with its output kept in a file.

    database_url: what GONGZHI_DATABASE_URL is set to; clock: whether the server walks its rounds,
    which write while a test is looking; environment: further variables; words: another command
    that serves, instead of `serve`.
    """

    def __init__(
        self,
        database_url: str,
        *,
        clock: bool = False,
        environment: Mapping[str, str] | None = None,
        words: Sequence[str] = (),
    ) -> None:
        self.words = words or ("serve", "--clock" if clock else "--no-clock")
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "GONGZHI_DATABASE_URL": database_url,
            **(environment or {}),
        }
        self._folder = Path(tempfile.mkdtemp(prefix="gongzhi-serve-"))
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder)

    def start(self) -> None:
        """Starts the server and returns when it answers; may be called again after `kill`."""
        command = [program(), *self.words, "--port", str(self.port)]
        with self._output.open("a") as output:
            self._process = subprocess.Popen(
                command,
                env=self.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Asks the server to end, as Ctrl-C does; one that does not is killed and reported."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGINT)
        if not self.ends():
            self.kill()
            raise RuntimeError(f"The server did not stop when asked.\n{self.log()}")
        self._process = None

    def ends(self) -> bool:
        """Whether the server and every process that it began end by themselves in time."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.processes()

    def processes(self) -> set[int]:
        """The server and every process that it began, as far as they still run."""
        if self._process is None:
            return set()
        self._process.poll()
        told = subprocess.run(
            ["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True
        )
        rows = [row.split() for row in told.stdout.splitlines()]
        group = str(self._process.pid)
        return {int(pid) for pid, of, state in rows if of == group and state[0] != "Z"}

    def beside(self) -> set[int]:
        """The processes that the server began, as far as they still run."""
        return self.processes() - {self.server}

    @property
    def server(self) -> int:
        """The number of the server's own process."""
        if self._process is None:
            raise RuntimeError("The server was not started.")
        return self._process.pid

    def kill(self) -> None:
        """Ends the server and all its workers without warning (`kill -9`)."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def log(self) -> str:
        """Everything the server has printed so far."""
        return self._output.read_text()

    @property
    def _output(self) -> Path:
        return self._folder / "log"

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"The server ended while starting.\n{self.log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"The server did not answer in time.\n{self.log()}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True


class Watch:
    """Collects what a page did wrong: console errors, uncaught exceptions, requests elsewhere."""

    def __init__(self, allowed: list[str]) -> None:
        self.problems: list[str] = []
        self._allowed = [re.compile(pattern) for pattern in allowed]

    def follow(self, context: BrowserContext) -> None:
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("weberror", lambda error: self._note(f"uncaught: {error.error}"))
        context.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str) -> None:
        if kind == "error":
            self._note(f"console: {text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self._note(f"request to another host: {url}")

    def _note(self, problem: str) -> None:
        if not any(pattern.search(problem) for pattern in self._allowed):
            self.problems.append(problem)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "e2e: shows a feature from end to end")
    config.addinivalue_line(
        "markers",
        "console_allows(*patterns): console errors this test provokes on purpose, "
        'e.g. "status of 409"',
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def _server(django_db_setup: None, worker_database_url: str) -> Iterator[Site]:
    with Site(worker_database_url) as server:
        yield server


@pytest.fixture
def site(transactional_db: None, _server: Site) -> Site:
    """The running server; what the test commits, it sees, and it is emptied after the test."""
    return _server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium for the tests of one module."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=chromium_on_path(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(
    browser: Browser, site: Site, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Opens further pages, each in a context of its own: another person, a phone, a language.

    Options are Playwright's for a context, e.g. viewport={"width": 390, "height": 844},
    locale="zh-CN". Anything wrong in any of the pages fails the test at its end.
    """
    marks = request.node.iter_markers("console_allows")
    watch = Watch([pattern for mark in marks for pattern in mark.args])
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        given = {"base_url": site.url, "locale": "en-GB", "timezone_id": "Asia/Shanghai"}
        context = browser.new_context(**{**given, "reduced_motion": "reduce", **options})
        context.set_default_timeout(PAGE_MILLISECONDS)
        contexts.append(context)
        watch.follow(context)
        return context.new_page()

    yield open_page
    if request.node.stash.get(FAILED, False):
        _keep_screenshots(contexts, request.node.name)
    for context in contexts:
        context.close()
    if watch.problems:
        pytest.fail("The page was not clean:\n" + "\n".join(watch.problems), pytrace=False)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page on the running server, in English; see `new_page` for others."""
    return new_page()


def program() -> str:
    """The command `gongzhi` of the environment the tests run in."""
    return str(Path(sys.executable).with_name("gongzhi"))


def chromium_on_path() -> str | None:
    """The first Chromium on PATH; without one Playwright uses the one it has installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install_chromium() -> None:
    """Makes sure there is a Chromium: on PATH, else by apt when root, else Playwright's own."""
    if chromium_on_path() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install_by_apt()
    playwrights_own = [sys.executable, "-m", "playwright", "install", "chromium"]
    if chromium_on_path() is None and subprocess.run(playwrights_own).returncode:
        raise SystemExit("No Chromium could be installed: put one on PATH and try again.")
    print(f"Chromium: {chromium_on_path() or 'from Playwright'}")


def _install_by_apt() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk")
    for arguments in (("update", "-qq"), install):
        print("apt-get", *arguments, flush=True)
        done = subprocess.run(
            ["apt-get", *arguments], env=environment, capture_output=True, text=True
        )
        if done.returncode:
            print(f"{done.stdout}{done.stderr}apt-get failed: trying Playwright's own Chromium.")
            return


def _keep_screenshots(contexts: list[BrowserContext], name: str) -> None:
    folder = ROOT / "var" / "e2e"
    folder.mkdir(parents=True, exist_ok=True)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages, start=1):
        page.screenshot(path=folder / f"{re.sub(r'[^0-9A-Za-z]+', '-', name)}-{number}.png")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    install_chromium()
