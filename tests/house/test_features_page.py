"""The page of features says what the list of features says, whatever the results were."""

import ast

from tests import features


def test_the_page_of_stories_tells_every_story_and_no_other() -> None:
    named = {
        features.in_plain_words(node.name)
        for path in (features.ROOT / features.STORIES).glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert features.stories_on_page(features.STORIES_PAGE.read_text()) == named, (
        "run `make features`"
    )


def test_the_page_carries_every_sentence_of_the_list() -> None:
    page = features.PAGE.read_text()
    assert features.sentences_on_page(page) == features.sentences_wanted(), "run `make features`"


def test_the_list_is_complete_and_grouped() -> None:
    listed = features.features()
    assert sorted(listed) == list(range(1, 85))
    assert {feature.group for feature in listed.values()} == set(features.groups())


def test_a_failing_or_partial_test_does_not_make_a_feature_there() -> None:
    whole = features.Claim(30, "a", end_to_end=True, outcome="passed")
    part = features.Claim(30, "b", end_to_end=False, outcome="passed")
    failed = features.Claim(30, "c", end_to_end=False, outcome="failed")
    skipped = features.Claim(30, "d", end_to_end=True, outcome="skipped")
    assert features.status([whole, part]) == "there"
    assert features.status([part]) == "not there"
    assert features.status([skipped]) == "not there"
    assert features.status([whole, failed]) == "not there"
    assert features.status([]) == "not there"


def test_a_feature_shown_in_part_is_begun_and_no_more() -> None:
    begun = features.Claim(66, "a", end_to_end=True, outcome="passed", whole=False)
    inner = features.Claim(66, "b", end_to_end=False, outcome="passed", whole=False)
    whole = features.Claim(66, "c", end_to_end=True, outcome="passed")
    failed = features.Claim(66, "d", end_to_end=True, outcome="failed", whole=False)
    assert features.status([begun]) == "begun"
    assert features.status([inner]) == "not there"
    assert features.status([begun, whole]) == "there"
    assert features.status([begun, whole, failed]) == "not there"


def test_a_changed_sentence_is_noticed() -> None:
    page = features.render_page([])
    assert features.sentences_on_page(page) == features.sentences_wanted()
    changed = page.replace("Buildings hold households", "Buildings hold people")
    assert features.sentences_on_page(changed) != features.sentences_wanted()
