"""An exercise that a process can be made to hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gongzhi.interfaces.exercises import Exercise

BEGINS = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)


def flood_exercise(folder: Path) -> Exercise:
    """An exercise of ten hours; its clock is not set yet."""
    return Exercise(
        number=3, title={"zh-Hans": "防汛演练", "zh-Hant": "防汛演練", "en": "The flood"},
        hazard="flood", plan="flood", area="C", scenario_digest="0" * 64, seed=1, speed=60,
        begins_at=BEGINS, ends_at=BEGINS + timedelta(hours=10),
        origin="house.example/ledger/exercise/3", house_origin="house.example/ledger",
        house_root="", folder=folder,
    )  # fmt: skip
