"""Maps as the guides of folium show them: a loop of markers over layers of GeoJSON."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import folium
import geopandas as gpd


def national(schools: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> Path:
    """Draw every school as a circle with a popup, over a layer of areas each; both in degrees."""
    made = folium.Map(location=[52.8, -1.6], zoom_start=6, tiles=None, prefer_canvas=True)
    _areas(made, layers)
    _schools(made, schools)
    folium.LayerControl().add_to(made)
    made.save(path)
    return path


def places(
    schools: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    of: Mapping[str, list[str]],
    folder: Path,
) -> list[Path]:
    """Draw a page for each place: its schools, and the units that its land meets."""
    out = []
    by_urn = schools.set_index("urn", drop=False)
    home = layers["local_authority"].set_index("unit_code", drop=False)
    for code, urns in of.items():
        here = home.loc[[code]]
        west, south, east, north = here.total_bounds
        near = {key: units.cx[west:east, south:north] for key, units in layers.items()}
        made = folium.Map(tiles=None, prefer_canvas=True)
        _areas(made, near)
        _schools(made, by_urn.loc[urns])
        folium.LayerControl().add_to(made)
        made.fit_bounds([[south, west], [north, east]])
        path = folder / f"{code}.html"
        made.save(path)
        out.append(path)
    return out


def _areas(made: folium.Map, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    for key, units in layers.items():
        if units.empty:
            continue
        folium.GeoJson(
            units,
            name=key,
            style_function=lambda _: {"weight": 1, "fillOpacity": 0.05},
            tooltip=folium.GeoJsonTooltip(["unit_name"]),
        ).add_to(made)


def _schools(made: folium.Map, schools: gpd.GeoDataFrame) -> None:
    group = folium.FeatureGroup("Schools")
    columns = zip(
        schools.geometry.y, schools.geometry.x, schools["name"], schools["phase"],
        schools["pupils"], schools["trust_name"], strict=True,
    )  # fmt: skip
    for lat, lon, name, phase, pupils, trust in columns:
        words = f"{escape(str(name))}<br>{phase}<br>{pupils} pupils<br>{escape(str(trust))}"
        folium.CircleMarker(
            [lat, lon], radius=3, weight=1, fill=True, popup=words, tooltip=escape(str(name))
        ).add_to(group)
    group.add_to(made)
