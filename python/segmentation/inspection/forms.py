"""How a file is written: its encoding, its delimiter, the lines before its header and whether it has one."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from statistics import mode

from segmentation.landing.retailer import WHITESPACE, FileSet
from segmentation.landing.text import (
    BLOCK_BYTES,
    DELIMITERS,
    decoded,
    first_lines,
    is_utf16,
    open_plain,
    read_line,
    record_at,
)
from segmentation.landing.workbook import read_sheet

FIRST_LINES = 2_000
MOST_LINES_BEFORE_HEADER = 60
MOST_RECORDS = 500
POSSIBLE_DELIMITERS = (*DELIMITERS, "::")
# Russian writes its letters with the last quarter of all bytes; of two bytes, Korean begins its signs with few of those
# that Chinese does.
RUSSIAN_WORD = re.compile(rb"[\xc0-\xff]{3,}")
TWO_BYTES = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
MOST, FEW_BYTES, FEW_SIGNS = 0.9, 40, 10
KANA = re.compile("[\u3041-\u30fa]")
# Characters of daily use, such as 男, 女 and ￥, by themselves: bytes that Western text has within words, if at all.
# Left out is the sign of degrees, which C and F follow.
SINGLE = {
    "gb18030": re.compile(rb"(?<![A-Za-z\x80-\xff])[\xa1-\xa3\xb0-\xf7][\xa1-\xfe](?![A-Za-z\x80-\xff])"),
    "cp950": re.compile(rb"(?<![A-Za-z\x80-\xff])[\xa4-\xaf\xb1-\xbf][\x40-\x7e\xa1-\xfe](?![A-Za-z\x80-\xff])"),
}
# Most Japanese characters of daily use begin with bytes that begin none in Chinese and Korean, and are quotation marks
# and dashes in Western text.
KANJI = re.compile(rb"(?<![A-Za-z])(?:[\x88-\x9f][\x40-\x7e\x80-\xfc])+(?![A-Za-z])")


def sheet_form(path: Path, name: str) -> FileSet:
    """Find out how many rows stand above the header of a sheet, and whether it has one."""
    sheet = read_sheet(path, name, False)
    rows = [(number, ["" if cell is None else str(cell).strip() for cell in sheet.rows[number]]) for number in
            sheet.numbers[:MOST_LINES_BEFORE_HEADER]]  # fmt: skip
    return _with_header(FileSet((), {}), rows)


def text_form(path: Path) -> FileSet:
    """Find out the encoding, the delimiter, the lines before the header and whether there is one."""
    is_wide = is_utf16(path)
    encoding = None if is_wide else _encoding(path)
    with _opened(path) as file:
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


@contextmanager
def _opened(path: Path) -> Iterator[io.TextIOWrapper]:
    """Open a text file, decompressed, each byte as a character, whatever its lines end with."""
    with open_plain(path) as file, io.TextIOWrapper(file, "latin-1", newline="") as text:
        yield text


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


def _encoding(path: Path) -> str | None:
    """Return the encoding that has to be stated, None for utf-8 and gb18030: of the lines that are no utf-8."""
    other: list[bytes] = []
    with _opened(path) as file:
        while len(other) < FIRST_LINES and (text := file.read(BLOCK_BYTES) + read_line(path, file)):
            block = text.encode("latin-1")
            if decoded(block, "utf-8") is None:
                other += [line for line in block.splitlines() if decoded(line, "utf-8") is None]
    if not other:
        return None
    content = b"\n".join(other[:FIRST_LINES])
    beyond_ascii = sum(byte > 0x7F for byte in content)
    if sum(map(len, RUSSIAN_WORD.findall(content))) > max(FEW_BYTES, MOST * beyond_ascii):
        return "cp1251"
    pairs = TWO_BYTES.findall(content)
    # Each sign once: a list may have hardly any but 男 and 女.
    signs = set(pairs)
    if sum(0xB0 <= sign[0] <= 0xC8 and sign[1] >= 0xA1 for sign in signs) > max(FEW_SIGNS, MOST * len(signs)):
        return "cp949"
    japanese = content.decode("cp932", "ignore")
    # Each kana begins with one of two bytes of which no Chinese character of daily use is made.
    is_in_kana = len(KANA.findall(japanese)) * 10 > len(re.findall(r"[^\x00-\x7f]", japanese))
    if is_in_kana or sum(map(len, KANJI.findall(content))) > beyond_ascii / 2:
        return "cp932"
    # Of what Taiwan writes, many second bytes are those of letters; in gb18030 only those of rare characters are, and
    # then the first byte is often one that Taiwan has no characters for.
    with_letters = sum(pair[1] < 0x80 for pair in pairs)
    is_taiwanese = with_letters * 5 > len(pairs) and sum(pair[0] < 0xA1 for pair in pairs) * 50 < len(pairs)
    chinese = "cp950" if is_taiwanese else "gb18030"
    # Western text can be valid Chinese too, but gives no row of Chinese characters.
    in_rows = re.findall(r"[\u4e00-\u9fff]{2,}", content.decode(chinese, "ignore"))
    if (sum(map(len, in_rows)) + len(SINGLE[chinese].findall(content))) * 2 <= beyond_ascii / 2:
        return "cp1252"
    return "cp950" if is_taiwanese else None


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
