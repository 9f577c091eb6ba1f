"""The raw files of a retailer: which they are, and whether they can be what the retailer file says."""

import glob
import zipfile
from dataclasses import dataclass
from pathlib import Path

from segmentation.errors import InputError
from segmentation.retailer import RawTable, Retailer, read_retailer
from segmentation.text import count_lines, read_header
from segmentation.workbook import OLE_MAGIC, is_workbook, read_sheet

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
TABLE_TITLES = {"members": "the members", "sales_lines": "the sales lines"}


@dataclass(frozen=True)
class RawFile:
    """A raw file with a header that fits its table.

    Attributes
    ----------
    source_file : path relative to the folder of raw files.
    header_lines : number of lines up to and with the header, of a text file.
    n_columns : number of columns of the file.
    positions : position in the file, counted from 0, of each canonical column that the retailer has.
    raw_names : name in the file of each of them.
    """

    path: Path
    source_file: str
    is_workbook: bool
    header_lines: int
    n_columns: int
    positions: dict[str, int]
    raw_names: dict[str, str]


def has_raw_files(raw_dir: Path) -> bool:
    """Tell whether the folder of raw files holds any file, hidden ones aside."""
    return any(path.is_file() and not path.name.startswith(".") for path in raw_dir.rglob("*"))


def input_problem(retailer_name: str, raw_dir: Path, retailers_dir: Path = Path("retailers")) -> str | None:
    """Say in one sentence why the raw files cannot be loaded; None where nothing speaks against it.

    Text files are only looked at up to their header; a workbook is read as a whole, once for this and the load.
    """
    try:
        retailer = read_retailer(retailer_name, retailers_dir)
        for table in retailer.tables:
            find_raw_files(retailer, table, raw_dir)
    except InputError as error:
        return str(error)
    return None


def find_raw_files(retailer: Retailer, table: RawTable, raw_dir: Path) -> list[RawFile]:
    """Return the files of a raw table in the order of their names.

    Raises
    ------
    InputError
        If a file is missing, empty, of another kind than its name says, or lacks a column.
    """
    paths: set[Path] = set()
    for pattern in table.files:
        found = [raw_dir / name for name in glob.glob(pattern, root_dir=raw_dir, recursive=True)]
        found = [path for path in found if path.is_file()] or [path for path in [raw_dir / pattern] if path.is_file()]
        if not found:
            raise InputError(
                f"{raw_dir / pattern} is missing: the retailer {retailer.name} keeps {TABLE_TITLES[table.name]} there."
            )
        paths.update(found)
    return [_checked_file(retailer, table, raw_dir, path) for path in sorted(paths)]


def _checked_file(retailer: Retailer, table: RawTable, raw_dir: Path, path: Path) -> RawFile:
    should_be_workbook = path.suffix.lower() in WORKBOOK_SUFFIXES
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes): put {TABLE_TITLES[table.name]} there.")
    with path.open("rb") as file:
        magic = file.read(len(OLE_MAGIC))
    if magic == OLE_MAGIC:
        raise InputError(
            f"{path} is protected by a password, or a workbook of the old .xls form: "
            "save it as .xlsx without a password."
        )
    looks_like_workbook = is_workbook(path)
    if should_be_workbook and not looks_like_workbook and (magic[:2] == b"PK" or zipfile.is_zipfile(path)):
        raise InputError(f"{path} is a broken workbook: save it again from a spreadsheet as .xlsx.")

    header, header_lines = _header(path, table, looks_like_workbook)
    fitting = {name: position for position, name in reversed(list(enumerate(header)))}
    raw_names = _raw_names(table, fitting)
    other = next((other for other in retailer.tables if other.name != table.name), None)
    if len(raw_names) < len(table.columns) and other and len(_raw_names(other, fitting)) == len(other.columns):
        raise InputError(
            f"{path} should hold {TABLE_TITLES[table.name]} but has the columns of {TABLE_TITLES[other.name]}: "
            "the two files seem to be swapped."
        )
    if should_be_workbook and not looks_like_workbook:
        raise InputError(
            f"{path} is not a workbook but something else with its name, such as a renamed csv file: "
            "save it as .xlsx from a spreadsheet."
        )
    if looks_like_workbook and not should_be_workbook:
        raise InputError(f"{path} is an Excel workbook with the name of a text file: save it as csv.")
    if len(raw_names) < len(table.columns):
        lacking = [f"{' or '.join(raw)} ({column})" for column, raw in table.columns.items() if column not in raw_names]
        found = ", ".join(header)[:200] or "nothing"
        raise InputError(f"{path} has no column {', no column '.join(lacking)}; its first line holds: {found}.")
    twice = [name for name in raw_names.values() if header.count(name) > 1]
    if twice:
        raise InputError(f"{path} has several columns called {', '.join(twice)}: rename or remove all but one.")

    if not looks_like_workbook and count_lines(path) <= header_lines:
        raise InputError(f"{path} has a header but no line below it: put the file with the data there.")

    return RawFile(
        path=path,
        source_file=path.relative_to(raw_dir).as_posix(),
        is_workbook=looks_like_workbook,
        header_lines=header_lines,
        n_columns=len(header),
        positions={column: fitting[name] for column, name in raw_names.items()},
        raw_names=raw_names,
    )


def _header(path: Path, table: RawTable, is_workbook: bool) -> tuple[list[str], int]:
    if is_workbook:
        return read_sheet(path, table.sheet).header, 0
    return read_header(path, table.encoding, table.delimiter)


def _raw_names(table: RawTable, header: dict[str, int]) -> dict[str, str]:
    """Return for each canonical column the first of its raw columns that the header has."""
    found = {column: next((name for name in names if name in header), None) for column, names in table.columns.items()}
    return {column: name for column, name in found.items() if name is not None}
