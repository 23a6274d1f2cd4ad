"""Claims made blocks: on their days, by their own dates, their shares settled."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from geolls.base.errors import CatalogueError, UnknownNameError
from geolls.layers.areas import Areas, load_areas
from geolls.layers.expand import expand
from geolls.layers.model import Claim, Layer, Unit

TODAY = date(2026, 11, 22)


def claim(unit: str, area: str, **more: Any) -> Claim:
    """A claim as it is read where a row says no more."""
    plain = dict.fromkeys(("area_name", "urn", "postcode", "part"), "")
    plain |= {"source": "list", "source_date": "2022", "confidence": "high", "extent": "whole"}
    dates = dict.fromkeys(("codes_as_of", "valid_from", "valid_to", "share"))
    return Claim(**{"unit_code": unit, "area_code": area, "row": 2, **plain, **dates, **more})


def layer(*claims: Claim, **more: Any) -> Layer:
    """A layer of hubs, one for each unit that claims."""
    units = {c.unit_code: Unit(c.unit_code, f"Hub {c.unit_code}") for c in claims}
    plain = {"kind": "areas", "key": "hubs", "folder": Path("hubs"), "units": units}
    return Layer(**{"title": "Hubs", "source": "list", "claims": claims, **plain, **more})


@pytest.fixture(scope="module")
def areas() -> Areas:
    return load_areas()


def test_a_tier_layer_is_the_tier(areas: Areas) -> None:
    found = expand(layer(tier="local_authority"), date(2022, 9, 1), areas)
    surrey = [c.block for c in found if c.unit_code == "E10000030"]
    assert len(surrey) == 11
    assert len(found) == 326
    assert all(c.share == 1 and c.stated for c in found)


def test_as_of_selects_claims_and_never_redates_their_codes(areas: Areas) -> None:
    hubs = layer(claim("A", "E07000026", codes_as_of=date(2020, 1, 1)))
    assert [c.block for c in expand(hubs, TODAY, areas)] == ["E07000026"]
    undated = layer(claim("A", "E07000026", row=41))
    with pytest.raises(UnknownNameError, match=r"^hubs/members\.csv row 41: E07000026 \(Allerdale"):
        expand(undated, TODAY, areas)


def test_claims_units_and_layers_have_their_days(areas: Areas) -> None:
    held = claim("A", "E06000001", valid_from=date(2020, 1, 1), valid_to=date(2020, 12, 31))
    assert expand(layer(held), date(2020, 12, 31), areas)
    assert not expand(layer(held), date(2021, 1, 1), areas)
    units = {"A": Unit("A", "Hub A", valid_to=date(2019, 1, 1))}
    ended = layer(claim("A", "E06000001"), units=units)
    assert not expand(ended, date(2020, 1, 1), areas)
    later = layer(claim("A", "E06000001"), valid_from=date(2022, 1, 1))
    assert not expand(later, date(2020, 1, 1), areas)
    assert not expand(layer(claim("A", "E06000001"), kind="sites"), TODAY, areas)


def shares(hubs: Layer, areas: Areas, **more: object) -> dict[tuple[str, str], tuple[float, bool]]:
    found = expand(hubs, TODAY, areas, **more)  # type: ignore[arg-type]
    return {(c.block, c.unit_code): (c.share, c.stated) for c in found}


def test_an_equal_split_is_marked_as_unknown(areas: Areas) -> None:
    both = [claim(u, "E08000025", extent="part") for u in "BA"]
    assert shares(layer(*both), areas) == {
        ("E08000025", "A"): (0.5, False),
        ("E08000025", "B"): (0.5, False),
    }


def test_stated_shares_are_kept_and_the_rest_is_split(areas: Areas) -> None:
    hubs = layer(
        claim("A", "E08000025", share=0.6, extent="part"),
        claim("B", "E08000025", extent="part"),
        claim("C", "E08000025", extent="part"),
    )
    assert shares(hubs, areas) == {
        ("E08000025", "A"): (0.6, True),
        ("E08000025", "B"): (pytest.approx(0.2), False),
        ("E08000025", "C"): (pytest.approx(0.2), False),
    }


def test_a_lone_part_has_the_block_but_not_as_a_fact(areas: Areas) -> None:
    alone = layer(claim("A", "E08000025", extent="part"))
    assert shares(alone, areas) == {("E08000025", "A"): (1.0, False)}
    stated = layer(claim("A", "E08000025", share=0.4, extent="part"))
    assert shares(stated, areas) == {("E08000025", "A"): (0.4, True)}


def test_a_unit_that_claims_a_block_twice_holds_it_once(areas: Areas) -> None:
    hubs = layer(claim("A", "E10000030"), claim("A", "E07000210", extent="part"))
    assert shares(hubs, areas)["E07000210", "A"] == (1.0, True)
    parts = [claim("A", "E08000025", share=s, extent="part") for s in (0.25, 0.5)]
    assert shares(layer(*parts), areas) == {("E08000025", "A"): (0.75, True)}


@pytest.mark.parametrize("second", [0.5, None])
def test_shares_that_leave_nothing_are_refused(areas: Areas, second: float | None) -> None:
    hubs = layer(
        claim("A", "E08000025", share=1.0 if second is None else 0.6, extent="part"),
        claim("B", "E08000025", share=second, extent="part"),
    )
    with pytest.raises(CatalogueError, match=r"stated shares of E08000025 come to 1.* \(A, B\)"):
        expand(hubs, TODAY, areas)


def test_a_whole_claim_on_a_cut_block_holds_every_part(areas: Areas) -> None:
    parts = {"E07000210": ["E07000210/east", "E07000210/1"]}
    found = shares(layer(claim("A", "E10000030")), areas, parts=parts)
    assert found["E07000210/east", "A"] == found["E07000210/1", "A"] == (1.0, True)
    assert ("E07000210", "A") not in found


def test_a_claim_on_a_named_part_holds_that_part_whole(areas: Areas) -> None:
    parts = {"E06000052": ["E06000052/east.1", "E06000052/east.2", "E06000052/west"]}
    hubs = layer(
        claim("E", "E06000052", extent="part", part="east"),
        claim("W", "E06000052", extent="part", part="west"),
        claim("X", "E06000052/west"),
    )
    assert shares(hubs, areas, parts=parts) == {
        ("E06000052/east.1", "E"): (1.0, True),
        ("E06000052/east.2", "E"): (1.0, True),
        ("E06000052/west", "W"): (0.5, False),
        ("E06000052/west", "X"): (0.5, False),
    }
