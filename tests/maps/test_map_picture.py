"""The map still looks as it did: a kept picture, compared with a tolerance."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from geolls.drawing import MapData, Place, draw
from geolls.recipes import Recipe

pytestmark = pytest.mark.browser

KEPT = Path(__file__).parent / "kept"

# Decoded by the browser itself: share of pixels that differ by more than a fifth of full scale.
COMPARE = """async ([a, b]) => {
  const read = async (data) => {
    const image = new Image();
    image.src = "data:image/png;base64," + data;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width; canvas.height = image.height;
    const ctx = canvas.getContext("2d");
    ctx.drawImage(image, 0, 0);
    return ctx.getImageData(0, 0, image.width, image.height);
  };
  const [p, q] = [await read(a), await read(b)];
  if (p.width !== q.width || p.height !== q.height) return 1;
  let off = 0;
  for (let i = 0; i < p.data.length; i += 4) {
    const d = [0, 1, 2].map((c) => Math.abs(p.data[i + c] - q.data[i + c]));
    if (Math.max(...d) > 51) off++;
  }
  return off / (p.data.length / 4);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["coverage", "place"])
def test_the_map_looks_as_it_did(visit, browser, recipe, data, name, scheme):
    if name == "coverage":
        made = draw(
            Recipe(
                "r",
                "t",
                on=("maths_hub",),
                measures=("coverage:maths_hub",),
                shade="coverage:maths_hub",
                schools=recipe.schools,
            ),
            data,
        )
    else:
        place = Place("local_authority", "W1", "Unit W1", ("a", "c"))
        shown = Recipe(
            "r", "t", scope="place", on=("local_authority", "maths_hub"), schools=recipe.schools
        )
        made = draw(shown, MapData(**{**vars(data), "place": place}))
    page = visit(made, viewport={"width": 900, "height": 640}, color_scheme=scheme).page
    # Letters differ from machine to machine; lines, fills and marks do not.
    page.evaluate(
        "document.querySelectorAll('.gl-labels,.leaflet-control-container')"
        ".forEach(n => { n.style.display = 'none'; })"
    )
    now = page.locator(".gl-stage").screenshot()
    kept = KEPT / f"{name}-{scheme}.png"
    if not kept.is_file():
        KEPT.mkdir(exist_ok=True)
        kept.write_bytes(now)
        pytest.fail(f"no picture was kept; {kept.name} is now: look at it, then run again")
    pair = [base64.b64encode(b).decode() for b in (kept.read_bytes(), now)]
    blank = browser.new_page()
    try:
        assert blank.evaluate(COMPARE, pair) < 0.01
    finally:
        blank.close()
