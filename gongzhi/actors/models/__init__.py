"""The records of this room: units, people and posts; powers lent, asked for and reviewed."""

from gongzhi.actors.models.access import (
    AccessClimb,
    AccessNotice,
    EmergencyAccess,
    NoticeClimb,
)
from gongzhi.actors.models.lending import (
    Delegation,
    Draw,
    PowerRequest,
    RequestClimb,
    ReviewClimb,
    UseReview,
)
from gongzhi.actors.models.units import (
    STEP,
    Boundary,
    Facility,
    Kind,
    LogInAttempt,
    People,
    Person,
    Post,
    Role,
    Tier,
    Unit,
)

__all__ = [
    "STEP",
    "AccessClimb",
    "AccessNotice",
    "Boundary",
    "Delegation",
    "Draw",
    "EmergencyAccess",
    "Facility",
    "Kind",
    "LogInAttempt",
    "NoticeClimb",
    "People",
    "Person",
    "Post",
    "PowerRequest",
    "RequestClimb",
    "ReviewClimb",
    "Role",
    "Tier",
    "Unit",
    "UseReview",
]  # fmt: skip
