"""The R page does what it says: run from top to bottom, it prints what stands on it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from geolls.cli.main import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "r.md"
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)

if shutil.which("Rscript") is None:
    pytest.skip(
        "R is not installed: apt-get install r-base-core r-cran-sf", allow_module_level=True
    )


def test_the_page_runs_and_prints_what_it_shows(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEOLLS_DATA", str(tmp_path / "data"))
    blocks = [(b["info"].strip(), b["body"]) for b in FENCE.finditer(PAGE.read_text("utf-8"))]
    script, shown = list[str](), list[str]()
    for (info, body), (before, _) in zip(blocks, [("", ""), *blocks], strict=False):
        if 'title="' in info:
            Path(info.split('"')[1]).write_text(body, encoding="utf-8")
        elif info == "sh":
            for line in body.splitlines():
                with pytest.raises(SystemExit) as done:
                    main(line.split()[1:])
                assert not done.value.code, line
        elif info == "r":
            script.append(body)
        elif info == "text" and before == "r":
            shown.append(body)
    assert len(script) == len(shown) > 2
    marked = "".join(f"{body}cat('<<end>>\\n')\n" for body in script)
    Path("page.R").write_text(marked, encoding="utf-8")
    ran = subprocess.run(
        ["Rscript", "--vanilla", "page.R"], capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr
    printed = ran.stdout.split("<<end>>\n")[:-1]
    assert printed == shown
    assert Path("in-trusts.png").read_bytes()[1:4] == b"PNG"
