"""What a replay is told beside the data: a YAML file under `parameters/replays/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from ruamel.yaml import YAML

from gongzhi.errors import NotFound
from gongzhi.parameters import FOLDER


@dataclass(frozen=True)
class Source:
    """A folder of the data and the words in file names that keep a file out."""

    name: str
    leave_out: tuple[str, ...]

    def takes(self, file: str) -> bool:
        """Whether a file of the folder is read."""
        return not any(word in file for word in self.leave_out)


@dataclass(frozen=True)
class Scenario:
    """Whose tier is played, and how people act; delays in minutes, shares from 0 to 1."""

    code: str
    title: Mapping[str, str]
    province: str
    hazard: str
    plan: str
    stream: str
    legal_basis: str
    departments: tuple[str, ...]
    sources_preferred: tuple[str, ...]
    folders: Mapping[str, Source]
    people: Mapping[str, Any]
    assumed_supply_share: float

    def plan_text(self) -> str:
        """The contingency plan that is activated, as written."""
        return (FOLDER / "plans" / self.plan).read_text(encoding="utf-8")


def names() -> list[str]:
    """The scenarios that can be replayed."""
    return sorted(path.stem for path in (FOLDER / "replays").glob("*.yaml"))


def load(code: str) -> Scenario:
    """Read a scenario by its name. Errors: `NotFound` with the names there are."""
    path = FOLDER / "replays" / f"{code}.yaml"
    if code not in names():
        raise NotFound(
            _("There is no replay “%(name)s”. There are: %(names)s.")
            % {"name": code, "names": ", ".join(names())}
        )
    given = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    folders = {
        kind: Source(body["name"], tuple(body["leave_out"]))
        for kind, body in given.pop("folders").items()
    }
    return Scenario(
        code=code, folders=folders, departments=tuple(given.pop("departments")),
        sources_preferred=tuple(given.pop("sources_preferred")), **given,
    )  # fmt: skip
