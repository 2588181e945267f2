"""Offers of help, tasks that ask for hands, plans of who is called up, call-ups, certificates."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Order
from gongzhi.ledger.records import Record


class Skill(models.TextChoices):
    """What somebody who helps can do, or a task asks for (技能)."""

    ANYBODY = "anybody", _("anybody can do it")
    CARRY = "carry", _("carrying and packing")
    COOK = "cook", _("cooking")
    DRIVE = "drive", _("driving")
    NURSE = "nurse", _("nursing")
    COUNSEL = "counsel", _("psychological help")
    TRANSLATE = "translate", _("translating")
    DISINFECT = "disinfect", _("disinfecting")
    CARE = "care", _("looking after people")


def _both(name: str, field: str, *states: str) -> models.CheckConstraint:
    """Who and when are known together; in these states they must be."""
    by, at = f"{field}_by__isnull", f"{field}_at__isnull"
    told = Q(**{by: False, at: False})
    condition = told | Q(**{by: True, at: True})
    return models.CheckConstraint(
        condition=condition & (told | ~Q(state__in=states)) if states else condition, name=name
    )


class HelpOffer(Record):
    """Somebody offers help, or a team that comes as one: skills, times, how far (志愿服务报名).

    As little as a plan needs: a place no finer than the unit chosen, no address, no telephone, no
    position. What it tells of the person goes when it is withdrawn or its times have passed.
    """

    SCOPE = ("unit__path", "place__path")

    class State(models.TextChoices):
        OFFERED = "offered", pgettext_lazy("offer of help", "offered")
        WITHDRAWN = "withdrawn", pgettext_lazy("help", "withdrawn")
        ENDED = "ended", pgettext_lazy("help", "over")

    MOVES = {
        State.OFFERED: {State.WITHDRAWN, State.ENDED},
        State.WITHDRAWN: set(),
        State.ENDED: set(),
    }

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="help_offers")
    place = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    helper = models.ForeignKey(Person, models.PROTECT, related_name="help_offers")
    skills = models.JSONField(default=list)
    times = models.JSONField(default=list)
    reach_km = models.PositiveSmallIntegerField()
    people = models.PositiveSmallIntegerField(default=1)
    can_lead = models.BooleanField(default=False)
    most_shifts = models.PositiveSmallIntegerField(default=2)
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)
    offered_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        official = (
            "unit", "place", "helper", "skills", "times", "reach_km", "people", "can_lead",
            "most_shifts", "state", "offered_at", "ends_at", "ended_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["helper"], condition=Q(state="offered"), name="one_offer_of_help_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="offered", ended_at=None, place__isnull=False)
                | (~Q(state="offered") & Q(ended_at__isnull=False, place=None)),
                name="help_over_tells_no_place",
            ),
            models.CheckConstraint(
                condition=Q(people__gte=1, most_shifts__gte=1), name="help_of_at_least_one"
            ),
        ]
        indexes = [models.Index(fields=["state", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.unit} · {self.pk}"


class HelpWanted(Record):
    """A task that asks for hands: how many, who, where, from when to when (招募)."""

    SCOPE = ("place__path",)

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CANCELLED = "cancelled", _("cancelled")

    MOVES = {State.OPEN: {State.CANCELLED}, State.CANCELLED: set()}

    place = models.ForeignKey(Unit, models.PROTECT, related_name="help_wanted")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="help_wanted")
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="help_wanted")
    title = models.CharField(max_length=200)
    skill = models.CharField(max_length=10, choices=Skill, default=Skill.ANYBODY)
    headcount = models.PositiveSmallIntegerField()
    urgency = models.PositiveSmallIntegerField(default=2)
    wants_leader = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason_cancelled = models.CharField(max_length=200, blank=True)

    class Privacy:
        public = (
            "place", "incident", "title", "skill", "headcount", "urgency", "wants_leader",
            "starts_at", "ends_at", "state", "asked_at",
        )  # fmt: skip
        official = ("order", "asked_by", "reason_cancelled")
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="help_wanted_times_ordered"
            ),
            models.CheckConstraint(
                condition=Q(headcount__gte=1, urgency__gte=1, urgency__lte=3),
                name="help_wanted_of_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | ~Q(reason_cancelled=""),
                name="help_wanted_cancelled_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["state", "ends_at"])]

    def __str__(self) -> str:
        return self.title


class CallUpPlan(Record):
    """Who should be called up to what in an area: proposed by the engine, approved by a person.

    staffing: of each task how far it is staffed and why no more. uncalled: of each offer not called
    why not. released: call-ups that the approval takes back.
    """

    SCOPE = ("area__path",)

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        APPROVED = "approved", _("approved")
        SUPERSEDED = "superseded", _("superseded")

    MOVES = {
        State.PROPOSED: {State.APPROVED, State.SUPERSEDED},
        State.APPROVED: {State.SUPERSEDED},
        State.SUPERSEDED: set(),
    }

    area = models.ForeignKey(Unit, models.PROTECT, related_name="call_up_plans")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="call_up_plans")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    summary = models.JSONField()
    staffing = models.JSONField()
    uncalled = models.JSONField()
    released = models.JSONField(default=list)
    policy_version = models.CharField(max_length=80)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Privacy:
        public = ("area", "incident", "state", "summary", "policy_version", "made_at")
        official = ("staffing", "uncalled", "released", "made_by", "approved_by", "approved_at")
        keep = "operational"

    class Meta:
        constraints = [_both("call_ups_approved_who_and_when", "approved", "approved")]
        indexes = [models.Index(fields=["area", "state"])]

    def __str__(self) -> str:
        return f"{self.incident} · {self.area}"


class CallUp(Record):
    """One offer of help is called up to one task; the helper answers, comes, and hours count."""

    SCOPE = ("offer__unit__path", "wanted__place__path", "plan__area__path")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CALLED = "called", pgettext_lazy("help", "called up")
        ACCEPTED = "accepted", pgettext_lazy("help", "accepted")
        DECLINED = "declined", pgettext_lazy("help", "declined")
        AT_WORK = "at_work", pgettext_lazy("help", "at work")
        DONE = "done", _("done")
        RELEASED = "released", pgettext_lazy("help", "no longer needed")
        DROPPED_OUT = "dropped_out", pgettext_lazy("help", "dropped out")

    MOVES = {
        State.PROPOSED: {State.CALLED, State.RELEASED, State.DROPPED_OUT},
        State.CALLED: {State.ACCEPTED, State.DECLINED, State.RELEASED, State.DROPPED_OUT},
        State.ACCEPTED: {State.AT_WORK, State.DONE, State.RELEASED, State.DROPPED_OUT},
        State.AT_WORK: {State.DONE},
        State.DECLINED: set(),
        State.DONE: set(),
        State.RELEASED: set(),
        State.DROPPED_OUT: set(),
    }

    plan = models.ForeignKey(CallUpPlan, models.PROTECT, related_name="call_ups")
    offer = models.ForeignKey(HelpOffer, models.PROTECT, related_name="call_ups")
    wanted = models.ForeignKey(HelpWanted, models.PROTECT, related_name="call_ups")
    people = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State, default=State.PROPOSED)
    reason = models.CharField(max_length=200, blank=True)
    called_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    minutes = models.PositiveIntegerField(null=True)
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Privacy:
        official = (
            "plan", "offer", "wanted", "people", "state", "reason", "called_at", "answered_at",
            "began_at", "minutes", "confirmed_by", "confirmed_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "wanted"],
                condition=Q(state__in=["proposed", "called", "accepted", "at_work", "done"]),
                name="called_up_to_a_task_once",
            ),
            _both("hours_confirmed_who_and_when", "confirmed", "done"),
            models.CheckConstraint(
                condition=Q(state="done", minutes__isnull=False)
                | (~Q(state="done") & Q(minutes=None)),
                name="hours_of_what_is_done",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "dropped_out"]) | ~Q(reason=""),
                name="call_up_left_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return str(self.wanted)


class HelpCertificate(Record):
    """The hours somebody helped, with thanks, signed by this house (志愿服务证明).

    `signed` holds the hours and the number of the person, never a name; verified off-line with the
    key that signs the ledger's checkpoints.
    """

    SCOPE = ("unit__path",)

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="help_certificates")
    helper = models.ForeignKey(Person, models.PROTECT, related_name="help_certificates")
    minutes = models.PositiveIntegerField()
    shifts = models.PositiveSmallIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    thanks = models.CharField(max_length=200)
    signed = models.TextField(blank=True)
    issued_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    class Privacy:
        official = (
            "unit", "helper", "minutes", "shifts", "first_at", "last_at", "thanks", "signed",
            "issued_by", "issued_at",
        )  # fmt: skip
        keep = "operational"

    def __str__(self) -> str:
        return f"{self.helper} · {self.minutes / 60:.1f} h"
