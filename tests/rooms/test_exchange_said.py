"""What readers and checkers say is kept whole in JSON and pickle, and shown in any language."""

import json
import pickle
import re

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gongzhi.exchange.importers import Gazetteer
from gongzhi.exchange.reading.complaints import complaint, yaml_complaint
from gongzhi.exchange.said import Said, SaidDecoder, SaidEncoder, Value, after, say
from gongzhi.writing import in_a_row
from tests.house.test_catalogues import marked
from tests.house.tree import modules

LANGUAGES = ("en", "zh-hans", "zh-hant")
CHINESE = ("zh-hans", "zh-hant")
CJK = re.compile("[\u4e00-\u9fff]")
PHRASE = re.compile(r"[A-Za-z]{2,} [A-Za-z]+ [A-Za-z]+")
PLACE = re.compile(r"%\((\w+)\)s")
ROOMS = ("gongzhi.exchange.reading", "gongzhi.exchange.importers", "gongzhi.exchange.standards")
MESSAGES = sorted(
    {text for m in modules() if m.name.startswith(ROOMS) for _context, text in marked(m)}
)
"""Every sentence, and part of one, that readers, importers and checkers have."""
FILLED = st.one_of(
    st.integers(), st.text(st.characters(exclude_characters="%", exclude_categories=["Cs"]))
)


def values(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.one_of(said(inner), st.lists(inner, max_size=4).map(tuple))


@st.composite
def said(draw: st.DrawFn, inner: st.SearchStrategy[Value]) -> Said:
    """A sentence of the readers with anything in its places, also other sentences and lists."""
    message = draw(st.sampled_from(MESSAGES))
    return say(message, **{place: draw(inner) for place in PLACE.findall(message)})


ANY = said(st.recursive(FILLED, values, max_leaves=8))


def through_json(value: Value) -> object:
    return json.loads(json.dumps(value, cls=SaidEncoder), cls=SaidDecoder)


@given(ANY)
def test_a_sentence_comes_through_json_and_pickle_whole(sentence: Said) -> None:
    assert through_json(sentence) == sentence == pickle.loads(pickle.dumps(sentence))
    assert hash(through_json(sentence)) == hash(sentence)


@given(ANY)
def test_a_sentence_is_shown_in_every_language_with_its_places_filled(sentence: Said) -> None:
    shown = {}
    for language in LANGUAGES:
        with translation.override(language):
            shown[language] = sentence.shown()
            assert str(sentence) == sentence.says % {n: english(v) for n, v in sentence.filled}
    assert shown["en"] == str(sentence)
    assert not any("%(" in text for text in shown.values())


def english(value: Value) -> str:
    return ", ".join(map(english, value)) if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize("language", CHINESE)
@pytest.mark.parametrize("message", MESSAGES)
def test_of_no_sentence_any_english_is_left(language: str, message: str) -> None:
    """Whatever is filled in comes through whole; joined sentences are all that have no words."""
    places = PLACE.findall(message)
    sentence = say(message, **{place: f"<{n}>" for n, place in enumerate(places)})
    with translation.override(language):
        answer = sentence.shown()
    assert not PHRASE.search(answer)
    assert CJK.search(answer) or not re.search(r"[a-z]{2,}", PLACE.sub("", message))
    assert all(f"<{n}>" in answer for n in range(len(places)))


def test_readers_have_many_sentences_to_say() -> None:
    assert len(MESSAGES) > 140
    assert {"The file is empty.", "No province.", "a whole number"} <= set(MESSAGES)


def test_sentences_within_sentences_and_lists_are_shown_in_the_same_language() -> None:
    code = "No importer knows a table with the columns %(columns)s."
    kind = say("The element is %(reason)s where a record is expected.", reason=say("an empty list"))
    both = [kind, say(code, columns=("a", "b"))]
    assert str(both[1]) == "No importer knows a table with the columns a, b."
    with translation.override("zh-hans"):
        assert in_a_row(map(Said.shown, both)) == (
            "这里应是一条记录，却是空列表。没有导入程序认得栏目为a、b的表。"
        )
        assert after(*both).shown() == in_a_row(map(Said.shown, both))
    assert str(after(*both)) == f"{both[0]} {both[1]}"


def test_why_a_place_is_not_known_is_said_in_the_language_of_the_reader() -> None:
    found = Gazetteer(()).locate("", "境外")
    assert str(found) == "No division is called 境外."
    with translation.override("zh-hans"):
        assert found.why.shown() == "没有叫境外的区划。"


def test_what_no_database_keeps_is_written_out_before_it_is_kept() -> None:
    sentence = say("The sheet cannot be read: %(error)s.", error="a\x00b\ud800")
    assert str(sentence) == "The sheet cannot be read: a\\x00b\\ud800."


def test_what_people_wrote_and_other_values_stay_as_they_are() -> None:
    kept = ["不收", 3, {"says": "x"}, {"a": [1, None]}, say("The file is empty.")]
    assert json.loads(json.dumps(kept, cls=SaidEncoder), cls=SaidDecoder) == kept


def test_the_order_in_which_a_database_keeps_the_values_changes_nothing() -> None:
    message = "line %(line)s, character %(character)s: %(error)s"
    sentence = say(message, line=1, character=2, error="x")
    kept = {"with": {"line": 1, "error": "x", "character": 2}, "says": message}
    read = json.loads(json.dumps(kept), cls=SaidDecoder)
    assert (read, hash(read)) == (sentence, hash(sentence))


def test_what_is_no_value_of_json_is_still_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        json.dumps([{1}], cls=SaidEncoder)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[1 2]", "a comma is missing here"),
        ('{"a" 1}', "a colon is missing here"),
        ("[,]", "a value is missing here"),
        ("{a: 1}", "a name in double quotation marks is missing here"),
        ('["a', "a text begins here and does not end"),
        (r'["\a"]', "a backslash here changes nothing"),
        (r'["\u12"]', "a character is written here as an incomplete number"),
    ],
)
def test_what_is_wrong_in_json_is_said_in_words_of_our_own(text: str, why: str) -> None:
    with pytest.raises(json.JSONDecodeError) as error:
        json.loads(text)
    assert str(complaint(error.value.msg)) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: b: c", "line 1: a colon stands where none belongs"),
        ("a: - b", "line 1: a dash stands where none belongs"),
        ("a: 1\nb\nc: 2", "line 3: a colon is missing here"),
        ('a: "b', "line 1: it ends in the middle"),
        ("a: 'b\n---\nc'", "line 2: a new document begins in the middle"),
        ("{a: ]", "line 1: what stands here is not expected"),
    ],
)
def test_what_is_wrong_in_yaml_is_said_in_words_of_our_own(text: str, why: str) -> None:
    with pytest.raises(YAMLError) as error:
        YAML(pure=True).compose(text)
    assert str(yaml_complaint(error.value)) == why
