"""HTTP POSTs over keep-alive connections for some seconds, from a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass

import uvloop


@dataclass(frozen=True)
class Load:
    """What to send: where, for how many seconds, over how many connections."""

    host: str
    port: int
    path: str
    token: str
    body: str
    seconds: float
    connections: int
    mark: str


async def _one(load: Load, number: int, until: float, taken: list[float]) -> None:
    """One connection: send, wait for the answer, send the next; anything but 201 is an error."""
    reader, writer = await asyncio.open_connection(load.host, load.port)
    body, count = load.body.encode(), 0
    while (began := time.perf_counter()) < until:
        head = (
            f"POST {load.path} HTTP/1.1\r\nHost: {load.host}\r\n"
            f"Authorization: Bearer {load.token}\r\n"
            f"Idempotency-Key: {load.mark}-{number}-{count}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status = await _read_answer(reader)
        if status != 201:
            raise RuntimeError(f"{load.path} answered {status}")
        taken.append(time.perf_counter() - began)
        count += 1
    writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> int:
    status = int((await reader.readline()).split()[1])
    length, chunked = 0, False
    while (line := (await reader.readline()).strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        chunked = chunked or (name.lower() == b"transfer-encoding" and b"chunked" in value)
    if chunked:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    elif length:
        await reader.readexactly(length)
    return status


async def run(load: Load) -> dict[str, float]:
    """Send for the time given; tell how many were answered, in how long, and how long each took."""
    taken: list[float] = []
    began = time.perf_counter()
    until = began + load.seconds
    await asyncio.gather(*(_one(load, n, until, taken) for n in range(load.connections)))
    wall = time.perf_counter() - began
    taken.sort()
    return {
        "requests": len(taken),
        "seconds": wall,
        "p50_ms": 1000 * taken[len(taken) // 2],
        "p99_ms": 1000 * taken[min(len(taken) - 1, int(len(taken) * 0.99))],
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Load(**json.load(sys.stdin))))))
