"""Intake of reports: this house against FastAPI and asyncpg by hand, same PostgreSQL, same run."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

from tests.postgres import PostgresServer

ROUNDS = 5
SINGLES = 400
BATCHES = 12
BATCH_SIZE = 500
CONNECTIONS = 8


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], port: int, environment: dict[str, str]) -> Iterator[int]:
    """Run a server until the block ends; wait until it listens."""
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def send(
    port: int, path: str, token: str, body: object, requests: int, mark: str
) -> dict[str, float]:
    """Send a load from a process of its own."""
    load = {
        "host": "127.0.0.1", "port": port, "path": path, "token": token,
        "body": json.dumps(body, ensure_ascii=False), "requests": requests,
        "connections": CONNECTIONS, "mark": mark,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(load), text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    result: dict[str, float] = json.loads(done.stdout)
    return result


def found_city(url: str) -> tuple[int, int, str, str]:
    """Found a small city in an empty database: (person, place, login, password)."""
    code = (
        "import os, django; django.setup()\n"
        "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
        "from tests.rooms.cast import small_city\n"
        "city = small_city(); p = city.person('s11-duty'); p.set_password('measure the intake')\n"
        "p.save(); print(p.pk, city['G1111'].pk)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], text=True, capture_output=True, check=True,
        env={**os.environ, "GONGZHI_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "gongzhi.site.settings"},
    )  # fmt: skip
    person, place = done.stdout.split()
    return int(person), int(place), "s11-duty", "measure the intake"


def measure() -> None:
    """Print the table of both, and the ratios."""
    secret = secrets.token_hex(16)
    with PostgresServer(durable=True) as postgres:
        url = postgres.create_database("intake")
        person, place, login, password = found_city(url)
        mark = hmac.new(secret.encode(), str(person).encode(), hashlib.sha256).hexdigest()
        ours, bound = free_port(), free_port()
        with (
            server(
                [sys.executable, "-m", "gongzhi.interfaces.cli", "serve", "--port", str(ours)],
                ours, {"GONGZHI_DATABASE_URL": url},
            ),
            server(
                [sys.executable, "-m", "uvicorn", "bench.bound:app", "--port", str(bound),
                 "--log-level", "warning", "--no-access-log"],
                bound, {"BOUND_DSN": url, "BOUND_SECRET": secret},
            ),
        ):  # fmt: skip
            token = _token(ours, login, password)
            _compare((ours, "/api/sensing/", token), (bound, "/", f"{person}.{mark}"), place)


def _token(port: int, login: str, password: str) -> str:
    body = json.dumps({"login": login, "password": password}).encode()
    request = Request(
        f"http://127.0.0.1:{port}/api/token", body, {"Content-Type": "application/json"}
    )
    with urlopen(request) as answer:
        token: str = json.load(answer)["token"]
        return token


def _compare(ours: tuple[int, str, str], bound: tuple[int, str, str], place: int) -> None:
    one = {
        "place": place,
        "stream": "fever",
        "channel": "hotline",
        "text": "三号楼有人发热，请来看看。",
    }
    kinds = {
        "single": (one, SINGLES, 1, "receive_report", "single"),
        "batch": ({"reports": [one] * BATCH_SIZE}, BATCHES, BATCH_SIZE, "receive_reports", "batch"),
    }
    print(
        f"Intake of reports, durable PostgreSQL, {CONNECTIONS} connections, {ROUNDS} paired rounds"
    )
    print(
        f"{'':8}{'gongzhi reports/s':>20}{'bound reports/s':>18}{'ratio':>8}{'gongzhi p50/p99 ms':>22}"
    )
    for kind, (body, requests, size, our_path, bound_path) in kinds.items():
        ratios, rates, others, middles, tails = [], [], [], [], []
        for number in range(ROUNDS + 1):
            tag = f"{kind}-{number}"
            a = send(ours[0], ours[1] + our_path, ours[2], body, requests, f"a-{tag}")
            b = send(bound[0], bound[1] + bound_path, bound[2], body, requests, f"b-{tag}")
            if number == 0:
                continue
            ratios.append(a["seconds"] / b["seconds"])
            rates.append(requests * size / a["seconds"])
            others.append(requests * size / b["seconds"])
            middles.append(a["p50_ms"])
            tails.append(a["p99_ms"])
        print(
            f"{kind:8}{statistics.median(rates):>20,.0f}{statistics.median(others):>18,.0f}"
            f"{statistics.median(ratios):>8.2f}"
            f"{f'{statistics.median(middles):.1f} / {statistics.median(tails):.1f}':>22}"
        )
    print("ratio: times the bound needs, per report, median of the paired rounds; target 4 and 2")


if __name__ == "__main__":
    measure()
