"""Emergency contracts of 2020 with unit prices: which stand out among their like (`pytest -s`).

A contract has no earlier price of the same supplier, so each is compared with what all others ask.
Whether many of them stand out is the data's business; that a planted one does is ours.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from fractions import Fraction
from math import exp
from pathlib import Path
from statistics import median

import pytest

from gongzhi.engines.prices import Basis, Params, Quote, Verdict, Watched, watch

COLUMNS = {"fornitore", "sottocategoria", "prezzo_unitario", "quantita", "data_atto_negoziale"}


def read(folder: Path) -> tuple[list[Quote], list[str]]:
    """The quotes of every table with unit prices in the folder, and the rows that are none."""
    quotes, refused = [], []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not set(rows.fieldnames or ()) >= COLUMNS:
                continue
            for row in rows:
                try:
                    quotes.append(
                        Quote(f"{row['fornitore']} ({path.stem}:{rows.line_num})",
                              row["sottocategoria"],
                              date.fromisoformat(row["data_atto_negoziale"]),
                              Fraction(row["prezzo_unitario"]))
                    )  # fmt: skip
                except (ValueError, TypeError) as error:
                    refused.append(f"{path.name}:{rows.line_num} {row['fornitore']}: {error}")
    return quotes, refused


@pytest.fixture(scope="module")
def contracts(data_dir: Path) -> tuple[list[Quote], list[str]]:
    folders = [p for p in data_dir.glob("procurement*") if p.is_dir()]
    found = [read(folder) for folder in folders]
    if not any(quotes for quotes, _ in found):
        pytest.skip("GONGZHI_DATA has no procurement* folder with unit prices")
    return [q for quotes, _ in found for q in quotes], [r for _, wrong in found for r in wrong]


def screened(quotes: list[Quote]) -> Watched:
    """All contracts of the time that the data cover, each for itself."""
    first, last = min(q.on for q in quotes), max(q.on for q in quotes)
    days = min(366, (last - first).days + 1)
    return watch(quotes, on=last, params=Params(first - timedelta(days=1), look_days=days))


@pytest.fixture(scope="module")
def watched(contracts: tuple[list[Quote], list[str]]) -> Watched:
    return screened(contracts[0])


def test_contracts_are_read_and_what_is_no_price_is_listed(
    contracts: tuple[list[Quote], list[str]],
) -> None:
    quotes, refused = contracts
    print(f"\n{len(quotes)} prices, {len(refused)} rows without one", *refused[:5], sep="\n  ")
    assert len(quotes) > 10 * len(refused)


def test_those_that_stand_out_are_few_and_truly_dear(watched: Watched) -> None:
    flagged = watched.flagged
    over = [one.overprice or 0 for one in flagged]
    said = f"median overprice {median(over):.0%}" if over else "nothing stands out"
    print(f"\n{watched}; {said}")
    for one in (*flagged[:8], *watched.of(Verdict.UNIT_DOUBTED)):
        print(f"  {one}")
    assert {one.basis for one in watched.judged} == {Basis.SEGMENT_PRICE}
    judged = len(watched.judged) - len(watched.of(Verdict.TOO_FEW))
    assert judged and len(flagged) <= 0.25 * judged
    for one in flagged:
        like = [o.now for o in watched.judged if o.item == one.item]
        assert one.now > 1.1 * median(like)


def test_a_planted_contract_at_twice_the_limit_stands_out(
    contracts: tuple[list[Quote], list[str]], watched: Watched
) -> None:
    segments = {o.segment.item: o.segment for o in watched.judged if o.segment}
    assert segments
    for item, segment in segments.items():
        limit = exp(segment.middle + watched.params.limit * segment.spread)
        print(f"\n{item}: {segment.sellers} contracts, middle {exp(segment.middle):.2f}, "
              f"flagged above {limit:.2f}")  # fmt: skip
        dear = Quote("planted", item, watched.on, Fraction(round(200 * limit), 100))
        found = screened([*contracts[0], dear])
        out = (*found.flagged, *found.of(Verdict.UNIT_DOUBTED))
        assert "planted" in {one.seller for one in out}
