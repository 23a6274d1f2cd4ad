"""What both sides work on: the real register where it is, the demonstration otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geolls import open_study
from geolls.api import Study
from geolls.base.vocabulary import REASONS
from geolls.measures.membership import Membership

from .measure import ROOT

# Each is one tiling of land that no two units share, so that every way has one right answer.
LAYERS = ("district", "local_authority", "region", "dfe_region", "combined_authority")
MAPPED = ("local_authority", "region", "combined_authority")
DAY = "2022-09-01"


def real_folder() -> Path | None:
    """Return the folder of real registers, where there is one."""
    folder = Path(os.environ.get("GEOLLS_TEST_DATA", ROOT.parent / "shared" / "data"))
    return folder if (folder / "gias").is_dir() else None


@dataclass
class Data:
    """A study, and its layers as plain GeoDataFrames."""

    register: Path | None
    links: Path | None

    @classmethod
    def find(cls) -> Data:
        """Return the real register of January 2023, or the demonstration."""
        folder = real_folder()
        if folder is None:
            return cls(None, None)
        gias = folder / "gias"
        return cls(
            gias / "edubasealldata_reconstructed_2023-01.csv.gz",
            gias / "alllinksdata_2022-03.csv.gz",
        )

    @property
    def title(self) -> str:
        """Say which schools these are."""
        which = "demonstration register" if self.register is None else "register of January 2023"
        return f"{which}, {len(self.study.schools):,} schools on {DAY}"

    def open(self) -> Study:
        """Open the study anew; the register is read once for all benchmarks but its own."""
        return Study(self.study.settings, register=self.study.register)

    @cached_property
    def study(self) -> Study:
        """The study, its register read."""
        study = open_study(register=self.register, links=self.links, as_of=DAY)
        _ = study.schools
        return study

    @cached_property
    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Each layer as a user has it: unit_code, unit_name, geometry in metres."""
        return {key: self.study.geometry(key) for key in LAYERS}

    @cached_property
    def all_layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Every area layer of the day."""
        return {key: self.study.geometry(key) for key in self.study.area_layers}

    @cached_property
    def schools(self) -> gpd.GeoDataFrame:
        """The schools as points in metres; those without coordinates are left out."""
        table = self.study.schools.dropna(subset=["easting", "northing"])
        points = gpd.points_from_xy(table["easting"], table["northing"])
        return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=points, crs=27700)

    def memberships(self, by: str, keys: tuple[str, ...] = LAYERS) -> dict[str, Membership]:
        """Return who has what in each layer."""
        return {key: self.study.membership(key, by) for key in keys}  # type: ignore[arg-type]

    def claims(self, key: str) -> pd.DataFrame:
        """Return the blocks of each unit of a layer: block, unit_code."""
        table = self.study.land(key)
        known = table[~table["unit_code"].isin(REASONS)]
        return known[["block", "unit_code"]]
