"""The river of one incident: its stages with counts and lateness, and the records of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, Max, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gongzhi.actors.queries import LISTINGS, after, visible
from gongzhi.assessment.queries import unrelated_streams
from gongzhi.interfaces.console import figures, times, words
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import GRADES, level_word, number_in
from gongzhi.ledger.queries import Entry
from gongzhi.ledger.records import Record

BEFORE = timedelta(days=14)
"""How long before its cause the reports and warnings of an incident's area belong to it."""

NAMES: dict[str, str | Promise] = {
    "reports": gettext_lazy("reports"),
    "warning": gettext_lazy("warning"),
    "assessment": gettext_lazy("assessment"),
    "decision": gettext_lazy("decision"),
    "orders": gettext_lazy("orders"),
    "supplies": gettext_lazy("supplies"),
    "field": gettext_lazy("field"),
    "evaluation": gettext_lazy("evaluation"),
}
"""The stages, in the order of the river."""

ROOM_OF = {
    "reports": "sensing", "warning": "sensing", "assessment": "assessment",
    "decision": "decision", "orders": "command", "supplies": "supply", "field": "fieldwork",
    "evaluation": "evaluation",
}  # fmt: skip


@dataclass(frozen=True)
class Course:
    """An incident with the times between which the river of its area belongs to it."""

    incident: Any
    since: datetime
    until: datetime
    unrelated: frozenset[str] = frozenset()

    def heard(self) -> Q:
        """Reports, signals and warnings of the incident's area that can tell of its hazard."""
        return self.inside("place__path") & ~Q(stream__in=self.unrelated)

    def inside(self, path: str) -> Q:
        """Records whose place lies in the incident's area."""
        area = self.incident.area.path
        return Q(**{f"{path}__gte": area, f"{path}__lt": after(area)})


def course_of(incident: Any, now: datetime) -> Course:
    """The course of an incident: from two weeks before its cause until it is closed, or now."""
    causes = [incident.declared_at]
    if incident.warning is not None:
        causes.append(incident.warning.issued_at)
    if incident.signal is not None:
        causes.append(incident.signal.raised_at)
    unrelated = frozenset(unrelated_streams(incident, now))
    return Course(incident, min(causes) - BEFORE, incident.closed_at or now, unrelated)


@dataclass(frozen=True)
class Source:
    """Records of one list that belong to a stage. `due` and `running` say what can be late."""

    stage: str
    room: str
    listing: str
    of: Callable[[Course], Q]
    due: str = ""
    running: Q = field(default_factory=lambda: Q(pk__in=[]))


def _reported(course: Course) -> Q:
    return course.heard() & Q(received_at__range=(course.since, course.until))


def _signalled(course: Course) -> Q:
    return course.heard() & Q(raised_at__range=(course.since, course.until))


def _warned(course: Course) -> Q:
    lasted = Q(ended_at=None) | Q(ended_at__gte=course.since)
    return course.heard() & Q(issued_at__lte=course.until) & lasted


def _by(path: str) -> Callable[[Course], Q]:
    """Records that lead to the incident by this path."""
    return lambda course: Q(**{path: course.incident})


def _needed(course: Course) -> Q:
    return Q(incident=course.incident) | Q(order__incident=course.incident)


def _supplied(path: str) -> Callable[[Course], Q]:
    return lambda course: (
        Q(**{f"{path}incident": course.incident}) | Q(**{f"{path}order__incident": course.incident})
    )


def _in(*states: str) -> Q:
    return Q(state__in=states)


SOURCES = (
    Source("reports", "sensing", "signals", _signalled, "judge_by", _in("open")),
    Source("reports", "sensing", "reports", _reported),
    Source("warning", "sensing", "warnings", _warned, "acknowledge_by", _in("issued")),
    Source("assessment", "assessment", "assessments", _by("incident")),
    Source("assessment", "assessment", "dissents", _by("assessment__incident")),
    Source("decision", "decision", "decisions", _by("incident")),
    Source("decision", "assessment", "dissents", _by("assessment__decisions__incident")),
    Source("decision", "decision", "levels", _by("decision__incident")),
    Source("decision", "decision", "measures", _by("decision__incident")),
    Source("decision", "decision", "modes", _by("decision__incident")),
    Source("decision", "decision", "options", _by("decision__incident")),
    Source("orders", "command", "orders", _by("incident"), "due_at", _in("issued", "accepted")),
    Source("orders", "command", "activations", _by("incident")),
    Source("orders", "command", "calls", _by("incident")),
    Source("orders", "command", "answers", _by("call__incident"), "answer_by", _in("waiting")),
    Source("supplies", "supply", "needs", _needed, "needed_by",
           _in("open") | Q(state="part_met", quantity__isnull=False)),
    Source("supplies", "supply", "match_runs", _by("incident")),
    Source("supplies", "supply", "dispatches", _supplied("allocation__need__"), "arrive_by",
           _in("sent")),
    Source("field", "fieldwork", "tasks", _by("incident"), "due_at",
           _in("to_take", "open", "nobody_in")),
    Source("field", "fieldwork", "visits", _by("task__incident")),
    Source("evaluation", "evaluation", "reviews", _by("incident")),
    Source("evaluation", "evaluation", "findings", _by("review__incident")),
)  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """One stage on the river bar. state: idle, running or reached."""

    key: str
    name: str
    state: str
    says: str
    level: str = ""
    late: str = ""
    is_chosen: bool = False
    is_near: bool = False


@dataclass(frozen=True)
class Stand:
    """How a stage stands: what it says, its state, a level where it has one."""

    says: str
    state: str
    level: str = ""


def records_of(source: Source, course: Course, reader: Reader) -> QuerySet[Any] | None:
    """The records of a source that the reader may see; None where the list is not installed."""
    model = LISTINGS.get((source.room, source.listing))
    if model is None:
        return None
    return visible(model, reader.by, reader.now).filter(source.of(course))


def sources_of(stage: str) -> list[Source]:
    """The lists that belong to a stage; of an unknown stage, all of them."""
    return [s for s in SOURCES if s.stage == stage or stage not in NAMES]


def river_of(course: Course, reader: Reader) -> list[Stage]:
    """The stages of an incident, none chosen; the furthest one reached and its neighbours near."""
    return marked([_stage(key, course, reader) for key in NAMES], "")


def furthest(stages: list[Stage]) -> str:
    """The stage that the crisis has got to."""
    reached = [stage.key for stage in stages if stage.state != "idle"]
    return reached[-1] if reached else stages[0].key


def marked(stages: list[Stage], chosen: str) -> list[Stage]:
    """The stages with one chosen; it and its neighbours are what a phone shows."""
    keys = [stage.key for stage in stages]
    at = keys.index(chosen if chosen in keys else furthest(stages))
    return [
        replace(stage, is_chosen=stage.key == chosen, is_near=abs(n - at) <= 1)
        for n, stage in enumerate(stages)
    ]


def _stage(key: str, course: Course, reader: Reader) -> Stage:
    found = {
        s.listing: records
        for s in sources_of(key)
        if (records := records_of(s, course, reader)) is not None
    }
    stand = STANDS[key](found)
    late = _lateness(key, found, reader.now)
    return Stage(key, str(NAMES[key]), stand.state, stand.says, stand.level, late)


def _lateness(key: str, found: dict[str, QuerySet[Any]], now: datetime) -> str:
    """How many are late and the longest by how much; empty where none is."""
    number, oldest = 0, None
    for source in sources_of(key):
        if source.due and source.listing in found:
            late = found[source.listing].filter(source.running, **{f"{source.due}__lt": now})
            row = late.order_by().aggregate(number=Count("pk"), since=Min(source.due))
            number += row["number"]
            oldest = min(filter(None, (oldest, row["since"])), default=None)
    if not number or oldest is None:
        return ""
    text = ngettext("%(number)s late, by %(span)s", "%(number)s late, up to %(span)s", number)
    return text % {"number": number, "span": times.span(now - oldest)}


NOT_YET = Stand("·", "idle")


def _reports(found: dict[str, QuerySet[Any]]) -> Stand:
    number = found["reports"].count() if "reports" in found else 0
    return Stand(figures.spoken(number), "reached" if number else "idle")


def _warning(found: dict[str, QuerySet[Any]]) -> Stand:
    """The gravest level that stands, and how many stand at it; once all ended, how it was."""
    if "warnings" not in found:
        return NOT_YET
    stand = found["warnings"].exclude(state="ended")
    standing = stand.exists()
    of = stand if standing else found["warnings"]
    rows = dict(of.order_by().values_list("level").annotate(Count("pk")))
    for level in ("red", "yellow", "green"):
        if rows.get(level):
            said = f"{level_word(level)} {rows[level]}"
            return Stand(said, "running" if standing else "reached", level)
    return NOT_YET


def _assessment(found: dict[str, QuerySet[Any]]) -> Stand:
    last = found["assessments"].order_by("-assessed_at", "-pk").first() if found else None
    if last is None:
        return NOT_YET
    return Stand(_("risk %(risk)s") % {"risk": last.get_risk_display()}, "reached")


def _decision(found: dict[str, QuerySet[Any]]) -> Stand:
    level = found["levels"].filter(ended_at=None).order_by("grade").first() if found else None
    if level is not None:
        return Stand(level.get_grade_display(), "running", GRADES.get(level.grade, ""))
    number = found["decisions"].count() if found else 0
    if not number:
        return NOT_YET
    said = ngettext("%(number)s decision", "%(number)s decisions", number) % {"number": number}
    return Stand(said, "reached")


def _orders(found: dict[str, QuerySet[Any]]) -> Stand:
    if "orders" not in found:
        return NOT_YET
    return _share(found["orders"].exclude(state="withdrawn"), Q(state="done"))


def _field(found: dict[str, QuerySet[Any]]) -> Stand:
    if "tasks" not in found:
        return NOT_YET
    return _share(found["tasks"].exclude(state="cancelled"), Q(state="done"))


def _share(records: QuerySet[Any], done: Q) -> Stand:
    total, ready = records.count(), records.filter(done).count()
    if not total:
        return NOT_YET
    said = f"{figures.grouped(ready)}/{figures.grouped(total)}"
    return Stand(said, "reached" if ready == total else "running")


def _supplies(found: dict[str, QuerySet[Any]]) -> Stand:
    """The share of what is wanted that has arrived, estimates counted where nothing is known."""
    if "needs" not in found:
        return NOT_YET
    needs = found["needs"].exclude(state="withdrawn").order_by()
    sums = needs.model._default_manager.filter(pk__in=needs.values("pk")).aggregate(
        got=Sum("received_quantity"), number=Count("pk"),
        wanted=Sum(Coalesce("quantity", F("received_quantity") + Coalesce("estimate", Value(0)))),
    )  # fmt: skip
    if not sums["number"]:
        return NOT_YET
    if not sums["wanted"]:
        return Stand(_("amounts unknown"), "running")
    share = (sums["got"] or 0) / sums["wanted"]
    return Stand(f"{share:.0%}".replace("%", " %"), "reached" if share == 1 else "running")


def _evaluation(found: dict[str, QuerySet[Any]]) -> Stand:
    made = found["reviews"].aggregate(last=Max("made_at"))["last"] if found else None
    return Stand("✓", "reached") if made else NOT_YET


STANDS: dict[str, Callable[[dict[str, QuerySet[Any]]], Stand]] = {
    "reports": _reports,
    "warning": _warning,
    "assessment": _assessment,
    "decision": _decision,
    "orders": _orders,
    "supplies": _supplies,
    "field": _field,
    "evaluation": _evaluation,
}


def entries_of_river(
    course: Course, reader: Reader, stage: str, before: str = ""
) -> QuerySet[Entry]:
    """The ledger's entries about the records of a stage, or of all, the latest first."""
    wanted = Q(subject=course.incident.ref) if stage in ("", "assessment") else Q(pk__in=[])
    for source in sources_of(stage):
        records = records_of(source, course, reader)
        if records is not None:
            wanted |= Q(subject__in=_refs(records))
    entries = visible(Entry, reader.by, reader.now).filter(wanted).order_by("-id")
    number = number_in(before)
    return entries if number is None else entries.filter(pk__lt=number)


def _refs(records: QuerySet[Record]) -> QuerySet[Any]:
    """References of records, computed by the database so that there may be many."""
    meta = records.model._meta
    head = Value(f"{meta.app_label}.{records.model.__name__}:")
    pk = Cast("pk", CharField())
    named = records.order_by().annotate(as_text=Concat(head, pk, output_field=CharField()))
    return named.values("as_text")


def list_title(source: Source) -> str:
    """What the list of a source is called."""
    return words.list_name(source.room, source.listing)
