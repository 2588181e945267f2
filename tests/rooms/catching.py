"""Servers on the loopback that catch what leaves: a mail server, and one for robots and SMS."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


@dataclass
class Caught:
    """One request that a robot or an SMS gateway received."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: Any


@dataclass
class Catcher:
    """What arrived at the HTTP server, and what it answers: status and content, in turn."""

    url: str = ""
    caught: list[Caught] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)

    def answer(self) -> tuple[int, Any]:
        """The next answer; the usual one says that all went well."""
        return self.answers.pop(0) if self.answers else (200, {"errcode": 0, "code": 0})


@contextmanager
def catching_http() -> Iterator[Catcher]:
    """A server on the loopback that keeps every request."""
    catcher = Catcher()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            is_json = "json" in self.headers.get("Content-Type", "")
            content = json.loads(raw) if is_json else {k: v[0] for k, v in parse_qs(raw).items()}
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            catcher.caught.append(Caught(parts.path, query, dict(self.headers), content))
            status, said = catcher.answer()
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    catcher.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield catcher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """What arrived at the mail server, and the refusals it gives first."""

    port: int = 0
    caught: list[Mail] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Take a message in, or refuse it."""
        if self.refusals:
            return self.refusals.pop(0)
        mail = message_from_bytes(envelope.content, policy=default)
        mail["X-Rcpt"] = ", ".join(envelope.rcpt_tos)
        self.caught.append(mail)
        return "250 OK"


class AnyPort(Controller):
    """The mail server on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def factory(self) -> SMTP:
        """One conversation; international texts are understood."""
        return SMTP(self.handler, hostname="localhost", enable_SMTPUTF8=True)


@contextmanager
def catching_mail() -> Iterator[Mailbox]:
    """A mail server on the loopback that keeps every message."""
    mailbox = Mailbox()
    server = AnyPort(mailbox, hostname="127.0.0.1", port=0)
    server.start()
    mailbox.port = server.port
    try:
        yield mailbox
    finally:
        server.stop()
