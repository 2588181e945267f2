"""Contingency plans, the orders they compile to, and calls of a street."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
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


class Climb(Record):
    """A late order or an unanswered call was taken one tier up, once (升级)."""

    SCOPE = ("to_unit__path", "order__unit__path", "answer__department__path")

    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="climbs")
    answer = models.ForeignKey("CallAnswer", models.PROTECT, null=True, related_name="climbs")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    climbed_at = models.DateTimeField()

    class Privacy:
        official = ("order", "answer", "to_unit", "reason", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(order__isnull=False, answer=None) | Q(order=None, answer__isnull=False),
                name="climb_of_one_thing",
            ),
            models.UniqueConstraint(fields=["order", "to_unit"], name="order_climbs_once_a_tier"),
            models.UniqueConstraint(fields=["answer", "to_unit"], name="answer_climbs_once_a_tier"),
        ]


class Says(models.TextChoices):
    """The three answers a called department can give."""

    COMING = "coming", _("coming")
    NEEDS = "needs", _("needs something first")
    NOT_MINE = "not_mine", _("not mine")


class StreetCall(Record):
    """A street calls departments, and each must answer (街乡吹哨、部门报到)."""

    SCOPE = ("street__path", "answers__department__path")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    MOVES = {State.OPEN: {State.CLOSED}, State.CLOSED: set()}

    street = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="calls")
    subject = models.CharField(max_length=40)
    text = models.TextField()
    power = models.CharField(max_length=120)
    legal_basis = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Privacy:
        public = ("street", "subject", "state", "raised_at", "closed_at")
        official = ("incident", "text", "power", "legal_basis", "raised_by", "closed_by")
        keep = "operational"

    def __str__(self) -> str:
        return f"{self.street}: {self.subject}"


class CallAnswer(Record):
    """What one called department answers: coming, not mine because …, or need … (报到)."""

    SCOPE = ("department__path", "call__street__path")

    class State(models.TextChoices):
        WAITING = "waiting", _("no answer yet")
        COMING = "coming", _("coming")
        NEEDS = "needs", _("needs something first")
        NOT_MINE = "not_mine", _("not mine")
        ARRIVED = "arrived", _("on site")
        DONE = "done", _("done")

    MOVES = {
        State.WAITING: {State.COMING, State.NEEDS, State.NOT_MINE},
        State.NEEDS: {State.COMING, State.NOT_MINE},
        State.COMING: {State.ARRIVED, State.NEEDS},
        State.NOT_MINE: {State.WAITING},
        State.ARRIVED: {State.DONE},
        State.DONE: set(),
    }

    call = models.ForeignKey(StreetCall, models.PROTECT, related_name="answers")
    department = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    answer_by = models.DateTimeField()
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    arrive_by = models.DateTimeField(null=True)
    named_instead = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    responsible = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ruled_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ruled_at = models.DateTimeField(null=True)
    ruling = models.CharField(max_length=300, blank=True)
    arrived_at = models.DateTimeField(null=True)
    proof = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)
    score = models.PositiveSmallIntegerField(null=True)

    class Privacy:
        public = ("call", "department", "state", "answer_by", "answered_at", "ruled_at",
                  "arrived_at", "done_at", "score")  # fmt: skip
        official = ("answered_by", "reason", "arrive_by", "named_instead", "responsible",
                    "ruled_by", "ruling", "proof", "result")  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call", "department"], name="one_answer_of_a_department"
            ),
            models.CheckConstraint(
                condition=Q(answered_by=None, answered_at=None)
                | Q(answered_by__isnull=False, answered_at__isnull=False),
                name="answer_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(ruled_by=None, ruled_at=None)
                | Q(ruled_by__isnull=False, ruled_at__isnull=False),
                name="answer_ruled_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("coming", "arrived", "done"))
                | Q(responsible__isnull=False),
                name="answer_has_somebody_responsible",
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(1, 5)), name="score_one_to_five"
            ),
        ]
        indexes = [models.Index(fields=["state", "answer_by"])]

    def __str__(self) -> str:
        return f"{self.department}: {self.get_state_display()}"
