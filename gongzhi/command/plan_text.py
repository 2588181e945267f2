"""Read the YAML of a plan into plain values, with the line and column of each of them.

Plans are written by people and sent by strangers, so only the plain part of YAML is read:
mappings, lists and scalars. Anchors, tags and second documents are named as problems.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

LONGEST = 60_000
"""Characters in a plan at most."""
DEEPEST = 10
"""Lists and mappings inside one another at most."""

Path = tuple[str | int, ...]

_WHOLE = re.compile(r"[-+]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


def words(text: str) -> str:
    """Mark a sentence for the catalogue of translations; it is translated when it is shown."""
    return text


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of a plan, and what to write instead.

    `line` and `column` count from 1. `text` is the sentence with named placeholders and
    `facts` fill them, so that an interface can translate it; `sentence` is the English.
    """

    line: int
    column: int
    text: str
    facts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.line < 1 or self.column < 1:
            raise ValueError("Lines and columns count from 1.")

    @property
    def sentence(self) -> str:
        """The sentence in English."""
        return self.text % dict(self.facts)

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.sentence}"


@dataclass(frozen=True)
class PlanText:
    """What was read: plain values, where each stands, and what could not be read.

    `places` gives (line, column) of every key and list item by its path; `written` the
    scalar at a path as it was typed, before it was understood as a number.
    """

    value: Any
    places: Mapping[Path, tuple[int, int]]
    written: Mapping[Path, str]
    problems: tuple[Problem, ...]

    def place(self, path: Path) -> tuple[int, int]:
        """Where a path stands; of a missing one, the nearest thing around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def problem_at(read: PlanText, path: Path, text: str, **facts: object) -> Problem:
    """A problem with what stands at a path of a plan."""
    return Problem(*read.place(path), text, tuple((k, str(v)) for k, v in facts.items()))


def unknown_key(
    read: PlanText, path: Path, key: str, allowed: Sequence[str], present: Collection[str] = ()
) -> Problem:
    """A key that nothing is known of here: the nearest one that is missing, or all that are."""
    close = get_close_matches(key, [name for name in allowed if name not in present], 1)
    if close:
        text = words("“%(key)s” is not known here. Write “%(close)s”.")
        return problem_at(read, (*path, key), text, key=key, close=close[0])
    text = words("“%(key)s” is not known here. Leave it out; known are: %(allowed)s.")
    return problem_at(read, (*path, key), text, key=key, allowed=", ".join(allowed))


def missing_key(read: PlanText, path: Path, key: str) -> Problem:
    """A key that must stand here and does not."""
    return problem_at(read, path, words("“%(key)s” is missing here. Add “%(key)s: …”."), key=key)


class _Stop(Exception):
    """Reading cannot go on after this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass
class _Reader:
    """Walks through the events of the parser and builds plain values from them."""

    events: Iterator[Event]
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def document(self) -> Any:
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                value = self.node(next(self.events), ())
                self.rest()
                return value
        return None

    def rest(self) -> None:
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self.note(event, words("A second document begins here. Put one plan in one file."))
                return

    def node(self, event: Event, path: Path) -> Any:
        if isinstance(event, AliasEvent):
            self.note(event, words("Write this out in full: a plan uses no *references."))
            return None
        self.plain_only(event)
        if isinstance(event, ScalarEvent):
            self.written[path] = event.value
            if _UNREADABLE.search(event.value):
                self.note(event, words("An unreadable character stands here. Type it again."))
            return _scalar(event)
        if len(path) >= DEEPEST:
            raise _Stop(_at(event, words("This is nested too deeply. Write the plan flatter.")))
        if isinstance(event, SequenceStartEvent):
            return self.sequence(path)
        return self.mapping(path)

    def sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            here = (*path, len(items))
            self.places[here] = _mark(event)
            items.append(self.node(event, here))
        return items

    def mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, MappingEndEvent):
                break
            key = self.key(event, found)
            here = (*path, key)
            self.places.setdefault(here, _mark(event))
            value = self.node(next(self.events), here)
            found.setdefault(key, value)
        return found

    def key(self, event: Event, found: Mapping[str, Any]) -> str:
        if not isinstance(event, ScalarEvent):
            raise _Stop(_at(event, words("A name must stand before the colon, not a list.")))
        self.plain_only(event)
        key = str(event.value)
        if key in found:
            self.note(event, words("“%(key)s” stands here a second time. Keep one."), key=key)
        return key

    def plain_only(self, event: Any) -> None:
        if getattr(event, "anchor", None):
            self.note(event, words("Leave the &name out: a plan uses no references."))
        if getattr(event, "tag", None):
            self.note(event, words("Leave the !tag out: a plan is plain text and numbers."))

    def note(self, event: Event, text: str, **facts: str) -> None:
        self.problems.append(_at(event, text, **facts))


def _mark(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _at(event: Event, text: str, **facts: str) -> Problem:
    return Problem(*_mark(event), text, tuple(facts.items()))


def _scalar(event: ScalarEvent) -> Any:
    """The value of a scalar by the core schema of YAML 1.2; quoted ones are always text."""
    text = str(event.value)
    if event.style not in (None, ""):
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def read_plan_text(text: str) -> PlanText:
    """Read the text of a plan; whatever cannot be read is a problem, never an exception."""
    if len(text) > LONGEST:
        return _nothing(
            Problem(
                1, 1,
                words("The plan is longer than %(most)s characters. Split it into several plans."),
                (("most", str(LONGEST)),),
            )
        )  # fmt: skip
    return _read(text)


@lru_cache(maxsize=8)
def _read(text: str) -> PlanText:
    """A few are kept: a plan is read when it is checked, adopted, included and put into force.

    Nobody changes what was read.
    """
    tabs = _tabs(text)
    reader = _Reader(iter(YAML(typ="safe", pure=True).parse(text)))
    try:
        value = reader.document()
    except _Stop as stop:
        return _nothing(*tabs, *reader.problems, stop.problem)
    except YAMLError as error:
        # With a tab in the indentation the parser's own complaint only repeats ours.
        return _nothing(*tabs, *reader.problems, *([] if tabs else [_not_yaml(error)]))
    return PlanText(value, reader.places, reader.written, (*tabs, *reader.problems))


def _nothing(*problems: Problem) -> PlanText:
    return PlanText(None, {}, {}, problems)


def _tabs(text: str) -> list[Problem]:
    indents = (re.match(r"[ \t]*", line) for line in text.splitlines())
    found = ((number, m.group().find("\t")) for number, m in enumerate(indents, 1) if m)
    sentence = words("A tab stands in the indentation. Use spaces instead.")
    return [Problem(line, column + 1, sentence) for line, column in found if column >= 0]


def _not_yaml(error: YAMLError) -> Problem:
    sentence = words(
        "This cannot be read as YAML (%(what)s). Check the indentation, the colons and the "
        "quotes here and on the line before."
    )
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        facts = (("what", str(error.problem or error.context or "?")),)
        return Problem(mark.line + 1, mark.column + 1, sentence, facts)
    what = str(error).splitlines()[0] if str(error) else "unreadable"
    return Problem(1, 1, sentence, (("what", what),))
