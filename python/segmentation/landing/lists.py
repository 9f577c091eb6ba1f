"""Small files that a person gives beside the raw ones, read as those are: lists of cards, logs."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from segmentation.errors import InputError, Remark
from segmentation.landing.files import RawFile, check_form, file_kind, file_stamp, read_header
from segmentation.landing.reading import append, create_table, read_files
from segmentation.landing.retailer import WORDS, FileSet
from segmentation.landing.sql_macros import sql_macro
from segmentation.landing.text import DELIMITERS
from segmentation.landing.workbook import sheets_to_read
from segmentation.sql_text import identifier

# Titles that may stand above the cards.
TITLE_LINES = 5
# The lists of audiences say "Card".
TITLES = {*WORDS["card_id"]["words"], "card"}
NAMED_LINES = 5


@dataclass(frozen=True)
class CardColumn:
    """A column of a list.

    Attributes
    ----------
    title : its first cell.
    cards : those of the known cards that it holds.
    unknown : the rows that hold something else.
    """

    title: str
    cards: frozenset[str]
    unknown: tuple[int, ...]


@dataclass(frozen=True)
class CardList:
    """The known cards on a list, and a remark on the rows that hold something else, if there are any."""

    cards: frozenset[str] = frozenset()
    unknown: Remark | None = None


def is_called_card(title: str) -> bool:
    """Whether a column of this title holds cards."""
    return re.sub(r"[\W_]+", "", title).lower() in TITLES


def as_written(cards: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What is meant by what a person may write, from (text, meaning): also without the zeros before a card of digits.

    A spreadsheet takes them away. What several cards may mean then means none.
    """
    known = dict(cards)
    bare: dict[str, set[str]] = {}
    for text, meaning in known.items():
        if text.isdecimal():
            bare.setdefault(text.lstrip("0") or "0", set()).add(meaning)
    return {text: meaning for text, (meaning, *others) in bare.items() if not others} | known


def read_cards(path: Path, known: Mapping[str, str]) -> CardList:
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
    columns = [column for column in found.values() if column]
    cards = frozenset(card for column in columns for card in column.cards)
    if not cards:
        said = f"No card in {path} is known: give a list with cards of the warehouse in one column."
        raise InputError(said, "app_no_known_card", file=str(path))
    if not (rows := [row for column in columns for row in column.unknown]):
        return CardList(cards)
    named = ", ".join(f"{row:,}" for row in rows[:NAMED_LINES]) + ", …" * (len(rows) > NAMED_LINES)
    said = f"{path}: rows without a known card are passed over, {len(rows):,} in all: row {named} of the file."
    return CardList(
        cards, Remark(said, "app_unknown_rows", {"file": str(path), "count": f"{len(rows):,}", "rows": named})
    )


def has_rows(path: Path) -> bool:
    """Whether a list has a row that is no title; the last person of one may have been forgotten."""
    # Blanks, and the marks of encodings.
    if not path.read_bytes().strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        return False
    with duckdb.connect() as connection:
        for settings in _forms(path):
            columns = [_card_column(connection, name, {}) for name in _load(connection, path, None, settings)]
            is_whole = not connection.execute("from list_rows where unreadable_reason is not null limit 1").fetchall()
            # Where lines are passed over as titles, what is left has to be one too.
            is_titled = settings.skip == 0 or any(is_called_card(column.title) for column in columns)
            if columns and is_whole and is_titled and not any(column.unknown for column in columns):
                return False
    return True


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
        said = f"{path}, line {unreadable}, is no row like the others: mend it, lest a card be overlooked."
        raise InputError(said, "app_broken_row", file=str(path), line=str(unreadable))
    filled = sorted((column for column in columns if column.cards), key=lambda column: -len(column.cards))
    called = [column for column in filled if is_called_card(column.title)]
    likely = called or [column for column in filled if 2 * len(column.cards) > len(filled[0].cards)]
    if len(likely) > 1:
        titles = ", ".join(column.title for column in likely)
        said = f"{path} has known cards in {len(likely)} columns ({titles}): leave only the one that is meant."
        raise InputError(said, "app_several_columns", file=str(path), columns=titles)
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
    file = _file(path, sheet, settings)
    create_table(connection, "list_rows", list(file.expressions))
    _append(connection, file, settings)
    return list(file.expressions)


def _file(path: Path, sheet: str | None, settings: FileSet) -> RawFile:
    header = read_header(path, sheet, settings, path.parent)
    columns = settings.columns or {name: (name,) for name in header.expressions}
    expressions = {
        column: header.expressions[names[0]] for column, names in columns.items() if names[0] in header.expressions
    }
    if settings.columns and (lacking := [column for column in columns if column not in expressions]):
        raise InputError(f"{path} has no column {' or no column '.join(lacking)}.")
    return RawFile(path, str(path), path.name, file_kind(path), sheet, header, expressions, {}, file_stamp(path))


def _append(connection: duckdb.DuckDBPyConnection, file: RawFile, settings: FileSet) -> None:
    # A line that is no record has no column.
    if file.header.has_rows and file.header.expressions:
        append(connection, "list_rows", read_files(connection, [file], settings))


def _card_column(connection: duckdb.DuckDBPyConnection, name: str, known: Mapping[str, str]) -> CardColumn:
    key = sql_macro("clean_key", identifier(name))
    values = connection.execute(
        f"""select coalesce(line_no, row_no), {identifier(name)}, {key} from list_rows
        where trim({identifier(name)}) <> '' order by row_no"""
    ).fetchall()
    # The columns of a Parquet file have names of their own. A title has no digit; a key is none once it was rounded.
    title = name if not name.isdecimal() else values[0][1] if values else ""
    read = [(row, known.get((value or "").casefold())) for row, _, value in values]
    is_titled = name.isdecimal() and (is_called_card(title) or not re.search(r"\d", title))
    return CardColumn(
        title,
        frozenset(card for _, card in read if card is not None),
        tuple(row for row, card in read[is_titled:] if card is None),
    )


def read_logs(paths: Iterable[Path], columns: Sequence[str], dates: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield path and columns of logs that a person may have saved again, in any form; those in `dates` as ISO dates.

    Raises
    ------
    InputError
        If a column is missing, or a line cannot be read.
    """
    settings = FileSet((), {column: (column,) for column in columns})
    with duckdb.connect() as connection:
        create_table(connection, "list_rows", columns)
        for path in paths:
            _append(connection, _file(path, None, settings), settings)
        days: dict[str, dict[str | None, str | None]] = {
            date: dict(
                connection.execute(
                    f"""select {identifier(date)},
                        cast(cast({sql_macro("to_moment", identifier(date))} as date) as varchar)
                    from (select distinct {identifier(date)} from list_rows)"""
                ).fetchall()
            )
            for date in dates
        }
        rows = connection.execute(
            f"select source_file, line_no, {', '.join(map(identifier, columns))} from list_rows order by rowid"
        ).fetchall()
    for path, line, *cells in rows:
        for place, column in enumerate(columns):
            if column in days:
                if (day := days[column][cells[place]]) is None:
                    wrong = f"{cells[place]} is no day" if cells[place] else f"there is no {column}"
                    raise InputError(
                        f"{path}, line {line}: {wrong}; write one such as 2017-06-30, or take the line away."
                    )
                cells[place] = day
        yield path, *cells
