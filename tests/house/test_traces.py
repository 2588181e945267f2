"""What is published tells nothing of the machine it was made on, nor of a private package index."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

TEXT_SUFFIXES = {
    ".py", ".md", ".toml", ".txt", ".in", ".yaml", ".yml", ".json", ".js", ".mjs", ".css", ".html",
    ".svg", ".ini", ".cfg", ".sh", ".po", ".csv", "",
}  # fmt: skip
PLACES = re.compile(
    r"(?<![\w.~-])/(?:work|root|home/[a-z_][\w-]*|Users/\w+|mnt/\w+|workspace)(?:/|\b(?!\w))"
)
"""A folder of one machine, written out from the root."""
HOSTS = re.compile(
    r"(?:pypi\.org|pypi\.python\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com"
    r"|npmmirror\.com|://[\w.-]*(?:artifactory|nexus|devpi|pkg-?proxy|mirror)[\w.-]*)",
    re.IGNORECASE,
)
OPTIONS = re.compile(r"^\s*(?:--index-url|--extra-index-url|--find-links|-i\s+http)", re.MULTILINE)


def tracked() -> list[Path]:
    """The text files that are part of the project."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in files if path.suffix in TEXT_SUFFIXES and path.is_file()]


def traces(text: str) -> list[str]:
    """What a text tells of a machine or of a package index."""
    found = [
        match.group() for pattern in (PLACES, HOSTS, OPTIONS) for match in pattern.finditer(text)
    ]
    return sorted(set(found))


def test_no_file_tells_of_a_machine_or_an_index() -> None:
    files = tracked()
    assert len(files) > 150
    told = {}
    for path in files:
        if path != Path(__file__) and (found := traces(path.read_text(errors="replace"))):
            told[str(path.relative_to(ROOT))] = found
    assert told == {}


@pytest.mark.parametrize(
    "text",
    [
        "see /work/main/x.py",
        "PATH=/root/bin",
        "cd /home/someone/gongzhi",
        '"/Users/ann/x"',
        "https://pypi.org/simple",
        '"resolved": "https://registry.npmjs.org/vue"',
        "https://nexus.example.com/repo",
        "--index-url https://example.com",
        "  --extra-index-url x",
    ],
)
def test_a_planted_trace_is_caught(text: str) -> None:
    assert traces(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/decision/decide", "gongzhi/fieldwork/actions.py", "/tests/rooms/", "a/work/b",
        "homework/root/x", "an index url is not given", "https://example.com/rootless",
    ],
)  # fmt: skip
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert traces(text) == []


def test_no_secret_is_part_of_the_project() -> None:
    """Private keys and databases stay outside of what is published."""
    names = [path.relative_to(ROOT).parts for path in tracked()]
    assert not [parts for parts in names if parts[0] == "var"]
    keys = [p for p in tracked() if "PRIVATE " + "KEY-----" in p.read_text(errors="replace")]
    assert keys == []
