"""Adopt a duties matrix, and amend it where a ruling says whose duty it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.command.call_policies import (
    FoundDuty,
    check_duties_read,
    check_matrix_is_new,
    found_duties,
)
from gongzhi.command.duties_text import read_duties, subject_path
from gongzhi.command.models import CallAnswer, DutiesMatrix, DutyRow
from gongzhi.command.queries import area_over, matrix_in_force, matrix_over, rows_in_force
from gongzhi.errors import Malformed
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed

Table = Annotated[str, Field(min_length=1, max_length=250_000)]
Basis = Annotated[str, Field(min_length=1, max_length=300)]


@deed()
def adopt_duties(
    *, area: Unit, table: Table, basis: Basis, by: Person, now: datetime
) -> DutiesMatrix:
    """Adopt an area's duties matrix, as CSV or YAML; the one before it ends.

    (权责清单.) Errors: `Malformed` with a sentence for each line that is wrong; `NotNow` when
    this very text is in force.
    """
    check_may(by, "adopt_duties", area, now)
    read = read_duties(table)
    found, problems = found_duties(area, read.drafts)
    check_duties_read([*read.problems, *problems])
    digest = hashlib.sha256(table.encode()).hexdigest()
    before = _locked(area)
    check_matrix_is_new(before, digest)
    matrix = _next_version(area, before, basis, digest, by, now)
    dropped = DutyRow.objects.filter(dropped_in=None, added_in__area=area)
    count = dropped.update(dropped_in=matrix)
    _add_rows(matrix, found)
    append(
        verb="command.adopt_duties", subject=matrix, place=area, by=by, now=now, basis=basis,
        version=matrix.version, digest=digest, rows=len(found), dropped=count,
    )  # fmt: skip
    return matrix


def _locked(area: Unit) -> DutiesMatrix | None:
    """The version in force; whoever makes the next one waits here for its turn.

    Who only writes a row about the unit does not wait, so that two areas that name each other
    never wait in a circle.
    """
    Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=area.pk)
    return matrix_in_force(area)


def _next_version(
    area: Unit, before: DutiesMatrix | None, basis: str, digest: str, by: Person, now: datetime
) -> DutiesMatrix:
    if before is not None:
        before.change(state=DutiesMatrix.State.REPLACED, replaced_at=now)
    return DutiesMatrix.objects.create(
        area=area, version=before.version + 1 if before else 1, basis=basis, digest=digest,
        adopted_by=by, adopted_at=now,
    )  # fmt: skip


def _add_rows(matrix: DutiesMatrix, duties: Sequence[FoundDuty]) -> None:
    rows = DutyRow.objects.bulk_create(
        [
            DutyRow(
                subject=duty.draft.subject, area=duty.area, department=duty.department,
                starts_on=duty.draft.starts_on, ends_on=duty.draft.ends_on,
                answer_minutes=duty.draft.answer_minutes, basis=duty.draft.basis, added_in=matrix,
            )
            for duty in duties
        ],
        batch_size=500,
    )  # fmt: skip
    through = DutyRow.co_departments.through
    through.objects.bulk_create(
        [
            through(dutyrow_id=row.pk, unit_id=unit.pk)
            for row, duty in zip(rows, duties, strict=True)
            for unit in duty.together
        ],
        batch_size=500,
    )


def amend_duties(
    *,
    answer: CallAnswer,
    refusers: Iterable[Unit],
    unit: Unit,
    ruler: Unit,
    reason: str,
    by: Person,
    now: datetime,
) -> DutiesMatrix:
    """Write a ruling into the duties matrix as its next version, so that the next call goes right.

    The row holds in the ruling tier's area, or in the smaller one that the named unit and the
    caller share. Rows that say otherwise there are dropped.
    """
    caller = answer.call.caller
    area = _smaller(area_over(unit, caller) or ruler, ruler)
    known = matrix_over(area)
    home = known.area if known else area
    before = _locked(home)
    said = _("Ruling of %(unit)s on %(day)s: %(reason)s") % {
        "unit": ruler, "day": localtime(now).date().isoformat(), "reason": reason,
    }  # fmt: skip
    subject = subject_path(answer.call.subject)
    if not subject:
        raise Malformed(_("The call names no subject, so that no duty can be written down."))
    digest = hashlib.sha256(f"{subject}\n{area.path}\n{unit.path}\n{said}".encode()).hexdigest()
    matrix = _next_version(home, before, said[:300], digest, by, now)
    gone = list(
        rows_in_force()
        .filter(subject=subject, area__path__in=caller.ancestor_paths())
        .filter(area__path__startswith=area.path)
        .prefetch_related("co_departments")
    )
    out = {one.pk for one in (*refusers, unit)}
    helpers = {u.pk: u for row in gone for u in row.co_departments.all() if u.pk not in out}
    _replace_rows(gone, subject, area, unit, helpers.values(), matrix)
    append(
        verb="command.amend_duties", subject=matrix, place=area, by=by, now=now,
        version=matrix.version, ruling=answer.ref, subject_ruled=subject, unit=unit.path,
        dropped=[one.ref for one in gone],
    )  # fmt: skip
    return matrix


def _replace_rows(
    gone: Sequence[DutyRow],
    subject: str,
    area: Unit,
    unit: Unit,
    helpers: Iterable[Unit],
    matrix: DutiesMatrix,
) -> None:
    """Drop the rows that say otherwise, and add the one that a ruling makes."""
    DutyRow.objects.filter(pk__in=[row.pk for row in gone]).update(dropped_in=matrix)
    row = DutyRow.objects.create(
        subject=subject, area=area, department=unit, starts_on=localtime(matrix.adopted_at).date(),
        basis=matrix.basis, answer_minutes=gone[0].answer_minutes if gone else None,
        added_in=matrix,
    )  # fmt: skip
    row.co_departments.set(helpers)


def _smaller(one: Unit, other: Unit) -> Unit:
    return one if len(one.path) >= len(other.path) else other
