"""Lists as people write them: what was read of each, what nobody understood, what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.actors.models import Facility, Person, Unit
from gongzhi.assessment.models import Incident
from gongzhi.ledger.records import Record, new_salt
from gongzhi.supply.models.goods import Item, Need, Offer, Stock, _fact, _paired
from gongzhi.writing import day_and_time


class NeedList(Record):
    """A text that a place handed in; what was read of it binds only when the place confirms it.

    `desk` is the nearest government that matches supplies: it names what was not understood.
    """

    SCOPE = ("unit__path",)

    class State(models.TextChoices):
        OPEN = "open", _("to be confirmed")
        SETTLED = "settled", _("settled")
        ENDED = "ended", _("ended unconfirmed")

    MOVES = {State.OPEN: {State.SETTLED, State.ENDED}, State.SETTLED: set(), State.ENDED: set()}

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="need_lists")
    facility = models.ForeignKey(Facility, models.PROTECT, null=True, related_name="+")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="need_lists")
    desk = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    text = models.TextField()
    salt = models.BinaryField(default=new_salt)
    urgency = models.PositiveSmallIntegerField()
    needed_by = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    remind_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    stated_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        official = (
            "unit", "facility", "incident", "desk", "urgency", "needed_by", "state",
            "remind_at", "reminded_at", "ends_at", "stated_by", "stated_at", "ended_at",
        )  # fmt: skip
        personal = ("text",)
        sensitive = ("salt",)
        keep = "operational"
        keep_personal = "contact"

    class Meta:
        constraints = [
            _fact("list_urgency_1_to_3", Q(urgency__range=(1, 3))),
            _fact("list_is_reminded_before_it_ends", Q(remind_at__lt=F("ends_at"))),
            _fact("list_over_has_a_time", Q(state="open", ended_at=None)
                  | ~Q(state="open") & Q(ended_at__isnull=False)),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "remind_at"])]

    def __str__(self) -> str:
        return f"{self.facility or self.unit} · {day_and_time(self.stated_at)}"

    def residents(self) -> str:
        """What of the text may tell of somebody: the number to call and the words beside it."""
        from gongzhi.exchange.importers.personal import personal_stretches

        return " · ".join(self.text[slice(*span)] for span in personal_stretches(self.text))


class ListPart(Record):
    """One part of a list: a line that was read, or a piece that a person has to name.

    `words` holds the raw piece; empty where it shows a sign of personal data, then only the text
    of the list has it.
    """

    SCOPE = ("need_list__unit__path",)
    HELD_WITH = "need_list"

    class PartKind(models.TextChoices):
        NEED = "need", _("needed")
        STOCK = "stock", _("in stock")
        OFFER = "offer", _("offered")

    class Left(models.TextChoices):
        NO_ITEM = "no_item", _("It names nothing of the catalogue.")
        NO_LINE = "no_line", _("Its number belongs to no item.")
        NOT_WANTED = "not_wanted", _("The text says that it is not wanted.")
        DELIVERED = "delivered", _("The text says that it was delivered already.")
        OWN_CLASS = "own_class", _("It names a class of its own, which is not in the catalogue.")

    class State(models.TextChoices):
        READ = "read", _("to be confirmed")
        TRIAGE = "triage", _("to be named")
        CONFIRMED = "confirmed", _("confirmed")
        DROPPED = "dropped", _("dropped")

    MOVES = {
        State.READ: {State.CONFIRMED, State.DROPPED},
        State.TRIAGE: {State.READ, State.DROPPED},
        State.CONFIRMED: set(),
        State.DROPPED: set(),
    }

    need_list = models.ForeignKey(NeedList, models.PROTECT, related_name="parts")
    span_start = models.PositiveIntegerField()
    span_end = models.PositiveIntegerField()
    words = models.CharField(max_length=400, blank=True)
    why_left = models.CharField(max_length=12, choices=Left, blank=True)
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=PartKind, blank=True)
    amount = models.CharField(max_length=8, choices=Need.Amount, blank=True)
    quantity = models.PositiveIntegerField(null=True)
    notes = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State)
    named_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    named_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    reason_dropped = models.CharField(max_length=300, blank=True)
    need = models.ForeignKey(Need, models.PROTECT, null=True, related_name="list_parts")
    stock = models.ForeignKey(Stock, models.PROTECT, null=True, related_name="+")
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="+")

    class Privacy:
        official = (
            "need_list", "span_start", "span_end", "words", "why_left", "item", "kind", "amount",
            "quantity", "notes", "state", "named_by", "named_at", "ended_by", "ended_at",
            "reason_dropped", "need", "stock", "offer",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            _fact("part_ends_after_it_begins", Q(span_end__gt=F("span_start"))),
            _fact("part_known_has_a_quantity", Q(amount="known", quantity__isnull=False)
                  | ~Q(amount="known") & Q(quantity=None)),
            _fact("part_to_confirm_names_an_item", ~Q(state__in=["read", "confirmed"])
                  | Q(item__isnull=False) & ~Q(kind="") & ~Q(amount="")),
            _paired("part_named_who_and_when", "named"),
            _paired("part_over_who_and_when", "ended", Q(state__in=["confirmed", "dropped"])),
            _fact("part_dropped_has_a_reason", ~Q(state="dropped") | ~Q(reason_dropped="")),
        ]  # fmt: skip
        indexes = [models.Index(fields=["need_list", "state"])]

    def __str__(self) -> str:
        return str(self.item or self.words or self.get_why_left_display())
