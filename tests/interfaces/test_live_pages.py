"""The live feed: in log order, resumed without a gap, and never with a foreign entry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncRequestFactory, Client

from gongzhi.actors.queries import Person
from gongzhi.command.actions import raise_call
from gongzhi.interfaces import clock, live
from gongzhi.ledger.actions import seal
from gongzhi.ledger.models import Entry
from gongzhi.sensing.actions import receive_report
from gongzhi.sensing.models import Report
from tests.interfaces.console_scene import founded, seen, words
from tests.interfaces.pages import NOW, browser
from tests.once import once
from tests.rooms.cast import START, City

SECONDS = 10


@pytest.fixture(autouse=True)
def a_tail_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(live, "_tail", live.Tail(every=0.01))
    monkeypatch.setattr(live, "read", on_the_tests_thread)


@once
def city() -> City:
    made = founded()
    seal(now=START)
    return made


async def on_the_tests_thread(ask: Callable[..., Any], *args: Any) -> Any:
    """Where the transaction of the test is."""
    return await sync_to_async(ask)(*args)


def deed(city: City, code: str, minute: int = 1) -> int:
    """A report is taken in and sealed; returns its place in the log."""
    by = {"S11": "s11-duty", "S21": "s21-duty", "D1": "d1-duty"}[code]
    now = START + timedelta(minutes=minute)
    receive_report(
        place=city[code], stream="fever", channel=Report.Channel.FORM, text="x",
        by=city.person(by), now=now,
    )  # fmt: skip
    seal(now=now)
    place = Entry.objects.order_by("-leaf_index")[0].leaf_index
    assert place is not None
    return place


def place_now() -> int:
    return Entry.objects.order_by("-leaf_index").exclude(leaf_index=None)[0].leaf_index or 0


Step = Callable[[], Awaitable[Any]]


def listen(
    person: Person, wanted: int, step: Step | None = None, **headers: str
) -> list[dict[str, Any]]:
    """The first events that a listener gets; `step` runs once the feed is open.

    Fails by a time-out where fewer come than are wanted.
    """

    async def run() -> list[dict[str, Any]]:
        request = AsyncRequestFactory().get("/live", headers=headers)
        request.user = person
        answer = await live.live(request)
        found: list[dict[str, Any]] = []
        feed = aiter(answer.streaming_content)
        await anext(feed)
        if step is not None:
            await step()
        while len(found) < wanted:
            text = await anext(feed)
            if isinstance(text, bytes):
                text = text.decode()
            if text.startswith("id: "):
                found.append(_event(text))
        await feed.aclose()  # type: ignore[attr-defined]
        await _end_tail()
        return found

    async def in_time() -> list[dict[str, Any]]:
        return await asyncio.wait_for(run(), SECONDS)

    return async_to_sync(in_time)()


async def _end_tail() -> None:
    task = live._tail.task
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _event(text: str) -> dict[str, Any]:
    lines = dict(line.split(": ", 1) for line in text.strip().splitlines())
    assert lines["event"] == "deed"
    return {"id": int(lines["id"]), **json.loads(lines["data"])}


def test_events_come_in_the_order_of_the_log(city: City) -> None:
    before = place_now()
    places = [deed(city, code, n) for n, code in enumerate(("S11", "D1", "S21", "S11"))]
    events = listen(city.person("mayor"), 4, **{"Last-Event-ID": str(before)})
    assert [event["id"] for event in events] == places
    assert {event["verb"] for event in events} == {"sensing.receive_report"}


def test_a_broken_feed_goes_on_where_it_was_without_a_gap(city: City) -> None:
    before = place_now()
    places = [deed(city, "S11", n) for n in range(6)]
    person = city.person("d1-duty")
    first = listen(person, 2, **{"Last-Event-ID": str(before)})
    second = listen(person, 4, **{"Last-Event-ID": str(first[-1]["id"])})
    assert [event["id"] for event in first + second] == places


def test_many_who_come_at_once_are_told_everything_once(city: City) -> None:
    """One reader serves them all: a second one would say each thing again."""

    async def run() -> list[list[int]]:
        tail, place = live._tail, await sync_to_async(place_now)()
        await asyncio.gather(*(tail.start() for _ in range(20)))
        await sync_to_async(deed)(city, "S11", 5)
        await asyncio.sleep(0.3)
        found = [[event["id"] for event in tail.since(place) or []]]
        await _end_tail()
        return found

    [told] = async_to_sync(run)()
    assert told == sorted(set(told)) and len(told) == place_now() - (told[0] - 1)


def test_what_happens_while_listening_is_sent(city: City) -> None:
    async def step() -> None:
        await sync_to_async(deed)(city, "S11")

    [event] = listen(city.person("d1-duty"), 1, step)
    assert event["id"] == place_now()


def test_entries_of_a_foreign_branch_are_not_sent(city: City) -> None:
    before = place_now()
    deed(city, "S21", 1)
    own = deed(city, "S11", 2)
    deed(city, "S21", 3)
    last = deed(city, "S11", 4)
    events = listen(city.person("d1-duty"), 2, **{"Last-Event-ID": str(before)})
    assert [event["id"] for event in events] == [own, last]
    street = listen(city.person("s21-duty"), 2, **{"Last-Event-ID": str(before)})
    assert not {event["id"] for event in street} & {own, last}


def test_a_called_department_is_told_wherever_it_sits(city: City) -> None:
    """The call lies in the street, which the department does not see; the call it does see."""
    before = place_now()
    deed(city, "S11", 1)
    raise_call(
        caller=city["S11"], departments=[city["WATER"]], subject="water", text="水管爆裂",
        by=city.person("s11-duty"), now=NOW,
    )  # fmt: skip
    seal(now=NOW)
    [event] = listen(city.person("water"), 1, **{"Last-Event-ID": str(before)})
    assert (event["verb"], event["id"]) == ("command.raise_call", place_now())


def test_each_listener_knows_how_many_listen(city: City) -> None:
    """So that five hundred open pages do not ask for their parts at one moment."""
    place, mayor = place_now(), city.person("mayor")
    deed(city, "S11")

    async def run() -> list[int]:
        feeds = [aiter(live._events(mayor, place)) for _ in range(3)]
        said = []
        for feed in feeds:
            text = ""
            while not text.startswith("id: "):
                text = await anext(feed)
            said.append(json.loads(text.partition("data: ")[2])["listeners"])
        for feed in feeds:
            await feed.aclose()  # type: ignore[attr-defined]
        await _end_tail()
        return [*said, live._tail.listeners]

    assert async_to_sync(run)() == [1, 2, 3, 0]


def test_an_event_tells_what_happened_and_no_words(city: City) -> None:
    before = place_now()
    deed(city, "S11")
    [event] = listen(city.person("mayor"), 1, **{"Last-Event-ID": str(before)})
    assert set(event) == {"id", "at", "verb", "subject", "listeners"}
    assert event["subject"].startswith("sensing.Report:")


def test_what_the_tail_does_not_remember_is_read_from_the_log_and_the_rest_follows(
    city: City,
) -> None:
    before = place_now()
    places = [deed(city, "S11", n) for n in range(3)]

    async def step() -> None:
        assert live._tail.since(before) is None
        places.append(await sync_to_async(deed)(city, "S11", 9))
        await sync_to_async(deed)(city, "S21", 10)
        places.append(await sync_to_async(deed)(city, "S11", 11))

    events = listen(city.person("d1-duty"), 5, step, **{"Last-Event-ID": str(before)})
    assert [event["id"] for event in events] == places


def test_the_log_is_asked_once_about_what_lies_behind_the_tail(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing of one's area lies there, later news must not lead into the log again."""
    before = place_now()
    for minute in range(3):
        deed(city, "S21", minute)
    asked: list[int] = []
    plain_after = live._plain_after

    def counted(place: int) -> list[dict[str, Any]]:
        asked.extend([place] * (place == before))
        return plain_after(place)

    monkeypatch.setattr(live, "_plain_after", counted)

    async def news() -> None:
        for minute in range(4, 7):
            await asyncio.sleep(0.2)
            await sync_to_async(deed)(city, "S21", minute)
        await asyncio.sleep(0.2)
        await sync_to_async(deed)(city, "S11", 9)

    coming: list[asyncio.Task[None]] = []

    async def step() -> None:
        coming.append(asyncio.create_task(news()))

    [event] = listen(city.person("s11-duty"), 1, step, **{"Last-Event-ID": str(before)})
    assert event["id"] == place_now()
    assert asked == [before]


def test_a_stranger_is_refused(city: City) -> None:
    assert Client().get("/live").status_code == 403


@pytest.mark.parametrize("path", ["/map", "/warnings", "/calls", "/supplies"])
def test_live_pages_name_their_parts_and_the_place_they_are_as_of(city: City, path: str) -> None:
    place = deed(city, "S11")
    answer = browser(city, "mayor").get(path)
    page = words(answer)
    assert f'data-after="{place}"' in page
    assert "console/live.js" in page
    assert "data-live=" in page
    assert "The connection is broken since %s" in page
    assert seen(answer).blocked == []
