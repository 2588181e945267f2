"""The capability standard: per tier, which unit meets what, and by which numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from gongzhi.actors.queries import Unit, find, own_areas, visible
from gongzhi.assessment.queries import Incident
from gongzhi.evaluation.queries import (
    CapabilityResult,
    CapabilityScoring,
    results_seen,
    scorings_seen,
    units_scored,
)
from gongzhi.evaluation.standard import GROUPS
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.acting import act
from gongzhi.interfaces.console.frame import Reader, page, show
from gongzhi.interfaces.console.lines import entries_about, lines_of
from gongzhi.interfaces.console.offers import Offer, address
from gongzhi.interfaces.console.reading import address_of, address_of_ref, named, number_in
from gongzhi.interfaces.console.words.capability import (
    SHAPES,
    capability_name,
    group_name,
    in_tongue,
    next_act,
)
from gongzhi.interfaces.inputs import deed_named
from gongzhi.sensing.queries import stream_name

FIRST, PER_PAGE = 8, 60
"""Units of a tier that the whole page shows, and that the page of one tier shows at once."""
SCORINGS = 10
CODED = ("warnings_acknowledged", "contacts_work")
"""Capabilities whose cases are called by a code that has a word."""
UNTIMED = ("addressees_right", "contacts_work")
"""Those of which no case is late: it is so, or it is not."""
Outcome = CapabilityResult.Outcome


@dataclass(frozen=True)
class Line:
    """One capability of a tier: what is asked, how many units stand how."""

    code: str
    name: str
    measured: str
    enough: int
    met: int
    not_met: int
    not_shown: int
    good: int
    total: int


@dataclass(frozen=True)
class Cell:
    """How one unit stands by one line."""

    name: str
    result: CapabilityResult | None
    shape: str = ""
    href: str = ""
    change: str = ""


@dataclass(frozen=True)
class Row:
    """One unit with its cells, in the order of the lines."""

    unit: Unit
    cells: list[Cell]


@dataclass(frozen=True)
class Part:
    """One tier, or departments, or all others: its lines and its units."""

    group: str
    name: str
    lines: list[Line]
    rows: list[Row]
    units: int
    older: int | None = None
    newer: int | None = None


@page
def capability(request: HttpRequest, reader: Reader) -> HttpResponse:
    """The latest scoring, or the one chosen: every tier with its units, or one tier in full."""
    scorings = list(scorings_seen(reader.by, reader.now)[:SCORINGS])
    chosen = _chosen(request, reader, scorings)
    context: dict[str, Any] = {"scoring": chosen, "scorings": scorings, "score": _score(reader)}
    if chosen is not None:
        tier = request.GET.get("tier", "")
        units = units_scored(chosen, reader.by, reader.now)
        context |= {
            "parts": _parts(chosen, units, request, reader),
            "tiers": [(group, group_name(group)) for group in GROUPS if group in units],
            "tier": tier if tier in units else "",
            "standard": _standard(chosen),
            "record": _record(chosen, reader),
            "shapes": [(str(Outcome(code).label), shape) for code, shape in SHAPES.items()],
        }
    return show(request, "capability/list.html", context, now=reader.now)


def _chosen(
    request: HttpRequest, reader: Reader, scorings: list[CapabilityScoring]
) -> CapabilityScoring | None:
    """The scoring asked for; else the latest of the largest area."""
    wanted = number_in(request.GET.get("scoring", ""))
    if wanted is not None:
        found = scorings_seen(reader.by, reader.now).filter(pk=wanted).first()
        return found or find(CapabilityScoring, wanted, reader.by, reader.now)
    return min(scorings, key=lambda each: len(each.area.path), default=None)


def _record(scoring: CapabilityScoring, reader: Reader) -> str:
    """Where the scoring itself is read; it lies in the area that was scored."""
    seen = visible(CapabilityScoring, reader.by, reader.now).filter(pk=scoring.pk)
    return address_of(scoring) if seen.exists() else ""


def _score(reader: Reader) -> Offer | None:
    """The act that scores the reader's area anew: allowed, or refused with its sentence."""
    areas = own_areas(reader.by, reader.now)
    offers = [act("evaluation", "score_capability", "area", area, reader) for area in areas]
    return min(offers, key=lambda offer: bool(offer.refusal), default=None)


def _parts(
    scoring: CapabilityScoring, units: dict[str, list[int]], request: HttpRequest, reader: Reader
) -> list[Part]:
    """Every tier with its first units, or the one asked for with a page of them."""
    tier = request.GET.get("tier", "")
    if tier not in units:
        shown = {group: found[:FIRST] for group, found in units.items()}
        return _with_results(scoring, shown, units, reader)
    first = number_in(request.GET.get("from", "")) or 0
    till = first + PER_PAGE
    [part] = _with_results(scoring, {tier: units[tier][first:till]}, units, reader)
    older = till if till < len(units[tier]) else None
    return [replace(part, older=older, newer=max(0, first - PER_PAGE) if first else None)]


def _with_results(
    scoring: CapabilityScoring, shown: dict[str, list[int]], units: dict[str, list[int]],
    reader: Reader,
) -> list[Part]:  # fmt: skip
    wanted = {number for numbers in shown.values() for number in numbers}
    by_unit: dict[int, dict[str, CapabilityResult]] = {}
    for result in results_seen(scoring, reader.by, reader.now, wanted):
        by_unit.setdefault(result.unit_id, {})[result.capability] = result
    parts = []
    for group in (group for group in GROUPS if group in shown):
        lines = _lines(scoring, group)
        rows = [_row(by_unit[number], lines) for number in shown[group]]
        parts.append(Part(group, group_name(group), lines, rows, len(units[group])))
    return parts


def _lines(scoring: CapabilityScoring, group: str) -> list[Line]:
    figures = scoring.tiers.get(group, {})
    return [
        Line(code, in_tongue(line["words"]), in_tongue(line["measured"]), line["enough"][group],
             **figures[code])
        for code, line in scoring.lines.items() if code in figures
    ]  # fmt: skip


def _row(found: dict[str, CapabilityResult], lines: list[Line]) -> Row:
    unit = next(iter(found.values())).unit
    return Row(unit, [_cell(line, found.get(line.code)) for line in lines])


def _cell(line: Line, result: CapabilityResult | None) -> Cell:
    if result is None:
        return Cell(line.name, None)
    href = reverse("console:capability-result", args=[result.pk])
    return Cell(line.name, result, SHAPES[result.outcome], href, change_of(result))


def change_of(result: CapabilityResult) -> str:
    """Better or worse than what was shown before, in a word; empty where it is neither."""
    before = result.before
    if not before or not result.total:
        return ""
    now, then = result.good * before["total"], before["good"] * result.total
    return "" if now == then else _("better") if now > then else _("worse")


@dataclass(frozen=True)
class Clause:
    """One line of the standard as the page tells it; no days where only the moment counts."""

    name: str
    measured: str
    enough: list[tuple[str, int]]
    shown_by: list[str]
    within_days: int
    since: str
    reference: str


def _standard(scoring: CapabilityScoring) -> list[Clause]:
    return [
        Clause(
            in_tongue(line["words"]), in_tongue(line["measured"]),
            [(group_name(group), share) for group, share in line["enough"].items()],
            [str(CapabilityResult.Source(source).label) for source in line["shown_by"]],
            0 if line.get("roles") else line["within_days"], line["since"], line["reference"],
        )
        for line in scoring.lines.values()
    ]  # fmt: skip


@page
def result(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One unit by one line of the standard: the numbers, by what they are shown, the next act."""
    rows = CapabilityResult.objects.select_related("unit", "scoring__area", "exercise")
    found = find(rows, pk, reader.by, reader.now)
    line = found.scoring.lines[found.capability]
    context = {
        "result": found,
        "name": capability_name(found.capability, found.scoring.lines),
        "measured": in_tongue(line["measured"]),
        "line": line,
        "shape": SHAPES[found.outcome],
        "percent": round(100 * found.good / found.total) if found.total else None,
        "worst": _worst(found),
        "incidents": _incidents(found, reader),
        "exercise": (named(found.exercise), address_of(found.exercise)) if found.exercise else None,
        "before": _before(found),
        "change": change_of(found) or (_("as before") if found.before and found.total else ""),
        "next": next_act(found.next_act, str(found.unit), found.worst),
        "act": _act(found),
        "back": f"{reverse('console:capability')}?scoring={found.scoring_id}",
        "lines": lines_of(entries_about([found.scoring.ref], reader)[:5], reader),
    }
    return show(request, "capability/one.html", context, now=reader.now)


def _worst(found: CapabilityResult) -> dict[str, Any]:
    """The worst case in words; the record of an exercise lies in its own house."""
    worst = found.worst
    if "ref" not in worst:
        return {}
    title = worst["title"]
    if found.capability in CODED:
        title = stream_name(title)
    href = address_of_ref(worst["ref"]) if found.source == CapabilityResult.Source.REAL else ""
    return {**worst, "title": title, "href": href, "pieces": found.capability == "needs_met",
            "late": round(abs(worst["by"])), "is_late": worst["by"] > 0,
            "timed": found.capability not in UNTIMED}  # fmt: skip


def _incidents(found: CapabilityResult, reader: Reader) -> list[tuple[str, str]]:
    seen = visible(Incident, reader.by, reader.now).filter(pk__in=found.incidents)
    return [(str(incident), address_of(incident)) for incident in seen.order_by("pk")]


def _before(found: CapabilityResult) -> dict[str, Any]:
    before = found.before
    if not before:
        return {}
    source = str(CapabilityResult.Source(before["source"]).label)
    return {**before, "source": source, "at": datetime.fromisoformat(before["at"]),
            "word": str(Outcome(before["outcome"]).label),
            "shape": SHAPES[before["outcome"]]}  # fmt: skip


def _act(found: CapabilityResult) -> tuple[str, str] | None:
    """The form or the page where the next act is done, and its word."""
    missing = found.worst.get("missing", [])
    if found.next_act == "name_deputy" and missing:
        deed = deed_named("actors", "appoint")
        return words.deed_name(deed), address(deed, {"unit": found.unit_id, "role": missing[0]})
    pages = {
        "learn_duties": (_("Rows of the duties matrices"), ["command", "duty_rows"]),
        "answer_findings": (_("Findings"), ["evaluation", "findings"]),
        "exercise": (_("Exercises held"), ["command", "exercises"]),
        "hold_exercise": (_("Exercises held"), ["command", "exercises"]),
        "fill_stock": (_("Offers"), ["supply", "offers"]),
        "set_contacts": (_("Contacts"), ["messages", "contacts"]),
    }
    if found.next_act not in pages:
        return None
    word, place = pages[found.next_act]
    return word, reverse("console:list", args=place)


urlpatterns = [
    path("capability", capability, name="capability"),
    path("capability/results/<int:pk>", result, name="capability-result"),
]
