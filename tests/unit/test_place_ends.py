"""What an area has at least and at most is what trying every way finds."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.base.vocabulary import KINDS
from geolls.measures.membership import Membership
from geolls.measures.placeview import hub_view, place_ends

# Two hubs list the land of s3, s4 and s5; nobody knows who runs s2 and s5.
SCHOOLS = pd.DataFrame(
    {
        "urn": ["s1", "s2", "s3", "s4", "s5"],
        "phase": ["primary", "primary", "primary", "secondary", "secondary"],
        "trust_uid": ["t", None, "t", "t", None],
        "pupils": [100.0, 200.0, 300.0, 400.0, None],
    }
)
HUBS = {"s1": ["H1"], "s2": ["H1"], "s3": ["H1", "H2"], "s4": ["H1", "H2"], "s5": ["H1", "H2"]}
OTHER = {"s1": ["A"], "s2": ["A", "B"], "s3": ["A", "B"], "s4": ["B"], "s5": ["B"]}
KIND = pd.Series(
    {"s1": "trust_home_here", "s2": "status_unknown", "s3": "trust_home_here",
     "s4": "trust_home_here", "s5": "no_trust"}
)  # fmt: skip
HOME = pd.Series({"t": "H1"})


def layer(claims: dict[str, list[str]]) -> Membership:
    rows = [(urn, unit, unit, 1 / len(units)) for urn, units in claims.items() for unit in units]
    columns = ["urn", "unit_code", "unit_name", "share"]
    return Membership.of(pd.DataFrame(rows, columns=columns), pd.Index(SCHOOLS["urn"]), item="urn")


ONLY = pd.Series([False, False, True, True, False])
NEARBY = pd.DataFrame({"urn": SCHOOLS["urn"], "only_school_of_trust": ONLY})


def top_and_bands(mine: list[int]) -> dict[str, float]:
    trusts = SCHOOLS["trust_uid"].iloc[mine]
    if not mine:
        return {}
    return {
        "top_trust_share": trusts.value_counts().max() / len(mine) if trusts.any() else 0.0,
        "share_band_1": 0.0,
        "share_band_2-5": trusts.notna().mean(),
        "only_school_share": ONLY.iloc[mine].mean(),
    }


def every_way() -> list[dict[str, dict[str, Any]]]:
    """Give every school whole to one unit, and every one of unknown status a kind."""
    out = []
    for hubs in product(*HUBS.values()):
        for others in product(*OTHER.values()):
            for kind in (k for k in KINDS if k != "status_unknown"):
                found = {}
                for hub in ("H1", "H2"):
                    mine = [i for i, h in enumerate(hubs) if h == hub]
                    kinds = []
                    for i in mine:
                        said = KIND.iloc[i]
                        if said == "trust_home_here" and hub != "H1":
                            said = "trust_based_elsewhere"
                        kinds.append(kind if said == "status_unknown" else said)
                    found[hub] = {
                        "schools": len(mine),
                        "pupils": SCHOOLS["pupils"].fillna(0).iloc[mine].sum(),
                        "trusts": SCHOOLS["trust_uid"].iloc[mine].nunique(),
                        "only_schools": ONLY.iloc[mine].sum(),
                        **top_and_bands(mine),
                        "units_other": len({others[i] for i in mine}),
                        **{k: kinds.count(k) for k in KINDS},
                        **{
                            f"share_{k}": kinds.count(k) / len(mine)
                            for k in KINDS
                            if mine and k != "status_unknown"
                        },
                    }
                out.append(found)
    return out


def test_both_ends_are_what_trying_every_way_finds() -> None:
    others = {"other": layer(OTHER)}
    found = place_ends(SCHOOLS, layer(HUBS), KIND, HOME, others, nearby=NEARBY).loc["all"]
    ways = every_way()
    for hub in ("H1", "H2"):
        for what in sorted({key for way in ways for key in way[hub]} - {"status_unknown"}):
            values = [way[hub][what] for way in ways if what in way[hub]]
            ends = found.loc[hub, [f"{what}_low", f"{what}_high"]].tolist()
            assert ends == pytest.approx([min(values), max(values)]), (hub, what)
    assert found.loc["H1", ["schools_low", "schools_high"]].tolist() == [2, 5]
    assert found.loc["H1", ["status_unknown_low", "status_unknown_high"]].tolist() == [0, 1]


def test_a_school_listed_by_two_hubs_is_at_home_in_one_and_elsewhere_in_the_other() -> None:
    found = place_ends(SCHOOLS, layer(HUBS), KIND, HOME).loc["all"]
    assert found.loc["H2", "trust_home_here_high"] == 0
    assert found.loc["H2", "trust_based_elsewhere_high"] == 2


def test_without_shared_land_both_ends_are_the_number() -> None:
    alone = layer({urn: units[:1] for urn, units in HUBS.items()})
    found = place_ends(SCHOOLS, alone, KIND.replace("status_unknown", "no_trust"), HOME)
    for name in ("schools", "pupils", "trusts", *KINDS):
        assert (found[f"{name}_low"] == found[f"{name}_high"]).all()


# The trust w has no school that only one hub lists; of the home of v nothing is known.
HUB_SCHOOLS = SCHOOLS.assign(
    trust_uid=["t", None, "t", "w", "v"], status_unknown=[False, True, False, False, False]
)
HUB_HOME = pd.Series({"t": "H1", "w": "H2", "v": "not_known"})


def every_hub_way() -> list[dict[str, dict[str, float]]]:
    """Give every school whole to one hub, v a home, and s2 a trust of t or none."""
    out = []
    for hubs in product(*HUBS.values()):
        for others in product(*OTHER.values()):
            for home, trust in product(["H1", "H2", "H3"], [None, "t", "w"]):
                trusts = HUB_SCHOOLS["trust_uid"].tolist()
                trusts[1] = trust
                homes = {**HUB_HOME, "v": home}
                found = {}
                for hub in ("H1", "H2"):
                    mine = [i for i, h in enumerate(hubs) if h == hub]
                    inside = [trusts[i] for i in mine if trusts[i] is not None]
                    away = [uid for uid in inside if homes[uid] != hub]
                    found[hub] = {
                        "schools": len(mine),
                        "trust_schools": len(inside),
                        "units_other": len({others[i] for i in mine}),
                        **({"elsewhere_share": len(away) / len(inside)} if inside else {}),
                    }
                    if trust is None:
                        found[hub]["trusts"] = len(set(inside))
                        found[hub]["trusts_based_elsewhere"] = len(set(away))
                out.append(found)
    return out


def test_both_ends_of_a_hub_are_what_trying_every_way_finds() -> None:
    view = hub_view(HUB_SCHOOLS, layer(HUBS), HUB_HOME, {"other": layer(OTHER)})
    view = view[view["phase"] == "all"].set_index("unit_code")
    ways = every_hub_way()
    for hub in ("H1", "H2"):
        for what in ways[0][hub]:
            values = [way[hub][what] for way in ways if what in way[hub]]
            ends = view.loc[hub, [f"{what}_low", f"{what}_high"]].tolist()
            assert ends == pytest.approx([min(values), max(values)]), (hub, what)
            assert ends[0] - 1e-9 <= view.loc[hub, what] <= ends[1] + 1e-9, (hub, what)


def test_ends_of_a_phase_are_those_of_its_schools_alone() -> None:
    every = place_ends(SCHOOLS, layer(HUBS), KIND, HOME)
    assert every.loc[("primary", "H2"), ["schools_low", "schools_high"]].tolist() == [0, 1]
    assert every.loc[("secondary", "H1"), ["schools_low", "schools_high"]].tolist() == [0, 2]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.booleans()), max_size=8))
def test_the_share_of_the_largest_trust_is_what_trying_every_way_finds(
    schools: list[tuple[str | None, bool]],
) -> None:
    table = pd.DataFrame(
        {
            "urn": [f"s{i}" for i in range(len(schools) + 1)],
            "phase": "primary",
            "trust_uid": ["a", *(trust for trust, _ in schools)],
            "pupils": 100.0,
        }
    )
    shared = [False, *(both for _, both in schools)]
    rows = [
        (urn, unit, unit, 1 / (1 + both))
        for urn, both in zip(table["urn"], shared, strict=True)
        for unit in ("H1", "H2")[: 1 + both]
    ]
    place = Membership.of(
        pd.DataFrame(rows, columns=["urn", "unit_code", "unit_name", "share"]),
        pd.Index(table["urn"]), item="urn",
    )  # fmt: skip
    kinds = pd.Series("no_trust", index=table["urn"])
    found = place_ends(table, place, kinds, pd.Series(dtype=str)).loc[("all", "H1")]
    shares, rates = [], []
    for way in product(*[(True, False) if both else (True,) for both in shared]):
        mine = table[list(way)]
        shares.append(mine["trust_uid"].value_counts().max() / len(mine))
        sizes = table["trust_uid"].value_counts()
        trusts = {t for t in mine["trust_uid"].dropna() if sizes[t] > 1}
        rates.append(len(trusts) / mine["pupils"].sum() * 10_000)
    ends = found[["top_trust_share_low", "top_trust_share_high"]].tolist()
    assert ends == pytest.approx([min(shares), max(shares)])
    assert found["trusts_per_10000_pupils_low"] <= min(rates) + 1e-9
    assert found["trusts_per_10000_pupils_high"] >= max(rates) - 1e-9
