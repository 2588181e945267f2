"""What a deed will ask before it is done, so that a page can say beforehand that it is refused.

For each deed and each of its records: the power and the policies of the deed's own room. The
deed asks them again when it is done; here they only save somebody a form that would be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.actors.answers import (
    check_asked,
    check_may_answer,
    check_may_review,
    check_request_open,
    check_unreviewed,
)
from gongzhi.actors.noticing import (
    check_can_hand_over,
    check_can_object,
    check_may_hand_over,
    check_may_read_objection,
    check_may_take_objection,
)
from gongzhi.actors.opening import check_may_notice, check_may_review_access, check_opened
from gongzhi.actors.policies import check_can_revoke, check_may, check_may_take_back
from gongzhi.assessment import policies as assessed
from gongzhi.assessment.policies import check_has_cause, check_is_open, check_not_declared
from gongzhi.assessment.queries import copies_for
from gongzhi.command import call_policies as called
from gongzhi.command import order_policies as orders
from gongzhi.command import policies as command
from gongzhi.command.climb_policies import check_can_follow_up, check_may_follow_up
from gongzhi.command.proof_policies import check_has_photo, check_may_see_proof
from gongzhi.command.queries import climb_to_rule
from gongzhi.decision.policies import check_active
from gongzhi.errors import NotNow
from gongzhi.evaluation.policies import check_is_government
from gongzhi.exchange import policies as exchange
from gongzhi.interfaces.console.checking import (
    Check,
    allows,
    at_path,
    dated,
    open_to,
    power,
    state,
)  # fmt: skip
from gongzhi.interfaces.console.donation_checks import OF_DONATIONS
from gongzhi.interfaces.console.frame import Reader
from gongzhi.interfaces.console.hands_checks import OF_HANDS
from gongzhi.interfaces.console.list_checks import OF_LISTS
from gongzhi.interfaces.console.team_checks import OF_TEAMS
from gongzhi.messages import policies as messages
from gongzhi.parameters import minutes
from gongzhi.sensing import policies as sensing
from gongzhi.supply import policies as supply
from gongzhi.supply.pass_policies import check_can_revoke_pass
from gongzhi.supply.prices import policies as prices
from gongzhi.supply.queries import left_to_send


def _held(record: Any, reader: Reader) -> None:
    sensing.check_holds(record, reader.by)


def _only_in(states: tuple[str, ...], sentence: Callable[[], str]) -> Check:
    def check(record: Any, _reader: Reader) -> None:
        if record.state not in states:
            raise NotNow(sentence())

    return check


def _moves_to(state: str) -> Check:
    return lambda order, _reader: command.check_move(order, order.State(state))


def _answers(answer: Any, reader: Reader) -> None:
    power = called.answer_power(answer.department)
    check_may(reader.by, power, answer.department, reader.now)
    called.check_call_open(answer.call)


def _answer_moves_to(*states: str) -> Check:
    """One of the states can follow; else the refusal of the last one."""

    def check(answer: Any, _reader: Reader) -> None:
        for number, wanted in enumerate(states, 1):
            try:
                return called.check_answer_moves(answer, answer.State(wanted))
            except NotNow:
                if number == len(states):
                    raise
        return None

    return check


def _takes_over(order: Any, reader: Reader) -> None:
    unit = orders.check_is_offered(order, reader.by)
    check_may(reader.by, "answer_order", unit, reader.now)


def _rules(answer: Any, reader: Reader) -> None:
    called.check_call_open(answer.call)
    climb = climb_to_rule(answer)
    at = climb.to_unit if climb else answer.call.caller
    check_may(reader.by, "rule_call", at, reader.now)
    called.check_can_rule(answer, reader.now)


def _calls_at(path: str) -> Check:
    """The reader may call for the unit that `path` leads to."""

    def check(record: Any, reader: Reader) -> None:
        caller = at_path(record, path)
        check_may(reader.by, called.caller_power(caller), caller, reader.now)

    return check


def _reads_ruling(answer: Any, reader: Reader) -> None:
    check_may(reader.by, called.answer_power(answer.department), answer.department, reader.now)
    called.check_can_read_ruling(answer)


def _reopens(call: Any, reader: Reader) -> None:
    called.check_can_reopen(call, minutes("reopen_call", reader.now), reader.now)


def _level_runs(level: Any, _reader: Reader) -> None:
    if level.ended_at is not None:
        raise NotNow(_("This level has ended already. There is nothing left to do."))


def _sends(allocation: Any, _reader: Reader) -> None:
    supply.check_can_dispatch(allocation, 1, left_to_send(allocation))


def _handles(dispatch: Any, reader: Reader) -> None:
    supply.check_may_handle(reader.by, dispatch, reader.now)


def _unknown_amount(need: Any, _reader: Reader) -> None:
    supply.check_can_confirm(need, 2**31)


def _known_amount(need: Any, _reader: Reader) -> None:
    supply.check_can_change(need, 2**31)


def _another_decides(report: Any, reader: Reader) -> None:
    prices.check_is_another(report, reader.by)


def _disagrees(assessment: Any, reader: Reader) -> None:
    assessed.check_can_dissent(assessment, reader.by)


def _hears(dissent: Any, reader: Reader) -> None:
    copies = copies_for(dissent, reader.by, reader.now)
    for unit in [copy.unit for copy in copies] or [dissent.assessment.incident.area]:
        check_may(reader.by, "read_dissent", unit, reader.now)
    assessed.check_unread(dissent, copies)


_REPORTS_CLOSED: tuple[Check, ...] = (power("handle_report", "place"), _held)
_TAKES: tuple[Check, ...] = (power("state_need", "unit"), state(supply.check_is_open))
_ORDERED: tuple[Check, ...] = (power("answer_order", "unit"),)
_ORDERING: tuple[Check, ...] = (power("give_order", "issuer"),)
_OFFERED: tuple[Check, ...] = (_takes_over,)
_OPEN = state(check_is_open)

CHECKS: dict[tuple[str, str, str], tuple[Check, ...]] = {
    ("actors", "end_post", "post"): (power("appoint", "unit"),),
    ("actors", "revoke", "delegation"): (allows(check_may_take_back), dated(check_can_revoke)),
    ("actors", "read_opened_record", "access"): (open_to(check_opened),),
    ("actors", "read_access_notice", "access"): (open_to(check_may_notice),),
    ("actors", "hand_over_notice", "notice"): (
        open_to(check_may_hand_over), state(check_can_hand_over),
    ),
    ("actors", "object_to_access", "access"): (
        open_to(check_may_take_objection), dated(check_can_object),
    ),
    ("actors", "read_objection", "access"): (open_to(check_may_read_objection),),
    ("actors", "review_access", "access"): (open_to(check_may_review_access),),
    ("actors", "open_in_emergency", "unit"): (power("open_in_emergency", ""),),
    ("actors", "review_use", "review"): (allows(check_may_review), state(check_unreviewed)),
    ("actors", "grant_request", "request"): (state(check_request_open), allows(check_may_answer)),
    ("actors", "refuse_request", "request"): (
        state(check_request_open), allows(check_may_answer),
    ),
    ("actors", "withdraw_request", "request"): (state(check_request_open), allows(check_asked)),
    ("exchange", "receive_file", "dataset"): (power("load_data", "supplier"),),
    ("exchange", "release_row", "row"): (
        power("load_data", "load.dataset.supplier"), state(exchange.check_waits),
    ),
    ("exchange", "reject_row", "row"): (
        power("load_data", "load.dataset.supplier"), state(exchange.check_waits),
    ),
    ("exchange", "register_dataset", "supplier"): (power("load_data", ""),),
    ("sensing", "read_report", "report"): (power("handle_report", "place"),),
    ("sensing", "claim_report", "report"): (
        power("handle_report", "place"), state(sensing.check_can_claim),
    ),
    ("sensing", "release_report", "report"): (_held,),
    ("sensing", "dismiss_report", "report"): _REPORTS_CLOSED,
    ("sensing", "raise_signal", "reports"): _REPORTS_CLOSED,
    ("sensing", "fold_report", "report"): _REPORTS_CLOSED,
    ("sensing", "fold_report", "signal"): (
        power("handle_report", "place"), state(sensing.check_can_judge),
    ),
    ("sensing", "unfold_report", "report"): (
        power("handle_report", "place"), state(sensing.check_can_unfold),
    ),
    ("sensing", "judge_signal", "signal"): (
        power("judge_signal", "place"), state(sensing.check_can_judge),
    ),
    ("sensing", "acknowledge_warning", "warning"): (
        power("acknowledge_warning", "place"), state(sensing.check_can_acknowledge),
    ),
    ("assessment", "declare_incident", "warning"): (
        power("declare_incident", "place"), lambda w, _r: check_not_declared(w, None),
    ),
    ("assessment", "declare_incident", "signal"): (
        power("declare_incident", "place"), lambda s, _r: check_has_cause(None, s),
        lambda s, _r: check_not_declared(None, s),
    ),
    ("assessment", "assess", "incident"): (power("assess", "area"), _OPEN),
    ("assessment", "dissent", "assessment"): (power("assess", "incident.area"), _disagrees),
    ("assessment", "read_dissent", "dissent"): (_hears,),
    ("assessment", "close_incident", "incident"): (power("declare_incident", "area"), _OPEN),
    ("decision", "decide", "incident"): (power("decide", "area"), _OPEN),
    ("decision", "decide", "assessment"): (
        power("decide", "incident.area"), state(check_is_open, "incident"),
    ),
    ("decision", "change_level", "decision"): (
        power("change_level", "incident.area"), state(check_is_open, "incident"),
    ),
    ("decision", "set_measure", "decision"): (
        power("set_measure", "incident.area"), state(check_is_open, "incident"),
    ),
    ("decision", "switch_mode", "decision"): (power("switch_mode", "incident.area"),),
    ("decision", "end_level", "level"): (power("change_level", "area"), _level_runs),
    ("decision", "end_level", "decision"): (power("change_level", "incident.area"),),
    ("decision", "renew_measure", "measure"): (
        power("set_measure", "area"), dated(check_active),
    ),
    ("decision", "lift_measure", "measure"): (power("set_measure", "area"), dated(check_active)),
    ("command", "activate_plan", "incident"): (power("activate_plan", "area"), _OPEN),
    ("command", "activate_plan", "decision"): (
        power("activate_plan", "incident.area"), state(check_is_open, "incident"),
    ),
    ("command", "give_order", "decision"): (
        power("give_order", "incident.area"), state(check_is_open, "incident"),
    ),
    ("command", "give_order", "under"): (power("give_order", "unit"),),
    ("command", "accept_order", "order"): (*_ORDERED, _moves_to("accepted")),
    ("command", "finish_order", "order"): (*_ORDERED, _moves_to("done")),
    ("command", "fail_order", "order"): (*_ORDERED, _moves_to("failed")),
    ("command", "reissue_order", "order"): (*_ORDERING, state(command.check_can_reissue)),
    ("command", "extend_order", "order"): (*_ORDERING, state(command.check_can_extend)),
    ("command", "release_order", "order"): (*_ORDERING, state(command.check_can_release)),
    ("command", "withdraw_order", "order"): (*_ORDERING, _moves_to("withdrawn")),
    ("command", "amend_order", "order"): (
        *_ORDERING, lambda order, _r: orders.check_can_amend(order, {"any": True}),
    ),
    ("command", "offer_order", "order"): (*_ORDERED, state(orders.check_under_way)),
    ("command", "take_over_order", "order"): _OFFERED,
    ("command", "decline_order", "order"): _OFFERED,
    ("command", "begin_phase", "phase"): (
        power("activate_plan", "activation.incident.area"),
        lambda phase, _r: orders.check_can_begin(phase, "-"),
    ),
    ("command", "end_phase", "phase"): (
        power("activate_plan", "activation.incident.area"),
        state(orders.check_can_end),
    ),
    ("command", "take_back", "item"): (
        power("activate_plan", "activation.incident.area"), state(orders.check_can_take_back),
    ),
    ("command", "withdraw_orders", "incident"): (power("give_order", "area"),),
    ("command", "raise_call", "incident"): (_OPEN,),
    ("command", "answer_call", "answer"): (
        _answers, _answer_moves_to("coming", "needs", "not_mine"),
    ),
    ("command", "arrive", "answer"): (_answers, _answer_moves_to("arrived")),
    ("command", "change_promise", "answer"): (
        _answers, state(called.check_can_change_promise),
    ),
    ("command", "finish_answer", "answer"): (_answers, _answer_moves_to("done")),
    ("command", "rule_call", "answer"): (_rules,),
    ("command", "score_answer", "answer"): (
        _calls_at("call.caller"), state(called.check_can_score),
    ),
    ("command", "close_call", "call"): (
        _calls_at("caller"), state(called.check_can_close),
    ),
    ("command", "follow_up_climb", "climb"): (
        allows(check_may_follow_up), state(check_can_follow_up),
    ),
    ("command", "withdraw_call", "call"): (
        _calls_at("caller"), state(called.check_can_withdraw),
    ),
    ("command", "read_ruling", "answer"): (_reads_ruling,),
    ("command", "reopen_call", "call"): (_reopens,),
    ("command", "reopen_call", "report"): (power("reopen_call", "place"),),
    ("command", "give_code", "report"): (power("reopen_call", "place"),),
    ("command", "look_at_photo", "proof"): (allows(check_may_see_proof), state(check_has_photo)),
    ("supply", "confirm_amount", "need"): (power("state_need", "unit"), _unknown_amount),
    ("supply", "estimate_need", "need"): (*_TAKES, _unknown_amount),
    ("supply", "withdraw_need", "need"): _TAKES,
    ("supply", "change_amount", "need"): (*_TAKES, _known_amount),
    ("supply", "withdraw_offer", "offer"): (
        power("state_offer", "unit"), state(supply.check_can_withdraw_offer),
    ),
    ("supply", "match", "incident"): (power("match_supply", "area"),),
    ("supply", "approve_match", "run"): (
        power("approve_match", "area"), state(supply.check_can_approve),
    ),
    ("supply", "dispatch", "allocation"): (power("dispatch_goods", "offer.unit"), _sends),
    ("supply", "hand_over", "dispatch"): (_handles, state(supply.check_on_the_way)),
    ("supply", "receive_goods", "dispatch"): (
        power("dispatch_goods", "allocation.need.unit"), state(supply.check_on_the_way),
    ),
    ("supply", "mark_lost", "dispatch"): (_handles, state(supply.check_on_the_way)),
    ("supply", "issue_transport_pass", "dispatch"): (
        power("issue_transport_pass", "allocation.run.area"), state(supply.check_on_the_way),
    ),
    ("supply", "revoke_transport_pass", "transport_pass"): (
        power("issue_transport_pass", "dispatch.allocation.run.area"),
        state(check_can_revoke_pass),
    ),
    ("supply", "watch_prices", "incident"): (power("watch_prices", "area"), state(check_is_open)),
    ("supply", "ask_invoices", "flag"): (
        power("judge_price", "incident.area"), state(prices.check_can_ask),
    ),
    ("supply", "hand_in_invoices", "flag"): (
        power("answer_price_flag", "seller"), state(prices.check_can_hand_in),
    ),
    ("supply", "judge_price", "flag"): (
        power("judge_price", "incident.area"), state(prices.check_can_judge),
    ),
    ("supply", "appeal_price_report", "report"): (
        power("answer_price_flag", "flag.seller"), state(prices.check_can_appeal),
    ),
    ("supply", "decide_price_appeal", "report"): (
        power("judge_price", "flag.incident.area"), state(prices.check_can_decide),
        _another_decides,
    ),
    ("supply", "call_on_price_report", "report"): (
        power("judge_price", "flag.incident.area"), state(prices.check_can_call_on),
    ),
    ("evaluation", "review", "incident"): (power("review", "area"),),
    ("evaluation", "score_capability", "area"): (
        power("score_capability", ""), state(check_is_government),
    ),
    ("evaluation", "answer_finding", "finding"): (
        power("review", "unit"),
        _only_in(
            ("open",),
            lambda: _("This finding is answered already. Its answer stands beside it."),
        ),
    ),
    ("messages", "read_message", "message"): (
        open_to(messages.check_is_mine), state(messages.check_unread),
    ),
    ("messages", "acknowledge_message", "message"): (
        open_to(messages.check_is_mine), state(messages.check_can_acknowledge),
    ),
    ("messages", "remove_contact", "point"): (open_to(messages.check_may_change),),
    ("messages", "read_contact", "point"): (open_to(messages.check_may_read),),
    ("messages", "note_call", "call_down"): (
        power("phone_unread", "calling_unit"), state(messages.check_can_note),
    ),
    ("messages", "try_again", "delivery"): (
        power("run_messages", "message.unit"), state(messages.check_can_try),
    ),
    ("messages", "set_contact", "unit"): (power("set_contact", ""),),
    ("actors", "found_unit", "parent"): (power("found_units", ""),),
    ("actors", "appoint", "unit"): (power("appoint", ""),),
    ("actors", "delegate", "lender"): (power("delegate", ""),),
    ("sensing", "receive_report", "place"): (power("receive_report", ""),),
    ("assessment", "declare_incident", "area"): (power("declare_incident", ""),),
    ("command", "give_order", "unit"): (power("give_order", ""),),
    ("command", "raise_call", "caller"): (_calls_at(""),),
    ("command", "adopt_duties", "area"): (power("adopt_duties", ""),),
    ("supply", "state_need", "unit"): (power("state_need", ""),),
    ("supply", "state_offer", "unit"): (power("state_offer", ""),),
    ("supply", "match", "area"): (power("match_supply", ""),),
}  # fmt: skip
"""(room, verb, input) → what is asked, in the deed's own order."""
CHECKS |= OF_DONATIONS | OF_TEAMS | OF_HANDS | OF_LISTS
