"""The words of a replay's report: its codes as words and its figures as phrases.

Everything is said in the language that is active when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from gongzhi.command.queries import Order
from gongzhi.decision.queries import ResponseLevel
from gongzhi.interfaces.console import words as console_words
from gongzhi.supply.queries import Need

LANGUAGES = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
"""The languages a report can be in, each with the name that titles and pages give it."""

Words = Mapping[str, str | Promise]


def _labels(choices: Any) -> Words:
    return dict(choices.choices)


NEEDS: Words = {**_labels(Need.State), "open": pgettext_lazy("need", "unmet")}
AMOUNTS: Words = {**_labels(Need.Amount), "unknown": pgettext_lazy("amount", "unknown")}
ORDERS = _labels(Order.State)
GRADES = dict(ResponseLevel.Grade.choices)
FOLDERS: Words = {
    "divisions": gettext_lazy("divisions"),
    "counts": gettext_lazy("city counts"),
    "relief": gettext_lazy("relief lists"),
}
KINDS: Words = {
    "divisions": gettext_lazy("divisions"),
    "division points": gettext_lazy("points of divisions"),
    "city counts": gettext_lazy("city counts"),
    "count": gettext_lazy("city counts"),
    "bulletin text": gettext_lazy("text of bulletins"),
    "news": gettext_lazy("news"),
    "index of files": gettext_lazy("index of files"),
    "validator errors": gettext_lazy("errors a validator found"),
    "empty": gettext_lazy("empty"),
    "unknown": gettext_lazy("not recognised"),
    "relief need": gettext_lazy("needs of hospitals"),
    "relief logistics": gettext_lazy("logistics firms"),
    "relief lodging": gettext_lazy("lodging"),
    "relief donation": gettext_lazy("donations"),
    "relief factory": gettext_lazy("factories"),
    "relief clinic": gettext_lazy("clinics"),
    "relief news": gettext_lazy("news"),
    "relief unknown": gettext_lazy("relief, kind not recognised"),
}
GENERATIONS: Words = {
    "as it is": gettext_lazy("as it is"),
    "not recognised": gettext_lazy("not recognised"),
    "no vintage": gettext_lazy("no vintage"),
    "1 YAML and CSV": gettext_lazy("1: YAML and CSV"),
    "2 flat, Chinese keys": gettext_lazy("2: flat, Chinese keys"),
    "3 typed cells": gettext_lazy("3: typed cells"),
    "3 flattened copy": gettext_lazy("3: flattened copy"),
    "other platform": gettext_lazy("another platform"),
    "canghailan bulletin": gettext_lazy("canghailan, bulletins"),
    "dxy page": gettext_lazy("dxy, pages"),
    "dxy page, provinces": gettext_lazy("dxy, pages, provinces"),
    "dxy crawl": gettext_lazy("dxy, crawled"),
}
DEEDS: Words = {
    **{verb: name for (_room, verb), name in console_words.DEEDS.items()},
    "wind_down": gettext_lazy("Leave the response level"),
}
NEW_COLUMNS = ", new columns"
NAME = re.compile("'([^']*)'")
PLACE = re.compile(r"\('[^()]*'\)")
"""The names of a place as a key of rows writes them."""


def word(words: Words, code: str) -> str:
    """A code as a word; the code itself where it is a name of its own."""
    return str(words.get(code, code))


def generation(code: str) -> str:
    """The generation of a table in words."""
    plain = code.removesuffix(NEW_COLUMNS)
    said = word(GENERATIONS, plain)
    return _("%(generation)s, new columns") % {"generation": said} if plain != code else said


def subject(text: str) -> str:
    """What rows disagree about: their kind and generation in words, and the names of the place."""
    text = PLACE.sub(lambda found: " ".join(filter(None, NAME.findall(found.group()))), text)
    for words in (KINDS, GENERATIONS):
        for code in sorted(words, key=len, reverse=True):
            if f"{code} " in text:
                text = text.replace(f"{code} ", f"{word(words, code)} ", 1)
                break
    return text


# Figures ------------------------------------------------------------------------------------------


def totals(t: Any) -> str:
    """What was read of a folder, as one line that adds up."""
    return _(
        "%(files)s files (%(not_read)s not read), %(tables)s tables, %(rows)s rows = %(read)s "
        "read + %(quarantined)s quarantined + %(duplicate)s duplicate"
    ) % {
        "files": t.files, "not_read": t.files_not_read, "tables": t.tables, "rows": t.rows,
        "read": t.read, "quarantined": t.quarantined, "duplicate": t.duplicate,
    }  # fmt: skip


def river(s: Mapping[str, int]) -> Iterator[str]:
    """The stations of the river with their figures, from the cases to the orders."""
    yield ngettext("%(n)s city", "%(n)s cities", s["cities"]) % {"n": s["cities"]}
    yield ngettext("%(n)s case", "%(n)s cases", s["cases"]) % {"n": s["cases"]}
    yield ngettext(
        "%(n)s warning (%(red)s red, %(climbed)s climbed a tier)",
        "%(n)s warnings (%(red)s red, %(climbed)s climbed a tier)",
        s["warnings"],
    ) % {"n": s["warnings"], "red": s["red"], "climbed": s["climbed_warnings"]}
    yield ngettext(
        "%(n)s incident (%(closed)s closed)", "%(n)s incidents (%(closed)s closed)", s["incidents"]
    ) % {"n": s["incidents"], "closed": s["incidents_closed"]}
    yield ngettext(
        "%(n)s phase of a plan begun (%(over)s over)",
        "%(n)s phases of plans begun (%(over)s over)",
        s["phases"],
    ) % {"n": s["phases"], "over": s["phases_over"]}
    yield ngettext(
        "%(n)s order (%(done)s done, %(late)s late, %(climbed)s climbed)",
        "%(n)s orders (%(done)s done, %(late)s late, %(climbed)s climbed)",
        s["orders"],
    ) % {
        "n": s["orders"], "done": s["orders_done"], "late": s["orders_late"],
        "climbed": s["orders_climbed"],
    }  # fmt: skip


def goods(s: Mapping[str, int]) -> Iterator[str]:
    """The stations of the goods with their figures, from the lists to what was met."""
    lines, needs = s["need_lines_read"], s["needs"]
    yield ngettext("%(n)s need line read", "%(n)s need lines read", lines) % {"n": lines}
    yield ngettext("%(n)s hospital", "%(n)s hospitals", s["hospitals"]) % {"n": s["hospitals"]}
    yield ngettext(
        "%(n)s need (%(unknown)s with unknown amount): %(met)s met, %(part)s in part, "
        "%(unmet)s unmet",
        "%(n)s needs (%(unknown)s with unknown amount): %(met)s met, %(part)s in part, "
        "%(unmet)s unmet",
        needs,
    ) % {
        "n": needs, "unknown": s["needs_amount_unknown"], "met": s["needs_met"],
        "part": s["needs_met_in_part"], "unmet": s["needs_unmet"],
    }  # fmt: skip


def ledger(proof: Mapping[str, Any]) -> str:
    """Whether the ledger holds, with its size and root."""
    given = {"entries": proof["entries"], "root": proof["root"]}
    if proof["holds"]:
        return _("Ledger: %(entries)s entries, root %(root)s: holds") % given
    return _("Ledger: %(entries)s entries, root %(root)s: DOES NOT HOLD") % given
