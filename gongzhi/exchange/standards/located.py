"""YAML with the line of every value, so that a mistake can be shown where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_TRUE = frozenset({"true", "True", "TRUE"})


@dataclass(slots=True)
class Located:
    """A document as plain values, the line of each path, and the mistakes found so far."""

    value: object
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def wrong(self, path: tuple[str | int, ...], what: str) -> None:
        """Note a mistake at the line of `path`, or of the nearest value around it."""
        near = path
        while near not in self.lines and near:
            near = near[:-1]
        self.mistakes.append((self.lines.get(near, 1), what))


def locate(text: str) -> Located:
    """Return the YAML document in `text`; a text that is no YAML is a mistake with its line."""
    found = Located(None)
    try:
        node = YAML(pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        found.mistakes.append((line, f"This is no YAML: {error.problem}."))
        return found
    except YAMLError as error:
        found.mistakes.append((1, f"This is no YAML: {error}."))
        return found
    found.value = None if node is None else _value(node, (), found)
    return found


def _value(node: Node, path: tuple[str | int, ...], found: Located) -> object:
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
            found.mistakes.append((line, f"{name!r} stands here a second time."))
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
    if kind == "float":
        return float(text.replace("_", ""))
    return text


def _whole(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return int(text)  # 007 is seven
