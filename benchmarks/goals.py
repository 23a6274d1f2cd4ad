"""Each goal: the baseline and geolls in turns, after their answers have been found equal."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geolls.base.vocabulary import REASONS
from geolls.land.blocks import dissolve
from geolls.maps.page import draw
from geolls.maps.scenes import scene_of
from geolls.measures.overlap import overlap
from geolls.measures.spread import spread
from geolls.register.register import read_register
from geolls.study.points import Columns, PointAssigner

from . import browser
from .baselines import maps, tables
from .data import DAY, LAYERS, MAPPED, Data
from .measure import Row, alone, process, turns

Step = Callable[[Data, int], Iterator[Row]]


def start_up(_: Data, n: int) -> Iterator[Row]:
    """Start the command line: a process each."""
    heavy = [sys.executable, "-c", "import geopandas, folium"]
    with tempfile.TemporaryDirectory() as folder:
        # Code is compiled once when it is installed, the libraries' as geolls's own.
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/code"}
        env = {"GEOLLS_DATA": folder, **compiled}
        process(heavy, **compiled)
        for args, goal in (
            (["--help"], 1 / 12),
            (["layers"], 1 / 4),
            (["where", "Leeds"], 1 / 4),
            (["where", "429796,433927"], 1 / 4),
        ):
            mine = [sys.executable, "-m", "geolls", *args]
            process(mine, **env)
            times = turns(
                lambda: process(heavy, **compiled),
                lambda: process(mine, **env),  # noqa: B023
                n,
            )
            command = " ".join(["geolls", *args])
            yield Row(f"`{command}`", "import geopandas, folium", command, *times, goal)


def register(data: Data, n: int) -> Iterator[Row]:
    """Read the register: as it is downloaded, and once more."""
    if data.register is None:
        return
    path, links = data.register, data.links
    day = data.study.as_of
    with tempfile.TemporaryDirectory() as folder:
        read_register(path, links, as_of=day, cache_dir=folder)
        for word, cache, goal in (("cold", None, 1 / 2), ("cached", folder, 1 / 15)):
            times = turns(
                lambda: tables.read(path),
                lambda: read_register(path, links, as_of=day, cache_dir=cache),  # noqa: B023
                n,
            )
            yield Row(
                f"read the register, {word}",
                "pandas.read_csv, all columns",
                "read_register",
                *times,
                goal,
                equal="the same URNs in",
            )


def place(data: Data, n: int) -> Iterator[Row]:
    """Place all schools in all area layers."""
    points, layers = data.schools[["urn", "geometry"]].set_index("urn"), data.all_layers
    study = data.study
    want = tables.place(points, layers)
    astray = set(study.placement.disagreements["urn"])
    placed = study.placement.schools.set_index("urn")
    sure = placed.index[(placed["distance_m"] == 0) & ~placed.index.isin(astray)]
    # A point on a line is within nothing: the code in the register still says where it is.
    sure = sure.intersection(want["district"].index)
    known = set(sure)
    batch = pa.record_batch(
        {"easting": data.schools["easting"].to_numpy(), "northing": data.schools["northing"]}
    )
    columns = Columns("easting", "northing", False)
    assigner = PointAssigner(study)
    points_got = assigner(batch, columns)
    # The authority that maintains a school is a code in the register, not a place.
    for key in set(layers) - {"local_authority"}:
        table = study.assigned(key)
        real = table[~table["unit_code"].isin(REASONS) & table["urn"].isin(sure)]
        theirs = want[key][want[key].index.isin(sure)]
        pairs_of = set(zip(theirs.index, theirs, strict=True))
        assert set(zip(real["urn"], real["unit_code"], strict=True)) == pairs_of, key
        coded = zip(points.index, points_got.column(key).to_pylist(), strict=True)
        by_point = {(u, c) for u, codes in coded for c in codes.split("+") if c not in REASONS}
        assert {p for p in by_point if p[0] in known} == pairs_of, key

    def ours() -> None:
        fresh = data.open()
        for key in layers:
            fresh.assigned(key)

    equal = f"the units of {len(sure):,} schools in {len(layers) - 1} layers"
    step = f"place all schools in {len(layers)} layers"
    joins = lambda: tables.place(points, layers)  # noqa: E731
    yield Row(step, "sjoin(within) a layer", "PointAssigner, warm",
              *turns(joins, lambda: assigner(batch, columns), n), equal=equal)  # fmt: skip
    yield Row(step, "sjoin(within) a layer", "study.assigned, from nothing",
              *turns(joins, ours, n), equal=equal, note=_MORE)  # fmt: skip
    fine = {key: _fine(units) for key, units in layers.items()}
    yield Row(f"{step}, {_vertices(fine)}", "sjoin(within) a layer", "PointAssigner, warm",
              *turns(lambda: tables.place(points, fine), lambda: assigner(batch, columns), n),
              1 / 5, equal=equal, note=_SAME_BLOCKS)  # fmt: skip
    yield Row(f"{step}, {_vertices(fine)}", "sjoin(within) a layer", "study.assigned, from nothing",
              *turns(lambda: tables.place(points, fine), ours, n), 1 / 5, equal=equal,
              note=_MORE)  # fmt: skip


_MORE = (
    "a long table with names, reasons, shares and distances, and every code checked with its "
    "point, which the joins do not give"
)
_SAME_BLOCKS = (
    "geolls works on its own blocks whatever the layer's lines; more points were put on the "
    "straight lines of the baseline's layers, about as many as ONS's 20 m boundaries have"
)


def _fine(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return units.assign(geometry=units.geometry.segmentize(45.0))


def _vertices(layers: dict[str, gpd.GeoDataFrame]) -> str:
    count = shapely.get_num_coordinates(layers["district"].geometry.to_numpy()).sum()
    return f"districts drawn with {count / 1e6:.1f} M points"


def pairs(data: Data, n: int) -> Iterator[Row]:
    """Measure every pair of layers by area."""
    layers = data.layers
    study = data.study
    memberships = data.memberships("area")
    weight = study.weights("area")
    want = tables.pairs(layers)

    def marginal() -> dict[tuple[str, str], pd.DataFrame]:
        return {
            (x, y): overlap(memberships[x], memberships[y], weight)
            for x, y in combinations(LAYERS, 2)
        }

    for key, table in marginal().items():
        real = table[~table["left_code"].isin(REASONS) & ~table["right_code"].isin(REASONS)]
        got = real.set_index(["left_code", "right_code"])["weight"]
        both = pd.concat([got, want[key]], axis=1).fillna(0.0)
        assert len(both) == len(got), key
        assert np.allclose(both.iloc[:, 0], both.iloc[:, 1], rtol=1e-6, atol=1.0), key

    def with_reading() -> None:
        from geolls import open_study

        fresh = open_study(register=data.register, links=data.links, as_of=DAY)
        for x, y in combinations(LAYERS, 2):
            fresh.overlap(x, y, "area")

    lean = turns(lambda: tables.pairs(layers), marginal, n)
    full = turns(lambda: tables.pairs(layers), with_reading, n)
    equal = f"{sum(map(len, want.values())):,} areas within 1 m2 or a millionth"
    step = f"all {len(want)} pairs of {len(LAYERS)} layers by area"
    yield Row(f"{step}, claims known", "geopandas.overlay", "overlap", *lean, equal=equal)
    yield Row(f"{step}, with reading", "geopandas.overlay", "study.overlap", *full)
    fine = {key: _fine(units) for key, units in layers.items()}
    rough = turns(lambda: tables.pairs(fine), marginal, min(n, 3))
    again = turns(lambda: None, with_reading, len(rough[0]))[1]
    step = f"all {len(want)} pairs, {_vertices(fine)}"
    yield Row(f"{step}, claims known", "geopandas.overlay", "overlap", *rough, 1 / 1000,
              note=f"{_SAME_BLOCKS}; a layer is coded when it is first met")  # fmt: skip
    yield Row(
        f"{step}, with reading", "geopandas.overlay", "study.overlap", rough[0], again, 1 / 50
    )
    step = f"all {len(want)} pairs of {len(LAYERS)} layers by area"
    lookup = pd.concat(
        [study.block_weights, *(m.frame("item").set_index("item")["unit_code"].rename(k) for k, m in
                                memberships.items())], axis=1)  # fmt: skip
    rival = turns(
        lambda: [tables.block_sums(lookup, pair) for pair in combinations(LAYERS, 2)], marginal, n
    )
    yield Row(f"{step}, claims known", "pandas groupby over blocks", "overlap", *rival,
              note="pandas is given a table of blocks, which geolls exists to make")  # fmt: skip


def geometry(data: Data, n: int) -> Iterator[Row]:
    """Join blocks into units."""
    blocks = data.study.blocks
    claims = {key: data.claims(key) for key in LAYERS[1:]}
    for table in claims.values():
        want = tables.dissolve(blocks, table).geometry
        got = dissolve(blocks, table).geometry.reindex(want.index)
        assert np.allclose(want.symmetric_difference(got, align=False).area, 0, atol=1e-3)
    times = turns(
        lambda: [tables.dissolve(blocks, t) for t in claims.values()],
        lambda: [dissolve(blocks, t) for t in claims.values()],
        n,
    )
    yield Row(
        f"geometry of the units of {len(claims)} layers",
        "GeoDataFrame.dissolve (union_all)",
        "blocks.dissolve",
        *times,
        1 / 4,
        equal="no difference over 0.001 m2",
    )


def trusts(data: Data, n: int) -> Iterator[Row]:
    """Measure the spread of every trust."""
    keys = ("local_authority", "region", "dfe_region")
    memberships = data.memberships("schools", keys)
    units = {k: m.frame("item").set_index("item")["unit_code"] for k, m in memberships.items()}
    # A school without a unit counts in neither way, so both get the same schools.
    placed = pd.concat(units, axis=1).isin(REASONS).any(axis=1)
    schools = data.schools[~data.schools["urn"].map(placed)]
    plain = pd.DataFrame(schools.drop(columns="geometry"))
    want = tables.trusts(schools, units)
    got = spread(plain, memberships).set_index("trust_uid").reindex(want.index)
    worst = 0.0
    for column in want:
        x, y = want[column].astype(float).to_numpy(), got[column].astype(float).to_numpy()
        both = np.isfinite(x)
        assert (both | (got["located"] < 2)).all(), column
        gap = np.abs(x[both] - y[both]) / np.maximum(np.abs(x[both]), 1.0)
        worst = max(worst, float(gap.max()))
    assert worst < 1e-12, worst
    yield Row(
        f"{len(want.columns)} measures of {len(want):,} trusts",
        "loop over a GeoDataFrame, scipy",
        "spread",
        *turns(lambda: tables.trusts(schools, units), lambda: spread(plain, memberships), n),
        1 / 40,
        equal=f"all values within {worst:.0e}",
    )


def national(data: Data, n: int) -> Iterator[Row]:
    """Draw the national map: time, bytes, time to interactive."""
    study = data.study
    schools = data.schools.to_crs(4326)
    layers = {k: data.layers[k].to_crs(4326) for k in MAPPED}
    for key in study.area_layers:
        study.assigned(key)
    _ = study.spread()
    with tempfile.TemporaryDirectory() as folder:
        theirs, mine = Path(folder) / "theirs.html", Path(folder) / "ours.html"
        recipe, found = scene_of(study, "national_index")
        step = f"national map of {len(schools):,} schools"
        names = ("folium, CircleMarker loop", "draw, all layers and measures")
        times = turns(
            lambda: maps.national(schools, layers, theirs),
            lambda: draw(recipe, found).save(mine),
            n,
        )
        yield Row(f"{step}: to draw", *names, *times, 1 / 60,
                  note="both are given their tables")  # fmt: skip
        whole = turns(lambda: None, lambda: study.map("national_index").save(mine), 2)[1]
        yield Row(f"{step}: tables included", names[0], "study.map", times[0][:2], whole,
                  note="the baseline has no tables to make")  # fmt: skip
        sizes = [(p.stat().st_size + extra) / 1e6 for p, extra in
                 ((theirs, browser.leaflet_bytes()), (mine, 0))]  # fmt: skip
        yield Row(f"{step}: size, offline", *names, [sizes[0]], [sizes[1]], 1 / 30, unit="MB",
                  note="Leaflet counted on both sides")  # fmt: skip
        ready = browser.ready(theirs, mine, n)
        if isinstance(ready, str):
            print(f"  no time to interactive: {ready}", file=sys.stderr)
        else:
            yield Row(f"{step}: to interactive", *names, *ready, 1 / 3)


def places(data: Data, n: int) -> Iterator[Row]:
    """Draw a page for every authority."""
    from geolls.atlas.book import Book
    from geolls.maps.page import shared_assets
    from geolls.study.facts import Facts

    study = data.study
    schools = data.schools.to_crs(4326)
    layers = {k: data.layers[k].to_crs(4326) for k in MAPPED}
    table = study.assigned("local_authority")
    table = table[table["urn"].isin(schools["urn"]) & ~table["unit_code"].isin(REASONS)]
    of = {str(code): list(urns) for code, urns in table.groupby("unit_code")["urn"]}
    book = Book(Facts(study, ["local_authority"]))
    pages = {p.key[1]: p for p in book.pages if p.kind == "place"}

    with tempfile.TemporaryDirectory() as folder:
        theirs, mine = Path(folder) / "theirs", Path(folder) / "ours"
        theirs.mkdir()
        mine.mkdir()

        def ours() -> None:
            packed: dict[str, bytes] = {}
            for code in of:
                parts = book.plates.place("local_authority", code, pages[code])
                assert parts is not None
                packed |= parts.packed
                (mine / f"{code}.html").write_text(parts.html, encoding="utf-8")
            for name, text in shared_assets(packed).items():
                (mine / name).write_text(text, encoding="utf-8")

        ours()
        times = turns(lambda: maps.places(schools, layers, of, theirs), ours, min(n, 3))
        step = f"a map for each of {len(of)} authorities"
        names = ("folium, CircleMarker loop", "the atlas's maps, one shared skeleton")
        yield Row(f"{step}: to draw", *names, *times, 1 / 60)
        sizes = [sum(f.stat().st_size for f in d.iterdir()) / 1e6 for d in (theirs, mine)]
        yield Row(f"{step}: size", *names, [sizes[0]], [sizes[1]], None, unit="MB")


_ATLAS = """
from pathlib import Path
from benchmarks.data import Data
from geolls.atlas.build import build_atlas
import tempfile, time, zipfile
data = Data.find()
start = time.process_time()
with tempfile.TemporaryDirectory() as folder:
    report = build_atlas(data.study, Path(folder), jobs=1)
    said = {"pages": report.pages, "seconds": time.process_time() - start, "MB": report.bytes / 1e6}
    with tempfile.TemporaryFile() as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for path in Path(folder).rglob("*"):
            made.write(path)
        made.close()
        said["zipped"] = file.tell() / 1e6
"""
_LOADED = """
from benchmarks.data import Data
import folium
data = Data.find()
layers = data.all_layers
table = data.study.assigned()
"""


def atlas(_: Data, n: int) -> Iterator[Row]:
    """Build the whole atlas in one process: its peak, its time, its weight."""
    base = [alone(_LOADED)["peak_mb"] for _ in range(min(n, 3))]
    built = alone(_ATLAS)
    yield Row(
        f"peak memory of an atlas of {built['pages']:,} pages",
        "all layers and schools just loaded",
        "build_atlas, one process",
        base,
        [built["peak_mb"]] * len(base),
        1.5,
        unit="MB",
    )
    step = f"atlas of {built['pages']:,} pages"
    yield Row(f"{step}: processor time of a page", "15 ms, the goal", "build_atlas, one process",
              [0.015], [built["seconds"] / built["pages"]], 1.0,
              note="tables, shared files and opening the study's tables are in it")  # fmt: skip
    yield Row(f"{step}: zipped", "60 MB, the goal", f"{built['MB']:.0f} MB of files",
              [60.0], [built["zipped"]], 1.0, unit="MB")  # fmt: skip


STEPS: dict[str, Step] = {
    "start": start_up,
    "register": register,
    "place": place,
    "pairs": pairs,
    "geometry": geometry,
    "trusts": trusts,
    "national": national,
    "places": places,
    "atlas": atlas,
}
