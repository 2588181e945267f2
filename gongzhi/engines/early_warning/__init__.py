from .ears import detect, detect_many
from .levels import Cause, Level, LevelResult, Rise
from .looks import Detection, Look, Status
from .params import C3Rule, EarsParams, LevelParams, Method
from .rule import warn
from .series import Series
