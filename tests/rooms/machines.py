"""What all machines of random events have in common: a clock of their own, and nothing is kept."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.examples import on_this_database
from tests.rooms.cast import START, City


class Machine(RuleBasedStateMachine):
    """Random events in the small city under a random clock; the database is put back after each."""

    city: City

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def at_the_end(self) -> None:
        """What must hold after all events, looked at before they are undone."""

    def teardown(self) -> None:
        try:
            self.at_the_end()
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)


def play(machine: type[Machine], *, examples: int, steps: int, **given: Any) -> None:
    """Play a machine so often, each time with so many events; `given` is what all plays share."""
    run_state_machine_as_test(
        type("Played", (machine,), given),
        settings=settings(
            max_examples=on_this_database(examples), stateful_step_count=steps, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
