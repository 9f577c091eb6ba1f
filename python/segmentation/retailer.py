"""Retailer files: where a retailer's raw tables are and how their columns are called and written."""

import codecs
import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from segmentation.errors import InputError

RETAILERS = Path("retailers")
CANONICAL_COLUMNS = {
    "members": ("card_id", "birth_date", "age_band", "gender", "registered_at"),
    "sales_lines": (
        "card_id",
        "purchased_at",
        "product_code",
        "product_name",
        "quantity",
        "unit_price",
        "amount",
        "points",
        "till_no",
        "receipt_no",
        "counter_code",
        "counter_name",
    ),
}
REQUIRED_COLUMNS = {"members": ("card_id",), "sales_lines": ("card_id", "purchased_at", "amount")}
MOMENT_COLUMNS = {"members": ("birth_date", "registered_at"), "sales_lines": ("purchased_at",)}
CODED_COLUMNS = {"members": ("age_band", "gender"), "sales_lines": ()}
WORDS_FILE = Path(__file__).with_name("column_words.yml")
WORDS: dict[str, dict[str, Any]] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
GENDER_CODES = {value: code for code, values in WORDS["gender"]["codes"].items() for value in values}

RETAILER_KEYS = ("currency", "time_zone", "as_of", "members", "sales_lines")
FILE_KEYS = ("files", "encoding", "delimiter", "header", "sheet", "missing", "columns")
JOIN_KEYS = (*FILE_KEYS, "key")
TABLE_KEYS = {
    "members": (*FILE_KEYS, "joins", "date_format", "recorded_time_zone", "codes", "distinct"),
    "sales_lines": (
        *FILE_KEYS, "joins", "date_format", "recorded_time_zone", "decimal", "amount", "cancelled", "require_points",
    ),
}  # fmt: skip
PRODUCT = "quantity * unit_price"
WHITESPACE = "whitespace"
DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " "}
# The part of a moment that is in a column of its own.
TIME_OF = "{} time"
UNITS_SINCE = re.compile(r"(days|hours|minutes|seconds|milliseconds) since (\d{4}-\d\d-\d\d)")


@dataclass(frozen=True)
class FileSet:
    """Files of the same form.

    Attributes
    ----------
    files : file names, folders or patterns, relative to the folder of raw files.
    columns : for each wanted column the raw columns it may come from, in order of preference.
    encoding : of text files; None means that it is found out.
    delimiter : between the columns of text files; "whitespace" stands for any run of blanks and tabs.
    header : whether the files have one, or the names of the columns of files that have none.
    sheets : of workbooks; none means the first, a star all of them.
    missing : values that mean that there is none.
    key : of joined files, for each column to look up the column in these files.
    """

    files: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    encoding: str | None = None
    delimiter: str = ","
    header: bool | tuple[str, ...] = True
    sheets: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    key: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RawTable:
    """One raw table of a retailer.

    Attributes
    ----------
    name : {"members", "sales_lines"}
    parts : the files with the rows, then those that are joined to them.
    codes : for each coded column the code of each raw value.
    date_formats : for columns with moments, the formats to try, of strptime or such as "days since 2010-01-01".
    recorded_time_zone : of moments that carry no offset; None means the retailer's own.
    decimal : the decimal mark of its numbers.
    amount_is_product : whether the amount is the quantity times the unit price.
    cancelled : a column and the patterns (of LIKE) that mark a cancelled line there.
    is_distinct : whether equal rows count once.
    """

    name: str
    parts: tuple[FileSet, ...]
    codes: dict[str, dict[str, str]]
    date_formats: dict[str, tuple[str, ...]]
    recorded_time_zone: str | None = None
    decimal: str = "."
    amount_is_product: bool = False
    cancelled: tuple[str, tuple[str, ...]] | None = None
    is_distinct: bool = False

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The raw columns of each wanted column, of all parts."""
        return {column: names for part in self.parts for column, names in part.columns.items()}


@dataclass(frozen=True)
class Retailer:
    """What a retailer file says; `members` is None for a retailer without a member table."""

    name: str
    currency: str | None
    time_zone: str | None
    as_of: datetime.date | None
    require_points: bool
    members: RawTable | None
    sales_lines: RawTable

    @property
    def tables(self) -> tuple[RawTable, ...]:
        return (self.members, self.sales_lines) if self.members else (self.sales_lines,)


def read_retailer(name: str, folder: Path = RETAILERS) -> Retailer:
    """Read and check `<folder>/<name>.yml`, or the file itself where `name` is a path that ends in .yml.

    Raises
    ------
    InputError
        If there is no such file, or it has unknown keys, lacks required ones or holds values of a wrong kind.
    """
    path = Path(name) if name.endswith((".yml", ".yaml")) else folder / f"{name}.yml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yml"))) or "none"
        raise InputError(f"There is no retailer file {path}; the known retailers are: {known}.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from error

    settings = _mapping(content, str(path))
    _refuse_unknown(settings, RETAILER_KEYS, str(path))
    if not settings.get("sales_lines"):
        raise InputError(f"{path} lacks the entry sales_lines.")
    as_of = settings.get("as_of")
    if as_of is not None and type(as_of) is not datetime.date:
        raise InputError(f"{path}: as_of must be a date such as 2018-01-03, not {as_of!r}.")

    sales_settings = _mapping(settings["sales_lines"], f"{path}, sales_lines")
    sales_lines = _raw_table("sales_lines", sales_settings, path)
    require_points = _boolean(sales_settings, "require_points", f"{path}, sales_lines")
    if require_points and "points" not in sales_lines.columns:
        raise InputError(f"{path}: require_points is true, but the sales lines have no column points.")
    members = _raw_table("members", _mapping(settings["members"], f"{path}, members"), path) if settings.get(
        "members"
    ) else None  # fmt: skip
    time_zone = _time_zone(settings, "time_zone", str(path))
    if time_zone is None and (sales_lines.recorded_time_zone or (members and members.recorded_time_zone)):
        raise InputError(f"{path}: recorded_time_zone needs the retailer's own time_zone too, such as Europe/Paris.")

    return Retailer(
        name=path.stem,
        currency=_text_or_none(settings, "currency", str(path)),
        time_zone=time_zone,
        as_of=as_of,
        require_points=require_points,
        members=members,
        sales_lines=sales_lines,
    )


def _raw_table(name: str, settings: Mapping[str, Any], path: Path) -> RawTable:
    where = f"{path}, {name}"
    _refuse_unknown(settings, TABLE_KEYS[name], where)
    joins = settings.get("joins") or []
    if not isinstance(joins, list):
        raise InputError(f"{where}, joins must be a list of tables, each with files, key and columns.")
    parts = [_file_set(name, settings, where)]
    for number, content in enumerate(joins, start=1):
        join_where = f"{where}, join {number}"
        join = _mapping(content, join_where)
        _refuse_unknown(join, JOIN_KEYS, join_where)
        parts.append(_file_set(name, join, join_where))
        if not parts[-1].key:
            raise InputError(f"{join_where} does not say its key, the column by which it is joined.")

    mapped = [column for part in parts for column in part.columns]
    if twice := sorted({column for column in mapped if mapped.count(column) > 1}):
        raise InputError(f"{where}: {', '.join(twice)} is mapped in more than one of the joined tables.")
    amount = _text_or_none(settings, "amount", where)
    if amount is not None and (amount != PRODUCT or not {"quantity", "unit_price"} <= {*mapped} or "amount" in mapped):
        raise InputError(
            f"{where}: amount can only be `{PRODUCT}`, with both columns mapped and no column for the amount itself."
        )
    lacking = [
        column for column in REQUIRED_COLUMNS[name] if column not in mapped and not (column == "amount" and amount)
    ]
    if lacking:
        raise InputError(f"{where}, columns must name the raw column of {', '.join(lacking)}.")
    decimal = _text_or_none(settings, "decimal", where) or "."
    if decimal not in (".", ","):
        raise InputError(f'{where}: decimal must be "." or ",", not {decimal!r}.')

    return RawTable(
        name=name,
        parts=tuple(parts),
        codes=_codes(name, settings.get("codes"), mapped, where),
        date_formats=_date_formats(name, settings.get("date_format"), where),
        recorded_time_zone=_time_zone(settings, "recorded_time_zone", where),
        decimal=decimal,
        amount_is_product=amount is not None,
        cancelled=_cancelled(settings.get("cancelled"), where),
        is_distinct=_boolean(settings, "distinct", where),
    )


def _file_set(table: str, settings: Mapping[str, Any], where: str) -> FileSet:
    files = _texts(settings.get("files"), f"{where}, files")
    if not files:
        raise InputError(f"{where} does not say its files.")
    header = settings.get("header", True)
    if not isinstance(header, bool):
        header = _texts(header, f"{where}, header")
        if len(set(header)) != len(header):
            raise InputError(f"{where}, header names a column twice.")
    encoding = _text_or_none(settings, "encoding", where)
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            raise InputError(f"{where}: {encoding} is no known encoding.") from error
    delimiter = _text_or_none(settings, "delimiter", where) or ","
    return FileSet(
        files=files,
        columns=_columns(table, settings.get("columns"), where),
        encoding=encoding,
        delimiter=DELIMITERS.get(delimiter, delimiter),
        header=header,
        sheets=_texts(settings.get("sheet"), f"{where}, sheet"),
        missing=_texts(settings.get("missing"), f"{where}, missing"),
        key=_key(settings.get("key"), where),
    )


def _columns(table: str, content: Any, where: str) -> dict[str, tuple[str, ...]]:
    mapped = _mapping(content or {}, f"{where}, columns")
    _refuse_unknown(mapped, CANONICAL_COLUMNS[table], f"{where}, columns")
    columns: dict[str, tuple[str, ...]] = {}
    for column, raw in mapped.items():
        column_where = f"{where}, {column}"
        if isinstance(raw, Mapping) and column in MOMENT_COLUMNS[table]:
            _refuse_unknown(raw, ("date", "time"), column_where)
            if set(raw) != {"date", "time"}:
                raise InputError(f"{column_where} must name both a date and a time column.")
            columns[column] = _texts(raw["date"], column_where)
            columns[TIME_OF.format(column)] = _texts(raw["time"], column_where)
        else:
            columns[column] = _texts(raw, column_where)
    return {column: raw_names for column, raw_names in columns.items() if raw_names}


def _key(content: Any, where: str) -> dict[str, str]:
    if isinstance(content, Mapping):
        return {str(column): str(joined) for column, joined in content.items()}
    return {column: column for column in _texts(content, f"{where}, key")}


def _date_formats(table: str, content: Any, where: str) -> dict[str, tuple[str, ...]]:
    where = f"{where}, date_format"
    if not isinstance(content, Mapping):
        content = dict.fromkeys(MOMENT_COLUMNS[table], content)
    _refuse_unknown(content, MOMENT_COLUMNS[table], where)
    formats = {column: _texts(value, where) for column, value in content.items() if value is not None}
    for text in {text for texts in formats.values() for text in texts}:
        if UNITS_SINCE.fullmatch(text):
            continue
        try:
            known = "%" in text and _rows("select try_strptime('', ?)", text)
        except duckdb.Error:
            known = False
        if not known:
            raise InputError(
                f'{where}: {text} is no format; give one such as "%d/%m/%Y %H:%M" or "days since 2010-01-01".'
            )
    return formats


def _cancelled(content: Any, where: str) -> tuple[str, tuple[str, ...]] | None:
    if content is None:
        return None
    where = f"{where}, cancelled"
    settings = _mapping(content, where)
    _refuse_unknown(settings, ("column", "pattern"), where)
    column, patterns = _text_or_none(settings, "column", where), _texts(settings.get("pattern"), where)
    if column is None or not patterns:
        raise InputError(f'{where} must give a column and a pattern, such as {{column: receipt_no, pattern: "C%"}}.')
    return column, patterns


def _codes(name: str, content: Any, mapped: Iterable[str], where: str) -> dict[str, dict[str, str]]:
    coded_columns = _mapping(content or {}, f"{where}, codes")
    _refuse_unknown(coded_columns, CODED_COLUMNS[name], f"{where}, codes")
    codes: dict[str, dict[str, str]] = {}
    for column, raw_values in coded_columns.items():
        codes[column] = {}
        for code, values in _mapping(raw_values, f"{where}, codes, {column}").items():
            for value in _texts(values, f"{where}, codes, {column}, {code}"):
                if codes[column].setdefault(value, str(code)) != str(code):
                    raise InputError(f"{where}, codes, {column}: the value {value} has two codes.")
    if "gender" in mapped and "gender" not in codes:
        codes["gender"] = dict(GENDER_CODES)
    if "age_band" in mapped and "age_band" not in codes:
        raise InputError(f"{where}: codes must say which raw values of age_band are young, middle and senior.")
    return codes


def _time_zone(settings: Mapping[str, Any], key: str, where: str) -> str | None:
    name = _text_or_none(settings, key, where)
    if name is not None and not _rows("from pg_timezone_names() where name = ?", name):
        raise InputError(f"{where}: {key} must be a name such as Asia/Shanghai or UTC, not {name}.")
    return name


def _rows(query: str, parameter: str) -> list[tuple[Any, ...]]:
    # A connection of its own: several threads of dbt read the retailer file at once.
    with duckdb.connect() as connection:
        return connection.execute(query, [parameter]).fetchall()


def _mapping(content: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise InputError(f"{where} must be a list of names with values (name: value).")
    return content


def _refuse_unknown(settings: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = [str(key) for key in settings if key not in known]
    if unknown:
        raise InputError(f"{where} has the unknown key {', '.join(unknown)}; known are: {', '.join(known)}.")


def _texts(content: Any, where: str) -> tuple[str, ...]:
    values = content if isinstance(content, list) else [] if content is None else [content]
    # YAML reads a bare yes, no, on or off as true or false: which of them was written is lost.
    if any(isinstance(value, bool | Mapping | list) for value in values):
        raise InputError(f"{where} must be a text or a list of texts; put yes, no, true and false in quotes.")
    return tuple(str(value) for value in values)


def _text_or_none(settings: Mapping[str, Any], key: str, where: str) -> str | None:
    texts = _texts(settings.get(key), f"{where}, {key}")
    if len(texts) > 1:
        raise InputError(f"{where}, {key} must be one text.")
    return texts[0] if texts else None


def _boolean(settings: Mapping[str, Any], key: str, where: str) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        raise InputError(f"{where}: {key} must be true or false, not {value!r}.")
    return value
