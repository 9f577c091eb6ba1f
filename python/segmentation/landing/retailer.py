"""Retailers as the landing takes them: where their raw tables are, how the columns are called and written."""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from segmentation.errors import InputError
from segmentation.landing.retailer_file import (
    CANONICAL_COLUMNS,
    PRODUCT,
    REQUIRED_COLUMNS,
    CardMerges,
    DateAndTime,
    Files,
    Members,
    RetailerFile,
    SalesLines,
    SegmentOverrides,
    problem,
)
from segmentation.yaml_text import read_yaml

RETAILERS = Path("retailers")
SEEDS_OF_CODES = {"gender": Path("seeds/genders.csv"), "age_band": Path("seeds/age_bands.csv")}
WORDS_FILE = Path(__file__).with_name("column_words.yml")
WORDS: dict[str, dict[str, Any]] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
GENDER_CODES = {value: code for code, values in WORDS["gender"]["codes"].items() for value in values}
WHITESPACE = "whitespace"
DELIMITER_WORDS = {"tab": "\t", "\\t": "\t", "space": " "}
# Zero-width blanks and byte order marks, which get into names by copying.
UNSEEN = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# The part of a moment that is in a column of its own.
TIME_OF = "{} time"


def plain_name(name: str) -> str:
    """Return the name of a column in one form: without blanks around it, full-width letters and signs not seen."""
    return " ".join(unicodedata.normalize("NFKC", name).translate(UNSEEN).split())


@dataclass(frozen=True)
class FileSet:
    """Files of the same form.

    Attributes
    ----------
    files : file names, folders or patterns, relative to the folder of raw files.
    columns : for each wanted column the raw columns it may come from, in order of preference.
    encoding : of text files; None means that it is found out.
    delimiter : between the columns of text files; None means that it is found out, "whitespace" any run of blanks and
        tabs.
    header : whether the files have one, or the names of the columns of files that have none.
    skip : number of lines, or rows of a sheet, above the table.
    sheets : of workbooks; none means the first that is not hidden, a star all of these.
    missing : values that mean that there is none.
    key : of joined files, for each column to look up the column in these files.
    """

    files: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | tuple[str, ...] = True
    skip: int = 0
    sheets: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    key: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RawTable:
    """One raw table of a retailer.

    Attributes
    ----------
    name : {"members", "sales_lines", "card_merges", "segment_overrides"}
    parts : the files with the rows, then those that are joined to them.
    codes : for each coded column the code of each raw value.
    date_formats : for columns with moments, the formats to try, of strptime or such as "days since 2010-01-01".
    recorded_time_zone : of moments that carry no offset; None means the retailer's own.
    decimal : the decimal mark of its numbers.
    amount_is_product : whether the amount is the quantity times the unit price.
    constants : for columns that the files lack the number, as text, that holds for every line.
    cancelled : a column and the patterns (of LIKE) that mark a cancelled line there.
    is_distinct : whether equal rows count once.
    fill_down : columns that hold for the following lines that have none of them.
    """

    name: str
    parts: tuple[FileSet, ...]
    codes: dict[str, dict[str, str]]
    date_formats: dict[str, tuple[str, ...]]
    recorded_time_zone: str | None = None
    decimal: str = "."
    amount_is_product: bool = False
    constants: dict[str, str] = field(default_factory=dict)
    cancelled: tuple[str, tuple[str, ...]] | None = None
    is_distinct: bool = False
    fill_down: tuple[str, ...] = ()

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The raw columns of each wanted column, of all parts."""
        return {column: names for part in self.parts for column, names in part.columns.items()}


@dataclass(frozen=True)
class Retailer:
    """A retailer file and, by name, the tables that it has; that of the sales lines is always among them."""

    name: str
    file: RetailerFile
    tables: dict[str, RawTable]


def read_retailer(name: str, folder: Path = RETAILERS) -> Retailer:
    """Read and check `<folder>/<name>.yml`, or the file itself where `name` is a path that ends in .yml.

    Raises
    ------
    InputError
        If there is no such file, or it has unknown keys, lacks required ones or holds values of a wrong kind.
    """
    path = Path(name) if name.endswith((".yml", ".yaml")) else folder / f"{name}.yml"
    if not _is_file(path):
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yml"))) or "none"
        raise InputError(f"There is no retailer file {str(path)[:200]}; the known retailers are: {known}.")
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not valid YAML: {error}.") from error
    try:
        file = RetailerFile.model_validate(content)
    except ValidationError as error:
        raise InputError(problem(path, error.errors()[0])) from error

    tables = {
        name: _raw_table(name, table, f"{path}, {name}")
        for name in CANONICAL_COLUMNS
        if (table := getattr(file, name)) is not None
    }
    sales_lines = tables["sales_lines"]
    if file.sales_lines.require_points and "points" not in sales_lines.columns:
        raise InputError(f"{path}: require_points is true, but the sales lines have no column points.")
    if file.sales_lines.orders == "receipt" and "receipt_no" not in sales_lines.columns:
        raise InputError(f"{path}: orders are receipts, but the sales lines have no column receipt_no.")
    if file.time_zone is None and any(table.recorded_time_zone for table in tables.values()):
        raise InputError(f"{path}: recorded_time_zone needs the retailer's own time_zone too, such as Europe/Paris.")
    return Retailer(path.stem, file, tables)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    # Of a name that is too long.
    except OSError:
        return False


def _raw_table(name: str, table: Members | SalesLines | CardMerges | SegmentOverrides, where: str) -> RawTable:
    parts = (_file_set(table, {}), *(_file_set(join, join.key) for join in table.joins))
    mapped = [column for part in parts for column in part.columns]
    if twice := sorted({column for column in mapped if mapped.count(column) > 1}):
        raise InputError(f"{where}: {', '.join(twice)} is mapped in more than one of the joined tables.")
    sales = table if isinstance(table, SalesLines) else None
    constants = _constants(sales, mapped, where) if sales else {}
    is_product = sales is not None and sales.amount == PRODUCT
    if is_product and ("unit_price" not in mapped or "quantity" not in {*mapped, *constants} or "amount" in mapped):
        raise InputError(
            f"{where}: amount can only be `{PRODUCT}`, with both columns mapped and no column for the amount itself."
        )
    required = [column for column in REQUIRED_COLUMNS[name] if not (column == "amount" and is_product)]
    required = [column for column in required if column not in constants]
    if lacking := [column for column in required if column not in mapped]:
        raise InputError(f"{where}, columns must name the raw column of {', '.join(lacking)}.")
    cancelled = sales.cancelled if sales else None
    formats = () if isinstance(table, CardMerges) else table.date_format or ()
    return RawTable(
        name=name,
        parts=parts,
        codes=_values_with_codes(table, mapped, where) if isinstance(table, Members) else {},
        date_formats={column: of_column for column, of_column in formats if of_column},
        recorded_time_zone=table.recorded_time_zone,
        decimal=sales.decimal if sales else ".",
        amount_is_product=is_product,
        constants=constants,
        cancelled=(plain_name(cancelled.column), cancelled.pattern) if cancelled else None,
        is_distinct=isinstance(table, Members) and table.distinct,
        fill_down=_fill_down(sales, parts[0], where) if sales else (),
    )


def _fill_down(sales: SalesLines, lines: FileSet, where: str) -> tuple[str, ...]:
    """Return our names of the columns that hold for the following lines."""
    raw_names = {plain_name(name) for name in sales.fill_down}
    if unknown := sorted(raw_names - {name for names in lines.columns.values() for name in names}):
        raise InputError(f"{where}: fill_down names {', '.join(unknown)}, which columns of the lines do not name.")
    return tuple(column for column, names in lines.columns.items() if not raw_names.isdisjoint(names))


def _constants(sales: SalesLines, mapped: Sequence[str], where: str) -> dict[str, str]:
    stated = {"quantity": sales.quantity, "amount": sales.amount if sales.amount != PRODUCT else None}
    constants = {column: number for column, number in stated.items() if number is not None}
    for column, number in constants.items():
        if column in mapped:
            raise InputError(
                f"{where}: {column} is {number} for every line and has a column too: keep one of them, the number only "
                "where no column holds it."
            )
    return {column: number.replace(".", sales.decimal) for column, number in constants.items()}


def _file_set(files: Files[Any], key: dict[str, str]) -> FileSet:
    columns: dict[str, tuple[str, ...]] = {}
    for column, raw in files.columns or ():
        if isinstance(raw, DateAndTime):
            columns |= {column: raw.date, TIME_OF.format(column): raw.time}
        else:
            columns[column] = raw
    return FileSet(
        files=files.files,
        columns={column: tuple(map(plain_name, names)) for column, names in columns.items() if names},
        encoding=files.encoding,
        delimiter=files.delimiter and DELIMITER_WORDS.get(files.delimiter, files.delimiter),
        header=files.header,
        skip=files.skip,
        sheets=files.sheet,
        missing=files.missing,
        key={plain_name(ours): plain_name(theirs) for ours, theirs in key.items()},
    )


def _values_with_codes(members: Members, mapped: Iterable[str], where: str) -> dict[str, dict[str, str]]:
    codes: dict[str, dict[str, str]] = {
        column: {value: code for code, values in of_column.items() for value in values}
        for column, of_column in members.codes or ()
        if of_column is not None
    }
    for column, of_column in codes.items():
        known = _codes_of_seed(SEEDS_OF_CODES[column], column)
        if known and (unknown := sorted(set(of_column.values()) - known)):
            raise InputError(
                f"{where}: codes of {column} name {', '.join(unknown)}, which {SEEDS_OF_CODES[column]} does not have; "
                f"known are: {', '.join(sorted(known))}."
            )
    if "gender" in mapped:
        codes.setdefault("gender", dict(GENDER_CODES))
    if "age_band" in mapped and not codes.get("age_band"):
        raise InputError(f"{where}: codes must say which raw values of age_band are young, middle and senior.")
    return codes


def _codes_of_seed(path: Path, column: str) -> set[str]:
    """Return the codes of a seed; none where the project is a package of another one."""
    if not path.is_file():
        return set()
    with path.open(encoding="utf-8-sig", newline="") as rows:
        return {row[column] for row in csv.DictReader(rows)}
