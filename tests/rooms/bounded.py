"""Documents made to exhaust whoever reads them, given to the deeds in a process with little memory.

`python -m tests.rooms.bounded` founds a small city in memory, limits its own address space, and
prints for every document what became of it and how many seconds it took, a line of JSON each.
"""

from __future__ import annotations

import gzip
import io
import json
import resource
import sys
import time
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from tests.rooms.standards import trial_standard

ALLOWED = 1024 * 2**20
"""Bytes beyond what the process has after its start that one document may cost."""

LAUGHS = "\n".join(
    ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)
TEXTS: dict[str, Callable[[], str]] = {
    "laughs": lambda: LAUGHS,
    "laughs in keys": lambda: LAUGHS + "\n? *a11\n: 1\n",
    "merged laughs": lambda: "a: &a {x: 1}\n" + "".join(
        f"a{n}: &a{n}\n  <<: [{', '.join(['*a'] * 9)}]\n" for n in range(500)
    ),
    "deep lists": lambda: "[" * 59_000,
    "deeper lists": lambda: "[" * 199_000,
    "deeper dashes": lambda: "- " * 99_000,
    "deep questions": lambda: "? " * 29_000,
    "deep and closed": lambda: "[" * 29_000 + "]" * 29_000,
    "deep mappings": lambda: "{a: " * 14_000,
    "deep dashes": lambda: "- " * 29_000,
    "many keys": lambda: "".join(f"k{n}: 1\n" for n in range(6_500)),
    "ten million characters": lambda: "plan: " + "x" * 10_000_000,
    "long line": lambda: "plan: " + "x" * 59_000,
    "huge number": lambda: "plan: " + "9" * 59_000,
    "huge octal": lambda: "plan: 0o" + "7" * 59_000,
    "huge sexagesimal": lambda: "plan: 1" + ":59" * 19_000,
    "huge exponent": lambda: "plan: 1e999999999",
    "not a number": lambda: "plan: .nan\nlevel: -.inf\ntier: .inf",
    "far dates": lambda: "plan: 9999-12-31\nvalid_from: 0001-01-01T00:00:00+14:00",
    "NUL": lambda: 'plan: "a\\0b"\ntitle: a\x00b',
    "half a pair": lambda: 'plan: "\\ud800"',
    "anchors": lambda: "".join(f"a{n}: &a{n} x\n" for n in range(4_000)),
    "quotes": lambda: "plan: '" + "''" * 29_000,
    "tags": lambda: "!!python/object/apply:os.system " * 1_800,
    "documents": lambda: "---\n" * 14_000,
    "comments": lambda: "#\n" * 29_000 + "plan: x",
}  # fmt: skip


def packed(*parts: tuple[str, bytes]) -> bytes:
    """A ZIP archive with these members."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return kept.getvalue()


def sheet(*cells: str) -> bytes:
    """A workbook that has only these cells."""
    book = openpyxl.Workbook()
    for cell in cells:
        book.active[cell] = "code"  # type: ignore[index]
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


MB = 1_000_000
FILES: dict[str, Callable[[], bytes]] = {
    "many rows.csv": lambda: b"code,number\n" + b"A1,1\n" * 3_900_000,
    "as many rows as may be.csv": lambda: b"code,number\n"
    + b"".join(b"A%d,1\n" % n for n in range(100_000)),
    "empty lines.csv": lambda: b"\n" * 19 * MB + b"a,b\n1,2\n",
    "commas.csv": lambda: b"," * 19 * MB,
    "one name for all columns.csv": lambda: b"a," * 1_900_000 + b"a\n" + b"1," * 1_900_000 + b"1\n",
    "as many columns as may be.csv": lambda: (b"a," * 4_999 + b"a\n") * 200,
    "marks that never close.csv": lambda: b"a,b\n" + b'x"y"z,"\n' * 60_000,
    "quoted.csv": lambda: b"a,b\n" + b'"",""\n' * 199_000,
    "long cells.csv": lambda: (b"code," + b"x" * 190_000 + b"\n") * 100,
    "list.yaml": lambda: b"- a: 1\n  b: 2\n" * 1_400_000,
    "long list.yaml": lambda: b"- a: 1\n  b: 2\n" * 8_000,
    "broken list.yaml": lambda: b"- a: [1\n" * 60_000,
    "laughs.yaml": lambda: LAUGHS.encode(),
    "deep.yaml": lambda: b"- " * 240_000,
    "list.json": lambda: b'[{"code":"A"}' + b',{"code":"A"}' * 1_400_000 + b"]",
    "lists.json": lambda: b"[" + b"[1]," * 4_700_000 + b"[1]]",
    "broken list.json": lambda: b'[{"code":"A"},' + b'{"code" x},{' * 95_000,
    "broken lines.json": lambda: b'{"code":"A"}\n{"a"\n' * 40_000,
    "one name.json": lambda: b"{" + b'"a":1,' * 200_000 + b'"a":1}',
    "deep.json": lambda: b"[" * 19 * MB,
    "numbers.json": lambda: b'[{"code":' + b"9" * 19 * MB + b"}]",
    "comments.js": lambda: b"let x = [1];" + b"/*" * 9 * MB,
    "lines.js": lambda: b"let x = [1];" + b" " * 15 * MB + b"\n" * 190_000,
    "broken.js": lambda: b"let x = [;" + b"let y = [;" * 190_000,
    "word.js": lambda: b"let x = [" + b"a" * 19 * MB,
    "quotes.js": lambda: b"let x = [" + b"'" * 3_000_001,
    "noise.bin": lambda: bytes(range(256)) * 78_000,
    "nul.csv": lambda: b"code,number\n" + b"\x00" * 19 * MB,
    "unpacks.csv.gz": lambda: gzip.compress(b"code,number\n" + b"A1,1\n" * 100 * MB, 1),
    "unpacks.zip": lambda: packed(*((f"{n}.csv", b"a,b\n" + b"1,2\n" * 12 * MB) for n in range(4))),
    "members.zip": lambda: packed(*((f"{n}.csv", b"a,b\n1,2\n") for n in range(50_000))),
    "corners.xlsx": lambda: sheet("A1", "XFD1048576"),
    "tall.xlsx": lambda: sheet("A1", "C1048576"),
}  # fmt: skip

STANDARD = trial_standard("{name: number, logicalType: integer}")


def main() -> None:
    """Found, confine, and do every deed with every document."""
    import django

    django.setup()
    from django.core.management import call_command

    from gongzhi.exchange.actions import adopt_standard, register_dataset
    from gongzhi.interfaces.inputs import deed_named, perform
    from gongzhi.interfaces.rooms import load_rooms
    from tests.rooms.cast import START, small_city

    load_rooms()
    call_command("migrate", verbosity=0)
    city = small_city()
    by = city.person("d1-chief")
    standard = adopt_standard(at=city["D1"], document=STANDARD, by=by, now=START)
    dataset = register_dataset(supplier=city["H1"], standard=standard, title="试", by=by, now=START)
    deeds: list[tuple[str, str, Callable[[], dict[str, Any]]]] = []
    for name, text in TEXTS.items():
        deeds.append(("command.adopt_plan", name, lambda t=text: {"document": t()}))  # type: ignore[misc]
        deeds.append(
            ("exchange.adopt_standard", name, lambda t=text: {"at": city["D1"].pk, "document": t()})  # type: ignore[misc]
        )
    for name, content in FILES.items():
        deeds.append(
            ("exchange.receive_file", name, lambda n=name, c=content: {  # type: ignore[misc]
                "dataset": dataset.pk, "file_name": n, "content": b64encode(c()),
            })
        )  # fmt: skip
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ALLOWED
    for verb, name, made in deeds:
        values = made()
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
        began = time.process_time()
        try:
            outcome = type(perform(deed_named(*verb.split(".")), values, by, START)).__name__
        except Exception as error:  # noqa: BLE001 - told, and judged by the test
            outcome = f"{type(error).__name__}: {error}"[:300]
        seconds = round(time.process_time() - began, 1)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(json.dumps([verb, name, seconds, outcome], ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
