"""The clock of a served house: a process of its own, never lost, never left behind."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser import Site
from tests.interfaces.elsewhere import Elsewhere, founded

pytestmark = pytest.mark.long

PATIENCE = 60
BY_A_ROUND = "SELECT count(*) FROM ledger_entry WHERE verb = 'evaluation.record_burden'"
UNSEALED = "SELECT count(*) FROM ledger_entry WHERE leaf_index IS NULL"


@pytest.fixture
def city(fresh_database: str) -> Elsewhere:
    return founded(fresh_database)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    return founded(f"sqlite:///{tmp_path_factory.mktemp('embedded') / 'city.sqlite3'}")


@pytest.fixture
def copy(embedded: Elsewhere, tmp_path: Path) -> Elsewhere:
    """A city in a file, for how processes end: that is the same whatever the database is."""
    file = shutil.copy(embedded.url.removeprefix("sqlite:///"), tmp_path)
    return replace(embedded, url=f"sqlite:///{file}")


def serving(city: Elsewhere) -> Site:
    """The house as `gongzhi serve` runs it."""
    return Site(city.url, clock=True, environment={"GONGZHI_ROUND_SECONDS": "0.3"})


@pytest.fixture
def site(city: Elsewhere) -> Iterator[Site]:
    with serving(city) as served:
        yield served


def wait_until(is_so: Callable[[], bool], site: Site) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, site.log()
        time.sleep(0.05)


def walks(city: Elsewhere) -> bool:
    """Whether a round was made, and all that was done is sealed."""
    return city.rows(BY_A_ROUND) != [(0,)] and city.rows(UNSEALED) == [(0,)]


def the_clock(site: Site) -> int:
    """The number of the clock's process, which goes on."""
    looks: list[set[int]] = []

    def is_alone() -> bool:
        looks.append(site.beside())
        return len(looks[-1]) == 1

    wait_until(is_alone, site)
    return looks[-1].pop()


def test_a_served_house_walks_in_a_process_beside_the_server(city: Elsewhere, site: Site) -> None:
    wait_until(lambda: walks(city), site)
    assert len(site.processes()) == 2
    assert site.server in site.processes()
    assert '"event": "round"' in site.log()


def test_a_house_without_a_clock_has_no_process_for_it(copy: Elsewhere) -> None:
    with Site(copy.url, clock=False) as site:
        assert site.processes() == {site.server}


@pytest.mark.parametrize(
    ("asked", "whole_group", "loaded"),
    [(signal.SIGINT, True, True), (signal.SIGINT, True, False), (signal.SIGTERM, False, True),
     (signal.SIGTERM, True, False), (signal.SIGKILL, False, True)],
    ids=["ctrl-c", "ctrl-c-at-once", "terminate", "terminate-all-at-once", "kill-9"],
)  # fmt: skip
def test_the_clock_ends_with_its_server(
    copy: Elsewhere, asked: signal.Signals, whole_group: bool, loaded: bool
) -> None:
    with serving(copy) as site:
        wait_until(lambda: walks(copy) or not loaded, site)
        the_clock(site)
        (os.killpg if whole_group else os.kill)(site.server, asked)
        assert site.ends(), site.log()
        site.kill()  # what has ended is not asked to end again
        assert "Traceback" not in site.log()
        assert "clock ended" not in site.log()


def test_a_clock_that_died_is_begun_again(city: Elsewhere, site: Site) -> None:
    wait_until(lambda: walks(city), site)
    first = the_clock(site)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: the_clock(site) != first, site)
    assert '"event": "clock ended"' in site.log()
    assert f'"pid": {first}, "status": -9' in site.log()
    before = city.rows("SELECT count(*) FROM ledger_entry")
    report(city, site)
    assert city.rows("SELECT count(*) FROM ledger_entry") > before
    wait_until(lambda: walks(city), site)


def report(city: Elsewhere, site: Site) -> None:
    """One deed over the API, which is then to be sealed."""
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    given = {"place": city.units["K111"], "stream": "fever", "channel": "hotline", "text": "发热"}
    headers = {
        "Authorization": f"Bearer {city.tokens['s11-duty']}", "Idempotency-Key": "once",
        "Content-Type": "application/json",
    }  # fmt: skip
    line.request("POST", "/api/sensing/receive_report", json.dumps(given), headers)
    answer = line.getresponse()
    assert answer.status == 201, answer.read()
    line.close()
