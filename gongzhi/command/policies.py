"""What the state of plans and orders allows; that of calls is in `call_policies`."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.actors.policies import Authority, check_may, may
from gongzhi.actors.queries import posts_of
from gongzhi.assessment.models import Incident
from gongzhi.assessment.policies import check_is_open
from gongzhi.command.models import Activation, ContingencyPlan, Order
from gongzhi.command.queries import Reached, why_waiting
from gongzhi.decision.models import Decision
from gongzhi.errors import Malformed, NotAllowed, NotNow
from gongzhi.writing import day_and_time

# Plans --------------------------------------------------------------------------------------


def check_may_adopt(by: Person, now: datetime) -> Unit:
    """A plan belongs to no area: whoever holds the power somewhere may adopt it. Returns where."""
    posts = posts_of(by, now)
    if not posts:
        raise NotAllowed(_("You hold no post at the moment. Ask your unit to appoint you."))
    held = (post.area for post in posts if may(by, "adopt_plan", post.area, now))
    area = next(held, posts[0].area)
    check_may(by, "adopt_plan", area, now)
    return area


def check_is_new(code: str, version: str, digest: str) -> None:
    """A version of a plan is adopted once; another text needs another version."""
    same = ContingencyPlan.objects.filter(code=code, version=version).first()
    if same is None:
        return
    if same.digest == digest:
        raise NotNow(
            _("“%(plan)s” is adopted with this very text. There is nothing left to do.")
            % {"plan": same}
        )
    raise NotNow(
        _(
            "Version %(version)s of the plan “%(code)s” is adopted with another text. "
            "Write a new number after “version:” and adopt it again."
        )
        % {"version": version, "code": code}
    )


def check_can_activate(plan: ContingencyPlan, incident: Incident, decision: Decision) -> None:
    """A plan in force again needs its last version, an open incident of its hazard, a decision."""
    if plan.state != ContingencyPlan.State.ADOPTED:
        raise NotNow(
            _("“%(plan)s” has been replaced. Activate the version in force.") % {"plan": plan}
        )
    check_is_open(incident)
    if plan.hazard != incident.hazard:
        raise Malformed(
            _("“%(plan)s” is for another hazard (%(hazard)s). Choose a plan for this incident.")
            % {"plan": plan, "hazard": plan.get_hazard_display()},
            details={"plan": _("Choose a plan for the hazard of this incident.")},
        )
    check_decision_of(decision, incident)
    check_not_in_force(plan, incident)


def check_not_in_force(plan: ContingencyPlan, incident: Incident) -> None:
    """A plan is put into force for an incident once, whatever its version."""
    earlier = Activation.objects.filter(incident=incident, plan__code=plan.code).first()
    if earlier is not None:
        raise NotNow(
            _("“%(plan)s” is in force here since %(when)s. Give what is missing as single orders.")
            % {"plan": earlier, "when": day_and_time(earlier.activated_at)}
        )


def check_reaches_somebody(plan: ContingencyPlan, incident: Incident, reached: Reached) -> None:
    """A plan that gives nobody an order is not put into force."""
    if not reached.compilation.orders:
        raise NotNow(
            _("No unit of %(area)s receives an order of “%(plan)s”. Check its “to” lines.")
            % {"area": incident.area, "plan": plan}
        )


def check_decision_of(decision: Decision, incident: Incident) -> None:
    """An order rests on a decision about the same incident."""
    if decision.incident_id != incident.pk:
        raise Malformed(
            _("This decision is about another incident. Choose one on “%(title)s”.")
            % {"title": incident},
            details={"decision": _("Choose a decision on this incident.")},
        )


# Orders -------------------------------------------------------------------------------------


def check_one_cause(decision: Decision | None, under: Order | None) -> None:
    """An order is given because of a decision, or passes on an order that was received."""
    if (decision is None) == (under is None):
        raise Malformed(
            _("Name either the decision this order carries out, or the order it passes on."),
            details={"decision": _("Choose a decision or an order, not both.")},
        )


def check_can_pass_on(under: Order, unit: Unit) -> None:
    """A unit passes on an order that it is carrying out itself, downward."""
    if under.state not in (Order.State.ISSUED, Order.State.ACCEPTED):
        raise NotNow(
            _("“%(order)s” is not being carried out (%(state)s). Pass on one that is.")
            % {"order": under, "state": under.get_state_display()}
        )
    inside = unit.path.startswith(under.unit.path)
    if not inside or unit.pk == under.unit_id:
        raise Malformed(
            _("An order is passed on downward. Choose a unit below %(unit)s.")
            % {"unit": under.unit},
            details={"unit": _("Choose a unit below the one that received the order.")},
        )


def check_move(order: Order, to: Order.State) -> None:
    """An order moves only as its table of moves allows; the sentence says why it stands still."""
    if to in Order.MOVES[Order.State(order.state)]:
        return
    if order.state == Order.State.WAITING:
        raise NotNow(
            _("This order is not issued yet. %(why)s Wait until it is.")
            % {"why": why_waiting(order)}
        )
    if order.state == Order.State.ACCEPTED and order.accepted_by:
        raise NotNow(
            _("%(name)s accepted this order on %(when)s. Carry it out and report it done.")
            % {"name": order.accepted_by, "when": day_and_time(order.accepted_at)}
        )
    raise NotNow(
        _("This order is over (%(state)s since %(when)s). Ask %(issuer)s for a new one if needed.")
        % {
            "state": order.get_state_display(),
            "when": day_and_time(order.ended_at),
            "issuer": order.issuer,
        }
    )


def check_can_reissue(order: Order) -> None:
    """Only an order that could not be done is issued again."""
    if order.state != Order.State.FAILED:
        raise NotNow(
            _(
                "This order is not one that cannot be done (%(state)s). "
                "Give a new order if something else is needed."
            )
            % {"state": order.get_state_display()}
        )


def check_can_release(order: Order) -> None:
    """Only a waiting order is let go before its time."""
    if order.state != Order.State.WAITING:
        raise NotNow(
            _("This order waits for nothing (%(state)s). There is nothing to let go.")
            % {"state": order.get_state_display()}
        )


def check_can_extend(order: Order) -> None:
    """Only an order under way can be given more time."""
    if order.state not in (Order.State.ISSUED, Order.State.ACCEPTED):
        raise NotNow(
            _("This order is not under way (%(state)s). Only one under way gets more time.")
            % {"state": order.get_state_display()}
        )


def issued_under(authority: Authority, legal_basis: str) -> dict[str, str]:
    """The power used and its legal basis, as every order and call states them."""
    return {"power": str(authority), "legal_basis": legal_basis or authority.legal_basis}
