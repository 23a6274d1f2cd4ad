"""Build the atlas: every page, in parallel; what is done stays done, what fails is named."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import platform
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geolls import __version__
from geolls.atlas.book import Book
from geolls.atlas.frame import Page, templates
from geolls.base.errors import GeollsError, OutputError, UsageError
from geolls.base.files import sha256, sweep, write_bytes, write_text
from geolls.base.shelves import shelf
from geolls.base.vocabulary import KINDS
from geolls.export.render import write_table
from geolls.maps.offline import asset
from geolls.maps.page import data_file, shared_assets
from geolls.maps.scripts import script
from geolls.study.units import Facts, gather

if TYPE_CHECKING:
    from geolls.api import Study

__all__ = ["DEFAULT_PLACES", "AtlasReport", "build_atlas"]

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
# Enough tasks a batch to keep workers busy, few enough to lose little when one dies.
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
        said = f"{self.pages:,} pages written"
        if self.skipped:
            said += f", {self.skipped:,} unchanged"
        if self.failed:
            said += f", {len(self.failed):,} failed"
        return f"{said}; {self.bytes / 1e6:,.1f} MB in all"


@dataclass(frozen=True, slots=True)
class _Done:
    """One finished piece of work: the files it wrote, or the error that stopped it."""

    name: str
    wrote: tuple[tuple[str, str, int], ...] = ()  # path, sha256, bytes
    error: str = ""


def build_atlas(
    study: Study,
    out: str | Path,
    *,
    places: Sequence[str] = DEFAULT_PLACES,
    jobs: int = 1,
    resume: bool = False,
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
        Area layers whose units get a page; of the default ones, those alive on the study's day.
    jobs : int
        Processes.
    resume : bool
        Leave out what is complete and whose inputs have not changed.
    progress : callable, optional
        Called with what is being done, how much is done, and how much there is.

    Returns
    -------
    AtlasReport
        A failing page is listed there and stops no other.

    Raises
    ------
    UsageError
        A layer is named that has no land.
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
    for key, layer in study.layers.items():
        if layer.kind == "sites":  # reads the register for all phases: first, while little is held
            study.sites(key)
    facts = gather(study, keys)
    book = Book(facts)
    tasks: list[Page | str] = [*_tables(book), *book.pages]
    inputs = _inputs(study, keys)
    known = _known(out) if resume else {}
    finished = {name: done for name, done in known.items() if _complete(out, done, inputs, name)}
    todo = [t for t in tasks if _name(t) not in finished]
    journal = out / JOURNAL
    if not resume:
        journal.unlink(missing_ok=True)
    _assets(book, out, every=not resume or bool(todo))
    results: dict[str, _Done] = {name: done for name, (_, done) in finished.items()}
    _tell(progress, 0, len(todo))
    with journal.open("a", encoding="utf-8") as log:
        for n, done in enumerate(_run(book, out, todo, jobs), start=1):
            results[done.name] = done
            if not done.error:
                line = {"name": done.name, "input": inputs[0] + done.name, "wrote": done.wrote}
                log.write(json.dumps(line) + "\n")
                log.flush()
            _tell(progress, n, len(todo))
    names = [_name(t) for t in tasks]
    failed = [(n, results[n].error) for n in names if results[n].error]
    size = _manifest(study, book, out, keys, [results[n] for n in names], inputs)
    written = sum(1 for t in todo if not results[_name(t)].error and isinstance(t, Page))
    skipped = sum(1 for t in tasks if isinstance(t, Page) and _name(t) in finished)
    return AtlasReport(written, skipped, failed, size)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress("pages", done, total)


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
        keys = [k for k in DEFAULT_PLACES if k in study.area_layers]
        if "dfe_region" not in keys and "region" in study.area_layers:
            keys.append("region")
        return keys
    keys = []
    for name in places:
        layer = study.layer(name)
        if not layer.has_land:
            raise UsageError(
                f"{layer.key} is made of {layer.kind}, not of land",
                where="--places",
                fix="name an area layer; trusts have pages anyway",
            )
        keys.append(layer.key)
    return list(dict.fromkeys(keys))


def _name(task: Page | str) -> str:
    return task.path if isinstance(task, Page) else f"tables/{task}"


# -- what decides a page ---------------------------------------------------------------------


def _inputs(study: Study, keys: Sequence[str]) -> tuple[str]:
    """Return the hash of everything that decides any page."""
    text = json.dumps([study.fingerprint, _code(), list(keys), __version__])
    return (hashlib.sha256(text.encode()).hexdigest()[:16],)


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


def _known(out: Path) -> dict[str, tuple[str, _Done]]:
    """Read what earlier runs finished: the manifest of a whole one, the journal of a broken one."""
    found: dict[str, tuple[str, _Done]] = {}
    lines: list[Any] = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        lines += json.loads((out / MANIFEST).read_text(encoding="utf-8"))["pages"]
    try:
        text = (out / JOURNAL).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break  # the last line of a run that was cut off
    for line in lines:
        try:
            wrote = tuple((str(p), str(h), int(b)) for p, h, b in line["wrote"])
            found[line["name"]] = (str(line["input"]), _Done(str(line["name"]), wrote))
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _complete(out: Path, known: tuple[str, _Done], inputs: tuple[str], name: str) -> bool:
    """Tell whether a piece of work is done: same inputs, and every file as it was written."""
    made_from, done = known
    if made_from != inputs[0] + name:
        return False
    for path, digest, size in done.wrote:
        file = out / path
        if not file.is_file() or file.stat().st_size != size or sha256(file) != digest:
            return False
    return True


# -- the work --------------------------------------------------------------------------------


def _run(book: Book, out: Path, todo: Sequence[Page | str], jobs: int) -> Iterable[_Done]:
    """Yield each piece of work as it ends."""
    forks = "fork" in multiprocessing.get_all_start_methods()
    if jobs <= 1 or len(todo) <= _BATCH or not forks:
        for task in todo:
            yield _do(book, out, task)
        return
    _warm(book)
    global _BOOK, _OUT
    _BOOK, _OUT = book, out  # forked workers inherit the tables; nothing is sent to them
    batches = [todo[i : i + _BATCH] for i in range(0, len(todo), _BATCH)]
    try:
        yield from _pool(batches, jobs)
    finally:
        _BOOK = _OUT = None


def _pool(batches: Sequence[Sequence[Page | str]], jobs: int) -> Iterable[_Done]:
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        # Python warns of forks beside threads; the workers use none of the parent's.
        warnings.simplefilter("ignore", DeprecationWarning)
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            running: dict[Future[list[_Done]], Sequence[Page | str]] = {}
            waiting = list(reversed(batches))
            while waiting or running:
                try:
                    while waiting and len(running) < 2 * jobs:
                        batch = waiting.pop()
                        running[pool.submit(_work, batch)] = batch
                except BrokenProcessPool:
                    waiting.append(batch)
                    break
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    batch = running.pop(future)
                    yield from _results(future, batch)
            left = [*running.values(), *waiting]
    for batch in left:
        yield from (_Done(_name(t), error="not made: a worker process died") for t in batch)


def _results(future: Future[list[_Done]], batch: Sequence[Page | str]) -> Iterable[_Done]:
    try:
        yield from future.result()
    except BrokenProcessPool:
        for task in batch:
            yield _Done(_name(task), error="a worker process died while it was made")


_BOOK: Book | None = None
_OUT: Path | None = None


def _work(batch: Sequence[Page | str]) -> list[_Done]:
    assert _BOOK is not None and _OUT is not None
    return [_do(_BOOK, _OUT, task) for task in batch]


def _warm(book: Book) -> None:
    """Compute before the fork what every worker would compute after it."""
    _ = (book.about, book.dates, book.effective_words, book.facts.confidence, book.facts.unit_of)
    _ = book.facts.rows_of_trust
    book.plates.warm()
    for name in templates().list_templates(extensions=("jinja",)):
        templates().get_template(name)


def _do(book: Book, out: Path, task: Page | str) -> _Done:
    """Make one page or table and write it; any error is kept, not raised."""
    name = _name(task)
    try:
        if isinstance(task, str):
            path = out / "tables" / task
            write_table(_TABLES(book)[task](), path)
            return _Done(name, ((f"tables/{task}", sha256(path), path.stat().st_size),))
        made = book.make(task)
        wrote = [_put(out, task.path, made.html.encode())]
        for key, part in made.shared.items():
            file, content = data_file(key, part)
            wrote.append(_put(out, f"assets/{file}", content.encode()))
        return _Done(name, tuple(wrote))
    except (GeollsError, OSError) as error:
        return _Done(name, error=str(error))
    except Exception as error:  # a bug on one page must not cost the reader all others
        return _Done(name, error=f"{type(error).__name__}: {error}")


def _put(out: Path, path: str, data: bytes) -> tuple[str, str, int]:
    target = out / path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, data, durable=False)
    return path, hashlib.sha256(data).hexdigest(), len(data)


def _assets(book: Book, out: Path, *, every: bool) -> None:
    """Write what pages share: style, scripts, the names to search."""
    files = shared_assets({})
    files |= {"page.css": asset("page.css"), "page.js": script("both", "page")}
    if every or not (out / "assets" / "search.js").is_file():
        files["search.js"] = book.search_index()
    for name, text in files.items():
        write_text(out / "assets" / name, text, durable=False)


# -- tables ----------------------------------------------------------------------------------


def _tables(book: Book) -> list[str]:
    return list(_TABLES(book))


def _TABLES(book: Book) -> dict[str, Callable[[], pd.DataFrame]]:  # noqa: N802
    """Return the csv files of the atlas and what makes each."""
    facts, study = book.facts, book.study
    home = facts.places[0]
    out: dict[str, Callable[[], pd.DataFrame]] = {}
    for key in facts.places:
        out[f"places_{key}.csv"] = lambda key=key: _places_table(facts, key)  # type: ignore[misc]
    out["trusts.csv"] = lambda: _trusts_table(facts)
    out["trusts_at_work.csv"] = lambda: _at_work_table(facts)
    out["schools.csv"] = lambda: _schools_table(facts)
    out["rejects.csv"] = lambda: study.register.rejects
    out["filtered.csv"] = lambda: study.register.filtered
    out["disagreements.csv"] = lambda: study.placement.disagreements
    for key in facts.strips:
        if key != home:
            out[f"overlap_{home}_{key}.csv"] = lambda key=key: study.overlap(home, key)  # type: ignore[misc]
        out[f"coverage_{key}.csv"] = lambda key=key: study.coverage(key, by="schools")  # type: ignore[misc]
    return out


def _places_table(facts: Facts, key: str) -> pd.DataFrame:
    table = facts.units[key]
    shares = [f"share_{k}" for k in KINDS]
    columns = [
        "name",
        "schools",
        *KINDS,
        *shares,
        "pupils",
        "fsm_share",
        "trusts",
        "effective_maps",
    ]
    return (
        table[columns].rename_axis("unit_code").reset_index().rename(columns={"name": "unit_name"})
    )


def _trusts_table(facts: Facts) -> pd.DataFrame:
    hidden = [c for c in facts.trusts.columns if c in ("home_easting", "home_northing", "hubs")]
    return facts.trusts.drop(columns=hidden).reset_index(drop=True)


def _at_work_table(facts: Facts) -> pd.DataFrame:
    rows = []
    names = facts.trusts["trust_name"]
    for key in facts.places:
        units = facts.unit_rows[key]
        for code, found in sorted(facts.at_work[key].items()):
            for uid, here, based in found:
                rows.append((key, code, units[code]["name"], uid, names[uid], here, based))
    columns = ["layer", "unit_code", "unit_name", "trust_uid", "trust_name", "schools", "at_home"]
    return pd.DataFrame(rows, columns=columns)


def _schools_table(facts: Facts) -> pd.DataFrame:
    table = facts.schools
    keep = ["urn", "name", "phase", "pupils", "postcode", "kind", "trust_uid", "trust_name"]
    frame = table[keep].reset_index(drop=True)
    for key in facts.strips:
        units = facts.unit_of[key]
        for position, suffix in ((0, "code"), (1, "name")):
            frame[f"{key}_{suffix}"] = [
                ";".join(str(u[position]) for u in units.get(urn, [])) for urn in frame["urn"]
            ]
    return frame


# -- the record ------------------------------------------------------------------------------


def _manifest(
    study: Study,
    book: Book,
    out: Path,
    keys: Sequence[str],
    results: Sequence[_Done],
    inputs: tuple[str],
) -> int:
    """Write manifest.json and datapackage.json; return the size of the atlas."""
    register = study.register
    tables = book.tables_about
    package = {
        "name": "geolls-atlas",
        "title": f"geolls atlas, {study.settings.title}, as of {study.as_of}",
        "licenses": [{"name": "OGL-UK-3.0", "title": "Open Government Licence v3.0"}],
        "resources": [
            {"name": n.removesuffix(".csv"), "path": n, "title": f"One row per {text}"}
            for n, text in tables.items()
        ],
    }
    write_text(out / "tables" / "datapackage.json", _json(package), durable=False)
    _forget(out, results)
    listed = {p: (h, b) for done in results for p, h, b in done.wrote}
    for path in sorted((out / "assets").glob("*")):
        name = f"assets/{path.name}"
        if name not in listed and path.is_file() and not path.name.startswith("data-"):
            listed[name] = (sha256(path), path.stat().st_size)
    manifest = {
        "geolls": __version__,
        "study": study.settings.title,
        "as_of": study.as_of.isoformat(),
        "fingerprint": study.fingerprint,
        "demonstration": register.label if register.demonstration else False,
        "inputs": register.source,
        "blocks": study.finer.manifest if study.finer else "as geolls brings them",
        "layers": {
            k: {"source": v.source, "source_date": v.source_date, "licence": v.licence}
            for k, v in study.layers.items()
        },
        "arguments": {"places": list(keys)},
        "counts": {
            **register.counts,
            "places": {k: len(book.facts.units[k]) for k in keys},
            "trusts": len(book.facts.trusts),
        },
        "versions": {
            "python": ".".join(platform.python_version_tuple()[:2]),
            **{n: version(n) for n in _LIBRARIES},
        },
        "failed": [[d.name, d.error] for d in results if d.error],
        "files": [[p, h, b] for p, (h, b) in sorted(listed.items())],
        "pages": [
            {"name": d.name, "input": inputs[0] + d.name, "wrote": d.wrote}
            for d in results
            if not d.error
        ],
    }
    write_text(out / MANIFEST, _json(manifest), durable=False)
    (out / JOURNAL).unlink(missing_ok=True)
    return sum(b for _, b in listed.values()) + (out / MANIFEST).stat().st_size


def _forget(out: Path, results: Sequence[_Done]) -> None:
    """Remove the files of an earlier atlas, named in its manifest, that this one does not have."""
    try:
        old = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]
        before = {str(p) for p, *_ in old}
    except (OSError, ValueError, KeyError, TypeError):
        return
    now = {p for done in results for p, *_ in done.wrote}
    kept = {done.name for done in results}
    for name in before - now - kept:
        path = out / name
        inside = path.resolve().is_relative_to(out.resolve())
        if inside and (name.endswith((".html", ".csv")) or name.startswith("assets/data-")):
            path.unlink(missing_ok=True)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
