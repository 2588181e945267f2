"""The catalogue, needs, offers and stock, matching runs with a reason for each line, dispatch."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Order
from gongzhi.exchange.models import Row
from gongzhi.ledger.records import EVERYONE, Record
from gongzhi.supply.words import estimate_sentence
from gongzhi.writing import day_and_time


def _fact(name: str, condition: Q) -> models.CheckConstraint:
    return models.CheckConstraint(condition=condition, name=name)


def _paired(name: str, deed: str, since: Q | None = None) -> models.CheckConstraint:
    """Who did a deed and when are known together; with `since`, exactly in those states."""
    known = Q(**{f"{deed}_by__isnull": False, f"{deed}_at__isnull": False})
    unknown = Q(**{f"{deed}_by": None, f"{deed}_at": None})
    return _fact(name, unknown | known if since is None else ~since & unknown | since & known)


class Item(Record):
    """One kind of emergency supply in the catalogue."""

    SCOPE = EVERYONE

    code = models.CharField(max_length=40, unique=True)
    group = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    name_hant = models.CharField(max_length=80, blank=True)
    name_en = models.CharField(max_length=80, blank=True)
    unit_of_measure = models.CharField(max_length=20)
    grade = models.CharField(max_length=20, blank=True)
    synonyms = models.JSONField(default=list)

    class Privacy:
        public = ("code", "group", "name", "name_hant", "name_en", "unit_of_measure", "grade",
                  "synonyms")  # fmt: skip
        keep = "organisation"

    __str__ = Unit.__str__


class Need(Record):
    """Somebody needs something; the amount may be unknown, which is a state of its own."""

    SCOPE = ("unit__path",)

    class Amount(models.TextChoices):
        KNOWN = "known", _("known")
        UNKNOWN = "unknown", _("amount unknown")
        OPEN = "open", _("as many as possible")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PART_MET = "part_met", _("met in part")
        MET = "met", _("met")
        WITHDRAWN = "withdrawn", _("withdrawn")

    MOVES = {
        State.OPEN: {State.PART_MET, State.MET, State.WITHDRAWN},
        State.PART_MET: {State.MET, State.WITHDRAWN},
        State.MET: set(),
        State.WITHDRAWN: set(),
    }

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="needs")
    facility = models.ForeignKey(Facility, models.PROTECT, null=True, related_name="needs")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="needs")
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="needs")
    item = models.ForeignKey(Item, models.PROTECT, related_name="needs")
    amount = models.CharField(max_length=8, choices=Amount)
    quantity = models.PositiveIntegerField(null=True)
    estimate = models.PositiveIntegerField(null=True)
    estimate_basis = models.JSONField(default=dict)
    urgency = models.PositiveSmallIntegerField()
    needed_by = models.DateTimeField()
    words = models.CharField(max_length=400, blank=True)
    row = models.ForeignKey(Row, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    received_quantity = models.PositiveIntegerField(default=0)
    is_quiet = models.BooleanField(default=False)
    stated_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    reason_withdrawn = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()

    class Privacy:
        public = ("unit", "facility", "incident", "item", "amount", "quantity", "estimate",
                  "urgency", "needed_by", "state", "received_quantity", "is_quiet",
                  "stated_at")  # fmt: skip
        official = (
            "order", "words", "row", "estimate_basis", "stated_by", "confirmed_by", "confirmed_at",
            "withdrawn_by", "withdrawn_at", "reason_withdrawn", "changed_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            _fact(
                "need_known_has_a_quantity",
                Q(amount="known", quantity__isnull=False, quantity__gt=0)
                | ~Q(amount="known") & Q(quantity=None),
            ),
            _fact("need_urgency_1_to_3", Q(urgency__range=(1, 3))),
            _fact("need_not_over_received", Q(received_quantity__lte=F("quantity"))),
            _paired("need_confirmed_who_and_when", "confirmed"),
            _paired("need_withdrawn_who_and_when", "withdrawn", Q(state="withdrawn")),
        ]
        indexes = [models.Index(fields=f) for f in (["state", "item"], ["item", "changed_at"])]

    def __str__(self) -> str:
        return f"{self.item} · {self.facility or self.unit}"

    @property
    def is_open(self) -> bool:
        """Whether something may still be promised to it."""
        return self.state in (self.State.OPEN, self.State.PART_MET)

    @property
    def estimate_reason(self) -> str:
        """How the estimate was made, in words; empty where there is none."""
        return estimate_sentence(self.estimate_basis)


class Offer(Record):
    """Somebody can give, sell or carry something from a time on."""

    SCOPE = ("unit__path",)

    class State(models.TextChoices):
        OPEN = "open", _("open")
        USED = "used", _("used up")
        WITHDRAWN = "withdrawn", _("withdrawn")

    MOVES = {
        State.OPEN: {State.USED, State.WITHDRAWN},
        State.USED: {State.OPEN, State.WITHDRAWN},
        State.WITHDRAWN: set(),
    }

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="offers")
    facility = models.ForeignKey(Facility, models.PROTECT, null=True, related_name="offers")
    item = models.ForeignKey(Item, models.PROTECT, related_name="offers")
    quantity = models.PositiveIntegerField()
    promised_quantity = models.PositiveIntegerField(default=0)
    price_cents = models.BigIntegerField(null=True)
    is_donation = models.BooleanField(default=False)
    meant_for = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    ready_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    row = models.ForeignKey(Row, models.PROTECT, null=True, related_name="+")
    stated_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    reason_withdrawn = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()

    class Privacy:
        public = ("unit", "facility", "item", "quantity", "promised_quantity", "is_donation",
                  "meant_for", "ready_at", "ends_at", "state", "stated_at")  # fmt: skip
        official = ("price_cents", "row", "stated_by", "withdrawn_by", "withdrawn_at",
                    "reason_withdrawn", "changed_at")  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            _fact("offer_has_a_quantity", Q(quantity__gt=0)),
            _fact("offer_not_over_promised", Q(promised_quantity__lte=F("quantity"))),
            _fact("offer_dates_ordered", Q(ends_at=None) | Q(ends_at__gt=F("ready_at"))),
            _paired("offer_withdrawn_who_and_when", "withdrawn", Q(state="withdrawn")),
        ]
        indexes = [models.Index(fields=f) for f in (["state", "item"], ["item", "changed_at"])]

    def __str__(self) -> str:
        return f"{self.item} · {self.unit}"


class Stock(Record):
    """What a facility holds of an item, what it must hold, and what it uses in a day."""

    SCOPE = ("facility__unit__path", "facility__place__path")

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="stock")
    item = models.ForeignKey(Item, models.PROTECT, related_name="stock")
    quantity = models.PositiveIntegerField()
    minimum = models.PositiveIntegerField(default=0)
    used_per_day = models.FloatField(null=True)
    counted_at = models.DateTimeField()
    counted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Privacy:
        official = ("facility", "item", "quantity", "minimum", "used_per_day", "counted_at",
                    "counted_by")  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "item"], name="one_stock_of_an_item"),
            _fact("stock_use_not_negative", Q(used_per_day=None) | Q(used_per_day__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.item} · {self.facility}"


class MatchRun(Record):
    """One plan of who gets what for one item group, with the policy that made it."""

    SCOPE = ("area__path",)

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        APPROVED = "approved", _("approved")
        SUPERSEDED = "superseded", _("superseded")

    MOVES = {
        State.PROPOSED: {State.APPROVED, State.SUPERSEDED},
        State.APPROVED: {State.SUPERSEDED},
        State.SUPERSEDED: set(),
    }

    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="match_runs")
    group = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=80)
    policy = models.JSONField()
    summary = models.JSONField()
    facts_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.PROPOSED)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Privacy:
        public = ("area", "incident", "group", "policy_version", "policy", "summary", "state",
                  "made_at", "approved_at")  # fmt: skip
        official = ("facts_digest", "made_by", "approved_by")
        keep = "operational"

    class Meta:
        constraints = [
            _paired("run_approved_who_and_when", "approved"),
            _fact("run_in_force_was_approved", ~Q(state="approved") | Q(approved_by__isnull=False)),
        ]
        indexes = [models.Index(fields=["group", "state"])]

    def __str__(self) -> str:
        return f"{self.group} · {day_and_time(self.made_at)}"


class NeedLine(Record):
    """How far one need got in one run, and the binding reason."""

    SCOPE = ("need__unit__path", "run__area__path")

    run = models.ForeignKey(MatchRun, models.PROTECT, related_name="lines")
    need = models.ForeignKey(Need, models.PROTECT, related_name="lines")
    wanted = models.PositiveIntegerField()
    got = models.PositiveIntegerField()
    from_floor = models.PositiveIntegerField()
    reason = models.CharField(max_length=40)
    explanation = models.JSONField()

    class Privacy:
        public = ("run", "need", "wanted", "got", "from_floor", "reason")
        official = ("explanation",)
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "need"], name="one_line_of_a_need"),
            _fact("line_not_over_filled", Q(got__lte=F("wanted"))),
        ]

    def __str__(self) -> str:
        return f"{self.need} · {self.got} / {self.wanted}"


class Allocation(Record):
    """So much of an offer goes to a need."""

    SCOPE = ("need__unit__path", "offer__unit__path", "run__area__path")

    run = models.ForeignKey(MatchRun, models.PROTECT, related_name="allocations")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="allocations")
    need = models.ForeignKey(Need, models.PROTECT, related_name="allocations")
    quantity = models.PositiveIntegerField()

    class Privacy:
        public = ("run", "offer", "need", "quantity")
        keep = "operational"

    class Meta:
        constraints = [
            _fact("allocation_has_a_quantity", Q(quantity__gt=0)),
            models.UniqueConstraint(fields=["run", "offer", "need"], name="one_allocation"),
        ]

    def __str__(self) -> str:
        return f"{self.offer} → {self.need.facility or self.need.unit} · {self.quantity}"


class Dispatch(Record):
    """Goods on their way for an allocation: sent, handed over hop by hop, received."""

    SCOPE = (
        "allocation__need__unit__path",
        "allocation__offer__unit__path",
        "carrier__path",
        "allocation__run__area__path",
    )

    class State(models.TextChoices):
        SENT = "sent", _("on the way")
        RECEIVED = "received", _("received")
        LOST = "lost", _("lost")

    MOVES = {State.SENT: {State.RECEIVED, State.LOST}, State.RECEIVED: set(), State.LOST: set()}

    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="dispatches")
    carrier = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.SENT)
    sent_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    arrive_by = models.DateTimeField()
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    reason_lost = models.CharField(max_length=300, blank=True)

    class Privacy:
        public = ("allocation", "carrier", "quantity", "state", "sent_at", "arrive_by", "ended_at")
        official = ("sent_by", "ended_by", "reason_lost")
        keep = "operational"

    class Meta:
        constraints = [
            _fact("dispatch_has_a_quantity", Q(quantity__gt=0)),
            _paired("dispatch_ended_who_and_when", "ended", ~Q(state="sent")),
            _fact("dispatch_lost_has_a_reason", ~Q(state="lost") | ~Q(reason_lost="")),
        ]
        indexes = [models.Index(fields=["state", "arrive_by"])]

    def __str__(self) -> str:
        return f"{self.quantity} {self.allocation.offer.item} → {self.allocation.need.unit}"


class Handover(Record):
    """A receipt at one hop: who took over how much, in which condition."""

    SCOPE = (
        "dispatch__allocation__need__unit__path",
        "dispatch__allocation__offer__unit__path",
        "dispatch__carrier__path",
        "dispatch__allocation__run__area__path",
    )

    dispatch = models.ForeignKey(Dispatch, models.PROTECT, related_name="handovers")
    hop = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=120)
    quantity_good = models.PositiveIntegerField()
    quantity_damaged = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)
    is_final = models.BooleanField(default=False)
    signed = models.TextField(blank=True)
    taken_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()

    class Privacy:
        public = ("dispatch", "hop", "place", "quantity_good", "quantity_damaged", "is_final",
                  "taken_at")  # fmt: skip
        official = ("note", "signed", "taken_by")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "hop"], name="one_handover_of_a_hop"),
            models.UniqueConstraint(
                fields=["dispatch"], condition=Q(is_final=True), name="one_final_handover"
            ),
            _fact("handover_of_something", Q(quantity_good__gt=0) | Q(quantity_damaged__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.hop}. {self.place}"
