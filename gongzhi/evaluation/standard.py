"""The capability standard: what units of each tier must be able to do, as dated data (能力标准).

It stands in `parameters/capability.yaml`. A scoring keeps the standard that was in force, in full.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gongzhi.actors.models import Kind, Tier, Unit
from gongzhi.parameters import Parameter, names, parameter

DEPARTMENT, FIRM = "department", "firm"
GROUPS = (Tier.CITY, Tier.DISTRICT, Tier.STREET, Tier.COMMUNITY, DEPARTMENT, FIRM)
"""For whom the standard holds: tiers of government, departments, all other organisations."""
SOURCES = ("drill", "real", "records")
"""By what something may be shown: an exercise, the house's own records, how they stand now."""
TONGUES = ("zh-Hans", "zh-Hant", "en")


@dataclass(frozen=True)
class Capability:
    """One line of the standard, as it is in force on a day.

    enough: per cent, by group of units. roles: those a unit of a group must have two people for.
    """

    code: str
    words: dict[str, str]
    measured: dict[str, str]
    enough: dict[str, int]
    shown_by: tuple[str, ...]
    within: timedelta
    roles: dict[str, list[str]]
    next_act: str
    since: date
    reference: str

    def plain(self) -> dict[str, Any]:
        """The line as a scoring keeps it."""
        return {
            "words": self.words, "measured": self.measured, "enough": self.enough,
            "shown_by": list(self.shown_by), "within_days": self.within.days,
            "roles": self.roles, "next": self.next_act, "since": self.since.isoformat(),
            "reference": self.reference,
        }  # fmt: skip


def standard(on: date) -> list[Capability]:
    """The standard in force on a day, in the order in which it is written."""
    return [_capability(code, parameter(f"capability.{code}", on)) for code in names("capability")]


def _capability(code: str, found: Parameter) -> Capability:
    given = found.value
    return Capability(
        code=code, words=given["words"], measured=given["measured"], enough=given["enough"],
        shown_by=tuple(given["shown_by"]), within=timedelta(days=given["within_days"]),
        roles=given.get("roles", {}), next_act=given["next"], since=found.since,
        reference=found.reference,
    )  # fmt: skip


def version(on: date) -> str:
    """Which text of the standard was in force on a day."""
    return parameter(f"capability.{names('capability')[0]}", on).version


def group_of(unit: Unit) -> str:
    """By which part of the standard a unit is judged; empty where it holds for none."""
    if unit.kind == Kind.AREA:
        return str(unit.tier) if unit.tier in GROUPS else ""
    if unit.kind == Kind.TASK_FORCE:
        return ""
    return DEPARTMENT if unit.kind == Kind.DEPARTMENT else FIRM


def judged(units: Iterable[Unit]) -> dict[int, str]:
    """The group of each unit for which the standard holds, by its number."""
    return {unit.pk: group for unit in units if (group := group_of(unit))}
