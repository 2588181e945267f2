"""What an SMS gateway's report says: one or many in a request, as JSON or as a form.

Nothing of a report is kept but which message it is about, what became of it, and a short code:
numbers of telephones, names and texts are left behind here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from gongzhi.messages.configured import Reports
from gongzhi.messages.models import DeliveryReport

MOST = 1000
"""Reports that one request may hold."""
FIELDS = 100
"""Fields that a form may hold."""
Outcome = DeliveryReport.Outcome
REFERENCE = re.compile(r"[!-~]{1,80}")
CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
TELEPHONE = re.compile(r"[0-9]{7}")
"""Whatever holds so many digits in a row may be a number that somebody can be called by."""


@dataclass(frozen=True)
class Reported:
    """What became of one message, as the other side says: it names it by a key or a number."""

    reference: str
    outcome: DeliveryReport.Outcome
    code: str = ""


def read_reports(raw: bytes, rule: Reports) -> list[Reported]:
    """The reports of a request that say how a message ended; those still under way are left out.

    Errors: `ValueError` where it is neither JSON nor a form, or holds too many.
    """
    given = _rows(raw)
    if len(given) > MOST:
        raise ValueError("too many reports")
    found = (_reported(row, rule) for row in given)
    return list(dict.fromkeys(one for one in found if one is not None))


def number_given(answer: Any, place: str) -> str:
    """The gateway's own number of a message, from its answer; empty where it gives none."""
    return _matching(REFERENCE, value_at(answer, place)) if place else ""


def value_at(given: Any, place: str) -> str:
    """The value at a place like `data.0.status`, as text; empty where there is none."""
    for step in place.split("."):
        if isinstance(given, dict):
            given = given.get(step)
        elif isinstance(given, list) and step.isascii() and step.isdigit() and len(step) < 4:
            given = given[int(step)] if int(step) < len(given) else None
        else:
            return ""
    if isinstance(given, bool):
        return "true" if given else "false"
    return str(given) if isinstance(given, str | int | float) else ""


def short_code(text: str) -> str:
    """A code that may be kept and shown; empty where it might tell about a person."""
    return "" if TELEPHONE.search(text) else _matching(CODE, text)


def _rows(raw: bytes) -> Sequence[Any]:
    """What was sent, by how it begins: gateways do not always say truly what they send."""
    text = raw.decode("utf-8-sig").strip()
    if not text.startswith(("[", "{")):
        return [dict(parse_qsl(text, max_num_fields=FIELDS))]
    try:
        given = json.loads(text)
    except RecursionError:
        raise ValueError("too deep") from None
    return given if isinstance(given, list) else [given]


def _reported(row: Any, rule: Reports) -> Reported | None:
    reference = _matching(REFERENCE, value_at(row, rule.key))
    status = value_at(row, rule.status)
    code = value_at(row, rule.code or rule.status)
    if not reference:
        return None
    if status in rule.delivered:
        return Reported(reference, Outcome.DELIVERED)
    if code in rule.nowhere:
        return Reported(reference, Outcome.NOWHERE, short_code(code))
    if status in rule.failed:
        return Reported(reference, Outcome.FAILED, short_code(code))
    return None


def _matching(shape: re.Pattern[str], text: str) -> str:
    return text if shape.fullmatch(text) else ""
