"""Describe what was written, column by column, as a Frictionless data package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from geolls import __version__
from geolls.api import Study
from geolls.base.files import sha256
from geolls.export.dictionary import Column, load_dictionary

__all__ = ["datapackage"]

_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WHOLE = {
    "gpkg": "Units of every layer of land, and schools, as shapes",
    "xlsx": "Every table on a sheet of its own",
}
_OGL = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}


def datapackage(study: Study, written: Sequence[Path]) -> dict[str, Any]:
    """Describe what was written, as a Frictionless data package."""
    words = [study.register.label, f"as of {study.as_of}", study.attribution]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"geolls-{study.fingerprint}",
        "title": study.settings.title,
        "description": ". ".join(w.rstrip(".") for w in words) + ".",
        "version": __version__,
        "licenses": [_OGL],
        "sources": [
            {"title": study.register.label},
            *(
                {
                    "title": f"{layer.title}: {layer.source}",
                    **({"path": layer.source_url} if layer.source_url else {}),
                }
                for layer in study.layers.values()
            ),
        ],
        "geolls": {
            "study": study.settings.title,
            "fingerprint": study.fingerprint,
            "as_of": study.as_of.isoformat(),
            "demonstration": study.register.demonstration,
            "register": study.register.label,
            "geolls_version": __version__,
        },
        "resources": [_resource(study, path) for path in sorted(written)],
    }


def _resource(study: Study, path: Path) -> dict[str, Any]:
    name, stem, ending = path.name, path.stem, path.suffix[1:]
    texts, is_csv = load_dictionary().tables, ending == "csv"
    found: dict[str, Any] = {
        "name": name.replace(".", "-").lower(),
        "path": name,
        "format": ending,
        "mediatype": _MEDIA[ending],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
        **({"encoding": "utf-8"} if is_csv else {}),
    }
    layer = study.area_layers.get(stem.removeprefix("units_")) if "units_" in stem else None
    text = texts["units"] if layer else texts.get(stem)
    if text is None:
        return {**found, "title": _WHOLE[ending]}
    shapes = f"GeoParquet, EPSG:27700. {text.note}"
    return {
        **found,
        "title": f"{layer.title}: units as shapes" if layer else text.title,
        "description": shapes if layer else f"{text.rows}. {text.note}".strip(),
        **({"type": "table"} if is_csv else {}),
        "schema": _schema(text.expand(study.area_layers)),
    }


def _schema(columns: Iterator[Column]) -> dict[str, Any]:
    return {
        "fields": [
            {
                "name": c.name,
                "type": c.type,
                "description": c.description,
                **({"unit": c.unit} if c.unit else {}),
                "source": c.source,
            }
            for c in columns
        ],
        "missingValues": [""],
    }
