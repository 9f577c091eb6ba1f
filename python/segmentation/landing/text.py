"""Text files: their encoding, their lines, and the records of a csv file that is not well-formed."""

import codecs
import io
import re
import shutil
import zipfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow as pa

from segmentation.errors import InputError
from segmentation.landing.retailer import WHITESPACE

BLOCK_BYTES = 1 << 22
# In characters: DuckDB's csv reader takes records of up to 2,000,000 bytes.
LONGEST_RECORD = 200_000
LONGEST_RECORD_LINES = 200
QUOTED_FIELD = re.compile(r'"((?:[^"]|"")*+)("?)')
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
BLANKS = re.compile(rb"[ \t]+")
BLANKS_AT_THE_ENDS = re.compile(rb"^\t|\t(?=\r?$)", re.MULTILINE)
NEEDS_QUOTES = re.compile(r'["\r\n]')
OPEN_QUOTE = "open_quote"


@dataclass
class Mending:
    """What became of the lines of a csv file that was mended.

    Attributes
    ----------
    n_rows : number of readable records.
    shifts : (first_row, row_shift, line_shift): the readable record r, counted from 0, with r >= first_row is
        row r + row_shift of the file and starts on line r + line_shift, both counted from 1.
    unreadable : (row, line, text, reason) of each line that is no record.
    """

    n_rows: int = 0
    shifts: list[tuple[int, int, int]] = field(default_factory=list)
    unreadable: list[tuple[int, int, str, str]] = field(default_factory=list)

    def shift_ranges(self) -> pa.Table:
        """Return `shifts` as a table, each with the row (end_row) at which the next one begins."""
        ends = [first_row for first_row, _, _ in self.shifts[1:]] + [self.n_rows]
        rows = [(*shift, end) for shift, end in zip(self.shifts, ends, strict=True)]
        return _table(("first_row", "row_shift", "line_shift", "end_row"), (pa.int64(),) * 4, rows)

    def unreadable_rows(self) -> pa.Table:
        """Return `unreadable` as a table."""
        names = ("row_no", "line_no", "unreadable_text", "unreadable_reason")
        return _table(names, (pa.int64(), pa.int64(), pa.string(), pa.string()), self.unreadable)


def _table(names: Sequence[str], types: Sequence[pa.DataType], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table([pa.array(values, kind) for values, kind in zip(columns, types, strict=True)], names=names)


def compression(path: Path) -> str | None:
    """Tell from the content how a text file is compressed: gzip, zstd, bz2, zip; None where it is not."""
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"PK\x03\x04":
        return "zip"
    return next((name for start, name in COMPRESSIONS.items() if magic.startswith(start)), None)


@contextmanager
def open_plain(path: Path) -> Iterator[IO[bytes]]:
    """Open a text file, decompressed.

    Raises
    ------
    InputError
        If the file is a zip archive of other than one file, or its compressed content is broken.
    """
    kind = compression(path)
    try:
        if kind is None:
            with path.open("rb") as file:
                yield file
        elif kind == "zip":
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if not name.endswith("/")]
                if len(names) != 1:
                    raise InputError(f"{path} holds {len(names)} files: unpack it and name the one that is meant.")
                with archive.open(names[0]) as file:
                    yield file
        else:
            with pa.input_stream(str(path), compression=kind) as stream, io.BufferedReader(stream) as file:
                yield file
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        if kind is None:
            raise
        raise InputError(f"{path} is broken, it cannot be decompressed ({error}): fetch it again.") from error


def decompress(path: Path, target: Path) -> None:
    """Write the decompressed file to `target`."""
    with open_plain(path) as file, target.open("wb") as plain_file:
        shutil.copyfileobj(file, plain_file, BLOCK_BYTES)


def has_lines_after(path: Path, n_lines: int) -> bool:
    """Tell whether the file has more physical lines than `n_lines`."""
    with open_plain(path) as file:
        return any(True for _ in islice(file, n_lines, None))


def to_tabs(path: Path, target: Path) -> None:
    """Write the file to `target` with a tab for every run of blanks and tabs, and none at the ends of a line."""
    with path.open("rb") as file, target.open("wb") as tab_file:
        while block := file.read(BLOCK_BYTES) + file.readline():
            tab_file.write(BLANKS_AT_THE_ENDS.sub(b"", BLANKS.sub(b"\t", block)))


def count_lines(path: Path) -> int:
    """Count the physical lines; the last one needs no line end."""
    lines = 0
    block = b"\n"
    with path.open("rb") as file:
        while next_block := file.read(BLOCK_BYTES):
            block = next_block
            lines += block.count(b"\n")
    return lines + (not block.endswith(b"\n"))


def is_utf8(path: Path) -> bool:
    """Tell whether the whole file is valid utf-8."""
    with path.open("rb") as file:
        # Whole lines, so that no character is cut; arrow checks them five times faster than bytes.decode().
        while block := file.read(BLOCK_BYTES) + file.readline():
            try:
                pa.array([block], pa.binary()).cast(pa.string())
            except pa.ArrowInvalid:
                return False
    return True


def is_utf16(path: Path) -> bool:
    """Tell whether the file starts with a byte order mark of utf-16."""
    with open_plain(path) as file:
        return file.read(2) in UTF16_MARKS


def count_undecodable_lines(path: Path, encoding: str) -> int:
    """Count the lines that are not valid in the encoding."""
    with path.open("rb") as file:
        return sum(_decoded(line, encoding) is None for line in file)


def to_utf8(path: Path, encoding: str, target: Path) -> bool:
    """Write the file to `target` in utf-8; return False where it is not wholly valid in its encoding."""
    with path.open("rb") as file, target.open("wb") as utf8_file:
        try:
            for text in codecs.iterdecode(iter(lambda: file.read(BLOCK_BYTES), b""), encoding):
                utf8_file.write(text.encode())
        except UnicodeError:
            return False
    return True


def read_first_record(path: Path, encoding: str | None, delimiter: str) -> tuple[list[str], int, int]:
    """Return the fields of the first record, bare of blanks and byte order mark, and its first and last line.

    Without an encoding, the first line counts as utf-8 if it is valid, else as gb18030. The list is empty where
    the file has no line or its first one is no record.
    """
    if encoding is None:
        encoding = "utf-16" if is_utf16(path) else _encoding_of_first_line(path)
    with open_plain(path) as file, io.TextIOWrapper(file, encoding, errors="replace", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.lstrip("\ufeff")
            if not text.strip():
                continue
            last = number
            fields = text.split() if delimiter == WHITESPACE else split_fields(text, delimiter)
            while fields == OPEN_QUOTE and last - number < LONGEST_RECORD_LINES and (more := next(lines, "")):
                last += 1
                text += more
                fields = split_fields(text, delimiter)
            return ([] if isinstance(fields, str) else [name.strip() for name in fields]), number, last
    return [], 0, 0


def mend_csv(path: Path, encoding: str, delimiter: str, header_lines: int, n_columns: int, target: Path) -> Mending:
    """Part the lines of a csv file into records, written to `target` in utf-8 without header, and others.

    A quoted value may run over line ends. Its quote counts as broken, and its first line alone as unreadable,
    when text follows the closing quote, when the number of columns is then wrong, when it does not close
    within 200 lines, or as soon as one of its lines is a whole record by itself: one stray quote must not
    swallow the good lines after it. Blank lines are no records and are left out.

    Parameters
    ----------
    header_lines : number of lines to leave out at the start.
    n_columns : number of fields that a record has.
    """
    mending = Mending()
    line = header_lines + 1
    with path.open("rb") as file, target.open("wb") as target_file:
        lines = _Lines(islice(file, header_lines, None))
        while raw := lines.take():
            if not raw.strip(b"\r\n"):
                line += 1
                continue
            record, n_lines = _read_record(raw, lines, encoding, delimiter, n_columns)
            if isinstance(record, str):
                row = mending.n_rows + len(mending.unreadable) + 1
                text = _bare(raw.decode(encoding, "backslashreplace"))
                mending.unreadable.append((row, line, text, record))
            else:
                shift = (len(mending.unreadable) + 1, line - mending.n_rows)
                if not mending.shifts or mending.shifts[-1][1:] != shift:
                    mending.shifts.append((mending.n_rows, *shift))
                mending.n_rows += 1
                target_file.write(_well_formed(record, delimiter))
            line += n_lines
    return mending


class _Lines:
    """Lines of a file, of which those taken too early can be put back."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._put_back: deque[bytes] = deque()

    def take(self) -> bytes:
        """Return the next line with its line end; empty at the end of the file."""
        return self._put_back.popleft() if self._put_back else next(self._lines, b"")

    def put_back(self, lines: list[bytes]) -> None:
        self._put_back.extendleft(reversed(lines))


def _read_record(
    first: bytes, lines: _Lines, encoding: str, delimiter: str, n_columns: int
) -> tuple[list[str] | str, int]:
    """Return the record that starts with the line `first`, or the reason why none does, and its lines."""
    text = _decoded(first, encoding)
    if text is None:
        return "bad_bytes", 1
    record = split_fields(text, delimiter, n_columns)
    following: list[bytes] = []
    while record == OPEN_QUOTE and len(following) < LONGEST_RECORD_LINES and (raw := lines.take()):
        following.append(raw)
        more = _decoded(raw, encoding)
        if more is None:
            break
        text += more
        record = split_fields(text, delimiter, n_columns)
        if record == OPEN_QUOTE and isinstance(split_fields(more, delimiter, n_columns), list):
            break
    if isinstance(record, str) and (following or record == OPEN_QUOTE):
        lines.put_back(following)
        return "broken_quotes", 1
    if len(text) > LONGEST_RECORD:
        lines.put_back(following)
        return "line_too_long", 1
    return record, 1 + len(following)


def split_fields(text: str, delimiter: str, n_columns: int | None = None) -> list[str] | str:
    """Split a record into its fields (RFC 4180), or return the reason why it is none."""
    text = _bare(text)
    fields = text.split(delimiter) if '"' not in text else _quoted_fields(text, delimiter)
    if isinstance(fields, str) or n_columns is None or len(fields) == n_columns:
        return fields
    return "too_few_columns" if len(fields) < n_columns else "too_many_columns"


def _quoted_fields(text: str, delimiter: str) -> list[str] | str:
    fields = []
    start = 0
    while True:
        if quoted := QUOTED_FIELD.match(text, start):
            if not quoted[2]:
                return OPEN_QUOTE
            fields.append(quoted[1].replace('""', '"'))
            end = quoted.end()
            if end < len(text) and not text.startswith(delimiter, end):
                return "broken_quotes"
        else:
            end = text.find(delimiter, start)
            end = len(text) if end < 0 else end
            fields.append(text[start:end])
        if end == len(text):
            return fields
        start = end + len(delimiter)


def _well_formed(fields: list[str], delimiter: str) -> bytes:
    text = delimiter.join(fields)
    if NEEDS_QUOTES.search(text) or text.count(delimiter) >= len(fields):
        text = delimiter.join('"' + value.replace('"', '""') + '"' if value else "" for value in fields)
    return f"{text}\n".encode()


def _bare(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _encoding_of_first_line(path: Path) -> str:
    with open_plain(path) as file:
        first_line = next((line for line in file if line.strip()), b"")
    return "gb18030" if _decoded(first_line, "utf-8") is None else "utf-8"
