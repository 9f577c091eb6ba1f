"""Small tables for people: csv that spreadsheets open, workbooks with typed cells. Readable by their owner only."""

import csv
import datetime
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from segmentation.errors import InputError
from segmentation.text_width import text_width

# The same rows are the same bytes.
NO_CLOCK = datetime.datetime(2000, 1, 1)
TIME_FORMATS = {
    datetime.datetime: "yyyy-mm-dd hh:mm:ss",
    datetime.date: "yyyy-mm-dd",
    datetime.time: "hh:mm:ss",
    datetime.timedelta: "[h]:mm:ss",
}
WIDEST = 60  # signs of a column
# Of a sheet, below its header: more would be left out without a word.
MOST_ROWS = 1_048_575


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a new csv file that begins with a byte-order mark, which spreadsheets want."""
    with _private(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(header)
        writer.writerows(rows)


def write_xlsx(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a new workbook of one sheet: texts stay texts (ids too), dates are dates, amounts have two decimals.

    InputError where a sheet cannot hold so many rows.
    """
    if len(rows) > MOST_ROWS:
        raise InputError(f"A sheet of a workbook holds {MOST_ROWS:,} rows, and these are {len(rows):,}: take csv.")
    with _private(path) as file, Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": NO_CLOCK})
        money, bold = (book.add_format(form) for form in ({"num_format": "#,##0.00"}, {"bold": True}))
        forms = {kind: book.add_format({"num_format": form}) for kind, form in TIME_FORMATS.items()}
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 1)
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, bold)
            sheet.set_column(column, column, column_width(title, [row[column] for row in rows]))
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                form = None if isinstance(cell, int) else forms.get(type(cell), money)
                write_cell(sheet, number, column, cell, form)


def column_width(title: str, cells: Sequence[Any]) -> int:
    """Signs that fit the longest of the first texts; a Chinese one counts twice."""
    texts = [*title.split("\n"), *(str(cell) for cell in cells[:200] if cell is not None)]
    return min(WIDEST, 3 + max(map(text_width, texts)))


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a new file of the form that its name ends with, a workbook or csv."""
    (write_xlsx if path.suffix == ".xlsx" else write_csv)(path, header, rows)


def write_cell(sheet: Worksheet, row: int, column: int, cell: Any, form: Format | None = None) -> None:
    """Write a value as what it is: an id stays text, whatever it looks like, and no text is a formula."""
    if isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell, form)
    elif isinstance(cell, tuple(TIME_FORMATS)):
        sheet.write_datetime(row, column, cell, form)
    elif cell is not None:
        sheet.write_number(row, column, float(cell), form)


def _private(path: Path) -> io.BufferedWriter:
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))
