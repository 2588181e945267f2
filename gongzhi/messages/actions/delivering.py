"""Write down what came of the tries of a deliverer, and let a dead delivery try again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongzhi.actors.models import Person
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import root_unit
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.messages.models import Bookmark, Delivery
from gongzhi.messages.policies import after_quiet, check_can_try, setting, wait_after

State = Delivery.State


@dataclass(frozen=True)
class Tried:
    """What came of one try: an empty `error` where it went out."""

    delivery: int
    attempt: int
    error: str = ""
    again: bool = True
    arrived: bool = False
    number: str = ""


@deed(by_hand=False)
def record_tries(*, tries: Sequence[Tried], by: Person, now: datetime) -> int:
    """Write down what came of the tries; what failed waits longer each time, or is given up.

    A try that another one has overtaken changes nothing, unless it was the one that went out.
    Returns how many deliveries changed.
    """
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("message")
    found = rows.order_by("id").in_bulk([one.delivery for one in tries])
    ended: Counter[str] = Counter()
    for one in tries:
        row = found.get(one.delivery)  # none where it was deleted in time meanwhile
        if row is None or _is_overtaken(row, one):
            continue
        changes = _outcome(row, one, now)
        row.change(**changes)
        ended[changes["state"]] += 1
    root = root_unit()
    append(
        verb="messages.record_tries", subject=Bookmark(id=1), place=root, by=by, now=now,
        tries=dict(sorted(ended.items())),
    )  # fmt: skip
    return ended.total()


def _is_overtaken(row: Delivery, tried: Tried) -> bool:
    return row.state != State.SENDING or (bool(tried.error) and row.attempts != tried.attempt)


def _outcome(row: Delivery, tried: Tried, now: datetime) -> dict[str, Any]:
    if not tried.error:
        known = {"delivered_at": now} if tried.arrived else {}
        state = State.DELIVERED if tried.arrived else State.SENT
        return {"state": state, "sent_at": now, "error": "", "given_number": tried.number,
                **known}  # fmt: skip
    spent = row.attempts >= setting("retries", now)["tries"]
    if spent or not tried.again:
        return {"state": State.DEAD, "error": tried.error}
    later = after_quiet(row.message.urgency, now + wait_after(row.key, row.attempts, now))
    return {"state": State.RETRYING, "error": tried.error, "next_try_at": later}


@deed()
def try_again(*, delivery: Delivery, by: Person, now: datetime) -> Delivery:
    """Let a delivery that was given up be tried again from the beginning.

    It gets a key of its own and loses the other side's number: a late copy of a report on the old
    try means that one alone, and a gateway that knows keys again does send the new one.
    """
    check_may(by, "run_messages", delivery.message.unit, now)
    check_can_try(delivery)
    key = hashlib.sha256(delivery.key.encode()).hexdigest()[:40]
    delivery.change(state=State.QUEUED, attempts=0, next_try_at=now, key=key, given_number="")
    append(
        verb="messages.try_again", subject=delivery, place=delivery.message.unit, by=by, now=now,
        channel=delivery.channel,
    )  # fmt: skip
    return delivery
