"""What the state of a price flag or a case allows, and whether an input makes sense."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Kind, Person, Unit
from gongzhi.engines.prices import Outcome
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.supply.models import PriceFlag, PriceReport

STATE = PriceFlag.State
SELLING = (Kind.FIRM, Kind.SUPPLIER, Kind.LOGISTICS, Kind.HOSPITAL, Kind.SOCIAL)


def check_sells(seller: Unit) -> None:
    """Prices are watched of organisations that sell, not of governments."""
    if seller.kind not in SELLING:
        raise Malformed(
            _("%(unit)s sells nothing. Choose a firm, a supplier or another organisation.")
            % {"unit": seller},
            details={"seller": _("Choose who asked this price.")},
        )


def check_not_ahead(day: date, now: datetime) -> None:
    """What was asked or bought is not of a day to come."""
    if day > localtime(now).date():
        raise Malformed(
            _("%(day)s has not come yet. Give the day on which it was so.") % {"day": day},
            details={"day": _("Give a day that has come.")},
        )


def check_can_ask(flag: PriceFlag) -> None:
    """Invoices are asked for once a flag is raised, and again where they do not suffice."""
    if flag.state not in (STATE.RAISED, STATE.HANDED_IN):
        raise NotNow(
            _("Invoices cannot be asked for now (%(state)s). Open the flag to see what is next.")
            % {"state": flag.get_state_display()}
        )


def check_due(due_at: datetime, now: datetime) -> None:
    """The seller gets time to hand something in."""
    if due_at <= now:
        raise Malformed(
            _("The time to hand them in has passed. Give a later one."),
            details={"due_at": _("Give a time that has not passed.")},
        )


def check_can_hand_in(flag: PriceFlag) -> None:
    """Invoices are handed in while they are asked for; late ones count until it is judged."""
    if flag.state not in (STATE.ASKED, STATE.HANDED_IN):
        raise NotNow(
            _("No invoices are asked for now (%(state)s). The flag says what is next.")
            % {"state": flag.get_state_display()}
        )


def check_says_something(answer: str, invoices: int, earlier: int | None) -> None:
    """An answer holds words, an invoice or an earlier price."""
    if not answer and not invoices and earlier is None:
        raise Malformed(_("Nothing is handed in. Give an invoice, or say in words what is so."))


def check_can_judge(flag: PriceFlag) -> None:
    """A flag is judged once."""
    if flag.judged_by is not None:
        raise NotNow(
            _("%(name)s judged this already: %(state)s. There is nothing left to do.")
            % {"name": flag.judged_by.name, "state": flag.get_state_display()}
        )


def check_verdict(flag: PriceFlag, verdict: str, outcome: Outcome, now: datetime) -> None:
    """A case needs invoices outside the rule, or none by their time; “within” needs them inside."""
    if verdict == STATE.UNFOUNDED:
        return
    if flag.state == STATE.RAISED:
        raise NotNow(
            _("Only prices were compared so far. Ask for invoices first, or call it unfounded.")
        )
    if verdict == STATE.WITHIN and outcome is not Outcome.WITHIN:
        raise NotNow(
            _("The invoices do not show that it is within the rule. Read the computation; ask "
              "for more invoices or choose another finding.")
        )  # fmt: skip
    if verdict == STATE.REPORTED:
        _check_can_report(flag, outcome, now)


def _check_can_report(flag: PriceFlag, outcome: Outcome, now: datetime) -> None:
    if outcome is Outcome.WITHIN:
        raise NotNow(_("By its invoices the price is within the rule: no case can be opened."))
    if outcome is Outcome.OPEN and flag.due_at is not None and now < flag.due_at:
        raise NotNow(
            _("The invoices do not show enough, and the seller has time until %(due)s. Wait, or "
              "ask for more.")
            % {"due": f"{localtime(flag.due_at):%Y-%m-%d %H:%M}"}
        )  # fmt: skip


def check_can_appeal(report: PriceReport) -> None:
    """A case is appealed against once."""
    if report.state != PriceReport.State.OPEN:
        raise NotNow(
            _("An appeal was made already (%(state)s). Its decision stands beside it.")
            % {"state": report.get_state_display()}
        )


def check_can_decide(report: PriceReport) -> None:
    """Only an appeal that was made is decided."""
    if report.state != PriceReport.State.APPEALED:
        raise NotNow(
            _("There is no appeal to decide (%(state)s).") % {"state": report.get_state_display()}
        )


def check_is_another(report: PriceReport, by: Person) -> None:
    """Who opened the case does not decide the appeal against it."""
    if report.filed_by_id == by.pk:
        raise NotAllowed(
            _("You opened this case, so another person decides the appeal. Ask a colleague.")
        )


def check_can_call_on(report: PriceReport) -> None:
    """Departments are called together once, and not while an appeal is open or was granted."""
    if report.call_id is not None:
        raise NotNow(_("Departments were called already. Their answers stand at the call."))
    if report.state in (PriceReport.State.APPEALED, PriceReport.State.ANNULLED):
        raise NotNow(
            _("The case cannot be acted on now (%(state)s). An appeal comes first.")
            % {"state": report.get_state_display()}
        )
