"""Plans, orders and calls as they stand, and what this room asks of a person."""

from gongzhi.actors.queries import expose
from gongzhi.command.models import (
    Activation,
    CallAnswer,
    Climb,
    ContingencyPlan,
    Order,
    OrderVersion,
    Phase,
    StreetCall,
    WindDown,
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
from gongzhi.command.queries.ladders import climbs_of, governments_above, next_steps
from gongzhi.command.queries.orders import (
    BROKEN,
    OPEN,
    RUNNING,
    Awaited,
    Link,
    OrderCounts,
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
from gongzhi.command.queries.plan_tests import (
    TriggerState,
    activations_to_test,
    is_winding_down,
    phase_due,
    phases_entered,
    picture_of,
    plans_to_activate,
    trigger_state,
)
from gongzhi.command.queries.plan_warnings import plan_warnings
from gongzhi.command.queries.plans import (
    Reached,
    acting_unit,
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
    "BROKEN", "BUSY", "OPEN", "RUNNING", "Activation", "AnswerRow", "Awaited", "CallAnswer",
    "CallRow", "Climb", "ContingencyPlan", "Link", "Order", "OrderCounts", "OrderVersion",
    "Phase", "Preview", "PreviewLine", "Reached", "StreetCall", "TriggerState", "WindDown",
    "acting_unit", "activations_to_test", "answers_overdue", "area_over", "call_board",
    "calls_to_close", "climbs_of", "commander_over", "commanders_in", "due_of", "duties",
    "governments_above", "is_stuck", "is_winding_down", "last_climbs", "late_orders", "minutes",
    "needs_ruling", "next_steps", "open_orders", "open_prerequisites", "order_chain",
    "order_counts", "orders_for", "orders_of", "orders_overdue", "path_end", "phase_due",
    "phases_entered", "picture_of", "plan_library", "plan_of", "plan_warnings", "plans_adopted",
    "plans_to_activate", "problem_sentence", "refusals_climbed", "spoken", "to_be_ruled",
    "trigger_state", "unscored", "waiting_sentence", "what_would_happen", "why_waiting",
]  # fmt: skip

expose(
    "command", plans=ContingencyPlan, activations=Activation, phases=Phase, orders=Order,
    versions=OrderVersion, climbs=Climb, wind_down=WindDown, calls=StreetCall, answers=CallAnswer,
)  # fmt: skip
