"""Loading of the raw tables into DuckDB: every row once, every column as text."""

import codecs
import os
from collections.abc import Sequence
from glob import escape
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.moments import parsed_moment
from segmentation.processes import result
from segmentation.raw_files import Part, RawFile, find_raw_files, literal, parquet_source
from segmentation.retailer import (
    CANONICAL_COLUMNS,
    MOMENT_COLUMNS,
    RETAILERS,
    TIME_OF,
    WHITESPACE,
    FileSet,
    RawTable,
    read_retailer,
)
from segmentation.text import (
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
from segmentation.workbook import read_sheet

LANDING_TABLES = """
create or replace table readable_{part} ({columns}, source_file varchar);
create or replace table shifts_{part} (first_row bigint, row_shift bigint, line_shift bigint);
create or replace table unreadable_{part} (
    source_file varchar, row_no bigint, line_no bigint, unreadable_text varchar, unreadable_reason varchar
);
"""
SHIFTS = pa.schema([("first_row", pa.int64()), ("row_shift", pa.int64()), ("line_shift", pa.int64())])
UNREADABLE = pa.schema(
    [("row_no", pa.int64()), ("line_no", pa.int64()), ("text", pa.string()), ("reason", pa.string())]
)
UTF8 = "utf-8"
PARQUET_FILES_AT_ONCE = 100
ROWS_AT_ONCE = 122_880  # a row group of DuckDB: other portions are put together, and stored twice
# Rows that are equal in all that is used of them are one row.
JOINED_TABLE = """
create table joined_{part} as
select distinct * exclude (source_file) from readable_{part}
where {key_is_there}
"""
# An unreadable line of a joined table belongs to no row: it is listed after all of them.
UNREADABLE_OF_JOINED = """
insert into unreadable_0 by name
select
    * exclude (row_no),
    (select count(*) from readable_0) + (select count(*) from unreadable_0)
        + row_number() over (order by row_no) as row_no
from unreadable_{part}
"""
RAW_TABLE = """
with ranges as (
    select *, lead(first_row, 1, 9223372036854775807) over (order by first_row) as end_row
    from shifts_0
),

part_0 as (
    select
        readable.*,
        readable.rowid + ranges.row_shift as row_no,
        readable.rowid + ranges.line_shift as line_no
    from readable_0 as readable
    inner join ranges on readable.rowid >= ranges.first_row and readable.rowid < ranges.end_row
)

select
    {columns},
    part_0.source_file,
    part_0.row_no,
    part_0.line_no,
    cast(null as varchar) as unreadable_text,
    cast(null as varchar) as unreadable_reason
from part_0{joins}
{qualify}
union all by name
select * from unreadable_0
"""


def raw_table(name: str, retailer_name: str, raw_dir: Path, path: Path, retailers_dir: Path = RETAILERS) -> pa.Table:
    """Load the files of a raw table and return them with the canonical columns as text.

    Beside them stand, for each column with moments, `<column>_parsed`, the moment as the retailer file says that it
    is written (null where it says nothing), and for sales lines `is_cancelled`.

    Parameters
    ----------
    name : {"members", "sales_lines"}
    path : where the rows are kept as long as the table is used; takes several times the space of the raw files.

    Raises
    ------
    InputError
        If the retailer file or a raw file cannot be used.
    """
    result(write_raw_table, name, retailer_name, raw_dir, path, retailers_dir)
    rows = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    # The mapped content outlives the name.
    path.unlink()
    return rows


def landing_file(warehouse: Path, name: str) -> Path:
    """Return the file beside the warehouse in which this build keeps a raw table until it is stored."""
    return Path(f"{warehouse}.{os.getpid()}.{name}")


def write_raw_table(name: str, retailer_name: str, raw_dir: Path, path: Path, retailers_dir: Path) -> None:
    """Write what `raw_table` returns to an Arrow file.

    The rows land in a database in memory first, where they can be counted before they count.
    """
    retailer = read_retailer(retailer_name, retailers_dir)
    table = next((table for table in retailer.tables if table.name == name), None)
    parts = find_raw_files(retailer, table, raw_dir) if table else []
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_landing() as landing:
        landing.execute(f"set temp_directory = {literal(f'{path}.tmp')}")
        for number, part in enumerate(parts):
            columns = ", ".join(f'"{column}" varchar' for column in part.files[0].expressions)
            landing.execute(LANDING_TABLES.format(part=number, columns=columns or "nothing varchar"))
            land_files(landing, number, part.files, part.settings)
            if number:
                _prepare_join(landing, number, parts)
        rows = landing.sql(_raw_table_sql(name, table, parts, retailer.time_zone)).to_arrow_reader(ROWS_AT_ONCE)
        try:
            with pa.ipc.new_file(str(path), rows.schema) as file:
                for batch in rows:
                    file.write_batch(batch)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def raw_table_or_problem(
    connection: DuckDBPyConnection, name: str, retailer_name: str, raw_dir: Path, warehouse: Path
) -> pa.Table:
    """Like `raw_table`, but note why the files cannot be used in `landing.<name>_problem` and return no row.

    A hook then stops the model with that sentence, where dbt would print the traceback of an exception.
    """
    problems = []
    try:
        rows = raw_table(name, retailer_name, raw_dir, landing_file(warehouse, name))
    except InputError as error:
        problems = [(str(error),)]
        with open_landing() as landing:
            rows = landing.sql(_raw_table_sql(name, None, [], None)).to_arrow_table()
    with connection.cursor() as landing:
        landing.execute("attach if not exists ':memory:' as landing")
        landing.execute(f"create or replace table landing.{name}_problem (sentence varchar)")
        landing.register("problems", _table(_texts("sentence"), problems))
        landing.execute(f"insert into landing.{name}_problem from problems")
    return rows


def open_landing() -> DuckDBPyConnection:
    """Open a database in memory, with an empty table, so that the types are known where nothing is landed."""
    landing = duckdb.connect()
    landing.execute("set enable_progress_bar = false")
    # A moment with an offset in a Parquet file becomes text with the offset +00.
    landing.execute("set TimeZone = 'UTC'")
    landing.execute(LANDING_TABLES.format(part=0, columns="nothing varchar"))
    return landing


def _prepare_join(landing: DuckDBPyConnection, number: int, parts: list[Part]) -> None:
    """Store the rows of a joined table once each; refuse several for one key, and keys that never match."""
    keys = [own for _, _, own in parts[number].keys]
    key_is_there = " and ".join(f'"{key}" is not null' for key in keys)
    landing.execute(JOINED_TABLE.format(part=number, key_is_there=key_is_there))
    landing.execute(UNREADABLE_OF_JOINED.format(part=number))
    names = ", ".join(f'"{key}"' for key in keys)
    path = parts[number].files[0].path
    raw_key = ", ".join(parts[number].settings.key.values())
    twice = landing.execute(
        f"select count(*), {names} from joined_{number} group by {names} having count(*) > 1 order by {names} limit 1"
    ).fetchone()
    if twice:
        raise InputError(
            f"{path} has {twice[0]} different rows with {raw_key} = {', '.join(map(str, twice[1:]))}, so that a line "
            "would be joined to several: keep one row per key, or name a key that is unique."
        )
    owner = parts[number].keys[0][0]
    on = " and ".join(f'part_{owner}."{left}" = part_{number}."{right}"' for _, left, right in parts[number].keys)
    if (
        len({owner for owner, _, _ in parts[number].keys}) == 1
        and not landing.execute(
            f"from readable_{owner} as part_{owner} semi join joined_{number} as part_{number} on {on} limit 1"
        ).fetchall()
    ):
        raise InputError(
            f"No row of {parts[owner].files[0].path} finds its {raw_key} in {path}: see whether the key of the join "
            "is the right column in both."
        )


def _raw_table_sql(name: str, table: RawTable | None, parts: list[Part], time_zone: str | None) -> str:
    landed = {
        column: f'part_{number}."{column}"' for number, part in enumerate(parts) for column in part.files[0].expressions
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
    if name == "sales_lines":
        others["is_cancelled"] = "false"
        if table and table.cancelled:
            column, patterns = table.cancelled
            mark = landed.get(column) or landed["cancelled"]
            matches = " or ".join(f"{mark} like {literal(pattern)}" for pattern in patterns)
            others["is_cancelled"] = f"coalesce({matches}, false)"
    joins = "".join(
        f"\nleft join joined_{number} as part_{number} on "
        + " and ".join(f'part_{owner}."{left}" = part_{number}."{right}"' for owner, left, right in part.keys)
        for number, part in enumerate(parts)
        if number
    )
    qualify = ""
    if table and table.is_distinct:
        qualify = f"qualify row_number() over (partition by {', '.join(texts.values())} order by part_0.row_no) = 1"
    columns = ",\n    ".join(f"{expression} as {column}" for column, expression in (texts | others).items())
    return RAW_TABLE.format(columns=columns, joins=joins, qualify=qualify)


def raw_columns(retailer_name: str, raw_dir: Path, retailers_dir: Path = RETAILERS) -> pa.Table:
    """Return table_name, column_name, raw_column_name (null where the retailer has none), all text."""
    retailer = read_retailer(retailer_name, retailers_dir)
    raw_names: dict[tuple[str, str], str] = {}
    for table in retailer.tables:
        for part in find_raw_files(retailer, table, raw_dir):
            found = part.files[0].raw_names
            for column in part.settings.columns:
                time = found.get(TIME_OF.format(column))
                raw_names[table.name, column] = f"{found[column]}, {time}" if time else found[column]
    return _table(
        _texts("table_name", "column_name", "raw_column_name"),
        [
            (name, column, raw_names.get((name, column)))
            for name, columns in CANONICAL_COLUMNS.items()
            for column in columns
        ],
    )


def raw_codes(retailer_name: str, retailers_dir: Path = RETAILERS) -> pa.Table:
    """Return table_name, column_name, raw_value, code, all text."""
    retailer = read_retailer(retailer_name, retailers_dir)
    return _table(
        _texts("table_name", "column_name", "raw_value", "code"),
        [
            (table.name, column, raw_value, code)
            for table in retailer.tables
            for column, codes in table.codes.items()
            for raw_value, code in codes.items()
        ],
    )


def raw_retailer(retailer_name: str, retailers_dir: Path = RETAILERS) -> pa.Table:
    """Return the retailer's settings in one row."""
    retailer = read_retailer(retailer_name, retailers_dir)
    return pa.table(
        {
            "retailer": pa.array([retailer.name], pa.string()),
            "currency": pa.array([retailer.currency], pa.string()),
            "time_zone": pa.array([retailer.time_zone], pa.string()),
            "as_of": pa.array([retailer.as_of], pa.date32()),
            "require_points": pa.array([retailer.require_points], pa.bool_()),
            "has_member_table": pa.array([retailer.members is not None], pa.bool_()),
            "decimal_mark": pa.array([retailer.sales_lines.decimal], pa.string()),
            "is_amount_product": pa.array([retailer.sales_lines.amount_is_product], pa.bool_()),
        }
    )


def land_files(landing: DuckDBPyConnection, part: int, files: Sequence[RawFile], settings: FileSet) -> None:
    """Append the rows of files to the landing tables of their part; Parquet files that follow each other at once."""
    for kind, group in groupby(files, key=lambda file: file.kind):
        if kind == "parquet":
            parquet_files = list(group)
            for start in range(0, len(parquet_files), PARQUET_FILES_AT_ONCE):
                _land_parquet(landing, part, parquet_files[start : start + PARQUET_FILES_AT_ONCE], settings)
        else:
            for file in group:
                (_land_csv if kind == "text" else _land_workbook)(landing, part, file, settings)


def _land_parquet(landing: DuckDBPyConnection, part: int, files: Sequence[RawFile], settings: FileSet) -> None:
    counts = [pq.read_metadata(file.path).num_rows for file in files]
    pieces = [
        (file, parquet_source(file.path), Mending(n_rows, [(0, 1, 1)] if n_rows else []))
        for file, n_rows in zip(files, counts, strict=True)
    ]
    if not _land(landing, part, settings, pieces):
        raise InputError(f"{files[0].path} or a Parquet file after it is broken: write them again.")


def _land_workbook(landing: DuckDBPyConnection, part: int, file: RawFile, settings: FileSet) -> None:
    sheet = read_sheet(file.path, file.sheet, settings.header is True)
    if sheet.numbers:
        landing.register("sheet_cells", sheet.cells())
        _land(landing, part, settings, [(file, "sheet_cells", Mending(len(sheet.numbers), sheet.shifts()))])


def _land_csv(landing: DuckDBPyConnection, part: int, file: RawFile, settings: FileSet) -> None:
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
        n_rows = count_lines(path) - header_lines
        as_it_is = Mending(n_rows, [(0, 1, header_lines + 1)])
        columns = file.header.n_columns
        source = _read_csv(path, columns, delimiter, header_lines)
        if n_rows == 0 or (is_valid and _land(landing, part, settings, [(file, source, as_it_is)])):
            return
        # Some line is no row, or some row has several lines: only now is it worth looking at each.
        mended = Path(folder) / "mended.csv"
        mending = mend_csv(path, encoding, delimiter, header_lines, columns, mended)
        if not _land(landing, part, settings, [(file, _read_csv(mended, columns, delimiter, 0), mending)]):
            raise InputError(f"{file.path} has lines that cannot be told apart: save it again as csv.")


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


def _landed(column: str, expression: str, settings: FileSet) -> str:
    """Return the SQL of the landed text of a column."""
    if column.startswith("key "):
        expression = f"nullif(trim({expression}), '')"
    if settings.missing:
        values = ", ".join(literal(value) for value in settings.missing)
        expression = f"case when {expression} not in ({values}) then {expression} end"
    return f'{expression} as "{column}"'


def _land(
    landing: DuckDBPyConnection, part: int, settings: FileSet, pieces: Sequence[tuple[RawFile, str, Mending]]
) -> bool:
    """Append the lines of files, each with the SQL of its source, in one step.

    Return False, and append none, where the rows are not as many as expected.
    """
    [(n_readable, n_unreadable)] = landing.sql(
        f"select (select count(*) from readable_{part}), (select count(*) from unreadable_{part})"
    ).fetchall()
    rows = " union all by name ".join(
        f"select {', '.join(_landed(column, sql, settings) for column, sql in file.expressions.items())},"
        f" {literal(file.source_file)} as source_file from {source}"
        for file, source, mending in pieces
        if mending.n_rows
    )
    landing.begin()
    if rows:
        try:
            landed = landing.execute(f"insert into readable_{part} by name {rows}").fetchall()
        except duckdb.InvalidInputException:
            landed = []
        if landed != [(sum(mending.n_rows for _, _, mending in pieces),)]:
            landing.rollback()
            return False
    for file, _, mending in pieces:
        landing.register("shifts_of_file", _table(SHIFTS, mending.shifts))
        landing.execute(
            f"insert into shifts_{part} select first_row + {n_readable}, row_shift + {n_unreadable},"
            f" line_shift - {n_readable} from shifts_of_file"
        )
        landing.register("unreadable_of_file", _table(UNREADABLE, mending.unreadable))
        landing.execute(
            f"insert into unreadable_{part} select {literal(file.source_file)}, row_no + {n_readable + n_unreadable},"
            " line_no, text, reason from unreadable_of_file"
        )
        n_readable += mending.n_rows
        n_unreadable += len(mending.unreadable)
    landing.commit()
    return True


def _table(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.table([pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)], schema)


def _texts(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])
