"""Before and after a regrouping, counted again: by trying every way, and from the raw register."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.base.interval import Interval
from geolls.measures.membership import Membership
from geolls.measures.regrouping import Comparison

Units = tuple[str, ...]


def members(each: list[Units]) -> Membership:
    rows = [
        (str(i), code, code.upper(), 1 / len(units))
        for i, units in enumerate(each)
        for code in units
    ]
    frame = pd.DataFrame(rows, columns=["item", "unit_code", "unit_name", "share"])
    return Membership.of(frame, pd.Index([str(i) for i in range(len(each))]))


def held(
    before: list[Units], after: list[Units], trusts: list[str | None], hubs: list[Units]
) -> Comparison:
    n = len(before)
    table = pd.DataFrame(
        {
            "urn": [str(i) for i in range(n)],
            "name": [f"School {i}" for i in range(n)],
            "phase": "primary",
            "pupils": [100.0 + i for i in range(n)],
            "trust_uid": pd.Series(trusts, dtype=object),
            "trust_name": pd.Series(trusts, dtype=object),
            "trust_type": pd.Series([t and "multi_academy_trust" for t in trusts], dtype=object),
            "easting": np.arange(n) * 1000.0 + 4e5,
            "northing": 3e5,
        }
    )
    return Comparison(table, members(before), members(after), {"hub": members(hubs)})


def ends(table: pd.DataFrame, row: Any, name: str) -> tuple[float, float]:
    if f"{name}_low" in table:
        return float(table.loc[row, f"{name}_low"]), float(table.loc[row, f"{name}_high"])
    return float(table.loc[row, name]), float(table.loc[row, name])


# Four squares a, b, c, d; after, b and c are one, e, and some of d may go to e.
SQUARES = {
    "before": [("a",), ("a",), ("b",), ("b",), ("c",), ("c",), ("d",), ("d",)],
    "after": [("a",), ("a",), ("e",), ("e",), ("e",), ("e",), ("d", "e"), ("d", "e")],
    "trusts": ["T", "T", "U", "V", "U", None, "V", "W"],
    "hubs": [("x",), ("x",), ("x",), ("y",), ("y",), ("y",), ("y",), ("x",)],
}


def test_four_squares_by_hand() -> None:
    found = held(**SQUARES)  # type: ignore[arg-type]
    summary = found.summary.set_index("measure")
    assert ends(summary, "schools", "moved") == (4, 6)
    assert ends(summary, "pupils", "moved") == (102 + 103 + 104 + 105, 414 + 106 + 107)
    assert ends(summary, "units", "before") == (4, 4) and ends(summary, "units", "after") == (3, 3)
    assert summary.loc["units", "note"] == "2 end, 1 begins"
    # U was in b and c and is in e alone; V in b and d, and in e alone if its school in d goes too.
    trusts = found.trusts.set_index("trust_uid")
    assert trusts["change"].to_dict() == {"U": "joined", "V": "may join"}
    assert ends(summary, "trusts", "moved") == (2, 2)
    assert ends(summary, "trusts_joined", "moved") == (1, 2)
    assert ends(summary, "trusts_split", "moved") == (0, 0)
    places = found.places.set_index("unit_code")
    assert places["stands"].to_dict() == {
        **dict.fromkeys(("b", "c"), "before"), **dict.fromkeys(("a", "d"), "both"), "e": "after",
    }  # fmt: skip
    assert ends(places, "e", "schools_gained") == (4, 6)
    assert ends(places, "d", "schools_lost") == (0, 2)
    assert places.loc["d", "schools_lost"] == 1  # half of each, by convention
    assert ends(places, "b", "schools_lost") == (2, 2)
    assert places["schools_before"].sum() == places["schools_after"].sum() == 8
    flows = found.flows.set_index(["from_code", "to_code"])
    assert {pair: ends(flows, pair, "schools") for pair in flows.index} == {
        ("b", "e"): (2, 2), ("c", "e"): (2, 2), ("d", "e"): (0, 2),
    }  # fmt: skip
    assert ends(flows, ("d", "e"), "pupils") == (0, 106 + 107)
    assert flows["schools"].tolist() == [2, 2, 1]
    assert found.schools["urn"].tolist() == ["2", "3", "4", "5", "6", "7"]
    assert found.schools["moves"].tolist() == ["yes"] * 4 + ["may"] * 2
    hubs = found.met_hubs.set_index("unit_code")
    assert ends(hubs, "x", "moved") == (1, 2) and ends(hubs, "y", "moved") == (3, 4)
    assert ends(hubs, "y", "units_before") == (3, 3) and ends(hubs, "y", "units_after") == (1, 2)


some = st.sampled_from(
    [("a",), ("b",), ("c",), ("a", "b"), ("b", "c"), ("a", "b", "c"), ("not_covered",)]
)
schools = st.lists(
    st.tuples(some, some, st.sampled_from(["T", "U", None]), st.sampled_from(["x", "y"])),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60)
@given(schools)
def test_every_number_is_the_least_and_the_most_over_every_way(
    given_: list[tuple[Units, Units, str | None, str]],
) -> None:
    before, after, trusts, hubs = (list(column) for column in zip(*given_, strict=True))
    found = held(before, after, trusts, [(h,) for h in hubs])  # type: ignore[arg-type,misc]
    ways = [
        [(u, u) for u in b] if sorted(b) == sorted(a) else list(product(b, a))
        for b, a in zip(before, after, strict=True)
    ]
    real = {"a", "b", "c"}
    seen: dict[Any, list[float]] = {}
    codes = sorted({c for b, a in zip(before, after, strict=True) for c in (*b, *a)})
    pairs = {(b, a) for way in ways for b, a in way if b != a}
    for picked in product(*ways):
        moved = [i for i, (b, a) in enumerate(picked) if b != a]
        one: dict[Any, float] = {
            "schools": len(moved), "pupils": sum(100 + i for i in moved),
            "split": 0, "joined": 0, "trusts": 0,
        }  # fmt: skip
        for uid in ("T", "U"):
            mine = [i for i, t in enumerate(trusts) if t == uid]
            if len(mine) < 2:
                continue
            was, is_ = ({picked[i][k] for i in mine} & real for k in (0, 1))
            one["split"] += len(was) == 1 and len(is_) > 1
            one["joined"] += len(was) > 1 and len(is_) == 1
            one["trusts"] += bool(set(mine) & set(moved))
        for code in codes:
            one["gained", code] = sum(a == code != b for b, a in picked)
            one["lost", code] = sum(b == code != a for b, a in picked)
            one["was", code] = sum(b == code for b, _ in picked)
            one["is", code] = sum(a == code for _, a in picked)
        for pair in pairs:
            one[pair] = sum(way == pair for way in picked)
        for hub in ("x", "y"):
            one["hub", hub] = sum(hubs[i] == hub for i in moved)
        for key, value in one.items():
            seen.setdefault(key, []).append(value)
    most = {key: Interval(min(values), max(values)) for key, values in seen.items()}
    summary = found.summary.set_index("measure")
    for name in ("schools", "pupils"):
        assert ends(summary, name, "moved") == most[name], name
    for name in ("split", "joined"):
        assert ends(summary, f"trusts_{name}", "moved") == most[name], name
    assert ends(summary, "trusts", "moved") == most["trusts"]
    places = found.places.set_index("unit_code")
    assert set(places.index) == set(codes)
    for code in codes:
        assert ends(places, code, "schools_gained") == most["gained", code]
        assert ends(places, code, "schools_lost") == most["lost", code]
        assert ends(places, code, "schools_before") == most["was", code]
        assert ends(places, code, "schools_after") == most["is", code]
        net = places.loc[code, "schools_after"] - places.loc[code, "schools_before"]
        moved = places.loc[code, "schools_gained"] - places.loc[code, "schools_lost"]
        assert net == pytest.approx(moved)
    total = {c: places[c].sum() for c in places if c.startswith(("schools_b", "schools_a"))}
    assert total["schools_before"] == pytest.approx(len(before))
    assert total["schools_after"] == pytest.approx(len(before))
    flows = found.flows.set_index(["from_code", "to_code"])
    assert set(flows.index) == pairs
    for pair in pairs:
        assert ends(flows, pair, "schools") == most[pair]
    moving = found.met_hubs
    for hub in ("x", "y"):
        mine = moving[moving["unit_code"] == hub] if len(moving) else moving
        told = ends(mine, mine.index[0], "moved") if len(mine) else (0, 0)
        assert told == most["hub", hub]
    listed = found.schools
    assert (listed["moves"] == "yes").sum() == most["schools"].low
    assert len(listed) == most["schools"].high


@pytest.mark.real_data
def test_surrey_of_2027_counted_again_from_the_register(recent_study: Any) -> None:
    """Every school of Surrey goes to one of two councils, by its district; nothing is lost."""
    study = recent_study.taking(["surrey_2027"])
    found = study.scenario_compare("local_authority", "surrey_2027")
    assert found.basis == "maintaining"
    table = study.schools
    east = ["Elmbridge", "Epsom and Ewell", "Mole Valley", "Reigate and Banstead", "Tandridge"]
    west = ["Guildford", "Runnymede", "Spelthorne", "Surrey Heath", "Waverley", "Woking"]
    code = {a.name: a.code for a in study.areas.alive("district", study.as_of)}
    mine = table[table["la_code"] == "936"]
    sides = {
        "East Surrey": mine["district"].isin([code[n] for n in east]),
        "West Surrey": mine["district"].isin([code[n] for n in west]),
    }
    beyond = ~(sides["East Surrey"] | sides["West Surrey"])
    flows = found.flows.set_index("to_name")
    for name, here in sides.items():
        assert ends(flows, name, "schools") == (here.sum(), here.sum() + beyond.sum())
        assert ends(flows, name, "pupils")[0] == mine.loc[here, "pupils"].sum()
    summary = found.summary[found.summary["layer"] == ""].set_index("measure")
    assert ends(summary, "schools", "moved") == (len(mine), len(mine))
    assert ends(summary, "pupils", "moved") == (mine["pupils"].sum(),) * 2
    assert set(found.schools["urn"]) == set(mine["urn"])
    for what, whole in (("schools", len(table)), ("pupils", table["pupils"].sum())):
        for side in ("before", "after"):
            assert found.places[f"{what}_{side}"].sum() == pytest.approx(whole)
    # Trusts: in one authority before, in two after, whatever becomes of a school beyond the line.
    old = study.assigned("local_authority")
    known = old[~old["unit_code"].isin(["not_located"])].set_index("urn")["unit_code"].to_dict()
    new = {**known, **dict.fromkeys(mine.loc[sides["East Surrey"], "urn"], "e")}
    new |= dict.fromkeys(mine.loc[sides["West Surrey"], "urn"], "w")
    loose = set(mine.loc[beyond, "urn"])
    split, may, touched_ = set(), set(), set()
    for uid, urns in table.groupby("trust_uid")["urn"]:
        if len(urns) < 2 or not set(urns) & set(mine["urn"]):
            continue
        touched_.add(uid)
        was = {known[u] for u in urns if u in known}
        is_ = [
            {way[u] if u in loose else new[u] for u in urns if u in new}
            for way in (dict.fromkeys(loose, side) for side in "ew")
        ]
        results = [len(was) == 1 and len(units) > 1 for units in is_]
        (split if all(results) else may if any(results) else set()).add(uid)
    trusts = found.trusts.set_index("trust_uid")["change"]
    assert set(trusts.index) == touched_
    assert set(trusts[trusts == "split"].index) == split and split
    assert set(trusts[trusts == "may split"].index) == may
    one = study.spread()
    several = one[one["schools"] > 1]
    assert (
        ends(summary, "trusts_in_one_unit", "before")[0]
        == (several["areas_local_authority_high"] == 1).sum()
    )
    assert summary.loc["home_share", "before"] == pytest.approx(
        several["home_share_local_authority"].mean()
    )
    hubs = study.mismatch("surrey_2027", "teaching_school_hub").set_index("measure")["value"]
    rows = found.summary[found.summary["layer"] == "teaching_school_hub"].set_index("measure")
    assert rows.loc["homogeneity", "after"] == pytest.approx(hubs["homogeneity"])
    assert ends(rows, "splits", "after") == (hubs["splits_low"], hubs["splits_high"])
    assert ends(rows, "hubs_met", "after") == (
        hubs["intersections_low"],
        hubs["intersections_high"],
    )
