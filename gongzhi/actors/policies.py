"""May this person use this power here, and from where does the power come?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.discretion import NO_EXTENT, Extent, limits_in_words, passed
from gongzhi.actors.lent import limits_beyond, order_of, signature_fault
from gongzhi.actors.models import (
    Delegation,
    Kind,
    Person,
    Post,
    Role,
    Tier,
    Unit,
)
from gongzhi.actors.queries import delegations_ended, delegations_in_force, posts_of
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.ledger.deeds import name_power
from gongzhi.parameters import parameter
from gongzhi.writing import listed, year_and_time


@dataclass(frozen=True)
class Authority:
    """The power used for a deed: its name, where it comes from, its legal basis and whose it is.

    `unit` is that of the post, or the one the power is lent to: for it the deed is done.
    """

    power: str
    source: str
    legal_basis: str
    unit: Unit
    lent: Delegation | None = None

    def __str__(self) -> str:
        return f"{self.power} ({self.source})"


class BeyondDiscretion(NotAllowed):
    """The person holds the power, but not as far as this: the tier above must be asked.

    `beyond` says of each limit passed what was asked and what is allowed.
    """

    def __init__(
        self, sentence: str, *, power: str, place: Unit, extent: Extent, asking: Unit,
        asked: Unit, beyond: dict[str, list[int]],
    ) -> None:  # fmt: skip
        super().__init__(sentence)
        self.power, self.place, self.extent = power, place, extent
        self.asking, self.asked, self.beyond = asking, asked, beyond


def check_may(
    by: Person, power: str, at: Unit, now: datetime, extent: Extent = NO_EXTENT
) -> Authority:
    """The authority by which this person may use `power` at the unit `at`; the deed names it.

    A post gives it by role, kind and tier (`parameters/powers.yaml`) inside its area and within
    the limits of its tier (`parameters/discretion.yaml`); otherwise a delegation in force does,
    inside its area and limits.
    Errors: `NotAllowed` with a sentence that says whom to ask; `BeyondDiscretion` where the
    tier above can be asked to do it.
    """
    authority = authority_of(by, power, at, now, extent)
    name_power(str(authority))
    return authority


def authority_of(
    by: Person, power: str, at: Unit, now: datetime, extent: Extent = NO_EXTENT
) -> Authority:
    """`check_may` for a question that is no use of the power: nothing is named."""
    return _authority(by, power, at, now, extent, posts_of(by, now))


def check_may_by_one(by: Person, ways: list[tuple[str, Unit]], now: datetime) -> Authority:
    """`check_may` where any of several powers will do, each over a unit: the first that is held.

    Errors: those of the last way, where none is held.
    """
    power, at = next((way for way in ways[:-1] if may(by, *way, now)), ways[-1])
    return check_may(by, power, at, now)


def check_may_each(by: Person, power: str, units: Iterable[Unit], now: datetime) -> list[Authority]:
    """`check_may` for many units at once; the person's posts are read only once."""
    posts = posts_of(by, now)
    found = [_authority(by, power, unit, now, NO_EXTENT, posts) for unit in units]
    for authority in found:
        name_power(str(authority))
    return found


def _authority(
    by: Person, power: str, at: Unit, now: datetime, extent: Extent, posts: list[Post]
) -> Authority:
    found, lent = _sought(power, at, now, extent, posts)
    if found is not None:
        return found
    own = _own_posts(power, at, now, posts)
    if own:
        _ask_above(power, at, extent, own[0], now)
    raise NotAllowed(_why_not(by, power, at, now, posts, lent))


def _sought(
    power: str, at: Unit, now: datetime, extent: Extent, posts: list[Post]
) -> tuple[Authority | None, list[Delegation]]:
    """The authority that these posts give, if they do, and what is lent to their units."""
    rule = parameter(f"powers.{power}", localtime(now).date())
    for post in _own_posts(power, at, now, posts):
        if not passed(power, post.unit.tier, extent, now):
            return Authority(power, f"post:{post.pk}", rule.reference, post.unit), []
    workers = [post for post in posts if post.role in rule.value["roles"]]
    lent = delegations_in_force([post.unit for post in workers], power, now)
    for delegation in lent:
        if usable(delegation, power, at, extent, now):
            source, basis = f"delegation:{delegation.pk}", delegation.legal_basis
            return Authority(power, source, basis, delegation.borrower, delegation), lent
    return None, lent


def _own_posts(power: str, at: Unit, now: datetime, posts: list[Post]) -> list[Post]:
    """Those of the posts that give the power over this place, however far it reaches."""
    rule = parameter(f"powers.{power}", localtime(now).date()).value
    return [post for post in posts if _covers(post.area, at) and _fits(post, rule)]


def usable(delegation: Delegation, power: str, at: Unit, extent: Extent, now: datetime) -> bool:
    """Whether a power that is lent with others reaches so far, and is what was signed.

    What was lent on reaches no further than what it was lent from, and no power reaches further
    than the tier that first lent it.
    """
    chain = [delegation, *([delegation.lent_from] if delegation.lent_from else [])]
    return (
        all(power in d.powers for d in chain)
        and all(_covers(d.area, at) and _within_limits(d, at, extent) for d in chain)
        and all(d.in_force(now) for d in chain)
        and not passed(power, chain[-1].lender.tier, extent, now)
        and not any(map(signature_fault, chain))
    )


def _ask_above(power: str, at: Unit, extent: Extent, post: Post, now: datetime) -> None:
    """Say who above can do what goes beyond the limits of a post's tier.

    Errors: `BeyondDiscretion`, where there is such a tier.
    """
    beyond = passed(power, post.unit.tier, extent, now)
    for unit in tiers_to_ask(power, post.unit, extent, now):
        raise BeyondDiscretion(
            _(
                "This goes beyond the limit of your tier for the power “%(power)s”: %(limits)s. "
                "Ask %(whom)s to do it."
            )
            % {
                "power": power_name(power), "limits": limits_in_words(beyond),
                "whom": holder(unit, power, now),
            },
            power=power, place=at, extent=extent, asking=post.unit, asked=unit, beyond=beyond,
        )  # fmt: skip


def tiers_to_ask(power: str, below: Unit, extent: Extent, now: datetime) -> list[Unit]:
    """The governments above a unit that may use a power so far, the nearest first."""
    return [
        unit
        for unit in governments_holding(power, below, now)
        if unit.path != below.path and not passed(power, unit.tier, extent, now)
    ]


def may(by: Person, power: str, at: Unit, now: datetime) -> bool:
    """Whether `check_may` would let this person pass: a question, so no power is named."""
    return _sought(power, at, now, NO_EXTENT, posts_of(by, now))[0] is not None


def _covers(area: Unit, at: Unit) -> bool:
    return at.path.startswith(area.path)


def _fits(post: Post, rule: dict[str, list[str]]) -> bool:
    return (
        post.role in rule["roles"] and post.unit.kind in rule["kinds"] and _of_tier(post.unit, rule)
    )


def _of_tier(unit: Unit, rule: dict[str, list[str]]) -> bool:
    return "any" in rule["tiers"] or unit.tier in rule["tiers"]


def _within_limits(delegation: Delegation, at: Unit, extent: Extent) -> bool:
    limits = (delegation.limit_cents, delegation.limit_people, delegation.limit_days)
    asked = (extent.cents, extent.people, extent.days)
    narrow = not delegation.limit_tier or order_of(at.tier) >= order_of(delegation.limit_tier)
    return narrow and all(
        limit is None or n <= limit for n, limit in zip(asked, limits, strict=True)
    )


def _why_not(
    by: Person, power: str, at: Unit, now: datetime, posts: list[Post], lent: list[Delegation]
) -> str:
    """One sentence: what is missing and whom to ask, by unit and post."""
    here = {"power": power_name(power), "place": at, "name": by.name}
    here_lent = [d for d in lent if _covers(d.area, at)]
    if here_lent and any(map(signature_fault, here_lent)):
        return _(
            "The power “%(power)s” that %(lender)s lent you is not what was signed. "
            "Ask %(whom)s to lend it again."
        ) % {**here, **_lender(here_lent[0], now)}
    if here_lent:
        return _(
            "This goes beyond the limit of the power “%(power)s” that %(lender)s lent you. "
            "Ask %(whom)s to do it or to raise the limit."
        ) % {**here, **_lender(here_lent[0], now)}
    lent_once = delegations_ended([post.unit for post in posts], power, now)
    ended = [d for d in lent_once if _covers(d.area, at)]
    if ended:
        end = min(filter(None, (ended[0].ends_at, ended[0].revoked_at)))
        return _(
            "The power “%(power)s” lent by %(lender)s ended on %(when)s. "
            "Ask %(whom)s to lend it again."
        ) % {**here, **_lender(ended[0], now), "when": year_and_time(end)}
    return _(
        "You do not hold the power “%(power)s” for %(place)s. Ask %(whom)s to do it "
        "or to lend you the power."
    ) % {**here, "whom": _whom_to_ask(power, at, now)}


def _lender(delegation: Delegation, now: datetime) -> dict[str, object]:
    return {"lender": delegation.lender, "whom": holder(delegation.lender, "delegate", now)}


def holder(unit: Unit, power: str, now: datetime) -> str:
    """A unit with the post that holds a power there: whom to ask."""
    roles = parameter(f"powers.{power}", localtime(now).date()).value["roles"]
    role = next(role for role in (*roles, Role.COMMANDER) if role != Role.CLOCK)
    return _("%(unit)s (%(post)s)") % {"unit": unit, "post": Role(role).label}


def _whom_to_ask(power: str, at: Unit, now: datetime) -> str:
    rule = parameter(f"powers.{power}", localtime(now).date()).value
    above = Unit.objects.filter(path__in=at.ancestor_paths()).order_by("-path")
    for unit in above:
        if unit.kind in rule["kinds"] and _of_tier(unit, rule):
            return holder(unit, power, now)
    return holder(above.filter(kind=Kind.AREA).first() or at, "delegate", now)


def governments_holding(power: str, at: Unit, now: datetime) -> list[Unit]:
    """The area governments over a place, itself included, whose tier gives a power; nearest first.

    The first of them is asked; the others are the steps by which silence climbs.
    """
    rule = parameter(f"powers.{power}", localtime(now).date()).value
    over = Unit.objects.filter(path__in=at.ancestor_paths(), kind=Kind.AREA).order_by("-path")
    return [unit for unit in over if _of_tier(unit, rule)]


def holder_above(power: str, unit: Unit, now: datetime) -> Unit | None:
    """The nearest government above a unit whose tier gives a power; None at the top."""
    over = governments_holding(power, unit, now)
    return next((one for one in over if one.path != unit.path), None)


def holds_by_kind(unit: Unit, power: str, now: datetime) -> bool:
    """Whether posts in a unit of this kind and tier give a power."""
    rule = parameter(f"powers.{power}", localtime(now).date()).value
    return unit.kind in rule["kinds"] and _of_tier(unit, rule)


def power_name(power: str) -> str:
    """The power in words a person reads."""
    return _(power.replace("_", " "))


def power_names(powers: Iterable[str]) -> str:
    """Powers in words a person reads."""
    return listed(map(power_name, powers))


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


def check_may_take_back(by: Person, delegation: Delegation, now: datetime) -> None:
    """A lent power is taken back by whoever may lend there, or who lent it on."""
    if delegation.lent_from_id and _commands(by, delegation.lender, now):
        return
    check_may(by, "delegate", delegation.lender, now)


def _commands(by: Person, unit: Unit, now: datetime) -> bool:
    return any(p.unit_id == unit.pk and p.role == Role.COMMANDER for p in posts_of(by, now))


def check_can_revoke(delegation: Delegation, now: datetime) -> None:
    """A delegation can be revoked while it has not ended."""
    if delegation.revoked_at is not None:
        raise NotNow(_("This delegation is already revoked. There is nothing left to do."))
    if delegation.ends_at <= now:
        raise NotNow(_("This delegation has ended by itself. There is nothing left to do."))


def check_may_lend(
    by: Person, lender: Unit, powers: list[str], area: Unit, now: datetime
) -> Delegation | None:
    """Powers of one's post are lent by whoever may; lent ones only where that is allowed.

    Returns the delegation they are lent on from, None for powers of the lender's own.
    """
    lent = [d for p in powers if (d := authority_of(by, p, area, now).lent) is not None]
    if not lent and may(by, "delegate", lender, now):
        check_may(by, "delegate", lender, now)
        return None
    above = _to_lend_on(lender, powers, area, now)
    if above is not None and _commands(by, lender, now):
        for power in powers:
            name_power(f"{power} (delegation:{above.pk})")
        return above
    check_may(by, "delegate", lender, now)
    if 0 < len(lent) < len(powers):
        raise NotNow(_("Some of these powers are themselves lent. Lend them and your own apart."))
    raise NotNow(
        _("This power is itself lent and cannot be lent on. Ask %(whom)s, its first holder.")
        % {"whom": _lender(lent[0], now)["whom"] if lent else lender}
    )


def _to_lend_on(lender: Unit, powers: list[str], area: Unit, now: datetime) -> Delegation | None:
    """What was lent to a unit with all of these powers and may be lent on over an area."""
    held = delegations_in_force([lender], powers[0], now)
    return next(
        (d for d in held if d.onward and all(usable(d, p, area, NO_EXTENT, now) for p in powers)),
        None,
    )


def check_inside(delegation: Delegation, above: Delegation) -> None:
    """What is lent on reaches no further than what it was lent from."""
    over = limits_beyond(delegation, above)
    if over:
        raise Malformed(
            _("This reaches beyond what was lent to you. Ask %(whom)s, or stay within it.")
            % {"whom": _lender(above, delegation.starts_at)["whom"]},
            details={name: _("Stay within what was lent to you.") for name in over},
        )
