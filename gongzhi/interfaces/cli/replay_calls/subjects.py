"""Which category of the tree a message is about, by the pairs of characters they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from math import log

Path = tuple[str, ...]
LEAST = 0.32
"""Weight of shared pairs below which no category is named; a pair of one leaf alone weighs 1."""


def pairs(text: str) -> list[str]:
    """All pairs of neighbouring characters (bigrams), as Chinese is searched without a lexicon."""
    return [a + b for a, b in pairwise(text) if not (a.isspace() or b.isspace())]


class Subjects:
    """The tree of categories as an index from pairs of characters to its leaves.

    A pair weighs more the fewer leaves hold it (inverse document frequency); a leaf's own name
    weighs double that of what stands above it, and long names do not win by length alone.
    """

    def __init__(self, tree: Iterable[Path]) -> None:
        self.tree = tuple(dict.fromkeys(tree))
        holding: dict[str, Counter[int]] = defaultdict(Counter)
        for number, path in enumerate(self.tree):
            for level, name in enumerate(path):
                for pair in pairs(name):
                    holding[pair][number] += 2 if level == len(path) - 1 else 1
        total = len(self.tree)
        self._index = {
            pair: {
                n: count * log(1 + total / len(found)) / log(1 + total)
                for n, count in found.items()
            }
            for pair, found in holding.items()
        }
        self._size = [sum(len(name) for name in path) ** 0.5 for path in self.tree]

    def of(self, words: str) -> Path:
        """The category that fits best; empty where none does. The earlier of equals wins."""
        scores: dict[int, float] = defaultdict(float)
        for pair in dict.fromkeys(pairs(words)):
            for number, weight in self._index.get(pair, {}).items():
                scores[number] += weight / self._size[number]
        if not scores:
            return ()
        best = max(scores, key=lambda n: (round(scores[n], 9), -n))
        return self.tree[best] if scores[best] >= LEAST else ()
