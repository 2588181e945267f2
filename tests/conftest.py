"""What every test shares: the choice of the database and the rules of the run.

    pytest                                      the whole suite on SQLite
    pytest --db=postgres                        the whole suite on a PostgreSQL of its own
    pytest --db=postgres --only-database        the part that can differ between databases

A test on the database carries `@pytest.mark.django_db`, or takes a fixture that leads to one.
SQLite is a file in a temporary folder, as in the product, not in memory: write-ahead log, locks and
several connections behave as they do for a user.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest

from tests.postgres import PostgresServer

pytest_plugins = ["tests.browser", "tests.features", "tests.once"]

# The machine may be busy: how long one example takes says nothing.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

SERVER = pytest.StashKey[PostgresServer]()
DATABASE_FIXTURES = {"django_db_setup", "db", "transactional_db", "fresh_database"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gongzhi")
    group.addoption(
        "--db",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="the database under the tests",
    )
    group.addoption(
        "--only-database",
        action="store_true",
        help="leave out the tests that never touch the database",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Chooses the database before pytest-django loads the settings.

    The parallel workers inherit the environment, so one server and one folder serve them all.
    """
    config.addinivalue_line("markers", "long: its file takes half a minute, and is begun first")
    if hasattr(config, "workerinput") or config.option.help or config.option.version:
        return
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        raise pytest.UsageError(
            "Unset DJANGO_SETTINGS_MODULE: the tests choose their own database."
        )
    folder = Path(tempfile.mkdtemp(prefix="gongzhi-tests-", dir=in_memory()))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["GONGZHI_VAR"] = str(folder)
    os.environ["GONGZHI_DATABASE_URL"] = _database_url(config, folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "gongzhi.site.settings"
    from django.conf import settings

    settings.INSTALLED_APPS  # noqa: B018 - read now, so that a mistake shows before the workers start


def in_memory() -> str | None:
    """A folder the disk is not waited for, where the machine has one: thousands of tests commit."""
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() and os.access(shared, os.W_OK) else None


def _database_url(config: pytest.Config, folder: Path) -> str:
    if config.option.db == "sqlite":
        return f"sqlite:///{folder / 'gongzhi.sqlite3'}"
    if "GONGZHI_TEST_POSTGRES_URL" in os.environ:
        return os.environ["GONGZHI_TEST_POSTGRES_URL"]
    server = PostgresServer()
    config.add_cleanup(server.stop)
    server.start()
    config.stash[SERVER] = server
    return server.url


def pytest_report_header(config: pytest.Config) -> str:
    server = config.stash.get(SERVER, None)
    return f"database: {config.option.db}" + (
        f" (own server, started in {server.started_in:.1f} s)" if server else ""
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collects without looking for garbage: what is made here stays to the end of the run.

    Afterwards it is set apart, and the rest is looked through less often: a third of the collection
    and a twentieth of the run went into looking through it again and again.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts long files first, so that no worker waits for the other's last one.

    With --only-database, sets aside what would do the same thing a second time.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if not config.option.only_database:
        return
    kept = [item for item in items if touches_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def touches_database(item: pytest.Item) -> bool:
    """Whether a test can turn out differently on another database.

    That is so when it is marked `django_db`, is one of Django's own test classes, or takes a
    fixture that leads to the database (`db`, `site`, `page`, `fresh_database` and what is built
    on them). Everything else - engines, real-data vectors, the house rules - runs once, on SQLite.
    """
    from django.test import TransactionTestCase

    case = getattr(item, "cls", None)
    return (
        item.get_closest_marker("django_db") is not None
        or (case is not None and issubclass(case, TransactionTestCase))
        or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
    )


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_looked_for_when_asked_for() -> None:
    """Else each client of a test would list all of them anew before its first request."""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, worker_id: str
) -> None:
    """Gives each worker a test database of its own; on SQLite a file instead of memory."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        path = Path(database["NAME"]).with_name(f"test-{worker_id}.sqlite3")
        database.setdefault("TEST", {})["NAME"] = str(path)


@pytest.fixture(scope="session")
def worker_database_url(django_db_setup: None) -> str:
    """The URL of the test database of this worker, for a process of its own."""
    from django.conf import settings

    return _renamed(settings.DATABASES["default"]["NAME"])


@pytest.fixture
def fresh_database(tmp_path: Path, worker_id: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a new, empty database without tables, of the kind under test."""
    if os.environ["GONGZHI_DATABASE_URL"].startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'fresh.sqlite3'}"
        return
    import psycopg
    from psycopg import sql

    name = f"fresh_{worker_id}_{abs(hash(request.node.nodeid)) % 10**8}"
    with psycopg.connect(os.environ["GONGZHI_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield _renamed(name)
        statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(name)))


def _renamed(name: str) -> str:
    """The URL under test with another database in it."""
    url = os.environ["GONGZHI_DATABASE_URL"]
    if url.startswith("sqlite"):
        return f"sqlite:///{name}"
    return urlsplit(url)._replace(path=f"/{name}").geturl()
