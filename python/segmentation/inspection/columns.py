"""What the values of a column look like, in all rows: numbers, moments, the most frequent ones."""

import datetime
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from segmentation.landing.moments import parsed_moment
from segmentation.landing.retailer import WORDS
from segmentation.landing.sql_macros import sql_macro
from segmentation.sql_text import literal

ENOUGH = 0.95
# Where the name of the column says what they are.
ENOUGH_OF_A_NAME = 0.5
MISSING = [*WORDS["no_code"]["words"], *WORDS["missing"]["words"]]
MOMENT_WORDS = {word for entry in WORDS.values() if entry["kind"] == "moment" for word in entry["words"]}
# Values of which a column's kind is guessed before all are looked at: the most frequent ones.
SAMPLE_VALUES = 200
EXAMPLES = 40
FEW_DAYS = 4
# What may have to be stated; day before month and the other way round stay apart.
DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y",
    "%m.%d.%y", "%d-%m-%y", "%m-%d-%y", "%y/%m/%d", "%y.%m.%d", "%y-%m-%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y",
    "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%a, %d %b %Y", "%b-%d-%Y", "%b-%d-%y", "%d%b%Y", "%d/%b/%Y",
    "%d %b %y", "%Y年%m月%d日", "%G-W%V-%u",
)  # fmt: skip
TIMES = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", ", %I:%M %p", ", %I:%M:%S %p",
    ", %H:%M", ", %H:%M:%S", " at %I:%M %p", ":%H:%M:%S", " %H时%M分", " %H时%M分%S秒", " %H時%M分", " %H時%M分%S秒",
)  # fmt: skip
STATED_FORMATS = (
    *(day + time for day in DAYS for time in TIMES),
    *("%Y/%m/%d %I:%M:%S %p", "%Y.%m.%d %H.%M", "%Y%m%d%H%M", "%Y-%m", "%Y"),
)
MOST_FORMATS = 3
# So many different days of the month no column has whose "days" are years.
DAYS_OF_A_MONTH = 20
# Three parts at least, or one number of eight digits; a month or a year alone is one where the column is called so.
LIKE_A_DATE = re.compile(
    r"\d{8}(\d{4}|\d{6}|[ T].*)?|\d{4}-W\d\d-\d|\d{1,2}[A-Za-z]{3}\d{4}(:.*)?"
    r"|\D{0,6}\d{1,4}\D{1,2}(\d{1,2}|[A-Za-z]{3,9})\D{1,3}\d{1,4}(\D.*)?"
    r"|[A-Za-z, -]{3,16}\d{1,2}(,? |-)\d{2,4}.*"
)
LIKE_A_NUMBER = re.compile(
    r"[^\w\s]{0,3}\s?(?:[^\W\d_]{1,4}\.?)?[^\w.]{0,3}(?:\d[\d.,' ’]*|\.\d+)(?:[eE][-+]?\d+)?"
    r"\s?(?:[^\W\d_]{1,4}\.?)?[^\w\s]{0,2}"
)
LIKE_A_MONTH = re.compile(r"\d{4}(-\d\d)?")
# What counts from a day has so many digits in all values of a column.
COUNTED_FROM_A_DAY = {
    10: "seconds since 1970-01-01", 13: "milliseconds since 1970-01-01", 16: "microseconds since 1970-01-01",
}  # fmt: skip
OFFSET = r"\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class Moments:
    """How the moments of a column are written.

    Attributes
    ----------
    formats : those to be stated; none where the landing reads the moments by itself.
    first, last : as ISO texts.
    days : the days in their order, each with the number of its values.
    offsets : as they are written, such as +0800.
    doubt : what is unsure about the formats.
    """

    formats: tuple[str, ...]
    values: int
    first: str
    last: str
    has_time: bool
    days: list[tuple[datetime.date, int]]
    offsets: tuple[str, ...] = ()
    doubt: str | None = None


@dataclass(frozen=True)
class Numbers:
    """How many values of a column are numbers, how they are written, and how many are below zero.

    Attributes
    ----------
    unclear : a value whose mark parts either thousands or decimals, where no other value tells which.
    has_both_marks : whether a value has a mark of thousands and one of decimals.
    """

    values: int = 0
    has_fraction: bool = False
    has_decimal_comma: bool = False
    unclear: str | None = None
    has_both_marks: bool = False
    negatives: int = 0


@dataclass(frozen=True)
class Column:
    """What the values of a column look like.

    Attributes
    ----------
    name : in the file.
    relation, raw : where the values are, and the SQL of one as it was read.
    values, distinct : how many there are, and how many different ones, without those of `missing`.
    missing : words for nothing, with the number of times they occur.
    examples : the most frequent values with their numbers.
    """

    name: str
    relation: str
    raw: str
    values: int
    distinct: int
    missing: dict[str, int]
    numbers: Numbers
    moments: Moments | None
    examples: list[tuple[str, int]]

    @property
    def sql(self) -> str:
        """SQL of a value in one form, as keys are read."""
        return sql_macro("clean_key", self.raw)

    @property
    def is_number(self) -> bool:
        return self.values > 0 and self.numbers.values >= ENOUGH * self.values

    @property
    def is_zero(self) -> bool:
        """Whether all numbers of a column are zero."""
        return self.is_number and not any(re.search("[1-9]", value) for value, _ in self.examples)

    @property
    def number(self) -> str:
        """SQL of the number, null where it is none."""
        return number_sql(self.raw, "," if self.numbers.has_decimal_comma else ".")

    @property
    def moment(self) -> str:
        """SQL of the moment, of a column that has them."""
        assert self.moments is not None
        return parsed_moment(self.raw, None, self.moments.formats, None, None)


def bare_name(name: str) -> str:
    """Return a column name as the words are written: bare of signs, blanks and accents, in small letters."""
    bare = unicodedata.normalize("NFD", re.sub(r"[\W_]+", "", name).lower())
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", bare))


def described_column(connection: DuckDBPyConnection, relation: str, column: str, name: str) -> Column:
    """Describe a column of a relation, given with its name in the files."""
    # Blanks and signs around a value are taken off once for each different text.
    plain = sql_macro("clean_code", "raw")
    connection.execute(
        f"""create or replace temp table every_value as select {plain} as v, sum(n)::bigint as n, min(place) as place
        from (
            select {column} as raw, count(*) as n, min(rowid) as place
            from {relation} where {column} is not null group by 1
        ) group by 1"""
    )
    words = ", ".join(map(literal, MISSING))
    missing = connection.execute(f"select v, n from every_value where v in ({words}) order by v").fetchall()
    connection.execute(
        f"""create or replace temp view present as from every_value where v <> '' and v not in ({words});
        create or replace temp table sample as from present order by n desc, v limit {SAMPLE_VALUES}"""
    )
    [(values, distinct)] = connection.execute("select coalesce(sum(n), 0)::bigint, count(*) from present").fetchall()
    return Column(
        name=name,
        relation=relation,
        raw=f"{relation}.{column}",
        values=values,
        distinct=distinct,
        missing=dict(missing),
        numbers=_numbers(connection, values),
        moments=_moments(connection, name, values) if values else None,
        examples=connection.execute(f"select v, n from sample order by n desc, v limit {EXAMPLES}").fetchall(),
    )


def _numbers(connection: DuckDBPyConnection, values: int) -> Numbers:
    """Count the numbers: all values are looked at where half of the sample look like one."""
    sample = [value for (value,) in connection.execute("select v from sample").fetchall()]
    if not sample or sum(LIKE_A_NUMBER.fullmatch(value) is not None for value in sample) * 2 < len(sample):
        return Numbers()
    numbers, mark = _count_of_numbers(connection, "."), "."
    if numbers < ENOUGH * values <= (count := _count_of_numbers(connection, ",")):
        numbers, mark = count, ","
    # A sign of money before or after the digits says nothing about the marks between them.
    [(points, thousands, point, commas, comma, both, largest_plain, fractions, negatives)] = connection.execute(
        """select count(*) filter (where contains(digits, '.')),
            count(*) filter (where regexp_full_match(digits, '[1-9]\\d{0,2}(\\.\\d{3})+')),
            max(v) filter (where contains(digits, '.')),
            max(length(digits) - length(replace(digits, ',', ''))), max(v) filter (where contains(digits, ',')),
            count(*) filter (where regexp_matches(digits, ',.*\\.')),
            max(length(digits)) filter (where regexp_full_match(digits, '\\d+')),
            count(*) filter (where regexp_matches(v, '\\.\\d*[1-9]')),
            coalesce(
                sum(n) filter (where regexp_matches(v, '(^|[^eE])[-−(]') and regexp_matches(v, '[1-9]')), 0
            )::bigint
        from (select *, trim(regexp_extract(v, '\\d[\\d., ''’]*')) as digits from present)"""
    ).fetchall()
    is_comma = mark == ","
    unclear = None
    if not is_comma and 0 < points == thousands:
        unclear = point
    # Numbers up to 999 without a comma beside those from 1,000 on are amounts of all sizes.
    elif not is_comma and not points and commas == 1 and largest_plain != len("999"):
        unclear = comma
    return Numbers(numbers, is_comma or fractions > 0, is_comma, unclear, both > 0, negatives)


def _count_of_numbers(connection: DuckDBPyConnection, mark: str) -> int:
    # Planning what reads odd numbers takes longer than reading plain ones.
    plain = r"[-+]?\d{1,12}(\.\d{1,6})?" if mark == "." else r"[-+]?\d{1,12}(,\d{1,6})?"
    connection.execute(f"create or replace temp table odd as from present where not regexp_full_match(v, '{plain}')")
    [(odd, numbers)] = connection.execute(
        "select (select count(*) from odd), coalesce((select sum(n) from present), 0)::bigint"
    ).fetchall()
    if odd:
        [(none,)] = connection.execute(
            f"select coalesce(sum(n), 0)::bigint from odd where {number_sql('v', mark)} is null"
        ).fetchall()
        numbers -= none
    return int(numbers)


def number_sql(text: str, mark: str) -> str:
    """Return the SQL of the number that a text stands for, as the warehouse reads it."""
    return sql_macro("to_number", text, "decimal(18, 6)", literal(mark))


def _moments(connection: DuckDBPyConnection, name: str, values: int) -> Moments | None:
    """Return how the moments of the column are written; None where too few values are any."""
    is_moment_name = bare_name(name) in MOMENT_WORDS
    if is_moment_name and (form := _number_of_a_moment(connection)) is not None:
        day_numbers = (form,) if form else ()
        _read_moments(connection, day_numbers)
        return _described_moments(connection, day_numbers, None)
    sample = [value for (value,) in connection.execute("select v from sample").fetchall()]
    like = [text for text in sample if LIKE_A_DATE.fullmatch(text) or (is_moment_name and LIKE_A_MONTH.fullmatch(text))]
    if len(like) * 2 < len(sample):
        return None
    _read_moments(connection, ())
    connection.execute("create or replace temp table rest as select v, n, place from moments where m is null")
    candidates: list[str] = []
    # Some hundred formats take DuckDB a while: not where all is read without one.
    if connection.execute("from rest limit 1").fetchone():
        counts = ", ".join(f"count({_stated(form)})" for form in STATED_FORMATS)
        [stated] = connection.execute(f"select {counts} from sample semi join rest using (v)").fetchall()
        candidates = [form for form, count in zip(STATED_FORMATS, stated, strict=True) if count * 20 > len(sample)]
    formats, doubt = _formats(connection, candidates, name)
    doubt = _doubt_about_swapped_days(connection, formats, name) or doubt
    if formats:
        _read_moments(connection, formats)
    moments = _described_moments(connection, tuple(formats), doubt)
    enough = ENOUGH_OF_A_NAME if is_moment_name else ENOUGH
    return moments if moments and moments.values >= enough * values else None


def _number_of_a_moment(connection: DuckDBPyConnection) -> str | None:
    """Return the format of moments that are counted from a day: "" for the day numbers of spreadsheets."""
    [(lengths,)] = connection.execute(
        """select list(distinct case
            when regexp_full_match(v, '1\\d{9}(\\d{3}){0,2}([.,]\\d+)?') then length(regexp_extract(v, '\\d+'))
            when regexp_full_match(v, '[2-5]\\d{4}([.,]\\d+)?') then 5 else 0 end) from sample"""
    ).fetchall()
    known = {5: "", **COUNTED_FROM_A_DAY}
    return known.get(lengths[0]) if lengths and len(lengths) == 1 else None


def _read_moments(connection: DuckDBPyConnection, formats: Sequence[str]) -> None:
    """Fill the table `moments` with every text and the moment that the warehouse reads from it."""
    moment = "try_cast(v as timestamp)"
    # Planning what reads odd moments takes longer than reading plain ones.
    plain = connection.execute(f"select bool_and({moment} is not null) from present").fetchall()
    if formats or plain != [(True,)]:
        moment = parsed_moment("v", None, formats, None, None)
    connection.execute(
        f"create or replace temp table moments as select v, n, place, {_within_years(moment)} as m from present"
    )


def _stated(form: str) -> str:
    return f"try_strptime(v, {literal(form)})"


def _within_years(moment: str) -> str:
    """Return the SQL of a moment that is none where its year is no likely one: 2/5/14 is no day of the year 2."""
    return f"list_filter([{moment}], lambda m: year(m) between 1900 and 2100)[1]"


def _formats(connection: DuckDBPyConnection, candidates: list[str], name: str) -> tuple[list[str], str | None]:
    """Return formats of the values that are not read without one, and what is unsure about them.

    Of two that fit as many, such as day before month and month before day, the one with the shorter time is likelier;
    a year of two digits stands first only where the last part has as many values as days have, or the file is in order.
    """
    chosen: list[str] = []
    doubt = None
    while candidates and len(chosen) < MOST_FORMATS:
        [(left,)] = connection.execute("select coalesce(sum(n), 0)::bigint from rest").fetchall()
        fits = {
            form: rows[0]
            for form in candidates
            if (rows := connection.execute(
                f"""select sum(n)::bigint, date_diff('day', min(m), max(m)), min(m)::date, max(m)::date,
                    count(distinct day(m)) >= {DAYS_OF_A_MONTH}
                    or (count(*) >= {FEW_DAYS} and (not bool_or(falls) or bool_and(falls)))
                from (
                    select n, m, m < lag(m) over (order by place) as falls
                    from (select n, place, {_within_years(_stated(form))} as m from rest) where m is not null
                ) having count(*) > 0"""
            ).fetchall())
        }  # fmt: skip
        likeliest = sorted(
            fits,
            key=lambda form: (
                -fits[form][0], form.startswith("%y") and not fits[form][4], fits[form][1], STATED_FORMATS.index(form),
            ),
        )  # fmt: skip
        if not likeliest or fits[likeliest[0]][0] * 100 < left:
            break
        form, *others = likeliest
        for other in (other for other in reversed(others) if _is_other_order(form, other)):
            doubt = _doubt_about_days(connection, (form, other), (fits[form], fits[other]), left, name) or doubt
        chosen.append(form)
        candidates = [kept for kept in candidates if kept != form and not _is_other_order(form, kept)]
        connection.execute(f"delete from rest where {_within_years(_stated(form))} is not null")
    return chosen, doubt


def _doubt_about_days(
    connection: DuckDBPyConnection,
    forms: tuple[str, str],
    fits: tuple[tuple[Any, ...], tuple[Any, ...]],
    left: int,
    name: str,
) -> str | None:
    """Say how many values can be read in two orders of day, month and year; None where only one is likely."""
    first, second = forms
    [(both,)] = connection.execute(
        "select coalesce(sum(n), 0)::bigint from rest"
        f" where {_within_years(_stated(first))} is not null and {_within_years(_stated(second))} is not null"
    ).fetchall()
    (count, _, start, end, is_likely), (other_count, _, other_start, other_end, is_other_likely) = fits
    is_about_the_year = first.startswith("%y") != second.startswith("%y")
    if count > both == other_count or (is_about_the_year and is_likely and not is_other_likely):
        return None
    return (
        f"date_format: of {left:,} values of {name}, {both:,} can be read as {first} (then they are of {start} to "
        f"{end}) and as {second} ({other_start} to {other_end}), {count - both:,} only as the first, "
        f"{other_count - both:,} only as the second; the first is taken."
    )


def _doubt_about_swapped_days(connection: DuckDBPyConnection, formats: Sequence[str], name: str) -> str | None:
    """Say that a spreadsheet took days for months: what it could read so became a date, the other texts stayed."""
    form = next((form for form in formats if {"d", "m"} & set(form) and "%b" not in form.lower()), None)
    if form is None:
        return None
    [(dates, days, last, texts, first, example)] = connection.execute(
        f"""select coalesce(sum(n) filter (where date is not null), 0)::bigint, count(distinct date::date),
            max(day(date)), coalesce(sum(n) filter (where text is not null), 0)::bigint, min(day(text)),
            min(v) filter (where text is not null)
        from (select v, n, m as date, case when m is null then {_stated(form)} end as text from moments)"""
    ).fetchall()
    if days < FEW_DAYS or not texts or last > 12 or first <= 12:
        return None
    return (
        f"date_format: {dates:,} values of {name} are dates, none after the 12th of a month, and {texts:,} are texts "
        f"such as {example}, none before the 13th: a spreadsheet seems to have taken days for months in the first. "
        "Export the file again with dates as text; otherwise moments are wrong."
    )


def _is_other_order(form: str, other: str) -> bool:
    """Tell whether two formats have the same parts in another order, all of them in digits."""
    return form != other and sorted(form) == sorted(other) and "%b" not in form.lower()


def _described_moments(connection: DuckDBPyConnection, formats: tuple[str, ...], doubt: str | None) -> Moments | None:
    """Return what the table `moments` says; None where no text is a moment."""
    [(values, first, last, has_time, offsets)] = connection.execute(
        f"""select coalesce(sum(n) filter (where m is not null), 0)::bigint, min(m)::varchar, max(m)::varchar,
            bool_or(m <> date_trunc('day', m)), list(distinct regexp_extract(v, {literal(OFFSET)}, 1))
                filter (where regexp_matches(v, {literal(OFFSET)}))
        from moments"""
    ).fetchall()
    if not values:
        return None
    days = connection.execute(
        "select cast(m as date) as day, sum(n)::bigint from moments where m is not null group by all order by all"
    ).fetchall()
    return Moments(formats, values, first, last, has_time, days, tuple(sorted(offsets or ())), doubt)
