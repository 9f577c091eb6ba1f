"""Reading of raw files: every row once, every column as text, with the place of the row in its file."""

import codecs
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from segmentation.errors import InputError, what_ran_out
from segmentation.landing.encodings import likely_encoding
from segmentation.landing.files import RawFile, parquet_source, wanted_names
from segmentation.landing.retailer import WHITESPACE, WORDS, FileSet
from segmentation.landing.retailer_file import ADDED_UP, CARD_COLUMNS, CODE_COLUMNS
from segmentation.landing.sql_macros import sql_macro
from segmentation.landing.text import (
    LONGEST_RECORD,
    Mending,
    check_lines,
    compression,
    count_lines,
    count_undecodable_lines,
    decompress,
    has_old_line_ends,
    is_utf8,
    mend_csv,
    own_encoding,
    to_tabs,
    to_utf8,
    with_new_line_ends,
)
from segmentation.landing.workbook import read_sheet
from segmentation.progress import say
from segmentation.sql_text import identifier, literal

UTF8 = "utf-8"
NO_CODE = sorted({word.lower() for word in WORDS["no_code"]["words"]})
PLACE = {
    "source_file": "varchar",
    "row_no": "bigint",
    "line_no": "bigint",
    "unreadable_text": "varchar",
    "unreadable_reason": "varchar",
}


@dataclass(frozen=True)
class Reading:
    """What was read of files of one kind.

    Attributes
    ----------
    path : the (first) file.
    rows : SQL of their rows, with the place of each, over what the connection holds.
    counts : of each file the rows, and how many of them are unreadable.
    """

    path: Path
    rows: str
    counts: list[tuple[int, int]]


def create_table(connection: DuckDBPyConnection, relation: str, columns: Sequence[str]) -> None:
    """Make the table that `append` fills: the columns as text, then the place of the row in its file."""
    types = dict.fromkeys(map(identifier, columns), "varchar") | PLACE
    connection.execute(
        f"create or replace table {relation} ({', '.join(f'{column} {kind}' for column, kind in types.items())})"
    )


def read_files(connection: DuckDBPyConnection, files: Sequence[RawFile], settings: FileSet) -> Reading:
    """Read files of one kind, a text file or workbook by itself, as far as is needed to count their rows.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    with _readable(files[0].path):
        if files[0].kind == "parquet":
            return _read_parquet(files, settings)
        return (_read_text if files[0].kind == "text" else _read_workbook)(connection, files[0], settings)


def append(connection: DuckDBPyConnection, relation: str, reading: Reading) -> None:
    """Append what `read_files` found to a table of `create_table`."""
    expected = sum(rows for rows, _ in reading.counts)
    with _readable(reading.path):
        appended = (
            connection.execute(f"insert into {relation} by name {reading.rows}").fetchall() if expected else [(0,)]
        )
    if appended != [(expected,)]:
        raise InputError(f"{reading.path} does not hold the {expected:,} rows that it announces: write it again.")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Name the file where reading fails: damaged Parquet can raise any error, a file can change or go meanwhile."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        if what_ran_out(str(error)):
            raise
        reason = " ".join(str(error).split())
        raise InputError(f"{path} cannot be read to its end ({reason}): write it again.") from error


def check_codes(connection: DuckDBPyConnection, relation: str, files: Sequence[RawFile]) -> None:
    """Refuse keys in the form of a rounded number: several of them have become one.

    Raises
    ------
    InputError
        If a file that has just been appended has one.
    """
    for column in files[0].expressions:
        if column not in CARD_COLUMNS and not column.startswith("key "):
            continue
        value = identifier(column)
        rounded = connection.execute(
            f"""select source_file, line_no, count(*) over () from {relation}
            where list_contains($files, source_file) and contains({value}, '+')
                and regexp_full_match(trim({value}), {literal(sql_macro("rounded_code"))})
            order by source_file, line_no limit 1""",
            {"files": [file.source_file for file in files]},
        ).fetchone()
        if rounded:
            source_file, line, count = rounded
            raise InputError(
                f"{source_file}, line {line}: {column.removeprefix('key ')} is a long number that a spreadsheet or a "
                f"program has rounded, such as 6.0E+15 ({count:,} such values), so that different ones became equal: "
                "write the file again from its source with this column as text."
            )


def _read_parquet(files: Sequence[RawFile], settings: FileSet) -> Reading:
    counts = [(pq.read_metadata(file.path).num_rows, 0) for file in files]
    rows = " union all by name ".join(
        f"select {_landed(file, settings)}, file_row_number + 1 as row_no, file_row_number + 1 as line_no"
        f" from {parquet_source(file.path, 'file_row_number = true')}"
        for file in files
    )
    return Reading(files[0].path, rows, counts)


def _read_workbook(connection: DuckDBPyConnection, file: RawFile, settings: FileSet) -> Reading:
    sheet = read_sheet(file.path, file.sheet, settings.header is True, wanted_names(settings), settings.skip)
    if sheet.numbers:
        # A merged cell with an amount is that of its first row.
        once = [file.expressions[column] for column in ADDED_UP if column in file.expressions]
        connection.register("sheet_cells", sheet.cells(once))
    rows = f"select {_landed(file, settings)}, row_no, line_no from sheet_cells"
    return Reading(file.path, rows, [(len(sheet.numbers), 0)])


def _read_text(connection: DuckDBPyConnection, file: RawFile, settings: FileSet) -> Reading:
    delimiter, header_lines = file.header.delimiter, file.header.n_lines
    with _working_folder(connection) as folder:
        path = file.path
        if compression(path):
            path = Path(folder) / "plain.csv"
            decompress(file.path, path)
        check_lines(path, file.path)
        path, encoding, is_valid = _in_utf8(path, file.path, settings.encoding, Path(folder) / "utf8.csv")
        if has_old_line_ends(path):
            with_new_line_ends(path, Path(folder) / "lines.csv")
            path = Path(folder) / "lines.csv"
        if delimiter == WHITESPACE:
            delimiter = "\t"
            to_tabs(path, Path(folder) / "tabs.csv")
            path = Path(folder) / "tabs.csv"
        columns = file.header.n_columns
        n_rows = count_lines(path) - header_lines
        mending = Mending(n_rows, [(0, 1, header_lines + 1)])
        # In bytes, of which a character has one or more: of a longer line the mending tells.
        longest = f"max_line_size = {LONGEST_RECORD}"
        if n_rows and not (
            is_valid and _read_lines(connection, path, columns, delimiter, header_lines, n_rows, longest)
        ):
            # Some line is no row, or some row has several lines: only now is it worth looking at each.
            mended = Path(folder) / "mended.csv"
            mending = mend_csv(path, encoding, delimiter, header_lines, (file.header.n_named, columns), mended)
            if mending.n_rows and not _read_lines(
                connection, mended, columns, delimiter, 0, mending.n_rows, "new_line = '\\n'"
            ):
                raise InputError(f"{file.path} has lines that cannot be told apart: save it again as csv.")
    rows = []
    if mending.n_rows:
        place, joined = "landed.rowid + row_shift as row_no, landed.rowid + line_shift as line_no", ""
        if len(mending.shifts) == 1:
            place = f"rowid + {mending.shifts[0][1]} as row_no, rowid + {mending.shifts[0][2]} as line_no"
        else:
            connection.register("shifts", mending.shift_ranges())
            joined = " inner join shifts on landed.rowid >= first_row and landed.rowid < end_row"
        rows.append(f"select {_landed(file, settings)}, {place} from landed{joined}")
    if mending.unreadable:
        connection.register("unreadable", mending.unreadable_rows())
        rows.append(f"select *, {literal(file.source_file)} as source_file from unreadable")
    counts = (mending.n_rows + len(mending.unreadable), len(mending.unreadable))
    return Reading(file.path, " union all by name ".join(rows), [counts])


@contextmanager
def _working_folder(connection: DuckDBPyConnection) -> Iterator[str]:
    """Yield a folder for copies of a file: where the database has its own temporary files, which a build empties."""
    [(beside,)] = connection.execute("select current_setting('temp_directory')").fetchall()
    # A database in memory would have them in the folder where the program was started.
    place = Path(beside) if Path(beside).name != ".tmp" else None
    if place:
        place.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=place) as folder:
        yield folder
    if place:
        with suppress(OSError):
            place.rmdir()


def _read_lines(
    connection: DuckDBPyConnection,
    path: Path,
    n_columns: int,
    delimiter: str,
    header_lines: int,
    n_rows: int,
    option: str,
) -> bool:
    """Read the lines of a csv file into the table `landed`; tell whether they are as many rows as expected.

    Rows are numbered by the order in which they are stored: to number them while reading takes one core. A line end
    that is not stated is that of the first line, which may be one within a value.
    """
    try:
        source = _read_csv(path, n_columns, delimiter, header_lines, option)
        return connection.execute(f"create or replace temp table landed as from {source}").fetchall() == [(n_rows,)]
    except duckdb.InvalidInputException:
        return False


def _in_utf8(path: Path, shown: Path, stated_encoding: str | None, target: Path) -> tuple[Path, str, bool]:
    """Return a file with the text, its encoding, and whether it is wholly valid, which makes it utf-8.

    Where `own_encoding` tells none, the file is utf-8 if all of it is valid, else gb18030 if all of it is, else the
    one of them that fewer lines break; a sentence tells where it looks like another one.
    """
    own = own_encoding(path, stated_encoding)
    candidates = [own] if own else [UTF8, "gb18030"]
    for encoding in candidates:
        if codecs.lookup(encoding).name == UTF8:
            if is_utf8(path):
                return path, UTF8, True
            if not own and (guess := likely_encoding(path)):
                say(
                    f"{shown} is not utf-8 and looks like {guess}, but without an encoding in the retailer file it is "
                    f"read as gb18030: if its letters come out wrong, state encoding: {guess} there."
                )
        elif to_utf8(path, encoding, target):
            return target, UTF8, True
        elif "\n".encode(encoding) != b"\n":
            raise InputError(f"{shown} is not valid {encoding} text: save it again as utf-8.")
    return path, min(candidates, key=lambda encoding: count_undecodable_lines(path, encoding)), False


def _read_csv(path: Path, n_columns: int, delimiter: str, header_lines: int, option: str) -> str:
    columns = ", ".join(f"'c{at}': 'varchar'" for at in range(n_columns))
    return f"""read_csv(
        {literal(escape(str(path)))}, header = false, skip = {header_lines}, auto_detect = false, strict_mode = true,
        delim = {literal(delimiter)}, quote = '"', escape = '"', columns = {{{columns}}}, {option}
    )"""


def _landed(file: RawFile, settings: FileSet) -> str:
    """Return the SQL of the landed text of every column of a file, and of its name."""
    texts = []
    for column, source in file.expressions.items():
        text = source
        if column.startswith("key "):
            text = f"coalesce({sql_macro('clean_key', source)}, nullif(trim({source}), ''))"
        if column in CODE_COLUMNS or column.startswith("key "):
            text = f"case when lower(trim({text})) not in ({_listed(NO_CODE)}) then {text} end"
        if settings.missing:
            text = f"case when {text} not in ({_listed(settings.missing)}) then {text} end"
        texts.append(f"{text} as {identifier(column)}")
    return ", ".join([*texts, f"{literal(file.source_file)} as source_file"])


def _listed(values: Sequence[str]) -> str:
    return ", ".join(map(literal, values))
