"""The evidence that a played person gives with an order: what the order asks for, and no more."""

from __future__ import annotations

from typing import Any

from gongzhi.command.order_policies import EVIDENCE_FIELDS
from gongzhi.command.plan_values import EVIDENCE


def evidence_for(
    order: Any, *, photo: str, measured: str, paper: str, count: int
) -> dict[str, Any]:
    """The inputs of `finish_order` for the kinds of evidence that an order asks for."""
    given = dict(zip(EVIDENCE, zip(EVIDENCE_FIELDS, (photo, measured, paper, count), strict=True),
                     strict=True))  # fmt: skip
    return dict(given[kind] for kind in EVIDENCE if kind in order.evidence_kinds)
