"""Write docs/findings.md: python tools/write_findings.py REGISTER LINKS [AS_OF]."""

from __future__ import annotations

import sys
from pathlib import Path

from geolls.api import Study, open_study
from geolls.base.files import write_text
from geolls.study.findings import findings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "findings.md"


def page(study: Study) -> str:
    """Return the note on the main findings of a study, as markdown."""
    source = study.register.source
    names = " ".join(
        f"{option} {source[key]}"
        for option, key in (("--register", "path"), ("--links", "links_path"))
        if source.get(key)
    )
    lines = [
        "# Main findings",
        "",
        "Written by `python tools/write_findings.py REGISTER LINKS`; a test writes it again and "
        "compares. What the measures mean, and do not, is in the [method notes](methods.md).",
        "",
        f"Schools: {study.register.label}. Day: {study.as_of}. Counted: {len(study.schools):,} "
        f"{study.population.title}, ages 5 to 16. Known defects of the files are in the "
        "[data notes](data-notes.md).",
        "",
        "To see a number, run its command with the same study:",
        "",
        "```console",
        f"geolls findings {names} --as-of {study.as_of}",
        "```",
        "",
        "| finding | command that prints the number |",
        "|---|---|",
        *(f"| {f.text} | `{f.command}` |" for f in findings(study)),
        "",
        "Trusts and schools are counted, never judged. A trust in two authorities is not "
        "far-flung, a hub that lists an area may not be used there, and overlap is not failure: it "
        "shows which bodies must deal with which.",
    ]
    return "\n".join(lines) + "\n"


def main(register: str, links: str, as_of: str = "2022-09-01") -> None:
    """Write the page."""
    write_text(PAGE, page(open_study(register=register, links=links, as_of=as_of)))


if __name__ == "__main__":
    main(*sys.argv[1:])
