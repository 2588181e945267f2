"""The file of the catalogue of items, checked whole: every mistake with what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Word = Annotated[str, Field(min_length=1, max_length=80)]
_WRITE = {
    "missing": "is missing; write it",
    "extra_forbidden": "is no key of an item; take it out or see the head of the file",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "must be lower-case words with hyphens, such as mask-n95",
    "string_type": "must be a text; put it in quotation marks",
    "greater_than": "must be above {gt}",
    "less_than_equal": "must be at most {le}",
    "too_short": "needs at least one entry",
    "int_type": "must be a whole number",
    "list_type": "must be a list: [one, two]",
    "model_type": "must be a mapping: {{key: value}}",
}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class StandInEntry(_Entry):
    """An item that this one may replace."""

    item: Word
    efficacy: float = Field(gt=0, le=1)
    not_for: list[Word] = []


class CodesEntry(_Entry):
    """What other catalogues call it: GB/T 38565, WHO, UNSPSC; empty until a source is at hand."""

    gb38565: str = ""
    who: str = ""
    unspsc: str = ""


class ItemEntry(_Entry):
    """One item as it stands in the file."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
    group: Word
    grade: Literal["medical", "industrial", "public"]
    units: list[Word] = Field(min_length=1)
    hans: Word = Field(alias="zh-Hans")
    hant: Word = Field(alias="zh-Hant")
    en: Word
    synonyms: list[Word] = []
    exact: list[Word] = []
    packs: dict[Word, Annotated[int, Field(gt=1)]] = {}
    standards: list[Word] = []
    stands_in_for: list[StandInEntry] = []
    codes: CodesEntry = CodesEntry()

    @property
    def names(self) -> dict[str, str]:
        """The name in each language."""
        return {"zh-Hans": self.hans, "zh-Hant": self.hant, "en": self.en}


class ItemsFile(_Entry):
    """The whole file."""

    slips: dict[Word, Word] = {}
    items: list[ItemEntry] = Field(min_length=1)


def read_items_file(name: str, text: str) -> ItemsFile:
    """Read the catalogue of items (物资目录).

    Errors: `ValueError` with a line for every mistake: which item, which key, what to write.
    """
    try:
        document = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ValueError(f"{name} is no YAML: {error}") from None
    try:
        found = ItemsFile.model_validate(document)
    except ValidationError as error:
        lines = [_said(document, problem) for problem in error.errors(include_url=False)]
        raise ValueError("\n".join([f"{name} has {len(lines)} mistakes:", *lines])) from None
    if lines := list(_unlike(found)):
        raise ValueError("\n".join([f"{name} has {len(lines)} mistakes:", *lines]))
    return found


def _said(document: Any, problem: Any) -> str:
    """One mistake: the item by its id where it has one, the key, and what to write."""
    where, place = [str(part) for part in problem["loc"]], "the file"
    if len(where) > 1 and where[0] == "items" and where[1].isdigit():
        entry = document["items"][int(where[1])]
        known = entry.get("id") if isinstance(entry, dict) else None
        place = f"item {known or 'number ' + str(int(where[1]) + 1)}"
        where = where[2:]
    write = _WRITE.get(problem["type"], problem["msg"]).format(**problem.get("ctx", {}))
    return f"- {place}: {'.'.join(where) or 'it'} {write}."


def _unlike(found: ItemsFile) -> Iterator[str]:
    """What is well-formed and yet cannot be: ids twice, substitutes of nothing, uneven slips."""
    seen: set[str] = set()
    for entry in found.items:
        if entry.id in seen:
            yield f"- item {entry.id}: its id stands twice; give one of them another id."
        seen.add(entry.id)
    for entry in found.items:
        for other in entry.stands_in_for:
            if other.item not in seen or other.item == entry.id:
                yield (
                    f"- item {entry.id}: stands_in_for names {other.item}; write the id of "
                    "another item of this file."
                )
    for wrong, right in found.slips.items():
        if len(wrong) != len(right):
            yield f"- slips: {wrong} and {right} must have the same number of characters."
