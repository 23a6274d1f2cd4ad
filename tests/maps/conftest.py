"""Map data one can check by hand, England at full size, and a browser without a network."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geolls.atlas.book import Book
from geolls.atlas.build import Press
from geolls.atlas.frame import Page
from geolls.base.vocabulary import KINDS
from geolls.maps.data import LayerSpec, MapData, Measure
from geolls.maps.recipes import Recipe
from geolls.study.facts import Facts
from geolls.study.gazetteer import Place

HOSTILE = "</script><img src=x onerror=boom()>'\"&{{ 7*7 }}"


def squares() -> gpd.GeoDataFrame:
    """Four squares of 10 km: a b over c d, and an island e in the sea."""
    boxes = {
        "c": (400_000, 300_000),
        "d": (410_000, 300_000),
        "a": (400_000, 310_000),
        "b": (410_000, 310_000),
        "e": (430_000, 300_000),
    }
    polygons = [shapely.box(x, y, x + 10_000, y + 10_000) for x, y in boxes.values()]
    return gpd.GeoDataFrame(geometry=polygons, index=pd.Index(list(boxes), name="block"), crs=27700)


def layer(key: str, title: str, family: str, claims: list[tuple[str, str, str]]) -> LayerSpec:
    table = pd.DataFrame(claims, columns=["block", "unit_code", "confidence"])
    codes = sorted({c for c in table["unit_code"] if c not in ("no_evidence", "not_covered")})
    names = [HOSTILE if c == "X9" else f"Unit {c}" for c in codes]
    units = pd.DataFrame({"unit_name": names}, index=pd.Index(codes, name="unit_code"))
    line = {"local_authority": "authority", "maths_hub": "maths"}.get(key, "")
    return LayerSpec(key, title, family, units, table, line=line)


def small(**changes: Any) -> MapData:
    """Two councils west and east, a hub shared by one square, a square with none."""
    council = layer(
        "local_authority",
        "Local authority",
        "councils",
        [(b, u, "high") for b, u in zip("acbde", ("W1", "W1", "X9", "X9", "I2"), strict=True)],
    )
    hub = layer(
        "maths_hub",
        "Maths Hub",
        "hubs",
        [
            ("a", "H1", "high"),
            ("c", "H1", "low"),
            ("b", "H1", "high"),
            ("b", "H2", "high"),
            ("d", "no_evidence", ""),
            ("e", "not_covered", ""),
        ],
    )
    schools = pd.DataFrame(
        {
            "urn": [str(100_000 + i) for i in range(6)],
            "name": ["Alder School", "Beech School", HOSTILE, "Elm School", "Fir School", "Yew"],
            "phase": ["primary"] * 4 + ["secondary"] * 2,
            "pupils": [100.0, np.nan, 300.0, 20.0, 900.0, 5.0],
            "easting": [402_000.0, 403_000.0, 412_000.0, 413_000.0, 414_000.0, np.nan],
            "northing": [312_000.0, 302_000.0, 312_000.0, 303_000.0, 305_000.0, np.nan],
            "kind": ["no_trust", "trust_home_here", "trust_based_elsewhere", *["no_trust"] * 3],
            "trust_uid": [None, "77", "77", None, None, None],
            "block": ["a", "c", "b", "d", "d", None],
        }
    )
    trusts = pd.DataFrame(
        {
            "trust_name": ["Oak Trust"],
            "schools": [2],
            "home": ["Unit W1"],
            "home_easting": [403_000.0],
            "home_northing": [302_000.0],
        },
        index=pd.Index(["77"], name="trust_uid"),
    )
    share = Measure(
        "trusts_elsewhere",
        "In trusts based elsewhere",
        "local_authority",
        pd.Series({"W1": 0.0, "X9": 1 / 3, "I2": 0.5}),
        (0.05, 0.1, 0.2, 0.3),
        n=pd.Series({"W1": 20, "X9": 30, "I2": 2}),
        england=0.11,
        note="Elsewhere is not far from each {unit}.",
        shows="The share of each {unit}'s schools.",
        finding="{where}, {since} of schools or more are in trusts based elsewhere",
        since=0.3,
    )
    values: dict[str, Any] = {
        "blocks": squares(),
        "layers": (council, hub),
        "measures": (share,),
        "schools": schools,
        "on_blocks": schools["block"].value_counts(),
        "trusts": trusts,
        "dates": "n = 6 schools.",
        "attribution": "Source: four squares.",
    }
    return MapData(**(values | changes))


RECIPE = Recipe(
    "test",
    "A map of squares",
    on=("maths_hub",),
    measures=("trusts_elsewhere", "coverage:maths_hub"),
    shade="trusts_elsewhere",
    schools=KINDS[:4],
    labels=("local_authority",),
)


@pytest.fixture
def recipe() -> Recipe:
    return RECIPE


@pytest.fixture
def data() -> MapData:
    return small()


@pytest.fixture(scope="session")
def england() -> MapData:
    """England's real blocks and layers of September 2022, with 24,000 seeded schools."""
    from geolls.land.blocks import load_blocks
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue
    from geolls.layers.expand import expand

    on, areas = date(2022, 9, 1), load_areas()
    blocks = load_blocks()
    layers = []
    for one in load_catalogue().layers.values():
        claims = expand(one, on, areas)
        if not claims:
            continue
        table = pd.DataFrame(
            [(c.block, c.unit_code, c.unit_name, c.confidence) for c in claims],
            columns=["block", "unit_code", "unit_name", "confidence"],
        )
        units = table.drop_duplicates("unit_code").set_index("unit_code")[["unit_name"]]
        line = one.style.line
        layers.append(LayerSpec(one.key, one.unit_title, one.family, units, table, line=line))
    rng = np.random.default_rng(1)
    n = 24_000
    block = rng.choice(blocks.index.to_numpy(), n)
    at = blocks.geometry.representative_point().reindex(block)
    words = ["Saint", "Mary", "Oak", "Church", "Hill", "Park", "North", "West", "Lady", "High"]
    names = [" ".join(rng.choice(words, 3)) + f" {i % 977} School" for i in range(n)]
    kind = rng.choice(KINDS, n, p=[0.5, 0.05, 0.3, 0.1, 0.02, 0.03])
    trust = np.where(kind == "no_trust", None, rng.integers(1000, 2200, n).astype(str))
    schools = pd.DataFrame(
        {
            "urn": (100_000 + rng.permutation(n)).astype(str),
            "name": names,
            "phase": rng.choice(["primary", "secondary"], n),
            "pupils": rng.integers(20, 1500, n).astype(float),
            "easting": at.x.to_numpy() + rng.normal(0, 1500, n),
            "northing": at.y.to_numpy() + rng.normal(0, 1500, n),
            "kind": kind,
            "trust_uid": trust,
            "block": block,
        }
    )
    held = schools.dropna(subset="trust_uid").groupby("trust_uid")
    trusts = pd.DataFrame(
        {
            "trust_name": [f"{rng.choice(words)} Learning Trust {uid}" for uid in held.groups],
            "schools": held.size(),
            "home_easting": held["easting"].median(),
            "home_northing": held["northing"].median(),
        }
    )
    council = next(spec for spec in layers if spec.key == "local_authority")
    share = pd.Series(rng.random(len(council.units)) * 0.4, index=council.units.index)
    measure = Measure(
        "trusts_elsewhere",
        "In trusts based elsewhere",
        "local_authority",
        share,
        (0.05, 0.1, 0.2, 0.3),
        n=pd.Series(50, index=share.index),
        england=0.11,
    )
    return MapData(blocks, tuple(layers), (measure,), schools, trusts)


@pytest.fixture(scope="session")
def lancashire(england: MapData) -> MapData:
    council = next(spec for spec in england.layers if spec.key == "local_authority")
    code = council.units.index[council.units["unit_name"] == "Lancashire"][0]
    blocks = tuple(council.claims.loc[council.claims["unit_code"] == code, "block"])
    assert england.schools is not None
    here = england.schools[england.schools["block"].isin(blocks)]
    place = Place("local_authority", code, "Lancashire", blocks)
    return MapData(england.blocks, england.layers, (), here, trusts=england.trusts, place=place)


# ---------------------------------------------------------------- pages of an atlas

LAYERS = ("local_authority", "teaching_school_hub", "maths_hub", "dfe_region")


@dataclass
class Leaves:
    """Some pages of an atlas of the demonstration schools, as files."""

    folder: Path
    book: Book
    pages: dict[str, Page]

    def path(self, name: str) -> Path:
        return self.folder / self.pages[name].path


@pytest.fixture(scope="session")
def leaves(demonstration: Any, tmp_path_factory: pytest.TempPathFactory) -> Leaves:
    out = tmp_path_factory.mktemp("atlas")
    book = Book(Facts(demonstration, LAYERS))
    facts = book.facts
    press = Press(book, out)
    press.assets()
    places = facts.units["local_authority"]
    leeds = str(places.index[places["name"] == "Leeds"][0])
    largest = str(facts.trusts["schools"].idxmax())
    region = str(facts.units["dfe_region"]["schools"].idxmax())
    wanted = {
        "index": ("index", ()),
        "trusts": ("trusts", ()),
        "maps": ("maps", ()),
        "data": ("data", ()),
        "method": ("method", ()),
        "coverage": ("coverage", ("maths_hub",)),
        "place": ("place", ("local_authority", leeds)),
        "region": ("place", ("dfe_region", region)),
        "trust": ("trust", (largest,)),
    }
    pages = {
        name: next(p for p in book.pages if p.kind == kind and p.key == key)
        for name, (kind, key) in wanted.items()
    }
    pages |= {p.key[0]: p for p in book.pages if p.kind == "national"}
    for path in [*(page.path for page in pages.values()), "tables/places_local_authority.csv"]:
        assert press.write(path).error == ""
    return Leaves(out, book, pages)


# ---------------------------------------------------------------- a browser without a network


@dataclass
class Opened:
    """A page, and what the browser complained of."""

    page: Any
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Save a map, open it offline and wait until it is drawn."""
    contexts = []

    def go(made: Any, *, wait: bool = True, **options: Any) -> Opened:
        path = tmp_path / "map.html"
        if isinstance(made, str):
            path.write_text(made, "utf-8")
        else:
            made.save(path)
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        context.set_offline(True)
        opened = Opened(context.new_page())
        opened.page.on(
            "console",
            lambda m: opened.faults.append(m.text) if m.type in ("error", "warning") else None,
        )
        opened.page.on("pageerror", lambda e: opened.faults.append(str(e)))
        opened.page.on("request", lambda r: opened.asked.append(r.url))
        opened.page.goto(path.as_uri())
        if wait:
            opened.page.wait_for_selector(".geolls-app[data-ready]", timeout=15_000)
        return opened

    yield go
    for context in contexts:
        context.close()


# ---------------------------------------------------------------- kept pictures

KEPT = Path(__file__).parent / "kept"

# Decoded by the browser itself: share of pixels that differ by more than a fifth of full scale.
COMPARE = """async ([a, b, shrink]) => {
  const read = async (data) => {
    const image = new Image();
    image.src = "data:image/png;base64," + data;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width / shrink; canvas.height = image.height / shrink;
    const ctx = canvas.getContext("2d");
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(image, 0, 0, canvas.width, canvas.height);
    return ctx.getImageData(0, 0, canvas.width, canvas.height);
  };
  const [p, q] = [await read(a), await read(b)];
  if (p.width !== q.width || p.height !== q.height) return 1;
  let off = 0;
  for (let i = 0; i < p.data.length; i += 4) {
    const d = [0, 1, 2].map((c) => Math.abs(p.data[i + c] - q.data[i + c]));
    if (Math.max(...d) > 51) off++;
  }
  return off / (p.data.length / 4);
}"""


@pytest.fixture
def same(browser: Any) -> Iterator[Callable[[str, bytes], None]]:
    """Hold a picture against the one that was kept; a missing one fails and is kept now."""
    blank = browser.new_page()

    def hold(name: str, now: bytes, shrink: int = 1) -> None:
        kept = KEPT / f"{name}.png"
        if not kept.is_file():
            KEPT.mkdir(exist_ok=True)
            kept.write_bytes(now)
            pytest.fail(f"no picture was kept; {kept.name} is now: look at it, then run again")
        pair = [base64.b64encode(b).decode() for b in (kept.read_bytes(), now)]
        assert blank.evaluate(COMPARE, [*pair, shrink]) < 0.01

    yield hold
    blank.close()
