"""What a plan without mistakes should still be warned of, in the city as it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.timezone import localtime

from gongzhi.actors.models import Post, Unit
from gongzhi.actors.queries import roots
from gongzhi.command.plan_file import PlanCheck
from gongzhi.command.plan_text import Problem, words
from gongzhi.command.plan_values import PlanOrder, Receiver
from gongzhi.command.queries.plans import Reached, orders_for
from gongzhi.parameters import parameter
from gongzhi.writing import listed

NIGHT = 12 * 60
"""Minutes: an order to be done within them can fall due before anybody comes in the morning."""
NAMED = 3
"""Units that a warning names; the rest is counted."""


@dataclass(frozen=True)
class _Staff:
    """Who could act on an order: the people of each unit, by the role of their posts there."""

    people: Mapping[int, Mapping[str, frozenset[int]]]

    def able(self, unit: Unit, role: str) -> int:
        """How many people of a unit itself could act for it, in a role where one is asked for.

        Those of the tiers above may, but they are no deputies: at night nobody there looks for it.
        """
        held = self.people.get(unit.pk, {})
        return len({p for name, people in held.items() if role in ("", name) for p in people})


def plan_warnings(check: PlanCheck, now: datetime) -> tuple[Problem, ...]:
    """What somebody should know before adopting this plan here, by line; none without a city.

    Errors: none; a plan with mistakes gives no warnings, its problems come first.
    """
    cities = roots()
    if check.plan is None or not cities:
        return ()
    staff = _staff(now)
    reached = [orders_for(check.plan, city) for city in cities]
    found = [
        warning
        for order in check.plan.orders
        for warning in _of_order(order, _receivers(order, reached), staff, check.places[order.key])
    ]
    return tuple(sorted(found, key=lambda p: (p.line, p.column, p.sentence)))


def _receivers(order: PlanOrder, reached: Sequence[Reached]) -> list[Unit]:
    return [
        one.units[entry.path]
        for one in reached
        for entry in one.compilation.orders
        if entry.order.key == order.key
    ]


def _staff(now: datetime) -> _Staff:
    """The posts held now by which an order may be answered, as `answer_order` is granted."""
    rule = parameter("powers.answer_order", localtime(now).date()).value
    held = Post.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        starts_at__lte=now, person__is_active=True, role__in=rule["roles"],
        unit__kind__in=rule["kinds"],
    )  # fmt: skip
    people: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for unit, role, person in held.values_list("unit", "role", "person"):
        people[unit][role].add(person)
    return _Staff(
        {
            unit: {role: frozenset(found) for role, found in roles.items()}
            for unit, roles in people.items()
        }
    )


def _of_order(
    order: PlanOrder, units: list[Unit], staff: _Staff, place: tuple[int, int]
) -> Iterator[Problem]:
    role = order.to.role
    if not units:
        yield _warning(
            place,
            words(
                "Nobody receives “%(key)s”: no unit here fits “%(to)s”. Change “to”, or found the "
                "unit."
            ),
            key=order.key,
            to=_as_written(order.to),
        )
        return
    if role and not any(staff.able(unit, role) for unit in units):
        yield _warning(
            place,
            words(
                "Nobody can act on “%(key)s”: no unit that receives it has a person with the "
                "role “%(role)s”. Leave “role” out, or appoint somebody."
            ),
            key=order.key,
            role=role,
        )
    alone = [unit for unit in units if staff.able(unit, role) < 2]
    if alone and order.minutes <= NIGHT:
        yield _warning(
            place,
            words(
                "“%(key)s” may fall due at night, and nobody could stand in for the one person on "
                "duty in %(units)s (%(number)s in all). Appoint a deputy, or allow more than "
                "%(hours)s hours."
            ),
            key=order.key,
            number=len(alone),
            units=listed(alone[:NAMED]) + ("…" if len(alone) > NAMED else ""),
            hours=NIGHT // 60,
        )


def _as_written(to: Receiver) -> str:
    """Whom an order is for, as the plan writes it: the same in every language."""
    parts = {"each": to.each, "subject": to.subject, "tier": to.tier}
    return ", ".join(f"{name}: {part}" for name, part in parts.items() if part)


def _warning(place: tuple[int, int], text: str, **facts: object) -> Problem:
    return Problem(*place, text, tuple((name, str(value)) for name, value in facts.items()))
