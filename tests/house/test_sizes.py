"""Small modules, small functions, words that can be translated, nothing unfinished."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import Module, dotted, imported_names, modules, parse

MODULE_LINES = 400
FUNCTION_LINES = 60


def long_modules(found: tuple[Module, ...]) -> list[str]:
    counted = [(m.name, len(m.text.splitlines())) for m in found]
    return [f"{name}: {lines}" for name, lines in counted if lines > MODULE_LINES]


def long_functions(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{module.name}.{node.name}: {lines}"


def test_modules_are_small() -> None:
    assert len(modules()) > 100
    assert long_modules(modules()) == []


def test_functions_are_small() -> None:
    assert [found for module in modules() for found in long_functions(module)] == []


def test_what_is_too_long_is_caught() -> None:
    body = "\n".join("    pass" for _ in range(FUNCTION_LINES))
    assert list(long_functions(parse(f"def f():\n{body}"))) == [
        f"gongzhi.sensing.planted.f: {FUNCTION_LINES + 1}"
    ]
    assert long_modules((parse("\n" * (MODULE_LINES + 1)),)) != []
    assert long_modules((parse("\n" * MODULE_LINES),)) == []


UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b|raise NotImplemented")


def unfinished(module: Module) -> list[str]:
    found = [f"{module.name}: {match.group()}" for match in UNFINISHED.finditer(module.text)]
    promised = {id(part) for node in ast.walk(module.tree) if _protocol(node) for part in node.body}
    for node in ast.walk(module.tree):
        stands = isinstance(node, ast.FunctionDef) and not node.decorator_list
        if stands and id(node) not in promised and all(map(_empty, node.body)):
            found.append(f"{module.name}.{node.name} does nothing")
    return found


def _protocol(node: ast.AST) -> bool:
    """Whether a class only says what others must have."""
    return isinstance(node, ast.ClassDef) and any(
        isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases
    )


def _empty(statement: ast.stmt) -> bool:
    """Whether a statement of a function does nothing: `pass` or a docstring."""
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass) or (text and statement.value.value is not ...)


def test_nothing_is_left_unfinished() -> None:
    assert [found for module in modules() for found in unfinished(module)] == []


@pytest.mark.parametrize(
    "text",
    ["x = 1  # TO" + "DO: later", "def f():\n    raise NotImplemented" + "Error",
     "def f():\n    pass", 'def f():\n    """Does it."""'],
)  # fmt: skip
def test_a_planted_stub_is_caught(text: str) -> None:
    assert unfinished(parse(text))


# Words --------------------------------------------------------------------------------------------

TRANSLATES = {
    f"django.utils.translation.{name}"
    for name in ("gettext", "gettext_lazy", "ngettext", "pgettext", "pgettext_lazy")
}


def untranslatable(module: Module) -> list[str]:
    """Calls of gettext with a text put together before it is looked up, or placed by position."""
    names = imported_names(module.tree)
    found = []
    for node in ast.walk(module.tree):
        if not (
            isinstance(node, ast.Call) and dotted(node.func, names) in TRANSLATES and node.args
        ):
            continue
        text = node.args[0]
        whole = text.value if isinstance(text, ast.Constant) else ""
        put_together = isinstance(text, ast.JoinedStr | ast.BinOp) or _formatted(text)
        if put_together or "%s" in str(whole) or "%d" in str(whole):
            found.append(f"{module.name}:{node.lineno}")
    return found


def _formatted(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "format"
    )


def test_words_shown_to_people_can_be_translated() -> None:
    assert [found for module in modules() for found in untranslatable(module)] == []


@pytest.mark.parametrize(
    "text",
    ['_(f"a {b}")', '_("a %s" % b)', '_("a " + b)', '_("a {}".format(b))', '_("take %s")'],
)
def test_a_planted_text_that_cannot_be_looked_up_is_caught(text: str) -> None:
    head = "from django.utils.translation import gettext as _\n"
    assert untranslatable(parse(head + text))


def test_named_places_are_fine() -> None:
    head = "from django.utils.translation import gettext as _\n"
    assert untranslatable(parse(head + '_("take %(name)s") % {"name": 1}')) == []


# Sentences ----------------------------------------------------------------------------------------

REFUSALS = {
    f"gongzhi.errors.{name}"
    for name in ("Refused", "Malformed", "NotAllowed", "NotFound", "NotNow", "TooMany")
}


def mute_refusals(module: Module) -> list[str]:
    """Refusals whose sentence cannot be translated: a bare text stands where `_()` should."""
    names = imported_names(module.tree)
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted(node.func, names) in REFUSALS:
            first = node.args[0] if node.args else None
            if first is None or isinstance(first, ast.Constant | ast.JoinedStr):
                found.append(f"{module.name}:{node.lineno}")
    return found


def test_every_refusal_of_a_room_has_a_sentence_that_can_be_translated() -> None:
    """The command line's own refusals are for whoever runs the house, in English."""
    shown = [module for module in modules() if ".interfaces.cli" not in module.name]
    assert [found for module in shown for found in mute_refusals(module)] == []


@pytest.mark.parametrize("text", ["raise NotNow('No.')", "raise NotNow(f'{x}')", "raise NotNow()"])
def test_a_planted_mute_refusal_is_caught(text: str) -> None:
    assert mute_refusals(parse(f"from gongzhi.errors import NotNow\n{text}"))
