"""Build the atlas: every page, in parallel; what is done stays done, what fails is named."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import platform
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import pandas as pd

from geolls import __version__
from geolls.api import Study
from geolls.atlas.book import Book, History
from geolls.atlas.frame import Frame, Page
from geolls.base.errors import CatalogueError, GeollsError, OutputError, UsageError
from geolls.base.files import sha256, sweep, write_bytes, write_text
from geolls.base.shelves import shelf
from geolls.study.core import Given
from geolls.study.facts import Facts
from geolls.study.gazetteer import Place
from geolls.study.history import days_of, files_in, followed

__all__ = ["DEFAULT_PLACES", "AtlasReport", "Done", "Press", "build_atlas"]

DEFAULT_PLACES = (
    "local_authority",
    "combined_authority",
    "teaching_school_hub",
    "maths_hub",
    "dfe_region",
)
Progress = Callable[[str, int, int | None], None]
MANIFEST = "manifest.json"
JOURNAL = ".atlas-journal"
_LIBRARIES = ("folium", "geopandas", "jinja2", "numpy", "pandas", "pyproj", "shapely")
# Enough pages a batch to keep workers busy, few enough to lose little when one dies.
_BATCH = 8


@dataclass(frozen=True)
class AtlasReport:
    """What became of the pages.

    Attributes
    ----------
    pages : int
        Pages written now.
    skipped : int
        Pages that were complete and unchanged.
    failed : list of (str, str)
        Page and error.
    bytes : int
        Size of the whole atlas.
    """

    pages: int
    skipped: int
    failed: list[tuple[str, str]] = field(default_factory=list)
    bytes: int = 0

    @property
    def ok(self) -> bool:
        """True when no page failed."""
        return not self.failed

    def summary(self) -> str:
        """Say in one line what was done."""
        counts = {"unchanged": self.skipped, "failed": len(self.failed)}
        more = "".join(f", {n:,} {word}" for word, n in counts.items() if n)
        return f"{self.pages:,} pages written{more}; {self.bytes / 1e6:,.1f} MB in all"


@dataclass(frozen=True, slots=True)
class Done:
    """One finished page or table: the files it wrote, or the error that stopped it.

    Parameters
    ----------
    name : str
        Its path below the atlas's folder.
    wrote : tuple of (str, str, int)
        Path, sha256 and size of each file.
    error : str
        Empty where there was none.
    """

    name: str
    wrote: tuple[tuple[str, str, int], ...] = ()
    error: str = ""


def build_atlas(
    study: Study,
    out: str | Path,
    *,
    places: Sequence[str] = DEFAULT_PLACES,
    jobs: int = 1,
    resume: bool = False,
    single: bool = False,
    place: Place | Given | None = None,
    registers: Sequence[Path] = (),
    group_links: Sequence[Path] = (),
    progress: Progress | None = None,
) -> AtlasReport:
    """Write the atlas of a study.

    Parameters
    ----------
    study : Study
        What to show.
    out : str or pathlib.Path
        The folder; made where it is missing.
    places : sequence of str
        Layers of land or of schools whose units get a page; of the default ones, those alive on
        the study's day.
    jobs : int
        Processes.
    resume : bool
        Leave out what is complete and whose inputs have not changed.
    single : bool
        Make each page whole, to be sent alone: none needs the folder it came in.
    place : Place or str, optional
        Only the pages of a place: it, the units that have a school or land of it, and the trusts
        with a school there that counts. A hub or a trust that reaches beyond is shown whole.
    registers, group_links : sequence of pathlib.Path
        As `geolls.history`: index, places and trusts then have a section of the years.
    progress : callable, optional
        Called with what is being done, how much is done, and how much there is.

    Returns
    -------
    AtlasReport
        A failing page is listed there and stops no other.

    Raises
    ------
    UsageError
        A layer is named whose units are sites or trusts.
    OutputError
        The folder cannot be written.

    Notes
    -----
    The same study gives the same bytes, whatever `jobs` and `resume`. A page is unchanged when
    the study's fingerprint, the code, the templates and the list of places are.
    """
    out = Path(out)
    _make_folder(out)
    keys = _place_layers(study, places)
    if place is not None:
        place = _paged(study, place if isinstance(place, Place) else study.place(place), keys)
        keys = list(dict.fromkeys([*keys, place.layer]))
    tell = progress or (lambda *_: None)
    facts = Facts(study, keys)
    about = Frame(facts, place=place)
    history = _history(about, registers, group_links, tell) if registers else None
    book = Book(facts, single, history, place)
    press = Press(book, out)
    told = [sha256(path) for path in (*registers, *group_links) if path.is_file()]
    of = place and [place.layer, place.unit_code]
    decides = json.dumps([study.fingerprint, _code(), keys, single, of, __version__, *told])
    stamp = hashlib.sha256(decides.encode()).hexdigest()[:16]
    finished = _finished(out, stamp) if resume else {}
    results = {name: finished[name] for name in book.tasks if name in finished}
    skipped = _count_pages(book, results)
    todo = [name for name in book.tasks if name not in results]
    assets = press.assets()
    tell("pages", 0, len(todo))
    with (out / JOURNAL).open("a" if resume else "w", encoding="utf-8") as log:
        for n, done in enumerate(press.run(todo, jobs), start=1):
            results[done.name] = done
            if not done.error:
                log.write(json.dumps(_line(done, stamp)) + "\n")
                log.flush()
            tell("pages", n, len(todo))
    ordered = [results[name] for name in book.tasks]
    failed = [(done.name, done.error) for done in ordered if done.error]
    size = _write_record(book, out, keys, ordered, assets, stamp)
    whole = [done.name for done in ordered if not done.error]
    return AtlasReport(_count_pages(book, whole) - skipped, skipped, failed, size)


def _history(
    about: Frame, registers: Sequence[Path], group_links: Sequence[Path], tell: Progress
) -> History:
    """Follow England, every place that has a page, and every trust."""
    days = days_of(files_in(registers, "registers"), files_in(group_links, "group links"))
    units = [(key, code) for key, codes in about.units.items() for code in codes]
    pages: list[tuple[str, ...]] = [("index",), *(("place", *unit) for unit in units)]
    rows: dict[tuple[str, ...], list[dict[str, Any]]] = {page: [] for page in pages}
    trusts = []
    names = [f"{key}:{code}" for key, code in units]
    settings = about.study.settings.replace(travel=None)
    told_of = followed(days, names, settings=settings, data=about.study.data)
    for n, (told, at_work) in enumerate(told_of, start=1):
        for page, row in zip(pages, told, strict=True):
            rows[page].append(row)
        trusts.append(at_work)
        tell("days", n, len(days))
    tables = {page: pd.DataFrame(told) for page, told in rows.items()}
    by_trust = pd.concat(trusts).groupby("trust_uid")
    tables |= {("trust", str(uid)): told for uid, told in by_trust}
    files = sorted({path.name for day in days for path in (day.register, day.links) if path})
    return History([day.day.isoformat() for day in days], tables, files)


def _count_pages(book: Book, names: Iterable[str]) -> int:
    return sum(isinstance(book.tasks[name], Page) for name in names)


def _make_folder(out: Path) -> None:
    try:
        for name in ("assets", "tables", "maps", "places", "trusts"):
            (out / name).mkdir(parents=True, exist_ok=True)
        sweep(out)
    except OSError as error:
        raise OutputError(
            f"the atlas's folder cannot be made: {error.strerror or error}",
            where=str(out),
            fix="choose a folder that you may write to",
        ) from error


def _place_layers(study: Study, places: Sequence[str]) -> list[str]:
    """Return the layers whose units get a page: named ones must be land alive that day."""
    if tuple(places) == DEFAULT_PLACES:
        keys = [key for key in DEFAULT_PLACES if key in study.area_layers]
        region = [key for key in ("dfe_region", "region") if key in study.area_layers]
        return list(dict.fromkeys([*keys, *region[:1]]))
    try:
        layers = [study.layer(name) for name in places]
    except CatalogueError as error:
        fix = error.fix
        raise CatalogueError(error.message, where="--places takes layers", fix=fix) from error
    for layer in layers:
        if layer.kind == "sites" or layer.column == "trust":
            raise UsageError(
                f"{layer.key} is made of {'sites' if layer.kind == 'sites' else 'trusts'}",
                where="--places",
                fix="name a layer of land or of schools; trusts have pages anyway",
            )
    return list(dict.fromkeys(layer.key for layer in layers))


def _paged(study: Study, place: Place, keys: Sequence[str]) -> Place:
    """Return a place as the unit of a layer with pages that has its land; else as it is."""
    same = (p for key in keys if place.has_land for p in study.places(key) if p.has_land)
    return (
        place if place.layer in keys else next((p for p in same if p.blocks == place.blocks), place)
    )


# -- the work --------------------------------------------------------------------------------


class Press:
    """Writes the pages and tables of a book into a folder.

    Parameters
    ----------
    book : Book
        What to write.
    out : pathlib.Path
        The atlas's folder.
    """

    def __init__(self, book: Book, out: Path) -> None:
        self.book, self.out = book, out

    def assets(self) -> Done:
        """Write what all pages share."""
        return Done("assets", self._put(self.book.assets()))

    def write(self, name: str) -> Done:
        """Make one page or table and write it; any error is kept, not raised."""
        try:
            return Done(name, self._put(self.book.make(name)))
        except Exception as error:  # a bug on one page must not cost the reader all others
            if os.environ.get("GEOLLS_DEBUG"):
                traceback.print_exc()
            what = "" if isinstance(error, (GeollsError, OSError)) else f"{type(error).__name__}: "
            return Done(name, error=f"{what}{error}")

    def _put(self, files: Mapping[str, bytes]) -> tuple[tuple[str, str, int], ...]:
        for path, data in files.items():
            (self.out / path).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self.out / path, data, durable=False)
        return tuple((p, hashlib.sha256(d).hexdigest(), len(d)) for p, d in files.items())

    def run(self, names: Sequence[str], jobs: int) -> Iterator[Done]:
        """Write pages and tables, in `jobs` processes; yield each as it ends."""
        forks = "fork" in multiprocessing.get_all_start_methods()
        if jobs <= 1 or len(names) <= _BATCH or not forks:
            yield from map(self.write, names)
            return
        # One page of each kind is made here: what it computed on the way, the workers inherit.
        first = {
            (task.kind, task.key[:-1]): name
            for name in reversed(names)
            if isinstance(task := self.book.tasks[name], Page)
        }.values()
        yield from map(self.write, first)
        yield from self._pool([name for name in names if name not in first], jobs)

    def _pool(self, names: Sequence[str], jobs: int) -> Iterator[Done]:
        batches = [names[i : i + _BATCH] for i in range(0, len(names), _BATCH)]
        with warnings.catch_warnings():
            # Python warns of forks beside threads; the workers use none of the parent's.
            warnings.simplefilter("ignore", DeprecationWarning)
            pool = ProcessPoolExecutor(
                jobs, multiprocessing.get_context("fork"), _inherit, initargs=(self,)
            )
            try:
                running = {pool.submit(_work, batch): batch for batch in batches}
                for future in as_completed(running):
                    try:
                        yield from future.result()
                    except BrokenProcessPool:
                        error = "a worker process died while it was made"
                        yield from (Done(name, error=error) for name in running[future])
            finally:
                pool.shutdown(cancel_futures=True)


_press: Press | None = None


def _inherit(press: Press) -> None:
    """Keep the press of the parent process in a worker: nothing is sent to it but names."""
    global _press
    _press = press


def _work(batch: Sequence[str]) -> list[Done]:
    assert _press is not None
    return [_press.write(name) for name in batch]


# -- what is done already --------------------------------------------------------------------


@cache
def _code() -> str:
    """Return a hash of the code, templates and assets that make the pages."""
    digest = hashlib.sha256()
    package = Path(str(package_files("geolls")))
    maps = shelf("maps")
    paths = [*package.rglob("*.py"), *(p for p in maps.rglob("*") if p.is_file())]
    for path in sorted(paths):
        digest.update("/".join(path.parts[-2:]).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _line(done: Done, stamp: str) -> dict[str, Any]:
    """Return what manifest and journal hold of a finished page."""
    return {"name": done.name, "input": stamp + done.name, "wrote": done.wrote}


def _finished(out: Path, stamp: str) -> dict[str, Done]:
    """Return what earlier runs finished of the same inputs, every file as it was written.

    The manifest is of a whole run, the journal of a broken one.
    """
    lines: list[Any] = []
    with suppress(OSError, ValueError, KeyError, TypeError):
        lines += json.loads((out / MANIFEST).read_text(encoding="utf-8"))["pages"]
    with suppress(OSError, ValueError):  # the last line of a run that was cut off
        for line in (out / JOURNAL).read_text(encoding="utf-8").splitlines():
            lines.append(json.loads(line))
    found = {}
    for line in lines:
        with suppress(KeyError, TypeError, ValueError):
            wrote = tuple((str(p), str(digest), int(size)) for p, digest, size in line["wrote"])
            found[str(line["name"])] = line["input"], wrote
    return {
        name: Done(name, wrote)
        for name, (made_from, wrote) in found.items()
        if made_from == stamp + name and all(_as_written(out / p, d, n) for p, d, n in wrote)
    }


def _as_written(path: Path, digest: str, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size and sha256(path) == digest


# -- the record ------------------------------------------------------------------------------


def _write_record(
    book: Book,
    out: Path,
    keys: Sequence[str],
    results: Sequence[Done],
    assets: Done,
    stamp: str,
) -> int:
    """Write manifest.json and datapackage.json; return the size of the atlas."""
    study, register = book.study, book.study.register
    package = {
        "name": "geolls-atlas",
        "title": f"geolls atlas, {study.settings.title}, as of {study.as_of}",
        "description": f"Counted: {study.population.title}. {register.label}.",
        "licenses": [{"name": "OGL-UK-3.0", "title": "Open Government Licence v3.0"}],
        "resources": [
            {"name": n.removesuffix(".csv"), "path": n, "title": f"One row per {table.row}"}
            for n, table in book.tables.items()
        ],
    }
    write_text(out / "tables" / "datapackage.json", _json(package), durable=False)
    _forget(out, results)
    files = sorted({file for done in (*results, assets) for file in done.wrote})
    manifest = {
        "geolls": __version__,
        "study": study.settings.title,
        "as_of": study.as_of.isoformat(),
        "population": {"name": study.population.name, "title": study.population.title},
        "fingerprint": study.fingerprint,
        "demonstration": register.label if register.demonstration else False,
        "inputs": register.source,
        "blocks": study.finer.manifest if study.finer else "as geolls brings them",
        "layers": {
            k: {"source": v.source, "source_date": v.source_date, "licence": v.licence}
            for k, v in study.layers.items()
        },
        "arguments": {
            "places": list(keys),
            "single": book.single,
            **({"place": f"{book.place.layer}:{book.place.name}"} if book.place else {}),
        },
        **({"history": book.history.files} if book.history else {}),
        "counts": {
            **register.counts,
            "places": {k: len(book.units[k]) for k in keys},
            "trusts": len(book.facts.several.index.intersection([*book.trust_rows])),
        },
        "versions": {
            "python": ".".join(platform.python_version_tuple()[:2]),
            **{n: version(n) for n in _LIBRARIES},
        },
        "failed": [[done.name, done.error] for done in results if done.error],
        "files": files,
        "pages": [_line(done, stamp) for done in results if not done.error],
    }
    write_text(out / MANIFEST, _json(manifest), durable=False)
    (out / JOURNAL).unlink(missing_ok=True)
    return sum(size for *_, size in files) + (out / MANIFEST).stat().st_size


def _forget(out: Path, results: Sequence[Done]) -> None:
    """Remove the files of an earlier atlas, named in its manifest, that this one does not have."""
    before: set[str] = set()
    with suppress(OSError, ValueError, KeyError, TypeError):
        old = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]
        before = {str(path) for path, *_ in old}
    now = {path for done in results for path in (done.name, *(p for p, *_ in done.wrote))}
    for name in before - now:
        path = out / name
        inside = path.resolve().is_relative_to(out.resolve())
        if inside and (name.endswith((".html", ".csv")) or name.startswith("assets/data-")):
            path.unlink(missing_ok=True)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
