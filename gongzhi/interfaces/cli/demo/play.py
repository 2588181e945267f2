"""The whole play: the city is loaded, everybody gets a script, the agenda runs to the present."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation

from gongzhi.interfaces.cli.demo.calls import Calls
from gongzhi.interfaces.cli.demo.cast import in_holiday, map_city
from gongzhi.interfaces.cli.demo.decisions import Decisions
from gongzhi.interfaces.cli.demo.ending import Ending
from gongzhi.interfaces.cli.demo.epidemic import Epidemic
from gongzhi.interfaces.cli.demo.flood import Flood, PowerCut
from gongzhi.interfaces.cli.demo.lending import Lending
from gongzhi.interfaces.cli.demo.load import load
from gongzhi.interfaces.cli.demo.matrix import adopt
from gongzhi.interfaces.cli.demo.orders import Orders
from gongzhi.interfaces.cli.demo.phases import Phases
from gongzhi.interfaces.cli.demo.prices import Prices
from gongzhi.interfaces.cli.demo.reports import Reports
from gongzhi.interfaces.cli.demo.stage import Calendar, Stage
from gongzhi.interfaces.cli.demo.state import BEGUN, PLAYED
from gongzhi.interfaces.cli.demo.supplies import Supplies
from gongzhi.interfaces.cli.demo.surveillance import Surveillance
from gongzhi.interfaces.cli.demo.team import JointTeam
from gongzhi.interfaces.cli.demo.tell import Narrator
from gongzhi.interfaces.cli.demo.visits import Visits
from gongzhi.interfaces.cli.linjiang import build_city, build_people
from gongzhi.ledger.actions import append
from gongzhi.ledger.records import seeded_salts
from gongzhi.messages.policies import only_in_app
from gongzhi.rounds.walk import walk

RECORDS = "zh-hans"
"""The language of the sentences that deeds keep: the people of Linjiang write Chinese."""


@dataclass(frozen=True)
class Wish:
    """What is to be played: the chance, the length, the size, and when it ends (aware)."""

    seed: int
    days: int
    scale: float
    end: datetime

    def facts(self) -> dict[str, Any]:
        """The line of the ledger that says what was played."""
        return {"seed": self.seed, "days": self.days, "scale": self.scale, "until": self.end}


def play(wish: Wish, *, password: str, narrator: Narrator) -> Stage:
    """Load Linjiang into an empty house and play it up to `wish.end`.

    The same wish gives the same ledger. Errors: `Refused` when the house is not empty.
    """
    calendar = Calendar(wish.end, wish.days)
    city = in_holiday(build_city(wish.seed, wish.scale))
    people = build_people(city, wish.seed)
    salts, silence = seeded_salts(f"linjiang/{wish.seed}"), only_in_app()
    with salts, silence, translation.override(RECORDS):
        narrator.say("building", city=str(city))
        founder, root = load(
            map_city(city, people), password=password, now=calendar.start, mark=BEGUN,
            facts=wish.facts(), step=lambda key: narrator.say(f"load_{key}"),
        )  # fmt: skip
        stage = Stage(city, calendar, founder, root, narrator)
        with narrator.playing(calendar.start, calendar.end):
            adopt(stage)
            _give_scripts(stage, password)
            gc.freeze()  # looking through the whole city again and again took a tenth of the time
            stage.run()
        gc.unfreeze()
        stage.now = calendar.end
        with transaction.atomic():
            append(verb=PLAYED, subject=root, place=root, by=founder, now=stage.now, **wish.facts())
        walk(by=founder, now=stage.now)
    return stage


def _give_scripts(stage: Stage, password: str) -> None:
    """Everybody's part, in the order of the river."""
    epidemic = Epidemic(stage)
    surveillance, reports = Surveillance(stage, epidemic), Reports(stage, epidemic)
    decisions, orders, calls = Decisions(stage), Orders(stage), Calls(stage)
    supplies, phases = Supplies(stage, epidemic), Phases(stage)
    reports.verified.append(decisions.look)
    orders.hooks |= {"count-stock": supplies.count_asked, "open-reserve": supplies.open_reserve}
    scripts: list[Any] = [
        epidemic, surveillance, reports, decisions, orders, calls, supplies,
        phases, Visits(stage, epidemic, orders), Flood(stage, phases), PowerCut(stage),
        Lending(stage, supplies), JointTeam(stage, password), Prices(stage),
        Ending(stage, decisions, orders, calls, supplies, reports, surveillance),
    ]  # fmt: skip
    for script in scripts:
        script.begin()
