"""What an emergency access needs: the record meant, its keeper, who must review it."""

from __future__ import annotations

import re
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import EmergencyAccess, Person, Post, Unit
from gongzhi.actors.policies import check_may, holder_above
from gongzhi.actors.queries import kind_of, visible
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.ledger.records import Record, number_in
from gongzhi.parameters import parameter

REFERENCE = re.compile(r"([a-z_]{1,20}\.[A-Za-z]{1,30}|person):[0-9]{1,18}")
"""How records refer to each other in plain text (`Record.ref`)."""


def record_meant(ref: str) -> Record:
    """The record with this reference, of a kind that interfaces list.

    Errors: `Malformed` where it is no reference, `NotFound` where there is no such record.
    """
    if not REFERENCE.fullmatch(ref):
        raise Malformed(
            _("“%(ref)s” is no reference of a record. Write it as fieldwork.Household:12.")
            % {"ref": ref},
            details={"record": _("Write it as fieldwork.Household:12.")},
        )
    model = kind_of(ref)
    found = model._default_manager.filter(pk=number_in(ref)).first() if model else None
    if found is not None:
        return found
    raise NotFound(_("There is no record “%(ref)s”. Check its reference.") % {"ref": ref})


def keeper_of(record: Record, now: datetime) -> Unit | None:
    """The unit that keeps a record: the lowest in whose area it lies; None for a catalogue.

    A grid may be worked from its community or street: where nobody has a post in the unit itself,
    the nearest one above with people to take notice keeps it, else nobody would ever know.
    """
    rows = type(record)._default_manager.filter(pk=record.pk)
    paths = {path for row in rows.values_list(*record.SCOPE) for path in row if path}
    units = Unit.objects.filter(path__in=paths)
    lowest = max(units, key=lambda unit: (len(unit.path), unit.path), default=None)
    return _with_people(lowest, now) if lowest is not None else None


def _with_people(unit: Unit, now: datetime) -> Unit:
    """The nearest unit, from this one up, where somebody can take notice; else itself."""
    rule = parameter("powers.read_access_notice", localtime(now).date()).value
    held = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now, role__in=rule["roles"]
    )
    manned = Unit.objects.filter(path__in=unit.ancestor_paths()).filter(
        Exists(held.filter(unit=OuterRef("pk"))) | Exists(held.filter(area=OuterRef("pk")))
    )
    return manned.order_by("-path").first() or unit


def concerned_by(record: Record) -> Person | None:
    """The person on duty whom a record is about: itself, or the one it names first as such."""
    if isinstance(record, Person):
        return record
    person = getattr(record, "person", None)
    return person if isinstance(person, Person) else None


def reviewer_over(unit: Unit, now: datetime) -> Unit:
    """The nearest government above a unit that may review; at the top the unit itself."""
    return holder_above("review", unit, now) or unit


def check_unseen(record: Record, by: Person, now: datetime) -> None:
    """What one sees anyway needs no emergency."""
    if visible(type(record), by, now).filter(pk=record.pk).exists():
        raise NotNow(_("This record lies in your area. Open it without an emergency."))


def check_opened(access: EmergencyAccess, by: Person, now: datetime) -> None:
    """An access serves whoever opened it, until it ends."""
    check_may(by, "open_in_emergency", access.unit, now)
    if access.opened_by_id != by.pk:
        raise NotAllowed(
            _("%(name)s opened this record. Ask for it yourself, with your own reason.")
            % {"name": access.opened_by.name}
        )
    if not access.in_force(now):
        raise NotNow(_("This access has ended. Ask again if the emergency goes on."))


def check_may_notice(access: EmergencyAccess, by: Person, now: datetime) -> None:
    """Notice is taken by the person concerned, or by people of the unit that keeps the record."""
    if by.pk != access.concerned_id:
        check_may(by, "read_access_notice", access.keeper, now)
    if access.noticed_at is not None:
        raise NotNow(_("This notice was read already. There is nothing left to do."))


def check_may_review_access(access: EmergencyAccess, by: Person, now: datetime) -> None:
    """An access is reviewed once, by the tier it was sent to, and not by whoever opened it."""
    check_may(by, "review", access.to_unit, now)
    if access.opened_by_id == by.pk:
        raise NotAllowed(
            _("You opened this record yourself. Somebody else of %(unit)s must review it.")
            % {"unit": access.to_unit}
        )
    if access.reviewed_before_id == by.pk:
        raise NotAllowed(
            _("They object to your own review. Somebody else of %(unit)s must make it again.")
            % {"unit": access.to_unit}
        )
    if access.state != EmergencyAccess.State.OPEN:
        raise NotNow(
            _("This access is reviewed already (%(state)s). Its outcome stands beside it.")
            % {"state": access.get_state_display()}
        )
