"""Robots play the people who are absent: they see their duties, wait as people do, and act.

A robot knows what the page Now shows its person and nothing else, and does it through the same
door as any interface. How long it waits, and whether it errs, is drawn from the seed, the unit and
the kind of duty: the same exercise plays the same way again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from gongzhi.actors.queries import LISTINGS, Duty, Person, Unit, visible
from gongzhi.interfaces.cli.evidence import evidence_for
from gongzhi.interfaces.cli.exercise.places import Places

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Of these shares of the answers a file of delays gives the minutes."""
LATE = 3.0
"""How many times as long a robot takes that is late."""
BASIS = "突发事件应对法(2024)"
DONE = "演练：已按指令完成。"


@dataclass(frozen=True)
class Habits:
    """How robots behave: minutes by kind of answer, and in how many of a hundred they err."""

    seed: int
    delays: Mapping[str, list[float]]
    late: int
    not_mine: int

    def dice(self, unit: Unit, duty: Duty, number: int) -> random.Random:
        """Chance of its own for one duty of one unit, the `number`-th of its kind.

        Primary keys have no part in it: they differ from house to house, and the play must not.
        Neither have words: the play is the same when a title is put better.
        """
        return random.Random(f"{self.seed}/{unit.code}/{duty.room}.{duty.verb}/{number}")

    def delay(self, kind: str, dice: random.Random) -> timedelta:
        """How long this robot waits before it acts."""
        minutes = drawn(self.delays.get(kind) or self.delays["other"], dice.random())
        return timedelta(minutes=minutes * (LATE if dice.randrange(100) < self.late else 1))


def drawn(quantiles: list[float], share: float) -> float:
    """The minutes at a share (0 to 1), on straight lines between the quantiles of `SHARES`.

    Below the first it falls to half of it, above the last it rises to one and a half times it.
    """
    points = [(0.0, quantiles[0] / 2), *zip(SHARES, quantiles, strict=True)]
    points.append((1.0, quantiles[-1] * 1.5))
    for (left, low), (right, high) in pairwise(points):
        if share <= right:
            return low + (high - low) * (share - left) / (right - left)
    return points[-1][1]


@dataclass(frozen=True)
class Turn:
    """What a robot looks at when it fills in a deed."""

    duty: Duty
    by: Person
    unit: Unit
    now: datetime
    dice: random.Random
    places: Places
    hazard: str
    not_mine: int

    def see(self, room: str, name: str, **where: Any) -> Any:
        """What the person sees of a list."""
        return visible(LISTINGS[room, name], self.by, self.now).filter(**where)


Fill = Callable[[Turn], dict[str, Any]]


def _answer(turn: Turn) -> dict[str, Any]:
    """Coming, with who and when; a few say that it is another department's."""
    answer = turn.see("command", "answers", pk=turn.duty.inputs["answer"]).get()
    others = [u for u in turn.places.units if u.kind == "department"]
    others = [u for u in others if u.parent_id == turn.unit.parent_id and u.pk != turn.unit.pk]
    refuses = answer.state == "waiting" and not answer.ruling and others
    if refuses and turn.dice.randrange(100) < turn.not_mine:
        other = turn.dice.choice(others)
        return {"says": "not_mine", "reason": f"演练：这是{other.name}的职责。",
                "named_instead": other.pk}  # fmt: skip
    return {"says": "coming", "responsible": turn.by.pk, "arrive_minutes": 45}


def _assess(turn: Turn) -> dict[str, Any]:
    return {"risk": "high", "findings": "演练：数字快速上升，波及多处，应立即处置。"}


def _declare(turn: Turn) -> dict[str, Any]:
    return {"hazard": turn.hazard, "title": f"演练：{turn.duty.where}", "legal_basis": BASIS}


def _decide(turn: Turn) -> dict[str, Any]:
    found = turn.see("assessment", "assessments", incident=turn.duty.inputs["incident"])
    return {
        "assessment": found.order_by("-id").first().pk,
        "title": "启动预案", "reason": "演练：等待的代价更大。", "legal_basis": BASIS,
        "options": [
            {"title": "启动预案", "chosen": True, "cost_cents": 0},
            {"title": "继续观察", "reason_refused": "演练：情况还在恶化。"},
        ],
    }  # fmt: skip


def _rule(turn: Turn) -> dict[str, Any]:
    answer = turn.see("command", "answers", pk=turn.duty.inputs["answer"]).get()
    return {"unit": answer.department_id, "reason": "演练：按职责分工由其承担。"}


def _amount(turn: Turn) -> dict[str, Any]:
    """What was estimated, and no less than has come already."""
    need = turn.see("supply", "needs", pk=turn.duty.inputs["need"]).get()
    return {"quantity": max(100, need.estimate or 0, need.received_quantity)}


def _same_plan(turn: Turn) -> dict[str, Any]:
    """The scope of a plan that no longer applies, to make it anew."""
    run = turn.see("supply", "match_runs", pk=turn.duty.inputs["run"]).get()
    return {"area": run.area_id, "group": run.group, "incident": run.incident_id}


def _dispatch(turn: Turn) -> dict[str, Any]:
    carriers = [u for u in turn.places.units if u.kind == "logistics"]
    carrier = carriers[0] if carriers else turn.unit
    return {"carrier": carrier.pk, "arrive_by": turn.now + timedelta(minutes=120)}


def _receive(turn: Turn) -> dict[str, Any]:
    sent = turn.see("supply", "dispatches", pk=turn.duty.inputs["dispatch"]).get()
    return {"quantity_good": sent.quantity}


def _says(**inputs: Any) -> Fill:
    """The same inputs every time."""
    return lambda _turn: dict(inputs)


def _finish(turn: Turn) -> dict[str, Any]:
    """Done, with the evidence that the order asks for."""
    order = turn.see("command", "orders", pk=turn.duty.inputs["order"]).get()
    count = turn.dice.randrange(1, 200)
    evidence = evidence_for(order, photo=DONE, measured=DONE, paper=DONE, count=count)
    return {"result": DONE, **evidence}


MEASURED = {"measured": "演练：到场人数", "measured_value": 3, "measured_unit": "人"}
"""What a robot proves its presence and its work with."""

PLAYED: dict[tuple[str, str], tuple[str, Fill]] = {
    ("sensing", "acknowledge_warning"): ("acknowledge", _says(note="演练：已知悉，正在核实。")),
    ("sensing", "claim_report"): ("acknowledge", _says()),
    ("sensing", "raise_signal"): ("other", _says(title="演练：多人反映同一情况")),
    ("sensing", "judge_signal"): ("other", _says(verified=True, judgement="演练：现场核实属实。")),
    ("assessment", "declare_incident"): ("other", _declare),
    ("assessment", "assess"): ("other", _assess),
    ("assessment", "read_dissent"): ("acknowledge", _says()),
    ("decision", "decide"): ("other", _decide),
    ("decision", "switch_mode"): ("other", _says(override_reason="演练：按预案转换。")),
    ("command", "activate_plan"): ("other", _says()),
    ("command", "accept_order"): ("accept", _says()),
    ("command", "finish_order"): ("finish", _finish),
    ("command", "begin_phase"): ("other", _says()),
    ("command", "end_phase"): ("other", _says(reason="演练：结束条件已满足。")),
    ("command", "take_back"): ("finish", _says(result="演练：已收回。")),
    ("command", "extend_order"): ("other", _says(minutes=120, reason="演练：再给两小时。")),
    ("command", "reissue_order"): ("other", _says(minutes=120, reason="演练：重新下达。")),
    ("command", "release_order"): ("other", _says(reason="演练：前提已不需要。")),
    ("command", "answer_call"): ("answer", _answer),
    ("command", "arrive"): ("arrive", _says(proof="演练：已到现场。", **MEASURED)),
    ("command", "finish_answer"): ("finish", _says(result="演练：现场处置完毕。", **MEASURED)),
    ("command", "rule_call"): ("other", _rule),
    ("command", "follow_up_climb"): ("other", _says(follow_up="演练：已电话督促，正在抓紧办理。")),
    ("command", "read_ruling"): ("acknowledge", _says()),
    ("command", "score_answer"): ("other", _says(score=4, words="演练：到得及时，处置到位。")),
    ("command", "close_call"): ("other", _says()),
    ("supply", "confirm_amount"): ("other", _amount),
    ("supply", "approve_match"): ("other", _says()),
    ("supply", "dispatch"): ("other", _dispatch),
    ("supply", "receive_goods"): ("arrive", _receive),
    ("fieldwork", "record_visit"): ("finish", _says(outcome="met", persons_met=1)),
}
"""Kind of delay, and how the remaining inputs are filled. What has no row is left to people."""

ANEW: dict[tuple[str, str], tuple[tuple[str, str], Fill, str]] = {
    ("supply", "approve_match"): (("supply", "match"), _same_plan, "run"),
}
"""What is done first when a deed is refused because things have moved on: the deed that makes anew
what it was about, its inputs, and under which name the deed then takes it."""
