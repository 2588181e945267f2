"""500 people on one board: how soon a deed reaches every open page, and what a cut loses."""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.request import ProxyHandler, Request, build_opener

from bench.servers import LOGIN, Contestant, house_alone, session_cookie

LISTENERS = int(os.environ.get("BENCH_LISTENERS", "500"))
DEEDS = 60
TARGET_SECONDS = 1.0
PART_SECONDS = 0.05
"""A page waits up to so long for each other page that is open before it takes its part anew."""


@dataclass
class Listener:
    """One open page: what it was told, when, and whether anything was missing."""

    last: str = ""
    heard: dict[str, float] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    cuts: int = 0
    cut_now: bool = False

    async def listen(self, port: int, cookie: str, until: asyncio.Event) -> None:
        """Stay on the feed; after a cut, go on from the last event that came."""
        while not until.is_set():
            async with _connected(port, cookie, self.last) as lines:
                async for line in lines:
                    self._take(line)
                    if self.cut_now:
                        self.cut_now, self.cuts = False, self.cuts + 1
                        break

    def _take(self, line: str) -> None:
        if line.startswith("id: "):
            self.last = line[4:]
            self.order.append(int(self.last))
        elif line.startswith("data: "):
            self.heard.setdefault(json.loads(line[6:])["subject"], time.monotonic())


@asynccontextmanager
async def _connected(port: int, cookie: str, last: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of the feed over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
    head += f"Last-Event-ID: {last}\r\n" if last else ""
    writer.write(f"{head}\r\n".encode())

    async def lines() -> AsyncIterator[str]:
        while line := await reader.readline():
            yield line.decode().rstrip("\r\n")

    try:
        yield lines()
    finally:
        writer.close()


def measure() -> bool:
    """Print how soon deeds reached the open pages; true when the target was reached."""
    with house_alone() as house:
        return asyncio.run(_measure(house))


async def _measure(house: Contestant) -> bool:
    cookie = session_cookie(house.port)
    listeners = [Listener() for _ in range(LISTENERS)]
    over = asyncio.Event()
    began = time.monotonic()
    tasks = [asyncio.create_task(one.listen(house.port, cookie, over)) for one in listeners]
    first = await _until_all_hear(house, listeners)
    print(f"{LISTENERS} people are on the feed after {first - began:.1f} s.")
    sent = await _deeds(house, listeners)
    await _settled(listeners, sent)
    over.set()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for spread in (0.0, PART_SECONDS * LISTENERS):
        await _boards(house.port, cookie, spread)
    return _judge(listeners, sent)


async def _boards(port: int, cookie: str, spread: float) -> None:
    """Print how long the open boards wait for their part, when all take it within `spread` s."""
    draw = random.Random(2020)
    waits = [draw.uniform(0, spread) for _ in range(LISTENERS)]
    took = await asyncio.gather(*(_board(port, cookie, wait) for wait in waits))
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    print(
        f"{LISTENERS} boards take their part anew within {spread:.1f} s: answered after "
        f"{p50:.2f} s (median), 99 of 100 within {p99:.2f} s."
    )


async def _board(port: int, cookie: str, wait: float) -> float:
    """The seconds until a board has its part, once it asks for it."""
    await asyncio.sleep(wait)
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /calls HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nHX-Request: true\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    answer = await reader.read()
    while more := await reader.read():
        answer += more
    writer.close()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer[:200].decode(errors="replace"))
    return time.monotonic() - began


async def _until_all_hear(house: Contestant, listeners: list[Listener]) -> float:
    """Report until everybody has heard something; the moment at which the last one had."""
    for _try in range(60):
        await asyncio.to_thread(_report, house)
        await asyncio.sleep(1)
        if all(one.heard for one in listeners):
            return max(min(one.heard.values()) for one in listeners)
    raise RuntimeError(f"{sum(not one.heard for one in listeners)} never heard anything.")


async def _deeds(house: Contestant, listeners: list[Listener]) -> dict[str, float]:
    """Deeds at random moments; in the middle of them every fifth listener is cut off."""
    draw, sent = random.Random(2020), {}
    for number in range(DEEDS):
        moment = time.monotonic()
        subject = await asyncio.to_thread(_report, house)
        sent[subject] = moment
        if number == DEEDS // 2:
            for one in listeners[::5]:
                one.cut_now = True
        await asyncio.sleep(draw.uniform(0, 0.5))
    return sent


def _report(house: Contestant) -> str:
    """One report by the API; the record it made."""
    body = json.dumps({"place": house.places[0], "stream": "fever", "channel": "form", "text": "x"})
    request = Request(
        f"http://127.0.0.1:{house.port}/api/sensing/receive_report", body.encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {house.token}"},
    )  # fmt: skip
    with build_opener(ProxyHandler({})).open(request) as answer:
        return str(json.load(answer)["record"]["ref"])


async def _settled(listeners: list[Listener], sent: dict[str, float]) -> None:
    for _try in range(100):
        if all(sent.keys() <= one.heard.keys() for one in listeners):
            return
        await asyncio.sleep(0.2)


def _judge(listeners: list[Listener], sent: dict[str, float]) -> bool:
    delays = [
        one.heard[subject] - moment
        for one in listeners
        for subject, moment in sent.items()
        if subject in one.heard
    ]
    missed = len(listeners) * len(sent) - len(delays)
    twice = sum(one.order != sorted(set(one.order)) for one in listeners)
    cut = [one for one in listeners if one.cuts]
    p50, p99 = statistics.median(delays), statistics.quantiles(delays, n=100)[98]
    print(
        f"{len(sent)} deeds by {LOGIN}, from the request to the open page: median {p50:.2f} s, "
        f"99 of 100 within {p99:.2f} s, longest {max(delays):.2f} s (target {TARGET_SECONDS:g} s)."
    )
    print(
        f"{len(cut)} were cut off in the middle and came back; events missed: {missed}; "
        f"listeners that were told something twice or out of order: {twice}."
    )
    return p99 <= TARGET_SECONDS and not missed and not twice
