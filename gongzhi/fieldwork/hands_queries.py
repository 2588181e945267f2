"""What a reader may ask about help: offers, tasks, plans, one's own call-ups and hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Kind, Person
from gongzhi.actors.queries import Duty, charges_of, government_above, posts_of, visible
from gongzhi.fieldwork.hands_words import UNCALLED, line_in_words
from gongzhi.fieldwork.models import (
    CallUp,
    CallUpPlan,
    HelpCertificate,
    HelpOffer,
    HelpWanted,
    Skill,
)
from gongzhi.ledger.records import canonical

STATE = CallUp.State
COMING = (STATE.CALLED, STATE.ACCEPTED, STATE.AT_WORK)
"""States in which somebody holds a place."""
KIND = "gongzhi certificate of help 1"


def waiting_for() -> tuple[str, ...]:
    """States of a call-up in which nobody has begun."""
    return (STATE.PROPOSED, STATE.CALLED, STATE.ACCEPTED)


def over_now(now: datetime) -> QuerySet[HelpOffer]:
    """Offers of help whose times have passed."""
    over = HelpOffer.objects.filter(state=HelpOffer.State.OFFERED, ends_at__lte=now)
    return over.select_related("unit").order_by("id")


def done_by(offer: HelpOffer) -> list[CallUp]:
    """The shifts of an offer whose hours are confirmed."""
    done = offer.call_ups.filter(state=STATE.DONE).select_related("wanted__place")
    return list(done.order_by("wanted__starts_at", "id"))


def certificate_text(certificate: HelpCertificate) -> str:
    """The canonical text of a certificate: hours and the number of the person, no name."""
    said = {
        "ref": certificate.ref,
        "person": certificate.helper.ref,
        "unit": certificate.unit.code,
        "minutes": certificate.minutes,
        "shifts": certificate.shifts,
        "first_at": round(certificate.first_at.timestamp()),
        "last_at": round(certificate.last_at.timestamp()),
        "issued_at": round(certificate.issued_at.timestamp()),
    }
    return f"{KIND}\n{canonical(said)}\n"


def call_ups_of(by: Person, now: datetime) -> QuerySet[CallUp]:
    """A person's own call-ups that are still to answer, to come to, or at work."""
    mine = visible(CallUp, by, now).filter(offer__helper=by, state__in=COMING)
    return mine.select_related("wanted__place", "offer").order_by("wanted__starts_at", "id")


def hours_of(by: Person) -> int:
    """Minutes somebody has helped, as far as they are confirmed."""
    done = CallUp.objects.filter(offer__helper=by, state=STATE.DONE)
    return int(done.aggregate(total=Sum("minutes"))["total"] or 0)


def open_wanted(by: Person, now: datetime) -> QuerySet[HelpWanted]:
    """Tasks of one's area that ask for hands and are not over, the first shift first."""
    rows = visible(HelpWanted, by, now).filter(state=HelpWanted.State.OPEN, ends_at__gt=now)
    return rows.select_related("place", "incident").order_by("starts_at", "urgency", "id")


def open_to_help(by: Person, now: datetime) -> list[HelpWanted]:
    """Tasks that still ask for hands where somebody lives or serves: of the government there."""
    units = [post.unit for post in posts_of(by, now)]
    tops = {(u if u.kind == Kind.AREA else government_above(u) or u).path for u in units}
    rows = HelpWanted.objects.filter(state=HelpWanted.State.OPEN, ends_at__gt=now)
    found = [
        task
        for task in rows.select_related("place").order_by("starts_at", "urgency", "id")
        if any(task.place.path.startswith(top) for top in tops)
    ]
    there = staffed(found)
    return [task for task in found if there.get(task.pk, 0) < task.headcount]


def offer_of(by: Person, now: datetime) -> HelpOffer | None:
    """The offer of help that somebody makes now."""
    rows = visible(HelpOffer, by, now).filter(helper=by, state=HelpOffer.State.OFFERED)
    return rows.select_related("unit", "place").first()


def hours_to_confirm(by: Person, now: datetime) -> QuerySet[CallUp]:
    """Call-ups of one's area whose shift is over, and whose hours nobody has confirmed."""
    rows = visible(CallUp, by, now).filter(
        state__in=[STATE.ACCEPTED, STATE.AT_WORK], wanted__ends_at__lte=now
    )
    return rows.select_related("wanted__place", "offer__helper").order_by("wanted__ends_at", "id")


def certificates_of(by: Person, now: datetime) -> QuerySet[HelpCertificate]:
    """Certificates of the hours somebody has helped, the latest first."""
    rows = visible(HelpCertificate, by, now).filter(helper=by)
    return rows.order_by("-issued_at", "-id")


def staffed(tasks: Iterable[HelpWanted]) -> dict[int, int]:
    """How many people each task has: called up, coming, at work or done."""
    rows = CallUp.objects.filter(wanted__in=[t.pk for t in tasks], state__in=[*COMING, STATE.DONE])
    found = rows.order_by().values_list("wanted").annotate(Sum("people"))
    return dict(found)


def plans_proposed(by: Person, now: datetime) -> QuerySet[CallUpPlan]:
    """Plans of call-ups that wait for approval where one has charge."""
    mine = charges_of(by, now)
    rows = CallUpPlan.objects.filter(state=CallUpPlan.State.PROPOSED, area__in=mine)
    return rows.select_related("area", "incident").order_by("made_at", "id")


def last_plans(by: Person, now: datetime) -> QuerySet[CallUpPlan]:
    """The plans of one's area that are proposed or in force, the latest first."""
    rows = visible(CallUpPlan, by, now).exclude(state=CallUpPlan.State.SUPERSEDED)
    return rows.select_related("area", "incident").order_by("-made_at", "-id")


def lines_said(plan: CallUpPlan) -> str:
    """What a plan says of its tasks, line by line."""
    tasks = {
        str(t.pk): t for t in HelpWanted.objects.filter(pk__in=[int(k) for k in plan.staffing])
    }
    return "\n".join(
        f"{tasks[key].title}: {line_in_words(line)}"
        for key, line in plan.staffing.items()
        if key in tasks
    )


def uncalled_said(plan: CallUpPlan) -> str:
    """What a plan says of offers it does not call up: how many for which reason."""
    counts: dict[str, int] = {}
    for why in plan.uncalled.values():
        counts[why] = counts.get(why, 0) + 1
    return "\n".join(f"{count} × {UNCALLED[why]}" for why, count in counts.items())


def summary_said(plan: CallUpPlan) -> str:
    """A plan in figures."""
    rows: dict[str, Any] = plan.summary.get("urgencies", {})
    return "\n".join(
        _("Urgency %(urgency)s: %(staffed)s of %(wanted)s people in %(tasks)s tasks.")
        % {"urgency": urgency, **row}
        for urgency, row in rows.items()
    )


def skills_said(offer: HelpOffer) -> str:
    """What somebody can do, in words."""
    return "、".join(str(Skill(skill).label) for skill in offer.skills)


def times_said(offer: HelpOffer) -> str:
    """When somebody can come, a line each."""
    spans = [[localtime(datetime.fromisoformat(at)) for at in pair] for pair in offer.times]
    return "\n".join(f"{a:%m-%d %H:%M} – {b:%m-%d %H:%M}" for a, b in spans)


def help_duties(by: Person, now: datetime) -> list[Duty]:
    """What is asked about help: of the helper to answer, of the coordinator to approve."""
    mine = call_ups_of(by, now).filter(state=STATE.CALLED, wanted__ends_at__gt=now)[:50]
    found = [
        Duty(
            title=_("Answer the call-up: %(title)s") % {"title": call_up.wanted.title},
            where=str(call_up.wanted.place), due_at=call_up.wanted.starts_at,
            why=_("You offered help, and this suits it."), room="fieldwork",
            verb="accept_call_up", inputs={"call_up": call_up.pk}, subject=call_up.ref,
        )
        for call_up in mine
    ]  # fmt: skip
    return found + [
        Duty(
            title=_("Approve the call-ups: %(area)s") % {"area": plan.area},
            where=str(plan.area), due_at=None,
            why=_("Nobody is called up before somebody approves it."), room="fieldwork",
            verb="approve_call_ups", inputs={"plan": plan.pk}, subject=plan.ref,
        )
        for plan in plans_proposed(by, now)[:50]
    ]  # fmt: skip
