"""Receive reports, fold them into signals, judge, warn, acknowledge."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import check_may, check_may_each, governments_holding
from gongzhi.actors.queries import government_above, visible
from gongzhi.errors import Malformed, NotFound
from gongzhi.ledger.actions import append
from gongzhi.ledger.bulk import bulk_insert
from gongzhi.ledger.compiled import insert
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.locks import take
from gongzhi.ledger.records import digest
from gongzhi.parameters import minutes
from gongzhi.sensing.models import Count, Report, Signal, SignalClimb, Warning
from gongzhi.sensing.policies import (
    check_can_acknowledge,
    check_can_claim,
    check_can_judge,
    check_can_unfold,
    check_holds,
)  # fmt: skip
from gongzhi.sensing.queries import (
    signal_climbs,
    signals_unjudged,
    silent_warnings,
    stale_claims,
)  # fmt: skip
from gongzhi.writing import listed

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Stream = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,38}$")]
Contact = Annotated[str, Field(max_length=40)]
Persons = Annotated[int, Field(ge=1, le=100_000)]


class ReportDraft(BaseModel):
    """One report of a batch; `place` is the number of a unit in your area."""

    place: int
    stream: Stream
    channel: Report.Channel
    text: Words
    persons: Persons = 1
    observed_at: datetime | None = None
    reporter_name: Contact = ""
    reporter_phone: Contact = ""


@deed()
def receive_report(
    *,
    place: Unit,
    stream: Stream,
    channel: Report.Channel,
    text: Words,
    persons: Persons = 1,
    observed_at: datetime | None = None,
    reporter_name: Contact = "",
    reporter_phone: Contact = "",
    by: Person,
    now: datetime,
) -> Report:
    """Take in what somebody reports, in their own words (上报)."""
    check_may(by, "receive_report", place, now)
    _check_observed(observed_at, now)
    report = Report(
        place=place, stream=stream, channel=channel, text=text, persons=persons,
        observed_at=observed_at, reporter_name=reporter_name, reporter_phone=reporter_phone,
        received_at=now, received_by=by,
    )  # fmt: skip
    insert(report)
    append(
        verb="sensing.receive_report", subject=report, place=place, by=by, now=now,
        stream=stream, channel=channel, persons=persons, commitment=report.commitment(),
    )  # fmt: skip
    return report


@deed()
def receive_reports(
    *,
    reports: Annotated[list[ReportDraft], Field(min_length=1, max_length=500)],
    by: Person,
    now: datetime,
) -> list[Report]:
    """Take in many reports at once, all or none, with one line in the ledger."""
    places = _places({draft.place for draft in reports}, by, now)
    for draft in reports:
        _check_observed(draft.observed_at, now)
    rows = [{**draft.model_dump(exclude={"place"}), "place_id": draft.place} for draft in reports]
    made = bulk_insert(Report, rows, received_at=now, received_by_id=by.pk)
    append(
        verb="sensing.receive_reports", subject=made[0], place=_common(places.values()), by=by,
        now=now, first=made[0].pk, count=len(made), commitments=[r.commitment() for r in made],
    )  # fmt: skip
    return made


def _places(wanted: set[int], by: Person, now: datetime) -> dict[int, Unit]:
    """The units with these numbers, if all are in the person's area and may be reported on."""
    places = {unit.pk: unit for unit in visible(Unit, by, now).filter(pk__in=wanted)}
    if missing := sorted(wanted - places.keys()):
        raise NotFound(
            _("These places are not in your area: %(numbers)s. Nothing was taken in.")
            % {"numbers": listed(map(str, missing[:10]))}
        )
    check_may_each(by, "receive_report", places.values(), now)
    return places


def _check_observed(observed_at: datetime | None, now: datetime) -> None:
    if observed_at is not None and observed_at > now:
        raise Malformed(
            _("The time of the observation lies in the future. Correct it."),
            details={"observed_at": _("Give a time that has passed.")},
        )


def _common(units: Collection[Unit]) -> Unit:
    """The lowest unit over all of these."""
    chains = [unit.ancestor_paths() for unit in units]
    shared = [level[0] for level in zip(*chains, strict=False) if len(set(level)) == 1]
    among = (unit for unit in units if unit.path == shared[-1])
    return next(among, None) or Unit.objects.get(path=shared[-1])


@deed(tells=("public", "official", "personal"))
def read_report(*, report: Report, by: Person, now: datetime) -> Report:
    """Read the words and the contact of a report; that you looked is written down."""
    check_may(by, "handle_report", report.place, now)
    append(verb="sensing.read_report", subject=report, place=report.place, by=by, now=now)
    return report


@deed()
def claim_report(*, report: Report, by: Person, now: datetime) -> Report:
    """Take a report from the queue, so that nobody else works on it."""
    check_may(by, "handle_report", report.place, now)
    locked = (
        Report.objects.select_for_update(of=("self",))
        .select_related("place", "claimed_by")
        .get(pk=report.pk)
    )
    check_can_claim(locked)
    _move(locked, Report.State.CLAIMED, claimed_by=by, claimed_at=now)
    append(verb="sensing.claim_report", subject=locked, place=locked.place, by=by, now=now)
    return locked


@deed()
def release_report(*, report: Report, reason: Sentence, by: Person, now: datetime) -> Report:
    """Put a report you took back into the queue."""
    check_holds(report, by)
    _move(report, Report.State.NEW, claimed_by=None, claimed_at=None, reason=reason)
    append(verb="sensing.release_report", subject=report, place=report.place, by=by, now=now)
    return report


@deed()
def dismiss_report(*, report: Report, reason: Sentence, by: Person, now: datetime) -> Report:
    """Close a report that asks for nothing, with the reason."""
    check_may(by, "handle_report", report.place, now)
    check_holds(report, by)
    _move(report, Report.State.DISMISSED, reason=reason)
    append(verb="sensing.dismiss_report", subject=report, place=report.place, by=by, now=now)
    return report


def _move(report: Report, state: Report.State, **changes: Any) -> None:
    report.state = state
    for name, value in changes.items():
        setattr(report, name, value)
    report.save(update_fields=["state", *changes])


@deed()
def raise_signal(
    *,
    reports: Annotated[list[Report], Field(min_length=1, max_length=200)],
    title: Title,
    by: Person,
    now: datetime,
) -> Signal:
    """Make one signal of the reports you took that tell about the same event (线索)."""
    for report in reports:
        check_holds(report, by)
    place = _common([report.place for report in reports])
    check_may(by, "handle_report", place, now)
    signal = Signal.objects.create(
        place=place, stream=reports[0].stream, title=title, raised_by=by, raised_at=now,
        judge_by=now + minutes("judge_signal", now),
    )  # fmt: skip
    for report in reports:
        _move(report, Report.State.FOLDED, signal=signal)
    append(
        verb="sensing.raise_signal", subject=signal, place=place, by=by, now=now,
        reports=[report.ref for report in reports],
    )  # fmt: skip
    return signal


@deed()
def fold_report(*, report: Report, signal: Signal, by: Person, now: datetime) -> Report:
    """Add a report you took to a signal that is already there."""
    check_may(by, "handle_report", signal.place, now)
    check_holds(report, by)
    check_can_judge(signal)
    _move(report, Report.State.FOLDED, signal=signal)
    append(
        verb="sensing.fold_report", subject=report, place=report.place, by=by, now=now,
        signal=signal.ref,
    )  # fmt: skip
    return report


@deed()
def unfold_report(*, report: Report, by: Person, now: datetime) -> Report:
    """Take a report out of a signal again; it is yours to work on."""
    check_may(by, "handle_report", report.place, now)
    check_can_unfold(report)
    _move(report, Report.State.CLAIMED, signal=None, claimed_by=by, claimed_at=now)
    append(verb="sensing.unfold_report", subject=report, place=report.place, by=by, now=now)
    return report


@deed()
def judge_signal(
    *, signal: Signal, verified: bool, judgement: Sentence, by: Person, now: datetime
) -> Signal:
    """Say whether a signal is real, with the reason."""
    check_may(by, "judge_signal", signal.place, now)
    check_can_judge(signal)
    signal.state = Signal.State.VERIFIED if verified else Signal.State.DISCARDED
    signal.judged_by, signal.judged_at, signal.judgement = by, now, judgement
    signal.save(update_fields=["state", "judged_by", "judged_at", "judgement"])
    append(
        verb="sensing.judge_signal", subject=signal, place=signal.place, by=by, now=now,
        verified=verified,
    )  # fmt: skip
    return signal


class CountDraft(BaseModel):
    """How many of a stream at a place on a day."""

    place: int
    stream: Stream
    day: date
    value: Annotated[int, Field(ge=0, le=100_000_000)]


@deed()
def record_counts(
    *,
    source: Annotated[str, Field(min_length=1, max_length=40)],
    counts: Annotated[list[CountDraft], Field(min_length=1, max_length=20_000)],
    by: Person,
    now: datetime,
) -> int:
    """Write daily counts of one source; a later figure of the same source replaces the earlier.

    Returns how many counts were written.
    """
    places = _places({draft.place for draft in counts}, by, now)
    if any(draft.day > localtime(now).date() for draft in counts):
        raise Malformed(_("A count lies in the future. Correct its day; nothing was taken in."))
    latest = {(draft.place, draft.stream, draft.day): draft for draft in counts}
    Count.objects.bulk_create(
        (
            Count(
                place=places[d.place],
                stream=d.stream,
                day=d.day,
                value=d.value,
                source=source,
                received_at=now,
            )
            for d in latest.values()
        ),
        update_conflicts=True,
        unique_fields=["place", "stream", "day", "source"],
        update_fields=["value", "received_at"],
        batch_size=2000,
    )
    top = _common(places.values())
    append(
        verb="sensing.record_counts", subject=top, place=top, by=by, now=now, source=source,
        count=len(latest),
        digest=digest([[places[d.place].path, d.stream, d.day, d.value] for d in latest.values()]),
    )  # fmt: skip
    return len(latest)


@deed()
def acknowledge_warning(*, warning: Warning, note: Sentence, by: Person, now: datetime) -> Warning:
    """Take a warning on yourself by name and say what you do about it."""
    check_may(by, "acknowledge_warning", warning.place, now)
    check_can_acknowledge(warning)
    warning.state = Warning.State.ACKNOWLEDGED
    warning.acknowledged_by, warning.acknowledged_at, warning.note = by, now, note
    warning.save(update_fields=["state", "acknowledged_by", "acknowledged_at", "note"])
    append(
        verb="sensing.acknowledge_warning", subject=warning, place=warning.place, by=by, now=now,
        minutes=int((now - warning.issued_at).total_seconds() // 60),
    )  # fmt: skip
    return warning


@deed(by_hand=False)
def climb_silent_warnings(*, by: Person, now: datetime) -> list[Warning]:
    """Take every warning that nobody acknowledged in time one tier up, once."""
    climbed = []
    for warning in take(silent_warnings, now=now):
        upper = government_above(warning.place)
        warning.climbed_to, warning.climbed_at = upper or warning.place, now
        warning.save(update_fields=["climbed_to", "climbed_at"])
        append(
            verb="sensing.climb_warning", subject=warning, place=upper or warning.place, by=by,
            now=now, silent=warning.place.path, due_at=warning.acknowledge_by,
        )  # fmt: skip
        climbed.append(warning)
    return climbed


@deed(by_hand=False)
def climb_unjudged_signals(*, by: Person, now: datetime) -> list[SignalClimb]:
    """Take every signal not judged in time one tier up, and on after each interval, to the top."""
    late = take(signals_unjudged, now=now)
    if not late:
        return []
    before, wait = signal_climbs(late), minutes("climb_again", now)
    made = []
    for signal in late:
        climbs = before.get(signal.pk, [])
        if climbs and climbs[-1].climbed_at + wait > now:
            continue
        asked = governments_holding("judge_signal", signal.place, now)
        if len(asked) > len(climbs) + 1:
            made.append(_climb_signal(signal, asked[len(climbs)], asked[len(climbs) + 1], by, now))
    return made


def _climb_signal(
    signal: Signal, silent: Unit, upper: Unit, by: Person, now: datetime
) -> SignalClimb:
    climb = SignalClimb.objects.create(signal=signal, silent=silent, to_unit=upper, climbed_at=now)
    append(
        verb="sensing.climb_signal", subject=signal, place=upper, by=by, now=now,
        silent=silent.path, due_at=signal.judge_by,
    )  # fmt: skip
    return climb


@deed(by_hand=False)
def release_stale_claims(*, by: Person, now: datetime) -> list[Report]:
    """Put every report that somebody took and did not finish in time back into the queue."""
    freed = []
    for report in take(stale_claims, since=now - minutes("finish_report", now)):
        holder = f"person:{report.claimed_by_id}"
        reason = "not finished in time"
        _move(report, Report.State.NEW, claimed_by=None, claimed_at=None, reason=reason)
        append(
            verb="sensing.release_stale_claim", subject=report, place=report.place, by=by, now=now,
            held_by=holder,
        )  # fmt: skip
        freed.append(report)
    return freed
