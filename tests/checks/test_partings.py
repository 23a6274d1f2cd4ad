"""Where two maps part: each place a map lists is a row of the overlap, and what it says is true."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from typing import Any, NamedTuple

import pandas as pd
import pytest
from claims import ends, num
from truth import REASONS, Truth

from geolls.base.errors import MapError, UsageError
from geolls.maps.drawn import resolve
from geolls.maps.page import cut
from geolls.maps.scenes import scene_of

pytestmark = pytest.mark.real_data

PAIRS = [
    ("local_authority", "teaching_school_hub"),
    ("local_authority", "maths_hub"),
    ("teaching_school_hub", "maths_hub"),
    ("district", "teaching_school_hub"),
    ("region", "maths_hub"),
    ("combined_authority", "teaching_school_hub"),
]
PLACES = [
    "Lancashire", "Norfolk", "Leeds", "combined_authority:Tees Valley", "Cornwall",
    "Star Teaching School Hub Pennine Lancashire", "district:East Suffolk",
]  # fmt: skip
FORM = re.compile(
    r"(?P<n>(?:between )?[\d,]+(?: and [\d,]+)?) schools? in (?P<land>.+) "
    r"(?:answers? to|is in|are in) another (?P<right>.+) than the rest of (?P<left>.+)"
)
MORE = re.compile(r"(?P<n>.+?)(?: more)? schools? stands? outside the land of (?:its|their) .+")
ALL = re.compile(
    r"(?P<n>[\d,]+(?: to [\d,]+)?)(?: or more)? schools? in (?P<places>[\d,]+)(?: or more)? "
    r"places? (?:answers? to|is in|are in) another .+ than the rest of (?:its|their) .+"
)


class Item(NamedTuple):
    layer: str
    code: str
    text: str


class Lists(HTMLParser):
    """The lists of a map's page: the links of each, and the line above them."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Item] = []
        self.heads: list[str] = []
        self.into: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if said.get("class") == "gl-parted":
            self.into = "section"
        elif tag == "p" and self.into == "section":
            self.into, self.heads = "head", [*self.heads, ""]
        elif tag == "a" and said.get("data-layer"):
            self.into = "link"
            self.items.append(Item(str(said["data-layer"]), str(said["data-code"]), ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "a"} and self.into in {"head", "link"}:
            self.into = "section"
        elif tag == "section":
            self.into = None

    def handle_data(self, data: str) -> None:
        if self.into == "head":
            self.heads[-1] += data
        elif self.into == "link":
            self.items[-1] = self.items[-1]._replace(text=self.items[-1].text + data)


def read(html: str) -> Lists:
    made = Lists()
    made.feed(html)
    return made


@pytest.fixture(scope="module")
def england(real_study: Any) -> dict[tuple[str, str], Lists]:
    """The list of each pair."""
    return {pair: lists_of(real_study, *pair) for pair in PAIRS}


@pytest.fixture(scope="module")
def truth(real_study: Any) -> Truth:
    return Truth(real_study)


def lists_of(study: Any, left: str, right: str) -> Lists:
    scene = scene_of(study, "disagreement", options={"left": left, "right": right})
    made = cut(*scene)
    return read(made.html + made.beside)


def real(table: pd.DataFrame) -> pd.DataFrame:
    return table[~table["left_code"].isin(REASONS) & ~table["right_code"].isin(REASONS)]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_map_lists_rows_of_the_overlap_and_their_sum_with_the_rest_is_the_overlap(
    real_study: Any, england: Any, left: str, right: str
) -> None:
    rows = real(real_study.overlap(left, right))
    rows = rows.set_index(rows["left_code"] + "_in_" + rows["right_code"])
    made = england[left, right]
    seen = []
    for item in made.items:
        row, said = rows.loc[item.code], FORM.fullmatch(item.text)
        assert said, item.text
        assert ends(said["n"]) == (row["weight_low"], row["weight_high"]), item
        assert said["left"] == row["left_name"], item
        seen.append(row["weight_high"])
    assert seen == sorted(seen, reverse=True), "not the largest first"
    # What is not listed: for each unit its largest part, what shared land decides, and the outside.
    cut_units = rows.groupby("left_code").filter(lambda unit: len(unit) > 1)
    rest = cut_units.drop([item.code for item in made.items])
    sure = rest[rest["weight_low"] == rest["weight_high"]]
    more = MORE.search(made.heads[0].partition(". ")[2])
    outside = ends(more["n"])[1] if more else 0.0
    for unit, left_over in sure.groupby("left_code"):
        largest = left_over["weight"].max()
        rows_of = left_over[left_over["weight"] < largest]
        outside -= rows_of["weight"].sum()
        tied = (left_over["weight"] == largest).sum() > 1
        assert not tied or left_over["weight"].sum() < 5, unit
    open_ = rest[rest["weight_low"] < rest["weight_high"]]
    assert -open_["weight_high"].sum() <= -outside <= open_["weight_high"].sum()


@cache
def ground(t: Truth) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Return the block of each school, and what each block may be called."""
    stands = dict(zip(*t.study.placement.schools[["urn", "block"]].to_numpy().T, strict=True))
    called = {block: {name} for block, name in t.study.blocks["name"].items()}
    for unit, blocks in t.blocks("district").items():
        for block in blocks if unit not in REASONS else ():
            called[block].add(t.name("district")[unit])
    return stands, called


def truth_of(t: Truth, item: Item, left: str, right: str, members: set[str] | None) -> str:
    """Return what is not true of a sentence; nothing where all is."""
    said = FORM.fullmatch(item.text)
    if said is None:
        return "not of the form"
    a, b = item.code.split("_in_")
    lefts, rights, listed = t.claims(left), t.claims(right), t.name(left)
    mine = [urn for urn, held in lefts.items() if a in dict(held)]
    mine = [urn for urn in mine if members is None or urn in members]
    sure = [u for u in mine if (a, 1.0) in lefts[u] and (b, 1.0) in rights[u]]
    may = [u for u in mine if b in dict(rights[u])]
    if ends(said["n"]) != (len(sure), len(may)):
        return f"{len(sure)} to {len(may)} schools"
    if said["left"] != listed[a]:
        return f"the rest of {listed[a]}"
    every = [urn for urn, held in lefts.items() if a in dict(held)]
    if not any(b not in dict(rights[u]) for u in every):
        return "there is no rest"
    stands, called = ground(t)
    land = {block for block, units in t.listed(left).items() if a in units}
    if "more districts" in said["land"]:
        return ""
    for urn in (u for u in sure if stands[u] in land):
        if not any(name in said["land"] for name in called[stands[urn]]):
            return f"{urn} stands in {called[stands[urn]]}"
    return ""


def test_every_sentence_of_a_list_is_true(truth: Truth, england: Any, recent_study: Any) -> None:
    recent, said = Truth(recent_study), 0
    tried = [(truth, pair, lists) for pair, lists in england.items()]
    tried += [(recent, pair, lists_of(recent_study, *pair)) for pair in PAIRS[:2]]
    for known, pair, lists in tried:
        for item in lists.items:
            assert truth_of(known, item, *pair, None) == "", item
            said += 1
            # The same sentence with another number is not.
            other = re.sub(r"\d", lambda d: str(9 - int(d[0])), item.text, count=1)
            assert truth_of(known, item._replace(text=other), *pair, None)
    assert said > 100


def test_on_the_map_of_a_place_each_list_is_the_overlap_there(
    real_study: Any, truth: Truth
) -> None:
    said = 0
    for place in PLACES:
        where = real_study.place(place)
        made = read(cut(*scene_of(real_study, "locality_overlay", place=where)).html)
        assert len(made.heads) == 2, place
        members = {urn for urn, _ in truth.members(where.layer)[where.unit_code]}
        for right in ("teaching_school_hub", "maths_hub"):
            rows = real(real_study.overlap("local_authority", right, place=where))
            rows = rows.set_index(rows["left_code"] + "_in_" + rows["right_code"])
            for item in (i for i in made.items if i.layer == f"parted_{right}"):
                found = FORM.fullmatch(item.text)
                assert found
                row = rows.loc[item.code]
                assert ends(found["n"]) == (row["weight_low"], row["weight_high"]), (place, item)
                assert truth_of(truth, item, "local_authority", right, members) == "", (place, item)
                said += 1
    assert said > 5


def test_the_line_above_a_list_is_its_sum(england: Any) -> None:
    for made in england.values():
        head = made.heads[0].partition(". ")[0].rstrip(".")
        found = ALL.fullmatch(head)
        if found is None:
            assert not made.items
            assert head.startswith(("No areas", "It is not known which schools"))
            continue
        counts = [FORM.fullmatch(item.text) for item in made.items]
        assert num(found["places"]) == len(counts)
        low = sum(ends(one["n"])[0] for one in counts if one)
        assert num(found["n"].split(" to ")[0]) == low


def test_what_is_tinted_is_land_of_both_units_of_its_row(real_study: Any, truth: Truth) -> None:
    for left, right in PAIRS[:3]:
        drawn = resolve(
            *scene_of(real_study, "disagreement", options={"left": left, "right": right})
        )
        measure = next(m for m in drawn.measures if m.counted)
        found = drawn.cover(drawn.require(measure.layer))
        for code, _ in drawn.parted(measure):
            a, b = code.split("_in_")
            blocks = {drawn.data.topology.blocks[i] for i in found.blocks_of(found.units[code])}
            assert blocks == set(truth.blocks(left)[a]) & set(truth.blocks(right)[b]), code


def test_a_layer_without_land_or_held_against_itself_is_refused_by_name(real_study: Any) -> None:
    for options, words in (
        ({"right": "trust"}, "no land of trust"),
        ({"left": "maths_hub", "right": "maths_hub"}, "do not part from themselves"),
        ({"right": "maths_hubz"}, "maths_hubz"),
    ):
        with pytest.raises((MapError, UsageError, Exception), match=words):
            scene_of(real_study, "disagreement", options=options)
