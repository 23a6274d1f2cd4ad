"""One deliberate mistake for every argument and option: one line, its family's code, no traceback.

Nothing here needs a register: a mistake is found before work begins, or on generated schools.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from geolls.cli.main import cli, main

# What a command needs to run, so that the mistake is the only one.
NEEDS = {
    "where": ["Leeds"],
    "overlap": ["region", "dfe_region"],
    "mismatch": ["region", "dfe_region"],
    "coverage": ["region"],
    "schools": ["--place", "Rutland"],
    "compare": ["Leeds", "Bradford"],
    "table": ["headlines"],
    "changes": ["--from", "2022-09-01", "--to", "2023-09-01"],
    "explain": ["trusts", "--place", "Rutland"],
    "profile": ["Rutland"],
    "map": ["hub_coverage", "-o", "m.svg"],
    "atlas": ["--out", "atlas"],
    "export": ["--out", "tables"],
    "fetch": ["gias"],
    "realign": ["region", "--basis", "local_authority", "--moves", "1"],
    "site": ["teaching_school_hub_lead", "--add", "1", "--within", "20km"],
    "study new": ["new.toml"],
    "history": ["--registers", "edubasealldata20200901.csv"],
    "scenario check": ["surrey_2027"],
    "scenario show": ["surrey_2027"],
    "scenario compare": ["local_authority", "surrey_2027"],
}

Mistake = tuple[str, int, str]
NO_NAME: Mistake = ("", 2, "a name is missing; give a path")
GENERAL: dict[str, list[Mistake]] = {
    "--study": [
        ("nowhere.toml", 11, "nowhere.toml: no such file"),
        ("folder", 11, "folder: is a folder, not a file"),
        ("text.txt", 11, "text.txt: not readable as TOML"),
        NO_NAME,
    ],
    "--as-of": [
        ("2022-02-31", 12, "'2022-02-31' is not a date; write it as 2022-09-01"),
        ("1990-01-01", 12, "they begin on 2009-04-01"),
        ("", 12, "'' is not a date"),
    ],
    "--register": [("nowhere.csv", 11, "nowhere.csv: no such file"), NO_NAME],
    "--links": [("nowhere.csv", (2, 11), ""), NO_NAME],  # type: ignore[list-item]
    "--travel": [
        ("nowhere.csv", 11, "or give --travel estimate"),
        NO_NAME,
    ],
    "--phase": [("primry", 2, "did you mean primary?")],
    "--boundaries": [("nowhere", 10, "nowhere: "), NO_NAME],
    "--blocks": [("nowhere", 2, "run: geolls fetch boundaries --blocks"), NO_NAME],
    "--data": [("text.txt", 11, "text.txt is a file, not a folder"), NO_NAME],
    "--format": [("cvs", 2, "did you mean csv?"), ("", 2, "'' is none of table, csv")],
    "-o": [
        ("out.zzz", 15, "use .csv, .tsv, .json, .parquet, .xlsx, .gpkg, .geojson"),
        ("folder", 15, "has no ending"),
        NO_NAME,
    ],
    "--by": [("school", 2, "did you mean schools?"), ("", 2, "'' is none of area")],
    "--layer": [("regoin", 10, "did you mean region")],
}
# Found when the table is there: tried once.
LATE: dict[str, list[Mistake]] = {
    "layers --columns": [
        ("titel", 2, "unknown column 'titel'; did you mean title?"),
        ("", 2, "unknown column ''; the columns are key, title"),
    ],
    "layers -o": [
        ("text.txt/out.csv", 15, "a part of this path is a file, not a folder"),
        ("folder.csv", 15, "is a folder, not a file"),
        ("out.gpkg", 15, "so it cannot be gpkg; use .csv"),
    ],
    "coverage --place": [("Leedz", 12, "did you mean Leeds"), ("", 12, "--place: no place")],
    "schools --where": [("typ=academy", 2, "typ")],
    "schools --trust": [("zzz", 12, "no trust is called 'zzz'")],
    "mismatch --null": [("-1", 2, "as in: geolls mismatch"), ("x", 2, "not a valid whole number")],
    "mismatch --seed": [("x", 2, "not a valid whole number")],
    "changes --from": [("then", 12, "--from: 'then' is not a date")],
    "changes --to": [
        ("then", 12, "--to: 'then' is not a date"),
        ("2021-01-01", 2, "later day last"),
    ],
    "changes --as-of": [("2022-09-01", 2, "--from and --to")],
    "changes --to-register": [("nowhere.csv", 11, "nowhere.csv: no such file")],
    "changes --to-links": [("nowhere.csv", 2, "links go with a register")],
    "changes --successions": [("nowhere.csv", 11, "nowhere.csv: no such file")],
    "history --registers": [
        ("nowhere.csv", 11, "nowhere.csv: no such file"),
        ("folder", 11, "folder: holds no registers"),
        ("text.txt", 12, "does not say of which day it is"),
        NO_NAME,
    ],
    "history --group-links": [("nowhere.csv", 11, "nowhere.csv: no such file"), NO_NAME],
    "history --since": [
        ("1999", 2, "not in the range"),
        ("2021", 12, "the last day is 2020-09-01"),
    ],
    "profile -o": [("out.docx", 15, "use .html or .md"), NO_NAME],
    "map -o": [("out.docx", 15, "use .html, .svg"), NO_NAME],
    "map --set": [
        ("laier=maths_hub", 2, "hub_coverage has no option 'laier'; did you mean layer?"),
        ("layer", 2, "'layer' is not KEY=VALUE"),
        ("trust=3", 2, "--trust is an option of its own"),
        ("layer=maths_hubb", 10, "did you mean maths_hub"),
    ],
    "map --colour-by": [("zzz", 2, "")],
    "map --tiles": [("OpenStreetMap", 2, "a basemap is for .html alone")],
    "map --width": [("wide", 2, "wide")],
    "map --height": [("tall", 2, "tall")],
    "map --dpi": [("x", 2, "not a valid float"), ("0", 2, "not in the range")],
    "atlas --out": [("text.txt", 15, "is a file, not a folder"), NO_NAME],
    "atlas --place": [("England", 12, "leave --place out"), ("Rutlnad", 12, "Rutland")],
    "atlas --places": [
        ("regoin", 10, "did you mean region"),
        ("leed", 10, "--places takes layers: no layer is called 'leed'; Leeds is a place"),
        ("multi_academy_trust", 2, "is made of trusts"),
    ],
    "atlas --jobs": [("many", 2, "not a valid whole number"), ("-1", 2, "as in: geolls atlas")],
    "export --out": [("text.txt", 15, "is a file, not a folder"), NO_NAME],
    "export --as": [("cvs", 2, "did you mean csv?")],
    "assign --postcode": [("Postcode", 2, "names a column of a file")],
    "fetch --from": [
        (" ", 2, "no address or folder"),
        ("nowhere", 2, "neither a web address"),
    ],
    "fetch --day": [("then", 12, "--day: 'then' is not a date")],
    "fetch --year": [("-5", 2, "not in the range")],
    "fetch --resolution": [("BGS", 2, "did you mean BSC")],
    "study new --like": [("defalt", 12, "did you mean default?")],
    "scenario new -o": [("text.txt", 15, "there is a file already"), NO_NAME],
    "scenario compare --basis": [("body", 2, "none of maintaining, location")],
    "scenario compare --list": [("school", 2, "did you mean schools?")],
    "realign --basis": [("ward", 2, "none of blocks, local_authority, district")],
    "realign --units": [("many", 2, "not a valid whole number"), ("900", 2, "areas make 1 to")],
    "realign --size": [("wide", 2, "as in: --size 150:420"), ("9:1", 2, "is no band")],
    "realign --keep": [
        ("trust", 2, "did you mean trusts"),
        ("trusts=0", 2, "nothing is to be kept"),
    ],
    "realign --moves": [("dear", 2, "'dear' is no number"), ("-1", 2, "a move costs 0 or more")],
    "realign --bridge": [("Leeds", 2, "'Leeds' is not two areas"), ("Leeds:X", 12, "no area")],
    "realign --seed": [("x", 2, "not a valid whole number"), ("-1", 2, "0 or more")],
    "realign --list": [("move", 2, "did you mean moves?")],
    "realign --out": [("text.txt", 15, "is a file, not a folder"), NO_NAME],
    "site --add": [("some", 2, "not a valid whole number"), ("0", 2, "give 1 or more")],
    "site --remove": [("x", 2, "not both")],
    "site --within": [("near", 2, "'near' is no distance"), ("30min", 2, "--travel")],
    "site --goal": [("most", 2, "none of reach, distance")],
    "site --by": [("school", 2, "did you mean schools?")],
    "site --candidates": [("size", 2, "")],
}
# What a line says beside what is wrong: what is near, what there is, or what to write.
FIXES = (
    "; ",
    " none of ",
    " takes ",
    " needs ",
    " errors found",
    "1 error found",
    "not a folder",
    "not a file",
)
# General names that mean something of the command's own.
OWN = {"profile -o", "map -o", "changes --as-of", "where --blocks", "scenario new -o"}
# Options that a mistake cannot be made with.
FREE = {"map --title", "map --attr", "map --trust", "explain --trust"}
WORDS: list[tuple[list[str], int, str]] = [
    (["lauers"], 2, "did you mean layers?"),
    (["check", "nowhere"], 10, "1 error"),
    (["where"], 2, "Missing argument 'TEXT'; as in: geolls where"),
    (["where", " "], 12, "nothing was asked for"),
    (["where", "Nowhereham"], 12, "Nowhereham"),
    (["where", "BT1 1AA"], 12, "is in Northern Ireland"),
    (["where", "SW1A 1A"], 12, "a postcode is whole"),
    (["fetch", "gais"], 2, "did you mean gias?"),
    (["fetch", "wards"], 2, "geolls fetch boundaries wards"),
    (["fetch", "boundaries", "wards", "--from", "nowhere.gpkg"], 11, "no such file"),
    (["fetch", "postcodes", "--from", "folder"], 11, "holds no postcodes"),
    (["fetch", "postcodes", "--from", "text.txt"], 11, "no column of postcode"),
    (["assign", "nowhere.csv", "-o", "out.csv"], 11, "nowhere.csv"),
    (["assign", "text.txt"], 2, "add -o FILE"),
    (["overlap"], 2, "Missing argument 'LEFT'; as in: geolls overlap"),
    (["overlap", "region"], 2, "Missing argument 'RIGHT'"),
    (["overlap", "region", "regoin"], 10, "did you mean region"),
    (["overlap", "a", "b", "c"], 2, "unexpected extra argument (c)"),
    (["overlap", "region", "dfe_region", "--bye", "x"], 2, "--by"),
    (["mismatch", "region"], 2, "two layers, or none"),
    (["coverage", "diocese"], 2, "--by schools"),
    (["coverage"], 2, "as in: geolls coverage teaching_school_hub"),
    (["schools"], 2, "Missing option '--place'; as in: geolls schools --place Leeds"),
    (["compare", "Leeds"], 2, "Missing argument 'RIGHT'; as in: geolls compare Leeds Bradford"),
    (["compare", "Leeds", "Bradfrod"], 12, "did you mean Bradford"),
    (["table", "headline"], 2, "did you mean headlines?"),
    (["realign", "research_school"], 2, "is made of sites, not of land"),
    (["realign", "multi_academy_trust"], 2, "name a layer of land, as teaching_school_hub"),
    (["realign", "region", "--size", "wide"], 2, "as in: --size 150:420"),
    (["realign", "region", "--units", "900"], 2, "326 areas make 1 to 326 units, not 900"),
    (["realign", "region", "--keep", "trust"], 2, "did you mean trusts"),
    (["realign", "region", "--moves", "dear"], 2, "'dear' is no number"),
    (["realign", "region", "--bridge", "Leeds"], 2, "'Leeds' is not two areas"),
    (["site", "region", "--within", "20km"], 2, "lead schools are in teaching_school_hub_lead"),
    (["site", "research_school", "--within", "near"], 2, "'near' is no distance"),
    (["changes"], 2, "Missing option '--from'; as in: geolls changes --from 2022-09-01"),
    (["explain", "trusts"], 2, "needs --place or --trust"),
    (["explain", "trust", "--place", "Rutland"], 2, "trusts"),
    (["profile"], 2, "as in: geolls profile Leeds"),
    (["profile", "Rutlnad"], 12, "did you mean Rutland"),
    (["map", "hub_coverag", "-o", "m.svg"], 10, "did you mean hub_coverage?"),
    (["map", "nowhere.toml", "-o", "m.svg"], 14, "nowhere.toml: there is no such recipe file"),
    (["map", "hub_coverage"], 2, "add -o hub_coverage.html"),
    (["atlas"], 2, "as in: geolls atlas --out"),
    (["export"], 2, "as in: geolls export --out"),
    (["study"], 2, "say what to do: new, show, check; as in: geolls study new"),
    (["study", "shwo"], 2, "did you mean show?"),
    (["study", "new"], 2, "as in: geolls study new my-study.toml"),
    (["study", "new", "text.txt"], 15, "there is a file already"),
    (["study", "new", "text.txt/new.toml"], 15, "a part of this path is a file"),
    (["study", "show", "nowhere.toml"], 11, "no such file"),
    (["study", "check", "text.txt"], 11, "not readable as TOML"),
    (["study", "check", "wrong.toml"], 2, "unknown key 'registre'; did you mean register?"),
    (["scenario", "sury_2027"], 10, "did you mean surrey_2027?"),
    (["scenario", "wrong.toml"], 10, "errors found"),
    (["scenario", "new", "diocese"], 10, "take a base of areas"),
    (["scenario", "new", "distrct"], 10, "did you mean district?"),
    (["scenario", "show"], 2, "as in: geolls scenario show surrey_2027"),
    (["scenario", "show", "nowhere.toml"], 10, "no scenario is in a file"),
    (["scenario", "compare", "district"], 2, "Missing argument 'AFTER'"),
    (["scenario", "compare", "district", "sponsor"], 2, "not of land"),
    (["history"], 2, "--registers: history is told by whole registers"),
    (["completion"], 2, "as in: geolls completion bash"),
    (["completion", "bsh"], 2, "did you mean bash"),
    (["findings", "leeds"], 2, "unexpected extra argument"),
    (["spread", "--format", "csv", "-o", "out.xlsx"], 2, "leave --format out"),
]  # fmt: skip


def commands(group: click.Group = cli, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


OPTIONS = [
    (name, option.opts[0])
    for name, command in commands()
    for option in command.get_params(click.Context(command, help_option_names=["-h", "--help"]))
    if isinstance(option, click.Option) and not option.is_flag
]


def cases() -> Iterator[tuple[list[str], int | tuple[int, ...], str]]:
    for name, option in OPTIONS:
        given = [*name.split(), *NEEDS.get(name, ())]
        if option in given:
            at = given.index(option)
            given = given[:at] + given[at + 2 :]
        general = GENERAL.get(option, []) if f"{name} {option}" not in OWN else []
        if name != "coverage":  # which tries them all
            general = general[:1]
        for value, code, words in [*general, *LATE.get(f"{name} {option}", ())]:
            yield [*given, option, value], code, words
    yield from WORDS


CASES = list(cases())


def test_every_option_of_every_command_is_mistaken_once() -> None:
    tried = {key.rpartition(" ")[2] for key in LATE} | GENERAL.keys()
    missing = {f"{name} {option}" for name, option in OPTIONS if option not in tried} - FREE
    assert missing == set()
    assert {name for name, _ in commands()} <= {
        " ".join(args[: 2 if args[0] in {"study", "scenario"} else 1]) for args, *_ in CASES
    }


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened_once: None) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("folder", "folder.csv"):
        Path(name).mkdir()
    for name in ("text.txt", "edubasealldata20200901.csv"):
        Path(name).write_text("no table\n")
    Path("wrong.toml").write_text('registre = "edubasealldata.csv"\n')


@pytest.mark.parametrize(("args", "code", "words"), CASES, ids=[" ".join(c[0]) for c in CASES])
def test_a_mistake_is_one_line_with_the_code_of_its_family(
    args: list[str],
    code: int | tuple[int, ...],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left:
        main(args)
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if line.startswith("geolls: ")]
    assert left.value.code in (code if isinstance(code, tuple) else (code,)), said.err
    assert len(lines) == 1 and words in lines[0], said.err
    assert any(way in lines[0] for way in FIXES), lines[0]
    assert "Traceback" not in said.err and "bug in geolls" not in said.err
    assert said.out == "" or args[0] == "check"
    before = {"folder", "folder.csv", "text.txt", "wrong.toml", "atlas", "tables"}
    before |= {"edubasealldata20200901.csv"}
    assert {path.name for path in Path().iterdir()} <= before  # nothing half written


def test_what_means_one_thing_has_one_name() -> None:
    for name, command in commands():
        for option in command.get_params(
            click.Context(command, help_option_names=["-h", "--help"])
        ):
            if not isinstance(option, click.Option):
                continue
            if option.name == "output":
                assert option.opts == ["-o", "--output"], name
            if option.name == "fmt":
                assert option.opts == ["--format"], name
            if option.name in {"place", "as_of", "by"}:
                assert option.opts == [f"--{option.name.replace('_', '-')}"], name
