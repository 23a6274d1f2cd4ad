"""Any choice of layers and of places makes a whole atlas, and counts what it has pages of."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from geolls.api import Study, open_study
from geolls.atlas.book import Book
from geolls.study.facts import Facts

FEW = ["combined_authority", "region", "teaching_school_hub"]


# English Hubs are known too thinly to be drawn anywhere but on pages of their own.
@pytest.mark.parametrize("places", [["region"], ["maths_hub", "english_hub"]])
def test_an_atlas_without_authorities_is_whole_and_counts_none(places: list[str]) -> None:
    layers = FEW if "region" in places else []  # that is, all: of them not even half have pages
    study = open_study(as_of="2022-09-01", layers=layers, phase=["all_through"])
    register = replace(study.register, others=study.register.others.head(20))
    study = Study(study.settings, register=register)  # without a thousand trusts of other schools
    book = Book(Facts(study, places))
    one_of_each = {page.kind: page for page in reversed(book.pages)}
    made = {kind: book.make(page.path)[page.path].decode() for kind, page in one_of_each.items()}
    assert {"index", "trusts", "maps", "data", "method", "place", "coverage"} <= set(made)
    for name in book.tables:
        assert book.make(f"tables/{name}")[f"tables/{name}"].count(b"\n") > 0
    found = re.findall(r'<div class="finding">.*?</div></div>', made["index"], re.DOTALL)
    assert found
    assert "authorit" not in " ".join(found)


def test_families_of_schools_and_land_have_pages_in_one_atlas(tmp_path: Path) -> None:
    place = tmp_path / "families"
    place.mkdir()
    title = 'title = "Families"\nunit_title = "Family"\nunit_title_plural = "Families"\n'
    stays = 'source = "mine"\nwithin = "local_authority"\n'
    (place / "layer.toml").write_text(title + stays)
    rows = "family,urn\nNorth,900233\nNorth,900234\nNorth,900000\nHarbour,900001\n"
    (place / "members.csv").write_text(rows)
    layers = [*FEW[1:], "families"]
    study = open_study(as_of="2022-09-01", layers=layers, boundaries=place)
    book = Book(Facts(study, ["families", "teaching_school_hub"]))
    pages = {page.key[1]: page.path for page in book.pages if page.kind == "place"}
    assert {"north-E06000005", "north-E06000001", "harbour-E06000001"} <= set(pages)
    for code in ("north-E06000005", "tsh-tees-valley", "tsh-leeds"):
        said = book.make(pages[code])[pages[code]].decode()
        assert "Family" in said
        assert ("North, Darlington" in said) == (code != "tsh-leeds")
