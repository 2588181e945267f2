"""What the state of an offer of help, a task, a plan or a call-up allows, and for whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.fieldwork.models import CallUp, CallUpPlan, HelpOffer, HelpWanted
from gongzhi.parameters import parameter

STATE = CallUp.State


def check_has_position(place: Unit) -> None:
    """Distances count from where a place lies."""
    if place.lon is None or place.lat is None:
        raise Malformed(
            _("It is not known where %(place)s lies. Choose a place that is on the map.")
            % {"place": place},
            details={"place": _("Choose a place that is on the map.")},
        )


def check_no_other_offer(by: Person) -> None:
    """One offer at a time, so that nobody is called up twice over."""
    if HelpOffer.objects.filter(helper=by, state=HelpOffer.State.OFFERED).exists():
        raise NotNow(_("You offer help already. Withdraw that offer before you make another."))


def check_times(times: Iterable[tuple[datetime, datetime]], now: datetime) -> None:
    """Times offered are ordered and still to come."""
    for starts_at, ends_at in times:
        if ends_at <= starts_at:
            raise Malformed(
                _("A time ends before it begins. Correct it."),
                details={"times": _("The end comes after the beginning.")},
            )
        if ends_at <= now:
            raise Malformed(
                _("A time has passed already. Give times to come."),
                details={"times": _("Give times to come.")},
            )


def check_span(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """A task asks for a shift that is to come and that people can bear."""
    if ends_at <= starts_at or ends_at <= now:
        raise Malformed(
            _("The shift must end after it begins, and be to come."),
            details={"ends_at": _("Give a later time.")},
        )
    most = parameter("callups.hours_at_most", localtime(now).date()).value
    if ends_at - starts_at > timedelta(hours=most):
        raise Malformed(
            _("A shift of more than %(most)s hours is too long. Ask for two shifts.")
            % {"most": most},
            details={"ends_at": _("Ask for two shifts.")},
        )


def check_own_offer(offer: HelpOffer, by: Person) -> None:
    """Who offers help decides about it, nobody else."""
    if offer.helper_id != by.pk:
        raise NotAllowed(_("This offer of help is another person's. Only they decide about it."))


def check_offered(offer: HelpOffer) -> None:
    """An offer that is over stays so."""
    if offer.state != HelpOffer.State.OFFERED:
        raise NotNow(
            _("This offer of help is over (%(state)s). Make a new one.")
            % {"state": offer.get_state_display()}
        )


def check_nobody_at_work(offer: HelpOffer) -> None:
    """Hours at work are confirmed before an offer goes."""
    if offer.call_ups.filter(state=STATE.AT_WORK).exists():
        raise NotNow(_("You are at work. Have your hours confirmed first, then withdraw."))


def check_wanted(wanted: HelpWanted) -> None:
    """A task that was cancelled asks for nobody."""
    if wanted.state != HelpWanted.State.OPEN:
        raise NotNow(_("This task was cancelled. Ask for hands anew."))


def check_can_approve(plan: CallUpPlan) -> None:
    """A plan is approved once, and only the latest."""
    if plan.state != CallUpPlan.State.PROPOSED:
        raise NotNow(
            _("This plan cannot be approved any more (%(state)s). Plan the call-ups again.")
            % {"state": plan.get_state_display()}
        )


def check_own_call_up(call_up: CallUp, by: Person) -> None:
    """Who is called up answers, nobody else."""
    if call_up.offer.helper_id != by.pk:
        raise NotAllowed(_("This call-up is another person's. Only they answer it."))


def check_moves(call_up: CallUp, state: str) -> None:
    """A call-up goes one way only."""
    if STATE(state) not in CallUp.MOVES[STATE(call_up.state)]:
        raise NotNow(
            _("This call-up is at “%(state)s” now, so this cannot be done.")
            % {"state": call_up.get_state_display()}
        )


def check_to_answer(call_up: CallUp) -> None:
    """A call-up is answered once."""
    check_moves(call_up, STATE.ACCEPTED)


def check_can_drop_out(call_up: CallUp) -> None:
    """Who is not at work yet can drop out."""
    check_moves(call_up, STATE.DROPPED_OUT)


def check_can_begin(call_up: CallUp, now: datetime) -> None:
    """One checks in about when the shift begins, and not after it."""
    check_moves(call_up, STATE.AT_WORK)
    early = parameter("callups.early_minutes", localtime(now).date()).value
    wanted = call_up.wanted
    if not wanted.starts_at - timedelta(minutes=early) <= now <= wanted.ends_at:
        raise NotNow(
            _("The shift is from %(starts)s to %(ends)s. Check in when you are there.")
            % {
                "starts": f"{localtime(wanted.starts_at):%m-%d %H:%M}",
                "ends": f"{localtime(wanted.ends_at):%m-%d %H:%M}",
            }
        )


def check_can_confirm(call_up: CallUp) -> None:
    """Hours are confirmed of who accepted and came."""
    check_moves(call_up, STATE.DONE)


def check_began(call_up: CallUp, now: datetime) -> None:
    """Hours count only once the shift has begun."""
    if now < call_up.wanted.starts_at and call_up.began_at is None:
        raise NotNow(_("The shift has not begun. Confirm the hours when the work is done."))


def check_hours(minutes: int, now: datetime) -> None:
    """Nobody helps for longer than a shift may last."""
    most = parameter("callups.hours_at_most", localtime(now).date()).value
    if minutes > most * 60:
        raise Malformed(
            _("A shift lasts %(most)s hours at most. Correct the minutes.") % {"most": most},
            details={"minutes": _("At most %(most)s.") % {"most": most * 60}},
        )


def check_has_hours(done: list[CallUp], helper: Person) -> None:
    """A certificate says what was done."""
    if not done:
        raise NotNow(
            _("No hours of %(name)s are confirmed. Confirm them first.") % {"name": helper.name}
        )
