"""Messages, their deliveries by each channel, contact points, and the call-down list."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongzhi.actors.models import Person, Unit
from gongzhi.command.models import Order
from gongzhi.ledger.models import Entry
from gongzhi.ledger.records import EVERYONE, Record, new_salt


class Urgency(models.TextChoices):
    """How urgent a message is: it decides on quiet hours."""

    IMMEDIATE = "immediate", _("at any hour")
    SOON = "soon", _("soon")
    NORMAL = "normal", _("in office hours")


class Channel(models.TextChoices):
    """Ways out of the house; the inbox is always there and not one of them."""

    SMS = "sms", _("SMS")
    ROBOT = "robot", _("chat robot")
    EMAIL = "email", _("e-mail")


class Bookmark(Record):
    """How far this room has read the sealed log; moved together with what it wrote."""

    SCOPE = EVERYONE

    leaf_index = models.BigIntegerField(default=-1)

    class Privacy:
        public = ("leaf_index",)
        keep = "ledger"

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_bookmark")]


class Contact(Record):
    """Where a person or a unit is reached about duties, and for nothing else (联系方式)."""

    SCOPE = ("unit__path", "person__posts__unit__path")

    class ContactKind(models.TextChoices):
        MOBILE = "mobile", _("mobile phone (SMS and calls)")
        PHONE = "phone", _("telephone (calls only)")
        EMAIL = "email", _("e-mail")
        ROBOT = "robot", _("chat robot")

    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="contacts")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="contacts")
    kind = models.CharField(max_length=8, choices=ContactKind)
    address = models.CharField(max_length=120)
    salt = models.BinaryField(default=new_salt)
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    wrong_at = models.DateTimeField(null=True)

    class Privacy:
        official = ("person", "unit", "kind", "set_by", "set_at", "wrong_at")
        personal = ("address",)
        sensitive = ("salt",)
        keep = "account"
        keep_personal = "account"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, unit__isnull=False) | Q(person__isnull=False, unit=None),
                name="contact_of_one_holder",
            ),
            models.UniqueConstraint(fields=["person", "kind"], name="one_contact_of_a_person"),
            models.UniqueConstraint(fields=["unit", "kind"], name="one_contact_of_a_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.person or self.unit} · {self.get_kind_display()}"


class Message(Record):
    """One line of the ledger, told to one person it concerns, or to a unit as a whole (消息).

    It holds the record's own words, never personal data of others; it becomes sentences in the
    reader's language when it is shown or leaves.
    """

    SCOPE = ("unit__path",)

    class State(models.TextChoices):
        UNREAD = "unread", _("unread")
        READ = "read", pgettext_lazy("message", "read")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        SETTLED = "settled", _("settled without it")

    MOVES = {
        State.UNREAD: {State.READ, State.ACKNOWLEDGED, State.SETTLED},
        State.READ: {State.ACKNOWLEDGED},
        State.ACKNOWLEDGED: set(),
        State.SETTLED: {State.READ},
    }

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    verb = models.CharField(max_length=80)
    subject = models.CharField(max_length=80)
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="messages")
    template = models.CharField(max_length=40)
    parameters = models.JSONField()
    urgency = models.CharField(max_length=10, choices=Urgency)
    exercise = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=State, default=State.UNREAD)
    made_at = models.DateTimeField()
    read_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Privacy:
        official = (
            "entry", "verb", "subject", "order", "unit", "person", "template", "parameters",
            "urgency", "exercise", "state", "made_at", "read_by", "read_at", "acknowledged_at",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "subject", "person"], name="one_message_of_a_line_to_a_person"
            ),
            models.UniqueConstraint(
                fields=["entry", "subject", "unit"], condition=Q(person=None),
                name="one_message_of_a_line_to_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(read_by=None, read_at=None)
                | Q(read_by__isnull=False, read_at__isnull=False),
                name="message_read_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("read", "acknowledged"), read_at__isnull=False)
                | Q(state__in=("unread", "settled"), read_at=None),
                name="message_read_when_it_says_so",
            ),
            models.CheckConstraint(
                condition=Q(state="acknowledged", acknowledged_at__isnull=False)
                | (~Q(state="acknowledged") & Q(acknowledged_at=None)),
                name="message_acknowledged_when_it_says_so",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["person", "state"]),
            models.Index(fields=["subject", "state"]),
            models.Index(
                fields=["made_at"], condition=Q(state="unread", order__isnull=False),
                name="unread_orders",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person or self.unit} · {self.verb}"


class Delivery(Record):
    """A message on its way out by one channel: tried until it is sent or given up (发件)."""

    SCOPE = ("message__unit__path",)

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        RETRYING = "retrying", _("to be tried again")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        HELD = "held", _("held back: exercise")
        DROPPED = "dropped", _("not needed any more")
        DEAD = "dead", _("given up")

    MOVES = {
        State.QUEUED: {State.SENDING, State.HELD, State.DROPPED},
        State.SENDING: {State.RETRYING, State.SENT, State.DELIVERED, State.DEAD},
        State.RETRYING: {
            State.SENDING, State.HELD, State.DROPPED, State.DELIVERED, State.DEAD
        },
        State.SENT: {State.DELIVERED, State.DEAD},
        State.DELIVERED: set(),
        State.HELD: set(),
        State.DROPPED: set(),
        State.DEAD: {State.QUEUED, State.DELIVERED},
    }  # fmt: skip
    """A try that seemed to fail may have gone out: then the other side's report says so."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=6, choices=Channel)
    key = models.CharField(max_length=40, unique=True)
    more = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)
    given_number = models.CharField(max_length=80, blank=True)

    class Privacy:
        official = (
            "message", "channel", "key", "more", "state", "attempts", "next_try_at", "sent_at",
            "delivered_at", "error", "given_number",
        )  # fmt: skip
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "channel"], name="one_delivery_of_a_channel"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("sent", "delivered")) | Q(sent_at__isnull=False),
                name="delivery_sent_when_it_says_so",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"]),
            models.Index(
                fields=["given_number"], condition=~Q(given_number=""), name="numbers_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.get_state_display()}"


class DeliveryReport(Record):
    """What the other side says became of a delivery, until the outbox has taken note of it (回执).

    It may come before the delivery is known to be sent, and more than once.
    """

    SCOPE = EVERYONE

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("not delivered")
        NOWHERE = "nowhere", _("no such number or address")

    channel = models.CharField(max_length=6, choices=Channel)
    reference = models.CharField(max_length=80)
    outcome = models.CharField(max_length=10, choices=Outcome)
    code = models.CharField(max_length=40, blank=True)
    taken_at = models.DateTimeField()

    class Privacy:
        official = ("channel", "reference", "outcome", "code", "taken_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "channel", "outcome", "code"], name="one_report_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.get_outcome_display()}"


class CallDown(Record):
    """A unit that has not read an order in time, to be phoned by the tier above it (电话催办)."""

    SCOPE = ("unit__path", "calling_unit__path", "order__issuer__path")

    class State(models.TextChoices):
        OPEN = "open", _("to be phoned")
        REACHED = "reached", _("reached")
        CLIMBED = "climbed", _("not reached: climbed")
        OVER = "over", _("read meanwhile")

    MOVES = {
        State.OPEN: {State.REACHED, State.CLIMBED, State.OVER},
        State.REACHED: set(),
        State.CLIMBED: set(),
        State.OVER: set(),
    }

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    calling_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    listed_at = models.DateTimeField()
    climb_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        official = ("order", "unit", "calling_unit", "state", "listed_at", "climb_at", "ended_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "unit"],
                condition=Q(state="open"),
                name="unit_listed_once_for_an_order",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="call_down_ended_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "climb_at"])]

    def __str__(self) -> str:
        return f"{self.unit} · {self.order}"


class PhoneCall(Record):
    """What came of phoning a unit about its unread orders."""

    SCOPE = ("unit__path",)

    class Result(models.TextChoices):
        REACHED = "reached", _("reached")
        NO_ANSWER = "no_answer", _("no answer")
        WRONG_NUMBER = "wrong_number", _("wrong number")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    result = models.CharField(max_length=12, choices=Result)
    note = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Privacy:
        official = ("unit", "result", "note", "made_by", "made_at")
        keep = "operational"

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_result_display()}"
