"""What stands in a house is carried into that of an exercise, and holds there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from gongzhi.actors.actions import delegate
from gongzhi.actors.models import Delegation, Person
from gongzhi.actors.policies import may
from gongzhi.command.actions import adopt_duties
from gongzhi.command.queries import proposal_for
from gongzhi.rounds.standing import take_in_standing, write_standing
from gongzhi.supply.models import Offer
from tests.rooms.cast import START, City
from tests.rooms.goods import approved, ask, give, stocked_city

DAY = timedelta(days=1)
TABLE = "subject,area,department,together,from\nwater,D1,WATER,POWER,2021-01-01\n"
BEGINS = START - 30 * DAY
"""The exercise plays before the house's own time: what stands there must hold all the same."""


@pytest.fixture
def carried(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    """The house of an exercise, made of a city with powers lent, a duties matrix and goods."""
    city = stocked_city()
    adopt_duties(area=city["C"], table=TABLE, basis="甲", by=city.person("mayor"), now=START)
    adopt_duties(
        area=city["C"], table=TABLE + "flu,D1,HEALTH1,,2021-03-01\n", basis="乙",
        by=city.person("mayor"), now=START,
    )  # fmt: skip
    delegate(
        lender=city["D1"], borrower=city["S11"], area=city["S11"], powers=["approve_match"],
        legal_basis="District order 7", ends_at=START + 90 * DAY, by=city.person("d1-chief"),
        now=START,
    )  # fmt: skip
    changed = delegate(
        lender=city["D2"], borrower=city["S21"], area=city["S21"], powers=["approve_match"],
        legal_basis="District order 8", ends_at=START + 90 * DAY, by=city.person("d2-chief"),
        now=START,
    )  # fmt: skip
    Delegation.objects.filter(pk=changed.pk).update(borrower=city["S12"])
    give(city, 100)
    give(city, 40)
    ask(city, quantity=60)
    approved(city)
    write_standing(tmp_path / "standing", START)
    call_command("flush", interactive=False, verbosity=0)
    monkeypatch.setattr(settings, "LEDGER_ORIGIN", "house.example/ledger/exercise/1")
    monkeypatch.setattr(settings, "LEDGER_KEY", "7" * 64)
    take_in_standing(tmp_path / "standing", BEGINS, number=1)
    return city


def test_powers_duties_and_goods_hold_in_the_exercise_from_its_beginning(carried: City) -> None:
    borrower = Person.objects.get(login="s11-duty")
    lent = Delegation.objects.get()
    assert (lent.borrower.code, lent.starts_at) == ("S11", BEGINS), "The changed row stays behind."
    assert may(borrower, "approve_match", carried["S11"], BEGINS), "Signed by its own house."
    for subject, units in (("water", ["WATER", "POWER"]), ("flu", ["HEALTH1"])):
        proposal = proposal_for(carried["S11"], subject, BEGINS)
        assert proposal is not None and [unit.code for unit in proposal.units] == units
    free = Offer.objects.filter(ready_at__lte=BEGINS, state="open")
    assert sum(offer.quantity for offer in free) == 80, "What is promised to nobody."
    assert not Offer.objects.exclude(promised_quantity=0).exists()
