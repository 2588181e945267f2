"""Loads and their rows, what waits in quarantine, the accounts of what was received."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty, charges_of, expose, visible
from gongzhi.exchange.models import Dataset, Load, Row, Standard


def rows_waiting(by: Person, now: datetime) -> QuerySet[Row]:
    """Rows in quarantine in one's area, oldest load first."""
    rows = visible(Row, by, now).filter(state=Row.State.QUARANTINED)
    return rows.select_related("load__dataset__supplier").order_by("load_id", "number")


def accounts(loads: QuerySet[Load]) -> dict[str, int]:
    """How many rows came in, and what became of them; the parts add up to the whole."""
    sums: dict[str, Any] = loads.aggregate(
        files=Count("id"), rows=Sum("rows"), read=Sum("rows_read"),
        quarantined=Sum("rows_quarantined"), duplicate=Sum("rows_duplicate"),
    )  # fmt: skip
    return {name: int(value or 0) for name, value in sums.items()}


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: look at loads whose rows wait in quarantine."""
    mine = charges_of(by, now)
    waiting = (
        Load.objects.filter(row_set__state=Row.State.QUARANTINED, dataset__supplier__in=mine)
        .annotate(waiting=Count("row_set"))
        .select_related("dataset__supplier")
        .order_by("received_at", "id")
    )
    found = []
    for load in waiting[:20]:
        first = load.row_set.filter(state=Row.State.QUARANTINED).order_by("number").first()
        if first is None or not may(by, "load_data", load.dataset.supplier, now):
            continue
        found.append(
            Duty(
                title=_("%(count)s rows of “%(file)s” wait in quarantine")
                % {"count": load.waiting, "file": load.file_name},
                where=str(load.dataset.supplier),
                due_at=load.received_at + timedelta(days=1),
                why=_("Nothing is dropped: each row is corrected and released, or rejected."),
                room="exchange",
                verb="release_row",
                inputs={"row": first.pk},
                subject=load.ref,
            )
        )
    return found


expose("exchange", standards=Standard, datasets=Dataset, loads=Load, rows=Row)
