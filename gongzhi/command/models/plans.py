"""Contingency plans and their activations."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person
from gongzhi.assessment.models import Hazard, Incident
from gongzhi.decision.models import Decision
from gongzhi.ledger.records import EVERYONE, Record


def in_language(record: models.Model, name: str) -> str:
    """A text of a record in the reader's language: `name`, `name_hant` or `name_en`.

    Simplified Chinese stands in where the other two were not given.
    """
    language = (get_language() or "zh-hans").lower()
    ending = "_en" if language.startswith("en") else "_hant"
    text: str = getattr(record, name)
    return text if language.startswith("zh-hans") else getattr(record, name + ending) or text


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
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="one_plan_version")]

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
