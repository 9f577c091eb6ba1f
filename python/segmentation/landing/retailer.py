"""Retailer files: where a retailer's raw tables are and how their columns are called and written.

The pydantic models are the file as it is written; from them it is checked, and editors complete its keys
(retailers/retailer.schema.json). The dataclasses are what the rest of the project works with.
"""

import codecs
import datetime
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Generic, Literal, TypeVar

import duckdb
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import NullableSchema, WithDefaultSchema

from segmentation.errors import InputError
from segmentation.yaml_text import read_yaml

RETAILERS = Path("retailers")
WORDS_FILE = Path(__file__).with_name("column_words.yml")
WORDS: dict[str, dict[str, Any]] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
GENDER_CODES = {value: code for code, values in WORDS["gender"]["codes"].items() for value in values}

PRODUCT = "quantity * unit_price"
WHITESPACE = "whitespace"
LONGEST_TEXT = 1_000
LONGEST_FILE_NAME = 255
DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " "}
# Encodings of names and of program text, which Python counts among those of text.
NOT_OF_FILES = ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined")
# Zero-width blanks and byte order marks, which get into names by copying.
UNSEEN = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# The part of a moment that is in a column of its own.
TIME_OF = "{} time"
UNITS_SINCE = re.compile(r"(days|hours|minutes|seconds|milliseconds|microseconds) since (\d{4}-\d\d-\d\d)")
# What pydantic finds by itself; validators say the rest. A key or a place in the file stands before it.
PREDICATES = {
    "bool_type": "must be true or false, not {input!r}",
    "date_type": "must be a date such as 2018-01-03, not {input!r}",
    "dict_type": "must be a list of names with values (name: value)",
    "list_type": "must be a list of tables, each with files, key and columns",
    "too_short": "must not be empty",
    **dict.fromkeys(
        ("int_type", "greater_than_equal", "less_than_equal"),
        "must be a whole number from 0 up to 1000000, not {input!r}",
    ),
    "literal_error": "can only be {expected}, not {input!r}",
}


def plain_name(name: str) -> str:
    """Return the name of a column in one form: without blanks around it, full-width letters and signs not seen."""
    return " ".join(unicodedata.normalize("NFKC", name).translate(UNSEEN).split())


def _texts(content: Any) -> tuple[str, ...]:
    values = content if isinstance(content, list) else [content]
    # YAML reads a bare yes, no, on or off as true or false: which of them was written is lost.
    if any(isinstance(value, bool | Mapping | list) for value in values):
        raise ValueError("must be a text or a list of texts; put yes, no, true and false in quotes")
    texts = tuple(str(value) for value in values)
    if any("\0" in text or len(text) > LONGEST_TEXT for text in texts):
        raise ValueError(f"must be a text of up to {LONGEST_TEXT:,} characters without NUL among them")
    return texts


def _text(content: Any) -> str:
    texts = _texts(content)
    if len(texts) != 1:
        raise ValueError("must be one text")
    return texts[0]


def _inside(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        # A path of Windows has every form of a path: drives, both slashes.
        path = PureWindowsPath(pattern)
        if path.drive or path.root or ".." in path.parts:
            raise ValueError(f"must lead to files inside the folder of raw files, such as sales/*.csv, not {pattern}")
        if any(len(part.encode()) > LONGEST_FILE_NAME for part in path.parts):
            raise ValueError(f"has a name of more than {LONGEST_FILE_NAME} bytes, which no file can have")
    return patterns


def _text_encoding(name: str) -> str:
    try:
        encoding = codecs.lookup(name)
    except (LookupError, ValueError):
        encoding = None
    if encoding is None or not encoding._is_text_encoding or encoding.name in NOT_OF_FILES:
        raise ValueError(f"must be an encoding of text files, such as cp1252, not {name}")
    return name


def _header(content: Any) -> bool | tuple[str, ...]:
    if isinstance(content, bool):
        return content
    names = _texts(content)
    if len(set(names)) < len(names):
        raise ValueError("names a column twice")
    return names


def _moment(content: Any) -> Any:
    if not isinstance(content, Mapping):
        return {"date": content}
    if set(content) != {"date", "time"}:
        raise ValueError("must name both a date and a time column")
    return content


def _key(content: Any) -> dict[str, str]:
    if isinstance(content, Mapping):
        key = {_text(column): _text(joined) for column, joined in content.items()}
    else:
        key = {column: column for column in _texts(content)}
    if not key:
        raise ValueError("must be the column by which the table is joined")
    return key


def _known_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    for text in formats:
        since = UNITS_SINCE.fullmatch(text)
        query, parameter = ("select cast(? as date)", since[2]) if since else ("select try_strptime('', ?)", text)
        try:
            is_known = (since or "%" in text) and _rows(query, parameter)
        except duckdb.Error:
            is_known = False
        if not is_known:
            raise ValueError(f': {text} is no format; give one such as "%d/%m/%Y %H:%M" or "days since 2010-01-01"')
    return formats


def _constant(content: Any) -> str:
    try:
        number = Decimal(str(content))
    except InvalidOperation:
        number = Decimal(0)
    if isinstance(content, bool) or not number.is_finite() or number <= 0:
        raise ValueError(f"must be a number above zero that holds for every line, not {content!r}")
    return f"{number:f}"


def _amount(content: Any) -> str:
    if content == PRODUCT:
        return PRODUCT
    try:
        return _constant(content)
    except ValueError:
        raise ValueError(
            f"can only be `{PRODUCT}` or a number above zero that holds for every line, not {content!r}"
        ) from None


def _for_each(*columns: str) -> Callable[[Any], Any]:
    return lambda content: content if isinstance(content, Mapping) else dict.fromkeys(columns, content)


def _one_code_each(codes: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    values = [value for of_code in codes.values() for value in set(of_code)]
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f": the value {twice[0]} has two codes")
    return codes


def _known_time_zone(name: str) -> str:
    if not _rows("from pg_timezone_names() where name = ?", name):
        raise ValueError(f"must be a name such as Asia/Shanghai or UTC, not {name}")
    return name


def _known_currency(code: str) -> str:
    from babel.numbers import is_currency

    if not is_currency(code):
        raise ValueError(f"must be an ISO code such as CNY or EUR, not {code}")
    return code


def _known_country(code: str) -> str:
    from holidays.registry import COUNTRIES

    if code not in {two_letters for _, two_letters, *_ in COUNTRIES.values()}:
        raise ValueError(f"must be the ISO code of a country such as CN or DE, not {code}")
    return code


def _rows(query: str, parameter: str) -> list[tuple[Any, ...]]:
    # A connection of its own: several threads of dbt read the retailer file at once.
    with duckdb.connect() as connection:
        return connection.execute(query, [parameter]).fetchall()


def _optional(description: str) -> Any:
    # As a factory, since editors would insert a default.
    return Field(default_factory=tuple, description=description)


class Entry(BaseModel):
    """A list of names with values; a name without a value counts as left out."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _of_known_keys(cls, content: Any) -> dict[str, Any]:
        if not isinstance(content, Mapping):
            raise ValueError(PREDICATES["dict_type"])
        if unknown := [str(key) for key in content if key not in cls.model_fields]:
            raise ValueError(f"has the unknown key {', '.join(unknown)}; known are: {', '.join(cls.model_fields)}")
        return {key: value for key, value in content.items() if value is not None}


ONE = {"type": ["string", "number"]}
Text = Annotated[str, BeforeValidator(_text), WithJsonSchema(ONE)]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_texts),
    WithJsonSchema({"type": ["string", "number", "array"], "items": ONE}),
]
SomeTexts = Annotated[Texts, Field(min_length=1)]
Patterns = Annotated[SomeTexts, AfterValidator(_inside)]
Encoding = Annotated[Text, AfterValidator(_text_encoding)]
HeaderNames = Annotated[
    bool | tuple[str, ...], BeforeValidator(_header), WithJsonSchema({"type": ["boolean", "array"], "items": ONE})
]
Key = Annotated[
    dict[str, str],
    BeforeValidator(_key),
    WithJsonSchema({"type": [*ONE["type"], "array", "object"], "items": ONE, "additionalProperties": ONE}),
]
Formats = Annotated[Texts, AfterValidator(_known_formats)]
TimeZone = Annotated[Text, AfterValidator(_known_time_zone)]
Currency = Annotated[Text, AfterValidator(_known_currency)]
Country = Annotated[Text, AfterValidator(_known_country)]
Codes = Annotated[dict[Text, Texts], AfterValidator(_one_code_each)]
ABOVE_ZERO = {"type": "number", "exclusiveMinimum": 0}
Constant = Annotated[str, BeforeValidator(_constant), WithJsonSchema(ABOVE_ZERO)]
Amount = Annotated[
    str, BeforeValidator(_amount), WithJsonSchema({"anyOf": [{"type": "string", "const": PRODUCT}, ABOVE_ZERO]})
]


class DateAndTime(Entry):
    """Two columns that make one moment together."""

    date: Texts = _optional("column with the date, or a list of which the first that a file has is taken")
    time: Texts = _optional("column with the time of day: 09:05, 9:05 AM, 905 or 90512")


Moment = Annotated[DateAndTime, BeforeValidator(_moment, json_schema_input_type=Texts | DateAndTime)]


def _optional_moment(description: str) -> Any:
    return Field(default_factory=DateAndTime, description=description)


class MemberColumns(Entry):
    """The raw columns of the members."""

    card_id: Texts = _optional("key of the member; needed")
    birth_date: Moment = _optional_moment("date of birth")
    age_band: Texts = _optional("age band, where there is no date of birth; needs codes")
    gender: Texts = _optional("gender")
    registered_at: Moment = _optional_moment("moment of the registration")


class SalesColumns(Entry):
    """The raw columns of the sales lines."""

    card_id: Texts = _optional("key of the customer; needed")
    purchased_at: Moment = _optional_moment("moment of the purchase; needed")
    product_code: Texts = _optional("code of the product")
    product_name: Texts = _optional("name of the product")
    quantity: Texts = _optional("pieces")
    unit_price: Texts = _optional("price of a piece")
    amount: Texts = _optional("amount paid for the line; needed, unless it is the product of quantity and unit_price")
    points: Texts = _optional("points that the line earned")
    till_no: Texts = _optional("number of the till")
    receipt_no: Texts = _optional("number of the receipt")
    counter_code: Texts = _optional("code of the counter or department")
    counter_name: Texts = _optional("name of the counter or department")
    currency: Texts = _optional("currency of the line, a code or sign; several are said at the end, none is converted")


class CardMergeColumns(Entry):
    """The raw columns of the card merges."""

    card_id: Texts = _optional("card that is merged into another one; needed")
    merged_into: Texts = _optional("card of the same person that it counts for; needed")


class SegmentOverrideColumns(Entry):
    """The raw columns of the segment overrides."""

    card_id: Texts = _optional("card of the member; needed")
    segment_code: Texts = _optional("code of the segment that the member shall be treated as; needed")
    reason: Texts = _optional("why; needed")
    expiry_date: Moment = _optional_moment("last day on which it counts, empty for always; needed")


class MemberFormats(Entry):
    """The formats of the moments of the members."""

    birth_date: Formats = _optional("format of the date of birth, or a list that is tried in its order")
    registered_at: Formats = _optional("format of the registration, or a list that is tried in its order")


class SalesFormats(Entry):
    """The formats of the moments of the sales lines."""

    purchased_at: Formats = _optional("format of the purchase, or a list that is tried in its order")


class SegmentOverrideFormats(Entry):
    """The formats of the days of the segment overrides."""

    expiry_date: Formats = _optional("format of the last day, or a list that is tried in its order")


CANONICAL_COLUMNS = {
    "members": tuple(MemberColumns.model_fields),
    "sales_lines": tuple(SalesColumns.model_fields),
    "card_merges": tuple(CardMergeColumns.model_fields),
    "segment_overrides": tuple(SegmentOverrideColumns.model_fields),
}
REQUIRED_COLUMNS = {
    "members": ("card_id",),
    "sales_lines": ("card_id", "purchased_at", "amount"),
    "card_merges": CANONICAL_COLUMNS["card_merges"],
    "segment_overrides": CANONICAL_COLUMNS["segment_overrides"],
}
MOMENT_COLUMNS = {
    "members": tuple(MemberFormats.model_fields),
    "sales_lines": tuple(SalesFormats.model_fields),
    "card_merges": (),
    "segment_overrides": tuple(SegmentOverrideFormats.model_fields),
}
# What a line sells.
GOODS = ("product_code", "product_name", "quantity")
# Columns with cards. Written in several forms, they are one key.
CARD_COLUMNS = ("card_id", "merged_into")

Columns = TypeVar("Columns", bound=Entry)
DATE_FORMAT = (
    "where dates are not ISO, `20150102`, `2015/1/2`, `2015.01.02` or a spreadsheet's day number: a "
    '[format](https://duckdb.org/docs/stable/sql/functions/dateformat) such as `"%d/%m/%Y %H:%M"`, or `days since '
    "2016-01-01` (also hours, minutes, seconds, milliseconds, microseconds); a list is tried in its order; "
    "`{birth_date: …, registered_at: …}` gives one for each column"
)


class Files(Entry, Generic[Columns]):
    """Files of the same form."""

    files: Patterns = Field(
        description="a name, a pattern (`2015-*.csv`, `sales/**/*.parquet`), a folder, or a list of them, inside the "
        "folder of raw files. csv (plain, `.gz`, `.zst`, `.bz2`, or a `.zip` of one file), Parquet and xlsx are told "
        "apart by their content and may be mixed. Names that begin with `.` or `_` do not count"
    )
    encoding: Encoding | None = Field(
        None,
        description="of text that is not utf-8; without it utf-16 with a mark, or gb18030, whichever fits. Western "
        "files often are `cp1252`, Japanese ones `cp932`, Korean ones `cp949`",
    )
    delimiter: Text | None = Field(
        None,
        description="of text; without it a comma, a semicolon, a tab or a vertical bar, whichever the names of the "
        "columns have between them. `tab`, `whitespace` (any run of blanks and tabs) or any other",
    )
    header: HeaderNames = Field(
        True,
        description="`true`: the first row that has the names of the columns below, titles above it do not count; "
        "`false` for files without one, whose columns are then 1, 2, 3 …; or a list of the names they lack",
    )
    skip: int = Field(0, ge=0, le=1_000_000, description="lines, or rows of a sheet, above the table that do not count")
    sheet: Texts = _optional(
        'of workbooks: a name, a list, or `"*"` for all that are not hidden; by default the first of these'
    )
    missing: Texts = _optional('values that mean that there is none, such as `["NA", "NULL"]`')
    columns: Columns | None = Field(
        None,
        description="for each of our columns the raw one, or a list of which the first that a file has is taken. A "
        "folder such as `month=2015-01` is a column `month`. `purchased_at: {date: …, time: …}` puts two columns "
        "together",
    )


class Join(Files[Columns], Generic[Columns]):
    """Files whose rows are looked up by a key."""

    key: Key = Field(description="a column of both tables, a list of them, or `{ours: theirs}`")


class Table(Files[Columns], Generic[Columns]):
    """Files with the rows of a table, and those that are joined to them."""

    joins: list[Join[Columns]] = Field(
        default_factory=list,
        description="other tables, looked up by `key` (a column of both, or `{ours: theirs}`), in the rows or in a "
        "table joined before. A row without a match stays, with nulls. Equal rows count once; several different rows "
        "for one key stop the build, and so does a key that never matches. Lines of joined files that cannot be read "
        "are listed among the rejected rows",
    )
    recorded_time_zone: TimeZone | None = Field(
        None, description="of moments without an offset, where it is not the retailer's own: `UTC`"
    )


class MemberCodes(Entry):
    """What the raw values of the members mean."""

    # A code that is added to the seed of the same name can be used too.
    gender: Codes | None = Field(
        None,
        description="raw values of female, male and other; F/M, female/male/other and 女/男/其他 need no codes",
        json_schema_extra={"properties": {"female": {}, "male": {}, "other": {}}},
    )
    age_band: Codes | None = Field(
        None,
        description="raw values of young, middle and senior",
        json_schema_extra={"properties": {"young": {}, "middle": {}, "senior": {}}},
    )


class Members(Table[MemberColumns]):
    """The table of the members."""

    date_format: Annotated[
        MemberFormats | None,
        BeforeValidator(_for_each(*MOMENT_COLUMNS["members"]), json_schema_input_type=Texts | MemberFormats),
    ] = Field(None, description=DATE_FORMAT)
    codes: MemberCodes | None = Field(
        None,
        description="what the raw values mean: `gender: {female: [F], male: [M]}`, `age_band: {young: […], middle: "
        "[…], senior: […]}`. F/M, female/male/other and 女/男/其他 need no codes",
    )
    distinct: bool = Field(
        False,
        description="`true` where the table repeats its members, such as the sales lines themselves: equal rows count "
        "once",
    )


class Cancelled(Entry):
    """How a cancelled line is marked."""

    column: Text = Field(description="one of our columns, or a raw one")
    pattern: SomeTexts = Field(description="`%` stands for any text; a list of patterns is allowed")


class SalesLines(Table[SalesColumns]):
    """The table of the sales lines."""

    date_format: Annotated[
        SalesFormats | None,
        BeforeValidator(_for_each(*MOMENT_COLUMNS["sales_lines"]), json_schema_input_type=Texts | SalesFormats),
    ] = Field(None, description=DATE_FORMAT)
    decimal: Literal[".", ","] = Field(".", description='`","` where numbers read 1.234,56')
    amount: Amount | None = Field(
        None,
        description="where no column holds the amount: `quantity * unit_price`, or a number for every line (`1` for a "
        "log of visits)",
    )
    quantity: Constant | None = Field(
        None, description="where no column holds the pieces: a number for every line, such as `1`"
    )
    cancelled: Cancelled | None = Field(
        None,
        description='`{column: receipt_no, pattern: "C%"}`: such lines are rejected as cancelled, unless they are '
        "returns already. The column is one of ours or a raw one, which may be filled in one line of an order "
        "alone; `%` stands for any text; a list of patterns is allowed",
    )
    fill_down: Texts = _optional(
        "columns of the order that stand on the first of its lines alone: on a line with goods (a quantity or a "
        "product) that has none of them, those of the line above hold"
    )
    require_points: bool = Field(
        False, description="`true` where only lines that earned points count as a member's purchase"
    )
    overlapping: bool = Field(
        False,
        description="`true` where files overlap, such as weekly exports of the last 30 days: a line counts once, "
        "although several files have it",
    )
    orders: Literal["moment", "receipt"] = Field(
        "moment",
        description="what an order is. `moment`: a card at one moment. `receipt`: a receipt of a till on a day, for "
        "tills that stamp each line; a line without `receipt_no` is an order by its moment",
    )


class CardMerges(Table[CardMergeColumns]):
    """The list of the cards that were merged."""


class SegmentOverrides(Table[SegmentOverrideColumns]):
    """The list of the members whose segment a person has set."""

    date_format: Annotated[
        SegmentOverrideFormats | None,
        BeforeValidator(
            _for_each(*MOMENT_COLUMNS["segment_overrides"]), json_schema_input_type=Texts | SegmentOverrideFormats
        ),
    ] = Field(None, description=DATE_FORMAT)


class RetailerFile(Entry):
    """A retailer: where its raw files are and how they are written."""

    currency: Currency | None = Field(
        None,
        description="of the amounts, as an ISO code such as `EUR`; charts show its sign, and no sign without it. "
        "Nothing is converted",
    )
    time_zone: TimeZone | None = Field(
        None,
        description="the retailer's, such as `Europe/London`; moments with an offset or `Z` are converted to it",
    )
    holidays: Country | None = Field(
        None,
        description="the country whose public holidays and days off `dates` names, as an ISO code such as `CN`; "
        "without it, none",
    )
    as_of: datetime.date | None = Field(
        None,
        description="the day up to which purchases count, itself excluded; without it, the day after the last sale",
    )
    fold_case: bool = Field(
        False,
        description="`true` where the same key of a customer is written in capital and in small letters, such as an "
        "e-mail address: then small ones count",
    )
    members: Members | None = Field(None, description="the table of the members; may be missing")
    sales_lines: SalesLines = Field(description="the table of the sales lines")
    card_merges: CardMerges | None = Field(
        None, description="a list of cards of the same person, which count for one of them; may be missing"
    )
    segment_overrides: SegmentOverrides | None = Field(
        None, description="a list of members whose segment a person has set, with reason and expiry; may be missing"
    )


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
    """What a retailer file says; tables that may be missing are None where they are."""

    name: str
    currency: str | None
    time_zone: str | None
    holidays: str | None
    as_of: datetime.date | None
    require_points: bool
    overlapping: bool
    fold_case: bool
    order_is_receipt: bool
    members: RawTable | None
    sales_lines: RawTable
    card_merges: RawTable | None
    segment_overrides: RawTable | None

    @property
    def tables(self) -> tuple[RawTable, ...]:
        tables = (self.members, self.sales_lines, self.card_merges, self.segment_overrides)
        return tuple(table for table in tables if table)


class _EditorSchema(GenerateJsonSchema):
    """Leaves out what an editor would insert or show to no use: titles, and nulls for keys that may be missing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def retailer_schema() -> dict[str, Any]:
    """Return the JSON schema of retailer files."""
    return RetailerFile.model_json_schema(schema_generator=_EditorSchema)


def retailer_schema_file() -> str:
    """Return retailers/retailer.schema.json."""
    return json.dumps(retailer_schema(), indent=2, ensure_ascii=False) + "\n"


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
        raise InputError(_sentence(path, error.errors()[0])) from error

    tables = {
        name: _raw_table(name, table, f"{path}, {name}")
        for name in CANONICAL_COLUMNS
        if (table := getattr(file, name)) is not None
    }
    sales_lines = tables["sales_lines"]
    if file.sales_lines.require_points and "points" not in sales_lines.columns:
        raise InputError(f"{path}: require_points is true, but the sales lines have no column points.")
    order_is_receipt = file.sales_lines.orders == "receipt"
    if order_is_receipt and "receipt_no" not in sales_lines.columns:
        raise InputError(f"{path}: orders are receipts, but the sales lines have no column receipt_no.")
    if file.time_zone is None and any(table.recorded_time_zone for table in tables.values()):
        raise InputError(f"{path}: recorded_time_zone needs the retailer's own time_zone too, such as Europe/Paris.")
    return Retailer(
        name=path.stem,
        currency=file.currency,
        time_zone=file.time_zone,
        holidays=file.holidays,
        as_of=file.as_of,
        require_points=file.sales_lines.require_points,
        overlapping=file.sales_lines.overlapping,
        fold_case=file.fold_case,
        order_is_receipt=order_is_receipt,
        members=tables.get("members"),
        sales_lines=sales_lines,
        card_merges=tables.get("card_merges"),
        segment_overrides=tables.get("segment_overrides"),
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    # Of a name that is too long.
    except OSError:
        return False


def _sentence(path: Path, error: ErrorDetails) -> str:
    place = [str(path)]
    for key in error["loc"]:
        if place[-1] == "joins":
            place[-1] = f"join {int(key) + 1}"
        else:
            place.append(str(key))
    if error["type"] == "missing":
        return f"{', '.join(place[:-1])} lacks the entry {place[-1]}."
    context = error.get("ctx", {})
    expected = str(context.get("expected", "")).replace("'", "`")
    template = PREDICATES.get(error["type"])
    predicate = (
        template.format(input=error["input"], expected=expected)
        if template
        else str(context.get("error", error["msg"]))
    )
    return f"{', '.join(place)}{'' if predicate.startswith(':') else ' '}{predicate}."


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
        delimiter=files.delimiter and DELIMITERS.get(files.delimiter, files.delimiter),
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
    if "gender" in mapped:
        codes.setdefault("gender", dict(GENDER_CODES))
    if "age_band" in mapped and "age_band" not in codes:
        raise InputError(f"{where}: codes must say which raw values of age_band are young, middle and senior.")
    return codes
