"""Which records an input may name: a list to choose from, or a search where there are many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import (
    Case,
    CharField,
    F,
    ForeignKey,
    IntegerField,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.queries import LISTINGS, Person, Unit, visible
from gongzhi.interfaces.console import words
from gongzhi.interfaces.console.fetching import with_names
from gongzhi.interfaces.console.forms.asking import LONG, Ask
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.reading import (
    OWNERS,
    is_over,
    named,
    number_in,
)
from gongzhi.interfaces.inputs import reachable
from gongzhi.ledger.records import Record
from gongzhi.parameters import names, parameter
from gongzhi.writing import day_and_time, year_and_time

LISTED = 200
"""Records that a list to choose from holds at most; above it one searches."""
FOUND = 20
"""Hits of a search that are shown."""

NARROW: dict[str, dict[str, Any]] = {
    "grid": {"tier": "grid"}, "grids": {"tier": "grid"}, "street": {"tier": "street"},
    "measure": {"state": "active"}, "hub": {"kind": "hub"},
}  # fmt: skip
"""Inputs that only some records fit: units of one tier, measures that are still in force."""

SEARCHED = ("name", "name_hant", "name_en", "code", "title", "title_hant", "title_en", "subject")


@dataclass(frozen=True)
class Choice:
    """One thing that can be chosen."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True)
class Choices:
    """What can be chosen; `many` means that the list is too long and one searches instead."""

    listed: tuple[Choice, ...]
    many: bool = False


def candidates(ask: Ask, reader: Reader) -> QuerySet[Any]:
    """The records that an input may name, those still under way first, the latest first."""
    model = ask.model
    if model is None:
        raise ValueError(f"The input {ask.name} names no records.")
    if ask.reach is not None:
        anywhere = reachable(model, ask.reach, reader.by, reader.now)
        return with_names(anywhere.filter(**NARROW.get(ask.name, {})))
    records = visible(model, reader.by, reader.now).filter(**NARROW.get(ask.name, {}))
    records = with_names(records)
    if model is Unit:
        return records.order_by("path")
    if model is Person:
        return records.order_by("name", "pk")
    if model.__name__ == "Decision":  # those of incidents that are closed come last
        return records.order_by(F("incident__closed_at").asc(nulls_first=True), "-pk")
    over = [state for state, moves in getattr(model, "MOVES", {}).items() if not moves]
    if not over:
        return records.order_by("-pk")
    rank = Case(When(state__in=over, then=Value(1)), default=Value(0), output_field=IntegerField())
    return records.order_by(rank, "-pk")


def choices_of(ask: Ask, chosen: Iterable[str], reader: Reader, sole: bool = False) -> Choices:
    """What to choose from; what is chosen already is always among it.

    With `sole`, the only record still under way is chosen from the start.
    """
    wanted = {str(n) for c in chosen if (n := number_in(c)) is not None}
    records = candidates(ask, reader)
    rows = list(records[: LISTED + 1])
    many = len(rows) > LISTED
    rows = rows[:LISTED]
    if many and ask.kind == "record":
        rows = list(records.filter(pk__in=wanted)) if wanted else []
    elif missing := wanted - {str(r.pk) for r in rows}:
        rows += list(records.filter(pk__in=missing))
    if sole and not wanted and not many:
        running = [str(r.pk) for r in rows if not (is_over(r) or _of_closed(r))]
        wanted = set(running) if len(running) == 1 else wanted
    return Choices(tuple(Choice(str(r.pk), label(r), str(r.pk) in wanted) for r in rows), many)


def label(record: Record) -> str:
    """A record in a list to choose from: its name, where it belongs, its state."""
    name = named(record)
    if type(record).__name__ == "CallAnswer":
        return _answer(record)
    parts = [name]
    if isinstance(record, Unit):
        return f"{name} · {record.code}"
    fields = {f.name for f in record._meta.get_fields()}
    owner = next((n for n in OWNERS[:4] if n in fields), None)
    owner_named = bool(owner and getattr(record, owner, None))
    if owner and owner_named:
        parts.append(named(getattr(record, owner)))
    if "state" in fields:
        parts.append(record.get_state_display())  # type: ignore[attr-defined]
        if isinstance(ends_at := getattr(record, "ends_at", None), datetime):
            parts.append(_("until %(when)s") % {"when": year_and_time(ends_at)})
    elif (incident := getattr(record, "incident", None)) is not None and not owner_named:
        parts += [named(incident.area), incident.get_state_display()]
    kept = [part for n, part in enumerate(parts) if n == 0 or str(part) not in name]
    return " · ".join(map(str, kept))


def _answer(answer: Any) -> str:
    """An answer to a call: what the call is about, who was called, and what it promised."""
    coming = answer.state == answer.State.COMING
    promised = answer.arrive_by if coming else answer.go_on_by
    parts = [answer.call.subject, named(answer)]
    if promised is not None and not is_over(answer):
        parts.append(_("promised for %(when)s") % {"when": day_and_time(promised)})
    return " · ".join(parts)


def _of_closed(record: Record) -> bool:
    """Whether a decision belongs to an incident that is closed."""
    return type(record).__name__ == "Decision" and is_over(record.incident)  # type: ignore[attr-defined]


def search(ask: Ask, text: str, reader: Reader) -> list[Choice]:
    """Records whose name, code or number fits what was typed."""
    records = candidates(ask, reader)
    hits = records.filter(fits(records.model, text)) if text else records
    return [Choice(str(r.pk), label(r)) for r in hits[:FOUND]]


def resolve(ask: Ask, text: str, reader: Reader) -> str | None:
    """The number of the one record meant by a typed number, name or code; None where unclear."""
    if number_in(text) is not None:
        return text
    if "\x00" in text or len(text) > LONG:
        return None
    exact = Q(pk__in=[])
    for field in _text_fields(candidates(ask, reader).model):
        exact |= Q(**{f"{field}__iexact": text})
    hits = candidates(ask, reader).filter(exact).values_list("pk", flat=True)[:2]
    return str(hits[0]) if len(hits) == 1 else None


def fits(model: type[Record], text: str) -> Q:
    """A filter: the record's number, or its name or code, fits what was typed."""
    number = number_in(text)
    found = Q(pk__in=[] if number is None else [number])
    how = "icontains" if number is None else "iexact"
    for field in _text_fields(model):
        found |= Q(**{f"{field}__{how}": text})
    return found


@cache
def _text_fields(model: type[Record]) -> tuple[str, ...]:
    """Fields to search in: names and titles of the record and of what it belongs to."""
    open_fields = set(model.fields_of("public", "official"))
    own, below = [], []
    for field in model._meta.get_fields():
        if field.name not in open_fields:
            continue
        if isinstance(field, CharField | TextField) and field.name in SEARCHED:
            own.append(field.name)
        elif isinstance(field, ForeignKey) and (field.name in OWNERS or field.name in LABELLED):
            below += [f"{field.name}__{n}" for n in _text_fields(field.related_model)[:3]]  # type: ignore[arg-type]
    return tuple(own or below)


LABELLED = ("item", "facility", "offer", "need", "allocation", "incident", "department", "call")
"""Further records whose name stands in the name of what belongs to them."""

SUGGESTED: dict[str, tuple[tuple[str, str, str], ...]] = {
    "stream": (("sensing", "counts", "stream"), ("sensing", "reports", "stream")),
    "group": (("supply", "items", "group"),),
    "kind": (("decision", "measures", "kind"),),
    "subject": (("actors", "units", "subject"), ("command", "duty_rows", "subject")),
}
"""Texts that are best written as they were written before: (room, list, field)."""


def suggestions(ask: Ask, reader: Reader) -> list[Choice]:
    """Words used before for a text, each with its meaning."""
    if ask.kind != "text":
        return []
    used: set[str] = set()
    if ask.name == "stream":
        known = parameter("streams.tells_of", localtime(reader.now).date()).value
        used = {stream for streams in known.values() for stream in streams}
    for room, listing, field in SUGGESTED.get(ask.name, ()):
        model = LISTINGS.get((room, listing))
        if model is not None:
            seen = visible(model, reader.by, reader.now).order_by().values_list(field, flat=True)
            used |= set(seen.distinct()[:100])
    return [Choice(word, words.code_name(word)) for word in sorted(used - {""})]


CHOSEN = ("stream", "group")
"""Texts of a set that is known: the form offers them by name, nobody types a code."""


def named_choices(ask: Ask, value: str, reader: Reader) -> tuple[Choice, ...]:
    """The known values of a text by name, with the one that is set; empty where it is free."""
    if ask.name not in CHOSEN:
        return ()
    known = suggestions(ask, reader)
    if known and value and value not in {choice.value for choice in known}:
        known.append(Choice(value, words.code_name(value)))
    marked = [replace(choice, chosen=choice.value == value) for choice in known]
    return tuple(sorted(marked, key=lambda choice: choice.label))


def several_choices(ask: Ask, values: Iterable[str]) -> tuple[Choice, ...]:
    """The members of a known set by name, with those that are set."""
    wanted = set(values)
    if ask.choices is not None:
        members: Iterable[Any] = ask.choices
        return tuple(Choice(m.value, str(m.label), m.value in wanted) for m in members)
    known = SETS[ask.name]()
    found = [Choice(code, words.code_name(code), code in wanted) for code in known]
    return tuple(sorted(found, key=lambda choice: choice.label))


SETS: dict[str, Callable[[], Iterable[str]]] = {"powers": lambda: names("powers")}
"""Known sets of which a form takes several, by the name of the input."""


def unclear(text: str) -> str:
    """The sentence for a typed name that fits none or several records."""
    return _("“%(text)s” fits no record here, or several. Choose one from the list.") % {
        "text": text[:60]
    }
