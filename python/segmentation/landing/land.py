"""The landing: the schema `raw` of the file that dbt works in, brought up to the raw files by a ledger of them."""

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.landing.canonical import check_join, write_views
from segmentation.landing.files import (
    Header,
    KnownFile,
    KnownFiles,
    Part,
    RawFile,
    file_stamp,
    find_raw_files,
    is_of_others,
    layout,
)
from segmentation.landing.forgotten import forgotten_of, leave_out_forgotten
from segmentation.landing.reading import PLACE, append, check_codes, create_table, read_files
from segmentation.landing.retailer import RETAILERS, FileSet, read_retailer
from segmentation.landing.retailer_file import CANONICAL_COLUMNS
from segmentation.landing.sql_macros import sql_macro
from segmentation.landing.workbook import sheet_names, sheets_left_out
from segmentation.machine import bound
from segmentation.progress import progress_of_query, say
from segmentation.sql_text import identifier, literal

# Rises when files would be read otherwise than before: then all are read again.
READING = 4
LEDGER = {
    "table_name": "VARCHAR",
    "part": "INTEGER",
    "source_file": "VARCHAR",
    "raw_path": "VARCHAR",
    "sheet": "VARCHAR",
    "kind": "VARCHAR",
    "layout": "VARCHAR",
    "header": "VARCHAR",
    "sheets": "VARCHAR",
    "left_out": "VARCHAR",
    "reader": "VARCHAR",
    "stamp": "VARCHAR",
    "size_bytes": "BIGINT",
    "sha256": "VARCHAR",
    "raw_rows": "BIGINT",
    "unreadable_rows": "BIGINT",
    "landed_at": "TIMESTAMP",
}
PARQUET_FILES_AT_ONCE = 100
IN_RAW = "database_name = 'work' and schema_name = 'raw'"


@dataclass(frozen=True)
class Landing:
    """What a landing did.

    Attributes
    ----------
    read : files that were read.
    unchanged : number of those that were not, since nothing had changed.
    gone : files that are no longer there.
    same : groups of sales files with the same content.
    unnamed : files of the same kinds beside them that the retailer file does not name.
    """

    read: tuple[str, ...]
    unchanged: int
    gone: tuple[str, ...]
    same: tuple[tuple[str, ...], ...] = ()
    unnamed: tuple[str, ...] = ()

    def __str__(self) -> str:
        gone = f"; no longer there: {', '.join(self.gone)}" if self.gone else ""
        same = "".join(f"\nWARNING: {' and '.join(files)} are the same file: take one away." for files in self.same)
        more = f" and {len(self.unnamed) - 5} more" if len(self.unnamed) > 5 else ""
        unnamed = (
            f"\nWARNING: the retailer file does not name {', '.join(self.unnamed[:5])}{more}: not read."
            if self.unnamed
            else ""
        )
        return (
            f"Raw files: {len(self.read)} read, {self.unchanged} unchanged since they were read{gone}.{same}{unnamed}"
        )


@contextmanager
def working_file(warehouse: Path) -> Iterator[DuckDBPyConnection]:
    """Open the file in which dbt works, as dbt does; in a process that is not dbt's.

    Raises
    ------
    InputError
        If another process has it open, or it is broken.
    """
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {literal(f'{warehouse}.tmp')}")
        bound(connection)
        try:
            connection.execute(f"attach {literal(f'{warehouse}.work')} as work (storage_version 'v1.5.0')")
        except duckdb.IOException as error:
            reason = " ".join(str(error).split())
            if "lock" in reason:
                raise InputError(f"Another process works on {warehouse}.work: wait for its end ({reason}).") from error
            raise InputError(
                f"{warehouse}.work cannot be opened ({reason}): take it away, and the raw files are read again."
            ) from error
        yield connection


def land(connection: DuckDBPyConnection, retailer_name: str, raw_dir: Path, retailers_dir: Path = RETAILERS) -> Landing:
    """Bring the schema `raw` of the attached file `work` up to the raw files and the retailer file.

    A file that has landed before and has not changed since is not read again; one that has changed replaces its own
    rows; the rows of one that is no longer there leave. Names the files that it reads as it begins with them.

    Raises
    ------
    InputError
        If the retailer file or a raw file cannot be used; what had landed of it before stays.
    """
    retailer = read_retailer(retailer_name, retailers_dir)
    # A moment with an offset in a Parquet file becomes text with the offset +00.
    connection.execute("set TimeZone = 'UTC'")
    _open_ledger(connection)
    known = _known_files(connection, raw_dir)
    parts = {table.name: find_raw_files(retailer, table, raw_dir, known) for table in retailer.tables.values()}
    gone = _remove_gone(connection, parts)
    read: list[str] = []
    unchanged = 0
    for name in CANONICAL_COLUMNS:
        of_table = list(enumerate(parts.get(name, [])))
        for number, part in of_table:
            _fit_table(connection, f"work.raw.{name}_{number}", name, number, part)
        new = {
            number: [file for file in part.files if not _is_landed(connection, name, number, part.settings, file)]
            for number, part in of_table
        }
        # A joined row that left with a forgotten card no longer tells which rows of a new file are of that card.
        if len(of_table) > 1 and any(new.values()) and forgotten_of(connection).hashes:
            with _transaction(connection):
                for number, part in of_table:
                    for file in part.files:
                        _take_out(connection, name, number, file.source_file)
                    new[number] = part.files
        for number, part in of_table:
            changed = new[number]
            unchanged += len(part.files) - len(changed)
            read += [file.source_file for file in changed]
            _land_changed(connection, name, number, part.settings, changed)
    for table in retailer.tables.values():
        for number in range(1, len(parts[table.name])):
            check_join(connection, table.name, number, parts[table.name])
    _enter_sheets_left_out(connection)
    write_views(connection, retailer, parts)
    leave_out_forgotten(connection, parts)
    same = connection.execute(
        "select list(distinct raw_path order by raw_path) as paths from work.raw.files"
        " where table_name = 'sales_lines' and part = 0 and raw_rows > 0"
        " group by sha256 having len(paths) > 1 order by paths"
    ).fetchall()
    groups = tuple(tuple(paths) for (paths,) in same)
    return Landing(tuple(read), unchanged, tuple(gone), groups, _unnamed(parts, raw_dir))


def _unnamed(parts: Mapping[str, Sequence[Part]], raw_dir: Path) -> tuple[str, ...]:
    """Return the files beside the raw ones that end like one of them and belong to no part."""
    named = {file.path for table in parts.values() for part in table for file in part.files}
    kinds = {path.suffix.lower() for path in named}
    others = (
        path for path in raw_dir.rglob("*")
        if path.suffix.lower() in kinds and path not in named and not is_of_others(path, raw_dir)
    )  # fmt: skip
    return tuple(sorted(path.relative_to(raw_dir).as_posix() for path in others if path.is_file()))


def _open_ledger(connection: DuckDBPyConnection) -> None:
    """Make the ledger where there is none; one of another version of the project leaves, with all that had landed."""
    connection.execute("create schema if not exists work.raw")
    columns = connection.execute(
        f"select column_name, data_type from duckdb_columns() where {IN_RAW} and table_name = 'files'"
    ).fetchall()
    if dict(columns) != LEDGER:
        connection.execute("drop schema work.raw cascade; create schema work.raw")
        shape = ", ".join(f"{name} {data_type}" for name, data_type in LEDGER.items())
        connection.execute(f"create table work.raw.files ({shape})")


def _known_files(connection: DuckDBPyConnection, raw_dir: Path) -> KnownFiles:
    known: dict[tuple[Path, str], dict[str | None, KnownFile]] = {}
    for raw_path, sheet, kind, form, header, stamp in connection.execute(
        "select raw_path, sheet, kind, layout, header, stamp from work.raw.files order by rowid"
    ).fetchall():
        path = raw_dir / raw_path
        if path.is_file() and file_stamp(path) == stamp:
            content = json.loads(header)
            content["twice"] = frozenset(content["twice"])
            known.setdefault((path, form), {})[sheet] = KnownFile(kind, Header(**content), stamp)
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
    with _transaction(connection):
        for name, number, source_file in landed:
            if (name, number, source_file) not in wanted:
                _take_out(connection, name, number, source_file)
    tables = connection.execute(
        f"select table_name from duckdb_tables() where {IN_RAW} and table_name not in ('files', 'retailer', 'codes')"
    ).fetchall()
    used = {f"{name}_{number}" for name, table_parts in parts.items() for number in range(len(table_parts))}
    for (table,) in tables:
        if table not in used:
            connection.execute(f"drop table work.raw.{identifier(table)} cascade")
    return sorted({source_file for name, number, source_file in landed if (name, number, source_file) not in wanted})


def _take_out(connection: DuckDBPyConnection, name: str, number: int, source_file: str) -> None:
    connection.execute(f"delete from work.raw.{name}_{number} where source_file = ?", [source_file])
    connection.execute(
        "delete from work.raw.files where table_name = ? and part = ? and source_file = ?", [name, number, source_file]
    )


def _fit_table(connection: DuckDBPyConnection, relation: str, name: str, number: int, part: Part) -> None:
    """Make the table of a part; one with other columns, of another retailer file, begins anew."""
    wanted = list(part.files[0].expressions)
    there = connection.execute(
        f"select column_name from duckdb_columns() where {IN_RAW} and table_name = ?",
        [f"{name}_{number}"],
    ).fetchall()
    if sorted(column for (column,) in there) != sorted([*wanted, *PLACE]):
        connection.execute("delete from work.raw.files where table_name = ? and part = ?", [name, number])
        create_table(connection, relation, wanted)


def _reader(settings: FileSet, file: RawFile) -> str:
    """Return all on which the landed rows depend beside the content of the file, as text to compare."""
    return json.dumps([READING, layout(settings), settings.missing, file.expressions, sql_macro("clean_key", "key")])


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
    if stamp == file.stamp:
        return True
    if file.path.stat().st_size != size or _sha256(file.path) != sha256:
        return False
    connection.execute(
        "update work.raw.files set stamp = ? where table_name = ? and part = ? and source_file = ?",
        [file.stamp, name, number, file.source_file],
    )
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
                say(f"Reading {file.source_file} ({file.path.stat().st_size / 1e6:,.1f} MB)")
            size, words = sum(file.path.stat().st_size for file in some) / 1e6, some[0].source_file
            with progress_of_query(connection, f"Reading {words}", size, "MB"):
                reading = read_files(connection, some, settings)
            with _transaction(connection):
                for file in some:
                    _take_out(connection, name, number, file.source_file)
                with progress_of_query(connection, f"Storing {words}", size, "MB"):
                    append(connection, f"work.raw.{name}_{number}", reading)
                check_codes(connection, f"work.raw.{name}_{number}", some)
                for file, counts in zip(some, reading.counts, strict=True):
                    digest = _sha256(file.path)
                    if file_stamp(file.path) != file.stamp:
                        raise InputError(f"{file.path} changed while it was read: build again when it is complete.")
                    _enter(connection, name, number, settings, file, (digest, *counts))


def _enter(
    connection: DuckDBPyConnection,
    name: str,
    number: int,
    settings: FileSet,
    file: RawFile,
    found: tuple[str, int, int],
) -> None:
    header = json.dumps(asdict(file.header) | {"twice": sorted(file.header.twice)})
    digest, rows, unreadable = found
    connection.execute(
        f"insert into work.raw.files values ({', '.join('?' * len(LEDGER))})",
        [
            name,
            number,
            file.source_file,
            file.raw_path,
            file.sheet,
            file.kind,
            layout(settings),
            header,
            json.dumps(sheet_names(file.path)) if file.kind == "workbook" else None,
            "",
            _reader(settings, file),
            file.stamp,
            file.path.stat().st_size,
            digest,
            rows,
            unreadable,
            datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
        ],
    )


def _enter_sheets_left_out(connection: DuckDBPyConnection) -> None:
    """Enter in the ledger which sheets of each workbook no table reads, also of one that has not changed.

    Another table may come to read a sheet of it, or no longer: only all of the ledger tells.
    """
    rows = connection.execute(
        "select raw_path, sheets, sheet from work.raw.files where kind = 'workbook' order by raw_path"
    ).fetchall()
    for (raw_path, sheets), of_book in groupby(rows, key=lambda row: row[:2]):
        left_out = sheets_left_out(json.loads(sheets), {sheet for *_, sheet in of_book})
        connection.execute(
            "update work.raw.files set left_out = $left_out where raw_path = $path and left_out <> $left_out",
            {"left_out": left_out, "path": raw_path},
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
