"""What a mode changes, in words: shown before the switch, and beside it afterwards.

Said of each parameter is what the house does by it; what is only recorded is said to be so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.actors.discretion import limit_in_words
from gongzhi.actors.models import Tier, Unit
from gongzhi.actors.policies import power_name
from gongzhi.decision.intervals import places_late
from gongzhi.decision.mode_tests import mode_test, mode_test_in_words
from gongzhi.decision.models import Decision, Mode
from gongzhi.decision.policies import mode_parameters
from gongzhi.parameters import parameter
from gongzhi.writing import among

WORDS = {
    "commercial": gettext_lazy("commercial"),
    "audited_cost": gettext_lazy("audited cost"),
    "ordinary": gettext_lazy("ordinary"),
    "shortened": gettext_lazy("shortened"),
}
"""Codes of the set that are recorded only."""


def explained_mode(
    *, decision: Decision, area: Unit, mode: Mode.ModeKind, now: datetime, **_given: object
) -> list[str]:
    """Each test with its state and numbers, and each thing that would change with the switch."""
    today = mode_parameters(area, now)
    then = parameter(f"modes.{mode}", localtime(now).date()).value
    tests = mode_test_in_words(mode_test(decision, area, mode, now))
    late = len(places_late(area, now, then["report_interval_hours"]))
    return [
        *(_("Test: %(test)s") % {"test": test} for test in tests),
        *(
            _("Changes: %(what)s") % {"what": said}
            for said in mode_in_words(then, now, today)
            if said not in mode_in_words(today, now, then)
        ),
        _("Places whose counts would be late at once: %(number)s") % {"number": late},
    ]


def mode_in_words(
    values: Mapping[str, Any], now: datetime, other: Mapping[str, Any] | None = None
) -> list[str]:
    """What a set of parameters means; powers that only `other` sets limits for are said too.

    What a set of an earlier day did not hold is left out.
    """
    said = list(_limits(values.get("discretion", {}), (other or {}).get("discretion", {}), now))
    if "measure_days_at_most" in values:
        said.append(_measures(values["measure_days_at_most"]))
    texts = {
        "report_interval_hours": _("counts are shown as late after %(value)s hours"),
        "match_pause_minutes": _("goods are matched anew after %(value)s minutes at the earliest"),
        "tariff": _("tariff: %(value)s (recorded only; nothing is billed here)"),
        "retention": _("retention: %(value)s (recorded only; nothing is deleted by it yet)"),
    }
    return said + [
        text % {"value": WORDS.get(values[name], values[name])}
        for name, text in texts.items()
        if name in values
    ]


def _measures(days: int) -> str:
    if not days:
        return _("no measure can be set")
    return _("measures may stand %(days)s days at most") % {"days": days}


def _limits(own: Mapping[str, Any], others: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """How far each tier named may use a power by itself, where this mode or the other says so."""
    for power in dict.fromkeys([*own, *others]):
        for tier in dict.fromkeys([*own.get(power, {}), *others.get(power, {})]):
            limits = limit_in_words(power, tier, now, own.get(power, {}))
            facts = {"power": power_name(power), "tier": Tier(tier).label, "limits": limits}
            yield _("“%(power)s” (%(tier)s) by itself up to %(limits)s") % facts


def switch_in_words(test: Mapping[str, Any]) -> str:
    """The test by which a mode was switched, as it stood then, and the reason given beside it."""
    if not test:
        return ""
    said = among(mode_test_in_words(test))
    if not test["reason"]:
        return said
    return _("%(tests)s. Reason: %(reason)s") % {"tests": said, "reason": test["reason"]}
