"""The pages of teams: one list, a board of three columns, doors only for whom they concern."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhi.decision.actions import dissolve_task_force
from gongzhi.decision.models import TaskForce
from gongzhi.fieldwork.actions import finish_task, hand_over_task, take_up_task
from gongzhi.fieldwork.models import Household, Task
from tests.interfaces.console_scene import NOW, Scene, seen, words
from tests.rooms.joint_team import on_board, whole_team
from tests.rooms.scenes import lines


@pytest.fixture
def team(scene: Scene) -> TaskForce:
    """The joint team of the first community, with all five sides."""
    return whole_team(scene.city)


def task_on(scene: Scene, team: TaskForce, **more: Any) -> Task:
    return on_board(scene.city, team, **{"now": NOW, **more})


def column(page: str, name: str) -> str:
    """The text of one column of a board."""
    return page.partition(f"lane-{name}")[2].partition("</section>")[0]


def test_the_list_shows_how_each_team_stands_and_offers_to_set_one_up(
    scene: Scene, team: TaskForce
) -> None:
    task_on(scene, team)
    answer = scene.browser("k111-worker").get("/teams")
    assert seen(answer).blocked == [] and f"/teams/{team.pk}" in seen(answer).links
    assert "Set up a joint team" in words(answer) and "joint team of a community" in words(answer)
    other = words(scene.browser("g2111-worker").get("/teams"))
    assert "There is no team in your area." in other and "Set up a joint team" not in other


def test_the_form_for_another_lead_says_in_words_what_is_meant_if_left_empty(
    scene: Scene, team: TaskForce
) -> None:
    page = words(scene.browser("k111-worker").get("/do/decision/replace_contact"))
    assert "Left empty, it means: leads it, for the government." in page


def test_the_board_has_what_is_to_be_taken_what_is_taken_and_what_is_done(
    scene: Scene, team: TaskForce
) -> None:
    vol = scene.city.person("vol")
    task_on(scene, team, title="Wait")
    taken, done = (task_on(scene, team, title=title) for title in ("Taken", "Done"))
    for task in (taken, done):
        take_up_task(task=task, by=vol, now=NOW)
    finish_task(task=done, result="It stands there", by=vol, now=NOW)
    answer = scene.browser("k111-worker").get(f"/teams/{team.pk}")
    page = words(answer)
    assert seen(answer).blocked == [] and max(seen(answer).ids.values()) == 1
    assert "Wait" in column(page, "to-take") and "Taken" not in column(page, "to-take")
    assert "Taken" in column(page, "taken") and "vol先生" in column(page, "taken")
    assert "It stands there" in column(page, "done")
    for word in ("property manager", "building lead", "volunteer", "social worker", "4号楼"):
        assert word in page
    assert "Put a task on the board" in page and "Take a person into the team" in page
    mine = words(scene.browser("vol").get(f"/teams/{team.pk}"))
    assert "Put a task on the board" not in mine and "Give the task back" in mine


def test_one_press_takes_a_task_up_and_who_comes_second_is_told_who_has_it(
    scene: Scene, team: TaskForce
) -> None:
    task = task_on(scene, team)
    address, sent = "/teams/take", {"task": task.pk, "team": team.pk}
    first = scene.browser("vol").post(address, sent, follow=True)
    assert "You have it: Bring a meal" in words(first)
    second = scene.browser("pm").post(address, sent, follow=True)
    assert "vol先生 has taken up this task already" in words(second)
    assert len(lines("fieldwork.take_up_task")) == 1
    assert scene.browser("vol").get(address).status_code == 405
    lost = scene.browser("vol").post(address, {"task": "x", "team": "-"})
    assert lost["Location"] == "/teams"


def test_a_door_is_shown_to_who_took_the_task_and_to_its_building_lead_and_on_no_wall(
    scene: Scene, team: TaskForce
) -> None:
    Household.objects.update(building="3号楼", door="1707", contact="隔壁王家")
    task = task_on(scene, team, household=Household.objects.get())
    take_up_task(task=task, by=scene.city.person("vol"), now=NOW)
    path = f"/teams/{team.pk}"
    assert "1707" in words(scene.browser("vol").get(path))
    assert "1707" in words(scene.browser("lead-3").get(path))
    for login in ("pm", "soc-lead", "k111-worker"):
        assert "1707" not in words(scene.browser(login).get(path)), login
    wall = scene.browser("vol")
    wall.post("/ground", {"wall": "1", "next": path})
    assert "1707" not in words(wall.get(path))
    record = f"/r/fieldwork/tasks/{task.pk}"
    for login in ("pm", "soc-lead", "lead-3"):
        assert "1707" not in words(scene.browser(login).get(record)), login
    api = scene.browser("pm").get(f"/r/fieldwork/households/{task.household_id}")
    assert api.status_code == 404


# On the phone -------------------------------------------------------------------------------------


def test_a_task_one_took_up_is_on_the_phone_and_is_done_there(
    scene: Scene, team: TaskForce
) -> None:
    Household.objects.update(contact="隔壁王家")
    task = task_on(scene, team, household=Household.objects.get())
    waiting = task_on(scene, team, title="Another")
    phone = scene.browser("vol")
    assert "2 to be taken up" in words(phone.get("/tasks"))
    take_up_task(task=task, by=scene.city.person("vol"), now=NOW)
    page = words(phone.get("/tasks"))
    assert "三号楼 101" in page and "1 to be taken up" in page and "Another" not in page
    form = phone.get(f"/tasks/{task.pk}")
    assert "隔壁王家" in words(form) and seen(form).blocked == []
    assert "隔壁王家" not in words(phone.get(f"/teams/{team.pk}"))
    empty = phone.post(f"/tasks/{task.pk}", {"done": "1", "result": " "})
    assert empty.status_code == 422
    done = phone.post(f"/tasks/{task.pk}", {"done": "1", "result": "Two meals"})
    assert done["Location"] == "/tasks"
    assert Task.objects.get(pk=task.pk).result == "Two meals"
    assert phone.get(f"/tasks/{waiting.pk}").status_code == 404
    assert phone.get(f"/tasks/{task.pk}").status_code == 404


def test_it_is_given_back_on_the_phone_with_the_reason(scene: Scene, team: TaskForce) -> None:
    task = task_on(scene, team)
    take_up_task(task=task, by=scene.city.person("vol"), now=NOW)
    phone = scene.browser("vol")
    refused = phone.post(f"/tasks/{task.pk}", {"back": "1", "reason": ""})
    assert refused.status_code == 422 and '<details class="more give-back" open>' in words(refused)
    phone.post(f"/tasks/{task.pk}", {"back": "1", "reason": "The bus is late"})
    assert Task.objects.get(pk=task.pk).reason_given_back == "The bus is late"
    board = words(scene.browser("pm").get(f"/teams/{team.pk}"))
    assert "The bus is late" in column(board, "to-take")


def test_what_a_dissolved_team_left_is_done_on_the_phone_and_goes_back_to_no_board(
    scene: Scene, team: TaskForce
) -> None:
    task = task_on(scene, team)
    officer, worker = (scene.city.person(login) for login in ("k111-worker", "g1111-worker"))
    dissolve_task_force(task_force=team, reason="Over", by=officer, now=NOW)
    task.refresh_from_db()
    hand_over_task(task=task, worker=worker, by=officer, now=NOW)
    phone = scene.browser("g1111-worker")
    page = words(phone.get(f"/tasks/{task.pk}"))
    assert "Say it is done" in page and "Give the task back" not in page
    phone.post(f"/tasks/{task.pk}", {"done": "1", "result": "Brought"})
    assert Task.objects.get(pk=task.pk).state == "done"


def test_a_paper_slip_of_a_team_asks_for_no_visit(scene: Scene, team: TaskForce) -> None:
    task = task_on(scene, team)
    take_up_task(task=task, by=scene.city.person("vol"), now=NOW)
    page = words(scene.browser("vol").get("/tasks/slips"))
    assert "Bring a meal" in page and "Given back" in page and "Of these ill" not in page
