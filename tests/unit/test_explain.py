"""The rows behind a number add up to it: for every measure that can be explained."""

import numpy as np
import pandas as pd
import pytest

from geolls.base.errors import UnknownNameError, UsageError
from geolls.measures import explain
from geolls.measures.membership import Membership
from geolls.measures.oversight import oversight
from geolls.measures.placeview import place_view, school_view
from geolls.measures.spread import SpreadOptions, spread

RNG = np.random.default_rng(11)
N = 160
SCHOOLS = pd.DataFrame(
    {
        "urn": [f"{i:03d}" for i in range(N)],
        "name": [f"School {i}" for i in range(N)],
        "phase": RNG.choice(["primary", "secondary"], N),
        "la_code": RNG.choice(["301", "302"], N),
        "trust_uid": RNG.choice(np.array([*"PQRSTUVWXY", None], dtype=object), N),
        "status_unknown": RNG.random(N) < 0.05,
        "pupils": np.where(RNG.random(N) < 0.05, np.nan, RNG.integers(20, 900, N)),
        "easting": np.where(RNG.random(N) < 0.03, np.nan, RNG.uniform(0, 60_000, N)),
        "northing": RNG.uniform(0, 60_000, N),
    }
)
SCHOOLS["trust_name"] = "Trust " + SCHOOLS["trust_uid"].astype(object)
SCHOOLS["trust_type"] = "multi_academy_trust"
SCHOOLS.loc[0, "trust_uid"] = "one"


def layer(codes, shared=0.0):
    table = pd.DataFrame({"item": SCHOOLS["urn"], "unit_code": RNG.choice(codes, N), "share": 1.0})
    extra = table[(RNG.random(N) < shared) & (table["unit_code"] == codes[0])]
    table.loc[extra.index, "share"] = 0.5
    both = pd.concat([table, extra.assign(unit_code=codes[1], share=0.5)], ignore_index=True)
    return Membership.of(both.assign(unit_name="Unit " + both["unit_code"]))


LAYERS = {
    "local_authority": layer(["A", "B", "C"]),
    "region": layer(["N", "S"]),
    "hub": layer(["H", "K", "no_evidence"], shared=0.5),
}
SPREAD = spread(SCHOOLS, LAYERS).set_index("trust_uid")
HOME = SPREAD["home_local_authority"]
KINDS_SEEN = oversight(SCHOOLS, HOME, LAYERS["local_authority"])
NEARBY = school_view(SCHOOLS, LAYERS, neighbourhoods=RNG.uniform(0, 60_000, (900, 2)))


@pytest.mark.parametrize("measure", explain.trust_measures(LAYERS))
def test_the_rows_behind_a_trusts_number_add_up_to_it(measure):
    for uid in SPREAD.index:
        found = explain.explain_trust(measure, SCHOOLS, LAYERS, uid)
        known = SPREAD.loc[uid, measure]
        assert found.value == pytest.approx(known, rel=1e-9, abs=1e-12, nan_ok=True), uid
        if not np.isnan(known):
            assert found.rows["part"].sum() == pytest.approx(known, rel=1e-9, abs=1e-12)
        assert found.measure == measure and found.how.endswith(".")


@pytest.mark.parametrize("measure", explain.place_measures())
def test_the_rows_behind_a_places_number_add_up_to_it(measure):
    view = place_view(SCHOOLS, LAYERS["local_authority"], KINDS_SEEN, LAYERS, nearby=NEARBY)
    for row in view[view["phase"] == "all"].itertuples():
        found = explain.explain_place(
            measure, SCHOOLS, LAYERS["local_authority"], KINDS_SEEN, row.unit_code,
            layers=LAYERS, nearby=NEARBY,
        )  # fmt: skip
        known = view.loc[row.Index, measure]
        assert found.value == pytest.approx(known, rel=1e-9, abs=1e-12)
        assert found.rows["part"].sum() == pytest.approx(known, rel=1e-9, abs=1e-12)


def test_shares_of_few_schools_are_blank_behind_a_number_as_in_its_table():
    few = LAYERS["local_authority"].frame()
    mine = few[few["unit_code"] == "A"]
    four = Membership.of(pd.concat([mine.head(4), few[few["unit_code"] != "A"]]))
    kinds = oversight(SCHOOLS, HOME, four)
    view = place_view(SCHOOLS, four, kinds, LAYERS, nearby=NEARBY)
    row = view[(view["phase"] == "all") & (view["unit_code"] == "A")].iloc[0]
    for measure in explain.place_measures():
        found = explain.explain_place(
            measure,
            SCHOOLS,
            four,
            oversight(SCHOOLS, HOME, four),
            "A",
            layers=LAYERS,
            nearby=NEARBY,
        )
        assert found.value == pytest.approx(row[measure], nan_ok=True), measure
        if np.isnan(row[measure]):
            assert found.rows["part"].isna().all()
    assert row[["top_trust_share", "only_school_share"]].isna().all()


def test_no_row_behind_a_number_holds_eligible_pupils():
    schools, place = SCHOOLS.assign(fsm_pupils=3.0), LAYERS["local_authority"]
    found = [
        explain.explain_place(m, schools, place, KINDS_SEEN, "A", layers=LAYERS, nearby=NEARBY)
        for m in explain.place_measures()
    ] + [explain.explain_trust(m, schools, LAYERS, "P") for m in explain.trust_measures(LAYERS)]
    assert not [f.measure for f in found if "fsm_pupils" in f.rows]


def test_a_place_of_one_phase_is_explained_by_its_schools():
    view = place_view(SCHOOLS, LAYERS["local_authority"], KINDS_SEEN)
    primary = pd.Index(SCHOOLS.loc[SCHOOLS["phase"] == "primary", "urn"])
    place = LAYERS["local_authority"]
    found = explain.explain_place("share_no_trust", SCHOOLS, place.over(primary), KINDS_SEEN, "A")
    known = view[(view["phase"] == "primary") & (view["unit_code"] == "A")]
    assert found.value == pytest.approx(known["share_no_trust"].iloc[0])


def test_a_measure_that_is_no_sum_is_refused():
    with pytest.raises(UsageError):
        explain.explain_trust("reach", SCHOOLS, LAYERS, "P")
    with pytest.raises(UsageError):
        explain.explain_place("effective_providers", SCHOOLS, LAYERS["region"], KINDS_SEEN, "N")
    with pytest.raises(UsageError, match="needs the table"):
        explain.explain_place("interfaces", SCHOOLS, LAYERS["region"], KINDS_SEEN, "N")


def test_unknown_names_are_refused():
    with pytest.raises(UnknownNameError):
        explain.explain_trust("schools", SCHOOLS, LAYERS, "nobody")
    with pytest.raises(UnknownNameError):
        explain.explain_place("schools", SCHOOLS, LAYERS["region"], KINDS_SEEN, "nowhere")


def test_thresholds_of_the_study_decide_the_clusters():
    rules = SpreadOptions(cluster_km=5)
    known = spread(SCHOOLS, LAYERS, rules).set_index("trust_uid")["clusters"]
    for uid in known.index:
        found = explain.explain_trust("clusters", SCHOOLS, LAYERS, uid, rules)
        assert found.value == pytest.approx(known[uid], nan_ok=True)
