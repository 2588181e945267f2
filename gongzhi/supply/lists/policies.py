"""Who hands in, confirms and names what a list says, and what its state allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may_by_one
from gongzhi.errors import Malformed, NotNow
from gongzhi.supply.models import ListPart, Need, NeedList

PARTS = 500
"""Parts that one list holds at most."""


def check_may_hand_in(by: Person, unit: Unit, now: datetime) -> None:
    """A list is handed in and confirmed by who may state a need or an offer of the place."""
    check_may_by_one(by, [("state_need", unit), ("state_offer", unit)], now)


def check_may_name(by: Person, unit: Unit, now: datetime) -> None:
    """A piece is named by the supplies desk above, or by the place itself."""
    ways = [("match_supply", unit), ("state_need", unit), ("state_offer", unit)]
    check_may_by_one(by, ways, now)


check_may_read = check_may_name


def check_may_drop(by: Person, part: ListPart, now: datetime) -> None:
    """A line that was read is dropped by its place; a piece nobody understood by the desk too."""
    if part.state == ListPart.State.TRIAGE:
        check_may_name(by, part.need_list.unit, now)
    else:
        check_may_hand_in(by, part.need_list.unit, now)


def check_parts(parts: Sequence[ListPart]) -> None:
    """A list says something, and no more than can be checked."""
    if not parts:
        raise Malformed(
            _("Nothing was read in this text. Write what is needed and how much, line by line."),
            details={"text": _("Write an item, such as “N95 masks 2000”.")},
        )
    if len(parts) > PARTS:
        raise Malformed(
            _("This list holds more than %(most)s parts. Hand it in in several pieces.")
            % {"most": PARTS},
            details={"text": _("Hand in fewer lines at once.")},
        )


def check_list_open(need_list: NeedList) -> None:
    """What is settled or has ended is not confirmed any more."""
    if need_list.state != NeedList.State.OPEN:
        raise NotNow(
            _("This list is over (%(state)s). Hand in a new one.")
            % {"state": need_list.get_state_display()}
        )


def check_has_lines(parts: Sequence[ListPart]) -> None:
    """There is something to confirm."""
    if not parts:
        raise NotNow(
            _("No line of this list waits for you. What is still to be named comes back to you.")
        )


def check_to_confirm(part: ListPart, need_list: NeedList) -> None:
    """A line of this list that was read and not confirmed or dropped yet."""
    if part.need_list_id != need_list.pk:
        raise Malformed(_("A line named here belongs to another list. Nothing was taken in."))
    if part.state != ListPart.State.READ:
        raise NotNow(
            _("“%(what)s” does not wait for you (%(state)s). Read the list again.")
            % {"what": part, "state": part.get_state_display()}
        )


def check_can_name(part: ListPart) -> None:
    """Only what was not understood is named."""
    check_list_open(part.need_list)
    if part.state != ListPart.State.TRIAGE:
        raise NotNow(
            _("This piece needs no name (%(state)s). The place can correct it when it confirms.")
            % {"state": part.get_state_display()}
        )


def check_can_drop(part: ListPart) -> None:
    """What was confirmed or dropped already stays so."""
    check_list_open(part.need_list)
    if part.state not in (ListPart.State.READ, ListPart.State.TRIAGE):
        raise NotNow(
            _("This line is over (%(state)s). Withdraw what came of it instead.")
            % {"state": part.get_state_display()}
        )


def check_counts(part: ListPart) -> None:
    """Stock and offers have a number; a need has none of 0; stock belongs to a facility."""
    if part.kind == ListPart.PartKind.NEED and part.quantity == 0:
        raise Malformed(_("Nothing of “%(what)s” is needed: drop the line.") % {"what": part})
    if part.kind == ListPart.PartKind.OFFER and not part.quantity:
        raise Malformed(_("Say how much of “%(what)s” is offered.") % {"what": part})
    if part.kind != ListPart.PartKind.STOCK:
        return
    if part.amount != Need.Amount.KNOWN:
        raise Malformed(_("Count how much of “%(what)s” is there.") % {"what": part})
    if part.need_list.facility_id is None:
        raise Malformed(
            _("“%(what)s” is a stock, and the list names no facility that holds it. Drop the "
              "line, and count the stock at its facility.")
            % {"what": part}
        )  # fmt: skip
