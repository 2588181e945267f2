"""Times as people on duty read them: how long yet, or how late, and the time of day beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_current_timezone_name, localtime
from django.utils.translation import gettext as _

from gongzhi.writing import year_and_time

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Moment:
    """A time in words: `text` to read at a glance, `exact` with the zone, `iso` for machines."""

    text: str
    exact: str
    iso: str
    is_late: bool = False


def span(length: timedelta) -> str:
    """A length of time in the two largest units that matter."""
    length = abs(length)
    if length < MINUTE:
        return _("under 1 min")
    if length < HOUR:
        return _("%(minutes)s min") % {"minutes": length // MINUTE}
    if length < DAY:
        hours, minutes = length // HOUR, length % HOUR // MINUTE
        if not minutes:
            return _("%(hours)s h") % {"hours": hours}
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    days, hours = length // DAY, length % DAY // HOUR
    if not hours or days > 6:
        return _("%(days)s d") % {"days": days}
    return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours}


def clock_time(value: datetime, now: datetime) -> str:
    """The time of day in the city's zone, with the date where it is another day."""
    local, today = localtime(value), localtime(now)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def readable(text: str) -> str:
    """A time in ISO form, as the ledger holds it, in the city's zone; any other text unchanged."""
    if len(text) < 16 or text[10:11] != "T":
        return text
    try:
        moment = parse_datetime(text)
    except ValueError:
        return text
    return year_and_time(moment) if moment and moment.tzinfo else text


def zone_word() -> str:
    """The city's zone as people call it; one that has no such name by its technical one."""
    name = get_current_timezone_name()
    known = {
        "Asia/Shanghai": _("Beijing time"),
        "Asia/Taipei": _("Taipei time"), "Asia/Hong_Kong": _("Hong Kong time"),
        "Asia/Macau": _("Macau time"),
    }  # fmt: skip
    return known.get(name, name)


def exact(value: datetime) -> str:
    """The time to the second with its zone and distance from UTC."""
    local = localtime(value)
    offset = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M:%S} {zone_word()} (UTC{offset[:3]}:{offset[3:]})"


def due(value: datetime, now: datetime) -> Moment:
    """A time by which something must be done: "in 40 min · 14:20", "25 min late · since 13:55"."""
    given = {"span": span(value - now), "clock": clock_time(value, now)}
    late = value < now
    text = _("%(span)s late · since %(clock)s") if late else _("in %(span)s · %(clock)s")
    return Moment(text % given, exact(value), localtime(value).isoformat(), late)


def when(value: datetime, now: datetime) -> Moment:
    """A time at which something happened or will: "12 min ago · 14:20"."""
    given = {"span": span(value - now), "clock": clock_time(value, now)}
    if value > now:
        text = _("in %(span)s · %(clock)s") % given
    elif now - value < DAY:
        text = _("%(span)s ago · %(clock)s") % given
    else:
        text = clock_time(value, now)
    return Moment(text, exact(value), localtime(value).isoformat())
