"""Sites: against enumeration, what a loss costs, and refusals that say what to do."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.api import Study
from geolls.base.errors import GeollsError
from geolls.measures import siting
from geolls.measures.siting import add_sites, losses

gains = st.lists(st.lists(st.integers(0, 4), min_size=7, max_size=7), min_size=4, max_size=6)


def pairs(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs of site and school with a gain."""
    site, school = np.nonzero(table)
    return site, school, table[site, school].astype(float)


def best(table: np.ndarray, number: int) -> float:
    some = itertools.combinations(range(len(table)), min(number, len(table)))
    return max(float(table[list(c)].max(axis=0).sum()) for c in some)


@settings(max_examples=60, deadline=None)
@given(gains, st.integers(1, 3))
def test_one_site_is_the_best_of_all_and_no_bound_is_broken(rows: list, number: int) -> None:
    table = np.array(rows)
    found = add_sites(*pairs(table), number)
    got, top = sum(found.adds), best(table, number)
    assert got <= top <= found.most + 1e-9
    if number == 1:
        assert got == top
        ties = int((table.sum(axis=1) == top).sum()) - 1
        assert found.ties == ([ties] if top else [])


@settings(max_examples=15, deadline=None)
@given(gains, st.integers(2, 3))
def test_several_sites_that_cover_are_the_best_of_all(rows: list, number: int) -> None:
    table = (np.array(rows) > 2).astype(int) * np.arange(
        1, 8
    )  # each school gains the same anywhere
    found = add_sites(*pairs(table), number, whole=True)
    assert sum(found.adds) == pytest.approx(best(table, number))
    assert found.most >= best(table, number) - 1e-6


def test_without_a_solver_the_bound_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siting, "solver", lambda: False)
    # Greedy takes the middle and one side (4 + 1); both sides have 6.
    table = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 1, 0]])
    found = add_sites(*pairs(table), 2, whole=True)
    assert sum(found.adds) == 5 and found.most >= 6
    assert add_sites(*pairs(table), 9, whole=True).at == [2, 0, 1]  # no further site adds anything
    monkeypatch.undo()
    assert sum(add_sites(*pairs(table), 2, whole=True).adds) == 6


def test_a_loss_costs_those_whose_next_is_beyond() -> None:
    first = np.array([0, 0, 1, -1, 0])
    near, then = np.array([5.0, 9, 3, np.nan, 25]), np.array([8.0, np.nan, 30, np.nan, 40])
    lost, whose = losses(first, near, then, 10)
    assert lost.tolist() == [1, 2] and whose.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("layer", "asked", "said"),
    [
        ("local_authority", {"add": 1}, "lead schools are in teaching_school_hub_lead"),
        ("teaching_school_hub_lead", {"add": 0}, "no number of sites"),
        ("teaching_school_hub_lead", {"add": 1, "remove": "x"}, "not both"),
        ("teaching_school_hub_lead", {"add": 1, "within": "far"}, "'far' is no distance"),
        ("teaching_school_hub_lead", {"add": 1, "within": "30min"}, "--travel"),
        ("teaching_school_hub_lead", {"add": 1, "goal": "most"}, "reach or distance"),
        ("teaching_school_hub_lead", {"remove": "x"}, "give --register with the real schools"),
        ("teaching_school_hub_lead", {"add": 999, "place": "Isle of Wight"}, "give fewer"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    demonstration: Study, layer: str, asked: dict, said: str
) -> None:
    with pytest.raises(GeollsError, match=said):
        demonstration.site(layer, **{"within": "20km", **asked})


def test_a_site_on_real_schools_is_found_again_by_looking_at_all(real_study: Study) -> None:
    place = "region:East of England"
    found = real_study.site("teaching_school_hub_lead", add=1, within="20km", place=place)
    here = real_study.schools[real_study.schools["urn"].isin(real_study.schools_of(place))]
    xy = here[["easting", "northing"]].dropna().to_numpy()
    leads = (
        real_study.sites("teaching_school_hub_lead")[["easting", "northing"]].dropna().to_numpy()
    )
    far = xy[(np.hypot(*(xy[:, None] - leads).transpose(2, 0, 1)) > 20_000).all(axis=1)]
    most = max((np.hypot(*(far - one).T) <= 20_000).sum() for one in xy)
    assert found.table["schools_newly"].tolist() == [most]


def test_a_hub_is_asked_of_by_its_own_name(real_study: Study) -> None:
    by_name, leads = (
        real_study.site(name, within="20km") for name in ("maths_hub", "maths_hub_lead")
    )
    assert by_name.table.equals(leads.table)
    with pytest.raises(GeollsError, match="local_authority is made of areas, not of sites"):
        real_study.site("local_authority", within="20km")


def enumerated(study: Study, place: str, far: float, minutes) -> tuple[int, int, float, int]:
    """Look at all: schools within reach, newly so of the best site, the least mean, losses."""
    here = study.schools[study.schools["urn"].isin(study.schools_of(place))]
    urns = here.dropna(subset="easting")["urn"].tolist()
    leads = study.sites("teaching_school_hub_lead").dropna(subset="easting")["urn"].tolist()
    to_lead = {u: sorted(minutes(u, lead) for lead in leads)[:2] for u in urns}
    now = {u: times[0] if times[0] < np.inf else 2 * far for u, times in to_lead.items()}
    may = [u for u in urns if u not in leads]
    to_site = {c: [minutes(u, c) for u in urns] for c in may}
    newly = [
        sum(t <= far < to_lead[u][0] for u, t in zip(urns, to_site[c], strict=True)) for c in may
    ]
    mean = min(np.mean(np.fmin([now[u] for u in urns], to_site[c])) for c in may)
    lost = sum(first <= far < second for first, second in to_lead.values())
    served = sum(first <= far for first, _ in to_lead.values())
    return served, max(newly), float(mean), lost


@pytest.mark.real_data
@pytest.mark.parametrize("given", ["a table", "estimate"])
def test_sites_by_minutes_are_found_again_by_looking_at_all(
    real_study: Study, tmp_path: Path, given: str
) -> None:
    """One school has no time to any other; ways differ by direction; some pairs are not known."""
    far, place = 25, "local_authority:Cornwall"
    file = tmp_path / "times.csv"
    if given == "a table":
        here = real_study.schools.set_index("urn").loc[real_study.schools_of(place)]
        xy, rng = here[["easting", "northing"]].to_numpy(float), np.random.default_rng(1)
        made = np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1)) / 700 + rng.uniform(
            0, 9, [len(xy)] * 2
        )
        made[rng.random(made.shape) < 0.05], made[7], made[:, 7] = np.nan, np.nan, np.nan
        rows = [
            f"{a},{b},{made[i, j]:.0f}"
            for i, a in enumerate(here.index)
            for j, b in enumerate(here.index)
            if i != j and np.isfinite(made[i, j])
        ]
        file.write_text("\n".join(["from_id,to_id,travel_time", *rows]))
    travel = file if given == "a table" else given
    study = Study(real_study.settings.replace(travel=travel), register=real_study.register)
    if given == "a table":
        times = {tuple(r.split(",")[:2]): float(r.split(",")[2]) for r in rows}

        def minutes(a: str, b: str) -> float:
            return 0.0 if a == b else times.get((a, b), np.inf)
    else:
        every = study.travel
        urns = [*study.schools_of(place), *study.sites("teaching_school_hub_lead")["urn"].dropna()]
        a, b = np.repeat(urns, len(urns)), np.tile(urns, len(urns))
        got = np.nan_to_num(every.between(a, b), nan=np.inf)
        times = dict(zip(zip(a, b, strict=True), got.tolist(), strict=True))

        def minutes(a: str, b: str) -> float:
            return times[a, b]

    served, newly, mean, lost = enumerated(study, place, far, minutes)
    leads, within = "teaching_school_hub_lead", f"{far}min"
    found = study.site(leads, add=1, within=within, place=place)
    assert found.table["schools_newly"].tolist() == [newly]
    assert f"{served} are within 25 minutes of a lead now" in " ".join(found.told)
    nearer = study.site(leads, add=1, within=within, place=place, goal="distance")
    assert f"minutes now, {mean:.2f} then" in " ".join(nearer.told)
    loss = study.site(leads, within=within, place=place)
    assert loss.table["schools_beyond"].sum() == lost
    assert any("no known time" in line for line in loss.told) == (given == "a table")
