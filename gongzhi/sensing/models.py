"""Reports, the signals they fold into, daily counts, and warnings with their numbers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongzhi.actors.models import Person, Unit
from gongzhi.exchange.models import Load
from gongzhi.ledger.records import Record, new_salt


class Level(models.TextChoices):
    """Warning levels (红黄绿)."""

    GREEN = "green", _("green")
    YELLOW = "yellow", _("yellow")
    RED = "red", _("red")


class Signal(Record):
    """Unverified: one event that several reports may tell about (线索)."""

    SCOPE = ("place__path",)

    class State(models.TextChoices):
        OPEN = "open", _("to be judged")
        VERIFIED = "verified", _("verified")
        DISCARDED = "discarded", _("discarded")

    MOVES = {
        State.OPEN: {State.VERIFIED, State.DISCARDED},
        State.VERIFIED: set(),
        State.DISCARDED: set(),
    }

    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    stream = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    judge_by = models.DateTimeField()
    judged_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    judgement = models.CharField(max_length=400, blank=True)

    class Privacy:
        official = (
            "place", "stream", "title", "state", "raised_by", "raised_at", "judge_by",
            "judged_by", "judged_at", "judgement",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(judged_by=None, judged_at=None)
                | Q(judged_by__isnull=False, judged_at__isnull=False),
                name="signal_judged_who_and_when",
            )
        ]

    def __str__(self) -> str:
        return self.title


class SignalClimb(Record):
    """A signal that was not judged in time was taken one tier up, once for each tier (升级)."""

    SCOPE = ("to_unit__path", "signal__place__path")

    signal = models.ForeignKey(Signal, models.PROTECT, related_name="climbs")
    silent = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    climbed_at = models.DateTimeField()

    class Privacy:
        official = ("signal", "silent", "to_unit", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["signal", "to_unit"], name="signal_climbs_once_a_tier"),
            models.CheckConstraint(
                condition=~Q(silent=models.F("to_unit")), name="signal_climbs_to_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signal} → {self.to_unit}"


class Report(Record):
    """What somebody told us, as they told it, before it is a signal (上报)."""

    SCOPE = ("place__path",)

    class Channel(models.TextChoices):
        FORM = "form", _("form")
        HOTLINE = "hotline", _("hotline")
        SMS = "sms", _("SMS")
        WEB = "web", _("web")
        PAPER = "paper", _("paper")
        VISIT = "visit", _("household visit")
        CLINIC = "clinic", _("clinic")
        FILE = "file", _("file")

    class State(models.TextChoices):
        NEW = "new", _("new")
        CLAIMED = "claimed", _("taken")
        FOLDED = "folded", _("part of a signal")
        DISMISSED = "dismissed", _("dismissed")

    MOVES = {
        State.NEW: {State.CLAIMED},
        State.CLAIMED: {State.NEW, State.FOLDED, State.DISMISSED},
        State.FOLDED: {State.CLAIMED},
        State.DISMISSED: set(),
    }

    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    stream = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel)
    text = models.TextField()
    persons = models.PositiveIntegerField(default=1)
    reporter_name = models.CharField(max_length=80, blank=True)
    reporter_phone = models.CharField(max_length=40, blank=True)
    salt = models.BinaryField(default=new_salt)
    observed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    claimed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    signal = models.ForeignKey(Signal, models.PROTECT, null=True, related_name="reports")
    reason = models.CharField(max_length=300, blank=True)

    class Privacy:
        official = (
            "place", "stream", "channel", "persons", "observed_at", "received_at", "received_by",
            "state", "claimed_by", "claimed_at", "signal", "reason",
        )  # fmt: skip
        personal = ("text", "reporter_name", "reporter_phone")
        sensitive = ("salt",)
        keep = "operational"
        keep_personal = "contact"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_by=None, claimed_at=None)
                | Q(claimed_by__isnull=False, claimed_at__isnull=False),
                name="report_claimed_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="folded") | Q(signal__isnull=False),
                name="report_folded_into_a_signal",
            ),
        ]
        indexes = [models.Index(fields=["state", "received_at"])]

    def residents(self) -> str:
        """Whoever reported it and left a name or a number; nobody can be told of a nameless one."""
        return f"{self.reporter_name} {self.reporter_phone}".strip()


class Count(Record):
    """How many, of one stream, at one place, on one day, as known from one source."""

    SCOPE = ("place__path",)

    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    stream = models.CharField(max_length=40)
    day = models.DateField()
    value = models.PositiveIntegerField()
    source = models.CharField(max_length=40)
    load = models.ForeignKey(Load, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()

    class Privacy:
        official = ("place", "stream", "day", "value", "source", "load", "received_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "stream", "day", "source"], name="one_count_of_a_source"
            )
        ]
        indexes = [models.Index(fields=["day", "stream"])]


class Watch(Record):
    """One look of the detectors over an area: which day, how many series, what they could not."""

    SCOPE = ("area__path",)

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    on = models.DateField()
    made_at = models.DateTimeField()
    judged = models.PositiveIntegerField()
    not_judged = models.JSONField(default=list)
    parameters_version = models.CharField(max_length=80)

    class Privacy:
        official = ("area", "on", "made_at", "judged", "not_judged", "parameters_version")
        keep = "operational"

    class Meta:
        indexes = [models.Index(fields=["area", "made_at"])]


class Warning(Record):
    """A level for a place and a stream, with the numbers that made it (预警)."""

    SCOPE = ("place__path",)

    class State(models.TextChoices):
        ISSUED = "issued", pgettext_lazy("warning", "issued")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ENDED = "ended", _("ended")

    MOVES = {
        State.ISSUED: {State.ACKNOWLEDGED, State.ENDED},
        State.ACKNOWLEDGED: {State.ENDED},
        State.ENDED: set(),
    }

    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    stream = models.CharField(max_length=40)
    level = models.CharField(max_length=8, choices=Level)
    day = models.DateField()
    numbers = models.JSONField()
    parameters_version = models.CharField(max_length=80)
    signal = models.ForeignKey(Signal, models.PROTECT, null=True, related_name="warnings")
    state = models.CharField(max_length=14, choices=State, default=State.ISSUED)
    issued_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField()
    acknowledged_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=400, blank=True)
    climbed_to = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    climbed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        public = ("place", "stream", "level", "day", "numbers", "parameters_version", "state",
                  "issued_at", "ended_at")  # fmt: skip
        official = (
            "signal", "acknowledge_by", "acknowledged_by", "acknowledged_at", "note",
            "climbed_to", "climbed_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledged_by=None, acknowledged_at=None)
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="warning_acknowledged_who_and_when",
            ),
            models.UniqueConstraint(
                fields=["place", "stream"],
                condition=~Q(state="ended"),
                name="one_open_warning_of_a_stream",
            ),
        ]
        indexes = [models.Index(fields=["state", "acknowledge_by"])]

    def __str__(self) -> str:
        return f"{self.get_level_display()} · {self.place} · {self.stream}"
