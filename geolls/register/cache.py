"""Keep what was read: a zip of feather files and notes, safe to delete, never trusted blindly.

A zip holds the checksum of each of its members, and Python compares it on reading.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from pyarrow import feather

from geolls.base.errors import OutputError
from geolls.base.files import writing

__all__ = ["entry", "load", "store"]

_NOTES: Final = "notes.json"
TRUSTS: Final = "trusts.txt"
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, pa.ArrowException)
_KEPT: Final = 12  # files; a whole register is one of 5 MB


def entry(folder: Path, *key: Any) -> Path:
    """Name the file for what was read under a key: the content of the files, and what was asked."""
    text = json.dumps([_rules(), pd.__version__, *key], default=str)
    return folder / f"register-{hashlib.sha256(text.encode()).hexdigest()[:32]}.zip"


def _rules() -> str:
    """Hash the code that reads a register: what was read by other rules is not used."""
    package = Path(__file__).parents[1]
    files = sorted(p for floor in ("base", "register") for p in (package / floor).glob("*.py"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()


def store(path: Path, values: Mapping[str, Any]) -> None:
    """Store tables and plain values by name; what cannot be written only costs time.

    The oldest make room: a folder keeps so many.
    """
    tables = {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}
    plain = {name: value for name, value in values.items() if name not in tables}
    notes = json.dumps(plain, default=lambda day: {"day": day.isoformat()})
    with (
        contextlib.suppress(OutputError),
        writing(path, durable=False) as part,
        zipfile.ZipFile(part, "w") as archive,
    ):
        # A ZipInfo of its own has no time, so that the same register is the same file.
        archive.writestr(zipfile.ZipInfo(_NOTES), notes)
        if "schools" in tables:  # for a shell's completion, which has no time to read a table
            names = sorted(set(tables["schools"]["trust_name"].dropna()))
            archive.writestr(zipfile.ZipInfo(TRUSTS), "\n".join(names))
        for name, table in tables.items():
            with archive.open(zipfile.ZipInfo(f"{name}.feather"), "w", force_zip64=True) as file:
                feather.write_feather(table, file)
    with contextlib.suppress(OSError):
        stored = sorted(path.parent.glob("register-*.zip"), key=lambda p: p.stat().st_mtime)
        for old in stored[:-_KEPT]:
            old.unlink()


def load(path: Path) -> dict[str, Any] | None:
    """Load what was stored, or None where there is nothing or it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            found: dict[str, Any] = json.loads(archive.read(_NOTES), object_hook=_with_days)
            for name in (n for n in archive.namelist() if n.endswith(".feather")):
                table = feather.read_feather(pa.BufferReader(archive.read(name)))
                found[name.removesuffix(".feather")] = table
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, *_DAMAGED):
        return None
    return found


def _with_days(found: dict[str, Any]) -> Any:
    return date.fromisoformat(found["day"]) if found.keys() == {"day"} else found
