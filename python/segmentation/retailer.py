"""Retailer files: where a retailer's raw tables are and how their columns are called."""

import codecs
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from segmentation.errors import InputError

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
CODED_COLUMNS = {"members": ("age_band", "gender"), "sales_lines": ()}

RETAILER_KEYS = ("currency", "time_zone", "as_of", "members", "sales_lines")
TABLE_KEYS = ("files", "encoding", "delimiter", "sheet", "columns", "codes")


@dataclass(frozen=True)
class RawTable:
    """One raw table of a retailer.

    Attributes
    ----------
    name : {"members", "sales_lines"}
    files : file names or patterns, relative to the folder of raw files.
    columns : for each canonical column the raw columns it may come from, in order of preference.
    codes : for each coded column the code of each raw value.
    encoding : of text files; None means that it is found out.
    delimiter : between the columns of text files.
    sheet : of workbooks; None means the first.
    """

    name: str
    files: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    codes: dict[str, dict[str, str]]
    encoding: str | None = None
    delimiter: str = ","
    sheet: str | None = None


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


def read_retailer(name: str, folder: Path = Path("retailers")) -> Retailer:
    """Read and check `<folder>/<name>.yml`.

    Raises
    ------
    InputError
        If there is no such file, or it has unknown keys, lacks required ones or holds values of a wrong kind.
    """
    path = folder / f"{name}.yml"
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

    sales_settings = dict(_mapping(settings["sales_lines"], f"{path}, sales_lines"))
    require_points = sales_settings.pop("require_points", False)
    if not isinstance(require_points, bool):
        raise InputError(f"{path}: require_points must be true or false, not {require_points!r}.")
    sales_lines = _raw_table("sales_lines", sales_settings, path)
    if require_points and "points" not in sales_lines.columns:
        raise InputError(f"{path}: require_points is true, but the sales lines have no column points.")

    return Retailer(
        name=name,
        currency=_text_or_none(settings, "currency", str(path)),
        time_zone=_text_or_none(settings, "time_zone", str(path)),
        as_of=as_of,
        require_points=require_points,
        members=_raw_table("members", settings["members"], path) if settings.get("members") else None,
        sales_lines=sales_lines,
    )


def _raw_table(name: str, content: Any, path: Path) -> RawTable:
    where = f"{path}, {name}"
    settings = _mapping(content, where)
    _refuse_unknown(settings, TABLE_KEYS, where)

    files = _texts(settings.get("files"), f"{where}, files")
    if not files:
        raise InputError(f"{where} does not say its files.")

    mapped = _mapping(settings.get("columns") or {}, f"{where}, columns")
    _refuse_unknown(mapped, CANONICAL_COLUMNS[name], f"{where}, columns")
    columns = {column: _texts(raw, f"{where}, {column}") for column, raw in mapped.items()}
    columns = {column: raw_names for column, raw_names in columns.items() if raw_names}
    lacking = [column for column in REQUIRED_COLUMNS[name] if column not in columns]
    if lacking:
        raise InputError(f"{where}, columns must name the raw column of {', '.join(lacking)}.")

    encoding = _text_or_none(settings, "encoding", where)
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            raise InputError(f"{where}: {encoding} is no known encoding.") from error

    return RawTable(
        name=name,
        files=files,
        columns=columns,
        codes=_codes(name, settings.get("codes"), where),
        encoding=encoding,
        delimiter=_text_or_none(settings, "delimiter", where) or ",",
        sheet=_text_or_none(settings, "sheet", where),
    )


def _codes(name: str, content: Any, where: str) -> dict[str, dict[str, str]]:
    coded_columns = _mapping(content or {}, f"{where}, codes")
    _refuse_unknown(coded_columns, CODED_COLUMNS[name], f"{where}, codes")
    codes: dict[str, dict[str, str]] = {}
    for column, raw_values in coded_columns.items():
        codes[column] = {}
        for code, values in _mapping(raw_values, f"{where}, codes, {column}").items():
            for value in _texts(values, f"{where}, codes, {column}, {code}"):
                if codes[column].setdefault(value, str(code)) != str(code):
                    raise InputError(f"{where}, codes, {column}: the value {value} has two codes.")
    return codes


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
