"""Calls of a street and the answers of those called."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.models import Incident
from gongzhi.ledger.records import Record


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
