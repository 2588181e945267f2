"""Decisions with their options, response levels, measures that end, and the mode of an area."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Post, Unit
from gongzhi.assessment.models import Assessment, Hazard, Incident
from gongzhi.ledger.records import Record


class Decision(Record):
    """What was decided, by whom, with which power and basis, on which data (决策)."""

    SCOPE = ("incident__area__path",)

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="decisions")
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="decisions")
    title = models.CharField(max_length=200)
    reason = models.TextField()
    power = models.CharField(max_length=120)
    legal_basis = models.CharField(max_length=300)
    commander = models.ForeignKey(Person, models.PROTECT, related_name="+")
    snapshot = models.JSONField()
    snapshot_digest = models.CharField(max_length=64)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Privacy:
        public = ("incident", "title", "reason", "power", "legal_basis", "decided_at",
                  "snapshot_digest")  # fmt: skip
        official = ("assessment", "commander", "snapshot", "decided_by")
        keep = "operational"

    def __str__(self) -> str:
        return self.title


class Option(Record):
    """One way that was weighed: chosen, or refused with the reason (决策方案)."""

    SCOPE = ("decision__incident__area__path",)

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="options")
    title = models.CharField(max_length=200)
    effect = models.CharField(max_length=300, blank=True)
    burden = models.CharField(max_length=300, blank=True)
    cost_cents = models.BigIntegerField(null=True)
    chosen = models.BooleanField()
    reason_refused = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("decision", "title", "effect", "burden", "cost_cents", "chosen",
                  "reason_refused")  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(chosen=True) | ~Q(reason_refused=""), name="option_refused_has_a_reason"
            ),
            models.UniqueConstraint(
                fields=["decision"], condition=Q(chosen=True), name="one_option_chosen"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ResponseLevel(Record):
    """The response level of an area for a hazard, I (highest) to IV (响应级别)."""

    SCOPE = ("area__path",)

    class Grade(models.IntegerChoices):
        I = 1, _("level I")  # noqa: E741
        II = 2, _("level II")
        III = 3, _("level III")
        IV = 4, _("level IV")

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    hazard = models.CharField(max_length=12, choices=Hazard)
    grade = models.PositiveSmallIntegerField(choices=Grade)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="levels")
    entry_test = models.JSONField()
    exit_test = models.JSONField()
    starts_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by_decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, related_name="levels_ended"
    )

    class Privacy:
        public = (
            "area", "hazard", "grade", "decision", "entry_test", "exit_test", "starts_at",
            "ended_at", "ended_by_decision",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area", "hazard"], condition=Q(ended_at=None), name="one_level_of_a_hazard"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("starts_at")),
                name="level_dates_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_grade_display()} · {self.area}"


class Measure(Record):
    """Something asked of people or firms, in force until a day and not longer (防控措施)."""

    SCOPE = ("area__path",)

    class State(models.TextChoices):
        ACTIVE = "active", _("in force")
        EXPIRED = "expired", _("ended on its date")
        LIFTED = "lifted", _("lifted early")

    MOVES = {
        State.ACTIVE: {State.EXPIRED, State.LIFTED},
        State.EXPIRED: set(),
        State.LIFTED: set(),
    }

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="measures")
    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason_ended = models.CharField(max_length=300, blank=True)
    renewals = models.JSONField(default=list)
    announced_minutes = models.PositiveIntegerField(null=True)

    class Privacy:
        public = (
            "decision", "area", "kind", "title", "state", "starts_at", "ends_at", "ended_at",
            "reason_ended", "renewals",
        )  # fmt: skip
        official = ("announced_minutes",)
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="measure_dates_ordered"
            ),
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None)
                | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="measure_ended_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "ends_at"])]

    def __str__(self) -> str:
        return self.title


class Mode(Record):
    """An area is in normal or emergency mode, one act each way (平急转换)."""

    SCOPE = ("area__path",)

    class ModeKind(models.TextChoices):
        NORMAL = "normal", _("normal")
        EMERGENCY = "emergency", _("emergency")

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=ModeKind)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="modes")
    switch_test = models.JSONField(default=dict)
    parameters = models.JSONField()
    starts_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        public = (
            "area", "mode", "decision", "switch_test", "parameters", "starts_at", "ended_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area"], condition=Q(ended_at=None), name="one_mode_of_an_area"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_mode_display()} · {self.area}"


class TaskForce(Record):
    """People of several units on one purpose, as a unit of its own, until a day (专班).

    Either government and firms, or a joint team of a community (小区联合小组), whose members say
    for whom they are there. They hold posts in `unit`; orders, calls and tasks for that unit are
    its board. On its end `done` keeps what the ledger says it did.
    """

    SCOPE = ("area__path", "unit__path")

    class Composition(models.TextChoices):
        FIRMS = "firms", _("government and firms")
        COMMUNITY = "community", _("joint team of a community")

    class State(models.TextChoices):
        ACTIVE = "active", _("at work")
        DISSOLVED = "dissolved", _("dissolved")

    MOVES = {State.ACTIVE: {State.DISSOLVED}, State.DISSOLVED: set()}

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    grids = models.ManyToManyField(Unit, related_name="+")
    unit = models.OneToOneField(Unit, models.PROTECT, related_name="+")
    composition = models.CharField(max_length=10, choices=Composition, default=Composition.FIRMS)
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="task_forces")
    purpose = models.CharField(max_length=300)
    legal_basis = models.CharField(max_length=300)
    power = models.CharField(max_length=120)
    government = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    for_government = models.ForeignKey(Person, models.PROTECT, related_name="+")
    firm = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    for_firm = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    announced_minutes = models.PositiveIntegerField(null=True)
    extensions = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True)
    reason_ended = models.CharField(max_length=300, blank=True)
    done = models.JSONField(default=dict)
    done_digest = models.CharField(max_length=64, blank=True)

    class Privacy:
        public = (
            "area", "grids", "unit", "composition", "purpose", "legal_basis", "government", "firm",
            "state", "starts_at", "ends_at", "ended_at", "reason_ended", "done", "done_digest",
        )  # fmt: skip
        official = (
            "incident", "power", "for_government", "for_firm", "announced_minutes",
            "extensions",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="task_force_dates_ordered"
            ),
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None, done_digest="")
                | (Q(state="dissolved", ended_at__isnull=False) & ~Q(done_digest="")),
                name="task_force_dissolved_with_a_record",
            ),
            models.CheckConstraint(
                condition=Q(composition="firms", firm__isnull=False, for_firm__isnull=False)
                | Q(composition="community", firm=None, for_firm=None),
                name="task_force_has_the_sides_of_its_composition",
            ),
        ]
        indexes = [models.Index(fields=["state", "ends_at"])]

    def __str__(self) -> str:
        return str(self.unit)

    @property
    def is_joint_team(self) -> bool:
        """Whether it is the joint team of a community."""
        return self.composition == self.Composition.COMMUNITY


class TeamMember(Record):
    """Who is in a joint team, for whom, and for which buildings; the post ends with the team."""

    SCOPE = ("team__area__path", "team__unit__path")

    class Part(models.TextChoices):
        COMMITTEE = "committee", _("residents' committee")
        PROPERTY = "property", _("property manager")
        BUILDING_LEAD = "building_lead", _("building lead")
        VOLUNTEER = "volunteer", _("volunteer")
        SOCIAL_WORKER = "social_worker", _("social worker")

    team = models.ForeignKey(TaskForce, models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    part = models.CharField(max_length=16, choices=Part)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    grid = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    buildings = models.JSONField(default=list)
    post = models.OneToOneField(Post, models.PROTECT, related_name="+")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    reason_left = models.CharField(max_length=300, blank=True)

    class Privacy:
        official = (
            "team", "person", "part", "unit", "grid", "buildings", "post", "joined_at", "left_at",
            "reason_left",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "person"], condition=Q(left_at=None), name="in_a_team_once"
            ),
            models.CheckConstraint(
                condition=Q(part="building_lead", grid__isnull=False)
                | (~Q(part="building_lead") & Q(grid=None, unit__isnull=False)),
                name="team_member_is_there_for_somebody",
            ),
            models.CheckConstraint(
                condition=Q(left_at=None, reason_left="")
                | (Q(left_at__isnull=False) & ~Q(reason_left="")),
                name="team_member_left_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_part_display()} · {self.unit or self.grid}"
