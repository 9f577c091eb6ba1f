"""Landing of the raw files: every line of every file once, every column as text, and a ledger of the files."""

import codecs
import datetime
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from glob import escape
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.landing.files import (
    Header,
    KnownFile,
    KnownFiles,
    Part,
    RawFile,
    find_raw_files,
    identifier,
    layout,
    literal,
    parquet_source,
)
from segmentation.landing.moments import parsed_moment
from segmentation.landing.text import (
    Mending,
    compression,
    count_lines,
    count_undecodable_lines,
    decompress,
    is_utf8,
    is_utf16,
    mend_csv,
    to_tabs,
    to_utf8,
)
from segmentation.landing.workbook import read_sheet
from segmentation.retailer import (
    CANONICAL_COLUMNS,
    MOMENT_COLUMNS,
    RETAILERS,
    TIME_OF,
    WHITESPACE,
    FileSet,
    RawTable,
    Retailer,
    read_retailer,
)

# Rises when files would be read otherwise than before: then all are read again.
READING = 1
LEDGER = """
create table if not exists work.raw.files (
    table_name varchar,
    part integer,
    source_file varchar,
    raw_path varchar,
    sheet varchar,
    kind varchar,
    layout varchar,
    header varchar,
    reader varchar,
    stamp varchar,
    size_bytes bigint,
    sha256 varchar,
    raw_rows bigint,
    unreadable_rows bigint,
    landed_at timestamp
)
"""
LEDGER_COLUMNS = 15
PLACE = {
    "source_file": "varchar",
    "row_no": "bigint",
    "line_no": "bigint",
    "unreadable_text": "varchar",
    "unreadable_reason": "varchar",
}
UTF8 = "utf-8"
PARQUET_FILES_AT_ONCE = 100


@dataclass(frozen=True)
class Landing:
    """What a landing did: the files read, how many it found unchanged, and those that are no longer there."""

    read: tuple[str, ...]
    unchanged: int
    gone: tuple[str, ...]

    def __str__(self) -> str:
        gone = f"; no longer there: {', '.join(self.gone)}" if self.gone else ""
        return f"Raw files: {len(self.read)} read, {self.unchanged} unchanged since they were read{gone}."


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


@contextmanager
def working_file(warehouse: Path) -> Iterator[DuckDBPyConnection]:
    """Open the file in which dbt works, as dbt does; in a process that is not dbt's.

    Raises
    ------
    InputError
        If another process has it open.
    """
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {literal(f'{warehouse}.tmp')}; set enable_progress_bar = false")
        try:
            connection.execute(f"attach {literal(f'{warehouse}.work')} as work (storage_version 'v1.5.0')")
        except duckdb.IOException as error:
            raise InputError(f"Another process works on {warehouse}.work: wait for its end ({error}).") from error
        yield connection


def land(
    connection: DuckDBPyConnection, retailer_name: str, raw_dir: Path, retailers_dir: Path = RETAILERS
) -> Landing:
    """Bring the schema `raw` of the attached file `work` up to the raw files and the retailer file.

    A file that has landed before and has not changed since is not read again; one that has changed replaces its own
    rows; the rows of one that is no longer there leave. Names the files that it reads as it begins with them.

    Raises
    ------
    InputError
        If the retailer file or a raw file cannot be used; what had landed before stays.
    """
    retailer = read_retailer(retailer_name, retailers_dir)
    # A moment with an offset in a Parquet file becomes text with the offset +00.
    connection.execute("set TimeZone = 'UTC'")
    _open_ledger(connection)
    known = _known_files(connection, raw_dir)
    parts = {table.name: find_raw_files(retailer, table, raw_dir, known) for table in retailer.tables}
    gone = _remove_gone(connection, parts)
    read: list[str] = []
    unchanged = 0
    for name in CANONICAL_COLUMNS:
        for number, part in enumerate(parts.get(name, [])):
            relation = f"work.raw.{name}_{number}"
            _fit_table(connection, relation, name, number, part)
            changed = [file for file in part.files if not _is_landed(connection, name, number, part.settings, file)]
            unchanged += len(part.files) - len(changed)
            read += [file.source_file for file in changed]
            _land_changed(connection, name, number, part.settings, changed)
    for table in retailer.tables:
        for number in range(1, len(parts[table.name])):
            _check_join(connection, table.name, number, parts[table.name])
    _write_views(connection, retailer, parts)
    return Landing(tuple(read), unchanged, tuple(gone))


def _open_ledger(connection: DuckDBPyConnection) -> None:
    """Make the ledger where there is none; one of another version of the project leaves, with all that had landed."""
    connection.execute("create schema if not exists work.raw")
    [(columns,)] = connection.execute(
        "select count(*) from duckdb_columns() where database_name = 'work' and schema_name = 'raw' and table_name = 'files'"
    ).fetchall()
    if columns != LEDGER_COLUMNS:
        connection.execute("drop schema work.raw cascade; create schema work.raw")
        connection.execute(LEDGER)


def _stamp(path: Path) -> str:
    """Return what changes when a file is written, replaced or touched (the change time cannot be set back)."""
    state = path.stat()
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"


def _known_files(connection: DuckDBPyConnection, raw_dir: Path) -> KnownFiles:
    known: dict[tuple[Path, str], dict[str | None, KnownFile]] = {}
    for raw_path, sheet, kind, form, header, stamp in connection.execute(
        "select raw_path, sheet, kind, layout, header, stamp from work.raw.files order by rowid"
    ).fetchall():
        path = raw_dir / raw_path
        if path.is_file() and _stamp(path) == stamp:
            content = json.loads(header)
            content["twice"] = frozenset(content["twice"])
            known.setdefault((path, form), {})[sheet] = KnownFile(kind, Header(**content))
    return known


def _remove_gone(connection: DuckDBPyConnection, parts: dict[str, list[Part]]) -> list[str]:
    """Take the rows of files that are no longer there, or no longer wanted, out of the tables and the ledger."""
    wanted = {
        (name, number, file.source_file)
        for name, table_parts in parts.items()
        for number, part in enumerate(table_parts)
        for file in part.files
    }
    landed = connection.execute("select table_name, part, source_file from work.raw.files order by all").fetchall()
    for name, number, source_file in landed:
        if (name, number, source_file) not in wanted:
            _forget(connection, name, number, source_file)
    tables = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'work' and schema_name = 'raw' and table_name <> 'files'"
    ).fetchall()
    used = {f"{name}_{number}" for name, table_parts in parts.items() for number in range(len(table_parts))}
    for (table,) in tables:
        if table not in used and table not in ("retailer", "codes"):
            connection.execute(f"drop table work.raw.{identifier(table)} cascade")
    return sorted({source_file for name, number, source_file in landed if (name, number, source_file) not in wanted})


def _forget(connection: DuckDBPyConnection, name: str, number: int, source_file: str) -> None:
    with _transaction(connection):
        connection.execute(f"delete from work.raw.{name}_{number} where source_file = ?", [source_file])
        connection.execute(
            "delete from work.raw.files where table_name = ? and part = ? and source_file = ?",
            [name, number, source_file],
        )


def _fit_table(connection: DuckDBPyConnection, relation: str, name: str, number: int, part: Part) -> None:
    """Make the table of a part; one with other columns, of another retailer file, begins anew."""
    wanted = list(part.files[0].expressions)
    there = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'work' and schema_name = 'raw'"
        " and table_name = ? order by column_index",
        [f"{name}_{number}"],
    ).fetchall()
    if sorted(column for (column,) in there) != sorted([*wanted, *PLACE]):
        connection.execute("delete from work.raw.files where table_name = ? and part = ?", [name, number])
        create_table(connection, relation, wanted)


def create_table(connection: DuckDBPyConnection, relation: str, columns: Sequence[str]) -> None:
    """Make the table that `land_file` fills: the columns as text, then the place of the row in its file."""
    types = dict.fromkeys(map(identifier, columns), "varchar") | PLACE
    connection.execute(
        f"create or replace table {relation} ({', '.join(f'{column} {kind}' for column, kind in types.items())})"
    )


def _reader(settings: FileSet, file: RawFile) -> str:
    """Return all on which the landed rows depend beside the content of the file, as text to compare."""
    return json.dumps([READING, layout(settings), settings.missing, file.expressions])


def _is_landed(connection: DuckDBPyConnection, name: str, number: int, settings: FileSet, file: RawFile) -> bool:
    """Tell whether the rows of a file are there as it is now; a file that was only touched is."""
    landed = connection.execute(
        "select stamp, size_bytes, sha256 from work.raw.files"
        " where table_name = ? and part = ? and source_file = ? and reader = ?",
        [name, number, file.source_file, _reader(settings, file)],
    ).fetchall()
    if not landed:
        return False
    [(stamp, size, sha256)] = landed
    now = _stamp(file.path)
    if stamp == now:
        return True
    if file.path.stat().st_size != size or _sha256(file.path) != sha256:
        return False
    connection.execute("update work.raw.files set stamp = ? where source_file = ?", [now, file.source_file])
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _land_changed(
    connection: DuckDBPyConnection, name: str, number: int, settings: FileSet, files: Sequence[RawFile]
) -> None:
    """Replace the rows of files and enter them in the ledger; Parquet files that follow each other at once."""
    for kind, group in groupby(files, key=lambda file: file.kind):
        following = list(group)
        step = PARQUET_FILES_AT_ONCE if kind == "parquet" else 1
        for start in range(0, len(following), step):
            some = following[start : start + step]
            for file in some:
                print(f"Reading {file.source_file} ({file.path.stat().st_size / 1e6:,.1f} MB)", flush=True)
                _forget(connection, name, number, file.source_file)
            stamps = [_stamp(file.path) for file in some]
            reading = read_files(connection, some, settings)
            with _transaction(connection):
                append(connection, f"work.raw.{name}_{number}", reading)
                for file, stamp, counts in zip(some, stamps, reading.counts, strict=True):
                    digest = _sha256(file.path)
                    if _stamp(file.path) != stamp:
                        raise InputError(f"{file.path} changed while it was read: build again when it is complete.")
                    _enter(connection, name, number, settings, file, (stamp, digest, *counts))


def _enter(
    connection: DuckDBPyConnection,
    name: str,
    number: int,
    settings: FileSet,
    file: RawFile,
    found: tuple[str, str, int, int],
) -> None:
    header = json.dumps(asdict(file.header) | {"twice": sorted(file.header.twice)})
    stamp, digest, rows, unreadable = found
    connection.execute(
        f"insert into work.raw.files values ({', '.join('?' * LEDGER_COLUMNS)})",
        [
            name,
            number,
            file.source_file,
            file.raw_path,
            file.sheet,
            file.kind,
            layout(settings),
            header,
            _reader(settings, file),
            stamp,
            file.path.stat().st_size,
            digest,
            rows,
            unreadable,
            datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
        ],
    )


@contextmanager
def _transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def read_files(connection: DuckDBPyConnection, files: Sequence[RawFile], settings: FileSet) -> Reading:
    """Read files of one kind, a text file or workbook by itself, as far as is needed to count their rows.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    if files[0].kind == "parquet":
        return _read_parquet(files, settings)
    return (_read_text if files[0].kind == "text" else _read_workbook)(connection, files[0], settings)


def append(connection: DuckDBPyConnection, relation: str, reading: Reading) -> None:
    """Append what `read_files` found to a table of `create_table`."""
    expected = sum(rows for rows, _ in reading.counts)
    try:
        appended = connection.execute(f"insert into {relation} by name {reading.rows}").fetchall() if expected else [(0,)]
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.BinderException) as error:
        raise InputError(f"{reading.path} cannot be read to its end ({error}): write it again.") from error
    if appended != [(expected,)]:
        raise InputError(f"{reading.path} does not hold the {expected:,} rows that it announces: write it again.")


def _read_parquet(files: Sequence[RawFile], settings: FileSet) -> Reading:
    counts = [(pq.read_metadata(file.path).num_rows, 0) for file in files]
    rows = " union all by name ".join(
        f"select {_landed(file, settings)}, file_row_number + 1 as row_no, file_row_number + 1 as line_no"
        f" from {parquet_source(file.path, 'file_row_number = true')}"
        for file in files
    )
    return Reading(files[0].path, rows, counts)


def _read_workbook(connection: DuckDBPyConnection, file: RawFile, settings: FileSet) -> Reading:
    sheet = read_sheet(file.path, file.sheet, settings.header is True)
    if sheet.numbers:
        connection.register("sheet_cells", sheet.cells())
    rows = f"select {_landed(file, settings)}, row_no, line_no from sheet_cells"
    return Reading(file.path, rows, [(len(sheet.numbers), 0)])


def _read_text(connection: DuckDBPyConnection, file: RawFile, settings: FileSet) -> Reading:
    delimiter, header_lines = settings.delimiter, file.header.n_lines
    with TemporaryDirectory() as folder:
        path = file.path
        if compression(path):
            path = Path(folder) / "plain.csv"
            decompress(file.path, path)
        path, encoding, is_valid = _in_utf8(path, settings.encoding, Path(folder) / "utf8.csv")
        if delimiter == WHITESPACE:
            delimiter = "\t"
            to_tabs(path, Path(folder) / "tabs.csv")
            path = Path(folder) / "tabs.csv"
        columns = file.header.n_columns
        n_rows = count_lines(path) - header_lines
        mending = Mending(n_rows, [(0, 1, header_lines + 1)])
        if n_rows and not (is_valid and _read_lines(connection, path, columns, delimiter, header_lines, n_rows)):
            # Some line is no row, or some row has several lines: only now is it worth looking at each.
            mended = Path(folder) / "mended.csv"
            mending = mend_csv(path, encoding, delimiter, header_lines, columns, mended)
            if mending.n_rows and not _read_lines(connection, mended, columns, delimiter, 0, mending.n_rows):
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


def _read_lines(
    connection: DuckDBPyConnection, path: Path, n_columns: int, delimiter: str, header_lines: int, n_rows: int
) -> bool:
    """Read the lines of a csv file into the table `landed`; tell whether they are as many rows as expected.

    Rows are numbered by the order in which they are stored: to number them while reading takes one core.
    """
    try:
        source = _read_csv(path, n_columns, delimiter, header_lines)
        return connection.execute(f"create or replace temp table landed as from {source}").fetchall() == [(n_rows,)]
    except duckdb.InvalidInputException:
        return False


def _in_utf8(path: Path, stated_encoding: str | None, target: Path) -> tuple[Path, str, bool]:
    """Return a file with the text, its encoding, and whether it is wholly valid, which makes it utf-8.

    Without a stated encoding the file is utf-8 if all of it is valid, else gb18030 if all of it is, else the
    one of them that fewer lines break.
    """
    candidates = [stated_encoding or ("utf-16" if is_utf16(path) else UTF8)]
    if candidates == [UTF8] and not stated_encoding:
        candidates.append("gb18030")
    for encoding in candidates:
        if codecs.lookup(encoding).name == UTF8:
            if is_utf8(path):
                return path, UTF8, True
        elif to_utf8(path, encoding, target):
            return target, UTF8, True
        elif "\n".encode(encoding) != b"\n":
            raise InputError(f"{path} is not valid {encoding} text: save it again as utf-8.")
    return path, min(candidates, key=lambda encoding: count_undecodable_lines(path, encoding)), False


def _read_csv(path: Path, n_columns: int, delimiter: str, header_lines: int) -> str:
    columns = ", ".join(f"'c{at}': 'varchar'" for at in range(n_columns))
    return f"""read_csv(
        {literal(escape(str(path)))}, header = false, skip = {header_lines}, auto_detect = false, strict_mode = true,
        delim = {literal(delimiter)}, quote = '"', escape = '"', columns = {{{columns}}}
    )"""


def _landed(file: RawFile, settings: FileSet) -> str:
    """Return the SQL of the landed text of every column of a file, and of its name."""
    texts = []
    for column, source in file.expressions.items():
        text = f"nullif(trim({source}), '')" if column.startswith("key ") else source
        if settings.missing:
            values = ", ".join(literal(value) for value in settings.missing)
            text = f"case when {text} not in ({values}) then {text} end"
        texts.append(f"{text} as {identifier(column)}")
    return ", ".join([*texts, f"{literal(file.source_file)} as source_file"])


def _check_join(connection: DuckDBPyConnection, name: str, number: int, parts: Sequence[Part]) -> None:
    """Refuse several rows for one key, and keys that never match."""
    keys = ", ".join(identifier(own) for _, _, own in parts[number].keys)
    path = parts[number].files[0].path
    raw_key = ", ".join(parts[number].settings.key.values())
    twice = connection.execute(
        f"select count(*), {keys} from ({_joined(name, number, parts[number])}) group by {keys} having count(*) > 1"
        f" order by {keys} limit 1"
    ).fetchone()
    if twice:
        raise InputError(
            f"{path} has {twice[0]} different rows with {raw_key} = {', '.join(map(str, twice[1:]))}, so that a line "
            "would be joined to several: keep one row per key, or name a key that is unique."
        )
    owners = {owner for owner, _, _ in parts[number].keys}
    owner = min(owners)
    if (
        len(owners) == 1
        and not connection.execute(
            f"from work.raw.{name}_{owner} as part_{owner}"
            f" semi join work.raw.{name}_{number} as part_{number} on {_on(number, parts)} limit 1"
        ).fetchall()
    ):
        raise InputError(
            f"No row of {parts[owner].files[0].path} finds its {raw_key} in {path}: see whether the key of the join "
            "is the right column in both."
        )


def _on(number: int, parts: Sequence[Part]) -> str:
    return " and ".join(
        f"part_{owner}.{identifier(left)} = part_{number}.{identifier(right)}"
        for owner, left, right in parts[number].keys
    )


def _joined(name: str, number: int, part: Part) -> str:
    """Return the SQL of a joined table: rows that are equal in all that is used of them are one row."""
    columns = ", ".join(identifier(column) for column in part.files[0].expressions)
    key_is_there = " and ".join(f"{identifier(own)} is not null" for _, _, own in part.keys)
    return f"select distinct {columns} from work.raw.{name}_{number} where {key_is_there}"


def _write_views(connection: DuckDBPyConnection, retailer: Retailer, parts: dict[str, list[Part]]) -> None:
    """Write what dbt reads beside the ledger: the two tables in the project's own columns, and the retailer file."""
    tables = {table.name: table for table in retailer.tables}
    for name in CANONICAL_COLUMNS:
        view = _canonical(name, tables.get(name), parts.get(name, []), retailer.time_zone)
        connection.execute(f"create or replace view work.raw.{name} as {view}")
    recorded = {f"has_{column}": column in retailer.sales_lines.columns for column in ("quantity", "points")}
    recorded["has_registered_at"] = retailer.members is not None and "registered_at" in retailer.members.columns
    settings = {
        "retailer": (retailer.name, "varchar"),
        "currency": (retailer.currency, "varchar"),
        "time_zone": (retailer.time_zone, "varchar"),
        "as_of": (retailer.as_of, "date"),
        "require_points": (retailer.require_points, "boolean"),
        "has_member_table": (retailer.members is not None, "boolean"),
        **{column: (value, "boolean") for column, value in recorded.items()},
    }
    selected = ", ".join(f"cast(? as {kind}) as {column}" for column, (_, kind) in settings.items())
    connection.execute(
        f"create or replace table work.raw.retailer as select {selected}", [value for value, _ in settings.values()]
    )
    connection.execute(
        "create or replace table work.raw.codes (table_name varchar, column_name varchar, raw_value varchar, code varchar)"
    )
    for table in retailer.tables:
        for column, codes in table.codes.items():
            for raw_value, code in codes.items():
                connection.execute("insert into work.raw.codes values (?, ?, ?, ?)", [table.name, column, raw_value, code])


def _canonical(name: str, table: RawTable | None, parts: Sequence[Part], time_zone: str | None) -> str:
    """Return the SQL of a raw table in the project's own columns; no row where the retailer has no such table.

    Beside the texts stand, for each column with moments, `<column>_parsed`, the moment as the retailer file says that
    it is written (null where it says nothing), and for sales lines how its numbers and cancellations are written.
    """
    landed = {
        column: f"part_{number}.{identifier(column)}"
        for number, part in enumerate(parts)
        for column in part.files[0].expressions
    }
    texts = {column: landed.get(column, "cast(null as varchar)") for column in CANONICAL_COLUMNS[name]}
    others = {}
    for column in MOMENT_COLUMNS[name]:
        time = landed.get(TIME_OF.format(column))
        formats = table.date_formats.get(column, ()) if table else ()
        others[f"{column}_parsed"] = "cast(null as timestamp)"
        if table and column in landed and (time or formats or time_zone):
            others[f"{column}_parsed"] = parsed_moment(
                texts[column], time, formats, time_zone, table.recorded_time_zone
            )
        if time:
            texts[column] = f"nullif(concat_ws(' ', {texts[column]}, {time}), '')"
    if name == "sales_lines" and table:
        others["decimal_mark"] = literal(table.decimal)
        others["is_amount_product"] = str(table.amount_is_product)
        others["is_cancelled"] = "false"
        if table.cancelled:
            column, patterns = table.cancelled
            mark = landed.get(column) or landed["cancelled"]
            matches = " or ".join(f"{mark} like {literal(pattern)}" for pattern in patterns)
            others["is_cancelled"] = f"coalesce({matches}, false)"
    columns = ", ".join(f"{expression} as {column}" for column, expression in (texts | others).items())
    if not parts:
        places = ", ".join(f"cast(null as {kind}) as {column}" for column, kind in PLACE.items())
        return f"select {columns}, {places} where false"
    joins = "".join(
        f" left join ({_joined(name, number, part)}) as part_{number} on {_on(number, parts)}"
        for number, part in enumerate(parts)
        if number
    )
    first = ""
    if table and table.is_distinct:
        same = ", ".join(["part_0.unreadable_reason is null", *texts.values()])
        first = (
            " qualify part_0.unreadable_reason is not null"
            f" or row_number() over (partition by {same} order by part_0.source_file, part_0.row_no) = 1"
        )
    places = ", ".join(f"part_0.{column}" for column in PLACE)
    rows = f"select {columns}, {places} from work.raw.{name}_0 as part_0{joins}{first}"
    own = {file.path for file in parts[0].files}
    for number, part in enumerate(parts):
        # An unreadable line of a joined table belongs to no row; it is a row of its own.
        if number and not own & {file.path for file in part.files}:
            places = ", ".join(PLACE)
            rows += f" union all by name select {places} from work.raw.{name}_{number} where unreadable_reason is not null"
    return rows
