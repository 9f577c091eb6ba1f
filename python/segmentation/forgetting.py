"""What is known of a person, and forgetting it: in the published file, the reports and the landed rows, and later."""

import codecs
import io
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from segmentation.app import MEMBERS_PAGE
from segmentation.audience import locked
from segmentation.disk import draft, put, remove, writing
from segmentation.errors import InputError
from segmentation.exports import open_warehouse, records, write_exports, write_parquet
from segmentation.landing.files import file_kind
from segmentation.landing.forgotten import (
    BETWEEN_VALUES,
    Forgotten,
    forgotten_file,
    possible_values,
    read_forgotten,
    write_forgotten,
)
from segmentation.landing.lists import TITLE_LINES, as_written, is_called_card
from segmentation.landing.sql_macros import sql_macro
from segmentation.landing.text import (
    BROKEN,
    DELIMITERS,
    UTF16_MARKS,
    compression,
    decoded,
    largest_unpacked,
    open_plain,
    parted,
    record_at,
    split_fields,
    unpacks_too_far,
)
from segmentation.publication import STORAGE, begin, check_writers
from segmentation.sql_text import identifier, literal
from segmentation.tables import write_xlsx

LIST_SUFFIXES = {".csv", ".tsv", ".txt"}
# In no text of any encoding that is read; a byte of half a character in UTF-16.
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
ENCODINGS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# All cards of the marts, each with that of its person; a line can have both its own and that of its member.
PERSONS = """persons as (
    select card_id, card_id as person from marts.sales_lines
    union select card_id, card_id from marts.member_rows
    union select merged_card_id, card_id from marts.sales_lines
    union select card_id, final_card_id from marts.card_merges
)"""


@dataclass(frozen=True)
class Piece:
    """Lines of a list that stay or leave together.

    Attributes
    ----------
    cells : those of the record; none where quotes are broken, or of a blank line.
    n_lines : number of lines.
    is_record : whether they are a whole record, or a blank line, rather than a line that is none.
    """

    cells: list[str]
    n_lines: int
    is_record: bool


def forget(warehouse: Path, report_dir: Path, card: str) -> str:
    """Forget the person with a card; return what was done, without the number.

    The order is that in which nothing comes back whenever it is interrupted: first the list that keeps the cards out of
    the next builds, then what they are in. Doing it again ends it.

    Raises
    ------
    InputError
        If the warehouse does not know the card, another process builds it or writes the reports, or a list or workbook
        cannot be read or written anew. Nothing was done then.
    """
    begin(warehouse)
    check_writers(warehouse)
    path = forgotten_file(warehouse)
    forgotten = read_forgotten(path)
    with open_warehouse(warehouse) as connection:
        cards = _cards_of_person(connection, card, forgotten)
        is_theirs = _meanings(connection, cards)
    target = warehouse.resolve()
    audiences = report_dir / "audiences"
    # Both locks before anything is changed, so that a refusal has changed nothing.
    with writing(report_dir):
        with locked(audiences):
            # A row of the log tells of an audience, not of a member.
            found = (path for path in sorted(audiences.rglob("[!~]*")) if path.is_file() and path.name != "log.csv")
            workbooks, lists, others = _parted_by_form(found)
            for workbook in workbooks:
                _rows_of_workbook(workbook, is_theirs)
            for other in others:
                _check_other(other, is_theirs)
            lists = [path for path in lists if _without_person(path, is_theirs)[1]]
            write_forgotten(path, forgotten.with_cards(cards))
            for name in (warehouse, target):
                for ending in (".next", ".next.wal", ".work", ".work.wal"):
                    remove(Path(f"{name}{ending}"))
            remove(Path(f"{target}.previous"))
            rows = sum(_rewrite_csv(path, is_theirs) for path in lists)
            rows += sum(_rewrite_workbook(workbook, is_theirs) for workbook in workbooks)
            # From here on no table knows which cards were merged with the given one, and no audience can take them.
            rows += _rewrite(target, cards)
        # Written on request only, so it can be asked for again.
        remove(report_dir / MEMBERS_PAGE)
        write_exports(warehouse, report_dir)
        if (report_dir / "exports" / "parquet").exists():
            write_parquet(warehouse, report_dir)
    return (
        f"Forgotten: {rows:,} rows of marts and audiences are gone, charts and exports are written again, and every "
        "build leaves the person out. Totals are those of before until the next build: pass on no report or workbook "
        "before it, as what they have more than the rows tells of the person. The raw files are yours: take the rows "
        f"out of them too. {path} keeps a salted hash, no number."
    )


def known_rows(warehouse: Path, card: str) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of the marts about the person with a card, by mart and column; views of marts repeat none.

    Raises
    ------
    InputError
        If the warehouse does not know the card, or has forgotten it.
    """
    with open_warehouse(warehouse) as connection:
        cards = _cards_of_person(connection, card, read_forgotten(forgotten_file(warehouse)))
        tables = _columns_of_tables(connection, "published")
        known = {}
        for table in tables["marts"]:
            theirs = _is_of_cards(table, tables["marts"])
            if "$cards" in theirs:
                found = connection.execute(
                    f"select * from marts.{identifier(table)} where {theirs} order by all", {"cards": cards}
                )
                if rows := records(found):
                    known[table] = rows
    if not known:
        raise InputError("The marts have no row of this card: the person has been forgotten.")
    return known


def _columns_of_tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, list[str]]]:
    """Return the columns of each table by schema and table."""
    columns: dict[str, dict[str, list[str]]] = {}
    for schema, table, column in connection.execute(
        """select columns.schema_name, columns.table_name, columns.column_name from duckdb_columns() as columns
        semi join duckdb_tables() as tables
            on columns.database_name = tables.database_name and columns.schema_name = tables.schema_name
            and columns.table_name = tables.table_name
        where columns.database_name = ? order by all""",
        [database],
    ).fetchall():
        columns.setdefault(schema, {}).setdefault(table, []).append(column)
    return columns


def _cards_of_person(connection: duckdb.DuckDBPyConnection, card: str, forgotten: Forgotten) -> list[str]:
    """Return the cards, as the marts write them, of the person to whom a card belongs, in capitals or small letters.

    Of one whose forgetting was interrupted, the marts may have no row any more: that is the card as it is given.
    """
    given = sql_macro("clean_key", "cast($card as varchar)")
    cards = connection.execute(
        f"""with {PERSONS},
        given as (
            select person from persons where lower(card_id) = lower({given})
        )
        select distinct card_id from persons semi join given on persons.person = given.person
        where card_id is not null order by 1""",
        {"card": card},
    ).fetchall()
    if not cards:
        [(key,)] = connection.execute(f"select {given}", {"card": card}).fetchall()
        if forgotten == forgotten.with_cards([str(key)]):
            return [str(key)]
        raise InputError("The warehouse has no row of this card; give it as the marts write it.")
    return [card_id for (card_id,) in cards]


def _meanings(connection: duckdb.DuckDBPyConnection, cards: Collection[str]) -> dict[str, bool]:
    """For each text that a list may have for a card, folded, whether it is one of the given person's cards."""
    theirs = {card.casefold() for card in cards}
    known = connection.execute(f"with {PERSONS} select distinct card_id from persons where card_id is not null")
    all_cards = theirs.union(card.casefold() for (card,) in known.fetchall())
    # To a person all cards of theirs are one, so that the same digits in two of them are no doubt.
    meanings = as_written((card, "" if card in theirs else card) for card in all_cards)
    return {text: not meaning for text, meaning in meanings.items()}


def _rewrite(target: Path, cards: Collection[str]) -> int:
    """Write the published file anew without the rows of cards, return their number; freed blocks would keep them."""
    new = Path(f"{target}.new")
    gone = 0
    try:
        with duckdb.connect() as connection:
            connection.execute(
                f"attach {literal(str(target))} as old (read_only);"
                f" attach {literal(str(new))} as new (storage_version {literal(STORAGE)});"
                " copy from database old to new (schema); use old"
            )
            for schema, tables in _columns_of_tables(connection, "old").items():
                for table in tables:
                    relation = f"{identifier(schema)}.{identifier(table)}"
                    leaves = _is_of_cards(table, tables)
                    kept = connection.execute(
                        f"insert into new.{relation} select * from old.{relation} where not ({leaves})",
                        {"cards": list(cards)} if "$cards" in leaves else None,
                    ).fetchall()[0][0]
                    gone += connection.execute(f"select count(*) from old.{relation}").fetchall()[0][0] - kept
        new.chmod(target.stat().st_mode & 0o777)
        put(new, target)
    finally:
        remove(new)
    return gone


def _is_of_cards(table: str, tables: Mapping[str, Collection[str]]) -> str:
    """Return the SQL of whether a row of a mart belongs to one of $cards, by the names of the columns of all marts."""
    columns = tables[table]
    tests = [
        f"coalesce(list_contains($cards, {identifier(name)}), false)"
        for name in columns
        if name.endswith("card_id") or name == "merged_into"
    ]
    if "raw_text" in columns:
        # A line that is no record has no column; one of its values may be the card.
        keys = f"list_transform({possible_values('raw_text')}, lambda token: lower({sql_macro('clean_key', 'token')}))"
        small = "list_transform($cards, lambda card: lower(card))"
        tests.append(f"coalesce(list_has_any({keys}, {small}), false)")
    if table == "repaired_values":
        places = " union all ".join(
            f"select {literal(name)}, source_file, row_no from marts.{rows} where {_is_of_cards(rows, tables)}"
            for name, rows in (("members", "member_rows"), ("sales_lines", "sales_lines"))
        )
        tests.append(f"(table_name, source_file, row_no) in ({places})")
    return " or ".join(tests) or "false"


def _parted_by_form(paths: Iterable[Path]) -> tuple[list[Path], list[Path], list[Path]]:
    """Part the files of the audiences into workbooks and lists, which can be written anew, and others."""
    workbooks, lists, others = [], [], []
    for path in paths:
        if path.suffix.lower() == ".xlsx":
            workbooks.append(path)
        elif path.suffix.lower() in LIST_SUFFIXES and compression(path) is None and _is_text(_content(path)):
            lists.append(path)
        elif not path.name.startswith("."):
            others.append(path)
    return workbooks, lists, others


def _is_text(content: bytes) -> bool:
    """Tell whether bytes can be text in an encoding that is read."""
    return content.startswith(UTF16_MARKS) or not NO_TEXT.search(content)


def _check_other(path: Path, is_theirs: Mapping[str, bool]) -> None:
    """Refuse a file that is not written anew where the card stands anywhere in it, or nobody can tell whether.

    Raises
    ------
    InputError
        If it has the card, or cannot be searched.
    """
    try:
        has_card = any(is_theirs.get(value, False) for text in _texts(path) for value in _possible_values(text))
    except (InputError, CalamineError, pa.ArrowException, *BROKEN) as error:
        raise InputError(
            f"{path} cannot be searched for this card as it is: save it as csv or take it away, and forget again."
        ) from error
    if has_card:
        raise InputError(
            f"{path} has this card, and only csv, tsv, txt and xlsx files that are not packed are written anew: take "
            "the card out of it yourself, or the file away, and forget again."
        )


def _texts(path: Path) -> Iterator[object]:
    """Yield the cells of a Parquet file or a workbook, or the text of another file, unpacked."""
    kind = file_kind(path)
    if kind == "parquet":
        for column in pq.ParquetFile(path).read().columns:
            yield from column.to_pylist()
    elif kind == "workbook":
        for rows in _sheets(path):
            for row in rows:
                yield from row
    else:
        yield _unpacked_text(path)


def _unpacked_text(path: Path) -> str:
    if compression(path) == "zip":
        with zipfile.ZipFile(path) as archive:
            if len(archive.namelist()) > 1:
                raise InputError("it holds more than one file")
    if not _is_text(_content(path)):
        raise InputError("it is no text")
    return "".join(text for _, text in _lines(path)[1])


def _possible_values(text: object) -> Iterator[str]:
    """Yield what may be a card in a cell or a text: all of it, what stands between delimiters, and words."""
    yield _text(text)
    yield from _values(str(text))
    # A letter of another script parts words: none is written between it and the next word.
    yield from (_text(word.strip("._/-")) for word in re.split(r"[^\w./-]+", str(text), flags=re.ASCII))


def _rewrite_csv(path: Path, is_theirs: Mapping[str, bool]) -> int:
    """Write a csv file anew without the records of the person; return their number."""
    kept, gone = _without_person(path, is_theirs)
    if gone:
        with draft(path) as new:
            new.write_bytes(kept)
    return gone


def _without_person(path: Path, is_theirs: Mapping[str, bool]) -> tuple[bytes, int]:
    """Return the bytes of a csv file without the records of the person, and their number.

    A person may have saved it again, from any spreadsheet: the other records keep their bytes.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    mark, lines = _lines(path)
    texts = [text for _, text in lines]
    # Of all forms that its first lines may have, the one in which most cards are known, as lists of cards are read.
    forms = [(form, _pieces(texts, *form)) for form in _forms(texts)]
    form, pieces = max(forms, key=lambda parted_by: _fit(parted_by[1], is_theirs))
    n_known, _ = _fit(pieces, is_theirs)
    rows = [[_text(cell) for cell in piece.cells] for piece in pieces]
    places = _places_of_cards(rows, is_theirs)
    kept, gone, begins = [mark], 0, 0
    for piece, row in zip(pieces, rows, strict=True):
        of_piece = texts[begins : begins + piece.n_lines]
        leaves = _leaves(row, places, is_theirs)
        if leaves is None and not (piece.is_record and n_known):
            # A line that is no record has no column; one of its values may be the card.
            leaves = any(is_theirs.get(value, False) for value in _values("".join(of_piece)))
        of_lines = [leaves or False]
        if piece.n_lines > 1:
            # Two stray quotes can make one record of two: a line that looks like one and has a known card is taken so.
            alone = (_leaves(_cells_of_line(text, *form), places, is_theirs) for text in of_piece)
            of_lines = [bool(leaves) if goes is None else goes for goes in alone]
        gone += any(of_lines)
        kept += [
            line for (line, _), goes in zip(lines[begins : begins + piece.n_lines], of_lines, strict=True) if not goes
        ]
        begins += piece.n_lines
    return b"".join(kept), gone


def _lines(path: Path) -> tuple[bytes, list[tuple[bytes, str]]]:
    """Return the byte order mark of a text file and its lines, each with its end, as bytes and as text."""
    content = _content(path)
    mark = next((mark for mark in ENCODINGS if content.startswith(mark)), b"")
    content = content.removeprefix(mark)
    if mark in UTF16_MARKS:
        encoding = ENCODINGS[mark]
        try:
            texts = list(io.StringIO(content.decode(encoding), newline=""))
        except UnicodeDecodeError as error:
            raise InputError(f"{path} is no valid utf-16 text: save it again as utf-8, and forget again.") from error
        return mark, [(text.encode(encoding), text) for text in texts]
    lines = content.splitlines(keepends=True)
    encoding = min(("utf-8", "gb18030"), key=lambda encoding: sum(decoded(line, encoding) is None for line in lines))
    # Bytes that are no text hide no column of a line.
    return mark, [(line, line.decode(encoding, "replace")) for line in lines]


def _content(path: Path) -> bytes:
    """Return the bytes of a file, unpacked."""
    most = largest_unpacked(path)
    with open_plain(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise unpacks_too_far(path)
    return content


def _forms(texts: Sequence[str]) -> list[tuple[str, tuple[int, int]]]:
    """Return delimiters and numbers of columns that a list may have: those of its first lines, titles among them."""
    forms: dict[tuple[str, tuple[int, int]], None] = {}
    # Without any of them there is one column, whichever is taken.
    for delimiter in [mark for mark in DELIMITERS if any(mark in text for text in texts)] or DELIMITERS[:1]:
        for skip in range(TITLE_LINES + 1):
            names = record_at(texts, skip, 0, delimiter).fields or []
            if n_named := max((number for number, name in enumerate(names, start=1) if name), default=0):
                forms[delimiter, (n_named, len(names))] = None
    return [*forms] or [(DELIMITERS[0], (1, 1))]


def _pieces(texts: Sequence[str], delimiter: str, n_columns: tuple[int, int]) -> list[Piece]:
    """Part the lines of a list as the landing parts those of a raw file: a stray quote swallows no other record."""
    pieces = []
    for line, record, n_lines in parted((text.encode() for text in texts), "utf-8", delimiter, n_columns):
        cells = record
        if isinstance(record, str) and "quote" not in record:
            cells = split_fields(line.decode(), delimiter)
        pieces.append(Piece(cells if isinstance(cells, list) else [], n_lines, isinstance(record, list)))
    return pieces


def _fit(pieces: Sequence[Piece], is_theirs: Mapping[str, bool]) -> tuple[int, int]:
    """Tell how well a form fits a list: by the records with a known card, then by those that are none."""
    known = sum(piece.is_record and any(_text(cell) in is_theirs for cell in piece.cells) for piece in pieces)
    return known, -sum(not piece.is_record for piece in pieces)


def _rewrite_workbook(path: Path, is_theirs: Mapping[str, bool]) -> int:
    """Write a workbook of one sheet anew without the rows of the person; return their number."""
    rows = _rows_of_workbook(path, is_theirs)
    kept = [row for row, leaves in zip(rows, _leaving(rows, is_theirs), strict=True) if not leaves]
    if len(kept) < len(rows):
        with draft(path) as new:
            write_xlsx(new, [str(title) for title in kept[0]] if kept else [], kept[1:])
    return len(rows) - len(kept)


def _rows_of_workbook(path: Path, is_theirs: Mapping[str, bool]) -> list[list[Any]]:
    """Return the rows of the first sheet of a workbook.

    Raises
    ------
    InputError
        If it cannot be read, or has more sheets and a card in one of them: written anew, it would lose the others.
    """
    try:
        sheets = _sheets(path)
    except CalamineError as error:
        raise InputError(f"{path} is no workbook that can be read: take it away, and forget again.") from error
    if len(sheets) > 1 and any(any(_leaving(rows, is_theirs)) for rows in sheets):
        raise InputError(
            f"{path} has a row of this card and more than one sheet: take the row out yourself, or the file away, and "
            "forget again."
        )
    return sheets[0]


def _sheets(path: Path) -> list[list[list[Any]]]:
    """Return the rows of each sheet of a workbook."""
    with CalamineWorkbook.from_path(path) as book:
        return [
            book.get_sheet_by_name(sheet.name).to_python() if sheet.typ == SheetTypeEnum.WorkSheet else []
            for sheet in book.sheets_metadata
        ]


def _leaving(rows: Sequence[Sequence[object]], is_theirs: Mapping[str, bool]) -> list[bool]:
    """Tell for each row of a list whether it is one of the person."""
    texts = [[_text(cell) for cell in row] for row in rows]
    places = _places_of_cards(texts, is_theirs)
    return [_leaves(row, places, is_theirs) or False for row in texts]


def _places_of_cards(rows: Sequence[Sequence[str]], is_theirs: Mapping[str, bool]) -> set[int]:
    """Return the columns of a list with cards.

    Those are the ones that are called so, or else those with most of the known cards: the same number may be a card in
    one column, and in another the orders of somebody else.
    """
    found = {(place, text) for row in rows for place, text in enumerate(row) if text in is_theirs}
    counts = Counter(place for place, _ in found)
    called = {place for row in rows[: TITLE_LINES + 1] for place, text in enumerate(row) if is_called_card(text)}
    likely = {place for place, count in counts.items() if 2 * count > max(counts.values())}
    return called & counts.keys() or likely


def _leaves(row: Sequence[str], places: Collection[int], is_theirs: Mapping[str, bool]) -> bool | None:
    """Tell whether a row is one of the person, by the columns with cards; None where it has no known card there."""
    cells = [row[place] for place in places if place < len(row)]
    # A quote too many may stand beside a card, or more than the card between two of them.
    values = (value for cell in cells for value in ([cell] if cell in is_theirs else _values(cell)))
    known = [is_theirs[value] for value in values if value in is_theirs]
    return any(known) if known else None


def _cells_of_line(text: str, delimiter: str, n_columns: tuple[int, int]) -> list[str]:
    """Return the cells of a line, whatever its quotes; none where they are not as many as the columns."""
    cells = text.split(delimiter)
    return [_text(cell) for cell in cells] if n_columns[0] <= len(cells) <= n_columns[1] else []


def _values(text: str) -> list[str]:
    """Return what may be a value in text that is none."""
    return [_text(value) for value in re.split(BETWEEN_VALUES, text)]


def _text(cell: object) -> str:
    """Return the text of a cell, folded, as cards are read, without what a guard or a spreadsheet made of it.

    '7 and ="7" are 7, and so are 7.0 and a full-width one.
    """
    number = int(cell) if isinstance(cell, float) and cell.is_integer() else cell
    text = str(number)
    text = (text if text.isascii() else text.translate(_clean_signs())).strip()
    text = text[text[:1] in ("'", "`") :].strip()
    text = re.sub('^="+(.*?)"+$', r"\1", text).strip().casefold()
    return re.sub(r"^([0-9]+)\.0+$", r"\1", text)


@cache
def _clean_signs() -> dict[int, str]:
    """Return what a sign becomes where cards are cleaned, for each that becomes another or none."""
    cleaned = duckdb.execute(
        f"""select code, {sql_macro("clean_text", "text")}
        from (select code, 'a' || chr(cast(code as integer)) || 'a' as text from range(128, 65536) as codes (code))
        where code not between 55296 and 57343"""
    ).fetchall()
    return {code: text[1:-1] for code, text in cleaned if text[1:-1] != chr(code)}
