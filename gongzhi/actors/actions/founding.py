"""Found units, appoint people to posts, end posts, log in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.codes import BY_CODE, PAUSE, TRIES
from gongzhi.actors.models import (
    STEP,
    Boundary,
    Facility,
    Kind,
    LogInAttempt,
    Person,
    Post,
    Role,
    Tier,
    Unit,
)  # fmt: skip
from gongzhi.actors.policies import check_can_end, check_may, check_tier
from gongzhi.actors.queries import forget_posts
from gongzhi.errors import Malformed, NotAllowed, NotNow, TooMany
from gongzhi.ledger.actions import append
from gongzhi.ledger.bulk import batches
from gongzhi.ledger.deeds import deed

Name = Annotated[str, Field(min_length=1, max_length=80)]
Login = Annotated[str, Field(min_length=1, max_length=60)]
Code = Annotated[str, Field(min_length=1, max_length=20)]


def _next_path(parent: Unit | None) -> str:
    if parent is not None:  # two who add below the same unit come one after the other
        Unit.objects.select_for_update(of=("self",)).get(pk=parent.pk)
    last = Unit.objects.filter(parent=parent).aggregate(last=Max("path"))["last"]
    return _path_after(last or "", parent)


def _path_after(last: str, parent: Unit | None) -> str:
    """The path of a unit's next member, after the one with the path `last` (empty: none yet)."""
    number = int(last[-STEP:]) + 1 if last else 1
    if number >= 10**STEP:
        raise NotNow(_("This unit already has as many members as it can hold."))
    return (parent.path if parent else "") + f"{number:0{STEP}d}"


@deed(by_hand=False)
def found_house(*, login: Login, password: str, name: Name, now: datetime) -> Person:
    """Make the first unit's place: the clock, and the person who sets everything up.

    Only an empty house can be founded; afterwards people are appointed by people.
    """
    if Person.objects.exists():
        raise NotNow(_("This house is founded already. Log in and appoint people."))
    person = Person(login=login, name=name)
    person.set_password(password)
    person.save()
    append(verb="actors.found_house", subject=person, place=None, by=person, now=now)
    return person


@deed(by_hand=False)
def found_root(
    *, code: Code, name: Name, tier: Tier, name_hant: str = "", name_en: str = "", by: Person,
    now: datetime,
) -> Unit:  # fmt: skip
    """Make the root of the tree and put the founder in command of it."""
    if Unit.objects.exists():
        raise NotNow(_("There is a root already. Found units below it."))
    unit = Unit.objects.create(
        path=_next_path(None), kind=Kind.AREA, tier=tier, code=code, name=name,
        name_hant=name_hant, name_en=name_en,
    )  # fmt: skip
    for role in (Role.COMMANDER, Role.CLOCK):
        Post.objects.create(person=by, unit=unit, area=unit, role=role, starts_at=now)
    forget_posts()
    append(verb="actors.found_root", subject=unit, place=unit, by=by, now=now, code=code)
    return unit


def log_in(*, login: str, password: str, address: str, now: datetime) -> Person:
    """The person with this log-in and password; guessing is slowed down.

    Errors: `TooMany` after five failures in fifteen minutes, `NotAllowed` otherwise.
    """
    recent = LogInAttempt.objects.filter(at__gt=now - PAUSE, at__lte=now).exclude(login=BY_CODE)
    if (
        recent.filter(login=login[:60]).count() >= TRIES
        or recent.filter(address=address[:60]).count() >= 10 * TRIES
    ):
        raise TooMany(_("Too many failed log-ins. Wait fifteen minutes and try again."))
    person = Person.objects.filter(login=login, is_active=True).first()
    if person is None:
        make_password(password)  # takes as long as for a name that exists
    if person is None or not person.check_password(password):
        LogInAttempt.objects.create(login=login[:60], address=address[:60], at=now)
        raise NotAllowed(_("The log-in or the password is not right. Check both and try again."))
    person.last_login = now
    person.save(update_fields=["last_login"])
    return person


@deed()
def found_unit(
    *, parent: Unit, code: Code, name: Name, kind: Kind, tier: Tier, by: Person, now: datetime
) -> Unit:
    """Add a unit below another."""
    check_may(by, "found_units", parent, now)
    return open_unit(parent=parent, code=code, name=name, kind=kind, tier=tier, by=by, now=now)


def open_unit(
    *, parent: Unit, code: str, name: str, kind: Kind, tier: str, by: Person, now: datetime
) -> Unit:
    """Add a unit for a deed that has asked for a power of its own."""
    check_tier(parent, kind, tier)
    if Unit.objects.filter(code=code).exists():
        raise NotNow(_("The code %(code)s is taken. Choose another one.") % {"code": code})
    unit = Unit.objects.create(
        parent=parent, path=_next_path(parent), kind=kind, tier=tier, code=code, name=name
    )
    append(verb="actors.found_unit", subject=unit, place=unit, by=by, now=now, code=code)
    return unit


@deed(by_hand=False)
def found_units(*, parent: Unit, units: list[dict[str, Any]], by: Person, now: datetime) -> int:
    """Add many units at once, parents before children; one ledger line for all.

    Each dict holds the fields of `Unit` with `parent_code` instead of parent and path,
    and optionally `boundary` (GeoJSON geometry). Returns how many were added.
    """
    check_may(by, "found_units", parent, now)
    known, last = _below(parent, {given["parent_code"] for given in units})
    unsaved: list[Unit] = []
    boundaries: list[Boundary] = []
    for given in units:
        values = dict(given)
        boundary = values.pop("boundary", None)
        above = known[values.pop("parent_code")]
        if above.pk is None:
            Unit.objects.bulk_create(unsaved)
            unsaved = []
        path = last[above.path] = _path_after(last.get(above.path, ""), above)
        unit = Unit(parent=above, path=path, **values)
        unsaved.append(unit)
        known[unit.code] = unit
        if boundary:
            boundaries.append(Boundary(unit=unit, geometry=boundary))
    Unit.objects.bulk_create(unsaved)
    Boundary.objects.bulk_create(boundaries)
    append(
        verb="actors.found_units", subject=parent, place=parent, by=by, now=now, count=len(units)
    )
    return len(units)


def _below(parent: Unit, codes: set[str]) -> tuple[dict[str, Unit], dict[str, str]]:
    """The units of a subtree by code, and the path of the last member by the path it is below.

    The units with these codes are held before anything is read: two who add below the same unit
    come one after the other.
    """
    for some in batches(sorted(codes)):
        list(Unit.objects.select_for_update(of=("self",)).filter(code__in=some).order_by("path"))
    below = Unit.objects.filter(path__startswith=parent.path).order_by("path")
    known = {unit.code: unit for unit in below}
    return known, {unit.path[:-STEP]: unit.path for unit in known.values()}


@deed(by_hand=False)
def open_facilities(
    *, area: Unit, facilities: list[dict[str, Any]], by: Person, now: datetime
) -> int:
    """Add facilities: each dict holds the fields of `Facility`, `unit` and `place` as units."""
    check_may(by, "found_units", area, now)
    made = Facility.objects.bulk_create(Facility(**values) for values in facilities)
    append(verb="actors.open_facilities", subject=area, place=area, by=by, now=now, count=len(made))
    return len(made)


@deed()
def appoint(
    *,
    unit: Unit,
    login: Login,
    name: Name,
    password: Annotated[str, Field(max_length=128)],
    role: Role,
    area: Unit | None = None,
    ends_at: datetime | None = None,
    by: Person,
    now: datetime,
) -> Post:
    """Give a person a post in a unit, over the unit's own area or a named one."""
    check_may(by, "appoint", unit, now)
    if area is not None:
        check_may(by, "appoint", area, now)
    if role == Role.CLOCK:
        raise Malformed(_("Only the founder holds the clock. Choose another role."))
    return give_post(
        person=person_called(login, name, password), unit=unit, area=area, role=role,
        ends_at=ends_at, by=by, now=now,
    )  # fmt: skip


def person_called(login: str, name: str, password: str) -> Person:
    """Who has this log-in, or a new person with it.

    Errors: `Malformed` where a new person's password is too weak.
    """
    person = Person.objects.filter(login=login).first()
    if person is None:
        person = Person(login=login, name=name)
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise Malformed(
                " ".join(error.messages), details={"password": " ".join(error.messages)}
            ) from None
        person.set_password(password)
        person.save()
    return person


def give_post(
    *,
    person: Person,
    unit: Unit,
    role: Role,
    ends_at: datetime | None,
    by: Person,
    now: datetime,
    area: Unit | None = None,
) -> Post:
    """Give a person a post, for a deed that has asked for a power of its own."""
    if ends_at is not None and ends_at <= now:
        raise Malformed(_("The post would end before it begins. Give a later end."))
    post = Post.objects.create(
        person=person, unit=unit, area=area or unit, role=role, starts_at=now, ends_at=ends_at
    )
    forget_posts()
    append(
        verb="actors.appoint", subject=post, place=unit, by=by, now=now,
        person=person.ref, role=role, area=(area or unit).path,
    )  # fmt: skip
    return post


@deed(by_hand=False)
def appoint_many(
    *, area: Unit, posts: list[dict[str, Any]], password_hash: str, by: Person, now: datetime
) -> int:
    """Give many people their posts at once (a drill's cast); one ledger line for all.

    Each dict holds login, name, unit, area and role. All get the same password hash.
    """
    check_may(by, "appoint", area, now)
    people = [Person(login=p["login"], name=p["name"], password=password_hash) for p in posts]
    Person.objects.bulk_create(people)
    Post.objects.bulk_create(
        Post(person=person, unit=p["unit"], area=p["area"], role=p["role"], starts_at=now)
        for person, p in zip(people, posts, strict=True)
    )
    forget_posts()
    append(verb="actors.appoint_many", subject=area, place=area, by=by, now=now, count=len(posts))
    return len(posts)


@deed()
def end_post(*, post: Post, by: Person, now: datetime) -> Post:
    """End a post now."""
    check_may(by, "appoint", post.unit, now)
    return take_post_back(post=post, by=by, now=now)


def take_post_back(*, post: Post, by: Person, now: datetime) -> Post:
    """End a post now, for a deed that has asked for a power of its own."""
    check_can_end(post, now)
    post.change(ends_at=now)
    forget_posts()
    append(verb="actors.end_post", subject=post, place=post.unit, by=by, now=now)
    return post


@deed(by_hand=False)
def extend_posts(*, unit: Unit, ends_at: datetime, by: Person, now: datetime) -> int:
    """Let all posts of a unit that still run end at another time; one ledger line for all.

    Returns how many posts were changed.
    """
    running = Post.objects.filter(unit=unit, starts_at__lt=ends_at)
    number = running.filter(Q(ends_at=None) | Q(ends_at__gte=min(now, ends_at))).update(
        ends_at=ends_at
    )
    forget_posts()
    append(
        verb="actors.extend_posts", subject=unit, place=unit, by=by, now=now, count=number,
        ends_at=ends_at,
    )  # fmt: skip
    return number
