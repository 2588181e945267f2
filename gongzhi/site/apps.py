"""Django's own apps under another label, where a room has the better claim to the name."""

from __future__ import annotations

from django.contrib.messages.apps import MessagesConfig


class FlashMessages(MessagesConfig):
    """Django's one-time notes on a page; the room of messages to people is called `messages`."""

    label = "flash"
