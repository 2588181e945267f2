"""The draw for review: it agrees with its twin, grows with what was lent, keeps its share."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.engines.oversight import Lent, Scale, Step, is_drawn, reference, share

steps = st.lists(st.builds(Step, st.integers(0, 10**6), st.integers(0, 300)), max_size=4).map(tuple)
counts = st.lists(st.builds(Step, st.integers(0, 9), st.integers(0, 99))).map(tuple)
scales = st.builds(
    lambda a, b, onward, *each: Scale(min(a, b), max(a, b), onward, *each),
    st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 300), steps, steps, steps, steps,
    counts,
)  # fmt: skip
limits = st.none() | st.integers(0, 2 * 10**6)
powers = st.builds(
    Lent, limits, limits, limits, st.integers(0, 10**6), st.booleans(), st.integers(1, 50)
)
hashes = st.binary(min_size=32, max_size=32)


@given(powers, scales)
def test_the_share_agrees_with_the_twin(lent: Lent, scale: Scale) -> None:
    assert Fraction(share(lent, scale), 1000) == reference.share(lent, scale)


@given(powers, scales, st.sampled_from(["cents", "people", "days"]), st.integers(0, 10**6))
def test_who_was_lent_more_is_never_drawn_less(
    lent: Lent, scale: Scale, name: str, more: int
) -> None:
    names = ("cents", "people", "days", "hours", "onward", "powers")
    values = {n: getattr(lent, n) for n in names}
    limit = values[name]
    wider = Lent(**{**values, name: None if limit is None else limit + more})
    unlimited = Lent(**{**values, name: None, "onward": True})
    assert share(lent, scale) <= share(wider, scale) <= share(unlimited, scale) <= scale.most
    with_others = Lent(**{**values, "powers": lent.powers + 1})
    assert share(lent, scale) <= share(with_others, scale) <= scale.most


@given(hashes, st.integers(0, 2**64 - 1), hashes, st.integers(0, 1000))
def test_the_draw_agrees_with_the_twin(root: bytes, place: int, leaf: bytes, part: int) -> None:
    drawn = is_drawn(root=root, place=place, leaf=leaf, per_mille=part)
    assert drawn == reference.is_drawn(root, place, leaf, Fraction(part, 1000))
    assert is_drawn(root=root, place=place, leaf=leaf, per_mille=1000)
    assert not is_drawn(root=root, place=place, leaf=leaf, per_mille=0)


@given(hashes, st.integers(0, 2**64 - 1), hashes, st.integers(0, 1000), st.integers(0, 1000))
def test_what_a_small_share_draws_a_greater_one_draws_too(
    root: bytes, place: int, leaf: bytes, one: int, other: int
) -> None:
    less, more = sorted((one, other))
    by_less = is_drawn(root=root, place=place, leaf=leaf, per_mille=less)
    assert not by_less or is_drawn(root=root, place=place, leaf=leaf, per_mille=more)


@settings(max_examples=5)
@given(hashes, st.sampled_from([50, 250, 500]))
def test_the_share_is_kept_over_many_uses(root: bytes, part: int) -> None:
    leaves = [sha256(bytes([n % 256, n // 256])).digest() for n in range(2000)]
    drawn = sum(
        is_drawn(root=root, place=n, leaf=leaf, per_mille=part) for n, leaf in enumerate(leaves)
    )
    spread = (2000 * part / 1000 * (1 - part / 1000)) ** 0.5
    assert abs(drawn - 2 * part) < 6 * spread


def test_a_known_draw() -> None:
    """Written down, so that a change of the method is noticed: old draws must stay provable."""
    root, leaf = sha256(b"root").digest(), sha256(b"leaf").digest()
    drawn = [n for n in range(40) if is_drawn(root=root, place=n, leaf=leaf, per_mille=100)]
    assert drawn == KNOWN


KNOWN = [10, 19, 32, 34, 35]


@pytest.mark.parametrize(
    "wrong",
    [
        {"root": b"short"}, {"leaf": b""}, {"place": -1}, {"place": 2**64}, {"per_mille": -1},
        {"per_mille": 1001},
    ],
    ids=str,
)  # fmt: skip
def test_a_draw_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    right = {"root": bytes(32), "leaf": bytes(32), "place": 0, "per_mille": 5}
    with pytest.raises(ValueError, match=r"\."):
        is_drawn(**{**right, **wrong})  # type: ignore[arg-type]


def test_a_scale_and_a_power_that_cannot_be_are_refused() -> None:
    for wrong in ((-1, 5, 0), (6, 5, 0), (0, 1001, 0), (0, 5, -1)):
        with pytest.raises(ValueError, match="per mille"):
            Scale(*wrong)
    with pytest.raises(ValueError, match="at least 0"):
        Lent(-1, None, None, 0, False)
    with pytest.raises(ValueError, match="At least one power"):
        Lent(None, None, None, 0, False, 0)
    with pytest.raises(ValueError, match="at least 0"):
        Step(-1, 0)
