"""What proves that somebody who was called came, and what came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person
from gongzhi.command.models.calls import CallAnswer
from gongzhi.ledger.records import Record


class Proof(Record):
    """Where it was, what a photo shows, what was measured: at arrival or as the result (佐证)."""

    SCOPE = ("answer__department__path", "answer__call__caller__path")

    class Stage(models.TextChoices):
        ARRIVAL = "arrival", _("arrival")
        RESULT = "result", _("result")

    answer = models.ForeignKey(CallAnswer, models.PROTECT, related_name="proofs")
    stage = models.CharField(max_length=8, choices=Stage)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    photo_sha256 = models.CharField(max_length=64, blank=True)
    measured = models.CharField(max_length=60, blank=True)
    measured_value = models.FloatField(null=True)
    measured_unit = models.CharField(max_length=20, blank=True)
    given_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Privacy:
        official = ("answer", "stage", "lon", "lat", "photo_sha256", "measured",
                    "measured_value", "measured_unit", "given_by", "given_at")  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["answer", "stage"], name="one_proof_of_a_stage"),
            models.CheckConstraint(
                condition=Q(lon=None, lat=None) | Q(lon__range=(-180, 180), lat__range=(-90, 90)),
                name="proof_place_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(measured="", measured_value=None, measured_unit="")
                | (~Q(measured="") & Q(measured_value__isnull=False) & ~Q(measured_unit="")),
                name="proof_measurement_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(lon__isnull=False) | ~Q(photo_sha256="") | ~Q(measured=""),
                name="proof_proves_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} · {self.answer.department}"


class Photo(Record):
    """The photo of a proof, without what the camera wrote into it; kept apart and looked at singly.

    Faces and number plates may be on it, so it goes when contacts go.
    """

    SCOPE = ("proof__answer__department__path", "proof__answer__call__caller__path")

    proof = models.OneToOneField(Proof, models.PROTECT, related_name="photo")
    media_type = models.CharField(max_length=20)
    content = models.BinaryField()

    class Privacy:
        official = ("proof", "media_type")
        personal = ("content",)
        keep = "operational"
        keep_personal = "contact"

    def __str__(self) -> str:
        return str(self.proof)
