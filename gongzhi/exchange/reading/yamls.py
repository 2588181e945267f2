"""Reads YAML lists and documents; every scalar stays the text that was written.

Telephone numbers, codes and dates lose digits when YAML guesses their type, so only `null`
is recognised. When a list is broken, its top-level items are read one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gongzhi.exchange.reading.complaints import yaml_complaint
from gongzhi.exchange.reading.documents import Element, elements_table, tables_of
from gongzhi.exchange.reading.encodings import Decoded
from gongzhi.exchange.reading.values import RawTable, UnreadFile
from gongzhi.exchange.said import Said, say

MOST_NODES = 2_000_000  # aliases may multiply a small document without end
DEEPEST = 64  # lists and mappings inside one another; the parser's time grows with their square
MOST_ITEMS = 5_000  # of a broken list, which are read one by one
TOO_DEEP = say("The document is nested too deeply, or contains itself.")
ENDLESS = say("The document grows beyond every measure through its aliases.")
_ITEM = re.compile(r"^- ", re.MULTILINE)
_OPENED = re.compile(r"[\[\]{}]")
_STAIRS = re.compile(rf"(?:[-?][ \t]+){{{DEEPEST}}}")
_FIELD = re.compile(r"^\s*(- )*+[^\s:#][^:]*:(\s|$)|^\s*- |^\s*#|^---|^\s+\S")


def looks_like_yaml(text: str) -> bool:
    """Whether most lines are list items, `name: value` fields or indented below one."""
    lines = [line for line in text.splitlines()[:300] if line.strip()]
    if not lines or not any(re.match(r"^(- .*|[^\s:,#][^:,]*:(\s.*)?)$", x) for x in lines[:20]):
        return False
    return sum(_FIELD.match(line) is not None for line in lines) >= 0.8 * len(lines)


def read_yaml(file: str, sha256: str, decoded: Decoded) -> list[RawTable | UnreadFile]:
    """Return the tables in a YAML text, or why it is none."""
    text = decoded.text
    if nests_too_deeply(text):
        return [UnreadFile(file, sha256, TOO_DEEP)]
    try:
        nodes = [n for n in YAML(pure=True).compose_all(text) if n is not None]
    except (YAMLError, ValueError) as error:
        return _rescued(file, sha256, decoded, yaml_complaint(error))
    except RecursionError:
        return [UnreadFile(file, sha256, TOO_DEEP)]
    if not nodes:
        return [UnreadFile(file, sha256, say("The document is empty."))]
    if len(nodes) == 1 and isinstance(nodes[0], SequenceNode):
        elements = [_element(i, n, text) for i, n in enumerate(nodes[0].value, start=1)]
        return [elements_table(file, sha256, decoded, "yaml", elements)]
    if len(nodes) == 1:
        try:
            values = plain(nodes[0])
        except Endless:
            return [UnreadFile(file, sha256, ENDLESS)]
        except RecursionError:
            return [UnreadFile(file, sha256, TOO_DEEP)]
        return tables_of(file, sha256, decoded, "yaml", values)
    elements = [_element(i, n, text) for i, n in enumerate(nodes, start=1)]
    return [elements_table(file, sha256, decoded, "yaml", elements)]


def nests_too_deeply(text: str) -> bool:
    """Whether lists and mappings lie too deep inside one another, told by a quick look.

    What is nested by indentation alone is as deep as its lines are long, and so never very deep.
    """
    depth = 0
    for found in _OPENED.finditer(text):
        depth = depth + 1 if found[0] in "[{" else max(0, depth - 1)
        if depth > DEEPEST:
            return True
    return _STAIRS.search(text) is not None


class Endless(Exception):
    """The document holds more values than anybody wrote, through its aliases."""


def plain(node: Node) -> object:
    """Return what a node holds as plain lists, mappings and texts; `null` as nothing.

    Errors: `Endless`, before anything is built; `RecursionError` for what is nested too deeply or
    contains itself.
    """
    if _values_in(node, {}) > MOST_NODES:
        raise Endless
    return _plain(node)


def _values_in(node: Node, known: dict[int, int | None]) -> int:
    """How many values a node comes to with all its aliases spelt out, each node looked at once."""
    counted = known.get(id(node), 0)
    if counted is None:
        raise RecursionError("a node contains itself")
    if not counted:
        known[id(node)] = None
        counted = 1 + sum(_values_in(child, known) for child in _children(node))
        known[id(node)] = counted
    return counted


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _plain(node: Node) -> object:
    if isinstance(node, SequenceNode):
        return [_plain(n) for n in node.value]
    if isinstance(node, MappingNode):
        return dict(_unique((str(_plain(k)), _plain(v)) for k, v in node.value))
    if isinstance(node, ScalarNode) and str(node.tag).endswith(":null"):
        return None
    return str(node.value)


def _unique(pairs: Iterator[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    seen: dict[str, int] = {}
    for name, value in pairs:
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), value


def _element(number: int, node: Node, text: str) -> Element:
    raw = text[node.start_mark.index : node.end_mark.index].strip()
    try:
        return Element(number, raw, plain(node))
    except Endless:
        return Element(number, raw, None, ENDLESS)
    except RecursionError:
        return Element(number, raw, None, TOO_DEEP)


def _rescued(file: str, sha256: str, decoded: Decoded, why: Said) -> list[RawTable | UnreadFile]:
    """Read the items of a broken list one by one."""
    text = decoded.text
    starts = [m.start() for m in _ITEM.finditer(text)]
    if len(starts) > MOST_ITEMS:
        reason = say("The list is no YAML (%(error)s). Correct it there.", error=why)
        return [UnreadFile(file, sha256, reason)]
    if not starts:
        reason = say("The text begins like YAML but is none (%(reason)s).", reason=why)
        return [UnreadFile(file, sha256, reason)]
    head = text[: starts[0]].strip()
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    elements = [_piece(i, p) for i, p in enumerate(pieces, start=1)]
    if head and not head.startswith("#"):
        before = say("Text stands before the list.")
        elements.append(Element(len(elements) + 1, head, None, before))
    return [elements_table(file, sha256, decoded, "yaml", elements)]


def _piece(number: int, piece: str) -> Element:
    try:
        node = YAML(pure=True).compose(piece)
        items = plain(node)
    except Endless:
        return Element(number, piece.strip(), None, ENDLESS)
    except (YAMLError, ValueError) as error:
        broken = say("The item is no YAML (%(error)s).", error=yaml_complaint(error))
        return Element(number, piece.strip(), None, broken)
    except RecursionError:
        return Element(number, piece.strip(), None, TOO_DEEP)
    if not isinstance(items, list) or len(items) != 1:
        return Element(number, piece.strip(), None, say("The item is not one item of a list."))
    return Element(number, piece.strip(), items[0])
