"""Whose duty it is: the row of the duties matrix that fits a subject in an area, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Unit
from gongzhi.command.duties_text import subject_and_above
from gongzhi.command.models import LEVELS, DutiesMatrix, DutyRow


@dataclass(frozen=True)
class Proposal:
    """Whom the duties matrix names for a subject in an area: the department, then who helps."""

    row: DutyRow
    version: int
    units: tuple[Unit, ...]

    def __str__(self) -> str:
        return why_duty(self.row, self.version)


def why_duty(row: DutyRow, version: int) -> str:
    """Why a department is proposed: the row, its version and its basis."""
    text = _(
        "“%(subject)s” in %(area)s is the duty of %(unit)s: row %(row)s of version %(version)s of "
        "the duties matrix of %(matrix)s (%(basis)s)."
    )
    return text % {
        "subject": row.subject, "area": row.area, "unit": row.department, "row": row.pk,
        "version": version, "matrix": row.added_in.area, "basis": row.basis or row.added_in.basis,
    }  # fmt: skip


def proposal_for(place: Unit, subject: str, now: datetime) -> Proposal | None:
    """Whose duty a subject is at a place, or None where no row fits.

    The more specific subject wins, then the smaller area, then the row that was added last.
    """
    rows = list(_rows_over(place, now).filter(subject__in=subject_and_above(subject)))
    if not rows:
        return None
    row = max(rows, key=_rank)
    matrix = matrix_in_force(row.added_in.area)
    version = matrix.version if matrix else row.added_in.version
    return Proposal(row, version, (row.department, *row.co_departments.order_by("path")))


def _rank(row: DutyRow) -> tuple[int, int, datetime, int]:
    return row.subject.count(LEVELS), len(row.area.path), row.added_in.adopted_at, row.pk


def _rows_over(place: Unit, now: datetime) -> QuerySet[DutyRow]:
    """Rows in force today for the areas that a place lies in."""
    day = localtime(now).date()
    return rows_in_force().filter(
        Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day,
        area__path__in=place.ancestor_paths(),
    )  # fmt: skip


def rows_in_force() -> QuerySet[DutyRow]:
    """Rows that no later version has dropped."""
    rows = DutyRow.objects.filter(dropped_in=None)
    return rows.select_related("area", "department", "added_in__area").order_by("subject", "id")


def matrix_in_force(area: Unit) -> DutiesMatrix | None:
    """The version in force of an area's own matrix."""
    matrices = DutiesMatrix.objects.filter(area=area, state=DutiesMatrix.State.IN_FORCE)
    return matrices.select_related("area").first()


def matrix_over(area: Unit) -> DutiesMatrix | None:
    """The version in force of the matrix of an area, or of the nearest area above with one."""
    matrices = DutiesMatrix.objects.filter(
        area__path__in=area.ancestor_paths(), state=DutiesMatrix.State.IN_FORCE
    )
    return matrices.select_related("area").order_by("-area__path").first()


def rows_of(matrix: DutiesMatrix) -> QuerySet[DutyRow]:
    """The rows of one version: added up to it and not dropped up to it."""
    rows = DutyRow.objects.filter(added_in__area=matrix.area, added_in__version__lte=matrix.version)
    gone = Q(dropped_in__area=matrix.area, dropped_in__version__lte=matrix.version)
    return rows.exclude(gone).select_related("area", "department").order_by("subject", "id")


def subjects_for(place: Unit, now: datetime) -> list[str]:
    """The subjects that the matrix knows at a place."""
    return sorted(set(_rows_over(place, now).values_list("subject", flat=True)))


def duties_proposing(proposal: Proposal | None, units: Iterable[Unit]) -> dict[int, DutyRow]:
    """For each of these units that was proposed, the row that proposed it."""
    if proposal is None:
        return {}
    proposed = {unit.pk for unit in proposal.units}
    return {unit.pk: proposal.row for unit in units if unit.pk in proposed}
