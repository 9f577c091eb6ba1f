"""What files hold: those of one form in a table, with its columns; what is left out, and what files share."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os.path import commonpath
from pathlib import Path

from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.inspection.columns import Column, described_column
from segmentation.inspection.forms import sheet_form, text_form
from segmentation.landing.files import (
    Header,
    RawFile,
    check_form,
    file_kind,
    file_stamp,
    files_named,
    read_header,
)
from segmentation.landing.reading import PLACE, append, create_table, read_files
from segmentation.landing.retailer import WORDS, FileSet
from segmentation.landing.text import DELIMITERS
from segmentation.landing.workbook import formulas_alone, sheet_names
from segmentation.sql_text import literal

# Of a last row that sums up the others: a value begins with such a word, or counts rows.
FOOTER = rf"\W*({'|'.join(WORDS['footer']['words'])})(\W.*|\d.*)?|\d+ (rows|records|lines|customers|zeilen)\W*"
LAST_ROWS = 3
# Share of the lines of the smaller file, or of its days in the other, that two have in common where they overlap.
OVERLAP = 0.05


@dataclass
class Table:
    """Files of one form and the columns found in them."""

    number: int
    files: list[tuple[Path, str | None]]
    settings: FileSet
    root: Path
    rows: int = 0
    overlaps: bool = False
    columns: dict[str, Column] = field(default_factory=dict)

    def source(self, path: Path, sheet: str | None) -> str:
        """Return the name of a file, with its sheet where it has several."""
        name = path.relative_to(self.root).as_posix()
        return name if sheet is None else f"{name}, {sheet}"

    @property
    def paths(self) -> list[Path]:
        return list(dict.fromkeys(path for path, _ in self.files))

    @property
    def relation(self) -> str:
        return f"rows_{self.number}"

    @property
    def title(self) -> str:
        return _together([path.name if sheet is None else f"{path.name}, {sheet}" for path, sheet in self.files])


Form = tuple[object, ...]
# Two files, the number of lines that both have, and those of each.
SharedLines = tuple[str, str, int, int, int]
# What is said before and after the names of all files of which it holds.
Remarks = dict[tuple[str, str], list[str]]
AddRemark = Callable[[str, str, str], None]


def _together(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def look(connection: DuckDBPyConnection, paths: Iterable[Path], raw_dir: Path) -> tuple[list[Table], list[str]]:
    """Load the files as text, those of one form into a table, and describe every column; and say what was left out.

    Raises
    ------
    InputError
        If a file cannot be read, or none holds a table.
    """
    tables, doubts = _tables(paths, raw_dir)
    for table in tables:
        names = {name: f"x{at}" for at, name in enumerate(_load(connection, table))}
        doubts += _unreadable(connection, table) + _footers(connection, table, list(names.values()))
        doubts += _describe(connection, table, names)
    return tables, doubts


def take_in(connection: DuckDBPyConnection, table: Table, other: Table) -> list[str] | None:
    """Add files of another form to a table, which keeps the columns of both, and return what is unsure then.

    None where the two are not written alike, or are not below the same folder.
    """
    both = _settings_of_both(table.settings, other.settings)
    if table.root != other.root or both is None or both != _settings_of_both(other.settings, table.settings):
        return None
    names = {name: column.raw.rpartition(".")[2] for name, column in table.columns.items() if name in other.columns}
    values = ", ".join(f"{other.columns[name].raw} as {column}" for name, column in names.items())
    connection.execute(
        f"insert into {table.relation} by name select {values}, {', '.join(PLACE)} from {other.relation}"
    )
    table.settings = both
    table.files += other.files
    return _describe(connection, table, names)


def _describe(connection: DuckDBPyConnection, table: Table, names: Mapping[str, str]) -> list[str]:
    """Describe the columns of a table, given with their names in it; return what its files share."""
    doubts = _repeated_files(connection, table, list(names.values()))
    [(table.rows,)] = connection.execute(f"select count(*) from {table.relation}").fetchall()
    table.columns = {name: described_column(connection, table.relation, column, name) for name, column in names.items()}
    return doubts


def _files(path: Path) -> list[Path]:
    """Return a file, the files below a folder, or those of a pattern."""
    if not (found := files_named(Path(path.anchor), str(path))):
        raise InputError(f"{path} {'holds no file' if path.is_dir() else 'is missing'}: name the files to inspect.")
    return found


def _placed(path: Path, raw_dir: Path) -> Path:
    """Return a file by its name below the folder of raw files, if it is there, however that was given."""
    folder, root = path.parent.resolve(), raw_dir.resolve()
    return (raw_dir / folder.relative_to(root) if folder.is_relative_to(root) else folder) / path.name


def _tables(paths: Iterable[Path], raw_dir: Path) -> tuple[list[Table], list[str]]:
    """Sort the files into tables: files with the same columns belong to one, workbooks beside text too."""
    tables: dict[Form, Table] = {}
    form: Form
    remarks: Remarks = {}

    def remark(before: str, name: str, after: str) -> None:
        remarks.setdefault((before, after), []).append(name)

    files = sorted({_placed(file, raw_dir) for named in paths for file in _files(named)})
    elsewhere = [path.parent for path in files if not path.is_relative_to(raw_dir)]
    other_root = Path(commonpath(elsewhere)) if elsewhere else raw_dir
    for path in files:
        root = raw_dir if path.is_relative_to(raw_dir) else other_root
        if root != raw_dir:
            name = path.relative_to(root).as_posix()
            remark(f"{root} is not the folder of raw files, {raw_dir}: put ", name, " there, or give --raw-data.")
        if path.stat().st_size:
            check_form(path, "a table")
        if file_kind(path) == "workbook":
            for form, sheets, settings in _sheets(path, root, remark):
                tables.setdefault((root, *form), Table(len(tables), [], settings, root)).files += sheets
            continue
        settings = text_form(path) if file_kind(path) == "text" else FileSet((), {})
        if settings.encoding:
            remark("encoding of ", path.name, f": neither utf-8 nor gb18030; {settings.encoding} is a guess.")
        header = read_header(path, None, settings, root)
        if not header.has_rows or len(header.expressions) < 2:
            lacks = "no table with two columns or more" if len(header.expressions) < 2 else "no row below the titles"
            remark(f"Not used, as there is {lacks}: ", path.name, ".")
            continue
        _remark_on_names(path.name, header, remark)
        form = (root, _names(header), settings.skip, ())
        there = tables.setdefault(form, Table(len(tables), [], settings, root))
        if (both := _settings_of_both(there.settings, settings)) is None:
            form = (*form, settings.delimiter, settings.encoding)
            there = tables.setdefault(form, Table(len(tables), [], settings, root))
            both = settings
        there.settings = both
        there.files.append((path, None))
    if not tables:
        raise InputError("None of the files holds a table with two columns or more.")
    return list(tables.values()), [f"{before}{_together(names)}{after}" for (before, after), names in remarks.items()]


def _names(header: Header) -> tuple[str, ...]:
    """Return the names of the columns; spreadsheets save empty columns without one beside them."""
    return tuple(sorted(name for name in header.expressions if name))


def _settings_of_both(ours: FileSet, theirs: FileSet) -> FileSet | None:
    """Return settings with which files of two forms can be read, None where there are none.

    The landing finds a usual delimiter by itself, and utf-8 whatever encoding is stated.
    """
    encodings = {settings.encoding for settings in (ours, theirs)} - {None}
    delimiters = {settings.delimiter for settings in (ours, theirs)}
    if len(encodings) > 1 or (len(delimiters) > 1 and not delimiters <= {None, *DELIMITERS}):
        return None
    return replace(
        ours, encoding=next(iter(encodings), None), delimiter=ours.delimiter if len(delimiters) == 1 else None
    )


def _remark_on_names(source: str, header: Header, remark: AddRemark) -> None:
    if twice := sorted(name for name in header.twice if name):
        remark(
            f"There are several columns called {', '.join(twice)} in ",
            source,
            ", and which of them is meant cannot be told: none is used. Rename or remove all but one.",
        )


def _sheets(path: Path, root: Path, remark: AddRemark) -> Iterator[tuple[Form, list[tuple[Path, str | None]], FileSet]]:
    """Return the visible sheets of a workbook by their form; the first sheet alone needs no name."""
    shown = [name for name, is_hidden in sheet_names(path).items() if not is_hidden]
    if hidden := [name for name in sheet_names(path) if name not in shown]:
        remark("", path.name, f": the hidden sheet {', '.join(hidden)} is not used.")
    forms: dict[Form, tuple[list[str], FileSet]] = {}
    for name in shown:
        settings = sheet_form(path, name)
        header = read_header(path, name, settings, root)
        if header.has_rows and len(header.expressions) > 1:
            _remark_on_names(f"{path.name}, {name}", header, remark)
            if places := formulas_alone(path, name):
                remark(
                    "",
                    f"{path.name}, {name}",
                    f": {len(places):,} formulas, the first in {places[0]}, have no stored result, so that their cells "
                    "are empty: open the workbook in a spreadsheet program and save it.",
                )
            forms.setdefault((_names(header), settings.skip), ([], settings))[0].append(name)
    for form, (names, settings) in forms.items():
        sheets = () if names == shown[:1] else tuple(names)
        files = [(path, name if sheets else None) for name in names]
        yield (*form, sheets), files, replace(settings, sheets=sheets)


def _load(connection: DuckDBPyConnection, table: Table) -> list[str]:
    """Load the files of a table as text, as the landing does; return the names of its columns x0, x1, ..."""
    names: list[str] = []
    for path, sheet in table.files:
        header = read_header(path, sheet, table.settings, table.root)
        if not names:
            names = [name for name in header.expressions if name and name not in header.twice]
            create_table(connection, table.relation, [f"x{number}" for number in range(len(names))])
        expressions = {f"x{number}": header.expressions[name] for number, name in enumerate(names)}
        source = table.source(path, sheet)
        file = RawFile(path, source, source, file_kind(path), sheet, header, expressions, {}, file_stamp(path))
        append(connection, table.relation, read_files(connection, [file], table.settings))
    return names


def _unreadable(connection: DuckDBPyConnection, table: Table) -> list[str]:
    """Leave out lines that are no rows, and say so once."""
    found = sorted(connection.execute(
        f"""delete from {table.relation} where unreadable_reason is not null
        returning source_file, line_no, replace(unreadable_reason, '_', ' '), unreadable_text"""
    ).fetchall())  # fmt: skip
    if not found:
        return []
    source, line, reason, text = found[0]
    return [
        f"Lines of {table.title} that cannot be read: {len(found):,}, such as line {line} of {source} ({reason}: "
        f"{text[:40]!r})."
    ]


def _footers(connection: DuckDBPyConnection, table: Table, columns: Sequence[str]) -> list[str]:
    """Leave out last rows of a file that sum up the others, so that they decide nothing, and say so once."""
    values, filled = ", ".join(columns), " + ".join(f"({column} is not null)::int" for column in columns)
    last = connection.execute(
        f"""with ends as (
            select source_file, max(row_no) - {LAST_ROWS} as end_row from {table.relation} group by all
        )
        select source_file, row_no, concat_ws(' ', {values}), {filled}
        from {table.relation} inner join ends using (source_file) where row_no > end_row
        and len(list_filter([{values}], lambda v: regexp_full_match(v, {literal(FOOTER)}, 'is'))) > 0 order by 1, 2"""
    ).fetchall()
    if not last:
        return []
    [(usual,)] = connection.execute(f"select mode({filled}) from {table.relation}").fetchall()
    found = [(text, [source, row]) for source, row, text, count in last if count < usual]
    for _, place in found:
        connection.execute(f"delete from {table.relation} where source_file = ? and row_no = ?", place)
    if not found:
        return []
    text, (source, _) = found[0]
    others = f" (and {len(found) - 1:,} more such rows)" if len(found) > 1 else ""
    return [
        f"{source} ends with a row that seems to sum up the others, {text[:40]!r}{others}: it is left out here. A "
        "build rejects it among the sales lines; out of a list of members take it away."
    ]


def _repeated_files(connection: DuckDBPyConnection, table: Table, columns: Sequence[str]) -> list[str]:
    """Say which files share lines, and leave out one whose every line is in another."""
    if len(table.files) < 2:
        return []
    doubts = []
    overlaps: list[SharedLines] = []
    gone: set[str] = set()
    for shared in _shared_lines(connection, table, columns):
        first, second, lines, first_size, second_size = shared
        if gone & {first, second}:
            continue
        if lines == min(first_size, second_size) and not table.settings.sheets:
            smaller, larger = (second, first) if second_size <= first_size else (first, second)
            gone.add(smaller)
            doubts.append(f"{smaller} is not used: each of its {lines:,} lines is in {larger} too.")
        else:
            overlaps.append(shared)
    if overlaps:
        doubts.append(_overlap(table, overlaps))
    table.files = [file for file in table.files if table.source(*file) not in gone]
    for name in gone:
        connection.execute(f"delete from {table.relation} where source_file = ?", [name])
    return doubts


def overlaps_on_days(
    connection: DuckDBPyConnection, table: Table, columns: Sequence[Column], day: str, where: str
) -> list[str]:
    """Say which files share lines on the days that both have, as two do of which one begins before the other ends.

    day : SQL of the day of a line. where : which columns are equal, as a part of the sentence.
    """
    if table.overlaps or len(table.files) < 2:
        return []
    shared = _shared_lines(connection, table, [column.raw for column in columns], day)
    return [_overlap(table, shared, where, " on the days of both")] if shared else []


def _shared_lines(
    connection: DuckDBPyConnection, table: Table, columns: Sequence[str], day: str = "null"
) -> list[SharedLines]:
    """Return the pairs of files that have more equal lines than by chance, the most first; of their common days."""
    connection.execute(
        f"""create or replace temp table line_files as
        select hash({", ".join(columns)}) as line, {day} as day, source_file, count(*) as n
        from {table.relation} group by all"""
    )
    return connection.execute(
        f"""with days as (select source_file, day, sum(n) as lines from line_files group by all),
        of_common_days as (
            select a.source_file as first, b.source_file as second, sum(a.lines)::bigint as first_lines,
                sum(b.lines)::bigint as second_lines
            from days as a inner join days as b on a.day is not distinct from b.day
            where a.source_file < b.source_file group by all
        ),
        shared as (
            select a.source_file as first, b.source_file as second, sum(least(a.n, b.n))::bigint as lines
            from line_files as a inner join line_files as b using (line)
            where a.source_file < b.source_file group by all
        )
        select shared.*, first_lines, second_lines from shared inner join of_common_days using (first, second)
        where lines >= {OVERLAP} * least(first_lines, second_lines) order by lines desc, 1, 2"""
    ).fetchall()


def _overlap(table: Table, overlaps: Sequence[SharedLines], where: str = "", when: str = "") -> str:
    """Note that files of a table overlap, and say so."""
    table.overlaps = True
    first, second, lines, first_size, second_size = overlaps[0]
    others = f" (and {len(overlaps) - 1:,} more pairs of files share lines)" if len(overlaps) > 1 else ""
    return (
        f"{first} and {second} share {lines:,} equal lines{where}, of {first_size:,} and {second_size:,}{when}"
        f"{others}: do they overlap? As proposed such a line counts once."
    )
