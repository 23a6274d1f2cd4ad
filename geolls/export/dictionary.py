"""The data dictionary: what every column of every exported table means, read from the shelf."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from geolls.base.errors import CatalogueError
from geolls.base.shelves import shelf

__all__ = ["TYPES", "Column", "Dictionary", "TableText", "load_dictionary"]

TYPES = ("string", "integer", "number", "boolean", "date")
_EACH_LAYER = "<layer>"


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means.

    Parameters
    ----------
    name : str
        Its name in the table.
    type : str
        One of `TYPES`.
    unit : str
        Unit of its values, in words; empty where there is none.
    description : str
        What its values mean.
    source : str
        Where they come from, in words.
    """

    name: str
    type: str
    unit: str
    description: str
    source: str


@dataclass(frozen=True, slots=True)
class TableText:
    """What a table holds.

    Parameters
    ----------
    key, title : str
        Its key, also its file name, and its title.
    rows : str
        What one row is.
    note : str
        What a reader must know besides; may be empty.
    columns : tuple of Column
        Its columns, in order; a name ending in `<layer>` stands for one column per layer.
    """

    key: str
    title: str
    rows: str
    note: str
    columns: tuple[Column, ...]

    def expand(self, layers: Iterable[str]) -> Iterator[Column]:
        """Yield the columns, those of every layer written out layer by layer."""
        keys = tuple(layers)
        columns = list(self.columns)
        while columns:
            column = columns.pop(0)
            if not column.name.endswith(_EACH_LAYER):
                yield column
                continue
            every = [column]
            while columns and columns[0].name.endswith(_EACH_LAYER):
                every.append(columns.pop(0))
            for key in keys:
                for one in every:
                    name = one.name.removesuffix(_EACH_LAYER) + key
                    text = f"{one.description} (layer {key})"
                    yield Column(name, one.type, one.unit, text, one.source)


@dataclass(frozen=True)
class Dictionary:
    """Every table of an export, in the order in which they are written.

    Parameters
    ----------
    tables : mapping of str to TableText
        Key to what the table holds.
    """

    tables: Mapping[str, TableText]

    def rows(self, layers: Iterable[str] = (_EACH_LAYER,)) -> list[dict[str, str]]:
        """Return one row per column of each table: table, column, type, unit, description, source.

        Parameters
        ----------
        layers : iterable of str, optional
            Keys of the layers that have columns of their own; left out, they are written once.
        """
        keys = tuple(layers)
        return [
            {
                "table": table.key,
                "column": c.name,
                "type": c.type,
                "unit": c.unit,
                "description": c.description.replace(f" (layer {_EACH_LAYER})", ""),
                "source": c.source,
            }
            for table in self.tables.values()
            for c in table.expand(keys)
        ]


@cache
def load_dictionary() -> Dictionary:
    """Read `maps/tables/dictionary.toml`.

    Returns
    -------
    Dictionary
        Every table and column.

    Raises
    ------
    CatalogueError
        When the file is damaged, or a table names a column that is not described.
    """
    path = shelf("maps") / "tables" / "dictionary.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        tables = {key: _table(key, table, data) for key, table in data["tables"].items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogueError(f"cannot be read ({error!r})", where=str(path)) from error
    return Dictionary(tables)


def _table(key: str, table: Mapping[str, Any], data: Mapping[str, Any]) -> TableText:
    columns = tuple(_column(name, table.get("more", {}), data) for name in table["columns"])
    return TableText(key, table["title"], table["rows"], table.get("note", ""), columns)


def _column(name: str, more: Mapping[str, Any], data: Mapping[str, Any]) -> Column:
    said = {"unit": "", "type": "string", **data["columns"].get(name, {}), **more.get(name, {})}
    if said["type"] not in TYPES:
        raise ValueError(f"{name} is of type {said['type']}")
    source = data["sources"][said["source"]]
    return Column(name, said["type"], said["unit"], said["description"], source)
