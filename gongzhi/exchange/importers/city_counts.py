"""Imports daily counts of a disease per city, from the layouts several sources use.

Layouts are told apart by their columns; the days are those the rows are for. All figures are
cumulative as the source gives them. Sources: canghailan (national daily table, also its
bulletins), DXY (crawls and page snapshots), Avens666 and lindsaymorgan (derived tables).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from gongzhi.exchange.accounts import Draft, Origin, Quarantined
from gongzhi.exchange.importers.moments import read_moment
from gongzhi.exchange.reading.values import RawRow, RawTable
from gongzhi.exchange.said import Said, say
from gongzhi.exchange.standards import match_columns, standards

KIND = "city counts"
FIGURES = ("confirmed", "suspected", "cured", "dead")
_STANDARD = (
    "source", "on", "country", "province", "city", *FIGURES, "province_code", "city_code",
)  # fmt: skip
_CODE = re.compile(r"[1-9]\d{5}")
_WHOLE = re.compile(r"\d+(\.0+)?")


@dataclass(frozen=True, slots=True)
class CityCount:
    """Cumulative figures of one place on one day, or at one moment of it, from one source.

    An empty `city` means the whole province, an empty `province` the whole country. A figure
    the source does not give is None, never 0. `at` is aware (China time); `beside` is what
    else the same row says, so that rows are duplicates only when all of it is equal.
    """

    source: str
    origin: Origin
    on: date
    country: str
    province: str
    city: str
    confirmed: int | None
    suspected: int | None
    cured: int | None
    dead: int | None
    province_code: str = ""
    city_code: str = ""
    at: datetime | None = None
    extra: tuple[tuple[str, object], ...] = ()
    beside: Hashable = ()
    rank: int = 0

    def __post_init__(self) -> None:
        for name in FIGURES:
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} must not be below nothing, it is {value}.")

    @property
    def place(self) -> tuple[str, str, str]:
        """Country, province and city as the source writes them."""
        return (self.country, self.province, self.city)

    @property
    def key(self) -> Hashable:
        """Records with one key are for the same place and moment, from one source."""
        return ("count", self.source, self.at or self.on, self.place)

    @property
    def fingerprint(self) -> Hashable:
        """Records with one fingerprint say the same."""
        return (self.key, self.confirmed, self.suspected, self.cured, self.dead)

    @property
    def form(self) -> str:
        """The source: what another source says is another record."""
        return self.source

    def as_values(self) -> dict[str, object]:
        """The record as plain values, in the columns of the standard `city_daily_counts`."""
        found: dict[str, object] = {name: getattr(self, name) for name in _STANDARD}
        found["on"] = self.on.isoformat()
        if self.at:
            found["at"] = self.at.isoformat()
        return found | dict(self.extra)

    def as_personal(self) -> dict[str, object]:
        """Counts of cities hold nothing personal."""
        return {}


@dataclass(frozen=True, slots=True)
class BulletinText:
    """A health commission's bulletin as typed by hand: the fields and their texts."""

    origin: Origin
    on: date
    province: str
    url: str
    texts: Mapping[str, str]
    rank: int = 0
    form: str = ""
    beside: Hashable = ()

    @property
    def key(self) -> Hashable:
        """Bulletins with one key are of the same province and day."""
        return ("bulletin", self.on, self.province, self.url)

    @property
    def fingerprint(self) -> Hashable:
        """Bulletins with one fingerprint say the same."""
        return (self.key, tuple(sorted(self.texts.items())))

    def as_values(self) -> dict[str, object]:
        """The bulletin as plain values."""
        return {"on": self.on.isoformat(), "province": self.province, "url": self.url,
                "texts": dict(self.texts)}  # fmt: skip

    def as_personal(self) -> dict[str, object]:
        """A bulletin names nobody."""
        return {}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a source is which field; `total` the columns of a province's total."""

    source: str
    columns: Mapping[str, str]
    total: Mapping[str, str]
    ignored: frozenset[str] = frozenset()


_DAILY = Layout(
    "canghailan",
    {
        "on": "date", "country": "country", "province": "province", "city": "city",
        "province_code": "provinceCode", "city_code": "cityCode",
        **{f: f for f in FIGURES},
    },
    {},
    frozenset({"countryCode"}),
)  # fmt: skip
_DXY = Layout(
    "dxy crawl",
    {
        "on": "updateTime", "country": "countryName", "province": "provinceName",
        "city": "cityName", "province_code": "province_zipCode", "city_code": "city_zipCode",
        **{f: f"city_{f}Count" for f in FIGURES},
    },
    {f: f"province_{f}Count" for f in FIGURES},
    frozenset({"continentName", "continentEnglishName", "countryEnglishName",
               "provinceEnglishName", "cityEnglishName"}),
)  # fmt: skip
_CLEANED = Layout(
    "avens666",
    {"on": "日期", "province": "省", "city": "市", "confirmed": "确诊", "cured": "治愈",
     "dead": "死亡"},
    {"confirmed": "省确诊", "cured": "省治愈", "dead": "省死亡"},
    frozenset({"新增确诊", "新增治愈", "新增死亡"}),
)  # fmt: skip


def read_city_counts(table: RawTable) -> Draft | None:
    """Return the counts in a table, or nothing if it is of no known layout."""
    columns = set(table.columns)
    if columns & {"cities", "modifyTime"} and columns & {"confirmed", "confirmedCount"}:
        return _page(table) if columns & {"provinceName", "name"} else None
    if "时间" in columns and columns & {"确诊", "疑似", "新增确诊", "新增疑似"}:
        return _bulletin(table)
    layout = _layout_of(columns, table)
    return None if layout is None else _draft(table, layout)


def _layout_of(columns: set[str], table: RawTable) -> Layout | None:
    if {"date", "province", "city", "confirmed"} <= columns:
        return _DAILY
    if {"provinceName", "cityName", "city_confirmedCount", "updateTime"} <= columns:
        if "province_confirmedCount" in columns:
            return _DXY
        return Layout("lindsaymorgan", _DXY.columns, {}, _DXY.ignored)
    if {"省", "市", "确诊", "日期"} <= columns:
        return _CLEANED
    match = match_columns(standards()["city_daily_counts"], table.columns)
    named = {field: column for column, field in match.known.items()}
    if {"on", "province", "city", "confirmed"} <= named.keys():
        return Layout("city_daily_counts", named, {}, frozenset({named.get("source", "")}))
    return None


def _draft(table: RawTable, layout: Layout) -> Draft:
    known = {*layout.columns.values(), *layout.total.values(), *layout.ignored}
    unknown = tuple(c for c in table.columns if c not in known)
    records: list[CityCount] = []
    derived: dict[Hashable, CityCount] = {}
    bad = [Quarantined(Origin(table.file, u.number), u.raw, u.reason) for u in table.unreadable]
    for row in table.rows:
        count = _count(row, layout, layout.columns, unknown)
        if isinstance(count, Said):
            bad.append(Quarantined(Origin(table.file, row.number), row.raw, count))
            continue
        total = _total(row, layout)
        beside = (count.extra, total and total.fingerprint)
        records.append(replace(count, beside=beside) if total or count.extra else count)
        if total:
            derived.setdefault(total.fingerprint, total)
    source = _source(layout, records)
    return Draft(
        table.file, table.format, table.encoding, table.sha256, KIND, source, table.size,
        _named(records, source), _named(derived.values(), source),
        tuple(bad), unknown, (*table.notes, *_cover(records)),
    )  # fmt: skip


def _source(layout: Layout, records: Sequence[CityCount]) -> str:
    """A daily table that covers one day is a bulletin of that day, another source."""
    if layout is _DAILY and records and len({r.on for r in records}) == 1:
        return f"{layout.source} bulletin"
    return layout.source


def _named(records: Iterable[CityCount], source: str) -> tuple[CityCount, ...]:
    return tuple(r if r.source == source else replace(r, source=source) for r in records)


def _cover(records: Sequence[CityCount]) -> Iterator[Said]:
    if records:
        days = [r.on.isoformat() for r in records]
        yield say("The rows are for %(first)s to %(last)s.", first=min(days), last=max(days))


def _count(
    row: RawRow, layout: Layout, columns: Mapping[str, str], unknown: Sequence[str]
) -> CityCount | Said:
    """The count in a row, or one sentence why there is none."""
    values = {field: row.values.get(column) for field, column in columns.items()}
    when = read_moment(values.get("on"))
    if when is None:
        return _unread_date(values.get("on"))
    figures: dict[str, int | None] = {}
    for name in FIGURES:
        figure = _figure(values.get(name))
        if isinstance(figure, str):
            return say(
                "%(column)s is %(value)s, not a whole number of people.",
                column=columns[name],
                value=repr(figure),
            )
        figures[name] = figure
    if all(v is None for v in figures.values()):
        return say("The row has no figures.")
    names = {n: _text(values.get(n)) for n in ("country", "province", "city")}
    if not any(names.values()):
        return say("The row does not say which place it is for.")
    extra = [(c, row.values.get(c)) for c in unknown if row.values.get(c) not in (None, "")]
    codes = {}
    for name in ("province_code", "city_code"):
        codes[name] = _code(values.get(name))
        if codes[name] and not _CODE.fullmatch(codes[name]):
            extra.append((columns[name], codes[name]))  # a code of the source's own making
            codes[name] = ""
    return CityCount(
        layout.source, Origin(row.file, row.number), when[0], names["country"] or "中国",
        names["province"], names["city"], figures["confirmed"], figures["suspected"],
        figures["cured"], figures["dead"], codes["province_code"], codes["city_code"], when[1],
        tuple(extra),
    )  # fmt: skip


def _unread_date(value: object) -> Said:
    return say("The date %(value)s cannot be read.", value=repr(value))


def _total(row: RawRow, layout: Layout) -> CityCount | None:
    """The total of the province that stands in the row of a city."""
    if not layout.total:
        return None
    kept = ("on", "country", "province", "province_code")
    columns = {f: c for f, c in layout.columns.items() if f in kept}
    found = _count(row, layout, {**columns, **layout.total}, ())
    return found if isinstance(found, CityCount) else None


def _figure(value: object) -> int | str | None:
    text = str(value).strip() if value is not None else ""
    if not text:
        return None
    return int(float(text)) if _WHOLE.fullmatch(text) else text


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _code(value: object) -> str:
    return _text(value).removesuffix(".0")


def _page(table: RawTable) -> Draft:
    """A list out of a DXY page: a row per province or country, with its cities inside."""
    records: list[CityCount] = []
    derived: list[CityCount] = []
    bad = [Quarantined(Origin(table.file, u.number), u.raw, u.reason) for u in table.unreadable]
    for row in table.rows:
        at = _page_time(table) or row.values.get("modifyTime")
        cities = row.values.get("cities")
        parts = [row.values, *(cities if isinstance(cities, list) else [])]
        found = [_page_count(row, part, at) for part in parts if isinstance(part, Mapping)]
        counts = [f for f in found if isinstance(f, CityCount)]
        if len(counts) < len(parts):
            wrong = (f for f in found if isinstance(f, Said))
            reason = next(wrong, say("A city in it is no record."))
            bad.append(Quarantined(Origin(table.file, row.number), row.raw, reason))
            continue
        inside = tuple(c.fingerprint for c in counts[1:])
        records.append(replace(counts[0], beside=inside))
        derived.extend(counts[1:])
    return Draft(
        table.file, table.format, table.encoding, table.sha256, KIND, "dxy page", table.size,
        tuple(records), tuple(derived), tuple(bad), (), (*table.notes, *_cover(records)),
    )  # fmt: skip


def _page_time(table: RawTable) -> object:
    data = table.around.get("data")
    statistics = data.get("statistics") if isinstance(data, Mapping) else None
    return statistics.get("modifyTime") if isinstance(statistics, Mapping) else None


def _page_count(row: RawRow, part: Mapping[str, object], at: object) -> CityCount | Said:
    names = {f: f if f in part else f"{f}Count" for f in FIGURES}
    province = row.values.get("provinceName")
    flat = {
        "on": at, "country": None if province else row.values.get("name"), "province": province,
        "city": part.get("cityName"), **{f: part.get(c) for f, c in names.items()},
    }  # fmt: skip
    # The page holds each province twice, with and without its cities: two lists, two sources.
    source = "dxy page" if "cities" in row.values else "dxy page, provinces"
    layout = Layout(source, {f: f for f in flat}, {})
    return _count(RawRow(row.file, row.number, flat, row.raw), layout, layout.columns, ())


def _bulletin(table: RawTable) -> Draft:
    """Bulletins stay texts: what they say is for a person or a later parser."""
    records: list[BulletinText] = []
    bad = [Quarantined(Origin(table.file, u.number), u.raw, u.reason) for u in table.unreadable]
    for row in table.rows:
        when = read_moment(row.values.get("时间"))
        if when is None:
            reason = _unread_date(row.values.get("时间"))
            bad.append(Quarantined(Origin(table.file, row.number), row.raw, reason))
            continue
        texts = {k: _text(v) for k, v in row.values.items() if k not in ("地址", "时间", "省")}
        origin, province = Origin(table.file, row.number), _text(row.values.get("省"))
        url = _text(row.values.get("地址"))
        records.append(BulletinText(origin, when[0], province, url, texts))
    return Draft(
        table.file, table.format, table.encoding, table.sha256, "bulletin text",
        "canghailan bulletin", table.size, tuple(records), (), tuple(bad), (), table.notes,
    )  # fmt: skip
