"""The phone page: my tasks only, a visit recorded once, and what was typed is never lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gongzhi.fieldwork.models import Task, Visit
from gongzhi.interfaces.pocket import views
from gongzhi.sensing.models import Report
from tests.interfaces.console_scene import NOW, Scene, seen, words
from tests.rooms.scenes import lines

MODULE = Path(views.__file__).parent / "static/pocket/drafts.js"


def send(scene: Scene, login: str = "g1111-worker", **given: str) -> object:
    task = scene.tasks[0]
    values = {"outcome": "met", "persons_met": "2", "persons_ill": "0", "key": "k-1", **given}
    return scene.browser(login).post(f"/tasks/{task.pk}", values)


def test_the_list_holds_the_doors_of_the_worker_and_nobody_elses(scene: Scene) -> None:
    own, other = scene.browser("g1111-worker"), scene.browser("g2111-worker")
    page = words(own.get("/tasks"))
    assert "三号楼 101" in page
    assert "上门问询" in page
    assert "1 task" in page
    assert "三号楼" not in words(other.get("/tasks"))
    assert "Nothing waits for you" in words(other.get("/tasks"))


@pytest.mark.parametrize("path", ["/tasks", "/tasks/slips", "/tasks/{task}"])
def test_the_pages_open_and_have_no_inline_script_or_style(scene: Scene, path: str) -> None:
    answer = scene.browser("g1111-worker").get(path.format(task=scene.tasks[0].pk))
    assert answer.status_code == 200
    assert seen(answer).blocked == []
    assert "no-cache" in answer["Cache-Control"]


def test_the_form_asks_for_few_things(scene: Scene) -> None:
    page = seen(scene.browser("g1111-worker").get(f"/tasks/{scene.tasks[0].pk}"))
    asked = set(page.names) - {"csrfmiddlewaretoken", "key", "visited_at", "next", "language"}
    assert asked == {"outcome", "persons_met", "persons_ill", "wants", "note"}
    assert page.names.count("outcome") == len(Visit.Outcome)


def test_a_visit_is_recorded_and_the_list_is_shorter(scene: Scene) -> None:
    answer = send(scene, persons_ill="1", wants="降压药")
    visit = Visit.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == "/tasks"
    assert (visit.outcome, visit.persons_met, visit.persons_ill) == ("met", 2, 1)
    assert visit.wants == "降压药"
    assert Task.objects.get(pk=scene.tasks[0].pk).state == Task.State.DONE
    assert Report.objects.filter(channel="visit", persons=1).count() == 1


def test_the_worker_is_told_how_many_are_left(scene: Scene) -> None:
    client = scene.browser("g1111-worker")
    values = {"outcome": "met", "persons_met": "1", "key": "k-2"}
    answer = client.post(f"/tasks/{scene.tasks[0].pk}", values, follow=True)
    assert "Recorded. 0 left." in words(answer)


def test_the_same_form_sent_twice_is_one_visit(scene: Scene) -> None:
    first, second = send(scene), send(scene)
    assert (first.status_code, second.status_code) == (302, 302)
    assert Visit.objects.count() == 1
    assert len(lines("fieldwork.record_visit")) == 1


def test_the_time_of_the_visit_is_the_phones(scene: Scene) -> None:
    earlier = NOW - timedelta(minutes=50)
    send(scene, visited_at=earlier.isoformat())
    visit = Visit.objects.get()
    assert visit.visited_at == earlier
    assert visit.received_at == NOW


def test_numbers_are_left_out_where_nobody_was_met(scene: Scene) -> None:
    answer = send(scene, outcome="nobody_in")
    assert answer.status_code == 302
    assert (Visit.objects.get().persons_met, Visit.objects.get().outcome) == (0, "nobody_in")
    assert "nobody in before" in words(scene.browser("g1111-worker").get("/tasks"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"persons_ill": "5"}, "More people are ill than were met"),
        ({"outcome": ""}, "This is needed"),
        ({"persons_met": "many"}, "Give a whole number"),
        ({"visited_at": "2031-01-01T00:00:00Z"}, "The visit lies in the future"),
    ],
)
def test_a_refusal_keeps_what_was_typed(scene: Scene, given: dict[str, str], sentence: str) -> None:
    answer = send(scene, wants="米和油", note="有狗", **given)
    page = words(answer)
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="米和油"' in page
    assert ">有狗</textarea>" in page
    assert 'value="k-1"' in page
    assert not Visit.objects.exists()
    assert seen(answer).blocked == []


def test_a_phone_with_a_wrong_clock_is_not_stuck(scene: Scene) -> None:
    page = words(send(scene, visited_at="2031-01-01T00:00:00Z"))
    assert "data-clock-wrong" in page
    assert 'name="visited_at" value=""' in page


def test_a_foreign_task_is_not_there(scene: Scene) -> None:
    task = scene.tasks[0]
    for login in ("g2111-worker", "d2-duty"):
        answer = scene.browser(login).get(f"/tasks/{task.pk}")
        assert answer.status_code == 404
        assert "三号楼" not in words(answer)
        assert send(scene, login).status_code in (403, 404)
    assert not Visit.objects.exists()


def test_somebody_elses_task_in_ones_own_area_is_refused_in_words(scene: Scene) -> None:
    answer = send(scene, "s11-duty")
    assert answer.status_code == 403
    assert "Ask your officer to hand it over" in words(answer)


def test_a_slip_can_be_filled_in_by_hand(scene: Scene) -> None:
    page = words(scene.browser("g1111-worker").get("/tasks/slips"))
    assert page.count('<section class="slip">') == 1
    assert page.count("☐") == len(Visit.Outcome)
    assert f"task {scene.tasks[0].pk}" in page


def test_without_a_log_in_one_is_led_to_it(scene: Scene) -> None:
    from django.test import Client

    assert Client().get("/tasks")["Location"].startswith("/login")


def test_the_module_for_drafts_is_served_and_small() -> None:
    assert MODULE.stat().st_size < 8_000
