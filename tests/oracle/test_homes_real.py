"""Homes on both real registers, counted again from the schools alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest

from geolls.base.vocabulary import KINDS
from geolls.study.facts import facts_of
from geolls.study.units import at_work, units_of

LAYER = "local_authority"
pytestmark = pytest.mark.real_data


def counted(study: Any, layer: str) -> dict[str, Counter[str]]:
    """Count each trust's located schools by place, "out" being one; shared land has no place."""
    table = study.assigned(layer)
    table = table[(table["share"] == 1) & (table["unit_code"] != "not_located")]
    place = table.set_index("urn")["unit_code"].replace("not_covered", "out").to_dict()
    out: dict[str, Counter[str]] = {}
    for urn, uid in study.schools[["urn", "trust_uid"]].dropna().itertuples(index=False):
        if urn in place:
            out.setdefault(uid, Counter())[place[urn]] += 1
    return out


@pytest.fixture(scope="module", params=["2022", "2025"])
def study(request: Any) -> Any:
    return request.getfixturevalue("real_study" if request.param == "2022" else "recent_study")


@pytest.mark.parametrize("layer", [LAYER, "district", "combined_authority"])
def test_home_is_the_one_largest_place_with_a_quarter_of_the_schools(
    study: Any, layer: str
) -> None:
    table = study.spread().set_index("trust_uid")
    for uid, places in counted(study, layer).items():
        n, (top, most) = places.total(), places.most_common(1)[0]
        tied = list(places.values()).count(most) > 1
        status = "no_single_home" if tied or 4 * most < n else "home"
        row = table.loc[uid]
        if status == "home" and top == "out":
            status, top = "outside", "not_covered"
        assert row[f"home_status_{layer}"] == status, uid
        assert row[f"home_share_{layer}"] == pytest.approx(most / n)
        home = row[f"home_{layer}"]
        assert home == top if status in ("home", "outside") else pd.isna(home)


def test_every_kind_follows_from_the_home_of_the_trust(study: Any) -> None:
    kinds, homes = study.kinds(LAYER), study.trust_home(LAYER)
    units = study.assigned(LAYER).set_index("urn")["unit_code"]
    runs = study.spread().set_index("trust_uid")["schools_all"]
    for urn, uid, unknown in study.schools[["urn", "trust_uid", "status_unknown"]].itertuples(
        index=False
    ):
        if not isinstance(uid, str):
            kind = "status_unknown" if unknown else "no_trust"
        elif runs[uid] == 1:
            kind = "single_school_trust"
        elif homes[uid] == "no_single_home":
            kind = "no_single_home"
        else:
            kind = "trust_home_here" if homes[uid] == units[urn] else "trust_based_elsewhere"
        assert kinds[urn] == kind


def test_a_trust_without_a_home_has_no_distance_from_it_and_no_yardstick(study: Any) -> None:
    facts = facts_of(study, [LAYER])
    homeless = facts.trusts[facts.trusts[f"home_status_{LAYER}"] == "no_single_home"]
    far = ["home_easting", "home_km_median", *(c for c in facts.trusts if c.startswith("yard_"))]
    assert len(homeless) and homeless[far].isna().all(axis=None)
    assert homeless["pair_km_mean"].notna().any()
    assert not {*homeless.index} & ({*facts.from_home} | {*facts.yardstick})


def test_units_and_trusts_at_work_see_the_same_homes(study: Any) -> None:
    for layer in (LAYER, "combined_authority", "teaching_school_hub"):
        homes, units = study.trust_home(layer), units_of(study, layer)
        kind = {"no_single_home": "no_single_home", "not_known": "status_unknown"}
        for code, trusts in at_work(study, layer).items():
            for trust in trusts:
                here = homes[trust.uid] == code
                there = "trust_home_here" if here else "trust_based_elsewhere"
                assert trust.kind == kind.get(homes[trust.uid], there)
        assert units[list(KINDS)].sum(axis=1).to_numpy() == pytest.approx(units["schools"])


def test_the_trusts_of_2022(real_study: Any) -> None:
    table = real_study.spread().set_index("trust_uid")
    table = table[table["schools"] >= 2]
    share, status = table[f"home_share_{LAYER}"], table[f"home_status_{LAYER}"]
    assert len(table) == 1091
    assert (share < 0.5).sum() == 100 and (share == 0.5).sum() == 55
    homeless = table[status == "no_single_home"]
    tied = homeless[homeless[f"home_share_{LAYER}"] >= 0.25]
    places = counted(real_study, LAYER)
    ties = {
        uid for uid in table.index
        if list(places[uid].values()).count(max(places[uid].values())) > 1
    }  # fmt: skip
    assert len(ties) == 72 and table.loc[sorted(ties), "schools"].sum() == 597
    assert len(homeless) == 81 and homeless["schools"].sum() == 905
    assert set(tied.index) < ties  # United Learning is tied, and under a quarter too
    united = table.loc["5143"]
    assert (united["schools"], united[f"home_share_{LAYER}"]) == (75, 0.08)
    assert united[f"home_status_{LAYER}"] == "no_single_home"


def test_a_partial_layer_is_not_the_home_of_trusts_that_are_mostly_outside(
    real_study: Any,
) -> None:
    """In version 0.1 49 schools of Greater Manchester and 88 of West Midlands stood at home."""
    layer = "combined_authority"
    kinds, units = real_study.kinds(layer), real_study.assigned(layer).set_index("urn")["unit_code"]
    inside = {uid: c.total() - c["out"] for uid, c in counted(real_study, layer).items()}
    outside = {uid: c["out"] for uid, c in counted(real_study, layer).items()}
    trust = real_study.schools.set_index("urn")["trust_uid"]
    at_home = kinds.index[kinds == "trust_home_here"]
    at_home = [urn for urn in at_home if units[urn] != "not_covered"]
    assert at_home
    assert all(inside[trust[urn]] > outside[trust[urn]] for urn in at_home)
