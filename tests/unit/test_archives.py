"""Archives are read within bounds, and a file of shapes is what its name says."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from geolls.base import archives
from geolls.base.archives import check_vector, encoding_of, open_bounded, read_vector
from geolls.base.errors import InputFileError


def test_plain_gzip_and_zip_are_read_alike_whatever_their_names(tmp_path: Path) -> None:
    text = b"URN,name\n1,x\n"
    (tmp_path / "a.gz").write_bytes(text)
    (tmp_path / "b.csv").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "c.dat", "w") as archive:
        archive.writestr("folder/../../x.csv", text)
        archive.writestr("readme.txt", "")
    for name, member in [("a.gz", None), ("b.csv", None), ("c.dat", ".csv")]:
        with open_bounded(tmp_path / name, member=member) as stream:
            assert stream.read() == text
    assert not (tmp_path.parent / "x.csv").exists()


def test_a_zip_must_hold_the_one_file_that_is_asked_for(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("a.csv", "")
        archive.writestr("b.csv", "")
    for member in [None, ".csv", ".txt"]:
        with pytest.raises(InputFileError, match="one is needed"):
            open_bounded(tmp_path / "z.zip", member=member)


def test_bombs_stop_at_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FLOOR", 1 << 20)
    bomb = b"0" * (64 << 20)
    (tmp_path / "b.gz").write_bytes(gzip.compress(bomb))
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.csv", bomb)
    for name in ["b.gz", "b.zip"]:
        with open_bounded(tmp_path / name) as stream, pytest.raises(InputFileError, match="unpack"):
            while stream.read(1 << 16):
                pass


def test_a_plain_file_is_bounded_too(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0" * 100)
    with open_bounded(tmp_path / "x", limit=10) as stream, pytest.raises(InputFileError):
        stream.read()


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_every_cut_and_every_flipped_byte_is_told_or_harmless(tmp_path: Path, kind: str) -> None:
    text = b"".join(b"%d,name %d\n" % (i, i * i) for i in range(200))
    buffer = io.BytesIO()
    if kind == "gz":
        buffer.write(gzip.compress(text, mtime=0))
    else:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.csv", text)
    whole = buffer.getvalue()
    cuts = [whole[:n] for n in range(4, len(whole), 37)]
    flips = [whole[:n] + bytes([whole[n] ^ 0x55]) + whole[n + 1 :] for n in range(0, len(whole), 7)]
    path = tmp_path / "x"
    told = 0
    for data in cuts + flips:
        path.write_bytes(data)
        try:
            with open_bounded(path) as stream:
                got = stream.read()
        except InputFileError:
            told += 1
        else:  # an unread header field, or no longer an archive
            assert got in (text, data)
    assert told > len(cuts)


def test_a_locked_zip_is_told(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.csv", "abc")
    raw = bytearray(buffer.getvalue())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(raw)
    with pytest.raises(InputFileError, match="locked with a password"):
        open_bounded(tmp_path / "x.zip")


def test_missing_files_and_folders_are_told(tmp_path: Path) -> None:
    for wrong in [tmp_path / "no", tmp_path, tmp_path / "a\0b"]:
        with pytest.raises(InputFileError):
            open_bounded(wrong)


def test_a_file_of_shapes_is_what_its_name_says(tmp_path: Path) -> None:
    vrt = b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>"
    good = {".geojson": b"\xef\xbb\xbf\n {}", ".gpkg": b"SQLite format 3\0", ".parquet": b"PAR1"}
    for suffix, head in good.items():
        path = tmp_path / f"x{suffix}"
        path.write_bytes(head)
        check_vector(path)
        for other in (vrt, b"", b"PK\x03\x04"):
            path.write_bytes(other)
            with pytest.raises(InputFileError, match="is not a"):
                check_vector(path)
    for name in ("x.vrt", "x", "no.gpkg"):
        with pytest.raises(InputFileError):
            check_vector(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_shapes_in_text_are_read_however_it_is_encoded(tmp_path: Path, encoding: str) -> None:
    point = '{"type": "Point", "coordinates": [0.0, 52.0]}'
    feature = f'{{"type": "Feature", "properties": {{"name": "M\u00f4n"}}, "geometry": {point}}}'
    path = tmp_path / "x.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [{feature}]}}', encoding=encoding)
    assert read_vector(path)["name"].tolist() == ["M\u00f4n"]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"plain", "utf-8"),
        (b"", "utf-8"),
        ("Ynys M\u00f4n".encode(), "utf-8"),
        ("Ynys M\u00f4n".encode("utf-8-sig"), "utf-8-sig"),
        ("Ynys M\u00f4n".encode("utf-16"), "utf-16"),
        ("Ynys M\u00f4n".encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_of_text_is_told_by_evidence(data: bytes, encoding: str) -> None:
    assert encoding_of(data) == encoding
