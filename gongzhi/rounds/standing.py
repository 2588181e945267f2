"""The standing facts of a house, carried into the house of an exercise (演练).

Standing is who is there, with which posts, powers, plans, standards and stock. What happened
(reports, orders, calls) stays behind, and so does what tells about residents: least data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import serializers
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from gongzhi.actors.models import Boundary, Delegation, Facility, Person, Post, Unit
from gongzhi.command.models import ContingencyPlan
from gongzhi.engines.merkle import EMPTY_ROOT
from gongzhi.errors import NotNow
from gongzhi.exchange.models import Dataset, Standard
from gongzhi.ledger.actions import append
from gongzhi.ledger.models import Log
from gongzhi.rounds.walk import clock_person, root_unit
from gongzhi.supply.models import Item, Stock

CARRIED: tuple[type[models.Model], ...] = (
    Unit, Boundary, Facility, Person, Post, Delegation, Standard, Dataset, ContingencyPlan, Item,
    Stock,
)  # fmt: skip
"""In an order in which each refers to earlier ones only."""


def write_standing(path: Path, now: datetime) -> int:
    """Write the standing facts at a moment into a file; returns how many records.

    The file holds the log-ins of the people: only its owner may read it, and it is deleted when
    the exercise has taken it in. Telephone numbers stay behind.
    """
    path.touch(mode=0o600)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for model in CARRIED:
            rows = list(_standing(model, now))
            count += len(rows)
            serializers.serialize("jsonl", rows, stream=file)
    return count


def _standing(model: type[models.Model], now: datetime) -> Iterator[Any]:
    rows = model._base_manager.order_by("pk")
    if model is Post:
        rows = rows.filter(Q(ends_at=None) | Q(ends_at__gt=now))
    if model is Delegation:
        rows = rows.filter(revoked_at=None, ends_at__gt=now)
    if model is ContingencyPlan:
        rows = rows.filter(state=ContingencyPlan.State.ADOPTED)
    for row in rows:
        if isinstance(row, Person):
            row.phone, row.last_login = "", None
        yield row


def take_in_standing(path: Path, now: datetime, **facts: Any) -> None:
    """Begin the house of an exercise: the mark of its database, the standing facts, a first line.

    Posts begin no later than the exercise does. Errors: `NotNow` where the database is not empty.
    """
    if Unit.objects.exists() or Log.objects.exists():
        raise NotNow(_("The database of an exercise begins empty. Make the exercise anew."))
    with transaction.atomic(), path.open(encoding="utf-8") as file:
        Log.objects.create(id=1, origin=settings.LEDGER_ORIGIN, root=EMPTY_ROOT)
        rows: dict[type[models.Model], list[Any]] = defaultdict(list)
        for carried in serializers.deserialize("jsonl", file):
            rows[type(carried.object)].append(carried.object)
        for model in CARRIED:
            model._base_manager.bulk_create(rows[model], batch_size=1000)
        Post.objects.filter(starts_at__gt=now).update(starts_at=now)
        Delegation.objects.filter(starts_at__gt=now, ends_at__gt=now).update(starts_at=now)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(CARRIED)):
                cursor.execute(statement)
        clock, root = clock_person(), root_unit()
        if clock is None or root is None:
            raise NotNow(_("Nobody holds the clock's post yet: found the house first."))
        append(verb="rounds.begin_exercise", subject=root, place=root, by=clock, now=now, **facts)
