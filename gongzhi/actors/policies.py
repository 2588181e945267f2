"""May this person use this power here, and from where does the power come?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Delegation, Kind, Person, Post, Role, Tier, Unit
from gongzhi.actors.queries import delegations_ended, delegations_in_force, posts_of
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.parameters import parameter


@dataclass(frozen=True)
class Authority:
    """The power used for a deed: its name, where it comes from, and its legal basis."""

    power: str
    source: str
    legal_basis: str

    def __str__(self) -> str:
        return f"{self.power} ({self.source})"


@dataclass(frozen=True)
class Extent:
    """How much a use of a power costs and how many people it concerns."""

    cents: int = 0
    people: int = 0


NO_EXTENT = Extent()


def check_may(
    by: Person, power: str, at: Unit, now: datetime, extent: Extent = NO_EXTENT
) -> Authority:
    """The authority by which this person may use `power` at the unit `at`.

    A post gives it by role, kind and tier (`parameters/powers.yaml`) inside its area;
    otherwise a delegation in force does, inside its area and limits.
    Errors: `NotAllowed` with a sentence that says whom to ask.
    """
    return _authority(by, power, at, now, extent, posts_of(by, now))


def check_may_each(by: Person, power: str, units: Iterable[Unit], now: datetime) -> list[Authority]:
    """`check_may` for many units at once; the person's posts are read only once."""
    posts = posts_of(by, now)
    return [_authority(by, power, unit, now, NO_EXTENT, posts) for unit in units]


def _authority(
    by: Person, power: str, at: Unit, now: datetime, extent: Extent, posts: list[Post]
) -> Authority:
    rule = parameter(f"powers.{power}", localtime(now).date())
    for post in posts:
        if _covers(post.area, at) and _fits(post, rule.value):
            return Authority(power, f"post:{post.pk}", rule.reference)
    workers = [post for post in posts if post.role in rule.value["roles"]]
    lent = delegations_in_force([post.unit for post in workers], power, now)
    for delegation in lent:
        if _covers(delegation.area, at) and _within_limits(delegation, extent):
            return Authority(power, f"delegation:{delegation.pk}", delegation.legal_basis)
    raise NotAllowed(_why_not(by, power, at, now, posts, lent, extent))


def may(by: Person, power: str, at: Unit, now: datetime) -> bool:
    """Whether `check_may` would let this person pass."""
    try:
        check_may(by, power, at, now)
    except NotAllowed:
        return False
    return True


def _covers(area: Unit, at: Unit) -> bool:
    return at.path.startswith(area.path)


def _fits(post: Post, rule: dict[str, list[str]]) -> bool:
    return (
        post.role in rule["roles"] and post.unit.kind in rule["kinds"] and _of_tier(post.unit, rule)
    )


def _of_tier(unit: Unit, rule: dict[str, list[str]]) -> bool:
    return "any" in rule["tiers"] or unit.tier in rule["tiers"]


def _within_limits(delegation: Delegation, extent: Extent) -> bool:
    return (delegation.limit_cents is None or extent.cents <= delegation.limit_cents) and (
        delegation.limit_people is None or extent.people <= delegation.limit_people
    )


def _why_not(
    by: Person,
    power: str,
    at: Unit,
    now: datetime,
    posts: list[Post],
    lent: list[Delegation],
    extent: Extent,
) -> str:
    """One sentence: what is missing and whom to ask."""
    here = {"power": power_name(power), "place": at, "name": by.name}
    over = [d for d in lent if _covers(d.area, at)]
    if over:
        return _(
            "This goes beyond the limit of the power “%(power)s” that %(lender)s lent you. "
            "Ask %(lender)s to do it or to raise the limit."
        ) % {**here, "lender": over[0].lender}
    lent_once = delegations_ended([post.unit for post in posts], power, now)
    ended = [d for d in lent_once if _covers(d.area, at)]
    if ended:
        end = min(filter(None, (ended[0].ends_at, ended[0].revoked_at)))
        return _(
            "The power “%(power)s” lent by %(lender)s ended on %(when)s. "
            "Ask %(lender)s to lend it again."
        ) % {**here, "lender": ended[0].lender, "when": f"{localtime(end):%Y-%m-%d %H:%M}"}
    return _(
        "You do not hold the power “%(power)s” for %(place)s. Ask %(whom)s to do it "
        "or to lend you the power."
    ) % {**here, "whom": _whom_to_ask(power, at, now)}


def _whom_to_ask(power: str, at: Unit, now: datetime) -> str:
    rule = parameter(f"powers.{power}", localtime(now).date()).value
    above = Unit.objects.filter(path__in=at.ancestor_paths()).order_by("-path")
    for unit in above:
        if unit.kind in rule["kinds"] and _of_tier(unit, rule):
            return str(unit)
    return str(above.filter(kind=Kind.AREA).first() or at)


def governments_holding(power: str, at: Unit, now: datetime) -> list[Unit]:
    """The area governments over a place, itself included, whose tier gives a power; nearest first.

    The first of them is asked; the others are the steps by which silence climbs.
    """
    rule = parameter(f"powers.{power}", localtime(now).date()).value
    over = Unit.objects.filter(path__in=at.ancestor_paths(), kind=Kind.AREA).order_by("-path")
    return [unit for unit in over if _of_tier(unit, rule)]


def power_name(power: str) -> str:
    """The power in words a person reads."""
    return _(power.replace("_", " "))


def check_tier(parent: Unit, kind: str, tier: str) -> None:
    """A unit stands no higher than the one it belongs to, and an area below its own area.

    Powers follow the tier of a post's unit: without this, a district could found a city.
    """
    order = list(Tier)
    step = order.index(Tier(tier)) - order.index(Tier(parent.tier))
    if step < (1 if kind == Kind.AREA else 0):
        raise Malformed(
            _("The tier %(tier)s does not fit below %(parent)s (%(above)s). Choose a lower tier.")
            % {"tier": Tier(tier).label, "parent": parent, "above": parent.get_tier_display()},
            details={"tier": _("Choose a lower tier.")},
        )


def check_can_end(post: Post, now: datetime) -> None:
    """A post that is held can be ended, but not the clock's: without it no deadline is kept."""
    if post.role == Role.CLOCK:
        raise NotNow(_("The clock's post keeps all deadlines. It cannot be ended by hand."))
    if post.ends_at is not None and post.ends_at <= now:
        raise NotNow(_("This post has ended already. There is nothing left to do."))
    if post.starts_at >= now:
        raise NotNow(_("This post has only just begun. Try again in a moment."))


def check_can_revoke(delegation: Delegation, now: datetime) -> None:
    """A delegation can be revoked while it has not ended."""
    if delegation.revoked_at is not None:
        raise NotNow(_("This delegation is already revoked. There is nothing left to do."))
    if delegation.ends_at <= now:
        raise NotNow(_("This delegation has ended by itself. There is nothing left to do."))
