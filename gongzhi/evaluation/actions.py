"""Review an incident from its log, answer the findings, score capability, measure the burden."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from pydantic import Field

from gongzhi.actors.models import Kind, Person, Unit
from gongzhi.actors.policies import check_may
from gongzhi.assessment.models import Incident
from gongzhi.errors import NotNow
from gongzhi.evaluation.lessons import lessons_from
from gongzhi.evaluation.models import (
    BurdenMeasure,
    CapabilityResult,
    CapabilityScoring,
    Finding,
    Review,
)
from gongzhi.evaluation.policies import check_is_government
from gongzhi.evaluation.queries import (
    figures_of,
    forms_below,
    forms_filled,
    last_scoring,
    minutes_of,
)
from gongzhi.evaluation.scoring import results_digest, score_units, sums
from gongzhi.evaluation.standard import standard, version
from gongzhi.ledger.actions import append
from gongzhi.ledger.deeds import deed
from gongzhi.ledger.records import digest, plain


@deed()
def review(*, incident: Incident, by: Person, now: datetime) -> Review:
    """Let the after-action report write itself from the log (复盘)."""
    check_may(by, "review", incident.area, now)
    figures: dict[str, Any] = plain(figures_of(incident, now))
    made = Review.objects.create(
        incident=incident, figures=figures, figures_digest=digest(figures), made_by=by, made_at=now
    )
    Finding.objects.bulk_create(
        Finding(review=made, topic=topic, sentence=sentence, unit=incident.area)
        for topic, sentence in lessons_from(figures)
    )
    append(
        verb="evaluation.review", subject=made, place=incident.area, by=by, now=now,
        incident=incident.ref, figures=made.figures_digest,
    )  # fmt: skip
    return made


@deed()
def answer_finding(
    *,
    finding: Finding,
    adopted: bool,
    answer: Annotated[str, Field(min_length=1, max_length=400)],
    by: Person,
    now: datetime,
) -> Finding:
    """Say what changes because of a finding, or why nothing does."""
    check_may(by, "review", finding.unit, now)
    if finding.state != Finding.State.OPEN:
        raise NotNow(_("This finding is answered already. Its answer stands beside it."))
    finding.state = Finding.State.ADOPTED if adopted else Finding.State.DECLINED
    finding.answer, finding.answered_by, finding.answered_at = answer, by, now
    finding.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    append(
        verb="evaluation.answer_finding", subject=finding, place=finding.unit, by=by, now=now,
        adopted=adopted,
    )  # fmt: skip
    return finding


@deed()
def score_capability(*, area: Unit, by: Person, now: datetime) -> CapabilityScoring:
    """Score every unit of an area against the capability standard in force (能力评分)."""
    authority = check_may(by, "score_capability", area, now)
    check_is_government(area)
    on = localtime(now).date()
    lines = standard(on)
    results = score_units(area, lines, last_scoring(area), now)
    figures = sums(results)
    scoring = CapabilityScoring.objects.create(
        area=area, standard_version=version(on), tiers=figures,
        lines={line.code: line.plain() for line in lines},
        results_digest=results_digest(results), made_by=by, made_at=now,
    )  # fmt: skip
    for row in results:
        row.scoring = scoring
    CapabilityResult.objects.bulk_create(results, batch_size=500)
    append(
        verb="evaluation.score_capability", subject=scoring, place=area, by=by, now=now,
        standard=scoring.standard_version, results=len(results), tiers=digest(figures),
        digest=scoring.results_digest, power=str(authority),
    )  # fmt: skip
    return scoring


@deed(by_hand=False)
def record_burden(*, by: Person, now: datetime) -> int:
    """Measure for yesterday, once, how many forms each area filled and how long it took.

    Returns how many areas were measured.
    """
    day = localtime(now).date() - timedelta(days=1)
    if BurdenMeasure.objects.filter(day=day).exists():
        return 0
    filled = forms_filled(day)
    areas = Unit.objects.filter(kind=Kind.AREA, tier__in=("city", "district", "street"))
    by_area = [(unit, forms_below(unit.path, filled)) for unit in areas.order_by("path")]
    made = BurdenMeasure.objects.bulk_create(
        BurdenMeasure(
            area=unit, day=day, forms=sum(by_verb.values()), minutes=minutes_of(by_verb, day),
            by_verb=by_verb, made_at=now,
        )
        for unit, by_verb in by_area
        if by_verb or unit.tier == "city"
    )  # fmt: skip
    if made:
        append(
            verb="evaluation.record_burden", subject=made[0], place=made[0].area, by=by, now=now,
            day=day, count=len(made),
        )  # fmt: skip
    return len(made)
