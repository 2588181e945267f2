"""The fictional city: numbers as promised, names once, areas that tile without a gap."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest

from gongzhi.interfaces.cli.linjiang import (
    TIERS,
    Area,
    City,
    build_city,
    build_people,
    distance_km,
)
from gongzhi.interfaces.cli.linjiang.city import DEPARTMENT_SUBJECTS, Names, Organisation
from gongzhi.interfaces.cli.linjiang.naming import read_tables
from gongzhi.interfaces.cli.linjiang.partition import shares

Edge = tuple[tuple[float, float], tuple[float, float]]


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(2020)


@pytest.fixture(scope="module")
def village() -> City:
    return build_city(7, 0.05)


def signed_area(area: Area) -> float:
    """Shoelace formula in square degrees; positive for a counter-clockwise ring."""
    x0, y0 = area.ring[0]
    moved = [(x - x0, y - y0) for x, y in area.ring]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(moved)) / 2


def edges(area: Area) -> list[Edge]:
    return list(pairwise(area.ring))


def crosses(one: Edge, other: Edge) -> bool:
    def side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    (a, b), (c, d) = one, other
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def test_the_city_has_the_promised_size(city: City) -> None:
    sizes = {tier: len(city.of_tier(tier)) for tier in TIERS}
    assert sizes == {
        "province": 1, "city": 1, "district": 6, "street": 48, "community": 480, "grid": 4800,
    }  # fmt: skip
    assert city.root.residents == 1_200_000
    assert len(city.facilities) == 40
    assert len(city.hubs) == 12
    assert len(city.firms) == 300
    assert {firm.kind for firm in city.firms} == {"supplier", "logistics", "platform"}
    kinds = Counter(team.kind for team in city.teams)
    assert kinds == {"social": 30, "volunteers": 18}


def test_a_small_city_has_the_same_shape(village: City) -> None:
    assert len(village.of_tier("district")) == 2
    assert len(village.of_tier("street")) == 4
    for area in village.areas:
        assert bool(village.children(area.code)) == (area.tier != "grid")
    assert {f.kind for f in village.facilities} == {
        "hospital", "fever_clinic", "community_health_centre", "village_clinic",
    }  # fmt: skip
    assert {hub.kind for hub in village.hubs} == {"reserve", "district", "commercial"}
    assert {f.asking for f in village.facilities} >= {"loud", "quiet", "steady"}


@pytest.mark.parametrize("seed", range(12))
def test_every_seed_gives_a_city_in_whole_pieces(seed: int) -> None:
    city = build_city(seed, (0.01, 0.05, 0.12, 0.3)[seed % 4])
    assert sum(a.residents for a in city.of_tier("grid")) == city.root.residents
    assert signed_area(city.root) > 0


@pytest.mark.parametrize("scale", [0, -1, 1.5])
def test_a_scale_out_of_range_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        build_city(1, scale)


def test_the_same_seed_gives_the_same_city_and_another_seed_another(village: City) -> None:
    assert build_city(7, 0.05) == village
    other = build_city(8, 0.05)
    assert [a.names for a in other.areas] != [a.names for a in village.areas]
    assert other.root.ring != village.root.ring


def test_counts_of_the_parts_add_up_to_the_whole(city: City) -> None:
    for area in city.areas:
        parts = city.children(area.code)
        if parts:
            assert sum(p.residents for p in parts) == area.residents
            assert sum(p.households for p in parts) == area.households
            assert sum(p.persons_65_plus for p in parts) == area.persons_65_plus
    root = city.root
    assert 0.10 < root.persons_65_plus / root.residents < 0.18
    assert 2.3 < root.residents / root.households < 3.0


def test_codes_extend_the_code_of_the_parent(city: City) -> None:
    length = {"province": 6, "city": 6, "district": 6, "street": 9, "community": 12, "grid": 15}
    for area in city.areas:
        assert area.code.isdigit() and area.code.startswith("99")
        assert len(area.code) == length[area.tier]
        if area.tier in ("street", "community", "grid"):
            assert area.parent is not None and area.code.startswith(area.parent)
    assert len(city.area_of) == len(city.areas)
    assert city.ancestor(city.of_tier("grid")[-1].code, "city") == city.root


def test_area_names_are_used_once_in_every_language(city: City) -> None:
    for tier in TIERS[:-1]:
        for language in ("hans", "hant", "en"):
            names = [getattr(area.names, language) for area in city.of_tier(tier)]
            assert len(set(names)) == len(names)
    for community in city.of_tier("community"):
        grids = [grid.names.hans for grid in city.children(community.code)]
        assert len(set(grids)) == len(grids)


def test_organisations_have_unique_codes_and_names(city: City) -> None:
    codes = [unit.code for unit in city.organisations] + [area.code for area in city.areas]
    assert len(set(codes)) == len(codes)
    assert max(map(len, codes)) <= 20
    for language in ("hans", "hant", "en"):
        names = Counter(getattr(unit.names, language) for unit in city.organisations)
        assert names.most_common(1)[0][1] == 1
    for part in (*city.facilities, *city.firms, *city.teams):
        assert city.organisation_of[part.code].names == part.names
    for unit in city.organisations:
        assert unit.parent in city.area_of and unit.area in city.area_of


def test_traditional_and_english_terms_are_written_not_converted(city: City) -> None:
    teams = [team.names for team in city.teams if team.kind == "volunteers"]
    assert all("志工" in names.hant and "志愿" in names.hans for names in teams)
    clinics = [f.names for f in city.facilities if f.kind == "fever_clinic"]
    assert all("發燒門診" in names.hant and "发热门诊" in names.hans for names in clinics)
    for area in city.areas:
        assert area.names.en.isascii()


def test_no_place_word_is_on_the_list_of_real_places(city: City) -> None:
    avoid = read_tables("words")["avoid"]
    for area in city.of_tier("street") + city.of_tier("community"):
        assert not area.names.hans.startswith(tuple(avoid))


def test_eight_departments_in_the_city_and_in_each_district(city: City) -> None:
    for area in (city.root, *city.of_tier("district")):
        found = [u.subject for u in city.organisations if u.subject and u.area == area.code]
        assert found == list(DEPARTMENT_SUBJECTS)


def test_every_place_lies_where_it_says(city: City) -> None:
    for part in (*city.facilities, *city.hubs, *city.firms):
        community = city.area_of[part.community]
        assert (part.street, part.district) == (part.community[:9], part.community[:6])
        away = distance_km(part.lon, part.lat, community.lon, community.lat)
        assert away < 0.15
    for hub in city.hubs:
        assert hub.operator in city.organisation_of


def test_rings_are_simple_counter_clockwise_and_rounded(city: City) -> None:
    for area in city.areas:
        assert signed_area(area) > 0
        assert len(set(area.ring)) == len(area.ring) - 1
        assert all(round(x, 5) == x and round(y, 5) == y for x, y in area.ring)
    for grid in city.of_tier("grid"):
        assert 6 <= len(grid.ring) - 1 <= 12
        lines = edges(grid)
        assert not any(crosses(a, b) for i, a in enumerate(lines) for b in lines[i + 1 :])


def test_children_fill_their_parent_without_gap_or_overlap(city: City) -> None:
    for area in city.areas:
        parts = city.children(area.code)
        if not parts:
            continue
        total = sum(signed_area(part) for part in parts)
        assert total == pytest.approx(signed_area(area), rel=1e-9)
        inner = Counter(edge for part in parts for edge in edges(part))
        assert max(inner.values()) == 1
        outline = {(a, b) for a, b in inner if (b, a) not in inner}
        assert outline == set(edges(area))


def test_neighbours_share_exact_edges_on_every_tier(city: City) -> None:
    rim = set(edges(city.root))
    for tier in TIERS[2:]:
        inner = {edge for area in city.of_tier(tier) for edge in edges(area)}
        assert all((b, a) in inner or (a, b) in rim for a, b in inner)


def test_the_river_parts_the_districts(city: City) -> None:
    banks = set(pairwise(city.river.line[1:-1]))
    on_the_river = [d for d in city.of_tier("district") if banks & set(edges(d))]
    north = [d for d in city.of_tier("district") if {(b, a) for a, b in banks} & set(edges(d))]
    assert on_the_river and north
    assert len(on_the_river) + len(north) >= 4
    assert not set(on_the_river) & set(north)


def test_the_outlines_stay_below_three_megabytes(city: City) -> None:
    text = json.dumps([city.geojson(tier) for tier in TIERS], ensure_ascii=False)
    assert len(text.encode()) < 3_000_000
    assert city.geojson("district")["features"][0]["geometry"]["type"] == "Polygon"


def test_firms_can_do_what_their_kind_does(city: City) -> None:
    known = {item.code for item in city.items}
    made = {p.item for firm in city.firms for p in firm.products}
    assert made <= known and "n95_mask" in made
    for firm in city.firms:
        assert (firm.kind == "supplier") == bool(firm.products)
        assert (firm.kind == "logistics") == (firm.vehicles > 0)
        assert (firm.kind == "platform") == bool(firm.services)
        assert all(p.per_day > 0 and p.price_cents > 0 for p in firm.products)


def test_every_desk_of_the_demo_has_a_person(city: City) -> None:
    people = build_people(city, 1)
    logins = [person.login for person in people]
    assert len(set(logins)) == len(logins)
    desks = Counter(person.duty for person in people)
    assert desks == {
        "duty": 7, "deputy": 1, "command": 7, "department": 56, "expert": 1, "street": 48,
        "community": 480, "grid": 480 + 96, "hospital": 40, "firm": 300, "social": 30,
        "volunteers": 18, "oversight": 1,
    }  # fmt: skip
    known = set(city.area_of) | set(city.organisation_of)
    assert all(person.unit in known and person.area in city.area_of for person in people)
    assert {"city.duty", "city.deputy", "city.commander", "city.health", "city.expert"} < set(
        logins
    )
    assert build_people(city, 1) == people
    assert build_people(city, 2) != people


def test_one_grid_worker_for_every_grid_when_asked_for(village: City) -> None:
    workers = [p for p in build_people(village, 1, one_per_grid=True) if p.duty == "grid"]
    grids = {grid.code for grid in village.of_tier("grid")}
    assert grids <= {worker.area for worker in workers}
    assert len(workers) == len(grids) + 2 * len(village.of_tier("street"))
    assert len({worker.login for worker in workers}) == len(workers)


def test_distance_on_the_globe() -> None:
    quarter = distance_km(0, 0, 90, 0)
    assert quarter == pytest.approx(10_007.557, abs=0.001)
    assert distance_km(118.2, 30.9, 118.2, 31.9) == pytest.approx(111.195, abs=0.001)
    assert distance_km(118.2, 30.9, 118.2, 30.9) == 0
    assert distance_km(118, 30, 119, 31) == distance_km(119, 31, 118, 30)


def test_shares_keep_the_sum_and_the_least() -> None:
    assert shares(10, [1, 1, 1]) == [4, 3, 3]
    assert shares(7, [0, 0, 5], 1) == [1, 1, 5]
    with pytest.raises(ValueError, match="cannot be shared"):
        shares(2, [1, 1, 1], 1)


def test_wrong_values_cannot_be_made(village: City) -> None:
    with pytest.raises(ValueError, match="three written forms"):
        Names("江", "", "Jiang")
    with pytest.raises(ValueError, match="subject"):
        Organisation("X", "department", village.root.names, "990100", "990100", "magic")
    grid = village.of_tier("grid")[0]
    with pytest.raises(ValueError, match="closed ring"):
        Area(grid.code, "grid", "grid", grid.names, grid.parent, 10, 4, 1, 1.0, 1.0, grid.ring[:-1])
    with pytest.raises(ValueError, match="do not fit"):
        Area(grid.code, "grid", "grid", grid.names, grid.parent, 10, 40, 1, 1.0, 1.0, grid.ring)
