"""Who covers this? A point, a name, a code, a school or a postcode, each by its own road."""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from geolls.base.errors import UnknownNameError
from geolls.base.text import fold
from geolls.cli.main import cli
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.study.gazetteer import SeveralNamesError
from geolls.study.postcodes import Postcodes, beginning
from geolls.study.where import Ground, find, where

ON = date(2022, 9, 1)
LEEDS, BRADFORD = "E08000035", "E08000032"


def study(**changes: Any) -> Any:
    """Four schools: three in Leeds, one in Bradford; the one at the edge shares LS29 with it."""
    schools = pd.DataFrame(
        {
            "urn": ["1", "2", "3", "4"],
            "name": ["Oak Primary", "Elm Primary", "Ash School", "Fir School"],
            "postcode": ["LS25 7AA", "LS25 7AB", "LS29 8AA", "LS29 9ZZ"],
            "easting": 430_000.0,
            "northing": 433_000.0,
        }
    )
    placed = pd.DataFrame({"block": [LEEDS, LEEDS, LEEDS, BRADFORD]})
    return SimpleNamespace(
        schools=schools,
        placement=SimpleNamespace(schools=placed),
        register=SimpleNamespace(demonstration=False, others=schools.iloc[:0]),
        postcodes=Postcodes.of_schools(
            schools.assign(district=[LEEDS, LEEDS, LEEDS, BRADFORD]), load_areas()
        ),
    )


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No directory of postcodes is fetched or installed."""
    monkeypatch.setenv("GEOLLS_DATA", str(tmp_path))
    monkeypatch.setitem(sys.modules, "brotli", None)


def never() -> Any:
    raise AssertionError("a point, a code or a name of an area needs no register")


ENGLAND: dict[str, Any] = {
    "on": ON,
    "areas": load_areas(),
    "catalogue": load_catalogue(),
    "data": None,
}


def places(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(m.label, m.blocks) for m in find(text, Ground(**ENGLAND, open_study=study))]


def units(text: str) -> dict[str, dict[str, float]]:
    """Layer to unit to share, by a road that opens no register."""
    out: dict[str, dict[str, float]] = {}
    for row in where(text, **ENGLAND, open_study=never):
        out.setdefault(row["layer"], {})[row["unit_code"]] = row["share"]
    return out


def test_the_beginning_of_postcodes_is_where_its_postcodes_are_and_needs_no_register() -> None:
    for text in ("ne63 9", "NE639", " NE63  9 "):
        (match,) = find(text, Ground(**ENGLAND, open_study=never))
        assert match.blocks == ("E06000057",)
        assert re.fullmatch(r"NE63 9 \(\d+ postcodes\)", match.label)
    assert units("LA14")["local_authority"] == {"E10000006": 1}


def test_a_sector_that_a_line_cuts_is_told_in_shares_of_its_postcodes() -> None:
    held = beginning("EC1A 4")
    assert held is not None and len(held.blocks) > 1
    shares = units("EC1A 4")["district"]
    assert shares == {
        block: pytest.approx(n / held.postcodes, abs=1e-6) for block, n in held.blocks.items()
    }
    assert "more in Scotland)" in places("TD15 1")[0][0]


def test_postcodes_at_a_sorting_office_do_not_say_what_land_their_code_covers() -> None:
    ((said, blocks),) = places("SW1P")
    assert blocks == ("E09000033",)  # the office is in Wandsworth
    assert re.fullmatch(r"SW1P \(4\d\d postcodes, 2\d\d more stand together elsewhere, .*\)", said)
    ((said, blocks),) = places("SW1P 9")  # has no others
    assert blocks == ("E09000032",) and said.endswith("as at a sorting office)")


def test_without_a_directory_a_whole_postcode_is_a_schools_or_answered_by_its_sector() -> None:
    assert places("ls25 7aa") == [("LS25 7AA (a school's postcode)", (LEEDS,))]
    ((said, blocks),) = places("LS25 7ZZ")
    assert blocks == tuple(held.blocks) if (held := beginning("LS25 7")) else False
    assert said.startswith(
        "LS25 7ZZ (not among the postcodes of the register's schools; by LS25 7:"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("BT1 1AA", "BT1 1AA is in Northern Ireland; geolls is about England"),
        ("JE2 3AB", "JE2 3AB is in Jersey"),
        ("eh1", "EH1 is in Scotland"),
        ("LL13", "LL13 is in Wales"),
        ("BX1 1LT", "BX1 1LT is for mail alone, without a place"),
        ("bfpo 40", "BFPO 40 is of the forces abroad; geolls is about England"),
        ("QX1 1AA", "no postcode begins QX1; did you mean"),
        ("LA99 1AA", "no postcode begins LA99; did you mean"),
    ],
)
def test_a_postcode_that_is_not_in_england_says_where_it_is(text: str, told: str) -> None:
    with pytest.raises(UnknownNameError) as fault:
        places(text)
    assert told in str(fault.value)


@pytest.mark.parametrize("text", ["LS25-7AA", "ls25.7aa", "LS25 \u2013 7AA"])
def test_a_dash_or_a_dot_stands_for_the_space_of_a_postcode(text: str) -> None:
    assert places(text) == [("LS25 7AA (a school's postcode)", (LEEDS,))]


@pytest.mark.parametrize("text", ["England", "the whole of England"])
def test_england_is_said_to_be_the_whole(text: str) -> None:
    with pytest.raises(UnknownNameError, match="England is the whole of the study"):
        find(text, Ground(**ENGLAND, open_study=never))


def test_what_begins_several_names_says_which() -> None:
    def several(_: str) -> None:
        raise SeveralNamesError("'X' is the beginning of 2 names", fix='say which: "a" or "b"')

    found = study()
    found.place = several
    with pytest.raises(UnknownNameError, match=r'^\'X\' is .* 2 names; say which: "a" or "b"$'):
        where("Diocese of Nowhere", **ENGLAND, open_study=lambda: found)


@pytest.mark.parametrize("text", ["LS2S 7AA", "LSZ5 7AA", "LS25 7A", "GIR 0AA"])
def test_what_is_nearly_a_postcode_is_none(text: str) -> None:
    with pytest.raises(UnknownNameError, match=r"an outward code|no postcode begins"):
        places(text)


@pytest.mark.parametrize(
    ("text", "meant"), [("LS1O", "LS10"), ("LSI1", "LS11"), ("0X1", "OX1"), ("LS25 7AA", "LS25")]
)
def test_a_letter_for_a_figure_is_read_as_it_was_meant(text: str, meant: str) -> None:
    assert places(text)[0][0].startswith(meant)


@pytest.mark.parametrize(
    "text", ["Leeds", "leeds city council", LEEDS, "-1.549,53.799", "429796,433927", "383"]
)
def test_leeds_is_leeds_by_every_road(text: str) -> None:
    found = units(text)
    assert found["local_authority"] == {LEEDS: 1}
    assert found["region"] == {"E12000003": 1}
    assert found["combined_authority"] == {"E47000003": 1}
    assert found["greater_london_authority"] == {"not_covered": 1}


def test_shares_of_a_place_that_lines_cut_add_up_to_one() -> None:
    hubs = units("Lancashire")["teaching_school_hub"]
    assert len(hubs) >= 3
    assert sum(hubs.values()) == pytest.approx(1)


def test_what_means_nothing_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as told:
        places("Leedz Borough")
    assert "Leeds" in str(told.value)


def on_day(text: str, day: str) -> list[dict[str, Any]]:
    """Answer on another day, by a road that opens no register."""
    return where(text, **{**ENGLAND, "on": date.fromisoformat(day)}, open_study=never)


def test_an_area_that_ended_is_found_by_its_land_and_told_where_it_is_now() -> None:
    rows = on_day("Guildford", "2027-05-01")
    assert {r["match"] for r in rows} == {
        "Guildford (district E07000209, ended 2027-03-31; now in West Surrey)"
    }
    for row in rows:
        if row["layer"] in ("district", "local_authority"):
            assert (row["unit_code"], row["unit_name"]) == ("lgr-west-surrey", "West Surrey")
            assert (row["share"], row["confidence"]) == (1.0, "medium")
            assert row["status"].startswith(
                "order: Surrey (Structural Changes) Order 2026, SI 2026/"
            )
            assert "checked until 15 September 2026" in row["note"]
    with pytest.raises(UnknownNameError, match=r"E07000209 .* ended 2027-03-31; use lgr-west-surr"):
        on_day("E07000209", "2027-05-01")
    (before,) = {r["unit_name"] for r in on_day("Guildford", "2027-03-31")
                 if r["layer"] == "local_authority"}  # fmt: skip
    assert before == "Surrey"


def test_every_area_that_ended_answers_by_name_on_every_later_day_with_its_heirs() -> None:
    areas, day_after = ENGLAND["areas"], timedelta(days=1)
    ends = {a.valid_to + day_after for a in areas.rows if a.valid_to}
    others = {date(2026, 11, 27), date(2027, 5, 1), date(2029, 12, 31)}
    for day in sorted(ends | others):
        ground = Ground(**{**ENGLAND, "on": day}, open_study=never)
        stands = {(a.code, a.tier) for a in areas.rows if a.active(day)}
        names = {fold(n) for a in areas.rows if a.active(day) for n in a.names}
        for area in areas.rows:
            if area.last >= day or (area.code, area.tier) in stands:
                continue
            for name in area.names:
                said = {m.blocks: m.label for m in find(name, ground)}.get(area.blocks, "")
                heirs = [heir.name for heir in areas.holders(area, day)]
                told = heirs and all(heir in said.partition("now in ")[2] for heir in heirs)
                # Or another has the name now, and is meant.
                assert told or fold(name) in names, (name, area.tier, day)


def test_a_layer_before_the_name_asks_for_what_ended_there_though_another_has_the_name() -> None:
    whole, ended = (
        {row["match"] for row in on_day(name, "2028-05-01")}
        for name in ("Lancashire", "local_authority:Lancashire")
    )
    assert not any("ended" in match for match in whole)
    assert all("ended 2028-03-31; now in " in match for match in ended)


def test_the_title_over_an_ended_area_is_a_sentence() -> None:
    shown = CliRunner().invoke(cli, ["where", "Craven", "--as-of", "2024-09-01"])
    assert shown.output.splitlines()[0] == (
        "Who covers Craven (district E07000163, ended 2023-03-31; now in North Yorkshire), on "
        "2024-09-01"
    )


def test_where_a_line_is_not_to_hand_both_claimants_answer_with_low_confidence() -> None:
    rows = [r for r in on_day("Test Valley", "2028-04-01") if r["layer"] == "local_authority"]
    assert [(r["unit_name"], r["share"], r["confidence"], r["status"]) for r in rows] == [
        ("Mid Hampshire", 0.5, "low", "decided, order not seen"),
        ("South West Hampshire", 0.5, "low", "decided, order not seen"),
    ]
    assert all(r["note"].endswith("line not to hand: an equal share is assumed") for r in rows)
    (whole,) = [r for r in on_day("Basildon", "2028-04-01") if r["layer"] == "district"]
    assert (whole["unit_name"], whole["confidence"]) == ("South West Essex", "medium")
    assert whole["status"] == "decided, order not seen"
    assert "line" not in whole["note"]


@pytest.mark.parametrize("text", ["West Surrey", "lgr-west-surrey"])
def test_an_area_that_has_not_begun_is_told_with_what_stands_before(text: str) -> None:
    ground = Ground(**{**ENGLAND, "on": date(2026, 9, 1)}, open_study=study)
    with pytest.raises(UnknownNameError, match=r"starts 2027-04-01, .* use E07000209 \(Guildf"):
        find(text, ground)


def test_a_sure_list_with_a_line_that_nobody_drew_has_two_confidences() -> None:
    rows = [r for r in where("Birmingham", **ENGLAND, open_study=never) if r["share"] == 0.5]
    hubs = [r for r in rows if r["layer"] == "teaching_school_hub"]
    assert len(hubs) == 2
    assert {(r["confidence"], r["line_confidence"]) for r in hubs} == {("high", "low")}
    alone = where("Leeds", **ENGLAND, open_study=never)
    assert {r["line_confidence"] for r in alone if r["layer"] == "local_authority"} == {"high"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Abacus NW", "mh-abacus-nw"),
        ("abacus mh", "mh-abacus-nw"),
        ("Leeds TSH", "tsh-leeds"),
        ("teaching_school_hub:Leeds", "tsh-leeds"),
        ("lancs", "E10000017"),
        ("WYCA", "E47000003"),
        ("GMCA", "E47000001"),
    ],
)
def test_a_short_name_means_the_one_that_it_is_short_of(text: str, code: str) -> None:
    label, _ = places(text)[0]
    assert code in label


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TSH", "'TSH' is a layer, Teaching School Hubs, and no place"),
        ("Kent TSH", r"Kent Teaching School Hub \(Ashford to Thanet\)"),
        ("Bright Futures", r"Bright Futures Teaching School Hub \(Salford and Trafford\)"),
        ("Newham TSH", "geolls coverage teaching_school_hub lists its units"),
    ],
)
def test_a_short_name_that_several_have_is_asked_back(text: str, said: str) -> None:
    with pytest.raises(UnknownNameError) as error:
        places(text)
    assert re.search(said, f"{error.value.message}; {error.value.fix}")
