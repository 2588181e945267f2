"""Read the word tables and make names from them, each name once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from gongzhi.interfaces.cli.linjiang.city import Item, Names

FOLDER = Path(__file__).parent
_VOWELS = ("a", "e", "o")


@cache
def read_tables(stem: str) -> Mapping[str, Any]:
    """Read one of the YAML files beside this module. The answer must not be changed."""
    text = (FOLDER / f"{stem}.yaml").read_text(encoding="utf-8")
    tables = YAML(typ="safe").load(text)
    if not isinstance(tables, dict):
        raise ValueError(f"{stem}.yaml must be a mapping.")
    return tables


def word(entry: str) -> Names:
    """Read a word "zh-Hans zh-Hant pin yin"; its English is the pinyin, written together."""
    hans, hant, *syllables = entry.split()
    return Names(hans, hant, _spell(syllables))


def _spell(syllables: list[str]) -> str:
    spelt = syllables[0]
    for syllable in syllables[1:]:
        spelt += ("'" if syllable.startswith(_VOWELS) else "") + syllable
    return spelt[0].upper() + spelt[1:]


def fill(form: Mapping[str, Any], name: Names) -> Names:
    """Put a name into a form that has one `{}` in each language."""
    hans, hant, en = form["hans"], form["hant"], form["en"]
    return Names(hans.format(name.hans), hant.format(name.hant), en.format(name.en))


def join(place: Names, name: Names) -> Names:
    """Write a place before a name, as in 临江市望潮医院."""
    return Names(place.hans + name.hans, place.hant + name.hant, f"{place.en} {name.en}")


def short_name(community: Names) -> Names:
    """The name of a community without the word for community."""
    en = community.en.removesuffix(" Community")
    return Names(community.hans.removesuffix("社区"), community.hant.removesuffix("社區"), en)


@cache
def items() -> tuple[Item, ...]:
    """The catalogue of supplies."""
    table = read_tables("words")["items"]
    return tuple(
        Item(
            code,
            Names(row["hans"], row["hant"], row["en"]),
            row["unit"],
            row["measure"],
            row["price_cents"],
            tuple(row.get("use", ())),
        )
        for code, row in table.items()
    )


class Namer:
    """Makes names from two word tables, never the same twice in any language."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._tables = read_tables("words")
        districts = {word(entry).hans for entry in self._tables["districts"]}
        self._avoid = districts | set(self._tables["avoid"])
        self._used: set[str] = set()
        self._places = self._deal("place_first", "place_second")
        self._brands = self._deal("brand_first", "brand_second")

    def _deal(self, first: str, second: str) -> list[Names]:
        """All pairs of two tables in random order, one for each pinyin."""
        pairs = [f"{a}|{b}" for a in self._tables[first] for b in self._tables[second]]
        self._rng.shuffle(pairs)
        found: dict[str, Names] = {}
        for pair in pairs:
            (a, b, c), (d, e, f) = (half.split() for half in pair.split("|"))
            name = Names(a + d, b + e, _spell([c, f]))
            if name.hans not in self._avoid and c != f:
                found.setdefault(name.en, name)
        return list(found.values())

    def place(self) -> Names:
        """A place word that was not given out before."""
        if not self._places:
            raise ValueError("The word tables have no more place names.")
        return self._places.pop()

    def brand(self) -> Names:
        """A brand word; brands come round again when all were used."""
        name = self._brands.pop()
        self._brands.insert(0, name)
        return name

    def person(self) -> Names:
        """A fictional person: surname and a given name of two characters."""
        parts = [
            str(self._rng.choice(self._tables[table])).split()
            for table in ("surnames", "given_first", "given_second")
        ]
        (a, b, c), (d, e, f), (g, h, i) = parts
        return Names(a + d + g, b + e + h, f"{_spell([c])} {_spell([f, i])}")

    def unique(self, name: Names) -> bool:
        """Whether this name is new in every language; if so it counts as used from now on."""
        forms = {name.hans, f"hant:{name.hant}", f"en:{name.en}"}
        if self._used & forms:
            return False
        self._used |= forms
        return True
