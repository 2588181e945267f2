"""Where goods went and where they were lost or broken: the trace of one dispatch (捐赠溯源)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.supply.models import Dispatch
from gongzhi.supply.words import count
from gongzhi.writing import in_a_row


@dataclass(frozen=True)
class Step:
    """One hop: what was taken over, and what the hop before gave but did not come.

    Pieces. `after` names the place the goods came from.
    """

    hop: int
    place: str
    after: str
    at: datetime
    good: int
    damaged: int
    missing: int
    is_final: bool
    note: str

    @property
    def harm(self) -> int:
        """Pieces damaged or missing on the way to this hop."""
        return self.damaged + self.missing


@dataclass(frozen=True)
class Trace:
    """One dispatch from the giver to the receiver, hop by hop."""

    dispatch: Dispatch
    giver: str
    receiver: str
    steps: tuple[Step, ...]

    @property
    def good(self) -> int:
        """Good pieces at the last hop, or all that were sent when there is none yet."""
        return self.steps[-1].good if self.steps else self.dispatch.quantity

    @property
    def worst(self) -> Step | None:
        """The hop on whose way most was damaged or missing."""
        harmed = [step for step in self.steps if step.harm]
        return max(harmed, key=lambda step: step.harm) if harmed else None

    @property
    def sentence(self) -> str:
        """How much arrived and where the rest was lost, in words."""
        if self.dispatch.state == Dispatch.State.LOST:
            return _("%(sent)s sent, all lost after %(place)s: %(why)s.") % {
                "sent": count(self.dispatch.quantity),
                "place": self.steps[-1].place if self.steps else self.giver,
                "why": self.dispatch.reason_lost.rstrip(".。"),
            }
        told = _("%(good)s of %(sent)s good at %(place)s.") % {
            "good": count(self.good),
            "sent": count(self.dispatch.quantity),
            "place": self.steps[-1].place if self.steps else self.giver,
        }
        return in_a_row([told, *(_harm(step) for step in self.steps if step.harm)])


def _harm(step: Step) -> str:
    return _("Between %(after)s and %(place)s: %(damaged)s damaged, %(missing)s missing.") % {
        "after": step.after,
        "place": step.place,
        "damaged": count(step.damaged),
        "missing": count(step.missing),
    }


def trace(dispatch: Dispatch) -> Trace:
    """The trace of a dispatch: every receipt, and what went missing between two of them."""
    giver, need = dispatch.allocation.offer.unit, dispatch.allocation.need
    steps: list[Step] = []
    before, place = dispatch.quantity, str(giver)
    for row in dispatch.handovers.order_by("hop"):
        missing = before - row.quantity_good - row.quantity_damaged
        steps.append(
            Step(
                hop=row.hop, place=row.place, after=place, at=row.taken_at, good=row.quantity_good,
                damaged=row.quantity_damaged, missing=missing, is_final=row.is_final, note=row.note,
            )
        )  # fmt: skip
        before, place = row.quantity_good, row.place
    return Trace(dispatch, str(giver), str(need.facility or need.unit), tuple(steps))
