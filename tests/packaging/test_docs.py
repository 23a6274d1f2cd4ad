"""The docs say what the product does: examples run, pages are current, links lead somewhere."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import math
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import numpy as np
import pytest
import write_docs as WRITE  # noqa: N812

from geolls import __version__
from geolls.api import Study, open_study
from geolls.base.vocabulary import REACHES
from geolls.cli.main import cli
from geolls.measures.mismatch import MEASURES
from geolls.measures.spread import SpreadOptions
from geolls.study.findings import Finding, findings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OWN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES = sorted([*OWN, *DOCS.rglob("*.md"), *ROOT.glob("boundaries/*.md"), *ROOT.glob("maps/*.md")])


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# ---- examples ----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [WRITE.COMMANDS, WRITE.DICTIONARY], ids=name_of)
def test_a_generated_page_is_what_the_code_says_now(page: Path) -> None:
    assert said(page) == WRITE.refresh(page), "run: python tools/write_docs.py"


@pytest.mark.parametrize("page", WRITE.example_pages(), ids=name_of)
def test_the_examples_of_a_page_run_and_print_what_it_shows(page: Path) -> None:
    assert said(page) == WRITE.refresh(page), f"run: python tools/write_docs.py {name_of(page)}"


def parse(line: str) -> None:
    """Read a command line as geolls does, without running it."""
    words = shlex.split(line, comments=True)
    assert words.pop(0) == "geolls"
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    if words:
        command.make_context("geolls", words)


def console_lines() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in WRITE.FENCE.finditer(said(page)):
            kind = block["info"].strip().partition(" ")[0]
            if kind in {"console", "sh", ""} and page.parent != WRITE.COMMANDS.parent:
                for line in WRITE.lines_of(block["body"]):
                    line = line.removeprefix(".venv/bin/")
                    if line.startswith("geolls "):
                        yield name_of(page), re.split(r" [|>] ", line)[0]


@pytest.mark.parametrize(("page", "line"), sorted(set(console_lines())))
def test_every_command_line_on_a_page_can_be_read(page: str, line: str) -> None:
    parse(line)


COMMANDS = [
    (name, command)
    for name, command in WRITE.every_command(cli, "geolls")
    if not isinstance(command, click.Group)
]


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_has_help_with_an_example_that_can_be_read(
    name: str, command: click.Command
) -> None:
    text = WRITE.help_of(name, command)
    examples = [s.strip() for s in text.splitlines() if s.strip().startswith(f"{name} ")]
    assert examples or name in {s.strip() for s in text.splitlines()}, text
    for line in examples:
        parse(line)
    for parameter in command.get_params(click.Context(command, help_option_names=["-h", "--help"])):
        if isinstance(parameter, click.Option):
            assert parameter.help, (name, parameter.name)


# ---- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    text = WRITE.FENCE.sub("", said(page))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve()
        assert found.exists(), f"{name_of(page)} links to {target}"
        if anchor:
            heads = re.findall(r"^#+ (.+)$", said(found), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}
            assert anchor in slugs, f"{name_of(page)} links to {target}"


# Places on the machine of whoever wrote a page, and hosts of packages.
ELSEWHERE = re.compile(
    r"/(?:root|home|tmp|Users|opt|var|mnt|work)/|\b[A-Z]:\\|"
    r"(?:pypi|pythonhosted|npmjs|anaconda|conda)\.(?:org|com)|localhost|127\.0\.0\.1"
)


@pytest.mark.parametrize(
    "page", [*PAGES, DOCS / "tutorial.ipynb", ROOT / "CITATION.cff", ROOT / "zensical.toml"],
    ids=name_of,
)  # fmt: skip
def test_no_page_names_a_place_on_a_machine_or_a_package_host(page: Path) -> None:
    found = ELSEWHERE.search(said(page))
    assert found is None, found


def nav_files(entries: list[object]) -> Iterator[str]:
    for entry in entries:
        assert isinstance(entry, dict)
        for value in entry.values():
            if isinstance(value, str):
                yield value
            else:
                yield from nav_files(value)


def test_every_page_is_in_the_menu_of_the_site_once() -> None:
    nav = list(nav_files(tomllib.loads(said(ROOT / "zensical.toml"))["project"]["nav"]))
    assert len(nav) == len(set(nav))
    pages = {str(p.relative_to(DOCS)) for p in DOCS.rglob("*.md")}
    assert set(nav) == pages, "the nav of zensical.toml lists every page under docs/"


def test_the_site_builds_without_a_warning() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    built = ROOT / "out" / "site" / "reference" / "python" / "index.html"
    assert "Hargrove" in built.read_text(encoding="utf-8")  # a source in a docstring


def test_the_method_notes_define_every_measure_and_threshold() -> None:
    text = said(DOCS / "methods.md")
    for measure in MEASURES:
        assert f"`{measure}`" in text, measure
    for text_ in tool_tables("spread"):
        assert f"`{text_}`" in text, text_
    rules = SpreadOptions()
    for km in (rules.local_km, rules.sub_regional_km, rules.regional_km, rules.national_km):
        assert f"d up to {km:g} km" in text
    for reach in REACHES:
        assert f"`{reach}`" in text


def tool_tables(key: str) -> list[str]:
    from geolls.export.dictionary import load_dictionary

    plain = {"trust_uid", "trust_name", "trust_type", "schools", "pupils"}
    return [c.name for c in load_dictionary().tables[key].columns if c.name not in plain]


def test_the_citation_names_this_version() -> None:
    text = said(ROOT / "CITATION.cff")
    assert re.search(rf"^version: {re.escape(__version__)}$", text, re.MULTILINE)
    assert re.search(r"^license: MIT$", text, re.MULTILINE)


def test_the_exit_codes_on_the_page_are_those_of_the_code() -> None:
    import geolls.base.errors as errors

    shown = {int(n) for n in re.findall(r"^\| (\d+) \|", said(DOCS / "shell.md"), re.MULTILINE)}
    codes = {
        value.exit_code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.GeollsError)
    }
    assert codes - {1} <= shown
    assert shown <= codes | {0, 1, 2}


def test_the_gallery_shows_twelve_small_pictures_each_with_what_it_says() -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(images/gallery/(\w+\.webp)\)", said(DOCS / "gallery.md"))
    kept = {path.name: path.stat().st_size for path in (DOCS / "images" / "gallery").iterdir()}
    assert len(shown) == 12
    assert {name for _, name in shown} == set(kept)
    assert max(kept.values()) < 120_000
    assert all(len(words) > 60 for words, _ in shown)


# ---- findings ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study(demonstration: Study) -> Study:
    return demonstration


@pytest.fixture(scope="module")
def stated(study: Study) -> list[Finding]:
    return findings(study)


@cache
def rows_of(command: str) -> list[dict[str, str]]:
    fmt = "" if "--format csv" in command else " --format csv"
    with WRITE.one_study():
        shown = WRITE.run_line(f"{command} --as-of 2022-09-01 -q{fmt}")
    lines = [s for s in shown.splitlines() if not s.startswith("Demonstration schools:")]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def from_command(finding: Finding, end: str = "") -> float:
    """Find a finding's number in what its command prints, by simple means."""
    rows = rows_of(finding.command)
    key = finding.key
    if finding.command.startswith("geolls mismatch"):
        value = {r["measure"]: float(r["value"] or "nan") for r in rows}
        if key == "lowest_v_measure":
            return value["v_measure"]
        if key == "farthest_from_nesting":
            return 1 - max(value["homogeneity"], value["completeness"])
        return value[f"splits{end}"]
    if finding.command.startswith("geolls spread"):
        several = [r for r in rows if int(r["schools"]) >= 2]
        if key.startswith("trusts_across_"):
            column = f"areas_{key.removeprefix('trusts_across_')}{end}"
            return sum(int(r[column]) >= 2 for r in several)
        if key == "small_and_medium_trusts_in_one_region":
            small = [r for r in several if int(r["schools"]) <= 11]
            return sum(r["areas_region"] == "1" for r in small) / len(small)
        return sum(r["reach"] == "local" for r in several) / len(several)
    if key == "schools_in_trusts":
        share = {r["key"]: r["schools_share"] for r in rows}
        return float(share["multi_academy_trust"]) + float(share["single_academy_trust"])
    if key == "authorities_by_pattern":
        return sum(r["pattern"] == "C" for r in rows)
    if key == "schools_listed_by_two_hubs":
        return sum(float(r["weight"]) for r in rows if r["unit_code"] == "shared")
    reason = next(r for r in ("no_evidence", "not_covered") if f"_{r}_" in key)
    codes = [reason, "not_located"][: 1 + (end == "_high")]
    return sum(float(r["share"]) for code in codes for r in rows if r["unit_code"] == code)


def test_every_finding_is_what_its_command_prints(stated: list[Finding]) -> None:
    assert len(stated) >= 15
    assert len({f.key for f in stated}) == len(stated)
    for finding in stated:
        assert math.isclose(from_command(finding), finding.value, abs_tol=2e-4), finding
        for end in ("low", "high"):
            if (told := getattr(finding, end)) is not None:
                assert from_command(finding, f"_{end}") == told, finding


def test_findings_are_left_out_where_a_study_lacks_their_layers() -> None:
    few = open_study(as_of="2022-09-01", layers=["local_authority"], phase=["secondary"])
    keys = {f.key for f in findings(few)}
    assert "trusts_across_local_authority" in keys
    assert not any("hub" in key or "region" in key for key in keys)


@pytest.mark.real_data
def test_the_note_on_findings_is_what_the_register_gives(real_study: Study) -> None:
    assert said(DOCS / "findings.md") == tool("write_findings").page(real_study), (
        "run: python tools/write_findings.py REGISTER LINKS"
    )


@pytest.mark.real_data
def test_the_page_on_scenarios_is_what_the_register_gives(recent_study: Study) -> None:
    """Every scenario; the frontier, the site and the years too, in `make faults`."""
    write = tool("write_what_if")
    some = write.SECTIONS if os.environ.get("GEOLLS_EVERY_PLACE") else write.SECTIONS[:5]
    assert said(DOCS / "what-if.md").startswith(write.page(recent_study, some)), (
        "run: python tools/write_what_if.py REGISTER"
    )


def ends_of(cell: str) -> tuple[float, float]:
    """Return both ends of a number in a table, the one number twice."""
    number = [float(part.replace(",", "")) for part in cell.split(" to ")]
    return number[0], number[-1]


def table_of(heading: str) -> list[list[str]]:
    """Return the first table after a heading of the page, row by row, by its cells."""
    after = said(DOCS / "what-if.md").split(heading)[1]
    table = after[after.index("|") :].split("\n\n")[0]
    return [line.strip("| ").split(" | ") for line in table.splitlines()][2:]


@pytest.mark.parametrize("what", ["Surrey", "Lancashire", "Hampshire"])
def test_a_reorganisation_on_the_page_loses_no_school(what: str) -> None:
    section = said(DOCS / "what-if.md").split(f"## {what} from")[1]
    moved = ends_of(section.split(" mainstream schools with ")[0].split()[-1])
    before, after = (
        np.sum([ends_of(row[at]) for row in table_of(f"## {what} from")], axis=0) for at in (1, 2)
    )
    assert before.tolist() == [*moved]
    assert after[0] <= moved[0] <= after[1]


@pytest.mark.real_data
def test_what_else_the_page_says_agrees_with_itself_and_the_register(recent_study: Study) -> None:
    page = said(DOCS / "what-if.md")
    now, then = map(int, re.findall(r"(\d+) are within 20 km of a lead now, (\d+) with", page)[0])
    assert f"newly within 20 km: {then - now}," in page
    schools = recent_study.schools
    for place, mine in (("England", schools), ("Leeds", schools[schools["la_name"] == "Leeds"])):
        *earlier, last = table_of(f"### {place}, 2017 to 2025")
        days = [row[0] for row in (*earlier, last)]
        assert days == sorted(days) and days[-1] == "2025-07-18"
        assert ends_of(last[1]) == (len(mine), len(mine))
        in_trusts = mine["trust_uid"].notna().sum()
        assert ends_of(last[3]) == (in_trusts, in_trusts)


def test_the_frontier_on_the_page_holds_its_own_rule() -> None:
    """What takes minutes to write again is held to what must be so of the best groupings."""
    section = said(DOCS / "what-if.md").split("## Teaching School Hubs realigned")[1]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    number = [[float(re.sub(r"[%,]", "", cell)) for cell in row[:4]] for row in rows[3:9]]
    assert len(number) == 6 and number == sorted(number), (
        "what costs more moves less, and keeps less"
    )
    assert [[*row[1:]] for row in number] == sorted(([*row[1:]] for row in number), reverse=True)
    for row in rows[3:9]:
        low, high = map(int, row[5].split(" to "))
        assert 150 <= low <= high <= 420 and row[6] == "yes"
        objective, bound, gap = (float(re.sub(r"[%,]", "", cell)) for cell in row[9:12])
        assert 0 <= objective <= bound
        assert gap == pytest.approx(100 * (bound - objective) / bound, abs=0.1)


# ---- the notebook ------------------------------------------------------------------------------


def test_the_tutorial_runs_from_top_to_bottom(tmp_path: Path) -> None:
    import nbclient
    import nbformat

    notebook = nbformat.read(DOCS / "tutorial.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert (tmp_path / "hubs.html").stat().st_size > 100_000
    package = json.loads((tmp_path / "tables" / "datapackage.json").read_text(encoding="utf-8"))
    assert package["geolls"]["demonstration"] is True
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "stream" or output["name"] == "stdout", output["text"]
