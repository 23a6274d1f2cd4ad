"""What a page says is above a school or a postcode is what `where` and the tables say."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from geolls.base.text import km
from geolls.base.vocabulary import REASON_NAMES
from geolls.maps.bodies import bodies_of
from geolls.maps.payload import unpack
from geolls.study.analyses import site_distances

Doc = dict[str, Any]


@pytest.fixture(scope="module")
def document(demonstration: Any) -> Doc:
    return unpack(bodies_of(demonstration))


def on_block(layer: Doc, block: int) -> dict[str, tuple[float, str]]:
    """Return what a document says of a block: code to share and what the claim rests on."""
    claims = layer["claims"][layer["of"][block]]
    return {layer["code"][u]: (share, said) for u, share, said in claims if layer["code"][u]}


def years(text: str) -> set[str]:
    """Return the years that a text names."""
    return set(re.findall(r"\b(?:19|20)\d\d\b", text))


def test_every_layer_of_some_schools_is_as_where_says(demonstration: Any, document: Doc) -> None:
    urns = np.cumsum(document["schools"]["urn"])
    blocks = np.cumsum(document["schools"]["block"])
    for at in range(0, len(urns), 2003):
        rows = demonstration.where(str(urns[at]))
        for layer in document["layers"]:
            told = rows[(rows["layer"] == layer["key"]) & ~rows["unit_code"].isin(REASON_NAMES)]
            said = on_block(layer, int(blocks[at]))
            assert set(said) == set(told["unit_code"]), (urns[at], layer["key"])
            for row in told.itertuples():
                share, rests = said[row.unit_code]
                assert share == row.share
                both = f"{row.confidence} confidence in list and line"
                each = f"{row.confidence} confidence in the list, {row.line_confidence} in the line"
                sure = both if row.confidence == row.line_confidence else each
                assert rests.startswith(sure), rests
                dated = next((part for part in rests.split("; ") if "evidence of" in part), "")
                own = row.source_date if isinstance(row.source_date, str) else ""
                day = own or demonstration.layers[layer["key"]].source_date
                assert years(dated) == years(str(day)), (rests, day)


@pytest.mark.parametrize("code", ["LA14", "PR1", "B1 1", "NE63 9", "E1", "SW1P", "SW1P 9"])
def test_a_postcode_has_what_where_says_in_the_same_shares(
    demonstration: Any, document: Doc, code: str
) -> None:
    sectors, held, counts, at = document["sectors"], [], dict[int, float](), 0
    for line in sectors["codes"].split("\n"):
        outward, digits = line.split(" ")
        for digit in digits:
            if code in (outward, f"{outward} {digit}"):
                held.append(sectors["of"][at])
            at += 1
    lived_in = [row for row in held if row[1] > 0]  # others stand at a sorting office alone
    for row in lived_in or held:
        for block, n in zip(row[::2], row[1::2], strict=True):
            counts[block] = counts.get(block, 0) + abs(n)
    rows = demonstration.where(code).set_index(["layer", "unit_code"])["share"]
    for layer in document["layers"]:
        found: dict[str, float] = {}
        for block, n in counts.items():
            for unit, (share, _) in on_block(layer, block).items():
                found[unit] = found.get(unit, 0) + share * n / sum(counts.values())
        for unit, share in found.items():
            assert share == pytest.approx(rows[layer["key"], unit], abs=1e-5), (layer["key"], unit)


def test_the_nearest_lead_school_is_that_of_the_distances(real_study: Any) -> None:
    wanted = {"107810", "119816", "112236"}
    schools = unpack(bodies_of(real_study, wanted, ["E07000123"]))["schools"]
    urns = [str(urn) for urn in np.cumsum(schools["urn"])]
    assert set(urns) == wanted
    hub = next(n for n in schools["near"] if n["title"] == "Teaching School Hub lead school")
    table = site_distances(real_study, "teaching_school_hub_lead").set_index("urn")
    leads = real_study.sites("teaching_school_hub_lead").set_index("unit_code")["urn"]
    for i, urn in enumerate(urns):
        row = table.loc[urn]
        assert hub["site"][hub["of"][i]] == [row["site_name"], leads[row["site_code"]]]
        assert hub["far"][hub["at"][i]] == km(row["distance_km"])


def test_codes_and_names_that_are_gone_lead_to_what_stands(document: Doc) -> None:
    assert document["dfe"]["888"] == "E10000017"
    said = {name: text for name, _, text, _ in document["ended"]}
    assert "now in West Northamptonshire" in said["Daventry"]
    assert document["elsewhere"]["is in Scotland"].startswith("AB ")
