"""The live feed: every sealed deed of one's area, in log order, as server-sent events.

The place in the log is the event's id, so a browser that was cut off goes on where it was:
nothing is lost and nothing comes twice. One reader per process asks the database; its
listeners share what it reads. What a listener asks for itself is read on the feed's own threads:
on the thread of its request each open page would hold a connection to the database.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from gongzhi.actors.queries import Person, areas_of, seen_from
from gongzhi.interfaces import clock
from gongzhi.ledger.queries import last_sealed, sealed_after

BEAT = 15.0
"""Seconds after which a comment keeps a silent connection open."""
AT_ONCE = 500
"""Events that are read from the log at a time."""
LOOK_AGAIN = 60
"""Events or beats after which a listener's areas are read anew."""


T = TypeVar("T")
_threads = ThreadPoolExecutor(2, thread_name_prefix="feed")


async def read(ask: Callable[..., T], *args: Any) -> T:
    """What the database answers, on a thread of the feed."""

    def answer() -> T:
        close_old_connections()
        return ask(*args)

    return await sync_to_async(answer, thread_sensitive=False, executor=_threads)()


class Tail:
    """Reads the end of the log once for all listeners of this process."""

    def __init__(self, keep: int = 2000, every: float = 0.25) -> None:
        self.recent: deque[dict[str, Any]] = deque(maxlen=keep)
        self.last = -1
        self.listeners = 0
        self.every = every
        self.news = asyncio.Event()
        self.starting = asyncio.Lock()
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read, unless this is done already; many listeners may come at once."""
        async with self.starting:
            if self.task is None or self.task.done():
                self.last = await read(last_sealed)
                self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            fresh = await read(_plain_after, self.last)
            if fresh:
                self.recent.extend(fresh)
                self.last = fresh[-1]["id"]
                news, self.news = self.news, asyncio.Event()
                news.set()
            await asyncio.sleep(self.every)

    def since(self, place: int) -> list[dict[str, Any]] | None:
        """What came after a place in the log; None when it is too long ago to be remembered."""
        if place >= self.last:
            return []
        if not self.recent or self.recent[0]["id"] > place + 1:
            return None
        return [event for event in self.recent if event["id"] > place]


_tail = Tail()


def _plain_after(place: int) -> list[dict[str, Any]]:
    """Events after a place, each with the paths it concerns: where it was done, and all units
    that see its record (a street's call is also its department's, wherever that sits).
    """
    entries = sealed_after(place, limit=AT_ONCE)
    paths = seen_from(e.subject for e in entries)
    return [
        {
            "id": e.leaf_index, "at": e.at.isoformat(), "verb": e.verb, "subject": e.subject,
            "paths": {e.unit_path, *paths.get(e.subject, ())},
        }
        for e in entries
    ]  # fmt: skip


def _event(event: dict[str, Any]) -> str:
    """One event as it is sent; with it how many listen, so that not all ask anew at one moment."""
    shown = {k: event[k] for k in ("at", "verb", "subject")} | {"listeners": _tail.listeners}
    return f"id: {event['id']}\nevent: deed\ndata: {json.dumps(shown)}\n\n"


async def _events(person: Any, place: int) -> AsyncIterator[str]:
    """What a listener is sent, counted among the listeners until it goes."""
    _tail.listeners += 1
    try:
        async with aclosing(_events_after(person, place)) as events:
            async for sent in events:
                yield sent
    finally:
        _tail.listeners -= 1


async def _events_after(person: Any, place: int) -> AsyncGenerator[str, None]:
    await _tail.start()
    paths = await read(areas_of, person, clock.now())
    turns = 0
    yield "retry: 2000\n\n"
    while True:
        news = _tail.news
        fresh = _tail.since(place)
        if fresh is None:
            known = _tail.last
            fresh = await read(_plain_after, place)
            if len(fresh) < AT_ONCE:  # nothing is left up to what the tail knows
                place = max(place, known)
        for event in fresh:
            place = max(place, event["id"])
            if any(seen.startswith(path) for seen in event["paths"] for path in paths):
                yield _event(event)
        if not fresh:
            try:
                await asyncio.wait_for(news.wait(), BEAT)
            except TimeoutError:
                yield ": still here\n\n"
        turns += 1
        if turns % LOOK_AGAIN == 0:
            paths = await read(areas_of, person, clock.now())


def _known(request: HttpRequest) -> Person | None:
    """Whose log-in a request carries."""
    return request.user if isinstance(request.user, Person) else None


async def live(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`GET /live`: the feed, from the place named by `Last-Event-ID` or from now on."""
    person = await read(_known, request)
    if person is None:
        return HttpResponse("Log in first.", status=403, content_type="text/plain")
    given = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    place = (
        int(given)
        if given.isascii() and given.isdigit() and len(given) < 18
        else await read(last_sealed)
    )
    answer = StreamingHttpResponse(_events(person, place), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer
