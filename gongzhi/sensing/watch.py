"""From counts to warnings: read the series of an area, judge them, issue and end warnings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils.timezone import localtime

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.actors.queries import after, units_below
from gongzhi.engines import early_warning as ew
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.parameters import Parameter, minutes, parameter
from gongzhi.sensing.models import Count, Level, Warning, Watch
from gongzhi.sensing.queries import counted_above, counts_in


@dataclass(frozen=True)
class Rule:
    """The parameters of a watch in force on its day."""

    levels: ew.LevelParams
    tiers: list[str]
    clear_days: int
    history: int
    version: str


def rule_on(day: date) -> Rule:
    """Read `parameters/early-warning.yaml` as in force on a day."""
    given: dict[str, Parameter] = {
        name: parameter(f"early-warning.{name}", day)
        for name in ("ears", "rolled_up", "clear_days", "history")
    }
    return Rule(
        levels=ew.LevelParams(**given["ears"].value),
        tiers=list(given["rolled_up"].value),
        clear_days=given["clear_days"].value,
        history=given["history"].value,
        version=given["ears"].version,
    )


def watch_due(area: Unit) -> date | None:
    """The latest counted day of an area, if counts came in since the last watch."""
    counts = Count.objects.filter(place__path__gte=area.path, place__path__lt=after(area.path))
    seen = counts.aggregate(day=Max("day"), at=Max("received_at"))
    last = Watch.objects.filter(area=area).order_by("-made_at", "-id").first()
    if seen["day"] is None or (last and last.made_at >= seen["at"] and last.on == seen["day"]):
        return None
    day: date = seen["day"]
    return day


@deed(by_hand=False)
def watch(*, area: Unit, on: date, by: Person, now: datetime) -> Watch:
    """Judge every series of counts below an area for one day; issue, raise and end warnings.

    Running it again on the same counts changes nothing but the list of watches.
    """
    check_may(by, "issue_warning", area, now)
    rule = rule_on(localtime(now).date())
    series, places = series_of(area, on, rule)
    results = ew.warn(list(series.values()), params=rule.levels, on=on)
    standing = _standing(area)
    unknown: list[list[Any]] = []
    for result in results:
        place = places[result.place]
        if result.level is ew.Level.UNKNOWN:
            unknown.append([place.path, result.stream, str(result.unknown)])
        else:
            current = standing.get((result.place, result.stream))
            _answer(result, series[result.place, result.stream], current, place, rule, by, now)
    return Watch.objects.create(
        area=area, on=on, made_at=now, judged=len(results) - len(unknown), not_judged=unknown,
        parameters_version=rule.version,
    )  # fmt: skip


def series_of(
    area: Unit, on: date, rule: Rule
) -> tuple[dict[tuple[str, str], ew.Series], dict[str, Unit]]:
    """The series of each counted place, and of the rolled-up tiers, keyed by path and stream."""
    first = on - timedelta(days=rule.history - 1)
    places = {u.path: u for u in units_below(area)}
    tops = [u.path for u in places.values() if u.tier in rule.tiers and u.kind == "area"]
    sums: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    rows = counts_in(area, first, on)
    counted = {(path, stream) for path, stream, _day, _value in rows}
    for path, stream, day, value in rows:
        sums[path, stream][day] += value
        for top in tops:
            below = path.startswith(top) and path != top
            if below and not counted_above(top, path, stream, counted):
                sums[top, stream][day] += value
    days = [first + timedelta(days=n) for n in range(rule.history)]
    found = {}
    for (path, stream), by_day in sorted(sums.items()):
        begun = min(by_day)
        known = [d for d in days if d >= begun]
        found[path, stream] = ew.Series(path, stream, begun, tuple(by_day.get(d) for d in known))
    return found, places


def _standing(area: Unit) -> dict[tuple[str, str], Warning]:
    """The warnings below an area that have not ended, by path and stream: one of each at most."""
    inside = Warning.objects.filter(place__path__gte=area.path, place__path__lt=after(area.path))
    warnings = inside.exclude(state=Warning.State.ENDED).select_related("place")
    return {(warning.place.path, warning.stream): warning for warning in warnings.order_by("-id")}


def _answer(
    result: ew.LevelResult,
    series: ew.Series,
    current: Warning | None,
    place: Unit,
    rule: Rule,
    by: Person,
    now: datetime,
) -> None:
    """Issue, raise or end the warning of one series."""
    if result.level is ew.Level.GREEN:
        if current is not None and _quiet(current, series, rule, result.on):
            _end(current, "no exceedance", by, now)
        return
    if current is not None:
        if current.level == result.level.value or current.level == Level.RED:
            return
        _end(current, "raised", by, now)
    _issue(result, series, place, rule, by, now)


def _quiet(warning: Warning, series: ew.Series, rule: Rule, on: date) -> bool:
    """Whether the last days were green and back under the bound exceeded at the start.

    EARS sees change, not height: a plateau turns green. So green alone ends no warning.
    """
    bounds = [look["bound"] for look in warning.numbers["looks"][:2] if look["bound"] is not None]
    ceiling = max(bounds, default=0.0)
    for back in range(rule.clear_days):
        day = on - timedelta(days=back)
        [result] = ew.warn([series], params=rule.levels, on=day)
        if result.level is not ew.Level.GREEN or (result.count or 0) > ceiling:
            return False
    return True


def _issue(
    result: ew.LevelResult, series: ew.Series, place: Unit, rule: Rule, by: Person, now: datetime
) -> None:
    numbers = result.as_dict()
    numbers["series"] = {"first_day": series.first_day.isoformat(), "counts": list(series.counts)}
    warning = Warning.objects.create(
        place=place, stream=result.stream, level=result.level.value, day=result.on,
        numbers=numbers, parameters_version=rule.version, issued_at=now,
        acknowledge_by=now + minutes("acknowledge_warning", now),
    )  # fmt: skip
    append(
        verb="sensing.issue_warning", subject=warning, place=place, by=by, now=now,
        level=result.level.value, stream=result.stream, day=result.on, count=result.count,
        causes=[str(c) for c in result.causes], version=rule.version,
    )  # fmt: skip


def _end(warning: Warning, reason: str, by: Person, now: datetime) -> None:
    warning.state, warning.ended_at = Warning.State.ENDED, now
    warning.save(update_fields=["state", "ended_at"])
    append(
        verb="sensing.end_warning", subject=warning, place=warning.place, by=by, now=now,
        reason=reason,
    )  # fmt: skip
