"""Personal data never enter the ledger, and the ledger outlives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from gongzhi.actors.actions import (
    appoint,
    found_unit,
    log_in,
    object_to_access,
    open_in_emergency,
)  # fmt: skip
from gongzhi.actors.models import AccessNotice, LogInAttempt, Person
from gongzhi.actors.noticing import code_on
from gongzhi.errors import NotAllowed
from gongzhi.fieldwork.actions import (
    HouseholdDraft,
    assign_doors,
    assign_task,
    cancel_task,
    hand_over_task,
    list_households,
    record_visit,
)  # fmt: skip
from gongzhi.fieldwork.models import Household, Visit
from gongzhi.ledger.actions import seal
from gongzhi.ledger.models import Entry
from gongzhi.ledger.queries import verify
from gongzhi.ledger.records import Record
from gongzhi.sensing.actions import (
    ReportDraft,
    claim_report,
    dismiss_report,
    fold_report,
    judge_signal,
    raise_signal,
    read_report,
    receive_report,
    receive_reports,
    release_report,
    unfold_report,
)  # fmt: skip
from gongzhi.sensing.models import Report
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import lines, open_incident

MARK = "私"
"""Stands in every personal text that is typed here, and nowhere else."""
ROOMS = ("actors", "sensing", "fieldwork")
MADE = ("password", "code_key")
"""Fields that hold what is made from a secret, not what was typed."""
HOUR = timedelta(hours=1)


@once
def played(city: City) -> City:
    """A day in which every deed that takes personal words is done with marked ones."""
    Person.objects.filter(login="mayor").update(phone=f"{MARK}138")
    appoint(
        unit=city["S11"], login="new", name=f"{MARK}新人", password=f"{MARK}a long phrase",
        role="clerk",
        by=city.person("d1-chief"), now=START,
    )  # fmt: skip
    found_unit(
        parent=city["D1"], code="S19", name="新街道", kind="area", tier="street",
        by=city.person("d1-chief"), now=START,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        log_in(login=f"{MARK}login", password=f"{MARK}pass", address=f"{MARK}::1", now=START)
    _report_and_judge(city)
    _visit(city)
    _object(city)
    return city


def _report_and_judge(city: City) -> None:
    words = {
        "text": f"{MARK}住三号楼", "reporter_name": f"{MARK}王五", "reporter_phone": f"{MARK}139",
        "stream": "fever", "channel": "hotline",
    }  # fmt: skip
    who = {"by": city.person("s11-duty"), "now": START}
    reports = [receive_report(place=city["G1111"], **words, **who) for _ in range(4)]
    drafts = [ReportDraft(place=city["G1112"].pk, **words) for _ in range(3)]
    receive_reports(reports=drafts, **who)
    for report in reports:
        claim_report(report=report, **who)
        report.refresh_from_db()
        read_report(report=report, **who)
    one, two, three, four = reports
    dismiss_report(report=one, reason="A prank", **who)
    release_report(report=two, reason="End of shift", **who)
    signal = raise_signal(reports=[three], title="Fever in one building", **who)
    fold_report(report=four, signal=signal, **who)
    unfold_report(report=four, **who)
    judge_signal(signal=signal, verified=True, judgement="Seen by a doctor", **who)


def _visit(city: City) -> None:
    incident, worker = open_incident(city), city.person("g1111-worker")
    doors = [
        HouseholdDraft(building=f"{MARK}3号楼", door=f"{MARK}{n}", contact=f"{MARK}赵六")
        for n in range(3)
    ]
    list_households(grid=city["G1111"], households=doors, by=worker, now=START)
    who = {"by": city.person("s11-duty"), "now": START}
    tasks = assign_doors(
        grid=city["G1111"], incident=incident, worker=worker, title="Ask for fever", **who
    )
    more = assign_task(
        grid=city["G1111"], incident=incident, worker=worker, title="Ask again",
        household=tasks[0].household, **who,
    )  # fmt: skip
    hand_over_task(task=more, worker=city.person("s11-duty"), reason="Fell ill", **who)
    cancel_task(task=more, reason="Moved away", **who)
    for task in tasks:
        record_visit(
            task=task, outcome=Visit.Outcome.MET, persons_met=2, persons_ill=1,
            wants=f"{MARK}胰岛素", note=f"{MARK}发热", by=worker, now=START + HOUR,
        )  # fmt: skip


def _object(city: City) -> None:
    """A household is opened from elsewhere, and objects."""
    access = open_in_emergency(
        unit=city["S21"], record=Household.objects.earliest("id").ref, reason="Found in the street",
        by=city.person("s21-duty"), now=START,
    )  # fmt: skip
    worker = city.person("g1111-worker")
    object_to_access(access=access, objection=f"{MARK}我没有同意", by=worker, now=START)


def personal_texts() -> Iterator[tuple[type[Record], str]]:
    """(model, field) of every personal or sensitive text of the rooms played here."""
    for model in apps.get_models():
        if issubclass(model, Record) and model._meta.app_label in ROOMS:
            for name in model.fields_of("personal", "sensitive"):
                if isinstance(model._meta.get_field(name), models.CharField | models.TextField):
                    yield model, name


def test_every_personal_text_was_typed_in_this_play(played: City) -> None:
    """A personal field that comes later makes this fail, until it is played here."""
    typed = list(personal_texts())
    assert len(typed) > 8
    silent = [
        f"{model._meta.label}.{name}"
        for model, name in typed
        if name not in MADE and not model._default_manager.filter(**{f"{name}__contains": MARK})
    ]
    assert silent == []


def test_no_personal_word_enters_the_ledger(played: City) -> None:
    entries = list(Entry.objects.all())
    assert len(entries) > 30
    columns = [(e.body, e.verb, e.subject, e.by_ref, e.unit_path) for e in entries]
    assert not any(MARK in text for row in columns for text in row)


def test_the_code_on_a_notice_enters_the_ledger_in_no_form(played: City) -> None:
    told = "\n".join(Entry.objects.values_list("body", flat=True))
    [notice] = AccessNotice.objects.all()
    code = code_on(notice)
    assert not any(word in told for word in (code, code.replace("-", ""), notice.code_key))


def test_nobodys_name_log_in_or_password_enters_the_ledger(played: City) -> None:
    told = "\n".join(Entry.objects.values_list("body", flat=True))
    for person in Person.objects.all():
        assert person.name not in told
        assert f'"{person.login}"' not in told
        if len(person.password) > 1:
            assert person.password not in told


def test_no_salt_enters_the_ledger(played: City) -> None:
    told = "\n".join(Entry.objects.values_list("body", flat=True))
    salts = [bytes(row.salt) for m in (Report, Household, Visit) for row in m.objects.all()]
    assert len(set(salts)) == len(salts) > 10
    assert not any(salt.hex() in told for salt in salts)


def commitments(verb: str) -> list[str]:
    """All commitments that the lines of a verb carry, in order."""
    found: list[str] = []
    for entry in lines(verb):
        said: dict[str, Any] = json.loads(entry.body)["facts"]
        found += said.get("commitments") or [said["commitment"]]
    return found


def test_what_is_there_can_be_proved_by_its_commitment(played: City) -> None:
    told = commitments("sensing.receive_report") + commitments("sensing.receive_reports")
    assert sorted(told) == sorted(report.commitment() for report in Report.objects.all())
    homes = [home.commitment() for home in Household.objects.order_by("id")]
    assert commitments("fieldwork.list_households") == homes
    visits = [visit.commitment() for visit in Visit.objects.order_by("id")]
    assert commitments("fieldwork.record_visit") == visits


@pytest.mark.feature(15)
def test_the_ledger_still_verifies_when_the_personal_data_are_gone(played: City) -> None:
    seal(now=START)
    told = set(commitments("sensing.receive_report"))
    Report.objects.update(text="", reporter_name="", reporter_phone="", salt=b"")
    for home in Household.objects.all():
        Household.objects.filter(pk=home.pk).update(
            building="", door=str(home.pk), contact="", salt=b""
        )
    Visit.objects.update(wants="", note="", persons_ill=0, salt=b"")
    LogInAttempt.objects.all().delete()
    assert verify().holds
    assert not told & {report.commitment() for report in Report.objects.all()}
    seal(now=START + HOUR)
    assert verify().holds


def test_the_same_words_cannot_be_guessed_without_the_salt(played: City) -> None:
    """Equal words of two reports have commitments that do not show it."""
    told = commitments("sensing.receive_report")
    same = Report.objects.filter(channel="hotline").values("text", "reporter_name").distinct()
    assert len(same) == 1 and len(set(told)) == len(told)
