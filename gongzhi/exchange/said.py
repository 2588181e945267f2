"""What readers and checkers say of a file or a row, told in the language of whoever reads it.

`say("The header of line %(line)s stands here again.", line=3)` makes a sentence: the English, which
is the message of the catalogues, and what fills its places. It is kept so, in memory and in the
database, and put into a language only when it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils.translation import gettext

from gongzhi.ledger.records import storable
from gongzhi.writing import listed

Value: TypeAlias = "str | int | Said | tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, or part of one, with named places and what fills them.

    A value fills a place as it is, a sentence in its own words, several as a list. It is no kind
    of text, so that the type checker finds every place that would show or store it as English.
    """

    says: str
    filled: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        """The English: for logs, comparisons and whoever has no language."""
        return self.says % {name: _english(value) for name, value in self.filled}

    def shown(self) -> str:
        """The sentence in the language that is active."""
        return gettext(self.says) % {name: shown(value) for name, value in self.filled}


def say(says: str, /, **filled: Value) -> Said:
    """A sentence for the catalogues, with what fills its places as every database can keep it."""
    return _said_of(says, {name: _kept(value) for name, value in filled.items()})


def _said_of(says: str, filled: Mapping[str, Value]) -> Said:
    """The same sentence whatever the order of its values: PostgreSQL keeps an order of its own."""
    return Said(says, tuple(sorted(filled.items(), key=lambda pair: pair[0])))


def after(first: Said, second: Said) -> Said:
    """Two sentences as one."""
    return say("%(first)s %(second)s", first=first, second=second)


def shown(value: Value) -> str:
    """What was said, or what fills a place of it, in the language that is active."""
    if isinstance(value, Said):
        return value.shown()
    if isinstance(value, tuple):
        return listed(map(shown, value))
    return str(value)


def _english(value: Value) -> str:
    return ", ".join(map(_english, value)) if isinstance(value, tuple) else str(value)


def _kept(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(map(_kept, value))
    return storable(value) if isinstance(value, str) else value


class SaidEncoder(json.JSONEncoder):
    """Sentences among other values, as JSON: `{"says": …, "with": {…}}`."""

    def default(self, o: Any) -> Any:
        """A sentence as plain values; errors as the encoder of the library has them."""
        return (
            {"says": o.says, "with": dict(o.filled)} if isinstance(o, Said) else super().default(o)
        )


class SaidDecoder(json.JSONDecoder):
    """The values and sentences in a JSON text; what people wrote by hand stays a text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "object_hook": _said})


def _said(found: dict[str, Any]) -> Any:
    if found.keys() != {"says", "with"}:
        return found
    return _said_of(found["says"], {name: _whole(v) for name, v in found["with"].items()})


def _whole(value: Any) -> Value:
    return tuple(map(_whole, value)) if isinstance(value, list) else value
