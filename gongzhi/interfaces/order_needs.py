"""What an order asks for beside its words, as a person reads it: evidence, goods, forms, messages.

One place for the pages and the command line; the record keeps plain data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.actors.queries import Tier
from gongzhi.command.order_policies import evidence_names
from gongzhi.command.plan_values import Rung, Words
from gongzhi.command.queries import spoken
from gongzhi.supply.queries import item_names
from gongzhi.writing import among, listed, pair

Rows = Iterable[Mapping[str, Any]]


def stock_words(stock: Rows) -> str:
    """Pieces of each item, by the name that the catalogue has for it."""
    lines = list(stock)
    names = item_names(line["item"] for line in lines)
    return among(f"{names.get(s['item'], s['item'])} × {s['quantity']:,}" for s in lines)


def evidence_words(kinds: Iterable[str]) -> str:
    """The kinds of evidence without which an order is not finished."""
    names = evidence_names()
    return listed(names[kind] for kind in kinds)


def given_words(evidence: Mapping[str, Any]) -> str:
    """The evidence that was given, each with its kind."""
    names = evidence_names()
    return among(pair(names[kind], value) for kind, value in evidence.items())


def forms_words(forms: Rows) -> str:
    """Names of the forms to be filled in."""
    return among(_spoken(form) for form in forms)


def told_names() -> dict[str, str]:
    """Whom a message is for, in the reader's language."""
    return {
        "residents": _("residents"),
        "organisations": _("organisations here"),
        "units_below": _("units below"),
        "unit_above": _("the unit above"),
        "commander": _("the commander"),
        "public": _("the public"),
    }


def messages_words(messages: Rows) -> str:
    """Who is told what."""
    names = told_names()
    return among(pair(names[m["to"]], f"“{_spoken(m['words'])}”") for m in messages)


def ladder_words(ladder: Rows) -> str:
    """Who learns in turn that the order is late, and after how long."""
    said = _("%(whom)s after %(minutes)s min")
    return " → ".join(said % {"whom": _whom(rung), "minutes": rung["minutes"]} for rung in ladder)


def ladder_whom(rung: Rung) -> str:
    """Who learns at one step of a ladder."""
    return str(Tier(rung.tier).label) if rung.tier else rung.unit


def _whom(rung: Mapping[str, Any]) -> str:
    return str(Tier(rung["tier"]).label) if "tier" in rung else str(rung["unit"])


def _spoken(words: Mapping[str, str]) -> str:
    return spoken(Words(words["zh-Hans"], words["zh-Hant"], words["en"]))
