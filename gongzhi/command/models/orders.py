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

    SCOPE = ("unit__path", "issuer__path", "offered_to__path")

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
        State.ACCEPTED: {State.ISSUED, State.DONE, State.FAILED, State.WITHDRAWN},
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
    evidence_kinds = models.JSONField(default=list)
    stock = models.JSONField(default=list)
    forms_wanted = models.JSONField(default=list)
    messages = models.JSONField(default=list)
    escalation = models.JSONField(default=list)
    cost_cents = models.PositiveBigIntegerField(default=0)
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
    evidence = models.JSONField(default=dict)
    version = models.PositiveSmallIntegerField(default=1)
    offered_to = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    offered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    offered_at = models.DateTimeField(null=True)
    reason_offered = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("incident", "key", "title", "title_hant", "title_en", "unit", "issuer", "power",
                  "legal_basis", "state", "created_at", "issued_at", "due_at",
                  "ended_at", "version")  # fmt: skip
        official = (
            "decision", "activation", "under", "instruction", "instruction_hant",
            "instruction_en", "evidence_wanted", "evidence_wanted_hant", "evidence_wanted_en",
            "evidence_kinds", "stock", "forms_wanted", "messages", "escalation", "cost_cents",
            "commander", "waiting_for", "held_up_by", "prerequisites", "minutes_allowed",
            "accepted_by", "accepted_at", "ended_by", "result", "evidence", "offered_to",
            "offered_by", "offered_at", "reason_offered",
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
            models.CheckConstraint(
                condition=Q(offered_to=None, offered_by=None, offered_at=None, reason_offered="")
                | (
                    Q(offered_to__isnull=False, offered_by__isnull=False, offered_at__isnull=False)
                    & Q(state__in=("issued", "accepted"))
                ),
                name="order_offered_who_and_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"])]

    def __str__(self) -> str:
        return in_language(self, "title")


class OrderVersion(Record):
    """What an order said before it was amended or handed over, and why it was (指令变更)."""

    SCOPE = ("unit__path", "order__unit__path", "order__issuer__path")

    order = models.ForeignKey(Order, models.PROTECT, related_name="versions")
    version = models.PositiveSmallIntegerField()
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    title_hant = models.CharField(max_length=200, blank=True)
    title_en = models.CharField(max_length=200, blank=True)
    instruction = models.TextField(blank=True)
    instruction_hant = models.TextField(blank=True)
    instruction_en = models.TextField(blank=True)
    minutes_allowed = models.PositiveIntegerField()
    due_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    replaced_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField()

    class Privacy:
        official = (
            "order", "version", "unit", "title", "title_hant", "title_en", "instruction",
            "instruction_hant", "instruction_en", "minutes_allowed", "due_at", "accepted_by",
            "reason", "replaced_by", "replaced_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "version"], name="each_order_version_once")
        ]

    def __str__(self) -> str:
        return in_language(self, "title")
