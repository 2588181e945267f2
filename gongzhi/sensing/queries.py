"""The queue of reports, the series of counts, the warnings that are open or late."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.db.models import F, Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import STEP, Person, Unit
from gongzhi.actors.policies import may
from gongzhi.actors.queries import Duty, charges_of, expose, visible, within, works_close
from gongzhi.parameters import minutes, parameter
from gongzhi.sensing.models import Count, Report, Signal, SignalClimb, Warning


def report_queue(by: Person, now: datetime) -> QuerySet[Report]:
    """Reports that nobody has taken, oldest first."""
    new = visible(Report, by, now).filter(state=Report.State.NEW)
    return new.select_related("place").order_by("received_at", "id")


def reports_held(by: Person) -> QuerySet[Report]:
    """Reports this person has taken and not finished."""
    held = Report.objects.filter(state=Report.State.CLAIMED, claimed_by=by)
    return held.select_related("place").order_by("claimed_at", "id")


def open_signals(by: Person, now: datetime) -> QuerySet[Signal]:
    """Signals not yet judged, by the time they must be."""
    signals = visible(Signal, by, now).filter(state=Signal.State.OPEN)
    return signals.select_related("place").order_by("judge_by", "id")


def open_warnings(by: Person, now: datetime) -> QuerySet[Warning]:
    """Warnings that have not ended."""
    warnings = visible(Warning, by, now).exclude(state=Warning.State.ENDED)
    return warnings.select_related("place", "climbed_to").order_by("acknowledge_by", "id")


def signals_unjudged(now: datetime) -> QuerySet[Signal]:
    """Signals whose time to be judged has passed."""
    late = Signal.objects.filter(state=Signal.State.OPEN, judge_by__lte=now)
    return late.select_related("place").order_by("judge_by", "id")


def signal_climbs(signals: Iterable[Signal]) -> dict[int, list[SignalClimb]]:
    """The climbs of each of these signals, the first one first."""
    found: dict[int, list[SignalClimb]] = {}
    climbs = SignalClimb.objects.filter(signal__in=[signal.pk for signal in signals])
    for climb in climbs.select_related("silent", "to_unit").order_by("climbed_at", "id"):
        found.setdefault(climb.signal_id, []).append(climb)
    return found


def silent_warnings(now: datetime) -> QuerySet[Warning]:
    """Warnings whose time to be acknowledged has passed, and that have not climbed yet."""
    late = Warning.objects.filter(
        state=Warning.State.ISSUED, acknowledge_by__lte=now, climbed_at=None
    )
    return late.select_related("place").order_by("id")


def counts_in(area: Unit, first_day: date, last_day: date) -> list[tuple[str, str, date, int]]:
    """(place path, stream, day, value) of counts below an area; largest source wins a day."""
    return _largest(Count.objects.filter(within(["place__path"], [area.path])), first_day, last_day)


def _largest(
    counts: QuerySet[Count], first_day: date, last_day: date
) -> list[tuple[str, str, date, int]]:
    counts = counts.filter(day__range=(first_day, last_day)).annotate(path=F("place__path"))
    rows = counts.values_list("path", "stream", "day", "value").order_by("path", "stream", "day")
    best: dict[tuple[str, str, date], int] = {}
    for path, stream, day, value in rows:
        key = (path, stream, day)
        best[key] = max(value, best.get(key, 0))
    return [(*key, value) for key, value in best.items()]


def counted_above(top: str, path: str, stream: str, counted: set[tuple[str, str]]) -> bool:
    """Whether `top` itself, or a unit between it and `path`, counts a stream.

    Its figure holds that of `path` already: adding both up would count the same cases twice.
    """
    return any((path[:n], stream) in counted for n in range(len(top), len(path), STEP))


def totals_in(area: Unit, first_day: date, last_day: date) -> list[tuple[str, date, int]]:
    """(stream, day, total) over an area: its own counts, or those below it added up once."""
    return _added_up(area.path, counts_in(area, first_day, last_day))


def totals_of(
    streams: Collection[str], areas: Collection[str], first_day: date, last_day: date
) -> dict[str, list[tuple[str, date, int]]]:
    """What `totals_in` says of some streams, for the paths of several areas in one read."""
    counts = Count.objects.filter(within(["place__path"], areas), stream__in=streams)
    rows = _largest(counts, first_day, last_day)
    return {
        path: _added_up(path, [row for row in rows if row[0].startswith(path)]) for path in areas
    }


def _added_up(top: str, rows: Sequence[tuple[str, str, date, int]]) -> list[tuple[str, date, int]]:
    counted = {(path, stream) for path, stream, _day, _value in rows}
    totals: dict[tuple[str, date], int] = {}
    for path, stream, day, value in rows:
        if not counted_above(top, path, stream, counted):
            totals[stream, day] = totals.get((stream, day), 0) + value
    return [(stream, day, total) for (stream, day), total in sorted(totals.items())]


def stale_claims(since: datetime) -> QuerySet[Report]:
    """Reports taken by somebody since before a moment and has not finished, oldest first."""
    held = Report.objects.filter(state=Report.State.CLAIMED, claimed_at__lte=since)
    return held.select_related("place").order_by("claimed_at", "id")


def streams_of_other_hazards(hazard: str, now: datetime) -> set[str]:
    """Streams that tell of other hazards only; a stream nobody has named tells of any."""
    named = parameter("streams.tells_of", localtime(now).date()).value
    return {s for streams in named.values() for s in streams} - set(named.get(hazard, ()))


def duties(by: Person, now: datetime) -> list[Duty]:
    """What this room asks of a person: take reports, judge signals, acknowledge warnings."""
    found: list[Duty] = []
    mine = charges_of(by, now)
    warnings = open_warnings(by, now).filter(state=Warning.State.ISSUED)
    for warning in warnings.filter(Q(place__in=mine) | Q(climbed_to__in=mine))[:100]:
        if may(by, "acknowledge_warning", warning.place, now):
            found.append(
                Duty(
                    title=_("Warning: %(stream)s") % {"stream": stream_name(warning.stream)},
                    where=str(warning.place),
                    due_at=warning.acknowledge_by,
                    why=_("Nobody has acknowledged it yet."),
                    room="sensing",
                    verb="acknowledge_warning",
                    inputs={"warning": warning.pk},
                    subject=warning.ref,
                    level=warning.level,
                )
            )
    return found + _signal_duties(by, now, mine) + _report_duties(by, now)


def _signal_duties(by: Person, now: datetime, mine: set[int]) -> list[Duty]:
    """Signals to judge: those of one's own place, and those that climbed to it."""
    signals = open_signals(by, now)
    if not works_close(by, now):
        climbed = SignalClimb.objects.filter(to_unit__in=mine)
        signals = signals.filter(Q(place__in=mine) | Q(pk__in=climbed.values("signal")))
    asked = list(signals[:100])
    climbs = signal_climbs(asked)
    return [
        Duty(
            title=_("Judge the signal: %(title)s") % {"title": signal.title},
            where=str(signal.place),
            due_at=signal.judge_by,
            why=_why_judge(climbs.get(signal.pk, []), mine),
            room="sensing",
            verb="judge_signal",
            inputs={"signal": signal.pk},
            subject=signal.ref,
        )
        for signal in asked
        if may(by, "judge_signal", signal.place, now)
    ]


def _why_judge(climbs: list[SignalClimb], mine: set[int]) -> str:
    """Why a person is asked to judge a signal: it is theirs, or it climbed to them."""
    climb = next((c for c in reversed(climbs) if c.to_unit_id in mine), None)
    if climb is None:
        return _("A signal must be judged before its time is over.")
    return _("It was not judged in time in %(unit)s; it has climbed to you.") % {
        "unit": climb.silent
    }


def _report_duties(by: Person, now: datetime) -> list[Duty]:
    wait = minutes("take_report", now)
    found = [
        Duty(
            title=_("Finish the report you took: %(stream)s") % {"stream": stream_name(r.stream)},
            where=str(r.place),
            due_at=r.received_at + wait,
            why=_("You took it; nobody else can work on it."),
            room="sensing",
            verb="raise_signal",
            inputs={"reports": [r.pk]},
            subject=r.ref,
        )
        for r in reports_held(by)[:50]
    ]
    waiting = report_queue(by, now)
    if not works_close(by, now):
        waiting = waiting.filter(received_at__lte=now - wait)
    queue = list(waiting[:50])
    if queue and may(by, "handle_report", queue[0].place, now):
        found += [
            Duty(
                title=_("Take the report: %(stream)s") % {"stream": stream_name(r.stream)},
                where=str(r.place),
                due_at=r.received_at + wait,
                why=_("It waits in the queue of your area."),
                room="sensing",
                verb="claim_report",
                inputs={"report": r.pk},
                subject=r.ref,
            )
            for r in queue
        ]
    return found


def stream_name(stream: str) -> str:
    """A stream in words a person reads."""
    return _(stream.replace("_", " "))


expose(
    "sensing", reports=Report, signals=Signal, signal_climbs=SignalClimb, counts=Count,
    warnings=Warning,
)  # fmt: skip
