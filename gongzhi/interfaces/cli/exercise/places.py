"""Units, facilities and items that a scenario names by rule, found in the city at hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.queries import LISTINGS, Person, Unit, units_below, visible
from gongzhi.errors import NotFound

STEP = 5
"""Digits that a level of the tree adds to a unit's path."""
TIERS = ("city", "district", "street", "community", "grid")


class Places:
    """The units inside the area of an exercise, and who sits where."""

    def __init__(self, area: Unit, seer: Person, now: datetime) -> None:
        self.area, self.seer, self.now = area, seer, now

    @cached_property
    def units(self) -> list[Unit]:
        """The area and what lies below it, in the order of the tree."""
        return list(units_below(self.area))

    @cached_property
    def posts(self) -> list[Any]:
        """The posts held inside the area, those of the clock left out."""
        held = visible(LISTINGS["actors", "posts"], self.seer, self.now)
        held = held.filter(unit__in=[u.pk for u in self.units], starts_at__lte=self.now)
        held = held.exclude(role="clock").exclude(ends_at__lte=self.now)
        order = ("unit__path", "area__path", "role", "person__login", "id")
        return list(held.select_related("person", "unit", "area").order_by(*order))

    @cached_property
    def _charged(self) -> dict[str, list[Any]]:
        """The posts by whom they can be asked as: path of unit and of area, the person."""
        found: dict[str, list[Any]] = defaultdict(list)
        for post in self.posts:
            for whom in {post.unit.path, post.area.path, post.person.ref}:
                found[whom].append(post)
        return found

    def asked(self, whom: str) -> list[Any]:
        """The posts asked at a unit (its path) or as a person (the reference).

        For a unit in which nobody holds a post, those of the nearest above that has people.
        """
        if not whom.isdigit():
            return self._charged.get(whom, [])
        ends = range(len(whom), 0, -STEP)
        return next((held for end in ends if (held := self._charged.get(whom[:end]))), [])

    def unit(self, rule: str) -> Unit:
        """The unit that a rule names; where there are fewer than it counts, the last one.

        Errors: `NotFound` when the city has none of the kind.
        """
        first, _of, rest = rule.partition(" of ")
        within = self.unit(rest) if rest else self.area
        kind, _space, which = first.partition(" ")
        if kind == "area":
            return self.area
        if kind == "department":
            return self._department(which, within)
        found = [u for u in self.units if self._fits(u, kind, which, within)]
        if not found:
            raise NotFound(
                _("There is no unit “%(rule)s” in %(area)s. Choose another scenario or area.")
                % {"rule": rule, "area": self.area}
            )
        return found[0] if kind == "code" else found[min(int(which), len(found)) - 1]

    def _fits(self, unit: Unit, kind: str, which: str, within: Unit) -> bool:
        if not unit.path.startswith(within.path):
            return False
        if kind == "code":
            return unit.code == which
        if kind in TIERS:
            return unit.kind == "area" and unit.tier == kind
        return unit.kind == kind

    def _department(self, subject: str, within: Unit) -> Unit:
        """The department of a subject nearest above or in a unit; else any there is of another."""
        of_kind = [u for u in self.units if u.kind == "department"]
        near = [u for u in of_kind if u.subject == subject and self._serves(u, within)]
        serving = near or [u for u in of_kind if self._serves(u, within)]
        if not serving:
            raise NotFound(
                _("No department serves %(unit)s. Choose another scenario or area.")
                % {"unit": within}
            )
        return max(serving, key=lambda u: (len(u.path), -int(u.path)))

    def _serves(self, department: Unit, unit: Unit) -> bool:
        """Whether a department belongs to a unit or to one above it."""
        return unit.path.startswith(department.path[:-STEP])

    def facility(self, rule: str) -> Any:
        """The first facility of the unit that a rule names."""
        unit = self.unit(rule)
        found = visible(LISTINGS["actors", "facilities"], self.seer, self.now)
        facility = found.filter(unit=unit).order_by("id").first()
        if facility is None:
            raise NotFound(_("%(unit)s has no facility. Choose another one.") % {"unit": unit})
        return facility

    def item(self, code: str) -> Any:
        """The item of the catalogue with a code."""
        found = visible(LISTINGS["supply", "items"], self.seer, self.now)
        item = found.filter(code=code).first()
        if item is None:
            raise NotFound(_("There is no item “%(code)s” in the catalogue.") % {"code": code})
        return item

    def desk(self, unit: Unit, role: str = "") -> Person:
        """Who acts for a unit: of one role, or the first who receives what comes in.

        A unit without people is stood in for by the one above it.
        """
        order = (role,) if role else ("officer", "clerk", "lead", "commander", "grid_worker")
        for wanted in order:
            for post in self.posts:
                if post.unit_id == unit.pk and post.role == wanted:
                    return post.person  # type: ignore[no-any-return]
        above = next((u for u in self.units if u.pk == unit.parent_id), None)
        return self.desk(above, role) if above is not None else self.seer

    def inputs(self, given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """The inputs of an inject as its deed takes them."""
        return {name: self.filled(value, now) for name, value in given.items()}

    def filled(self, value: Any, now: datetime) -> Any:
        """An input of a scenario as a deed takes it: rules become numbers, offsets moments."""
        if isinstance(value, list):
            return [self.filled(one, now) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"daily"}:
            return [count for row in value["daily"] for count in self._daily(row, now)]
        if len(value) == 1:
            [(key, said)] = value.items()
            known = {"unit": self.unit, "facility": self.facility, "item": self.item}
            if key in known:
                return known[key](said).pk
            if key == "minutes":
                return now + timedelta(minutes=int(said))
        return {name: self.filled(one, now) for name, one in value.items()}

    def _daily(self, row: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
        """One count a day, the last of them today."""
        place, last = self.unit(row["unit"]).pk, localtime(now).date()
        values = row["values"]
        return [
            {"place": place, "stream": row["stream"], "value": value,
             "day": last - timedelta(days=len(values) - 1 - number)}
            for number, value in enumerate(values)
        ]  # fmt: skip
