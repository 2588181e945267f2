"""Which tests show which feature, and whether they pass.

A test claims features by their numbers in `features.yaml`:

    @pytest.mark.feature(30, 31)
    def test_a_call_nobody_answers_goes_one_tier_up(...)

As a pytest plugin this module checks the numbers and, with `--features-out FILE`, writes what the
run showed. `python -m tests.features` reads the files of a whole run (one per database), prints
the table and writes two pages for the readers: the features, and the stories in plain words (the
names of the tests in tests/stories). A feature counts as there only when a test from end
to end claims it and no test that claims it fails on either database. A test that shows a part of a
feature says so with `@pytest.mark.begun(66)`: the feature is begun, no more.
"""

import functools
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_name("features.yaml")
RESULTS = ROOT / "var" / "features"
PAGE = ROOT / "docs" / "reference" / "features.md"
STORIES_PAGE = ROOT / "docs" / "reference" / "stories.md"
STORIES = "tests/stories/"
# Tests in these folders go through the product as a user does.
END_TO_END = (STORIES, "tests/interfaces/")
PROPERTY = "features"

Outcome = Literal["passed", "failed", "skipped"]
Status = Literal["there", "begun", "not there"]
WORST_FIRST: tuple[Outcome, ...] = ("failed", "skipped", "passed")


@dataclass(frozen=True)
class Feature:
    """One promise of the platform, in one sentence of each language."""

    number: int
    group: str
    zh: str
    en: str


@dataclass(frozen=True)
class Claim:
    """One test that says it shows a feature, and how it ended over all runs."""

    feature: int
    test: str
    end_to_end: bool
    outcome: Outcome
    whole: bool = True


@functools.cache
def features() -> dict[int, Feature]:
    """All features by number, in the order in which they are listed."""
    listed = YAML(typ="safe").load(LIST)["features"]
    return {entry["number"]: Feature(**entry) for entry in listed}


@functools.cache
def groups() -> dict[str, dict[str, str]]:
    """The titles of the groups, in order: group -> language -> title."""
    found: dict[str, dict[str, str]] = YAML(typ="safe").load(LIST)["groups"]
    return found


# The plugin ---------------------------------------------------------------------------------------


class Recorder:
    """Gathers, in the process that reports, the worst outcome of every claiming test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tests: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        claim = dict(report.user_properties).get(PROPERTY)
        if not isinstance(claim, dict):
            return
        seen = self.tests.setdefault(report.nodeid, {**claim, "outcome": report.outcome})
        seen["outcome"] = min(seen["outcome"], report.outcome, key=WORST_FIRST.index)

    def pytest_sessionfinish(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(dict(sorted(self.tests.items())), ensure_ascii=False, indent=1)
        self.path.write_text(text + "\n")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("gongzhi").addoption(
        "--features-out", metavar="FILE", help="write which features the tests showed"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "feature(*numbers): the features this test shows")
    config.addinivalue_line("markers", "begun(*numbers): the features this test shows a part of")
    config.addinivalue_line("markers", "story: a test of tests/stories; set by itself")
    path = config.getoption("features_out")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(Path(path)))


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sends each claim along with the reports of its test, also out of parallel workers."""
    for item in items:
        whole, begun = (_numbers(item, marker) for marker in ("feature", "begun"))
        unknown = [n for n in whole + begun if n not in features()]
        if unknown:
            raise pytest.UsageError(f"{item.nodeid} claims {unknown}, not in {LIST.name}.")
        story = story_of(item)
        if story:
            item.add_marker("story")
        if whole or begun or story:
            claim = {
                "features": whole, "begun": begun, "end_to_end": is_end_to_end(item),
                "story": story,
            }  # fmt: skip
            item.user_properties.append((PROPERTY, claim))


def _numbers(item: pytest.Item, marker: str) -> list[int]:
    return sorted({n for mark in item.iter_markers(marker) for n in mark.args})


def is_end_to_end(item: pytest.Item) -> bool:
    """Whether a test goes through the product as a user does."""
    marked = item.get_closest_marker("e2e") is not None
    return marked or item.nodeid.startswith(END_TO_END)


def story_of(item: pytest.Item) -> list[str]:
    """A story's heading and its sentence: what the file says it is, and the name of the test."""
    module, function = getattr(item, "module", None), getattr(item, "function", None)
    if not item.nodeid.startswith(STORIES) or module is None or function is None:
        return []
    heading = " ".join(str(module.__doc__).strip().split("\n\n")[0].split()).rstrip(".")
    return [heading, in_plain_words(function.__name__)]


def in_plain_words(test: str) -> str:
    """The name of a test as a sentence."""
    sentence = test.removeprefix("test_").replace("_", " ")
    return f"{sentence[:1].upper()}{sentence[1:]}."


# The table ----------------------------------------------------------------------------------------


def read_tests(paths: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """What each test showed over several runs; the cases of one test are taken together."""
    worst: dict[str, dict[str, Any]] = {}
    for path in paths:
        for case, found in json.loads(path.read_text()).items():
            seen = worst.setdefault(case.partition("[")[0], found)
            seen["outcome"] = min(seen["outcome"], found["outcome"], key=WORST_FIRST.index)
    return worst


def read_claims(paths: Iterable[Path]) -> list[Claim]:
    """The claims of several runs put together; a test that failed in one of them has failed."""
    return [
        Claim(number, test, found["end_to_end"], found["outcome"], whole)
        for test, found in sorted(read_tests(paths).items())
        for whole, numbers in ((True, found["features"]), (False, found["begun"]))
        for number in numbers
    ]


def status(claims: list[Claim]) -> Status:
    """What the claims of one feature amount to."""
    shown = [claim for claim in claims if claim.end_to_end and claim.outcome == "passed"]
    if not shown or any(claim.outcome == "failed" for claim in claims):
        return "not there"
    return "there" if any(claim.whole for claim in shown) else "begun"


def render_page(claims: list[Claim]) -> str:
    """The reference page: every feature, its sentences, its status and the tests behind it."""
    lines = [
        "# Features 功能",
        "",
        "Made by `make features` from a real run of the tests on SQLite and on PostgreSQL.",
        "A feature is *there* when a test through the whole product shows it (✓) and none that",
        "claims it fails (✗). A test of one room (·) is not enough. It is *begun* when tests show",
        "a part of its sentence (½).",
        "",
        f"There: {_count(claims)['there']} of {len(features())}; begun: {_count(claims)['begun']}.",
    ]
    for group, title in groups().items():
        lines += ["", f"## {title['en']} {title['zh']}", ""]
        lines += ["| | | status | shown by |", "|-:|---|---|---|"]
        members = [feature for feature in features().values() if feature.group == group]
        lines += [_row(feature, _of(feature, claims)) for feature in members]
    return "\n".join(lines) + "\n"


def sentences_on_page(text: str) -> dict[int, str]:
    """What a rendered page says of each feature, whatever the results were at the time."""
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {int(row[0].strip("| ")): row[1] for row in rows if row[0].strip("| ").isdigit()}


def sentences_wanted() -> dict[int, str]:
    """What the page must say of each feature."""
    return {number: _sentence(feature) for number, feature in features().items()}


def _count(claims: list[Claim]) -> Counter[Status]:
    return Counter(status(_of(feature, claims)) for feature in features().values())


def _of(feature: Feature, claims: list[Claim]) -> list[Claim]:
    return [claim for claim in claims if claim.feature == feature.number]


def _sentence(feature: Feature) -> str:
    return f"{feature.zh}。<br>{feature.en}."


def _row(feature: Feature, claims: list[Claim]) -> str:
    tests = "<br>".join(f"{_sign(claim)} {_short(claim.test)}" for claim in claims)
    return f"| {feature.number} | {_sentence(feature)} | {status(claims)} | {tests} |"


def _sign(claim: Claim) -> str:
    """✓ passed from end to end, ½ a part of it, · passed in a room, ✗ failed, - not run."""
    if claim.outcome == "passed" and not claim.whole:
        return "½"
    if claim.outcome == "passed":
        return "✓" if claim.end_to_end else "·"
    return "✗" if claim.outcome == "failed" else "-"


def _short(test: str) -> str:
    return test.removeprefix("tests/").replace("|", "\\|")


def render_stories(tests: dict[str, dict[str, Any]]) -> str:
    """The page of the stories: under each heading its sentences, each true (✓) or not (✗)."""
    told: dict[str, list[str]] = {}
    for found in (found for _test, found in sorted(tests.items()) if found["story"]):
        heading, sentence = found["story"]
        shown = ", ".join(str(n) for n in [*found["features"], *found["begun"]])
        sign = "✓" if found["outcome"] == "passed" else "✗"
        told.setdefault(heading, []).append(
            f"- {sign} {sentence}" + (f" ({shown})" if shown else "")
        )
    lines = [
        "# Stories 故事",
        "",
        "Made by `make features` from a real run of the tests on SQLite and on PostgreSQL. Every",
        "sentence is a test that plays it through the whole product; the numbers are those of the",
        "[features](features.md) it shows.",
    ]
    for heading, sentences in sorted(told.items(), key=_by_number):
        lines += ["", f"## {heading}", "", *sentences]
    return "\n".join(lines) + "\n"


def _by_number(story: tuple[str, list[str]]) -> tuple[int, str]:
    """Numbered stories in their order, then the others."""
    found = re.match(r"Story (\d+)", story[0])
    return int(found[1]) if found else 10**6, story[0]


def stories_on_page(text: str) -> set[str]:
    """The sentences of a rendered page of stories, whatever the results were at the time."""
    return set(re.findall(r"^- [✓✗] ([^.]+\.)", text, re.MULTILINE))


def _print_table(claims: list[Claim]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "feature", "status", "tests", title="Features")
    for number, feature in sorted(features().items()):
        mine = _of(feature, claims)
        tests = "\n".join(f"{_sign(claim)} {_short(claim.test)}" for claim in mine)
        table.add_row(str(number), feature.en, status(mine), tests)
    Console().print(table)


def main() -> int:
    """Prints the table and writes the page; 1 when a test that claims a feature fails."""
    paths = [RESULTS / "sqlite.json", RESULTS / "postgres.json"]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        print(f"No results yet ({', '.join(missing)}): run `make test`.", file=sys.stderr)
        return 2
    claims = read_claims(paths)
    _print_table(claims)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render_page(claims))
    STORIES_PAGE.write_text(render_stories(read_tests(paths)))
    statuses = _count(claims)
    failed = sorted({claim.test for claim in claims if claim.outcome == "failed"})
    print(
        f"There: {statuses['there']} of {len(features())}. Begun: {statuses['begun']}. "
        f"Claiming tests that fail: {len(failed)}."
    )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
