"""Orders."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.models import Incident
from gongzhi.command.models.plans import Activation, in_language
from gongzhi.decision.models import Decision
from gongzhi.ledger.records import Record


class Order(Record):
    """One unit must do one thing by a time, under one responsible commander (指令)."""

    SCOPE = ("unit__path", "issuer__path")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for others")
        ISSUED = "issued", _("issued")
        ACCEPTED = "accepted", _("accepted")
        DONE = "done", _("done")
        FAILED = "failed", _("cannot be done")
        WITHDRAWN = "withdrawn", _("withdrawn")

    MOVES = {
        State.WAITING: {State.ISSUED, State.WITHDRAWN},
        State.ISSUED: {State.ACCEPTED, State.DONE, State.FAILED, State.WITHDRAWN},
        State.ACCEPTED: {State.DONE, State.FAILED, State.WITHDRAWN},
        State.DONE: set(),
        State.FAILED: {State.ISSUED, State.WITHDRAWN},
        State.WITHDRAWN: set(),
    }

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="orders")
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="orders")
    activation = models.ForeignKey(Activation, models.PROTECT, null=True, related_name="orders")
    under = models.ForeignKey("self", models.PROTECT, null=True, related_name="passed_on")
    key = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    title_hant = models.CharField(max_length=200, blank=True)
    title_en = models.CharField(max_length=200, blank=True)
    instruction = models.TextField(blank=True)
    instruction_hant = models.TextField(blank=True)
    instruction_en = models.TextField(blank=True)
    evidence_wanted = models.CharField(max_length=200, blank=True)
    evidence_wanted_hant = models.CharField(max_length=200, blank=True)
    evidence_wanted_en = models.CharField(max_length=200, blank=True)
    stock = models.JSONField(default=list)
    issuer = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="orders")
    commander = models.ForeignKey(Person, models.PROTECT, related_name="+")
    power = models.CharField(max_length=120)
    legal_basis = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State)
    waiting_for = models.TextField(blank=True)
    held_up_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="holds_up")
    prerequisites = models.ManyToManyField("self", symmetrical=False, related_name="dependants")
    minutes_allowed = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    result = models.TextField(blank=True)

    class Privacy:
        public = ("incident", "key", "title", "title_hant", "title_en", "unit", "issuer", "power",
                  "legal_basis", "state", "created_at", "issued_at", "due_at",
                  "ended_at")  # fmt: skip
        official = (
            "decision", "activation", "under", "instruction", "instruction_hant",
            "instruction_en", "evidence_wanted", "evidence_wanted_hant", "evidence_wanted_en",
            "stock", "commander", "waiting_for", "held_up_by", "prerequisites",
            "minutes_allowed", "accepted_by", "accepted_at", "ended_by", "result",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_by=None, accepted_at=None)
                | Q(accepted_by__isnull=False, accepted_at__isnull=False),
                name="order_accepted_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None, ended_at=None)
                | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="order_ended_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "withdrawn")) | Q(due_at__isnull=False),
                name="order_issued_has_a_due_time",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(waiting_for="", held_up_by=None),
                name="order_only_a_waiting_one_waits",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"])]

    def __str__(self) -> str:
        return in_language(self, "title")
