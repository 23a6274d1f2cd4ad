"""The typology: the rule on rows one can read, the dates on schools one can count."""

from __future__ import annotations

import runpy
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import geolls
from geolls.api import Study
from geolls.atlas.profile import profile
from geolls.base.errors import UsageError
from geolls.base.schema import options
from geolls.base.vocabulary import HOME_KINDS, PATTERNS
from geolls.maps.scenes import scene_of
from geolls.measures.membership import Membership
from geolls.study.findings import findings
from geolls.study.typology import (
    UNKNOWN,
    TypologyRules,
    joining,
    known_until,
    list_day,
    patterns,
    rules_of,
    typology,
    typology_sensitivity,
)

TOOLS = Path(__file__).resolve().parents[2] / "tools"
typology_report = runpy.run_path(str(TOOLS / "write_typology.py"))["typology_report"]

BASE = {
    "schools": 80.0,
    "academised_share": 0.9,
    "elsewhere_share": 0.1,
    "years_median": 7.0,
    "recent_share": 0.1,
    "dated_share": 1.0,
}


def decided(**changes: float) -> tuple[object, str]:
    row = patterns(pd.DataFrame([{**BASE, **changes}])).iloc[0]
    return row["pattern"], row["rule"]


@pytest.fixture(scope="module")
def study(demonstration: Study) -> Study:
    return demonstration


@pytest.mark.parametrize(
    ("changes", "pattern"),
    [
        ({}, "A"),
        ({"years_median": 5.0}, "A"),
        ({"years_median": 4.99}, "mixed"),
        ({"elsewhere_share": 0.5}, "mixed"),
        ({"elsewhere_share": 0.5, "recent_share": 0.25}, "B"),
        ({"elsewhere_share": 0.5, "recent_share": 0.25, "years_median": 2.0}, "B"),
        ({"elsewhere_share": 0.5, "recent_share": 0.24}, "mixed"),
        ({"elsewhere_share": 0.1, "recent_share": 0.9, "years_median": 2.0}, "mixed"),
        ({"academised_share": 0.5}, "C"),
        ({"academised_share": 0.51}, "A"),
        ({"academised_share": 0.1, "elsewhere_share": np.nan}, "C"),
        ({"academised_share": 0.0, "dated_share": np.nan}, "C"),
        ({"elsewhere_share": np.nan}, "mixed"),
        ({"dated_share": 0.4}, None),
        ({"academised_share": np.nan}, None),
        ({"schools": 19.0}, None),
    ],
)
def test_the_first_rule_that_holds_decides(changes: dict[str, float], pattern: str) -> None:
    assert decided(**changes)[0] == pattern


def test_the_rule_is_said_in_words_with_its_number_and_its_threshold() -> None:
    assert decided(academised_share=0.25)[1] == "75% are in no trust (at least 50%)"
    assert decided(years_median=4.99)[1].startswith(
        "half of the schools in trusts joined 4.9 years or more before the list day (less than 5)"
    )
    assert (
        "10% of those in trusts of two or more are in one based elsewhere (less than 50%)"
        in (decided()[1])
    )
    assert decided(schools=3.0)[1] == "fewer than 20 primary schools"


HALF = "are in no trust (the rule asks for 50%)"


@pytest.mark.parametrize(
    ("ends", "pattern", "said"),
    [
        ({"schools": (12, 31)}, None, "not known: between 12 and 31 primary schools (the rule"),
        ({"schools": (5, 19)}, None, "fewer than 20 primary schools"),
        ({"schools": (20, 60)}, "A", "half of the schools in trusts joined 7 years or more"),
        ({"academised_share": (0.4, 0.6)}, None, f"not known: between 40% and 60% {HALF}"),
        ({"academised_share": (0.1, 0.2)}, "C", "between 80% and 90% are in no trust (at least"),
        ({"elsewhere_share": (0.1, 0.6)}, None, "not known: between 10% and 60% of those in"),
        # Whichever it is, neither A nor B.
        (
            {"elsewhere_share": (0.1, 0.6), "years_median": (4, 4)},
            "mixed",
            "half of the schools in trusts joined 4 years or more before the list day (less than "
            "5); between 10% and 60% of those in trusts of two or more are in one based elsewhere "
            "(the rule asks for 50%); 10% of the schools in trusts joined in the 3 years to the "
            "list day (less than 25%)",
        ),
        ({"schools": (12, 31), "academised_share": (0.1, 0.2)}, None, "not known: between 12"),
    ],
)
def test_a_pattern_that_hangs_on_shared_land_or_status_is_not_known_and_says_on_what(
    ends: dict[str, tuple[float, float]], pattern: str | None, said: str
) -> None:
    both = {f"{k}_{e}": pair[i] for k, pair in ends.items() for i, e in enumerate(("low", "high"))}
    found = decided(**both, **{k: pair[0] for k, pair in ends.items()})
    assert found[0] == pattern
    assert found[1].startswith(said)


def test_days_of_shared_schools_are_as_all_ways_tell() -> None:
    """Two of five schools may be another area's: every way of having them is tried."""
    years = [1, 4, 6, 2, 9]
    schools = pd.DataFrame({"urn": list("abcde"), "trust_uid": "T"})
    schools["trust_joined"] = [date(2022 - y, 3, 1) for y in years]
    rows = [(u, "X", 1.0) for u in "abc"] + [(u, unit, 0.5) for u in "de" for unit in "XY"]
    frame = pd.DataFrame(rows, columns=["urn", "unit_code", "share"])
    place = Membership.of(frame.assign(unit_name=frame["unit_code"]), item="urn")
    row = joining(schools, place, date(2022, 3, 1), recent_years=3.1).loc["X"]
    ways = [years[:3] + more for more in ([], [2], [9], [2, 9])]
    middles = [np.median(way) for way in ways]
    recent = [np.mean([y < 3.1 for y in way]) for way in ways]
    for name, all_ways in (("years_median", middles), ("recent_share", recent)):
        ends = row[f"{name}_low"], row[f"{name}_high"]
        assert ends == pytest.approx((min(all_ways), max(all_ways)), abs=0.02)


def test_where_areas_to_come_share_a_district_some_patterns_are_not_known() -> None:
    later = geolls.open_study(as_of="2028-05-01")
    table = typology(later).set_index("unit_name")
    shared = table["schools_low"] < table["schools_high"]
    open_ = table["rule"].str.startswith("not known")
    assert shared["Mid Hampshire"] and open_["Mid Hampshire"]  # all its land is listed twice
    assert table["pattern"][open_].isna().all()
    assert (open_ <= shared).all()
    assert (
        table["academised_share"]
        .between(table["academised_share_low"] - 1e-9, table["academised_share_high"] + 1e-9)[
            table["academised_share"].notna()
        ]
        .all()
    )
    (finding,) = [f for f in findings(later) if f.key == "authorities_by_pattern"]
    assert f"; of {open_.sum()} it is not known, by" in finding.text
    _, drawn = scene_of(later, "typology")
    (shade,) = [m for m in drawn.measures if m.key == "pattern"]
    assert shade.classes[-1] == "None, or it is not known which"


def test_shares_that_add_up_to_half_in_binary_are_half() -> None:
    assert decided(academised_share=0.1 + 0.1 + 0.3 + 1e-16)[0] == "C"


def test_joining_dates_of_five_schools_are_those_one_counts() -> None:
    schools = pd.DataFrame(
        {
            "urn": ["1", "2", "3", "4", "5"],
            "trust_uid": ["T", "T", "T", "T", None],
            "trust_joined": [date(2012, 3, 1), date(2016, 3, 1), date(2021, 3, 1), None, None],
        }
    )
    place = Membership.whole(pd.Index(schools["urn"]), ["X"] * 5)
    row = joining(schools, place, date(2022, 3, 1)).loc["X"]
    assert row["years_median"] == pytest.approx(6, abs=0.01)
    assert row["joined_median"] == pytest.approx(2016 + 60 / 365.25, abs=1e-6)
    assert row["recent_share"] == pytest.approx(1 / 3)  # of those with a date
    assert row["dated_share"] == pytest.approx(3 / 4)  # of those in a trust


def test_areas_without_a_trust_have_no_joining_dates() -> None:
    schools = pd.DataFrame({"urn": ["1"], "trust_uid": [None], "trust_joined": [None]})
    place = Membership.whole(pd.Index(["1"]), ["X"])
    assert joining(schools, place, date(2022, 3, 1)).empty


def test_schools_of_unknown_status_count_neither_as_maintained_nor_as_in_a_trust(
    study: Study,
) -> None:
    before = typology(study).set_index("unit_code")
    schools = study.schools
    leeds = study.place("Leeds").unit_code
    here = study.membership("local_authority").shares_of(leeds).index
    free = schools["urn"].isin(here) & schools["trust_uid"].isna() & (schools["phase"] == "primary")
    changed = schools.copy()
    changed.loc[changed.index[free.to_numpy()][:10], "status_unknown"] = True
    again = geolls.open_study(as_of="2022-09-01")
    again.register = replace(study.register, schools=changed)
    after = typology(again).set_index("unit_code")
    n, share = before.at[leeds, "schools"], before.at[leeds, "academised_share"]
    assert after.at[leeds, "share_status_unknown"] == pytest.approx(10 / n)
    assert after.at[leeds, "academised_share"] == pytest.approx(share * n / (n - 10))
    assert after.at[leeds, "known_share"] == pytest.approx(1 - 10 / n)


def test_every_authority_has_one_row_and_a_reason(study: Study) -> None:
    table = typology(study)
    assert len(table) == table["unit_code"].nunique() == 152
    assert (table["rule"].str.len() > 0).all()
    assert set(table["pattern"].dropna()) <= set(PATTERNS)
    sized = table[table["schools"] >= 5]
    shares = [*HOME_KINDS, "single_school_trust"]
    inside = sized[[f"share_{k}" for k in shares]].sum(axis=1)
    np.testing.assert_allclose(sized["academised_share"] * sized["known_share"], inside)


def test_a_study_without_the_phase_is_refused() -> None:
    secondary = geolls.open_study(as_of="2022-09-01", phase=["secondary"])
    with pytest.raises(UsageError, match="no primary schools"):
        typology(secondary)
    assert len(typology(secondary, TypologyRules(phase="secondary"))) == 152


def test_moving_a_threshold_changes_what_sorting_again_changes(study: Study) -> None:
    rules = TypologyRules()
    table = typology_sensitivity(study, rules)
    numbers = [f.name for f in fields(rules) if f.name != "phase"]
    assert sorted(table["threshold"]) == sorted(numbers * 2)
    before = typology(study, rules)["pattern"].fillna("")
    for row in table.itertuples():
        value = round(row.value) if row.threshold == "few" else row.value
        after = typology(study, replace(rules, **{row.threshold: value}))["pattern"].fillna("")
        assert row.changed == (before != after).sum()
        assert [row.A, row.B, row.C, row.mixed] == [(after == p).sum() for p in PATTERNS]


def test_rules_are_read_strictly() -> None:
    assert options(TypologyRules, {}, "typology") == TypologyRules()
    given = {"maintained_share": 0.6, "few": 10, "early_years": 4}
    read = options(TypologyRules, given, "typology")
    assert read == TypologyRules(maintained_share=0.6, few=10, early_years=4)
    with pytest.raises(UsageError, match="did you mean maintained_share"):
        options(TypologyRules, {"maintaned_share": 0.6}, "typology")
    for wrong in ({"few": 10.5}, {"few": True}, {"early_years": "5"}, {"phase": 1}):
        with pytest.raises(UsageError, match="wrong kind"):
            options(TypologyRules, wrong, "typology")
    for wrong in ({"elsewhere_share": 1.5}, {"early_years": 0}, {"recent_years": -1.0}):
        with pytest.raises(UsageError, match="out of range"):
            options(TypologyRules, wrong, "typology")
    for wrong in ({"early_years": float("nan")}, {"early_years": float("inf")}):
        with pytest.raises(UsageError, match="out of range"):
            options(TypologyRules, wrong, "typology")


def test_the_study_file_sets_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text("as_of = 2022-09-01\n[typology]\nmaintained_share = 0.7\n")
    study = geolls.open_study(file)
    assert rules_of(study) == TypologyRules(maintained_share=0.7)
    assert "70%" in typology(study).query("pattern == 'C'")["rule"].iloc[0]


def test_the_report_names_no_authority(study: Study) -> None:
    report = typology_report(study)
    for name in typology(study)["unit_name"]:
        assert name not in report
    assert report.count("\n| `") == 12


def with_register(study: Study, **source: object) -> Study:
    """Return a study of the same schools whose register tells other days of its links."""
    register = replace(study.register, source=study.register.source | source)
    return Study(study.settings, register=register)


@pytest.mark.parametrize(
    ("source", "day"),
    [
        ({}, date(2022, 9, 1)),  # no links: the study's day
        ({"vintage_links": date(2022, 3, 1)}, date(2022, 3, 1)),
        ({"vintage_links": date(2022, 3, 1), "last_joined": date(2022, 7, 1)}, date(2022, 7, 1)),
        ({"vintage_links": date(2022, 8, 1), "last_joined": date(2022, 7, 1)}, date(2022, 8, 1)),
        ({"vintage_links": date(2023, 8, 1), "last_joined": date(2024, 1, 1)}, date(2022, 9, 1)),
    ],
)
def test_the_list_day_is_the_last_that_the_links_know_and_never_after_the_study(
    study: Study, source: dict[str, object], day: date
) -> None:
    assert list_day(with_register(study, **source)) == day


def test_without_joining_dates_the_patterns_that_hang_on_them_are_not_known(study: Study) -> None:
    bare = study.register.schools.assign(trust_joined=pd.NaT)
    undated = Study(study.settings, register=replace(study.register, schools=bare))
    table, before = (typology(s).set_index("unit_code") for s in (undated, study))
    assert set(table["pattern"].dropna()) == {"C"}
    assert (table["pattern"] == "C").equals(before["pattern"] == "C")
    few = before["rule"].str.startswith("fewer than 20")
    lone = before["elsewhere_share"].isna() & ~few
    assert (table.loc[table["pattern"].isna() & ~few & ~lone, "rule"] == UNKNOWN).all()
    assert table["list_day"].isna().all()
    assert before["list_day"].eq(list_day(study)).all()
    moved = typology_sensitivity(undated)
    assert moved[["A", "B", "mixed"]].isna().all(axis=None) and moved["C"].notna().all()
    (finding,) = [f for f in findings(undated) if f.key == "authorities_by_pattern"]
    assert "the others is not known without" in finding.text and "--links" in finding.text
    assert " 0 " not in finding.text
    _, drawn = scene_of(undated, "typology")
    (shade,) = [m for m in drawn.measures if m.key == "pattern"]
    assert [c[0] for c in shade.classes] == ["C", "N"]
    page = profile(undated, undated.places("local_authority")[0])
    told = [str(after) for section in page.sections for after in section.after]
    assert any("not known without --links" in t or "Pattern C" in t for t in told)


@pytest.mark.real_data
def test_on_both_real_registers_the_patterns_are_those_of_a_second_count(
    real_study: Study, recent_study: Study
) -> None:
    dated, undated = typology(real_study), typology(recent_study)
    assert dated["pattern"].value_counts().to_dict() == {"C": 99, "A": 30, "mixed": 17, "B": 2}
    # 20 are in no trust, 20 are in one, and of one nobody knows.
    (sutton,) = dated.loc[dated["rule"].str.startswith("not known"), "rule"]
    assert sutton == "not known: between 48.7% and 51.2% are in no trust (the rule asks for 50%)"
    assert set(dated["list_day"]) == {date(2022, 7, 1)}
    assert dated["rule"].str.contains("1 July 2022").sum() == 49
    # Without links by the days on which schools opened as academies, which the rule says.
    assert undated["pattern"].value_counts().to_dict() == {"C": 87, "A": 56, "mixed": 7}
    assert set(undated["list_day"]) == {date(2025, 7, 18)}
    by_opening = undated["rule"].str.contains("opened as academies")
    assert by_opening.equals(undated["pattern"].isin(["A", "mixed"]))
    assert "since it opened as an academy, known until 18 July 2025" in known_until(recent_study)
    assert known_until(real_study) == "Joinings are known until 1 July 2022"
    # In a trust, counted a second time: with a trust, of those whose status is known.
    for study, table in ((real_study, dated), (recent_study, undated)):
        schools = study.schools[study.schools["phase"] == "primary"].set_index("urn")
        kinds = study.kinds("local_authority").reindex(schools.index)
        of = study.membership("local_authority").frame("urn", reasons=False).set_index("urn")
        unit = of["unit_code"].reindex(schools.index)
        known = kinds != "status_unknown"
        share = (kinds[known] != "no_trust").groupby(unit[known]).mean()
        mine = table.set_index("unit_code")["academised_share"].dropna()  # of five schools or more
        assert len(mine) > 149
        assert np.allclose(mine, share.reindex(mine.index), atol=1e-9)
