"""Lend a power, lend it on, take it back with all that was lent on from it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.lent import sign, text_of
from gongzhi.actors.models import Delegation, Person, Tier, Unit
from gongzhi.actors.policies import (
    check_can_revoke,
    check_inside,
    check_may_lend,
    check_may_take_back,
)  # fmt: skip
from gongzhi.errors import Malformed, NotNow
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import digest
from gongzhi.parameters import names

Text = Annotated[str, Field(min_length=1, max_length=300)]
Power = Annotated[str, Field(min_length=1, max_length=40)]


@deed()
def delegate(
    *,
    lender: Unit,
    borrower: Unit,
    area: Unit,
    power: Power,
    legal_basis: Text,
    ends_at: datetime,
    limit_cents: Annotated[int, Field(ge=0)] | None = None,
    limit_people: Annotated[int, Field(ge=0)] | None = None,
    limit_tier: Tier | None = None,
    limit_days: Annotated[int, Field(ge=0, le=3650)] | None = None,
    onward: bool = False,
    by: Person,
    now: datetime,
) -> Delegation:
    """Lend a named power of a unit to a unit below it, over an area, until a time (放权).

    A power that is itself lent is lent on only where that is allowed, once, and within its terms;
    a limit that is left open is then that of the power it is lent from.
    """
    _check_terms(lender, borrower, area, power, ends_at, now)
    above = check_may_lend(by, lender, power, area, now)
    lent = Delegation(
        lender=lender, borrower=borrower, area=area, power=power, legal_basis=legal_basis,
        limit_cents=limit_cents, limit_people=limit_people, limit_tier=limit_tier or "",
        limit_days=limit_days, onward=onward, lent_from=above, starts_at=now, ends_at=ends_at,
        granted_by=by,
    )  # fmt: skip
    if above is not None:
        _lend_on(lent, above)
    lent.save()
    sign(lent)
    lent.save(update_fields=["signed"])
    append(
        verb="actors.delegate", subject=lent, place=lender, by=by, now=now, power=power,
        borrower=borrower.path, area=area.path, ends_at=ends_at, legal_basis=legal_basis,
        lent_from=above, terms=digest(text_of(lent)),
    )  # fmt: skip
    return lent


def _check_terms(
    lender: Unit, borrower: Unit, area: Unit, power: str, ends_at: datetime, now: datetime
) -> None:
    """A power that exists is lent downward, inside the lender's area, for a time to come."""
    if power not in names("powers"):
        raise Malformed(
            _("There is no power “%(power)s”. The powers are: %(all)s.")
            % {"power": power, "all": ", ".join(names("powers"))}
        )
    if not borrower.path.startswith(lender.path) or borrower.pk == lender.pk:
        raise Malformed(_("Powers are lent downward. Choose a unit below the lender."))
    if not area.path.startswith(lender.path):
        raise Malformed(_("The area must lie inside the lender's own. Choose another area."))
    if ends_at <= now:
        raise Malformed(_("The power would end before it begins. Give a later end."))


def _lend_on(lent: Delegation, above: Delegation) -> None:
    """Keep what is lent on within what it is lent from, which nobody takes back meanwhile."""
    held = Delegation.objects.select_for_update(of=("self",)).get(pk=above.pk)
    if not held.in_force(lent.starts_at):
        raise NotNow(_("The power was taken back just now. There is nothing left to lend on."))
    if lent.onward:
        raise Malformed(
            _("A power is lent on once only. Leave out that it may be lent on again."),
            details={"onward": _("Leave this out.")},
        )
    for limit in ("limit_cents", "limit_people", "limit_days"):
        if getattr(lent, limit) is None:
            setattr(lent, limit, getattr(above, limit))
    lent.limit_tier = lent.limit_tier or above.limit_tier
    check_inside(lent, above)


@deed()
def revoke(*, delegation: Delegation, reason: Text, by: Person, now: datetime) -> Delegation:
    """Take a lent power back at once, with a reason; what was lent on from it ends too."""
    check_may_take_back(by, delegation, now)
    delegation.refresh_from_db(from_queryset=Delegation.objects.select_for_update(of=("self",)))
    check_can_revoke(delegation, now)
    lent_on = Delegation.objects.filter(lent_from=delegation, revoked_at=None, ends_at__gt=now)
    for one in [delegation, *lent_on.select_related("lender").order_by("id")]:
        one.revoked_by, one.revoked_at, one.reason_revoked = by, now, reason
        one.save(update_fields=["revoked_by", "revoked_at", "reason_revoked"])
        append(verb="actors.revoke", subject=one, place=one.lender, by=by, now=now, reason=reason)
    return delegation
