"""How calls go in an area: open ones by age and by called unit, times, scores, reopened ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.queries import visible
from gongzhi.command.models import CallAnswer, StreetCall
from gongzhi.command.queries.calls import BUSY, SILENT

WINDOW = timedelta(days=90)
"""Calls raised within this time count, and all that are open."""
HOUR = timedelta(hours=1)
BANDS = (HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR, 72 * HOUR)
"""Ages at which a band ends; the last band has no end."""


@dataclass(frozen=True)
class AgeBand:
    """Open calls of an age: from `low` up to `high` (None without end)."""

    low: timedelta
    high: timedelta | None
    calls: int


@dataclass(frozen=True)
class UnitFigures:
    """How one called unit answers. Times are medians from the call on; score 1 to 5, a mean."""

    unit: Unit
    called: int
    silent: int
    under_way: int
    climbed: int
    to_answer: timedelta | None
    to_done: timedelta | None
    scores: int
    score: float | None
    closed: int
    reopened: int

    @property
    def open(self) -> int:
        """Calls in which it still has something to do."""
        return self.silent + self.under_way

    @property
    def reopen_percent(self) -> float | None:
        """Closed calls that it had finished and that were reopened, in percent."""
        return 100 * self.reopened / self.closed if self.closed else None


@dataclass(frozen=True)
class CallFigures:
    """The calls that a person sees, as figures."""

    ages: tuple[AgeBand, ...]
    units: tuple[UnitFigures, ...]
    to_answer: timedelta | None
    to_done: timedelta | None
    closed: int
    reopened: int

    @property
    def open(self) -> int:
        """Open calls."""
        return sum(band.calls for band in self.ages)

    @property
    def reopen_percent(self) -> float | None:
        """Closed calls that were reopened, in percent."""
        return 100 * self.reopened / self.closed if self.closed else None


def call_figures(by: Person, now: datetime) -> CallFigures:
    """The calls of one's area as figures; five statements however many there are."""
    seen = visible(StreetCall, by, now)
    counted = seen.filter(Q(state=StreetCall.State.OPEN) | Q(raised_at__gte=now - WINDOW))
    again = StreetCall.objects.filter(reopens=OuterRef("pk"))
    calls = {call.pk: call for call in counted.annotate(again=Exists(again))}
    answers = list(_answers(visible(CallAnswer, by, now), list(calls)))
    by_unit: dict[Unit, list[CallAnswer]] = defaultdict(list)
    for answer in answers:
        answer.call = calls[answer.call_id]
        by_unit[answer.department].append(answer)
    units = (_unit_figures(unit, found) for unit, found in by_unit.items())
    closed = [call for call in calls.values() if call.state == StreetCall.State.CLOSED]
    return CallFigures(
        ages=_bands([now - c.raised_at for c in calls.values() if c.closed_at is None]),
        units=tuple(sorted(units, key=lambda f: (-f.open, -f.called, f.unit.path))),
        to_answer=_to_answer(answers), to_done=_to_done(answers), closed=len(closed),
        reopened=sum(_again(call) for call in closed),
    )  # fmt: skip


def _answers(seen: QuerySet[CallAnswer], calls: list[int]) -> QuerySet[CallAnswer]:
    found = seen.filter(call__in=calls).annotate(climbed=Count("climbs"))
    return found.select_related("department").order_by("id")


def _again(call: StreetCall) -> bool:
    return bool(getattr(call, "again", False))


def _bands(ages: Iterable[timedelta]) -> tuple[AgeBand, ...]:
    known = list(ages)
    edges = [timedelta(0), *BANDS, None]
    return tuple(
        AgeBand(low, high, sum(low <= age and (high is None or age < high) for age in known))
        for low, high in pairwise(edges)
        if low is not None
    )


def _unit_figures(unit: Unit, answers: list[CallAnswer]) -> UnitFigures:
    opened = [a for a in answers if a.call.state == StreetCall.State.OPEN]
    closed = [a for a in answers if a.call.state == StreetCall.State.CLOSED]
    finished = [a.call for a in closed if a.state == CallAnswer.State.DONE]
    scores = [a.score for a in answers if a.score is not None]
    return UnitFigures(
        unit=unit, called=len(answers), silent=sum(a.state in SILENT for a in opened),
        under_way=sum(a.state in BUSY for a in opened),
        climbed=sum(getattr(a, "climbed", 0) > 0 for a in answers),
        to_answer=_to_answer(answers), to_done=_to_done(answers), scores=len(scores),
        score=sum(scores) / len(scores) if scores else None, closed=len(finished),
        reopened=sum(_again(call) for call in finished),
    )  # fmt: skip


def _to_answer(answers: Iterable[CallAnswer]) -> timedelta | None:
    return _median(a.answered_at - a.call.raised_at for a in answers if a.answered_at)


def _to_done(answers: Iterable[CallAnswer]) -> timedelta | None:
    return _median(a.done_at - a.call.raised_at for a in answers if a.done_at)


def _median(times: Iterable[timedelta]) -> timedelta | None:
    seconds = [time.total_seconds() for time in times]
    return timedelta(seconds=median(seconds)) if seconds else None
