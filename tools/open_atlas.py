"""Open the pages of an atlas in headless Chromium with the network cut; report every fault.

python tools/open_atlas.py out/atlas               # every page
python tools/open_atlas.py out/atlas --sample 40   # a seeded sample
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

_ON_DISK = ("file:", "data:", "blob:")


def faults_of(browser: Browser, pages: list[Path]) -> list[str]:
    """Return one line per fault: the page, and what the browser said.

    Parameters
    ----------
    browser : Browser
        Started.
    pages : list of pathlib.Path
        Pages to open, one after another.

    Returns
    -------
    list of str
        Console errors and warnings, script errors, requests that left the disk, maps not drawn.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_offline(True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: said.append(str(e)))
    page.on(
        "request", lambda r: None if r.url.startswith(("file:", "data:")) else said.append(r.url)
    )
    found = []
    for path in pages:
        said.clear()
        page.goto(path.resolve().as_uri())
        if page.locator(".geolls-app").count():
            try:
                page.wait_for_selector(".geolls-app[data-ready]", timeout=30_000)
            except Exception:  # playwright's own timeout error: say which page
                said.append("the map was not drawn in 30 seconds")
        found += [f"{path}: {text}" for text in said]
    context.close()
    return found


def main() -> int:
    """Open the pages the command line asks for; return 1 when any has a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="so many pages, chosen by seed 40")
    asked = parser.parse_args()
    pages = sorted(asked.folder.rglob("*.html"))
    if not pages:
        parser.error(f"{asked.folder} holds no page")
    if asked.sample:
        pages = random.Random(40).sample(pages, min(asked.sample, len(pages)))
    chromium = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = faults_of(browser, pages)
        browser.close()
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(pages)} pages opened, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
