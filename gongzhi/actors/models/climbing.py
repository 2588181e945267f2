"""What nobody answered in time and was taken one tier up (升级)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.functional import Promise

from gongzhi.actors.models.units import Unit
from gongzhi.ledger.records import Record
from gongzhi.writing import day_and_time


class TierClimb(Record):
    """Who was silent until when, and with whom it is now; once for each tier."""

    SILENCE: ClassVar[str | Promise]
    """The sentence that says so, with `silent`, `when` and `upper`."""

    silent = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    was_due_at = models.DateTimeField()
    climbed_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.SILENCE) % {
            "silent": self.silent,
            "when": day_and_time(self.was_due_at),
            "upper": self.to_unit,
        }
