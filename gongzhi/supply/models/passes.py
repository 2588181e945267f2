"""The transport pass of one vehicle with one load on one way, signed, with an end."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person
from gongzhi.ledger.records import Record
from gongzhi.supply.models.goods import Dispatch, _fact, _paired


class TransportPass(Record):
    """Lets one vehicle with one load pass every checkpoint on its way until it ends."""

    SCOPE = (
        "dispatch__allocation__need__unit__path",
        "dispatch__allocation__offer__unit__path",
        "dispatch__carrier__path",
        "dispatch__allocation__run__area__path",
    )

    class State(models.TextChoices):
        VALID = "valid", _("valid")
        REVOKED = "revoked", _("taken back")

    MOVES = {State.VALID: {State.REVOKED}, State.REVOKED: set()}

    dispatch = models.ForeignKey(Dispatch, models.PROTECT, related_name="transport_passes")
    vehicle = models.CharField(max_length=40)
    via = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.VALID)
    signed = models.TextField()
    issued_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    reason_revoked = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("dispatch", "state", "issued_at", "ends_at", "revoked_at")
        official = ("vehicle", "via", "signed", "issued_by", "revoked_by", "reason_revoked")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dispatch", "vehicle"], condition=Q(state="valid"), name="one_valid_pass"
            ),
            _fact("pass_ends_after_it_was_issued", Q(ends_at__gt=F("issued_at"))),
            _paired("pass_revoked_who_and_when", "revoked", Q(state="revoked")),
            _fact("pass_revoked_has_a_reason", ~Q(state="revoked") | ~Q(reason_revoked="")),
        ]
        indexes = [models.Index(fields=["state", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.vehicle} · {self.dispatch}"
