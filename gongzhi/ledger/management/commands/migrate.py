"""Bring the database to its present shape; an empty one gets it in one step.

Django plays every migration on an empty database and builds its picture of all models anew for
each of their constraints: ten seconds of work for the tables that the models themselves describe
(tests/house holds models and migrations equal, and that no migration carries data).
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

PARTIAL = (
    "app_label",
    "migration_name",
    "plan",
    "check_unapplied",
    "fake",
    "fake_initial",
    "prune",
)


class Command(Migrate):
    """`migrate`, with a short way for a database that has no tables yet."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Build the tables where there are none, then do what migrations are still to be done."""
        connection = connections[options["database"]]
        if not any(options.get(name) for name in PARTIAL) and is_empty(connection):
            build_tables(connection)
        super().handle(*args, **options)


def is_empty(connection: Any) -> bool:
    """Whether a database has no tables."""
    return not connection.introspection.table_names()


def build_tables(connection: Any) -> None:
    """Create the table of every model, and note that its migrations are done: all or nothing."""
    known = set(MigrationLoader(connection).graph.nodes)
    labels = {label for label, _name in known}
    recorder = MigrationRecorder(connection)
    with connection.schema_editor() as editor:
        editor.create_model(recorder.Migration)
        for model in apps.get_models(include_auto_created=False):
            if model._meta.app_label in labels and model._meta.managed and not model._meta.proxy:
                editor.create_model(model)
        for label, name in sorted(known):
            recorder.record_applied(label, name)
