"""Those who were called arrive and finish, with proof; the caller scores them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from gongzhi.actors.models import Person
from gongzhi.actors.policies import check_may
from gongzhi.command.actions.calls import locked
from gongzhi.command.actions.climbing import put_off
from gongzhi.command.call_policies import (
    answer_power,
    caller_power,
    check_answer_moves,
    check_call_open,
    check_can_change_promise,
    check_can_score,
)
from gongzhi.command.models import CallAnswer, Photo, Proof
from gongzhi.command.proof_policies import (
    check_has_photo,
    check_may_see_proof,
    check_place,
    check_proves,
    clean_photo,
)
from gongzhi.command.queries import path_end, time_to_answer
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.parameters import minutes

Sentence = Annotated[str, Field(min_length=1, max_length=300)]
MaybeSentence = Annotated[str, Field(max_length=300)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Value = Annotated[float, Field(ge=-1e12, le=1e12)]
Image = Annotated[bytes, Field(min_length=1, max_length=4_000_000)]
Named = Annotated[str, Field(max_length=60)]
UnitName = Annotated[str, Field(max_length=20)]


@deed()
def arrive(
    *,
    answer: CallAnswer,
    proof: MaybeSentence = "",
    lon: Lon | None = None,
    lat: Lat | None = None,
    photo: Image | None = None,
    measured: Named = "",
    measured_value: Value | None = None,
    measured_unit: UnitName = "",
    by: Person,
    now: datetime,
) -> CallAnswer:
    """Report on site, with a proof of arrival: the place (WGS 84), a photo or a measurement."""
    given = {"lon": lon, "lat": lat, "measured": measured, "measured_value": measured_value,
             "measured_unit": measured_unit}  # fmt: skip
    answer = _reporting(answer, CallAnswer.State.ARRIVED, by, now)
    proved = _prove(answer, Proof.Stage.ARRIVAL, given, photo, by, now)
    answer.change(
        state=CallAnswer.State.ARRIVED, arrived_at=now, proof=proof, times_put_off=0,
        go_on_by=now + minutes("finish_on_site", now),
    )  # fmt: skip
    append(
        verb="command.arrive", subject=answer, place=answer.call.caller, by=by, now=now,
        unit=answer.department.path, promised=answer.arrive_by,
        minutes=int((now - answer.call.raised_at).total_seconds() // 60), **proved,
    )  # fmt: skip
    return answer


@deed()
def change_promise(
    *,
    answer: CallAnswer,
    in_minutes: Annotated[int, Field(ge=1, le=10_080)],
    reason: Sentence,
    responsible: Person | None = None,
    by: Person,
    now: datetime,
) -> CallAnswer:
    """Say a new time or person, and why: when one arrives or, on site, has finished (改约).

    The arrival that was promised first stays beside it, and the caller is told. Whoever puts off
    for a second time climbs one tier with it, and with every time after that.
    """
    answer = locked(answer)
    check_may(by, answer_power(answer.department), answer.department, now)
    check_can_change_promise(answer)
    coming, new = answer.state == CallAnswer.State.COMING, now + timedelta(minutes=in_minutes)
    before = answer.arrive_by if coming else answer.go_on_by
    times = (
        {"arrive_by": new, "first_arrive_by": answer.first_arrive_by or before}
        if coming
        else {"go_on_by": new}
    )
    answer.change(reason_changed=reason, responsible=responsible or answer.responsible, **times)
    climb = put_off(answer, reason, now) if before and new > before else None
    append(
        verb="command.change_promise", subject=answer, place=answer.call.caller, by=by, now=now,
        unit=answer.department.path, reason=reason, before=before, until=new,
        climbed_to=climb.to_unit.path if climb else None,
    )  # fmt: skip
    return answer


@deed()
def finish_answer(
    *,
    answer: CallAnswer,
    result: Sentence,
    lon: Lon | None = None,
    lat: Lat | None = None,
    photo: Image | None = None,
    measured: Named = "",
    measured_value: Value | None = None,
    measured_unit: UnitName = "",
    by: Person,
    now: datetime,
) -> CallAnswer:
    """Report the work of a call done: what came of it, with a place, a photo or a measurement.

    Whoever waited for it in this call is asked again, with a new clock.
    """
    given = {"lon": lon, "lat": lat, "measured": measured, "measured_value": measured_value,
             "measured_unit": measured_unit}  # fmt: skip
    answer = _reporting(answer, CallAnswer.State.DONE, by, now)
    proved = _prove(answer, Proof.Stage.RESULT, given, photo, by, now)
    answer.change(state=CallAnswer.State.DONE, done_at=now, result=result)
    asked = _ask_those_helped(answer, now)
    append(
        verb="command.finish_answer", subject=answer, place=answer.call.caller, by=by, now=now,
        unit=answer.department.path, asked_again=[one.department.path for one in asked],
        **proved,
    )  # fmt: skip
    return answer


def _reporting(
    answer: CallAnswer, state: CallAnswer.State, by: Person, now: datetime
) -> CallAnswer:
    """The answer as it is now, if this person may report so far for the called unit."""
    answer = locked(answer)
    check_may(by, answer_power(answer.department), answer.department, now)
    check_call_open(answer.call)
    check_answer_moves(answer, state)
    return answer


def _prove(
    answer: CallAnswer,
    stage: Proof.Stage,
    given: dict[str, Any],
    photo: bytes | None,
    by: Person,
    now: datetime,
) -> dict[str, Any]:
    """Keep a proof, the photo apart and without what the camera wrote into it.

    Returns what the ledger says of it.
    """
    check_proves(photo=photo, **given)
    check_place(answer.call.caller, given["lon"], given["lat"], now)
    picture = clean_photo(photo)
    sha256 = hashlib.sha256(picture.content).hexdigest() if picture else ""
    kept = Proof.objects.create(
        answer=answer, stage=stage, photo_sha256=sha256, given_by=by, given_at=now, **given
    )
    if picture:
        Photo.objects.create(proof=kept, media_type=picture.media_type, content=picture.content)
    measured = {
        "what": kept.measured, "value": kept.measured_value, "unit": kept.measured_unit
    }  # fmt: skip
    return {
        "proof": kept.ref, "photo_sha256": sha256, "measured": measured if kept.measured else None
    }  # fmt: skip


def _ask_those_helped(done: CallAnswer, now: datetime) -> list[CallAnswer]:
    """Ask again those of the call who needed what is done now."""
    needing = done.call.answers.filter(state=CallAnswer.State.NEEDS)
    needing = needing.select_related("department", "duty")
    asked = []
    for answer in needing.select_for_update(of=("self",)).order_by("id"):
        helper = done.call.answers.filter(department=answer.needed_from_id).first()
        end = path_end(helper) if helper else None
        if end is not None and end.pk == done.pk:
            answer.change(
                state=CallAnswer.State.WAITING, answer_by=now + time_to_answer(answer.duty, now),
                answered_by=None, answered_at=None, go_on_by=None,
            )  # fmt: skip
            asked.append(answer)
    return asked


@deed(tells=("public", "official", "personal"))
def look_at_photo(*, proof: Proof, by: Person, now: datetime) -> Photo:
    """Look at the photo of a proof; that you looked is written down.

    Errors: `NotFound` where there is none, or none any more.
    """
    check_may_see_proof(by, proof, now)
    photo = check_has_photo(proof)
    append(
        verb="command.look_at_photo", subject=proof, place=proof.answer.call.caller, by=by, now=now
    )
    return photo


@deed()
def score_answer(
    *,
    answer: CallAnswer,
    score: Annotated[int, Field(ge=1, le=5)],
    words: Sentence,
    by: Person,
    now: datetime,
) -> CallAnswer:
    """Say as the caller how well a called unit did, from 1 (badly) to 5 (very well), and why."""
    answer = locked(answer)
    check_may(by, caller_power(answer.call.caller), answer.call.caller, now)
    check_can_score(answer)
    answer.change(score=score, score_words=words)
    append(
        verb="command.score_answer", subject=answer, place=answer.call.caller, by=by, now=now,
        unit=answer.department.path, score=score,
    )  # fmt: skip
    return answer
