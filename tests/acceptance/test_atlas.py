"""The atlas as a whole: every page, the same bytes each time, resumed, and never stopped by one."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import re
import shutil
import statistics
import zlib
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

import geolls
from geolls.atlas.book import Book
from geolls.atlas.build import DEFAULT_PLACES, Press, build_atlas
from geolls.atlas.frame import Page
from geolls.atlas.place import PlacePages
from geolls.atlas.trust import TrustPages
from geolls.base.errors import OutputError, UsageError
from geolls.base.vocabulary import KINDS, REASONS
from geolls.study.facts import Facts

PLACES = ["dfe_region"]


def small() -> geolls.Study:
    """A study of the 135 all-through schools and five layers: an atlas of twenty pages."""
    layers = [
        "local_authority",
        "district",
        "combined_authority",
        "teaching_school_hub",
        "dfe_region",
    ]
    study = geolls.open_study(phase=["all_through"], layers=layers)
    # Trusts of other schools have pages as well: a thousand, of which some will do.
    others = study.register.others
    mine = others["trust_uid"].isin(study.schools["trust_uid"].dropna())
    others = others[mine | (np.arange(len(others)) < 20)]
    register = replace(study.register, others=others)
    return geolls.Study(study.settings, register=register)


def digests(out: Path) -> dict[str, str]:
    files = (p for p in sorted(out.rglob("*")) if p.is_file())
    return {
        p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


@pytest.fixture(scope="module")
def study() -> geolls.Study:
    return small()


@pytest.fixture(scope="module")
def whole(study: geolls.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    report = build_atlas(study, out, places=PLACES)
    assert report.ok, report.failed
    return out


def test_two_runs_write_the_same_bytes_whatever_the_jobs(whole: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    progress = lambda *step: seen.append(step)  # noqa: E731
    report = build_atlas(small(), tmp_path, places=PLACES, jobs=2, progress=progress)
    assert report.ok
    assert digests(tmp_path) == digests(whole)
    assert seen[0][1] == 0
    assert seen[-1][1] == seen[-1][2]


def test_the_manifest_names_every_file_with_its_hash(whole: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_text("utf-8"))
    listed = {path: digest for path, digest, _ in manifest["files"]}
    found = digests(whole)
    del found["manifest.json"], found["tables/datapackage.json"]
    assert listed == found
    assert manifest["as_of"] == "2022-09-01"
    assert "Demonstration" in manifest["demonstration"]
    assert manifest["failed"] == []


def test_resume_skips_what_is_whole_and_mends_what_is_not(
    study: geolls.Study, whole: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(whole, tmp_path / "out")
    again = build_atlas(study, out, places=PLACES, resume=True)
    assert again.pages == 0
    assert again.skipped > 20
    (out / "index.html").write_text("damaged", "utf-8")
    next((out / "trusts").glob("*.html")).unlink()
    mended = build_atlas(study, out, places=PLACES, resume=True)
    assert mended.pages == 2
    assert digests(out) == digests(whole)


def test_a_failing_page_is_named_and_stops_no_other(
    study: geolls.Study,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    make = PlacePages.make

    def fail(self: PlacePages, page: Page) -> object:
        if page.key[1] == "dfe-london":
            raise RuntimeError("no map of London today")
        return make(self, page)

    monkeypatch.setattr(PlacePages, "make", fail)
    monkeypatch.setenv("GEOLLS_DEBUG", "1")
    report = build_atlas(study, tmp_path, places=PLACES, jobs=2)
    assert 'raise RuntimeError("no map of London today")' in capfd.readouterr().err
    assert not report.ok
    assert report.failed == [
        ("places/dfe_region/dfe-london.html", "RuntimeError: no map of London today")
    ]
    monkeypatch.undo()
    missing = set(digests(whole)) - set(digests(tmp_path))
    assert missing == {"places/dfe_region/dfe-london.html"}
    assert build_atlas(study, tmp_path, places=PLACES, resume=True).pages == 1
    assert digests(tmp_path) == digests(whole)


def test_what_a_dying_worker_had_in_hand_is_named(
    study: geolls.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = PlacePages.make

    def die(self: PlacePages, page: Page) -> object:
        return os._exit(9) if page.key[1] == "dfe-london" else make(self, page)

    monkeypatch.setattr(PlacePages, "make", die)
    report = build_atlas(study, tmp_path, places=PLACES, jobs=2)
    failed = dict(report.failed)
    assert "died" in failed["places/dfe_region/dfe-london.html"]
    assert report.pages + sum(name.endswith(".html") for name in failed) > 20
    monkeypatch.undo()
    mended = build_atlas(study, tmp_path, places=PLACES, resume=True)
    assert mended.ok and mended.skipped == report.pages


def test_an_atlas_of_other_places_leaves_none_of_the_old(
    study: geolls.Study, whole: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(whole, tmp_path / "out")
    build_atlas(study, out, places=["combined_authority"])
    assert not list((out / "places").glob("dfe_region/*.html"))
    assert list((out / "places").glob("combined_authority/*.html"))


def test_only_land_has_place_pages(study: geolls.Study, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="trusts have pages anyway"):
        build_atlas(study, tmp_path, places=["multi_academy_trust"])


def test_a_folder_that_cannot_be_is_refused(study: geolls.Study, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        build_atlas(study, tmp_path / "file" / "out", places=PLACES)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()
        self.codes: set[str] = set()
        self.styled = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.found += [v for k in ("href", "src") if (v := values.get(k))]
        self.ids.add(values.get("id") or "")
        self.codes.add(values.get("data-code") or "")
        self.styled += "style" in values


def test_no_link_of_the_atlas_is_broken(whole: Path) -> None:
    _no_link_is_broken(whole)


def test_an_atlas_of_one_place_has_what_meets_it_and_no_more(whole: Path, tmp_path: Path) -> None:
    study = small()
    layers = ["local_authority", "teaching_school_hub", "dfe_region"]
    report = build_atlas(study, tmp_path, places=layers, place="region:North East")
    assert report.ok, report.failed
    _no_link_is_broken(tmp_path)
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.html")}
    # By hand: the schools of the region, the units that have one of them or a block of its land.
    here = set(study.membership("dfe_region").shares_of("dfe-north-east").index)
    blocks = set(study.place("region:North East").blocks)
    for key in layers:
        land, claims = study.land(key), study.assigned(key)
        met = {*land.loc[land["block"].isin(blocks), "unit_code"]}
        met |= {*claims.loc[claims["urn"].isin(here), "unit_code"]}
        made = {Path(f).stem for f in files if f.startswith(f"places/{key}/")}
        assert made == met - set(REASONS), key
    trusts = study.schools.loc[study.schools["urn"].isin(here), "trust_uid"].dropna()
    spread = study.spread()
    several = set(spread.loc[spread["schools_all"] >= 2, "trust_uid"])
    made = {Path(f).stem.partition("-")[0] for f in files if f.startswith("trusts/")}
    assert made == {uid.lower() for uid in set(trusts) & several}
    # The table of schools, and the names that a search finds, are theirs alone.
    with (tmp_path / "tables" / "schools.csv").open(encoding="utf-8") as file:
        assert {row["urn"] for row in csv.DictReader(file)} == here
    names = (tmp_path / "assets" / "search.js").read_text("utf-8")
    found = json.loads(names[names.index("geollsPages.index(") + 18 : names.rindex(");")])
    assert len(found["schools"]["urn"]) == len(here)
    assert {path for _, _, path, *_ in found["trusts"]} == {f for f in files if "trusts/" in f}
    # A trust that reaches beyond is shown whole, as in an atlas of England.
    for file in (f for f in files if "trusts/" in f):
        told = [re.findall(r'class="lede">(.*?)</div>', (folder / file).read_text("utf-8"), re.S)
                for folder in (whole, tmp_path)]  # fmt: skip
        assert told[0] == told[1] != [], file
    assert "North East at a glance" in (tmp_path / "index.html").read_text("utf-8")


def _no_link_is_broken(whole: Path) -> None:
    pages = {}
    for path in whole.rglob("*.html"):
        parser = _Links()
        parser.feed(path.read_text("utf-8"))
        pages[path.resolve()] = parser
    for path, parser in pages.items():
        for link in parser.found:
            target, _, anchor = link.partition("#")
            if target.startswith(("http://", "https://", "data:", "mailto:")):
                continue
            file = (path.parent / target).resolve() if target else path
            assert file.is_file(), (path.name, link)
            if anchor and file in pages and not anchor.startswith("v?"):
                # A view of the page's map: what it picks is listed there.
                view = anchor.startswith("~") and unquote(anchor).split(",")[-1]
                known = pages[file].codes if view else pages[file].ids
                assert (view or anchor) in known, (path.name, link)


def test_every_page_forbids_what_it_does_not_hold(whole: Path) -> None:
    for path in whole.rglob("*.html"):
        text = path.read_text("utf-8")
        rule = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
        assert rule, path
        assert "default-src 'none'" in rule[1]
        assert "unsafe" not in rule[1], path
        parser = _Links()
        parser.feed(text)
        assert parser.styled == 0, path


def test_the_tables_hold_what_the_pages_count(whole: Path) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (whole / "tables" / name).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    schools = rows("schools.csv")
    assert len(schools) == 135
    regions = rows("places_dfe_region.csv")
    located = sum(1 for s in schools if s["dfe_region_code"].startswith("dfe-"))
    assert sum(float(r["schools"]) for r in regions) == located
    assert not any("fsm_pupils" in r for r in (schools[0], regions[0]))
    for row in regions:
        assert sum(float(row[kind]) for kind in KINDS) == pytest.approx(float(row["schools"]))


@pytest.mark.real_data
def test_a_seeded_sample_of_the_real_atlas_is_sound(real_study: Any, tmp_path: Path) -> None:
    book = Book(Facts(real_study, DEFAULT_PLACES))
    kinds = [p.kind for p in book.pages]
    places = book.facts.units
    assert len(places["local_authority"]) == 152
    assert len(places["teaching_school_hub"]) == 87
    assert len(places["maths_hub"]) == 40
    trusts = len(book.facts.trusts) + len(book.facts.uncounted)
    assert kinds.count("trust") == trusts > 1000
    press = Press(book, tmp_path)
    press.assets()
    regions = [p for p in book.pages if p.key[:1] == ("dfe_region",)]
    assert len(regions) == 9
    # What zips of each kind of page: those of authorities stand alone, the others share scripts.
    weights: dict[str, list[int]] = {}
    shared = set[str]()
    for page in [*regions, *random.Random(40).sample(book.pages, 40)]:
        done = press.write(page.path)
        assert done.error == "", (page.path, done.error)
        size = (tmp_path / page.path).stat().st_size
        if page.kind == "place":
            assert size < (400_000 if page.key[0] == "local_authority" else 160_000), page.path
        if page.kind == "trust":
            assert size < 150_000, page.path
        kind = page.key[0] if page.kind == "place" else page.kind
        new = [name for name, _, _ in done.wrote if name not in shared]
        shared.update(new)
        zipped = sum(len(zlib.compress((tmp_path / name).read_bytes())) for name in new)
        weights.setdefault(kind, []).append(zipped)
    counts = Counter(p.key[0] if p.kind == "place" else p.kind for p in book.pages)
    few = [kind for kind in counts if kind not in weights]
    weights |= dict.fromkeys(few, weights["dfe_region"])
    whole = sum(n * statistics.median(weights[kind]) for kind, n in counts.items())
    assert whole < 50e6, f"all of England zips to {whole / 1e6:.1f} MB beside its tables"
    borough = next(p for p in book.pages if p.key == ("local_authority", "E09000007"))
    assert press.write(borough.path).error == ""
    assert (tmp_path / borough.path).stat().st_size < 235_000, "a borough's page, drawn to 25 m"
    text = (tmp_path / regions[0].path).read_text("utf-8")
    assert 'data-report="1" data-word="URN"' in text
    lancashire = book.facts.unit_rows["local_authority"]["E10000017"]
    assert lancashire["schools"] == 564
    assert book.facts.england["schools"] == len(real_study.schools)
    shares = sum(book.facts.england[f"share_{k}"] for k in KINDS)
    assert shares == pytest.approx(1.0)
    # A trust's page says what the table of spread measures.
    bars = TrustPages(book)
    for uid in random.Random(7).sample(list(book.facts.several.index), 40):
        row = book.facts.trust_rows[uid]
        page = next(p for p in book.pages if p.kind == "trust" and p.key == (uid,))
        for key in ("local_authority", "combined_authority", "teaching_school_hub"):
            bar = bars.strip(page, uid, key)
            if bar is not None and row[f"areas_{key}"] > 1:
                areas, effective = row[f"areas_{key}"], row[f"effective_areas_{key}"]
                assert bar.about.startswith(f"{areas:.0f} units, effective {effective:.1f}"), uid
                share = re.search(r"share one (\d+)%", bar.about)
                together = 100 * (1 - row[f"cross_pairs_{key}"])
                assert share is None or float(share[1]) == pytest.approx(together, abs=1.0), uid
