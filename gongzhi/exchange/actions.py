"""Adopt standards, receive files, settle what waits in quarantine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from django.db import connection
from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.errors import Malformed
from gongzhi.exchange.accounts import TableReading
from gongzhi.exchange.models import Dataset, Load, Row, Standard
from gongzhi.exchange.policies import check_contract, check_is_new, check_not_loaded, check_waits
from gongzhi.exchange.reading import RawTable, UnreadFile, read_bytes
from gongzhi.exchange.said import Said, SaidEncoder, shown
from gongzhi.exchange.standards import Checked, check_row, check_rows, read_standard
from gongzhi.exchange.standards import Standard as Contract
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import canonical, plain, storable
from gongzhi.writing import in_a_row

Title = Annotated[str, Field(min_length=1, max_length=160)]
FileName = Annotated[str, Field(min_length=1, max_length=300)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Document = Annotated[str, Field(min_length=1, max_length=200_000)]
Content = Annotated[bytes, Field(min_length=1, max_length=20_000_000)]


@deed()
def adopt_standard(*, at: Unit, document: Document, by: Person, now: datetime) -> Standard:
    """Adopt one version of a data standard, an Open Data Contract file (数据标准)."""
    check_may(by, "load_data", at, now)
    contract = check_contract(document)
    check_is_new(contract)
    standard = Standard.objects.create(
        name=contract.name, version=contract.version, document=document, digest=contract.digest
    )
    append(
        verb="exchange.adopt_standard", subject=standard, place=at, by=by, now=now,
        name=contract.name, version=contract.version, digest=contract.digest,
    )  # fmt: skip
    return standard


@deed()
def register_dataset(
    *, supplier: Unit, standard: Standard, title: Title, by: Person, now: datetime
) -> Dataset:
    """Say that a unit supplies data under a standard."""
    check_may(by, "load_data", supplier, now)
    dataset, is_new = Dataset.objects.get_or_create(
        supplier=supplier, standard=standard, title=title
    )
    if is_new:
        append(
            verb="exchange.register_dataset", subject=dataset, place=supplier, by=by, now=now,
            standard=str(standard), title=title,
        )  # fmt: skip
    return dataset


@deed()
def receive_file(
    *, dataset: Dataset, file_name: FileName, content: Content, by: Person, now: datetime
) -> Load:
    """Load a file: every row is read, or waits in quarantine with its reason, or is a duplicate."""
    check_may(by, "load_data", dataset.supplier, now)
    sha256 = hashlib.sha256(content).hexdigest()
    check_not_loaded(dataset, sha256)
    tables = read_bytes(file_name, content)
    refused = [t.reason for t in tables if isinstance(t, UnreadFile)]
    readable = [t for t in tables if isinstance(t, RawTable)]
    if not readable:
        reason = in_a_row(map(shown, refused))
        raise Malformed(
            _("The file cannot be read: %(reason)s") % {"reason": reason},
            details={"content": reason},
        )
    contract = read_standard(dataset.standard.document)
    fates = [fate for table in readable for fate in _judged(contract, table)]
    load = Load(
        dataset=dataset, file_name=file_name, sha256=sha256, encoding=readable[0].encoding,
        file_format=readable[0].format[:20], generation=contract.version,
        not_understood=refused, received_at=now, received_by=by,
    )  # fmt: skip
    return _stored(load, fates, by, now)


@dataclass(frozen=True)
class _Fate:
    """One row on its way into the house."""

    state: Row.State
    values: dict[str, Any]
    personal: dict[str, Any]
    reasons: list[Said]
    duplicate_of: str = ""


def _judged(contract: Contract, table: RawTable) -> Iterator[_Fate]:
    """Every row of a table by the standard: sound, in quarantine, or the same row again."""
    secret = {c.name for c in contract.columns if c.is_personal}
    seen: dict[str, int] = {}
    rows = {row.number: row for row in table.rows}
    for checked in check_rows(contract, ((r.number, r.values) for r in table.rows)):
        raw = rows[checked.number]
        whole = canonical(dict(raw.values))
        first = seen.setdefault(whole, checked.number)
        if first != checked.number:
            yield _Fate(Row.State.DUPLICATE, {}, {}, [], f"{table.file}, row {first}")
        elif checked.is_sound:
            yield _sound(checked, secret)
        else:
            reasons = [problem.said for problem in checked.problems]
            yield _Fate(Row.State.QUARANTINED, {}, {"raw": plain(dict(raw.values))}, reasons)
    for broken in table.unreadable:
        yield _Fate(Row.State.QUARANTINED, {}, {"raw": broken.raw}, [broken.reason])


def _sound(checked: Checked, secret: set[str]) -> _Fate:
    values = {k: v for k, v in checked.values.items() if k not in secret}
    hidden = {k: v for k, v in checked.values.items() if k in secret}
    hidden |= {f"not in the standard: {k}": v for k, v in checked.extra.items()}
    return _Fate(Row.State.READ, plain(values), plain(hidden), [])


def _stored(load: Load, fates: Iterable[_Fate], by: Person, now: datetime) -> Load:
    """Save a load with all its rows and one ledger line; the counts add up by constraint."""
    every = list(fates)
    load.rows = len(every)
    load.rows_read = sum(f.state == Row.State.READ for f in every)
    load.rows_quarantined = sum(f.state == Row.State.QUARANTINED for f in every)
    load.rows_duplicate = sum(f.state == Row.State.DUPLICATE for f in every)
    load.save()
    _store_rows(load, every)
    append(
        verb="exchange.receive_file", subject=load, place=load.dataset.supplier, by=by, now=now,
        sha256=load.sha256, rows=load.rows, read=load.rows_read,
        quarantined=load.rows_quarantined, duplicate=load.rows_duplicate,
    )  # fmt: skip
    return load


COLUMNS = (
    "load_id", "number", "state", "values", "personal_values", "reasons", "duplicate_of",
)  # fmt: skip


_ENCODER = SaidEncoder(ensure_ascii=False, allow_nan=False)
"""One for all the rows of a file: to make it costs more than to write a row with it."""
NUL = "\\u0000"
"""How JSON writes the character that no database keeps in a text."""


def _store_rows(load: Load, fates: list[_Fate]) -> None:
    """Insert the rows by plain SQL: measured at a fifth of the time of `bulk_create`."""
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    rows = [
        (
            load.pk, number, f.state.value, _json(f.values), _json(f.personal), _json(f.reasons),
            storable(f.duplicate_of)[:400],
        )
        for number, f in enumerate(fates, start=1)
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO exchange_row ({names}) VALUES ({marks})", rows)


def _json(value: Any) -> str:
    """A value as JSON text; what a database cannot hold is written out.

    That is NUL, halves of pairs and infinity: rare, so the value is walked only where its text
    shows one of them.
    """
    try:
        text = _ENCODER.encode(value)
        text.encode()
    except ValueError:
        return json.dumps(storable(value), ensure_ascii=False, cls=SaidEncoder)
    if NUL not in text:
        return text
    return json.dumps(storable(value), ensure_ascii=False, cls=SaidEncoder)


@deed(by_hand=False)
def store_table(*, dataset: Dataset, table: TableReading, by: Person, now: datetime) -> Load:
    """Store one table that an importer understood, every row with its fate."""
    check_may(by, "load_data", dataset.supplier, now)
    load = Load(
        dataset=dataset, file_name=storable(table.file)[:300], sha256=table.sha256,
        encoding=table.encoding[:20], file_format=table.format[:20],
        generation=table.generation[:40], received_at=now, received_by=by,
        not_understood=storable([*table.unknown_columns, *table.notes]),
    )  # fmt: skip
    fates = (
        _Fate(
            Row.State(fate.fate.value), dict(fate.values), dict(fate.personal),
            list(fate.reasons), fate.duplicate_of,
        )
        for fate in table.fates()
    )  # fmt: skip
    return _stored(load, fates, by, now)


@deed()
def release_row(*, row: Row, correction: Document, by: Person, now: datetime) -> Row:
    """Let a corrected row out of quarantine; `correction` is the row as a JSON object."""
    dataset = row.load.dataset
    check_may(by, "load_data", dataset.supplier, now)
    check_waits(row)
    contract = read_standard(dataset.standard.document)
    checked = check_row(contract, _corrected(correction), number=row.number)
    if not checked.is_sound:
        problems = in_a_row(shown(problem.said) for problem in checked.problems)
        raise Malformed(
            _("The row is still wrong: %(problems)s") % {"problems": problems},
            details={"correction": problems},
        )
    sound = _sound(checked, {c.name for c in contract.columns if c.is_personal})
    row.state = Row.State.RELEASED
    row.values, row.personal_values = storable(sound.values), storable(sound.personal)
    row.save(update_fields=["state", "values", "personal_values"])
    append(verb="exchange.release_row", subject=row, place=dataset.supplier, by=by, now=now)
    return row


def _corrected(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, a number of a mile, or a well without bottom
        values = None
    if not isinstance(values, dict):
        raise Malformed(
            _('Write the row as a JSON object, for example {"column": "value"}.'),
            details={"correction": _("This is not a JSON object.")},
        )
    return values


@deed()
def reject_row(*, row: Row, reason: Sentence, by: Person, now: datetime) -> Row:
    """Reject a row in quarantine for good, with the reason; its text is kept."""
    check_may(by, "load_data", row.load.dataset.supplier, now)
    check_waits(row)
    row.state, row.reasons = Row.State.REJECTED, [*row.reasons, reason]
    row.save(update_fields=["state", "reasons"])
    append(verb="exchange.reject_row", subject=row, place=row.load.dataset.supplier, by=by, now=now)
    return row
