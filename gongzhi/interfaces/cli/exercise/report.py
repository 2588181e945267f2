"""The report on an exercise: what happened, who answered when, the score, comparisons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.actors.queries import roots, units_below
from gongzhi.command.queries import exercise_before
from gongzhi.evaluation.readiness import KINDS, score
from gongzhi.evaluation.standard import GROUPS, standard
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli.exercise.making import scenario_of
from gongzhi.interfaces.cli.exercise.play import journal_of
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.frame import bcp47
from gongzhi.interfaces.console.words.capability import group_name, in_tongue
from gongzhi.interfaces.exercises import DELAYS, SCENARIO, Exercise
from gongzhi.interfaces.inputs import deed_named
from gongzhi.sensing.queries import stream_name
from gongzhi.writing import tongue

HERE = Path(__file__).parent
TIMES = {
    "acknowledge": gettext_lazy("A warning is acknowledged"),
    "order": gettext_lazy("From the decision to the orders"),
    "accept": gettext_lazy("An order is accepted"),
    "finish": gettext_lazy("An order is carried out"),
    "answer": gettext_lazy("A call is answered"),
    "arrive": gettext_lazy("Somebody is on site"),
}
COUNTS = {
    "orders": gettext_lazy("Orders given"),
    "orders_done": gettext_lazy("of these carried out"),
    "orders_late": gettext_lazy("of these too late"),
    "orders_extended": gettext_lazy("Orders given more time"),
    "orders_missed": gettext_lazy("Orders missed"),
    "answers": gettext_lazy("Departments called"),
    "not_mine": gettext_lazy("Wrong addressees"),
    "unanswered": gettext_lazy("Calls never answered"),
    "climbs": gettext_lazy("Taken one tier up"),
    "stock_short": gettext_lazy("Pieces short at the end"),
}
LANE, LEFT, WIDE = 26, 190, 760
"""Size of the timeline, in pixels: height of a lane, width of its name, width of the time."""


MOST, SLOWEST = 20, 5
"""Units that missed an order, and slowest answers of a kind, that are shown at most."""


@dataclass(frozen=True)
class Bar:
    """One wait on the timeline: where it begins and ends, and what it was."""

    x1: float
    x2: float
    y: float
    says: str


def report_on(held: Exercise, result: dict[str, Any], language: str) -> str:
    """The report as one HTML page in a language of the house."""
    with translation.override(language):
        engine = Engine(
            dirs=[str(HERE)],
            builtins=[
                "django.templatetags.i18n",
                "gongzhi.interfaces.console.templatetags.console",
            ],
            libraries={"l10n": "django.templatetags.l10n"},
        )
        page = engine.get_template("report.html")
        return page.render(Context(_facts(held, result, language)))


def _facts(held: Exercise, result: dict[str, Any], language: str) -> dict[str, Any]:
    before = exercise_before(held.number, held.plan)
    journal, units = journal_of(held), _units_said()
    result = _in_words(result, units)
    scores = [result["score"], before.score if before else None, score(clock.real())]
    delays = json.loads((held.folder / DELAYS).read_text("utf-8"))
    answers = _answers(result)
    return {
        "held": held, "result": result, "language": bcp47(language), "before": before,
        "title": held.spoken(language), "injects": _injects(journal, units),
        "times": [(name, [_time(s, kind) for s in scores]) for kind, name in TIMES.items()],
        "counts": [(name, [_count(s, kind) for s in scores]) for kind, name in COUNTS.items()],
        "tiers": _tiers(scores), "aims": _aims(held),
        "answers": answers, "slowest": _slowest(answers),
        "missed": [{**row, "more": max(0, len(row["units"]) - MOST)} for row in result["missed"]],
        "most": f":{MOST}",
        "present": _names(result["present"]),
        "not_played": [_deed(d) for d in result["not_played"]],
        "robots": sum(line["kind"] == "robot" and not line["refusal"] for line in journal),
        "refused": sum(line["kind"] == "robot" and bool(line["refusal"]) for line in journal),
        "own": [str(TIMES[kind]) for kind in delays["own"]], "plot": _plot(held, result, journal),
    }  # fmt: skip


def _units_said() -> dict[str, str]:
    """The name of each unit as its record has it, and as it is called in the report's language."""
    return {unit.name: str(unit) for root in roots() for unit in units_below(root)}


def _in_words(result: dict[str, Any], units: dict[str, str]) -> dict[str, Any]:
    """What came of it, with units and orders as they are called in the report's language."""
    titles = result.get("titles", {})

    def title(known: str) -> str:
        return titles.get(known, {}).get(tongue()) or known

    def said(row: dict[str, Any]) -> dict[str, Any]:
        known = row.get("unit", "")
        return {**row, "unit": units.get(known, known), "title": title(row.get("title", ""))}

    times = {kind: said(row) for kind, row in result["score"]["times"].items()}
    missed = [
        {"title": title(row["title"]), "units": [units.get(name, name) for name in row["units"]]}
        for row in result["missed"]
    ]
    score = {**result["score"], "times": times}
    return {**result, "score": score, "waits": [said(w) for w in result["waits"]], "missed": missed}


def _tiers(scores: list[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """By tier and line of the capability standard: what was as it should be, in each score."""
    tiers = [(whole or {}).get("tiers", {}) for whole in scores]
    return [
        {"group": group_name(group), "line": in_tongue(line.words), "enough": line.enough[group],
         "shares": [_share(each.get(group, {}).get(line.code)) for each in tiers]}
        for group in GROUPS for line in standard(localtime(clock.real()).date())
        if group in line.enough and line.code in tiers[0].get(group, {})
    ]  # fmt: skip


def _share(figures: dict[str, int] | None) -> str:
    return f"{figures['good']} / {figures['total']}" if figures else ""


def _injects(journal: list[dict[str, Any]], units: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"at": datetime.fromisoformat(line["at"]), "tells": line["tells"][tongue()],
         "unit": units.get(line["unit"], line["unit"]), "refusal": line["refusal"]}
        for line in journal if line["kind"] == "inject"
    ]  # fmt: skip


def _time(whole: dict[str, Any] | None, kind: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (whole or {}).get("times", {}).get(kind)
    if not found or not found["count"]:
        return None
    record = words.kind_in(found.get("ref", ""))
    return {**found, "title": _title(kind, found.get("title", "")), "record": record}


def _title(kind: str, title: str) -> str:
    """What waited, in words: of a warning it is the stream."""
    return stream_name(title) if kind == "acknowledge" else title


def _aims(held: Exercise) -> list[str]:
    scenario = scenario_of((held.folder / SCENARIO).read_text("utf-8"))
    return [getattr(aim, tongue()) for aim in scenario.aims]


def _names(codes: list[str]) -> list[str]:
    """The names of units by their codes."""
    units = {unit.code: str(unit) for root in roots() for unit in units_below(root)}
    return [units.get(code, code) for code in codes]


def _slowest(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The slowest answers of each kind, in the order of the kinds."""
    by_wait = sorted(answers, key=lambda row: (-row["minutes"], row["at"], row["ref"]))
    return [row for kind in KINDS for row in [r for r in by_wait if r["kind"] == kind][:SLOWEST]]


def _count(whole: dict[str, Any] | None, kind: str) -> int | None:
    found: int | None = (whole or {}).get("counts", {}).get(kind)
    return found


def _answers(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Who answered when, in the order of the time."""
    rows = [
        {**wait, "name": TIMES[wait["kind"]], "title": _title(wait["kind"], wait["title"]),
         "at": datetime.fromisoformat(wait["end_at"]),
         "minutes": round(_minutes(wait["begin_at"], wait["end_at"]))}
        for wait in result["waits"]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["at"], row["ref"]))


def _minutes(begin: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() / 60


def _deed(name: str) -> str:
    room, verb = name.split(".")
    return str(words.deed_name(deed_named(room, verb)))


def _plot(held: Exercise, result: dict[str, Any], journal: list[dict[str, Any]]) -> dict[str, Any]:
    """The timeline: injects as marks on top, below them a lane for each kind of wait."""
    begin, end = held.begins_at.isoformat(), str(result["held_till"])
    whole = max(_minutes(begin, end), 1)

    def x(when: str) -> float:
        return round(LEFT + WIDE * min(max(_minutes(begin, when) / whole, 0), 1), 1)

    lanes = []
    for number, kind in enumerate(KINDS):
        top = LANE * (number + 2)
        rows = [w for w in result["waits"] if w["kind"] == kind]
        lanes.append({
            "name": TIMES[kind], "y": top + LANE / 2 + 4, "top": top,
            "bars": [_bar(w, x, top + 4 + (n % 6) * 3.5) for n, w in enumerate(rows)],
        })  # fmt: skip
    marks = [x(line["at"]) for line in journal if line["kind"] == "inject"]
    hours = range(0, int(whole // 60) + 1, max(1, int(whole // 600)))
    return {
        "lanes": lanes, "marks": marks, "width": LEFT + WIDE + 30, "left": LEFT,
        "right": LEFT + WIDE, "height": LANE * (len(KINDS) + 3), "foot": LANE * (len(KINDS) + 2),
        "hours": [(round(LEFT + WIDE * hour * 60 / whole, 1), hour) for hour in hours],
        "says": _("Timeline of the exercise: injects and answers"),
    }  # fmt: skip


def _bar(wait: dict[str, Any], x: Any, y: float) -> Bar:
    minutes = round(_minutes(wait["begin_at"], wait["end_at"]))
    says = _("%(unit)s: %(minutes)s min") % {"unit": wait["unit"], "minutes": minutes}
    return Bar(x(wait["begin_at"]), x(wait["end_at"]), round(y, 1), says)
