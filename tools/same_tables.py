"""Hold two versions of geolls together: the same study must give the same tables and pages.

    python tools/same_tables.py write out/before --register REGISTER --links LINKS --as-of DAY
    python tools/same_tables.py compare out/before out/after

`write` asks the geolls that this Python imports, by its command line alone, so that it outlives any
move of the code. `compare` wants text, codes and order to be identical and numbers equal to 1e-9;
it prints each difference and leaves with 1 where there is one.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from itertools import combinations, zip_longest
from pathlib import Path

LAYERS = ("local_authority", "teaching_school_hub", "maths_hub", "combined_authority")
WEIGHTS = ("area", "schools", "pupils", "fsm_pupils", "neighbourhoods")
COVERED = (*LAYERS, "region", "district", "english_hub")
TABLES = (
    *("headlines", "spread_by_phase", "spread_sensitivity", "places_by_phase", "hubs_by_phase"),
    *("trusts_and_hubs", "schools_about", "equity_gap", "equity_fifths", "trust_yardstick"),
    *("trust_communities", "map_fit", "far_areas", "far_by_phase", "far_sensitivity"),
)
PLACES = ("Lancashire", "Leeds")
EARLIER = "2020-09-01"
PAGES = 40
HASHES = "data-part"  # of a packed map: the same map may be packed otherwise
SHOWN = 5


def questions(day: str) -> dict[str, list[str]]:
    """Name each table, and the words that ask for it."""
    out = {"assign": ["assign"], "spread": ["spread"], "typology": ["typology"]}
    for left, right in combinations(LAYERS, 2):
        for by in WEIGHTS:
            out[f"overlap_{left}_{right}_{by}"] = ["overlap", left, right, "--by", by]
    out |= {f"mismatch_{by}": ["mismatch", "--by", by] for by in WEIGHTS}
    out["mismatch_pair"] = ["mismatch", LAYERS[0], LAYERS[1]]
    for layer in COVERED:
        for by in ("area", "schools"):
            out[f"coverage_{layer}_{by}"] = ["coverage", layer, "--by", by]
    out["compare"] = ["compare", *PLACES]
    for place in PLACES:
        out[f"spread_{place}"] = ["spread", "--place", place]
        out[f"schools_{place}"] = ["schools", "--place", place]
        for measure in ("trusts", "top_trust_share", "share_trust_based_elsewhere"):
            out[f"explain_{measure}_{place}"] = ["explain", measure, "--place", place]
    out["changes"] = ["changes", "--from", EARLIER, "--to", day]
    out["layers"] = ["layers", "--long"]
    out["findings"] = ["findings"]
    out |= {f"table_{name}": ["table", name] for name in TABLES}
    return out


def run(words: list[str], output: Path | None) -> str:
    """Run geolls; return what it said on standard error where it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "geolls", *words], capture_output=True, check=False
    )
    if output is not None:
        output.write_bytes(done.stdout)
    return "" if done.returncode == 0 else done.stderr.decode("utf-8", "replace")[-2000:]


class Words(HTMLParser):
    """What a reader gets of a page: its words, its links and the raw values of its tables."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep links, values and descriptions."""
        self._hidden += tag in ("script", "style")
        for name, value in attrs:
            if name in ("href", "aria-label", "alt", "value") or (
                name.startswith("data-") and not name.startswith(HASHES)
            ):
                self.lines.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        """Leave what is not read."""
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if not self._hidden and data.strip():
            self.lines.append(" ".join(data.split()))


def write(folder: Path, day: str, study: list[str], only: str) -> None:
    """Write every table as csv and the words of a seeded sample of pages as text."""
    folder.mkdir(parents=True, exist_ok=True)

    def table(name: str, words: list[str]) -> tuple[str, str]:
        as_of = [] if words[0] == "changes" else ["--as-of", day]
        extra = study if words[0] != "layers" else []
        return name, run([*words, *extra, *as_of, "--format", "csv", "-q"], folder / f"{name}.csv")

    wanted = {n: w for n, w in questions(day).items() if only in n}
    with ThreadPoolExecutor(2) as pool:
        for name, fault in pool.map(lambda one: table(*one), wanted.items()):
            if fault:
                (folder / f"{name}.csv").write_text("FAILED\n" + fault, "utf-8")
                print(name, fault.strip().splitlines()[-1], file=sys.stderr)
    if only and only not in "pages":
        return
    atlas = folder / "atlas"
    fault = run(["atlas", "--out", str(atlas), *study, "--as-of", day, "-q"], None)
    if fault:
        print("atlas", fault, file=sys.stderr)
    pages = sorted(str(p.relative_to(atlas)) for p in atlas.rglob("*.html"))
    for page in [*random.Random(1).sample(pages, min(PAGES, len(pages))), "index.html"]:
        words = Words()
        words.feed((atlas / page).read_text("utf-8"))
        target = folder / "pages" / page.replace("/", "__").replace(".html", ".txt")
        target.parent.mkdir(exist_ok=True)
        target.write_text("\n".join(words.lines), "utf-8")


def same(left: str, right: str) -> bool:
    """Say whether two cells are the same text, or numbers equal to 1e-9."""
    if left == right:
        return True
    try:
        a, b = float(left), float(right)
    except ValueError:
        return False
    return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))


def differences(left: Path, right: Path) -> list[str]:
    """Name the first cells or lines that differ."""
    if left.suffix == ".csv":
        with (
            left.open(encoding="utf-8", newline="") as a,
            right.open(encoding="utf-8", newline="") as b,
        ):
            rows = list(zip_longest(csv.reader(a), csv.reader(b), fillvalue=[]))
    else:
        read = [[[line] for line in p.read_text("utf-8").splitlines()] for p in (left, right)]
        rows = list(zip_longest(*read, fillvalue=[]))
    found = []
    for i, (a, b) in enumerate(rows, 1):
        cells = zip_longest(a, b, fillvalue="(nothing)")
        found += [f"line {i}: {x!r} was, {y!r} is" for x, y in cells if not same(x, y)]
    return found


def compare(before: Path, after: Path) -> int:
    """Print every difference; return how many files differ."""
    names = {str(p.relative_to(before)) for p in before.rglob("*.*") if "atlas" not in p.parts}
    names |= {str(p.relative_to(after)) for p in after.rglob("*.*") if "atlas" not in p.parts}
    faulty = 0
    for name in sorted(names):
        left, right = before / name, after / name
        if not (left.exists() and right.exists()):
            found = [f"only in {before if left.exists() else after}"]
        else:
            found = differences(left, right)
        if found:
            faulty += 1
            print(f"{name}: {len(found)} differences")
            print("".join(f"    {line[:300]}\n" for line in found[:SHOWN]), end="")
    print(f"{len(names)} files, {faulty} with differences")
    return faulty


def main() -> None:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("write")
    one.add_argument("folder", type=Path)
    one.add_argument("--register", default=None)
    one.add_argument("--links", default=None)
    one.add_argument("--as-of", required=True)
    one.add_argument("--only", default="", help="only tables whose name holds this; `pages`")
    two = verbs.add_parser("compare")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    asked = parser.parse_args()
    if asked.verb == "compare":
        sys.exit(bool(compare(asked.before, asked.after)))
    study = [] if asked.register is None else ["--register", asked.register]
    study += [] if asked.links is None else ["--links", asked.links]
    write(asked.folder, asked.as_of, study, asked.only)


if __name__ == "__main__":
    main()
