"""Entries, checkpoints, tiles, and the receipts of writes already answered."""

from __future__ import annotations

from django.db import models

from gongzhi.ledger.records import EVERYONE, Record


class Entry(Record):
    """One deed, in plain text, without foreign keys; a leaf of the tree once it is sealed."""

    SCOPE = ("unit_path",)

    body = models.TextField()
    at = models.DateTimeField()
    verb = models.CharField(max_length=80)
    subject = models.CharField(max_length=80)
    unit_path = models.CharField(max_length=80)
    by_ref = models.CharField(max_length=80)
    leaf_index = models.BigIntegerField(null=True, unique=True)

    class Privacy:
        public = ("leaf_index",)
        official = ("body", "at", "verb", "subject", "unit_path", "by_ref")
        keep = "ledger"

    class Meta:
        indexes = [
            models.Index(fields=["subject", "leaf_index"]),
            models.Index(fields=["unit_path", "leaf_index"]),
            models.Index(fields=["verb", "at"]),
        ]


class Log(Record):
    """The state of the one log: how many leaves are sealed, and the root over them."""

    SCOPE = EVERYONE

    origin = models.CharField(max_length=200)
    size = models.BigIntegerField(default=0)
    root = models.BinaryField()

    class Privacy:
        public = ("origin", "size", "root")
        keep = "ledger"

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_log")]


class Checkpoint(Record):
    """A signed statement of size and root (C2SP tlog-checkpoint)."""

    SCOPE = EVERYONE

    size = models.BigIntegerField(unique=True)
    note = models.TextField()
    at = models.DateTimeField()

    class Privacy:
        public = ("size", "note", "at")
        keep = "ledger"


class Tile(Record):
    """Up to 256 hashes of one level (C2SP tlog-tiles); a partial tile is its prefix."""

    SCOPE = EVERYONE

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Privacy:
        public = ("level", "index", "hashes")
        keep = "ledger"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_tile")]


class Receipt(Record):
    """The answer already given to a write with this idempotency key, by this person."""

    SCOPE = EVERYONE

    by_ref = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.TextField()
    at = models.DateTimeField()

    class Privacy:
        official = ("by_ref", "key", "request_digest", "status", "at")
        personal = ("answer",)
        keep = "receipt"
        keep_personal = "receipt"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by_ref", "key"], name="one_receipt")]
