"""What may be decided: tests of levels, ends of measures, one mode at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.discretion import Extent
from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import authority_of, check_may
from gongzhi.actors.queries import after
from gongzhi.assessment.models import Assessment, Incident
from gongzhi.decision.models import Decision, Measure, Mode, ResponseLevel
from gongzhi.decision.queries import measures_standing_for
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.parameters import parameter
from gongzhi.sensing.models import Level, Warning
from gongzhi.writing import day_and_time

UNKNOWN = Extent(cents=2**62)
"""A cost that nobody has estimated: more than any limit."""


def power_used(
    by: Person, power: str, area: Unit, now: datetime, lasts: timedelta = timedelta(0)
) -> str:
    """The power a person uses over everybody in an area, as the record names it.

    `lasts` is how long what is set will stand in all.
    Errors: `NotAllowed` where nobody gave it, it has ended, or more people live there or it lasts
    longer than whoever lent it allowed; `BeyondDiscretion` where the tier above must be asked.
    """
    extent = Extent(people=area.population or 0, days=lasting(lasts).days)
    return str(check_may(by, power, area, now, in_mode(extent, power, area, now)))


def in_mode(extent: Extent, power: str, area: Unit, now: datetime) -> Extent:
    """The same use of a power, under the limits that the mode of the area sets for it."""
    return replace(extent, limits=limits_in_mode(power, area, now))


def limits_in_mode(power: str, area: Unit, now: datetime) -> dict[str, dict[str, int]]:
    """The limits of a power by tier where the mode of an area sets others than ordinary ones."""
    return dict(mode_parameters(area, now).get("discretion", {}).get(power, {}))


def check_cost_known(by: Person, area: Unit, costs: Sequence[int | None], now: datetime) -> None:
    """Who may spend only so much by deciding says what it costs; nothing is said as 0.

    Errors: `Malformed` where the cost is left out and whoever decides has a limit of money.
    """
    if None not in costs:
        return
    try:
        authority_of(by, "decide", area, now, in_mode(UNKNOWN, "decide", area, now))
    except NotAllowed:
        raise Malformed(
            _(
                "Say what the option chosen costs, as an estimate: your power to decide has a "
                "limit of money. If it costs nothing, write 0."
            ),
            details={"options": _("Give the cost of the option chosen, or 0.")},
        ) from None


def lasting(lasts: timedelta) -> Extent:
    """How far in time a use of a power goes; days begun count whole."""
    return Extent(days=max(-(-lasts // timedelta(days=1)), 0))


def check_same_hazard(decision: Decision, level: ResponseLevel) -> None:
    """A level ends by a decision about the same hazard."""
    if decision.incident.hazard != level.hazard:
        raise Malformed(
            _("This level answers another hazard (%(hazard)s). Choose a decision about that one.")
            % {"hazard": level.get_hazard_display()},
            details={"decision": _("Choose a decision about the hazard of the level.")},
        )


def check_belongs(incident: Incident, assessment: Assessment) -> None:
    """A decision rests on an assessment of the same incident."""
    if assessment.incident_id != incident.pk:
        raise Malformed(
            _("This assessment is of another incident. Choose one of “%(title)s”.")
            % {"title": incident.title},
            details={"assessment": _("Choose an assessment of this incident.")},
        )


def check_options(chosen: Sequence[bool], reasons: Sequence[str]) -> None:
    """Exactly one option is chosen; each refused one says why."""
    if sum(chosen) != 1:
        raise Malformed(_("Choose exactly one option; keep the others with the reason."))
    if any(not reason for is_chosen, reason in zip(chosen, reasons, strict=True) if not is_chosen):
        raise Malformed(_("Say for each option that is not chosen why it was refused."))


def check_decision_covers(decision: Decision, area: Unit) -> None:
    """A decision reaches only the area of its incident."""
    if not area.path.startswith(decision.incident.area.path):
        raise Malformed(
            _("The decision concerns %(area)s only. Choose a place inside it.")
            % {"area": decision.incident.area},
            details={"area": _("Choose a place inside the incident's area.")},
        )


def open_reds(area: Unit) -> dict[str, int]:
    """Open warnings in an area by level."""
    warnings = Warning.objects.filter(
        place__path__gte=area.path, place__path__lt=after(area.path)
    ).exclude(state=Warning.State.ENDED)
    found = dict(warnings.values_list("level").annotate(Count("id")).order_by())
    return {level: found.get(level, 0) for level in Level.values}


def entry_test(area: Unit, grade: int, now: datetime) -> dict[str, Any]:
    """The test for entering a grade, with what was found: passed or not."""
    rule = parameter(f"response-levels.level_{grade}", localtime(now).date())
    found = open_reds(area)
    passed = found["red"] >= rule.value.get("enter_red", 10**9) or (
        found["red"] + found["yellow"] >= rule.value.get("enter_yellow", 10**9)
    )
    return {"rule": rule.value, "version": rule.version, "found": found, "passed": passed}


def exit_test(level: ResponseLevel, now: datetime) -> dict[str, Any]:
    """The test for leaving a level: enough days without a new red warning in its area."""
    rule = parameter(f"response-levels.level_{level.grade}", localtime(now).date())
    last = (
        Warning.objects.filter(
            place__path__gte=level.area.path,
            place__path__lt=after(level.area.path),
            level=Level.RED,
            issued_at__lte=now,
        )
        .order_by("-issued_at")
        .first()
    )
    needed = rule.value["leave_days_without_red"]
    days = (now - last.issued_at) // timedelta(days=1) if last else needed
    still_open = open_reds(level.area)["red"]
    return {
        "rule": rule.value, "version": rule.version,
        "found": {"days_without_red": days, "red_open": still_open},
        "passed": days >= needed and not still_open,
    }  # fmt: skip


def check_test_or_reason(test: dict[str, Any], override_reason: str) -> None:
    """A level changes when its test is passed, or with a reason that stands beside it."""
    if not test["passed"] and not override_reason:
        raise NotNow(
            _(
                "The test for this level is not passed: it asks for %(asked)s, and there are "
                "%(found)s. Choose another level, or give the reason why it changes all the same."
            )
            % _test_in_words(test["rule"], test["found"])
        )


def _test_in_words(rule: dict[str, int], found: dict[str, int]) -> dict[str, str]:
    """What a test asks for and what was found, for the sentence of a refusal."""
    if "days_without_red" in found:
        asked = _("%(days)s days without a new red warning and none open") % {
            "days": rule["leave_days_without_red"]
        }
        return {"asked": asked, "found": _("%(days)s days and %(open)s open") % {
            "days": found["days_without_red"], "open": found["red_open"]
        }}  # fmt: skip
    counts = {"red": found["red"], "yellow": found["yellow"]}
    if "enter_red" in rule:
        asked = _("%(red)s open red warnings") % {"red": rule["enter_red"]}
    else:
        asked = _("%(any)s open warnings") % {"any": rule["enter_yellow"]}
    return {"asked": asked, "found": _("%(red)s red and %(yellow)s yellow") % counts}


def check_end(starts_at: datetime, ends_at: datetime, area: Unit, now: datetime) -> None:
    """A measure ends, after it begins and within the longest time the area's mode allows."""
    if ends_at <= starts_at:
        raise Malformed(
            _("The measure would end before it begins. Give a later end."),
            details={"ends_at": _("Give a later end.")},
        )
    days = mode_parameters(area, now)["measure_days_at_most"]
    if days == 0:
        raise NotNow(
            _("%(area)s is in normal mode, where no such measure can be set. Switch it first.")
            % {"area": area}
        )
    if ends_at - starts_at > timedelta(days=days):
        raise Malformed(
            _("A measure may last %(days)s days at most. Set an earlier end and renew it then.")
            % {"days": days},
            details={"ends_at": _("Set an earlier end.")},
        )


def mode_of(area: Unit) -> Mode | None:
    """The mode in force for an area: the nearest emergency over it, else the nearest there is.

    A return to normal ends what the area itself declared; it is no shield against a later
    emergency of a tier above.
    """
    modes = Mode.objects.filter(area__path__in=area.ancestor_paths(), ended_at=None)
    nearest = list(modes.select_related("area", "decision").order_by("-area__path", "id"))
    emergency = (mode for mode in nearest if mode.mode == Mode.ModeKind.EMERGENCY)
    return next(emergency, nearest[0] if nearest else None)


def mode_parameters(area: Unit, now: datetime) -> dict[str, Any]:
    """The parameters that the mode in force gives an area, as they were when it was switched.

    What the set did not hold yet at that time is as the set of this mode has it now.
    """
    mode = mode_of(area)
    kind = mode.mode if mode else Mode.ModeKind.NORMAL
    current = parameter(f"modes.{kind}", localtime(now).date()).value
    return {**current, **(mode.parameters if mode else {})}


def check_mode_changes(area: Unit, wanted: str) -> None:
    """Switching to the mode that is already in force is refused."""
    current = Mode.objects.filter(area=area, ended_at=None).first()
    mode = current.mode if current else Mode.ModeKind.NORMAL
    over = mode_of(area)
    if mode == wanted and over is not None and over.mode != mode:
        raise NotNow(
            _(
                "%(area)s is in emergency because %(above)s is. It goes back to normal with "
                "%(above)s: ask there."
            )
            % {"area": area, "above": over.area}
        )
    if mode == wanted:
        raise NotNow(
            _("%(area)s is in %(mode)s mode already. There is nothing to switch.")
            % {"area": area, "mode": Mode.ModeKind(wanted).label}
        )


def check_not_standing(
    incident: Incident, area: Unit, kind: str, title: str, now: datetime
) -> None:
    """The same measure is not set a second time beside itself: that is a renewal, with reasons."""
    standing = measures_standing_for(incident, area, now).get((kind, title))
    if standing is not None:
        text = _(
            "“%(measure)s” stands there until %(when)s already. Renew it with the reason, or lift "
            "it first."
        )
        when = day_and_time(standing.ends_at)
        raise NotNow(text % {"measure": standing, "when": when})


def check_active(measure: Measure, now: datetime) -> None:
    """Only a measure in force can be renewed or lifted; on its date it is over by itself."""
    if measure.state == Measure.State.ACTIVE and measure.ends_at > now:
        return
    state = measure.State.EXPIRED if measure.state == Measure.State.ACTIVE else measure.state
    raise NotNow(
        _("This measure is over (%(state)s). Decide on a new one if it is needed.")
        % {"state": Measure.State(state).label}
    )
