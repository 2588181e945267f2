"""A community sets up a joint team of five sides; its board is in use when the play ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gongzhi.actors.queries import Person, Unit
from gongzhi.fieldwork.actions import HouseholdDraft
from gongzhi.interfaces.cli.demo.cast import DEVELOPER
from gongzhi.interfaces.cli.demo.stage import MINUTE, Stage
from gongzhi.interfaces.cli.demo.tell import said

BEGUN, LASTS = timedelta(days=3), timedelta(days=5)
"""How long before the present the team was set up, and how much longer it works."""
BUILDING = "2栋"
LOGIN = "lead.market.2"
DOORS = ("101", "203", "404")


class JointTeam:
    """The community of the market: committee, property firm, building lead, volunteer, social."""

    def __init__(self, stage: Stage, password: str) -> None:
        self.stage, self.password = stage, password
        self.community = stage.unit[stage.city.market_community]
        grids = stage.city.children(self.community.code)
        self.grid = stage.unit[grids[0].code]
        self.officer = stage.desk(self.community, "officer")
        self.people: dict[str, Person] = {}

    def begin(self) -> None:
        """Put the team, its day and its last hours on the agenda."""
        stage, end = self.stage, self.stage.calendar.end
        morning = stage.by_day(end - BEGUN, closes=17)
        stage.at(morning, self.set_up)
        stage.at(morning + 90 * MINUTE, self.first_day)
        stage.at(end - 300 * MINUTE, self.last_day)

    def set_up(self) -> None:
        """The committee sets the team up and takes the four other sides in."""
        stage = self.stage
        self.team = stage.do(
            "decision", "set_up_joint_team", self.officer, area=self.community,
            name=said("team.name", community=self.community.name),
            purpose=said("team.purpose"), lead=self.officer,
            ends_at=(stage.calendar.end + LASTS).replace(second=0, microsecond=0),
        )  # fmt: skip
        self._take_in("property", stage.unit[DEVELOPER])
        self._take_in("volunteer", self._of_kind("volunteers"))
        self._take_in("social_worker", self._of_kind("social"))
        self.people["building_lead"] = self._member(
            "building_lead", LOGIN, grid=self.grid, buildings=BUILDING, new_name=said("team.lead"),
            password=self.password,
        )  # fmt: skip
        self.doors = stage.do(
            "fieldwork", "list_households", stage.desk(self.community, "grid_worker"),
            grid=self.grid,
            households=[HouseholdDraft(building=BUILDING, door=door, persons=1) for door in DOORS],
        )  # fmt: skip
        stage.tell("team", community=self.community)

    def _of_kind(self, kind: str) -> Unit:
        """A unit of a kind, of the community's district where there is one."""
        district = self.stage.above(self.community, "district")
        found = [unit for unit in self.stage.unit.values() if unit.kind == kind]
        return next((unit for unit in found if unit.parent_id == district.pk), found[0])

    def _take_in(self, part: str, unit: Unit) -> None:
        login = self.stage.desk(unit, "lead", "clerk").login
        self.people[part] = self._member(part, login, unit=unit)

    def _member(self, part: str, login: str, **more: Any) -> Person:
        member = self.stage.do(
            "decision", "take_into_team", self.officer, team=self.team, part=part, login=login,
            **more,
        )  # fmt: skip
        person: Person = member.person
        return person

    def _put(self, key: str, minutes: int, due_in: int, **more: Any) -> Any:
        """A task on the board."""
        return self.stage.do(
            "fieldwork", "put_on_board", self.officer, team=self.team, grid=self.grid,
            title=said(f"team.{key}"), task_minutes=minutes,
            due_at=self.stage.now + due_in * MINUTE, **more,
        )  # fmt: skip

    def _do(self, verb: str, part: str, task: Any, **more: Any) -> None:
        self.stage.do("fieldwork", verb, self.people[part], task=task, **more)

    def first_day(self) -> None:
        """Two tasks are taken up and done."""
        for key, part in (("medicine", "social_worker"), ("disinfect", "property")):
            task = self._put(key, 40, 480)
            self._do("take_up_task", part, task)
            self._do("finish_task", part, task, result=said(f"team.{key}_done"))

    def last_day(self) -> None:
        """One is done, one given back, one late; one is in hand and two wait for somebody."""
        meal, visit, lift, news = (
            self._put("meal", 30, 480, household=self.doors[0]),
            self._put("alone", 25, 600, household=self.doors[1]),
            self._put("lift", 20, 120),
            self._put("notice", 15, 900),
        )
        self._put("parcels", 60, 720)
        self._put("oxygen", 20, 420, household=self.doors[2])
        self._do("take_up_task", "volunteer", meal)
        self._do("take_up_task", "social_worker", visit)
        self._do("give_back_task", "social_worker", visit, reason=said("team.back"))
        self._do("take_up_task", "building_lead", visit)
        self._do("take_up_task", "property", lift)
        self._do("take_up_task", "building_lead", news)
        self._do("finish_task", "building_lead", news, result=said("team.notice_done"))
