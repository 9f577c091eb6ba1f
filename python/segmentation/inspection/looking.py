"""What files hold: their form, and what the values of each column look like, in all rows."""

import datetime
import glob
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from statistics import mode
from typing import Any

from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.landing.files import (
    BEGINNINGS_OF_OTHERS,
    Header,
    RawFile,
    file_kind,
    file_stamp,
    literal,
    read_header,
)
from segmentation.landing.moments import parsed_moment
from segmentation.landing.reading import PLACE, append, create_table, read_files
from segmentation.landing.retailer import WHITESPACE, WORDS, FileSet
from segmentation.landing.sql_macros import sql_macro
from segmentation.landing.text import BLOCK_BYTES, is_utf16, open_plain, record_at
from segmentation.landing.text import DELIMITERS as USUAL_DELIMITERS
from segmentation.landing.workbook import read_sheet, sheet_names

ENOUGH = 0.95
# Where the name of the column says what they are.
ENOUGH_OF_A_NAME = 0.5
FIRST_LINES = 2_000
MOST_LINES_BEFORE_HEADER = 60
MOST_RECORDS = 500
DELIMITERS = (",", ";", "\t", "|", "::")
MISSING = WORDS["missing"]["words"]
# Of a last row that sums up the others: a value begins with such a word, or counts rows.
FOOTER = rf"\W*({'|'.join(WORDS['footer']['words'])})(\W.*|\d.*)?|\d+ (rows|records|lines|customers|zeilen)\W*"
LAST_ROWS = 3
MOMENT_WORDS = {word for entry in WORDS.values() if entry["kind"] == "moment" for word in entry["words"]}
# Values of which a column's kind is guessed before all are looked at: the most frequent ones.
SAMPLE_VALUES = 200
EXAMPLES = 40
FEW_DAYS = 4
# Share of the lines of the smaller file that two files have to have in common to overlap.
OVERLAP = 0.05

# What may have to be stated; day before month and the other way round stay apart.
DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y",
    "%m.%d.%y", "%d-%m-%y", "%m-%d-%y", "%y/%m/%d", "%y.%m.%d", "%y-%m-%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y",
    "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%a, %d %b %Y", "%b-%d-%Y", "%b-%d-%y", "%d%b%Y", "%d/%b/%Y",
    "%d %b %y", "%Y年%m月%d日", "%G-W%V-%u",
)  # fmt: skip
TIMES = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", ", %I:%M %p", ", %I:%M:%S %p",
    ", %H:%M", ", %H:%M:%S", " at %I:%M %p", ":%H:%M:%S", " %H时%M分", " %H时%M分%S秒", " %H時%M分", " %H時%M分%S秒",
)  # fmt: skip
STATED_FORMATS = (
    *(day + time for day in DAYS for time in TIMES),
    *("%Y/%m/%d %I:%M:%S %p", "%d%b%Y:%H:%M:%S", "%Y.%m.%d %H.%M", "%Y%m%d%H%M", "%Y-%m", "%Y"),
)
MOST_FORMATS = 3
# So many different days of the month no column has whose "days" are years.
DAYS_OF_A_MONTH = 20
# Three parts at least, or one number of eight digits; a month or a year alone is one where the column is called so.
LIKE_A_DATE = re.compile(
    r"\d{8}(\d{4}|\d{6}|[ T].*)?|\d{4}-W\d\d-\d|\d{1,2}[A-Za-z]{3}\d{4}(:.*)?"
    r"|\D{0,6}\d{1,4}\D{1,2}(\d{1,2}|[A-Za-z]{3,9})\D{1,3}\d{1,4}(\D.*)?"
    r"|[A-Za-z, -]{3,16}\d{1,2}(,? |-)\d{2,4}.*"
)
LIKE_A_NUMBER = re.compile(
    r"[^\w\s]{0,3}\s?(?:[^\W\d_]{1,4}\.?)?[^\w.]{0,3}(?:\d[\d.,' ’]*|\.\d+)(?:[eE][-+]?\d+)?"
    r"\s?(?:[^\W\d_]{1,4}\.?)?[^\w\s]{0,2}"
)
LIKE_A_MONTH = re.compile(r"\d{4}(-\d\d)?")
# What counts from a day has so many digits in all values of a column.
COUNTED_FROM_A_DAY = {
    10: "seconds since 1970-01-01", 13: "milliseconds since 1970-01-01", 16: "microseconds since 1970-01-01",
}  # fmt: skip
# Russian writes its letters with the last quarter of all bytes; of two bytes, Korean begins its signs with few of those
# that Chinese does.
RUSSIAN_WORD = re.compile(rb"[\xc0-\xff]{3,}")
TWO_BYTES = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
MOST, FEW_BYTES = 0.9, 40
KANA = re.compile("[\u3041-\u30fa]")
OFFSET = r"\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class Moments:
    """How the moments of a column are written.

    Attributes
    ----------
    formats : those to be stated; none where the landing reads the moments by itself.
    first, last : as ISO texts.
    days : the days in their order, each with the number of its values.
    offsets : as they are written, such as +0800.
    doubt : what is unsure about the formats.
    """

    formats: tuple[str, ...]
    values: int
    first: str
    last: str
    has_time: bool
    days: list[tuple[datetime.date, int]]
    offsets: tuple[str, ...] = ()
    doubt: str | None = None


@dataclass(frozen=True)
class Numbers:
    """How many values of a column are numbers, how they are written, and how many are below zero.

    Attributes
    ----------
    unclear : a value whose mark parts either thousands or decimals, where no other value tells which.
    has_both_marks : whether a value has a mark of thousands and one of decimals.
    """

    values: int = 0
    has_fraction: bool = False
    has_decimal_comma: bool = False
    unclear: str | None = None
    has_both_marks: bool = False
    negatives: int = 0


@dataclass(frozen=True)
class Column:
    """What the values of a column look like.

    Attributes
    ----------
    name : in the file.
    relation, raw : where the values are, and the SQL of one as it was read.
    values, distinct : how many there are, and how many different ones, without those of `missing`.
    missing : words for nothing, with the number of times they occur.
    examples : the most frequent values with their numbers.
    """

    name: str
    relation: str
    raw: str
    values: int
    distinct: int
    missing: dict[str, int]
    numbers: Numbers
    moments: Moments | None
    examples: list[tuple[str, int]]

    @property
    def sql(self) -> str:
        """SQL of a value in one form, as keys are read."""
        return sql_macro("clean_code", self.raw)

    @property
    def is_number(self) -> bool:
        return self.values > 0 and self.numbers.values >= ENOUGH * self.values

    @property
    def moment(self) -> str:
        """SQL of the moment, of a column that has them."""
        assert self.moments is not None
        return parsed_moment(self.raw, None, self.moments.formats, None, None)


@dataclass
class Table:
    """Files of one form and the columns found in them."""

    number: int
    files: list[tuple[Path, str | None]]
    settings: FileSet
    root: Path
    rows: int = 0
    overlaps: bool = False
    columns: dict[str, Column] = field(default_factory=dict)

    def source(self, path: Path, sheet: str | None) -> str:
        """Return the name of a file, with its sheet where it has several."""
        name = path.relative_to(self.root).as_posix()
        return name if sheet is None else f"{name}, {sheet}"

    @property
    def paths(self) -> list[Path]:
        return list(dict.fromkeys(path for path, _ in self.files))

    @property
    def relation(self) -> str:
        return f"rows_{self.number}"

    @property
    def title(self) -> str:
        return _together([path.name for path in self.paths])


Form = tuple[object, ...]
# Two files, the number of lines that both have, and those of each.
SharedLines = tuple[str, str, int, int, int]
# What is said before and after the names of all files of which it holds.
Remarks = dict[tuple[str, str], list[str]]
Remark = Callable[[str, str, str], None]


def _together(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def bare_name(name: str) -> str:
    """Return a column name as the words are written: bare of signs, blanks and accents, in small letters."""
    bare = unicodedata.normalize("NFD", re.sub(r"[\W_]+", "", name).lower())
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", bare))


def look(connection: DuckDBPyConnection, paths: Iterable[Path], raw_dir: Path) -> tuple[list[Table], list[str]]:
    """Load the files as text, those of one form into a table, and describe every column; and say what was left out.

    Raises
    ------
    InputError
        If a file cannot be read, or none holds a table.
    """
    tables, doubts = _tables(paths, raw_dir)
    for table in tables:
        names = {name: f"x{at}" for at, name in enumerate(_load(connection, table))}
        doubts += _unreadable(connection, table) + _footers(connection, table, list(names.values()))
        doubts += _describe(connection, table, names)
    return tables, doubts


def take_in(connection: DuckDBPyConnection, table: Table, other: Table) -> list[str] | None:
    """Add files of another form to a table, which keeps the columns of both, and return what is unsure then.

    None where the two are not written alike.
    """
    both = _settings_of_both(table.settings, other.settings)
    if both is None or both != _settings_of_both(other.settings, table.settings):
        return None
    names = {name: column.raw.rpartition(".")[2] for name, column in table.columns.items() if name in other.columns}
    values = ", ".join(f"{other.columns[name].raw} as {column}" for name, column in names.items())
    connection.execute(
        f"insert into {table.relation} by name select {values}, {', '.join(PLACE)} from {other.relation}"
    )
    table.settings = both
    table.files += other.files
    return _describe(connection, table, names)


def _describe(connection: DuckDBPyConnection, table: Table, names: Mapping[str, str]) -> list[str]:
    """Describe the columns of a table, given with their names in it; return what its files share."""
    doubts = _repeated_files(connection, table, list(names.values()))
    [(table.rows,)] = connection.execute(f"select count(*) from {table.relation}").fetchall()
    table.columns = {name: _described(connection, table.relation, column, name) for name, column in names.items()}
    return doubts


def _files(path: Path) -> list[Path]:
    """Return a file, the files below a folder, or those of a pattern."""
    if path.is_file():
        return [path]
    files = path.rglob("*") if path.is_dir() else map(Path, glob.glob(str(path), recursive=True))
    if not (found := [file for file in files if file.is_file() and not file.name.startswith(BEGINNINGS_OF_OTHERS)]):
        raise InputError(f"{path} {'holds no file' if path.is_dir() else 'is missing'}: name the files to inspect.")
    return found


def _tables(paths: Iterable[Path], raw_dir: Path) -> tuple[list[Table], list[str]]:
    """Sort the files into tables: files with the same columns belong to one, workbooks beside text too."""
    tables: dict[Form, Table] = {}
    form: Form
    remarks: Remarks = {}

    def remark(before: str, name: str, after: str) -> None:
        remarks.setdefault((before, after), []).append(name)

    for path in sorted({file for named in paths for file in _files(named)}):
        root = raw_dir if path.is_relative_to(raw_dir) else path.parent
        if root != raw_dir:
            remark(f"{root} is not the folder of raw files, {raw_dir}: put ", path.name, " there, or give --raw-data.")
        if file_kind(path) == "workbook":
            for form, files, settings in _sheets(path, root, remark):
                tables.setdefault(form, Table(len(tables), [], settings, root)).files += files
            continue
        settings = _text_form(path) if file_kind(path) == "text" else FileSet((), {})
        if settings.encoding:
            remark("encoding of ", path.name, f": neither utf-8 nor Chinese; {settings.encoding} is a guess.")
        header = read_header(path, None, settings, root)
        if not header.has_rows or len(header.expressions) < 2:
            remark("Not used, as there is no table with two columns or more: ", path.name, ".")
            continue
        _remark_on_names(path.name, header, remark)
        form = (tuple(sorted(header.expressions)), settings.skip, ())
        there = tables.setdefault(form, Table(len(tables), [], settings, root))
        if (both := _settings_of_both(there.settings, settings)) is None:
            form = (*form, settings.delimiter, settings.encoding)
            there = tables.setdefault(form, Table(len(tables), [], settings, root))
            both = settings
        there.settings = both
        there.files.append((path, None))
    if not tables:
        raise InputError("None of the files holds a table with two columns or more.")
    return list(tables.values()), [f"{before}{_together(names)}{after}" for (before, after), names in remarks.items()]


def _settings_of_both(ours: FileSet, theirs: FileSet) -> FileSet | None:
    """Return settings with which files of two forms can be read, None where there are none.

    The landing finds a usual delimiter by itself, and utf-8 whatever encoding is stated.
    """
    encodings = {settings.encoding for settings in (ours, theirs)} - {None}
    delimiters = {settings.delimiter for settings in (ours, theirs)}
    if len(encodings) > 1 or (len(delimiters) > 1 and not delimiters <= {None, *USUAL_DELIMITERS}):
        return None
    return replace(
        ours, encoding=next(iter(encodings), None), delimiter=ours.delimiter if len(delimiters) == 1 else None
    )


def _remark_on_names(source: str, header: Header, remark: Remark) -> None:
    if twice := sorted(name for name in header.twice if name):
        remark(
            f"There are several columns called {', '.join(twice)} in ",
            source,
            ", and which of them is meant cannot be told: none is used. Rename or remove all but one.",
        )


def _sheets(path: Path, root: Path, remark: Remark) -> Iterator[tuple[Form, list[tuple[Path, str | None]], FileSet]]:
    """Return the visible sheets of a workbook by their form; the first sheet alone needs no name."""
    shown = [name for name, is_hidden in sheet_names(path).items() if not is_hidden]
    if hidden := [name for name in sheet_names(path) if name not in shown]:
        remark("", path.name, f": the hidden sheet {', '.join(hidden)} is not used.")
    forms: dict[Form, tuple[list[str], FileSet]] = {}
    for name in shown:
        settings = _sheet_form(path, name)
        header = read_header(path, name, settings, root)
        if header.has_rows and len(header.expressions) > 1:
            _remark_on_names(f"{path.name}, {name}", header, remark)
            forms.setdefault((tuple(sorted(header.expressions)), settings.skip), ([], settings))[0].append(name)
    for form, (names, settings) in forms.items():
        sheets = () if names == shown[:1] else tuple(names)
        files = [(path, name if sheets else None) for name in names]
        yield (*form, sheets), files, replace(settings, sheets=sheets)


def _sheet_form(path: Path, name: str) -> FileSet:
    """Find out how many rows stand above the header of a sheet, and whether it has one."""
    sheet = read_sheet(path, name, False)
    rows = [(number, ["" if cell is None else str(cell).strip() for cell in sheet.rows[number]]) for number in
            sheet.numbers[:MOST_LINES_BEFORE_HEADER]]  # fmt: skip
    return _with_header(FileSet((), {}), rows)


def _text_form(path: Path) -> FileSet:
    """Find out the encoding, the delimiter, the lines before the header and whether there is one."""
    encoding = None if is_utf16(path) else _encoding(path)
    with open_plain(path) as file:
        content = b"".join(islice(file, FIRST_LINES))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    else:
        text = _decoded(content, "utf-8") or content.decode(encoding or "gb18030", "replace")
    lines = list(io.StringIO(text.lstrip("\ufeff"), newline=None))
    records = {delimiter: _records(lines, delimiter) for delimiter in (*DELIMITERS, WHITESPACE)}
    delimiter = max(DELIMITERS, key=lambda delimiter: _fit(records[delimiter]))
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


def _encoding(path: Path) -> str | None:
    """Return the encoding that has to be stated, None for utf-8 and for Chinese: of the lines that are no utf-8."""
    other: list[bytes] = []
    with open_plain(path) as file:
        while len(other) < FIRST_LINES and (block := file.read(BLOCK_BYTES) + file.readline()):
            if _decoded(block, "utf-8") is None:
                other += [line for line in block.splitlines() if _decoded(line, "utf-8") is None]
    if not other:
        return None
    content = b"\n".join(other[:FIRST_LINES])
    beyond_ascii = sum(byte > 0x7F for byte in content)
    if sum(map(len, RUSSIAN_WORD.findall(content))) > max(FEW_BYTES, MOST * beyond_ascii):
        return "cp1251"
    pairs = TWO_BYTES.findall(content)
    if sum(0xB0 <= pair[0] <= 0xC8 and pair[1] >= 0xA1 for pair in pairs) > max(FEW_BYTES / 2, MOST * len(pairs)):
        return "cp949"
    japanese = content.decode("cp932", "ignore")
    # Each kana begins with one of two bytes of which no Chinese character of daily use is made.
    if len(KANA.findall(japanese)) * 10 > len(re.findall(r"[^\x00-\x7f]", japanese)):
        return "cp932"
    # Western text can be valid gb18030 too, but gives no row of Chinese characters.
    in_rows = re.findall(r"[\u4e00-\u9fff]{2,}", content.decode("gb18030", "ignore"))
    return None if sum(map(len, in_rows)) * 2 > beyond_ascii / 2 else "cp1252"


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


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
    # Lists with a bar on either side have an empty field there.
    outside = [fields[0], fields[-1]].count("")
    is_one_each = len(names) >= 0.8 * (len(fields) - outside) and len(set(names)) >= 0.7 * len(names)
    return is_one_each and not any(re.fullmatch(r"[\d\s.,:/+-]+", name) for name in names)


def _load(connection: DuckDBPyConnection, table: Table) -> list[str]:
    """Load the files of a table as text, as the landing does; return the names of its columns x0, x1, ..."""
    names: list[str] = []
    for path, sheet in table.files:
        header = read_header(path, sheet, table.settings, table.root)
        if not names:
            names = [name for name in header.expressions if name and name not in header.twice]
            create_table(connection, table.relation, [f"x{number}" for number in range(len(names))])
        expressions = {f"x{number}": header.expressions[name] for number, name in enumerate(names)}
        source = table.source(path, sheet)
        file = RawFile(path, source, source, file_kind(path), sheet, header, expressions, {}, file_stamp(path))
        append(connection, table.relation, read_files(connection, [file], table.settings))
    return names


def _unreadable(connection: DuckDBPyConnection, table: Table) -> list[str]:
    """Leave out lines that are no rows, and say so once."""
    found = sorted(connection.execute(
        f"""delete from {table.relation} where unreadable_reason is not null
        returning source_file, line_no, replace(unreadable_reason, '_', ' '), unreadable_text"""
    ).fetchall())  # fmt: skip
    if not found:
        return []
    source, line, reason, text = found[0]
    return [
        f"Lines of {table.title} that cannot be read: {len(found):,}, such as line {line} of {source} ({reason}: "
        f"{text[:40]!r})."
    ]


def _footers(connection: DuckDBPyConnection, table: Table, columns: Sequence[str]) -> list[str]:
    """Leave out last rows of a file that sum up the others, so that they decide nothing, and say so once."""
    values, filled = ", ".join(columns), " + ".join(f"({column} is not null)::int" for column in columns)
    last = connection.execute(
        f"""with ends as (
            select source_file, max(row_no) - {LAST_ROWS} as end_row from {table.relation} group by all
        )
        select source_file, row_no, concat_ws(' ', {values}), {filled}
        from {table.relation} inner join ends using (source_file) where row_no > end_row
        and len(list_filter([{values}], lambda v: regexp_full_match(v, {literal(FOOTER)}, 'is'))) > 0 order by 1, 2"""
    ).fetchall()
    if not last:
        return []
    [(usual,)] = connection.execute(f"select mode({filled}) from {table.relation}").fetchall()
    found = [(text, [source, row]) for source, row, text, count in last if count < usual]
    for _, place in found:
        connection.execute(f"delete from {table.relation} where source_file = ? and row_no = ?", place)
    if not found:
        return []
    text, (source, _) = found[0]
    others = f" (and {len(found) - 1:,} more such rows)" if len(found) > 1 else ""
    return [
        f"{source} ends with a row that seems to sum up the others, {text[:40]!r}{others}: it is left out here. A "
        "build rejects it among the sales lines; out of a list of members take it away."
    ]


def _repeated_files(connection: DuckDBPyConnection, table: Table, columns: Sequence[str]) -> list[str]:
    """Say which files share lines, and leave out one whose every line is in another."""
    if len(table.files) < 2:
        return []
    doubts = []
    overlaps: list[SharedLines] = []
    gone: set[str] = set()
    for shared in _shared_lines(connection, table, columns):
        first, second, lines, first_size, second_size = shared
        if gone & {first, second}:
            continue
        if lines == min(first_size, second_size) and not table.settings.sheets:
            smaller, larger = (second, first) if second_size <= first_size else (first, second)
            gone.add(smaller)
            doubts.append(f"{smaller} is not used: each of its {lines:,} lines is in {larger} too.")
        else:
            overlaps.append(shared)
    if overlaps:
        doubts.append(_overlap(table, overlaps, ""))
    table.files = [file for file in table.files if table.source(*file) not in gone]
    for name in gone:
        connection.execute(f"delete from {table.relation} where source_file = ?", [name])
    return doubts


def overlaps_but_for(connection: DuckDBPyConnection, table: Table, used: Sequence[Column]) -> list[str]:
    """Say which files share lines that are told apart by columns without a place alone, such as a running number."""
    columns = [column.raw for column in used]
    shared = [] if table.overlaps or len(table.files) < 2 else _shared_lines(connection, table, columns)
    return [_overlap(table, shared, " in all columns with a place")] if shared else []


def _shared_lines(connection: DuckDBPyConnection, table: Table, columns: Sequence[str]) -> list[SharedLines]:
    """Return the pairs of files that have more equal lines than by chance, the most first."""
    connection.execute(
        f"""create or replace temp table line_files as
        select hash({", ".join(columns)}) as line, source_file, count(*) as n
        from {table.relation} group by all"""
    )
    return connection.execute(
        f"""with sizes as (select source_file, sum(n)::bigint as lines from line_files group by all),
        shared as (
            select a.source_file as first, b.source_file as second, sum(least(a.n, b.n))::bigint as lines
            from line_files as a inner join line_files as b using (line)
            where a.source_file < b.source_file group by all
        )
        select shared.*, f.lines, s.lines from shared
        inner join sizes as f on f.source_file = first inner join sizes as s on s.source_file = second
        where shared.lines >= {OVERLAP} * least(f.lines, s.lines) order by shared.lines desc, 1, 2"""
    ).fetchall()


def _overlap(table: Table, overlaps: Sequence[SharedLines], where: str) -> str:
    """Note that files of a table overlap, and say so."""
    table.overlaps = True
    first, second, lines, first_size, second_size = overlaps[0]
    others = f" (and {len(overlaps) - 1:,} more pairs of files share lines)" if len(overlaps) > 1 else ""
    return (
        f"{first} and {second} share {lines:,} equal lines{where}, of {first_size:,} and {second_size:,}{others}: do "
        "they overlap? As proposed such a line counts once."
    )


def _described(connection: DuckDBPyConnection, relation: str, column: str, name: str) -> Column:
    # Blanks and signs around a value are taken off once for each different text.
    plain = sql_macro("clean_code", "raw")
    connection.execute(
        f"""create or replace temp table every_value as select {plain} as v, sum(n)::bigint as n, min(place) as place
        from (
            select {column} as raw, count(*) as n, min(rowid) as place
            from {relation} where {column} is not null group by 1
        ) group by 1"""
    )
    words = ", ".join(map(literal, MISSING))
    missing = connection.execute(f"select v, n from every_value where v in ({words}) order by v").fetchall()
    connection.execute(
        f"""create or replace temp view present as from every_value where v <> '' and v not in ({words});
        create or replace temp table sample as from present order by n desc, v limit {SAMPLE_VALUES}"""
    )
    [(values, distinct)] = connection.execute("select coalesce(sum(n), 0)::bigint, count(*) from present").fetchall()
    return Column(
        name=name,
        relation=relation,
        raw=f"{relation}.{column}",
        values=values,
        distinct=distinct,
        missing=dict(missing),
        numbers=_numbers(connection, values),
        moments=_moments(connection, name, values) if values else None,
        examples=connection.execute(f"select v, n from sample order by n desc, v limit {EXAMPLES}").fetchall(),
    )


def _numbers(connection: DuckDBPyConnection, values: int) -> Numbers:
    """Count the numbers: all values are looked at where half of the sample look like one."""
    sample = [value for (value,) in connection.execute("select v from sample").fetchall()]
    if not sample or sum(LIKE_A_NUMBER.fullmatch(value) is not None for value in sample) * 2 < len(sample):
        return Numbers()
    numbers, mark = _count_of_numbers(connection, "."), "."
    if numbers < ENOUGH * values <= (count := _count_of_numbers(connection, ",")):
        numbers, mark = count, ","
    # A sign of money before or after the digits says nothing about the marks between them.
    [(points, thousands, point, commas, comma, both, largest_plain, fractions, negatives)] = connection.execute(
        """select count(*) filter (where contains(digits, '.')),
            count(*) filter (where regexp_full_match(digits, '[1-9]\\d{0,2}(\\.\\d{3})+')),
            max(v) filter (where contains(digits, '.')),
            max(length(digits) - length(replace(digits, ',', ''))), max(v) filter (where contains(digits, ',')),
            count(*) filter (where regexp_matches(digits, ',.*\\.')),
            max(length(digits)) filter (where regexp_full_match(digits, '\\d+')),
            count(*) filter (where regexp_matches(v, '\\.\\d*[1-9]')),
            coalesce(sum(n) filter (where regexp_matches(v, '[-−(]') and regexp_matches(v, '[1-9]')), 0)::bigint
        from (select *, trim(regexp_extract(v, '\\d[\\d., ''’]*')) as digits from present)"""
    ).fetchall()
    is_comma = mark == ","
    unclear = None
    if not is_comma and 0 < points == thousands:
        unclear = point
    # Numbers up to 999 without a comma beside those from 1,000 on are amounts of all sizes.
    elif not is_comma and not points and commas == 1 and largest_plain != len("999"):
        unclear = comma
    return Numbers(numbers, is_comma or fractions > 0, is_comma, unclear, both > 0, negatives)


def _count_of_numbers(connection: DuckDBPyConnection, mark: str) -> int:
    # Planning what reads odd numbers takes longer than reading plain ones.
    plain = r"[-+]?\d{1,12}(\.\d{1,6})?" if mark == "." else r"[-+]?\d{1,12}(,\d{1,6})?"
    connection.execute(f"create or replace temp table odd as from present where not regexp_full_match(v, '{plain}')")
    [(odd, numbers)] = connection.execute(
        "select (select count(*) from odd), coalesce((select sum(n) from present), 0)::bigint"
    ).fetchall()
    if odd:
        [(none,)] = connection.execute(
            f"select coalesce(sum(n), 0)::bigint from odd where {number_sql('v', mark)} is null"
        ).fetchall()
        numbers -= none
    return int(numbers)


def number_sql(text: str, mark: str) -> str:
    """Return the SQL of the number that a text stands for, as the warehouse reads it."""
    return sql_macro("to_number", text, "decimal(18, 6)", literal(mark))


def _moments(connection: DuckDBPyConnection, name: str, values: int) -> Moments | None:
    """Return how the moments of the column are written; None where too few values are any."""
    is_moment_name = bare_name(name) in MOMENT_WORDS
    if is_moment_name and (form := _number_of_a_moment(connection)) is not None:
        day_numbers = (form,) if form else ()
        _read_moments(connection, day_numbers)
        return _described_moments(connection, day_numbers, None)
    sample = [value for (value,) in connection.execute("select v from sample").fetchall()]
    like = [text for text in sample if LIKE_A_DATE.fullmatch(text) or (is_moment_name and LIKE_A_MONTH.fullmatch(text))]
    if len(like) * 2 < len(sample):
        return None
    _read_moments(connection, ())
    connection.execute("create or replace temp table rest as select v, n, place from moments where m is null")
    candidates: list[str] = []
    # Some hundred formats take DuckDB a while: not where all is read without one.
    if connection.execute("from rest limit 1").fetchone():
        counts = ", ".join(f"count({_stated(form)})" for form in STATED_FORMATS)
        [stated] = connection.execute(f"select {counts} from sample semi join rest using (v)").fetchall()
        candidates = [form for form, count in zip(STATED_FORMATS, stated, strict=True) if count * 20 > len(sample)]
    formats, doubt = _formats(connection, candidates, name)
    doubt = _doubt_about_swapped_days(connection, formats, name) or doubt
    if formats:
        _read_moments(connection, formats)
    moments = _described_moments(connection, tuple(formats), doubt)
    enough = ENOUGH_OF_A_NAME if is_moment_name else ENOUGH
    return moments if moments and moments.values >= enough * values else None


def _number_of_a_moment(connection: DuckDBPyConnection) -> str | None:
    """Return the format of moments that are counted from a day: "" for the day numbers of spreadsheets."""
    [(lengths,)] = connection.execute(
        """select list(distinct case when regexp_full_match(v, '1\\d{9}((\\d{3}){0,2})') then length(v)
        when regexp_full_match(v, '[2-5]\\d{4}([.,]\\d+)?') then 5 else 0 end) from sample"""
    ).fetchall()
    known = {5: "", **COUNTED_FROM_A_DAY}
    return known.get(lengths[0]) if lengths and len(lengths) == 1 else None


def _read_moments(connection: DuckDBPyConnection, formats: Sequence[str]) -> None:
    """Fill the table `moments` with every text and the moment that the warehouse reads from it."""
    moment = "try_cast(v as timestamp)"
    # Planning what reads odd moments takes longer than reading plain ones.
    plain = connection.execute(f"select bool_and({moment} is not null) from present").fetchall()
    if formats or plain != [(True,)]:
        moment = parsed_moment("v", None, formats, None, None)
    connection.execute(
        f"create or replace temp table moments as select v, n, place, {_within_years(moment)} as m from present"
    )


def _stated(form: str) -> str:
    return f"try_strptime(v, {literal(form)})"


def _within_years(moment: str) -> str:
    """Return the SQL of a moment that is none where its year is no likely one: 2/5/14 is no day of the year 2."""
    return f"list_filter([{moment}], lambda m: year(m) between 1900 and 2100)[1]"


def _formats(connection: DuckDBPyConnection, candidates: list[str], name: str) -> tuple[list[str], str | None]:
    """Return formats of the values that are not read without one, and what is unsure about them.

    Of two that fit as many, such as day before month and month before day, the one with the shorter time is likelier;
    a year of two digits stands first only where the last part has as many values as days have, or the file is in order.
    """
    chosen: list[str] = []
    doubt = None
    while candidates and len(chosen) < MOST_FORMATS:
        [(left,)] = connection.execute("select coalesce(sum(n), 0)::bigint from rest").fetchall()
        fits = {
            form: rows[0]
            for form in candidates
            if (rows := connection.execute(
                f"""select sum(n)::bigint, date_diff('day', min(m), max(m)), min(m)::date, max(m)::date,
                    count(distinct day(m)) >= {DAYS_OF_A_MONTH}
                    or (count(*) >= {FEW_DAYS} and (not bool_or(falls) or bool_and(falls)))
                from (
                    select n, m, m < lag(m) over (order by place) as falls
                    from (select n, place, {_within_years(_stated(form))} as m from rest) where m is not null
                ) having count(*) > 0"""
            ).fetchall())
        }  # fmt: skip
        likeliest = sorted(
            fits,
            key=lambda form: (
                -fits[form][0], form.startswith("%y") and not fits[form][4], fits[form][1], STATED_FORMATS.index(form),
            ),
        )  # fmt: skip
        if not likeliest or fits[likeliest[0]][0] * 100 < left:
            break
        form, *others = likeliest
        for other in (other for other in reversed(others) if _is_other_order(form, other)):
            doubt = _doubt_about_days(connection, (form, other), (fits[form], fits[other]), left, name) or doubt
        chosen.append(form)
        candidates = [kept for kept in candidates if kept != form and not _is_other_order(form, kept)]
        connection.execute(f"delete from rest where {_within_years(_stated(form))} is not null")
    return chosen, doubt


def _doubt_about_days(
    connection: DuckDBPyConnection,
    forms: tuple[str, str],
    fits: tuple[tuple[Any, ...], tuple[Any, ...]],
    left: int,
    name: str,
) -> str | None:
    """Say how many values can be read in two orders of day, month and year; None where only one is likely."""
    first, second = forms
    [(both,)] = connection.execute(
        "select coalesce(sum(n), 0)::bigint from rest"
        f" where {_within_years(_stated(first))} is not null and {_within_years(_stated(second))} is not null"
    ).fetchall()
    (count, _, start, end, is_likely), (other_count, _, other_start, other_end, is_other_likely) = fits
    is_about_the_year = first.startswith("%y") != second.startswith("%y")
    if count > both == other_count or (is_about_the_year and is_likely and not is_other_likely):
        return None
    return (
        f"date_format: of {left:,} values of {name}, {both:,} can be read as {first} (then they are of {start} to "
        f"{end}) and as {second} ({other_start} to {other_end}), {count - both:,} only as the first, "
        f"{other_count - both:,} only as the second; the first is taken."
    )


def _doubt_about_swapped_days(connection: DuckDBPyConnection, formats: Sequence[str], name: str) -> str | None:
    """Say that a spreadsheet took days for months: what it could read so became a date, the other texts stayed."""
    form = next((form for form in formats if _swapped(form) != form and "%b" not in form and "%B" not in form), None)
    if form is None:
        return None
    [(dates, days, last, texts, first, example)] = connection.execute(
        f"""select coalesce(sum(n) filter (where date is not null), 0)::bigint, count(distinct date::date),
            max(day(date)), coalesce(sum(n) filter (where text is not null), 0)::bigint, min(day(text)),
            min(v) filter (where text is not null)
        from (select v, n, m as date, case when m is null then {_stated(form)} end as text from moments)"""
    ).fetchall()
    if days < FEW_DAYS or not texts or last > 12 or first <= 12:
        return None
    return (
        f"date_format: {dates:,} values of {name} are dates, none after the 12th of a month, and {texts:,} are texts "
        f"such as {example}, none before the 13th: a spreadsheet seems to have taken days for months in the first. "
        "Export the file again with dates as text; otherwise moments are wrong."
    )


def _is_other_order(form: str, other: str) -> bool:
    """Tell whether two formats have the same parts in another order, all of them in digits."""
    return form != other and sorted(form) == sorted(other) and "%b" not in form.lower()


def _swapped(form: str) -> str:
    return form.translate(str.maketrans("dm", "md"))


def _described_moments(connection: DuckDBPyConnection, formats: tuple[str, ...], doubt: str | None) -> Moments | None:
    """Return what the table `moments` says; None where no text is a moment."""
    [(values, first, last, has_time, offsets)] = connection.execute(
        f"""select coalesce(sum(n) filter (where m is not null), 0)::bigint, min(m)::varchar, max(m)::varchar,
            bool_or(m <> date_trunc('day', m)), list(distinct regexp_extract(v, {literal(OFFSET)}, 1))
                filter (where regexp_matches(v, {literal(OFFSET)}))
        from moments"""
    ).fetchall()
    if not values:
        return None
    days = connection.execute(
        "select cast(m as date) as day, sum(n)::bigint from moments where m is not null group by all order by all"
    ).fetchall()
    return Moments(formats, values, first, last, has_time, days, tuple(sorted(offsets or ())), doubt)
