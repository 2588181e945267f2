"""What the state of a transport pass allows, and whether an input makes sense."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.errors import Malformed, NotNow
from gongzhi.supply.models import Dispatch, TransportPass


def check_pass_ends(ends_at: datetime, dispatch: Dispatch, now: datetime) -> None:
    """A pass ends, and not before the goods are to arrive."""
    if ends_at <= now:
        raise Malformed(
            _("The pass would have ended already. Give a later time."),
            details={"ends_at": _("Give a time that has not passed.")},
        )
    if ends_at < dispatch.arrive_by:
        raise Malformed(
            _("The pass would end before the goods are to arrive (%(when)s). Give a later time.")
            % {"when": f"{localtime(dispatch.arrive_by):%Y-%m-%d %H:%M}"},
            details={"ends_at": _("Give a time after the goods are to arrive.")},
        )


def check_has_no_pass(dispatch: Dispatch, vehicle: str) -> None:
    """A pass is issued once for a vehicle and its load."""
    held = TransportPass.objects.filter(
        dispatch=dispatch, vehicle=vehicle, state=TransportPass.State.VALID
    ).first()
    if held is not None:
        raise NotNow(
            _("%(vehicle)s has a pass for this load already: number %(number)s. Print that one, "
              "or take it back first.")
            % {"vehicle": vehicle, "number": held.pk}
        )  # fmt: skip


def check_can_revoke_pass(one: TransportPass) -> None:
    """A pass is taken back once."""
    if one.state == TransportPass.State.REVOKED:
        raise NotNow(_("This pass was taken back already. There is nothing left to do."))
