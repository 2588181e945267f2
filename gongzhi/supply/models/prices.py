"""Prices that were asked, those that stand out, what invoices show, and cases of gouging."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.models.climbing import TierClimb
from gongzhi.assessment.models import Incident
from gongzhi.command.models import StreetCall
from gongzhi.exchange.models import Row
from gongzhi.ledger.records import Record
from gongzhi.supply.models.goods import Item, _fact, _paired


class PriceVerdict(models.TextChoices):
    """What a person finds about a price that stands out."""

    WITHIN = "within", _("within the rule")
    UNFOUNDED = "unfounded", _("unfounded")
    REPORTED = "reported", _("open a case")


class PriceQuote(Record):
    """What a seller asked for an item on a day, with the delivery of the order (报价)."""

    SCOPE = ("seller__path", "place__path")

    class SalesChannel(models.TextChoices):
        SHOP = "shop", _("shop or pharmacy")
        MARKET = "market", _("market stall")
        ONLINE = "online", _("online")
        WHOLESALE = "wholesale", _("wholesale")

    seller = models.ForeignKey(Unit, models.PROTECT, related_name="price_quotes")
    item = models.ForeignKey(Item, models.PROTECT, related_name="price_quotes")
    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=SalesChannel)
    asked_on = models.DateField()
    price_cents = models.BigIntegerField()
    pack = models.PositiveIntegerField(default=1)
    delivery_cents = models.BigIntegerField(default=0)
    packs = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=120)
    key = models.CharField(max_length=64, unique=True)
    row = models.ForeignKey(Row, models.PROTECT, null=True, related_name="+")
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Privacy:
        public = ("item", "channel", "asked_on")
        official = (
            "seller", "place", "price_cents", "pack", "delivery_cents", "packs", "source", "key",
            "row", "recorded_by", "recorded_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            _fact("quote_has_a_price", Q(price_cents__gt=0, delivery_cents__gte=0)),
            _fact("quote_of_at_least_one", Q(pack__gte=1, packs__gte=1)),
        ]
        indexes = [models.Index(fields=["recorded_at"]), models.Index(fields=["asked_on"])]

    def __str__(self) -> str:
        return f"{self.item} · {self.seller} · {self.asked_on.isoformat()}"


class PriceLook(Record):
    """One screening of all prices of an incident's area: figures by item, no seller is named.

    `newest` is the last price on record then: whatever came later has not been looked at.
    """

    SCOPE = ("incident__area__path",)

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="price_looks")
    looked_on = models.DateField()
    baseline_on = models.DateField()
    newest = models.ForeignKey(PriceQuote, models.PROTECT, null=True, related_name="+")
    summary = models.JSONField()
    params = models.JSONField()
    version = models.CharField(max_length=80)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Privacy:
        public = ("incident", "looked_on", "baseline_on", "summary", "params", "version", "made_at")
        official = ("newest", "made_by")
        keep = "operational"

    class Meta:
        constraints = [_fact("price_look_after_its_baseline", Q(looked_on__gt=F("baseline_on")))]
        indexes = [models.Index(fields=["incident", "made_at"])]

    def __str__(self) -> str:
        return f"{self.incident} · {self.looked_on.isoformat()}"


class PriceFlag(Record):
    """A seller's price stands out: invoices are asked for, and a person judges what they show."""

    SCOPE = ("seller__path", "incident__area__path")

    class State(models.TextChoices):
        RAISED = "raised", _("stands out")
        ASKED = "asked", _("invoices asked for")
        HANDED_IN = "handed_in", _("invoices handed in")
        WITHIN = "within", _("within the rule")
        UNFOUNDED = "unfounded", _("unfounded")
        REPORTED = "reported", _("case opened")

    MOVES = {
        State.RAISED: {State.ASKED, State.UNFOUNDED},
        State.ASKED: {State.HANDED_IN, State.UNFOUNDED, State.REPORTED},
        State.HANDED_IN: {State.ASKED, State.WITHIN, State.UNFOUNDED, State.REPORTED},
        State.WITHIN: set(),
        State.UNFOUNDED: set(),
        State.REPORTED: set(),
    }

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="price_flags")
    look = models.ForeignKey(PriceLook, models.PROTECT, related_name="flags")
    quote = models.ForeignKey(PriceQuote, models.PROTECT, related_name="+")
    seller = models.ForeignKey(Unit, models.PROTECT, related_name="price_flags")
    item = models.ForeignKey(Item, models.PROTECT, related_name="price_flags")
    facts = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.RAISED)
    raised_at = models.DateTimeField()
    asked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=400, blank=True)
    earlier_cents = models.BigIntegerField(null=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    test = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    judged_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)

    class Privacy:
        public = ("incident", "look", "item", "state", "raised_at")
        official = (
            "quote", "seller", "facts", "asked_by", "asked_at", "due_at", "answer",
            "earlier_cents", "answered_by", "answered_at", "test", "reason", "judged_by",
            "judged_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            _paired("price_flag_asked_who_and_when", "asked"),
            _paired("price_flag_answered_who_and_when", "answered"),
            _paired(
                "price_flag_judged_who_and_when", "judged",
                Q(state__in=["within", "unfounded", "reported"]),
            ),
            _fact("price_flag_judged_with_a_reason", Q(judged_at=None) | ~Q(reason="")),
            _fact("price_flag_asked_until", Q(asked_at=None) | Q(due_at__gt=F("asked_at"))),
            _fact("price_flag_earlier_price", Q(earlier_cents=None) | Q(earlier_cents__gt=0)),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "due_at"])]

    def __str__(self) -> str:
        return f"{self.item} · {self.seller}"


class Invoice(Record):
    """What the seller paid for the item, with its proof (进货凭证)."""

    SCOPE = ("flag__seller__path", "flag__incident__area__path")

    flag = models.ForeignKey(PriceFlag, models.PROTECT, related_name="invoices")
    cost_cents = models.BigIntegerField()
    pack = models.PositiveIntegerField(default=1)
    bought_on = models.DateField()
    proof = models.CharField(max_length=200)
    handed_in_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    handed_in_at = models.DateTimeField()

    class Privacy:
        official = (
            "flag", "cost_cents", "pack", "bought_on", "proof", "handed_in_by", "handed_in_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            _fact("invoice_has_a_cost", Q(cost_cents__gt=0, pack__gte=1)),
            _fact("invoice_has_a_proof", ~Q(proof="")),
        ]

    def __str__(self) -> str:
        return f"{self.flag} · {self.bought_on.isoformat()}"


class PriceReport(Record):
    """A case of price gouging, opened by a person; the seller may appeal (哄抬物价).

    `to_unit` decides the appeal by `decide_by`, the government of the area at first and a tier
    above it when nobody does.
    """

    SCOPE = ("flag__seller__path", "flag__incident__area__path")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        APPEALED = "appealed", _("appealed")
        UPHELD = "upheld", _("upheld after an appeal")
        ANNULLED = "annulled", _("annulled after an appeal")

    MOVES = {
        State.OPEN: {State.APPEALED},
        State.APPEALED: {State.UPHELD, State.ANNULLED},
        State.UPHELD: set(),
        State.ANNULLED: set(),
    }

    flag = models.OneToOneField(PriceFlag, models.PROTECT, related_name="report")
    call = models.OneToOneField(StreetCall, models.PROTECT, null=True, related_name="price_report")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    filed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()
    appeal = models.CharField(max_length=400, blank=True)
    appealed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    appealed_at = models.DateTimeField(null=True)
    to_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    decide_by = models.DateTimeField(null=True)
    decision = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Privacy:
        public = ("state", "filed_at")
        official = (
            "flag", "call", "filed_by", "appeal", "appealed_by", "appealed_at", "to_unit",
            "decide_by", "decision", "decided_by", "decided_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            _paired("price_report_appealed_who_and_when", "appealed", ~Q(state="open")),
            _paired(
                "price_report_decided_who_and_when", "decided",
                Q(state__in=["upheld", "annulled"]),
            ),
            _fact(
                "price_report_appealed_to_whom_until",
                Q(appealed_at=None, to_unit=None, decide_by=None)
                | Q(to_unit__isnull=False, decide_by__gt=F("appealed_at")),
            ),
            _fact("price_report_appeal_has_words", Q(appealed_at=None) | ~Q(appeal="")),
            _fact("price_report_decided_with_a_reason", Q(decided_at=None) | ~Q(decision="")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.flag)

    @property
    def changed_at(self) -> datetime:
        """When it came into its state."""
        return self.decided_at or self.appealed_at or self.filed_at


class PriceAppealClimb(TierClimb):
    """An appeal that nobody decided in time was taken one tier up, once for each tier (升级)."""

    SCOPE = ("to_unit__path", "report__flag__seller__path", "report__flag__incident__area__path")
    SILENCE = _("%(silent)s did not decide it by %(when)s: now it is with %(upper)s.")

    report = models.ForeignKey(PriceReport, models.PROTECT, related_name="climbs")

    class Privacy:
        official = ("report", "silent", "to_unit", "was_due_at", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "to_unit"], name="price_appeal_climbs_once_a_tier"
            ),
            _fact("price_appeal_climbs_to_another", ~Q(silent=F("to_unit"))),
        ]
