"""A scenario is a layer made by moves: what each does, what is said of it, and nothing is lost."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geolls.api import Study
from geolls.base.errors import CatalogueError
from geolls.cli.main import main
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.expand import expand
from geolls.layers.scenario import ReadScenario, read_scenario, shipped, template
from geolls.maps.scenes import scene_of
from geolls.study.assignment import Placement, assign_regrouped

AREAS, CATALOGUE, DAY = load_areas(), load_catalogue(), date(2022, 9, 1)
LEEDS, BRADFORD, HARROGATE = "E08000035", "E08000032", "E07000165"


def read(tmp_path: Path, moves: str, base: str = "district", more: str = "") -> ReadScenario:
    path = tmp_path / "what_if.toml"
    path.write_text(f'title = "What if"\nbase = "{base}"\n{more}\n{moves}', "utf-8")
    return read_scenario(path, CATALOGUE.get, DAY, AREAS)


def land(found: ReadScenario) -> dict[str, dict[str, tuple[float, bool]]]:
    assert found.layer is not None, [str(p) for p in found.problems]
    held: dict[str, dict[str, tuple[float, bool]]] = {}
    for c in expand(found.layer, DAY, AREAS):
        held.setdefault(c.block, {})[c.unit_name] = (c.share, c.stated)
    return held


def lines(found: ReadScenario, severity: str = "error") -> list[str]:
    return [str(p) for p in found.problems if p.severity == severity]


def test_units_become_one_and_land_elsewhere_stays(tmp_path: Path) -> None:
    found = read(tmp_path, '[[moves]]\nmerge = ["Leeds", "E08000032"]\nas = "Airedale"')
    before = {c.block: c.unit_name for c in expand(CATALOGUE.get("district"), DAY, AREAS)}
    told = {b: "Airedale" if b in (LEEDS, BRADFORD) else name for b, name in before.items()}
    assert {b: next(iter(held)) for b, held in land(found).items()} == told
    assert all(held == dict.fromkeys(held, (1.0, True)) for held in land(found).values())
    assert not found.problems


def test_a_merger_may_keep_the_name_and_code_of_one(tmp_path: Path) -> None:
    found = read(tmp_path, '[[moves]]\nmerge = ["Leeds", "Bradford"]\nas = "leeds"')
    assert found.layer is not None
    assert {c.unit_code for c in found.layer.claims if c.area_code in (LEEDS, BRADFORD)} == {LEEDS}


def test_moves_are_made_in_their_order(tmp_path: Path) -> None:
    moves = """
[[moves]]
move = "Harrogate"
as = "Dales"
[[moves]]
move = ["Craven", "York"]
to = "Dales"
[[moves]]
merge = ["Dales", "Leeds"]
as = "All"
"""
    held = land(read(tmp_path, moves))
    assert {b for b, units in held.items() if "All" in units} == {
        *(LEEDS, HARROGATE),
        *("E07000163", "E06000014"),
    }


def test_a_part_of_a_district_is_shared_and_its_line_unknown(tmp_path: Path) -> None:
    part = '[[moves]]\nmove = ["Bradford"]\nto = "Leeds"\nextent = "part"'
    assert land(read(tmp_path, part))[BRADFORD] == {
        "Bradford": (0.5, False),
        "Leeds": (0.5, False),
    }
    share = '[[moves]]\nmove = "Bradford"\nto = "Leeds"\nshare = 0.2'
    stated = land(read(tmp_path, share))
    assert stated[BRADFORD] == {"Bradford": (0.8, True), "Leeds": (0.2, True)}


def test_a_unit_falls_into_parts_along_another_layer(tmp_path: Path) -> None:
    found = read(tmp_path, '[[moves]]\nsplit = "Surrey"\nalong = "district"', "local_authority")
    surrey = next(a for a in AREAS.alive("local_authority", DAY) if a.name == "Surrey")
    names = {a.blocks[0]: a.name for a in AREAS.alive("district", DAY)}
    assert {b: land(found)[b] for b in surrey.blocks} == {
        b: {names[b]: (1.0, True)} for b in surrey.blocks
    }
    assert lines(found, "warning") == lines(found, "note") == []


def test_a_line_that_is_not_to_hand_is_said_and_its_land_shared(tmp_path: Path) -> None:
    split = '[[moves]]\nsplit = "Birmingham"\nalong = "teaching_school_hub"'
    found = read(tmp_path, split, "local_authority")
    held = land(found)["E08000025"]
    assert len(held) == 2 and set(held.values()) == {(0.5, False)}
    (line,) = lines(found, "warning")
    assert "the line between" in line and "in Birmingham is not to hand" in line


def test_both_claimants_of_shared_land_made_one_hold_it_whole(tmp_path: Path) -> None:
    hubs = [
        c.unit_code
        for c in expand(CATALOGUE.get("teaching_school_hub"), DAY, AREAS)
        if c.block == "E08000025"
    ]
    merge = f'[[moves]]\nmerge = ["{hubs[0]}", "{hubs[1]}"]\nas = "Birmingham"'
    assert land(read(tmp_path, merge, "teaching_school_hub"))["E08000025"] == {
        "Birmingham": (1.0, True)
    }


def test_a_table_gives_areas_to_units(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(
        f"area_code,unit_code,unit_name,extent\n{LEEDS},n,North,\n{BRADFORD},n,North,part\n"
        f"{BRADFORD},{HARROGATE},,part\n",
        "utf-8",
    )
    held = land(read(tmp_path, '[[moves]]\nuse = "plan.csv"'))
    assert held[LEEDS] == {"North": (1.0, True)}
    assert held[BRADFORD] == {"North": (0.5, False), "Harrogate": (0.5, False)}


def test_a_layer_gives_its_units_their_land_and_the_rest_stays(tmp_path: Path) -> None:
    held = land(read(tmp_path, '[[moves]]\nuse = "combined_authority"', "local_authority"))
    old = {c.block: c.unit_name for c in expand(CATALOGUE.get("local_authority"), DAY, AREAS)}
    new = {c.block: c.unit_name for c in expand(CATALOGUE.get("combined_authority"), DAY, AREAS)}
    assert {b: list(units) for b, units in held.items()} == {b: [n] for b, n in (old | new).items()}


def test_rows_of_a_table_hold_on_their_days(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(
        f"area_code,unit_name,valid_from,valid_to\n{LEEDS},Old,,2022-08-31\n"
        f"{LEEDS},New,2022-09-01,\n",
        "utf-8",
    )
    assert land(read(tmp_path, '[[moves]]\nuse = "plan.csv"'))[LEEDS] == {"New": (1.0, True)}


def test_blocks_are_known_by_their_code_of_2018_whatever_the_day(tmp_path: Path) -> None:
    """Suffolk Coastal became a part of East Suffolk in 2019."""
    (tmp_path / "plan.csv").write_text("block,unit_name\nE07000205,Coast\n", "utf-8")
    assert land(read(tmp_path, '[[moves]]\nuse = "plan.csv"'))["E07000205"] == {
        "Coast": (1.0, True)
    }


@pytest.mark.parametrize(
    ("moves", "line"),
    [
        ('[[moves]]\nmerge = ["Leds", "Bradford"]\nas = "X"', "did you mean Leeds"),
        ('[[moves]]\nmove = ["Leds"]\nas = "X"', "did you mean Leeds"),
        ('[[moves]]\nmove = ["Leeds"]\nto = "Bradferd"', "did you mean Bradford"),
        ('[[moves]]\nmove = ["Leeds"]\nas = "Bradford"', "write `to` to move land to it"),
        ('[[moves]]\nmove = ["Leeds"]', "move lacks a word; write it with to or as"),
        ('[[moves]]\nmerge = ["Leeds"]\nas = "X"', "merge names 1 unit"),
        ('[[moves]]\nmerge = ["Leeds", "Leeds"]\nas = "X"', "merge names 1 unit"),
        ('[[moves]]\nsplit = "Leeds"\nalong = "ward"', "ward is made of schools"),
        ('[[moves]]\nsplit = "Leeds"\nalong = "wards of mine"', "no layer is called"),
        ('[[moves]]\nsplit = "Leeds"', "split lacks a word; write it with along"),
        ('[[moves]]\nsplit = "Leeds"\nalong = "mine.geojson"', 'with extent = "part", or give the'),
        ('[[moves]]\nmove = "mine.gpkg"\nto = "Leeds"', "'mine.gpkg' is a drawing"),
        ('[[moves]]\nmerge = ["Leeds", "York"]\nas = "A"\n'
         '[[moves]]\nmerge = ["Leeds", "Selby"]\nas = "B"',
         "row 7: move 2: Leeds is no unit any more, merged into A by move 1"),
        ('[[moves]]\nuse = "none.csv"', "none.csv: no such file"),
        ('[[moves]]\nas = "X"', "says nothing to do"),
        ('[[moves]]\nmove = ["Leeds"]\nsplit = "York"\nto = "York"', "has move and split"),
        ('[[moves]]\nmove = ["Leeds"]\nto = "York"\nas = "X"', "takes no to and as"),
        ('[[moves]]\njoin = ["Leeds"]', "unknown key 'join'"),
        ('[[moves]]\nmove = ["E07000026"]\nto = "Leeds"\n[[moves]]\nmove=["W06000015"]\nto="Leeds"',
         "W06000015' is a code of Wales"),
        ('[[moves]]\nmove = ["Leeds"]\nto = "York"\nshare = 1.5', "1.5 is no share"),
        ('[[moves]]\nmove = ["Cumberland"]\nto = "York"', "no area and no unit is called"),
        ("moves = []", "no moves"),
        ("", "the key moves is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_the_way_out(tmp_path: Path, moves: str, line: str) -> None:
    found = read(tmp_path, moves)
    assert found.layer is None and not lines(found, "note")
    assert [said for said in lines(found) if line in said], lines(found)


def test_a_unit_named_twice_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, '[[moves]]\nmerge = ["Leeds", "York", "Leeds"]\nas = "X"')
    assert any("merge names Leeds twice" in line for line in lines(found, "warning"))
    assert found.layer is not None


def test_faults_of_a_table_name_its_rows(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(
        "area_name,unit_name\nLeeds,North\nBradferd,North\nLeeds,South\n", "utf-8"
    )
    said = lines(read(tmp_path, '[[moves]]\nuse = "plan.csv"'))
    assert any("plan.csv row 3" in s and "did you mean Bradford" in s for s in said)
    assert any(
        "plan.csv row 4" in s and "Leeds is given to another unit in row 2" in s for s in said
    )


def test_a_base_that_is_no_land_by_areas_is_told(tmp_path: Path) -> None:
    for base, word in (("federation", "made of schools"), ("nothing", "no layer is called")):
        found = read(tmp_path, '[[moves]]\nmerge = ["a", "b"]\nas = "c"', base)
        assert found.layer is None and word in lines(found)[0]


def test_nothing_is_silent(tmp_path: Path) -> None:
    moves = """
[[moves]]
move = ["Leeds", "Leeds"]
to = "Bradford"
[[moves]]
move = ["Leeds"]
to = "York"
[[moves]]
move = ["Leeds"]
to = "York"
"""
    found = read(tmp_path, moves)
    warned = "\n".join(lines(found, "warning"))
    assert "Leeds is named twice" in warned
    assert "move 2 moves Leeds again, after move 1" in warned
    assert "move 3 does nothing: it is so already" in warned
    assert any("Leeds is left without land" in s for s in lines(found, "note"))
    assert {step.move for step in found.steps} == {1, 2}


def test_a_day_after_the_shelf_was_checked_is_told(tmp_path: Path) -> None:
    moves = '[[moves]]\nmerge = ["Leeds", "Bradford"]\nas = "A"'
    warned = lines(read(tmp_path, moves, "local_authority", "as_of = 2030-01-01"), "warning")
    assert any("areas were checked until" in line for line in warned)


def test_what_is_decided_and_not_found_is_told_by_the_list(geolls: Any) -> None:
    status, out, _ = geolls("scenario", "list")
    assert status == 0 and "Hertfordshire is to have four councils" in out
    units = {area.name for area in AREAS.alive("local_authority", date(2028, 5, 1))}
    assert any("one of four unitaries, which one not found" in name for name in units)


def test_the_day_of_the_base_is_told_where_it_is_not_that_of_the_study(tmp_path: Path) -> None:
    move = '[[moves]]\nmerge = ["Allerdale", "Carlisle"]\nas = "X"'
    assert not lines(read(tmp_path, move))
    gone = read(tmp_path, '[[moves]]\nmove = "Surrey"\nto = "Kent"', "local_authority",
                more="as_of = 2027-05-01")  # fmt: skip
    assert any("Surrey ended 2027-03-31; now in East Surrey" in s for s in lines(gone))
    merged = read(tmp_path, move.replace("Allerdale", "Leeds").replace("Carlisle", "Bradford"),
                  more="as_of = 2024-09-01")  # fmt: skip
    assert "its base is read on 1 September 2024" in lines(merged, "warning")[0]


@pytest.mark.parametrize("key", ["local_authority", "teaching_school_hub", "maths_hub", "region"])
def test_the_template_works_as_it_is_and_with_its_comments_taken_away(
    tmp_path: Path, key: str
) -> None:
    text = template(CATALOGUE.get(key), DAY, AREAS)
    path = tmp_path / "new.toml"
    path.write_text(text, "utf-8")
    found = read_scenario(path, CATALOGUE.get, DAY, AREAS)
    assert found.layer is not None and not lines(found, "warning") and found.steps
    (tmp_path / "units.csv").write_text(f"area_code,unit_name\n{LEEDS},North\n", "utf-8")
    code = [
        line.removeprefix("# ")
        if line.startswith(
            ("# [[", "# use", "# move =", "# to =", "# split", "# along", "# extent")
        )
        else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(code), "utf-8")
    every = read_scenario(path, CATALOGUE.get, DAY, AREAS)
    assert not lines(every) and {step.move for step in every.steps} == {1, 2, 3, 4}


@pytest.mark.parametrize("key", sorted(shipped()))
def test_what_comes_with_geolls_has_its_source_date_and_confidence(key: str) -> None:
    for day in (DAY, date(2025, 7, 18)):
        found = read_scenario(shipped()[key], CATALOGUE.get, day, AREAS)
        assert found.layer is not None, [str(p) for p in found.problems]
        quiet = [s for s in lines(found, "warning") if "is not to hand" not in s]
        assert not quiet, quiet
        assert found.layer.source_date and found.layer.source != f"scenario {key}.toml"
        base = {c.block: c.share for c in expand(CATALOGUE.get(found.layer.base), day, AREAS)}
        assert {c.block for c in expand(found.layer, day, AREAS)} >= base.keys()


def test_a_scenario_may_rest_on_another_but_not_on_itself(tmp_path: Path) -> None:
    found = read(tmp_path, '[[moves]]\nmerge = ["East Surrey", "Kent"]\nas = "South East"',
                 "surrey_2027")  # fmt: skip
    assert found.layer is not None and found.layer.base == "local_authority"
    assert {"South East", "West Surrey"} <= {u.name for u in found.layer.units.values()}
    path = tmp_path / "own.toml"
    path.write_text(f'title = "x"\nbase = "{path}"\n[[moves]]\nmerge = ["a", "b"]\nas = "c"')
    own = read_scenario(path, CATALOGUE.get, DAY, AREAS)
    assert own.layer is None and "has itself for its base" in lines(own)[0]


def test_every_fault_of_every_move_is_told_at_its_line(tmp_path: Path) -> None:
    moves = '[[moves]]\nmove = ["Leds"]\nto = "York"\n[[moves]]\nextent = "half"\nsplit = "York"'
    said = lines(read(tmp_path, moves))
    assert any("row 4: move 1: no area and no unit is called 'Leds'" in line for line in said)
    assert any("row 7, extent: move 2: extent is 'half'" in line for line in said)
    (one,) = lines(read(tmp_path, 'moves = ["merge A"]'))
    assert "write [[moves]]" in one


def test_the_shelf_is_what_the_tool_writes() -> None:
    folder = next(iter(shipped().values())).parent
    tools = Path(__file__).resolve().parents[2] / "tools"
    made = runpy.run_path(str(tools / "build_scenarios.py"))["files"]()
    assert made == {p.name: p.read_text("utf-8") for p in folder.iterdir()}


# ---- in a study -------------------------------------------------------------------------------


def test_what_comes_with_geolls_loses_no_school_and_no_pupil(demonstration: Any) -> None:
    schools, pupils = demonstration.weights(), demonstration.weights("pupils")
    study = demonstration.taking(shipped())
    for key in shipped():
        members = study.membership(key)
        for weight in (schools, pupils):
            assert members.weigh(weight.to_numpy()).sum() == pytest.approx(weight.sum()), key
    rows = study.scenario("surrey_2027").set_index("unit_name")
    assert rows.loc["West Surrey", "land_of"] == "Surrey" and rows.loc["West Surrey", "blocks"] == 6
    assert rows["schools"].sum() == len(schools)


def test_schools_of_other_authorities_stay_where_they_are(demonstration: Any) -> None:
    study = demonstration.taking(["surrey_2027"])
    before, after = (study.assigned(k).set_index("urn") for k in ("local_authority", "surrey_2027"))
    elsewhere = before.index[before["unit_name"] != "Surrey"]
    columns = ["unit_code", "share", "assigned_by"]
    assert after.loc[elsewhere, columns].equals(before.loc[elsewhere, columns])


def test_a_school_kept_from_elsewhere_follows_its_authority_or_stands_under_all_its_heirs() -> None:
    home = pd.DataFrame({"block": ["p", "q", "r"], "unit_code": ["A", "A", "B"],
                         "unit_name": "", "share": 1.0, "line_confidence": "high"})  # fmt: skip
    land = home.assign(unit_code=["west", "east", "B"], unit_name=["West", "East", "B"])
    placed = pd.DataFrame({"urn": ["1", "2", "3", "4"], "block": ["p", "q", "r", "r"],
                           "located_by": "point", "distance_m": 0.0})  # fmt: skip
    authorities = pd.DataFrame({
        "urn": ["1", "2", "3", "4"], "layer": "la", "unit_code": ["A", "A", "B", "A"],
        "unit_name": "", "assigned_by": "code", "distance_m": 0.0, "share": 1.0,
        "line_confidence": "high",
    })  # fmt: skip
    found = assign_regrouped("new", authorities, home, land, Placement(placed, placed[:0], DAY),
                             divided=True)  # fmt: skip
    assert found is not None
    assert sorted(map(tuple, found[["urn", "unit_code", "share"]].values)) == [
        *(("1", "west", 1.0), ("2", "east", 1.0), ("3", "B", 1.0)),
        *(("4", "east", 0.5), ("4", "west", 0.5)),  # beyond the land of the authority that keeps it
    ]
    assert dict(zip(found["urn"], found["assigned_by"], strict=True))["1"] == "point"


@pytest.fixture
def geolls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEOLLS_DATA", str(tmp_path / "data"))

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(words)
        said = capfd.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run


def test_on_the_command_line_a_file_is_checked_made_and_used(
    geolls: Callable[..., tuple[int, str, str]],
) -> None:
    assert "surrey_2027" in geolls("scenario")[1]
    assert geolls("scenario", "new", "-o", "a.toml", "--as-of", "2022-09-01")[0] == 0
    assert geolls("scenario", "new", "-o", "a.toml")[0] == 15
    code, out, _ = geolls("scenario", "a.toml", "--as-of", "2022-09-01")
    assert code == 0 and "Hartlepool and Middlesbrough" in out
    code, out, _ = geolls("check", "a.toml")
    assert code == 0 and "No problems" in out
    code, _, err = geolls("scenario", "check", "a.toml", "--register", "b.csv")
    assert code == 2 and "scenario show and scenario compare take it" in err
    code, _, err = geolls("scenario", "sury_2027")
    assert code == 10 and "did you mean surrey_2027?" in err
    code, out, _ = geolls("layers", "--layer", "a.toml", "--as-of", "2022-09-01", "--format", "csv")
    assert code == 0 and "\na,What if" in out
    code, out, err = geolls("scenario", "compare", "local_authority", "a.toml", "-o", "moves.csv")
    assert code == 0 and "by maintaining body" in err
    moved = pd.read_csv("moves.csv", dtype=str)
    assert set(moved["to_name"]) == {"Hartlepool and Middlesbrough"}
    place = "a.toml:Hartlepool and Middlesbrough"
    code, out, _ = geolls("schools", "--place", place, "--format", "csv", "--columns", "urn")
    assert code == 0 and set(out.split()[1:]) == set(moved["urn"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("local_authority", "federation"), "federation is made of schools, not of land"),
        (("local_authority", "nolayer"), "no layer is called 'nolayer'"),
        (("maths_hub", "surrey_2027", "--basis", "maintaining"), "use location"),
        (("local_authority", "surrey_2027", "--basis", "both"), "none of maintaining, location"),
    ],
)
def test_a_wrong_comparison_is_one_line(
    geolls: Callable[..., tuple[int, str, str]], words: tuple[str, ...], line: str
) -> None:
    code, _, err = geolls("scenario", "compare", *words)
    assert code in (2, 10) and line in err and len(err.strip().splitlines()) == 1


def test_the_map_frames_what_moves_and_counts_its_schools(demonstration: Any) -> None:
    recipe, data = scene_of(demonstration, "what_if", options={"right": "hampshire_2028"})
    assert recipe.options["left"] == "local_authority" and data.place is not None
    assert data.place.name == "Hampshire from 1 April 2028" and len(data.place.blocks) == 13
    words = next(m for m in data.measures if m.key == "moved").values.value_counts()
    assert words["Moves"] == 9 and words["Moves in part, or along a line not to hand"] == 4
    here = demonstration.placement.schools["block"].isin(data.place.blocks).sum()
    assert data.schools is not None and int(data.schools["here"].sum()) == here


def test_notes_hang_on_no_order_of_questions(demonstration: Any) -> None:
    """A layer of one's own is told of whole, whatever was asked before."""
    thin = replace(demonstration.register, schools=demonstration.register.schools.iloc[::900])
    told = []
    for asked in ((), ("surrey_2027", "diocese"), ("diocese", "surrey_2027"), ("region",)):
        study = Study(demonstration.settings, register=thin).taking(["surrey_2027"])
        for key in asked:
            study.coverage(key, "schools")
        told.append({line for line in study.told() if not line.startswith("diocese")})
    assert told == [told[0]] * 4
    assert any(line.startswith("surrey_2027: no school that counts") for line in told[0])
    with pytest.raises(CatalogueError, match=r"is a scenario, which this study does not have"):
        demonstration.coverage("surrey_2027", "schools")
