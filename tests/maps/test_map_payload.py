"""The payload holds the whole map, each line once, and says the same thing twice."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.base.errors import GeometryError, MapError
from geolls.maps import payload as encoding
from geolls.maps.data import LayerSpec, MapData, Measure, abroad, class_titles, classify, say
from geolls.maps.page import draw
from geolls.maps.recipes import Recipe
from geolls.maps.topology import Topology


def parts(made) -> tuple[dict, dict]:
    land, own = made.parts.values()
    return encoding.unpack(land), encoding.unpack(own)


def areas_of(arcs: dict) -> np.ndarray:
    """Area of each block in square steps, from the arcs that run round it."""
    xy = np.cumsum(np.array(arcs["xy"]).reshape(-1, 2), axis=0)
    left, right = np.cumsum(arcs["left"]), np.cumsum(arcs["right"])
    area, at = np.zeros(arcs["blocks"]), 0
    for i, n in enumerate(arcs["n"]):
        p = xy[at : at + n]
        at += n
        twice = (p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1]).sum()
        for block, sign in ((left[i], 1), (right[i], -1)):
            if block >= 0:
                area[block] += sign * twice / 2
    return area * arcs["step"] ** 2


def test_every_border_is_held_once_and_knows_both_sides(data):
    topo = Topology.of(data.blocks)
    sides = [tuple(sorted(s)) for s in zip(topo.left.tolist(), topo.right.tolist(), strict=True)]
    # a|b, c|d, a|c, b|d, a coast for each of the four, and the island.
    assert len(sides) == 9
    assert len({s for s in sides if -1 not in s}) == 4
    assert sorted(b for s in sides for b in s if -1 in s and b != -1) == [0, 1, 2, 3, 4]


def test_arcs_enclose_the_area_of_each_block(data):
    arcs = Topology.of(data.blocks).encode(15.0)
    true = shapely.area(data.blocks.geometry.to_numpy())
    assert areas_of(arcs) == pytest.approx(true, rel=2e-3)


def test_simplified_edges_never_part(england):
    arcs = Topology.of(england.blocks).encode(900.0, {250.0: range(5)})
    xy = np.cumsum(np.array(arcs["xy"]).reshape(-1, 2), axis=0)
    ends = np.cumsum(arcs["n"])
    first, last = xy[ends - arcs["n"]], xy[ends - 1]
    left, right = np.cumsum(arcs["left"]), np.cumsum(arcs["right"])
    for block in range(arcs["blocks"]):
        out = [tuple(p) for p in np.vstack([first[left == block], last[right == block]])]
        back = [tuple(p) for p in np.vstack([last[left == block], first[right == block]])]
        assert sorted(out) == sorted(back), "a ring of this block does not close"
    assert (areas_of(arcs) > 0).all()


def test_blocks_without_metres_are_refused(data):
    with pytest.raises(GeometryError, match="27700"):
        Topology.of(data.blocks.to_crs(4326))
    with pytest.raises(GeometryError, match="no blocks"):
        Topology.of(data.blocks.iloc[:0])


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.lists(st.integers())), max_size=5))
@settings(max_examples=50, deadline=None)
def test_packing_keeps_any_text_and_leaves_no_markup(document):
    packed = encoding.pack(document)
    assert encoding.unpack(packed) == document
    assert packed == encoding.pack(document)
    assert "<" not in encoding.encoded(packed)


@given(st.lists(st.integers(-5_600_000, 5_600_000)))
def test_whole_numbers_are_read_back_from_their_letters(values):
    text = encoding.letters(values)
    assert not set(text) & set('"\\')
    assert read(text) == values


def read(text: str) -> list[int]:
    found = list[int]()
    firsts, rest = ([ord(c) - 35 - (ord(c) > 92) for c in part] for part in text.split(" "))
    for first in firsts:
        many = 4 if first == 89 else 1
        taken, rest = ([] if first == 89 else [first]) + rest[:many], rest[many:]
        v = sum(d * 90**i for i, d in enumerate(reversed(taken)))
        found.append(-(v + 1) // 2 if v % 2 else v // 2)
    return found


def test_land_says_who_holds_each_block_and_why_nobody_does(recipe, data):
    land, _ = parts(draw(recipe, data))
    hub = next(one for one in land["layers"] if one["key"] == "maths_hub")
    of = dict(zip(data.blocks.index, np.cumsum(hub["of"]).tolist(), strict=True))
    assert (of["a"], of["c"], of["d"], of["e"]) == (0, 0, -1, -2)
    assert hub["mixes"] == [[0, 1]] and of["b"] == len(hub["code"])
    assert [list(data.blocks.index)[b] for b in hub["low"]] == ["c"]


def test_a_claim_of_an_unknown_unit_is_refused_by_name(data):
    bad = LayerSpec(
        "x", "X", "user", data.layers[0].units, pd.DataFrame({"block": ["a"], "unit_code": ["W11"]})
    )
    with pytest.raises(MapError, match=r"W11.*did you mean"):
        draw(Recipe("r", "t", areas="x"), MapData(data.blocks, (bad,)))


def test_schools_come_back_from_their_columns(recipe, data):
    _, own = parts(draw(recipe, data))
    schools = own["schools"]
    names = schools["name"].split("\n")
    urns = np.cumsum(schools["urn"]).tolist()
    assert dict(zip(urns, names, strict=True))[100_000] == "Alder School"
    assert len(names) == 5, "the school without a place is not drawn"
    x = np.cumsum(schools["x"]) * schools["step"]
    y = np.cumsum(schools["y"]) * schools["step"]
    at = urns.index(100_003)
    assert (x[at], y[at]) == (413_000, 303_000), "to the metre"
    assert schools["trusts"]["name"] == ["Oak Trust"]


def test_a_school_whose_unit_is_not_its_blocks_says_so(recipe, data):
    own_units = data.schools.assign(local_authority=["X9", "W1", "X9", "X9", "X9", None])
    _, own = parts(draw(recipe, replace(data, schools=own_units)))
    at, units = own["schools"]["apart"]["local_authority"]
    names = own["schools"]["name"].split("\n")
    assert [names[i] for i in np.cumsum(at)] == ["Alder School"]
    codes = parts(draw(recipe, data))[0]["layers"][0]["code"]
    assert [codes[u] for u in units] == ["X9"]


def test_an_unknown_kind_of_school_is_refused(recipe, data):
    bad = replace(data, schools=data.schools.assign(kind="no_trsut"))
    with pytest.raises(MapError, match="no_trsut"):
        draw(recipe, bad)


@given(st.floats(0, 1), st.sampled_from(["share"]))
@settings(max_examples=200, deadline=None)
def test_a_value_stands_in_the_class_its_printed_form_belongs_to(value, kind):
    measure = Measure("m", "M", "l", pd.Series({"u": value}), (0.05, 0.1, 0.2, 0.3), format=kind)
    (found,) = classify(measure, ["u"])
    title = class_titles(measure)[found]
    shown = say(value, kind)
    percent = 0 if shown.startswith("under") else int(shown.rstrip("%"))
    low = 0 if title.startswith("under") else int(title.split()[0].rstrip("%"))
    assert low <= percent
    if " to " in title:
        assert percent <= int(title.split()[-1].rstrip("%"))


def test_units_with_few_schools_are_not_shaded(recipe, data):
    _, own = parts(draw(recipe, data))
    land, _ = parts(draw(recipe, data))
    classes = dict(zip(land["layers"][0]["code"], own["measures"][0]["c"], strict=True))
    assert classes == {"I2": -2, "W1": 0, "X9": 4}


def test_what_stands_out_is_told_by_one_rule_and_a_tie_is_not():
    codes = [f"u{i}" for i in range(12)]
    many = pd.Series(20, index=codes)

    def told(values, n=many, ends=None):
        table = pd.Series(values, index=codes)
        return Measure("m", "M", "l", table, (0.1,), n=n, ends=ends).highest(4)

    rising = [i / 20 for i in range(12)]
    first = ("u11", "55%, the highest of 12")
    assert told(rising) == [first, ("u10", "50%"), ("u9", "45%"), ("u8", "40%")]
    assert told([*rising[:7], 0.4, 0.4, 0.4, 0.5, 0.55]) == [first, ("u10", "50%")], (
        "three share 40%"
    )
    printed = told([*rising[:7], 0.396, 0.398, 0.3999, 0.4, 0.55])
    assert printed == [first], "four are printed as 40%"
    assert told([*rising[:10], 0.55, 0.55])[0][1] == "55%", "two are the highest"
    # Of few schools it is chance; and among few units none stands out.
    assert told(rising, n=many.where(many.index != "u11", 19))[0] == (
        "u10",
        "50%, the highest of 11",
    )
    assert told(rising, n=many.where(many.index > "u3", 19)) == []
    # Known only between two: who may be topped is not the highest.
    low, high = pd.Series(rising, index=codes), pd.Series(rising, index=codes)
    high["u10"] = 0.6
    assert told(rising, ends=(low, high))[:2] == [("u11", "55%"), ("u10", "50% to 60%")]
    high["u3"] = 0.7
    assert told(rising, ends=(low, high)) == []


def test_a_recipe_that_shades_by_what_is_not_there_is_refused(data):
    with pytest.raises(MapError, match=r"trusts_elsewher.*did you mean trusts_elsewhere"):
        draw(Recipe("r", "t", measures=("trusts_elsewher",), shade="trusts_elsewher"), data)


def test_pages_of_one_atlas_share_one_land(recipe, data):
    one = draw(recipe, data, shared=True)
    other = draw(Recipe("r", "Another", on=("maths_hub",)), data, shared=True)
    assert next(iter(one.parts)) == next(iter(other.parts))
    assert len(set(one.parts) | set(other.parts)) == 3


def test_land_round_england_is_ground_under_its_places(england, lancashire):
    land = abroad()
    wales, edinburgh, sea = (
        shapely.Point(300_000, 250_000),
        shapely.Point(325_000, 670_000),
        shapely.Point(450_000, 600_000),
    )
    assert shapely.contains(land, wales) and shapely.contains(land, edinburgh)
    assert not shapely.contains(land, sea)
    inner = england.blocks.loc[["E07000121"]].geometry.iloc[0]
    assert not shapely.intersects(land, inner), "Lancaster is not abroad"
    packed, _ = parts(draw("locality_overlay", lancashire))
    step, near = packed["context"]["step"], packed["context"]["rings"]
    assert "rivers" not in packed["context"], "they lie too far off for a map of a place"
    context = parts(draw("national_index", england))[0]["context"]
    whole, rivers = context["rings"], context["rivers"]
    lines = [np.cumsum(np.reshape(read(r), (-1, 2)), axis=0) * context["step"] for r in rivers]
    bridges = shapely.points([(530_600, 180_300), (384_700, 254_600), (458_100, 338_000)])
    off = shapely.distance(bridges, shapely.union_all([*map(shapely.linestrings, lines)]))
    assert off.max() < 3_000, "Westminster, Worcester, and Trent Bridge: the farthest, 2.5 km"
    assert 500 < sum(map(len, near)) < sum(map(len, whole)), "fine only near its place"
    ring = np.cumsum(np.reshape(read(near[0]), (-1, 2)), axis=0) * step
    assert shapely.distance(shapely.points(ring), land).max() <= step, "in metres of the grid"


@pytest.mark.parametrize("order", [("a", "b", "c"), ("b", "a", "c"), ("c", "b", "a"), ("b",)])
def test_what_is_ready_reads_as_what_is_packed_at_once(order):
    plain = {"a": "é" * 300, "b": list(range(-2000, 2000)), "c": {"x": [None, 1.5, "</script>"]}}
    made = {
        "a": plain["a"],
        "b": encoding.ready(plain["b"], letters_only=True),
        "c": encoding.ready(plain["c"]),
    }
    at_once = encoding.pack({k: plain[k] for k in order})
    later = encoding.pack({k: made[k] for k in order})
    texts = [zlib.decompress(packed) for packed in (at_once, later)]
    assert texts[0] == texts[1]
    assert later == encoding.pack({k: made[k] for k in order})
