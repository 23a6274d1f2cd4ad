"""Studies of few schools, or of every phase: their pages, maps and sentences hold as well."""

from __future__ import annotations

import html
import re
from typing import Any

import pandas as pd
import pytest

from geolls import open_study
from geolls.api import Study
from geolls.atlas.book import Book
from geolls.atlas.search import search_index
from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.populations import population_of
from geolls.base.vocabulary import RANKED
from geolls.study.facts import facts_of
from geolls.study.findings import findings
from geolls.study.typology import typology

# Enough for a bar, a hub and a region; the others would be more of the same.
LAYERS = ["local_authority", "district", "dfe_region", "teaching_school_hub"]


@pytest.fixture(scope="module", params=["special", "nursery", "all"])
def study(request: pytest.FixtureRequest) -> Study:
    return open_study(phase=request.param, as_of="2022-09-01", layers=LAYERS)


@pytest.fixture(scope="module")
def book(study: Study) -> Book:
    return Book(facts_of(study, ("local_authority", "dfe_region")))


def text_of(page: bytes) -> str:
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", page.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def some(book: Book) -> list[str]:
    """Every page of England, and the first places and trusts."""
    pages: dict[Any, list[str]] = {}
    for page in book.pages:
        few = (page.kind, page.key[:1]) if page.kind == "place" else page.kind
        pages.setdefault(few, []).append(page.path)
    # The Isles of Scilly and Rutland have no nursery school and few of any other.
    named = [book.path_of("local_authority", code) for code in ("E06000053", "E06000017")]
    # Trusts that run no school that counts come last.
    return [*dict.fromkeys([p for paths in pages.values() for p in paths[:3] + paths[-1:]] + named)]


def test_every_page_of_a_small_study_is_made_and_names_its_population(
    study: Study, book: Book
) -> None:
    title = study.population.title
    for path in some(book):
        (page,) = (data for name, data in book.make(path).items() if name == path)
        said = text_of(page)
        assert title in said, path
        assert not re.search(r"\bnan\b", said), (path, said)
        others = {population_of(p).title for p in ("mainstream", "special", "all")} - {title}
        assert not [t for t in others if t in said], path


def test_findings_name_the_population(study: Study) -> None:
    found = {f.key: f for f in findings(study)}
    word, title = study.population.word, study.population.title
    assert f"{len(study.schools):,} {title}" in found["schools_in_trusts"].text
    several = study.spread().query("schools >= 2")
    across = found.get("trusts_across_local_authority")
    assert (across is None) == several.empty
    if across is not None:
        assert f"of {len(several):,} trusts with two or more {word} schools" in across.text
    assert ("authorities_by_pattern" in found) == ("primary" in study.population.phases)


def test_nothing_is_found_of_schools_where_there_are_few() -> None:
    """Five schools give a V-measure of 1 and shares of 100%, which say nothing; land stays."""
    study = open_study(phase="middle_deemed_primary", as_of="2022-09-01", layers=LAYERS)
    assert 0 < len(study.schools) < RANKED
    assert [f.key for f in findings(study)] == ["authorities_cut_by_teaching_school_hub_area"]


def test_there_are_no_patterns_where_there_are_no_primary_schools(study: Study) -> None:
    if "primary" in study.population.phases:
        assert len(typology(study)) > 140
        return
    with pytest.raises(UsageError, match="has no primary schools"):
        typology(study)


@pytest.fixture(scope="module")
def special() -> tuple[Study, Book, pd.DataFrame]:
    """A study of special schools, its book, and the schools of each trust by phase."""
    study = open_study(phase="special", as_of="2022-09-01", layers=LAYERS)
    book = Book(facts_of(study, ("local_authority", "dfe_region")))
    runs = study.everywhere.groupby("trust_uid")["phase"].value_counts().unstack(fill_value=0)
    return study, book, runs


def test_a_trust_of_one_school_that_counts_has_a_page_with_both_counts(
    special: tuple[Study, Book, pd.DataFrame],
) -> None:
    """By hand: of every trust the demonstration's own table of all phases says the same."""
    study, book, runs = special
    with_page = runs[(runs.sum(axis=1) >= 2) & (runs["special"] >= 1)]
    assert set(book.facts.trust_rows) == set(with_page.index)
    alone = with_page[(with_page["special"] == 1) & (with_page["primary"] >= 2)]
    uid, row = str(alone.index[0]), alone.iloc[0]
    said = text_of(book.make(book.path_of("trust", uid))[book.path_of("trust", uid)])
    assert f"runs {row.sum()} schools: 1 special" in said
    assert f"{row['primary']} primary" in said
    assert said.count("not counted here") == row.sum() - 1 + 1  # the others, and the line on them
    assert book.path_of("trust", uid) in search_index(book)
    kinds = study.kinds("local_authority")
    urn = study.schools.set_index("trust_uid").loc[uid, "urn"]
    assert kinds[urn] == "trust_home_here"
    # Its school's authority links to it.
    code = study.membership("local_authority").frame("urn").set_index("urn").loc[urn, "unit_code"]
    place = book.path_of("local_authority", code)
    assert f'href="../../{book.path_of("trust", uid)}"' in book.make(place)[place].decode()


def test_a_trust_without_a_school_that_counts_has_a_page_that_only_lists_them(
    special: tuple[Study, Book, pd.DataFrame],
) -> None:
    study, book, runs = special
    none = runs[(runs.sum(axis=1) >= 2) & (runs["special"] == 0)]
    assert set(book.facts.uncounted) == set(none.index)
    uid, row = str(none.index[0]), none.iloc[0]
    path = book.path_of("trust", uid)
    page = book.make(path)[path]
    said = text_of(page)
    assert f"runs {row.sum()} state-funded schools: " in said
    assert "none is among the state-funded special schools that this atlas counts" in said
    assert "n = 0 state-funded special schools" in said
    assert said.count("not counted here") == row.sum()
    others = study.everywhere.set_index("trust_uid").loc[[uid]]
    assert all(text in said for text in others[["urn", "name", "la_name"]].to_numpy().ravel())
    assert b"strip" not in page.split(b"<main")[1]
    assert b"slot map" not in page
    assert not re.search(r"\bhome\b|\bkm\b|\bnan\b", said.split(" Sources. ")[0])
    assert f'"Trust, {row.sum()} schools, none of them special","{path}"' in search_index(book)
    listed = book.make("trusts.html")["trusts.html"].decode()
    assert f'href="{path}"' in listed
    assert f"{len(none):,} more run two or more schools, none of which counts" in listed


def test_what_is_not_counted_is_not_explained_and_one_line_says_which_schools_are(
    special: tuple[Study, Book, pd.DataFrame],
) -> None:
    study, book, runs = special
    with pytest.raises(UnknownNameError, match="Scilly has none of the state-funded special sch"):
        study.explain("schools", place="Isles of Scilly")
    uid = next(iter(book.facts.uncounted))
    n = runs.loc[uid].sum()
    with pytest.raises(
        UnknownNameError, match=rf"runs {n} .* none of which is among the state-funded special sch"
    ):
        study.explain("schools", trust=uid)


def test_a_place_has_between_the_schools_in_trusts_of_two_or_more_of_any_phase(
    special: tuple[Study, Book, pd.DataFrame],
) -> None:
    """Counted again school by school, a trust's schools of phases that do not count among them."""
    study, book, runs = special
    larger = set(runs.index[runs.sum(axis=1) >= 2])
    for unit, row in book.facts.unit_rows["local_authority"].items():
        here = study.assigned("local_authority").query("unit_code == @unit")
        here = here.merge(study.schools[["urn", "trust_uid", "status_unknown"]], on="urn")
        of_larger = here["trust_uid"].isin(larger)
        low = (of_larger & (here["share"] == 1)).sum()
        high = (of_larger | (here["status_unknown"] & here["trust_uid"].isna())).sum()
        assert (row["in_trusts_low"], row["in_trusts_high"]) == (low, high), unit


def test_the_index_of_schools_of_one_region_has_no_row_of_the_others() -> None:
    study = open_study(as_of="2022-09-01", layers=LAYERS, where=["la=Lancashire"])
    page = Book(facts_of(study, ("local_authority", "dfe_region"))).make("index.html")["index.html"]
    table = page.decode().split('id="regions"')[1].split("</table>")[0]
    assert "North West" in table and "East Midlands" not in table
