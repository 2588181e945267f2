"""Households, tasks and visits; offers of help, tasks that ask for hands, and call-ups."""

from gongzhi.fieldwork.models.hands import (
    CallUp,
    CallUpPlan,
    HelpCertificate,
    HelpOffer,
    HelpWanted,
    Skill,
)
from gongzhi.fieldwork.models.visits import Household, Task, TaskClimb, Visit

__all__ = [
    "CallUp",
    "CallUpPlan",
    "HelpCertificate",
    "HelpOffer",
    "HelpWanted",
    "Household",
    "Skill",
    "Task",
    "TaskClimb",
    "Visit",
]
