"""Say where one is reached about duties, take it back, and look a number up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import new_salt
from gongzhi.messages.models import Contact
from gongzhi.messages.policies import check_address, check_may_change, check_may_read

Reached = Annotated[str, Field(min_length=3, max_length=120)]


@deed()
def set_contact(
    *,
    way: Contact.ContactKind,
    address: Reached,
    unit: Unit | None = None,
    by: Person,
    now: datetime,
) -> Contact:
    """Say where you, or a unit, are reached about duties; an earlier one is replaced.

    For messages and calls about duties, and for nothing else. Of a robot the name is given by
    which the settings know it.
    """
    if unit is not None:
        check_may(by, "set_contact", unit, now)
    check_address(way, address, unit)
    holder: dict[str, Any] = {"unit": unit, "person": None if unit is not None else by}
    contact, _made = Contact.objects.update_or_create(
        **holder, kind=way,
        defaults={"address": address, "salt": new_salt(), "set_by": by, "set_at": now,
                  "wrong_at": None},
    )  # fmt: skip
    append(
        verb="messages.set_contact", subject=contact, place=unit, by=by, now=now, kind=way,
        commitment=contact.commitment(),
    )  # fmt: skip
    return contact


@deed()
def remove_contact(*, point: Contact, by: Person, now: datetime) -> int:
    """Take a contact out again: nothing is sent there any more.

    Returns how many are gone.
    """
    check_may_change(point, by, now)
    append(
        verb="messages.remove_contact", subject=point, place=point.unit, by=by, now=now,
        kind=point.kind,
    )  # fmt: skip
    point.delete()
    return 1


@deed(tells=("public", "official", "personal"))
def read_contact(*, point: Contact, by: Person, now: datetime) -> Contact:
    """Look up a number or an address; that you looked is written down."""
    place = check_may_read(point, by, now)
    append(verb="messages.read_contact", subject=point, place=place, by=by, now=now)
    return point
