"""A deed's form as the template draws it: every field with its label, help, value and problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.interfaces.console import times, words
from gongzhi.interfaces.console.forms.asking import Ask, asks_of
from gongzhi.interfaces.console.forms.choices import (
    Choice,
    choices_of,
    named_choices,
    several_choices,
    suggestions,
)  # fmt: skip
from gongzhi.interfaces.console.forms.sent import row_numbers
from gongzhi.interfaces.console.frame import Reader
from gongzhi.ledger.deeds import Deed
from gongzhi.writing import in_a_row

EMPTY_ROWS = 3
"""Rows that are open at the start, for browsers without scripts."""
FEW = 5
"""Choices that are shown as buttons; more become a list."""
BLANK = "NEW"
"""Number of the row that scripts copy."""


@dataclass(frozen=True)
class Field:
    """One field: `kind` picks its look, `name` is what the browser sends."""

    kind: str
    name: str
    label: str
    help: str = ""
    value: str = ""
    required: bool = True
    problem: str = ""
    choices: tuple[Choice, ...] = ()
    suggested: tuple[Choice, ...] = ()
    search: str = ""
    most: int | None = None
    step: str = ""
    rows: tuple[Row, ...] = ()
    blank: Row | None = None

    @property
    def id(self) -> str:
        """Its place in the page, for labels and for links from the summary of problems."""
        return f"field-{self.name}"


@dataclass(frozen=True)
class Row:
    """One row of a batch."""

    number: str
    word: str
    fields: tuple[Field, ...]


class Drawing:
    """Draws one form of one deed for one reader."""

    def __init__(
        self,
        deed: Deed,
        reader: Reader,
        values: QueryDict,
        problems: Mapping[str, str],
        more: str = "",
    ) -> None:
        self.deed, self.reader, self.values = deed, reader, values
        self.problems, self.more = problems, more
        self._choices: dict[str, Any] = {}

    def fields(self) -> list[Field]:
        """All fields, in the order of the deed's inputs."""
        return [
            self._batch(ask) if ask.kind == "drafts" else self._field(ask, ask.name, ask.name)
            for ask in asks_of(self.deed)
        ]

    def _batch(self, ask: Ask) -> Field:
        numbers = row_numbers(ask, self.values)
        extra = EMPTY_ROWS if self.more == ask.name or not numbers else 0
        first = (numbers[-1] + 1) if numbers else 0
        numbers += range(first, first + extra)
        rows = tuple(self._row(ask, str(n), place) for place, n in enumerate(numbers, 1))
        return Field(
            "drafts", ask.name, words.field_name(ask.name),
            words.help_for(ask.name, self.deed.verb),
            problem=self.problems.get(ask.name, ""), rows=rows, blank=self._row(ask, BLANK, 0),
        )  # fmt: skip

    def _row(self, ask: Ask, number: str, place: int) -> Row:
        fields = tuple(
            self._field(part, f"{ask.name}-{number}-{part.name}", f"{ask.name}.{part.name}")
            for part in ask.rows
        )
        word = words.singular(ask.name)
        return Row(number, f"{word} {place}" if place else word, fields)

    def _field(self, ask: Ask, name: str, key: str) -> Field:
        value = self._value(ask, name)
        look: dict[str, Any] = {}
        kind = ask.kind
        if ask.kind in ("record", "records"):
            look, kind = self._records(ask, name, key)
        elif ask.kind == "choice":
            listed = self._listed(ask, value)
            kind = "buttons" if len(listed) <= FEW else "list"
            look = {"choices": listed}
        elif ask.kind == "yes" and ask.required:
            kind, look = "buttons", {"choices": _yes_or_no(value)}
        elif ask.kind == "number":
            look = {"step": "any" if ask.name == "used_per_day" else "1"}
        elif ask.kind == "texts":
            kind, look = "ticks", {"choices": several_choices(ask, self.values.getlist(name))}
        elif ask.kind == "text":
            kind, look = self._text(ask, value)
        return Field(
            kind, name, words.field_name(ask.name), look.pop("help", self._help(ask)), value,
            ask.required, self.problems.get(name, ""), most=ask.most, **look,
        )  # fmt: skip

    def _text(self, ask: Ask, value: str) -> tuple[str, dict[str, Any]]:
        named = named_choices(ask, value, self.reader)
        if named:
            return "list", {"choices": named, "help": ""}
        return "text", {"suggested": tuple(suggestions(ask, self.reader))}

    def _value(self, ask: Ask, name: str) -> str:
        if ask.kind == "secret":
            return ""
        if name in self.values:
            given = self.values.get(name, "")
            return _local(given) if ask.kind == "time" else given
        if ask.default is None or ask.default == "" or "-" in name:
            return "true" if ask.kind == "yes" and ask.default else ""
        return str(ask.default).lower() if ask.kind == "yes" else str(ask.default)

    def _records(self, ask: Ask, name: str, key: str) -> tuple[dict[str, Any], str]:
        chosen = tuple(v for v in self.values.getlist(name) if v)
        found = self._choices.get(key) if not chosen else None
        if found is None:
            sole = ask.required and ask.kind == "record" and "-" not in name
            found = choices_of(ask, chosen, self.reader, sole)
            if not chosen:
                self._choices[key] = found
        if ask.kind == "records":
            return {"choices": found.listed, "search": key if found.many else ""}, "several"
        if found.many:
            return {"choices": found.listed, "search": key}, "search"
        return {"choices": found.listed}, "list"

    def _listed(self, ask: Ask, value: str) -> tuple[Choice, ...]:
        members: Iterable[Any] = ask.choices or ()
        return tuple(
            Choice(str(m.value), str(getattr(m, "label", m.value)), str(m.value) == value)
            for m in members
        )

    def _help(self, ask: Ask) -> str:
        parts = [words.help_for(ask.name, self.deed.verb)]
        if ask.kind == "time":
            parts.append(_("Time in %(zone)s.") % {"zone": times.zone_word()})
        if ask.default not in (None, "", True, False) and ask.kind in ("number", "choice"):
            value = getattr(ask.default, "label", ask.default)
            parts.append(_("Left empty, it means: %(value)s.") % {"value": value})
        return in_a_row(filter(None, parts))


def _yes_or_no(value: str) -> tuple[Choice, ...]:
    return (
        Choice("true", _("Yes"), value == "true"),
        Choice("false", _("No"), value == "false"),
    )


def _local(value: str) -> str:
    """A time as the browser's field takes it: in the city's zone, without seconds."""
    try:
        moment: datetime | None = parse_datetime(value)
        moment = localtime(moment) if moment and moment.tzinfo else moment
    except (ValueError, OverflowError):  # no such day, or one before the first year
        return value
    return moment.replace(tzinfo=None).isoformat(timespec="minutes") if moment else value


def summary(fields: Iterable[Field], problems: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(link, label, sentence) of every problem, in the order of the form."""
    flat = [part for f in fields for part in (f, *(p for row in f.rows for p in row.fields))]
    known = {f.name: f for f in flat}
    found = [(f"#{f.id}", f.label, problems[f.name]) for f in flat if f.name in problems]
    rest = [
        ("", "" if name == "*" else words.field_name(name), sentence)
        for name, sentence in problems.items()
        if name not in known
    ]
    return found + rest
