"""Plans, orders and calls as they stand, and what this room asks of a person."""

from gongzhi.actors.queries import expose
from gongzhi.command.models import (
    Activation,
    CallAnswer,
    Climb,
    ContingencyPlan,
    Exercise,
    Order,
    StreetCall,
)
from gongzhi.command.queries.calls import (
    BUSY,
    AnswerRow,
    CallRow,
    answers_overdue,
    area_over,
    call_board,
    calls_to_close,
    due_of,
    last_climbs,
    needs_ruling,
    path_end,
    refusals_climbed,
    to_be_ruled,
    unscored,
)
from gongzhi.command.queries.duties import duties
from gongzhi.command.queries.exercises import exercise_before, exercises_held
from gongzhi.command.queries.orders import (
    BROKEN,
    OPEN,
    RUNNING,
    Link,
    OrderCounts,
    climbs_of,
    governments_above,
    is_stuck,
    late_orders,
    minutes,
    open_orders,
    open_prerequisites,
    order_chain,
    order_counts,
    orders_of,
    orders_overdue,
    waiting_sentence,
    why_waiting,
)
from gongzhi.command.queries.plan_warnings import plan_warnings
from gongzhi.command.queries.plans import (
    Preview,
    PreviewLine,
    Reached,
    TriggerState,
    acting_unit,
    commander_over,
    commanders_in,
    orders_for,
    plan_library,
    plan_of,
    plans_adopted,
    plans_to_activate,
    problem_sentence,
    spoken,
    trigger_state,
    what_would_happen,
)

__all__ = [
    "BROKEN", "BUSY", "OPEN", "RUNNING", "Activation", "AnswerRow", "CallAnswer", "CallRow",
    "Climb", "ContingencyPlan", "Exercise", "Link", "Order", "OrderCounts", "Preview",
    "PreviewLine", "Reached", "StreetCall", "TriggerState", "acting_unit", "answers_overdue",
    "area_over", "call_board", "calls_to_close", "climbs_of", "commander_over", "commanders_in",
    "due_of", "duties", "exercise_before", "exercises_held", "governments_above", "is_stuck",
    "last_climbs", "late_orders", "minutes", "needs_ruling", "open_orders", "open_prerequisites",
    "order_chain", "order_counts", "orders_for", "orders_of", "orders_overdue", "path_end",
    "plan_library", "plan_of", "plan_warnings", "plans_adopted", "plans_to_activate",
    "problem_sentence", "refusals_climbed", "spoken", "to_be_ruled", "trigger_state", "unscored",
    "waiting_sentence", "what_would_happen", "why_waiting",
]  # fmt: skip

expose(
    "command", plans=ContingencyPlan, activations=Activation, orders=Order, climbs=Climb,
    calls=StreetCall, answers=CallAnswer, exercises=Exercise,
)  # fmt: skip
