"""geolls: where the maps of England's school system disagree, measured and mapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geolls.api import Study, history, open_study, shipped_study

__all__ = ["Study", "__version__", "history", "open_study", "shipped_study"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # pandas and geopandas take over a second to import; `geolls --help` must not wait for them.
    if name in __all__:
        from geolls import api

        return getattr(api, name)
    raise AttributeError(f"module 'geolls' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
