"""Made-up trusts: as many schools of the same phases, near home or anywhere."""

import numpy as np
import pandas as pd
import pytest

from geolls.base.errors import UsageError
from geolls.measures.membership import Membership
from geolls.measures.spread import spread
from geolls.measures.yardstick import against, home_points, km_from_home, made_up_trusts


def schools(n=60, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "urn": [f"{i:03d}" for i in range(n)],
            "phase": rng.choice(["primary", "secondary"], n),
            "trust_uid": rng.choice(np.array(["T", "U", None], dtype=object), n, p=[0.2, 0.1, 0.7]),
            "pupils": 100.0,
            "easting": rng.uniform(0, 100_000, n),
            "northing": rng.uniform(0, 100_000, n),
        }
    )
    known = table["trust_uid"].notna()
    return table.assign(
        trust_name=table["trust_uid"],
        trust_type=pd.Series("multi_academy_trust", index=table.index).where(known),
    )


def authorities(table):
    codes = np.where(table["easting"] < 50_000, "W", "E")
    return Membership.whole(pd.Index(table["urn"]), codes)


def test_home_is_the_middle_of_the_schools_in_the_home_area():
    table = schools()
    found = spread(table, {"la": authorities(table)}).set_index("trust_uid")
    points = home_points(table, found["home_la"], authorities(table)).set_index("trust_uid")
    side = table["easting"] < 50_000
    for uid, row in points.iterrows():
        home = side if row["home_code"] == "W" else ~side
        mine = table[(table["trust_uid"] == uid) & home]
        assert row["home_schools"] == len(mine)
        assert row["home_easting"] == pytest.approx(mine["easting"].mean())
    km = km_from_home(table, points.reset_index()).set_index("urn")["km"]
    mine = table[table["trust_uid"] == "T"]
    away = np.hypot(mine["easting"] - points.loc["T", "home_easting"],
                    mine["northing"] - points.loc["T", "home_northing"]) / 1000  # fmt: skip
    assert km.loc[mine["urn"]].tolist() == pytest.approx(away.tolist())


def test_made_up_trusts_have_the_same_phases_and_the_nearest_schools():
    table = schools()
    found = spread(table, {"la": authorities(table)}).set_index("trust_uid")
    points = home_points(table, found["home_la"], authorities(table))
    for kind in ("nearest", "random"):
        made = made_up_trusts(table, points, kind)
        assert pd.crosstab(made["trust_uid"], made["phase"]).equals(
            pd.crosstab(table["trust_uid"], table["phase"])
        )
        assert not made.duplicated(["trust_uid", "urn"]).any()
    near = made_up_trusts(table, points)
    home = points.set_index("trust_uid").loc["T"]
    pool = table[table["phase"] == "primary"]
    away = np.hypot(
        pool["easting"] - home["home_easting"], pool["northing"] - home["home_northing"]
    )
    mine = near[(near["trust_uid"] == "T") & (near["phase"] == "primary")]
    known = pool.loc[away.sort_values().index[: len(mine)], "urn"]
    assert set(mine["urn"]) == set(known)


def test_made_up_trusts_are_measured_like_real_ones_and_set_beside_them():
    table = schools()
    la = {"la": authorities(table)}
    real = spread(table, la)
    points = home_points(table, real.set_index("trust_uid")["home_la"], la["la"])
    twins = {k: spread(made_up_trusts(table, points, k, seed=5), la) for k in ("nearest", "random")}
    found = against(real, twins).set_index(["trust_uid", "measure"])
    row = found.loc[("T", "pair_km_mean")]
    assert row["value"] == real.set_index("trust_uid").loc["T", "pair_km_mean"]
    assert row["nearest"] < row["random"]
    assert row["ratio_nearest"] == pytest.approx(row["value"] / row["nearest"])
    again = made_up_trusts(table, points, "random", seed=5)
    pd.testing.assert_frame_equal(again, made_up_trusts(table, points, "random", seed=5))
    with pytest.raises(UsageError):
        made_up_trusts(table, points, "best")


def test_a_trust_that_cannot_be_located_has_no_twin():
    table = schools()
    table.loc[table["trust_uid"] == "U", "easting"] = np.nan
    la = authorities(table)
    home = spread(table, {"la": la}).set_index("trust_uid")["home_la"]
    points = home_points(table, home, la)
    assert points.set_index("trust_uid").loc["U", "home_schools"] == 0
    assert set(made_up_trusts(table, points)["trust_uid"]) == {"T"}
