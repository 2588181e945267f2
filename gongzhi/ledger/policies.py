"""Is this the database that this process may work on?"""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from gongzhi.errors import NotNow
from gongzhi.ledger.models import Log


def check_own_database() -> None:
    """An exercise works on its own database only, and the house never on one of an exercise.

    The mark is the name of the ledger that a database was begun with. A database without tables
    carries none. Errors: `NotNow` with a sentence that says what to set.
    """
    if Log._meta.db_table not in connection.introspection.table_names():
        return
    log = Log.objects.filter(id=1).first()
    origin = log.origin if log else ""
    held = settings.EXERCISE
    if held is not None and origin != held.origin:
        raise NotNow(
            _(
                "This database does not carry the mark of exercise %(number)s. Make the exercise "
                "anew; an exercise never works on the figures of the house."
            )
            % {"number": held.number}
        )
    if held is None and settings.EXERCISE_MARK in origin:
        raise NotNow(
            _(
                "This database belongs to an exercise (%(origin)s). Set GONGZHI_DATABASE_URL to "
                "the house's own, or run the exercise with `gongzhi exercise run`."
            )
            % {"origin": origin}
        )
