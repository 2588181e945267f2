"""After-action reviews, what they found, and the burden of forms."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.models import Incident
from gongzhi.ledger.records import Record


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
        ADOPTED = "adopted", _("adopted")
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
