"""Collect the rows of `rejects`: what was wrong, where, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

__all__ = ["LEFT_OUT", "LINK_LEFT_OUT", "MISFIT", "Faults", "rejects_table"]

#: How the action begins where a row of the register does not count because of a fault.
LEFT_OUT: Final = "row left out"
LINK_LEFT_OUT: Final = "link left out"
MISFIT: Final = "more or fewer cells than the header"
_COLUMNS: Final = ["row", "urn", "name", "reason", "action", "file"]


@dataclass(frozen=True)
class Faults:
    """The faults of one file, `register` or `links`, in the order of the checks."""

    file: str
    noted: dict[tuple[str, str], list[pd.DataFrame]] = field(default_factory=dict)

    def note(self, rows: pd.DataFrame, wrong: pd.Series, reason: str, action: str) -> None:
        """Note one fault of the rows that are `wrong`; a row has `urn`, `name` and its number."""
        noted = self.noted.setdefault((reason, action), [])
        if wrong.any():
            noted.append(rows.loc[wrong, ["urn", "name"]])

    def lines(self) -> list[pd.DataFrame]:
        """Return what was noted, the rows of one fault together."""
        return [
            rows.assign(reason=reason, action=action, file=self.file).reset_index(names="row")
            for (reason, action), noted in self.noted.items()
            for rows in noted
        ]


def rejects_table(lines: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put lines together: `row` (of the file), `urn`, `name`, `reason`, `action`, `file`."""
    empty = pd.DataFrame({c: pd.Series(dtype="int64" if c == "row" else "str") for c in _COLUMNS})
    return pd.concat([empty, *(part for part in lines if len(part))], ignore_index=True)[_COLUMNS]
