"""What the state of reports, signals and warnings allows."""

from __future__ import annotations

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.sensing.models import Report, Signal, Warning


def check_can_claim(report: Report) -> None:
    """Only a report that nobody has taken can be taken."""
    if report.state == Report.State.CLAIMED and report.claimed_by and report.claimed_at:
        raise NotNow(
            _("%(name)s took this report at %(when)s. Take the next one in the queue.")
            % {"name": report.claimed_by.name, "when": f"{localtime(report.claimed_at):%H:%M}"}
        )
    if report.state != Report.State.NEW:
        raise NotNow(_("This report is dealt with already. Take the next one in the queue."))


def check_holds(report: Report, by: Person) -> None:
    """A report is worked by whoever took it, and by nobody else."""
    if report.state != Report.State.CLAIMED:
        raise NotNow(_("Nobody has taken this report. Take it first."))
    if report.claimed_by_id != by.pk:
        raise NotAllowed(
            _("%(name)s has taken this report. Ask them, or wait until it is released.")
            % {"name": report.claimed_by.name if report.claimed_by else "?"}
        )


def check_can_judge(signal: Signal) -> None:
    """A signal is judged once."""
    if signal.state != Signal.State.OPEN:
        raise NotNow(
            _("This signal is judged already (%(state)s). Raise a new one if facts changed.")
            % {"state": signal.get_state_display()}
        )


def check_can_unfold(report: Report) -> None:
    """Only a folded report of a signal not yet judged can be taken out again."""
    if report.state != Report.State.FOLDED or report.signal is None:
        raise NotNow(_("This report is not part of a signal. There is nothing to take out."))
    check_can_judge(report.signal)


def check_can_acknowledge(warning: Warning) -> None:
    """A warning is acknowledged once, by one named person."""
    if warning.state == Warning.State.ACKNOWLEDGED and warning.acknowledged_by:
        raise NotNow(
            _("%(name)s acknowledged this warning already. Open it to see what follows.")
            % {"name": warning.acknowledged_by.name}
        )
    if warning.state == Warning.State.ENDED:
        raise NotNow(_("This warning has ended. There is nothing left to do."))
