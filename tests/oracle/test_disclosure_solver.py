"""Solve everything that one study prints of eligible pupils: no number of 1 to 9 comes out.

The solver is a reader who believes every number. Of schools whose number is blank it knows which
units they are in; each printed sum is an equation, and what the equations settle is read off. It
finds hundreds of small numbers where only small cells are blank, so that it can find them.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sparse
from scipy.optimize import linprog

import geolls
from geolls.api import Study, open_study
from geolls.atlas.book import Book
from geolls.base.vocabulary import MINIMUM
from geolls.cli.main import cli, main
from geolls.export.everything import export
from geolls.export.star import STAR
from geolls.export.tables import BUILDERS, tables
from geolls.maps.print.page import render_svg
from geolls.maps.recipes import Recipe
from geolls.maps.scenes import scene_of
from geolls.maps.shading import COLUMNS
from geolls.measures.coverage import SHARED, coverage
from geolls.measures.disclosure import counted, meal_share
from geolls.measures.overlap import overlap
from geolls.study.analyses import ANALYSES
from geolls.study.core import Core
from geolls.study.facts import Facts

Equation = tuple[dict[str, float], float]
METHODS = Path(__file__).resolve().parents[2] / "docs" / "methods.md"
LAYERS = ("multi_academy_trust", "federation", "local_authority", "teaching_school_hub")


def small(count: Any) -> Any:
    """Say whether a number of pupils is one that may not be told: 1 to 9."""
    return (count > 0.5) & (count < MINIMUM - 0.5)


# ---- the solver --------------------------------------------------------------------------------


def equations(
    shown: pd.Series[float], cells: pd.DataFrame, table: pd.DataFrame, keys: list[str]
) -> Iterator[Equation]:
    """Make an equation of every printed weight of a table: blank schools = weight - all others.

    `cells` has a row for each school in each cell: the keys, urn, share.
    """
    count = cells["urn"].map(shown)
    known = (cells["share"] * count).groupby([cells[k] for k in keys]).sum()
    blank: dict[Any, dict[str, float]] = defaultdict(dict)
    rows = cells[count.isna()]
    for urn, share, *key in zip(rows["urn"], rows["share"], *(rows[k] for k in keys), strict=True):
        blank[tuple(key)][urn] = share
    printed = table.dropna(subset=["weight"]).set_index(keys)["weight"]
    for at, weight in printed.items():
        if unknown := blank.get(at if isinstance(at, tuple) else (at,)):
            yield unknown, float(weight) - float(known.get(at, 0.0))


def solve(found: Sequence[Equation]) -> dict[str, float]:
    """Return every unknown that the equations settle, with its value."""
    names = sorted({urn for unknown, _ in found for urn in unknown})
    at = {urn: i for i, urn in enumerate(names)}
    row = [i for i, (unknown, _) in enumerate(found) for _ in unknown]
    column = [at[urn] for unknown, _ in found for urn in unknown]
    share = [s for unknown, _ in found for s in unknown.values()]
    full = sparse.csc_array((share, (row, column)), shape=(len(found), len(names)))
    right = np.array([value for _, value in found])
    # Unknowns that stand in the same equations with the same parts are never told apart: they are
    # one unknown, their sum, and none of them is settled.
    same: dict[bytes, list[int]] = defaultdict(list)
    for i, (start, end) in enumerate(pairwise(full.indptr)):
        same[full.indices[start:end].tobytes() + full.data[start:end].tobytes()].append(i)
    alone = np.array([len(them) == 1 for them in same.values()])
    names = [names[them[0]] for them in same.values()]
    full = full[:, [them[0] for them in same.values()]].tocsr()
    # Unknowns that no equation joins are solved apart: small systems are fast.
    _, group = sparse.csgraph.connected_components(full.T @ full)
    out = {}
    for number in np.unique(group):
        mine = np.flatnonzero(group == number)
        part = full[:, mine]
        rows = np.flatnonzero(np.diff(part.tocsr().indptr))
        part = part[rows].toarray()
        size, way = np.linalg.eigh(part.T @ part)
        kept = size > 1e-9 * max(size.max(), 1.0)
        # Settled is what does not move along any direction that all equations allow.
        settled = np.abs(way[:, ~kept]).max(axis=1, initial=0.0) < 1e-6
        value = way[:, kept] @ ((way[:, kept].T @ (part.T @ right[rows])) / size[kept])
        settled &= alone[mine]
        out |= {names[m]: float(v) for m, v, s in zip(mine, value, settled, strict=True) if s}
    return out


def test_the_solver_solves() -> None:
    found = solve([({"a": 1, "b": 1}, 7), ({"b": 1, "c": 1}, 5), ({"a": 1, "c": 1}, 6)])
    assert found == pytest.approx({"a": 4, "b": 3, "c": 2})
    assert solve([({"a": 1, "b": 1}, 7), ({"c": 0.5}, 2), ({"d": 1, "e": 1}, 3)]) == {"c": 4}
    pair = solve([({"a": 1, "b": 1, "c": 1}, 9), ({"a": 1, "b": 1}, 7), ({"d": 1}, 3)])
    assert pair == pytest.approx({"c": 2, "d": 3})


# ---- everything that a study prints ------------------------------------------------------------

Printed = tuple["pd.Series[float]", dict[tuple[str, ...], pd.DataFrame]]


def printed_by(study: Core, layers: Sequence[str]) -> Printed:
    """Return what a study prints: schools' own numbers, the coverage of layers, their overlaps."""
    shown = study.schools.set_index("urn")["fsm_pupils"]
    told = {(key,): study.coverage(key, "fsm_pupils") for key in layers}
    told |= {(a, b): study.overlap(a, b, "fsm_pupils") for a, b in combinations(layers, 2)}
    return shown, told


def only_small_cells_blank(study: Core, layers: Sequence[str]) -> Printed:
    """Return the same as it would be if each table for itself left out small numbers."""
    true = study.register.schools.set_index("urn")["fsm_pupils"]
    weight, who = true.fillna(0.0), {key: study.membership(key) for key in layers}
    told = {(key,): coverage(who[key], weight) for key in layers}
    told |= {(a, b): overlap(who[a], who[b], weight) for a, b in combinations(layers, 2)}
    blank = {key: t.assign(weight=t["weight"].mask(small(t["weight"]))) for key, t in told.items()}
    return true.mask(small(true)), blank


def all_equations(study: Core, printed: Printed) -> list[Equation]:
    """Make the equations of everything printed."""
    shown, told = printed
    found: list[Equation] = []
    for key, table in told.items():
        one, *more = (study.assigned(k)[["urn", "unit_code", "share"]] for k in key)
        if more:
            cells = one.merge(more[0], on="urn", suffixes=("_left", "_right"))
            cells["share"] = cells["share_left"] * cells["share_right"]
            cells = cells.rename(
                columns={"unit_code_left": "left_code", "unit_code_right": "right_code"}
            )
            keys = ["left_code", "right_code"]
        else:  # coverage: what a unit has alone
            cells, keys = one[one.groupby("urn")["urn"].transform("size") == 1], ["unit_code"]
            table = table[table["unit_code"] != SHARED]
        found += equations(shown, cells, table, keys)
    return found


def recovered(study: Core, printed: Printed) -> int:
    """Count the small numbers that the solver reads off as they are."""
    true = study.register.schools.set_index("urn")["fsm_pupils"]
    found = pd.Series(solve(all_equations(study, printed)), dtype=float)
    right = (found - true.reindex(found.index)).abs() < 0.4
    return int((right & small(true.reindex(found.index))).sum())


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Every sixtieth school of the demonstration: 1 to 9 eligible in every third, few layers.

    And a scenario, and a layer of lead schools, made of three of them.
    """
    folder = tmp_path_factory.mktemp("mine")
    study = open_study(layers=[*LAYERS, "region"])
    register = replace(study.register, schools=study.register.schools.iloc[::60])
    sites = register.schools[["urn", "name"]].iloc[5:200:90]
    sites = sites.rename(columns={"urn": "lead_urn", "name": "unit_name"})
    (folder / "lead").mkdir()
    (folder / "lead" / "layer.toml").write_text(
        'title = "Mine"\nkind = "sites"\nsource = "me"\nlicence = "x"\n'
    )
    sites.assign(unit_code=["a", "b", "c"]).to_csv(folder / "lead" / "units.csv", index=False)
    layers = [*LAYERS, "region", "surrey_2027", "+lead"]
    study = open_study(layers=layers, boundaries=folder)
    thin = Study(study.settings, register=register)
    return with_counts(thin, lambda count, n: np.where(n % 3 == 0, 1.0 + n % 9, count))


def with_counts(study: Study, change: Callable[[Any, Any], Any]) -> Study:
    """Return the study with other numbers of eligible pupils, each of a number of its own."""
    schools = study.register.schools
    number = np.arange(len(schools))
    count = change(schools["fsm_pupils"].to_numpy(dtype=float), number)
    changed = schools.assign(fsm_pupils=np.minimum(count, schools["pupils"]))
    return Study(study.settings, register=replace(study.register, schools=changed))


def test_nothing_comes_out_of_the_demonstration(few: Study) -> None:
    assert recovered(few, only_small_cells_blank(few, LAYERS)) > 5
    assert recovered(few, printed_by(few, LAYERS)) == 0


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["real_study", "recent_study"])
def test_nothing_comes_out_of_a_real_register(name: str, request: pytest.FixtureRequest) -> None:
    study = request.getfixturevalue(name)
    assert recovered(study, printed_by(study, (*LAYERS, "district"))) == 0


@pytest.mark.real_data
def test_every_number_follows_from_the_exported_schools_and_the_truth_lies_between_its_ends(
    real_study: Study,
) -> None:
    """Who has the exported table of schools can compute the sums: they tell nothing more."""
    text = {t.key: t for t, _ in tables(real_study, ["schools"])}
    assert {"fsm_pupils", "fsm_pupils_suppressed"} <= {
        c.name for c in text["schools"].expand(real_study.area_layers)
    }
    exported = next(frame for _, frame in tables(real_study, ["schools"]))
    weight = counted(exported).set_axis(exported["urn"]).fillna(0.0)
    pd.testing.assert_series_equal(
        weight, real_study.weights("fsm_pupils"), check_names=False, check_index_type=False
    )
    true = real_study.register.schools.set_index("urn")["fsm_pupils"].fillna(0.0)
    for a, b in (("local_authority", "teaching_school_hub"), ("federation", "local_authority")):
        who = [real_study.membership(key) for key in (a, b)]
        keys = ["left_code", "right_code"]
        both = real_study.overlap(a, b, "fsm_pupils").merge(
            overlap(*who, true)[[*keys, "weight"]], on=keys, how="left", suffixes=("", "_true")
        )
        both = both.dropna(subset=["weight"])
        for weight in ("weight", "weight_true"):
            assert (both["weight_low"] <= both[weight] + 1e-6).all()
            assert (both[weight] <= both["weight_high"] + 1e-6).all()


def cost(study: Core) -> list[str]:
    """Return the column of docs/methods that says what it costs, counted by true numbers."""
    true = study.register.schools.set_index("urn")["fsm_pupils"].fillna(0.0)
    mine, who = study.weights("fsm_pupils"), study.membership("local_authority")
    claims = who.frame("urn", reasons=False)
    unit, share = claims["unit_code"], claims["share"]

    def by_unit(weight: pd.Series[float]) -> pd.Series[float]:
        return (share * claims["urn"].map(weight).fillna(0.0)).groupby(unit).sum()

    pupils = by_unit(study.schools.set_index("urn")["pupils"])
    sums = by_unit(true.reindex(mine.index)), by_unit(mine)
    missed = (sums[0] - sums[1]).abs()
    told, truly = (meal_share(n, pupils, share.groupby(unit).sum()).dropna() for n in sums)
    assert (told - truly).abs().max() < 0.0101
    pairs = (("local_authority", "teaching_school_hub"), ("multi_academy_trust", "district"))
    blank = [study.overlap(*pair, "fsm_pupils")["weight"].isna() for pair in pairs]
    return [
        f"{true.reindex(mine.index).sum():,.0f} and {mine.sum():,.0f}",
        f"{(missed < 0.5).mean():.0%} and {(missed <= 10).mean():.0%}".replace("%", " %"),
        f"{missed.max():.0f} pupils",
        f"{(told != truly).sum()} of {len(told)}",
        *(f"{one.sum()} of {len(one):,}" for one in blank),
    ]


@pytest.mark.real_data
def test_what_it_costs_is_what_the_methods_say(real_study: Study, recent_study: Study) -> None:
    text = METHODS.read_text(encoding="utf-8")
    head, table = text.split("What it costs, on the registers of ")[1].split("\n\n")[:2]
    studies = (real_study, recent_study)
    withheld = [study.schools["fsm_pupils_suppressed"].sum() for study in studies]
    assert head == "2022 ({:,} schools withheld of {:,}) and 2025 ({:,} of {:,}):".format(
        *(n for pair in zip(withheld, (len(s.schools) for s in studies), strict=True) for n in pair)
    )
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert [list(column) for column in zip(*rows, strict=True)][1:] == [*map(cost, studies)]


def test_whoever_reads_the_ends_of_sums_still_has_one_to_nine_of_every_school(few: Study) -> None:
    """Bounds instead of equations: by linear programming each school can be 1, and can be 9."""
    shown = few.schools.set_index("urn")["fsm_pupils"]
    told = {(a, b): few.overlap(a, b, "fsm_pupils") for a, b in combinations(LAYERS, 2)}
    sums: dict[str, list[Equation]] = {}
    for end in ("weight_low", "weight_high"):
        ends = {k: t.assign(weight=t[end]) for k, t in told.items()}
        sums[end] = all_equations(few, (shown, ends))
    names = sorted({urn for unknown, _ in sums["weight_low"] for urn in unknown})
    whole = [  # shared schools have ends of their own: only schools that one unit has
        (low, high)
        for low, high in zip(sums["weight_low"], sums["weight_high"], strict=True)
        if set(low[0].values()) == {1.0}
    ]
    assert len(whole) > 10
    rows = np.array([[low[0].get(urn, 0.0) for urn in names] for low, _ in whole])
    least, most = (np.array([pair[i][1] for pair in whole]) for i in (0, 1))
    met = [i for i in range(len(names)) if rows[:, i].any()]
    for i in met[:12]:
        for sign, end in ((1.0, 1.0), (-1.0, 9.0)):
            goal = np.zeros(len(names))
            goal[i] = sign
            found = linprog(
                goal,
                A_ub=np.vstack([rows, -rows]),
                b_ub=np.concatenate([most, -least]),
                bounds=(1, 9),
                method="highs",
            )
            assert found.x[i] == pytest.approx(end), names[i]


def test_a_total_rounded_to_ten_would_be_moved_over_an_edge_and_a_stand_in_is_not() -> None:
    """Why totals are not rounded instead: other schools of a set are the reader's ruler."""
    for true in range(1, MINIMUM):
        rulers = range(MINIMUM, 2 * MINIMUM)  # ten schools whose numbers are exact
        rounded = {r: MINIMUM * ((r + true + 5) // MINIMUM) for r in rulers}
        fits = [x for x in range(1, MINIMUM) if all(
            MINIMUM * ((r + x + 5) // MINIMUM) == v for r, v in rounded.items()
        )]  # fmt: skip
        assert fits == [true]
        table = pd.DataFrame({"urn": ["a"], "fsm_pupils": [float(true)], "phase": "primary"})
        assert counted(geolls.measures.disclosure.withheld(table)).tolist() == [10.0]


def test_the_difference_of_two_filters_tells_no_small_number(few: Study, tmp_path: Path) -> None:
    """A set with a withheld school and the same set without it: printed alike for any number."""
    schools = few.schools
    hidden = schools.loc[schools["fsm_pupils_suppressed"], "urn"]
    other = with_counts(few, lambda c, n: np.where(small(c), 1 + (c + n) % 9, c))
    layers, told, found = ("local_authority", "region"), [], []
    for name, gone in (("all", []), ("but_one", hidden.iloc[:1]), ("few", schools["urn"].iloc[4:])):
        mine = tmp_path / f"{name}.csv"
        schools.loc[~schools["urn"].isin(gone), ["urn"]].to_csv(mine, index=False)
        pair = [
            Study(study.settings.replace(where=(f"in={mine}",)), register=study.register)
            for study in (few, other)
        ]
        one, two = (printed_by(study, layers) for study in pair)
        told.append(one[1]["region",]["weight"].dropna())
        found += all_equations(pair[0], one)
        for key, table in one[1].items():
            pd.testing.assert_frame_equal(table, two[1][key])
    assert all((weights % MINIMUM == 0).all() for weights in told) and len(told[0]) > 5
    assert told[2].empty  # a set of four schools is told nothing of
    true = few.register.schools.set_index("urn")["fsm_pupils"]
    solved = pd.Series(solve(found), dtype=float)
    assert not small(solved[solved.index.isin(hidden)]).any() and small(true[hidden]).all()


def test_the_difference_of_two_lists_tells_no_small_number(few: Study) -> None:
    """A list with a withheld school and the same list without it: printed alike for any number."""
    schools = few.schools
    hidden = schools.loc[schools["fsm_pupils_suppressed"], "urn"]
    other = with_counts(few, lambda c, n: np.where(small(c), 1 + (c + n) % 9, c))
    every, lists = schools["urn"].tolist(), []
    for gone in hidden.iloc[:3]:
        # The list, and five others that differ by that school alone.
        lists += [every, [urn for urn in every if urn != gone], [*every[:6], gone], every[:6]]
    lists += [[urn, *every[:4]] for urn in hidden.iloc[3:6]]
    for urns in map(list, dict.fromkeys(map(tuple, lists))):
        for key in ("region", "local_authority"):
            one, two = (s.coverage(key, "fsm_pupils", place=urns) for s in (few, other))
            pd.testing.assert_frame_equal(one, two)
            assert (one["weight"].dropna() % MINIMUM == 0).all()
            sizes = few.coverage(key, "schools", place=urns).set_index("unit_code")["weight"]
            told = one.dropna(subset=["weight"])["unit_code"]
            assert (sizes.reindex(told) >= 5).all()
        both = [s.compare([urns, "region:London"]).set_index("measure") for s in (few, other)]
        assert both[0].loc["fsm_share"].equals(both[1].loc["fsm_share"])
    few_of_them = few.coverage("region", "fsm_pupils", place=hidden.iloc[:4].tolist())
    assert few_of_them["weight"].isna().all()


# ---- nothing else prints them ------------------------------------------------------------------

#: What commands are given; one that is not here prints no table of a study's schools.
ASKED: dict[str, list[str]] = {
    "assign": ["assign"],
    "overlap": [
        "overlap local_authority teaching_school_hub --by fsm_pupils",
        "overlap federation local_authority --by fsm_pupils --inside-only",
        "overlap local_authority region --by fsm_pupils --place Leeds",
        "overlap local_authority region --by pupils",
        "overlap local_authority region --by fsm_pupils --where in=mine.csv",
        "overlap local_authority region --by schools --where in=mine.csv",
    ],
    "mismatch": [
        "mismatch region teaching_school_hub --by fsm_pupils",
        "mismatch region local_authority",
    ],
    "coverage": [
        "coverage multi_academy_trust --by fsm_pupils",
        "coverage region --by fsm_pupils --place mine.csv",
        "coverage region --by schools",
    ],
    "spread": ["spread"],
    "schools": ["schools --place Leeds"],
    "compare": [
        "compare Leeds Bradford",
        "compare region:London Leeds",
        "compare mine.csv region:London --where in=mine.csv",
    ],
    "changes": ["changes --from 2022-09-01 --to 2023-04-01 --where in=mine.csv"],
    "table": [
        f"table {name}"
        for name in ANALYSES
        # The slow ones look at places and trusts only.
        if name not in {"map_fit", "spread_by_phase", "trust_communities", "trust_yardstick"}
    ],
    "typology": ["typology"],
    "scenario": [
        "scenario show surrey_2027",
        *(
            f"scenario compare local_authority surrey_2027 --list {table}"
            for table in ("summary", "places", "flows", "trusts", "hubs", "schools")
        ),
    ],
    "realign": ["realign region --basis local_authority --moves 1 --units 8 --size 0:5000"],
    "site": ["site lead --within 20km --by pupils", "site lead --add 1 --within 20km"],
    "explain": ["explain schools --place Leeds", "explain trusts --place Leeds"],
    "findings": ["findings"],
    "profile": ["profile region:London", "profile mine.csv"],
    "map": [
        "map hub_coverage --set layer=teaching_school_hub -o map.html",
        "map disagreement --set left=region --set right=teaching_school_hub -o map.html",
        "map trust_spread --place mine.csv -o map.svg",
    ],
}
# The files of an export, figures and pages of an atlas are asked below, and what reads registers.
ELSEWHERE = {
    "completion",
    "layers",
    "check",
    "where",
    "fetch",
    "atlas",
    "export",
    "study",
    "history",
}
#: The outputs that eligible pupils enter: what is said of them is said by `measures.disclosure`.
GUARDED = {
    *(words for each in ASKED.values() for words in each if "fsm_pupils" in words),
    *ASKED["compare"],
    *ASKED["profile"],
    "map of every figure",
    "map of a mismatch",
    "figure of every figure",
    "page of a place",
    "table equity_gap",
    "table equity_fifths",
    *(f"export {name}" for name in ("schools", "overlap", "mismatch")),
    "file geolls.gpkg",
    "file geolls.xlsx",
}
EVERYTHING = {words for each in ASKED.values() for words in each}
EVERYTHING |= GUARDED | {f"export {name}" for name in BUILDERS if name != "dictionary"}
EVERYTHING |= {f"file {name}.csv" for name in STAR} | {"page of a trust", "page of all places"}


@pytest.fixture
def outputs(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    monkeypatch.chdir(tmp_path)

    def of(study: Study, wanted: Collection[str] = EVERYTHING) -> dict[str, Any]:
        def opened(*_: Any, where: Any = (), as_of: Any = None, **__: Any) -> Study:
            asked = {"where": tuple(where)} if where else {}
            asked |= {"as_of": date.fromisoformat(as_of)} if as_of else {}
            if not asked:
                return study
            return Study(study.settings.replace(**asked), register=study.register)

        for key in study.area_layers:  # what layers lack is told once they have been asked for
            study.assigned(key)
        monkeypatch.setattr("geolls.api.open_study", opened)
        Path("mine.csv").write_text("urn\n" + "\n".join(study.schools["urn"][::2]))
        said = {}
        for words in (words for each in ASKED.values() for words in each if words in wanted):
            with pytest.raises(SystemExit) as end:
                shown = [] if words.startswith(("profile", "map")) else ["--format", "csv"]
                main([*words.split(), *shown])
            out, err = capsysbinary.readouterr()
            # Of lead schools the demonstration has none: what is said of that is compared too.
            assert end.value.code in {0, None, 12}, (words, err)
            said[words] = out + err
            if " -o " in words:
                said[words] += Path(words.split()[-1]).read_bytes()
        for text, frame in tables(study, [k for k in BUILDERS if f"export {k}" in wanted]):
            said[f"export {text.key}"] = frame.to_csv().encode()
        maps = {
            "every figure": (Recipe("r", "t", measures=tuple(COLUMNS)), None),
            "a mismatch": ("mismatch", {"left": "region", "by": "fsm_pupils"}),
        }
        for name, (recipe, options) in maps.items():
            made, drawn = scene_of(study, recipe, options=options)
            said[f"map of {name}"] = repr([(m.key, m.values.to_dict()) for m in drawn.measures])
            if f"figure of {name}" in wanted:
                said[f"figure of {name}"] = render_svg(replace(made, shade="fsm_share"), drawn)
        files = tmp_path / "files"
        export(study, files, formats=[f for f in ("gpkg", "xlsx") if f"file geolls.{f}" in wanted])
        if any(f"file {name}.csv" in wanted for name in STAR):
            export(study, files, formats=["csv"], star=True)
        names = {words.partition(" ")[2] for words in wanted if words.startswith("file ")}
        said |= {f"file {name}": (files / name).read_bytes() for name in names}
        shutil.rmtree(files)
        book = Book(Facts(study, ("region",)))
        for name, kind in (("a place", "place"), ("a trust", "trust"), ("all places", "index")):
            path = next(page.path for page in book.pages if page.kind == kind)
            if f"page of {name}" in wanted:
                said[f"page of {name}"] = book.make(path)
        return said

    return of


def test_what_a_study_says_hangs_on_no_small_number_and_only_guarded_tables_on_large_ones(
    few: Study, outputs: Callable[..., dict[str, Any]]
) -> None:
    # A new command must say which it is.
    assert set(ASKED) | ELSEWHERE == set(cli.commands)
    other = with_counts(few, lambda c, n: np.where(small(c), 1 + (c + n) % 9, c))
    before, after = (s.register.schools["fsm_pupils"] for s in (few, other))
    assert (before != after).sum() > 10 and (small(before) == small(after)).all()
    said = outputs(with_counts(few, lambda c, n: c))  # as new as the other: asked nothing before
    assert outputs(other, GUARDED) == {words: said[words] for words in GUARDED}
    pd.testing.assert_frame_equal(few.schools, other.schools)  # what all others are made of
    larger = with_counts(few, lambda c, _: np.where(c >= 2 * MINIMUM, c // 2, c))
    changed = {words for words, text in outputs(larger).items() if text != said[words]}
    assert changed == GUARDED


def test_one_room_opens_the_door() -> None:
    """Pages and maps read the schools of a study: no other room looks into the register's own."""
    house = Path(geolls.__file__).parent
    look = re.compile(r"register\.schools\b|\bread_register\(|demonstration_register\(")
    found = {
        path.relative_to(house).as_posix()
        for path in house.rglob("*.py")
        if path.parent.name != "register" and look.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"study/core.py", "cli/checking.py"}  # checking tells faults of files only


#: The register as GIAS writes it: what of a school stands where.
HEADS = {
    "urn": "URN", "la_code": "LA (code)", "name": "EstablishmentName",
    "phase": "PhaseOfEducation (name)", "pupils": "NumberOfPupils", "fsm_pupils": "FSM",
    "trust_uid": "Trusts (code)",
    "trust_name": "Trusts (name)", "postcode": "Postcode",
    "district": "DistrictAdministrative (code)", "easting": "Easting", "northing": "Northing",
}  # fmt: skip
#: What is asked of registers on disk; of the first no output hangs on eligible pupils.
OF_FILES = [
    "history --registers . --place Leeds --place mine.csv --since 2021",
    "changes --from 2022-09-01 --to 2023-04-01 --to-register later20230401.csv --account",
    "assign points.csv -o found.csv",
    "coverage region --by fsm_pupils --place mine.csv --where phase=primary",
]


def test_registers_on_disk_and_tables_of_ones_own_tell_no_small_number(
    few: Study,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
) -> None:
    schools = few.register.schools
    trust = schools["trust_uid"].notna()
    table = schools[list(HEADS)].rename(columns=HEADS).assign(**{
        "PhaseOfEducation (name)": schools["phase"].str.capitalize(),
        "EstablishmentTypeGroup (name)": trust.map(
            {True: "Academies", False: "Local authority maintained schools"}
        ),
        "TypeOfEstablishment (name)": trust.map(
            {True: "Academy converter", False: "Community school"}
        ),
        "EstablishmentStatus (name)": "Open", "OpenDate": "01-09-1990", "CloseDate": "",
    })  # fmt: skip
    n = np.arange(len(table))
    count = table["FSM"].to_numpy(dtype=float)
    ways = {
        "as it is": count,
        "small": np.where(small(count), 1 + (count + n) % 9, count),
        "large": np.where(count >= 2 * MINIMUM, count // 2, count),
    }
    assert small(count).sum() > 20
    told: dict[str, dict[str, bytes]] = {}
    for way, fsm in ways.items():
        folder = tmp_path / way
        folder.mkdir()
        monkeypatch.chdir(folder)
        mine = table.assign(FSM=fsm)
        mine.to_csv("edubasealldata20220901.csv", index=False)
        mine.iloc[3:].to_csv("later20230401.csv", index=False)
        layers = 'layers = ["local_authority", "region"]'
        register = 'register = "edubasealldata20220901.csv"'
        Path("study.toml").write_text(f"{register}\n{layers}\n")
        mine[["URN"]].iloc[::2].to_csv("mine.csv", index=False)
        mine[["Easting", "Northing", "NumberOfPupils"]].to_csv("points.csv", index=False)
        told[way] = {}
        for words in OF_FILES:
            files = "" if "history" in words else " --study study.toml"
            with pytest.raises(SystemExit) as end:
                main([*words.split(), *files.split(), "--format", "csv"])
            out, err = capsysbinary.readouterr()
            assert end.value.code in {0, None}, (words, err)
            told[way][words] = out + err
            if " -o " in words:
                told[way][words] += Path("found.csv").read_bytes()
    assert told["small"] == told["as it is"]
    changed = {words for words, text in told["large"].items() if text != told["as it is"][words]}
    assert changed == {words for words in OF_FILES if "fsm_pupils" in words}


def test_one_table_or_all_and_any_order_give_the_same_numbers(few: Study) -> None:
    fewer = open_study(layers=["region", "local_authority"])
    one = Study(fewer.settings, register=few.register)
    pd.testing.assert_frame_equal(
        one.overlap("local_authority", "region", "fsm_pupils"),
        few.overlap("local_authority", "region", "fsm_pupils"),
    )
    mixed = few.register.schools.sample(frac=1, random_state=1)
    other = Study(few.settings, register=replace(few.register, schools=mixed))
    pd.testing.assert_series_equal(
        few.weights("fsm_pupils").sort_index(), other.weights("fsm_pupils").sort_index()
    )
