"""Opens a workbook or a word-processor file; run as a script by `apart`, in a process of its own.

The library that reads workbooks makes room for every cell between the first and the last one. A
file of five kilobytes may name a last cell in column XFD of row 1,048,576: the process that opens
it then asks for 500 GB and is ended by the system. So it is not the server's process, it has a
limit of memory and time, and what it answers is counted before it is sent.

In: the file, on standard input; “workbook” or “word” as the argument. Out: a pickle, of
[(name of the sheet, its rows or why not), …] or of the paragraphs and tables of `blocks_of`.
Why something is not read is one word, which `workbooks` and `word` make a sentence of.
"""

import io
import pickle
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

MEMORY = 1024 * 2**20  # bytes of address space beyond what the interpreter has at the start
SECONDS = 60  # of processor time, and some more until it is ended without a word
GRACE = 5
CELLS = 2_000_000

Sheets = list[tuple[str, list[list[object]] | str]]


def confine() -> None:
    """Limit memory and processor time, where the system can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    with open("/proc/self/statm" if sys.platform == "linux" else "/dev/null") as file:
        pages = int((file.read() or "0").split()[0])
    most = MEMORY + pages * resource.getpagesize()
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    _limit(resource, resource.RLIMIT_CPU, SECONDS, SECONDS + GRACE)
    _limit(resource, resource.RLIMIT_CORE, 0, 0)  # what was read is not left behind on the disk


def _limit(resource: Any, kind: int, soft: int, hard: int) -> None:
    """Set a limit; one that the system has set lower stays.

    At the soft limit of processor time the process is ended by a signal that says so; with the
    hard one at the same moment it would be killed as if for want of memory.
    """
    _soft, now = resource.getrlimit(kind)
    most = hard if now == resource.RLIM_INFINITY else min(hard, now)
    resource.setrlimit(kind, (min(soft, most), most))


def sheets_of(data: bytes) -> Sheets | str:
    """Every sheet with its rows, or with the reason why they cannot be read."""
    import python_calamine

    confine()
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
    except python_calamine.PasswordError:
        return "locked"
    found: Sheets = []
    left = CELLS
    for name in names:
        try:
            sheet = book.get_sheet_by_name(name)
            left -= sheet.total_height * sheet.total_width
            rows: Any = sheet.to_python(skip_empty_area=False) if left >= 0 else "cells"
        except (python_calamine.CalamineError, OSError, ValueError):
            rows = "sheet"
        found.append((name, rows))
    return found


# Word-processor files ---------------------------------------------------------------------------

UNPACKED = 64 * 2**20  # bytes of all parts of a word-processor file together
PARTS = 2_000
BEYOND = ("header", "footer", "footnotes", "endnotes", "comments")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
BREAKS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}


def blocks_of(data: bytes) -> list[tuple[Any, ...]] | str:
    """Paragraphs and tables in the order they stand, or the reason why they cannot be read.

    ("p", heading level or 0, is a list item, text) or ("t", [[the blocks of a cell, …], …]).
    """
    confine()
    wrong = _not_word(data)
    if wrong:
        return wrong
    import docx
    from lxml import etree

    document = docx.Document(io.BytesIO(data))
    levels = _heading_levels(document)
    found = list(_blocks(document.element.body, levels))
    for relation in document.part.rels.values():
        if relation.reltype.rsplit("/", 1)[-1] in BEYOND and not relation.is_external:
            blob = relation.target_part.blob
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            found += _blocks(etree.fromstring(blob, parser), levels)
    return found


def _not_word(data: bytes) -> str:
    """Why the bytes are no word-processor file that may be opened; empty when they are one."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError):
        return "foreign"
    names = {part.filename for part in parts}
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        return "unpacked"
    if any(name.endswith("vbaProject.bin") for name in names):
        return "macros"
    return "" if "[Content_Types].xml" in names and "word/document.xml" in names else "foreign"


def _heading_levels(document: Any) -> dict[str, int]:
    """Heading level of each style that has one, by the style's id."""
    found = {}
    for style in document.styles.element.iter(f"{W}style"):
        level = style.find(f"{W}pPr/{W}outlineLvl")
        name = style.find(f"{W}name")
        said = (name.get(f"{W}val") if name is not None else "").lower().split()
        if level is not None and level.get(f"{W}val", "").isdigit():
            found[style.get(f"{W}styleId")] = int(level.get(f"{W}val")) + 1
        elif len(said) == 2 and said[0] in ("heading", "标题") and said[1].isdigit():
            found[style.get(f"{W}styleId")] = int(said[1])
        elif said == ["title"]:
            found[style.get(f"{W}styleId")] = -1
    return found


def _blocks(element: Any, levels: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    """Paragraphs and tables below an element; those in text boxes follow their paragraph."""
    for child in element.iterchildren():
        if child.tag == f"{W}p":
            yield _paragraph(child, levels)
            for box in _outermost(child, f"{W}txbxContent"):
                yield from _blocks(box, levels)
        elif child.tag == f"{W}tbl":
            rows = [
                [list(_blocks(cell, levels)) for cell in _outermost(row, f"{W}tc")]
                for row in _outermost(child, f"{W}tr")
            ]
            yield ("t", rows)
        elif isinstance(child.tag, str) and child.tag != FALLBACK:
            yield from _blocks(child, levels)


def _outermost(element: Any, tag: str) -> Iterator[Any]:
    """The nearest elements of a kind below an element, not those inside one of them."""
    for child in element.iterchildren():
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag not in (FALLBACK, f"{W}tbl"):
            yield from _outermost(child, tag)


def _paragraph(element: Any, levels: dict[str, int]) -> tuple[Any, ...]:
    properties = element.find(f"{W}pPr")
    level, is_item = 0, False
    if properties is not None:
        style = properties.find(f"{W}pStyle")
        level = levels.get(style.get(f"{W}val"), 0) if style is not None else 0
        outline = properties.find(f"{W}outlineLvl")
        if outline is not None and outline.get(f"{W}val", "").isdigit():
            level = int(outline.get(f"{W}val")) + 1 if outline.get(f"{W}val") != "9" else level
        is_item = properties.find(f"{W}numPr") is not None
    return ("p", level, is_item, "".join(_words(element)))


def _words(element: Any) -> Iterator[str]:
    """The text of a paragraph, without what was deleted and what stands in text boxes."""
    for child in element.iterchildren():
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag in BREAKS:
            yield BREAKS[child.tag]
        elif isinstance(child.tag, str) and child.tag not in (f"{W}txbxContent", FALLBACK):
            yield from _words(child)


if __name__ == "__main__":
    given = sys.stdin.buffer.read()
    answer: Any
    try:
        answer = blocks_of(given) if sys.argv[1] == "word" else sheets_of(given)
    except MemoryError:
        answer = "memory"
    except Exception:  # noqa: BLE001  (whatever a hostile file makes a library raise)
        answer = "broken"
    sys.stdout.buffer.write(pickle.dumps(answer))
