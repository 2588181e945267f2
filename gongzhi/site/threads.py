"""The synchronous pages on threads, with one trip to the thread and one back per request.

Every trip between the event loop and a thread waits for the interpreter's lock. A body that is
small is therefore read before the thread begins, and an answer that is whole is handed back whole;
only large uploads and streamed files go piece by piece.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from a2wsgi.wsgi import Body, build_environ

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
SMALL = 1024 * 1024
"""Bytes of a request's body that are read ahead."""


class HungUp(ConnectionResetError):
    """Whoever sent a request was gone before all of it had come."""


class Threads:
    """An ASGI application that answers with a WSGI application on a pool of threads."""

    def __init__(self, pages: Callable[..., Iterable[bytes]], workers: int) -> None:
        self.pages = pages
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="pages")

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        loop = asyncio.get_running_loop()
        try:
            body = await _body(loop, receive)
        except HungUp:
            return  # nobody waits for an answer, and half of what was meant must not be done
        environ: Any = build_environ(scope, body)
        request = _Request(self.pages, environ, send, loop)
        context = contextvars.copy_context()
        for message in await loop.run_in_executor(self.pool, context.run, request.answer):
            await send(message)


class _Request:
    """One request on its thread."""

    def __init__(
        self,
        pages: Callable[..., Iterable[bytes]],
        environ: Message,
        send: Send,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.pages, self.environ, self.send, self.loop = pages, environ, send, loop
        self.head: Message = {}

    def answer(self) -> list[Message]:
        """The messages that are still to be sent: all of them, or only the last of a stream."""
        chunks: Any = self.pages(self.environ, self._start)
        try:
            if not getattr(chunks, "streaming", False):
                return [self.head, _piece(b"".join(chunks), more=False)]
            self._send_now(self.head)
            for chunk in chunks:
                self._send_now(_piece(chunk, more=True))
            return [_piece(b"", more=False)]
        finally:
            chunks.close()

    def _start(self, status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        self.head = {
            "type": "http.response.start",
            "status": int(status.split(" ", 1)[0]),
            "headers": [(n.lower().encode("latin1"), v.encode("latin1")) for n, v in headers],
        }

    def _send_now(self, message: Message) -> None:
        asyncio.run_coroutine_threadsafe(self._sent(message), self.loop).result()

    async def _sent(self, message: Message) -> None:
        await self.send(message)


def _piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _body(loop: asyncio.AbstractEventLoop, receive: Receive) -> Any:
    """The whole body where it is small, else one that reads on from the thread."""
    read, more = bytearray(), True
    while more and len(read) <= SMALL:
        message = await _part(receive)
        read += message.get("body", b"")
        more = message.get("more_body", False)
    if not more:
        return BytesIO(bytes(read))
    rest = Body(loop, lambda: _part(receive))  # type: ignore[arg-type]
    rest.buffer += read
    return rest


async def _part(receive: Receive) -> Message:
    """The next part of a body; a body that ends before its end is none."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise HungUp
    return message
