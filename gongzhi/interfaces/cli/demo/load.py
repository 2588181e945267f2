"""Found Linjiang in an empty house, through the deeds of the actors' room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from gongzhi.actors.actions import (
    appoint_many,
    found_house,
    found_root,
    found_units,
    open_facilities,
)
from gongzhi.actors.queries import Person, Unit, units_below
from gongzhi.interfaces.cli.demo.cast import FOUNDER, Mapped
from gongzhi.ledger.actions import append
from gongzhi.supply.actions import load_catalogue

Step = Callable[[str], None]


def load(
    mapped: Mapped, *, password: str, now: datetime, mark: str, facts: dict[str, Any], step: Step
) -> tuple[Person, Unit]:
    """Found the house, its units with outlines, its facilities, its people and its catalogue.

    All people of the play share one password, hashed once. The ledger line `mark` is written
    together with the house, so that a play cut short is known by it. `step` is told what comes
    next. Returns the founder, who holds the clock, and the root.
    """
    with transaction.atomic():
        founder = found_house(login=FOUNDER, password=password, name="省应急值守", now=now)
        root = found_root(**mapped.root, by=founder, now=now)
        append(verb=mark, subject=root, place=root, by=founder, now=now, **facts)
    step("units")
    found_units(parent=root, units=mapped.units, by=founder, now=now)
    units = {unit.code: unit for unit in units_below(root)}
    open_facilities(
        area=root, facilities=[_placed(row, units) for row in mapped.facilities],
        by=founder, now=now,
    )  # fmt: skip
    step("people")
    posts = [
        {**row, "unit": units[row["unit"]], "area": units[row["area"]]} for row in mapped.posts
    ]
    appoint_many(area=root, posts=posts, password_hash=make_password(password), by=founder, now=now)
    step("catalogue")
    load_catalogue(by=founder, now=now)
    return founder, root


def _placed(row: dict[str, Any], units: dict[str, Unit]) -> dict[str, Any]:
    return {**row, "unit": units[row["unit"]], "place": units[row["place"]]}
