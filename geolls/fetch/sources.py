"""Where official data live, and where they are kept: `boundaries/sources.toml`, the data folder."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geolls.base.errors import CatalogueError, InputFileError
from geolls.base.shelves import shelf

if TYPE_CHECKING:
    from geolls.fetch.web import Progress, Web

__all__ = ["Sources", "by_hand", "data_folder", "guarded", "is_address", "load_sources"]

Sources = Mapping[str, Any]


def data_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds fetched data; it may not exist yet.

    Parameters
    ----------
    given : path-like, optional
        The folder a user named. Else GEOLLS_DATA, else the platform's place for user data:
        ~/Library/Application Support, %LOCALAPPDATA%, or $XDG_DATA_HOME (~/.local/share).

    Returns
    -------
    pathlib.Path
        The folder.
    """
    named = given or os.environ.get("GEOLLS_DATA")
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "geolls"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "geolls"
    place = os.environ.get("XDG_DATA_HOME", "")
    root = Path(place) if Path(place).is_absolute() else Path.home() / ".local" / "share"
    return root / "geolls"


@cache
def load_sources() -> Sources:
    """Read `boundaries/sources.toml`.

    Returns
    -------
    dict
        As the file.

    Raises
    ------
    CatalogueError
        The file is missing or not TOML.
    """
    path = shelf("boundaries") / "sources.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(f"cannot be read ({error})", where=str(path)) from error


def by_hand(error: InputFileError, what: str, page: str, folder: Path) -> InputFileError:
    """Add to a failed fetch what to do instead, where nothing better is said already."""
    advice = (
        f"or download {what} from {page}, put it in a folder and run the command with "
        f"--from FOLDER (data folder: {folder})"
    )
    error.fix = f"{error.fix}; {advice}" if error.fix else advice.removeprefix("or ")
    error.args = (str(error),)
    return error


def guarded(web: Web | None, spec: Mapping[str, Any], progress: Progress | None) -> Web:
    """Return the web to use, with the hosts that sources.toml trusts."""
    from geolls.fetch.web import Web as Plain  # not before it is needed: commands start here

    web = web or Plain()
    web.allow_hosts |= frozenset(spec["allow_hosts"])
    web.progress = progress or web.progress
    return web


def is_address(source: str | os.PathLike[str]) -> bool:
    """Whether a source is a web address rather than a folder."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", str(source)) is not None
