"""Find the two shelves: `boundaries` (layers) and `maps` (recipes, templates, assets)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from geolls.base.errors import CatalogueError

__all__ = ["shelf"]


def shelf(name: Literal["boundaries", "maps"]) -> Path:
    """Return the folder of a shelf.

    Parameters
    ----------
    name : {"boundaries", "maps"}
        Which shelf.

    Returns
    -------
    pathlib.Path
        The folder beside the package in a checkout (where pyproject.toml stands too), else the
        copy inside the installed package.

    Raises
    ------
    CatalogueError
        When neither exists: the installation is broken.
    """
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent / name
    if (package.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    installed = package / "shelf" / name
    if installed.is_dir():
        return installed
    raise CatalogueError(
        f"the {name} shelf is missing", where=str(installed), fix="reinstall geolls"
    )
