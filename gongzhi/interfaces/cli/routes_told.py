"""What `gongzhi supply route` writes: the table of routes, the drivers' sheets, and a summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from gongzhi.engines.routing import Plan, Reason, Route, Unserved
from gongzhi.interfaces.cli.routes_read import WRITTEN, Sheet


def reason(why: Reason) -> str:
    """Why a stop is left out, in the reader's language."""
    return {
        Reason.NO_VEHICLE: _("There is no vehicle."),
        Reason.NOT_ALLOWED: _("No vehicle may serve it."),
        Reason.NO_WAY: _("No open road leads there and back."),
        Reason.TOO_LARGE: _("Its load is larger than any vehicle that may serve it."),
        Reason.TOO_LATE: _("No vehicle can be there before it closes."),
        Reason.TOO_LONG: _("The way there and back is longer than any shift."),
        Reason.FULL: _("The vehicles that could go there are full."),
        Reason.BUSY: _("The vehicles that could go there are full or have no time left."),
        Reason.NOT_WORTH_IT: _("The way there costs more than it is worth."),
        Reason.NOT_FOUND: _("No place was found for it yet; look longer."),
    }[why]


def time_of_day(seconds: int) -> str:
    """08:30, by the minute, and never earlier than it is."""
    minutes = -(-seconds // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def table(plan: Plan, sheet: Sheet) -> Iterator[Iterable[str]]:
    """The routes stop by stop, then what is left out with the reason."""
    yield WRITTEN
    for route in plan.routes:
        for number, visit in enumerate(route.visits):
            name = sheet.names[visit.stop or route.vehicle]
            yield (
                _harmless(route.vehicle), str(number), _harmless(visit.stop or ""),
                _harmless(name), time_of_day(visit.arrives), time_of_day(visit.leaves),
                " ".join(map(str, visit.load)), "",
            )  # fmt: skip
    for row in plan.unserved:
        stop = _harmless(row.stop)
        yield ("", "", stop, _harmless(sheet.names[row.stop]), "", "", "", reason(row.reason))


def summary(plan: Plan, fresh: Iterable[str]) -> str:
    """How much is driven, how much is left out, whose route is new."""
    told = _("%(routes)s routes, %(km)s km; %(stops)s stops served, %(left)s left out.") % {
        "routes": len(plan.routes),
        "km": f"{plan.metres / 1000:,.1f}",
        "stops": sum(len(route.stops) for route in plan.routes),
        "left": len(plan.unserved),
    }
    new = _(", ").join(fresh) or "–"
    return f"{told} " + _("New routes: %(vehicles)s.") % {"vehicles": new}


def left_out(row: Unserved, sheet: Sheet) -> str:
    """A stop that is left out, and why."""
    return f"{sheet.names[row.stop]}: {reason(row.reason)}"


def progress(cost: int, left: int) -> str:
    """How good the plan is so far, while one waits."""
    return _("so far %(km)s km, %(left)s left out") % {"km": f"{cost / 1000:,.1f}", "left": left}


def driver(plan: Plan, key: str, sheet: Sheet) -> str:
    """The sheet of one driver, to be printed."""
    [route] = [row for row in plan.routes if row.vehicle == key]
    head = _("Driver's sheet: %(vehicle)s") % {"vehicle": sheet.names[key]}
    below = _("%(km)s km, from %(leaves)s to %(back)s") % {
        "km": f"{route.metres / 1000:,.1f}",
        "leaves": time_of_day(route.visits[0].leaves),
        "back": time_of_day(route.visits[-1].arrives),
    }
    return "\n".join([head, below, "", *_lines(route, sheet), ""])


def _lines(route: Route, sheet: Sheet) -> Iterator[str]:
    last = len(route.visits) - 1
    for number, visit in enumerate(route.visits):
        at = time_of_day(visit.arrives)
        if visit.stop is not None:
            before = route.visits[number - 1].load[0]
            changes = {"name": sheet.names[visit.stop], "before": before, "after": visit.load[0]}
            what = _("%(name)s (load %(before)s → %(after)s)") % changes
            yield f"{at}  [ ] {number}. {what}"
        elif number == last:
            yield f"{at}  " + _("back")
        else:
            yield f"{at}  " + _("load %(quantity)s") % {"quantity": visit.load[0]}


def _harmless(cell: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if cell[:1] in ("=", "@", "\t", "\r") else cell
