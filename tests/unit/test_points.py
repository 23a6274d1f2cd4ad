"""Tables of points: the answers of the geometry library, streamed, and no row lost."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from geolls import open_study
from geolls.api import Study
from geolls.base import streams
from geolls.base.errors import InputFileError, OutputError, UsageError
from geolls.land.blocks import load_neighbourhoods
from geolls.land.locate import locate, to_bng
from geolls.study.points import (
    Columns,
    PointAssigner,
    assign_points,
    coordinate_columns,
    open_points,
)

LEEDS = (429_796.0, 433_927.0)
METRES = Columns("easting", "northing", False)


@pytest.fixture(scope="module")
def study() -> Study:
    return open_study(layers=["district", "local_authority", "teaching_school_hub"])


@pytest.fixture(scope="module")
def assigner(study: Study) -> PointAssigner:
    return PointAssigner(study)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(streams, "ROWS_PER_BATCH", 100)
    return 100


def homes(number: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    land = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
    return np.rint(land[rng.integers(0, len(land), number)] + rng.normal(0, 300, (number, 2)))


def table_of(xy: np.ndarray, **more: Any) -> pa.Table:
    return pa.table(
        {"pupil": np.arange(len(xy)), "easting": xy[:, 0], "northing": xy[:, 1], **more}
    )


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "pupils.parquet"
    pq.write_table(table_of(homes(450)), path)
    return path


def written(tmp_path: Path, text: str | bytes, name: str = "points.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---- from batch to batch ---------------------------------------------------------------------


def test_the_units_are_those_of_the_study(study: Study, assigner: PointAssigner) -> None:
    xy = homes(3_000)
    got = assigner(table_of(xy).to_batches()[0], METRES)
    blocks = locate(xy, study.blocks)["block"]
    for layer in study.area_layers:
        claims = study.land(layer).groupby("block")["unit_code"].agg("+".join)
        want = blocks.map(claims).fillna("not_located").tolist()
        assert got.column(layer).to_pylist() == want
    assert any("+" in code for code in got.column("teaching_school_hub").to_pylist())


def test_it_answers_alike_after_a_journey_by_pickle(assigner: PointAssigner) -> None:
    batch = table_of(homes(5_000)).to_batches()[0]
    sent = pickle.dumps(assigner)
    assert pickle.loads(sent)(batch, METRES).equals(assigner(batch, METRES))
    assert len(sent) < 3_000_000  # a cluster sends it to every worker


def test_the_columns_that_are_there_are_not_touched(assigner: PointAssigner) -> None:
    xy = homes(50)
    batch = table_of(xy, district=["mine"] * 50, born=pa.array([17] * 50, pa.date32()))
    batch = batch.replace_schema_metadata({"by": "someone"}).to_batches()[0]
    got = assigner(batch, METRES)
    assert got.select(batch.schema.names).equals(batch)
    assert got.schema.names[5:8] == ["block", "assigned_by", "geolls_district"]
    assert got.schema.metadata == {b"by": b"someone"}
    assert set(got.column("geolls_district").to_pylist()) != {"mine"}


def test_a_name_that_is_taken_twice_is_refused(assigner: PointAssigner) -> None:
    batch = table_of(homes(2), block=["a", "b"], geolls_block=["a", "b"]).to_batches()[0]
    with pytest.raises(InputFileError, match="block and geolls_block are there already"):
        assigner(batch, METRES)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([429_796, None], pa.int32()),
        pa.array([429_796, None], pa.float32()),
        pa.array(["429796", None]),
        pa.array([" 429796.0 ", " n/a "]),
        pa.array(["429796", ""], pa.large_string()),
        pa.array(["429796", "NaN"]).dictionary_encode(),
        pa.array([Decimal("429796.0"), None], pa.decimal128(9, 1)),
    ],
    ids=lambda v: str(v.type),
)
def test_numbers_in_any_clothes_are_numbers(assigner: PointAssigner, values: pa.Array) -> None:
    batch = pa.record_batch({"easting": values, "northing": [LEEDS[1], LEEDS[1]]})
    got = assigner(batch, METRES)
    assert got.column("block").to_pylist() == ["E08000035", None]
    assert got.column("assigned_by").to_pylist() == ["polygon", "none"]
    assert got.column("district").to_pylist() == ["E08000035", "not_located"]
    assert got.column("easting").equals(values)


@pytest.mark.parametrize("word", ["abc", "4,29,796", "SE 297 339", "0x1", "1_0", "\uff14", "nan1"])
def test_a_word_for_a_number_is_named_with_its_row(assigner: PointAssigner, word: str) -> None:
    batch = pa.record_batch({"easting": ["429796", "", word], "northing": [1.0, 1.0, 1.0]})
    with pytest.raises(InputFileError, match=r"row 13: easting is '.*', not a number"):
        assigner(batch, METRES, where="t.parquet", row_of=(11).__add__)


def test_a_short_file_is_told_by_all_of_it(tmp_path: Path) -> None:
    """A cut before the last eight bytes falls inside a character: it would be cp1252."""
    (tmp_path / "p.csv").write_bytes(
        "id,easting,northing\n1,\u00a0430000,\u00a0433500\n".encode("utf-8-sig")
    )
    (batch,) = open_points(tmp_path / "p.csv").batches
    assert batch.to_pylist() == [{"id": "1", "easting": "\u00a0430000", "northing": "\u00a0433500"}]


def test_a_column_of_another_kind_is_refused(assigner: PointAssigner) -> None:
    batch = pa.record_batch({"easting": [[1.0]], "northing": [1.0]})
    with pytest.raises(InputFileError, match=r"column easting holds list.*, not numbers"):
        assigner(batch, METRES)


def test_degrees_are_turned_into_metres(study: Study, assigner: PointAssigner) -> None:
    degrees = [(-1.5491, 53.8008), (0.1218, 52.2053), (-5.5371, 50.1188), (200.0, 100.0)]
    lon, lat = map(list, zip(*degrees, strict=True))
    batch = pa.record_batch({"Longitude": [*lon, None], "Latitude": [*lat, 53.0]})
    got = assigner(batch, coordinate_columns(batch.schema.names, "t"))
    names = locate([to_bng(*p) for p in degrees[:3]], study.blocks)["block"].tolist()
    assert got.column("block").to_pylist() == [*names, None, None]
    assert names[0] == "E08000035"


def test_coordinate_columns_go_by_many_names() -> None:
    for names, found in (
        (["URN", " Easting", "NORTHING "], (" Easting", "NORTHING ", False)),
        (["lat", "lon"], ("lon", "lat", True)),
        (["lng", "lat", "x", "y"], ("x", "y", False)),
        (["Eastings", "Northings", "long"], ("Eastings", "Northings", False)),
    ):
        assert coordinate_columns(names, "t") == found
    with pytest.raises(InputFileError, match="needs columns easting and northing"):
        coordinate_columns(["easting", "nothing"], "t")


# ---- whole files -----------------------------------------------------------------------------


def test_no_row_is_lost_and_none_moves(
    tmp_path: Path, study: Study, parquet: Path, small_batches: int
) -> None:
    target = tmp_path / "out.parquet"
    report = assign_points(parquet, target, study)
    got, source = pq.read_table(target), pq.read_table(parquet)
    assert got.select(source.schema.names).equals(source)
    xy = np.column_stack([source["easting"], source["northing"]])
    assert got["block"].to_pylist() == locate(xy, study.blocks)["block"].tolist()
    assert (report.rows, report.batches, report.resumed) == (450, 5, 0)
    assert report.placed == 450 - got["block"].null_count
    assert list(tmp_path.glob("*.parts")) == []


def test_memory_does_not_hang_on_how_the_file_was_written(
    tmp_path: Path, study: Study, small_batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one_group.parquet"
    pq.write_table(table_of(homes(1_000)), path, row_group_size=1_000)
    sizes: list[int] = []
    call: Callable[..., Any] = PointAssigner.__call__

    def watched(self: PointAssigner, batch: pa.RecordBatch, *args: Any, **more: Any) -> Any:
        sizes.append(batch.num_rows)
        return call(self, batch, *args, **more)

    monkeypatch.setattr(PointAssigner, "__call__", watched)
    assign_points(path, tmp_path / "out.parquet", study)
    assert max(sizes) <= small_batches
    assert sum(sizes) == 1_000


def test_a_run_that_was_stopped_goes_on_where_it_ended(
    tmp_path: Path, study: Study, parquet: Path, small_batches: int
) -> None:
    whole = tmp_path / "whole.parquet"
    assign_points(parquet, whole, study)
    target = tmp_path / "out.parquet"

    def stop(what: str, done: int, total: int | None) -> None:
        assert total == 5
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assign_points(parquet, target, study, progress=stop)
    assert not target.exists()
    report = assign_points(parquet, target, study)
    assert report.resumed == 3
    assert "3 of 5 parts kept" in str(report)
    assert target.read_bytes() == whole.read_bytes()


def test_parts_of_another_table_or_day_are_not_kept(
    tmp_path: Path, study: Study, parquet: Path, small_batches: int
) -> None:
    target = tmp_path / "out.parquet"

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    later = open_study(layers=list(study.layers), as_of="2024-01-01")
    for which in (study, later, study):
        with pytest.raises(KeyboardInterrupt):
            assign_points(parquet, target, which, progress=stop)
    pq.write_table(table_of(homes(450, seed=2)), parquet)
    assert assign_points(parquet, target, study).resumed == 0


def test_a_folder_of_someone_else_is_not_removed(
    tmp_path: Path, study: Study, parquet: Path
) -> None:
    theirs = tmp_path / "out.parquet.parts" / "thesis.docx"
    theirs.parent.mkdir()
    theirs.write_text("years of work")
    with pytest.raises(OutputError, match="in the way"):
        assign_points(parquet, tmp_path / "out.parquet", study)
    assert theirs.read_text() == "years of work"


def test_a_csv_keeps_its_text(tmp_path: Path, study: Study) -> None:
    source = written(
        tmp_path,
        '\ufeffid,surname,easting,northing,note\n007,NA,429796,433927.50,"a, ""b"""\n008,Null,,,\n',
    )
    target = tmp_path / "out.csv"
    report = assign_points(source, target, study)
    one, two = rows(target)
    assert list(one.values())[:5] == ["007", "NA", "429796", "433927.50", 'a, "b"']
    assert one["district"] == one["block"] == "E08000035"
    assert [two[c] for c in ("id", "surname", "easting", "block", "district")] == [
        *("008", "Null", "", "", "not_located"),
    ]
    assert str(report) == (
        "2 points read, 1 in a district; 1 outside England or without coordinates"
    )


def test_csv_and_parquet_say_the_same(tmp_path: Path, study: Study, parquet: Path) -> None:
    as_csv = tmp_path / "points.csv.gz"
    with pa.CompressedOutputStream(str(as_csv), "gzip") as out:
        pc.write_csv(pq.read_table(parquet), out)
    assign_points(as_csv, tmp_path / "a.parquet", study)
    assign_points(parquet, tmp_path / "b.csv", study)
    assign_points(parquet, tmp_path / "c.parquet", study)
    a, c = (pq.read_table(tmp_path / f"{n}.parquet") for n in "ac")
    for name in ("block", "assigned_by", *study.area_layers):
        assert a[name].to_pylist() == c[name].to_pylist()
        assert [r[name] or None for r in rows(tmp_path / "b.csv")] == c[name].to_pylist()


@pytest.mark.parametrize("turned", [True, False])
def test_an_easting_for_a_northing_is_told_with_the_fix(
    tmp_path: Path, study: Study, turned: bool
) -> None:
    path = tmp_path / "points.parquet"
    pq.write_table(table_of(homes(200)[:, ::-1] if turned else homes(200)), path)
    told = assign_points(path, tmp_path / "out.parquet", study).told
    assert bool(told) == turned
    assert not turned or "lie in England only if easting and northing are exchanged" in told[0]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_without_rows_gives_a_table_without_rows(
    tmp_path: Path, study: Study, suffix: str
) -> None:
    source = tmp_path / f"empty.{suffix}"
    empty = table_of(homes(0))
    (pc.write_csv if suffix == "csv" else pq.write_table)(empty, source)
    target = tmp_path / "out.parquet"
    assert assign_points(source, target, study).rows == 0
    assert pq.read_table(target).schema.names[-1] == list(study.area_layers)[-1]
    assert pq.read_metadata(target).num_rows == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "no such file"),
        ("empty.csv", b"", "is empty"),
        ("points.xlsx", b"PK\x03\x04", "the zip is damaged"),
        ("points.gpkg", b"SQLite format 3\0", "is no table"),
        ("page.csv", b"<!DOCTYPE html>", "is a web page"),
        ("open.csv", b'easting,northing,a\n1,2,"x\n3,4,y\n5,6,z\n', "row 2: a quoted value never"),
        (
            "long.csv",
            b"easting,northing\n" + b"1,2\n" * 30 + b"3,4,Oak\n",
            "3 cells under 2 headings",
        ),
        ("points.parquet", b"PAR1 not really", "cannot be read as a table"),
        ("twice.csv", b"easting,northing,a,a\n1,2,3,4\n", "two columns are called 'a'"),
        ("no.csv", b"a,b\n1,2\n", "no coordinates"),
        ("word.csv", b"easting,northing\n1,2\n3,here\n", "row 3: northing is 'here'"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, study: Study, name: str, content: bytes | None, said: str
) -> None:
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    target = tmp_path / "out.parquet"
    with pytest.raises(InputFileError, match=said) as caught:
        assign_points(source, target, study)
    assert str(source) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not target.exists()


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".json", ".parquet", ".xlsx"])
def test_every_kind_of_file_is_written_with_the_same_rows(
    tmp_path: Path, study: Study, small_batches: int, ending: str
) -> None:
    import pandas as pd

    source, target = tmp_path / "in.csv", tmp_path / f"out{ending}"
    rows = [f"{i:03},430000,433500,=1+{i}" for i in range(250)]
    source.write_text("id,easting,northing,note\n" + "\n".join([*rows, "250,,,"]) + "\n")
    assert assign_points(source, target, study).placed == 250
    readers = {
        ".csv": pd.read_csv,
        ".tsv": partial(pd.read_csv, sep="\t"),
        ".json": pd.read_json,
        ".parquet": pd.read_parquet,
        ".xlsx": pd.read_excel,
    }
    words = {} if ending == ".parquet" else {"dtype": str}
    found = readers[ending](target, **words).fillna("")
    assert found["id"].tolist() == [f"{i:03}" for i in range(251)]
    assert found["note"].tolist()[:2] == ["=1+0", "=1+1"]
    assert set(found["local_authority"][:250]) == {"E08000035"}
    assert found["local_authority"][250] == "not_located"


@pytest.mark.parametrize("plain", [0, 40, 900])
def test_rows_that_end_early_are_read_and_told_wherever_they_stand(
    tmp_path: Path, study: Study, small_batches: int, plain: int
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.parquet"
    rows = [f"{i},430000,433500,x" for i in range(plain)]
    rows += [
        "short,430000,433500",
        '""',
        "",
        '"two\nlines",430000,433500,"a, b"',
        "long,430000,433500,,,",
    ]
    source.write_text("id,easting,northing,note\n" + "\n".join(rows) + "\n")
    report = assign_points(source, target, study)
    assert (report.rows, report.placed) == (plain + 4, plain + 3)
    assert report.told == ("2 rows end before the header does: the rest is read as blank",)
    found = pq.read_table(target).column("id").to_pylist()
    assert found == [*map(str, range(plain)), "short", None, "two\nlines", "long"]


def test_cells_without_a_heading_are_counted(tmp_path: Path, study: Study) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,,easting,northing\n1,a,430000,433500\n2,,430000,433500,b\n")
    report = assign_points(source, tmp_path / "out.csv", study)
    assert "2 cells stand under no heading and are not kept" in report.told


def test_a_word_far_down_is_named_with_its_row_in_the_file(
    tmp_path: Path, study: Study, small_batches: int
) -> None:
    xy = homes(450)
    words = [str(x) for x in xy[:, 0]]
    words[333] = "east"
    path = tmp_path / "words.parquet"
    pq.write_table(pa.table({"easting": words, "northing": xy[:, 1]}), path)
    with pytest.raises(InputFileError, match=r"words\.parquet, row 334: easting is 'east'"):
        assign_points(path, tmp_path / "out.parquet", study)


def test_what_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, study: Study, parquet: Path
) -> None:
    with pytest.raises(UsageError, match=r"no table of points ends in '\.gpkg'"):
        assign_points(parquet, tmp_path / "out.gpkg", study)
    with pytest.raises(UsageError, match="over itself"):
        assign_points(parquet, parquet, study)
    pq.write_table(table_of(homes(2), marks=[[1], [2]]), parquet)
    with pytest.raises(UsageError, match=r"marks holds list.*which a csv cannot"):
        assign_points(parquet, tmp_path / "out.csv", study)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pupils.parquet"]
