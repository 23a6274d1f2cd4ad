"""Whatever is merged, split or recoded, areas stay sets of the same blocks."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.base.errors import UnknownNameError
from geolls.layers.areas import Area, Areas, load_areas
from geolls.layers.expand import expand
from geolls.layers.model import Claim, Layer, Unit

START = date(2009, 4, 1)
ONE_DAY = timedelta(days=1)
BLOCKS = [f"B{i}" for i in range(1, 13)]
DAYS = st.dates(date(2011, 1, 1), date(2029, 12, 31))


def layer(**more: Any) -> Layer:
    return Layer(title="Drawn", source="drawn", kind="areas", key="l", **more)


@st.composite
def histories(draw: st.DrawFn) -> Areas:
    """Draw a country: blocks regrouped at random on random days, each area naming its heirs."""
    number = iter(range(1, 10_000))

    def born(day: date, blocks: set[str]) -> dict[str, Any]:
        return {"code": f"E{next(number):08d}", "from": day, "to": None, "blocks": blocks,
                "heirs": ()}  # fmt: skip

    alive = [born(START, {b}) for b in BLOCKS]
    ended = []
    day = START
    for _ in range(draw(st.integers(0, 6))):
        day += timedelta(days=draw(st.integers(1, 900)))
        gone = draw(st.lists(st.sampled_from(range(len(alive))), min_size=1, unique=True))
        land = sorted(b for i in gone for b in alive[i]["blocks"])
        groups: dict[int, set[str]] = defaultdict(set)
        for block in land:
            groups[draw(st.integers(0, len(gone)))].add(block)
        new = [born(day, blocks) for blocks in groups.values()]
        for i in gone:
            alive[i]["to"] = day - ONE_DAY
            alive[i]["heirs"] = tuple(n["code"] for n in new if n["blocks"] & alive[i]["blocks"])
            ended.append(alive[i])
        alive = [a for i, a in enumerate(alive) if i not in gone] + new
    return Areas(
        Area(a["code"], a["code"], "district", a["from"], a["to"], tuple(sorted(a["blocks"])),
             None, a["heirs"], "drawn", "high", "")
        for a in ended + alive
    )  # fmt: skip


@given(histories(), st.dates(START, date(2027, 1, 1)))
def test_on_any_day_the_areas_part_the_same_blocks(areas: Areas, on: date) -> None:
    held = [b for a in areas.alive("district", on) for b in a.blocks]
    assert sorted(held) == sorted(BLOCKS)
    claims = expand(layer(tier="district"), on, areas)
    assert Counter(c.block for c in claims) == Counter(BLOCKS)
    assert {c.share for c in claims} == {1.0}


@given(histories(), st.dates(START, date(2027, 1, 1)))
def test_a_code_resolves_on_its_own_days_and_names_its_heirs_after(areas: Areas, on: date) -> None:
    for area in areas.rows:
        if area.active(on):
            assert areas.resolve(area.code, on) is area
        else:
            with pytest.raises(UnknownNameError) as fault:
                areas.resolve(area.code, on)
            kin = area.heirs if area.valid_from <= on else areas.ancestors(area.code)
            assert kin
            assert all(code in str(fault.value) for code in kin)


@given(histories(), st.data())
def test_the_codes_of_a_day_have_that_day_as_a_vintage(areas: Areas, data: st.DataObject) -> None:
    on = data.draw(st.dates(START, date(2027, 1, 1)))
    codes = [a.code for a in areas.alive("district", on)]
    found = areas.vintage(codes)
    assert all(a.active(found) for a in areas.alive("district", on))
    assert {a.code for a in areas.alive("district", found)} == set(codes)


@given(histories(), st.data())
def test_claims_at_their_own_dates_never_share_out_more_than_a_block(
    areas: Areas, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.sampled_from(areas.rows), max_size=8))
    claims = tuple(
        Claim(
            unit_code=data.draw(st.sampled_from("UVW")), area_code=a.code, share=None, part="",
            extent=data.draw(st.sampled_from(["whole", "part"])), codes_as_of=a.valid_from,
            valid_from=None, valid_to=None, confidence="high", source="", source_date="", row=2,
            area_name="", urn="", postcode="",
        )
        for a in rows
    )  # fmt: skip
    units = {u: Unit(u, u) for u in "UVW"}
    found = expand(layer(claims=claims, units=units), date(2026, 1, 1), areas)
    total: dict[str, float] = defaultdict(float)
    for claim in found:
        assert 0 < claim.share <= 1
        total[claim.block] += claim.share
    assert set(total) == {b for a in rows for b in a.blocks}
    assert all(t == pytest.approx(1) for t in total.values())
    assert len(found) == len({(c.unit_code, c.block) for c in found})
    for claim in found:
        mates = [c for c in found if c.block == claim.block]
        assert claim.stated == (len(mates) == 1 and claim.extent == "whole")


@given(DAYS)
@settings(deadline=None)
def test_on_any_day_from_2011_to_2029_the_real_tiers_part_all_326_blocks(on: date) -> None:
    areas = load_areas()
    for tier in ("district", "local_authority", "region"):
        total: Counter[str] = Counter()
        for claim in expand(layer(tier=tier), on, areas):
            total[claim.block] += Fraction(claim.share).limit_denominator(100)
            # A block has one holder, whole, or several that share it along a line not to hand.
            assert claim.stated == (claim.extent == "whole")
            assert claim.confidence == "low" or claim.extent == "whole"
        assert len(total) == 326
        assert set(total.values()) == {1}


@given(DAYS, st.data())
@settings(deadline=None)
def test_whatever_ended_is_found_by_name_with_the_holders_of_all_its_land(
    on: date, data: st.DataObject
) -> None:
    areas = load_areas()
    area = data.draw(st.sampled_from(areas.rows))
    if area.tier in ("district", "local_authority"):
        held = {b for a in areas.holders(area, on) for b in a.blocks}
        assert set(area.blocks) <= held
    gone = area.last < on and not any(
        a.code == area.code and a.tier == area.tier and a.active(on) for a in areas.rows
    )
    assert (
        area.code in {a.code for a in areas.ended(area.name, on) if a.tier == area.tier}
    ) == gone
