"""The codes agree with polygons that others drew: ONS districts of 2020 and 2022."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import geolls

MAPS = {
    "2020-06-01": ("ONSvisual_geogLA2020E.topo.json", "geogLA2020E"),
    "2022-06-01": ("ONSvisual_geogALL2022UK.topo.json", "LTLA"),
}


@pytest.mark.real_data
@pytest.mark.parametrize("day", MAPS)
def test_99_in_100_schools_lie_in_the_polygon_of_their_district(real_data: Path, day: str) -> None:
    name, layer = MAPS[day]
    shapes = gpd.read_file(real_data / "boundaries" / name, layer=layer)
    shapes = shapes.set_crs(4326, allow_override=True).to_crs(27700)
    shapes = shapes[shapes["AREACD"].str.startswith("E")].set_index("AREACD")
    shapes["geometry"] = shapes.geometry.make_valid()

    gias = real_data / "gias"
    study = geolls.open_study(
        register=gias / "edubasealldata_reconstructed_2023-01.csv.gz",
        links=gias / "alllinksdata_2022-03.csv.gz",
        as_of=day,
    )
    district = study.assigned("district").set_index("urn")["unit_code"]
    schools = study.schools.set_index("urn")
    known = district.isin(shapes.index) & schools["easting"].notna().reindex(district.index)
    codes = district[known]
    assert len(codes) > 19_000

    points = shapely.points(schools.loc[codes.index, ["easting", "northing"]].to_numpy(float))
    own = shapes.geometry.loc[codes].to_numpy()
    metres = shapely.distance(points, own)
    apart = codes[metres > 0].to_frame("district").assign(metres=metres[metres > 0])
    print(f"{day}: {1 - len(apart) / len(codes):.2%} agree; the others:")
    print(apart.sort_values("metres").to_string())
    assert len(apart) / len(codes) <= 0.01
    # What disagrees is the generalised line of one map or the other, not a wrong district.
    assert apart["metres"].quantile(0.9) < 1_000
