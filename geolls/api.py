"""The library's face: open a study, and ask it everything, maps included."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pandas as pd

from geolls.base.cells import a_name
from geolls.base.errors import OutputError, UnknownNameError, UsageError
from geolls.base.populations import population_of
from geolls.base.schema import a_date
from geolls.base.shelves import shelf
from geolls.base.text import suggest
from geolls.layers.catalogue import load_catalogue
from geolls.study.core import Core, Given
from geolls.study.gazetteer import Place
from geolls.study.settings import Settings, read_settings

if TYPE_CHECKING:
    from geolls.layers.model import Problem
    from geolls.maps.data import MapData
    from geolls.maps.page import Map
    from geolls.maps.recipes import Recipe
    from geolls.measures.explain import Explanation
    from geolls.measures.regrouping import Comparison
    from geolls.study.realigning import Realignment
    from geolls.study.siting import Siting

__all__ = ["Place", "Study", "history", "open_study", "shipped_study"]


class Study(Core):
    """Register, layers, date, filters and thresholds: everything that decides a number.

    Parameters
    ----------
    settings : Settings
        From a study file, or made by `open_study`.
    data : pathlib.Path, optional
        The data folder, for caches.
    register : Register, optional
        Schools already read, in place of the files that the settings name.

    Notes
    -----
    Every table is computed once, when first asked for. Codes are strings; distances are metres in
    EPSG:27700 unless the column's name says kilometres.
    """

    def table(self, name: str, *, place: Place | Given | None = None) -> pd.DataFrame:
        """Return one of the researcher's tables by name; `analyses.ANALYSES` lists them.

        With a place only its rows about the schools, trusts and units that are there.
        """
        from geolls.study import analyses

        name = a_name(name, "table")
        return analyses.analysis(self, name, None if place is None else self._as_place(place))

    def schools_in(self, place: Place | Given, trust: str | None = None) -> pd.DataFrame:
        """Return the schools of a place, with their unit in every layer.

        Parameters
        ----------
        place : Place or str
            The place.
        trust : str, optional
            Only schools of this trust (name or UID).

        Returns
        -------
        pandas.DataFrame
            One row per school: urn, name, phase, pupils, trust_uid, trust_name, trust_type,
            `trust_home` (the trust's home authority, or that it has none), and one column per
            layer with the unit's name; names of units that share a school are joined by " + ".
        """
        from geolls.study import analyses

        return analyses.schools_in(self, self._as_place(place), self._uid(trust))

    def where(self, text: str) -> pd.DataFrame:
        """Say which unit of every layer covers a place: a postcode, a point, a code, a name.

        Parameters
        ----------
        text : str
            As for `geolls.study.where.where`.

        Returns
        -------
        pandas.DataFrame
            One row per match, layer and unit: match, layer, unit_code, unit_name, share and what
            the answer rests on.
        """
        from geolls.study.where import where

        text = a_name(text, "where")
        on, areas, catalogue, data = self.as_of, self.areas, self.catalogue, self.data
        rows = where(
            text, on=on, areas=areas, catalogue=catalogue, data=data, open_study=lambda: self
        )
        return pd.DataFrame(rows)

    def sites(self, name: str) -> pd.DataFrame:
        """Return the sites of a layer of kind `sites` on the study's day.

        Returns
        -------
        pandas.DataFrame
            One row per unit: unit_code, unit_name, urn (lead school, None where not identified),
            easting, northing (NaN where the register does not have the school).
        """
        from geolls.study import analyses

        return analyses.sites(self, name)

    def explain(
        self, measure: str, *, place: Place | Given | None = None, trust: str | None = None
    ) -> Explanation:
        """Return the rows behind one number of a place or a trust; they add up to it."""
        from geolls.study import analyses

        found = None if place is None else self._as_place(place)
        return analyses.explain(self, measure, found, None if found else self._uid(trust))

    def _uid(self, trust: str | None) -> str | None:
        return None if trust is None else str(self.trust(trust)["trust_uid"])

    def compare(self, places: Sequence[Place | Given]) -> pd.DataFrame:
        """Lay places side by side with England; see `geolls.study.comparing.compare`."""
        from geolls.study import comparing

        many = isinstance(places, Iterable) and not isinstance(places, (str, Place))
        several: Any = places if many else [places]
        return comparing.compare(self, [self._as_place(p) for p in several])

    def changes(
        self,
        after: Study,
        successions: str | Path | None = None,
        told: list[Problem] | None = None,
    ) -> pd.DataFrame:
        """Say what moved between this study's day and another's.

        Parameters
        ----------
        after : Study
            The same layers on a later day, with the same or a later register.
        successions : str or pathlib.Path, optional
            GIAS predecessor and successor links.
        told : list of Problem, optional
            Takes what of those links is not used as given.

        Returns
        -------
        pandas.DataFrame
            One row per change: what (`layer`, `area`, `claim`, `school`, `move`), layer, change,
            code, name, from_code, from_name, to_code, to_name, share (of the unit or block), cause:
            `line` (land changed hands), `renamed` (the same land under a new code), `operator` (a
            new body on the same land), `trust`, `school` (it opened, closed, moved or changed its
            number); of a move also two, as in "line and trust".
        """
        from geolls.study.changes import changes

        if not isinstance(cast("object", after), Core):
            fix = "give the study of the later day, as study.at(day)"
            raise UsageError(f"is a {type(after).__name__}, not a study", where="after", fix=fix)
        return changes(self, after, successions, told)

    def realign(
        self,
        name: str,
        *,
        basis: str = "blocks",
        units: int | None = None,
        size: tuple[int | None, int | None] | None = None,
        keep: Mapping[str, float] | None = None,
        moves: Sequence[float] | None = None,
        bridges: Iterable[tuple[str, str]] = (),
        seed: int = 2022,
        progress: Callable[[str, int, int | None], None] | None = None,
    ) -> Realignment:
        """Group areas anew into the units of a layer: a proposal, with what it would cost.

        Parameters
        ----------
        name : str
            A layer of land.
        basis : {"blocks", "local_authority", "district"}, optional
            The areas that are grouped, each whole.
        units : int, optional
            How many units; as many as today. Units that share land without a line are one.
        size : tuple of int or None, optional
            The fewest and the most schools of a unit; by default those of today's units.
        keep : mapping of str to float, optional
            What is kept together and its weight: trusts, authorities, travel; trusts by default.
        moves : sequence of float, optional
            What moving one school costs, in links; one grouping each.
        bridges : iterable of tuple of str, optional
            Pairs of areas that hang together though no land joins them.
        seed : int, optional
            The same seed gives the same groupings.
        progress : callable, optional
            Told what is being done, how many are done, of how many.

        Returns
        -------
        Realignment
            frontier, units, areas, moves (tables), told (notes); `write` makes scenarios of it.

        Raises
        ------
        UsageError
            A rule that nothing meets: which, and the nearest that something does.

        Notes
        -----
        Links: pairs of schools that belong together, 2 / (n - 1) each of a trust of n schools, so
        that a trust weighs as many as its schools. Objective: links kept between areas - cost x
        schools moved; links within an area are kept by any grouping. With the extra `realign` every
        unit that could be is listed and the best are chosen (`geolls.measures.listed.Every`);
        where they are more than 30 million the bound is of a linear relaxation
        (`geolls.measures.exact.Bound`); without the extra it is rough. gap = (bound - objective)
        / bound.

        Examples
        --------
        >>> study = open_study(as_of="2022-09-01")
        >>> found = study.realign("region", basis="local_authority", moves=[1.0])
        >>> bool(found.frontier["contiguous"].iloc[1])
        True
        """
        from geolls.study.realigning import COSTS, realign

        return realign(
            self,
            name,
            basis=basis,
            units=units,
            size=size,
            keep=keep,
            moves=COSTS if moves is None else moves,
            bridges=bridges,
            seed=seed,
            progress=progress,
        )

    def site(
        self,
        name: str,
        *,
        within: str,
        add: int | None = None,
        remove: str | None = None,
        goal: str = "reach",
        by: str = "schools",
        candidates: str | None = None,
        place: Place | Given | None = None,
    ) -> Siting:
        """Say where more lead schools would reach most, or what the loss of one costs.

        Parameters
        ----------
        name : str
            A layer of lead schools that are known by URN.
        within : str
            What is within reach: "20km" by a straight line, "30min" with travel times.
        add : int, optional
            Sites for so many more leads.
        remove : str, optional
            The lead (name, code, URN) whose loss is looked at; without either, each in turn.
        goal : {"reach", "distance"}, optional
            Most schools within reach, or the least mean distance.
        by : {"schools", "pupils"}, optional
            What is counted.
        candidates : str, optional
            A condition on schools that could lead, as "type=academy"; all that count by default.
        place : Place or str, optional
            Only schools and candidates there.

        Returns
        -------
        Siting
            table, title, told. Of sites one row each, in the order of what they add: site, urn,
            name, phase, postcode, la_name, trust_name, schools_newly, pupils_newly (newly within
            reach), schools_within, ties (others that would add as much).
        """
        from geolls.study.siting import site

        found = None if place is None else self._as_place(place)
        return site(
            self,
            name,
            within=within,
            add=add,
            remove=remove,
            goal=goal,
            by=by,
            candidates=candidates,
            place=found,
        )

    def scenario(self, name: str) -> pd.DataFrame:
        """Say what the units of a scenario, or of any layer of land, have.

        Parameters
        ----------
        name : str
            A scenario, by its key or file, or a layer.

        Returns
        -------
        pandas.DataFrame
            One row per unit, reasons for having none last: unit_code, unit_name, schools, pupils,
            area_km2, each with the ends _low and _high where shared land leaves any open, blocks,
            and of a scenario `land_of`, the units of its base that had the land.
        """
        from geolls.study.scenario import units_table

        return units_table(self.taking([name]), name)

    def scenario_compare(
        self, before: str, after: str, basis: Literal["maintaining", "location"] | None = None
    ) -> Comparison:
        """Hold two layers side by side on one basis: what would change from one to the other.

        Parameters
        ----------
        before, after : str
            Layers of land, or scenarios by key or file.
        basis : {"maintaining", "location"}, optional
            By what a school is in a unit, in both layers alike; by the body that maintains it where
            the units of both are made of authorities, else by where it stands.

        Returns
        -------
        Comparison
            Tables `summary`, `places`, `flows`, `trusts`, `met_hubs` and, behind every number,
            `schools`; `said` names the basis.

        Raises
        ------
        UsageError
            A layer is not made of land, or its schools cannot be told by that basis.

        Examples
        --------
        >>> study = open_study(as_of="2022-09-01")
        >>> found = study.scenario_compare("local_authority", "surrey_2027")
        >>> found.flows[["from_name", "to_name"]].values.tolist()
        [['Surrey', 'East Surrey'], ['Surrey', 'West Surrey']]
        """
        from geolls.study.scenario import compare_layers

        return compare_layers(self.taking([before, after]), before, after, basis)

    def changes_account(self, after: Study, successions: str | Path | None = None) -> pd.DataFrame:
        """Say of every school that differs in the registers of two studies where it is told.

        Parameters
        ----------
        after, successions
            As `changes`.

        Returns
        -------
        pandas.DataFrame
            One row per school whose status, trust or authority is not the same in both files; see
            `geolls.study.changes.account`.
        """
        from geolls.study.changes import account

        return account(self, after, self.changes(after, successions))

    def map(
        self,
        recipe: str,
        place: Place | Given | None = None,
        trust: str | Sequence[str] | None = None,
        *,
        colour_by: str | None = None,
        tiles: str | None = None,
        attr: str | None = None,
        hexagons: bool = False,
        **options: str | float,
    ) -> Map:
        """Draw a map: a `folium.Map` that a notebook shows and that may be added to.

        Parameters
        ----------
        recipe : str
            Name of a recipe on the shelf, or the path of one.
        place : Place or str, optional
            For recipes about a place.
        trust : str or sequence of str, optional
            Name or UID. Of recipes about a trust the one that is framed; on other maps trusts to
            tell from all others.
        colour_by : str, optional
            FILE:COLUMN, a table with a URN column, to tell schools apart by.
        tiles : str, optional
            A basemap, fetched from the network when the map is opened.
        attr : str, optional
            Whose basemap it is, where `tiles` is an address.
        hexagons : bool, default False
            Whether a map of England stands on a hexagon for each area.
        **options
            In place of the recipe's own: layer, left, right, by, from, to, distance_km, minutes,
            trusts.
        """
        from geolls.maps.page import draw

        made, (data,), _ = self._scenes(recipe, [place], trust, colour_by, hexagons, options)
        return draw(made, data, tiles=tiles, attr=attr)

    def _scenes(
        self,
        recipe: str,
        places: Sequence[Place | Given | None],
        trust: str | Sequence[str] | None,
        colour_by: str | None,
        hexagons: bool,
        options: Mapping[str, str | float],
    ) -> tuple[Recipe, list[MapData], list[str]]:
        """Return the recipe, what each panel shows, and what of a user's file is on none."""
        from geolls.maps.marking import by_column, by_trust, column_of
        from geolls.maps.recipes import load_recipe
        from geolls.maps.scenes import scene_of

        column = column_of(colour_by) if colour_by else None
        named = [trust] if isinstance(trust, str) else list(trust or ())
        uids = [str(self.trust(name)["trust_uid"]) for name in named]
        framed = uids[0] if len(uids) == 1 and load_recipe(recipe).scope == "trust" else None
        found = [None if place is None else self._as_place(place) for place in places]
        scenes = [
            scene_of(self, recipe, place=place, trust=framed, options=options) for place in found
        ]
        own, maps = scenes[0][0], [data for _, data in scenes]
        made = replace(own, hexagons=hexagons or own.hexagons)
        if column:
            return by_column(made, maps, column, dict.fromkeys(self.schools["urn"]))
        if many := uids if framed is None and uids else int(made.options.get("trusts", 0)):
            return *by_trust(made, maps, many), []
        return made, maps, []

    def save_map(
        self,
        recipe: str,
        path: str | Path,
        *,
        place: Place | str | Sequence[Place | str] | None = None,
        trust: str | Sequence[str] | None = None,
        colour_by: str | None = None,
        tiles: str | None = None,
        attr: str | None = None,
        figure: Mapping[str, Any] | None = None,
        hexagons: bool = False,
        **options: str | float,
    ) -> list[str]:
        """Draw a map into a file: .html to explore, .svg, .png or .pdf to print.

        Parameters
        ----------
        recipe, trust, colour_by, tiles, attr, hexagons, **options
            As `map`.
        path : str or pathlib.Path
            The file; its ending says what it is.
        place : Place or str, or a sequence of them, optional
            Several are panels of one sheet, in print.
        figure : mapping, optional
            What `geolls.maps.print.figure.Figure` takes: title, width, height, dpi, bare,
            legend, grid.

        Returns
        -------
        list of str
            Where the rows of `colour_by` are: on the map, elsewhere, in no school that counts.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        places = place if isinstance(place, Sequence) and not isinstance(place, str) else [place]
        if suffix not in {".html", ".htm", ".svg", ".png", ".pdf"}:
            raise OutputError(
                f"a map cannot be a {suffix or 'file without an ending'}",
                where=str(path),
                fix="use .html, .svg, .png or .pdf",
            )
        if suffix in {".svg", ".png", ".pdf"}:
            from geolls.maps.print.figure import Figure
            from geolls.maps.print.page import save_print

            size = Figure(**(figure or {}))  # a wrong one is told before the work
            made, maps, told = self._scenes(recipe, places, trust, colour_by, hexagons, options)
            save_print(made, maps, path, figure=size)
            if size.dpi and suffix != ".png" and "px" not in f"{size.width}{size.height}".lower():
                told = [*told, f"--dpi is for .png: a {suffix} is drawn in lines, at any fineness"]
            return told
        asked = dict(figure or {})
        title = asked.pop("title", None)
        unfit = "several places" if len(places) > 1 else ", ".join(asked)
        if unfit:
            fix = "use .svg, .png or .pdf"
            raise OutputError(f"a map to explore takes no {unfit}", where=str(path), fix=fix)
        from geolls.maps.page import draw

        made, (data,), told = self._scenes(recipe, places, trust, colour_by, hexagons, options)
        if title:
            made = replace(made, title=title)
        draw(made, data, tiles=tiles, attr=attr).save(path)
        return told


def open_study(
    study: str | Path | None = None,
    *,
    register: str | Path | None = None,
    links: str | Path | None = None,
    as_of: str | date | None = None,
    phase: str | Sequence[str] = (),
    where: str | Sequence[str] = (),
    layers: str | Sequence[str] = (),
    boundaries: str | Path | Sequence[str | Path] = (),
    blocks: str | Path | None = None,
    travel: str | Path | None = None,
    strict_dates: bool = False,
    data: str | Path | None = None,
) -> Study:
    """Open a study: a study file, the options given here, or the demonstration.

    Parameters
    ----------
    study : path, optional
        A study file (TOML); the other parameters override it.
    register, links : path, optional
        GIAS edubasealldata, alllinksdata as csv, csv.gz or zip.
    as_of : str or datetime.date, optional
        The day all layers are resolved to, as "2022-09-01".
    phase : str or sequence of str, optional
        The schools that count: a population by name, as "all", or phases, as ["primary"]; see
        `POPULATIONS`. Default "mainstream", the state-funded schools of ages 5 to 16.
    where : str or sequence of str, optional
        Conditions that the schools that count must meet, as "type=academy" or "size>=200"; see
        `geolls.study.filters.chosen`.
    layers : str or sequence of str, optional
        Layers to use; one that begins with "+", as "+constituency", besides those of the study.
    boundaries : path or sequence of path, optional
        Folders of more layers, zips of them, or files of scenarios.
    blocks : path, optional
        Folder of blocks in finer detail, of `geolls fetch boundaries --blocks`.
    travel : path, optional
        A table of travel times, which replace straight lines, or "estimate".
    strict_dates : bool, default False
        Refuse layers whose evidence is of another date.
    data : path, optional
        The data folder, for caches.

    Returns
    -------
    Study
        Lazily computed.

    Raises
    ------
    UsageError
        Something given is of a type that it cannot be.

    Examples
    --------
    >>> study = open_study(as_of="2022-09-01")
    >>> study.place("leeds").unit_code
    'E08000035'
    """
    file = _path(study, "study")
    settings = read_settings(file) if file else Settings()
    files = {"register": register, "links": links, "blocks": blocks, "travel": travel}
    phases, chosen = _several(phase, "phase"), tuple(map(str, _several(layers, "layers")))
    besides = settings.layers if all(name.startswith("+") for name in chosen) else ()
    settings = settings.replace(
        **{name: _path(path, name) for name, path in files.items()},
        as_of=a_date(as_of, where="as_of") if as_of is not None else None,
        phases=population_of(phases, where="phase").phases if phases else (),
        where=tuple(map(str, _several(where, "where"))),
        layers=(*besides, *chosen),
        boundaries=tuple(_path(b, "boundaries") for b in _several(boundaries, "boundaries")),
        strict_dates=strict_dates or None,
    )
    if settings.links and not settings.register:
        raise UsageError("links go with a register", where="links", fix="give the register as well")
    return Study(settings, data=_path(data, "data"))


def history(
    registers: str | Path | Sequence[str | Path],
    group_links: str | Path | Sequence[str | Path] = (),
    places: str | Sequence[str] = (),
    *,
    since: int = 2010,
    phase: str | Sequence[str] = (),
    boundaries: str | Path | Sequence[str | Path] = (),
    data: str | Path | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> pd.DataFrame:
    """Follow schools, academies and trusts over the years, each day from what tells of it.

    Parameters
    ----------
    registers : path or sequence of path
        Whole registers, or folders of them; their names say of which day they are.
    group_links : path or sequence of path, optional
        Group links of real days, or `academiesmatmembership`, which tells of every day before.
    places : str or sequence of str, optional
        Places besides England.
    since : int, default 2010
        The first year, 2010 or later: academies that convert began in that year.
    phase, boundaries, data
        As `open_study`.
    progress : callable, optional
        Told what is done, how many of the rows, and of how many.

    Returns
    -------
    pandas.DataFrame
        One row per day and place: day, place, schools, academies, academy_share, in_trusts (of any
        size), in_trusts_share (of those of which it is known), trusts (of two or more schools, at
        work there), effective_providers, based_elsewhere_share, pair_km_median (of the middle
        trust), trusts_across_<hub layer> (the share of those trusts that meet two or more hubs),
        each of these but effective_providers with _low and _high; schools_from, trusts_from, note.
        Blank where nothing tells.

    Notes
    -----
    A day is that of a register, of a file of group links, or a first of September since 2010. Of
    its schools the first register made since tells, by the days on which they opened and closed.
    Between two days nothing is assumed.
    """
    from geolls.study import history as room

    names, phases = _several(places, "places"), _several(phase, "phase")
    settings = Settings().replace(
        phases=population_of(phases, where="phase").phases if phases else (),
        boundaries=tuple(_several_paths(boundaries, "boundaries")),
    )
    load_catalogue(settings.boundaries)  # what is wrong with them is told before the work
    days = room.days_of(
        room.files_in(_several_paths(registers, "registers"), "registers"),
        room.files_in(_several_paths(group_links, "group_links"), "group links"),
        since,
    )
    rows = []
    for row in room.history(days, names, settings=settings, data=_path(data, "data")):
        rows.append(row)
        if progress:
            progress("Days", len(rows), len(days) * (1 + len(names)))
    return pd.DataFrame(rows, columns=room.COLUMNS)


def _several_paths(given: Any, name: str) -> list[Path]:
    return [Path(each).expanduser() for each in _several(given, name)]


def _path(given: object, name: str) -> Path | None:
    """Return a path as a person gives it, `~` being home; refuse what is none."""
    if given is None or (isinstance(given, str) and not given):
        return None
    if not isinstance(given, (str, os.PathLike)):
        raise UsageError(
            f"is a {type(given).__name__}, not a path", where=name, fix="give the path of a file"
        )
    return Path(given).expanduser()


def _several(given: Any, name: str) -> list[Any]:
    """Return what is given as a list: one text or path is a list of one."""
    if given is None or isinstance(given, (str, os.PathLike)):
        return [given] if given else []
    if not isinstance(given, Iterable) or isinstance(given, (bytes, pd.DataFrame)):
        raise UsageError(f"is a {type(given).__name__}, not text or a list of texts", where=name)
    items = list(given)
    for item in items:
        if not isinstance(item, (str, os.PathLike)):
            raise UsageError(f"holds a {type(item).__name__}, not text", where=name)
    return items


def shipped_study(name: str) -> Path:
    """Return the file of a study that comes with geolls, as `default`."""
    folder = shelf("maps") / "studies"
    path = folder / f"{Path(name).name}.toml"
    if not path.is_file():
        names = sorted(p.stem for p in folder.glob("*.toml"))
        raise UnknownNameError(
            f"no study called {name!r} comes with geolls",
            fix=suggest(name, names) or f"there are {', '.join(names)}",
        )
    return path
