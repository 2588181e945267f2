"""YAML with the line of every value, so that a mistake can be shown where it stands."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gongzhi.exchange.reading import nests_too_deeply
from gongzhi.exchange.reading.complaints import complaint
from gongzhi.exchange.said import Said, say

_TRUE = frozenset({"true", "True", "TRUE"})
TOO_DEEP = say("This is nested too deeply, or too much. Write it flatter.")
DEEPEST = 24
"""Lists and mappings inside one another at most."""
MOST = 20_000
"""Values in a document at most; aliases may multiply a small one without end."""


@dataclass(slots=True)
class Located:
    """A document as plain values, the line of each path, and the mistakes found so far."""

    value: object
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)
    mistakes: list[tuple[int, Said]] = field(default_factory=list)

    def wrong(self, path: tuple[str | int, ...], what: Said) -> None:
        """Note a mistake at the line of `path`, or of the nearest value around it."""
        near = path
        while near not in self.lines and near:
            near = near[:-1]
        self.mistakes.append((self.lines.get(near, 1), what))


def locate(text: str) -> Located:
    """Return the YAML document in `text`; a text that is no YAML is a mistake with its line."""
    found = Located(None)
    if nests_too_deeply(text):
        return Located(None, {}, [(1, TOO_DEEP)])
    try:
        node = YAML(pure=True).compose(text)
        found.value = None if node is None else _value(node, (), found)
    except (RecursionError, _Endless):
        return Located(None, {}, [(1, TOO_DEEP)])
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        found.mistakes.append((line, _no_yaml(error.problem)))
        return found
    except YAMLError as error:
        found.mistakes.append((1, _no_yaml(error)))
        return found
    return found


def _no_yaml(error: object) -> Said:
    return say("This is no YAML: %(error)s.", error=complaint(str(error)))


class _Endless(Exception):
    """The document goes deeper or on longer than any standard."""


def _value(node: Node, path: tuple[str | int, ...], found: Located) -> object:
    if len(path) > DEEPEST or len(found.lines) > MOST:
        raise _Endless
    found.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, SequenceNode):
        return [_value(n, (*path, i), found) for i, n in enumerate(node.value)]
    if isinstance(node, MappingNode):
        return _mapping(node, path, found)
    return _scalar(node) if isinstance(node, ScalarNode) else None


def _mapping(node: MappingNode, path: tuple[str | int, ...], found: Located) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in node.value:
        name = str(key.value)
        line = key.start_mark.line + 1
        if name in values:
            found.mistakes.append(
                (line, say("%(name)s stands here a second time.", name=repr(name)))
            )
        found.lines[(*path, name)] = line
        values[name] = _value(value, (*path, name), found)
    return values


def _scalar(node: ScalarNode) -> object:
    kind = str(node.tag).rpartition(":")[2]
    text = str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text in _TRUE
    if kind == "int":
        return _whole(text.replace("_", ""))
    return _decimal(text.replace("_", "")) if kind == "float" else text


def _whole(text: str) -> int | str:
    """A whole number; one that no computer counts to stays the text it is."""
    for base in (0, 10):  # 007 is seven
        try:
            return int(text, base)
        except ValueError:
            continue
    return text


def _decimal(text: str) -> float | str:
    """A number; what is infinite or none stays the text it is."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text
