"""Contingency plans and their activations."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person
from gongzhi.assessment.models import Hazard, Incident
from gongzhi.decision.models import Decision
from gongzhi.ledger.records import EVERYONE, Record
from gongzhi.writing import tongue


def in_language(record: models.Model, name: str) -> str:
    """A text of a record in the reader's language: `name`, `name_hant` or `name_en`.

    Simplified Chinese stands in where the other two were not given.
    """
    text: str = getattr(record, name)
    return text if tongue() == "hans" else getattr(record, f"{name}_{tongue()}") or text


class ContingencyPlan(Record):
    """One version of a plan as written (预案): trigger, then orders with roles and times."""

    SCOPE = EVERYONE

    class State(models.TextChoices):
        ADOPTED = "adopted", _("adopted")
        RETIRED = "retired", _("retired")

    MOVES = {State.ADOPTED: {State.RETIRED}, State.RETIRED: set()}

    code = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    title_hant = models.CharField(max_length=200, blank=True)
    title_en = models.CharField(max_length=200, blank=True)
    hazard = models.CharField(max_length=12, choices=Hazard)
    document = models.TextField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.ADOPTED)
    adopted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField()

    class Privacy:
        public = ("code", "version", "title", "title_hant", "title_en", "hazard", "document",
                  "digest", "state", "adopted_at")  # fmt: skip
        official = ("adopted_by",)
        keep = "organisation"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_plan_version"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(state="adopted"), name="one_plan_adopted"
            ),
        ]

    def __str__(self) -> str:
        return f"{in_language(self, 'title')} {self.version}"


class Activation(Record):
    """A plan put into force for an incident by a decision (预案启动)."""

    SCOPE = ("incident__area__path",)

    plan = models.ForeignKey(ContingencyPlan, models.PROTECT, related_name="activations")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="activations")
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="activations")
    activated_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    activated_at = models.DateTimeField()

    class Privacy:
        public = ("plan", "incident", "decision", "activated_at")
        official = ("activated_by",)
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "incident"], name="one_activation_of_a_plan")
        ]

    def __str__(self) -> str:
        return str(self.plan)


class Phase(Record):
    """One of the phases of a plan in force: its orders are given when a person begins it (阶段)."""

    SCOPE = ("activation__incident__area__path",)

    class Name(models.TextChoices):
        PREVENT = "prevent", _("prevention")
        CONTROL = "control", _("control")
        TREAT = "treat", _("treatment")
        CLEAR = "clear", _("clearing up")

    class State(models.TextChoices):
        AHEAD = "ahead", _("still to come")
        PROPOSED = "proposed", _("proposed")
        BEGUN = "begun", _("begun")
        LEAVING = "leaving", _("its tests for the end hold")
        OVER = "over", _("over")

    MOVES = {
        State.AHEAD: {State.PROPOSED, State.BEGUN},
        State.PROPOSED: {State.AHEAD, State.BEGUN},
        State.BEGUN: {State.LEAVING, State.OVER},
        State.LEAVING: {State.BEGUN, State.OVER},
        State.OVER: set(),
    }

    activation = models.ForeignKey(Activation, models.PROTECT, related_name="phases")
    phase = models.CharField(max_length=8, choices=Name)
    state = models.CharField(max_length=8, choices=State, default=State.AHEAD)
    tested_at = models.DateTimeField()
    begun_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    begun_at = models.DateTimeField(null=True)
    over_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    over_at = models.DateTimeField(null=True)
    reason_over = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("activation", "phase", "state", "begun_at", "over_at")
        official = ("tested_at", "begun_by", "over_by", "reason_over")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activation", "phase"], name="each_phase_once"),
            models.CheckConstraint(
                condition=Q(begun_by=None, begun_at=None)
                | Q(begun_by__isnull=False, begun_at__isnull=False),
                name="phase_begun_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(over_by=None, over_at=None, reason_over="")
                | Q(over_by__isnull=False, over_at__isnull=False),
                name="phase_over_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("ahead", "proposed"), begun_at=None)
                | Q(state__in=("begun", "leaving", "over"), begun_at__isnull=False),
                name="phase_begun_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activation} · {self.get_phase_display()}"


class WindDown(Record):
    """One thing that a plan in force takes back at the end (收尾)."""

    SCOPE = ("activation__incident__area__path",)

    class State(models.TextChoices):
        AHEAD = "ahead", _("still to come")
        DUE = "due", _("due")
        DONE = "done", _("done")

    MOVES = {
        State.AHEAD: {State.DUE, State.DONE},
        State.DUE: {State.AHEAD, State.DONE},
        State.DONE: set(),
    }

    activation = models.ForeignKey(Activation, models.PROTECT, related_name="wind_down")
    title = models.CharField(max_length=200)
    title_hant = models.CharField(max_length=200, blank=True)
    title_en = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.AHEAD)
    tested_at = models.DateTimeField()
    done_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("activation", "title", "title_hant", "title_en", "state", "done_at")
        official = ("tested_at", "done_by", "result")
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="done", done_by__isnull=False, done_at__isnull=False)
                | (~Q(state="done") & Q(done_by=None, done_at=None, result="")),
                name="wound_down_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return in_language(self, "title")
