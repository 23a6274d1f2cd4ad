"""Time to interactive in headless Chromium, both pages offline and treated alike."""

from __future__ import annotations

import shutil
from pathlib import Path

from geolls.maps.offline import leaflet_css, leaflet_js

# A page is ready when it has loaded, its map (if it is one of ours) says so, and two frames have
# been drawn since: then a click is answered.
_WATCH = """
const ready = () => document.readyState === "complete" && (
  !document.querySelector(".geolls-app") || document.querySelector(".geolls-app[data-ready]"));
const look = () => ready()
  ? requestAnimationFrame(() => requestAnimationFrame(() => {
      document.documentElement.dataset.took = performance.now(); }))
  : requestAnimationFrame(look);
requestAnimationFrame(look);
"""


def leaflet_bytes() -> int:
    """Return the size of Leaflet, which a page of folium's needs beside it when offline."""
    return len(leaflet_js().encode()) + len(leaflet_css().encode())


def ready(theirs: Path, mine: Path, number: int) -> tuple[list[float], list[float]] | str:
    """Return the seconds until each page answers, in turns; or why this cannot be measured."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return "playwright is not installed"
    chromium = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    took: tuple[list[float], list[float]] = ([], [])
    try:
        with sync_playwright() as play:
            engine = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for _ in range(number):
                for path, seconds in zip((theirs, mine), took, strict=True):
                    seconds.append(_once(engine, path))
            engine.close()
    except Error as error:
        return str(error).splitlines()[0]
    return took


def _once(engine: object, path: Path) -> float:
    page = engine.new_page()  # type: ignore[attr-defined]
    # folium's page asks the network: Leaflet comes from here, the rest (jQuery, Bootstrap, icons)
    # is answered empty, which can only help it.
    page.route(
        "**/*leaflet.js", lambda r: r.fulfill(body=leaflet_js(), content_type="text/javascript")
    )
    page.route("**/*leaflet.css", lambda r: r.fulfill(body=leaflet_css(), content_type="text/css"))
    page.route(
        lambda url: url.startswith("http") and not url.endswith(("leaflet.js", "leaflet.css")),
        lambda r: r.fulfill(body=""),
    )
    page.add_init_script(_WATCH)
    page.goto(path.as_uri(), wait_until="commit", timeout=180_000)
    seen = page.wait_for_selector("html[data-took]", state="attached", timeout=180_000)
    seconds = float(seen.get_attribute("data-took")) / 1000
    page.close()
    return seconds
