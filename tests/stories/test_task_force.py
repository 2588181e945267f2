"""Officials and firms work side by side in a named team that has its own board and a last day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.models import Unit
from gongzhi.actors.queries import posts_in
from gongzhi.command.models import Order
from gongzhi.decision.models import TaskForce
from gongzhi.decision.queries import duties
from gongzhi.errors import Malformed, NotAllowed, NotFound, NotNow
from gongzhi.ledger.records import digest
from gongzhi.rounds.walk import walk
from tests.rooms.cast import START, City
from tests.rooms.scenes import decided, lines, open_incident
from tests.stories.telling import do

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def set_up(city: City, **more: Any) -> TaskForce:
    """The city and a supplier set up a task force for masks, for ten days."""
    given = {
        "area": city["C"], "name": "口罩保供专班", "purpose": "Masks for the wards",
        "legal_basis": "City order 3", "government": city["HEALTH"],
        "for_government": city.person("city-health"), "firm": city["SUP"],
        "for_firm": city.person("sup-clerk"), "ends_at": START + 10 * DAY,
    }  # fmt: skip
    made: TaskForce = do(
        city.person("mayor"), "decision.set_up_task_force", START, **{**given, **more}
    )
    return made


@pytest.mark.feature(67)
def test_a_task_force_works_on_its_own_board_until_its_last_day(city: City) -> None:
    mayor, supplier, clock = (city.person(p) for p in ("mayor", "sup-clerk", "founder"))
    force = set_up(city)
    assert {p.person.login for p in posts_in(force.unit, START)} == {"city-health", "sup-clerk"}
    do(mayor, "decision.take_in_member", START, task_force=force, person=city.person("log-clerk"))

    # An order to the task force is answered by the firm's contact, who holds a post in it.
    decision = decided(city, open_incident(city, "C"))
    order: Order = do(
        mayor, "command.give_order", START, unit=force.unit, decision=decision,
        title="Bring 10,000 masks to the east hospital", minutes=24 * 60,
    )  # fmt: skip
    do(supplier, "command.accept_order", START + HOUR, order=order)
    done = do(
        city.person("log-clerk"), "command.finish_order", START + 9 * HOUR, order=order,
        result="10,000 handed over",
    )  # fmt: skip
    assert done.state == "done"

    # A member sees the task force's own matters, and nothing of the city beside them.
    with pytest.raises(NotFound):
        do(supplier, "decision.take_in_member", START, task_force=force,
           person=city.person("d1-duty"))  # fmt: skip

    # Its end is announced ahead, seven days and one day before, to whoever set it up.
    for ahead in (7 * DAY, 3 * DAY, DAY, HOUR):
        walk(by=clock, now=START + 10 * DAY - ahead)
    assert len(lines("decision.announce_task_force_end")) == 2
    [duty] = [d for d in duties(mayor, START + 9 * DAY) if d.verb == "extend_task_force"]
    assert duty.due_at == force.ends_at

    # On its day it is dissolved, its posts end with it, and a record says what it did.
    walk(by=clock, now=START + 10 * DAY)
    force.refresh_from_db()
    assert force.state == "dissolved" and force.ended_at == START + 10 * DAY
    assert posts_in(force.unit, START + 10 * DAY) == []
    assert force.done["members"] == 3 and force.done["hours"] == 240
    assert force.done["deeds"]["command.finish_order"] == 1
    assert force.done_digest == digest(force.done)
    with pytest.raises((NotAllowed, NotFound)):
        do(supplier, "command.fail_order", START + 11 * DAY, order=order, reason="x")
    with pytest.raises(NotNow, match="This task force is over"):
        do(mayor, "decision.extend_task_force", START + 11 * DAY, task_force=force,
           ends_at=START + 20 * DAY, reason="Late")  # fmt: skip


def test_it_is_extended_with_a_reason_and_its_posts_with_it(city: City) -> None:
    force = set_up(city)
    later = START + 20 * DAY
    longer = do(
        city.person("mayor"), "decision.extend_task_force", START + DAY, task_force=force,
        ends_at=later, reason="The wards still need masks",
    )  # fmt: skip
    assert longer.ends_at == later and longer.extensions[0]["reason"] == (
        "The wards still need masks"
    )
    assert {p.ends_at for p in posts_in(force.unit, START + 15 * DAY)} == {later}
    with pytest.raises(Malformed, match="would not work any longer"):
        do(city.person("mayor"), "decision.extend_task_force", START + DAY, task_force=force,
           ends_at=START + 2 * DAY, reason="x")  # fmt: skip


def test_its_contact_in_the_government_may_dissolve_it_and_the_firm_may_not(city: City) -> None:
    force = set_up(city)
    with pytest.raises(NotAllowed):
        do(city.person("sup-clerk"), "decision.dissolve_task_force", START + DAY,
           task_force=force, reason="x")  # fmt: skip
    gone = do(
        city.person("city-health"), "decision.dissolve_task_force", START + DAY, task_force=force,
        reason="Enough masks",
    )  # fmt: skip
    assert gone.state == "dissolved" and gone.reason_ended == "Enough masks"
    assert posts_in(force.unit, START + DAY) == []
    assert gone.done["members"] == 2
    walk(by=city.person("founder"), now=START + 11 * DAY)
    assert len(lines("decision.dissolve_task_force")) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"government": "SUP", "for_government": "sup-clerk"}, "not of the government"),
        ({"firm": "HEALTH", "for_firm": "city-health"}, "is not a firm"),
        ({"for_firm": "log-clerk"}, "holds no post in 江东医疗用品公司"),
        ({"ends_at": START}, "would not work any longer"),
    ],
)
def test_both_sides_are_there_and_it_has_an_end(
    city: City, wrong: dict[str, Any], sentence: str
) -> None:
    given = {
        k: (city.person(v) if k.startswith("for_") else city[v]) if isinstance(v, str) else v
        for k, v in wrong.items()
    }
    with pytest.raises(Malformed, match=sentence):
        set_up(city, **given)
    assert not TaskForce.objects.exists() and not Unit.objects.filter(kind="task_force").exists()


def test_nobody_below_a_district_sets_one_up_and_nobody_joins_twice(city: City) -> None:
    with pytest.raises((NotAllowed, NotFound)):
        do(city.person("d1-duty"), "decision.set_up_task_force", START, area=city["D1"],
           name="x", purpose="x", legal_basis="x", government=city["WATER"],
           for_government=city.person("water"), firm=city["H1"],
           for_firm=city.person("h1-clerk"), ends_at=START + DAY)  # fmt: skip
    force = set_up(city)
    with pytest.raises(Malformed, match="is a member already"):
        do(city.person("mayor"), "decision.take_in_member", START, task_force=force,
           person=city.person("sup-clerk"))  # fmt: skip
