"""What the state of plans, orders and calls allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzhi.actors.models import Kind, Person, Tier, Unit
from gongzhi.actors.policies import Authority, check_may, may
from gongzhi.actors.queries import departments_serving, posts_of
from gongzhi.assessment.models import Incident
from gongzhi.assessment.policies import check_is_open
from gongzhi.command.models import Activation, CallAnswer, ContingencyPlan, Order, Says, StreetCall
from gongzhi.command.queries import Reached, needs_ruling, path_end, why_waiting
from gongzhi.decision.models import Decision
from gongzhi.errors import Malformed, NotAllowed, NotNow


def clock(when: datetime | None) -> str:
    """A time as it stands in a sentence."""
    return f"{localtime(when):%m-%d %H:%M}" if when else "?"


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
    earlier = Activation.objects.filter(incident=incident, plan__code=plan.code).first()
    if earlier is not None:
        raise NotNow(
            _("“%(plan)s” is in force here since %(when)s. Give what is missing as single orders.")
            % {"plan": earlier, "when": clock(earlier.activated_at)}
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
            % {"name": order.accepted_by, "when": clock(order.accepted_at)}
        )
    raise NotNow(
        _("This order is over (%(state)s since %(when)s). Ask %(issuer)s for a new one if needed.")
        % {
            "state": order.get_state_display(),
            "when": clock(order.ended_at),
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


# Calls --------------------------------------------------------------------------------------


def check_can_call(street: Unit, departments: Sequence[Unit], incident: Incident | None) -> None:
    """A street or community calls departments that serve it, each once."""
    if street.kind != Kind.AREA or street.tier not in (Tier.STREET, Tier.COMMUNITY):
        raise Malformed(
            _("A street or a community calls; %(unit)s is neither. Choose one of yours.")
            % {"unit": street},
            details={"street": _("Choose a street or a community.")},
        )
    if len({unit.pk for unit in departments}) != len(departments):
        raise Malformed(
            _("A department is named twice. Name each once."),
            details={"departments": _("Name each department once.")},
        )
    serving = set(departments_serving(street).values_list("pk", flat=True))
    strangers = [str(unit) for unit in departments if unit.pk not in serving]
    if strangers:
        raise Malformed(
            _("These do not serve %(street)s: %(units)s. Call departments of your own tiers.")
            % {"street": street, "units": ", ".join(strangers)},
            details={"departments": _("Choose departments of your district or city.")},
        )
    if incident is not None:
        check_is_open(incident)


def answer_power(unit: Unit) -> str:
    """The power by which a unit answers: called departments, or whom one of them named."""
    return "answer_call" if unit.kind == Kind.DEPARTMENT else "answer_as_named"


def check_call_open(call: StreetCall) -> None:
    """A closed call is not answered any more."""
    if call.state != StreetCall.State.OPEN:
        raise NotNow(
            _("%(street)s closed this call on %(when)s. There is nothing left to do.")
            % {"street": call.street, "when": clock(call.closed_at)}
        )


def check_can_answer(answer: CallAnswer, says: Says) -> None:
    """A department answers, later says it comes after all, and does not refuse after a ruling."""
    check_call_open(answer.call)
    if says == Says.NOT_MINE and answer.ruled_at is not None:
        raise NotNow(
            _("%(name)s ruled on %(when)s that this is yours. Say when you come or what you need.")
            % {"name": answer.ruled_by, "when": clock(answer.ruled_at)}
        )
    check_answer_moves(answer, CallAnswer.State(says))


def check_answer_moves(answer: CallAnswer, to: CallAnswer.State) -> None:
    """An answer moves only as its table of moves allows."""
    if to not in CallAnswer.MOVES[CallAnswer.State(answer.state)] or (
        answer.state == CallAnswer.State.NOT_MINE
    ):
        raise NotNow(
            _("%(unit)s stands at “%(state)s”; “%(to)s” does not follow from that.")
            % {"unit": answer.department, "state": answer.get_state_display(), "to": to.label}
        )


def check_says_enough(
    says: Says, arrive_minutes: int | None, reason: str, named: Unit | None, unit: Unit
) -> None:
    """Coming says when; needing says what; refusing says why, and names somebody else."""
    if says == Says.COMING and arrive_minutes is None:
        text = _("Say in how many minutes you arrive.")
        raise Malformed(text, details={"arrive_minutes": text})
    if says != Says.COMING and not reason:
        text = _("Say what you need, or why it is not yours.")
        raise Malformed(text, details={"reason": text})
    if says != Says.NOT_MINE and named is not None:
        text = _("Name somebody instead only when it is not yours.")
        raise Malformed(text, details={"named_instead": text})
    if named is not None and named.pk == unit.pk:
        text = _("You named yourself instead. Name the unit whose it is.")
        raise Malformed(text, details={"named_instead": text})


def check_can_rule(answer: CallAnswer) -> None:
    """A ruling is made when a called unit is silent beyond its time, or when all refuse."""
    check_call_open(answer.call)
    if not needs_ruling(answer):
        raise NotNow(
            _("Somebody has this duty already or still has time to answer. Wait for the answer.")
        )


def check_can_score(answer: CallAnswer) -> None:
    """The street scores once, when the work is done or the call is over."""
    if answer.score is not None:
        raise NotNow(_("This answer is scored already. A score stands once it is given."))
    if answer.state != CallAnswer.State.DONE and answer.call.state == StreetCall.State.OPEN:
        raise NotNow(_("It is not done yet. Score it when it is, or after closing the call."))


def check_can_close(call: StreetCall) -> None:
    """A call is closed when each path has ended: done, or with somebody answering for it."""
    check_call_open(call)
    for answer in call.answers.select_related("department").order_by("id"):
        silent = answer.state == CallAnswer.State.WAITING and not answer.climbs.exists()
        refused = answer.state == CallAnswer.State.NOT_MINE and path_end(answer) is None
        if silent or refused or answer.state in ("needs", "coming", "arrived"):
            raise NotNow(
                _("%(unit)s has not finished (%(state)s). Close the call when all have.")
                % {"unit": answer.department, "state": answer.get_state_display()}
            )


def issued_under(authority: Authority, legal_basis: str) -> dict[str, str]:
    """The power used and its legal basis, as every order and call states them."""
    return {"power": str(authority), "legal_basis": legal_basis or authority.legal_basis}
