"""Write tables as people and programs write them; each must be read as the same table.

Where `fuzz` breaks input, these cases only dress it: another encoding, separator, title, word for
no value, way to write days, codes and numbers, dash, blank row or column, ending, archive or
workbook. What is read must be what the plain file says.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import fuzz
import xlsxwriter

Rows = list[list[str]]
NOTHING = ("", "NA", "n/a", "NULL", "None", "-", "nan", "#N/A", " ", "Not recorded", "\u2013")
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
DAYS: tuple[Callable[[date], str], ...] = (
    lambda d: f"{d:%d-%m-%Y}",
    lambda d: f"{d:%d/%m/%Y}",
    lambda d: f"{d:%d.%m.%Y}",
    lambda d: f"{d.day}/{d.month}/{d.year}",
    lambda d: d.isoformat(),
    lambda d: f"{d.isoformat()} 00:00:00",
    lambda d: f"{d.isoformat()}T00:00:00Z",
    lambda d: f"{d:%d/%m/%Y} 00:00",
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d:%m/%d/%Y}",
    lambda d: f"{d.day} {d:%B %Y}",
    lambda d: f"{d:%d-%b-%Y}",
    lambda d: str((d - date(1899, 12, 30)).days),
)
CODES: tuple[Callable[[str], str], ...] = (
    str, "{}.0".format, " {} ".format, "'{}".format, "{}.00".format, "\u00a0{}".format
)  # fmt: skip


def dressed(rng: random.Random, header: list[str], rows: Rows, kinds: str, own: bool) -> Rows:
    """Write the cells anew: `kinds` says of each column whether it holds code, day, number, name.

    `own` tables bear the headings that they must; others may bear them as programs clean them.
    """
    say = rng.choice(DAYS)
    code, nothing = rng.choice(CODES), rng.choice(NOTHING)
    dash = rng.choice(DASHES)

    def cell(text: str, kind: str) -> str:
        if not text:
            return rng.choice((nothing, ""))
        if kind == "d":
            return say(datetime.strptime(text, "%d-%m-%Y").date())
        if kind == "c" and text.isdigit():
            return code(text)
        if kind == "n":
            return rng.choice((text, f"{text}.0", f"{int(text):,}", f" {text}"))
        return text.replace("-", dash) if kind == "a" else text

    heads = [
        str,
        str.upper,
        lambda h: f" {h} ",
        lambda h: re.sub(r"\W+", "_", re.sub(r"([a-z])([A-Z])", r"\1_\2", h)).strip("_").lower(),
    ]
    head = rng.choice(heads[:3] if own else heads)
    table = [[head(h) for h in header]]
    table += [[cell(t, k) for t, k in zip(r, kinds, strict=True)] for r in rows]
    if rng.random() < 0.2:
        table = [["", *row] for row in table]
    if rng.random() < 0.3:
        table = [[*row, "", ""] for row in table]
    if rng.random() < 0.3:
        table.insert(rng.randrange(1, len(table)), [])
    if rng.random() < 0.4:
        titles = [["All of them"], ["as of", "May"], [], ["Source: a spreadsheet; made by hand"]]
        table[:0] = rng.sample(titles, rng.randrange(1, 4))
    return table


def packed(rng: random.Random, name: str, table: Rows, free: bool) -> fuzz.Files:
    """Write a table as a file; a `free` one may be called and packed as one likes."""
    if rng.random() < 0.25:
        return {f"{name}.{rng.choice(('xlsx', 'XLSX', 'xlsm'))}": workbook(rng, table)}
    mark, end = rng.choice(",;\t|"), rng.choice(("\n", "\r\n", "\r"))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, lineterminator=end,
                        quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))  # fmt: skip
    width = max(map(len, table))
    writer.writerows(row + [""] * (width - len(row)) for row in table)
    text = out.getvalue()
    if rng.random() < 0.2:
        text = f"sep={mark}{end}{text}"
    encoding = rng.choice(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-32"))
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        data = text.encode()
    if not free:
        return {f"{name}.{rng.choice(('csv', 'CSV'))}": data}
    way = rng.randrange(4)
    if way == 0:
        return {f"{name}.{rng.choice(('csv.gz', 'CSV.GZ', 'csv'))}": gzip.compress(data, mtime=0)}
    if way == 1:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr(zipfile.ZipInfo(f"x/{name}.CSV"), data)
            archive.writestr(zipfile.ZipInfo("__MACOSX/x/._r.csv"), b"\0")
        return {f"{name}.zip": held.getvalue()}
    return {f"{name}.{rng.choice(('csv', 'CSV', 'txt'))}": data}


def workbook(rng: random.Random, table: Rows) -> bytes:
    """Write a workbook of typed cells, its table on one of several sheets."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2022, 9, 1)})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        if rng.random() < 0.5:
            book.add_worksheet("Read me").write(0, 0, "Made by hand, see the next sheet")
        sheet = book.add_worksheet("Sheet 2")
        typed = rng.random() < 0.7
        for y, row in enumerate(table):
            for x, text in enumerate(row):
                if typed and re.fullmatch(r"[1-9]\d*", text):
                    sheet.write_number(y, x, int(text))
                elif typed and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                    days = date.fromisoformat(text) - date(1899, 12, 30)
                    sheet.write_number(y, x, days / timedelta(1), day)
                elif text:
                    sheet.write_string(y, x, text)
    return held.getvalue()


def plain(data: bytes) -> tuple[list[str], Rows]:
    """Return header and rows of a plain csv."""
    head, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    return head, rows


def dress(kinds: str, *, own: bool = False, free: bool = True) -> Callable[..., fuzz.Files]:
    """Dress the one table of a target."""

    def breaks(rng: random.Random, files: fuzz.Files) -> fuzz.Files:
        (name, data), *others = files.items()
        table = dressed(rng, *plain(data), kinds, own)
        return packed(rng, Path(name).stem, table, free) | dict(others)

    return breaks


def the_file(folder: Path, stem: str) -> Path:
    """Return the file of a name, whatever its ending."""
    return next(p for p in folder.iterdir() if p.name.casefold().startswith(stem))


REGISTER = [
    *("URN", "LA (code)", "EstablishmentName", "TypeOfEstablishment (name)"),
    *("EstablishmentTypeGroup (name)", "EstablishmentStatus (name)", "OpenDate", "CloseDate"),
    *("PhaseOfEducation (name)", "NumberOfPupils", "Trusts (code)", "Trusts (name)"),
    *("DistrictAdministrative (code)", "Easting", "Northing"),
]
KINDS = "ccpppp" + "ddpncppcc"


@cache
def register_file() -> bytes:
    """Write a register of five schools, one closed."""
    trust = ("Academy converter", "Academies", "Open", "15-09-2013", "")
    held = ("Community school", "Local authority maintained schools")
    rows = [
        ["100000", "383", "M\u00e9doc School", *trust, "Secondary", "1234", "5001", "Vale Trust",
         "E08000035", "430000", "433000"],
        ["100001", "383", "O'Hara, St Mary's", *trust, "Primary", "200", "5001", "Vale Trust",
         "E08000035", "430100", "433100"],
        ["100002", "383", "Oak; and Ash", *held, "Open", "", "", "Primary", "99", "", "",
         "E08000035", "430200", "433200"],
        ["100003", "383", "Old \"Mill\"", *held, "Closed", "01-09-1990", "31-08-2020", "Primary",
         "", "", "", "E08000035", "", ""],
        ["100004", "801", "Elm", *held, "Open", "28-02-1999", "", "Primary", "210", "", "",
         "E06000023", "358000", "173000"],
    ]  # fmt: skip
    return fuzz.a_csv(REGISTER, rows)


@fuzz.target(
    "dressed register",
    "GIAS register, as people and programs write it",
    lambda: {"register.csv": register_file()},
    dress(KINDS),
)
def _(folder: Path) -> str:
    from geolls.register.register import read_register

    register = read_register(the_file(folder, "register"), as_of=fuzz.ON)
    columns = ["urn", "name", "la_code", "trust_uid", "pupils", "easting"]
    found = register.schools[columns].fillna("").to_numpy().tolist()
    assert found == [
        ["100000", "M\u00e9doc School", "383", "5001", 1234, 430000],
        ["100001", "O'Hara, St Mary's", "383", "5001", 200, 430100],
        ["100002", "Oak; and Ash", "383", "", 99, 430200],
        ["100004", "Elm", "801", "", 210, 358000],
    ], found
    opened = [str(d)[:10] for d in register.schools["open_date"]]
    assert opened == ["2013-09-15", "2013-09-15", "NaT", "1999-02-28"], opened
    reasons = register.filtered["reason"]
    assert set(reasons) <= {"closed before the date", "nothing in any column that is read"}
    assert reasons.tolist().count("closed before the date") == 1
    assert register.counts["rejected"] == 0
    return "read the same"


MEMBERS = b"""unit,area,valid_from,note
Riverside,Leeds,15-09-2015,
Riverside,Stoke-on-Trent,28-02-2016,x
Hillside,King's Lynn and West Norfolk,,"one, two"
"""


@fuzz.target(
    "dressed list",
    "list of members, as people and programs write it",
    lambda: {"members.csv": MEMBERS, "layer.toml": b'title = "Mine"\nsource = "me"\n'},
    dress("paxp", own=True, free=False),
)
def _(folder: Path) -> str:
    from geolls.layers.catalogue import load_catalogue

    layer = load_catalogue((folder,)).layers[folder.name]
    found = [(c.unit_code, c.area_code, str(c.valid_from)) for c in layer.claims]
    assert found == [
        ("riverside", "E08000035", "2015-09-15"),
        ("riverside", "E06000021", "2016-02-28"),
        ("hillside", "E07000146", "None"),
    ], found
    return "read the same"


@fuzz.target(
    "dressed schools",
    "list of URNs, as people and programs write it",
    lambda: {"mine.csv": b"School name,URN,opened\nOak,100001,01-09-2000\nElm,100004,\n"},
    dress("pcd"),
)
def _(folder: Path) -> str:
    from geolls.layers.lists import read_list

    layer = read_list(the_file(folder, "mine"), "mine")
    assert [c.urn for c in layer.claims] == ["100001", "100004"]
    return "read the same"


@fuzz.target(
    "dressed points",
    "table of points, as people and programs write it",
    lambda: {"points.csv": b"id,easting,northing\n1,430000,433500\n2,,\n3,430100,433400\n"},
    dress("ccc"),
)
def _(folder: Path) -> str:
    from geolls.base.cells import a_number
    from geolls.study.points import coordinate_columns, open_points

    table = open_points(the_file(folder, "points"))
    rows = [row for batch in table.batches for row in batch.to_pylist()]
    rows = [row for row in rows if any(row.values())]  # a blank row stays a row
    x, y, _ = coordinate_columns(table.schema.names, "")
    found = [(a_number(row[x] or ""), a_number(row[y] or "")) for row in rows]
    assert found == [(430000, 433500), (None, None), (430100, 433400)], found
    return "read the same"
