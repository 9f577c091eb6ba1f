"""Look at unknown files and propose a retailer file.

Names of columns are compared with words in Chinese, pinyin and English; their values must be of the right kind. Each
choice is printed with its reason, and what a person has to decide comes first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from statistics import mode

import duckdb
import yaml
from duckdb import DuckDBPyConnection

from segmentation.errors import InputError
from segmentation.landing.files import RawFile, file_kind, literal, read_header
from segmentation.landing.moments import parsed_moment
from segmentation.landing.reading import append, create_table, read_files
from segmentation.landing.retailer import GENDER_CODES, PRODUCT, REQUIRED_COLUMNS, WHITESPACE, WORDS, FileSet
from segmentation.landing.text import open_plain, split_fields
from segmentation.landing.workbook import sheet_names

CANCELLED_WORDS = tuple(WORDS["cancelled"]["words"])
KINDS = {role: entry["kind"] for role, entry in WORDS.items()}
TIME = "purchased_time"
NO_ROLES = (TIME, "cancelled")
MEMBER_COLUMNS = ("birth_date", "age_band", "gender", "registered_at")
MISSING = ("NA", "N/A", "NULL", "null", "nan", "NaN", "None", "\\N", "-")
# What is read without being told, and what has to be said; day before month and the other way round stay apart.
DEFAULT_FORMATS = ("%Y%m%d", "%Y%m%d %H%M%S", "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S", "%Y.%m.%d", "%Y.%m.%d %H:%M:%S")
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
STATED_FORMATS = (
    *(f"{day}{time}" for day in (
        "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y",
        "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%Y年%m月%d日",
    ) for time in TIMES),
    "%Y/%m/%d %I:%M:%S %p", "%Y-%m", "%Y",
)  # fmt: skip
MOMENTS = ("purchased_at", "registered_at")
ENOUGH = 0.95
WHOLE_WORD = 700
SAMPLE_ROWS = 100_000
DELIMITERS = {",": None, ";": ";", "\t": "tab", "|": "|", "::": "::"}


@dataclass
class Column:
    """What the values of a column look like; shares are of the values that are there."""

    name: str
    sql: str
    values: int
    distinct: int
    is_number: bool
    has_fraction: bool
    has_decimal_comma: bool
    is_moment: bool
    date_format: str | None
    is_date_ambiguous: bool
    first_moment: str | None
    last_moment: str | None
    examples: list[str]

    @property
    def relation(self) -> str:
        return self.sql.split(".")[0]


@dataclass
class Table:
    """Files of one form and the columns found in them."""

    number: int
    paths: list[Path]
    settings: FileSet
    rows: int
    columns: dict[str, Column] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.paths[0].name if len(self.paths) == 1 else f"{self.paths[0].name} and {len(self.paths) - 1} more"


def propose(paths: Iterable[Path], raw_dir: Path) -> str:
    """Return a proposed retailer file (YAML with comments) for the files.

    Raises
    ------
    InputError
        If a file cannot be read, or no file holds anything like sales lines.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        tables = [_landed(connection, table, raw_dir) for table in _tables(paths, raw_dir)]
        return _Proposal(connection, tables, raw_dir).text()


def _tables(paths: Iterable[Path], raw_dir: Path) -> list[Table]:
    """Sort the files into tables: files of the same kind and header belong to one."""
    tables: dict[tuple[object, ...], Table] = {}
    for path in sorted(set(paths)):
        if not path.is_file():
            raise InputError(f"{path} is missing: name the files to inspect.")
        kind = file_kind(path)
        names: list[str | None] = list(sheet_names(path)) if kind == "workbook" else [None]
        for sheet in names:
            settings = _text_form(path) if kind == "text" else FileSet((), {})
            header = read_header(path, sheet, settings, _root(path, raw_dir))
            if not header.has_rows or len(header.expressions) < 2:
                continue
            form = (kind, tuple(header.expressions), settings.delimiter, settings.header is True)
            table = tables.setdefault(form, Table(len(tables), [], settings, 0))
            if path not in table.paths:
                table.paths.append(path)
            if kind == "workbook" and sheet not in table.settings.sheets and len(names) > 1:
                table.settings = replace(table.settings, sheets=(*table.settings.sheets, str(sheet)))
    if not tables:
        raise InputError("None of the files holds a table with two columns or more.")
    return list(tables.values())


def _root(path: Path, raw_dir: Path) -> Path:
    return raw_dir if path.is_relative_to(raw_dir) else path.parent


def _text_form(path: Path) -> FileSet:
    """Find out the encoding, the delimiter and whether there is a header."""
    with open_plain(path) as file:
        content = b"".join(islice(file, 2_000))
    encoding = None
    if not content.startswith((b"\xff\xfe", b"\xfe\xff")) and _text(content, "utf-8") is None:
        # Both Chinese and Western text can be valid gb18030; Western text gives no row of Chinese characters.
        chinese = _text(content, "gb18030") or ""
        western = content.decode("cp1252", "replace")
        in_rows = re.findall(r"[\u4e00-\u9fff]{2,}", chinese)
        encoding = (
            None if sum(map(len, in_rows)) * 2 > sum(character > "\x7f" for character in western) / 2 else "cp1252"
        )
    text = content.decode("utf-16") if content.startswith((b"\xff\xfe", b"\xfe\xff")) else None
    text = text or _text(content, "utf-8") or content.decode(encoding or "gb18030", "replace")
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()][:500]
    delimiter = max(DELIMITERS, key=lambda delimiter: _fit(lines, delimiter))
    if _fit(lines, delimiter) == (0, 0):
        delimiter = WHITESPACE
    records = [line.split() if delimiter == WHITESPACE else split_fields(line, delimiter) for line in lines]
    rows = [record for record in records if isinstance(record, list)]
    return FileSet((), {}, encoding=encoding, delimiter=delimiter, header=bool(rows) and _is_header(rows))


def _text(content: bytes, encoding: str) -> str | None:
    """Decode a sample that may end within a line, but not within a character."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _fit(lines: list[str], delimiter: str) -> tuple[float, int]:
    """Return the share of the lines with the usual number of fields, and that number; (0, 0) where it is one."""
    records = [split_fields(line, delimiter) for line in lines]
    counts = [len(record) for record in records if isinstance(record, list)]
    usual = mode(counts) if counts else 1
    return (round(counts.count(usual) / len(lines), 1), usual) if usual > 1 else (0, 0)


def _is_header(rows: list[list[str]]) -> bool:
    """Tell whether the first row names the columns: all of them, each once, none with a number or a date."""
    first = [value.strip() for value in rows[0]]
    return len(set(first)) == len(first) and not any(re.fullmatch(r"[\d\s.,:/+-]+", value) for value in first)


def _landed(connection: DuckDBPyConnection, table: Table, raw_dir: Path) -> Table:
    """Load the files of a table as text and describe its columns."""
    part = table.number
    names: list[str] = []
    for path in table.paths:
        for sheet in table.settings.sheets or (None,):
            header = read_header(path, sheet, table.settings, _root(path, raw_dir))
            expressions = {f"x{number}": expression for number, expression in enumerate(header.expressions.values())}
            if not names:
                create_table(connection, f"rows_{part}", list(expressions))
                names = list(header.expressions)
            file = RawFile(path, path.name, path.name, file_kind(path), sheet, header, expressions, {})
            append(connection, f"rows_{part}", read_files(connection, [file], table.settings))
    connection.execute(f"create view readable_{part} as from rows_{part} where unreadable_reason is null")
    [(table.rows,)] = connection.execute(f"select count(*) from readable_{part}").fetchall()
    table.columns = {
        name: _described(connection, f"readable_{part}", f"x{number}", name) for number, name in enumerate(names)
    }
    return table


def _described(connection: DuckDBPyConnection, relation: str, column: str, name: str) -> Column:
    missing = ", ".join(literal(value) for value in MISSING)
    [(values, distinct)] = connection.execute(
        f"select count({column}), count(distinct {column}) from {relation}"
    ).fetchall()
    connection.execute(
        f"create or replace temp table sample as select trim({column}) as v from {relation}"
        f" where nullif(trim({column}), '') not in ({missing}) limit {SAMPLE_ROWS}"
    )
    [(n, numbers, fractions, commas)] = connection.execute(
        r"""select count(*),
            count(*) filter (where regexp_full_match(v, '[-+]?(\d{1,3}(,\d{3})+(\.\d+)?|\d*\.?\d+([eE]-?\d+)?)')),
            count(*) filter (where regexp_full_match(v, '[-+]?\d+\.\d*[1-9]')),
            count(*) filter (where regexp_full_match(v, '[-+]?(\d+|\d{1,3}([. ]\d{3})+),\d{1,2}|[-+]?\d+'))
        from sample"""
    ).fetchall()
    has_commas = numbers < ENOUGH * n <= commas
    date_format, is_ambiguous = _date_format(connection, n)
    if date_format is None and any(_word_score(name, WORDS[role]["words"]) for role in MOMENTS):
        date_format = _count_since_1970(connection)
    first = last = None
    if date_format is not None:
        moment = parsed_moment("v", None, [date_format], None, None) if date_format else _moment_sql([])
        [(first, last)] = connection.execute(
            f"select min(m)::varchar, max(m)::varchar from (select {moment} as m from sample)"
        ).fetchall()
    examples = connection.execute("select v from sample group by v order by count(*) desc, v limit 40").fetchall()
    return Column(
        name=name,
        sql=f"{relation}.{column}",
        values=values,
        distinct=distinct,
        is_number=n > 0 and (numbers >= ENOUGH * n or has_commas),
        has_fraction=fractions > 0 or has_commas,
        has_decimal_comma=has_commas,
        is_moment=date_format is not None,
        date_format=date_format or None,
        is_date_ambiguous=is_ambiguous,
        first_moment=first,
        last_moment=last,
        examples=[value for (value,) in examples],
    )


def _moment_sql(formats: list[str]) -> str:
    """Return the SQL of the moment in the sample, without formats as the warehouse reads it by itself."""
    stated = ", ".join(literal(form) for form in formats or DEFAULT_FORMATS)
    iso = "" if formats else "try_cast(v as timestamp), "
    moment = f"coalesce({iso}try_strptime(v, [{stated}]))"
    return f"(case when year({moment}) between 1900 and 2100 then {moment} end)"


def _date_format(connection: DuckDBPyConnection, n: int) -> tuple[str | None, bool]:
    """Return the format of the moments in the sample ("" where it needs none, None where they are none)."""
    forms = {"": [], **{form: [form] for form in STATED_FORMATS}}
    if not n or not connection.execute("from sample where regexp_matches(v, '\\d') limit 1").fetchall():
        return None, False
    fitting = []
    for form, formats in forms.items():
        [(fits, span)] = connection.execute(
            f"select count(m), date_diff('day', min(m), max(m)) from (select {_moment_sql(formats)} as m from sample)"
        ).fetchall()
        if fits >= ENOUGH * n:
            if not form:
                return "", False
            fitting.append((span, form))
    # Where day and month cannot be told apart, the shorter time is the likelier one.
    return (min(fitting)[1] if fitting else None), len(fitting) > 1


def _count_since_1970(connection: DuckDBPyConnection) -> str | None:
    """Return the format where all values are seconds or milliseconds of the years 2001 to 2033."""
    [lengths] = connection.execute(
        "select list(distinct case when regexp_full_match(v, '1\\d{9}(\\d{3})?') then length(v) else 0 end) from sample"
    ).fetchall()
    units = {10: "seconds", 13: "milliseconds"}
    return f"{units[lengths[0][0]]} since 1970-01-01" if lengths[0] in ([10], [13]) else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _word_score(name: str, words: list[str]) -> int:
    """Return how well a column name fits: a whole word counts more than a part, an earlier word more than a later."""
    plain = _plain(name)
    if plain in words:
        return 1_000 - words.index(plain)
    inside = [place for place, word in enumerate(words) if len(word) > (1 if word > "\x7f" else 4) and word in plain]
    return 300 - inside[0] if inside else 0


def _scalar(text: str) -> str:
    """Return a text as YAML writes it on one line."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000, default_style=None).splitlines()[0].strip()


class _Proposal:
    """The choices for a retailer file; `doubts` are what a person has to look at."""

    def __init__(self, connection: DuckDBPyConnection, tables: list[Table], raw_dir: Path) -> None:
        self._connection = connection
        self._raw_dir = raw_dir
        self.doubts: list[str] = []
        scored = [(self._sales_score(table), table.rows, -table.number, table) for table in tables]
        self.sales = max(scored, key=lambda entry: entry[:3])[3]
        others = [table for table in tables if table is not self.sales]
        self.members = self._members(others)
        self.joins = self._joins([table for table in others if table is not self.members])
        for table in others:
            if table is not self.members and table not in [joined for joined, *_ in self.joins]:
                self.doubts.append(f"{table.title} is not used: no key to join it by was found.")

    def text(self) -> str:
        """Return the YAML."""
        sales_parts = [self.sales, *(table for table, *_ in self.joins)]
        sales = self._roles(
            sales_parts, [role for role in WORDS if role not in (*MEMBER_COLUMNS, *NO_ROLES)], "sales_lines"
        )
        self._complete(sales)
        cancelled = self._cancelled(sales)
        self._drop_useless_joins(sales)
        members: dict[str, Column] = {}
        if self.members:
            members = self._roles([self.members], ["card_id", *MEMBER_COLUMNS], "members")
        elif in_lines := self._roles([self.sales], list(MEMBER_COLUMNS), "members"):
            # Every line repeats what is known of its customer.
            members = {"card_id": sales["card_id"], **in_lines} if "card_id" in sales else {}

        lines = []
        if members:
            lines += ["members:", *self._files(self.members or self.sales, "  ")]
            if not self.members:
                lines.append("  distinct: true  # The lines repeat their customer.")
            lines += self._moments(members, "  ") + self._columns(members, "  ") + self._codes(members, "  ")
        lines += ["sales_lines:", *self._files(self.sales, "  "), *self._moments(sales, "  ")]
        if any(column.has_decimal_comma for role, column in sales.items() if KINDS[role] == "number"):
            lines.append('  decimal: ","')
        lines += self._columns(self._of(sales, self.sales), "  ")
        if "amount" not in sales and {"quantity", "unit_price"} <= set(sales):
            lines.append(f"  amount: {PRODUCT}  # No column holds the amount.")
        lines += cancelled
        if self.joins:
            lines.append("  joins:")
            for table, left, right in self.joins:
                first, *rest = self._files(table, "      ")
                key = _scalar(left) if left == right else f"{{{_scalar(left)}: {_scalar(right)}}}"
                lines += ["    - " + first.strip(), *rest, f"      key: {key}"]
                lines += self._columns(self._of(sales, table), "      ")
        lacking = [role for role in REQUIRED_COLUMNS["sales_lines"] if role not in sales]
        if "amount" in lacking and {"quantity", "unit_price"} <= set(sales):
            lacking.remove("amount")
        self.doubts[:0] = [
            f"No column looks like {role}: fill it in, the retailer cannot be built without it." for role in lacking
        ]
        doubts = [f"#   - {doubt}" for doubt in dict.fromkeys(self.doubts)] or ["#   - nothing"]
        schema = "# yaml-language-server: $schema=retailer.schema.json"
        return "\n".join(
            [schema, "# Proposed by `make inspect`. To be looked at by a person:", *doubts, "", *lines, ""]
        )

    def _sales_score(self, table: Table) -> int:
        """Count the signs of sales lines: a moment, an amount or a price, a customer."""
        roles = self._roles([table], ["purchased_at", "amount", "unit_price", "quantity", "receipt_no", "card_id"], "")
        numbers = any(role in roles for role in ("amount", "unit_price", "quantity"))
        return 3 * numbers + len(roles) + (table.rows > max(column.distinct for column in table.columns.values()) / 2)

    def _members(self, tables: list[Table]) -> Table | None:
        """Return the table with one row per customer."""
        for table in tables:
            roles = self._roles([table], ["card_id", *MEMBER_COLUMNS], "")
            card = roles.get("card_id")
            if card and len(roles) > 1 and card.distinct >= 0.9 * table.rows:
                return table
        return None

    def _joins(self, tables: list[Table]) -> list[tuple[Table, str, str]]:
        """Return the tables that can be looked up, each with the column on the left and its own key."""
        joins: list[tuple[Table, str, str]] = []
        known = [self.sales]
        waiting = list(tables)
        while waiting:
            found = None
            for table in waiting:
                pairs = [
                    (self._match(left, right), left.name, right.name)
                    for owner in known
                    for left in owner.columns.values()
                    for right in table.columns.values()
                    if right.values and right.distinct == right.values and self._may_be_key(left, right, table)
                ]
                if pairs and max(pairs)[0] > 0.5:
                    found = (table, *max(pairs)[1:])
                    break
            if found is None:
                return joins
            joins.append(found)
            known.append(found[0])
            waiting.remove(found[0])
        return joins

    @staticmethod
    def _may_be_key(left: Column, right: Column, table: Table) -> bool:
        """Tell whether the names speak for a key: the same one, or product_id and the id of a file of products."""
        left_name, right_name = _plain(left.name), _plain(right.name)
        owner = left_name.removesuffix(right_name)
        return left_name == right_name or (owner != left_name and owner in _plain(table.paths[0].name))

    def _match(self, left: Column, right: Column) -> float:
        """Return the share of the values on the left that the key has; a column of the same name counts a bit more."""
        [(share,)] = self._connection.execute(
            f"""with own as (select distinct trim({left.sql}) as v from {left.relation} limit {SAMPLE_ROWS})
            select coalesce(avg((v in (select trim({right.sql}) from {right.relation}))::int), 0) from own
            where v is not null"""
        ).fetchall()
        return float(share) + 0.001 * (_plain(left.name) == _plain(right.name))

    def _roles(self, tables: list[Table], roles: list[str], table_name: str) -> dict[str, Column]:
        """Return the best column for each role; the surest choice is made first, and a column has one role."""
        candidates = [
            (score, -number, role, column)
            for role in roles
            for number, table in enumerate(tables)
            for column in table.columns.values()
            if (score := self._score(column, role))
        ]
        chosen: dict[str, Column] = {}
        for score, _, role, column in sorted(
            candidates, key=lambda entry: (-entry[0], -entry[1], roles.index(entry[2]))
        ):
            if role not in chosen and all(column is not other for other in chosen.values()):
                chosen[role] = column
                if score < WHOLE_WORD and table_name:
                    self.doubts.append(f"{role} of the {table_name}: {column.name} only contains a word for it.")
        return chosen

    def _score(self, column: Column, role: str) -> int:
        """Return how well a column fits a role; a name that is a word for another role does not count by a part."""
        score = _word_score(column.name, WORDS[role]["words"])
        others = {word for other in KINDS if other != role for word in WORDS[other]["words"]}
        is_other = score < WHOLE_WORD and _plain(column.name) in others
        return score if score and not is_other and self._is_of_kind(column, KINDS[role]) else 0

    @staticmethod
    def _is_of_kind(column: Column, kind: str) -> bool:
        if not column.values:
            return False
        if kind == "moment":
            return column.is_moment or (column.is_number and not column.has_fraction and _plain(column.name) == "day")
        if kind == "number":
            return column.is_number
        return kind != "name" or not column.is_number

    def _complete(self, sales: dict[str, Column]) -> None:
        """Choose by the values alone where names say nothing, as in files without a header."""
        free = [column for column in self.sales.columns.values() if all(column is not used for used in sales.values())]

        def take(role: str, candidates: list[Column]) -> None:
            if role not in sales and candidates:
                sales[role] = candidates[0]
                free.remove(candidates[0])
                self.doubts.append(
                    f"{role} of the sales_lines: column {candidates[0].name} is a guess from its values."
                )

        take("purchased_at", [column for column in free if column.is_moment])
        self._tell_pieces_from_money(sales)
        if not {"quantity", "unit_price"} <= set(sales):
            take("amount", [column for column in free if column.is_number and column.has_fraction])
        take("card_id", [
            column for column in free
            if not column.is_moment and not column.has_fraction and 10 < column.distinct < 0.9 * max(column.values, 1)
        ])  # fmt: skip
        if self.sales.settings.header is not True:
            take("quantity", [column for column in free if column.is_number and column.distinct < 1_000])
        if "purchased_at" in sales and sales["purchased_at"].is_date_ambiguous:
            self.doubts.append(
                f"date_format: {sales['purchased_at'].name} fits several formats; the shorter time is taken."
            )

    def _tell_pieces_from_money(self, sales: dict[str, Column]) -> None:
        """A price without a quantity is what a line costs; an "amount" of few whole numbers beside it counts pieces."""
        if "quantity" in sales or "unit_price" not in sales:
            return
        amount, price = sales.get("amount"), sales["unit_price"]
        if amount and (amount.has_fraction or amount.distinct >= price.distinct):
            return
        if amount:
            sales["quantity"] = amount
            self.doubts.append(f"quantity of the sales_lines: {amount.name} seems to count pieces, not money.")
        sales["amount"] = sales.pop("unit_price")
        self.doubts.append(f"amount of the sales_lines: {price.name} may be the price of one piece only.")

    def _drop_useless_joins(self, sales: dict[str, Column]) -> None:
        """Leave out a joined table that gives no column and leads to no other."""
        for joined in reversed(self.joins):
            names = {left for _, left, _ in self.joins[self.joins.index(joined) + 1 :]}
            if not self._of(sales, joined[0]) and not names & set(joined[0].columns):
                self.joins.remove(joined)
                self.doubts.append(f"{joined[0].title} is not used: none of its columns has a place.")

    def _of(self, roles: dict[str, Column], table: Table) -> dict[str, Column]:
        return {role: column for role, column in roles.items() if any(column is own for own in table.columns.values())}

    def _files(self, table: Table, indent: str) -> list[str]:
        names = [path.relative_to(_root(path, self._raw_dir)).as_posix() for path in table.paths]
        files = _scalar(names[0]) if len(names) == 1 else f"[{', '.join(map(_scalar, names))}]"
        lines = [f"{indent}files: {files}  # {table.rows:,} rows"]
        settings = table.settings
        if settings.encoding:
            lines.append(f"{indent}encoding: {settings.encoding}")
            self.doubts.append(f"encoding of {table.title}: neither utf-8 nor Chinese; {settings.encoding} is a guess.")
        if delimiter := DELIMITERS.get(settings.delimiter or ",", settings.delimiter):
            lines.append(f'{indent}delimiter: "{delimiter}"')
        if settings.header is not True:
            lines.append(f"{indent}header: false  # The first row is no header; columns have numbers.")
        if settings.sheets:
            lines.append(f"{indent}sheet: [{', '.join(map(_scalar, settings.sheets))}]")
        used = {value for column in table.columns.values() for value in self._missing(column)}
        if used:
            lines.append(f"{indent}missing: [{', '.join(map(_scalar, sorted(used)))}]")
        return lines

    def _missing(self, column: Column) -> list[str]:
        listed = ", ".join(literal(value) for value in MISSING)
        rows = self._connection.execute(
            f"select distinct {column.sql} from {column.relation} where {column.sql} in ({listed})"
        ).fetchall()
        return [value for (value,) in rows]

    def _moments(self, roles: dict[str, Column], indent: str) -> list[str]:
        formats = {
            role: column.date_format for role, column in roles.items() if column.date_format and column.is_moment
        }
        for role, column in roles.items():
            if KINDS[role] == "moment" and not column.is_moment:
                formats[role] = "days since 2000-01-01"
                self.doubts.append(
                    f"date_format: {column.name} counts days from an unknown day; 2000-01-01 is a guess."
                )
        formats = {role: form for role, form in formats.items() if KINDS[role] == "moment"}
        if not formats:
            return []
        listed = ", ".join(f"{role}: {_quoted(form)}" for role, form in formats.items() if form)
        return [f"{indent}date_format: {{{listed}}}"]

    def _columns(self, roles: dict[str, Column], indent: str) -> list[str]:
        lines = [f"{indent}columns:"] if roles else []
        for role, column in sorted(roles.items(), key=lambda entry: list(WORDS).index(entry[0])):
            raw = _scalar(column.name)
            if KINDS[role] == "moment" and (time := self._time_column(column)):
                raw = f"{{date: {raw}, time: {_scalar(time.name)}}}"
            about = f"{column.distinct:,} different in {column.values:,} values"
            if column.first_moment and KINDS[role] == "moment":
                about = f"{column.first_moment} to {column.last_moment}"
            elif KINDS[role] == "text" or not column.is_number:
                about += f", such as {column.examples[0][:40]!r}" if column.examples else ""
            lines.append(f"{indent}  {role}: {raw}  # {about}")
        return lines

    def _time_column(self, moment: Column) -> Column | None:
        """Return a column with the time of day, where the moment is only a date."""
        if any(not text.endswith(" 00:00:00") for text in (moment.first_moment, moment.last_moment) if text):
            return None
        tables = [self.sales, *(joined for joined, *_ in self.joins), *([self.members] if self.members else [])]
        table = next(table for table in tables if any(moment is column for column in table.columns.values()))
        for column in table.columns.values():
            is_time = all(re.fullmatch(r"\d{1,2}:\d\d.*|\d{1,4}|\d{5,6}", value) for value in column.examples)
            if column is not moment and is_time and _plain(column.name) in WORDS[TIME]["words"]:
                return column
        return None

    def _codes(self, roles: dict[str, Column], indent: str) -> list[str]:
        codes = []
        if (gender := roles.get("gender")) and not set(gender.examples) <= {*GENDER_CODES}:
            values: dict[str, list[str]] = {}
            for value in gender.examples[:10]:
                code = GENDER_CODES.get(value[0]) or {"0": "female", "1": "male", "2": "female"}.get(value)
                values.setdefault(code or "", []).append(value)
            codes.append(f"{indent}  gender: {_listed(values, ('female', 'male'))}")
            self.doubts.append(f"codes of gender: which of {', '.join(gender.examples[:10])} is female?")
        if age := roles.get("age_band"):
            bands: dict[str, list[str]] = {}
            for (value,) in self._connection.execute(
                f"select distinct trim({age.sql}) as v from {age.relation} where v is not null order by v limit 500"
            ).fetchall():
                years = int(found[0]) if (found := re.search(r"\d+", value)) else -1
                band = "" if years < 0 else "young" if years < 30 else "middle" if years < 60 else "senior"
                bands.setdefault(band, []).append(value)
            codes.append(f"{indent}  age_band: {_listed(bands, ('young', 'middle', 'senior'))}")
            self.doubts.append("codes of age_band: below 30 counts as young, from 60 on as senior.")
        return [f"{indent}codes:", *codes] if codes else []

    def _cancelled(self, sales: dict[str, Column]) -> list[str]:
        """Find receipts whose number starts with a letter where most have none, and columns with a status."""
        if receipt := sales.get("receipt_no"):
            [(marked, digits)] = self._connection.execute(
                f"""select count(*) filter (where regexp_full_match(trim({receipt.sql}), '[Cc]\\d+')),
                count(*) filter (where regexp_full_match(trim({receipt.sql}), '\\d+')) from {receipt.relation}"""
            ).fetchall()
            if 0 < marked < 0.3 * digits:
                self.doubts.append(f"cancelled: {marked:,} lines have a {receipt.name} that starts with C.")
                return ['  cancelled: {column: receipt_no, pattern: "C%"}']
        for table in [self.sales, *(joined for joined, *_ in self.joins)]:
            for column in table.columns.values():
                if marks := [value for value in column.examples if value.lower().startswith(CANCELLED_WORDS)]:
                    self.doubts.append(f"cancelled: {column.name} has the value {marks[0]}.")
                    return [
                        f"  cancelled: {{column: {_scalar(column.name)}, pattern: [{', '.join(map(_quoted, marks))}]}}"
                    ]
        return []


def _listed(values: dict[str, list[str]], codes: tuple[str, ...]) -> str:
    """Return the values of each code as a YAML mapping on one line."""
    entries = [f"{code}: [{', '.join(map(_quoted, values[code]))}]" for code in codes if code in values]
    return f"{{{', '.join(entries)}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
