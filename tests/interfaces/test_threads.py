"""The bridge from the event loop to the synchronous pages: bodies and answers of every size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from gongzhi.site.threads import SMALL, Threads

Pages = Callable[..., Iterable[bytes]]


class Chunks:
    """An answer as Django gives it: iterable, closed at the end, whole or streaming."""

    def __init__(self, parts: Iterable[bytes], streaming: bool) -> None:
        self.parts, self.streaming, self.closed = parts, streaming, False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)

    def close(self) -> None:
        self.closed = True


def ask(pages: Pages, body: list[bytes]) -> list[dict[str, Any]]:
    """What is sent for one POST whose body comes in these pieces."""
    pieces, sent = list(body), []

    async def receive() -> dict[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/api/x", "query_string": b"a=1",
        "http_version": "1.1", "headers": [(b"content-length", b"%d" % sum(map(len, body)))],
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 5),
    }  # fmt: skip
    asyncio.run(Threads(pages, workers=1)(scope, receive, send))
    return sent


def echo(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    read = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start("201 Created", [("X-Length", str(len(read)))])
    return Chunks([read[:2], read[-2:]], streaming=False)


@pytest.mark.parametrize(
    "body", [[b"ab"], [b"a", b"b" * 70_000], [b"a" * SMALL, b"b" * SMALL, b"c" * 10]]
)
def test_a_body_of_any_size_arrives_whole(body: list[bytes]) -> None:
    whole = b"".join(body)
    head, rest = ask(echo, body)
    assert head["status"] == 201
    assert head["headers"] == [(b"x-length", str(len(whole)).encode())]
    assert rest == {
        "type": "http.response.body", "body": whole[:2] + whole[-2:], "more_body": False,
    }  # fmt: skip


def test_a_stream_goes_piece_by_piece_and_is_closed() -> None:
    chunks = Chunks((bytes([n]) for n in range(3)), streaming=True)

    def pages(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return chunks

    head, *parts = ask(pages, [b""])
    assert head["status"] == 200
    assert [(p["body"], p["more_body"]) for p in parts] == [
        (b"\0", True), (b"\1", True), (b"\2", True), (b"", False),
    ]  # fmt: skip
    assert chunks.closed


def test_what_breaks_in_the_pages_reaches_the_server() -> None:
    def pages(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        ask(pages, [b""])
