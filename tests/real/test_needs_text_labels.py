"""160 cells of the lists of 2020, labelled by reading: how much of them is read, and how rightly.

The labels name a cell by a hash of its text, so that nothing of the data is kept here. They were
made before the reader was written, and their halves were drawn by a seed; a cell that is not in
the data at hand is left out and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gongzhi.engines.needs_text import read
from gongzhi.exchange.importers import lexicon

LABELS = Path(__file__).with_name("needs_text_labels.jsonl")
PRECISION, RECALL = 0.95, 0.85


@dataclass
class Score:
    """Lines read and labelled; `right` have the item and the amount, `whole` kind and state too."""

    read: int = 0
    labelled: int = 0
    right: int = 0
    whole: int = 0
    cells: int = 0

    def __str__(self) -> str:
        return (
            f"{self.cells} cells, {self.labelled} labelled lines: "
            f"precision {self.precision:.3f}, recall {self.recall:.3f}, "
            f"{self.whole} with the right kind and state too"
        )

    @property
    def precision(self) -> float:
        return self.right / self.read

    @property
    def recall(self) -> float:
        return self.right / self.labelled


def texts(value: object) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def cell_key(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def cells(data_dir: Path) -> dict[str, str]:
    folder = data_dir / "relief_wuhan2020"
    found: dict[str, str] = {}
    for path in sorted([*folder.rglob("*.json"), *folder.rglob("*.yml")]):
        content = path.read_text("utf-8")
        load = json.loads if path.suffix == ".json" else YAML(typ="safe").load
        found |= {cell_key(text): text for text in texts(load(content))}
    return found


@pytest.mark.parametrize("half", ["train", "held-out"])
def test_labelled_cells_are_read(cells: dict[str, str], half: str) -> None:
    labels = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    labels = [label for label in labels if label["half"] == half]
    score, absent = Score(), 0
    for label in labels:
        text = cells.get(label["cell"])
        if text is None:
            absent += 1
            continue
        add(score, text, [tuple(line) for line in label["lines"]])
    print(f"\n{half}: {score}; {absent} cells are not in the data")
    assert score.cells >= 30
    assert score.precision >= PRECISION
    assert score.recall >= RECALL


def add(score: Score, text: str, labelled: list[tuple[object, ...]]) -> None:
    lines = read(text, lexicon()).lines
    whole = Counter((x.item, x.quantity, str(x.kind), str(x.state)) for x in lines)
    bare = Counter((x.item, x.quantity) for x in lines)
    score.cells += 1
    score.read += len(lines)
    score.labelled += len(labelled)
    score.right += (bare & Counter(line[:2] for line in labelled)).total()
    score.whole += (whole & Counter(labelled)).total()
