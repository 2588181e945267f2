"""Take what the other side says became of our messages, and act on it (回执)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.actors.queries import root_unit
from gongzhi.ledger.actions import Line, append, append_all
from gongzhi.ledger.bulk import batches
from gongzhi.ledger.deeds import deed
from gongzhi.messages.models import Bookmark, Channel, Contact, Delivery, DeliveryReport
from gongzhi.messages.policies import KIND_OF, check_takes_reports
from gongzhi.messages.queries import deliveries_named, reports_to_apply
from gongzhi.messages.reported import Reported

APPLIED_AT_ONCE = 1000
"""Reports taken note of in one go; a turn of the outbox later come the next."""
WAITS = timedelta(hours=1)
"""How long a report waits for its delivery: as long as a slow deliverer may need to write it."""
State = Delivery.State
Outcome = DeliveryReport.Outcome


@deed(by_hand=False)
def take_reports(
    *, channel: Channel, reports: Sequence[Reported], by: Person, now: datetime
) -> int:
    """Take reports from outside and keep them until the outbox takes note of them.

    The same report twice is one report. Returns how many were given.
    """
    check_takes_reports()
    rows = [
        DeliveryReport(
            channel=channel, reference=one.reference, outcome=one.outcome, code=one.code,
            taken_at=now,
        )
        for one in sorted(reports, key=lambda one: (one.reference, one.outcome, one.code))
    ]  # fmt: skip
    if rows:
        DeliveryReport.objects.bulk_create(rows, ignore_conflicts=True)
        counts = Counter(str(one.outcome) for one in reports)
        _append("take_reports", counts, by, now, channel=channel)
    return len(rows)


@deed(by_hand=False)
def apply_reports(*, by: Person, now: datetime) -> int:
    """Write down with each delivery what was reported of it; a wrong number is not used again.

    A report of a failure waits while its delivery is being sent, one that nothing fits for an
    hour. Returns how many deliveries changed.
    """
    DeliveryReport.objects.filter(taken_at__lt=now - WAITS).delete()
    reports = reports_to_apply(APPLIED_AT_ONCE)
    named = deliveries_named(reports)
    done: list[int] = []
    ended: Counter[str] = Counter()
    failed: list[Line] = []
    for report in reports:
        row = named.get((report.channel, report.reference))
        if row is not None and _waits(row, report):
            continue
        done.append(report.pk)
        changes = _outcome(row, report, now) if row is not None else {}
        if row is not None and changes:
            row.change(**changes)
            ended[changes["state"]] += 1
            if changes["state"] == State.DEAD:
                failed.append(_failure(row, report, now))
    for numbers in batches(done):
        DeliveryReport.objects.filter(pk__in=numbers).delete()
    append_all(failed, verb="messages.report_failure", by=by, now=now)
    if ended:
        _append("apply_reports", ended, by, now)
    return ended.total()


def _waits(row: Delivery, report: DeliveryReport) -> bool:
    """Whether the deliverer must first write down what came of its try."""
    return row.state == State.SENDING and report.outcome != Outcome.DELIVERED


def _outcome(row: Delivery, report: DeliveryReport, now: datetime) -> dict[str, Any]:
    """What a report changes; nothing where it comes a second time or too late."""
    allowed = Delivery.MOVES[State(row.state)]
    if report.outcome == Outcome.DELIVERED:
        arrived = {"delivered_at": now, "sent_at": row.sent_at or now, "error": ""}
        return {"state": State.DELIVERED, **arrived} if State.DELIVERED in allowed else {}
    if State.DEAD not in allowed:
        return {}
    text = _("The other side reports that it did not arrive (code %(code)s).")
    if report.outcome == Outcome.NOWHERE:
        text = _("The other side reports that there is no such number or address (code %(code)s).")
    return {"state": State.DEAD, "error": text % {"code": report.code or "–"}}


def _failure(row: Delivery, report: DeliveryReport, now: datetime) -> Line:
    """Mark the contact wrong where there is none such, and say in the log that it failed."""
    wrong = report.outcome == Outcome.NOWHERE and _mark_wrong(row, now)
    facts = {"channel": row.channel, "wrong_contact": wrong, "about": row.message.subject}
    return Line(row, row.message.unit, facts)


def _mark_wrong(row: Delivery, now: datetime) -> bool:
    """What was set anew since the message left is another number: it is left alone.

    Asked for in the statement itself: somebody may be setting it at this moment.
    """
    person = row.message.person_id
    holder = {"person": person} if person is not None else {"unit": row.message.unit_id}
    used = Contact.objects.filter(
        **holder, kind=KIND_OF[Channel(row.channel)], wrong_at=None,
        set_at__lte=row.sent_at or row.message.made_at,
    )  # fmt: skip
    return bool(used.update(wrong_at=now))


def _append(verb: str, counts: Counter[str], by: Person, now: datetime, **facts: Any) -> None:
    root = root_unit()
    append(
        verb=f"messages.{verb}", subject=Bookmark(id=1), place=root, by=by, now=now,
        reports=dict(sorted(counts.items())), **facts,
    )  # fmt: skip
