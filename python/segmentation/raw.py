"""Loading of the raw tables into DuckDB: every row once, every column as text."""

import codecs
from collections.abc import Sequence
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection, DuckDBPyRelation

from segmentation.errors import InputError
from segmentation.raw_files import RawFile, find_raw_files
from segmentation.retailer import CANONICAL_COLUMNS, read_retailer
from segmentation.text import (
    Mending,
    count_lines,
    count_undecodable_lines,
    is_utf8,
    is_utf16,
    mend_csv,
    to_utf8,
)
from segmentation.workbook import read_sheet

# Empty tables first, so that the types are known where there is nothing to land.
LANDING_TABLES = """
create or replace schema landing.{name};
use landing.{name};
create table readable ({columns}, source_file varchar);
create table shifts (first_row bigint, row_shift bigint, line_shift bigint);
create table unreadable (
    source_file varchar, row_no bigint, line_no bigint, unreadable_text varchar, unreadable_reason varchar
);
"""
SHIFTS = pa.schema([("first_row", pa.int64()), ("row_shift", pa.int64()), ("line_shift", pa.int64())])
UNREADABLE = pa.schema(
    [("row_no", pa.int64()), ("line_no", pa.int64()), ("text", pa.string()), ("reason", pa.string())]
)
UTF8 = "utf-8"
RAW_TABLE = """
with ranges as (
    select *, lead(first_row, 1, 9223372036854775807) over (order by first_row) as end_row
    from landing.{name}.shifts
)

select
    readable.*,
    readable.rowid + ranges.row_shift as row_no,
    readable.rowid + ranges.line_shift as line_no,
    cast(null as varchar) as unreadable_text,
    cast(null as varchar) as unreadable_reason
from landing.{name}.readable
inner join ranges on readable.rowid >= ranges.first_row and readable.rowid < ranges.end_row
union all by name
select * from landing.{name}.unreadable
"""


def raw_table(
    connection: DuckDBPyConnection,
    name: str,
    retailer_name: str,
    raw_dir: Path,
    retailers_dir: Path = Path("retailers"),
) -> DuckDBPyRelation:
    """Load the files of a raw table and return them with the canonical columns as text.

    The rows land in a database of their own in memory, `landing`, where they can be counted before they count,
    and which all cores can read while `connection` is in a transaction. Its schema `name` can be dropped once
    the relation is stored.

    Parameters
    ----------
    name : {"members", "sales_lines"}

    Raises
    ------
    InputError
        If the retailer file or a raw file cannot be used.
    """
    retailer = read_retailer(retailer_name, retailers_dir)
    table = next((table for table in retailer.tables if table.name == name), None)
    columns = ", ".join(f"{column} varchar" for column in CANONICAL_COLUMNS[name])
    with connection.cursor() as landing:
        landing.execute("attach if not exists ':memory:' as landing")
        landing.execute(LANDING_TABLES.format(name=name, columns=columns))
        if table:
            for file in find_raw_files(retailer, table, raw_dir):
                if file.is_workbook:
                    _land_workbook(landing, file, table.sheet)
                else:
                    _land_csv(landing, file, table.encoding, table.delimiter)
    return connection.sql(RAW_TABLE.format(name=name))


def raw_columns(retailer_name: str, raw_dir: Path, retailers_dir: Path = Path("retailers")) -> pa.Table:
    """Return table_name, column_name, raw_column_name (null where the retailer has none), all text."""
    retailer = read_retailer(retailer_name, retailers_dir)
    raw_names = {
        (table.name, column): raw_name
        for table in retailer.tables
        for column, raw_name in find_raw_files(retailer, table, raw_dir)[0].raw_names.items()
    }
    return _table(
        _texts("table_name", "column_name", "raw_column_name"),
        [
            (name, column, raw_names.get((name, column)))
            for name, columns in CANONICAL_COLUMNS.items()
            for column in columns
        ],
    )


def raw_codes(retailer_name: str, retailers_dir: Path = Path("retailers")) -> pa.Table:
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


def raw_retailer(retailer_name: str, retailers_dir: Path = Path("retailers")) -> pa.Table:
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
        }
    )


def _land_workbook(landing: DuckDBPyConnection, file: RawFile, sheet_name: str | None) -> None:
    sheet = read_sheet(file.path, sheet_name)
    if sheet.cells.num_rows:
        landing.register("sheet_cells", sheet.cells)
        _land(landing, file, "sheet_cells", Mending(sheet.cells.num_rows, sheet.shifts))


def _land_csv(landing: DuckDBPyConnection, file: RawFile, encoding: str | None, delimiter: str) -> None:
    with TemporaryDirectory() as folder:
        path, encoding, is_valid = _in_utf8(file.path, encoding, Path(folder) / "utf8.csv")
        n_rows = count_lines(path) - file.header_lines
        as_it_is = Mending(n_rows, [(0, 1, file.header_lines + 1)])
        if n_rows == 0 or (
            is_valid and _land(landing, file, _read_csv(path, file, delimiter, file.header_lines), as_it_is)
        ):
            return
        # Some line is no row, or some row has several lines: only now is it worth looking at each.
        mended = Path(folder) / "mended.csv"
        mending = mend_csv(path, encoding, delimiter, file.header_lines, file.n_columns, mended)
        if not _land(landing, file, _read_csv(mended, file, delimiter, 0), mending):
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


def _read_csv(path: Path, file: RawFile, delimiter: str, header_lines: int) -> str:
    columns = ", ".join(f"'c{at}': 'varchar'" for at in range(file.n_columns))
    return f"""read_csv(
        {_literal(escape(str(path)))}, header = false, skip = {header_lines}, auto_detect = false, strict_mode = true,
        delim = {_literal(delimiter)}, quote = '"', escape = '"', columns = {{{columns}}}
    )"""


def _land(landing: DuckDBPyConnection, file: RawFile, source: str, mending: Mending) -> bool:
    """Append the lines of a file; return False, and append none, where the rows are not as many as expected."""
    [(n_readable, n_unreadable)] = landing.sql(
        "select (select count(*) from readable), (select count(*) from unreadable)"
    ).fetchall()
    columns = ", ".join(f"c{position} as {column}" for column, position in file.positions.items())
    source_file = _literal(file.source_file)
    landing.begin()
    if mending.n_rows:
        try:
            landed = landing.execute(
                f"insert into readable by name select {columns}, {source_file} as source_file from {source}"
            ).fetchall()
        except duckdb.InvalidInputException:
            landed = []
        if landed != [(mending.n_rows,)]:
            landing.rollback()
            return False
    landing.register("shifts_of_file", _table(SHIFTS, mending.shifts))
    landing.execute(
        f"insert into shifts select first_row + {n_readable}, row_shift + {n_unreadable},"
        f" line_shift - {n_readable} from shifts_of_file"
    )
    landing.register("unreadable_of_file", _table(UNREADABLE, mending.unreadable))
    landing.execute(
        f"insert into unreadable select {source_file}, row_no + {n_readable + n_unreadable}, line_no, text, reason"
        " from unreadable_of_file"
    )
    landing.commit()
    return True


def _table(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.table([pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)], schema)


def _texts(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
