"""The data dictionary: what every column of every exported table means, read from the shelf."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby, product
from typing import Any

from geolls.base.schema import among, read_shelf
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
    description : str
        What its values mean.
    source : str
        Where they come from, in words.
    type : str
        One of `TYPES`.
    unit : str
        Unit of its values, in words; empty where there is none.
    given : str
        The option without which there is no such column; empty where it always stands.
    """

    name: str
    description: str
    source: str
    type: str = field(default="string", metadata=among(TYPES))
    unit: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class TableText:
    """What a table holds.

    Parameters
    ----------
    key, title : str
        Its key, also its file name, and its title.
    rows : str
        What one row is.
    columns : tuple of Column
        Its columns, in order; a name with `<layer>` in it stands for one column per layer.
    note : str
        What a reader must know besides; may be empty.
    profile : str
        The export it belongs to: "star", or the ordinary one.
    """

    key: str
    title: str
    rows: str
    columns: tuple[Column, ...]
    note: str = ""
    profile: str = field(default="", metadata=among(("", "star")))

    def expand(
        self,
        layers: Collection[str],
        known: Mapping[str, str] | None = None,
        given: Collection[str] = (),
    ) -> Iterator[Column]:
        """Yield the columns, those of every layer written out layer by layer.

        Of a layer that is `known` in part, as "3 of 34", its columns say so. Columns that need an
        option stand where it is `given`.
        """
        there = [c for c in self.columns if not c.given or c.given in given]
        for each, columns in groupby(there, lambda c: _EACH_LAYER in c.name):
            every = tuple(columns)
            for key, one in product(layers, every) if each else ():
                name = one.name.replace(_EACH_LAYER, key)
                part = (known or {}).get(key)
                rests = f", {part} of whose units are on the shelf" if part else ""
                said = f"{one.description} (layer {key}{rests})"
                yield replace(one, name=name, description=said)
            yield from () if each else every


@dataclass(frozen=True)
class Dictionary:
    """Every table of an export, in the order in which they are written.

    Parameters
    ----------
    tables : mapping of str to TableText
        Key to what the table holds.
    views : mapping of str to tuple of str
        Name of a command or table to the columns that a reader wants first.
    analyses : tuple of str
        Those of the views that are a researcher's tables.
    printed : mapping of str to str
        Column to what it means, of those that only commands and a researcher's tables have.
    """

    tables: Mapping[str, TableText]
    views: Mapping[str, tuple[str, ...]]
    analyses: tuple[str, ...]
    printed: Mapping[str, str]

    def type_of(self, name: str) -> str | None:
        """Return the type of a column by its name in any table; None where it is not described."""
        for column in (c for table in self.tables.values() for c in table.columns):
            if re.fullmatch(column.name.replace(_EACH_LAYER, ".+"), name):
                return column.type
        return None

    def meaning(self, name: str) -> str | None:
        """Return what a column means wherever it is printed; None where it is not described."""
        said = {c.name: c.description for table in self.tables.values() for c in table.columns}
        for key, text in {**said, **self.printed}.items():
            if re.fullmatch(re.sub("<.+?>", ".+", key), name):
                return text
        bare, _, end = name.rpartition("_")
        bound = {"low": "at least", "high": "at most"}.get(end)
        of = self.meaning(bare) if bound else None
        return f"{of}, {bound}" if of else None

    def rows(
        self,
        layers: Collection[str],
        known: Mapping[str, str] | None = None,
        profile: str = "",
        given: Collection[str] = (),
    ) -> list[dict[str, str]]:
        """Return one row per column of each table: table, column, type, unit, description, source.

        Parameters
        ----------
        layers : collection of str
            Keys of the layers that have columns of their own.
        known : mapping of str to str, optional
            Those of them that are known in part, and in which.
        profile : str, optional
            Of the tables of which export.
        given : collection of str, optional
            Options that are given.
        """
        return [
            {
                "table": table.key,
                "column": c.name,
                "type": c.type,
                "unit": c.unit,
                "description": c.description,
                "source": c.source,
            }
            for table in self.tables.values()
            if table.profile == profile
            for c in table.expand(layers, known, given)
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
    return read_shelf(Dictionary, shelf("maps") / "tables" / "dictionary.toml", _written_out)


def _written_out(said: Mapping[str, Any]) -> dict[str, Any]:
    """Write each column of each table out: what is said of it everywhere, and more in a table."""
    tables = {}
    for key, table in said["tables"].items():
        more = table.pop("more", {})
        columns = [{"name": n, **said["columns"].get(n, {}), **more.get(n, {})}
                   for n in table["columns"]]  # fmt: skip
        for column in columns:
            column["source"] = said["sources"][column["source"]]
        tables[key] = {**table, "key": key, "columns": columns}
    views = {**said["views"], **said["analyses"]}
    return {"tables": tables, "views": views, "analyses": list(said["analyses"]),
            "printed": said["printed"]}  # fmt: skip
