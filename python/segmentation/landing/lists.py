"""Small files that a person gives beside the raw ones, read as those are: lists of cards, logs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from segmentation.errors import InputError
from segmentation.landing.files import RawFile, check_form, file_kind, file_stamp, identifier, read_header
from segmentation.landing.reading import append, create_table, read_files
from segmentation.landing.retailer import WORDS, FileSet
from segmentation.landing.sql_macros import sql_macro
from segmentation.landing.text import DELIMITERS
from segmentation.landing.workbook import sheets_to_read

# Titles that may stand above the cards.
TITLE_LINES = 5


@dataclass(frozen=True)
class CardColumn:
    """A column of a list.

    Attributes
    ----------
    title : its first cell.
    cards : those of the known cards that it holds.
    """

    title: str
    cards: frozenset[str]

    @property
    def is_called_so(self) -> bool:
        return re.sub(r"[\W_]+", "", self.title).lower() in WORDS["card_id"]["words"]


def read_cards(path: Path, known: Mapping[str, str]) -> set[str]:
    """Return the cards on a list: any file that can hold sales lines can hold it, in any of its columns.

    The column is the one that is called like one of cards, or else the one with most of the known cards.

    Parameters
    ----------
    known : for each known card, folded (`str.casefold`), what is returned for it.

    Raises
    ------
    InputError
        If the file cannot be read wholly, none of its cards is known, or several columns could be meant.
    """
    check_form(path, "the list")
    sheets: list[str | None] = [*sheets_to_read(path, ["*"])] if file_kind(path) == "workbook" else [None]
    found = {sheet: _column_of_cards(path, sheet, known) for sheet in sheets}
    cards = {card for column in found.values() if column for card in column.cards}
    if not cards:
        raise InputError(f"No card in {path} is known: give a list with cards of the warehouse in one column.")
    return cards


def _column_of_cards(path: Path, sheet: str | None, known: Mapping[str, str]) -> CardColumn | None:
    columns: list[CardColumn] = []
    unreadable = 0
    with duckdb.connect() as connection:
        for settings in _forms(path):
            names = _load(connection, path, sheet, settings)
            read = [_card_column(connection, name, known) for name in names]
            if sum(len(column.cards) for column in read) > sum(len(column.cards) for column in columns):
                columns = read
                [(unreadable,)] = connection.execute(
                    "select coalesce(min(line_no), 0) from list_rows where unreadable_reason is not null"
                ).fetchall()
    if unreadable:
        raise InputError(f"{path}, line {unreadable}, is no row like the others: mend it, lest a card be overlooked.")
    filled = sorted((column for column in columns if column.cards), key=lambda column: -len(column.cards))
    called = [column for column in filled if column.is_called_so]
    likely = called or [column for column in filled if 2 * len(column.cards) > len(filled[0].cards)]
    if len(likely) > 1:
        raise InputError(
            f"{path} has known cards in {len(likely)} columns ({', '.join(column.title for column in likely)}): leave "
            "only the one that is meant."
        )
    return likely[0] if likely else None


def _forms(path: Path) -> Iterator[FileSet]:
    """Yield the forms that a list may have; the first lines may be titles."""
    if file_kind(path) == "text":
        for skip in range(TITLE_LINES):
            for delimiter in DELIMITERS:
                yield FileSet((), {}, header=False, delimiter=delimiter, skip=skip)
    else:
        yield FileSet((), {}, header=False)


def _load(connection: duckdb.DuckDBPyConnection, path: Path, sheet: str | None, settings: FileSet) -> list[str]:
    """Read a file, or a sheet of one, into the table list_rows; return the names of its columns there."""
    header = read_header(path, sheet, settings, path.parent)
    columns = settings.columns or {name: (name,) for name in header.expressions}
    expressions = {
        column: header.expressions[names[0]] for column, names in columns.items() if names[0] in header.expressions
    }
    if settings.columns and (lacking := [column for column in columns if column not in expressions]):
        raise InputError(f"{path} has no column {' or no column '.join(lacking)}.")
    file = RawFile(path, path.name, path.name, file_kind(path), sheet, header, expressions, {}, file_stamp(path))
    create_table(connection, "list_rows", list(expressions))
    # A line that is no record has no column.
    if header.has_rows and header.expressions:
        append(connection, "list_rows", read_files(connection, [file], settings))
    return list(expressions)


def _card_column(connection: duckdb.DuckDBPyConnection, name: str, known: Mapping[str, str]) -> CardColumn:
    key = sql_macro("clean_key", identifier(name))
    values = connection.execute(f"select distinct {key} as key from list_rows where key is not null").fetchall()
    [(title,)] = connection.execute(
        f"select coalesce(arg_min({identifier(name)}, row_no), '') from list_rows"
    ).fetchall()
    # The columns of a Parquet file have names of their own.
    return CardColumn(
        title if name.isdecimal() else name,
        frozenset(known[folded] for (value,) in values if (folded := value.casefold()) in known),
    )


def read_log(path: Path, columns: Sequence[str], date: str) -> list[tuple[str, ...]]:
    """Return columns of a log that a person may have saved again, in any form; the column `date` as ISO dates.

    Raises
    ------
    InputError
        If a column is missing, or a line cannot be read.
    """
    with duckdb.connect() as connection:
        _load(connection, path, None, FileSet((), {column: (column,) for column in columns}))
        moment = f"cast({sql_macro('to_moment', identifier(date))} as date)"
        broken = connection.execute(f"select min(line_no) from list_rows where {moment} is null").fetchall()[0][0]
        if broken:
            raise InputError(f"{path}, line {broken}, has no {date}: mend the line or take it away.")
        names = [f"cast({moment} as varchar)" if column == date else identifier(column) for column in columns]
        return connection.execute(f"select {', '.join(names)} from list_rows order by row_no").fetchall()
