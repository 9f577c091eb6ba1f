"""Selections of members by their traits: SQL with bound parameters over marts.member_overview.

A condition is what a person writes: `trait=value`, `trait!=value`, `trait>=number`; values with commas between them are
"or", and so are comparisons with ` or ` between them; `not ` before them all means none of them. Several conditions
hold together, so that any combination can be said.
"""

import datetime
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

import duckdb

from segmentation.errors import InputError
from segmentation.sql_text import identifier

# Of members that not all can be shown, those worth most.
BEST_FIRST = "expected_value desc nulls last, amount desc, card_id"
OVERVIEW = "marts.member_overview"
# A trait is a code with its names, or a column by itself; the key of a row is none.
PARTS = r"(?P<trait>.+?)(_code|_name|_name_zh|_name_en|_text_zh|_text_en)?"
NOT_TRAITS = ("card_id", "as_of")
SHARES = ("p_alive",)
OPERATOR = r"!=|>=|<=|=|>|<|≠|≥|≤"
ASCII_OPERATORS = {"≠": "!=", "≥": ">=", "≤": "<="}
COMPARISON = re.compile(rf"\s*([a-z]\w*)\s*({OPERATOR})(.*)", re.DOTALL | re.IGNORECASE)
OR = re.compile(rf"\s+or\s+(?=[a-z]\w*\s*(?:{OPERATOR}))", re.IGNORECASE)
NOT = re.compile(r"\s*not\s+(\(.*\)\s*$)?", re.DOTALL | re.IGNORECASE)
LONGEST_LIST = 30
NOBODY = "nobody has one"


class Comparison(NamedTuple):
    """A trait, how it is compared, and with what, as written; no text: with nothing (the trait is missing)."""

    trait: str
    operator: str
    text: str


class Condition(NamedTuple):
    """Any of its comparisons, or none of them; as a text what `parse` reads."""

    comparisons: tuple[Comparison, ...]
    is_none_of: bool = False

    def __str__(self) -> str:
        return ("not " if self.is_none_of else "") + " or ".join("".join(comparison) for comparison in self.comparisons)


# All of the conditions hold.
Selection = Sequence[Condition]
# A text of SQL with a question mark for each value.
Bound = tuple[str, list[Any]]


@dataclass(frozen=True)
class Trait:
    """A trait of a member.

    Attributes
    ----------
    name : what a person calls it.
    columns : its columns of the overview: a code and its names in both languages, or one column.
    kind : text, number or date.
    """

    name: str
    columns: tuple[str, ...]
    kind: str

    def shown(self, language: str) -> str:
        """Return the column that a reader of a language is shown."""
        names = [f"{self.name}_{form}" for form in (f"name_{language}", f"text_{language}", "name")]
        return next((name for name in names if name in self.columns), self.columns[0])


class Sums(NamedTuple):
    """What selected members are together; expected_value is None without a forecast."""

    members: int
    buyers: int
    orders: int
    amount: Any
    expected_value: Any


def parse(condition: str) -> Condition:
    """Return what a condition asks for; InputError where it is none."""
    comparisons = []
    text = unicodedata.normalize("NFKC", condition)
    if negation := NOT.match(text):
        text = negation[1].strip()[1:-1] if negation[1] else text[negation.end() :]
    for part in OR.split(text):
        match = COMPARISON.fullmatch(part)
        if not match:
            said = f"{condition!r} is no condition; write one such as state=silent or amount>=1000."
            raise InputError(said, "app_no_condition", condition=condition)
        operator = ASCII_OPERATORS.get(match[2], match[2])
        comparisons.append(Comparison(match[1].lower(), operator, match[3].strip()))
    return Condition(tuple(comparisons), negation is not None)


class Overview:
    """The members of a published warehouse, to be selected by their traits."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.traits = {trait.name: trait for trait in _traits(connection)}
        self.values = cache(self._values)

    def trait(self, name: str, kind: str | None = None) -> Trait:
        """Return a trait by its name or one of its columns; InputError names those of the kind that there are."""
        fitting = {trait.name: trait for trait in self.traits.values() if kind in (None, trait.kind)}
        by_column = {column: trait for trait in fitting.values() for column in trait.columns}
        if found := fitting.get(name) or by_column.get(name):
            return found
        kinds, choices = f" that is a {kind}" if kind else "", _some(name, fitting)
        said = f"There is no trait {name!r}{kinds}; choose one of {choices}."
        raise InputError(said, "app_no_trait", trait=name, choices=choices)

    def where(self, selection: Selection) -> Bound:
        """Return the SQL for a selection; InputError where it asks for what there is not."""
        parameters: list[Any] = []
        conditions = []
        for condition in selection:
            parts = [self._comparison(comparison) for comparison in self._unsplit(condition)]
            parameters += [value for _, values in parts for value in values]
            conditions.append(f"{'not ' if condition.is_none_of else ''}({' or '.join(sql for sql, _ in parts)})")
        return " and ".join(conditions) or "true", parameters

    def sums(self, selection: Selection) -> Sums:
        """Return how many are selected, and what they are worth."""
        where, parameters = self.where(selection)
        [row] = self.connection.execute(
            f"""select count(*), count(*) filter (where orders > 0), coalesce(sum(orders), 0), coalesce(sum(amount), 0),
                sum(expected_value)
            from {OVERVIEW} where {where}""",
            parameters,
        ).fetchall()
        return Sums(*row)

    def ranked(self, selection: Selection, by: str, traits: Iterable[str] = ()) -> list[tuple[Any, ...]]:
        """Return card and traits of the selected, the first by a number, then by amount and card."""
        where, parameters = self.where(selection)
        columns = ["card_id", *(identifier(self.trait(name).columns[0]) for name in traits)]
        return self.connection.execute(
            f"""select {", ".join(columns)} from {OVERVIEW} where {where}
            order by {identifier(self.trait(by, "number").columns[0])} desc nulls last, amount desc, card_id""",
            parameters,
        ).fetchall()

    def described(self) -> Iterator[str]:
        """Yield each trait and what can be written for it: the values with their names, or the lowest and highest."""
        for trait in self.traits.values():
            columns = ", ".join(map(identifier, trait.columns))
            if trait.kind == "text":
                found = self.connection.execute(
                    f"""select {columns} from {OVERVIEW} where {identifier(trait.columns[0])} is not null
                    group by all order by count(*) desc, {columns} limit {LONGEST_LIST + 1}"""
                ).fetchall()
                values = "; ".join(
                    " / ".join(dict.fromkeys(str(name) for name in names if name is not None))
                    for names in found[:LONGEST_LIST]
                )
                yield f"{trait.name}: {values or NOBODY}" + ("; ..." if len(found) > LONGEST_LIST else "")
            else:
                [(low, high)] = self.connection.execute(
                    f"select min({columns}), max({columns}) from {OVERVIEW}"
                ).fetchall()
                values = NOBODY if low is None else f"a {trait.kind} from {_read(low)} to {_read(high)}"
                yield f"{trait.name}: {values}"

    def _unsplit(self, condition: Condition) -> tuple[Comparison, ...]:
        """Return the comparisons, as one where there is a value that has " or " with a comparison in it."""
        first, *others = condition.comparisons
        text = " or ".join([first.text, *("".join(other) for other in others)])
        trait = self.trait(first.trait)
        is_value = trait.kind == "text" and _plain(text) in self.values(trait.name)
        return (first._replace(text=text),) if others and is_value else condition.comparisons

    def _comparison(self, comparison: Comparison) -> Bound:
        trait = self.trait(comparison.trait)
        operator, text = comparison.operator, comparison.text
        if not text:
            sql, parameters = f"{identifier(trait.columns[0])} is null", []
        elif trait.kind == "text":
            matches = list(self._matches(trait, text))
            sql = " or ".join(f"{identifier(column)} = ?" for column, _ in matches)
            parameters = [value for _, value in matches]
        else:
            parameters = [_value(trait, part) for part in _parts(text)]
            sql = f"{identifier(trait.columns[0])} {operator.replace('!', '')} ?"
            sql = " or ".join([sql] * len(parameters))
        if operator not in ("=", "!=") and (not text or trait.kind == "text" or len(parameters) > 1):
            asked = f"{trait.name}{operator}{text}"
            said = f"{asked!r} cannot be compared; write = or != there, or one number."
            raise InputError(said, "app_not_comparable", condition=asked)
        return f"{'not ' if operator == '!=' else ''}coalesce({sql}, false)", parameters

    def _matches(self, trait: Trait, text: str) -> Iterator[tuple[str, Any]]:
        """Yield the columns and values that are meant: by code, number or name, as one or with commas between."""
        known = self.values(trait.name)
        for part in [text] if _plain(text) in known else _parts(text):
            if _plain(part) not in known:
                others = [
                    other.name
                    for other in self.traits.values()
                    if other.kind == "text" and other != trait and _plain(part) in self.values(other.name)
                ]
                elsewhere = ", ".join(f"{name}={part}" for name in others)
                hint = f" ({elsewhere} there is)" if others else ""
                codes = {str(value) for found in known.values() for column, value in found if column == _code(trait)}
                choices = _some(part, codes)
                raise InputError(
                    f"There is no {trait.name} {part!r}{hint}; choose one of {choices}, or one's name.",
                    "app_value_elsewhere" if others else "app_no_value",
                    trait=trait.name, value=part, choices=choices, elsewhere=elsewhere,
                )  # fmt: skip
            # Values may differ in capitals only.
            exact = [(column, value) for column, value in known[_plain(part)] if _normal(str(value)) == _normal(part)]
            yield from exact or known[_plain(part)]

    def _values(self, name: str) -> dict[str, list[tuple[str, Any]]]:
        """The columns and values of a trait by what they may be called."""
        known: dict[str, list[tuple[str, Any]]] = {}
        for column in self.traits[name].columns:
            sql = (
                f"select distinct {identifier(column)} as value from {OVERVIEW} where value is not null order by value"
            )
            for (value,) in self.connection.execute(sql).fetchall():
                known.setdefault(_plain(str(value)), []).append((column, value))
        # What nobody has today selects nobody, and is no mistake: an audience may be asked for every night.
        for code, *names in self.connection.execute(
            "select code, name_zh, name_en from marts.code_labels where code_set = ?", [name]
        ).fetchall():
            for text in (code, *names):
                known.setdefault(_plain(text), [(_code(self.traits[name]), code)])
        return known


def _traits(connection: duckdb.DuckDBPyConnection) -> Iterator[Trait]:
    columns: dict[str, list[tuple[str, str]]] = {}
    for column, kind, *_ in connection.execute(f"describe {OVERVIEW}").fetchall():
        match = re.fullmatch(PARTS, column)
        if match and column not in NOT_TRAITS:
            columns.setdefault(match["trait"], []).append((column, kind))
    for name, found in columns.items():
        kinds = {kind for _, kind in found}
        kind = "text" if {"VARCHAR", "BOOLEAN"} & kinds else "date" if kinds & {"DATE", "TIMESTAMP"} else "number"
        yield Trait(name, tuple(column for column, _ in found), kind)


def _code(trait: Trait) -> str:
    return f"{trait.name}_code" if f"{trait.name}_code" in trait.columns else trait.columns[0]


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _plain(text: str) -> str:
    return _normal(text).casefold()


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split("[,、]", text) if part.strip()] or [text]


def _value(trait: Trait, text: str) -> float | datetime.date:
    try:
        if trait.kind == "date":
            return datetime.date.fromisoformat(text)
        number = float(text)
    except ValueError:
        number = math.nan
    if trait.name in SHARES and abs(number) > 1:
        said = f"{trait.name} is a share, from 0 to 1: write 0.8 for 80 %, not {text[:80]}."
        raise InputError(said, "app_no_share", trait=trait.name, value=text[:80])
    if math.isfinite(number):
        return number
    example = "a date such as 2017-06-30" if trait.kind == "date" else "a number such as 1000"
    said = f"{text[:80]!r} is no value of {trait.name}; write {example}."
    key = "app_no_date" if trait.kind == "date" else "app_no_number"
    raise InputError(said, key, trait=trait.name, value=text[:80])


def _read(value: Any) -> Any:
    """A value as it is read: the decimals of a quotient say nothing."""
    return round(value, 2) if isinstance(value, float) else value


def _some(text: str, known: Iterable[str]) -> str:
    """The known names, or of very many those that are like a text; it is read in both languages."""
    names = sorted(known)
    if len(names) > LONGEST_LIST:
        shown = get_close_matches(text, names, LONGEST_LIST, 0) or names[:LONGEST_LIST]
        return f"{', '.join(shown)}, … (+{len(names) - len(shown)})"
    return ", ".join(names)
