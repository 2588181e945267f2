"""Donations: what was given, how it was judged, what arrived, what money was spent on."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.actors.models.climbing import TierClimb
from gongzhi.ledger.records import Record, new_salt
from gongzhi.supply.models.goods import Item, Offer, _fact, _paired


class DonationGrade(models.TextChoices):
    """What a donation may serve, or that it is not taken."""

    MEDICAL = "medical", _("for medical use")
    PUBLIC = "public", _("for the public, not for medical use")
    MONEY = "money", _("money to buy what is needed")
    REFUSED = "refused", _("not taken")


class Donation(Record):
    """Goods or money that somebody gives to a hub; judged, counted, then given on (捐赠).

    `to_unit` judges it by `triage_by`: the hub's own unit at first, a government above it when
    nobody does. Accepted goods become an offer of the hub; what becomes of them is in its
    dispatches and their receipts.
    """

    SCOPE = ("hub__unit__path", "hub__place__path", "donor__path", "to_unit__path")

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        ACCEPTED = "accepted", _("accepted, not yet arrived")
        TAKEN_IN = "taken_in", _("taken in")
        REFUSED = "refused", _("not taken")

    MOVES = {
        State.ANNOUNCED: {State.ACCEPTED, State.REFUSED},
        State.ACCEPTED: {State.TAKEN_IN},
        State.TAKEN_IN: set(),
        State.REFUSED: set(),
    }

    hub = models.ForeignKey(Facility, models.PROTECT, related_name="donations")
    donor = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="donations")
    words = models.CharField(max_length=200, blank=True)
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="donations")
    quantity = models.PositiveIntegerField(null=True)
    money_cents = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=8, blank=True)
    meant_for = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    wish_refused = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ANNOUNCED)
    announced_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    announced_at = models.DateTimeField()
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    triage_by = models.DateTimeField()
    fit_for = models.CharField(max_length=8, choices=DonationGrade, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    judged_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    quantity_good = models.PositiveIntegerField(null=True)
    quantity_damaged = models.PositiveIntegerField(null=True)
    quantity_short = models.PositiveIntegerField(null=True)
    received_cents = models.BigIntegerField(null=True)
    spent_cents = models.BigIntegerField(default=0)
    taken_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    offer = models.OneToOneField(Offer, models.PROTECT, null=True, related_name="donation")
    signed = models.TextField(blank=True)

    class Privacy:
        public = (
            "hub", "donor", "item", "quantity", "money_cents", "currency", "meant_for",
            "wish_refused", "state", "announced_at", "fit_for", "reason", "judged_at",
            "quantity_good", "quantity_damaged", "quantity_short", "received_cents",
            "spent_cents", "taken_at", "offer",
        )  # fmt: skip
        official = (
            "words", "announced_by", "to_unit", "triage_by", "judged_by", "taken_by", "signed",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            _fact(
                "donation_of_goods_or_of_money",
                Q(quantity__gt=0, money_cents=None, currency="")
                | Q(quantity=None, item=None, money_cents__gt=0) & ~Q(currency=""),
            ),
            _fact("donation_goods_have_a_name", Q(quantity=None) | ~Q(item=None) | ~Q(words="")),
            _paired("donation_judged_who_and_when", "judged", ~Q(state="announced")),
            _fact(
                "donation_judged_with_a_grade",
                Q(judged_at=None, fit_for="") | Q(judged_at__isnull=False) & ~Q(fit_for=""),
            ),
            _fact("donation_refused_with_a_reason", ~Q(state="refused") | ~Q(reason="")),
            _paired("donation_taken_who_and_when", "taken", Q(state="taken_in")),
            _fact(
                "donation_every_piece_is_counted",
                Q(quantity_good=None, quantity_damaged=None, quantity_short=None)
                | Q(quantity=F("quantity_good") + F("quantity_damaged") + F("quantity_short"),
                    quantity_good__isnull=False, quantity_damaged__isnull=False,
                    quantity_short__isnull=False, quantity__isnull=False, taken_at__isnull=False),
            ),
            _fact(
                "donation_money_is_not_overspent",
                Q(received_cents=None, spent_cents=0)
                | Q(received_cents__gte=F("spent_cents"), spent_cents__gte=0,
                    received_cents__lte=F("money_cents"), received_cents__isnull=False,
                    money_cents__isnull=False, taken_at__isnull=False),
            ),
            _fact(
                "donation_taken_in_was_counted",
                ~Q(state="taken_in")
                | Q(quantity_good__isnull=False)
                | Q(received_cents__isnull=False),
            ),
            _fact("donation_wish_refused_was_made", Q(wish_refused="") | ~Q(meant_for=None)),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "triage_by"])]

    def __str__(self) -> str:
        return f"{self.number} · {self.item or self.words or self.get_fit_for_display()}"

    @property
    def number(self) -> str:
        """The number on every paper, with two digits that catch a slip (ISO 7064, MOD 97-10)."""
        return f"D{self.pk:06d}-{98 - self.pk * 100 % 97:02d}"

    @property
    def is_directed(self) -> bool:
        """Whether it goes to whom the donor wished, and to nobody else."""
        return self.meant_for_id is not None and not self.wish_refused

    @property
    def left_cents(self) -> int:
        """Money that has come in and is not spent."""
        return (self.received_cents or 0) - self.spent_cents


class DonorContact(Record):
    """How a private donor wants to be named and can be reached; kept apart, and not for long."""

    SCOPE = ("donation__hub__unit__path",)

    donation = models.OneToOneField(Donation, models.PROTECT, related_name="contact")
    donor_name = models.CharField(max_length=80, blank=True)
    donor_phone = models.CharField(max_length=40, blank=True)
    salt = models.BinaryField(default=new_salt)

    class Privacy:
        official = ("donation",)
        personal = ("donor_name", "donor_phone")
        sensitive = ("salt",)
        keep = "operational"
        keep_personal = "contact"

    def __str__(self) -> str:
        return str(self.donation)

    def residents(self) -> str:
        """The donor, if a name or a number was left."""
        return f"{self.donor_name} {self.donor_phone}".strip()


class Purchase(Record):
    """What a part of donated money was spent on: goods that the hub then gives on."""

    SCOPE = ("donation__hub__unit__path", "donation__hub__place__path", "donation__donor__path")

    donation = models.ForeignKey(Donation, models.PROTECT, related_name="purchases")
    cents = models.BigIntegerField()
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    invoice_number = models.CharField(max_length=200)
    bought_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    bought_at = models.DateTimeField()
    offer = models.OneToOneField(Offer, models.PROTECT, related_name="purchase")
    signed = models.TextField(blank=True)

    class Privacy:
        public = ("donation", "cents", "item", "quantity", "bought_at", "offer")
        official = ("invoice_number", "bought_by", "signed")
        keep = "operational"

    class Meta:
        constraints = [
            _fact("purchase_of_something", Q(cents__gt=0, quantity__gt=0)),
            _fact("purchase_has_an_invoice", ~Q(invoice_number="")),
        ]

    def __str__(self) -> str:
        return f"{self.item} · {self.donation.number}"


class DonationClimb(TierClimb):
    """A donation that nobody judged in time was taken one tier up, once for each tier (升级)."""

    SCOPE = ("to_unit__path", "donation__hub__unit__path")
    SILENCE = _("%(silent)s did not judge it by %(when)s: now it is with %(upper)s.")

    donation = models.ForeignKey(Donation, models.PROTECT, related_name="climbs")

    class Privacy:
        official = ("donation", "silent", "to_unit", "was_due_at", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["donation", "to_unit"], name="donation_climbs_once_a_tier"
            ),
            _fact("donation_climbs_to_another", ~Q(silent=F("to_unit"))),
        ]
