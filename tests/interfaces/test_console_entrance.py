"""The entrance: log in, be slowed down when guessing, choose the language, log out."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from gongzhi.actors.models import Person
from tests.interfaces.console_scene import founded, seen, words
from tests.rooms.cast import City

PASSWORD = "a long founding phrase"


@pytest.fixture
def city(db: None) -> City:
    city = founded()
    Person.objects.filter(login="mayor").update(password=make_password(PASSWORD), language="en")
    return city


def knock(browser: Client, password: str, **more: str) -> object:
    return browser.post("/login", {"login": "mayor", "password": password, **more})


def test_the_page_asks_for_two_things(db: None) -> None:
    answer = Client(headers={"accept-language": "en"}).get("/login?next=/incidents/")
    page = seen(answer)
    assert {"login", "password", "next"} <= set(page.names)
    assert 'value="/incidents/"' in words(answer)
    assert page.blocked == []


def test_who_logs_in_gets_in_and_reads_their_own_language(city: City) -> None:
    browser = Client(headers={"accept-language": "zh-hant"})
    answer = browser.post("/login", {"login": "mayor", "password": PASSWORD, "next": "/incidents/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/incidents/"
    assert browser.cookies["language"].value == "en"
    assert seen(browser.get("/")).lang == "en"


def test_the_language_chosen_at_this_screen_stays(city: City) -> None:
    browser = Client()
    browser.cookies["language"] = "zh-hant"
    knock(browser, PASSWORD)
    assert seen(browser.get("/")).lang == "zh-Hant"


def test_the_language_is_switched_by_a_button(city: City) -> None:
    browser = Client(headers={"accept-language": "en"})
    answer = browser.post("/language", {"language": "zh-hans", "next": "/login"})
    assert answer["Location"] == "/login"
    assert seen(browser.get("/login")).lang == "zh-Hans"


def test_a_wrong_password_is_refused_in_words_and_the_log_in_is_kept(city: City) -> None:
    answer = Client(headers={"accept-language": "en"}).post(
        "/login", {"login": "mayor", "password": "wrong"}
    )
    assert answer.status_code == 403
    assert "The log-in or the password is not right." in words(answer)
    assert 'value="mayor"' in words(answer)
    assert "wrong" not in words(answer)


def test_guessing_is_slowed_down(city: City) -> None:
    browser = Client(headers={"accept-language": "en"})
    for _attempt in range(5):
        knock(browser, "guess")
    answer = browser.post("/login", {"login": "mayor", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Too many failed log-ins." in words(answer)


def test_nobody_is_sent_elsewhere_after_the_log_in(city: City) -> None:
    answer = Client().post(
        "/login", {"login": "mayor", "password": PASSWORD, "next": "https://elsewhere.test/"}
    )
    assert answer["Location"] == "/"


def test_who_logs_out_is_out_and_leaves_no_language_behind(city: City) -> None:
    browser = Client()
    knock(browser, PASSWORD)
    answer = browser.post("/logout")
    assert answer["Location"] == "/login"
    assert browser.cookies["language"].value == ""
    assert browser.get("/").status_code == 302
    assert browser.get("/logout").status_code == 405


def test_who_was_dismissed_is_out_at_once(city: City) -> None:
    browser = Client()
    knock(browser, PASSWORD)
    Person.objects.filter(login="mayor").update(is_active=False)
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize("login", ["", "\x00", "x" * 300, "mayor' OR 1=1"])
def test_odd_names_are_refused_and_break_nothing(city: City, login: str) -> None:
    answer = Client().post("/login", {"login": login, "password": PASSWORD})
    assert answer.status_code == 403


def test_each_language_is_named_in_its_own_words(db: None) -> None:
    text = words(Client(headers={"accept-language": "zh-hans"}).get("/login"))
    assert 'lang="en" aria-pressed="false">English</button>' in text
    assert 'lang="zh-Hant" aria-pressed="false">繁體中文</button>' in text
    assert 'lang="zh-Hans" aria-pressed="true">简体中文</button>' in text
