"""What the capability standard, its results and its next acts are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.actors.queries import Kind, Role, Tier
from gongzhi.assessment.queries import hazard_name
from gongzhi.writing import listed, pair, tongue

FIELDS: dict[str, str | Promise] = {
    "before": gettext_lazy("Shown before it"),
    "capability": gettext_lazy("Capability"),
    "enough": gettext_lazy("Enough, per cent"),
    "good": gettext_lazy("As they should be"),
    "incidents": gettext_lazy("Incidents"),
    "judged_as": gettext_lazy("Judged as"),
    "lines": gettext_lazy("Lines of the standard"),
    "missing": gettext_lazy("Missing"),
    "next_act": gettext_lazy("Next act"),
    "results_digest": gettext_lazy("Digest of all results"),
    "scoring": gettext_lazy("Scoring"),
    "shown_at": gettext_lazy("Shown as of"),
    "standard_version": gettext_lazy("Version of the standard"),
    "tiers": gettext_lazy("Figures of each tier"),
    "total": gettext_lazy("All cases"),
    "worst": gettext_lazy("The worst case"),
}

SHAPES = {"met": "✓", "not_met": "✕", "not_shown": "○"}
"""A shape beside the word of each outcome; colour means level only."""


def in_tongue(texts: dict[str, str]) -> str:
    """One text of the standard in the reader's language."""
    return texts[{"en": "en", "hant": "zh-Hant"}.get(tongue(), "zh-Hans")]


def capability_name(code: str, lines: dict[str, Any]) -> str:
    """What a line of the standard is called, by the standard that a scoring keeps."""
    return in_tongue(lines[code]["words"]) if code in lines else code.replace("_", " ")


def result_name(result: Any) -> str:
    """What the line that a result stands under is called."""
    return capability_name(result.capability, result.scoring.lines)


def result_in_words(result: Any) -> str:
    """A result by its line, its unit and how it stands."""
    return f"{result_name(result)} · {result.unit} · {result.get_outcome_display()}"


def group_name(group: str) -> str:
    """A part of the standard: a tier of government, departments, all others."""
    if group in Tier.values:
        return str(Tier(group).label)
    if group == Kind.DEPARTMENT:
        return str(Kind.DEPARTMENT.label)
    return _("firms and other organisations")


def _exercise(unit: str, _missing: list[str]) -> str:
    return _("Hold an exercise in which %(unit)s plays itself.") % {"unit": unit}


def _hold(_unit: str, missing: list[str]) -> str:
    if not missing:
        return _("Adopt a plan for each hazard, then hold an exercise of it.")
    names = listed([hazard_name(code) for code in missing])
    return _("Hold an exercise for: %(hazards)s.") % {"hazards": names}


def _deputy(_unit: str, missing: list[str]) -> str:
    names = [str(Role(code).label) for code in missing if code in Role.values]
    return _("Name a deputy: %(roles)s") % {"roles": listed(names)}


def _contacts(unit: str, _missing: list[str]) -> str:
    return _("Check the numbers of %(unit)s and who answers them, then call it once to try.") % {
        "unit": unit
    }


def _learn(_unit: str, _missing: list[str]) -> str:
    return _("Look into the duties matrix before calling: it names whom.")


def _stock(_unit: str, _missing: list[str]) -> str:
    return _("Raise the reserve, or ask for offers of what was short.")


def _findings(_unit: str, _missing: list[str]) -> str:
    return _("Answer the findings of reviews: say what changes.")


NEXT: dict[str, Callable[[str, list[str]], str]] = {
    "exercise": _exercise,
    "hold_exercise": _hold,
    "name_deputy": _deputy,
    "set_contacts": _contacts,
    "learn_duties": _learn,
    "fill_stock": _stock,
    "answer_findings": _findings,
}


def next_act(code: str, unit: str, worst: dict[str, Any]) -> str:
    """The next act of what is not met or not shown, in a sentence; empty where it is met."""
    return NEXT[code](unit, worst.get("missing", [])) if code in NEXT else ""


def _worst(result: Any) -> str:
    """The worst case, or what is missing, in short."""
    if "missing" in result.worst:
        return next_act(result.next_act, str(result.unit), result.worst)
    return str(result.worst.get("title", ""))


def _before(result: Any) -> str:
    """What was shown before it: outcome, numbers, by what."""
    before = result.before
    if not before:
        return ""
    kinds = type(result)
    word, source = kinds.Outcome(before["outcome"]).label, kinds.Source(before["source"]).label
    return f"{word} · {before['good']} / {before['total']} · {source}"


def _tiers(scoring: Any) -> str:
    """How many results of each tier stand how."""
    told = []
    for group, lines in scoring.tiers.items():
        sums = {name: sum(line[name] for line in lines.values()) for name in SHAPES}
        words = _("%(met)s met, %(not_met)s not met, %(not_shown)s not shown") % sums
        told.append(pair(group_name(group), words))
    return " · ".join(told)


SPOKEN: dict[tuple[str, str], Callable[[Any], str]] = {
    ("CapabilityResult", "capability"): result_name,
    ("CapabilityResult", "judged_as"): lambda result: group_name(result.judged_as),
    ("CapabilityResult", "worst"): _worst,
    ("CapabilityResult", "before"): _before,
    ("CapabilityResult", "next_act"): lambda result: next_act(
        result.next_act, str(result.unit), result.worst
    ),
    ("CapabilityScoring", "tiers"): _tiers,
    ("CapabilityScoring", "lines"): lambda scoring: listed(
        [in_tongue(line["words"]) for line in scoring.lines.values()]
    ),
}
"""Fields of scorings and results that say themselves in words."""
