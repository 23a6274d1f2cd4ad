"""What can be fetched is bounded, safe to ask for, and enough to be read."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from geolls.fetch.sources import is_address, load_sources
from geolls.fetch.web import Web
from geolls.register.columns import COLUMNS, REQUIRED


def test_every_edition_of_boundaries_can_be_asked_for() -> None:
    ons = load_sources().ons
    for edition in ons.edition:
        assert edition.layer in ons.layer
        assert edition.on.year == edition.year
        assert set(edition.seen) <= set(ons.resolution)
        assert len(re.findall(r"\{(r|old)\}", edition.name)) == 1
        assert re.fullmatch(r"\w+", edition.name.format(r="BGC", old="GCB"))
    names = [e.name for e in ons.edition]
    assert len(names) == len(set(names))


def test_addresses_are_https_and_every_file_of_the_register_is_bounded() -> None:
    sources = load_sources()
    for place in (sources.gias.base, sources.ons.base):
        Web().check(place)
        assert place.startswith("https://")
    for item in sources.gias.file:
        assert 0 < item.rows < 60_000
        assert 0 < item.bytes < 1_000_000_000


def test_what_is_taken_has_the_columns_that_reading_it_needs() -> None:
    taken = {item.key: set(item.columns) for item in load_sources().gias.file}
    for kind, required in REQUIRED.items():
        assert {COLUMNS[kind][c] for c in required} <= taken[kind], kind


@given(st.text())
def test_a_source_is_an_address_or_a_path(text: str) -> None:
    assert is_address(f"https://{text}")
    assert not is_address(f"./{text}")
