"""The running commentary and the progress bar in the terminal, in Chinese or English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.timezone import localtime
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from ruamel.yaml import YAML

LANGUAGES = ("zh", "en")
FOLDER = Path(__file__).parent


@cache
def table(stem: str) -> Mapping[str, Any]:
    """One of the YAML files beside this module. The answer must not be changed."""
    read = YAML(typ="safe").load((FOLDER / f"{stem}.yaml").read_text("utf-8"))
    if not isinstance(read, dict):
        raise ValueError(f"{stem}.yaml must be a mapping.")
    return read


def said(key: str, **facts: Any) -> str:
    """What somebody in Linjiang writes. They write Chinese, whoever watches."""
    entry = table("said")
    for part in key.split("."):
        entry = entry[part]
    if not isinstance(entry, str):
        raise KeyError(f"said.yaml has no sentence {key!r}.")
    return entry.format(**facts)


def language_of(environment: Mapping[str, str]) -> str:
    """The language of a terminal: zh where the locale begins with zh, else en."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


class Narrator:
    """Says what happens: the day of the play, the time of day, one line for each event."""

    def __init__(self, console: Console, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"The commentary speaks {' and '.join(LANGUAGES)} only.")
        self.console, self.language = console, language
        self._first: datetime | None = None
        self._told: Counter[tuple[int, str]] = Counter()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    @property
    def locale(self) -> str:
        """The language in which refusals are to be worded for this terminal."""
        return "zh-hans" if self.language == "zh" else "en"

    def word(self, key: str, **facts: Any) -> str:
        """One text of lines.yaml in this language, its facts filled in."""
        entry = table("lines")[key]
        return str(entry[self.language].format(**{k: self.name(v) for k, v in facts.items()}))

    def name(self, value: Any) -> Any:
        """A record or a word of the trade by its name in this language; else as it is."""
        if isinstance(value, str):
            entry = table("lines")["names"].get(value)
            return entry[self.language] if entry else value
        for field in ("name", "title"):
            if self.language == "en" and getattr(value, f"{field}_en", ""):
                return getattr(value, f"{field}_en")
            if getattr(value, field, ""):
                return getattr(value, field)
        return value

    def several(self, values: Iterable[Any]) -> str:
        """Several records by their names, as this language lists them."""
        return ("、" if self.language == "zh" else ", ").join(str(self.name(v)) for v in values)

    @contextmanager
    def playing(self, start: datetime, end: datetime) -> Iterator[None]:
        """Show the bar while the play runs from `start` to `end`."""
        self._first = start
        columns = (
            TextColumn("{task.description}"), BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(),
        )  # fmt: skip
        minutes = (end - start) / timedelta(minutes=1)
        with Progress(*columns, console=self.console, transient=True, refresh_per_second=4) as bar:
            self._bar, self._task = bar, bar.add_task(self._where(start), total=minutes)
            try:
                yield
            finally:
                self._bar = self._task = None

    def advance(self, now: datetime) -> None:
        """Move the bar to a moment of the play."""
        if self._bar is not None and self._task is not None and self._first is not None:
            minutes = (now - self._first) / timedelta(minutes=1)
            self._bar.update(self._task, completed=minutes, description=self._where(now))

    def _where(self, now: datetime) -> str:
        return self.word("bar", day=self._day(now), clock=f"{localtime(now):%m-%d %H:%M}")

    def _day(self, now: datetime) -> int:
        first = self._first or now
        return (localtime(now).date() - localtime(first).date()).days + 1

    def tell(self, now: datetime, key: str, **facts: Any) -> None:
        """Print one event; an event with `most` in lines.yaml is told so often a day only."""
        entry, day = table("lines")[key], self._day(now)
        self._told[day, key] += 1
        if self._told[day, key] > entry.get("most", 1000):
            return
        when = self.word("when", day=day, clock=f"{localtime(now):%H:%M}")
        level = facts.get("level")
        style = level if level in ("red", "yellow") else entry.get("style", "default")
        text = escape(self.word(key, **facts))
        self.console.print(f"[dim]{when}[/] · [{style}]{text}[/]", highlight=False)

    def say(self, key: str, **facts: Any) -> None:
        """Print one line that belongs to no moment of the play."""
        self.console.print(escape(self.word(key, **facts)), highlight=False)
