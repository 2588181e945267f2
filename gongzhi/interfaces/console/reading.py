"""A record as people read it: its name, its address, its fields in words, what caused it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import Field, ForeignKey, ManyToManyField, Model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gongzhi.actors.discretion import (
    Extent,
    extent_in_words,
    figures_in_words,
    limits_in_words,
)  # fmt: skip
from gongzhi.actors.policies import power_name, power_names
from gongzhi.actors.queries import LISTINGS, find, visible
from gongzhi.command.queries import why_waiting
from gongzhi.decision.mode_words import mode_in_words, switch_in_words
from gongzhi.errors import NotFound
from gongzhi.exchange.said import Said
from gongzhi.interfaces import order_needs
from gongzhi.interfaces.console import asked, figures, times, words
from gongzhi.interfaces.console.causes import CAUSES
from gongzhi.interfaces.console.due import DUE, LINKED
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.words import capability, hands
from gongzhi.interfaces.outputs import SHOWN
from gongzhi.ledger.records import Record
from gongzhi.sensing.queries import stream_name
from gongzhi.supply.lists.words import notes_in_words, reason_in_words
from gongzhi.supply.prices.queries import flag_sentence, judged_by_sentence
from gongzhi.supply.queries import group_name, item_names, line_sentence
from gongzhi.writing import among, day_and_time, in_a_row, listed, tongue

DIRECTORY = ("Unit", "Person", "Facility", "Item")
"""Classes whose names may be read even where the record lies outside the reader's area."""

GRADES = {1: "red", 2: "red", 3: "yellow", 4: "green"}


@dataclass(frozen=True)
class Value:
    """What a field says: `kind` tells the template how to draw `content`."""

    kind: str
    content: Any
    href: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the field was left empty."""
        return self.content in (None, "", [], {})


@dataclass(frozen=True)
class Fact:
    """One field of a record in words."""

    name: str
    label: str
    value: Value


def number_in(text: str) -> int | None:
    """The number of a record as somebody typed or linked it; None where it cannot be one."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 19 else None


@cache
def listing_of(model: type[Record]) -> tuple[str, str] | None:
    """The room and list a class of records is shown under; None where it is not listed."""
    return next((key for key, other in LISTINGS.items() if other is model), None)


def address_of(record: Record) -> str:
    """Where a record is read; empty where it is not listed."""
    key = listing_of(type(record))
    return reverse("console:record", args=[*key, record.pk]) if key else ""


def address_of_ref(ref: str) -> str:
    """Where the record with this reference is read; empty where it is not listed."""
    kind, _colon, number = ref.partition(":")
    room, _dot, name = kind.partition(".")
    for (listed_room, listing), model in LISTINGS.items():
        if listed_room == room and model.__name__ == name and number_in(number) is not None:
            return reverse("console:record", args=[room, listing, number])
    return ""


def listed_model(room: str, listing: str) -> type[Record]:
    """The class of records of a list, or a refusal."""
    model = LISTINGS.get((room, listing))
    if model is None:
        raise NotFound(
            _("There is no list “%(listing)s” in the room “%(room)s”.")
            % {"listing": listing, "room": room}
        )
    return model


NAMELESS = ("Household",)
"""Classes whose own name is personal: lists call them by number and place."""


def named(record: Record) -> str:
    """What a record is called: its own name, or what, where and in which state."""
    kind = type(record)
    if kind.__name__ in IN_WORDS:
        return IN_WORDS[kind.__name__](record)
    if kind.__str__ is not Model.__str__ and kind.__name__ not in NAMELESS:
        return str(record)
    parts = [str(part) for part in _name_parts(record) if part]
    return " · ".join([f"{words.record_name(kind.__name__)} {record.pk}", *parts])


IN_WORDS: dict[str, Callable[[Any], str]] = {
    "Warning": lambda w: f"{w.get_level_display()} · {w.place} · {stream_name(w.stream)}",
    "Delegation": lambda d: f"{power_names(d.powers)} · {d.lender} → {d.borrower}",
    "UseReview": lambda r: f"{words.verb_name(r.verb)} · {words.kind_in(r.about)}",
    "EmergencyAccess": lambda a: f"{words.kind_in(a.record)} · {a.unit}",
    "AccessNotice": lambda n: f"{words.kind_in(n.access.record)} · {n.access.unit}",
    "PowerRequest": lambda r: f"{power_name(r.power)} · {r.asking} → {r.to_unit}",
    "Message": lambda m: f"{m.person or m.unit} · {words.verb_name(m.verb)}",
    "CapabilityResult": lambda r: (
        f"{capability.result_name(r)} · {r.unit} · {r.get_outcome_display()}"
    ),
    "MatchRun": lambda r: f"{group_name(r.group)} · {day_and_time(r.made_at)}",
}
"""Records whose own name holds a code that has a word."""


def _name_parts(record: Record) -> Iterable[Any]:
    names = {f.name: f for f in record._meta.get_fields() if isinstance(f, Field)}
    for name in ("stream", "topic", "kind", "number"):
        if name in names:
            yield value_of(record, name).content
    owner = next((n for n in OWNERS if n in names), None)
    if owner:
        yield named(getattr(record, owner)) if getattr(record, owner, None) else ""
    if "outcome" in names:
        yield record.get_outcome_display()  # type: ignore[attr-defined]
    day = getattr(record, "day", None)
    if day:
        yield day.isoformat()


OWNERS = ("place", "area", "unit", "grid", "task", "order", "answer", "incident", "review")
"""Fields that say where a record without a name of its own belongs."""


def in_own_language(record: Record, name: str) -> Any:
    """A text in the reader's language where the record holds it in several."""
    return getattr(record, f"{name}_{tongue()}", "") or getattr(record, name)


def value_of(record: Record, name: str, reader: Reader | None = None) -> Value:
    """One field in the form the template draws; links only to what the reader may see."""
    field = record._meta.get_field(name)
    if isinstance(field, ManyToManyField):
        others = getattr(record, name).order_by("pk")[:50]
        return Value("records", [_link(other, reader) for other in others])
    if isinstance(field, ForeignKey):
        other = getattr(record, name)
        return _link(other, reader) if other is not None else Value("text", None)
    return _plain(record, name, field)


def _plain(record: Record, name: str, field: Any) -> Value:
    value = getattr(record, name)
    kind = type(record).__name__
    spoken = SPOKEN.get((kind, name))
    if spoken is not None:
        return Value("text", spoken(record))
    if field.choices:
        return _chosen(record, name, value)
    if isinstance(value, datetime) and getattr(record, "state", "") in DUE.get((kind, name), ()):
        return Value("due", value)
    if name == "power":
        return Value("text", spoken_power(value))
    if (kind, name) in LINKED and value:
        return Value("link", words.kind_in(value), address_of_ref(value))
    if name in CODES and isinstance(value, str):
        return Value("text", words.code_name(value))
    if name == "document" or name.endswith(("digest", "sha256")):
        return Value("code", value)
    if isinstance(value, str):
        return Value("text", in_own_language(record, name))
    return _typed(name, value)


CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
REFERENCE = re.compile(r"person:\d+|[a-z]+\.[A-Z][A-Za-z]+:\d+")
CODES = ("stream", "kind", "subject", "group", "topic")
"""Fields that hold a short code, shown as words."""


def announced_before(record: Any) -> str:
    """How long before its end the end of a measure or a task force was announced."""
    minutes = record.announced_minutes
    return "" if minutes is None else times.span(timedelta(minutes=minutes))


SPOKEN: dict[tuple[str, str], Callable[[Any], str]] = {
    ("Measure", "announced_minutes"): announced_before,
    ("TaskForce", "announced_minutes"): announced_before,
    ("Mode", "parameters"): lambda mode: among(mode_in_words(mode.parameters, mode.starts_at)),
    ("Mode", "switch_test"): lambda mode: switch_in_words(mode.switch_test),
    ("Order", "waiting_for"): why_waiting,
    **capability.SPOKEN,
    **hands.SPOKEN,
    ("Delegation", "powers"): lambda lent: power_names(lent.powers),
    ("PowerRequest", "deed"): asked.deed_of,
    ("UseReview", "verb"): lambda review: words.verb_name(review.verb),
    ("Message", "verb"): lambda message: words.verb_name(message.verb),
    ("PowerRequest", "inputs"): lambda request: asked.inputs_of(request, named),
    ("PowerRequest", "extent"): lambda request: extent_in_words(Extent(**request.extent)),
    ("PowerRequest", "foreseen"): lambda request: figures_in_words(request.foreseen),
    ("PowerRequest", "beyond"): lambda request: limits_in_words(request.beyond),
    ("Order", "stock"): lambda order: order_needs.stock_words(order.stock),
    ("Order", "evidence_kinds"): lambda order: order_needs.evidence_words(order.evidence_kinds),
    ("Order", "evidence"): lambda order: order_needs.given_words(order.evidence),
    ("Order", "forms_wanted"): lambda order: order_needs.forms_words(order.forms_wanted),
    ("Order", "messages"): lambda order: order_needs.messages_words(order.messages),
    ("Order", "escalation"): lambda order: order_needs.ladder_words(order.escalation),
    ("Need", "estimate_basis"): lambda need: need.estimate_reason,
    ("ListPart", "notes"): lambda part: in_a_row(notes_in_words(part.notes)),
    ("ListPart", "reason_dropped"): lambda part: reason_in_words(part.reason_dropped),
    ("PriceFlag", "facts"): flag_sentence,
    ("PriceFlag", "test"): judged_by_sentence,
    ("NeedLine", "explanation"): lambda line: line_sentence(line) if line.explanation else "",
}
"""Fields whose room says them in a sentence."""


def _chosen(record: Record, name: str, value: Any) -> Value:
    """A field with choices: levels with their shape, states with whether they are over."""
    word = str(getattr(record, f"get_{name}_display")())
    if name == "level":
        return Value("level", value)
    if name == "grade":
        return Value("grade", {"level": GRADES.get(value, ""), "word": word})
    if name == "state":
        return Value("state", {"word": word, "over": is_over(record)})
    return Value("text", word)


def _typed(name: str, value: Any) -> Value:
    """A value by its type: yes or no, time, day, number, money, nested facts, bytes."""
    if isinstance(value, bool):
        return Value("text", _("yes") if value else _("no"))
    if isinstance(value, datetime):
        return Value("time", value)
    if isinstance(value, date):
        return Value("text", value.isoformat())
    if isinstance(value, int) and name.endswith("_cents"):
        return Value("text", figures.money(value))
    if isinstance(value, int | float):
        return Value("figure", value)
    if isinstance(value, dict | list):
        return Value("tree", tree(value))
    if isinstance(value, bytes | memoryview):
        return Value("code", bytes(value).hex())
    return Value("text", value)


def level_word(level: str) -> str:
    """A warning level in words."""
    words_of = {
        "red": pgettext("level", "red"),
        "yellow": pgettext("level", "yellow"),
        "green": pgettext("level", "green"),
    }
    return words_of.get(level, level)


def spoken_power(text: str) -> str:
    """A power used, as `declare_incident (post:3)`, in words: its name and where it came from."""
    name, _bracket, source = text.partition(" (")
    if not source:
        return power_name(name)
    origin = _("by post") if source.startswith("post") else _("lent")
    return f"{power_name(name)} · {origin}"


def is_over(record: Record) -> bool:
    """Whether a record is in a state that nothing leads out of."""
    moves = getattr(record, "MOVES", None)
    return bool(moves) and not moves.get(getattr(record, "state", None), True)


def _link(other: Record, reader: Reader | None) -> Value:
    """Another record: a link where the reader may see it, its name where that is public."""
    kind = type(other)
    if reader is None:
        return Value("text", named(other))
    if visible(kind, reader.by, reader.now).filter(pk=other.pk).exists():
        return Value("link", named(other), address_of(other))
    if kind.__name__ in DIRECTORY or "title" in kind.fields_of("public"):
        return Value("text", named(other))
    return Value(
        "text",
        _("%(kind)s %(number)s, outside your area")
        % {"kind": words.record_name(kind.__name__), "number": other.pk},
    )


def tree(value: Any) -> Any:
    """JSON as nested pairs and lists that the template can draw."""
    if isinstance(value, dict):
        rows = [(words.key_name(str(k)), _inside(k, v)) for k, v in value.items()]
        return {"pairs": [(k, v) for k, v in rows if v not in ("", None)]} if rows else None
    if isinstance(value, Said):
        return value.shown()
    if isinstance(value, list):
        if all(not isinstance(v, dict | list | Said) for v in value):
            return listed(map(tree, value))
        return {"items_": [tree(v) for v in value]} if value else None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return figures.grouped(round(value, 4))
    return _text_inside(value) if isinstance(value, str) else value


def _inside(key: str, value: Any) -> Any:
    """What stands under a key of nested facts; figures of items by the items' names."""
    if key == "items" and isinstance(value, dict):
        names = item_names(value)
        return {"pairs": [(names.get(code, code), tree(v)) for code, v in value.items()]}
    return tree(value)


def _text_inside(text: str) -> str:
    """A text among nested facts: a code, the reference of a record or a time in words."""
    if CODE.fullmatch(text):
        return words.code_name(text)
    return words.kind_in(text) if REFERENCE.fullmatch(text) else times.readable(text)


def facts_of(record: Record, reader: Reader, classes: Iterable[str] = SHOWN) -> list[Fact]:
    """All fields of a record in these privacy classes, in the order of the model."""
    shown = set(record.fields_of(*classes))
    return [
        Fact(name, words.field_name(name), value_of(record, name, reader))
        for name in [f.name for f in record._meta.get_fields() if f.name in shown]
        if not (name.endswith(("_hant", "_en")) and name.rsplit("_", 1)[0] in shown)
    ]


@dataclass(frozen=True)
class Cause:
    """One link of the chain of causes."""

    kind: str
    name: str
    href: str


def chain_of(record: Record, reader: Reader) -> list[Cause]:
    """The chain of causes from the first one down to this record, as far as the reader sees."""
    chain: list[Cause] = []
    step: Record | None = record
    while step is not None and len(chain) < 12:
        chain.append(Cause(words.record_name(type(step).__name__), named(step), address_of(step)))
        step = cause_of(step, reader)
    return chain[::-1]


def cause_of(record: Record, reader: Reader) -> Record | None:
    """The nearest cause of a record that the reader may see."""
    for name in CAUSES.get(type(record).__name__, ()):
        number = getattr(record, f"{name}_id", None)
        if number is None:
            continue
        try:
            return find(_model_of(record, name), number, reader.by, reader.now)
        except NotFound:
            continue
    return None


def _model_of(record: Record, name: str) -> type[Record]:
    return record._meta.get_field(name).related_model  # type: ignore[return-value]
