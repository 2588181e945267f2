"""What the state of an incident allows."""

from __future__ import annotations

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.models import Assessment, Dissent, DissentCopy, Incident
from gongzhi.errors import Malformed, NotNow
from gongzhi.ledger.records import digest
from gongzhi.sensing.models import Signal, Warning


def check_is_open(incident: Incident) -> None:
    """Only an open incident can be worked on."""
    if incident.state != Incident.State.OPEN:
        raise NotNow(
            _("The incident “%(title)s” is closed. Declare a new one if it has come back.")
            % {"title": incident.title}
        )


def check_has_cause(warning: Warning | None, signal: Signal | None) -> None:
    """An incident is declared because of a warning or of a verified signal."""
    if warning is None and signal is None:
        raise Malformed(
            _("Name the warning or the verified signal that is the cause of this incident."),
            details={"warning": _("Choose a warning or a signal.")},
        )
    if signal is not None and signal.state != Signal.State.VERIFIED:
        raise NotNow(
            _("The signal “%(title)s” is not verified. Judge it first.") % {"title": signal.title}
        )


def check_cause_fits(area: Unit, warning: Warning | None, signal: Signal | None) -> None:
    """The cause lies in the area of the incident, or in one that holds it."""
    for field, cause in (("warning", warning), ("signal", signal)):
        if cause is None:
            continue
        here, there = area.path, cause.place.path
        if not (here.startswith(there) or there.startswith(here)):
            raise Malformed(
                _("The cause lies in %(place)s, which is no part of %(area)s. Choose another one.")
                % {"place": cause.place, "area": area},
                details={field: _("Choose one in this area.")},
            )


def check_not_declared(warning: Warning | None, signal: Signal | None) -> None:
    """The same cause is declared once."""
    for cause in (warning, signal):
        if cause is None:
            continue
        open_one = cause.incidents.filter(state=Incident.State.OPEN).first()
        if open_one is not None:
            raise NotNow(
                _("This is declared already as “%(title)s”. Work on that incident.")
                % {"title": open_one.title}
            )


def check_can_dissent(assessment: Assessment, by: Person, text: str = "") -> None:
    """One dissents from what somebody else found, while it matters, and once in the same words."""
    check_is_open(assessment.incident)
    if assessment.assessed_by_id == by.pk:
        raise NotNow(_("This assessment is your own. If you see it differently now, assess anew."))
    if assessment.dissents.filter(filed_by=by, text_digest=digest(text)).exists():
        raise NotNow(_("You have filed this dissent already. It stands beside the assessment."))


def check_unread(dissent: Dissent, copies: list[DissentCopy]) -> None:
    """A copy of a dissent is read once by a named person of the unit it reached."""
    if not copies:
        raise NotNow(_("This dissent was not sent to you. There is nothing for you to do."))
    if all(copy.read_by_id is not None for copy in copies):
        raise NotNow(
            _("%(name)s has read this dissent for %(unit)s. There is nothing left to do.")
            % {"name": copies[0].read_by, "unit": copies[0].unit}
        )
