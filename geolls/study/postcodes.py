"""Where a postcode is, and those that begin alike: of the official directory, else of schools."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from geolls.base.errors import InputFileError, UnknownNameError
from geolls.base.postcodes import BREAKS, abroad, is_whole, readings
from geolls.base.shelves import shelf
from geolls.layers.areas import ABROAD, Areas

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from geolls.fetch.postcodes import Directory

__all__ = ["FIX", "Beginning", "Postcodes", "Spot", "beginning", "beginnings", "country_of"]

FIX: Final = "pip install 'geolls[postcodes]', or geolls fetch postcodes"


class Spot(NamedTuple):
    """Where a postcode is.

    Attributes
    ----------
    postcode : str
        As it is written officially.
    xy : tuple of float or None
        Easting and northing, metres; None where the directory has none.
    district : str or None
        GSS code, of Wales and Scotland too.
    block : str or None
        The block it lies in; None outside England.
    status : str or None
        "live", "ended 2010-05"; None where the directory does not tell.
    """

    postcode: str
    xy: tuple[float, float] | None
    district: str | None
    block: str | None
    status: str | None


class Beginning(NamedTuple):
    """The postcodes that begin alike: how many in each block, how many abroad, their middle.

    `apart` is how many more stand, as at a sorting office, where none but such stand: they do not
    say what land the code covers. Where all stand so they count, and `office` is true.
    """

    code: str
    blocks: dict[str, int]
    elsewhere: dict[str, int]
    xy: tuple[float, float]
    apart: int = 0
    office: bool = False

    @property
    def postcodes(self) -> int:
        """How many of them are in England."""
        return sum(self.blocks.values())


@cache
def beginnings() -> dict[str, Beginning]:
    """Return every outward code and sector of England and Wales and Scotland, by code.

    Notes
    -----
    Counted over the live postcodes of Code-Point Open of May 2025, each by its district code; over
    those that ended where a sector has no others. See boundaries/sectors.toml.
    """
    rows: dict[str, list[_Held]] = defaultdict(list)
    with (shelf("boundaries") / "sectors.csv").open(encoding="utf-8", newline="") as file:
        for code, block, *figures in list(csv.reader(file))[1:]:
            rows[code].append(_Held(block, *map(int, figures)))
    sectors = {code: _sector(code, mine) for code, mine in rows.items()}
    parts: dict[str, list[Beginning]] = defaultdict(list)
    for held in sectors.values():
        parts[held.code.partition(" ")[0]].append(held)
    return sectors | {code: _outward(code, mine) for code, mine in parts.items()}


class _Held(NamedTuple):
    """The postcodes of a sector in a block, and how many share a point with many others."""

    block: str
    n: int
    together: int
    east: int
    north: int


def _sector(code: str, rows: Sequence[_Held]) -> Beginning:
    here = [row for row in rows if row.block not in ABROAD]
    lived_in = [row for row in here if row.together < row.n]
    kept = lived_in or here or rows
    n = sum(row.n for row in kept)
    xy = (sum(row.n * row.east for row in kept) / n, sum(row.n * row.north for row in kept) / n)
    blocks = {row.block: row.n for row in kept if row.block not in ABROAD}
    elsewhere = {ABROAD[row.block]: row.n for row in rows if row.block in ABROAD}
    apart = sum(row.n for row in here) - sum(blocks.values())
    return Beginning(code, blocks, elsewhere, xy, apart, bool(here) and not lived_in)


def _outward(code: str, sectors: Sequence[Beginning]) -> Beginning:
    """Return sectors as one: no block is of it by an office alone, where it has others."""
    here = [sector for sector in sectors if sector.blocks]
    lived_in = {block for sector in here if not sector.office for block in sector.blocks}
    kept = [s for s in here if not s.office or lived_in.issuperset(s.blocks)] or here or sectors
    blocks, elsewhere = Counter[str](), Counter[str]()
    for sector in kept:
        blocks.update(sector.blocks)
    for sector in sectors:
        elsewhere.update(sector.elsewhere)
    weights = [sector.postcodes or sum(sector.elsewhere.values()) for sector in kept]
    x, y = np.average([sector.xy for sector in kept], axis=0, weights=weights).tolist()
    apart = sum(s.postcodes + s.apart for s in here) - sum(blocks.values())
    return Beginning(
        code, dict(blocks), dict(elsewhere), (x, y), apart, bool(here and not lived_in)
    )


def beginning(code: str) -> Beginning | None:
    """Return the postcodes that begin with an outward code or a sector, or None.

    Examples
    --------
    >>> list(beginning("NE63 9").blocks)
    ['E06000057']
    """
    return beginnings().get(code)


class Postcodes:
    """Whole postcodes by a table of them.

    Parameters
    ----------
    directory : Directory
        The table and what it was made of.
    areas : Areas
        The succession table.
    schools : bool, default False
        Whether it holds no postcodes but those of schools.
    """

    def __init__(self, directory: Directory, areas: Areas, *, schools: bool = False) -> None:
        self._table, self.of = directory.table, str(directory.about["of"])
        self._areas, self.schools = areas, schools
        self.notes = tuple(directory.about["notes"])
        self._codes = directory.about["districts"]

    @classmethod
    def open(cls, data: Path | None, areas: Areas) -> Postcodes | None:
        """Return the directory that is kept in the data folder, or made of the extra's package.

        None where there is neither.
        """
        from geolls.fetch.postcodes import from_package, kept_at

        found = kept_at(data) or from_package(data)
        return cls(found, areas) if found else None

    @classmethod
    def of_schools(cls, schools: pd.DataFrame, areas: Areas) -> Postcodes:
        """Return the postcodes that the schools of a register have.

        Parameters
        ----------
        schools : pandas.DataFrame
            postcode, easting, northing, district.
        areas : Areas
            The succession table.
        """
        import pyarrow as pa

        from geolls.fetch.postcodes import Directory

        own = schools.dropna(subset=["postcode"]).drop_duplicates("postcode")
        own = own.sort_values("postcode")[["postcode", "easting", "northing", "district"]]
        table = pa.Table.from_pandas(own, preserve_index=False)
        table = table.append_column("status", pa.nulls(table.num_rows, pa.string()))
        codes = sorted(own["district"].dropna().unique())
        about = {"of": "the postcodes of the register's schools", "districts": codes, "notes": ()}
        return cls(Directory(table, about), areas, schools=True)

    @property
    def vintage(self) -> date:
        """The day on which its district codes stood."""
        return self._areas.vintage(self._codes) if self._codes else date.today()

    def spots(self, codes: Iterable[str]) -> list[Spot]:
        """Return where some whole postcodes are; those that are unknown are left out."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        wanted = [code for code in codes if is_whole(code)]
        if not wanted:
            return []
        if isinstance(self._table, Path):
            table = pq.read_table(self._table, filters=[("postcode", "in", wanted)])
        else:
            import pyarrow as pa

            table = self._table.filter(pc.is_in(self._table["postcode"], pa.array(wanted)))
        rows = table.to_pylist()
        rows.sort(key=lambda row: wanted.index(row["postcode"]))
        return [self._spot(row) for row in rows]

    def beside(self, spot: Spot) -> int:
        """Return how many other postcodes stand at the very point of one, as in a sorting office.

        Live ones alone where the directory tells; none where it holds no others than schools'.
        """
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        if spot.xy is None or not isinstance(self._table, Path):
            return 0
        at = [("easting", "==", int(spot.xy[0])), ("northing", "==", int(spot.xy[1]))]
        status = pq.read_table(self._table, columns=["status"], filters=at)["status"]
        live = pc.fill_null(pc.equal(status.cast("string"), "live"), True)
        return max(0, int(pc.sum(live).as_py() or 0) - 1)

    def _spot(self, row: dict[str, Any]) -> Spot:
        district, x, y = row["district"], row["easting"], row["northing"]
        here = x is not None and x == x
        xy = (float(x), float(y)) if here else None
        return Spot(row["postcode"], xy, district, self._block(district, xy), row["status"])

    def _block(self, district: str | None, xy: tuple[float, float] | None) -> str | None:
        """Return the block of a postcode, by the rule of `place_schools`."""
        if district and district[0] in ABROAD:
            return None
        try:
            held = self._areas.resolve(district or "", self.vintage).blocks
        except UnknownNameError:
            held = ()
        if len(held) == 1:
            return held[0].partition("/")[0]
        import pandas as pd

        from geolls.land.blocks import load_blocks
        from geolls.study.assignment import place_schools

        east, north = xy or (np.nan, np.nan)
        one = {"urn": "", "name": "", "district": district, "easting": east, "northing": north}
        placed = place_schools(
            pd.DataFrame([one]), load_blocks(), self._areas, vintage=self.vintage
        )
        block = placed.schools["block"].iloc[0]
        return str(block) if isinstance(block, str) else None

    def points(self, code: str) -> NDArray[np.float64]:
        """Return the points of the postcodes that begin so: live ones, else those that ended."""
        import pyarrow.parquet as pq

        end = f"{code[:-1]}{chr(ord(code[-1]) + 1)}" if " " in code else f"{code}!"
        begin = code if " " in code else f"{code} "
        if not isinstance(self._table, Path):
            return np.empty((0, 2))
        within = [("postcode", ">=", begin), ("postcode", "<", end)]
        columns = ["easting", "northing", "district", "status"]
        frame = pq.read_table(self._table, columns=columns, filters=within).to_pandas()
        frame = frame[frame["district"].astype(str).str.startswith("E")].dropna(subset="easting")
        live = frame["status"].isin(["live"]) | frame["status"].isna()
        frame = frame[live] if live.any() else frame
        points: NDArray[np.float64] = frame[["easting", "northing"]].to_numpy(float)
        return points

    def in_wards(self, wards: Iterable[str], blocks: GeoDataFrame) -> pd.DataFrame:
        """Return all postcodes of the blocks in which some wards lie, each with its ward and block.

        Parameters
        ----------
        wards : iterable of str
            Codes, of the directory's day.
        blocks : geopandas.GeoDataFrame
            Not refined.

        Returns
        -------
        pandas.DataFrame
            postcode, block, ward, easting, northing.

        Raises
        ------
        InputFileError
            The directory has no wards.
        """
        import pyarrow.parquet as pq

        from geolls.study.assignment import place_schools

        columns = ["postcode", "easting", "northing", "district", "ward"]
        table = None
        if isinstance(self._table, Path):
            table = pq.read_table(self._table, columns=columns, filters=[("ward", "!=", "")])
        if table is None or not table.num_rows:
            raise InputFileError(
                "parts made of wards need postcodes that name their ward",
                where=self.of,
                fix="geolls fetch postcodes (Code-Point Open, or the ONS Postcode Directory)",
            )
        frame = table.to_pandas().dropna(subset=["easting", "district"])
        frame = frame.astype({"district": object, "ward": object})
        near = frame["district"].isin(frame.loc[frame["ward"].isin(set(wards)), "district"])
        frame = frame[near].assign(urn="", name="").reset_index(drop=True)
        placed = place_schools(frame, blocks, self._areas, vintage=self.vintage).schools
        frame["block"] = placed["block"].to_numpy()
        meant = frame["block"].isin(frame.loc[frame["ward"].isin(set(wards)), "block"])
        kept: pd.DataFrame = frame[meant]
        return kept[["postcode", "block", "ward", "easting", "northing"]]

    def find(self, codes: pa.Array, blocks: GeoDataFrame) -> pd.DataFrame:
        """Say which block each of many postcodes lies in.

        Parameters
        ----------
        codes : pyarrow.Array
            Texts, as people write postcodes.
        blocks : geopandas.GeoDataFrame
            Of a study, refined or not.

        Returns
        -------
        pandas.DataFrame
            One row per code, in order: block (none where there is none), told ("", "respelt", or
            why there is no block: no postcode, not known, abroad).

        Notes
        -----
        The district code of the postcode decides, and inside a district of several blocks its
        point, as for schools: `place_schools`.
        """
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        from geolls.study.assignment import place_schools

        asked = codes.dictionary_encode()
        texts = pc.utf8_upper(pc.replace_substring_regex(asked.dictionary, BREAKS, ""))
        inward, outward = pc.utf8_slice_codeunits(texts, -3), pc.utf8_slice_codeunits(texts, 0, -3)
        spelt = pc.binary_join_element_wise(outward, inward, " ")
        columns = ["postcode", "easting", "northing", "district"]
        table = self._table
        table = pq.read_table(table, columns=columns) if isinstance(table, Path) else table
        known_ones = table["postcode"].combine_chunks()
        at = pc.index_in(spelt, value_set=known_ones).to_pandas()
        # What can be none as it stands may be one with a letter read as a figure.
        tries = [
            (row, code)
            for row in np.flatnonzero(at.isna() & pc.is_valid(spelt).to_pandas())
            for code in _respelt(spelt[int(row)].as_py())
        ]
        hits = pc.index_in(pa.array([code for _, code in tries], pa.string()), known_ones)
        respelt = {
            row: hit
            for (row, _), hit in reversed(list(zip(tries, hits.to_pylist(), strict=True)))
            if hit is not None
        }
        if respelt:
            at.loc[list(respelt)] = list(respelt.values())
        frame = table.select(columns).take(pa.array(at, pa.int32(), from_pandas=True)).to_pandas()
        known = frame["postcode"].notna().to_numpy()
        district = frame["district"].astype(object).where(frame["district"].notna(), None)
        foreign = district.map(lambda code: ABROAD.get(code[0], "") if code else "")
        mine = frame.assign(urn="", name="", district=district)[known & (foreign == "").to_numpy()]
        placed = place_schools(mine, blocks, self._areas, vintage=self.vintage).schools
        found = pd.DataFrame({"block": pd.Series(None, index=frame.index, dtype=object)})
        found.loc[mine.index, "block"] = placed["block"].to_numpy()
        form = pc.match_substring_regex(spelt, r"^[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$").to_pandas()
        why = foreign.map(lambda name: f"in {name}" if name else "without a place")
        lost = np.where(form, "not known", "no postcode").astype(object)
        for row in np.flatnonzero(~known & form.to_numpy(bool)):
            if said := abroad(spelt[int(row)].as_py()):
                lost[row] = said.removeprefix("is ")
        found["told"] = np.where(found["block"].notna(), "", np.where(known, why, lost))
        mended = found.index.isin(list(respelt)) & (found["told"] == "")
        found.loc[mended, "told"] = "respelt"
        rows = found.reindex(pd.Index(asked.indices.to_pandas()))
        blank = asked.indices.is_null().to_numpy(zero_copy_only=False)
        return rows.assign(told=np.where(blank, "blank", rows["told"])).reset_index(drop=True)


def _respelt(code: str) -> list[str]:
    """Return what else a code may be, of which no sector is known as it is written."""
    return [] if beginning(code[:-2]) else [c for c in readings(code) if is_whole(c)]


def country_of(spot: Spot) -> str:
    """Return the country of a postcode, or an empty text for England."""
    return ABROAD.get((spot.district or " ")[0], "")
