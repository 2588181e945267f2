"""Units in a tree of tiers, people in posts, powers lent for a time."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.ledger.records import Record
from gongzhi.writing import tongue

STEP = 5
"""Digits per level in a unit's path: up to 100,000 children each."""


class Tier(models.TextChoices):
    """Tiers of government (省 市 区 街道 社区 网格)."""

    PROVINCE = "province", _("province")
    CITY = "city", _("city")
    DISTRICT = "district", _("district")
    STREET = "street", _("street")
    COMMUNITY = "community", _("community")
    GRID = "grid", _("grid")


class Kind(models.TextChoices):
    """Kinds of unit that take part."""

    AREA = "area", _("area government")
    DEPARTMENT = "department", _("department")
    HOSPITAL = "hospital", _("health facility")
    FIRM = "firm", _("firm")
    SUPPLIER = "supplier", _("supplier")
    LOGISTICS = "logistics", _("logistics firm")
    SOCIAL = "social", _("social organisation")
    VOLUNTEERS = "volunteers", _("volunteer team")
    TASK_FORCE = "task_force", _("task force")


class Role(models.TextChoices):
    """What a person does in a post."""

    COMMANDER = "commander", _("commander")
    OFFICER = "officer", _("duty officer")
    EXPERT = "expert", _("expert")
    GRID_WORKER = "grid_worker", _("grid worker")
    CLERK = "clerk", _("clerk")
    LEAD = "lead", _("team lead")
    OVERSIGHT = "oversight", _("oversight")
    CLOCK = "clock", _("the clock")


class Unit(Record):
    """A member of the platform: an area of government or an organisation in one."""

    SCOPE = ("path",)

    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    tier = models.CharField(max_length=12, choices=Tier)
    code = models.CharField(max_length=20, unique=True)
    subject = models.CharField(max_length=24, blank=True)
    name = models.CharField(max_length=120)
    name_hant = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=160, blank=True)
    population = models.PositiveIntegerField(null=True)
    households = models.PositiveIntegerField(null=True)
    persons_65_plus = models.PositiveIntegerField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    class Privacy:
        public = (
            "parent", "path", "kind", "tier", "code", "subject", "name", "name_hant", "name_en",
            "population", "households", "persons_65_plus", "lon", "lat",
        )  # fmt: skip
        keep = "organisation"

    class Meta:
        indexes = [models.Index(fields=["kind", "tier"])]

    def __str__(self) -> str:
        names = {"en": self.name_en, "hant": self.name_hant}
        return names.get(tongue()) or self.name

    @property
    def depth(self) -> int:
        """Number of levels from the root, 1 for the root itself."""
        return len(self.path) // STEP

    def ancestor_paths(self) -> list[str]:
        """Paths from the root down to this unit itself."""
        return [self.path[:n] for n in range(STEP, len(self.path) + 1, STEP)]


class Boundary(Record):
    """The outline of an area as GeoJSON geometry (WGS 84, longitude and latitude)."""

    SCOPE = ("unit__path",)

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="boundary")
    geometry = models.JSONField()

    class Privacy:
        public = ("unit", "geometry")
        keep = "organisation"


class Facility(Record):
    """A place where something is done or kept: hospital, fever clinic, hub, shelter."""

    SCOPE = ("unit__path", "place__path")

    class FacilityKind(models.TextChoices):
        HOSPITAL = "hospital", _("hospital")
        CLINIC = "clinic", _("fever clinic")
        HEALTH_CENTRE = "health_centre", _("community health centre")
        HUB = "hub", _("hub")
        SHELTER = "shelter", _("shelter")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="facilities")
    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=FacilityKind)
    name = models.CharField(max_length=120)
    name_hant = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=160, blank=True)
    beds = models.PositiveIntegerField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    class Privacy:
        public = (
            "unit", "place", "kind", "name", "name_hant", "name_en", "beds", "lon", "lat",
        )  # fmt: skip
        keep = "organisation"

    __str__ = Unit.__str__


class People(BaseUserManager["Person"]):
    """Finds a person by log-in name."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(login=username)


class Person(AbstractBaseUser, Record):
    """Somebody who logs in."""

    SCOPE = ("posts__unit__path",)
    USERNAME_FIELD = "login"

    login = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)

    objects = People()

    class Privacy:
        official = ("login", "language", "is_active", "last_login", "name")
        personal = ("phone",)
        sensitive = ("password",)
        keep = "account"
        keep_personal = "account"

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> str:
        """The number alone: the ledger never holds a name."""
        return f"person:{self.pk}"


class Post(Record):
    """A person in a unit with a role, over an area, from a day to a day (岗位)."""

    SCOPE = ("unit__path",)

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    area = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Role)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Privacy:
        official = ("person", "unit", "area", "role", "starts_at", "ends_at")
        keep = "organisation"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="post_dates_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.unit}"


class LogInAttempt(Record):
    """A failed log-in, counted so that guessing is slow."""

    SCOPE = ("unit_path",)

    login = models.CharField(max_length=60)
    address = models.CharField(max_length=60)
    at = models.DateTimeField()
    unit_path = models.CharField(max_length=80, blank=True)

    class Privacy:
        official = ("at", "unit_path")
        personal = ("login", "address")
        keep = "attempt"
        keep_personal = "attempt"

    class Meta:
        indexes = [
            models.Index(fields=["login", "at"]),
            models.Index(fields=["address", "at"]),
        ]
