"""May an area go into emergency, or back? The tests of `parameters/modes.yaml`, held against facts.

Entry looks at what tells of the hazard that was decided on; the way back at everything in the
area, for a mode is of a place and not of a hazard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count as Number
from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import after
from gongzhi.decision.models import Decision, Mode, ResponseLevel
from gongzhi.decision.queries import level_over
from gongzhi.errors import NotNow
from gongzhi.parameters import parameter
from gongzhi.sensing.models import Level, Warning
from gongzhi.sensing.queries import stream_name, streams_of_other_hazards, totals_of
from gongzhi.writing import among

LAST_COUNT_DAYS = 30
"""How far back the last count of an indicator is looked for."""


@dataclass(frozen=True)
class ModeTest:
    """One test with what was found: `asked` is what it needs, `holds` whether that is so."""

    name: str
    asked: int
    found: int | None
    holds: bool
    stream: str = ""


def mode_test(decision: Decision, area: Unit, mode: str, now: datetime) -> dict[str, Any]:
    """The test for switching an area, part by part: emergency needs one, the way back all."""
    entering = mode == Mode.ModeKind.EMERGENCY
    name = "enter_emergency" if entering else "leave_emergency"
    rule = parameter(f"modes.{name}", localtime(now).date())
    found = list(
        _to_enter(rule.value, decision.incident.hazard, area, now)
        if entering
        else _to_leave(rule.value, area, now)
    )
    passed = any(t.holds for t in found) if entering else all(t.holds for t in found)
    return {"version": rule.version, "tests": [asdict(t) for t in found], "passed": passed}


def check_mode_test_or_reason(test: Mapping[str, Any], mode: str, override_reason: str) -> None:
    """The mode changes when its test is passed, or with a reason that stands beside it."""
    if test["passed"] or override_reason:
        return
    found = among(_in_words(one) for one in test["tests"])
    if mode == Mode.ModeKind.EMERGENCY:
        raise NotNow(
            _(
                "Nothing here calls for an emergency: %(found)s. One of these is needed, or the "
                "reason why it is entered all the same."
            )
            % {"found": found}
        )
    raise NotNow(
        _(
            "It is too early to go back to normal: %(found)s. All of these are needed, or the "
            "reason why it ends all the same."
        )
        % {"found": found}
    )


def mode_test_in_words(test: Mapping[str, Any]) -> list[str]:
    """Each part of a test on a line of its own: what it asks, what was found, whether it holds."""
    return [
        _("%(test)s: met") % {"test": _in_words(one)}
        if one["holds"]
        else _("%(test)s: not met") % {"test": _in_words(one)}
        for one in test["tests"]
    ]


def _to_enter(
    rule: Mapping[str, Any], hazard: str, area: Unit, now: datetime
) -> Iterator[ModeTest]:
    open_ones = _warnings(area, now).exclude(state=Warning.State.ENDED)
    open_ones = open_ones.exclude(stream__in=streams_of_other_hazards(hazard, now))
    counted = dict(open_ones.values_list("level").annotate(n=Number("id")).order_by())
    for level in (Level.RED, Level.YELLOW):
        asked, found = rule[f"{level}_open"], counted.get(level, 0)
        yield ModeTest(f"{level}_open", asked, found, found >= asked)
    over = level_over(area, hazard)
    grade = over.grade if over else None
    yield ModeTest("grade", rule["grade"], grade, grade is not None and grade <= rule["grade"])
    for stream, least in rule["counted"].items():
        last = _last_count(stream, area, now)
        yield ModeTest("counted", least, last, last is not None and last >= least, stream)


def _to_leave(rule: Mapping[str, Any], area: Unit, now: datetime) -> Iterator[ModeTest]:
    warnings = _warnings(area, now).filter(level=Level.RED)
    still_open = warnings.exclude(state=Warning.State.ENDED).count()
    yield ModeTest("no_red_open", rule["red_open"], still_open, still_open <= rule["red_open"])
    last, needed = warnings.order_by("-issued_at").first(), rule["days_without_red"]
    days = (now - last.issued_at) // timedelta(days=1) if last else None
    yield ModeTest("days_without_red", needed, days, days is None or days >= needed)
    levels = ResponseLevel.objects.filter(area=area, ended_at=None).count()
    yield ModeTest("no_level", rule["levels"], levels, levels <= rule["levels"])
    for stream, most in rule["counted"].items():
        found = _last_count(stream, area, now)
        yield ModeTest("no_longer_counted", most, found, found is None or found <= most, stream)


def _warnings(area: Unit, now: datetime) -> QuerySet[Warning]:
    return Warning.objects.filter(
        place__path__gte=area.path, place__path__lt=after(area.path), issued_at__lte=now
    )


def _last_count(stream: str, area: Unit, now: datetime) -> int | None:
    """What was counted on the last day on which anybody did; None where nobody has lately."""
    today = localtime(now).date()
    first = today - timedelta(days=LAST_COUNT_DAYS)
    totals = totals_of([stream], [area.path], first, today)[area.path]
    return totals[-1][2] if totals else None


def _in_words(one: Mapping[str, Any]) -> str:
    asked, found = one["asked"], one["found"]
    if one["name"] == "grade":
        asked, found = ResponseLevel.Grade(asked).label, found and ResponseLevel.Grade(found).label
    facts = {
        "asked": asked,
        "found": _("none") if found is None else found,
        "stream": stream_name(one["stream"]) if one["stream"] else "",
    }
    return {
        "red_open": _("open red warnings, at least %(asked)s (there are: %(found)s)"),
        "yellow_open": _("open yellow warnings, at least %(asked)s (there are: %(found)s)"),
        "grade": _("%(asked)s or more serious in force (there is: %(found)s)"),
        "counted": _("%(stream)s, at least %(asked)s (last counted: %(found)s)"),
        "no_red_open": _("open red warnings, at most %(asked)s (there are: %(found)s)"),
        "days_without_red": _(
            "days since the last red warning, at least %(asked)s (it is: %(found)s)"
        ),
        "no_level": _("response levels in force, at most %(asked)s (there are: %(found)s)"),
        "no_longer_counted": _("%(stream)s, at most %(asked)s (last counted: %(found)s)"),
    }[one["name"]] % facts
