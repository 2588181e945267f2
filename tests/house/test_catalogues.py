"""Every word shown to people stands in both Chinese catalogues, whole and in its own script."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from gongzhi.interfaces.cli.demo.cast import STREAMS as REPORTED
from gongzhi.interfaces.cli.linjiang.observed import STREAMS as COUNTED
from gongzhi.interfaces.rooms import load_rooms
from gongzhi.ledger.deeds import CATALOGUE
from gongzhi.parameters import names
from tests.house.tree import PACKAGE, ROOT, Module, dotted, imported_names, modules, parse

LANGUAGES = ("zh_Hans", "zh_Hant")
Key = tuple[str | None, str]
"""A text as the catalogue knows it: its context and its English."""


@cache
def catalogue(language: str) -> Catalog:
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def said(message: Message) -> list[str]:
    """The translations of a message: one, as Chinese has no plural."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def english(message: Message) -> list[str]:
    """The message in English: the singular, and the plural where there is one."""
    return [message.id] if isinstance(message.id, str) else list(message.id)


def entries(language: str) -> list[Message]:
    """Every message but the header."""
    return [message for message in catalogue(language) if message.id]


def keys(language: str) -> set[Key]:
    return {(message.context, english(message)[0]) for message in entries(language)}


# The catalogues -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_empty_or_unsure(language: str) -> None:
    assert len(entries(language)) > 1000
    assert not catalogue(language).fuzzy
    assert not catalogue(language).obsolete
    unsure = [message.id for message in entries(language) if message.fuzzy]
    empty = [message.id for message in entries(language) if not all(map(str.strip, said(message)))]
    assert (unsure, empty) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_one_form_for_one_and_many(language: str) -> None:
    assert catalogue(language).num_plurals == 1
    assert {len(said(message)) for message in entries(language)} == {1}


PLACES = re.compile(r"%\((\w+)\)[sd]|(%%s)|\{(\w+)\}")


def places(text: str) -> set[str]:
    """The places of a text that are filled in: `%(name)s`, and `%s` as templates escape it."""
    return {match.group() for match in PLACES.finditer(text)}


def misplaced(message: Message) -> bool:
    """Whether a translation fills in something else than the English does."""
    wanted = set().union(*map(places, english(message)))
    return any(places(text) != wanted for text in said(message))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_is_filled_in(language: str) -> None:
    assert [message.id for message in entries(language) if misplaced(message)] == []


@pytest.mark.parametrize("text", ["有%(numbr)s个", "有个", "有%(number)s个%(more)s"])
def test_a_planted_wrong_place_is_caught(text: str) -> None:
    assert misplaced(Message("%(number)s of them", text))
    assert not misplaced(Message("%(number)s of them", "有%(number)s个"))


def test_both_languages_say_the_same_messages() -> None:
    assert keys("zh_Hans") ^ keys("zh_Hant") == set()


def test_both_can_be_compiled(tmp_path: Path) -> None:
    for language in LANGUAGES:
        with (tmp_path / f"{language}.mo").open("wb") as file:
            write_mo(file, catalogue(language))
        assert (tmp_path / f"{language}.mo").stat().st_size > 50_000


# Their script and their terms ---------------------------------------------------------------------

SIMPLIFIED_ONLY = set(
    "们这个来时会对发说学医药术应务员区单电话网络数层级报预评议决测结复业东两为从传价优储关写"
    "减划别办动参变启响图场处备够实导将属岗带废开张归当录态总户执担择换损挥断无旧显机权构标栏"
    "检楼汇没满灾点热状环现疗监盘码确离种称签类紧红约纳线组细终经给统继续绿编缩职联补规见计认"
    "训记许设访证识词试该误请读谁调负责货质费资转载输辖边达过运还进远连迟选递释钟销错键长门闭"
    "问间队险难页项须领题额风验"
)
TRADITIONAL_ONLY = set(
    "們這個來時會對發說學醫藥術應務員區單電話網絡數層級報預評議決測結復業東兩為從傳價優儲關寫"
    "減劃別辦動參變啟響圖場處備夠實導將屬崗帶廢開張歸當錄態總戶執擔擇換損揮斷無舊顯機權構標欄"
    "檢樓匯沒滿災點熱狀環現療監盤碼確離種稱簽類緊紅約納線組細終經給統繼續綠編縮職聯補規見計認"
    "訓記許設訪證識詞試該誤請讀誰調負責貨質費資轉載輸轄邊達過運還進遠連遲選遞釋鐘銷錯鍵長門閉"
    "問間隊險難頁項須領題額風驗"
)
MAINLAND_TERMS = (
    "信息", "數據", "登錄", "屏幕", "打印", "網絡", "默認", "短信", "視頻", "軟件", "字節", "字符",
    "服務器", "發熱", "哈希", "實時",
)  # fmt: skip
"""Terms that change their characters and still do not become the word used there."""


def foreign(text: str, language: str) -> set[str]:
    """Characters of the other script in a text."""
    return set(text) & (TRADITIONAL_ONLY if language == "zh_Hans" else SIMPLIFIED_ONLY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_keeps_to_its_script(language: str) -> None:
    found = {text: foreign(text, language) for m in entries(language) for text in said(m)}
    assert {text: wrong for text, wrong in found.items() if wrong} == {}


def test_a_planted_character_of_the_other_script_is_caught() -> None:
    assert foreign("这條預警", "zh_Hant") == {"这"}
    assert foreign("这條预警", "zh_Hans") == set()
    assert foreign("这条預警", "zh_Hans") == {"預"}


def test_traditional_is_more_than_other_characters() -> None:
    texts = [text for message in entries("zh_Hant") for text in said(message)]
    assert [text for text in texts if any(term in text for term in MAINLAND_TERMS)] == []


# What the program says ----------------------------------------------------------------------------

DJANGO = "django.utils.translation."
PLAIN = {
    DJANGO + name
    for name in ("gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy")
} | {"gongzhi.command.plan_text.words", "gongzhi.exchange.said.say"}
WITH_CONTEXT = {
    DJANGO + name for name in ("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy")
}


def marked(module: Module) -> Iterator[Key]:
    """The literal texts that a module marks for translation."""
    known = imported_names(module.tree)
    if module.name == "gongzhi.command.plan_text":
        known["words"] = "gongzhi.command.plan_text.words"
    for node in ast.walk(module.tree):
        called = dotted(node.func, known) if isinstance(node, ast.Call) else ""
        if not isinstance(node, ast.Call) or called not in PLAIN | WITH_CONTEXT:
            continue
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        if called in PLAIN and texts:
            yield None, texts[0]
        elif called in WITH_CONTEXT and len(texts) > 1:
            yield texts[0], texts[1]


LITERAL = r"""(u?'(?:\\.|[^'\\])*'|u?"(?:\\.|[^"\\])*")"""
IN_TEMPLATE = re.compile(
    rf"(?<!\w)(?:(?:_|gettext|ngettext)\(\s*{LITERAL}|n?pgettext\(\s*{LITERAL}\s*,\s*{LITERAL})"
)


def marked_in_template(text: str) -> Iterator[Key]:
    """The texts of the tags of a template, as Django itself takes them out."""
    for plain, context, with_context in IN_TEMPLATE.findall(templatize(text)):
        if plain:
            yield None, ast.literal_eval(plain)
        else:
            yield ast.literal_eval(context), ast.literal_eval(with_context)


def templates() -> Iterator[Path]:
    yield from (path for path in sorted(PACKAGE.rglob("*.html")) if "static" not in path.parts)


def missing(wanted: set[Key]) -> list[Key]:
    """What is wanted and not in the catalogues."""
    return sorted(wanted - keys("zh_Hans"), key=str)


@cache
def by_modules() -> set[Key]:
    return {key for module in modules() for key in marked(module)}


@cache
def by_templates() -> set[Key]:
    return {key for path in templates() for key in marked_in_template(path.read_text())}


def test_what_the_modules_say_is_translated() -> None:
    assert len(by_modules()) > 1000
    assert missing(by_modules()) == []


def test_what_the_templates_say_is_translated() -> None:
    assert len(by_templates()) > 200
    assert missing(by_templates()) == []


def spoken(codes: set[str]) -> set[Key]:
    """Codes as the program looks them up: `fever_clinic` as "fever clinic"."""
    return {(None, code.replace("_", " ")) for code in codes if code}


def by_parameters() -> set[Key]:
    plans = [yaml.safe_load(path.read_text()) for path in (ROOT / "parameters/plans").glob("*")]
    subjects = {order["to"].get("subject", "") for plan in plans for order in plan["orders"]}
    measures = {measure["kind"] for plan in plans for measure in plan.get("measures", [])}
    assert len(subjects) > 1 and measures
    return spoken(set(names("powers")) | subjects | measures)


def by_the_example_city() -> set[Key]:
    return spoken(set(COUNTED) | set(REPORTED.values()))


def by_supplies() -> set[Key]:
    items = yaml.safe_load((PACKAGE / "exchange/importers/items.yaml").read_text())["items"]
    return {(None, item["group"]) for item in items}


def by_deeds() -> set[Key]:
    load_rooms()
    return {(None, deed.summary) for deed in CATALOGUE.values() if deed.by_hand}


def test_what_the_parameters_name_is_translated() -> None:
    assert missing(by_parameters()) == []


def test_what_the_example_city_counts_and_reports_is_translated() -> None:
    assert missing(by_the_example_city()) == []


def test_the_groups_of_the_catalogue_of_supplies_are_translated() -> None:
    assert missing(by_supplies()) == []


def test_what_a_deed_is_for_is_translated() -> None:
    assert missing(by_deeds()) == []


def unsaid(kept: set[Key]) -> list[Key]:
    """What is kept and nobody says any more."""
    said_by = (by_modules, by_templates, by_parameters, by_the_example_city, by_supplies, by_deeds)
    return sorted(kept.difference(*(say() for say in said_by)), key=str)


def test_nothing_is_kept_that_nobody_says() -> None:
    assert unsaid(keys("zh_Hans")) == []


def test_a_planted_text_that_nobody_says_is_found() -> None:
    planted = (None, "Nobody says this.")
    assert unsaid(keys("zh_Hans") | {planted}) == [planted]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('_("Not in it")', (None, "Not in it")),
        ('_("Not " "in it")', (None, "Not in it")),
        ('pgettext("here", "Not in it")', ("here", "Not in it")),
        ('ngettext("%(n)s thing", "%(n)s things", 2)', (None, "%(n)s thing")),
    ],
)
def test_a_planted_text_is_found_missing(text: str, key: Key) -> None:
    head = "from django.utils.translation import gettext as _, ngettext, pgettext\n"
    assert missing(set(marked(parse(head + text)))) == [key]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{% translate "Not in it" %}', (None, "Not in it")),
        ("{% translate 'Not %s in it' %}", (None, "Not %%s in it")),
        (
            "{% blocktranslate with n=x trimmed %}\n  Not {{ n }} in it\n{% endblocktranslate %}",
            (None, "Not %(n)s in it"),
        ),
        (
            "{% blocktranslate count n=x %}No thing{% plural %}No things{% endblocktranslate %}",
            (None, "No thing"),
        ),
        ('{% translate "Not in it" context "here" %}', ("here", "Not in it")),
    ],
)
def test_a_planted_text_of_a_template_is_found_missing(text: str, key: Key) -> None:
    assert missing(set(marked_in_template("{% load i18n %}" + text))) == [key]
