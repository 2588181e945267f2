"""Data sets, the standards they follow, and every row that was ever received."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
from gongzhi.exchange.said import SaidDecoder, SaidEncoder
from gongzhi.ledger.records import EVERYONE, Record


class Standard(Record):
    """What a data set must look like: one version of an Open Data Contract (数据标准)."""

    SCOPE = EVERYONE

    name = models.CharField(max_length=80)
    version = models.CharField(max_length=20)
    document = models.TextField()
    digest = models.CharField(max_length=64)

    class Privacy:
        public = ("name", "version", "document", "digest")
        keep = "organisation"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="one_standard_version")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Dataset(Record):
    """A stream of files by one supplier under one standard."""

    SCOPE = ("supplier__path",)

    supplier = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    standard = models.ForeignKey(Standard, models.PROTECT, related_name="+")
    title = models.CharField(max_length=160)

    class Privacy:
        public = ("supplier", "standard", "title")
        keep = "organisation"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "standard", "title"], name="one_dataset_of_a_supplier"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Load(Record):
    """One file received: how it was read and what became of its rows."""

    SCOPE = ("dataset__supplier__path",)

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="loads")
    file_name = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20, blank=True)
    file_format = models.CharField(max_length=20, blank=True)
    generation = models.CharField(max_length=40, blank=True)
    not_understood = models.JSONField(default=list, encoder=SaidEncoder, decoder=SaidDecoder)
    rows = models.PositiveIntegerField(default=0)
    rows_read = models.PositiveIntegerField(default=0)
    rows_quarantined = models.PositiveIntegerField(default=0)
    rows_duplicate = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Privacy:
        official = (
            "dataset", "file_name", "sha256", "encoding", "file_format", "generation",
            "not_understood", "rows", "rows_read", "rows_quarantined", "rows_duplicate",
            "received_at", "received_by",
        )  # fmt: skip
        keep = "exchange"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    rows=models.F("rows_read")
                    + models.F("rows_quarantined")
                    + models.F("rows_duplicate")
                ),
                name="load_every_row_accounted_for",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class Row(Record):
    """One row of a load: read, waiting in quarantine with its reasons, or a duplicate."""

    SCOPE = ("load__dataset__supplier__path",)

    class State(models.TextChoices):
        READ = "read", _("read")
        QUARANTINED = "quarantined", _("in quarantine")
        DUPLICATE = "duplicate", _("duplicate")
        RELEASED = "released", _("released from quarantine")
        REJECTED = "rejected", _("rejected")

    MOVES = {
        State.QUARANTINED: {State.RELEASED, State.REJECTED},
        State.READ: set(),
        State.DUPLICATE: set(),
        State.RELEASED: set(),
        State.REJECTED: set(),
    }

    load = models.ForeignKey(Load, models.PROTECT, related_name="row_set")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State)
    values = models.JSONField()
    personal_values = models.JSONField(default=dict)
    reasons = models.JSONField(default=list, encoder=SaidEncoder, decoder=SaidDecoder)
    duplicate_of = models.CharField(max_length=400, blank=True)

    class Privacy:
        official = ("load", "number", "state", "values", "reasons", "duplicate_of")
        personal = ("personal_values",)
        keep = "exchange"
        keep_personal = "contact"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["load", "number"], name="one_row_number_in_a_load")
        ]
        indexes = [models.Index(fields=["state", "load"])]

    def residents(self) -> str:
        """Whomever its supplier wrote down in it, and knows by its row."""
        return f"{self.load} · {self.number}" if self.personal_values else ""
