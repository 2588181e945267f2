"""`gongzhi supply prices`: screen a CSV of prices; no server, no database, no log-in."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from math import exp
from pathlib import Path

import click
from django.utils.translation import gettext as _

from gongzhi.engines.prices import Judged, Params, Quote, Verdict, Watched, watch
from gongzhi.errors import Malformed
from gongzhi.interfaces.cli import tables
from gongzhi.supply.prices.rules import rule_for, screening
from gongzhi.supply.prices.words import VERDICTS, why_flagged

DAY = click.DateTime(formats=["%Y-%m-%d"])
COLUMNS = {
    "seller": ("seller", "商家", "卖家", "商家名称"),
    "item": ("item", "商品", "品名", "物资"),
    "date": ("date", "日期"),
    "price": ("price", "价格", "单价", "售价"),
    "pack": ("pack", "包装", "每包数量", "包裝"),
    "delivery": ("delivery", "运费", "配送费", "運費"),
    "packs": ("packs", "件数", "数量", "件數"),
    "region": ("region", "地区", "区域", "地區"),
    "channel": ("channel", "渠道"),
}
"""The columns that are read, with the headings they may have; the first four are needed."""
NEEDED = ("seller", "item", "date", "price")
WRITTEN = (
    "item", "region", "channel", "seller", "verdict", "was", "now", "rise", "expected",
    "overprice", "score", "sellers",
)  # fmt: skip
MOST_WRONG = 20
LONGEST = 30
AMOUNT = re.compile(r"[¥￥€$]?\s?((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)元?")
"""2000, 2,000.50, ¥2 and 2元; a comma parts thousands, so that 1,5 is no amount."""
WHOLE = re.compile(r"0{0,9}[1-9]\d{0,8}")


@click.command()
@click.argument("prices")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="The CSV to write.")  # fmt: skip
@click.option("--baseline", type=DAY, help="Last day of the baseline; by default that of --area.")
@click.option("--area", default="", help="Division code whose notice gives the baseline, as 42.")
@click.option("--on", type=DAY, help="The day that is judged; by default the latest in the file.")
@click.option("--explain", is_flag=True, help="Add a column with the reason of each line.")
@click.option("--all", "every", is_flag=True, help="Write the ordinary ones too.")
def prices(
    prices: str, out: Path, baseline: datetime | None, area: str, on: datetime | None,
    explain: bool, every: bool,
) -> None:  # fmt: skip
    """Find prices that rose far more than those of who sells the same, from a CSV alone.

    Columns: seller, item, date (2020-02-03), price of a pack; and if known pack (pieces in it),
    delivery (fee of the order), packs (in that order), region, channel. A flag is a reason to ask
    for invoices, nothing more. Rows that cannot be read are named and left out: exit code 11.
    """
    if not tables.apart(prices, out):
        raise Malformed(_("PRICES and --out must be different files. Name another one."))
    quotes, wrong = _read(prices)
    if not quotes:
        raise Malformed(
            _wrong_rows(wrong) or _("There is no price in %(file)s.") % {"file": prices}
        )
    day = on.date() if on else max(quote.on for quote in quotes)
    params, version = _rules(baseline.date() if baseline else None, area, day)
    found = watch(quotes, on=day, params=params)
    head = (*WRITTEN, "why") if explain else WRITTEN
    tables.write(out, head, _lines(found, explain, every), encoding="utf-8-sig")
    click.echo(f"{found} ({version})")
    for segment in found.risen:
        where = " · ".join(filter(None, (segment.item, segment.region, segment.channel)))
        times = f"{exp(segment.middle):.1f}"
        click.echo(
            _("%(where)s: the middle itself rose %(times)s times.")
            % {"where": where, "times": times}
        )
    if wrong:
        click.echo(_wrong_rows(wrong), err=True)
        sys.exit(Malformed.exit_code)


def _rules(baseline: date | None, area: str, day: date) -> tuple[Params, str]:
    try:
        return screening(baseline or _baseline(area, day), day)
    except KeyError:
        said = _("No rule about prices is known for %(day)s. Check the dates in the file.")
        raise Malformed(said % {"day": day}) from None


def _baseline(area: str, day: date) -> date:
    known = rule_for(area, day).baseline_on
    if known is None:
        raise Malformed(
            _("Say the last day before prices moved with --baseline 2020-01-21, or name the area "
              "whose notice gives it with --area 42.")
        )  # fmt: skip
    return known


def _read(path: str) -> tuple[list[Quote], list[str]]:
    """The quotes of a file, and a sentence for each row that is none."""
    rows = tables.rows_of(path, "prices")
    places = _places(next(rows, []), path)
    quotes: list[Quote] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            quotes.append(_quote({n: row[at].strip() for n, at in places.items() if at < len(row)}))
        except ValueError as error:
            wrong.append(_("Row %(row)s: %(why)s") % {"row": number, "why": error})
    return quotes, wrong


def _places(heading: Sequence[str], path: str) -> Mapping[str, int]:
    titles = [title.strip().lower() for title in heading]
    found = {
        name: next(titles.index(title) for title in known if title in titles)
        for name, known in COLUMNS.items()
        if any(title in titles for title in known)
    }
    if missing := [name for name in NEEDED if name not in found]:
        raise Malformed(
            _("%(file)s has no column %(missing)s. Its first row names the columns; these are "
              "read: %(known)s.")
            % {"file": path, "missing": ", ".join(missing), "known": ", ".join(COLUMNS)}
        )  # fmt: skip
    return found


def _quote(cells: Mapping[str, str]) -> Quote:
    if not all(cells.get(name) for name in NEEDED):
        raise ValueError(_("a needed cell is missing"))
    return Quote(
        seller=cells["seller"], item=cells["item"], on=_date(cells["date"]),
        price=_money(cells["price"]), pack=_whole(cells.get("pack")),
        delivery=_money(cells.get("delivery") or "0", may_be_nothing=True),
        packs=_whole(cells.get("packs")), region=cells.get("region", ""),
        channel=cells.get("channel", ""),
    )  # fmt: skip


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise ValueError(
            _("“%(text)s” is no date. Write 2020-02-03.") % {"text": text[:LONGEST]}
        ) from None


def _money(text: str, *, may_be_nothing: bool = False) -> Fraction:
    found = AMOUNT.fullmatch(text) if len(text) <= LONGEST else None
    amount = Fraction(found[1].replace(",", "")) if found else None
    if amount is None or (amount == 0 and not may_be_nothing):
        raise ValueError(_("“%(text)s” is no amount.") % {"text": text[:LONGEST]})
    return amount


def _whole(text: str | None) -> int:
    if text and not WHOLE.fullmatch(text):
        raise ValueError(_("“%(text)s” is no whole number.") % {"text": text[:LONGEST]})
    return int(text or 1)


def _wrong_rows(wrong: Sequence[str]) -> str:
    if len(wrong) > MOST_WRONG:
        more = _("… and %(number)s more rows.") % {"number": len(wrong) - MOST_WRONG}
        return "\n".join([*wrong[:MOST_WRONG], more])
    return "\n".join(wrong)


def _lines(found: Watched, explain: bool, every: bool) -> Iterator[list[str]]:
    for one in _shown(found, every):
        yield [*_row(one), why_flagged(one.facts())] if explain else _row(one)


def _shown(found: Watched, every: bool) -> Iterator[Judged]:
    """The flagged first, the highest overprice on top; then doubts, then the rest if wanted."""
    yield from found.flagged
    yield from found.of(Verdict.UNIT_DOUBTED)
    if every:
        yield from found.of(Verdict.ORDINARY)
        yield from found.of(Verdict.TOO_FEW)


def _row(one: Judged) -> list[str]:
    figures = (one.was, one.now, one.rise, one.expected, one.overprice, one.score)
    return [
        one.item, one.region, one.channel, one.seller, str(VERDICTS[one.verdict.value]),
        *("" if figure is None else f"{figure:.4f}" for figure in figures),
        str(one.segment.sellers) if one.segment else "",
    ]  # fmt: skip
