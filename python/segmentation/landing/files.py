"""The raw files of a retailer: which they are, and whether they can be what the retailer file says."""

import glob
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.disk import WORKBOOKS
from segmentation.errors import InputError
from segmentation.landing.encodings import likely_encoding
from segmentation.landing.retailer import FileSet, RawTable, Retailer, plain_name
from segmentation.landing.text import MOST_COLUMNS, find_header
from segmentation.landing.workbook import EXACT_BELOW, OLE_MAGIC, is_workbook, read_sheet, sheets_to_read
from segmentation.sql_text import identifier, literal

PARQUET_MAGIC = b"PAR1"
# Hidden ones, what other programs note, and what a spreadsheet puts beside a workbook while it is open.
BEGINNINGS_OF_OTHERS = (".", "_", "~")
TABLE_TITLES = {
    "members": "the members",
    "sales_lines": "the sales lines",
    "card_merges": "the card merges",
    "segment_overrides": "the segment overrides",
}
# A list may have no row yet.
LIST_TABLES = ("card_merges", "segment_overrides")
# Beside demo files, and beside them only.
DEMO_NOTE = "DEMO_DATA.txt"
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
# A whole number that pandas keeps as a floating-point one (17850.0) is still a key; from 2^53 on it has lost digits.
FLOAT_AS_TEXT = f"""case
    when {{0}} = trunc({{0}}) and abs({{0}}) < {EXACT_BELOW} then cast(cast({{0}} as bigint) as varchar)
    when abs({{0}}) >= {EXACT_BELOW} and isfinite({{0}}) then printf('%.16e', cast({{0}} as double))
    when not isnan({{0}}) then cast({{0}} as varchar)
end"""
# A number's point must not pass for a mark of thousands where the retailer's decimal mark is a comma (`cell_text`).
WITH_FOURTH_DECIMAL = "{0} || case when {0} like '%.___' then '0' else '' end"


@dataclass(frozen=True)
class Header:
    """What is known of a file before its rows are read.

    Attributes
    ----------
    expressions : for each column the SQL that gives its text from the file's columns c0, c1, ... (or from the
        columns of a Parquet file).
    twice : names that more than one column has.
    n_lines : number of lines up to and with the header, of a text file.
    n_columns : number of columns that the file itself has.
    n_named : the same without those at its end that have no name.
    delimiter : between the columns of a text file.
    has_rows : whether anything follows the header.
    """

    expressions: dict[str, str]
    twice: frozenset[str]
    n_lines: int
    n_columns: int
    n_named: int
    delimiter: str
    has_rows: bool


@dataclass(frozen=True)
class RawFile:
    """A raw file, or a sheet of one, whose header fits its table.

    Attributes
    ----------
    kind : {"text", "workbook", "parquet"}
    raw_path : path relative to the folder of raw files.
    source_file : the same, with the sheet where one is named.
    expressions : the SQL that gives the text of each wanted column.
    raw_names : name in the file of each of them.
    stamp : that of the file before its header was looked at.
    """

    path: Path
    raw_path: str
    source_file: str
    kind: str
    sheet: str | None
    header: Header
    expressions: dict[str, str]
    raw_names: dict[str, str]
    stamp: str


@dataclass(frozen=True)
class KnownFile:
    """What an earlier landing found out about a file, or a sheet of one, that has not changed since."""

    kind: str
    header: Header
    stamp: str


# Of each path and layout of its files the sheets, None for a file without.
KnownFiles = Mapping[tuple[Path, str], Mapping[str | None, KnownFile]]


@dataclass(frozen=True)
class Part:
    """The files with the rows of a raw table, or those of a table joined to it.

    Attributes
    ----------
    keys : (number of the part, its column, own column) that have to be equal for a join.
    """

    settings: FileSet
    files: list[RawFile]
    keys: list[tuple[int, str, str]]


def has_raw_files(raw_dir: Path) -> bool:
    """Tell whether the folder of raw files holds any file, those of others and the note of demo files aside."""
    return any(
        path.is_file() and not is_of_others(path, raw_dir) and path.name != DEMO_NOTE for path in raw_dir.rglob("*")
    )


def is_of_others(path: Path, root: Path, pattern: str = "") -> bool:
    """Tell whether a file, or a folder below `root` in which it is, has a name of others that no pattern gives it."""
    named = [part for part in Path(pattern).parts if part.startswith(BEGINNINGS_OF_OTHERS)]
    return any(
        part.startswith(BEGINNINGS_OF_OTHERS) and not any(fnmatchcase(part, name) for name in named)
        for part in path.relative_to(root).parts
    )


def files_named(root: Path, name: str) -> list[Path]:
    """Return the file of a name below a folder, the files below the folder of that name, or those of a pattern."""
    path = root / name
    # A name may hold the signs of patterns.
    if path.is_file():
        return [path]
    if path.is_dir():
        return [file for file in path.rglob("*") if file.is_file() and not is_of_others(file, path)]
    files = (root / match for match in glob.glob(name, root_dir=root, recursive=True))
    return [file for file in files if file.is_file() and not is_of_others(file, root, name)]


def layout(settings: FileSet) -> str:
    """Return what must be known of a file's form before its header is, as text to compare."""
    form = [settings.encoding, settings.delimiter, settings.header, settings.skip, settings.sheets]
    return json.dumps([*form, wanted_names(settings)])


def wanted_names(settings: FileSet) -> list[tuple[str, ...]]:
    """Return, for each column that files must have, the names that it may have."""
    return [*settings.columns.values(), *((name,) for name in settings.key.values())]


def find_raw_files(retailer: Retailer, table: RawTable, raw_dir: Path, known: KnownFiles) -> list[Part]:
    """Return the files of a raw table, each part's in the order of their names.

    A joined table's key is looked for in the files with the rows, then in the tables joined before.

    Parameters
    ----------
    known : files that need not be opened, since they are as they were.

    Raises
    ------
    InputError
        If a file is missing, empty, of another kind than its name says, or lacks a column.
    """
    paths = [_paths(retailer, table, part, raw_dir, known) for part in table.parts]
    first_headers = [
        _kind_and_header(*files[0], part, raw_dir, known)[1] for files, part in zip(paths, table.parts, strict=True)
    ]
    wanted = [dict(part.columns) for part in table.parts]
    keys: list[list[tuple[int, str, str]]] = [[] for _ in table.parts]
    for number, part in enumerate(table.parts):
        for left, right in part.key.items():
            owner = _owner(left, first_headers[:number])
            if owner is None:
                raise InputError(
                    f"{paths[number][0][0]} should be joined by {left}, a column that neither {paths[0][0][0]} nor "
                    "a table joined before it has."
                )
            keys[number].append((owner, f"key {left}", f"key {right}"))
            wanted[owner][f"key {left}"] = (left,)
            wanted[number][f"key {right}"] = (right,)
    if table.cancelled and table.cancelled[0] not in table.columns:
        owner = _owner(table.cancelled[0], first_headers)
        wanted[owner or 0]["cancelled"] = (table.cancelled[0],)

    parts = []
    for settings, files, columns, key in zip(table.parts, paths, wanted, keys, strict=True):
        raw_files = [
            _checked_file(retailer, table, settings, columns, raw_dir, path, sheet, known) for path, sheet in files
        ]
        if table.name not in LIST_TABLES and not any(file.header.has_rows for file in raw_files):
            raise InputError(f"{files[0][0]} has a header but no line below it: put the file with the data there.")
        parts.append(Part(settings, raw_files, key))
    return parts


def _paths(
    retailer: Retailer, table: RawTable, part: FileSet, raw_dir: Path, known: KnownFiles
) -> list[tuple[Path, str | None]]:
    """Return the files of a part, and of workbooks their sheets (None: the first), in order."""
    paths: set[Path] = set()
    for pattern in part.files:
        if not (found := files_named(raw_dir, pattern)):
            kept = f"keeps {TABLE_TITLES[table.name]} there" if part is table.parts[0] else "joins it"
            raise InputError(f"{raw_dir / pattern} is missing: the retailer {retailer.name} {kept}.")
        paths.update(found)
    files: list[tuple[Path, str | None]] = []
    root = raw_dir.resolve()
    for path in sorted(paths):
        if not path.resolve().is_relative_to(root):
            raise InputError(
                f"{path} leads out of the folder of raw files, to {path.resolve()}: put the file itself there, or let "
                "RAW_DATA_DIR name its folder."
            )
        # Of a workbook with several sheets perhaps not all have landed: which there are, it says itself.
        if None in known.get((path, layout(part)), {}):
            files.append((path, None))
            continue
        check_form(path, TABLE_TITLES[table.name])
        if part.sheets and is_workbook(path):
            files.extend((path, sheet) for sheet in sheets_to_read(path, part.sheets))
        else:
            files.append((path, None))
    return files


def check_form(path: Path, title: str) -> None:
    """Refuse a file that is empty, protected by a password or broken; `title` says what it should hold."""
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes): put {title} there.")
    with path.open("rb") as file:
        magic = file.read(len(OLE_MAGIC))
    if magic == OLE_MAGIC:
        raise InputError(
            f"{path} is protected by a password, or a workbook of the old .xls form: "
            "save it as .xlsx without a password."
        )
    is_named_workbook = path.suffix.lower() in WORKBOOKS
    if is_named_workbook and not is_workbook(path) and (magic[:2] == b"PK" or zipfile.is_zipfile(path)):
        raise InputError(f"{path} is a broken workbook: save it again from a spreadsheet as .xlsx.")
    if path.suffix.lower() == ".parquet" and not magic.startswith(PARQUET_MAGIC):
        raise InputError(f"{path} is no Parquet file, only called like one: write it again.")


def _owner(column: str, headers: list[Header]) -> int | None:
    return next((number for number, header in enumerate(headers) if column in header.expressions), None)


def file_stamp(path: Path) -> str:
    """Return what changes when a file is written, replaced or touched (the change time cannot be set back)."""
    state = path.stat()
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"


def file_kind(path: Path) -> str:
    """Tell from the content whether a file is a Parquet file, a workbook or text."""
    with path.open("rb") as file:
        if file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC:
            return "parquet"
    return "workbook" if is_workbook(path) else "text"


def _checked_file(
    retailer: Retailer,
    table: RawTable,
    settings: FileSet,
    wanted: Mapping[str, tuple[str, ...]],
    raw_dir: Path,
    path: Path,
    sheet: str | None,
    known: KnownFiles,
) -> RawFile:
    should_be_workbook = path.suffix.lower() in WORKBOOKS
    kind, header, stamp = _kind_and_header(path, sheet, settings, raw_dir, known)
    raw_names = _raw_names(wanted, header)
    other = next((other for other in retailer.tables.values() if other.name != table.name), None)
    is_main = settings is table.parts[0]
    if len(raw_names) < len(wanted) and is_main and other:
        other_columns = other.parts[0].columns
        if len(_raw_names(other_columns, header)) == len(other_columns):
            raise InputError(
                f"{path} should hold {TABLE_TITLES[table.name]} but has the columns of {TABLE_TITLES[other.name]}: "
                "the two files seem to be swapped."
            )
    if should_be_workbook and kind != "workbook":
        raise InputError(
            f"{path} is not a workbook but something else with its name, such as a renamed csv file: "
            "save it as .xlsx from a spreadsheet."
        )
    if kind == "workbook" and not should_be_workbook:
        raise InputError(f"{path} is an Excel workbook with the name of a text file: save it as csv.")
    if len(raw_names) < len(wanted):
        lacking = [
            f"{' or '.join(names)}{'' if ' ' in column or column == 'cancelled' else f' ({column})'}"
            for column, names in wanted.items()
            if column not in raw_names
        ]
        found = ", ".join(header.expressions)[:200] or "nothing"
        numbers = [name for name in ("quantity", "amount") if name in wanted and wanted[name][0].isdecimal()]
        constant = "".join(
            f" A number for every line is no column: write {name}: {wanted[name][0]} beside columns."
            for name in numbers
            if name not in raw_names
        )
        guess = likely_encoding(path) if kind == "text" and not settings.encoding else None
        encoding = f" The file looks like {guess}: state it as its encoding." if guess else ""
        raise InputError(
            f"{path} has no column {', no column '.join(lacking)}; its first line holds: {found}.{constant}{encoding}"
        )
    if twice := [name for name in raw_names.values() if name in header.twice]:
        raise InputError(f"{path} has several columns called {', '.join(twice)}: rename or remove all but one.")

    raw_path = path.relative_to(raw_dir).as_posix()
    return RawFile(
        path=path,
        raw_path=raw_path,
        source_file=raw_path if sheet is None else f"{raw_path}, {sheet}",
        kind=kind,
        sheet=sheet,
        header=header,
        expressions={column: header.expressions[name] for column, name in raw_names.items()},
        raw_names=raw_names,
        stamp=stamp,
    )


def _kind_and_header(
    path: Path, sheet: str | None, settings: FileSet, raw_dir: Path, known: KnownFiles
) -> tuple[str, Header, str]:
    if file := known.get((path, layout(settings)), {}).get(sheet):
        return file.kind, file.header, file.stamp
    stamp = file_stamp(path)
    return file_kind(path), read_header(path, sheet, settings, raw_dir), stamp


def read_header(path: Path, sheet: str | None, settings: FileSet, raw_dir: Path) -> Header:
    """Return the columns of a file, those that its folders name (month=2015-01) included."""
    kind = file_kind(path)
    # Folders such as month=2015-01 are columns too; a column of the file itself goes before.
    partitions = dict(folder.split("=", 1) for folder in path.relative_to(raw_dir).parts[:-1] if "=" in folder)
    values = {plain_name(unquote(name)): unquote(value) for name, value in partitions.items()}
    if kind == "parquet":
        header = _parquet_header(path)
    else:
        wanted = [names for names in wanted_names(settings) if values.keys().isdisjoint(names)]
        if kind == "workbook":
            content = read_sheet(path, sheet, settings.header is True, wanted, settings.skip)
            header = _text_header(path, content.header, 0, ",", bool(content.numbers), settings.header)
        else:
            # A header that is stated or missing is not looked for.
            record = find_header(
                path,
                settings.encoding,
                settings.delimiter,
                wanted if settings.header is True else (),
                settings.skip,
            )
            is_header = settings.header is True
            header = _text_header(
                path,
                record.fields,
                record.last_line if is_header else max(record.first_line - 1, 0),
                record.delimiter,
                record.has_more if is_header else record.first_line > 0,
                settings.header,
            )
    literals = {name: "null" if value == NO_PARTITION else literal(value) for name, value in values.items()}
    return replace(header, expressions=literals | header.expressions)


def _text_header(
    path: Path, record: list[str], n_lines: int, delimiter: str, has_rows: bool, stated: bool | tuple[str, ...]
) -> Header:
    names = record
    if stated is False:
        names = [str(number) for number in range(1, len(record) + 1)]
    elif stated is not True:
        if len(stated) != len(record):
            raise InputError(
                f"{path} has {len(record)} columns on its first line, but header names {len(stated)}: "
                "see whether the delimiter is right, and name every column."
            )
        names = list(stated)
    if len(names) > MOST_COLUMNS:
        raise InputError(
            f"{path} has {len(names):,} columns, more than the {MOST_COLUMNS:,} that a table may have: see whether the "
            "delimiter is right."
        )
    names = [plain_name(name) for name in names]
    expressions: dict[str, str] = {}
    for position, name in enumerate(names):
        expressions.setdefault(name, f"c{position}")
    n_named = max((number for number, name in enumerate(names, start=1) if name), default=0)
    return Header(expressions, _twice(names), n_lines, len(record), n_named, delimiter, has_rows)


def _twice(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name, times in Counter(names).items() if times > 1)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return the database that describes files: to open one for each takes longer than to read a small file."""
    return duckdb.connect()


def _parquet_header(path: Path) -> Header:
    try:
        with _database().cursor() as connection:
            columns = connection.sql(f"describe from {parquet_source(path)}").fetchall()
        schema, n_rows = pq.read_schema(path), pq.read_metadata(path).num_rows
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        raise InputError(f"{path} is a broken Parquet file: write it again.") from error
    expressions: dict[str, str] = {}
    names: list[str] = []
    for name, data_type, *_ in columns:
        column = identifier(name)
        text = f"nullif(cast({column} as varchar), '')"
        if data_type in ("FLOAT", "DOUBLE"):
            text = WITH_FOURTH_DECIMAL.format(f"({FLOAT_AS_TEXT.format(column)})")
        elif data_type.startswith("DECIMAL"):
            text = WITH_FOURTH_DECIMAL.format(f"cast({column} as varchar)")
        elif zone := _zone(schema, name):
            text = _with_offset(column, zone)
        names.append(plain_name(name))
        expressions.setdefault(names[-1], text)
    return Header(expressions, _twice(names), 0, len(columns), len(columns), ",", n_rows > 0)


def _zone(schema: pa.Schema, name: str) -> str | None:
    """Return the time zone of a column with moments; None where it has none, or one that DuckDB does not know."""
    zone = getattr(schema.field(name).type, "tz", None) if name in schema.names else None
    if zone is None:
        return None
    with _database().cursor() as connection:
        known = connection.execute("select name from pg_timezone_names() where name = ?", [zone]).fetchone()
    return zone if known else None


def _with_offset(column: str, zone: str) -> str:
    """Return the SQL of a moment by the clock of its zone, with the offset."""
    local = f"timezone({literal(zone)}, {column})"
    minutes = f"date_diff('minute', timezone('UTC', {column}), {local})"
    return f"""cast({local} as varchar) || case when {minutes} < 0 then '-' else '+' end
        || format('{{:02d}}:{{:02d}}', abs({minutes}) // 60, abs({minutes}) % 60)"""


def parquet_source(path: Path, *options: str) -> str:
    """Return the SQL that reads a Parquet file."""
    stated = ", ".join(
        [literal(glob.escape(str(path))), "binary_as_string = true", "hive_partitioning = false", *options]
    )
    return f"read_parquet({stated})"


def _raw_names(wanted: Mapping[str, tuple[str, ...]], header: Header) -> dict[str, str]:
    """Return for each wanted column the first of its raw columns that the header has."""
    found = {
        column: next((name for name in names if name in header.expressions), None) for column, names in wanted.items()
    }
    return {column: name for column, name in found.items() if name is not None}
