"""Calls for help and the answers of those called."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.models import Incident
from gongzhi.command.models.duties import DutiesMatrix, DutyRow
from gongzhi.ledger.records import Record
from gongzhi.sensing.models import Report


class Says(models.TextChoices):
    """The three answers a called department can give."""

    COMING = "coming", _("coming")
    NEEDS = "needs", _("needs something first")
    NOT_MINE = "not_mine", _("not mine")


class StreetCall(Record):
    """A street calls departments, and each must answer (街乡吹哨、部门报到).

    A department or a district calls firms together in the same way. A call that was closed too
    early is gone on with in a new one, which names it. One raised by mistake is taken back.
    """

    SCOPE = ("caller__path", "answers__department__path")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        WITHDRAWN = "withdrawn", _("taken back")

    MOVES = {
        State.OPEN: {State.CLOSED, State.WITHDRAWN}, State.CLOSED: set(), State.WITHDRAWN: set(),
    }  # fmt: skip

    caller = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="calls")
    reopens = models.OneToOneField("self", models.PROTECT, null=True, related_name="reopened_as")
    reopened_for = models.ForeignKey(Report, models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=80)
    text = models.TextField()
    power = models.CharField(max_length=120)
    legal_basis = models.CharField(max_length=300)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    reason_withdrawn = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("caller", "subject", "state", "raised_at", "closed_at", "reopens")
        official = ("incident", "text", "power", "legal_basis", "raised_by", "closed_by",
                    "reopened_for", "reason_withdrawn")  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", closed_by=None, closed_at=None)
                | (~Q(state="open") & Q(closed_by__isnull=False, closed_at__isnull=False)),
                name="call_ended_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | ~Q(reason_withdrawn=""),
                name="call_withdrawn_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.caller} · {self.subject}"


class CallAnswer(Record):
    """What one called department answers: coming, not mine because …, or need … (报到)."""

    SCOPE = ("department__path", "call__caller__path")
    HELD_WITH = "call"

    class State(models.TextChoices):
        WAITING = "waiting", _("no answer yet")
        COMING = "coming", _("coming")
        NEEDS = "needs", _("needs something first")
        NOT_MINE = "not_mine", _("not mine")
        ARRIVED = "arrived", _("on site")
        DONE = "done", _("done")
        RELEASED = "released", _("not needed any more")

    MOVES = {
        State.WAITING: {State.COMING, State.NEEDS, State.NOT_MINE, State.RELEASED},
        State.NEEDS: {State.WAITING, State.COMING, State.NOT_MINE, State.RELEASED},
        State.COMING: {State.ARRIVED, State.NEEDS, State.RELEASED},
        State.NOT_MINE: {State.WAITING},
        State.ARRIVED: {State.DONE, State.RELEASED},
        State.DONE: set(),
        State.RELEASED: {State.WAITING},
    }

    call = models.ForeignKey(StreetCall, models.PROTECT, related_name="answers")
    department = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    duty = models.ForeignKey(DutyRow, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    answer_by = models.DateTimeField()
    silent_since = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    arrive_by = models.DateTimeField(null=True)
    first_arrive_by = models.DateTimeField(null=True)
    reason_changed = models.CharField(max_length=300, blank=True)
    times_put_off = models.PositiveSmallIntegerField(default=0)
    go_on_by = models.DateTimeField(null=True)
    named_instead = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    needed_from = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    helps = models.ForeignKey("self", models.PROTECT, null=True, related_name="helpers")
    responsible = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ruled_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ruled_at = models.DateTimeField(null=True)
    ruling = models.CharField(max_length=300, blank=True)
    amended = models.ForeignKey(DutiesMatrix, models.PROTECT, null=True, related_name="+")
    overruled_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="overruled")
    ruling_read_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ruling_read_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    proof = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)
    score = models.PositiveSmallIntegerField(null=True)
    score_words = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("call", "department", "state", "answer_by", "answered_at", "ruled_at",
                  "arrived_at", "done_at", "score")  # fmt: skip
        official = ("duty", "silent_since", "answered_by", "reason", "arrive_by", "first_arrive_by",
                    "reason_changed", "times_put_off", "go_on_by", "named_instead",
                    "needed_from", "helps",
                    "responsible", "ruled_by", "ruling", "amended", "overruled_by",
                    "ruling_read_by", "ruling_read_at", "proof", "result",
                    "score_words")  # fmt: skip
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
                condition=Q(ruling_read_by=None, ruling_read_at=None)
                | Q(ruling_read_by__isnull=False, ruling_read_at__isnull=False),
                name="answer_ruling_read_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(score=None, score_words="") | (~Q(score_words="") & ~Q(score=None)),
                name="score_has_words",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("coming", "arrived", "done"))
                | Q(responsible__isnull=False),
                name="answer_has_somebody_responsible",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("needs", "arrived")) | Q(go_on_by__isnull=False),
                name="answer_held_up_or_on_site_has_a_clock",
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(1, 5)), name="score_one_to_five"
            ),
        ]
        indexes = [models.Index(fields=["state", "answer_by"])]

    def __str__(self) -> str:
        return f"{self.department} · {self.get_state_display()}"

    @property
    def helps_again(self) -> bool:
        """Whether it was let go before it had answered, and may be asked anew."""
        return self.state == self.State.RELEASED and self.answered_at is None

    @property
    def put_off_again(self) -> bool:
        """Whether a time was promised and then put off more than once."""
        return self.times_put_off > 1


class CallReport(Record):
    """A report that a call is about, with the code by which its reporter can reopen the call.

    The code is told to the reporter once; a call that goes on from a closed one keeps it.
    """

    SCOPE = ("call__caller__path",)

    call = models.ForeignKey(StreetCall, models.PROTECT, related_name="reports")
    report = models.ForeignKey(Report, models.PROTECT, related_name="calls")
    code = models.CharField(max_length=16, db_index=True)

    class Privacy:
        official = ("call", "report")
        personal = ("code",)
        keep = "operational"
        keep_personal = "contact"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "report"], name="one_report_of_a_call"),
        ]

    def __str__(self) -> str:
        return str(self.call)

    def residents(self) -> str:
        """Whoever made the report."""
        return self.report.residents()
