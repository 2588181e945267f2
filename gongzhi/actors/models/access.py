"""Emergency access to a record: reason, limit, notice to its keeper, review afterwards."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy, pgettext_lazy

from gongzhi.actors.models.climbing import TierClimb
from gongzhi.actors.models.units import Person, Unit
from gongzhi.ledger.records import Record, new_salt


class EmergencyAccess(Record):
    """Somebody opened a record outside the own area, for a reason and a short time (紧急调阅).

    `record` is its reference; its keeper, and the person it is about, get notice; `to_unit` must
    review the access afterwards. Whoever it is about may object once: the review then answers it,
    and one that was made before is made again.
    """

    SCOPE = ("unit__path", "keeper__path", "to_unit__path")

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("to be reviewed")
        JUSTIFIED = "justified", gettext_lazy("justified")
        NOT_JUSTIFIED = "unjust", gettext_lazy("not justified")

    MOVES = {
        State.OPEN: {State.JUSTIFIED, State.NOT_JUSTIFIED},
        State.JUSTIFIED: {State.OPEN},
        State.NOT_JUSTIFIED: {State.OPEN},
    }

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(Person, models.PROTECT, related_name="accesses")
    record = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    keeper = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    concerned = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    looks = models.PositiveIntegerField(default=0)
    noticed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    noticed_at = models.DateTimeField(null=True)
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    review_by = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=400, blank=True)
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    objection = models.CharField(max_length=600, blank=True)
    objected_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    objected_at = models.DateTimeField(null=True)
    objected_to = models.CharField(max_length=400, blank=True)
    reviewed_before = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    objection_answer = models.CharField(max_length=400, blank=True)
    salt = models.BinaryField(default=new_salt)

    class Privacy:
        official = (
            "unit", "opened_by", "record", "reason", "keeper", "concerned", "opened_at", "ends_at",
            "looks", "noticed_by", "noticed_at", "to_unit", "review_by", "state", "outcome",
            "reviewed_by", "reviewed_at", "objected_by", "objected_at", "objected_to",
            "reviewed_before", "objection_answer",
        )  # fmt: skip
        personal = ("objection",)
        sensitive = ("salt",)
        keep = "operational"
        keep_personal = "contact"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("opened_at")), name="access_ends"),
            models.CheckConstraint(
                condition=Q(noticed_by=None, noticed_at=None)
                | Q(noticed_by__isnull=False, noticed_at__isnull=False),
                name="access_noticed_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None, state="open", outcome="")
                | (Q(reviewed_by__isnull=False, reviewed_at__isnull=False) & ~Q(outcome="")),
                name="access_reviewed_who_when_and_what",
            ),
            models.CheckConstraint(
                condition=Q(objected_by=None, objected_at=None, objection="", objected_to="")
                | Q(objected_at__isnull=False),
                name="access_objected_when",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(objected_at=None) | ~Q(objection_answer=""),
                name="access_review_answers_the_objection",
            ),
        ]
        indexes = [models.Index(fields=["opened_by", "record"])]

    def __str__(self) -> str:
        return f"{self.record} · {self.unit}"

    def in_force(self, now: datetime) -> bool:
        """Whether the record can be looked at by it at this moment."""
        return self.opened_at <= now < self.ends_at


class AccessNotice(Record):
    """The paper that tells people without a log-in that a record about them was opened (告知单).

    The unit that keeps the record hands it over; `to_unit` sees to it, that unit at first and a
    tier above it when it does not. The code on it opens the same page to them; of the code only a
    key is kept, and no longer than their words.
    """

    SCOPE = ("access__keeper__path", "access__to_unit__path", "to_unit__path")

    class State(models.TextChoices):
        DUE = "due", gettext_lazy("to be handed over")
        TAKEN = "taken", pgettext_lazy("notice", "taken")
        NOBODY_IN = "nobody_in", gettext_lazy("nobody in")
        DECLINED = "declined", pgettext_lazy("notice", "declined")

    MOVES = {
        State.DUE: {State.TAKEN, State.NOBODY_IN, State.DECLINED},
        State.NOBODY_IN: {State.TAKEN, State.DECLINED},
        State.TAKEN: set(),
        State.DECLINED: set(),
    }

    access = models.OneToOneField(EmergencyAccess, models.PROTECT, related_name="notice")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    hand_over_by = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    handed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    handed_at = models.DateTimeField(null=True)
    code_key = models.CharField(max_length=64, null=True, unique=True)
    salt = models.BinaryField(default=new_salt)

    class Privacy:
        official = (
            "access", "to_unit", "hand_over_by", "state", "tries", "handed_by", "handed_at",
        )  # fmt: skip
        sensitive = ("code_key", "salt")
        keep = "operational"
        keep_personal = "contact"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="due", tries=0, handed_by=None, handed_at=None)
                | (
                    ~Q(state="due")
                    & Q(tries__gt=0, handed_by__isnull=False, handed_at__isnull=False)
                ),
                name="notice_handed_over_who_and_when",
            ),
        ]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return str(self.access)


class AccessClimb(TierClimb):
    """The review of an access that nobody made in time was taken one tier up, once each (升级)."""

    SCOPE = ("to_unit__path",)
    SILENCE = gettext_lazy("%(silent)s did not review it by %(when)s: now it is with %(upper)s.")

    access = models.ForeignKey(EmergencyAccess, models.PROTECT, related_name="climbs")

    class Privacy:
        official = ("access", "silent", "to_unit", "was_due_at", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["access", "to_unit"], name="access_climbs_once_a_tier"),
            models.CheckConstraint(
                condition=~Q(silent=F("to_unit")), name="access_climbs_to_another"
            ),
        ]


class NoticeClimb(TierClimb):
    """A notice that nobody handed over in time was taken one tier up, once each (升级)."""

    SCOPE = ("to_unit__path",)
    SILENCE = gettext_lazy("%(silent)s did not hand it over by %(when)s: now %(upper)s sees to it.")

    notice = models.ForeignKey(AccessNotice, models.PROTECT, related_name="climbs")

    class Privacy:
        official = ("notice", "silent", "to_unit", "was_due_at", "climbed_at")
        keep = "operational"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "to_unit"], name="notice_climbs_once_a_tier"),
            models.CheckConstraint(
                condition=~Q(silent=F("to_unit")), name="notice_climbs_to_another"
            ),
        ]
