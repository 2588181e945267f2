"""Watches that every change of state made by the product is a move the model allows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import QuerySet
from django.db.models.signals import pre_save


class Moves:
    """The moves seen while a test ran, and those that no table allows."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str, str]] = set()
        self.forbidden: list[str] = []

    def note(self, model: Any, before: str, after: str) -> None:
        """Compare one change with the model's table."""
        if before == after:
            return
        self.seen.add((model._meta.label, before, after))
        if after not in model.MOVES[before]:
            self.forbidden.append(f"{model._meta.label}: {before} → {after}")


def by_the_product() -> bool:
    """Whether the product itself, and not a test that sets its scene, is writing."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("gongzhi."):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


@pytest.fixture
def moves_respected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moves]:
    """Fails a test in which the product changes a state as its table does not allow."""
    moves = Moves()

    def saved(sender: Any, instance: Any, update_fields: Any, **_: Any) -> None:
        kept = update_fields is not None and "state" not in update_fields
        if not hasattr(sender, "MOVES") or instance._state.adding or kept or not by_the_product():
            return
        moves.note(sender, sender._base_manager.get(pk=instance.pk).state, instance.state)

    plain_update = QuerySet.update

    def update(self: Any, **changes: Any) -> int:
        if "state" in changes and hasattr(self.model, "MOVES") and by_the_product():
            for before in set(self.order_by().values_list("state", flat=True)):
                moves.note(self.model, before, changes["state"])
        return plain_update(self, **changes)

    monkeypatch.setattr(QuerySet, "update", update)
    pre_save.connect(saved, weak=False)
    yield moves
    pre_save.disconnect(saved)
    assert moves.forbidden == []
