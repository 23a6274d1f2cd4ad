"""Who works here and from where, by hand and against plain loops."""

import math

import numpy as np
import pandas as pd
import pytest

from geolls.base.vocabulary import KINDS
from geolls.measures.home import home_of
from geolls.measures.membership import Membership
from geolls.measures.oversight import oversight, providers
from geolls.measures.placeview import (
    PlaceOptions,
    hub_view,
    place_view,
    school_view,
    trust_view,
)
from geolls.measures.spread import spread


def layer(schools, codes):
    return Membership.whole(pd.Index(schools["urn"]), codes)


def shared(place, urn, *units):
    """The same with one school shared by these units."""
    table = place.frame()
    both = pd.DataFrame({"item": urn, "unit_code": units, "unit_name": units, "share": 0.5})
    return Membership.of(pd.concat([table[table["item"] != urn], both]), place.items)


#            A A A A A  A B B B B
SCHOOLS = pd.DataFrame(
    {
        "urn": list("0123456789"),
        "name": [f"School {n}" for n in range(10)],
        "phase": ["primary"] * 8 + ["secondary"] * 2,
        "la_code": ["301"] * 6 + ["302"] * 4,
        "trust_uid": ["T", "T", "T", "S", None, None, "T", "U", "U", None],
        "trust_name": ["Tee", "Tee", "Tee", "Ess", None, None, "Tee", "You", "You", None],
        "trust_type": "multi_academy_trust",
        "status_unknown": [False] * 5 + [True] + [False] * 4,
        "pupils": [100, 200, 100, 300, 100, 100, 50, 150, 200, np.nan],
        "easting": [0, 1000, 2000, 500, 1500, 2500, 30_000, 31_000, 60_000, 32_000],
        "northing": 0.0,
    }
)
AUTHORITY = layer(SCHOOLS, "AAAAAABBBB")
HUB = layer(SCHOOLS, ["H"] * 4 + ["K"] * 5 + ["no_evidence"])
HOME = home_of(spread(SCHOOLS, {"la": AUTHORITY}), "la")
KINDS_SEEN = oversight(SCHOOLS, HOME, AUTHORITY)
HUB_HOME = home_of(spread(SCHOOLS, {"hub": HUB}), "hub")


def test_a_place_by_hand():
    view = place_view(SCHOOLS, AUTHORITY, KINDS_SEEN, {"la": AUTHORITY, "hub": HUB})
    a = view[(view["phase"] == "all") & (view["unit_code"] == "A")].iloc[0]
    assert (a["schools"], a["pupils"], a["trusts"]) == (6, 900, 1), "S has one school"
    # Of five schools whose provider is known T has 3, S and the authority 1 each.
    assert a["effective_providers"] == pytest.approx(25 / 11)
    assert (a["top_trust_uid"], a["top_trust_name"], a["top_trust_share"]) == ("T", "Tee", 0.5)
    shares = [a[f"share_{k}"] for k in KINDS]
    assert shares == pytest.approx([1 / 6, 1 / 6, 3 / 6, 0, 0, 1 / 6]) and sum(
        shares
    ) == pytest.approx(1)
    assert (a["share_band_1"], a["share_band_2-5"]) == pytest.approx((1 / 6, 1 / 2))
    assert a["trusts_per_10000_pupils"] == pytest.approx(1 / 900 * 10_000)
    assert a["interfaces"] == 3


def test_a_share_of_few_schools_is_blank_and_every_phase_has_its_rows():
    view = place_view(SCHOOLS, AUTHORITY, KINDS_SEEN)
    assert view["phase"].unique().tolist() == ["all", "primary", "secondary"]
    b = view[(view["phase"] == "all") & (view["unit_code"] == "B")].iloc[0]
    assert b["schools"] == 4 and np.isnan(b["share_no_trust"]) and np.isnan(b["top_trust_share"])
    loose = place_view(SCHOOLS, AUTHORITY, KINDS_SEEN, options=PlaceOptions(few=1))
    b = loose[(loose["phase"] == "all") & (loose["unit_code"] == "B")].iloc[0]
    assert b["share_trust_based_elsewhere"] == 0.25
    primary = view[(view["phase"] == "primary") & (view["unit_code"] == "A")].iloc[0]
    assert primary["schools"] == 6


def test_an_area_with_no_trust_school_says_zero():
    none = SCHOOLS.assign(trust_uid=None, trust_name=None)
    view = place_view(none, AUTHORITY, oversight(none, pd.Series(dtype=object), AUTHORITY))
    assert (view["trusts"] == 0).all() and view["top_trust_uid"].isna().all()
    a = view[(view["phase"] == "all") & (view["unit_code"] == "A")].iloc[0]
    assert a["top_trust_share"] == 0 and a["effective_providers"] == 1


def test_a_shared_school_counts_half_in_a_place():
    place = shared(AUTHORITY, "0", "A", "B")
    view = place_view(SCHOOLS, place, oversight(SCHOOLS, HOME, place))
    all_ = view[view["phase"] == "all"].set_index("unit_code")
    assert all_["schools"].to_dict() == {"A": 5.5, "B": 4.5}
    assert all_.loc["A", "pupils"] == 850


def test_two_hubs_that_list_one_school_are_not_both_met():
    """The place has one school on the land that both list: it deals with one of them."""
    both = shared(HUB, "1", "H", "K")
    one = Membership.whole(pd.Index(SCHOOLS["urn"]), ["A", *["B"] * (len(SCHOOLS) - 1)])
    view = place_view(SCHOOLS, one, KINDS_SEEN, {"hub": both})
    assert view.set_index(["phase", "unit_code"]).loc[("all", "A"), "interfaces"] == 1


def test_a_hub_by_hand():
    view = hub_view(SCHOOLS, HUB, HUB_HOME, {"la": AUTHORITY})
    all_ = view[view["phase"] == "all"].set_index("unit_code")
    assert all_.loc["H", ["schools", "trust_schools", "trusts", "units_la"]].tolist() == [
        4,
        4,
        2,
        1,
    ]
    assert all_.loc["H", "elsewhere_share"] == 0
    k = all_.loc["K", ["schools", "trust_schools", "trusts", "units_la", "trusts_based_elsewhere"]]
    assert k.tolist() == [5, 3, 2, 2, 1]
    assert all_.loc["K", "elsewhere_share"] == pytest.approx(1 / 3)
    assert "no_evidence" not in all_.index


def test_a_hub_without_trust_schools_has_no_share():
    none = SCHOOLS.assign(trust_uid=None)
    view = hub_view(none, HUB, pd.Series(dtype=object), {})
    assert view["elsewhere_share"].isna().all() and (view["trusts"] == 0).all()


def test_a_trust_meets_hubs():
    table = spread(SCHOOLS, {"hub": HUB})
    found = trust_view(table, ["hub"]).set_index("trust_uid")
    assert found.loc["T", ["hubs_hub", "hubs_hub_low", "hubs_hub_high"]].tolist() == [2, 2, 2]
    assert found.loc["T", "effective_hubs_hub"] == pytest.approx(
        2 ** (0.75 * math.log2(4 / 3) + 0.25 * 2)
    )


# ---- schools -----------------------------------------------------------------------------------


def test_a_school_and_its_siblings():
    view = school_view(SCHOOLS, {}).set_index("urn")
    assert view["sibling_km"].dropna().to_dict() == {
        "0": 1,
        "1": 1,
        "2": 1,
        "6": 28,
        "7": 29,
        "8": 29,
    }
    assert view["only_school_of_trust"].dropna().to_dict() == {
        "0": False, "1": False, "2": False, "3": True, "6": True, "7": True, "8": True,
    }  # fmt: skip
    assert view["local_choice"].isna().all()


def test_a_school_that_cannot_be_located_is_blank():
    lost = SCHOOLS.assign(easting=SCHOOLS["easting"].where(SCHOOLS["urn"] != "3"))
    view = school_view(lost, {"la": AUTHORITY}, neighbourhoods=np.zeros((20, 2))).set_index("urn")
    blank = ["only_school_of_trust", "local_choice", "single_provider", "urban",
             "boundary_neighbours_la", "trust_bridge_la"]  # fmt: skip
    assert view.loc["3", blank].isna().all()


def test_the_distance_to_the_office():
    offices = pd.DataFrame({"trust_uid": ["T"], "easting": [0.0], "northing": [3000.0]})
    view = school_view(SCHOOLS, {}, offices=offices).set_index("urn")
    assert view.loc["0", "km_to_trust_office"] == 3
    assert view.loc["7":"9", "km_to_trust_office"].isna().all()


@pytest.mark.parametrize("seed", range(5))
def test_boundary_bridge_and_choice_are_those_of_plain_loops(seed):
    rng = np.random.default_rng(seed)
    n, k = 60, 5
    schools = pd.DataFrame(
        {
            "urn": [f"{i:03d}" for i in rng.permutation(n)],
            "phase": rng.choice(["primary", "secondary"], n),
            "la_code": rng.choice(["1", "2"], n),
            "trust_uid": rng.choice(np.array(["T", "U", "V", None], dtype=object), n),
            "status_unknown": rng.random(n) < 0.1,
            "easting": rng.uniform(0, 20_000, n).round(-2),
            "northing": rng.uniform(0, 20_000, n).round(-2),
        }
    )
    units = rng.choice(["A", "B", "C", "no_evidence"], n)
    hub = layer(schools, units).frame()
    extra = hub[(hub["unit_code"] == "A") & (rng.random(n) < 0.5)]
    hub.loc[extra.index, "share"] = 0.5
    hub = pd.concat([hub, extra.assign(unit_code="D", share=0.5)])
    dots = rng.uniform(0, 20_000, (120, 2))
    rules = PlaceOptions(urban_neighbourhoods=8)
    view = school_view(schools, {"hub": Membership.of(hub)}, neighbourhoods=dots, options=rules)
    claims = hub.groupby("item")["unit_code"].agg(set).map(lambda s: s - {"no_evidence"})
    rows = schools.to_dict("records")
    body = dict(zip(schools["urn"], providers(schools), strict=True))

    def km(a, b):
        return math.hypot(a["easting"] - b["easting"], a["northing"] - b["northing"]) / 1000

    for at, s in enumerate(rows):
        near = sorted(
            (r for r in rows if r["urn"] != s["urn"] and r["phase"] == s["phase"]),
            key=lambda r: (km(s, r), r["urn"]),
        )[:k]
        mine, found = claims[s["urn"]], view.iloc[at]
        other = [r for r in near if claims[r["urn"]] and not claims[r["urn"]] & mine]
        if not mine:
            assert np.isnan(found["boundary_neighbours_hub"])
        else:
            assert found["boundary_neighbours_hub"] == pytest.approx(len(other) / len(near))
            there = set().union(*(claims[r["urn"]] for r in other))
            bridge = any(
                r["trust_uid"] == s["trust_uid"] and claims[r["urn"]] & there for r in rows
            )
            if pd.isna(s["trust_uid"]):
                assert pd.isna(found["trust_bridge_hub"])
            else:
                assert found["trust_bridge_hub"] == bridge
        dense = sum(math.hypot(d[0] - s["easting"], d[1] - s["northing"]) <= 3000 for d in dots)
        radius = 3 if dense >= 8 else 8
        assert found["urban"] == (dense >= 8)
        close = [r for r in near if km(s, r) <= radius]
        assert found["near_schools"] == len(close)
        who = [body[r["urn"]] for r in close if not pd.isna(body[r["urn"]])]
        if who:
            shares = [who.count(w) / len(who) for w in set(who)]
            assert found["local_choice"] == pytest.approx(1 / sum(q * q for q in shares))
        else:
            assert np.isnan(found["local_choice"])
        one = len(close) == k and all(r["trust_uid"] == s["trust_uid"] for r in close)
        assert found["single_provider"] == (one and not pd.isna(s["trust_uid"]))
        siblings = [km(s, r) for r in rows if r["urn"] != s["urn"]
                    and r["trust_uid"] == s["trust_uid"] and s["trust_uid"]]  # fmt: skip
        if siblings:
            assert found["sibling_km"] == pytest.approx(min(siblings))


def test_a_place_shows_the_pupils_with_one_provider_nearby():
    nearby = pd.DataFrame(
        {"urn": SCHOOLS["urn"], "only_school_of_trust": [True] + [False] * 9,
         "single_provider": [True, False, False, False, False, None, True, True, True, True]}
    )  # fmt: skip
    view = place_view(SCHOOLS, AUTHORITY, KINDS_SEEN, nearby=nearby)
    a = view[(view["phase"] == "all") & (view["unit_code"] == "A")].iloc[0]
    assert a["single_provider_pupil_share"] == pytest.approx(100 / 800)
    assert (a["only_schools"], a["only_school_share"]) == (1, pytest.approx(1 / 6))
