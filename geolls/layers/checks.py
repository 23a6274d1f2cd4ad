"""Check the shelf and a user's folders: every fault at once, and what the claims add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from geolls.base.errors import CatalogueError, InputFileError, UnknownNameError
from geolls.base.files import sha256
from geolls.base.schema import load
from geolls.base.shelves import shelf
from geolls.layers.areas import Areas
from geolls.layers.catalogue import layer_folders, load_catalogue, shelf_folders
from geolls.layers.evidence import change_dates, units_on
from geolls.layers.expand import expand
from geolls.layers.model import Claim, Layer, Problem
from geolls.layers.reader import read_layer
from geolls.layers.settle import settle

__all__ = ["check_digests", "check_folders", "check_shelf"]


def check_shelf(areas: Areas) -> list[Problem]:
    """Validate the boundaries shelf.

    Parameters
    ----------
    areas : Areas
        The succession table.

    Returns
    -------
    list of Problem
        Every fault at once, in the order of files and rows.
    """
    problems = list(check_digests(shelf("boundaries") / "block"))
    for folder in shelf_folders():
        problems += _check_layer(folder, areas, own=False)
    return problems


def check_folders(paths: Sequence[Path], areas: Areas) -> list[Problem]:
    """Validate a user's layers.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Layer folders, or folders of them.
    areas : Areas
        The succession table.

    Returns
    -------
    list of Problem
        Every fault at once, in the order of files and rows. Errors stop a study; warnings do not.
    """
    try:
        folders = list(layer_folders(paths))
    except CatalogueError as error:
        return [Problem(error.where or "", None, None, error.message, error.fix)]
    problems = []
    taken = {key for key, layer in load_catalogue().layers.items() if layer.default}
    for folder in folders:
        if folder.name in taken:
            problems.append(Problem.at(folder / "layer.toml", f"a second layer {folder.name!r}"))
        taken.add(folder.name)
        problems += _check_layer(folder, areas, own=True)
    return problems


def _check_layer(folder: Path, areas: Areas, *, own: bool) -> list[Problem]:
    """Check one layer: what it says, the areas it names, the land its claims add up to."""
    layer, problems = read_layer(folder, own=own)
    if layer is not None:
        layer, unsettled = settle(layer, areas)
        problems += [*unsettled, *_check_land(layer, areas)]
    return sorted(problems, key=lambda p: (p.file, p.row or 0))


def check_digests(folder: Path) -> Iterator[Problem]:
    """Hold each file of a folder against the sha256 that its layer.toml states.

    Parameters
    ----------
    folder : pathlib.Path
        The blocks' folder.

    Yields
    ------
    Problem
        One per file that is missing or another.
    """
    file = folder / "layer.toml"
    try:
        stated = load(file).holds.get("sha256", {})
    except InputFileError as error:
        yield Problem.at(file, error.message, "reinstall geolls")
        return
    for name, digest in stated.items():
        path = folder / name
        if path.is_file() and sha256(path) != digest:
            yield Problem.at(
                path, "not the file its layer.toml describes", "restore it, or rebuild both"
            )
        # What the blocks were built from does not travel with them.
        if not path.is_file() and path.suffix == ".parquet":
            yield Problem.at(file, f"{name} is missing", "reinstall geolls")
    if not stated:
        yield Problem.at(file, "no sha256 is stated")


def _check_land(layer: Layer, areas: Areas) -> list[Problem]:
    """Check what the claims of a layer add up to on the ground, whenever that changes."""
    if layer.kind != "areas":
        return []
    problems: list[Problem] = []
    land: dict[int, tuple[str, ...]] = {}
    for claim in layer.claims:
        if claim.wards or not claim.area_code or claim.codes_as_of is None:
            continue
        try:
            land[claim.row] = areas.resolve(claim.area_code, claim.codes_as_of).blocks
        except UnknownNameError as error:
            file = layer.folder / "members.csv"
            problems.append(
                Problem.at(file, error.message, error.fix, row=claim.row, column="area_code")
            )
    if layer.tiling != "overlapping" and not layer.tier:
        problems += _doubled(layer, land)
    if layer.tiling == "exhaustive" and not problems:
        problems += _gaps(layer, areas)
    if layer.units_expected is not None and layer.complete and not layer.tier:
        most = max(len(units_on(layer, day, areas)) for day in change_dates(layer, areas))
        if most != layer.units_expected:
            message = f"{most} units where {layer.units_expected} are expected"
            file = layer.folder / "layer.toml"
            problems.append(Problem.at(file, message, column="units_expected"))
    return problems


def _doubled(layer: Layer, land: Mapping[int, tuple[str, ...]]) -> Iterator[Problem]:
    """Yield the land that one unit claims whole while another claims it too.

    `land` holds the blocks of each claim, by its row.
    """
    holders: dict[str, list[Claim]] = defaultdict(list)
    for claim in layer.claims:
        for block in land.get(claim.row, ()):
            for mate in holders[block]:
                both_part = claim.extent == mate.extent == "part"
                if mate.unit_code != claim.unit_code and not both_part and claim.overlaps(mate):
                    yield Problem.at(
                        layer.folder / "members.csv",
                        f"{block} is claimed by {claim.unit_code} and, in row {mate.row}, "
                        f"by {mate.unit_code}",
                        "mark both as part, or set tiling to overlapping",
                        row=claim.row,
                        column="extent",
                    )
            holders[block].append(claim)


def _gaps(layer: Layer, areas: Areas) -> Iterator[Problem]:
    """Yield the land without a unit in a layer that should cover England, on days of change."""
    last: set[str] = set()
    for day in change_dates(layer, areas):
        england = {_whole(b): a.name for a in areas.alive("district", day) for b in a.blocks}
        missing = england.keys() - {_whole(claim.block) for claim in expand(layer, day, areas)}
        if missing and missing != last:
            names = sorted({england[block] for block in missing})
            shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")
            yield Problem.at(
                layer.folder / "members.csv",
                f"no unit from {day}: {shown}",
                None if layer.complete else "known gap: shown as no evidence",
                severity="error" if layer.complete else "warning",
            )
        last = missing


def _whole(block: str) -> str:
    """Return the block of which another may be a part."""
    return block.partition("/")[0]
