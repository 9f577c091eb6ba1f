"""Workbooks: every cell as text."""

import datetime
import posixpath
import re
import sys
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import python_calamine
from xlsxwriter.utility import xl_cell_to_rowcol

from segmentation.errors import InputError
from segmentation.landing.retailer import plain_name
from segmentation.landing.text import (
    BLOCK_BYTES,
    BROKEN,
    HEADER_WITHIN,
    is_of_the_system,
    largest_unpacked,
    unpacks_too_far,
)

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
# Places of a sheet that may be empty.
FEW_PLACES = 5_000_000
PLACES_PER_CELL = 20
ROW = re.compile(rb'row r="(\d{1,7})"')
COLUMN = re.compile(rb'c r="([A-Z]{1,3})')
LONGEST_PLACE = 20
# Of a text that is empty the cell says that it is one.
FORMULA_ALONE = re.compile(
    rb'<c r="([A-Z]{1,3}\d{1,7})"(?![^>]* t="str")[^>]*>\s*<f(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v ?/>|<v></v>)?\s*</c>'
)
LONGEST_CELL = 1 << 16
SHARED = re.compile(rb't="s"[^>]*><v>(\d{1,9})</v>')
# Bytes of a text that is worth counting, and of all such texts of a sheet.
LONG_TEXT = 500
MOST_TEXT = 1 << 30
# Whole numbers that a floating-point one holds exactly.
EXACT_BELOW = 2**53


@dataclass(frozen=True)
class Sheet:
    """A sheet.

    Attributes
    ----------
    header : column names, bare of blanks; the first row where the sheet has no header.
    rows : the cells of all rows; all cells of a merged column have its value.
    numbers : the rows below the header that are not empty, counted from 0.
    merged : (row, column) of the cells that were filled because they are merged with one above.
    """

    header: list[str]
    rows: list[list[Any]]
    numbers: list[int]
    merged: frozenset[tuple[int, int]] = frozenset()

    def cells(self, counted_once: Collection[str]) -> pa.Table:
        """Return the rows of `numbers`, a text column per column of the sheet, named c0, c1, ...; empty is null.

        Beside them stand row_no, the number of the row among them, and line_no, that of the row of the sheet; from 1.

        Parameters
        ----------
        counted_once : columns in which only the first of merged cells has the value.
        """
        columns = [list(column) for column in zip(*(self.rows[number] for number in self.numbers), strict=True)]
        places = {number: place for place, number in enumerate(self.numbers)}
        for row, column in self.merged:
            if f"c{column}" in counted_once and row in places:
                columns[column][places[row]] = ""
        texts = {f"c{at}": pa.array(map(cell_text, column), pa.string()) for at, column in enumerate(columns)}
        lines = {"row_no": range(1, len(self.numbers) + 1), "line_no": [number + 1 for number in self.numbers]}
        return pa.table(texts | {name: pa.array(values, pa.int64()) for name, values in lines.items()})


def is_workbook(path: Path) -> bool:
    """Tell from the content whether a file is an Excel workbook (.xlsx)."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/workbook.") for name in archive.namelist())
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError):
        return False


@contextmanager
def _opened(path: Path) -> Iterator[python_calamine.CalamineWorkbook]:
    _check_parts(path, path.stat().st_mtime_ns)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            yield workbook
    except python_calamine.CalamineError as error:
        raise InputError(f"{path} is a broken workbook ({error}): save it again from a spreadsheet.") from error


def sheet_names(path: Path) -> dict[str, bool]:
    """Return the names of the sheets with cells of a workbook, in their order, and whether each is hidden."""
    with _opened(path) as workbook:
        return {
            sheet.name: sheet.visible != python_calamine.SheetVisibleEnum.Visible
            for sheet in workbook.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        }


def sheets_to_read(path: Path, wanted: Sequence[str] = ()) -> list[str]:
    """Return the wanted sheets; without any the first that is not hidden, for a star all of these."""
    names = sheet_names(path)
    shown = [name for name, is_hidden in names.items() if not is_hidden]
    if wanted and tuple(wanted) != ("*",):
        if lacking := [name for name in wanted if name not in names]:
            raise InputError(f"{path} has no sheet {lacking[0]}; its sheets are: {', '.join(names)}.")
        return list(wanted)
    if not shown:
        raise InputError(f"{path} has no sheet that is not hidden: name the one that is meant as sheet.")
    return shown if wanted else shown[:1]


def sheets_left_out(names: Mapping[str, bool], read: Collection[str | None]) -> str:
    """Return, as a text, the sheets that are not read; empty where there is none.

    Parameters
    ----------
    names : as `sheet_names` returns them.
    read : those that any table reads; None is the first that is not hidden.
    """
    first = next((name for name, is_hidden in names.items() if not is_hidden), None)
    named = {first if name is None else name for name in read}
    left_out = {name: is_hidden for name, is_hidden in names.items() if name not in named}
    return ", ".join(f"{name} (hidden)" if is_hidden else name for name, is_hidden in left_out.items())


def read_sheet(
    path: Path,
    sheet_name: str | None,
    has_header: bool,
    wanted: Collection[Collection[str]] = (),
    skip: int = 0,
) -> Sheet:
    """Read a sheet, the first that is not hidden where none is named.

    A date becomes `YYYY-MM-DD HH:MM:SS`, with milliseconds where it has any; a number its shortest text. The header is
    the first row with a name of each wanted column; the first one where no row has, or none is wanted.

    Parameters
    ----------
    wanted : for each column the names that it may have.
    skip : number of rows at the start that do not count.

    Raises
    ------
    InputError
        If the workbook or the sheet cannot be read.
    """
    file = path.stat()
    rows, merged = _read_cells(path, sheet_name or sheets_to_read(path)[0], file.st_mtime_ns, file.st_size)
    return _as_sheet(rows, merged, has_header, wanted, skip)


Cells = tuple[list[list[Any]], frozenset[tuple[int, int]]]


# The check at the start of a run and the load of the table share one reading.
@lru_cache(maxsize=8)
def _read_cells(path: Path, sheet_name: str, _modified: int, _size: int) -> Cells:
    _check_size(path, sheet_name)
    with _opened(path) as workbook:
        sheet = workbook.get_sheet_by_name(sheet_name)
        rows = sheet.to_python(skip_empty_area=False)
        merged = set()
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or []:
            for row, cells in enumerate(rows[top + 1 : bottom + 1], start=top + 1):
                # Rows end with the last column that has a value.
                if left < len(cells):
                    cells[left] = rows[top][left]
                    merged.add((row, left))
    return rows, frozenset(merged)


@lru_cache(maxsize=8)
def _check_parts(path: Path, _modified: int) -> None:
    """Refuse a workbook whose parts, what they say of their sizes aside, unpack to more than a table can."""
    left = largest_unpacked(path)
    with _archive(path) as archive:
        for part in archive.infolist():
            if part.filename.startswith("xl/media/"):
                continue
            # Else it would be read as far as it says that it reaches.
            part.file_size = sys.maxsize
            with archive.open(part) as file:
                while block := file.read(BLOCK_BYTES):
                    left -= len(block)
                    if left < 0:
                        raise unpacks_too_far(path)


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (*BROKEN, ElementTree.ParseError, ValueError) as error:
        if is_of_the_system(error):
            raise
        raise InputError(f"{path} is a broken workbook ({error}): save it again from a spreadsheet.") from error


def _check_size(path: Path, sheet_name: str) -> None:
    """Refuse a sheet that memory cannot hold.

    That is one with a cell far from the others, as all places between them are held, and one whose cells repeat long
    shared texts, as each gets its own.
    """
    cells, columns, rows = 0, {b"A"}, [1]
    text_lengths = 0
    _check_parts(path, path.stat().st_mtime_ns)
    with _archive(path) as archive:
        if (part := _part_of(archive, sheet_name)) is None:
            return
        lengths = _shared_texts(archive)
        longest = max(lengths, default=0)
        with archive.open(part) as file:
            end = b""
            while block := file.read(BLOCK_BYTES):
                block, end = end + block, block[-LONGEST_PLACE:]
                cells += block.count(b'c r="')
                columns.update(COLUMN.findall(block))
                rows.append(max(map(int, ROW.findall(block)), default=0))
                if longest > LONG_TEXT:
                    text_lengths += sum(
                        lengths[int(number)] for number in SHARED.findall(block) if int(number) < len(lengths)
                    )
                if text_lengths > MOST_TEXT:
                    raise InputError(
                        f"{path}, sheet {sheet_name}, repeats texts of up to {longest:,} characters so often that they "
                        "do not fit into memory: save it as csv."
                    )
    column = max(columns, key=lambda letters: (len(letters), letters))
    if (xl_cell_to_rowcol(f"{column.decode()}1")[1] + 1) * max(rows) > PLACES_PER_CELL * cells + FEW_PLACES:
        raise InputError(
            f"{path}, sheet {sheet_name}, reaches to column {column.decode()} and row {max(rows):,} but has only "
            f"{cells:,} cells: delete the columns and rows beyond the table, or save it as csv."
        )


def formulas_alone(path: Path, sheet_name: str) -> list[str]:
    """Return the places of formulas without a stored result, whose cells are empty until a spreadsheet saves them."""
    places: list[str] = []
    _check_parts(path, path.stat().st_mtime_ns)
    with _archive(path) as archive:
        if (part := _part_of(archive, sheet_name)) is None:
            return places
        with archive.open(part) as file:
            rest = b""
            while block := file.read(BLOCK_BYTES):
                cells, end, rest = (rest[-LONGEST_CELL:] + block).rpartition(b"</c>")
                places += [place.decode() for place in FORMULA_ALONE.findall(cells + end)]
    return places


def _shared_texts(archive: zipfile.ZipFile) -> list[int]:
    """Return the lengths of the texts that cells share, in bytes with their markup."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    texts = archive.read("xl/sharedStrings.xml").split(b"<si")
    return [len(text) for text in texts[1:]]


def _part_of(archive: zipfile.ZipFile, sheet_name: str) -> str | None:
    """Return the file of a sheet in the archive; None in the binary form of workbooks."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(archive.namelist()):
        return None
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = {link.get("Id"): link.get("Target", "") for link in links}
    for element in book.iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet_name:
            link = next((value for key, value in element.items() if key.endswith("}id")), None)
            part = posixpath.normpath(posixpath.join("/xl", target.get(link, ""))).lstrip("/")
            return part if part in archive.namelist() else None
    return None


def _as_sheet(
    rows: list[list[Any]],
    merged: frozenset[tuple[int, int]],
    has_header: bool,
    wanted: Collection[Collection[str]],
    skip: int,
) -> Sheet:
    filled = [number for number, row in enumerate(rows) if number >= skip and any(cell != "" for cell in row)]
    if not filled:
        return Sheet([], rows, [])
    place = 0
    if has_header and wanted:
        names = [set(_names(rows[number])) for number in filled[:HEADER_WITHIN]]
        fitting = (at for at, found in enumerate(names) if all(any(name in found for name in one) for one in wanted))
        place = next(fitting, 0)
    return Sheet(_names(rows[filled[place]]), rows, filled[place + 1 :] if has_header else filled, merged)


def _names(row: list[Any]) -> list[str]:
    return [plain_name(cell_text(cell) or "") for cell in row]


def cell_text(value: Any) -> str | None:
    """Return the value of a cell as text, None for an empty one.

    A whole number that has lost digits, from 2^53 on, has an exponent. A number with three decimals gets a fourth:
    where the retailer's decimal mark is a comma, its point must not pass for a mark of thousands.
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime.datetime):
        milliseconds = datetime.timedelta(milliseconds=round(value.microsecond / 1000))
        moment: datetime.datetime = value.replace(microsecond=0) + milliseconds
        return moment.isoformat(sep=" ", timespec="milliseconds" if moment.microsecond else "seconds")
    if isinstance(value, datetime.date):
        return f"{value.isoformat()} 00:00:00"
    return f"{value}"


def _number_text(number: float) -> str:
    if number.is_integer():
        return str(int(number)) if abs(number) < EXACT_BELOW else f"{number:.16e}"
    text = f"{number}"
    return f"{text}0" if text[-4:-3] == "." else text
