"""The fictional city of Linjiang (临江) and its outbreak, from a seed: values only, no database."""

from gongzhi.interfaces.cli.linjiang.build import build_city
from gongzhi.interfaces.cli.linjiang.city import (
    TIERS,
    Area,
    City,
    Facility,
    Firm,
    Hub,
    Item,
    Names,
    Organisation,
    Product,
    River,
    Team,
)
from gongzhi.interfaces.cli.linjiang.distance import distance_km
from gongzhi.interfaces.cli.linjiang.observed import STREAMS, DayCounts, StreamCount
from gongzhi.interfaces.cli.linjiang.outbreak import (
    DayResult,
    Outbreak,
    OutbreakState,
    Truth,
    outbreak,
)
from gongzhi.interfaces.cli.linjiang.people import ROLES, LogIn, build_people
from gongzhi.interfaces.cli.linjiang.spread import Disease
from gongzhi.interfaces.cli.linjiang.voices import FreeReport
from gongzhi.interfaces.cli.linjiang.wards import Ask, FacilityDay, SupplyDay

__all__ = [
    "ROLES",
    "STREAMS",
    "TIERS",
    "Area",
    "Ask",
    "City",
    "DayCounts",
    "DayResult",
    "Disease",
    "Facility",
    "FacilityDay",
    "Firm",
    "FreeReport",
    "Hub",
    "Item",
    "LogIn",
    "Names",
    "Organisation",
    "Outbreak",
    "OutbreakState",
    "Product",
    "River",
    "StreamCount",
    "SupplyDay",
    "Team",
    "Truth",
    "build_city",
    "build_people",
    "distance_km",
    "outbreak",
]
