"""What the state of phases, and of orders that change hands or words, allows."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from gongzhi.actors.models import Person, Unit
from gongzhi.assessment.policies import check_is_open
from gongzhi.command.models import Order, Phase, WindDown, in_language
from gongzhi.command.plan_values import EVIDENCE
from gongzhi.command.queries import OPEN
from gongzhi.errors import Malformed, NotNow
from gongzhi.writing import day_and_time, listed

EVIDENCE_FIELDS = ("picture", "measurement", "paper", "counted")
"""The inputs by which evidence of each kind is given when an order is reported done."""


def check_phase_moves(phase: Phase, to: Phase.State) -> None:
    """A phase begins once and ends once."""
    if to not in Phase.MOVES[Phase.State(phase.state)]:
        raise NotNow(
            _("“%(phase)s” is in the state “%(state)s”; “%(to)s” does not follow from that.")
            % {"phase": phase, "state": phase.get_state_display(), "to": to.label}
        )


def check_can_begin(phase: Phase, reason: str) -> None:
    """A phase begins when its test holds; before that, with a reason."""
    check_is_open(phase.activation.incident)
    check_phase_moves(phase, Phase.State.BEGUN)
    if phase.state == Phase.State.LEAVING:
        raise NotNow(_("This phase has begun already. End it, or let it run on."))
    if phase.state == Phase.State.AHEAD and not reason:
        text = _("No test of this phase holds yet. Say why it begins all the same.")
        raise Malformed(text, details={"reason": text})


def check_can_end(phase: Phase) -> None:
    """A phase that has begun ends once."""
    check_phase_moves(phase, Phase.State.OVER)


def check_can_take_back(item: WindDown) -> None:
    """What is taken back is taken back once."""
    if item.state == WindDown.State.DONE:
        raise NotNow(
            _("%(name)s took this back on %(when)s. There is nothing left to do.")
            % {"name": item.done_by, "when": day_and_time(item.done_at)}
        )


def check_can_amend(order: Order, changes: Mapping[str, object]) -> None:
    """An order that is still to be done is amended, in something that is then another."""
    if order.state not in OPEN:
        raise NotNow(
            _(
                "This order is not open (%(state)s). Issue it again if it could not be done, or "
                "give a new one."
            )
            % {"state": order.get_state_display()}
        )
    if not changes:
        text = _("Nothing is changed. Give a new time, another unit, a title or an instruction.")
        raise Malformed(text, details={"minutes": text})


def check_under_way(order: Order) -> None:
    """Only an order under way is handed over."""
    if order.state not in (Order.State.ISSUED, Order.State.ACCEPTED):
        raise NotNow(
            _("This order is not under way (%(state)s). Only one under way is handed over.")
            % {"state": order.get_state_display()}
        )


def check_can_offer(order: Order, unit: Unit) -> None:
    """An order under way is offered to one unit at a time, once."""
    check_under_way(order)
    if order.offered_to_id == unit.pk:
        raise NotNow(
            _("It is offered to %(unit)s already, since %(when)s. Wait for their answer.")
            % {"unit": unit, "when": day_and_time(order.offered_at)}
        )


def check_is_offered(order: Order, by: Person) -> Unit:
    """An order is taken over by whom it is offered to, and by another person. Returns the unit."""
    if order.offered_to is None:
        raise NotNow(_("This order is offered to nobody. Ask who carries it out to hand it over."))
    if order.offered_by_id == by.pk and order.offered_to_id == order.unit_id:
        raise NotNow(_("You offered it yourself. A colleague on duty takes it over."))
    return order.offered_to


def evidence_names() -> dict[str, str]:
    """What people call the kinds of evidence, in the reader's language."""
    return {
        "photo": _("a photograph"),
        "measurement": _("a measurement"),
        "document": _("a document"),
        "count": _("a count"),
    }


def check_evidence(order: Order, given: Mapping[str, object]) -> None:
    """An order is finished with all the evidence it asks for; the sentence says what is missing."""
    names, fields = evidence_names(), dict(zip(EVIDENCE, EVIDENCE_FIELDS, strict=True))
    missing = [kind for kind in EVIDENCE if kind in order.evidence_kinds and kind not in given]
    if missing:
        said = in_language(order, "evidence_wanted")
        wanted = listed(names[kind] for kind in missing)
        text = _("This order asks for %(wanted)s. Give it, then report the order done.")
        if said:
            text = _(
                "This order asks for %(wanted)s (%(said)s). Give it, then report the order done."
            )
        sentence = text % {"wanted": wanted, "said": said}
        raise Malformed(sentence, details={fields[kind]: names[kind] for kind in missing})
