"""Exercises that were held: what is kept of them in the house."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.models import Hazard
from gongzhi.command.models.plans import ContingencyPlan, in_language
from gongzhi.ledger.records import Record


class Exercise(Record):
    """One exercise as it was held, with its score; its own records stay in its own house (演练)."""

    SCOPE = ("area__path",)

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=200)
    title_hant = models.CharField(max_length=200, blank=True)
    title_en = models.CharField(max_length=200, blank=True)
    plan = models.ForeignKey(ContingencyPlan, models.PROTECT, related_name="exercises")
    hazard = models.CharField(max_length=12, choices=Hazard)
    scenario_digest = models.CharField(max_length=64)
    seed = models.PositiveBigIntegerField()
    speed = models.FloatField()
    held_from = models.DateTimeField()
    held_till = models.DateTimeField()
    score = models.JSONField(default=dict)
    not_played = models.JSONField(default=list)
    ledger_size = models.PositiveBigIntegerField()
    ledger_root = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Privacy:
        public = ("area", "number", "title", "title_hant", "title_en", "plan", "hazard",
                  "held_from", "held_till", "recorded_at")  # fmt: skip
        official = ("scenario_digest", "seed", "speed", "score", "not_played", "ledger_size",
                    "ledger_root", "recorded_by")  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held_till__gte=F("held_from")), name="exercise_times_ordered"
            ),
            models.CheckConstraint(condition=Q(speed__gt=0), name="exercise_clock_runs"),
        ]

    def __str__(self) -> str:
        return f"{in_language(self, 'title')} {self.number}"
