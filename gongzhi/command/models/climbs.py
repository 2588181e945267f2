"""What was taken one tier up because nobody did it in time."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from gongzhi.actors.models import Person, Unit
from gongzhi.command.models.calls import CallAnswer
from gongzhi.command.models.orders import Order
from gongzhi.ledger.records import Record


class Climb(Record):
    """A late order or an unanswered call was taken one tier up, once (升级)."""

    SCOPE = ("to_unit__path", "order__unit__path", "answer__department__path")

    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="climbs")
    answer = models.ForeignKey(CallAnswer, models.PROTECT, null=True, related_name="climbs")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    climbed_at = models.DateTimeField()
    followed_up_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    followed_up_at = models.DateTimeField(null=True)
    follow_up = models.CharField(max_length=300, blank=True)

    class Privacy:
        official = ("order", "answer", "to_unit", "reason", "climbed_at", "followed_up_by",
                    "followed_up_at", "follow_up")  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(order__isnull=False, answer=None) | Q(order=None, answer__isnull=False),
                name="climb_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(followed_up_by=None, followed_up_at=None)
                | (
                    Q(followed_up_by__isnull=False, followed_up_at__isnull=False) & ~Q(follow_up="")
                ),
                name="climb_followed_up_who_and_when",
            ),
            models.UniqueConstraint(fields=["order", "to_unit"], name="order_climbs_once_a_tier"),
            models.UniqueConstraint(fields=["answer", "to_unit"], name="answer_climbs_once_a_tier"),
        ]
