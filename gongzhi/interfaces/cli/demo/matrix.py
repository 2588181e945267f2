"""Linjiang's duties matrix: whose duty what is, adopted by the city before anything happens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from gongzhi.actors.queries import Unit
from gongzhi.interfaces.cli.demo.stage import Stage
from gongzhi.interfaces.cli.linjiang.naming import read_tables

COLUMNS = ("subject", "area", "department", "together", "from")


def matrix_table(stage: Stage, city: Unit) -> str:
    """The matrix as the table that the city adopts: a row for each subject and district."""
    districts = [u for u in stage.unit.values() if u.kind == "area" and u.tier == "district"]
    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(_row(stage, duty, city) for duty in read_tables("duties")["city"])
    for district in districts:
        table.writerows(_row(stage, duty, district) for duty in read_tables("duties")["district"])
    return written.getvalue()


def _row(stage: Stage, duty: Mapping[str, Any], area: Unit) -> dict[str, str]:
    together: Iterator[Unit] = (stage.department(s, area) for s in duty.get("together", ()))
    return {
        "subject": duty["subject"], "area": area.code,
        "department": stage.department(duty["department"], area).code,
        "together": ";".join(unit.code for unit in together),
        "from": str(read_tables("duties")["from"]),
    }  # fmt: skip


def adopt(stage: Stage) -> None:
    """The city's commander adopts the matrix."""
    city = next(u for u in stage.unit.values() if u.kind == "area" and u.tier == "city")
    matrix = stage.do(
        "command", "adopt_duties", stage.desk(city, "commander"), area=city,
        table=matrix_table(stage, city), basis=read_tables("duties")["basis"],
    )  # fmt: skip
    rows = matrix.rows_added.count()
    stage.tell("duties", area=city, rows=rows, basis=matrix.basis)
