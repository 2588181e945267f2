"""Data standards (数据标准): what a data set must look like, and whether a row does.

A standard is one YAML file of the Open Data Contract Standard v3. `load_standard` reads it
or lists every mistake with its line; `check_row` types one row and names its problems;
`check_rows` also finds repeated keys; `standards()` are the ones this project brings.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gongzhi.exchange.standards.checking import (
    Checked,
    ColumnMatch,
    Problem,
    check_row,
    check_rows,
    check_value,
    match_columns,
)
from gongzhi.exchange.standards.contract import (
    Column,
    Standard,
    StandardError,
    load_standard,
    read_standard,
)

__all__ = [
    "CONTRACTS",
    "Checked",
    "Column",
    "ColumnMatch",
    "Problem",
    "Standard",
    "StandardError",
    "check_row",
    "check_rows",
    "check_value",
    "load_standard",
    "match_columns",
    "read_standard",
    "standards",
]

CONTRACTS = Path(__file__).parent.parent / "contracts"


@cache
def standards() -> dict[str, Standard]:
    """The standards of this project by name, from `contracts/*.odcs.yaml`.

    Errors: `StandardError` for a file that is wrong.
    """
    found = [load_standard(p) for p in sorted(CONTRACTS.glob("*.odcs.yaml"))]
    return {s.name: s for s in found}
