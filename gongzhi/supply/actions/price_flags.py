"""Ask a seller for invoices, hand them in, judge what they show; a case, an appeal, a call."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from gongzhi.actors.actions.climbing import take_up
from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may, holder_above
from gongzhi.actors.reach import Reach
from gongzhi.command.actions import raise_call
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.parameters import minutes, parameter
from gongzhi.supply.actions.inputs import Pieces, Sentence, Words
from gongzhi.supply.actions.prices import Money
from gongzhi.supply.models import (
    Invoice,
    PriceAppealClimb,
    PriceFlag,
    PriceReport,
    PriceVerdict,
)
from gongzhi.supply.prices.policies import (
    check_can_appeal,
    check_can_ask,
    check_can_call_on,
    check_can_decide,
    check_can_hand_in,
    check_can_judge,
    check_due,
    check_is_another,
    check_not_ahead,
    check_says_something,
    check_verdict,
)
from gongzhi.supply.prices.proofs import legal_test
from gongzhi.supply.prices.queries import appeals_undecided, computation
from gongzhi.supply.prices.words import kept

Called = Annotated[list[Annotated[Unit, Reach.SERVING]], Field(min_length=1, max_length=20)]
Proven = Annotated[str, Field(min_length=1, max_length=200)]
Plea = Annotated[str, Field(min_length=1, max_length=400)]


class InvoiceDraft(BaseModel):
    """What one pack cost, with the number of the invoice or another proof; money in cents."""

    cost_cents: Money
    pack: Pieces = 1
    bought_on: date
    proof: Proven


@deed()
def ask_invoices(
    *, flag: PriceFlag, due_at: datetime | None = None, by: Person, now: datetime
) -> PriceFlag:
    """Ask the seller of a price that stands out for its invoices, until a time."""
    check_may(by, "judge_price", flag.incident.area, now)
    check_can_ask(flag)
    hours = parameter("prices.invoice_hours", now.date()).value
    due_at = due_at or now + timedelta(hours=hours)
    check_due(due_at, now)
    flag.change(state=PriceFlag.State.ASKED, asked_by=by, asked_at=now, due_at=due_at)
    append(
        verb="supply.ask_invoices", subject=flag, place=flag.seller, by=by, now=now, due_at=due_at
    )
    return flag


@deed()
def hand_in_invoices(
    *,
    flag: PriceFlag,
    invoices: Annotated[list[InvoiceDraft], Field(max_length=50)] | None = None,
    earlier_cents: Money | None = None,
    answer: Words = "",
    by: Person,
    now: datetime,
) -> PriceFlag:
    """Hand in what the goods cost, with proof, and say in words what is so (进货凭证).

    Give at least the invoice of the goods on sale on the day of the price, and that of those sold
    before the crisis. What was bought after that day does not count.
    The earlier price is that of a piece at the last sale then, where none is on record.
    """
    check_may(by, "answer_price_flag", flag.seller, now)
    check_can_hand_in(flag)
    drafts = invoices or []
    check_says_something(answer, len(drafts), earlier_cents)
    for draft in drafts:
        check_not_ahead(draft.bought_on, now)
    Invoice.objects.bulk_create(
        Invoice(flag=flag, **draft.model_dump(), handed_in_by=by, handed_in_at=now)
        for draft in drafts
    )
    flag.change(
        state=PriceFlag.State.HANDED_IN, answer=answer or flag.answer, answered_by=by,
        answered_at=now, earlier_cents=earlier_cents or flag.earlier_cents,
    )  # fmt: skip
    append(
        verb="supply.hand_in_invoices", subject=flag, place=flag.seller, by=by, now=now,
        count=len(drafts),
    )  # fmt: skip
    return flag


@deed(explains=computation)
def judge_price(
    *, flag: PriceFlag, verdict: PriceVerdict, reason: Sentence, by: Person, now: datetime
) -> PriceFlag:
    """Find a price within the rule, unfounded, or open a case; by what the invoices show.

    No finding is a penalty. The computation is kept with the rule that was used.
    """
    check_may(by, "judge_price", flag.incident.area, now)
    check_can_judge(flag)
    found, rule = legal_test(flag)
    check_verdict(flag, verdict, found.outcome, now)
    flag.change(
        state=PriceFlag.State(verdict), reason=reason, judged_by=by, judged_at=now,
        test=kept(found) | {"rule": rule.as_dict()},
    )  # fmt: skip
    if verdict == PriceVerdict.REPORTED:
        PriceReport.objects.create(flag=flag, filed_by=by, filed_at=now)
    append(
        verb="supply.judge_price", subject=flag, place=flag.seller, by=by, now=now,
        verdict=str(verdict), outcome=found.outcome.value, version=rule.version,
    )  # fmt: skip
    return flag


@deed()
def appeal_price_report(
    *, report: PriceReport, words: Plea, by: Person, now: datetime
) -> PriceReport:
    """Appeal against a case of price gouging; another person than its opener decides (申诉).

    Where nobody decides in time, the appeal goes one tier up.
    """
    seller = report.flag.seller
    check_may(by, "answer_price_flag", seller, now)
    check_can_appeal(report)
    decide_by = now + minutes("decide_price_appeal", now)
    report.change(
        state=PriceReport.State.APPEALED, appeal=words, appealed_by=by, appealed_at=now,
        to_unit=report.flag.incident.area, decide_by=decide_by,
    )  # fmt: skip
    append(
        verb="supply.appeal_price_report", subject=report, place=seller, by=by, now=now,
        decide_by=decide_by,
    )  # fmt: skip
    return report


@deed()
def decide_price_appeal(
    *, report: PriceReport, upheld: bool, reason: Sentence, by: Person, now: datetime
) -> PriceReport:
    """Decide an appeal: the case is upheld or annulled, with a reason."""
    check_may(by, "judge_price", report.flag.incident.area, now)
    check_can_decide(report)
    check_is_another(report, by)
    state = PriceReport.State.UPHELD if upheld else PriceReport.State.ANNULLED
    report.change(state=state, decision=reason, decided_by=by, decided_at=now)
    append(
        verb="supply.decide_price_appeal", subject=report, place=report.flag.seller, by=by,
        now=now, upheld=upheld,
    )  # fmt: skip
    return report


@deed(by_hand=False)
def climb_price_appeals(*, by: Person, now: datetime) -> list[PriceAppealClimb]:
    """Take every appeal not decided in time one tier up, and on after each interval."""
    return take_up(
        take(appeals_undecided, now=now),
        lambda report: report.to_unit and holder_above("judge_price", report.to_unit, now),
        due="decide_by", clock="decide_price_appeal",
        verb="supply.climb_price_appeal", by=by, now=now,
    )  # fmt: skip


@deed()
def call_on_price_report(
    *,
    report: PriceReport,
    caller: Unit,
    departments: Called,
    text: Annotated[str, Field(min_length=1, max_length=2000)],
    by: Person,
    now: datetime,
) -> PriceReport:
    """Call the departments together that act on a case of price gouging (联合惩戒).

    It is a joint call like any other: each says what it does, and who refuses says why.
    """
    check_may(by, "judge_price", report.flag.incident.area, now)
    check_can_call_on(report)
    call = raise_call(
        caller=caller, subject="prices", text=text, departments=departments,
        incident=report.flag.incident, by=by, now=now,
    )  # fmt: skip
    report.change(call=call)
    append(
        verb="supply.call_on_price_report", subject=report, place=caller, by=by, now=now,
        call=call.ref, called=[unit.path for unit in departments],
    )  # fmt: skip
    return report
