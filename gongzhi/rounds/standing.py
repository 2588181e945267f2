"""The standing facts of a house, carried into the house of an exercise (演练).

Standing is who is there, with which posts, powers, duties, plans, standards and stock, and which
goods are on offer and not promised to anybody. What happened
(reports, orders, calls) stays behind, and so does what tells about residents: least data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import serializers
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.lent import sign, signature_fault
from gongzhi.actors.models import Boundary, Delegation, Facility, Person, Post, Unit
from gongzhi.actors.queries import root_unit
from gongzhi.command.models import ContingencyPlan, DutiesMatrix, DutyRow
from gongzhi.engines.merkle import EMPTY_ROOT
from gongzhi.errors import NotNow
from gongzhi.exchange.models import Dataset, Standard
from gongzhi.ledger.actions import append
from gongzhi.ledger.models import Log
from gongzhi.rounds.walk import clock_person
from gongzhi.supply.models import Item, Offer, Stock

CARRIED: tuple[type[models.Model], ...] = (
    Unit, Boundary, Facility, Person, Post, Delegation, Standard, Dataset, ContingencyPlan,
    DutiesMatrix, DutyRow, DutyRow.co_departments.through, Item, Stock, Offer,
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
    rows = model._base_manager.filter(_KEPT.get(model, lambda _now: Q())(now)).order_by("pk")
    for row in rows:
        if isinstance(row, Person):
            row.phone, row.last_login = "", None
        if isinstance(row, Delegation) and not _is_as_signed(row):
            continue
        if isinstance(row, Offer):
            row.quantity, row.promised_quantity = row.quantity - row.promised_quantity, 0
            row.row = None
        yield row


def _is_as_signed(lent: Delegation) -> bool:
    """Whether a lent power, and what it was lent from, is what was signed in the house."""
    return not any(map(signature_fault, [lent, *([lent.lent_from] if lent.lent_from else [])]))


_KEPT: dict[type[models.Model], Callable[[datetime], Q]] = {
    Post: lambda now: Q(ends_at=None) | Q(ends_at__gt=now),
    Delegation: lambda now: Q(revoked_at=None, ends_at__gt=now),
    ContingencyPlan: lambda _now: Q(state=ContingencyPlan.State.ADOPTED),
    DutyRow: lambda _now: Q(dropped_in=None),
    DutyRow.co_departments.through: lambda _now: Q(dutyrow__dropped_in=None),
    Offer: lambda now: (
        Q(state=Offer.State.OPEN, quantity__gt=F("promised_quantity"))
        & (Q(ends_at=None) | Q(ends_at__gt=now))
    ),
}
"""Which records of a kind stand; without a line all of them do."""


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
        _begin_by(now)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(CARRIED)):
                cursor.execute(statement)
        clock, root = clock_person(), root_unit()
        if clock is None or root is None:
            raise NotNow(_("Nobody holds the clock's post yet: found the house first."))
        append(verb="rounds.begin_exercise", subject=root, place=root, by=clock, now=now, **facts)


def _begin_by(now: datetime) -> None:
    """Let what stands in the house hold from the beginning of the exercise on."""
    day = localtime(now).date()
    Post.objects.filter(starts_at__gt=now).update(starts_at=now)
    lasting = Q(ends_on=None) | Q(ends_on__gte=day)
    DutyRow.objects.filter(lasting, starts_on__gt=day).update(starts_on=day)
    offers = Offer.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now))
    offers.filter(ready_at__gt=now).update(ready_at=now)
    Offer.objects.update(stated_at=now, changed_at=now)
    Delegation.objects.filter(starts_at__gt=now, ends_at__gt=now).update(starts_at=now)
    for lent in Delegation.objects.select_related("lender", "borrower", "area", "lent_from"):
        sign(lent)  # with the key of this house: no other accepts what it lends
        lent.save(update_fields=["signed"])
