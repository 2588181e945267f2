"""The duties matrix: whose duty a subject is in an area, by version."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
from gongzhi.ledger.records import EVERYONE, Record

LEVELS = "/"
"""Stands between the levels of a subject: “water supply/burst main”."""


class DutiesMatrix(Record):
    """One version of an area's list of who has which duty (权责清单).

    A version is never changed: a new document or a ruling makes the next one.
    """

    SCOPE = EVERYONE

    class State(models.TextChoices):
        IN_FORCE = "in_force", _("in force")
        REPLACED = "replaced", _("replaced")

    MOVES = {State.IN_FORCE: {State.REPLACED}, State.REPLACED: set()}

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    basis = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.IN_FORCE)
    adopted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Privacy:
        public = ("area", "version", "basis", "digest", "state", "adopted_at", "replaced_at")
        official = ("adopted_by",)
        keep = "organisation"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area", "version"], name="one_matrix_of_a_version"),
            models.UniqueConstraint(
                fields=["area"], condition=Q(state="in_force"), name="one_matrix_in_force"
            ),
            models.CheckConstraint(
                condition=Q(state="in_force", replaced_at=None)
                | Q(state="replaced", replaced_at__isnull=False),
                name="matrix_replaced_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} · {self.version}"


class DutyRow(Record):
    """One row of the duties matrix: subject and area, the department, who helps, on what basis.

    It stands in every version from `added_in` up to the one before `dropped_in`. A duty that is
    less urgent than most may have its own time to answer, which is also that between two climbs.
    """

    SCOPE = EVERYONE

    subject = models.CharField(max_length=80)
    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    department = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    co_departments = models.ManyToManyField(Unit, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    answer_minutes = models.PositiveIntegerField(null=True)
    basis = models.CharField(max_length=300)
    added_in = models.ForeignKey(DutiesMatrix, models.PROTECT, related_name="rows_added")
    dropped_in = models.ForeignKey(
        DutiesMatrix, models.PROTECT, null=True, related_name="rows_dropped"
    )

    class Privacy:
        public = ("subject", "area", "department", "co_departments", "starts_on", "ends_on",
                  "answer_minutes", "basis", "added_in", "dropped_in")  # fmt: skip
        keep = "organisation"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="duty_dates_ordered",
            ),
            models.CheckConstraint(
                condition=Q(answer_minutes=None) | Q(answer_minutes__gte=1),
                name="duty_has_time_to_answer",
            ),
        ]
        indexes = [models.Index(fields=["subject"])]

    def __str__(self) -> str:
        return f"{self.subject} · {self.area} → {self.department}"
