"""What a request to the tier above asks for, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.interfaces.console import times, words
from gongzhi.interfaces.inputs import deed_asked
from gongzhi.ledger.deeds import record_in
from gongzhi.writing import among, pair


def deed_of(request: Any) -> str:
    """What the deed asked for is called."""
    return words.deed_name(deed_asked(request))


def inputs_of(request: Any, named: Callable[[Any], str]) -> str:
    """What a request asks for, field by field; records by their names."""
    said = []
    for declared in deed_asked(request).inputs:
        value = request.inputs.get(declared.name)
        model = record_in(declared.annotation)
        if model is not None and isinstance(value, int):
            found = model._base_manager.filter(pk=value).first()
            value = named(found) if found else value
        if value is not False and value not in (None, "", []):
            text = times.readable(value) if isinstance(value, str) else _other_asked(value)
            name = words.field_name(declared.name)
            said.append(pair(name, text))
    return " · ".join(said)


def _other_asked(value: Any) -> str:
    """A yes, or the rows of a batch: what each is called, the one chosen marked."""
    if value is True:
        return _("yes")
    if not isinstance(value, list):
        return str(value)
    return among(_row_asked(row) for row in value)


def _row_asked(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    return ("✓ " if row.get("chosen") else "") + str(row.get("title", row))
