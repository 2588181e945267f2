"""Lend powers, lend them on, take them back with all that was lent on from them."""

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
from gongzhi.writing import listed

Text = Annotated[str, Field(min_length=1, max_length=300)]
Power = Annotated[str, Field(min_length=1, max_length=40)]
Powers = Annotated[list[Power], Field(min_length=1, max_length=50)]


@deed()
def delegate(
    *,
    lender: Unit,
    borrower: Unit,
    area: Unit,
    powers: Powers,
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
    """Lend named powers of a unit to a unit below it, over an area, until a time (放权).

    The limits hold for each of them. Powers that are themselves lent are lent on only where that is
    allowed, once, and within their terms; a limit that is left open is then that of what they are
    lent from.
    """
    powers = sorted(set(powers))
    _check_terms(lender, borrower, area, powers, ends_at, now)
    above = check_may_lend(by, lender, powers, area, now)
    lent = Delegation(
        lender=lender, borrower=borrower, area=area, powers=powers, legal_basis=legal_basis,
        limit_cents=limit_cents, limit_people=limit_people, limit_tier=limit_tier or "",
        limit_days=limit_days, onward=onward, lent_from=above, starts_at=now, ends_at=ends_at,
        granted_by=by,
    )  # fmt: skip
    if above is not None:
        _lend_on(lent, above)
    _keep_signed(lent)
    append(
        verb="actors.delegate", subject=lent, place=lender, by=by, now=now, powers=powers,
        borrower=borrower.path, area=area.path, ends_at=ends_at, legal_basis=legal_basis,
        lent_from=above, terms=digest(text_of(lent)),
    )  # fmt: skip
    return lent


def _keep_signed(lent: Delegation) -> None:
    """Keep it, and sign its terms with the number it got."""
    lent.save()
    sign(lent)
    lent.save(update_fields=["signed"])


def _check_terms(
    lender: Unit,
    borrower: Unit,
    area: Unit,
    powers: list[str],
    ends_at: datetime,
    now: datetime,
) -> None:
    """Powers that exist are lent downward, inside the lender's area, for a time to come."""
    for power in powers:
        if power not in names("powers"):
            raise Malformed(
                _("There is no power “%(power)s”. The powers are: %(all)s.")
                % {"power": power, "all": listed(names("powers"))},
                details={"powers": _("Choose powers from the list.")},
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
    """Take lent powers back at once, with a reason; what was lent on from them ends too."""
    check_may_take_back(by, delegation, now)
    delegation.refresh_from_db(from_queryset=Delegation.objects.select_for_update(of=("self",)))
    check_can_revoke(delegation, now)
    lent_on = Delegation.objects.filter(lent_from=delegation, revoked_at=None, ends_at__gt=now)
    for one in [delegation, *lent_on.select_related("lender").order_by("id")]:
        one.revoked_by, one.revoked_at, one.reason_revoked = by, now, reason
        one.save(update_fields=["revoked_by", "revoked_at", "reason_revoked"])
        append(verb="actors.revoke", subject=one, place=one.lender, by=by, now=now, reason=reason)
    return delegation
