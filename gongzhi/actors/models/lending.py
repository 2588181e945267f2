"""Powers lent for a time, and requests to the tier above where one's own limits end."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from gongzhi.actors.models.climbing import TierClimb
from gongzhi.actors.models.units import Person, Tier, Unit
from gongzhi.ledger.records import EVERYONE, Record


class Delegation(Record):
    """Named powers lent by one unit to another: scope, limits, basis, end, signed (放权).

    The limits hold for each of the powers, and they are taken back together. `signed` is the
    canonical text of all this under the site's key; powers whose row says something else than what
    was signed cannot be used.
    """

    SCOPE = ("lender__path", "borrower__path")

    lender = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    borrower = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    powers = models.JSONField()
    legal_basis = models.CharField(max_length=300)
    limit_cents = models.BigIntegerField(null=True)
    limit_people = models.PositiveIntegerField(null=True)
    limit_tier = models.CharField(max_length=12, choices=Tier, blank=True)
    limit_days = models.PositiveIntegerField(null=True)
    onward = models.BooleanField(default=False)
    lent_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="lent_on")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    granted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    signed = models.TextField(blank=True)
    revoked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    reason_revoked = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = (
            "lender", "borrower", "area", "powers", "legal_basis", "limit_cents", "limit_people",
            "limit_tier", "limit_days", "onward", "lent_from", "starts_at", "ends_at", "signed",
            "revoked_at", "reason_revoked",
        )  # fmt: skip
        official = ("granted_by", "revoked_by")
        keep = "organisation"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="delegation_dates_ordered"
            ),
            models.CheckConstraint(
                condition=Q(revoked_by=None, revoked_at=None)
                | Q(revoked_by__isnull=False, revoked_at__isnull=False),
                name="delegation_revoked_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(lent_from=None) | Q(onward=False), name="delegation_lent_on_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{', '.join(self.powers)}: {self.lender} → {self.borrower}"

    def in_force(self, now: datetime) -> bool:
        """Whether the powers can be used at this moment."""
        return self.revoked_at is None and self.starts_at <= now < self.ends_at


class PowerRequest(Record):
    """A deed beyond the limits of one's tier, kept as it was asked of the tier above (请示).

    `inputs` are the deed's own, records by number; whoever grants it does the deed by it.
    `foreseen` is what it would have done when it was asked for, in figures.
    """

    SCOPE = ("asking__path", "to_unit__path", "place__path")

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("waits for an answer")
        GRANTED = "granted", gettext_lazy("granted and done")
        REFUSED = "refused", gettext_lazy("refused")
        WITHDRAWN = "withdrawn", gettext_lazy("withdrawn")

    MOVES = {
        State.OPEN: {State.GRANTED, State.REFUSED, State.WITHDRAWN},
        State.GRANTED: set(),
        State.REFUSED: set(),
        State.WITHDRAWN: set(),
    }

    asking = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    power = models.CharField(max_length=40)
    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    deed = models.CharField(max_length=80)
    inputs = models.JSONField()
    inputs_digest = models.CharField(max_length=64)
    extent = models.JSONField()
    beyond = models.JSONField()
    foreseen = models.JSONField(default=dict)
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    answer_by = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    granted_power = models.CharField(max_length=120, blank=True)
    result = models.CharField(max_length=80, blank=True)

    class Privacy:
        official = (
            "asking", "requested_by", "requested_at", "power", "place", "deed", "inputs",
            "inputs_digest", "extent", "beyond", "foreseen", "to_unit", "answer_by", "state",
            "answered_by", "answered_at", "reason", "granted_power", "result",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by=None, answered_at=None, state="open")
                | (Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(state="open")),
                name="power_request_answered_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(reason=""),
                name="power_request_refused_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["state", "answer_by"])]

    def __str__(self) -> str:
        return f"{self.power}: {self.asking} → {self.to_unit}"


class RequestClimb(TierClimb):
    """A request that nobody answered in time was taken one tier up, once for each tier (升级)."""

    SCOPE = ("to_unit__path", "request__place__path")
    SILENCE = gettext_lazy("%(silent)s did not answer by %(when)s: now it is with %(upper)s.")

    request = models.ForeignKey(PowerRequest, models.PROTECT, related_name="climbs")

    class Privacy:
        official = ("request", "silent", "to_unit", "was_due_at", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "to_unit"], name="request_climbs_once_a_tier"
            ),
            models.CheckConstraint(
                condition=~Q(silent=F("to_unit")), name="request_climbs_to_another"
            ),
        ]


class Draw(Record):
    """Which uses of lent powers in a stretch of the ledger were drawn for review (抽查).

    The lines `first` up to, not including, `upto` were sealed before the checkpoint of size
    `deciding_size`, whose root nobody knew when they were written and which decides the draw.
    """

    SCOPE = EVERYONE

    first = models.BigIntegerField(unique=True)
    upto = models.BigIntegerField()
    deciding_size = models.BigIntegerField()
    uses = models.PositiveIntegerField()
    drawn = models.PositiveIntegerField()
    drawn_at = models.DateTimeField()

    class Privacy:
        public = ("first", "upto", "deciding_size", "uses", "drawn", "drawn_at")
        keep = "ledger"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(first__lt=F("upto"), upto__lt=F("deciding_size"), drawn__lte=F("uses")),
                name="draw_is_decided_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first}–{self.upto - 1} · {self.drawn}/{self.uses}"


class UseReview(Record):
    """A use of a lent power that was drawn: the lender says whether it was in order (抽查复核)."""

    SCOPE = ("to_unit__path", "delegation__borrower__path")

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("to be reviewed")
        IN_ORDER = "in_order", gettext_lazy("in order")
        OBJECTED = "objected", gettext_lazy("objected to")

    MOVES = {
        State.OPEN: {State.IN_ORDER, State.OBJECTED},
        State.IN_ORDER: set(),
        State.OBJECTED: set(),
    }

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="reviews")
    delegation = models.ForeignKey(Delegation, models.PROTECT, related_name="reviews")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    line = models.BigIntegerField()
    verb = models.CharField(max_length=80)
    about = models.CharField(max_length=80)
    used_by = models.CharField(max_length=80)
    used_at = models.DateTimeField()
    per_mille = models.PositiveSmallIntegerField()
    review_by = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=400, blank=True)
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Privacy:
        official = (
            "draw", "delegation", "to_unit", "line", "verb", "about", "used_by", "used_at",
            "per_mille", "review_by", "state", "outcome", "reviewed_by", "reviewed_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "delegation"], name="one_review_of_a_use"),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None, state="open", outcome="")
                | (Q(reviewed_by__isnull=False, reviewed_at__isnull=False) & ~Q(outcome="")),
                name="use_reviewed_who_when_and_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} · {self.about}"


class ReviewClimb(TierClimb):
    """A drawn use that nobody reviewed in time was taken one tier up, once for each tier (升级)."""

    SCOPE = ("to_unit__path", "review__delegation__borrower__path")
    SILENCE = gettext_lazy("%(silent)s did not review it by %(when)s: now it is with %(upper)s.")

    review = models.ForeignKey(UseReview, models.PROTECT, related_name="climbs")

    class Privacy:
        official = ("review", "silent", "to_unit", "was_due_at", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "to_unit"], name="review_climbs_once_a_tier"),
            models.CheckConstraint(
                condition=~Q(silent=F("to_unit")), name="review_climbs_to_another"
            ),
        ]
