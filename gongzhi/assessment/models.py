"""Incidents and the assessments of what they mean."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
from gongzhi.ledger.records import Record
from gongzhi.sensing.models import Signal, Warning


class Hazard(models.TextChoices):
    """What happens; the hazard is data, the code is the same."""

    EPIDEMIC = "epidemic", _("epidemic")
    FLOOD = "flood", _("flood")
    HEAT = "heat", _("heat")
    BLACKOUT = "blackout", _("blackout")
    CHEMICAL = "chemical", _("chemical spill")


class Incident(Record):
    """A public crisis, declared by somebody with the power to do so (突发公共危机事件)."""

    SCOPE = ("area__path",)

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    MOVES = {State.OPEN: {State.CLOSED}, State.CLOSED: set()}

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    hazard = models.CharField(max_length=12, choices=Hazard)
    title = models.CharField(max_length=200)
    warning = models.ForeignKey(Warning, models.PROTECT, null=True, related_name="incidents")
    signal = models.ForeignKey(Signal, models.PROTECT, null=True, related_name="incidents")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    legal_basis = models.CharField(max_length=300)
    power = models.CharField(max_length=120)
    commander = models.ForeignKey(Person, models.PROTECT, related_name="+")
    declared_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    reason_closed = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("area", "hazard", "title", "state", "legal_basis", "power", "declared_at",
                  "closed_at", "reason_closed")  # fmt: skip
        official = ("warning", "signal", "commander", "declared_by", "closed_by")
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(warning__isnull=False) | Q(signal__isnull=False),
                name="incident_has_a_cause",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_by=None, closed_at=None)
                | Q(state="closed", closed_by__isnull=False, closed_at__isnull=False),
                name="incident_closed_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Assessment(Record):
    """What an expert or officer makes of the facts seen at one moment (研判)."""

    SCOPE = ("incident__area__path",)

    class Risk(models.TextChoices):
        LOW = "low", _("low")
        MODERATE = "moderate", _("moderate")
        HIGH = "high", _("high")
        VERY_HIGH = "very_high", _("very high")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="assessments")
    risk = models.CharField(max_length=10, choices=Risk)
    findings = models.TextField()
    advice = models.TextField(blank=True)
    snapshot = models.JSONField()
    snapshot_digest = models.CharField(max_length=64)
    assessed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()

    class Privacy:
        official = (
            "incident", "risk", "findings", "advice", "snapshot", "snapshot_digest",
            "assessed_by", "assessed_at",
        )  # fmt: skip
        keep = "operational"

    def __str__(self) -> str:
        return f"{self.get_risk_display()} · {self.incident}"


class Unaltered(models.QuerySet["Dissent"]):
    """Rows that are written once: they are neither changed nor deleted, not even many at once."""

    def update(self, **kwargs: Any) -> int:
        """Refuse."""
        raise TypeError(WRITTEN_ONCE)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise TypeError(WRITTEN_ONCE)


WRITTEN_ONCE = "A dissent is written once. It is neither changed nor deleted."


class Dissent(Record):
    """An expert does not agree with an assessment, in words that nobody alters (异议)."""

    SCOPE = ("assessment__incident__area__path",)

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="dissents")
    text = models.TextField()
    text_digest = models.CharField(max_length=64)
    filed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()

    objects = Unaltered.as_manager()

    class Privacy:
        official = ("assessment", "text", "text_digest", "filed_by", "filed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="dissent_says_something"),
            models.UniqueConstraint(
                fields=["assessment", "filed_by", "text_digest"], name="one_dissent_of_a_text"
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it the first time; refuse ever after."""
        if not self._state.adding:
            raise TypeError(WRITTEN_ONCE)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise TypeError(WRITTEN_ONCE)

    def __str__(self) -> str:
        return f"{self.filed_by} · {self.assessment}"


class DissentCopy(Record):
    """A dissent as it reached one unit above, until a named person there has read it."""

    SCOPE = ("unit__path", "dissent__assessment__incident__area__path")

    dissent = models.ForeignKey(Dissent, models.PROTECT, related_name="copies")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    read_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(null=True)

    class Privacy:
        official = ("dissent", "unit", "read_by", "read_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dissent", "unit"], name="one_copy_of_a_dissent"),
            models.CheckConstraint(
                condition=Q(read_by=None, read_at=None)
                | Q(read_by__isnull=False, read_at__isnull=False),
                name="dissent_read_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dissent} → {self.unit}"
