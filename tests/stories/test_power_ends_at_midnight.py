"""Story 14. A delegated power expires at midnight.

At 00:01 its order is refused with a sentence.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gongzhi.actors.models import Delegation
from gongzhi.assessment.models import Incident
from gongzhi.command.models import Order
from gongzhi.decision.models import Decision
from gongzhi.errors import Malformed, NotAllowed, NotFound
from gongzhi.ledger.queries import entries_of
from tests.once import once
from tests.rooms.cast import START, City
from tests.rooms.scenes import assessed, decided, open_incident
from tests.stories.telling import do

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MIDNIGHT = START + 15 * HOUR
"""09:00 in Shanghai and fifteen hours."""
pytestmark = pytest.mark.usefixtures("in_english")


@pytest.mark.feature(3)
def test_a_lent_power_ends_at_midnight_and_the_order_after_it_is_refused(city: City) -> None:
    chief, community = city.person("d1-chief"), city.person("k111-worker")
    decision = decided(city, open_incident(city))

    # The district gives the community an order. To pass it on to its grids is no power of its own.
    order: Order = do(
        chief, "command.give_order", START, unit=city["K111"], decision=decision,
        title="Knock at every door", minutes=24 * 60,
    )  # fmt: skip

    def pass_on(grid: str, at: Any) -> Any:
        return do(
            community, "command.give_order", at, unit=city[grid], under=order,
            title="Knock at the doors of your grid", minutes=120,
        )  # fmt: skip

    with pytest.raises(NotAllowed, match=r"You do not hold the power “give order”.* Ask"):
        pass_on("G1111", START)

    # The district lends the power for the community's own area, until midnight.
    lent: Delegation = do(
        chief, "actors.delegate", START + HOUR, lender=city["D1"], borrower=city["K111"],
        area=city["K111"], powers=["give_order"], legal_basis="District order 7", ends_at=MIDNIGHT,
    )  # fmt: skip
    passed = pass_on("G1111", START + 2 * HOUR)
    assert passed.issuer == city["K111"] and f"delegation:{lent.pk}" in passed.power

    # One minute before midnight it still works; at midnight and after it is refused.
    assert pass_on("G1112", MIDNIGHT - MINUTE).state == "issued"
    before = Order.objects.count()
    for late in (timedelta(0), MINUTE):
        with pytest.raises(NotAllowed) as refusal:
            pass_on("G1112", MIDNIGHT + late)
        assert str(refusal.value) == (
            "The power “give order” lent by 东岸区 ended on 2021-03-02 00:00. "
            "Ask 东岸区 (commander) to lend it again."
        )
    assert Order.objects.count() == before
    assert len(entries_of(lent.ref)) == 1


@once
def street_decides(city: City) -> tuple[City, Delegation]:
    """The district lends its power to decide to a street: its area, 5,000 yuan, until midnight."""
    chief = city.person("d1-chief")
    post = do(
        chief, "actors.appoint", START, unit=city["S11"], login="s11-chief", name="街道主任",
        password="a phrase nobody guesses", role="commander",
    )  # fmt: skip
    city.people["s11-chief"] = post.person
    lent = do(
        chief, "actors.delegate", START, lender=city["D1"], borrower=city["S11"],
        area=city["S11"], powers=["decide"], legal_basis="District order 8", limit_cents=5_000_00,
        ends_at=MIDNIGHT,
    )  # fmt: skip
    return city, lent


def decide(city: City, place: str, yuan: int, at: Any = START + HOUR) -> Decision:
    """The street's commander decides on an incident, for so much money."""
    incident = Incident.objects.filter(area=city[place]).first() or open_incident(city, place)
    decision: Decision = do(
        city.person("s11-chief"), "decision.decide", at, incident=incident,
        assessment=assessed(city, incident), title="Test the block", reason="Four ill",
        legal_basis="Law, art. 42",
        options=[{"title": "Test the block", "cost_cents": yuan * 100, "chosen": True}],
    )  # fmt: skip
    return decision


@pytest.mark.feature(3)
def test_a_lent_power_works_within_its_scope_its_ceiling_and_its_time(
    street_decides: tuple[City, Delegation],
) -> None:
    city, lent = street_decides
    assert f"delegation:{lent.pk}" in decide(city, "S11", yuan=5_000).power

    # Beyond the ceiling, beyond the time.
    with pytest.raises(NotAllowed, match="beyond the limit of the power “decide” that 东岸区 lent"):
        decide(city, "S11", yuan=5_001)
    with pytest.raises(NotAllowed, match=r"ended on 2021-03-02 00:00. Ask 东岸区 .commander. to"):
        decide(city, "S11", yuan=10, at=MIDNIGHT)

    # Beyond the scope: nothing of the neighbour street can even be named.
    with pytest.raises(NotFound):
        decide(city, "S12", yuan=10)

    # The power is the street's to use and not to lend on.
    with pytest.raises(NotAllowed):
        do(
            city.person("s11-chief"), "actors.delegate", START + HOUR, lender=city["S11"],
            borrower=city["K111"], area=city["K111"], powers=["decide"], legal_basis="x",
            ends_at=MIDNIGHT,
        )  # fmt: skip
    with pytest.raises(Malformed, match="Powers are lent downward"):
        do(
            city.person("d1-chief"), "actors.delegate", START + HOUR, lender=city["D1"],
            borrower=city["D1"], area=city["D1"], powers=["decide"], legal_basis="x",
            ends_at=MIDNIGHT,
        )  # fmt: skip

    # Taken back at noon, it is gone at noon.
    noon = START + 3 * HOUR
    do(city.person("d1-chief"), "actors.revoke", noon, delegation=lent, reason="Too many tests")
    with pytest.raises(NotAllowed, match="ended on 2021-03-01 12:00"):
        decide(city, "S11", yuan=10, at=noon)
