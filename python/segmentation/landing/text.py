"""Text files: their encoding, their lines, and the records of a csv file that is not well-formed."""

import codecs
import errno
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO

import pyarrow as pa

from segmentation.errors import InputError
from segmentation.landing.retailer import WHITESPACE, plain_name

BLOCK_BYTES = 1 << 22
# In characters. By itself DuckDB's csv reader takes records of up to 2,000,000 bytes.
LONGEST_RECORD = 400_000
LONGEST_RECORD_LINES = 200
# A line, in bytes, and the lines that are searched for a header, in characters: what is longer is no table.
LONGEST_LINE = 1 << 24
MOST_COLUMNS = 20_000
# Of unpacked bytes to packed ones; tables of text come to 5 to 30.
LARGEST_RATIO = 200
# Unpacked bytes that are always allowed.
SMALL = 50_000_000
QUOTED_FIELD = re.compile(r'"((?:[^"]|"")*+)("?)')
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What reading an archive raises that is damaged, encrypted or packed in a rare way.
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, OSError)
COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
BLANKS = re.compile(rb"[ \t]+")
BLANKS_AT_THE_ENDS = re.compile(rb"^\t|\t(?=\r?$)", re.MULTILINE)
NEEDS_QUOTES = re.compile(r'["\r\n]')
OPEN_QUOTE = "open_quote"
DELIMITERS = (",", ";", "\t", "|")
# A spreadsheet takes the delimiter of such a first line.
DELIMITER_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
# Titles and notes stand above the names of the columns in many exports.
HEADER_WITHIN = 50
HEADER_LINES = HEADER_WITHIN + LONGEST_RECORD_LINES


@dataclass(frozen=True)
class HeaderRecord:
    """A record of a text file that names the columns, or the first one.

    Attributes
    ----------
    fields : its fields, bare of blanks and byte order mark; none where it is no record.
    first_line, last_line : its lines, from 1; 0 where the file has no line.
    delimiter : between its fields.
    has_more : whether a line follows.
    """

    fields: list[str]
    first_line: int
    last_line: int
    delimiter: str
    has_more: bool


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
        If the file is a zip archive of other than one file, or encrypted, or its compressed content is broken.
    """
    kind = compression(path)
    try:
        if kind is None:
            with path.open("rb") as file:
                yield file
        elif kind == "zip":
            with _archive(path) as archive:
                # Macs add files of their own, whose names begin with a point or an underscore.
                paths = {name: PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")}
                names = [name for name, path in paths.items() if not any(part[0] in "._" for part in path.parts)]
                if len(names) != 1:
                    raise InputError(f"{path} holds {len(names)} files: unpack it and name the one that is meant.")
                with archive.open(names[0]) as file:
                    yield file
        else:
            with pa.input_stream(str(path), compression=kind) as stream, io.BufferedReader(stream) as file:
                yield file
    except BROKEN as error:
        # The copy is written in this block too.
        if kind is None or is_of_the_system(error):
            raise
        if isinstance(error, RuntimeError):
            raise InputError(
                f"{path} cannot be unpacked ({error}): unpack it and put the file itself there."
            ) from error
        raise InputError(f"{path} is broken, it cannot be decompressed ({error}): fetch it again.") from error


@contextmanager
def open_latin1(path: Path) -> Iterator[io.TextIOWrapper]:
    """Open a text file, decompressed, each byte as a character, whatever its lines end with."""
    with open_plain(path) as file, io.TextIOWrapper(file, "latin-1", newline="") as text:
        yield text


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except UnicodeDecodeError as error:
        raise zipfile.BadZipFile(str(error)) from error


def is_of_the_system(error: Exception) -> bool:
    """Tell whether an error that reading an archive raises is none of the archive.

    A part can be said to begin where no file does, which is an error of the system too.
    """
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


def decompress(path: Path, target: Path) -> None:
    """Write the decompressed file to `target`.

    Raises
    ------
    InputError
        If it is broken, or unpacks to more than a table can.
    """
    most = largest_unpacked(path)
    written = 0
    with open_plain(path) as file, target.open("wb") as plain_file:
        while block := file.read(BLOCK_BYTES):
            written += len(block)
            if written > most:
                raise unpacks_too_far(path)
            plain_file.write(block)


def largest_unpacked(path: Path) -> int:
    """Return the bytes to which a packed file may unpack."""
    return SMALL + LARGEST_RATIO * path.stat().st_size


def unpacks_too_far(path: Path) -> InputError:
    """Return the error for a file that unpacks to more."""
    return InputError(
        f"{path} unpacks to more than {LARGEST_RATIO} times its size, which no table does: if it is meant, put the "
        "unpacked file there, as csv."
    )


def check_lines(path: Path, shown: Path) -> None:
    """Refuse a file with a line that is too long to be one: it would have to be held in memory.

    Parameters
    ----------
    shown : the file of which `path` is an unpacked copy, or itself.

    Raises
    ------
    InputError
        If there is one.
    """
    length = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            end = b"\n" if b"\n" in block else b"\r"
            at = block.find(end)
            length += len(block) if at < 0 else at
            if length > LONGEST_LINE:
                raise _endless_line(shown)
            if at >= 0:
                length = len(block) - block.rfind(end) - 1


def _endless_line(path: Path) -> InputError:
    return InputError(
        f"{path} has a line of more than {LONGEST_LINE >> 20} MB: it is no table, or its line ends are lost."
    )


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


def own_encoding(path: Path, stated_encoding: str | None) -> str | None:
    """Return the encoding of a file; None for utf-8 or gb18030, whichever fits.

    A stated encoding, but for those that write a line end in another way than ASCII does, is that of files that neither
    have a mark of utf-16 nor are utf-8.
    """
    if stated_encoding and "\n".encode(stated_encoding) != b"\n":
        return stated_encoding
    if is_utf16(path):
        return "utf-16"
    return None if stated_encoding and _is_utf8_beyond_ascii(path) else stated_encoding


def _is_utf8_beyond_ascii(path: Path) -> bool:
    """Tell whether a file is valid utf-8 beyond ASCII, which no text in an encoding of single bytes is by chance."""
    beyond_ascii = False
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_plain(path) as file:
        while block := file.read(BLOCK_BYTES):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
            beyond_ascii = beyond_ascii or not block.isascii()
    return beyond_ascii


def is_utf16(path: Path) -> bool:
    """Tell whether the file starts with a byte order mark of utf-16."""
    with open_plain(path) as file:
        return file.read(2) in UTF16_MARKS


def count_undecodable_lines(path: Path, encoding: str) -> int:
    """Count the lines that are not valid in the encoding."""
    with path.open("rb") as file:
        return sum(decoded(line, encoding) is None for line in file)


def to_utf8(path: Path, encoding: str, target: Path) -> bool:
    """Write the file to `target` in utf-8; return False where it is not wholly valid in its encoding."""
    with path.open("rb") as file, target.open("wb") as utf8_file:
        try:
            for text in codecs.iterdecode(iter(lambda: file.read(BLOCK_BYTES), b""), encoding):
                utf8_file.write(text.encode())
        except UnicodeError:
            return False
    return True


def find_header(
    path: Path, encoding: str | None, delimiter: str | None, wanted: Collection[Collection[str]], skip: int
) -> HeaderRecord:
    """Return the first record that has a field of each wanted column; the first one where none has, or none is wanted.

    Where `own_encoding` tells none, a line counts as utf-8 if it is valid, else as gb18030. Without a delimiter, the
    usual ones are tried.

    Parameters
    ----------
    wanted : for each column the names that it may have.
    skip : number of lines at the start that do not count.

    Raises
    ------
    InputError
        If the file is not in its encoding.
    """
    encoding = own_encoding(path, encoding)
    try:
        line_end = "\r" if has_old_line_ends(path, encoding) else "\n"
        with (
            open_plain(path) as file,
            io.TextIOWrapper(file, encoding or "latin-1", errors="replace", newline=line_end) as lines,
        ):
            for _ in range(skip):
                read_line(path, lines)
            start = first_lines(path, lines, HEADER_LINES)
    # The byte order mark is missing.
    except UnicodeError as error:
        raise InputError(f"{path} is not valid {encoding} text: save it again as utf-8.") from error
    if encoding is None:
        start = [_utf8_or_gb18030(line.encode("latin-1")) for line in start]
    start = [line.lstrip("\ufeff") for line in start]
    delimiters = (delimiter,) if delimiter else DELIMITERS
    first = None
    for at in islice((at for at, line in enumerate(start) if line.strip()), HEADER_WITHIN):
        if stated := DELIMITER_LINE.fullmatch(start[at].strip("\r\n ")):
            delimiters = delimiters if delimiter else (stated[1],)
            continue
        records = [record_at(start, at, skip, mark) for mark in delimiters]
        for record in records:
            if wanted and all(any(name in record.fields for name in names) for names in wanted):
                return record
        first = first or max(records, key=lambda record: len(record.fields))
        if not wanted:
            break
    return first or HeaderRecord([], 0, 0, delimiter or ",", False)


def read_line(path: Path, file: io.TextIOWrapper) -> str:
    """Return the next line of an open file with its end; empty after the last one.

    Raises
    ------
    InputError
        If it is too long to be one.
    """
    line = file.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise _endless_line(path)
    return line


def first_lines(path: Path, file: io.TextIOWrapper, most: int) -> list[str]:
    """Return the next lines of an open file, each with its end: so many, fewer where they are long."""
    lines: list[str] = []
    length = 0
    while len(lines) < most and length <= LONGEST_LINE and (line := read_line(path, file)):
        length += len(line)
        lines.append(line)
    return lines


def record_at(lines: Sequence[str], at: int, skipped: int, delimiter: str) -> HeaderRecord:
    """Return the record that begins with line `at`, counted from 0, of a file without its first `skipped` lines."""
    text = ""
    fields: list[str] | str = OPEN_QUOTE
    end = at
    while fields == OPEN_QUOTE and end < min(len(lines), at + LONGEST_RECORD_LINES):
        text += lines[end]
        end += 1
        fields = text.split() if delimiter == WHITESPACE else split_fields(text, delimiter)
    names = [] if isinstance(fields, str) else [plain_name(name) for name in fields]
    return HeaderRecord(names, skipped + at + 1, skipped + end, delimiter, end < len(lines))


def has_old_line_ends(path: Path, encoding: str | None = None) -> bool:
    """Tell whether the lines of a file end with a single carriage return, as on old Macintoshes."""
    with open_plain(path) as file:
        start = file.read(BLOCK_BYTES).decode(encoding or "latin-1", "replace")
    return "\r" in start and "\n" not in start


def with_new_line_ends(path: Path, target: Path) -> None:
    """Write the file to `target` with a line feed for every carriage return."""
    with path.open("rb") as file, target.open("wb") as new_file:
        while block := file.read(BLOCK_BYTES):
            new_file.write(block.replace(b"\r", b"\n"))


def mend_csv(
    path: Path, encoding: str, delimiter: str, header_lines: int, n_columns: tuple[int, int], target: Path
) -> Mending:
    """Write the records of a csv file to `target`, in utf-8 without header, and return what became of its lines.

    Parameters
    ----------
    header_lines : number of lines to leave out at the start.
    n_columns : as `parted` takes them.
    """
    mending = Mending()
    line = header_lines + 1
    with path.open("rb") as file, target.open("wb") as target_file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        for raw, record, n_lines in parted(islice(file, header_lines, None), encoding, delimiter, n_columns):
            if isinstance(record, str):
                row = mending.n_rows + len(mending.unreadable) + 1
                text = _bare(raw.decode(encoding, "backslashreplace"))
                mending.unreadable.append((row, line, text, record))
            elif record:
                shift = (len(mending.unreadable) + 1, line - mending.n_rows)
                if not mending.shifts or mending.shifts[-1][1:] != shift:
                    mending.shifts.append((mending.n_rows, *shift))
                mending.n_rows += 1
                target_file.write(_well_formed(record, delimiter))
            line += n_lines
    return mending


def parted(
    lines: Iterable[bytes], encoding: str, delimiter: str, n_columns: tuple[int, int]
) -> Iterator[tuple[bytes, list[str] | str, int]]:
    """Part the lines of a csv file, each with its end, into records and others.

    A quoted value may run over line ends. Its quote counts as broken, and its first line alone as unreadable,
    when text follows the closing quote, when the number of columns is then wrong, when it does not close
    within 200 lines, or as soon as one of its lines is a whole record by itself: one stray quote must not
    swallow the good lines after it.

    Parameters
    ----------
    n_columns : numbers of fields that a record has, without and with the columns at the end that have no name.

    Yields
    ------
    The first line, its record or the reason why none begins with it, and the number of lines. Of a blank line, which is
    no record, there is no field.
    """
    left = _Lines(iter(lines))
    while raw := left.take():
        if raw.strip(b"\r\n"):
            record, n_lines = _read_record(raw, left, encoding, delimiter, n_columns)
            yield raw, record, n_lines
        else:
            yield raw, [], 1


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
    first: bytes, lines: _Lines, encoding: str, delimiter: str, n_columns: tuple[int, int]
) -> tuple[list[str] | str, int]:
    """Return the record that starts with the line `first`, or the reason why none does, and its lines."""
    text = decoded(first, encoding)
    if text is None:
        return "bad_bytes", 1
    record = split_fields(text, delimiter, n_columns)
    following: list[bytes] = []
    while record == OPEN_QUOTE and len(following) < LONGEST_RECORD_LINES and (raw := lines.take()):
        following.append(raw)
        more = decoded(raw, encoding)
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


def split_fields(text: str, delimiter: str, n_columns: tuple[int, int] | None = None) -> list[str] | str:
    """Split a record into its fields (RFC 4180), or return the reason why it is none.

    Parameters
    ----------
    n_columns : fewest and usual number of fields; what lacks of them is empty, and so may be fields beyond them.
    """
    text = _bare(text)
    fields = text.split(delimiter) if '"' not in text else _quoted_fields(text, delimiter)
    if isinstance(fields, str) or n_columns is None or len(fields) == n_columns[1]:
        return fields
    if len(fields) < n_columns[0]:
        return "too_few_columns"
    if any(fields[n_columns[1] :]):
        return "too_many_columns"
    return (fields + [""] * n_columns[1])[: n_columns[1]]


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


def _utf8_or_gb18030(line: bytes) -> str:
    text = decoded(line, "utf-8")
    return line.decode("gb18030", "replace") if text is None else text


def decoded(line: bytes, encoding: str) -> str | None:
    """Return the text of bytes, None where they are not valid in the encoding."""
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None
