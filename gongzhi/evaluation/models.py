"""After-action reviews, what they found, and the burden of forms."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Exercise
from gongzhi.ledger.records import Record
from gongzhi.writing import year_and_time


class Review(Record):
    """The report that writes itself from the log of an incident (复盘)."""

    SCOPE = ("incident__area__path",)

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reviews")
    figures = models.JSONField()
    figures_digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Privacy:
        public = ("incident", "figures", "figures_digest", "made_at")
        official = ("made_by",)
        keep = "operational"


class Finding(Record):
    """One lesson of a review, and who must act on it."""

    SCOPE = ("review__incident__area__path",)

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ADOPTED = "adopted", pgettext_lazy("finding", "adopted")
        DECLINED = "declined", _("declined")

    MOVES = {
        State.OPEN: {State.ADOPTED, State.DECLINED},
        State.ADOPTED: set(),
        State.DECLINED: set(),
    }

    review = models.ForeignKey(Review, models.PROTECT, related_name="findings")
    topic = models.CharField(max_length=40)
    sentence = models.CharField(max_length=400)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.CharField(max_length=400, blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Privacy:
        public = ("review", "topic", "sentence", "unit", "state", "answer", "answered_at")
        official = ("answered_by",)
        keep = "operational"


class BurdenMeasure(Record):
    """Forms filled in an area on a day, and the minutes they took (填表负担)."""

    SCOPE = ("area__path",)

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    day = models.DateField()
    forms = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField()
    by_verb = models.JSONField()
    made_at = models.DateTimeField()

    class Privacy:
        public = ("area", "day", "forms", "minutes", "by_verb", "made_at")
        keep = "operational"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "day"], name="one_burden_of_a_day")]


class CapabilityScoring(Record):
    """The units of an area scored against the standard in force on a day (能力评分).

    `lines` is that standard in full, `tiers` the figures of each tier; the ledger keeps the
    digest of all results.
    """

    SCOPE = ("area__path",)

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    standard_version = models.CharField(max_length=80)
    lines = models.JSONField()
    tiers = models.JSONField()
    results_digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Privacy:
        public = ("area", "standard_version", "lines", "tiers", "results_digest", "made_at")
        official = ("made_by",)
        keep = "operational"

    class Meta:
        indexes = [models.Index(fields=["area", "made_at"])]

    def __str__(self) -> str:
        return f"{self.area} · {year_and_time(self.made_at)}"


class CapabilityResult(Record):
    """How one unit stands by one line of the standard, with the numbers that made it (能力评定).

    `good` of `total` cases, or things asked for, are as they should be; `worst` is the worst case,
    or what is missing. `before` is what was shown before it.
    """

    SCOPE = ("unit__path",)

    class Outcome(models.TextChoices):
        MET = "met", pgettext_lazy("capability", "met")
        NOT_MET = "not_met", pgettext_lazy("capability", "not met")
        NOT_SHOWN = "not_shown", pgettext_lazy("capability", "not shown")

    class Source(models.TextChoices):
        DRILL = "drill", _("exercise")
        REAL = "real", _("real responses")
        RECORDS = "records", _("records as they stood")

    scoring = models.ForeignKey(CapabilityScoring, models.PROTECT, related_name="results")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    judged_as = models.CharField(max_length=12)
    capability = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, choices=Outcome)
    good = models.PositiveIntegerField()
    total = models.PositiveIntegerField()
    enough = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=8, choices=Source, blank=True)
    exercise = models.ForeignKey(Exercise, models.PROTECT, null=True, related_name="+")
    incidents = models.JSONField(default=list)
    shown_at = models.DateTimeField(null=True)
    worst = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    next_act = models.CharField(max_length=20, blank=True)

    class Privacy:
        official = (
            "scoring", "unit", "judged_as", "capability", "outcome", "good", "total", "enough",
            "source", "exercise", "incidents", "shown_at", "worst", "before", "next_act",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scoring", "unit", "capability"], name="one_result_of_a_scoring"
            ),
            models.CheckConstraint(condition=Q(good__lte=F("total")), name="result_good_of_total"),
            models.CheckConstraint(
                condition=Q(outcome="not_shown", total=0, source="", shown_at=None)
                | (~Q(outcome="not_shown") & Q(total__gt=0, shown_at__isnull=False)),
                name="result_not_shown_by_nothing",
            ),
            models.CheckConstraint(
                condition=Q(source="drill", exercise__isnull=False)
                | (~Q(source="drill") & Q(exercise=None)),
                name="result_of_a_drill_names_it",
            ),
        ]
        indexes = [models.Index(fields=["unit", "capability"])]
