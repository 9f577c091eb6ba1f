"""The retailer file as it is written: its keys, what each may hold, and how that is said.

From the pydantic models a retailer file is checked, and editors complete its keys (retailers/retailer.schema.json).
"""

import codecs
import datetime
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Generic, Literal, TypeVar

import duckdb
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import NullableSchema, WithDefaultSchema

PRODUCT = "quantity * unit_price"
LONGEST_TEXT = 1_000
LONGEST_FILE_NAME = 255
# Encodings of names and of program text, which Python counts among those of text.
NOT_OF_FILES = ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined")
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
    return duckdb.execute(query, [parameter]).fetchall()


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
    line_discount: Texts = _optional("amount that a discount takes off the line, where its amount does not know of it")
    order_discount: Texts = _optional(
        "amount that a discount takes off the whole order, on one of its lines or on all, where their amounts do not "
        "know of it: it comes off them in proportion"
    )
    order_refund: Texts = _optional("amount of the whole order that was given back, likewise")
    points: Texts = _optional("points that the line earned")
    till_no: Texts = _optional("number of the till")
    receipt_no: Texts = _optional("number of the receipt")
    counter_code: Texts = _optional("code of the counter or department")
    counter_name: Texts = _optional("name of the counter or department")
    currency: Texts = _optional("currency of the line, a code or sign; none is converted")


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
# Amounts of money.
OF_MONEY = ("unit_price", "amount", "line_discount", "order_discount", "order_refund")
# What the price of a piece does not know.
DISCOUNTS = ("line_discount", "order_discount")
# What is added up over lines, and so must not stand in several for one.
ADDED_UP = ("quantity", "amount", "line_discount", "points")
# Columns with cards. Written in several forms, they are one key.
CARD_COLUMNS = ("card_id", "merged_into")
CODE_COLUMNS = (*CARD_COLUMNS, "product_code", "till_no", "receipt_no", "counter_code")

Columns = TypeVar("Columns", bound=Entry)
KNOWN_GENDERS = "F/M, female/male/other and 女/男/其他 need no codes"
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
        "apart by their content and may be mixed. Files and folders that begin with `.`, `_` or `~` "
        "count only where they are named so"
    )
    encoding: Encoding | None = Field(
        None,
        description="of text that is neither utf-8 nor begins with a mark of utf-16: these are known whatever is "
        "stated; without it gb18030, and a build names a file that looks like another. Western files often are "
        "`cp1252`, Japanese ones `cp932`, Korean ones `cp949`, those of Taiwan `cp950`",
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
    missing: Texts = _optional(
        'values that mean that there is none, such as `["NA", "0"]`; in columns of codes and keys `NULL`, `N/A`, '
        "`#N/A`, `NaN`, `None`, `-`, `--` and `\\N` always do, in capital or small letters"
    )
    columns: Columns | None = Field(
        None,
        description="for each of our columns the raw one, or a list of which the first that a file has is taken. A "
        "folder such as `month=2015-01` is a column `month`. `purchased_at: {date: …, time: …}` puts two columns "
        "together, and `date_format` is that of the date or of both with a blank between them",
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
        description=f"raw values of female, male and other; {KNOWN_GENDERS}",
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
        f"[…], senior: […]}}`. {KNOWN_GENDERS}",
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
    in_hundredths: bool = Field(
        False, description="`true` where amounts, prices, discounts and refunds are in hundredths, such as cents"
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
        description="what an order is. `moment`: a card at one moment. `receipt`: a receipt of a till on a day (from "
        "04:00 to 04:00), for tills that stamp each line; a line without `receipt_no` is an order by its moment",
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
        "Nothing is converted: lines in another one do not count, and lines in several stop the build without it",
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
        description="the day up to which purchases count, itself excluded; without it, the day after the last sale to "
        "a member",
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


def retailer_schema_file() -> str:
    """Return retailers/retailer.schema.json."""
    schema = RetailerFile.model_json_schema(schema_generator=_EditorSchema)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def problem(path: Path, error: ErrorDetails) -> str:
    """Say in a sentence what pydantic found wrong with a retailer file, and where."""
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
