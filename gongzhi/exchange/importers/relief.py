"""Imports relief lists of volunteer platforms: needs, logistics, lodging, donations, clinics.

Three schema generations of wuhan2020 (January and February 2020) and lists like them come
out in one shape. Unknown columns and kinds are listed and kept raw. Source of the meaning of
values: the platform's own description (1 is a tick, amount unknown; 0 and null are none).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from gongzhi.exchange.accounts import Draft, Origin, Quarantined, Record
from gongzhi.exchange.importers.moments import read_moment
from gongzhi.exchange.importers.personal import (
    read_accounts,
    read_contacts,
    shows_personal,
    split_accounts,
)
from gongzhi.exchange.importers.places import (
    Place,
    full_province,
    parse_address,
    settle,
    split_place,
)
from gongzhi.exchange.importers.relief_columns import (
    GENERATION_3,
    UNKNOWN,
    Layout,
    layout_of,
    review_of,
)
from gongzhi.exchange.importers.relief_lines import lines_in_remark, read_lines
from gongzhi.exchange.importers.relief_values import Personal, ReliefRecord, name_key
from gongzhi.exchange.reading.cells import is_type_word
from gongzhi.exchange.reading.values import RawRow, RawTable
from gongzhi.exchange.said import Said, say
from gongzhi.exchange.standards.formats import read_date

_DETAILS = (
    "origin", "destination", "area", "capability", "rooms", "beds", "guests", "transfer_note",
    "wechat", "method", "status", "qualification", "products", "capacity", "summary", "title",
)  # fmt: skip
NEED = "need"
TEMPLATE_ROW = say("A template row: the types of the columns stand where the values belong.")
_COUNTS = frozenset({"rooms", "beds", "guests"})
_PLACE_NAME = re.compile(r"[\u4e00-\u9fff]{2,8}(?:市|州|盟|地区)")


def read_relief(table: RawTable) -> Draft | None:
    """Return the relief records in a table, or nothing if it is no relief list."""
    layout = layout_of(table)
    if layout is None:
        return None
    good, bad = _sorted_out(table, layout)
    places = settle((_place(r, layout) for r in good), hint=_place_hint(table.file))
    dated = _date_in(table.file)
    records = [_record(r, layout, p, dated) for r, p in zip(good, places, strict=True)]
    lines, notes = read_lines(good, layout)
    if layout.kind == NEED:
        remarks = [text_of(row, layout, "remark") for row in good]
        lines = [(*ls, *lines_in_remark(t, ls)) for ls, t in zip(lines, remarks, strict=True)]
    records = [replace(r, lines=ls) for r, ls in zip(records, lines, strict=True)]
    return Draft(
        table.file, table.format, table.encoding, table.sha256, f"relief {layout.kind}",
        _generation(layout), table.size, tuple(records), (), tuple(bad), layout.unknown,
        (*table.notes, *notes, *_guesses(layout)),
    )  # fmt: skip


def _generation(layout: Layout) -> str:
    new = layout.unknown or layout.kind == UNKNOWN
    return f"{layout.generation}, new columns" if new else layout.generation


def _guesses(layout: Layout) -> Iterator[Said]:
    for column in layout.guessed:
        yield say(
            "The column %(column)s is new; it is read as %(field)s.",
            column=repr(column),
            field=layout.fields[column],
        )


def _sorted_out(table: RawTable, layout: Layout) -> tuple[list[RawRow], list[Quarantined]]:
    good: list[RawRow] = []
    bad = [Quarantined(Origin(table.file, u.number), u.raw, u.reason) for u in table.unreadable]
    for row in table.rows:
        reason = _why_not(row, layout)
        if reason:
            bad.append(Quarantined(Origin(table.file, row.number), row.raw, reason))
        else:
            good.append(row)
    return good, bad


def _why_not(row: RawRow, layout: Layout) -> Said | None:
    names = [row.values.get(c) for c in layout.columns("name")]
    if any(is_type_word(n) for n in names):
        return TEMPLATE_ROW
    if not re.search(r"\w", text_of(row, layout, "name")):
        return say("The row does not say whose it is: its name is empty or a dash.")
    return None


def value_of(row: RawRow, layout: Layout, field: str) -> object:
    """The first value that fills a field; a template's type word counts as nothing."""
    for column in layout.columns(field):
        value = row.values.get(column)
        if value not in (None, "") and not (row.marks and is_type_word(value)):
            return value
    return None


def text_of(row: RawRow, layout: Layout, field: str) -> str:
    """The text that fills a field, without white space around it."""
    value = value_of(row, layout, field)
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _place(row: RawRow, layout: Layout) -> Place:
    address = text_of(row, layout, "address")
    parsed = parse_address(address)
    city, district = split_place(text_of(row, layout, "place") or text_of(row, layout, "city"))
    district = text_of(row, layout, "district") or district
    longitude, latitude = _coordinates(value_of(row, layout, "coordinates"), row, layout)
    return Place(
        full_province(text_of(row, layout, "province")) or parsed.province,
        city or parsed.city,
        district or parsed.district,
        address,
        longitude,
        latitude,
    )


def _coordinates(value: object, row: RawRow, layout: Layout) -> tuple[float | None, float | None]:
    if isinstance(value, Mapping):
        lon, lat = value.get("lon") or value.get("lng"), value.get("lat")
    else:
        columns = layout.columns("address")
        pair = row.marks.get(columns[0], {}).get("coord") if columns else None
        lon, lat = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
    if not isinstance(lon, int | float) or not isinstance(lat, int | float) or not (lon or lat):
        return None, None
    return float(lon), float(lat)


def _record(row: RawRow, layout: Layout, place: Place, dated: date | None) -> ReliefRecord:
    remark = text_of(row, layout, "remark")
    is_private = shows_personal(remark)
    published = read_moment(value_of(row, layout, "published"))
    notes = [str(m["repaired"]) for m in row.marks.values() if "repaired" in m][:1]
    return ReliefRecord(
        kind=layout.kind,
        generation=layout.generation,
        origin=Origin(row.file, row.number),
        name=text_of(row, layout, "name"),
        place=place,
        details=dict(_details(row, layout)),
        url=text_of(row, layout, "url"),
        remark="" if is_private else remark,
        review=review_of(text_of(row, layout, "review")),
        published_on=published[0] if published else None,
        snapshot_on=dated,
        personal=_personal(row, layout, remark if is_private else ""),
        unread={c: v for c in layout.unknown if (v := row.values.get(c)) not in (None, "")},
        notes=tuple(n for n in (*notes, place.note) if n),
        rank=0 if layout.generation == GENERATION_3 else 1,
    )


def _details(row: RawRow, layout: Layout) -> Iterator[tuple[str, object]]:
    for field in _DETAILS:
        text = text_of(row, layout, field)
        if text and field in _COUNTS and re.fullmatch(r"\d+(\.0)?", text):
            yield field, int(float(text))
        elif text:
            yield field, text
    accepts = text_of(row, layout, "accepts_private")
    if accepts:
        yield "accepts_private", {"是": True, "否": False}.get(accepts, accepts)


def _personal(row: RawRow, layout: Layout, remark: str) -> Personal:
    people = [row.values.get(c) for c in layout.columns("contacts")]
    people = [p for p in people if not (row.marks and is_type_word(p))]
    person = text_of(row, layout, "contact_person")
    contacts = read_contacts(people)
    if person and not any(c.name for c in contacts):
        contacts = tuple(replace(c, name=person) for c in contacts) or read_contacts(person)
    accounts = read_accounts(value_of(row, layout, "accounts"))
    cells = [text_of(row, layout, f) for f in ("account_name", "bank", "account")]
    accounts += split_accounts(cells[0], cells[1], cells[2])
    return Personal(
        contacts,
        accounts,
        text_of(row, layout, "email"),
        remark,
        text_of(row, layout, "contributor"),
    )


_DATE = re.compile(r"(?<!\d)(20\d{2})[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_MONTH = re.compile(r"(?<!\d)(20\d{2})[-_.](0[1-9]|1[0-2])(?![-_.]?\d)")


def _date_in(path: str) -> date | None:
    """The day a path names, the last one if it names several."""
    days = []
    for found in _DATE.finditer(path):
        day = read_date("-".join(found.groups()))
        if day is not None:
            days.append(day)
    return days[-1] if days else None


def _end_of_month_in(path: str) -> date | None:
    found = list(_MONTH.finditer(path))
    if not found:
        return None
    year, month = int(found[-1][1]), int(found[-1][2])
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _place_hint(file: str) -> str:
    stem = file.rpartition("/")[2].partition(".")[0]
    return stem if _PLACE_NAME.fullmatch(stem) else ""


def settle_relief(drafts: Sequence[Draft]) -> list[Draft]:
    """Settle what one table alone cannot know: its kind by a twin, its snapshot's day.

    A table whose columns tell no kind takes the kind of a table of the same snapshot that
    names mostly the same subjects. A table without a date in its path takes the newest date
    inside it, then the newest inside its folder, then the end of the month its path names.
    """
    drafts = [_with_twin(d, drafts) for d in drafts]
    inside = {d.file: _newest_inside(d.records) for d in drafts}
    return [_dated(d, inside) for d in drafts]


def _with_twin(draft: Draft, others: Sequence[Draft]) -> Draft:
    if draft.kind != f"relief {UNKNOWN}" or not draft.records:
        return draft
    mine = {name_key(r.name) for r in _relief(draft.records)}
    day = _date_in(draft.file)
    for other in others:
        if other.kind == draft.kind or _date_in(other.file) != day:
            continue
        names = {name_key(r.name) for r in _relief(other.records)}
        if 2 * len(mine & names) > len(mine):
            kind = other.kind.removeprefix("relief ")
            records = tuple(replace(r, kind=kind) for r in _relief(draft.records))
            note = say(
                "The kind is known from %(file)s, which names the same subjects.", file=other.file
            )
            generation = draft.generation
            if not draft.unknown_columns:
                generation = generation.removesuffix(", new columns")
            return replace(draft, kind=other.kind, records=records, generation=generation,
                           notes=(*draft.notes, note))  # fmt: skip
    return draft


def _dated(draft: Draft, inside: Mapping[str, date | None]) -> Draft:
    if not draft.records or all(r.snapshot_on for r in _relief(draft.records)):
        return draft
    folder = draft.file.rpartition("/")[0]
    near = [d for f, d in inside.items() if d and f.rpartition("/")[0] == folder]
    for day, whence in (
        (inside.get(draft.file), say("the newest date inside the file")),
        (_end_of_month_in(draft.file), say("the end of the month its path names")),
        (max(near, default=None), say("the newest date inside its folder")),
    ):
        if day is not None:
            records = tuple(replace(r, snapshot_on=day) for r in _relief(draft.records))
            note = say(
                "The list is taken as of %(day)s: %(whence)s.", day=day.isoformat(), whence=whence
            )
            return replace(draft, records=records, notes=(*draft.notes, note))
    return replace(draft, notes=(*draft.notes, say("The day of the list is not known.")))


def _newest_inside(records: Iterable[Record]) -> date | None:
    return max((r.published_on for r in _relief(records) if r.published_on), default=None)


def _relief(records: Iterable[Record]) -> Iterator[ReliefRecord]:
    return (r for r in records if isinstance(r, ReliefRecord))
