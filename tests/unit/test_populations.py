"""A population has one name, whatever it is asked for with, and one set of words."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from geolls import open_study
from geolls.atlas import words
from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.populations import POPULATIONS, population_of
from geolls.base.vocabulary import MAINSTREAM, PHASES
from geolls.cli.main import cli
from geolls.study.core import Core
from geolls.study.settings import read_settings


def test_mainstream_is_what_counts_unless_told() -> None:
    for nothing in (None, "", (), []):
        assert population_of(nothing) == POPULATIONS["mainstream"]
    assert population_of().phases == MAINSTREAM
    assert population_of("all").phases == PHASES


@pytest.mark.parametrize(
    ("asked", "name", "title"),
    [
        ("Mainstream", "mainstream", "state-funded mainstream schools"),
        ("state_funded_mainstream", "mainstream", "state-funded mainstream schools"),
        (list(MAINSTREAM), "mainstream", "state-funded mainstream schools"),
        ("all", "all", "state-funded schools of every phase"),
        ("all_state_funded", "all", "state-funded schools of every phase"),
        (["all", "primary"], "all", "state-funded schools of every phase"),
        ("all-through", "all_through", "state-funded all-through schools"),
        ("16-plus", "post_16", "state-funded post-16 schools"),
        ("middle", "middle", "state-funded middle schools"),
        (["Secondary", "PRIMARY"], "primary+secondary",
         "state-funded primary and secondary schools"),
        ("special, alternative", "special+alternative",
         "state-funded special and alternative provision schools"),
    ],
)  # fmt: skip
def test_names_are_forgiven_their_spelling(asked: Any, name: str, title: str) -> None:
    found = population_of(asked)
    assert (found.name, found.title) == (name, title)


@given(st.sets(st.sampled_from(PHASES), min_size=1))
def test_the_name_of_any_phases_asks_for_the_same_phases(phases: set[str]) -> None:
    found = population_of(phases)
    assert set(found.phases) == phases
    assert population_of(found.name) == population_of(found.phases) == found
    assert found.title.startswith("state-funded ")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("secundary", "secondary"), ("mainstrem", "mainstream"), ("al", "all"), ("nursry", "nursery")],
)
def test_a_typo_is_told_what_was_meant(typed: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean {meant}"):
        population_of([typed])


@pytest.mark.parametrize("wrong", [5, ["primary", 1], [None], object()])
def test_what_is_no_text_is_told_in_a_line(wrong: object) -> None:
    with pytest.raises(UsageError, match="not the name of a phase"):
        population_of(wrong)


@pytest.mark.parametrize("name", [*POPULATIONS, "primary+secondary"])
def test_a_name_means_the_same_in_a_study_file_and_in_the_library(
    tmp_path: Path, name: str
) -> None:
    phases = population_of(name).phases
    for i, written in enumerate((f'"{name}"', f'["{name}"]', str(list(phases)))):
        file = tmp_path / f"{i}.toml"
        file.write_text(f"phases = {written}", encoding="utf-8")
        assert read_settings(file).phases == phases
        assert open_study(file).settings.phases == phases
    assert open_study(phase=name).settings.phases == phases
    assert open_study(phase=[name]).settings.phases == phases
    other = open_study(tmp_path / "0.toml", phase="post_16")
    assert other.settings.phases == ("post_16",)


def test_a_study_file_with_a_typo_is_named(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('phases = "primry"', encoding="utf-8")
    with pytest.raises(UsageError, match=r"s\.toml: unknown phase 'primry'; did you mean primary"):
        read_settings(file)


def test_help_lists_every_population_with_what_it_holds() -> None:
    said = " ".join(CliRunner().invoke(cli, ["spread", "--help"]).output.split())
    for population in POPULATIONS.values():
        assert population.name in said
    assert f"mainstream ({', '.join(MAINSTREAM)})" in said
    assert "all (every phase)" in said


def test_the_command_line_takes_a_name() -> None:
    for args, name in ((["--phase", "all"], "all"), (["--phase", "primary+nursery"],
                       "nursery+primary"), ([], "mainstream")):  # fmt: skip
        shown = CliRunner().invoke(cli, ["study", "show", "--format", "csv", "-q", *args])
        title = population_of(name).title
        assert f"population,{name}: {title}" in shown.output


def test_two_trusts_of_one_name_of_which_no_school_counts_are_told_apart(
    demonstration: Any,
) -> None:
    register = demonstration.register
    others = register.schools.head(5).assign(
        trust_uid=["90001", "90001", "90002", "90003", None],
        trust_name=["Oak Trust", "Oak Trust", "OAK TRUST", "Elm Trust", None],
    )
    study = Core(demonstration.settings, register=replace(register, others=others))
    with pytest.raises(UnknownNameError) as told:
        study.trust("oak trust")
    assert str(told.value).startswith(
        "--trust: Oak Trust (90001) runs 2 state-funded schools and OAK TRUST (90002) runs 1 "
        "state-funded school, none of which is among the state-funded mainstream schools"
    )
    with pytest.raises(
        UnknownNameError, match=r"Elm Trust \(90003\) .* school, which is not among"
    ):
        study.trust("90003")


@pytest.mark.parametrize(
    ("asked", "one", "several"),
    [
        ("mainstream", "state-funded mainstream school", "state-funded mainstream schools"),
        ("all", "state-funded school of any phase", "state-funded schools of every phase"),
        ("primary+middle", "state-funded primary or middle school",
         "state-funded primary and middle schools"),
        ("special+alternative", "state-funded special or alternative provision school",
         "state-funded special and alternative provision schools"),
    ],
)  # fmt: skip
def test_one_school_is_of_one_of_the_phases(asked: str, one: str, several: str) -> None:
    assert [population_of(asked).schools(n) for n in (0, 1, 2)] == [several, one, several]


@pytest.mark.parametrize("name", [*POPULATIONS, "primary+middle"])
def test_sentences_say_one_school_of_a_population_and_several(name: str) -> None:
    word = population_of(name).word
    none = words.WHO_RUNS(n=0, place="Eden", word=word, part=0, rank=None)
    assert none == f"No {word.replace(' and ', ' or ')} school stands in Eden."
    several = words.ACROSS_MAPS(n=2, word=word, doubt=True)
    assert several.endswith(f"the units that have its 2 {word} schools.")
    one = words.ACROSS_MAPS(n=1, word=word, doubt=True)
    assert one.endswith(f"that has its one {word.replace(' and ', ' or ')} school.")


def test_the_fingerprint_is_that_of_the_population_not_of_its_spelling(demonstration: Any) -> None:
    day = "2022-09-01"
    same = open_study(as_of=day, phase=list(MAINSTREAM))
    assert same.fingerprint == demonstration.fingerprint
    others = {open_study(as_of=day, phase=name).fingerprint for name in ("all", "primary")}
    assert len(others | {same.fingerprint}) == 3


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("schools", "--place", "Hartlepool"), "36 of 20,167 {}, those in Hartlepool"),
        (("compare", "Hartlepool", "Leeds"), "36 in Hartlepool and 267 in Leeds, of 20,167 {}"),
        (("explain", "trusts", "--place", "Hartlepool"), "36 of 20,167 {}, those in Hartlepool"),
    ],
)
def test_a_table_about_a_place_says_how_many_schools_that_is(
    opened_once: None, args: tuple[str, ...], said: str
) -> None:
    shown = CliRunner().invoke(cli, [*args, "--as-of", "2022-09-01"])
    assert f"Counted: {said.format('state-funded mainstream schools')}\n" in shown.output


def test_trusts_with_most_schools_come_first(demonstration: Any, opened_once: None) -> None:
    shown = CliRunner().invoke(
        cli, ["spread", "--place", "Leeds", "--as-of", "2022-09-01", "--format", "csv", "-q"]
    )
    here = pd.read_csv(io.StringIO(shown.stdout))["schools_here"]
    assert here.is_monotonic_decreasing
    assert sorted(here) == sorted(demonstration.spread(place="Leeds")["schools_here"])


def test_the_command_of_a_finding_counts_the_same_schools() -> None:
    shown = CliRunner().invoke(
        cli,
        ["findings", "--phase", "primary", "--where", "size<100", "--as-of", "2022-09-01", "-q"],
    )
    commands = [line for line in shown.stdout.splitlines() if line.startswith("  geolls ")]
    assert commands
    assert all(c.endswith("--phase primary --where 'size<100'") for c in commands)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("locality_overlay", "-o", "x.html"), "needs a place; as in: geolls map locality_overlay"),
        (("trust_footprint", "-o", "x.pdf"), "needs a trust; as in: geolls map trust_footprint"),
        (("localty_overlay", "-o", "x.html"), "did you mean locality_overlay"),
        (("hub_coverage",), "add -o hub_coverage.html"),
    ],
)
def test_what_a_map_needs_is_said_before_any_study_is_opened(
    monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("geolls.api.open_study", None)
    assert said in str(CliRunner().invoke(cli, ["map", *args]).exception)


def test_what_of_a_list_is_not_used_is_said_whatever_is_made_of_it(tmp_path: Path) -> None:
    listed = tmp_path / "mine.csv"
    listed.write_text("URN\n900000\n900000\n999999\n")
    for command in (
        ["coverage", "region", "--by", "schools"],
        ["profile", "Hartlepool", "-o", str(tmp_path / "p.html")],
    ):
        asked = ["--where", f"in={listed}", "--as-of", "2022-09-01"]
        said = CliRunner().invoke(cli, [*command, *asked]).stderr
        assert said.count("mine.csv: no school that counts: not in the register (1: 999999)") == 1
        assert said.count("mine.csv: is listed more than once, and counts once (1: 900000)") == 1
