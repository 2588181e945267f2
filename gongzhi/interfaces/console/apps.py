"""The console is the app whose start loads the rooms' deeds."""

from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The control room in the browser."""

    name = "gongzhi.interfaces.console"
    label = "console"

    def ready(self) -> None:
        from gongzhi.interfaces.rooms import load_rooms

        load_rooms()
