"""Workbooks: every cell as text."""

import datetime
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine

from segmentation.errors import InputError

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP_MAGIC = b"PK\x03\x04"
# Whole numbers that a floating-point one holds exactly.
EXACT_BELOW = 2**53


@dataclass(frozen=True)
class Sheet:
    """A sheet.

    Attributes
    ----------
    header : column names, bare of blanks; the first row where the sheet has no header.
    rows : the cells of all rows.
    numbers : the rows below the header that are not empty, counted from 0.
    """

    header: list[str]
    rows: list[list[Any]]
    numbers: list[int]

    def cells(self) -> pa.Table:
        """Return the rows of `numbers`, a text column per column of the sheet, named c0, c1, ...; empty is null.

        Beside them stand row_no, the number of the row among them, and line_no, that of the row of the sheet; from 1.
        """
        columns = zip(*(self.rows[number] for number in self.numbers), strict=True)
        texts = {f"c{at}": pa.array(map(cell_text, column), pa.string()) for at, column in enumerate(columns)}
        places = {"row_no": range(1, len(self.numbers) + 1), "line_no": [number + 1 for number in self.numbers]}
        return pa.table(texts | {name: pa.array(values, pa.int64()) for name, values in places.items()})


def is_workbook(path: Path) -> bool:
    """Tell from the content whether a file is an Excel workbook (.xlsx)."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/workbook.") for name in archive.namelist())
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError):
        return False


def sheet_names(path: Path) -> list[str]:
    """Return the names of the sheets of a workbook in their order."""
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            return list(workbook.sheet_names)
    except python_calamine.CalamineError as error:
        raise InputError(f"{path} is a broken workbook ({error}): save it again from a spreadsheet.") from error


def read_sheet(path: Path, sheet_name: str | None = None, has_header: bool = True) -> Sheet:
    """Read a sheet, the first one where none is named.

    A date becomes `YYYY-MM-DD HH:MM:SS`, with milliseconds where it has any; a number its shortest text.

    Raises
    ------
    InputError
        If the workbook or the sheet cannot be read.
    """
    file = path.stat()
    return _read_sheet(path, sheet_name, has_header, file.st_mtime_ns, file.st_size)


# The check at the start of a run and the load of the table share one reading.
@lru_cache(maxsize=8)
def _read_sheet(path: Path, sheet_name: str | None, has_header: bool, _modified: int, _size: int) -> Sheet:
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            if sheet_name is not None and sheet_name not in workbook.sheet_names:
                raise InputError(
                    f"{path} has no sheet {sheet_name}; its sheets are: {', '.join(workbook.sheet_names)}."
                )
            sheet = workbook.get_sheet_by_index(0) if sheet_name is None else workbook.get_sheet_by_name(sheet_name)
            rows = sheet.to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        raise InputError(f"{path} is a broken workbook ({error}): save it again from a spreadsheet.") from error
    return _as_sheet(rows, has_header)


def _as_sheet(rows: list[list[Any]], has_header: bool) -> Sheet:
    filled = [number for number, row in enumerate(rows) if any(cell != "" for cell in row)]
    if not filled:
        return Sheet([], rows, [])
    header = [(cell_text(cell) or "").strip() for cell in rows[filled[0]]]
    return Sheet(header, rows, filled[1:] if has_header else filled)


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
