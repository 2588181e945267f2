"""Days and moments as sources write them, in China's time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from gongzhi.exchange.standards.formats import read_date, read_timestamp

CHINA = timezone(timedelta(hours=8))
_MILLISECONDS = range(10**11, 4 * 10**12)  # 1973 to 2096, since 1970


def read_moment(value: object) -> tuple[date, datetime | None] | None:
    """Return the day in China, and the moment where one is given; nothing if it is no date.

    Understood are dates, texts, and milliseconds since 1970. A moment without a zone is
    China's; 2020-01-25T16:00Z is 26 January there.
    """
    moment: datetime | None
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        return value, None
    elif isinstance(value, int):
        moment = datetime.fromtimestamp(value / 1000, UTC) if value in _MILLISECONDS else None
    else:
        text = str(value or "").strip()
        day = read_date(text)
        if day is not None:
            return day, None
        moment = read_timestamp(text)
    return None if moment is None else _in_china(moment)


def _in_china(moment: datetime) -> tuple[date, datetime] | None:
    try:
        there = moment.astimezone(CHINA) if moment.tzinfo else moment.replace(tzinfo=CHINA)
    except OverflowError:  # the last day of the year 9999, in another zone
        return None
    return there.date(), there
