"""Realignment: against enumeration on small graphs, a second look at every answer, and refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.api import Study
from geolls.base.errors import GeollsError, UsageError
from geolls.measures import exact
from geolls.measures.listed import Every
from geolls.measures.realign import Ground, Links, facts, hold, kept_at_most, search

# Six areas in two rows of three: 0 1 2 over 3 4 5.
BORDERS = np.array([[0, 1], [1, 2], [3, 4], [4, 5], [0, 3], [1, 4], [2, 5]])


def ground(links=(), schools=(10,) * 6, today=(0, 0, 0, 1, 1, 1), units=2, low=0, high=99, **more):
    """Return a ground of areas whose links are given as (a, b, weight)."""
    n = len(schools)
    table = np.zeros((n, n))
    for a, b, weight in links:
        table[a, b] += weight
        table[b, a] += weight
    now = np.zeros((n, max(today) + 1))
    now[np.arange(n), list(today)] = schools
    names = more.pop("names", [f"area {i}" for i in range(n)])
    borders = more.pop("borders", BORDERS)
    return Ground(names, np.array(schools), now, table, borders, units, low, high)


def objective(g: Ground, unit: np.ndarray, cost: float) -> float:
    found = facts(g, unit)
    return found.kept - cost * found.moved


def by_enumeration(g: Ground, cost: float) -> float | None:
    """Return the best objective of all groupings, each looked at by hand; None without any."""
    n, best = len(g.schools), None
    near = {i: set() for i in range(n)}
    for a, b in g.borders.tolist():
        near[a].add(b)
        near[b].add(a)

    def hangs(part: set[int]) -> bool:
        seen, stack = set(), [min(part)]
        while stack:
            at = stack.pop()
            if at not in seen:
                seen.add(at)
                stack += near[at] & part
        return seen == part

    home, named = g.today.argmax(axis=1), g.today.shape[1]
    for unit in itertools.product(range(g.units), repeat=n):
        parts = [{i for i in range(n) if unit[i] == u} for u in range(g.units)]
        if not all(p and hangs(p) and g.low <= g.schools[list(p)].sum() <= g.high for p in parts):
            continue
        kept = sum(g.links[a, b] for p in parts for a in p for b in p if a < b)
        # Every way of saying which unit carries on which of today.
        owners = [*range(named), *[-1] * max(g.units - named, 0)]
        stays = max(
            sum(g.schools[i] for i in range(n) if owner[unit[i]] == home[i])
            for owner in itertools.permutations(owners, g.units)
        )
        value = kept - cost * (g.schools.sum() - stays)
        best = value if best is None else max(best, value)
    return best


def test_a_trust_weighs_as_many_as_its_schools() -> None:
    links = Links.of_groups(np.array([5, 5, 5, 2, -1, 7, 7]))
    assert links.total == pytest.approx(3 + 2)
    assert links.kept(np.array([0, 0, 1, 1, 1, 0, 1])) == pytest.approx(1)  # one pair of three
    table = links.between(np.array([0, 0, 1, 1, 1, 2, 2]), 3)
    assert table.tolist() == [[1, 2, 0], [2, 0, 0], [0, 0, 2]]


def test_what_is_linked_is_grouped_where_moves_cost_nothing() -> None:
    # Left column with left column; today's units are the rows.
    g = ground([(0, 3, 5), (1, 4, 1), (2, 5, 5), (1, 2, 1)], units=2, low=20, high=40)
    unit = search(g, 0.0, steps=4000)
    assert unit[0] == unit[3] and unit[2] == unit[5] and unit[0] != unit[2]
    assert facts(g, unit).moved == 30.0  # of the two rows each unit keeps half


def test_a_dear_move_leaves_today_as_it_is() -> None:
    g = ground([(0, 3, 5), (2, 5, 5)], low=20, high=40)
    unit = search(g, 9.0, steps=4000)
    assert facts(g, unit).moved == 0
    assert (unit == unit[[0, 0, 0, 3, 3, 3]]).all()


weights = st.integers(0, 9)
grounds = st.builds(
    lambda sizes, links, today, units, low, more: ground(
        [(a, b, w) for (a, b), w in zip(itertools.combinations(range(6), 2), links, strict=True)],
        sizes,
        today,
        units,
        low,
        low + more,
    ),
    st.lists(st.integers(1, 9), min_size=6, max_size=6),
    st.lists(weights, min_size=15, max_size=15),
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
    st.integers(1, 4),
    st.integers(0, 8),
    st.integers(4, 30),
)


@settings(max_examples=10, deadline=None)
@given(grounds, st.sampled_from([0.0, 0.3, 2.0]))
def test_search_is_as_good_as_enumeration_and_no_bound_is_broken(g: Ground, cost: float) -> None:
    best = by_enumeration(g, cost)
    if best is None:
        with pytest.raises(GeollsError):
            hold(g)
            search(g, cost, steps=1500)
        return
    hold(g)  # refuses nothing that can be met
    unit = exact.polished(g, search(g, cost, steps=1500), cost)
    found = facts(g, unit)
    assert found.pieces == g.units
    assert g.low <= found.sizes.min() and found.sizes.max() <= g.high
    assert objective(g, unit, cost) == pytest.approx(best)
    listed, limit = Every(g).best(cost, search(g, cost, steps=200))
    assert objective(g, listed, cost) == pytest.approx(best)
    assert best - 1e-6 <= limit <= best + 0.01
    assert kept_at_most(g, cost) >= best - 1e-6
    assert exact.Bound(g).above(cost) >= best - 1e-6


def test_a_window_betters_what_a_search_left() -> None:
    g = ground([(0, 3, 5), (1, 4, 5), (2, 5, 5)], units=3, today=(0, 0, 1, 2, 2, 1))
    poor = np.array([0, 0, 1, 2, 2, 1])
    better = exact.polished(g, poor, 0.0)
    assert objective(g, better, 0.0) == 15 > objective(g, poor, 0.0)


def test_every_unit_that_could_be_is_listed_once() -> None:
    g = ground(low=20, high=30)
    every = Every(g)
    held = [
        frozenset(units.key(at, 0)[0])
        for tree in every.listed
        for units in [
            tree.those(np.flatnonzero(np.concatenate([e.kept for e in tree.levels]) >= 0))
        ]
        for at in range(len(units.kept))
    ]
    by_hand = {
        frozenset(part)
        for k in (2, 3)
        for part in itertools.combinations(range(6), k)
        if len(set(g.pieces(np.isin(range(6), part).astype(np.intp))[list(part)])) == 1
    }
    assert every and len(held) == every.number == len(by_hand)
    assert set(held) == by_hand


def test_one_unit_of_all_is_the_best_there_can_be() -> None:
    g = ground([(0, 3, 5), (2, 5, 5)], units=1)
    assert kept_at_most(g, 0.1) == objective(g, np.zeros(6, dtype=np.intp), 0.1) == 10 - 0.1 * 30


def test_what_is_too_much_to_list_is_not_listed() -> None:
    n = 40
    g = ground(
        schools=(1,) * n,
        today=(0,) * n,
        borders=np.array([[i, i + 1] for i in range(n - 1)]),
        high=n,
        units=1,
    )
    assert not Every(g)


def test_the_same_seed_gives_the_same_grouping() -> None:
    g = ground([(0, 3, 2), (1, 4, 3), (4, 5, 2)], units=3)
    assert (
        search(g, 0.1, seed=7, steps=2000).tolist() == search(g, 0.1, seed=7, steps=2000).tolist()
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"units": 7}, "6 areas make 1 to 6 units, not 7"),
        ({"units": 0}, "1 to 6 units, not 0"),
        ({"low": 50, "high": 20}, "50:20 is no band"),
        ({"low": 31}, "31 needs 1 units or fewer; 2 units, 30 or fewer"),
        ({"high": 29}, "29 needs 3 units or more; 2 units, 30 or more"),
        ({"high": 9, "units": 6}, "area 0 alone has 10 schools, more than 9; give 0:10 or more"),
        (
            {"low": 15, "borders": BORDERS[[1, 2, 3, 6]]},
            "area 0 touch nothing else, and have 10 schools",
        ),
    ],
)
def test_a_rule_that_nothing_meets_is_refused_with_the_nearest(rule: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        hold(ground(**rule))


def test_a_proposal_is_a_scenario_that_moves_what_it_says(demonstration, tmp_path) -> None:
    found = demonstration.realign(
        "region", basis="local_authority", units=8, size=(0, 5000), moves=[0.3]
    )
    row = found.frontier.iloc[1]
    assert row["contiguous"] and row["units"] == 8 and row["objective"] <= row["bound"]
    assert found.moves["schools"].sum() == row["schools_moved"]
    assert found.units["schools"].sum() == found.areas["schools"].sum()
    (path,) = found.write(tmp_path)
    after = demonstration.taking([str(path)])
    told = after.scenario_compare("region", str(path)).summary.set_index("measure")
    assert told.loc["schools", "moved"] == row["schools_moved"]
    assert told.loc["units", "after"] == 8


AREAS = {
    **dict.fromkeys(("Breckland", "Broadland", "Great Yarmouth", "North Norfolk"), "one"),
    **dict.fromkeys(("Norwich", "South Norfolk", "Babergh", "Ipswich", "Mid Suffolk"), "two"),
}


@pytest.fixture(scope="module")
def anglia(real_study, tmp_path_factory):
    """Nine districts in two units, and their real schools."""
    rows = [f"{unit},{unit},{name},2022-09-01" for name, unit in AREAS.items()]
    folder = tmp_path_factory.mktemp("layers") / "anglia"
    folder.mkdir()
    (folder / "layer.toml").write_text('title = "Anglia"\nsource = "made"\nkind = "areas"\n')
    members = "\n".join(["unit_code,unit_name,area_name,codes_as_of", *rows])
    (folder / "members.csv").write_text(members)
    return Study(real_study.settings.replace(boundaries=(folder,)), register=real_study.register)


@pytest.mark.real_data
def test_what_is_kept_of_real_schools_is_the_best_of_all_groupings(anglia) -> None:
    """From the schools up: every grouping of the districts, its links counted pair by pair."""
    keep = {"trusts": 1, "authorities": 0.5, "travel": 2}
    found = anglia.realign("anglia", size=(180, 400), moves=[0.05], keep=keep)
    row, areas = found.frontier.iloc[1], found.areas.set_index("area_name")
    schools = anglia.schools[anglia.schools["district_name"].isin(AREAS)].dropna(subset="easting")
    names, at = list(AREAS), schools["district_name"].map(list(AREAS).index).to_numpy()
    table = np.zeros((9, 9))
    for kind, column in (("trusts", "trust_uid"), ("authorities", "la_code")):
        for _, group in schools.assign(at=at).dropna(subset=column).groupby(column):
            for a, b in itertools.combinations(group["at"], 2):
                table[a, b] += keep[kind] * 2 / (len(group) - 1)
    xy = schools[["easting", "northing"]].to_numpy(float)
    away = np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))
    np.fill_diagonal(away, np.inf)
    for here, near in zip(at, np.argsort(away, axis=1, kind="stable")[:, :5], strict=True):
        for there in at[near]:
            table[here, there] += keep["travel"] / 5
    shape = {name: anglia.blocks.geometry[code] for code, name in anglia.block_names.items()}
    borders = [
        (a, b)
        for a, b in itertools.combinations(range(9), 2)
        if shape[names[a]].intersects(shape[names[b]])
    ]
    size = np.bincount(at, minlength=9)
    whole = ground(
        schools=size,
        today=[0] * 4 + [1] * 5,
        low=180,
        high=400,
        borders=np.array(borders),
        links=[(a, b, table[a, b]) for a in range(9) for b in range(9) if a != b],
    )
    assert row["objective"] == pytest.approx(by_enumeration(whole, 0.05))
    assert row["kept_share"] * table.sum() == pytest.approx(
        row["objective"] + np.trace(table) + 0.05 * row["schools_moved"]
    )
    assert row["objective"] <= row["bound"] + 1e-6
    assert areas["schools"].reindex(names).tolist() == size.tolist()
