"""A bounded load of HTTP POSTs over keep-alive connections, from its own process."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What to send: where, how often, over how many connections."""

    host: str
    port: int
    path: str
    token: str
    body: str
    requests: int
    connections: int
    mark: str


async def _one(load: Load, share: range, taken: list[float]) -> None:
    reader, writer = await asyncio.open_connection(load.host, load.port)
    body = load.body.encode()
    for number in share:
        head = (
            f"POST {load.path} HTTP/1.1\r\nHost: {load.host}\r\n"
            f"Authorization: Bearer {load.token}\r\nIdempotency-Key: {load.mark}-{number}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + body)
        await writer.drain()
        status = await _read_answer(reader)
        if status != 201:
            raise RuntimeError(f"{load.path} answered {status}")
        taken.append(time.perf_counter() - began)
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
    """Send it all; give seconds of wall time and the 50th and 99th percentile of one answer."""
    taken: list[float] = []
    shares = [range(n, load.requests, load.connections) for n in range(load.connections)]
    began = time.perf_counter()
    await asyncio.gather(*(_one(load, share, taken) for share in shares))
    wall = time.perf_counter() - began
    taken.sort()
    return {
        "seconds": wall,
        "p50_ms": 1000 * taken[len(taken) // 2],
        "p99_ms": 1000 * taken[min(len(taken) - 1, int(len(taken) * 0.99))],
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Load(**json.load(sys.stdin))))))
