"""Describe what was written, column by column, as a Frictionless data package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geolls import __version__
from geolls.base.files import sha256
from geolls.export.dictionary import Column, load_dictionary

if TYPE_CHECKING:
    from geolls.api import Study

__all__ = ["datapackage"]

_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OGL = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}


def datapackage(study: Study, written: Sequence[Path]) -> dict[str, Any]:
    """Describe what was written, as a Frictionless data package."""
    demonstration = study.register.demonstration
    words = [study.register.label, f"as of {study.as_of}", study.attribution]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"geolls-{study.fingerprint}",
        "title": study.settings.title,
        "description": ". ".join(w.rstrip(".") for w in words) + ".",
        "version": __version__,
        "licenses": [_OGL],
        "sources": _sources(study),
        "geolls": {
            "study": study.settings.title,
            "fingerprint": study.fingerprint,
            "as_of": study.as_of.isoformat(),
            "demonstration": demonstration,
            "register": study.register.label,
            "geolls_version": __version__,
        },
        "resources": [_resource(study, path) for path in sorted(written)],
    }


def _sources(study: Study) -> list[dict[str, str]]:
    found = [{"title": study.register.label}]
    for layer in study.layers.values():
        source = {"title": f"{layer.title}: {layer.source}"}
        if layer.source_url:
            source["path"] = layer.source_url
        found.append(source)
    return found


def _resource(study: Study, path: Path) -> dict[str, Any]:
    name, stem, ending = path.name, path.stem, path.suffix[1:]
    tables_ = load_dictionary().tables
    found: dict[str, Any] = {
        "name": name.replace(".", "-").lower(),
        "path": name,
        "format": ending,
        "mediatype": _MEDIA[ending],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
    }
    if ending == "csv":
        found["encoding"] = "utf-8"
    key = stem.removeprefix("units_") if stem.startswith("units_") else None
    if key in study.area_layers:
        found["title"] = f"{study.layers[str(key)].title}: units as shapes"
        found["description"] = "GeoParquet, EPSG:27700. " + tables_["units"].note
        found["schema"] = _schema(tables_["units"].expand(study.area_layers))
        return found
    if stem not in tables_:
        found["title"] = {
            "gpkg": "Units of every layer of land, and schools, as shapes",
            "xlsx": "Every table on a sheet of its own",
        }[ending]
        return found
    text = tables_[stem]
    found["title"] = text.title
    found["description"] = f"{text.rows}. {text.note}".strip()
    if ending == "csv":
        found["type"] = "table"
    found["schema"] = _schema(text.expand(study.area_layers))
    return found


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
