"""Plans, orders and calls as they stand, and what this room asks of a person."""

from gongzhi.actors.queries import expose
from gongzhi.command.models import (
    Activation,
    CallAnswer,
    CallReport,
    Climb,
    ContingencyPlan,
    DutiesMatrix,
    DutyRow,
    Exercise,
    Order,
    OrderVersion,
    Phase,
    Proof,
    StreetCall,
    WindDown,
)
from gongzhi.command.queries.call_figures import AgeBand, CallFigures, UnitFigures, call_figures
from gongzhi.command.queries.calls import (
    BUSY,
    UNFINISHED,
    AnswerRow,
    CallRow,
    answers_overdue,
    area_over,
    call_board,
    calls_to_close,
    climb_to_rule,
    due_of,
    last_climbs,
    needs_ruling,
    path_end,
    refusals_climbed,
    refusing_with,
    supplier_at_work,
    time_to_answer,
    time_to_climb,
    to_be_ruled,
    unscored,
)
from gongzhi.command.queries.duties import NEXT, duties
from gongzhi.command.queries.exercises import exercise_before, exercises_held
from gongzhi.command.queries.extents import (
    extent_of,
    foreseen_activation,
    foreseen_phase,
    phases_with,
)  # fmt: skip
from gongzhi.command.queries.follow_ups import follow_up_power
from gongzhi.command.queries.ladders import climbs_of, governments_above, next_steps
from gongzhi.command.queries.left_orders import orders_left
from gongzhi.command.queries.matrix import (
    Proposal,
    duties_proposing,
    matrix_in_force,
    matrix_over,
    proposal_for,
    rows_in_force,
    rows_of,
    subjects_for,
    why_duty,
)
from gongzhi.command.queries.measures import MeasureAhead, measures_ahead
from gongzhi.command.queries.orders import (
    BROKEN,
    OPEN,
    RUNNING,
    Awaited,
    Link,
    OrderCounts,
    is_stuck,
    late_orders,
    open_orders,
    open_prerequisites,
    order_chain,
    order_counts,
    orders_of,
    orders_overdue,
    waiting_sentence,
    why_waiting,
)
from gongzhi.command.queries.pictures import pictures_of
from gongzhi.command.queries.plan_tests import (
    TriggerState,
    activations_to_test,
    is_winding_down,
    needs_emergency,
    phases_due,
    phases_entered,
    plans_to_activate,
    trigger_state,
)
from gongzhi.command.queries.plan_warnings import plan_warnings
from gongzhi.command.queries.plans import (
    Reached,
    commander_over,
    commanders_in,
    orders_for,
    plan_library,
    plan_of,
    plans_adopted,
    problem_sentence,
    spoken,
)
from gongzhi.command.queries.preview import Preview, PreviewLine, what_would_happen

__all__ = [
    "BROKEN", "BUSY", "NEXT", "OPEN", "RUNNING", "UNFINISHED", "Activation", "AgeBand", "AnswerRow",
    "Awaited", "CallAnswer", "CallFigures", "CallReport", "CallRow", "Climb", "ContingencyPlan",
    "DutiesMatrix", "DutyRow", "Exercise", "Link", "MeasureAhead", "Order", "OrderCounts",
    "OrderVersion", "Phase", "Preview", "PreviewLine", "Proof", "Proposal", "Reached", "StreetCall",
    "TriggerState", "UnitFigures", "WindDown", "activations_to_test", "answers_overdue",
    "area_over", "call_board", "call_figures", "calls_to_close", "climb_to_rule", "climbs_of",
    "commander_over", "commanders_in", "due_of", "duties", "duties_proposing", "exercise_before",
    "exercises_held", "extent_of", "follow_up_power", "foreseen_activation", "foreseen_phase",
    "governments_above", "is_stuck", "is_winding_down", "last_climbs", "late_orders",
    "matrix_in_force", "matrix_over", "measures_ahead", "needs_emergency", "needs_ruling",
    "next_steps", "open_orders", "open_prerequisites", "order_chain", "order_counts", "orders_for",
    "orders_left", "orders_of", "orders_overdue", "path_end", "phases_due", "phases_entered",
    "phases_with", "pictures_of", "plan_library", "plan_of", "plan_warnings", "plans_adopted",
    "plans_to_activate", "problem_sentence", "proposal_for", "refusals_climbed", "refusing_with",
    "rows_in_force", "rows_of", "spoken", "subjects_for", "supplier_at_work", "time_to_answer",
    "time_to_climb", "to_be_ruled", "trigger_state", "unscored", "waiting_sentence",
    "what_would_happen", "why_duty", "why_waiting",
]  # fmt: skip

expose(
    "command", plans=ContingencyPlan, activations=Activation, phases=Phase, orders=Order,
    versions=OrderVersion, climbs=Climb, wind_down=WindDown, calls=StreetCall, answers=CallAnswer,
    call_reports=CallReport, proofs=Proof, matrices=DutiesMatrix, duty_rows=DutyRow,
    exercises=Exercise,
)  # fmt: skip
