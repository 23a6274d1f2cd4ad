"""Read the register of schools (GIAS) into schools and trusts; nothing is lost without a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geolls.base.errors import InputFileError, UnknownNameError
from geolls.base.files import sha256
from geolls.base.populations import population_of
from geolls.base.schema import a_date
from geolls.base.text import day_in
from geolls.base.workbooks import parted
from geolls.layers.model import Problem
from geolls.register import cache
from geolls.register.columns import Kind, codes, dates, urns
from geolls.register.csv import read_csv
from geolls.register.groups import (
    GROUP_COLUMNS,
    attach,
    join,
    told_by_links,
    told_by_register,
)
from geolls.register.opener import check_size
from geolls.register.rejects import (
    LEFT_OUT,
    LINK_LEFT_OUT,
    MISFIT,
    Faults,
    entries,
    rejects_table,
)
from geolls.register.schools import sort_rows

__all__ = ["Register", "read_register", "read_successions"]

_LOST, _KEPT = 'cells hold "?", as where a character was lost', "left as they are"
_BLANK = "nothing in any column that is read"
_FAR = timedelta(days=92)  # group links of so long before or after are told


@dataclass(frozen=True)
class Register:
    """The schools that count, the groups they are in, and what became of every other row.

    Attributes
    ----------
    schools : pandas.DataFrame
        One row per kept school, sorted by `urn`; columns `SCHOOL_COLUMNS`. Codes are text,
        missing is NaN, `easting` and `northing` are metres in EPSG:27700. Where `status_unknown`
        is True a blank `trust_type` means "not known", never "in no trust".
    others : pandas.DataFrame
        The same of the open state-funded schools that do not count, being of other phases: what a
        trust runs besides.
    groups : pandas.DataFrame
        One row per school and group at the date: `urn, group_uid, group_name, group_type,
        joined_date, group_id, companies_house_number, published_name, told_by` (`links` or
        `register`). It covers the open state-funded schools of every phase, chosen or not.
    rejects : pandas.DataFrame
        One row per fault: `row` (record in the file, the header being 1), `urn`, `name`,
        `reason`, `action`, `file` (`register` or `links`).
    filtered : pandas.DataFrame
        One row per sound record that does not count: `urn`, `name`, `reason`.
    counts : dict
        `read` = `kept` + `rejected` + `filtered`; then what else was counted on the way.
    source : dict
        `path` (the file's name only, so that a study is the same on every machine), `sha256`,
        `label`, `vintage_schools`, `as_of`, `phases`, `encoding`; with links also `links_path`,
        `links_sha256`, `vintage_links` (by the file's name) and `last_joined` (the last day a
        school joined a group, which tells the same from inside); `joined_by` (`links`, or
        `opening`: joined dates are the days on which schools opened as academies); `told` (lines
        about how the files were read that their user should see).
    demonstration : bool
        True where the schools are generated, not real.
    """

    schools: pd.DataFrame
    others: pd.DataFrame
    groups: pd.DataFrame
    rejects: pd.DataFrame
    filtered: pd.DataFrame
    counts: dict[str, int]
    source: dict[str, Any]
    demonstration: bool = False

    @property
    def as_of(self) -> date:
        """The day the schools are of."""
        day: date = self.source["as_of"]
        return day

    @property
    def everywhere(self) -> pd.DataFrame:
        """The state-funded schools of every phase, those that count first."""
        return pd.concat([self.schools, self.others], ignore_index=True)

    @property
    def label(self) -> str:
        """The words for the source that every output carries."""
        return str(self.source["label"])

    def account(self) -> list[Problem]:
        """List every row and value that is not used as given, and what is told of the files."""
        files = {"register": self.source["path"], "links": self.source.get("links_path", "links")}
        lost = self.source.get("lost", {})
        found = [
            Problem(file, None, None, line, severity="warning")
            for file, _, line in (told.partition(": ") for told in self.source.get("told", ()))
        ]
        found += [
            Problem(files["register"], None, c, _LOST, _KEPT, "warning", f"{n:,} of {c}")
            for c, n in lost.items()
        ]
        return found + entries(self.rejects, files)

    def without(self, reasons: pd.Series, **about: Any) -> Register:
        """Return the register with fewer schools that count; the others are as of other phases.

        Parameters
        ----------
        reasons : pandas.Series of str
            Why a school does not count, by URN.
        **about
            What `source` says of it.
        """
        gone = self.schools["urn"].isin(reasons.index)
        schools, lost = self.schools[~gone], self.schools[gone]
        left = lost[["urn", "name"]].assign(reason=lost["urn"].map(reasons))
        counts = {
            "kept": len(schools),
            "filtered": self.counts["filtered"] + len(lost),
            "status_unknown": int(schools["status_unknown"].sum()),
        }
        return replace(
            self,
            schools=schools.reset_index(drop=True),
            others=pd.concat([self.others, lost], ignore_index=True),
            filtered=pd.concat([self.filtered, left], ignore_index=True),
            counts={**self.counts, **counts},
            source={**self.source, **about},
        )

    def summary(self) -> pd.DataFrame:
        """Say what became of the rows.

        Returns
        -------
        pandas.DataFrame
            One row per outcome and reason: `outcome` (`read`, `kept`, `filtered`, `rejected`,
            `noted`), `reason`, `rows`. Kept, filtered and rejected rows sum to those read;
            `noted` rows are faults of rows and links that stayed.
        """
        lines: list[tuple[str, str, int]] = [
            ("read", "", self.counts["read"]),
            ("kept", "", self.counts["kept"]),
        ]
        out = self.rejects["action"].str.startswith(LEFT_OUT).to_numpy(dtype=bool)
        for outcome, reasons in (
            ("filtered", self.filtered["reason"]),
            ("rejected", self.rejects["reason"][out]),
            ("noted", self.rejects["reason"][~out]),
        ):
            counted = (
                reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
            )
            lines += [(outcome, str(reason), int(n)) for reason, n in counted.items()]
        return pd.DataFrame(lines, columns=["outcome", "reason", "rows"])


def read_register(
    path: str | Path,
    links: str | Path | None = None,
    as_of: date | str | None = None,
    phases: str | Sequence[str] | None = None,
    *,
    cache_dir: str | Path | None = None,
) -> Register:
    """Read GIAS files into the schools that count at a date and the groups they are in.

    Parameters
    ----------
    path : path-like
        GIAS `edubasealldata`: csv, csv.gz or a zip that holds it. Encoding by evidence: a byte
        order mark, else UTF-8 if the bytes are valid UTF-8, else cp1252.
    links : path-like, optional
        GIAS `alllinksdata`: the groups of each school, with the day it joined.
    as_of : date or str, optional
        The day the schools are wanted for; default the register's vintage: the day in its file
        name (the first of the month where it has only a month), else the latest change or census
        date inside.
    phases : str or sequence of str, optional
        See `population_of`; default state-funded mainstream schools of ages 5 to 16.
    cache_dir : path-like, optional
        A folder for the result, keyed by the content of the files and the arguments. A damaged
        or unwritable cache is no error: the files are read again.

    Returns
    -------
    Register
        One row per kept school; what became of all other rows; read = kept + rejected + filtered.

    Raises
    ------
    InputFileError
        A file is missing, damaged, of another kind, or lacks a column.
    UnknownNameError
        `as_of` is no date, or none is given and none can be read from the file.
    UsageError
        A phase is unknown.

    Notes
    -----
    A school counts if it is open (opened on or before the day or without a date; not closed before
    it: GIAS's close date is the last day, the successor opens on the next), state-funded
    (`STATE_FUNDED_TYPES`, or a blank type in `STATE_FUNDED_GROUPS`), in England, and of a chosen
    phase. A closed school without a close date does not count.

    Free-meal pupils are the FSM count. Where that is blank they are pupils x PercentageFSM / 100,
    rounded half to even; the published percentage has another base (it leaves out nursery pupils),
    so that this is an estimate, often a few pupils off.

    Membership is that of the day: joined on or before it, neither left nor the group closed before
    it. Links decide wherever they know the school; else the register's own columns do, and where
    the two differ, whichever was made nearer to the day. Most files show present members only: who
    left a trust before the file was made cannot be seen at earlier dates. Without links an academy
    counts as in its trust since it opened as an academy.

    Source
    ------
    Department for Education, Get Information about Schools (Open Government Licence v3.0).
    """
    files: dict[Kind, Path] = {"register": Path(path)}
    if links is not None:
        files["links"] = Path(links)
    for kind, file in files.items():
        check_size(file, kind)
    chosen = population_of(phases).phases
    wanted = a_date(as_of) if as_of is not None else None
    digests = [sha256(parted(file)[0]) for file in files.values()]
    stored = None
    if cache_dir is not None:
        names = [file.name for file in files.values()]
        stored = cache.entry(Path(cache_dir), digests, names, wanted, chosen)
        if found := cache.load(stored):
            found["source"]["phases"] = chosen  # which came back as a list
            return Register(**found)
    register = _read(files, wanted, chosen)
    register.source.update(zip(("sha256", "links_sha256"), digests, strict=False))
    if stored is not None:
        cache.store(stored, vars(register))
    return register


def _read(files: dict[Kind, Path], as_of: date | None, phases: tuple[str, ...]) -> Register:
    path = files["register"]
    sheet = read_csv(path, "register")
    vintage = day_in(path.name) or sheet.latest("changed", "census_date")
    day = as_of or vintage
    if day is None:
        raise UnknownNameError(
            "no date: neither the file's name nor its content tells how old it is",
            where=str(path),
            fix="give one with --as-of",
        )
    counts = {"read": len(sheet)}
    faults = Faults("register", {(MISFIT, LEFT_OUT): [sheet.misfits]})
    known = np.zeros(10**7, dtype=bool)  # which URNs were read, by the number that they are
    parts = [sort_rows(part, known, faults, day, phases, sheet.days) for part in sheet.parts()]
    if not known.any():
        raise InputFileError(
            f"no row has a URN: {counts['read']:,} rows were read",
            where=str(path),
            fix="a URN is a number of five to seven digits, under the heading URN",
        )
    mine, others, filtered, grouped = (
        pd.concat(p, ignore_index=True) for p in zip(*parts, strict=True)
    )
    del parts
    blank = pd.DataFrame({"reason": [_BLANK] * sheet.blank})
    filtered = pd.concat([filtered, blank], ignore_index=True) if sheet.blank else filtered
    about: dict[str, Any] = {"joined_by": "opening"}
    links = made = named = joined = None
    links_told: list[str] = []
    link_counts: dict[str, int] = {}
    link_faults = Faults("links")
    if "links" in files:
        link_sheet = read_csv(files["links"], "links")
        joined = link_sheet.latest("joined_date")
        named = day_in(files["links"].name)
        made = named or joined
        about = {"links_path": files["links"].name, "vintage_links": made, "last_joined": joined}
        about["joined_by"] = "links"
        links_told = link_sheet.told()
        links, link_faults, link_counts = told_by_links(link_sheet, known)
    mine, others, grouped = (
        table.sort_values("urn_number", ignore_index=True) for table in (mine, others, grouped)
    )
    tables = [others, mine]
    del mine, others  # a giant has no room for both what is attached to and what comes of it
    # Links whose name bears no day may be younger than the last joining in them.
    span = (named, max(named, joined or named)) if named else (day, day)
    away = max(span[0] - day, day - span[1], timedelta())
    nearer = vintage is not None and abs(vintage - day) < away
    groups, group_lines, group_counts = join(told_by_register(grouped), links, day, nearer=nearer)
    schools, others = (attach(tables.pop(), groups) for _ in range(2))
    rejects = rejects_table([*faults.lines(), *group_lines, *link_faults.lines()])
    counts |= {
        "kept": len(schools),
        "rejected": int(rejects["action"].str.startswith(LEFT_OUT).sum()),
        "filtered": len(filtered),
        "status_unknown": int(schools["status_unknown"].sum()),
        "without_location": int((schools["easting"].isna() & schools["district"].isna()).sum()),
        **link_counts,
        **group_counts,
    }
    told = [f"{path.name}: {line}" for line in [*sheet.told(), *faults.told()]]
    if "links" in files:
        links_told += link_faults.told()
        if away > _FAR:
            which = "the register decides" if nearer else "they decide"
            n = group_counts["trusts_told_differently"]
            differ = f"; {which} for {n:,} schools where the two differ, being nearer" if n else ""
            links_told.append(f"group links of {made}, for a study of {day}{differ}")
        told += [f"{files['links'].name}: {line}" for line in links_told]
    source = {
        "path": path.name,
        "label": _label(vintage, made),
        "vintage_schools": vintage,
        "as_of": day,
        "phases": phases,
        "encoding": sheet.encoding,
        "lost": sheet.lost,
        **about,
        "told": told,
    }
    return Register(schools, others, groups[GROUP_COLUMNS], rejects, filtered, counts, source)


def _label(schools: date | None, links: date | None) -> str:
    when = f", {schools:%B %Y}" if schools else ""
    return f"Get Information about Schools{when}" + (
        f", with group links of {links:%B %Y}" if links else ""
    )


def read_states(path: str | Path) -> pd.DataFrame:
    """Read what a register says of every school that it has, counted or not.

    Parameters
    ----------
    path : path-like
        GIAS `edubasealldata`: csv, csv.gz, zip or a workbook.

    Returns
    -------
    pandas.DataFrame
        One row per URN, indexed by it: name, status, trust (code), authority (code), as written;
        blank where the file has none.
    """
    rows = pd.concat(read_csv(Path(path), "register").parts())
    read = rows[["name", "status"]].assign(
        urn=urns(rows["urn"])[0], trust=codes(rows["trust_uid"]), authority=codes(rows["la_code"])
    )
    return read.dropna(subset="urn").drop_duplicates("urn").set_index("urn").fillna("")


def read_successions(path: str | Path, told: list[Problem] | None = None) -> pd.DataFrame:
    """Read which school followed which.

    Parameters
    ----------
    path : path-like
        GIAS `links_edubasealldata`: csv, csv.gz or zip.
    told : list of Problem, optional
        Takes every row and day that is not used as given.

    Returns
    -------
    pandas.DataFrame
        One row per link as published, in both directions: `urn`, `link_urn`, `link_type` (GIAS's
        words, e.g. `Predecessor`, `Successor - merged`), `date` (NaT where not given).

    Raises
    ------
    InputFileError
        The file is missing, damaged, of another kind, or lacks a column.
    """
    file = Path(path)
    sheet = read_csv(file, "successions")
    lines = sheet.told()
    faults = Faults("links", {(MISFIT, LINK_LEFT_OUT): [sheet.misfits]})
    rows = pd.concat(sheet.parts())
    given = rows["date"]
    day, wrong = dates(given, sheet.days["date"])
    urn, link = (urns(rows[c])[0] for c in ("urn", "link_urn"))
    bare = urn.isna() | link.isna()
    rows = rows.assign(urn=urn, name=rows["link_urn"])
    faults.note(rows, wrong, "date is not a date", "date read as blank", given)
    faults.note(rows, bare, "URN or LinkURN is not a number of 5 to 7 digits", LINK_LEFT_OUT)
    if told is not None:
        told += (Problem(file.name, None, None, t, severity="warning") for t in lines)
        told += entries(rejects_table(faults.lines()), {"links": file.name})
    table = pd.DataFrame(
        {"urn": urn, "link_urn": link, "link_type": codes(rows["link_type"]), "date": day}
    )
    return table[~bare].reset_index(drop=True)
