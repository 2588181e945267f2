"""What tests begin with is made once, and each of them finds it as it was made.

    @once
    def city() -> City:
        return small_city()

    @once
    def above(city: City) -> Upstream:
        return crisis(city)

Who takes such a fixture sees one like any other. It is made in a transaction that stays open, what
builds on it in a savepoint of that; every test works in a savepoint on top, with a copy of all the
objects. The tests of a file that begin with the same things follow each other, and what the next
test does not begin with is taken down: in whatever order they run, none sees what it did not ask
for. Nothing of this is ever committed, so a test that commits begins with fixtures of its own.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pytest

Make = Callable[..., Any]
"""Makes one of the things that tests begin with."""


def once(make: Make) -> Any:
    """A fixture that is made once for tests that follow each other; it may take others of these."""

    def found(standing: dict[Make, Any], db: None, **_: Any) -> Any:
        return standing[make]

    taken = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
        for name in ("standing", "db", *inspect.signature(make).parameters)
    ]
    found.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]
    found.make = make  # type: ignore[attr-defined]
    found.__doc__ = make.__doc__
    return pytest.fixture(name=make.__name__)(found)


@dataclass
class Floor:
    """One thing that was made, and everything up to it as tests are given it."""

    make: Make
    opened: Any
    makes: tuple[Make, ...] = ()
    kept: bytes = b""

    def keep(self, made: dict[Make, Any]) -> None:
        """Pickled once: what is made from that costs a sixth of a deep copy."""
        self.makes, self.kept = tuple(made), pickle.dumps(list(made.values()))

    def copy(self) -> dict[Make, Any]:
        return dict(zip(self.makes, pickle.loads(self.kept), strict=True))

    def take_down(self) -> None:
        from django.db import transaction

        transaction.set_rollback(True)
        self.opened.__exit__(None, None, None)


class Ground:
    """What stands in the open transaction, each floor in a savepoint of the one below."""

    def __init__(self, below: int = 0) -> None:
        self.below = below  # transactions that are open before anything is made
        self.floors: list[Floor] = []

    def keep_only(self, wanted: list[Make]) -> None:
        """Take down what is not wanted, and what stands on it."""
        kept = 0
        for floor, make in zip(self.floors, wanted, strict=False):
            if floor.make is not make:
                break
            kept += 1
        while len(self.floors) > kept:
            self.floors.pop().take_down()

    def build(self, wanted: dict[Make, list[Make]]) -> None:
        """Make what is wanted and does not stand yet; each comes with what it takes."""
        from django.db import connection

        if len(connection.atomic_blocks) != self.below + len(self.floors):
            raise pytest.UsageError("This test must take `db`, instead of being marked for it.")
        self.keep_only(list(wanted))
        for make, takes in list(wanted.items())[len(self.floors) :]:
            self._add(make, takes)

    def _add(self, make: Make, takes: list[Make]) -> None:
        from django.db import connection, transaction

        made = self.copy()
        floor = Floor(make, transaction.atomic())
        with ExitStack() as undo:
            floor.opened.__enter__()
            undo.callback(floor.take_down)
            made[make] = make(*(made[each] for each in takes))
            connection.check_constraints()
            undo.pop_all()
        floor.keep(made)
        self.floors.append(floor)

    def copy(self) -> dict[Make, Any]:
        """All that was made, in one copy, so that what was one object still is."""
        return self.floors[-1].copy() if self.floors else {}


def begins_with(item: pytest.Item) -> dict[Make, list[Make]]:
    """What a test begins with, lowest first, and what each of these takes."""
    fixtures = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    found: dict[Make, list[Make]] = {}

    def add(name: str) -> Make | None:
        make = getattr(fixtures[name][-1].func, "make", None) if name in fixtures else None
        if make is not None and make not in found:
            found[make] = [each for each in map(add, inspect.signature(make).parameters) if each]
        return make

    for name in sorted(getattr(item, "fixturenames", ())):
        add(name)
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets the tests of a file that begin with the same things follow each other."""
    items[:] = [
        item
        for _, of_file in groupby(items, lambda item: item.path)
        for item in sorted(of_file, key=lambda item: [make.__name__ for make in begins_with(item)])
    ]


@pytest.fixture(scope="module")
def ground(django_db_blocker: Any) -> Iterator[Ground]:
    """Where the tests of this file stand; taken down with it."""
    ground = Ground()
    yield ground
    with django_db_blocker.unblock():
        ground.keep_only([])


@pytest.fixture
def standing(ground: Ground, request: pytest.FixtureRequest) -> dict[Make, Any]:
    """What this test begins with, in a copy of its own."""
    wanted = begins_with(request.node)
    if wanted:
        request.getfixturevalue("django_db_setup")
    if wanted or ground.floors:
        with request.getfixturevalue("django_db_blocker").unblock():
            ground.build(wanted)
    if wanted:
        request.getfixturevalue("db")
    return ground.copy()
