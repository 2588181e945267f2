"""`kill -9` of the server while many write: nothing acknowledged is lost, nothing is done twice.

The clients behave as careful ones do: a write whose answer never came is sent again with the same
idempotency key until it is answered. The clock walks all the while, so the ledger is being sealed
when the server dies. SQLite is a file on the disk; PostgreSQL waits for the disk (fsync).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.browser import Site
from tests.interfaces.elsewhere import Elsewhere, founded
from tests.postgres import PostgresServer

pytestmark = pytest.mark.long

KILLS = 10
PATIENCE = 60
"""Seconds after which a client gives up: the server is back long before."""
WRITERS = (("s11-duty", "K111"), ("s11-duty-2", "K112"), ("s12-duty", "S12"), ("s21-duty", "K211"))
"""Who writes, and about which place."""
BATCH = 7


@dataclass(frozen=True)
class Write:
    """One write and what the server said to it."""

    login: str
    key: str
    path: str
    body: bytes
    answer: bytes

    @property
    def given(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.answer))


@dataclass
class Caller:
    """One connection to the server, made anew whenever it broke."""

    site: Site
    token: str
    line: http.client.HTTPConnection | None = None
    broken: int = 0

    def ask(self, path: str, body: bytes, key: str) -> http.client.HTTPResponse:
        """Send once; an `OSError` or `HTTPException` leaves open whether it was done."""
        if self.line is None:
            self.line = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=PATIENCE)
        headers = {
            "Authorization": f"Bearer {self.token}", "Idempotency-Key": key,
            "Content-Type": "application/json",
        }  # fmt: skip
        self.line.request("POST", f"/api/{path}", body, headers)
        return self.line.getresponse()

    def answered(self, path: str, body: bytes, key: str) -> tuple[int, bytes, bool]:
        """Send until there is an answer: (status, body, whether it is the answer of before)."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self.ask(path, body, key)
                said = answer.read()
            except (OSError, http.client.HTTPException):
                self.hang_up()
                self.broken += 1
                time.sleep(0.05)
                continue
            return answer.status, said, answer.headers.get("Idempotent-Replay") == "true"
        raise RuntimeError(f"The server did not answer {key} in time.\n{self.site.log()}")

    def hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None


@dataclass
class Writer:
    """One client of many: sends single reports, batches, and takes what it reported."""

    login: str
    place: int
    caller: Caller
    stop: threading.Event
    written: list[Write] = field(default_factory=list)
    refused: list[tuple[int, bytes]] = field(default_factory=list)

    def work(self) -> None:
        """Write until told to stop; a refusal ends it, there should be none."""
        number = 0
        while not self.stop.is_set() and not self.refused:
            number += 1
            path, body = self.next(number)
            sent = json.dumps(body, ensure_ascii=False).encode()
            status, said, _again = self.caller.answered(path, sent, f"{self.login}-{number}")
            if status == 201:
                self.written.append(Write(self.login, f"{self.login}-{number}", path, sent, said))
            else:
                self.refused.append((status, said))
        self.caller.hang_up()

    def next(self, number: int) -> tuple[str, dict[str, Any]]:
        """Reports mostly; each fourth write takes the report before it, each seventh is a batch."""
        if number % 4 == 0 and self.written[-1].path == "sensing/receive_report":
            return "sensing/claim_report", {"report": self.written[-1].told["record"]["id"]}
        if number % 7 == 0:
            rows = [self.report(f"{number}.{row}") for row in range(BATCH)]
            return "sensing/receive_reports", {"reports": rows}
        return "sensing/receive_report", self.report(str(number))

    def report(self, mark: str) -> dict[str, Any]:
        text = f"{self.login} {mark} 发热"
        return {"place": self.place, "stream": "fever", "channel": "hotline", "text": text}


@pytest.fixture
def city(fresh_database: str) -> Iterator[Elsewhere]:
    """The small city on a database that keeps its word when the power fails."""
    if os.environ["GONGZHI_DATABASE_URL"].startswith("sqlite"):
        yield founded(fresh_database)
        return
    with PostgresServer(durable=True) as server:
        yield founded(server.create_database("city"))


def running(jobs: list[Callable[[], None]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.mark.e2e
def test_ten_kills_lose_nothing_that_was_acknowledged(city: Elsewhere) -> None:
    stop = threading.Event()
    dice = random.Random(20210301)
    with Site(city.url, clock=True, environment={"GONGZHI_ROUND_SECONDS": "0.3"}) as site:
        writers = [
            Writer(login, city.units[code], Caller(site, city.tokens[login]), stop)
            for login, code in WRITERS
        ]
        threads = running([writer.work for writer in writers])
        try:
            for _kill in range(KILLS):
                kill_at_work(site, writers, dice.uniform(0.02, 0.3))
        finally:
            stop.set()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), site.log()
        written = [write for writer in writers for write in writer.written]
        assert [writer.refused for writer in writers] == [[]] * len(writers)
        assert all(writer.caller.broken >= KILLS for writer in writers)
        assert_it_is_all_there(city, written)
        assert_replaying_adds_nothing(city, site, written)
        assert_it_is_all_there(city, written)
    assert_the_ledger_holds(city)


def kill_at_work(site: Site, writers: list[Writer], after: float) -> None:
    """Kill the server a moment after every writer was answered since the last kill; start it."""
    before = [len(writer.written) for writer in writers]
    wait_until(
        lambda: all(
            len(writer.written) > n or writer.refused
            for writer, n in zip(writers, before, strict=True)
        ),
        "A writer got no answer between two kills.",
    )
    time.sleep(after)
    site.kill()
    site.start()


def assert_it_is_all_there(city: Elsewhere, written: list[Write]) -> None:
    """The database holds exactly what was acknowledged: every report, claim and line, once."""
    singles = [w for w in written if w.path == "sensing/receive_report"]
    batches = [w for w in written if w.path == "sensing/receive_reports"]
    claims = [w for w in written if w.path == "sensing/claim_report"]
    assert min(map(len, (singles, batches, claims))) >= KILLS
    expected = {w.told["record"]["id"]: w.given["text"] for w in singles}
    for batch in batches:
        texts = [row["text"] for row in batch.given["reports"]]
        numbers = [int(ref.partition(":")[2]) for ref in batch.told["refs"]]
        expected |= dict(zip(numbers, texts, strict=True))
    assert len(expected) == len(singles) + BATCH * len(batches)
    assert dict(city.rows("SELECT id, text FROM sensing_report")) == expected
    taken = {n for (n,) in city.rows("SELECT id FROM sensing_report WHERE claimed_at IS NOT NULL")}
    assert taken == {w.given["report"] for w in claims}
    assert len(city.rows("SELECT id FROM ledger_receipt")) == len(written)
    lines = Counter(
        (verb, subject)
        for verb, subject in city.rows("SELECT verb, subject FROM ledger_entry")
        if verb.startswith("sensing.")
    )
    assert lines == Counter(
        [("sensing.receive_report", w.told["record"]["ref"]) for w in singles]
        + [("sensing.receive_reports", w.told["refs"][0]) for w in batches]
        + [("sensing.claim_report", w.told["record"]["ref"]) for w in claims]
    )


def assert_replaying_adds_nothing(city: Elsewhere, site: Site, written: list[Write]) -> None:
    """Every write sent again with its key is answered with the very bytes of the first time."""
    wrong: list[str] = []

    def replay(login: str) -> None:
        caller = Caller(site, city.tokens[login])
        for write in (w for w in written if w.login == login):
            said = caller.answered(write.path, write.body, write.key)
            if said != (201, write.answer, True):
                wrong.append(f"{write.key}: {said}")
        caller.hang_up()

    for thread in running([lambda login=login: replay(login) for login, _code in WRITERS]):  # type: ignore[misc]
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert wrong == []


def assert_the_ledger_holds(city: Elsewhere) -> None:
    """After a last round everything is sealed, and the whole ledger verifies."""
    assert city.gongzhi("walk").returncode == 0
    assert city.rows("SELECT count(*) FROM ledger_entry WHERE leaf_index IS NULL") == [(0,)]
    verified = city.gongzhi("ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
