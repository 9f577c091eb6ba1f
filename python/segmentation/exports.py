"""The csv files of the original analysis, in gb18030 with Chinese headers and labels, and Parquet for other engines."""

import datetime
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from segmentation.digests import code_digest
from segmentation.disk import draft, put, put_folder, writing
from segmentation.errors import InputError, open_elsewhere, what_ran_out
from segmentation.machine import bound, processes
from segmentation.months import AS_OF
from segmentation.sql_text import identifier, literal
from segmentation.workbook import write_workbook

WORKBOOK = "customer_segmentation.xlsx"
# Beside the exports: what their csv files hold.
RECORD = ".exports.json"
# What a spreadsheet may take for a formula: a sign, full-width too, after any blanks; and a leading tab or line break.
# Where cells are parted at semicolons, what follows them begins one.
FORMULA = r"(^|;)([\t\r\n]|[\s\p{Z}\p{C}]*[=+@＝＋－＠-])"


def records(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the rows of a query that was asked, each by the names of its columns."""
    names = [name for name, *_ in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@contextmanager
def open_warehouse(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published warehouse for reading; InputError where there is none, or where it lacks what is asked of it."""
    try:
        with duckdb.connect() as connection:
            # Attached: of a path that this process has open already, a connection would show the file that stood there.
            connection.execute(f"attach {literal(str(warehouse))} as published (read_only); use published")
            # Charts, report and exports are made at once, each by a process of its own.
            bound(connection, databases=1 + processes())
            connection.execute(f"set temp_directory = {literal(f'{warehouse}.{os.getpid()}.tmp')}")
            yield connection
    except duckdb.Error as error:
        if what_ran_out(str(error)):
            raise
        if said := open_elsewhere(warehouse, error):
            raise InputError(said) from error
        said = str(error).splitlines()[0]
        raise InputError(
            f"The warehouse {warehouse} cannot be used ({said}); run `segmentation build`, or name another one."
        ) from error


def known_until(connection: duckdb.DuckDBPyConnection) -> datetime.date:
    """Return the as-of date of a warehouse; InputError where nobody is left in it."""
    [(as_of,)] = connection.execute(f"select {AS_OF}").fetchall()
    if as_of is None:
        raise InputError(
            "The warehouse has no member any more, as all of them were forgotten: run `segmentation build` with files "
            "that have others."
        )
    day: datetime.date = as_of
    return day


def guarded(column: str) -> str:
    """Return the SQL for a text column whose cells no spreadsheet takes for formulas: those get an apostrophe."""
    mended = f"regexp_replace({column}, '{FORMULA}', '\\1''\\2', 'g')"
    return f"case when regexp_matches({column}, '{FORMULA}') then {mended} else {column} end"


def select_list(connection: duckdb.DuckDBPyConnection, mart: str, columns: Iterable[tuple[str, str]]) -> str:
    """Return the SQL for columns of a mart under their headers, the texts guarded."""
    [(texts,)] = connection.execute(
        """select coalesce(list(column_name), []) from duckdb_columns()
        where schema_name = 'marts' and table_name = $1 and data_type = 'VARCHAR'""",
        [mart],
    ).fetchall()
    return ", ".join(
        f"{guarded(identifier(name)) if name in texts else identifier(name)} as {identifier(header)}"
        for name, header in columns
    )


def write_exports(warehouse: Path, report_dir: Path) -> list[Path]:
    """Write the exports of a published warehouse below `report_dir`/exports and return their paths.

    Which columns a file has, in which order and under which header, is the seed export_columns; of the workbook the
    seed workbook_columns. A csv file with the same rows stays, and lines of raw files after those that it has are
    appended to it.
    """
    folder = report_dir / "exports"
    record = report_dir / RECORD
    written, now = [], {}
    with open_warehouse(warehouse) as connection, writing(report_dir) as drafts:
        before = _recorded(record)
        files = connection.execute(
            """select file, mart, order_by, list((mart_column, header_zh) order by position)
            from seeds.export_columns group by all order by file"""
        ).fetchall()
        folder.mkdir(exist_ok=True)
        for file, mart, order_by, columns in files:
            path = folder / file
            parts = _parts(connection, mart, order_by, columns)
            kept = _kept_parts(before.get(file), path, parts)
            if not kept or kept < len(parts):
                after = f"where source_file > {literal(parts[kept - 1][0])}" if kept else ""
                names = select_list(connection, mart, columns)
                utf8, encoded = drafts / "utf8.csv", drafts / "encoded.csv"
                rows = f"select {names} from marts.{identifier(mart)} {after} order by {order_by}"
                connection.execute(f"copy ({rows}) to {literal(str(utf8))} (header {not kept})")
                if kept:
                    shutil.copyfile(path, encoded)
                with (
                    utf8.open(encoding="utf-8", newline="") as source,
                    encoded.open("a" if kept else "w", encoding="gb18030", newline="") as target,
                ):
                    shutil.copyfileobj(source, target)
                put(encoded, path)
            now[file] = {"parts": parts, "state": _state(path)}
            written.append(path)
        with draft(record) as new:
            new.write_text(json.dumps(now), encoding="utf-8")
        write_workbook(connection, drafts / WORKBOOK)
        put(drafts / WORKBOOK, folder / WORKBOOK)
        written.append(folder / WORKBOOK)
    return written


def _parts(
    connection: duckdb.DuckDBPyConnection, mart: str, order_by: str, columns: list[tuple[str, str]]
) -> list[list[str]]:
    """Return the parts of a csv file, each with a digest: its lines of each raw file, where they are in this order."""
    part = "source_file" if order_by.startswith("source_file") else "''"
    names = ", ".join(identifier(name) for name, _ in columns)
    rows = connection.execute(
        f"""select part, md5(concat_ws('|', $1, count(*), sum(digest)))
        from (
            select {part} as part, hash(({order_by}), ({names})) as digest from marts.{identifier(mart)}
        ) as lines
        group by part order by part""",
        [f"{code_digest()} {columns}"],
    )
    return [list(row) for row in rows.fetchall()]


def _kept_parts(before: dict[str, Any] | None, path: Path, parts: list[list[str]]) -> int:
    """Return how many parts a csv file has already, if nobody has changed it and it has no others."""
    if before is None or before["state"] != _state(path):
        return 0
    had: list[list[str]] = before["parts"]
    return len(had) if had == parts[: len(had)] else 0


def _state(path: Path) -> list[int] | None:
    if not path.exists():
        return None
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def _recorded(record: Path) -> dict[str, Any]:
    try:
        recorded: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return recorded


def write_parquet(warehouse: Path, report_dir: Path) -> Path:
    """Write every mart of a published warehouse below `report_dir`/exports/parquet and return that folder.

    A mart with a column month_start becomes a folder with a part for each month, any other a file. Sorted by all
    columns and written by one thread, the same rows are the same bytes. The folder is put in its place whole: a mart
    that there is no more leaves it.
    """
    folder = report_dir / "exports" / "parquet"
    with open_warehouse(warehouse) as connection, writing(report_dir) as drafts:
        connection.execute("set threads = 1")
        marts = connection.execute(
            """select table_name, bool_or(column_name = 'month_start') from duckdb_columns()
            where schema_name = 'marts' group by table_name order by table_name"""
        ).fetchall()
        new = drafts / "parquet"
        new.mkdir()
        for mart, has_months in marts:
            rows, place, parts = f"from marts.{identifier(mart)} order by all", new / f"{mart}.parquet", ""
            if has_months:
                rows = (
                    f"from (select strftime(month_start, '%Y-%m') as month, * from marts.{identifier(mart)})"
                    " order by all"
                )
                has_rows = connection.execute(f"from marts.{identifier(mart)} limit 1").fetchone()
                place, parts = new / mart, ", partition_by (month)" if has_rows else ", per_thread_output"
            connection.execute(f"copy ({rows}) to {literal(str(place))} (format parquet, compression zstd{parts})")
        put_folder(new, folder)
    return folder
