"""Where the retailer is: the currency of its amounts and its time zone."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from babel.numbers import is_currency
from duckdb import DuckDBPyConnection

from segmentation.inspection.columns import COUNTED_FROM_A_DAY, OFFSET, Column
from segmentation.inspection.roles import MOST_STATES, Choice, word_score
from segmentation.landing.encodings import KANA
from segmentation.landing.retailer import WORDS
from segmentation.sql_text import literal

SIGNS_FILE = Path(__file__).parents[3] / "seeds" / "currency_signs.csv"


MOST_TEXTS = 1000


def _currency_signs() -> dict[str, str]:
    """Return the usual currency of each sign, long signs first: US$ holds $ too."""
    with SIGNS_FILE.open(encoding="utf-8-sig", newline="") as file:
        usual = {row["sign"]: row["currency"] for row in csv.DictReader(file) if row["is_usual"] == "true"}
    return dict(sorted(usual.items(), key=lambda item: -len(item[0])))


def choose_currency(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Find the currency in a column of its own, in signs beside the amounts, or in the language of the names."""
    signs = _currency_signs()
    used = {id(column) for column in (*choice.roles.values(), *choice.member_roles.values())}
    tables = [choice.sales, *(join.table for join in choice.joins)]
    columns = [column for table in tables for column in table.columns.values()]
    states = [column for column in columns if 0 < column.distinct <= MOST_STATES and id(column) not in used]
    found_by = [
        column
        for column in states
        if (word_score(column.name, "currency") and not column.is_number)
        or all(_is_currency(value.upper(), signs) for value in _values(column))
    ]
    money = [column for role in ("amount", "unit_price") if (column := choice.roles.get(role))]
    if found_by:
        best = max(found_by, key=lambda column: word_score(column.name, "currency"))
        codes: dict[str, int] = {}
        for value, number in best.examples:
            code = signs.get(value.upper(), value.upper())
            codes[code] = codes.get(code, 0) + number
        if not word_score(best.name, "currency"):
            choice.doubts.append(f"currency: column {best.name} is a guess from its values, {', '.join(codes)}.")
        # Where a till takes several currencies, a price list has one: its own.
        named = [(code, column.name) for column in money for code in codes if _is_in(code, column.name)]
        if len(codes) > 1 and named:
            choice.currency, price = named[0]
            choice.doubts.append(
                f"currency: {choice.currency} is a guess from the name of {price}, though {best.name} has "
                f"{', '.join(codes)}: where amounts are in the currency of their line, name that under columns."
            )
        elif len(codes) == 1:
            choice.currency = next((code for code in codes if is_currency(code)), None)
        else:
            told = ", ".join(f"{code} ({number:,} lines)" for code, number in codes.items())
            choice.roles["currency"] = best
            [(lacking,)] = connection.execute(
                f"select count(*) from {best.relation} where {best.raw} is null"
            ).fetchall()
            if lacking:
                told += (
                    f", and {lacking:,} lines have none, which count as the retailer's own where fill_down does not "
                    f"name {best.name}"
                )
            choice.doubts.append(
                f"currency: {best.name} has {told}; a build stops at amounts of several currencies, unless currency, "
                f"such as currency: {next(iter(codes))}, says which lines count."
            )
        return
    # The few texts that all amounts have beside their digits.
    texts = [column.name for column in money] + [
        text
        for column in money
        for (text,) in connection.execute(
            f"""select regexp_replace({column.raw}, '[^\\p{{L}}\\p{{Sc}}]+', ' ', 'g') as text from {column.relation}
            where {column.raw} is not null group by text order by count(*) desc, text limit {MOST_TEXTS}"""
        ).fetchall()
    ]
    found: dict[str, str] = {}
    for text in texts:
        if sign := next((sign for sign in signs if _is_in(sign, text)), None):
            found.setdefault(signs[sign], sign)
        elif is_currency(code := text.strip().upper()):
            found.setdefault(code, code)
    is_japanese = any(KANA.search(text) for column in columns for text in (column.name, *_values(column)))
    if "CNY" in found and is_japanese:
        found["JPY"] = found.pop("CNY")
    if len(found) > 1:
        choice.doubts.append(
            f"currency: the amounts have the signs {' and '.join(sorted(found.values()))}; they are not added up: a "
            f"build stops, unless currency, such as currency: {next(iter(found))}, says which lines count."
        )
        return
    if found:
        [(code, sign)] = found.items()
        choice.currency = code
        choice.doubts.append(f"currency: {code} is a guess from the sign {sign}.")
        return
    chinese = [column.name for column in columns if re.search("[\u4e00-\u9fff]", column.name)]
    if len(chinese) * 2 > len(columns) and not is_japanese:
        choice.currency = "CNY"
        choice.doubts.append(f"currency: CNY is a guess from {len(chinese)} Chinese names of {len(columns)} columns.")


def _is_currency(code: str, signs: Mapping[str, str]) -> bool:
    """Tell whether a value is a currency, whatever the name of its column; of two letters, it may be a country."""
    return is_currency(code) or (code in signs and re.fullmatch("[A-Z]{2}", code) is None)


def _is_in(sign: str, text: str) -> bool:
    """Tell whether a sign of money is in a text; letters only where they are no part of a word."""
    is_word = sign.isalpha() and sign < "\u1000"
    pattern = rf"(?<![^\W\d_]){re.escape(sign)}(?![^\W\d_])" if is_word else re.escape(sign)
    return re.search(pattern, text.upper()) is not None


def _values(column: Column) -> list[str]:
    return [value for value, _ in column.examples]


def choose_time_zone(connection: DuckDBPyConnection, choice: Choice) -> None:
    """Find the zone in which all moments with an offset have it; what counts from 1970 has that of UTC."""
    bought = choice.roles.get("purchased_at")
    if bought is None or bought.moments is None:
        return
    if are_utc(bought):
        choice.time_zone = "UTC"
        choice.doubts.append(
            f"time_zone: {bought.name} counts from 1970 and so tells the time of UTC: write the retailer's own zone "
            "for time_zone, such as Europe/London; as proposed days and hours are those of UTC."
        )
    if not bought.moments.offsets:
        return
    connection.execute(
        f"""create or replace temp table offsets as
        select m, case when text in ('Z', 'UTC') then 0 else (left(text, 1) || '1')::int
                * (substr(text, 2, 2)::int * 60 + right(text, 2)::int) end as minutes
        from (
            select distinct {bought.moment} as m, regexp_extract({bought.raw}, {literal(OFFSET)}, 1) as text
            from {bought.relation}
        ) where text <> '' and m is not null"""
    )
    zones = [
        zone
        for zone in WORDS["time_zones"]["words"]
        if not connection.execute(
            "from offsets where timezone(?, timezone('UTC', m - to_minutes(minutes))) <> m limit 1", [zone]
        ).fetchall()
    ]
    offsets = ", ".join(bought.moments.offsets)
    if zones:
        choice.time_zone = zones[0]
        choice.doubts.append(f"time_zone: {zones[0]} is a guess from the offsets of {bought.name} ({offsets}).")
    else:
        choice.doubts.append(
            f"time_zone: {bought.name} has the offsets {offsets}, and no usual zone has them all: give the retailer's."
        )


def are_utc(column: Column) -> bool:
    """Tell whether moments count from 1970, which by definition is that of UTC."""
    return column.moments is not None and bool({*column.moments.formats} & {*COUNTED_FROM_A_DAY.values()})
