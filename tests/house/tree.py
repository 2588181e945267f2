"""The source tree as the house tests read it: files, parsed modules, and copies to plant in."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gongzhi"
LEFT_OUT = ("__pycache__", "static", "templates", "locale", "*.pyc")


@dataclass(frozen=True)
class Module:
    """One module of the package: its dotted name, its text and its parsed form."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The second part of the name: the room, `engines`, `interfaces`, …"""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""


def parse(text: str, name: str = "gongzhi.sensing.planted") -> Module:
    """A module that is only text."""
    return Module(name, Path("planted.py"), text, ast.parse(text))


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package but the generated migrations."""
    return tuple(_modules())


def _modules() -> Iterator[Module]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" in path.parts or "node_modules" in path.parts:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text()
        yield Module(name, path, text, ast.parse(text))


def copy_of_the_package(to: Path) -> Path:
    """A copy of the package and of its contracts, to plant mistakes in."""
    shutil.copytree(PACKAGE, to / "gongzhi", ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in (".importlinter", "pyproject.toml"):
        shutil.copy(ROOT / name, to / name)
    return to


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Local name → dotted name of everything a module imports, wherever it does so."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                names[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full dotted name of an expression such as `timezone.now`, or an empty text."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = dotted(node.value, names)
        return f"{before}.{node.attr}" if before else ""
    return ""
