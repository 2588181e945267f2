"""Early warning (预警): which places have more cases than their own last days lead one to expect.

`detect` and `detect_many` run one EARS method (C1, C2, C3) over daily counts; `warn` turns the
three of them into a level per place and stream, with every number that made it:

    >>> from datetime import date
    >>> quiet_then_surge = Series("Xinhua", "fever", date(2020, 2, 1), (0,) * 11 + (3,))
    >>> [result] = warn([quiet_then_surge], params=LevelParams(), on=date(2020, 2, 12))
    >>> result.level
    <Level.YELLOW: 'yellow'>

Every series gets an answer: what cannot be judged is a value with a reason, never an exception.
The slow twin is in `reference`.
"""

from .ears import detect, detect_many
from .levels import Cause, Level, LevelResult, Rise
from .looks import STATUSES, Detection, Look, Status
from .params import RUN_DAYS, C3Rule, EarsParams, LevelParams, Method
from .rule import RECENT_DAYS, warn
from .series import MAX_COUNT, Series

__all__ = [
    "MAX_COUNT",
    "RECENT_DAYS",
    "RUN_DAYS",
    "STATUSES",
    "C3Rule",
    "Cause",
    "Detection",
    "EarsParams",
    "Level",
    "LevelParams",
    "LevelResult",
    "Look",
    "Method",
    "Rise",
    "Series",
    "Status",
    "detect",
    "detect_many",
    "warn",
]
