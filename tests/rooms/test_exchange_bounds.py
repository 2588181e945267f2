"""No document exhausts the server: each is read or refused with bounded memory in bounded time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gongzhi.exchange.reading import OWN, RawTable, UnreadFile, nests_too_deeply, read_bytes
from tests.rooms.bounded import FILES, TEXTS

pytestmark = pytest.mark.long

SECONDS = 30
"""Of the processor's time for one document, however slow the machine."""


def fates(var: Path) -> dict[tuple[str, str], tuple[float, str]]:
    """What became of every document, in a process that may take a gigabyte for each."""
    environment = {
        **os.environ, "GONGZHI_DATABASE_URL": "sqlite:///:memory:", "GONGZHI_VAR": str(var),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.rooms.bounded"], env=environment, check=False,
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {(verb, name): (seconds, outcome) for verb, name, seconds, outcome in lines}


def test_every_document_made_to_exhaust_is_read_or_refused(tmp_path: Path) -> None:
    found = fates(tmp_path)
    assert len(found) == 2 * len(TEXTS) + len(FILES)
    sound = {k: outcome == "Load" for k, (_seconds, outcome) in found.items()}
    for document, (seconds, outcome) in found.items():
        assert sound[document] or outcome.startswith("Malformed: "), (document, outcome)
        assert seconds < SECONDS, (document, seconds)
    read = {name for (_verb, name), is_sound in sound.items() if is_sound}
    assert {"as many rows as may be.csv", "members.zip", "long list.yaml"} <= read
    assert len(found) - len(read) > 50


HARD = {
    "marks.csv": b"a,b\n" + b'x"y"z,"\n' * 150_000,
    "list.json": b'[{"code":"A"},' + b'{"code" x},{' * 150_000,
    "assigned.js": b"let x = [;" + b"let y = [;" * 150_000,
    "columns.csv": b"a," * 90_000 + b"a\n" + b"1," * 90_000 + b"1\n",
    "comments.js": b"let x = [1];" + b"/*" * 1_500_000,
    "lines.js": b"let x = [1];" + b"\n" * 1_500_000,
    "word.js": b"let x = [" + b"a" * 1_500_000,
    "stairs.yaml": b"a: 1\n" + b"- " * 1_000_000,
}


@pytest.mark.parametrize("name", HARD)
def test_the_houses_own_files_are_read_in_time_that_grows_with_their_length(name: str) -> None:
    """Without the limits: what took minutes for its square takes seconds."""
    found = read_bytes(name, HARD[name], limits=OWN)
    assert found
    for table in found:
        assert isinstance(table, UnreadFile) or table.rows or table.unreadable


def test_an_ordinary_document_is_far_from_every_limit() -> None:
    rows = [{"code": f"A{n}", "名称": "口罩", "number": n} for n in range(3000)]
    lists = json.dumps(rows, ensure_ascii=False).encode()
    (table,) = read_bytes("one line.json", lists)
    assert isinstance(table, RawTable) and len(table.rows) == 3000
    text = "\n".join(f"- {{code: A{n}, tags: [a, [b]]}}" for n in range(500))
    assert not nests_too_deeply(text)
    (table,) = read_bytes("list.yaml", text.encode())
    assert isinstance(table, RawTable) and len(table.rows) == 500
