"""Households of a grid, tasks for a worker or a team, visits and what they found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.models.climbing import TierClimb
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Order
from gongzhi.decision.models import TaskForce
from gongzhi.ledger.records import Record, new_salt


class Household(Record):
    """Where people live: a door in a building of a grid."""

    SCOPE = ("grid__path",)

    grid = models.ForeignKey(Unit, models.PROTECT, related_name="households_listed")
    building = models.CharField(max_length=60)
    door = models.CharField(max_length=40)
    persons = models.PositiveSmallIntegerField()
    has_phone = models.BooleanField(default=True)
    contact = models.CharField(max_length=80, blank=True)
    salt = models.BinaryField(default=new_salt)
    listed_at = models.DateTimeField()

    class Privacy:
        official = ("grid", "persons", "has_phone", "listed_at")
        personal = ("building", "door", "contact")
        sensitive = ("salt",)
        keep = "operational"
        keep_personal = "contact"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grid", "building", "door"], name="one_door_of_a_grid")
        ]

    def __str__(self) -> str:
        return f"{self.building}-{self.door}"

    def residents(self) -> str:
        """Whoever lives behind the door."""
        return f"{self.building} {self.door}"


class Task(Record):
    """One thing to do in a grid by a time, for one person or for whoever of a team takes it (任务).

    On the board of a team it has no worker until somebody of the team takes it up.
    """

    SCOPE = ("grid__path", "team__unit__path")

    class State(models.TextChoices):
        TO_TAKE = "to_take", _("to be taken up")
        OPEN = "open", _("open")
        DONE = "done", _("done")
        NOBODY_IN = "nobody_in", _("nobody in")
        CANCELLED = "cancelled", _("cancelled")

    MOVES = {
        State.TO_TAKE: {State.OPEN, State.CANCELLED},
        State.OPEN: {State.DONE, State.NOBODY_IN, State.CANCELLED, State.TO_TAKE},
        State.NOBODY_IN: {State.OPEN, State.DONE, State.CANCELLED, State.TO_TAKE},
        State.DONE: set(),
        State.CANCELLED: set(),
    }

    grid = models.ForeignKey(Unit, models.PROTECT, related_name="tasks")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="tasks")
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="tasks")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="tasks")
    team = models.ForeignKey(TaskForce, models.PROTECT, null=True, related_name="tasks")
    worker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="tasks")
    title = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    assigned_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    reason_given_back = models.CharField(max_length=200, blank=True)
    result = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        official = (
            "grid", "incident", "order", "household", "team", "worker", "title", "minutes", "state",
            "assigned_by", "assigned_at", "due_at", "reason_given_back", "result", "ended_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        indexes = [
            models.Index(fields=["worker", "state", "due_at"]),
            models.Index(fields=["team", "state", "due_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(worker__isnull=False) | Q(team__isnull=False),
                name="task_for_a_person_or_a_team",
            ),
            models.CheckConstraint(
                condition=Q(state="to_take", worker=None)
                | Q(state="cancelled")
                | (Q(worker__isnull=False) & ~Q(state="to_take")),
                name="task_taken_up_by_one_person",
            ),
            models.CheckConstraint(
                condition=Q(incident__isnull=False) | Q(team__isnull=False),
                name="task_of_an_incident_or_a_team",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def residents(self) -> str:
        """Whoever lives behind the door that it sends to."""
        return self.household.residents() if self.household is not None else ""


class TaskClimb(TierClimb):
    """A task of a team that was late was taken one tier up, once for each tier (升级)."""

    SCOPE = ("to_unit__path", "task__grid__path")
    SILENCE = _("It was due at %(when)s and %(silent)s has not done it: %(upper)s knows of it.")

    task = models.ForeignKey(Task, models.PROTECT, related_name="climbs")

    class Privacy:
        official = ("task", "silent", "to_unit", "was_due_at", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "to_unit"], name="task_climbs_once_a_tier"),
            models.CheckConstraint(
                condition=~Q(silent=models.F("to_unit")), name="task_climbs_to_another"
            ),
        ]


class Visit(Record):
    """What was found at a door: counts only, words apart (走访)."""

    SCOPE = ("task__grid__path",)

    class Outcome(models.TextChoices):
        MET = "met", _("people met")
        NOBODY_IN = "nobody_in", _("nobody in")
        DECLINED = "declined", pgettext_lazy("visit", "declined")

    task = models.ForeignKey(Task, models.PROTECT, related_name="visits")
    key = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=Outcome)
    persons_met = models.PositiveSmallIntegerField(default=0)
    persons_ill = models.PositiveSmallIntegerField(default=0)
    wants = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=400, blank=True)
    salt = models.BinaryField(default=new_salt)
    visited_at = models.DateTimeField()
    received_at = models.DateTimeField()
    visited_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Privacy:
        official = ("task", "key", "outcome", "persons_met", "visited_at", "received_at",
                    "visited_by")  # fmt: skip
        personal = ("wants", "note")
        sensitive = ("salt", "persons_ill")
        keep = "operational"
        keep_personal = "health"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visited_by", "key"], name="one_visit_of_a_key"),
            models.CheckConstraint(
                condition=Q(persons_ill__lte=models.F("persons_met")), name="visit_ill_among_met"
            ),
        ]

    def residents(self) -> str:
        """Whoever was visited, where it was a door."""
        return self.task.residents()
