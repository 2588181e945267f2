"""What the tests of the console share. Models are imported late: settings come after this file."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction

from tests.once import once

if TYPE_CHECKING:
    from tests.interfaces.console_scene import Scene
    from tests.rooms.cast import City


def clear_away() -> None:
    """Let PostgreSQL clear away what an earlier module rolled back."""
    _maintain("VACUUM ANALYZE")


def tell_the_planner() -> None:
    """Let PostgreSQL count what was made: inside a long transaction nobody else does it."""
    _maintain("ANALYZE")


def _maintain(statement: str) -> None:
    """Only for the house's own tables: the catalogues that all databases of a server share would
    stay locked until the transaction ends, and the other workers would wait for that.
    """
    if connection.vendor == "postgresql":
        own = ", ".join(map(connection.ops.quote_name, connection.introspection.table_names()))
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} {own}")


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[bytes]:
    """The crisis, played once for a module, in a transaction that ends with it; pickled."""
    from tests.interfaces.console_scene import play

    with django_db_blocker.unblock():
        clear_away()
    with django_db_blocker.unblock(), transaction.atomic():
        scene = play()
        tell_the_planner()
        yield pickle.dumps(scene)
        transaction.set_rollback(True)


@pytest.fixture
def scene(played: bytes, db: None, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The crisis at noon; what a test does to it, in the database or in hand, is undone."""
    from gongzhi.interfaces import clock
    from tests.interfaces.console_scene import NOW

    monkeypatch.setattr(clock, "now", lambda: NOW)
    return pickle.loads(played)


@pytest.fixture(autouse=True)
def _made_before_anything_else(standing: object) -> None:
    """What tests begin with is made before a test opens its own savepoint."""


@once
def city() -> City:
    """The small city."""
    from tests.interfaces.console_scene import founded

    return founded()
