"""A register and a layer whose every name attacks the page that shows it."""

from __future__ import annotations

import csv
import io
from itertools import cycle
from pathlib import Path

from geolls.register.columns import COLUMNS

# Each sets window.pwned if it is ever run, in one context or another.
ATTACKS: tuple[str, ...] = (
    "</script><script>window.pwned=1</script>",
    "<script>window.pwned=2</script>",
    "<img src=x onerror=window.pwned=3>",
    "<svg/onload=window.pwned=4>",
    '" onmouseover="window.pwned=5" x="',
    "' onfocus='window.pwned=6' autofocus='",
    "'-(window.pwned=7)-'",
    '"-(window.pwned=8)-"',
    "`-(window.pwned=9)-`${window.pwned=9}",
    "\\'-(window.pwned=10)//",
    "{{constructor.constructor('window.pwned=11')()}}",
    "{% raw %}{{ 7 * 7 }}",
    "javascript:window.pwned=12",
    "<!--<script>window.pwned=13</script>",
    "]]><script>window.pwned=14</script>",
    "</style><script>window.pwned=15</script>",
    "</title><script>window.pwned=16</script>",
    "</textarea><img src=x onerror=window.pwned=17>",
    "</template><script>window.pwned=18</script>",
    "&lt;script&gt;window.pwned=19&lt;/script&gt;",
    "&#x3c;img src=x onerror=window.pwned=20&#x3e;",
    "line\u2028window.pwned=21\u2029//",
    "<iframe srcdoc='<script>parent.pwned=22</script>'>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<a href='https://evil.example/'>click</a>",
    '=HYPERLINK("https://evil.example")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../../../tmp/x",
    "\u202egnp.exe \u200f\u2067right to left",
    "emoji \U0001f600\U0001f3f4\u200d\u2620\ufe0f",
    "a\u0300\u0301\u0302\u0303" * 30,
    "x" * 10_000,
    "NUL \x00 bell \x07 escape \x1b[31m",
)


def attack_register(place: Path, schools: int = 240) -> Path:
    """Write a register of sound records with hostile names, spread over six districts."""
    where = (
        (383, "E08000035", 430000, 433500), (384, "E08000036", 433000, 420500),
        (330, "E08000025", 407000, 286500), (873, "E07000008", 545000, 258000),
        (908, "E06000052", 182000, 45000), (202, "E09000007", 530000, 182500),
    )  # fmt: skip
    attacks = cycle(ATTACKS)
    rows = []
    for i in range(schools):
        la, district, x, y = where[i % len(where)]
        trust = i % 12
        value: dict[str, object] = {
            "urn": 140000 + i,
            "name": next(attacks),
            "la_code": la,
            "la_name": next(attacks) if i % 2 else "Leeds",
            "district": district,
            "district_name": ATTACKS[i % len(ATTACKS)],
            "phase": ("Primary", "Secondary")[i % 2],
            "type": "Academy converter",
            "type_group": "Academies",
            "status": "Open",
            "open_date": "01-09-2015",
            "postcode": "LS1 1AA",
            "town": ATTACKS[(i * 3) % len(ATTACKS)],
            "easting": x + 300 * (i // 6 % 8),
            "northing": y + 300 * (i // 48),
            "pupils": 200 + i,
            "fsm_pupils": 20 + i % 50,
            "religious_character": ATTACKS[(i * 5) % len(ATTACKS)],
            "diocese": ATTACKS[(i * 7) % len(ATTACKS)],
            "trust_uid": 5000 + trust,
            "trust_name": ATTACKS[(trust * 2) % len(ATTACKS)],
            "trust_flag": "Supported by a multi-academy trust",
            "federation_uid": 6000 + i % 30 if i % 5 == 0 else "",
            "federation_name": ATTACKS[(i * 11) % len(ATTACKS)] if i % 5 == 0 else "",
            "sponsor_name": ATTACKS[(i * 13) % len(ATTACKS)],
            "census_date": "20-01-2022",
        }
        rows.append([value.get(key, "") for key in COLUMNS["register"]])
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(COLUMNS["register"].values()), *rows])
    place.write_bytes(text.getvalue().encode("utf-8"))
    return place


def attack_layer(folder: Path) -> Path:
    """Write a layer whose title, units, notes and sources are hostile."""
    folder.mkdir(parents=True)

    def toml(text: str) -> str:
        plain = "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in text)
        return '"' + plain.replace("\\", "\\\\").replace("\\\\u", "\\u").replace('"', '\\"') + '"'

    keys = {
        "title": ATTACKS[0],
        "unit_title": ATTACKS[2],
        "unit_title_plural": ATTACKS[3],
        "source": ATTACKS[15],
        "source_url": ATTACKS[12],
        "licence": ATTACKS[16],
        "note": ATTACKS[6],
        "caption": ATTACKS[8],
    }
    lines = [f"{key} = {toml(text)}" for key, text in keys.items()]
    lines += ['tiling = "partial"', 'confidence = "high"', "from = 2020-09-01"]
    lines += ["[style]", f"label = {toml(ATTACKS[4][:20])}"]
    (folder / "layer.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    areas = ("E08000035", "E08000036", "E08000025", "E07000008", "E06000052", "E09000007")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["unit_code", "unit_name", "area_code", "note", "source"])
    names = [a for a in ATTACKS if "\x00" not in a]
    for i, area in enumerate(areas * 3):
        writer.writerow([names[i][:200], names[i + 4], area, names[i + 8], names[i + 2]])
    (folder / "members.csv").write_text(text.getvalue(), encoding="utf-8")
    return folder
