"""Law and practice as dated data: deadlines, powers, levels, retention.

Each YAML file under `parameters/` holds named entries with a unit, a description and
values by date; a decision stores the version it used. Source of the idea: the dated
parameters of tax-benefit models (OpenFisca), where the law is data with its reference.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.timezone import localtime
from ruamel.yaml import YAML

FOLDER = Path(os.environ.get("GONGZHI_PARAMETERS", Path(__file__).parent.parent / "parameters"))


@dataclass(frozen=True)
class Parameter:
    """One value in force on a day, with its unit, its legal reference and its version."""

    name: str
    value: Any
    unit: str
    since: date
    reference: str
    version: str


@cache
def _file(stem: str) -> tuple[dict[str, Any], str]:
    path = FOLDER / f"{stem}.yaml"
    raw = path.read_bytes()
    document = YAML(typ="safe").load(raw.decode("utf-8"))
    if not isinstance(document, dict):
        raise ValueError(f"{path.name} must be a mapping of parameter names.")
    return document, f"{stem}@{hashlib.sha256(raw).hexdigest()[:12]}"


@cache
def parameter(name: str, on: date) -> Parameter:
    """Return the value of `name` ("file.entry") in force on the day `on`.

    Errors: `KeyError` when there is no such entry or none was in force yet.
    """
    stem, _, entry = name.partition(".")
    document, version = _file(stem)
    if entry not in document:
        raise KeyError(f"There is no parameter {entry!r} in parameters/{stem}.yaml.")
    body = document[entry]
    dated = [v for v in body["values"] if v["since"] <= on]
    if not dated:
        raise KeyError(f"The parameter {name!r} has no value in force on {on}.")
    chosen = max(dated, key=lambda v: v["since"])
    return Parameter(
        name, chosen["value"], body["unit"], chosen["since"], chosen["reference"], version
    )


def minutes(name: str, now: datetime) -> timedelta:
    """A clock of `parameters/deadlines.yaml` in force now."""
    return timedelta(minutes=parameter(f"deadlines.{name}", localtime(now).date()).value)


@cache
def names(stem: str) -> tuple[str, ...]:
    """The names of all entries of one parameter file, in the order written."""
    return tuple(_file(stem)[0])
