"""`gongzhi command plan`: check, compare, draw and import plan files; nothing is adopted."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.actors.queries import roots
from gongzhi.command.plan_diff import compare_plans, plain
from gongzhi.command.plan_draft import draft_of
from gongzhi.command.plan_file import PlanCheck, check_plan
from gongzhi.command.plan_text import Problem
from gongzhi.command.plan_values import PlanFile
from gongzhi.command.queries import plan_library, plan_warnings, problem_sentence, spoken
from gongzhi.errors import Malformed
from gongzhi.exchange.reading.word import read_word
from gongzhi.exchange.said import Said
from gongzhi.interfaces import clock
from gongzhi.interfaces.cli import given
from gongzhi.interfaces.plan_svg import svg_of
from gongzhi.interfaces.plan_words import diff_lines

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NO_ANSWER = (OperationalError, ProgrammingError, InterfaceError)
"""How a database says that it is not there or not ready; plans can be checked without one."""
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.group()
def plan() -> None:
    """Check, compare, draw and import plan files; nothing is adopted, no log-in is needed."""


@plan.command()
@click.argument("file", type=FILE)
@AS_JSON
def check(file: Path, as_json: bool) -> None:
    """Say every mistake of a plan with its line and what to write instead, then the warnings.

    Exit code 11 when there are mistakes, 0 when there are only warnings. Who would receive the
    orders is looked up in the database in use; without a city there only the text is checked.
    """
    found = _checked(file)
    warnings = _warnings(found)
    if as_json:
        click.echo(json.dumps(_told(found, warnings), ensure_ascii=False, indent=2))
    else:
        _say(file, found, warnings)
    sys.exit(Malformed.exit_code if found.problems else 0)


class Beside(Mapping[str, str]):
    """What a file may include, by code: the plans that lie beside it, then those adopted here."""

    def __init__(self, file: Path) -> None:
        self.paths = {path.stem: path for path in sorted(file.parent.glob("*.yaml"))}
        self.adopted = _adopted()

    def __getitem__(self, code: str) -> str:
        return _text(self.paths[code]) if code in self.paths else self.adopted[code]

    def __iter__(self) -> Iterator[str]:
        return iter({**self.paths, **self.adopted})

    def __len__(self) -> int:
        return len({**self.paths, **self.adopted})


def _checked(file: Path) -> PlanCheck:
    return check_plan(_text(file), Beside(file))


def _adopted() -> dict[str, str]:
    try:
        return plan_library()
    except NO_ANSWER:
        return {}


def _text(file: Path) -> str:
    return given.typed(f"@{file}", "file")


def _warnings(found: PlanCheck) -> tuple[Problem, ...] | None:
    """The warnings; None where there is no city to look the receivers up in."""
    if found.problems:
        return ()
    try:
        return plan_warnings(found, clock.now()) if roots() else None
    except NO_ANSWER:
        return None


def _told(found: PlanCheck, warnings: tuple[Problem, ...] | None) -> dict[str, Any]:
    return {
        "plan": found.plan and f"{found.plan.code} {found.plan.version}",
        "problems": [_row(problem) for problem in found.problems],
        "warnings": [_row(warning) for warning in warnings or ()],
        "receivers_checked": bool(found.plan) and warnings is not None,
    }


def _row(problem: Problem) -> dict[str, Any]:
    return {
        "line": problem.line, "column": problem.column, "sentence": problem_sentence(problem),
    }  # fmt: skip


def _say(file: Path, found: PlanCheck, warnings: tuple[Problem, ...] | None) -> None:
    """Mistakes go to standard error, as every refusal; the form is the one that editors jump to."""
    for problem in found.problems:
        place = f"{file}:{problem.line}:{problem.column}"
        click.echo(f"{place}: {problem_sentence(problem)}", err=True)
    for warning in warnings or ():
        said = _("warning: %(sentence)s") % {"sentence": problem_sentence(warning)}
        click.echo(f"{file}:{warning.line}:{warning.column}: {said}")
    if found.plan is None:
        return
    click.echo(_summary(found.plan, warnings))


def _summary(read: PlanFile, warnings: tuple[Problem, ...] | None) -> str:
    named = {"plan": f"{spoken(read.title)} {read.version}", "orders": len(read.orders)}
    said = _("“%(plan)s” has no mistakes; it has %(orders)s orders.") % named
    if warnings is None:
        return f"{said} " + _("There is no city here, so nobody looked up who receives them.")
    number = len(warnings)
    counted = ngettext("%(number)s warning.", "%(number)s warnings.", number)
    return f"{said} {counted % {'number': number}}"


@plan.command()
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@AS_JSON
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Say what changed from one plan to another: orders added, removed, and changed by field.

    Exit code 0 whether or not they differ; 11 when one of them has mistakes.
    """
    old, new = _read(before), _read(after)
    found = compare_plans(old, new)
    if as_json:
        told = {"same": found.same, **plain(found)}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(diff_lines(found, old, new)))


@plan.command()
@click.argument("file", type=FILE)
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="The SVG file to write; - for standard output.",
)  # fmt: skip
def diagram(file: Path, out: Path) -> None:
    """Draw a plan as an SVG file: phases with their tests, orders along time, arrows, ladders."""
    drawn = svg_of(_read(file))
    if str(out) == "-":
        click.echo(drawn, nl=False)
        return
    try:
        out.write_text(drawn, "utf-8")
    except OSError as error:
        raise Malformed(
            _("%(file)s cannot be written (%(why)s). Choose another place.")
            % {"file": out, "why": error.strerror}
        ) from error


@plan.command("import")
@click.argument("file", type=FILE)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="The draft to write; without it, FILE with the ending .yaml. - for standard output.",
)  # fmt: skip
def import_(file: Path, out: Path | None) -> None:
    """Make a draft of the plan in a .docx file; what is not understood stands in it as a comment.

    A draft that is there already is not overwritten. `plan check` says what is to be filled in.
    """
    blocks = read_word(file.read_bytes())
    if isinstance(blocks, Said):
        raise Malformed(
            _("%(file)s cannot be read. %(why)s") % {"file": file, "why": blocks.shown()}
        )
    draft = draft_of(blocks, _code(file))
    if str(out) == "-":
        click.echo(draft.text, nl=False)
        return
    written = out or file.with_suffix(".yaml")
    _write_new(written, draft.text)
    found = check_plan(draft.text, _adopted())
    facts = {"file": written, "orders": draft.orders, "unread": draft.unread}
    click.echo(
        _("%(file)s: a draft with %(orders)s orders; %(unread)s passages are kept as comments.")
        % facts
    )
    if found.problems:
        click.echo(
            _("Fill in what is missing: gongzhi command plan check %(file)s") % {"file": written}
        )


def _code(file: Path) -> str:
    """A code for the plan from the name of its file, as far as that is written in letters."""
    letters = re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")
    return letters[:59] if re.fullmatch(r"[a-z][a-z0-9-]+", letters) else "imported-plan"


def _write_new(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise Malformed(
            _("%(file)s is there already. Name another file with -o.") % {"file": file}
        ) from error
    except OSError as error:
        raise Malformed(
            _("%(file)s cannot be written (%(why)s). Choose another place.")
            % {"file": file, "why": error.strerror}
        ) from error


def _read(file: Path) -> PlanFile:
    """The plan in a file; its mistakes are said as by `check`, and end the command."""
    found = _checked(file)
    if found.plan is None:
        _say(file, found, ())
        sys.exit(Malformed.exit_code)
    return found.plan
