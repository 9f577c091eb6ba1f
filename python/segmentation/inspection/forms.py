"""How a file is written: its encoding, its delimiter, the lines before its header and whether it has one."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from statistics import mode

from segmentation.landing.encodings import likely_encoding
from segmentation.landing.retailer import WHITESPACE, FileSet
from segmentation.landing.text import (
    DELIMITERS,
    decoded,
    first_lines,
    is_utf16,
    open_latin1,
    record_at,
)
from segmentation.landing.workbook import read_sheet

FIRST_LINES = 2_000
MOST_LINES_BEFORE_HEADER = 60
MOST_RECORDS = 500
POSSIBLE_DELIMITERS = (*DELIMITERS, "::")


def sheet_form(path: Path, name: str) -> FileSet:
    """Find out how many rows stand above the header of a sheet, and whether it has one."""
    sheet = read_sheet(path, name, False)
    rows = [(number, ["" if cell is None else str(cell).strip() for cell in sheet.rows[number]]) for number in
            sheet.numbers[:MOST_LINES_BEFORE_HEADER]]  # fmt: skip
    return _with_header(FileSet((), {}), rows)


def text_form(path: Path) -> FileSet:
    """Find out the encoding, the delimiter, the lines before the header and whether there is one."""
    is_wide = is_utf16(path)
    encoding = likely_encoding(path)
    with open_latin1(path) as file:
        content = "".join(first_lines(path, file, FIRST_LINES)).encode("latin-1")
    if is_wide:
        text = content.decode("utf-16", "replace")
    else:
        text = decoded(content, "utf-8") or content.decode(encoding or "gb18030", "replace")
    lines = list(io.StringIO(text.lstrip("\ufeff"), newline=None))
    records = {delimiter: _records(lines, delimiter) for delimiter in (*POSSIBLE_DELIMITERS, WHITESPACE)}
    delimiter = max(POSSIBLE_DELIMITERS, key=lambda delimiter: _fit(records[delimiter]))
    if _fit(records[delimiter]) == (0, 0):
        delimiter = WHITESPACE
    settings = FileSet((), {}, encoding=encoding, delimiter=delimiter)
    return _with_header(settings, [row for row in records[delimiter] if row[1]])


def _records(lines: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the number of the first line, from 0, and the fields of each record; no field where a line is none."""
    records: list[tuple[int, list[str]]] = []
    at = 0
    while at < len(lines) and len(records) < MOST_RECORDS:
        record = record_at(lines, at, 0, delimiter) if lines[at].strip() else None
        if record:
            records.append((at, record.fields))
        at = record.last_line if record and record.fields else at + 1
    return records


def _fit(records: Sequence[tuple[int, list[str]]]) -> tuple[float, int]:
    """Return the share of the records with the usual number of fields, and that number; (0, 0) where it is one."""
    counts = [len(fields) for _, fields in records]
    several = [count for count in counts if count > 1]
    usual = mode(several) if several else 1
    share = counts.count(usual) / len(counts) if counts else 0
    return (round(share, 1), usual) if usual > 1 and share >= 0.3 else (0, 0)


def _with_header(settings: FileSet, rows: list[tuple[int, list[str]]]) -> FileSet:
    """Add whether there is a header, and the lines before it; rows are given with the number of their line, from 0."""
    counts = [len(fields) for _, fields in rows if len(fields) > 1]
    usual = mode(counts) if counts else 0
    for number, fields in rows[:MOST_LINES_BEFORE_HEADER]:
        filled = [value for value in fields if value]
        if len(fields) == usual and len(filled) > usual / 2:
            skip = 0 if number == rows[0][0] else number
            return replace(settings, header=_is_header(fields), skip=skip)
    return settings


def _is_header(fields: list[str]) -> bool:
    """Tell whether a row names the columns: nearly all of them, nearly each once, none with a number or a date."""
    names = [value for value in fields if value]
    # Lists with a bar on either side have an empty field there, and spreadsheets save empty columns.
    outside = (fields[0] == "") + sum(1 for _ in takewhile(lambda value: not value, reversed(fields)))
    is_one_each = len(names) >= 0.8 * (len(fields) - outside) and len(set(names)) >= 0.7 * len(names)
    return is_one_each and not any(re.fullmatch(r"[\d\s.,:/+-]+", name) for name in names)
