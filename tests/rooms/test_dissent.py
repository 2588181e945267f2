"""Dissents: unaltered, two tiers up, read by name, and kept beside the decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gongzhi.assessment.actions import close_incident, dissent, read_dissent
from gongzhi.assessment.models import Assessment, Dissent, DissentCopy
from gongzhi.assessment.queries import dissents_from, duties, hearers_above, unread_copies
from gongzhi.decision.actions import OptionDraft, decide
from gongzhi.decision.models import Decision
from gongzhi.errors import NotAllowed, NotNow
from gongzhi.evaluation.queries import figures_of
from gongzhi.ledger.records import digest
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import assessed, decided, facts, lines, open_incident

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WORDS = "  It does not spread: all nine cases share one kitchen.\nTest the kitchen first.  "
pytestmark = pytest.mark.usefixtures("in_english")


@once
def assessment(city: City) -> Assessment:
    """What the city's expert made of an incident in one street."""
    return assessed(city, open_incident(city, "S11"))


def filed(
    city: City, assessment: Assessment, by: str = "d1-duty", text: str = WORDS, now: Any = START
) -> Dissent:
    return dissent(assessment=assessment, text=text, by=city.person(by), now=now)


# Filing -------------------------------------------------------------------------------------------


def test_a_dissent_is_kept_to_the_letter_and_its_digest_stands_in_the_ledger(
    city: City, assessment: Assessment
) -> None:
    made = filed(city, assessment)
    made = Dissent.objects.get(pk=made.pk)
    assert (made.text, made.filed_by, made.filed_at) == (WORDS, city.person("d1-duty"), START)
    assert made.text_digest == digest(WORDS)
    assert facts("assessment.dissent") == {
        "assessment": assessment.ref, "text": digest(WORDS),
        "to": [city["D1"].path, city["C"].path],
    }  # fmt: skip
    assert WORDS.strip() not in lines("assessment.dissent")[0].body
    assert dissents_from(assessment) == [made]


@pytest.mark.parametrize("by", ["d2-duty", "k111-worker", "auditor", "h1-clerk"])
def test_who_may_not_assess_files_no_dissent(city: City, assessment: Assessment, by: str) -> None:
    with pytest.raises(NotAllowed):
        filed(city, assessment, by=by)


def test_nobody_dissents_from_an_assessment_of_ones_own(city: City, assessment: Assessment) -> None:
    with pytest.raises(NotNow, match="is your own"):
        filed(city, assessment, by="expert")


def test_the_same_words_are_filed_once_and_other_words_again(
    city: City, assessment: Assessment
) -> None:
    filed(city, assessment)
    with pytest.raises(NotNow, match="filed this dissent already"):
        filed(city, assessment, now=START + HOUR)
    filed(city, assessment, text="The kitchen was tested: it is the kitchen.")
    filed(city, assessment, by="d1-chief")
    assert assessment.dissents.count() == 3


def test_a_closed_incident_takes_no_dissent(city: City, assessment: Assessment) -> None:
    close_incident(
        incident=assessment.incident, reason="No case left", by=city.person("mayor"), now=START
    )
    assessment.refresh_from_db()
    with pytest.raises(NotNow, match="is closed"):
        filed(city, assessment)


# Unaltered ----------------------------------------------------------------------------------------


def _changes(found: Dissent) -> None:
    found.text = "It spreads."
    found.save()


@pytest.mark.parametrize(
    "alter",
    [
        _changes,
        lambda d: d.delete(),
        lambda d: Dissent.objects.filter(pk=d.pk).update(text="It spreads."),
        lambda d: Dissent.objects.filter(pk=d.pk).delete(),
        lambda d: Dissent.objects.bulk_update([d], ["text"]),
    ],
)
def test_no_way_leads_to_other_words(
    city: City, assessment: Assessment, alter: Callable[[Dissent], Any]
) -> None:
    made = filed(city, assessment)
    with pytest.raises(TypeError, match="written once"), transaction.atomic():
        alter(made)
    assert Dissent.objects.get(pk=made.pk).text == WORDS


def test_the_database_refuses_an_empty_dissent_and_half_a_reading(
    city: City, assessment: Assessment
) -> None:
    who = {"filed_by": city.person("d1-duty"), "filed_at": START}
    with pytest.raises(IntegrityError), transaction.atomic():
        Dissent.objects.create(assessment=assessment, text="", text_digest="0" * 64, **who)
    made = filed(city, assessment)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dissent.objects.create(
            assessment=assessment, text=WORDS, text_digest=made.text_digest, **who
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        made.copies.update(read_at=START)
    with pytest.raises(IntegrityError), transaction.atomic():
        DissentCopy.objects.create(dissent=made, unit=city["C"])


# Two tiers up -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "hearers"),
    [("K111", ["S11", "D1"]), ("S11", ["D1", "C"]), ("D1", ["C"]), ("C", ["C"])],
)
def test_a_dissent_reaches_the_two_tiers_above_or_the_topmost(
    city: City, area: str, hearers: list[str]
) -> None:
    assert [unit.code for unit in hearers_above(city[area])] == hearers


def asked(city: City, login: str, now: Any = START) -> list[str]:
    found = duties(city.person(login), now)
    return [duty.title for duty in found if duty.verb == "read_dissent"]


def test_both_tiers_are_asked_until_a_named_person_of_each_has_read_it(
    city: City, assessment: Assessment
) -> None:
    made = filed(city, assessment)
    told = ["An expert disagrees: Fever in S11"]
    for login in ("mayor", "city-duty", "d1-chief", "d1-duty"):
        assert asked(city, login) == told
    for login in ("s11-duty", "d2-duty", "city-health", "expert", "auditor"):
        assert asked(city, login) == []
    now = START + 7 * MINUTE
    assert read_dissent(dissent=made, by=city.person("mayor"), now=now) == made
    assert asked(city, "mayor") == asked(city, "city-duty") == []
    assert asked(city, "d1-chief") == told
    copy = made.copies.get(unit=city["C"])
    assert (copy.read_by, copy.read_at) == (city.person("mayor"), now)
    assert facts("assessment.read_dissent") == {"text": made.text_digest}
    assert lines("assessment.read_dissent")[0].unit_path == city["C"].path
    read_dissent(dissent=made, by=city.person("d1-chief"), now=now)
    assert not unread_copies(city.person("d1-duty"), now).exists()


def test_a_dissent_is_read_once_for_a_unit(city: City, assessment: Assessment) -> None:
    made = filed(city, assessment)
    read_dissent(dissent=made, by=city.person("mayor"), now=START)
    with pytest.raises(NotNow, match="mayor先生 has read this dissent for 临江市"):
        read_dissent(dissent=made, by=city.person("city-duty"), now=START)
    assert len(lines("assessment.read_dissent")) == 1


def test_who_was_not_sent_it_has_nothing_to_confirm(city: City, assessment: Assessment) -> None:
    made = filed(city, assessment)
    with pytest.raises(NotNow, match="was not sent to you"):
        read_dissent(dissent=made, by=city.person("s11-duty"), now=START)


@pytest.mark.parametrize("by", ["expert", "auditor", "d2-chief", "city-health"])
def test_reading_for_a_unit_takes_its_commander_or_officer(
    city: City, assessment: Assessment, by: str
) -> None:
    made = filed(city, assessment)
    with pytest.raises(NotAllowed):
        read_dissent(dissent=made, by=city.person(by), now=START)


# Beside the decision ------------------------------------------------------------------------------


def decides(city: City, assessment: Assessment, now: Any = START) -> Decision:
    return decide(
        incident=assessment.incident, assessment=assessment, title="Close the kitchen",
        reason="Nine cases", legal_basis="Law, art. 2",
        options=[OptionDraft(title="Close it", chosen=True)], by=city.person("mayor"), now=now,
    )  # fmt: skip


def test_a_decision_keeps_the_dissents_that_stood_when_it_was_made(
    city: City, assessment: Assessment
) -> None:
    before = filed(city, assessment)
    decision = decides(city, assessment, START + HOUR)
    filed(city, assessment, by="d1-chief", now=START + 2 * HOUR)
    decision.refresh_from_db()
    assert decision.snapshot["dissents"] == [[before.ref, before.text_digest]]
    assert digest(decision.snapshot) == decision.snapshot_digest
    assert facts("decision.decide")["dissents"] == [before.ref]


def test_a_decision_nobody_objected_to_says_so(city: City, assessment: Assessment) -> None:
    assert decides(city, assessment).snapshot["dissents"] == []
    assert facts("decision.decide")["dissents"] == []


def test_the_review_counts_dissents_and_whether_they_were_heard(
    city: City, assessment: Assessment
) -> None:
    made = filed(city, assessment)
    decides(city, assessment, START + HOUR)
    decides(city, assessment, START + 2 * HOUR)
    filed(city, assessment, by="d1-chief", now=START + 3 * HOUR)
    read_dissent(dissent=made, by=city.person("mayor"), now=START + 30 * MINUTE)
    assert figures_of(assessment.incident, START + 4 * HOUR)["dissents"] == {
        "filed": 2, "stood_at_a_decision": 1, "copies": 4, "copies_read": 1,
        "median_minutes_to_read": 30.0,
    }  # fmt: skip
    other = decided(city, open_incident(city, "D2")).incident
    assert figures_of(other, START)["dissents"] == {
        "filed": 0, "stood_at_a_decision": 0, "copies": 0, "copies_read": 0,
        "median_minutes_to_read": None,
    }  # fmt: skip
