"""Collect the rows of `rejects`: what was wrong, where, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from geolls.layers.model import Problem

__all__ = [
    "LEFT_OUT",
    "LINK_LEFT_OUT",
    "MISFIT",
    "TOLD_ABOVE",
    "Faults",
    "entries",
    "rejects_table",
]

#: How the action begins where a row of the register does not count because of a fault.
LEFT_OUT: Final = "row left out"
LINK_LEFT_OUT: Final = "link left out"
MISFIT: Final = "more or fewer cells than the header"
#: A fault in a larger share of a column's filled cells is said, not only listed.
TOLD_ABOVE: Final = 0.01
_COLUMNS: Final = ["row", "urn", "name", "reason", "action", "file"]


@dataclass(frozen=True)
class Faults:
    """The faults of one file, `register` or `links`, in the order of the checks."""

    file: str
    noted: dict[tuple[str, str], list[pd.DataFrame]] = field(default_factory=dict)
    filled: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(
        self,
        rows: pd.DataFrame,
        wrong: pd.Series,
        reason: str,
        action: str,
        column: pd.Series | None = None,
    ) -> None:
        """Note one fault of the rows that are `wrong`; a row has `urn`, `name` and its number.

        Of a fault of a `column` it is counted among how many filled cells it stands.
        """
        noted = self.noted.setdefault((reason, action), [])
        if wrong.any():
            noted.append(rows.loc[wrong, ["urn", "name"]])
        if column is not None:
            n = self.filled.get((reason, action), 0)
            self.filled[reason, action] = n + int((column.notna() | wrong).sum())

    def told(self) -> list[str]:
        """Say in a line each which faults more than 1 % of the filled cells of a column have."""
        found = []
        for (reason, action), n in self.filled.items():
            wrong = sum(map(len, self.noted[reason, action]))
            if wrong > TOLD_ABOVE * n:
                found.append(f"{wrong:,} of {n:,} cells: {reason}; {action}")
        return found

    def lines(self) -> list[pd.DataFrame]:
        """Return what was noted, the rows of one fault together."""
        return [
            rows.assign(reason=reason, action=action, file=self.file).reset_index(names="row")
            for (reason, action), noted in self.noted.items()
            for rows in noted
        ]


def entries(rejects: pd.DataFrame, files: Mapping[str, str]) -> list[Problem]:
    """Return lines of `rejects` as entries of the account, by the names of register and links."""
    found = []
    for row in rejects.to_dict("records"):
        what = "school" if row["file"] == "register" else "link"
        at, file = int(row["row"]) or None, files[row["file"]]
        value = next((str(v) for v in (row["urn"], row["name"]) if pd.notna(v)), f"row {at}")
        found.append(Problem(file, at, what, row["reason"], row["action"], "warning", value))
    return found


def rejects_table(lines: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put lines together: `row` (of the file), `urn`, `name`, `reason`, `action`, `file`."""
    empty = pd.DataFrame({c: pd.Series(dtype="int64" if c == "row" else "str") for c in _COLUMNS})
    return pd.concat([empty, *(part for part in lines if len(part))], ignore_index=True)[_COLUMNS]
