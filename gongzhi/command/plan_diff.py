"""What changed between two versions of a plan: orders added, removed, and changed by field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from gongzhi.command.plan_values import PlanFile, Words

OF_ORDERS = "orders"


@dataclass(frozen=True)
class Change:
    """One field that is not as it was; `before` or `after` is None where it was not given."""

    field: str
    before: Any
    after: Any

    def __post_init__(self) -> None:
        if self.before == self.after:
            raise ValueError("A change is from one value to another.")

    def __str__(self) -> str:
        return f"{self.field}: {self.before} → {self.after}"


@dataclass(frozen=True)
class OrderChange:
    """An order that stands in both plans and is not the same."""

    key: str
    changes: tuple[Change, ...]

    def __post_init__(self) -> None:
        if not self.changes:
            raise ValueError("An order that is the same is no change.")

    def __str__(self) -> str:
        return "\n".join([self.key, *(f"  {change}" for change in self.changes)])


@dataclass(frozen=True)
class PlanDiff:
    """All that differs between two plans, in the order of the later one."""

    head: tuple[Change, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[OrderChange, ...]

    @property
    def same(self) -> bool:
        """Whether the plans say the same."""
        return not (self.head or self.added or self.removed or self.changed)

    def __str__(self) -> str:
        lines = [
            *map(str, self.head),
            *(f"+ {key}" for key in self.added),
            *(f"- {key}" for key in self.removed),
            *(f"~ {change}" for change in self.changed),
        ]
        return "\n".join(lines) or "no difference"


def compare_plans(before: PlanFile, after: PlanFile) -> PlanDiff:
    """Compare two plans; orders are matched by their keys, where they stand does not matter."""
    old = {order.key: order for order in before.orders}
    new = {order.key: order for order in after.orders}
    both = [key for key in new if key in old]
    changes = [(key, tuple(_changes(old[key], new[key]))) for key in both]
    return PlanDiff(
        head=tuple(change for change in _changes(before, after) if change.field != OF_ORDERS),
        added=tuple(key for key in new if key not in old),
        removed=tuple(key for key in old if key not in new),
        changed=tuple(OrderChange(key, found) for key, found in changes if found),
    )


def _changes(old: Any, new: Any) -> Iterator[Change]:
    for field in fields(old):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield Change(field.name, before or None, after or None)


def plain(value: Any) -> Any:
    """A value of a plan as JSON has it: texts by language, parts by name."""
    if isinstance(value, Words):
        return value.forms
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(part) for part in value]
    if hasattr(value, "__dataclass_fields__"):
        found = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {name: part for name, part in found.items() if part not in (None, "", [])}
    return value
